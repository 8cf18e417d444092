//! Frames. `docs/src/worker-protocol.md` is the normative text.
//!
//! A frame is a prefix of 16 bytes, a JSON header, and a body: raw bytes of arrays, each padded to a multiple of 16. JSON because every
//! language has it (Python in C), and because the steps in it read like a replay file; the bytes of arrays never pass through it.
use crate::case::{Failed, Outcome, Program, Step, StepResult, Var};
use array_protocol::host::Bytes;
use array_protocol::{Call, DType, HostArray, Shape};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// What a worker writes first. Whatever comes before is noise (an interpreter's banner, a shell's greeting).
pub(super) const MAGIC: &[u8; 16] = b"\nARRAY-PROTOCOL\n";
/// The version of this protocol.
pub(super) const PROTOCOL: u32 = 1;
/// Longest header.
pub(super) const MAX_HEADER: usize = 16 << 20;
/// Longest text that is taken over from a worker.
const MAX_TEXT: usize = 4096;
/// Arrays from this size on are not copied into a frame's buffer.
pub(super) const LARGE: usize = 1 << 16;

/// The lengths of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) header: usize,
    pub(super) body: u64,
}

impl Prefix {
    pub(super) const LEN: usize = 16;

    pub(super) fn encode(self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..4].copy_from_slice(&(self.header as u32).to_le_bytes());
        out[8..].copy_from_slice(&self.body.to_le_bytes());
        out
    }

    pub(super) fn decode(bytes: &[u8; Self::LEN]) -> Result<Prefix, String> {
        let [a, b, c, d, e, f, g, h, body @ ..] = *bytes;
        let (header, flags) = (u32::from_le_bytes([a, b, c, d]) as usize, u32::from_le_bytes([e, f, g, h]));
        if header > MAX_HEADER || flags != 0 {
            let seen = bytes.escape_ascii();
            return Err(format!("`{seen}` is not the beginning of a frame; does something else write to the worker's output?"));
        }
        Ok(Prefix { header, body: u64::from_le_bytes(body) })
    }
}

/// dtype and shape of an array in the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Meta {
    dtype: DType,
    shape: Shape,
}

impl Meta {
    fn of(x: &HostArray) -> Meta {
        Meta { dtype: x.dtype(), shape: x.shape().clone() }
    }

    /// Bytes in the body, without padding.
    fn bytes(&self) -> Option<usize> {
        self.shape.checked_size()?.checked_mul(self.dtype.size()).filter(|&n| n <= isize::MAX as usize - 16)
    }

    fn sum<'a>(all: impl Iterator<Item = &'a Meta>) -> Option<u64> {
        all.map(Meta::bytes).try_fold(0u64, |n, bytes| n.checked_add(bytes?.next_multiple_of(16) as u64))
    }

    /// Reads the array from where the body continues.
    pub(super) fn read<E>(&self, read: &mut impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Result<HostArray, String>, E> {
        let Some(n) = self.bytes() else { return Ok(Err(format!("an array of shape {} is too large", self.shape))) };
        let mut data = Bytes::zeroed(n);
        read(data.as_mut_slice())?;
        read(&mut [0; 16][..n.next_multiple_of(16) - n])?;
        Ok(HostArray::new(self.dtype, self.shape.clone(), data).map_err(|e| e.to_string()))
    }
}

/// One program of a batch.
#[derive(Serialize)]
struct ProgramOut<'a> {
    id: u64,
    inputs: Vec<Meta>,
    steps: &'a [Step],
    observe: &'a [Var],
    #[serde(skip_serializing_if = "is_one")]
    threads: u8,
}
fn is_one(n: &u8) -> bool {
    *n <= 1
}

/// Bytes to send: small ones collected, large ones borrowed.
pub(super) enum Piece<'a> {
    Owned(Vec<u8>),
    Array(&'a [u8]),
}

impl Piece<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Piece::Owned(v) => v,
            Piece::Array(s) => s,
        }
    }
}

/// A frame with these arrays as its body.
fn frame<'a>(
    write_header: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    arrays: impl Iterator<Item = &'a HostArray>,
) -> io::Result<Vec<Piece<'a>>> {
    let mut buffer = vec![0; Prefix::LEN];
    write_header(&mut buffer)?;
    let header = buffer.len() - Prefix::LEN;
    if header > MAX_HEADER {
        return Err(io::Error::other(format!("a header of {header} bytes is longer than {MAX_HEADER}")));
    }
    let mut body = 0u64;
    let mut pieces = vec![];
    for x in arrays {
        let bytes = x.bytes();
        let padded = bytes.len().next_multiple_of(16);
        body += padded as u64;
        if bytes.len() < LARGE {
            buffer.extend_from_slice(bytes);
        } else {
            pieces.push(Piece::Owned(std::mem::take(&mut buffer)));
            pieces.push(Piece::Array(bytes));
        }
        buffer.resize(buffer.len() + padded - bytes.len(), 0);
    }
    pieces.push(Piece::Owned(buffer));
    if let Some(Piece::Owned(first)) = pieces.first_mut() {
        first[..Prefix::LEN].copy_from_slice(&Prefix { header, body }.encode());
    }
    Ok(pieces)
}

