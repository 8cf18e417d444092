//! The interpreter: runs a program on a backend and never lets a panic out.
use crate::case::{Failed, Outcome, Program, Step, StepResult, Var};
use array_protocol::{Backend, Call, Error, ErrorKind, HostArray, Operand, Reply};
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, ThreadId};

/// Runs a program and observes what it made.
///
/// Inputs are uploaded first. A step whose arguments were never made is skipped. The handles that a step lists in `last_use` leave the
/// table before its call, so that the backend sees the last one: a unary or binary call on such an `x` (`x1`) runs as `*_assign`,
/// `setitem` in place. A panic of the backend is a result like any other.
///
/// With `threads > 1` the program runs once alone, then on that many threads at the same time over the same uploaded inputs; the values
/// are those of the first run, and [`Outcome::disagreement`] tells the first difference; a run that lost the device is told instead.
pub fn execute<B: Backend>(b: &B, p: &Program) -> Outcome {
    execute_with(b, p, &BTreeMap::new(), &Panics::default())
}

/// [`execute`], where some steps could not be decoded: they end in `unsupported`, with the text.
pub(super) fn execute_with<B: Backend>(b: &B, p: &Program, refused: &BTreeMap<usize, String>, panics: &Panics) -> Outcome {
    let run = Run { b, p, refused, panics };
    let inputs = run.upload();
    if p.threads <= 1 {
        return run.once(inputs);
    }
    let alone = run.once(inputs.clone());
    let together = run.together(&inputs, &alone);
    quietly(panics, || drop(inputs)).ok();
    match together {
        Ok(disagreement) => Outcome { disagreement, ..alone },
        Err(lost) => lost,
    }
}

/// Where panics happened, by thread: told by the hook of a worker process, collected where they are caught. Elsewhere it stays empty,
/// because a library does not touch the hook of its user's process.
#[derive(Clone, Default)]
pub(super) struct Panics(Arc<Mutex<HashMap<ThreadId, String>>>);

impl Panics {
    /// Makes panics silent in this process and remembers where they happened.
    pub(super) fn hook() -> Panics {
        let panics = Panics::default();
        let told = panics.clone();
        std::panic::set_hook(Box::new(move |info| {
            if let Some(at) = info.location() {
                let mut places = told.0.lock().unwrap_or_else(PoisonError::into_inner);
                // Panics that a backend's own threads swallow are never collected.
                if places.len() > 64 {
                    places.clear();
                }
                places.insert(thread::current().id(), at.to_string());
            }
        }));
        panics
    }

    fn text(&self, payload: &(dyn Any + Send)) -> String {
        let message = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(s), _) => s,
            (_, Some(s)) => s.as_str(),
            _ => "a panic without text",
        };
        let at = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&thread::current().id());
        at.map_or_else(|| message.into(), |at| format!("{message} ({at})"))
    }
}

/// Runs a piece of the backend; the text of a panic is the error.
pub(super) fn quietly<T>(panics: &Panics, f: impl FnOnce() -> T) -> Result<T, String> {
    // A backend has to leave its arrays in order when it panics, or the harness finds out: that is what is under test.
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| panics.text(&*payload))
}

fn failed(e: &Error) -> Failed {
    Failed { kind: e.kind(), text: e.to_string() }
}
fn panicked(text: &str) -> Failed {
    Failed { kind: ErrorKind::Backend, text: format!("panicked: {text}") }
}

/// A step without its arguments: a device that was lost at their upload may show nowhere else.
fn skipped(step: &Step, unmade: &BTreeMap<Var, Failed>) -> StepResult {
    let mut lost = None;
    step.call.arrays(|v| lost = lost.or(unmade.get(v).filter(|e| e.kind == ErrorKind::Lost)));
    lost.map_or(StepResult::Skipped, |e| StepResult::Error(e.clone()))
}

/// The handles of the variables that exist. Programs are short: a list beats a map, and no variable number is too large.
struct Table<A>(Vec<(Var, A)>);

impl<A> Table<A> {
    fn get(&self, v: Var) -> Option<&A> {
        self.0.iter().find(|(w, _)| *w == v).map(|(_, a)| a)
    }
    fn take(&mut self, v: Var) -> Option<A> {
        let i = self.0.iter().position(|(w, _)| *w == v)?;
        Some(self.0.swap_remove(i).1)
    }
    fn set(&mut self, v: Var, a: A) {
        match self.0.iter_mut().find(|(w, _)| *w == v) {
            Some((_, old)) => *old = a,
            None => self.0.push((v, a)),
        }
    }
}

