//! The first frame of a worker.
use array_protocol::Info;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a worker says of itself before the first case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Version of the worker protocol.
    pub protocol: u32,
    /// The backend. Text of foreign origin: escape it wherever it is shown.
    #[serde(default)]
    pub info: Info,
    /// Whether the kinds of errors are those that the specification demands. If not, only *that* a call fails can be judged.
    #[serde(default)]
    pub error_kinds: bool,
    /// Whether programs with several threads run on several threads. If not, concurrency is not tested, and must not count as passed.
    #[serde(default)]
    pub threads: bool,
    /// Why there is no backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<String>,
}

/// A backend that cannot be tested at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// How it was to be reached: `python:numpy`.
    pub worker: String,
    /// Why not. Text of foreign origin.
    pub reason: String,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "backend `{}` is unavailable: {}", self.worker, self.reason)
    }
}
impl std::error::Error for Unavailable {}