/// A frame without a body.
pub(super) fn plain_frame(header: &impl Serialize) -> io::Result<Vec<u8>> {
    let pieces = frame(|w| Ok(serde_json::to_writer(w, header)?), [].iter())?;
    Ok(pieces.into_iter().flat_map(|p| p.bytes().to_vec()).collect())
}

/// A batch; ids count up from `first`.
pub(super) fn encode_batch(programs: &[Program], first: u64) -> io::Result<Vec<Piece<'_>>> {
    #[derive(Serialize)]
    struct Batch<'a> {
        batch: Vec<ProgramOut<'a>>,
    }
    let one = |(id, p)| {
        let Program { inputs, steps, observe, threads, .. }: &Program = p;
        ProgramOut { id, inputs: inputs.iter().map(Meta::of).collect(), steps, observe, threads: *threads }
    };
    let batch = Batch { batch: (first..).zip(programs).map(one).collect() };
    frame(|w| Ok(serde_json::to_writer(w, &batch)?), programs.iter().flat_map(|p| &p.inputs))
}

/// A program as it arrives: the arrays are still in the body.
pub(super) struct Arrived {
    pub(super) id: u64,
    pub(super) inputs: Vec<Meta>,
    pub(super) program: Program,
    /// Steps with calls that this worker does not know, with the reason. They fail as unsupported; the others run.
    pub(super) refused: BTreeMap<usize, String>,
}

/// The programs of a batch, and the length that its body has to have.
pub(super) fn decode_batch(header: &[u8]) -> Result<(Vec<Arrived>, u64), String> {
    #[derive(Deserialize)]
    struct Batch<S> {
        batch: Vec<In<S>>,
    }
    #[derive(Deserialize)]
    struct In<S> {
        id: u64,
        inputs: Vec<Meta>,
        steps: Vec<S>,
        observe: Vec<Var>,
        #[serde(default)]
        threads: u8,
    }
    fn arrived<S>(i: In<S>, mut step: impl FnMut(usize, S) -> Step) -> Arrived {
        let steps = i.steps.into_iter().enumerate().map(|(n, s)| step(n, s)).collect();
        let program = Program { inputs: vec![], steps, observe: i.observe, threads: i.threads.max(1), prelude: 0 };
        Arrived { id: i.id, inputs: i.inputs, program, refused: BTreeMap::new() }
    }
    let batch: Vec<Arrived> = match serde_json::from_slice::<Batch<Step>>(header) {
        Ok(batch) => batch.batch.into_iter().map(|i| arrived(i, |_, s| s)).collect(),
        // Once more, step by step: a call of a later version must not take the others with it.
        Err(_) => {
            let batch: Batch<serde_json::Value> =
                serde_json::from_slice(header).map_err(|e| format!("a batch that cannot be read: {e}"))?;
            let lenient = |i| {
                let mut refused = BTreeMap::new();
                let mut one = arrived(i, |n, value| {
                    serde_json::from_value(value).unwrap_or_else(|e| {
                        refused.insert(n, format!("this worker does not know the call: {e}"));
                        Step { call: Call::Full { how: Default::default() }, out: vec![], last_use: vec![] }
                    })
                });
                one.refused = refused;
                one
            };
            batch.batch.into_iter().map(lenient).collect()
        }
    };
    let body = Meta::sum(batch.iter().flat_map(|a| &a.inputs)).ok_or("arrays that are too large")?;
    Ok((batch, body))
}

#[derive(Serialize)]
struct AnswerOut<'a> {
    id: u64,
    steps: &'a [StepResult],
    values: Vec<Option<ValueOut<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disagreement: &'a Option<String>,
}
#[derive(Serialize)]
#[serde(untagged)]
enum ValueOut<'a> {
    Array(Meta),
    Error { error: &'a Failed },
}

/// The answer to one program.
pub(super) fn encode_answer(id: u64, outcome: &Outcome) -> io::Result<Vec<Piece<'_>>> {
    let values = outcome.values.iter().map(|v| {
        v.as_ref().map(|v| match v {
            Ok(x) => ValueOut::Array(Meta::of(x)),
            Err(error) => ValueOut::Error { error },
        })
    });
    let head = AnswerOut { id, steps: &outcome.steps, values: values.collect(), disagreement: &outcome.disagreement };
    frame(|w| Ok(serde_json::to_writer(w, &head)?), outcome.values.iter().filter_map(|v| v.as_ref()?.as_ref().ok()))
}

