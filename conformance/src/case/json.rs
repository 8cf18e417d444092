//! A case as a replay file: JSON that says everything, so that one file replays in any worker.
//!
//! Reading validates: what [`Case::from_json`] returns can be lowered, printed and run, however strange the file was.
use super::{Case, Input, Layout, Step, Var};
use array_protocol::host::Bytes;
use array_protocol::{DType, HostArray, Scalar, Shape};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::fmt;
use std::path::Path;

/// The version of the format.
pub const REPLAY_FORMAT: u64 = 1;

/// More axes than any check asks for; keeps lowering and printing small whatever a file says.
const MAX_RANK: usize = 32;
/// Variables are small numbers; a file with a huge one is wrong.
const MAX_VARIABLE: Var = 1 << 16;
/// What a layout may make of an input, in bytes.
const MAX_UPLOAD: usize = 1 << 32;

/// A case, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// SHA-256 of the manifests that it was generated for.
    pub suite: Option<String>,
    /// The check, `clause@operation@dtype`.
    pub check: Option<String>,
    /// The seed of the run.
    pub seed: Option<u64>,
    /// Its index in the check.
    pub index: Option<u64>,
    /// The case.
    pub case: Case,
}

/// Why a document is not a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseError {
    /// Where in the document: `steps[1].call.x2`. Empty: the document itself.
    pub path: String,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}
impl std::error::Error for CaseError {}

type Parsed<T> = Result<T, CaseError>;

fn wrong<T>(path: impl Into<String>, message: impl Into<String>) -> Parsed<T> {
    Err(CaseError { path: path.into(), message: message.into() })
}

impl Replay {
    /// A case that comes from nowhere.
    pub fn of(case: Case) -> Replay {
        Replay { suite: None, check: None, seed: None, index: None, case }
    }

    /// As a document.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("format".into(), REPLAY_FORMAT.into());
        let origin = [
            ("suite", self.suite.clone().map(Value::from)),
            ("check", self.check.clone().map(Value::from)),
            ("seed", self.seed.map(Value::from)),
            ("index", self.index.map(Value::from)),
        ];
        object.extend(origin.into_iter().filter_map(|(key, value)| Some((key.to_string(), value?))));
        let inputs: Vec<Value> = self.case.inputs.iter().map(input_to_json).collect();
        object.insert("inputs".into(), inputs.into());
        // Numbers, strings and maps with string keys: serialising them cannot fail.
        object.insert("steps".into(), serde_json::to_value(&self.case.steps).unwrap_or(Value::Null));
        object.insert("threads".into(), self.case.threads.into());
        object.into()
    }

    /// From a document.
    ///
    /// # Errors
    /// The place in the document that is wrong, and what was expected there.
    pub fn from_json(document: &Value) -> Parsed<Replay> {
        const KEYS: &[&str] = &["format", "suite", "check", "seed", "index", "inputs", "steps", "threads"];
        let top = fields("", document, KEYS)?;
        match top.get("format").map(Value::as_u64) {
            Some(Some(REPLAY_FORMAT)) => {}
            Some(_) => return wrong("format", format!("this reads format {REPLAY_FORMAT}")),
            None => return wrong("", "not a replay file: there is no `format`"),
        }
        let text = |key: &str| match top.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(s)) => Ok(Some(s.clone())),
            Some(_) => wrong(key, "expected a string"),
        };
        let number = |key: &str| match top.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(v) => v.as_u64().map(Some).map_or_else(|| wrong(key, "expected an integer in [0, 2^64)"), Ok),
        };
        let inputs =
            list(top, "inputs")?.iter().enumerate().map(|(i, v)| input_from_json(&format!("inputs[{i}]"), v)).collect::<Parsed<_>>()?;
        let steps = list(top, "steps")?
            .iter()
            .enumerate()
            .map(|(i, v)| step_from_json(&format!("steps[{i}]"), v))
            .collect::<Parsed<Vec<Step>>>()?;
        let Ok(threads) = u8::try_from(number("threads")?.unwrap_or(1)) else {
            return wrong("threads", "expected at most 255");
        };
        let case = Case { inputs, steps, threads };
        case.validate()?;
        Ok(Replay { suite: text("suite")?, check: text("check")?, seed: number("seed")?, index: number("index")?, case })
    }

    /// From the text of a file.
    ///
    /// # Errors
    /// The place that is wrong: line and column where it is not JSON, else the path in the document.
    pub fn parse(text: &str) -> Parsed<Replay> {
        match serde_json::from_str(text) {
            Ok(document) => Replay::from_json(&document),
            Err(e) => wrong("", format!("not JSON: {e}")),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read, or holds no case.
    pub fn read(path: &Path) -> Parsed<Replay> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                Replay::parse(&text).map_err(|e| CaseError { message: format!("{e} (in {})", path.display()), path: String::new() })
            }
            Err(e) => wrong("", format!("{}: {e}", path.display())),
        }
    }

    /// Writes a file, one step or input a line.
    ///
    /// # Errors
    /// Those of writing.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, serde_json::to_string_pretty(&self.to_json())? + "\n")
    }
}

