//! Workers: a backend in a child process (or in this one), and programs run on it. A crash, a hang, endless allocation, a device that is
//! lost and a broken answer are verdicts, each blamed on one program.
//!
//! The frames between the processes are described in `docs/src/worker-protocol.md`.
mod execute;
mod hello;
mod launch;
mod link;
mod process;
mod serve;
mod wire;

pub use execute::execute;
pub use hello::{Hello, Unavailable};
pub use launch::{Launch, PYTHON_ENV, SPEC_ENV};
pub use process::Worker;
pub use serve::{WORKER_ENV, requested, serve, serve_with};

use crate::case::{Incident, Program, Verdict};
use array_protocol::Backend;
use std::time::Duration;

/// What a worker may take.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerLimits {
    /// Time for one program, transfer included.
    pub case_deadline: Duration,
    /// Time until hello: interpreters and drivers start slowly.
    pub hello_deadline: Duration,
    /// Bytes of memory beyond what the worker held when it said hello (before: in all). `None`: no limit. Only where there is `/proc`.
    pub memory: Option<u64>,
    /// Bytes of arrays in the answer to one program.
    pub answer: u64,
}

impl Default for WorkerLimits {
    fn default() -> Self {
        WorkerLimits {
            case_deadline: Duration::from_secs(10),
            hello_deadline: Duration::from_secs(60),
            memory: Some(4 << 30),
            answer: 1 << 30,
        }
    }
}

/// Runs programs on one backend, somewhere.
pub trait Runner: Send {
    /// What the backend said of itself.
    fn hello(&self) -> &Hello;

    /// Runs programs in order until one ends in an incident. The verdicts are those of the first programs; the last one may be an
    /// incident, all others are not. At least one if there are programs.
    fn run_to_incident(&mut self, programs: &[Program]) -> Vec<Verdict>;

    /// One verdict per program, in order. After an incident the others run on in a new process.
    fn run(&mut self, programs: &[Program]) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(programs.len());
        while verdicts.len() < programs.len() {
            let more = self.run_to_incident(&programs[verdicts.len()..]);
            if more.is_empty() {
                let silent = Incident::Protocol("a runner without a verdict".into());
                verdicts.resize(programs.len(), Verdict::Incident(silent));
            }
            verdicts.extend(more);
        }
        verdicts
    }
}

/// A backend in this process, for debuggers: a crash or a hang of the backend is one of the harness. A device that is lost stays so, and no
/// new process helps: each program from then on is an incident.
pub struct InProcess<B> {
    backend: B,
    hello: Hello,
    /// How the device was lost.
    lost: Option<Incident>,
}

impl<B: Backend> InProcess<B> {
    /// A runner on this backend.
    pub fn new(backend: B) -> Self {
        let hello = Hello { protocol: wire::PROTOCOL, info: backend.info(), error_kinds: true, threads: true, unavailable: None };
        InProcess { backend, hello, lost: None }
    }
}

impl<B: Backend> Runner for InProcess<B> {
    fn hello(&self) -> &Hello {
        &self.hello
    }

    fn run_to_incident(&mut self, programs: &[Program]) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(programs.len());
        for program in programs {
            if self.lost.is_none() {
                let outcome = execute(&self.backend, program);
                self.lost = outcome.lost().map(|text| Incident::Lost(text.into()));
                if self.lost.is_none() {
                    verdicts.push(Verdict::Done(outcome));
                }
            }
            if let Some(incident) = &self.lost {
                verdicts.push(Verdict::Incident(incident.clone()));
                break;
            }
        }
        verdicts
    }
}