/// The header of an answer.
#[derive(Deserialize)]
pub(super) struct Answer {
    id: u64,
    steps: Vec<StepResult>,
    values: Vec<Option<Value>>,
    #[serde(default)]
    disagreement: Option<String>,
}
#[derive(Deserialize)]
struct Value {
    dtype: Option<DType>,
    shape: Option<Shape>,
    error: Option<Failed>,
}

/// What an answer says of each observed variable: nothing, an array in the body, or an error.
pub(super) type ValueHead = Option<Result<Meta, Failed>>;

/// The header of the answer to program `id`, checked against the program and against the length of its body.
pub(super) fn decode_answer(header: &[u8], body: u64, id: u64, p: &Program) -> Result<(Outcome, Vec<ValueHead>), String> {
    let mut answer: Answer = serde_json::from_slice(header).map_err(|e| {
        let start = header[..header.len().min(120)].escape_ascii();
        format!("an answer whose header cannot be read: {e}; it begins with `{start}`")
    })?;
    if answer.id != id {
        return Err(format!("an answer to case {} where {id} was expected", answer.id));
    }
    if answer.steps.len() != p.steps.len() {
        return Err(format!("results of {} steps for a case of {}", answer.steps.len(), p.steps.len()));
    }
    if answer.values.len() != p.observe.len() {
        return Err(format!("{} values where {} variables are observed", answer.values.len(), p.observe.len()));
    }
    let given_up: Vec<Var> = p.steps.iter().flat_map(|s| s.last_use.iter().copied()).collect();
    let mut made: Vec<Var> = (0..p.inputs.len() as Var).collect();
    for (step, result) in p.steps.iter().zip(&mut answer.steps) {
        match result {
            StepResult::Ok => made.extend(&step.out),
            StepResult::Skipped => {}
            StepResult::Error(Failed { text, .. }) | StepResult::Panic(text) => shorten(text),
        }
    }
    let mut values: Vec<ValueHead> = vec![];
    for (&v, value) in p.observe.iter().zip(answer.values) {
        let exists = made.contains(&v) && !given_up.contains(&v);
        values.push(match value {
            None if exists => return Err(format!("no value for variable {v}, which was made")),
            None => None,
            Some(Value { dtype: Some(_), .. }) if !exists => return Err(format!("a value for variable {v}, which was not made")),
            Some(Value { dtype: Some(dtype), shape: Some(shape), error: None }) => Some(Ok(Meta { dtype, shape })),
            Some(Value { dtype: None, shape: None, error: Some(mut e) }) => {
                shorten(&mut e.text);
                Some(Err(e))
            }
            Some(_) => return Err(format!("the value of variable {v} has neither dtype and shape nor an error")),
        });
    }
    let arrays = || values.iter().flatten().filter_map(|v| v.as_ref().ok());
    match Meta::sum(arrays()) {
        Some(n) if n == body => {}
        Some(n) => return Err(format!("a body of {body} bytes for arrays of {n} (each padded to a multiple of 16)")),
        None => return Err("arrays that are too large".into()),
    }
    if let Some(text) = &mut answer.disagreement {
        shorten(text);
    }
    Ok((Outcome { steps: answer.steps, values: vec![], disagreement: answer.disagreement }, values))
}

