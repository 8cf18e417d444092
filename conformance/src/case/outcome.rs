//! What became of a program.
use array_protocol::{ErrorKind, HostArray};
use serde::{Deserialize, Serialize};

/// The answer of a worker to one program.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Per step.
    pub steps: Vec<StepResult>,
    /// Per observed variable, in the order of `Program::observe`; the error where the download failed, `None` where the
    /// variable was never made.
    pub values: Vec<Option<Result<HostArray, Failed>>>,
    /// With several threads: the first difference between a thread's values and those of the sequential run.
    pub disagreement: Option<String>,
}

impl Outcome {
    /// What the backend said where it lost its device.
    pub fn lost(&self) -> Option<&str> {
        let steps = self.steps.iter().filter_map(|s| if let StepResult::Error(e) = s { Some(e) } else { None });
        let values = self.values.iter().filter_map(|v| v.as_ref()?.as_ref().err());
        steps.chain(values).find(|e| e.kind == ErrorKind::Lost).map(|e| e.text.as_str())
    }
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    /// The call returned.
    Ok,
    /// An argument was never made.
    Skipped,
    /// The call returned an error.
    Error(Failed),
    /// The call panicked (or, in another language, raised what is not an error of the protocol).
    Panic(String),
}

/// An error of a backend, as it crossed the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Its kind.
    pub kind: ErrorKind,
    /// What the backend said.
    pub text: String,
}

/// What can go wrong beside wrong answers. The first line of a text is the same whenever the same thing happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Incident {
    /// The worker ended: exit status or signal, and the end of its standard error.
    Crash(String),
    /// No answer within the deadline.
    Hang,
    /// More memory than allowed.
    Memory,
    /// The backend lost its device ([`ErrorKind::Lost`]): what it said, and the end of its standard error.
    Lost(String),
    /// An answer that is not one.
    Protocol(String),
    /// The worker never said hello.
    Start(String),
}

/// The fate of one program: an answer, or an incident blamed on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The worker answered.
    Done(Outcome),
    /// It did not.
    Incident(Incident),
}