impl Case {
    /// The case as a replay document without origin.
    pub fn to_json(&self) -> Value {
        Replay::of(self.clone()).to_json()
    }

    /// The case of a replay document.
    ///
    /// # Errors
    /// The place in the document that is wrong, and what was expected there.
    pub fn from_json(document: &Value) -> Parsed<Case> {
        Replay::from_json(document).map(|r| r.case)
    }

    /// Whether the variables of the case make sense: each is made once, before it is used, and not used after it was given up.
    ///
    /// # Errors
    /// The first step that breaks a rule.
    pub fn validate(&self) -> Parsed<()> {
        /// What is known of a variable.
        enum Life {
            Made,
            GivenUp(usize),
        }
        for (i, input) in self.inputs.iter().enumerate() {
            check_upload(&format!("inputs[{i}]"), input)?;
        }
        let mut lives: HashMap<Var, Life> = (0..self.inputs.len() as Var).map(|v| (v, Life::Made)).collect();
        for (i, step) in self.steps.iter().enumerate() {
            let mut first_wrong = Ok(());
            let see = |lives: &HashMap<Var, Life>, v: Var, place: &str| match lives.get(&v) {
                Some(Life::Made) => Ok(()),
                Some(Life::GivenUp(at)) => {
                    wrong(format!("steps[{i}].{place}"), format!("variable {v} was given up in steps[{at}] (`last_use`)"))
                }
                None => wrong(format!("steps[{i}].{place}"), format!("variable {v} is used before it is made")),
            };
            step.call.arrays(|&v| {
                if first_wrong.is_ok() {
                    first_wrong = see(&lives, v, "call");
                }
            });
            first_wrong?;
            for &v in &step.last_use {
                see(&lives, v, "last_use")?;
                lives.insert(v, Life::GivenUp(i));
            }
            for &v in &step.out {
                if v > MAX_VARIABLE {
                    return wrong(format!("steps[{i}].out"), format!("variable {v}: expected at most {MAX_VARIABLE}"));
                }
                if lives.insert(v, Life::Made).is_some() {
                    return wrong(format!("steps[{i}].out"), format!("variable {v} is made a second time"));
                }
            }
        }
        Ok(())
    }
}

fn input_to_json(input: &Input) -> Value {
    let x = &input.array;
    json!({ "dtype": x.dtype().name(), "shape": &**x.shape(), "layout": input.layout, "data": hex(&little_endian(x.bytes(), x.dtype())) })
}

fn input_from_json(path: &str, value: &Value) -> Parsed<Input> {
    let object = fields(path, value, &["dtype", "shape", "layout", "data"])?;
    let at = |key: &str| format!("{path}.{key}");
    let text = |key: &str| object.get(key).and_then(Value::as_str).map_or_else(|| wrong(at(key), "expected a string"), Ok);
    let name = text("dtype")?;
    let Some(dtype) = DType::from_name(name) else {
        let names: Vec<_> = DType::ALL.iter().map(|d| d.name()).collect();
        return wrong(at("dtype"), format!("unknown dtype `{name}`; expected one of {}", names.join(", ")));
    };
    let lengths = object
        .get("shape")
        .and_then(Value::as_array)
        .and_then(|list| list.iter().map(|d| d.as_u64().and_then(|d| usize::try_from(d).ok())).collect::<Option<Vec<usize>>>());
    let Some(lengths) = lengths else {
        return wrong(at("shape"), "expected a list of lengths, each an integer from 0 on");
    };
    if lengths.len() > MAX_RANK {
        return wrong(at("shape"), format!("{} axes; expected at most {MAX_RANK}", lengths.len()));
    }
    let shape = Shape::from(lengths);
    let layout = match object.get("layout") {
        None => Layout::Plain,
        Some(v) => serde_json::from_value(v.clone()).map_err(|e| CaseError { path: at("layout"), message: e.to_string() })?,
    };
    let data = unhex(text("data")?).map_or_else(|m| wrong(at("data"), m), Ok)?;
    let Some(bytes) = shape.checked_size().and_then(|n| n.checked_mul(dtype.size())) else {
        return wrong(at("shape"), format!("{shape} has more elements than can be addressed"));
    };
    if data.len() != bytes {
        return wrong(at("data"), format!("{} bytes; {dtype}{shape} has {bytes}", data.len()));
    }
    let data = Bytes::from_slice(&little_endian(&data, dtype));
    match HostArray::new(dtype, shape, data) {
        Ok(array) => Ok(Input { array, layout }),
        Err(e) => wrong(at("data"), e.to_string()),
    }
}