/// Cuts foreign text to a length that a report can show.
pub(super) fn shorten(text: &mut String) {
    if text.len() > MAX_TEXT {
        let end = (0..=MAX_TEXT).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        text.truncate(end);
        text.push_str(" ...");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use array_protocol::Op;
    use std::collections::BTreeSet;

    fn page() -> String {
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/src/worker-protocol.md")).unwrap()
    }

    /// The fenced blocks of a language.
    fn blocks(page: &str, language: &str) -> Vec<String> {
        page.split(&format!("```{language}\n")).skip(1).map(|b| b.split("\n```").next().unwrap_or_default().to_string()).collect()
    }

    fn bytes_of(pieces: io::Result<Vec<Piece<'_>>>) -> Vec<u8> {
        pieces.unwrap().iter().flat_map(|p| p.bytes().to_vec()).collect()
    }

    fn dump(bytes: &[u8]) -> String {
        let line = |(i, row): (usize, &[u8])| {
            let hex = row.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
            let text: String = row.iter().map(|&b| if (b' '..=b'~').contains(&b) { char::from(b) } else { '.' }).collect();
            format!("{:04x}  {hex:<47}  {text}", i * 16)
        };
        bytes.chunks(16).enumerate().map(line).collect::<Vec<_>>().join("\n")
    }

    fn example() -> (Program, Outcome) {
        let page = page();
        let header = &blocks(&page, "json")[3];
        let (batch, body) = decode_batch(header.as_bytes()).unwrap();
        assert_eq!((batch.len(), body, batch[0].id, batch[0].refused.len()), (1, 16, 7, 0));
        let mut program = batch.into_iter().next().unwrap().program;
        let array = |v: [f64; 2]| HostArray::from_slice([2], &v).unwrap();
        program.inputs.push(array([1.0, 2.0]));
        let values = vec![Some(Ok(array([1.0, 2.0]))), Some(Ok(array([0.0, -1.0])))];
        (program, Outcome { steps: vec![StepResult::Ok; 2], values, disagreement: None })
    }

    #[test]
    fn the_page_shows_what_is_sent() {
        let (program, outcome) = example();
        let batch = bytes_of(encode_batch(std::slice::from_ref(&program), 7));
        let answer = bytes_of(encode_answer(7, &outcome));
        let shown = blocks(&page(), "text");
        assert_eq!(shown, [dump(&batch), dump(&answer)], "the page should show\n{}\n\n{}", dump(&batch), dump(&answer));

        let prefix = Prefix::decode(answer[..16].try_into().unwrap()).unwrap();
        let (decoded, heads) = decode_answer(&answer[16..][..prefix.header], prefix.body, 7, &program).unwrap();
        assert_eq!((decoded.steps, heads.len()), (outcome.steps, 2));
        assert!(page().contains(&format!("a prefix that says {} bytes of header and 16 of body", batch.len() - 32)));
        // The answer on the page is that answer.
        let shown: serde_json::Value = serde_json::from_str(&blocks(&page(), "json")[4]).unwrap();
        assert_eq!(shown, serde_json::from_slice::<serde_json::Value>(&answer[16..][..prefix.header]).unwrap());
    }

    #[test]
    fn the_page_lists_every_call_with_all_its_fields() {
        let mut seen = BTreeSet::new();
        for line in blocks(&page(), "json")[5].lines() {
            let call: Call<Var> = serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
            let shown: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(serde_json::to_value(&call).unwrap(), shown, "{line}");
            seen.insert(match call.op().family() {
                family @ ("unary" | "binary" | "reduce" | "fft" | "random") => family,
                _ => call.op().name(),
            });
        }
        for op in Op::all().filter(|op| !["upload", "download"].contains(&op.name())) {
            assert!(seen.contains(op.name()) || seen.contains(op.family()), "{op} is not on the page");
        }
    }

    #[test]
    fn hello_on_the_page_is_one() {
        let page = page();
        let hellos = blocks(&page, "json");
        let hello: super::super::Hello = serde_json::from_str(&hellos[1]).unwrap();
        assert_eq!((hello.protocol, hello.info.name.as_str(), hello.error_kinds), (PROTOCOL, "tinyarray", false));
        let shown: serde_json::Value = serde_json::from_str(&hellos[1]).unwrap();
        assert_eq!(serde_json::to_value(&hello).unwrap(), shown);
        let hello: super::super::Hello = serde_json::from_str(&hellos[2]).unwrap();
        assert_eq!(hello.unavailable.as_deref(), Some("no CUDA driver"));
    }

    #[test]
    fn an_unknown_call_takes_no_other_with_it() {
        let header = r#"{"batch": [{"id": 1, "inputs": [], "observe": [0], "new": 1, "steps": [
            {"call": {"call": "telepathy", "x": 0}, "out": [0]}, {"call": {"call": "nonzero", "x": 0, "why": 1}, "out": [1]}]}]}"#;
        let (batch, _) = decode_batch(header.as_bytes()).unwrap();
        assert_eq!(batch[0].program.steps[1].call, Call::Nonzero { x: 0 });
        assert!(batch[0].refused[&0].contains("unknown variant `telepathy`"), "{:?}", batch[0].refused);
        assert_eq!(batch[0].refused.len(), 1);
    }

    #[test]
    fn sizes_that_overflow_are_refused() {
        let head = |shape: &str| {
            format!(r#"{{"batch": [{{"id": 1, "inputs": [{{"dtype": "float64", "shape": {shape}}}], "observe": [], "steps": []}}]}}"#)
        };
        for shape in ["[9223372036854775807]", "[4294967296, 4294967296]", "[1152921504606846976, 8]", "[1152921504606846975]"] {
            assert!(decode_batch(head(shape).as_bytes()).is_err(), "{shape}");
        }
        assert_eq!(decode_batch(head("[9223372036854775807, 0, 9]").as_bytes()).unwrap().1, 0);
        assert_eq!(decode_batch(head("[3]").as_bytes()).unwrap().1, 32);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let mut text = "é".repeat(MAX_TEXT);
        shorten(&mut text);
        assert_eq!(text.len(), MAX_TEXT + 4);
        let mut text = format!("x{text}");
        shorten(&mut text);
        assert_eq!(text.len(), MAX_TEXT - 1 + 4);
    }
}