struct Run<'a, B> {
    b: &'a B,
    p: &'a Program,
    refused: &'a BTreeMap<usize, String>,
    panics: &'a Panics,
}

impl<B: Backend> Run<'_, B> {
    fn upload(&self) -> Vec<Result<B::Array, Failed>> {
        let one = |x| match quietly(self.panics, || self.b.upload(x, None)) {
            Ok(done) => done.map_err(|e| failed(&e)),
            Err(text) => Err(panicked(&text)),
        };
        self.p.inputs.iter().map(one).collect()
    }

    fn once(&self, inputs: Vec<Result<B::Array, Failed>>) -> Outcome {
        let mut table = Table(Vec::with_capacity(inputs.len() + self.p.steps.len()));
        let mut unmade = BTreeMap::new();
        for (v, input) in (0..).zip(inputs) {
            match input {
                Ok(a) => table.0.push((v, a)),
                Err(e) => drop(unmade.insert(v, e)),
            }
        }
        let steps = self.p.steps.iter().enumerate().map(|(i, step)| match self.refused.get(&i) {
            Some(text) => StepResult::Error(Failed { kind: ErrorKind::Unsupported, text: text.clone() }),
            None => match quietly(self.panics, || self.step(&mut table, step)).unwrap_or_else(StepResult::Panic) {
                StepResult::Skipped => skipped(step, &unmade),
                other => other,
            },
        });
        let steps = steps.collect();
        let values = self.p.observe.iter().map(|&v| match table.get(v) {
            Some(a) => Some(match quietly(self.panics, || self.b.download(a)) {
                Ok(done) => done.map_err(|e| failed(&e)),
                Err(text) => Err(panicked(&text)),
            }),
            None => unmade.get(&v).map(|e| Err(e.clone())),
        });
        let values = values.collect();
        // A handle may panic when it is dropped; there is no step to tell it of.
        quietly(self.panics, || drop(table)).ok();
        Outcome { steps, values, disagreement: None }
    }

    fn step(&self, table: &mut Table<B::Array>, step: &Step) -> StepResult {
        let mut missing = false;
        step.call.arrays(|&v| missing |= table.get(v).is_none());
        let mut given = Table(Vec::new());
        for &v in &step.last_use {
            if let Some(a) = table.take(v) {
                given.0.push((v, a));
            }
        }
        if missing {
            return StepResult::Skipped;
        }
        let reply = match self.assign(table, &mut given, &step.call) {
            Some(done) => done.map(Reply::One),
            None => {
                let find = |v: Var| given.get(v).or_else(|| table.get(v)).ok_or(());
                match step.call.clone().try_map(find) {
                    Ok(call) => call.apply(self.b),
                    Err(()) => return StepResult::Skipped,
                }
            }
        };
        drop(given);
        let arrays = match reply {
            Ok(Reply::One(a)) if step.out.len() == 1 => {
                table.set(step.out[0], a);
                return StepResult::Ok;
            }
            Ok(reply) => reply.into_vec(),
            Err(e) => return StepResult::Error(failed(&e)),
        };
        if arrays.len() != step.out.len() {
            let text = format!("{}: {} arrays where {} were expected", step.call.op(), arrays.len(), step.out.len());
            return StepResult::Error(Failed { kind: ErrorKind::Backend, text });
        }
        for (&v, a) in step.out.iter().zip(arrays) {
            table.set(v, a);
        }
        StepResult::Ok
    }

    /// The call on a handle that was given up, by the method that may reuse its memory; `None` where there is no such method.
    fn assign(&self, table: &Table<B::Array>, given: &mut Table<B::Array>, call: &Call<Var>) -> Option<array_protocol::Result<B::Array>> {
        let target = match call {
            Call::Unary { x, .. } | Call::Setitem { x, .. } => *x,
            Call::Binary { x1: Operand::Array(x), .. } => *x,
            _ => return None,
        };
        let mut x = given.take(target)?;
        // The same variable in a second place is a second handle: the backend has to notice that the memory is shared.
        let mut again = false;
        let mut places = 0;
        call.arrays(|&v| {
            again |= v == target && places > 0;
            places += 1;
        });
        if again {
            given.0.push((target, x.clone()));
        }
        let find = |v: Var| given.get(v).or_else(|| table.get(v));
        let operand = |o: &Operand<Var>| match o {
            Operand::Array(v) => find(*v).map(Operand::Array),
            Operand::Scalar(s) => Some(Operand::Scalar(*s)),
        };
        let done = match call {
            Call::Unary { op, .. } => self.b.unary_assign(*op, &mut x),
            Call::Binary { op, x2, .. } => self.b.binary_assign(*op, &mut x, operand(x2)?),
            Call::Setitem { key, value, .. } => {
                let key: Option<Vec<_>> = key.iter().map(|i| i.clone().try_map(|v| find(v).ok_or(())).ok()).collect();
                self.b.setitem(&mut x, &key?, operand(value)?)
            }
            _ => return None,
        };
        Some(done.map(|()| x))
    }

    /// The first difference between the run alone and one of several at the same time.
    ///
    /// # Errors
    /// A run in which the device was lost.
    fn together(&self, inputs: &[Result<B::Array, Failed>], alone: &Outcome) -> Result<Option<String>, Outcome> {
        // Held until every thread waits for it: a barrier that a thread which cannot be started does not block.
        let gate = RwLock::new(());
        let closed = gate.write().unwrap_or_else(PoisonError::into_inner);
        thread::scope(|scope| {
            let mut running = vec![];
            let mut trouble = None;
            for i in 0..self.p.threads {
                let (own, gate) = (inputs.to_vec(), &gate);
                let body = move || {
                    drop(gate.read());
                    self.once(own)
                };
                match thread::Builder::new().spawn_scoped(scope, body) {
                    Ok(handle) => running.push((i, handle)),
                    Err(e) => trouble = Some(format!("thread {i} could not be started: {e}")),
                }
            }
            drop(closed);
            let mut lost = None;
            for (i, handle) in running {
                let found = match handle.join() {
                    Ok(outcome) if outcome.lost().is_some() => {
                        lost.get_or_insert(outcome);
                        None
                    }
                    Ok(outcome) => difference(&self.p.observe, alone, &outcome).map(|d| format!("thread {i}: {d}")),
                    Err(payload) => Some(format!("thread {i}: {}", self.panics.text(&*payload))),
                };
                trouble = trouble.or(found);
            }
            lost.map_or(Ok(trouble), Err)
        })
    }
}

