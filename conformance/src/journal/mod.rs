//! The journal of a run: one JSON line per record, append-only, in the order of the plan whatever the number of workers.
//!
//! It holds no times and no machine: the same suite, seed and backend give the same bytes. Times are a file of their own.
mod io;
mod number;

pub(crate) use io::hex;
pub use io::{JOURNAL_FORMAT, Journal, JournalError, JournalWriter, parse_journal, read_journal};

use array_protocol::manifest::{Level, Measure};
use array_protocol::{DType, Info};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// The first line.
    Start(Start),
    /// The verdict of one planned check.
    Check(CheckRecord),
    /// The last line; a journal without it is truncated.
    End(End),
}

/// What was planned, before anything ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Version of this format.
    pub journal: u32,
    /// Version of the specification.
    pub spec: String,
    /// SHA-256 of the manifests, hexadecimal.
    pub suite: String,
    /// SHA-256 of the planned checks, hexadecimal.
    pub plan: String,
    /// How many checks are planned.
    pub planned: u64,
    /// `smoke`, `standard` or `exhaustive`.
    pub mode: String,
    /// The seed.
    pub seed: u64,
    /// Filters; a filtered run never yields a certificate.
    pub filters: Vec<String>,
    /// The profiles under test.
    pub profiles: Vec<String>,
    /// The backend, as it said hello. Text of foreign origin: escape it wherever it is shown.
    pub backend: Info,
    /// How the backend was reached: `reference-cpu`, `python:numpy`, `exec:...`.
    pub worker: String,
    /// SHA-256 of the expected-failures file, if one was used.
    pub expected_failures: Option<String>,
}

/// How a check ended. Every planned check ends in exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every case was allowed.
    Pass,
    /// A case was not.
    Fail,
    /// A case was not, and the expected-failures file says so.
    ExpectedFail,
    /// The backend does not have what the check needs. Not a pass.
    Unsupported,
    /// A check that this one builds on failed. Not a pass.
    Blocked,
    /// Crash, hang, memory, protocol.
    Incident,
    /// The clause cannot be tested; counted in public.
    Untestable,
}

impl Status {
    /// Every status, the worst last.
    pub const ALL: &'static [Status] =
        &[Status::Pass, Status::Untestable, Status::Unsupported, Status::ExpectedFail, Status::Blocked, Status::Fail, Status::Incident];

    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Fail => "fail",
            Status::ExpectedFail => "expected-fail",
            Status::Unsupported => "unsupported",
            Status::Blocked => "blocked",
            Status::Incident => "incident",
            Status::Untestable => "untestable",
        }
    }
}

/// The verdict of one planned check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// `clause@operation@dtype`; parts that do not apply are left out.
    pub id: String,
    /// The clause.
    pub clause: String,
    /// Its level.
    pub level: Level,
    /// The category of the operation (the folder of its manifest), or `common`.
    pub category: String,
    /// The profile that the check counts for.
    pub profile: String,
    /// The operation, by name.
    pub operation: Option<String>,
    /// The dtype.
    pub dtype: Option<DType>,
    /// How it ended.
    pub status: Status,
    /// Cases that were judged.
    pub cases: u64,
    /// Elements that were judged.
    pub elements: u64,
    /// The errors that were measured, also when the check passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// Why it is unsupported, blocked, expected to fail or untestable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The counterexample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// Errors of an operation for a dtype.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Their unit: ULP, or multiples of the bound.
    pub measure: Measure,
    /// The largest.
    #[serde(with = "number")]
    pub max: f64,
    /// Their mean.
    #[serde(with = "number")]
    pub mean: f64,
    /// How many were measured.
    pub count: u64,
    /// What is allowed, in the same unit (1 for a bound).
    #[serde(with = "number")]
    pub limit: f64,
    /// The arguments of the largest, for people.
    pub worst: String,
}

/// A failing case, as small as it got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// What is wrong, in one line.
    pub summary: String,
    /// What the specification allows, for people.
    pub expected: String,
    /// What the backend gave, for people. Text of foreign origin.
    pub got: String,
    /// The error, in the unit of the clause.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    pub error: Option<f64>,
    /// The index of the case in its check that failed first.
    pub index: u64,
    /// The minimal case, as a replay file.
    pub case: serde_json::Value,
    /// The minimal case as Rust.
    pub rust: String,
    /// The minimal case as Python.
    pub python: String,
    /// How many round trips shrinking took.
    pub shrinks: u64,
    /// How many of the check's cases failed.
    pub failing: u64,
    /// For incidents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<crate::case::Incident>,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// How many checks ended how.
    pub counts: BTreeMap<Status, u64>,
    /// SHA-256 of all lines before this one, hexadecimal.
    pub digest: String,
}
