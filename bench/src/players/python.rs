//! A library of Python, in a process of its own that lives as long as the run.
use super::Player;
use crate::clock::Clock;
use crate::digest::Digest;
use crate::inputs::Datum;
use crate::row::Row;
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;

/// The environment variable that names a Python; without it, `python3`.
pub const PYTHON: &str = "CONFORMANCE_PYTHON";
const SCRIPT: &str = include_str!("peer.py");

/// What takes part.
#[derive(Clone, Debug, Deserialize)]
pub struct Versions {
    /// Of the module.
    pub module: String,
    /// Of Python.
    pub python: String,
    /// What the module computes with.
    pub with: String,
}

struct Process {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Keys of inputs that it has.
    kept: HashSet<String>,
}

impl Process {
    fn start(module: &str) -> Result<Process, String> {
        let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".into());
        let mut command = Command::new(&python);
        command.args(["-c", SCRIPT, module]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|e| format!("{python}: {e}"))?;
        let (requests, answers) = child.stdin.take().zip(child.stdout.take()).ok_or("no pipes")?;
        Ok(Process { child, requests, answers: BufReader::new(answers), kept: HashSet::new() })
    }

    fn ask(&mut self, request: &Value) -> Result<Value, String> {
        let gone = |e: std::io::Error| format!("Python is gone: {e}");
        writeln!(self.requests, "{request}").and_then(|()| self.requests.flush()).map_err(gone)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(gone)?;
        let answer: Value = serde_json::from_str(&line).map_err(|_| "Python is gone without an answer (no NumPy?)".to_string())?;
        match answer.get("error") {
            Some(e) => Err(e.as_str().unwrap_or("an error").to_string()),
            None => Ok(answer),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It only ever waits for requests; nothing is lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A module that the script knows, with fresh results or with one that is written again and again.
pub struct Python {
    process: Rc<RefCell<Process>>,
    module: &'static str,
    name: &'static str,
    out: bool,
}

/// The module, and its versions. It goes by its own name.
///
/// # Errors
/// Where no Python with it is found, why.
pub fn start(module: &'static str) -> Result<(Versions, Python), String> {
    let process = Process::start(module).and_then(|mut p| {
        let hello = p.ask(&json!({ "do": "hello" }))?;
        Ok((p, serde_json::from_value::<Versions>(hello).map_err(|e| e.to_string())?))
    });
    let (process, versions) = process.map_err(|e| format!("{e}; set {PYTHON} to a Python that has {module}"))?;
    Ok((versions, Python { process: Rc::new(RefCell::new(process)), module, name: module, out: false }))
}

impl Python {
    /// The same process with one result that is written again and again, under another name. It follows the first in the list of players.
    #[must_use]
    pub fn writing(&self, name: &'static str) -> Python {
        Python { process: self.process.clone(), module: self.module, name, out: true }
    }

    fn ask(&self, request: &Value) -> Result<Value, String> {
        self.process.borrow_mut().ask(request)
    }

    fn what(&self) -> &'static str {
        if self.out { "out" } else { "run" }
    }

    /// Inputs travel through files, which are gone when the answer is there.
    fn send(&self, run: &str, out: Option<&str>, data: &[Datum]) -> Result<(), String> {
        let mut files = Vec::new();
        let mut inputs = Vec::new();
        let process = &mut *self.process.borrow_mut();
        for datum in data {
            let mut file = None;
            if !process.kept.contains(&datum.key) {
                let mut new = tempfile::NamedTempFile::new().map_err(|e| e.to_string())?;
                new.write_all(datum.host().map_err(|e| e.to_string())?.bytes()).map_err(|e| format!("{}: {e}", new.path().display()))?;
                file = Some(new.path().to_path_buf());
                files.push(new);
            }
            let (name, key, shape) = (datum.name, &datum.key, &datum.shape);
            inputs.push(json!({ "name": name, "key": key, "dtype": datum.dtype.name(), "shape": shape, "file": file }));
        }
        process.ask(&json!({ "do": "row", "inputs": inputs, "run": run, "out": out }))?;
        process.kept = data.iter().map(|d| d.key.clone()).collect();
        Ok(())
    }
}

impl<R: Row> Player<R> for Python {
    fn name(&self) -> &'static str {
        self.name
    }

    fn prepare(&mut self, row: &R, data: &[Datum]) -> Result<bool, String> {
        let out = row.python_out(self.module);
        if self.out {
            // The other has sent all that both need.
            return Ok(out.is_some());
        }
        match row.python(self.module) {
            Some(run) => self.send(run, out, data).map(|()| true),
            None => Ok(false),
        }
    }

    fn digest(&mut self, clock: Clock, most: usize) -> Result<(Digest, u64), String> {
        let answer = self.ask(&json!({ "do": "digest", "what": self.what(), "clock": clock.python(), "most": most }))?;
        let ns = nanoseconds(&answer)?;
        Ok((serde_json::from_value(answer).map_err(|e| e.to_string())?, ns))
    }

    fn time(&mut self, calls: u64, clock: Clock) -> Result<u64, String> {
        let answer = self.ask(&json!({ "do": "time", "what": self.what(), "calls": calls, "clock": clock.python() }))?;
        nanoseconds(&answer)
    }

    fn rest(&mut self) -> Result<(), String> {
        self.ask(&json!({ "do": "rest" })).map(drop)
    }
}

fn nanoseconds(answer: &Value) -> Result<u64, String> {
    answer.get("ns").and_then(Value::as_u64).ok_or_else(|| format!("no time in {answer}"))
}
