//! The judge: an outcome against the model, step by step on *observed* inputs, so that errors never compound.
mod element;
mod kinds;

pub use element::{Score, score, ulps};
pub use kinds::relevant;

use crate::case::{Case, Outcome, StepResult, Var};
use crate::model::{Elements, Expect, ExpectArray, Model};
use array_protocol::manifest::ElementClass;
use array_protocol::{Call, ErrorKind, HostArray};
use std::collections::HashMap;

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The shape or the number of the results.
    Shape,
    /// The dtype of a result.
    Dtype,
    /// An element.
    Value,
    /// A quantity of all results together.
    Quantity(&'static str),
    /// An error where results were due, no error where one was, or one of another kind.
    Error,
    /// A panic.
    Panic,
    /// An input that is not what it was.
    Inputs,
    /// An array that could not be downloaded.
    Download,
    /// Threads that disagree.
    Disagreement,
    /// Two runs of the same call that differ.
    Repetition,
    /// A row of the table of special values.
    Special,
    /// A literal example.
    Example,
    /// An identity between operations.
    Identity,
    /// The model does not know the call: a gap in the harness.
    Gap,
}

/// Something that the specification does not allow.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is about.
    pub aspect: Aspect,
    /// One line.
    pub summary: String,
    /// What is allowed.
    pub expected: String,
    /// What was given.
    pub got: String,
    /// The error, where it can be measured.
    pub error: Option<f64>,
}

/// Everything the judge says of one case.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// What is not allowed, the first first.
    pub findings: Vec<Finding>,
    /// What the backend said it does not support.
    pub unsupported: Option<String>,
    /// Elements that were judged.
    pub elements: u64,
    /// Errors that were measured.
    pub stats: Stats,
}

/// Measured errors.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// The largest.
    pub max: f64,
    /// Their sum.
    pub sum: f64,
    /// How many.
    pub count: u64,
    /// The limit beside the largest.
    pub limit: f64,
    /// Where the largest was.
    pub worst: String,
}

impl Stats {
    /// Joins the errors of another case.
    pub fn join(&mut self, other: &Stats) {
        self.sum += other.sum;
        self.count += other.count;
        if other.count > 0 && (other.max > self.max || self.limit == 0.0) {
            (self.max, self.limit, self.worst) = (other.max, other.limit, other.worst.clone());
        }
    }
}

/// How an outcome is judged.
pub struct Judge<'a> {
    /// The oracle.
    pub model: &'a Model,
    /// Whether the worker's error kinds are those of the protocol.
    pub error_kinds: bool,
    /// Judge only elements of this class.
    pub only: Option<ElementClass>,
}