/// The first difference; texts of errors may differ, kinds may not.
fn difference(observe: &[Var], alone: &Outcome, other: &Outcome) -> Option<String> {
    let same = |a: &StepResult, b: &StepResult| match (a, b) {
        (StepResult::Error(a), StepResult::Error(b)) => a.kind == b.kind,
        (StepResult::Panic(_), StepResult::Panic(_)) => true,
        _ => a == b,
    };
    for (i, (a, b)) in alone.steps.iter().zip(&other.steps).enumerate() {
        if !same(a, b) {
            return Some(format!("step {i} ends in {b:?}, alone in {a:?}"));
        }
    }
    observe.iter().zip(alone.values.iter().zip(&other.values)).find_map(|(v, pair)| {
        let text = match pair {
            (Some(Ok(a)), Some(Ok(b))) => unequal(a, b),
            (Some(Err(a)), Some(Err(b))) => (a.kind != b.kind).then(|| format!("fails with `{}`, alone with `{}`", b.text, a.text)),
            (None, None) => None,
            (Some(Ok(_)), Some(Err(e))) => Some(format!("fails with `{}`, alone it does not", e.text)),
            (a, b) => Some(format!("{}, alone {}", presence(b), presence(a))),
        };
        text.map(|text| format!("variable {v} {text}"))
    })
}

fn presence(x: &Option<Result<HostArray, Failed>>) -> &'static str {
    match x {
        Some(Ok(_)) => "has a value",
        Some(Err(_)) => "fails",
        None => "is missing",
    }
}

fn unequal(a: &HostArray, b: &HostArray) -> Option<String> {
    if (a.dtype(), a.shape()) != (b.dtype(), b.shape()) {
        return Some(format!("is {}{}, alone {}{}", b.dtype(), b.shape(), a.dtype(), a.shape()));
    }
    let size = a.dtype().size();
    let place = a.bytes().chunks_exact(size).zip(b.bytes().chunks_exact(size)).position(|(a, b)| a != b)?;
    let hex = |x: &HostArray| x.bytes()[place * size..][..size].iter().rev().map(|b| format!("{b:02x}")).collect::<String>();
    Some(format!("of {}{} has bits 0x{} at element {place}, alone 0x{}", a.dtype(), a.shape(), hex(b), hex(a)))
}