/// Layouts pad; a file must not make lowering ask for terabytes.
fn check_upload(path: &str, input: &Input) -> Parsed<()> {
    let shape = input.array.shape();
    let upload = match input.layout {
        Layout::Window => shape.iter().try_fold(input.array.dtype().size(), |n, d| n.checked_mul(d.checked_add(3)?)),
        Layout::Step2 => input.array.bytes().len().checked_mul(2),
        _ => Some(input.array.bytes().len()),
    };
    match upload {
        Some(n) if n <= MAX_UPLOAD || input.array.size() == 0 => Ok(()),
        _ => wrong(format!("{path}.layout"), format!("{shape} with this layout takes more than {MAX_UPLOAD} bytes")),
    }
}

fn step_from_json(path: &str, value: &Value) -> Parsed<Step> {
    fields(path, value, &["call", "out", "last_use"])?;
    let call = fields(&format!("{path}.call"), value.get("call").unwrap_or(&Value::Null), &[])?;
    // The untagged operands would only say "did not match any variant".
    for key in ["x1", "x2", "min", "max", "value"] {
        if let Some(operand) = call.get(key) {
            check_operand(&format!("{path}.call.{key}"), operand)?;
        }
    }
    let step: Step = match serde_json::from_value(value.clone()) {
        Ok(step) => step,
        Err(e) => return wrong(blame(path, value), e.to_string()),
    };
    // A key that is not written back was not understood: a typo must not become a default.
    let again = serde_json::to_value(&step).unwrap_or(Value::Null);
    match not_in(path.to_string(), value, &again) {
        Some(unknown) => wrong(unknown, "unknown key"),
        None => Ok(step),
    }
}

/// Which part of a step cannot be read.
fn blame(path: &str, value: &Value) -> String {
    let numbers = |key: &str| value.get(key).is_none_or(|v| serde_json::from_value::<Vec<Var>>(v.clone()).is_ok());
    if value.get("out").is_none() || !numbers("out") {
        format!("{path}.out")
    } else if !numbers("last_use") {
        format!("{path}.last_use")
    } else {
        format!("{path}.call")
    }
}

fn check_operand(path: &str, value: &Value) -> Parsed<()> {
    match value {
        Value::Null => Ok(()),
        Value::Number(n) if n.as_u64().is_some_and(|v| Var::try_from(v).is_ok()) => Ok(()),
        Value::String(s) => Scalar::try_from(s.clone()).map(|_| ()).map_or_else(|m| wrong(path, m), Ok),
        _ => wrong(path, "expected a variable (an integer from 0 on) or a scalar (a string like \"f:3ff0000000000000\")"),
    }
}

/// The path of a key of `a` that `b` does not have.
fn not_in(path: String, a: &Value, b: &Value) -> Option<String> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => a.iter().find_map(|(key, value)| {
            let below = format!("{path}.{key}");
            match b.get(key) {
                Some(other) => not_in(below, value, other),
                // Empty lists and nulls may be left out.
                None if value.is_null() || value.as_array().is_some_and(Vec::is_empty) => None,
                None => Some(below),
            }
        }),
        (Value::Array(a), Value::Array(b)) => a.iter().zip(b).enumerate().find_map(|(i, (a, b))| not_in(format!("{path}[{i}]"), a, b)),
        _ => None,
    }
}

/// The object at a path; with `keys`, no others may occur.
fn fields<'a>(path: &str, value: &'a Value, keys: &[&str]) -> Parsed<&'a Map<String, Value>> {
    let Some(object) = value.as_object() else {
        return wrong(path, "expected an object");
    };
    match object.keys().find(|k| !keys.is_empty() && !keys.contains(&k.as_str())) {
        Some(unknown) => wrong(path, format!("unknown key `{unknown}`; expected {}", keys.join(", "))),
        None => Ok(object),
    }
}

fn list<'a>(object: &'a Map<String, Value>, key: &str) -> Parsed<&'a [Value]> {
    object.get(key).and_then(Value::as_array).map(Vec::as_slice).map_or_else(|| wrong(key, "expected a list"), Ok)
}

/// Native bytes as little-endian ones, and back.
fn little_endian(bytes: &[u8], dtype: DType) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(dtype.real().size()).for_each(<[u8]>::reverse);
    }
    bytes
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|d| DIGITS[d as usize] as char).collect()
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digit = |(i, c): (usize, u8)| (c as char).to_digit(16).ok_or_else(|| format!("character {i} is not a hexadecimal digit"));
    let digits = text.bytes().enumerate().map(digit).collect::<Result<Vec<u32>, _>>()?;
    if digits.len() % 2 == 1 {
        return Err(format!("{} hexadecimal digits; expected two a byte", digits.len()));
    }
    Ok(digits.chunks_exact(2).map(|d| (d[0] << 4 | d[1]) as u8).collect())
}