impl Judge<'_> {
    /// Judges every step of a case.
    pub fn judge(&self, case: &Case, outcome: &Outcome, prelude: usize) -> Judgement {
        let mut out = Judgement::default();
        let observed = case.observed();
        let mut known: HashMap<Var, &HostArray> = HashMap::new();
        // Inputs that were given up are known from the case itself.
        for (i, input) in case.inputs.iter().enumerate() {
            known.insert(i as Var, &input.array);
        }
        for (&var, value) in observed.iter().zip(&outcome.values) {
            match value {
                Some(Ok(array)) => {
                    if let Some(input) = case.inputs.get(var as usize) {
                        out.elements += array.size() as u64;
                        if *array != input.array {
                            out.findings.push(changed_input(var, &input.array, array));
                        }
                    }
                    known.insert(var, array);
                }
                Some(Err(failed)) if failed.kind == ErrorKind::Unsupported => out.unsupported = Some(failed.text.clone()),
                Some(Err(failed)) => out.findings.push(Finding {
                    aspect: Aspect::Download,
                    summary: format!("variable v{var} could not be downloaded"),
                    expected: "an array".into(),
                    got: format!("{} error: {}", failed.kind, failed.text),
                    error: None,
                }),
                None => {
                    known.remove(&var);
                }
            }
        }
        if let Some(text) = &outcome.disagreement {
            out.findings.push(Finding {
                aspect: Aspect::Disagreement,
                summary: "threads over the same inputs disagree with the sequential run".into(),
                expected: "the bits of the sequential run".into(),
                got: text.clone(),
                error: None,
            });
        }
        for result in outcome.steps.iter().take(prelude) {
            self.result_of_layout(result, &mut out);
        }
        for (step, result) in case.steps.iter().zip(outcome.steps.iter().skip(prelude)) {
            let Ok(call) = step.call.clone().try_map(|v| known.get(&v).copied().ok_or(())) else { continue };
            let results: Vec<Option<&HostArray>> = step.out.iter().map(|v| known.get(v).copied()).collect();
            self.step(&call, result, &results, &mut out);
        }
        out
    }

    /// A step that makes a layout: what it gave is judged as the input that is observed; here only whether it ran.
    fn result_of_layout(&self, result: &StepResult, out: &mut Judgement) {
        match result {
            StepResult::Error(f) if f.kind == ErrorKind::Unsupported => out.unsupported = Some(f.text.clone()),
            StepResult::Error(f) => out.findings.push(unexpected_error("a view that the layout needs", &f.kind.to_string(), &f.text)),
            StepResult::Panic(text) => out.findings.push(panic("a view that the layout needs", text)),
            StepResult::Ok | StepResult::Skipped => {}
        }
    }

    fn step(&self, call: &Call<&HostArray>, result: &StepResult, results: &[Option<&HostArray>], out: &mut Judgement) {
        let op = call.op();
        let failed = match result {
            StepResult::Panic(text) => return out.findings.push(panic(op.name(), text)),
            StepResult::Skipped => return,
            StepResult::Error(f) if f.kind == ErrorKind::Unsupported => {
                out.unsupported = Some(f.text.clone());
                return;
            }
            StepResult::Error(f) => Some(f),
            StepResult::Ok => None,
        };
        let Some(expect) = self.model.expect(call) else {
            return out.findings.push(Finding {
                aspect: Aspect::Gap,
                summary: format!("the model has no answer for this call of {op}: a gap in the harness, not in the backend"),
                expected: String::new(),
                got: String::new(),
                error: None,
            });
        };
        let list = |kinds: &[ErrorKind]| kinds.iter().map(|k| k.name()).collect::<Vec<_>>().join(" or ");
        match (expect, failed) {
            (Expect::Unspecified, _) => {}
            (Expect::Returns(arrays) | Expect::Either(_, arrays), None) => self.arrays(op.name(), call, &arrays, results, out),
            (Expect::Returns(_), Some(f)) => out.findings.push(unexpected_error(op.name(), &f.kind.to_string(), &f.text)),
            (Expect::Fails(kinds), None) => out.findings.push(Finding {
                aspect: Aspect::Error,
                summary: format!("{op} accepts what it must reject"),
                expected: format!("{} error", list(&kinds)),
                got: results.iter().flatten().next().map_or_else(|| "no error".into(), |a| format!("{}{}", a.dtype(), a.shape())),
                error: None,
            }),
            (Expect::Fails(kinds) | Expect::Either(kinds, _), Some(f)) => {
                if self.error_kinds && !kinds.contains(&f.kind) {
                    out.findings.push(Finding {
                        aspect: Aspect::Error,
                        summary: format!("{op} fails with the wrong kind of error"),
                        expected: format!("{} error", list(&kinds)),
                        got: format!("{} error: {}", f.kind, f.text),
                        error: None,
                    });
                }
            }
        }
    }

    fn arrays(&self, op: &str, call: &Call<&HostArray>, expected: &[ExpectArray], results: &[Option<&HostArray>], out: &mut Judgement) {
        let got: Vec<&HostArray> = results.iter().flatten().copied().collect();
        if got.len() != expected.len() || got.len() != results.len() {
            return out.findings.push(Finding {
                aspect: Aspect::Shape,
                summary: format!("{op} returns {} arrays", got.len()),
                expected: format!("{} arrays", expected.len()),
                got: format!("{} arrays", got.len()),
                error: None,
            });
        }
        let mut whole = true;
        for (e, g) in expected.iter().zip(&got) {
            let mut wrong = |aspect, what: &str, expected: String, got: String| {
                whole = false;
                let summary = format!("{op}: wrong {what} of `{}`", e.name);
                out.findings.push(Finding { aspect, summary, expected, got, error: None });
            };
            if e.dtype != g.dtype() {
                wrong(Aspect::Dtype, "dtype", e.dtype.to_string(), g.dtype().to_string());
            }
            if e.shape != *g.shape() {
                wrong(Aspect::Shape, "shape", e.shape.to_string(), g.shape().to_string());
            }
        }
        if !whole {
            return;
        }
        for (e, g) in expected.iter().zip(&got) {
            out.elements += g.size() as u64;
            match &e.elements {
                Elements::Bits(bits) => self.bits(op, e, bits, g, call, out),
                Elements::Each(each) => self.each(op, e, each, g, call, out),
                Elements::Related(relation) => {
                    let all: Vec<HostArray> = got.iter().map(|&g| g.clone()).collect();
                    for q in relation(&all) {
                        let error = if q.of_bound.is_nan() { f64::INFINITY } else { q.of_bound };
                        out.stats.join(&Stats { max: error, sum: error, count: 1, limit: 1.0, worst: format!("{}: {}", q.name, q.text) });
                        // Written so that a NaN is a finding.
                        if !(q.of_bound <= 1.0) {
                            out.findings.push(Finding {
                                aspect: Aspect::Quantity(q.name),
                                summary: format!("{op}: {} is {:.3} of its bound", q.name, q.of_bound),
                                expected: format!("{} within its bound", q.name),
                                got: q.text,
                                error: Some(q.of_bound),
                            });
                        }
                    }
                }
                Elements::Free => {}
            }
        }
    }

    fn bits(&self, op: &str, e: &ExpectArray, bits: &HostArray, g: &HostArray, call: &Call<&HostArray>, out: &mut Judgement) {
        if bits.bytes() == g.bytes() {
            return;
        }
        let wrong = (0..g.size()).find(|&i| {
            let expected = element::at(bits, i);
            let skip = self.only.is_some_and(|only| element::real(expected, e.dtype).is_none_or(|v| element::class_of(v) != only));
            !skip && !element::same(expected, element::at(g, i), e.dtype)
        });
        if let Some(i) = wrong {
            let (expected, got) = (element::show(element::at(bits, i), e.dtype), element::show(element::at(g, i), e.dtype));
            out.findings.push(value_finding(op, e, i, call, expected, got, None));
        }
    }

    fn each(&self, op: &str, e: &ExpectArray, each: &[crate::model::Allowed], g: &HostArray, call: &Call<&HostArray>, out: &mut Judgement) {
        let size = e.dtype.size();
        let (mut worst, mut worst_at) = (0.0, None);
        let mut reported = false;
        for (i, (allowed, bytes)) in each.iter().zip(g.bytes().chunks_exact(size)).enumerate() {
            if self.only.is_some_and(|only| element::class(allowed, e.dtype) != Some(only)) {
                continue;
            }
            let s = element::score(allowed, bytes, e.dtype);
            if s.measured && s.error.is_finite() {
                out.stats.sum += s.error;
                out.stats.count += 1;
                if worst_at.is_none() || s.error > worst {
                    (worst, worst_at) = (s.error, Some((i, s.limit)));
                }
            }
            if !s.allowed() && !reported {
                reported = true;
                let error = s.measured.then_some(s.error);
                let (expected, got) = (element::describe(allowed, e.dtype), element::show(bytes, e.dtype));
                out.findings.push(value_finding(op, e, i, call, expected, got, error));
            }
        }
        if let Some((i, limit)) = worst_at
            && (worst > out.stats.max || out.stats.limit == 0.0)
        {
            out.stats.max = worst;
            out.stats.limit = limit;
            out.stats.worst = arguments(call, e, i);
        }
    }
}

