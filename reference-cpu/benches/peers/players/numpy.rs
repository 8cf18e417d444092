//! NumPy, in a Python process of its own that lives as long as the run.
use super::{NUMPY, NUMPY_OUT, Player};
use crate::clock::Clock;
use crate::digest::Digest;
use crate::inputs::Datum;
use crate::rows::Row;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;

/// The environment variable that names a Python; without it, `python3`.
const PYTHON: &str = "CONFORMANCE_PYTHON";
const SCRIPT: &str = include_str!("../numpy_peer.py");

/// What takes part.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Versions {
    pub numpy: String,
    pub python: String,
    pub blas: String,
}

struct Process {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Keys of inputs that it has.
    kept: HashSet<String>,
}

impl Process {
    fn start() -> Result<Process, String> {
        let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".into());
        let mut command = Command::new(&python);
        // `-I` and `-c` keep the folder that we happen to be in out of the search for modules.
        command.args(["-I", "-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
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

/// NumPy, with fresh results or with one that is written again and again.
pub(crate) struct Numpy {
    process: Rc<RefCell<Process>>,
    out: bool,
}

/// Both, and their versions.
///
/// # Errors
/// Where no Python with NumPy is found, why.
pub(crate) fn start() -> Result<(Versions, Numpy, Numpy), String> {
    let process = Process::start().and_then(|mut p| {
        let hello = p.ask(&json!({ "do": "hello" }))?;
        Ok((p, serde_json::from_value::<Versions>(hello).map_err(|e| e.to_string())?))
    });
    let (process, versions) = process.map_err(|e| format!("{e}; set {PYTHON} to a Python that has it"))?;
    let process = Rc::new(RefCell::new(process));
    Ok((versions, Numpy { process: process.clone(), out: false }, Numpy { process, out: true }))
}

impl Numpy {
    fn ask(&self, request: &Value) -> Result<Value, String> {
        self.process.borrow_mut().ask(request)
    }

    fn what(&self) -> &'static str {
        if self.out { "out" } else { "run" }
    }

    /// Inputs travel through files, which are gone when the answer is there.
    fn send(&self, row: &Row, data: &[Datum]) -> Result<(), String> {
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
        process.ask(&json!({ "do": "row", "inputs": inputs, "run": row.numpy, "out": row.numpy_out }))?;
        process.kept = data.iter().map(|d| d.key.clone()).collect();
        Ok(())
    }
}

impl Player for Numpy {
    fn name(&self) -> &'static str {
        if self.out { NUMPY_OUT } else { NUMPY }
    }

    fn prepare(&mut self, row: &Row, data: &[Datum]) -> Result<bool, String> {
        if self.out {
            // The other has sent all that both need.
            return Ok(row.numpy_out.is_some());
        }
        self.send(row, data).map(|()| true)
    }

    fn digest(&mut self, clock: Clock) -> Result<(Digest, u64), String> {
        let answer = self.ask(&json!({ "do": "digest", "what": self.what(), "clock": clock.python() }))?;
        let ns = nanoseconds(&answer)?;
        Ok((serde_json::from_value(answer).map_err(|e| e.to_string())?, ns))
    }

    fn time(&mut self, calls: u64, clock: Clock) -> Result<u64, String> {
        let answer = self.ask(&json!({ "do": "time", "what": self.what(), "calls": calls, "clock": clock.python() }))?;
        nanoseconds(&answer)
    }
}

fn nanoseconds(answer: &Value) -> Result<u64, String> {
    answer.get("ns").and_then(Value::as_u64).ok_or_else(|| format!("no time in {answer}"))
}