fn value_finding(
    op: &str,
    e: &ExpectArray,
    i: usize,
    call: &Call<&HostArray>,
    expected: String,
    got: String,
    error: Option<f64>,
) -> Finding {
    let whole = if error.is_some_and(f64::is_finite) { format!(", error {:.3}", error.unwrap_or(0.0)) } else { String::new() };
    let given = arguments(call, e, i);
    let summary = format!(
        "{op}: wrong element {} of `{}`{whole}{}{given}",
        element::position(i, &e.shape),
        e.name,
        if given.is_empty() { "" } else { " for " }
    );
    Finding { aspect: Aspect::Value, summary, expected, got, error }
}

/// The arguments of element `i`, for people: elements of the inputs that lie at the same place.
fn arguments(call: &Call<&HostArray>, e: &ExpectArray, i: usize) -> String {
    let mut texts = vec![];
    call.arrays(|x| {
        let text = if *x.shape() == e.shape {
            Some(element::show(element::at(x, i), x.dtype()))
        } else if x.size() == 1 {
            Some(element::show(element::at(x, 0), x.dtype()))
        } else {
            None
        };
        if let Some(t) = text
            && texts.len() < 3
        {
            texts.push(t);
        }
    });
    let elementwise =
        matches!(call, Call::Unary { .. } | Call::Binary { .. } | Call::Where { .. } | Call::Clip { .. } | Call::Astype { .. });
    if elementwise { texts.join(", ") } else { String::new() }
}

fn changed_input(var: Var, before: &HostArray, after: &HostArray) -> Finding {
    let (expected, got) = if before.dtype() != after.dtype() || before.shape() != after.shape() {
        (format!("{}{}", before.dtype(), before.shape()), format!("{}{}", after.dtype(), after.shape()))
    } else {
        let i = (0..before.size()).find(|&i| element::at(before, i) != element::at(after, i)).unwrap_or(0);
        let show = |x| format!("{} at {}", element::show(element::at(x, i), before.dtype()), element::position(i, before.shape()));
        (show(before), show(after))
    };
    Finding { aspect: Aspect::Inputs, summary: format!("input v{var} is not what was given"), expected, got, error: None }
}

fn unexpected_error(what: &str, kind: &str, text: &str) -> Finding {
    Finding {
        aspect: Aspect::Error,
        summary: format!("{what} fails on a valid call"),
        expected: "a result".into(),
        got: format!("{kind} error: {text}"),
        error: None,
    }
}

fn panic(what: &str, text: &str) -> Finding {
    Finding {
        aspect: Aspect::Panic,
        summary: format!("{what} panics"),
        expected: "a result or an error".into(),
        got: text.into(),
        error: None,
    }
}

/// The bits of two arrays: the first difference, for people.
pub(crate) fn difference(a: &HostArray, b: &HostArray) -> Option<(String, String)> {
    if a == b {
        return None;
    }
    let f = changed_input(0, a, b);
    Some((f.expected, f.got))
}
