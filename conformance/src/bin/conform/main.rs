//! `conform`: certifies backends of the array protocol, and explains what it found.
mod list;
mod outputs;
mod progress;
mod replay;
mod run;
mod scaffold;
mod selfcheck;
mod verify;

use clap::{Args, Parser, Subcommand};
use conformance::harness::{BACKEND_ENV, DEFAULT_SEED};
use conformance::plan::Mode;
use conformance::worker::{self, Launch, Runner, Unavailable, Worker, WorkerLimits};
use conformance::{builtin, examine};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Every clause holds.
const CONFORMS: u8 = 0;
/// A clause fails.
const FAILS: u8 = 1;
/// The command was given something wrong.
const USAGE: u8 = 2;
/// The backend cannot be reached.
const UNAVAILABLE: u8 = 3;
/// Crash, hang, memory, lost device, protocol.
const INCIDENTS: u8 = 4;

#[derive(Parser)]
#[command(
    name = "conform",
    version,
    about = "Shows by experiment whether an array backend is interchangeable: same calls, same answers within published limits."
)]
#[command(
    after_help = "Exit codes: 0 conforms, 1 failing clauses, 2 wrong use, 3 backend unavailable, 4 incidents (crash, hang, memory, lost device, protocol).\n\n\
Examples:\n  conform run reference-cpu\n  conform run python:numpy --mode smoke --filter floor_divide\n  conform run 'exec:./my-worker --flag'\n  \
conform explain floor_divide.rounds_down\n  conform replay target/conformance/python-numpy/cases/floor_divide.shape-int8.json --backend python:numpy"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the suite on a backend and writes journal, report, JUnit, certificate and badge.
    Run(run::RunArgs),
    /// Prints the planned checks, as filters see them.
    List(list::ListArgs),
    /// Prints a clause or an operation of the specification.
    Explain {
        /// A clause id (`floor_divide.rounds_down`) or the name of an operation (`floor_divide`).
        what: String,
    },
    /// Runs a recorded case again, in any worker, and judges it.
    Replay(replay::ReplayArgs),
    /// Makes the report files from a journal.
    Report(outputs::ReportArgs),
    /// Makes the badge from a journal.
    Badge(outputs::BadgeArgs),
    /// Checks a certificate: counts, hashes, and the same verdicts from a run with its seed.
    Verify(verify::VerifyArgs),
    /// Tests the tests: every fault of the catalogue has to be caught, the worst-legal backend has to pass.
    SelfCheck(selfcheck::SelfCheckArgs),
    /// Makes a new crate: a backend to fill in, with its conformance test and CI file.
    New(scaffold::NewArgs),
}

/// How a backend is reached and what it may take.
#[derive(Args, Clone)]
struct Reach {
    /// Seconds a worker may take for one case.
    #[arg(long, default_value_t = 10.0, value_name = "SECONDS")]
    deadline: f64,
    /// Seconds a worker may take to start.
    #[arg(long, default_value_t = 60.0, value_name = "SECONDS")]
    start_deadline: f64,
    /// GiB that a worker may take beyond what it holds when it has started.
    #[arg(long, default_value_t = 4.0, value_name = "GIB")]
    memory: f64,
    /// Emulate the device on the host (`reference-cuda` only): shows the logic, not the hardware, and is never green. The seed of the cases
    /// is that of the order of threads, too, unless EMULATED_SEED is set.
    #[arg(long)]
    emulated: bool,
    /// Run the backend in this process (built-in backends only): for debuggers. A crash ends the run, and a lost device all later cases.
    #[arg(long)]
    in_process: bool,
}

impl Reach {
    fn limits(&self) -> Result<WorkerLimits, String> {
        let seconds = |name: &str, v: f64| {
            Duration::try_from_secs_f64(v)
                .ok()
                .filter(|d| !d.is_zero())
                .ok_or(format!("--{name} {v}: expected a positive number of seconds"))
        };
        if self.memory.is_nan() || self.memory <= 0.0 || self.memory > 1e6 {
            return Err(format!("--memory {}: expected a positive number of GiB", self.memory));
        }
        Ok(WorkerLimits {
            case_deadline: seconds("deadline", self.deadline)?,
            hello_deadline: seconds("start-deadline", self.start_deadline)?,
            memory: Some((self.memory * f64::from(1 << 30)) as u64),
            ..WorkerLimits::default()
        })
    }

    /// The backend that is meant: the one that is named, emulated if that is asked for.
    fn name(&self, given: &Option<String>) -> Result<String, String> {
        let name = backend(given)?;
        if !self.emulated {
            return Ok(name);
        }
        builtin::emulated(&name).ok_or_else(|| format!("--emulated: `{name}` has no emulated device"))
    }

    /// Something that starts runners for a backend, in a run with that seed.
    fn source(&self, backend: &str, seed: u64) -> Result<Box<conformance::run::Source<'static>>, String> {
        let limits = self.limits()?;
        let names = builtin::names();
        let launch = Launch::parse(backend, &names)?;
        let variables = builtin::variables(backend, seed);
        if self.in_process {
            let Launch::Own(name) = launch else {
                return Err(format!("--in-process: only built-in backends ({}) run in this process", names.join(", ")));
            };
            return Ok(Box::new(move || builtin::in_process(&name).map_err(|reason| Unavailable { worker: name.clone(), reason })));
        }
        let start = move || Worker::start_with(launch.clone(), limits.clone(), variables.clone());
        Ok(Box::new(move || Ok(Box::new(start()?) as Box<dyn Runner>)))
    }
}

/// The backend named on the command line, by `CONFORMANCE_BACKEND`, or the first built-in one.
fn backend(given: &Option<String>) -> Result<String, String> {
    let fallback = || std::env::var(BACKEND_ENV).ok().or_else(|| builtin::names().first().map(|n| n.to_string()));
    given.clone().or_else(fallback).ok_or_else(|| "no backend is named and none is built in".to_string())
}

fn seed(text: &str) -> Result<u64, String> {
    examine::parse_seed(text).ok_or_else(|| "expected a number, decimal or 0x hexadecimal".into())
}

fn mode(text: &str) -> Result<Mode, String> {
    Mode::ALL.iter().copied().find(|m| m.name() == text).ok_or_else(|| "expected smoke, standard or exhaustive".into())
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What a subcommand comes to: an exit code, or a message for wrong use.
type Outcome = Result<u8, String>;

fn main() -> ExitCode {
    if let Some(name) = worker::requested() {
        return match builtin::serve_named(&name) {
            Some(Ok(())) => ExitCode::SUCCESS,
            Some(Err(e)) => fail(&format!("worker: {e}")),
            None => fail(&format!("worker: no built-in backend `{name}`")),
        };
    }
    let result = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::List(args) => list::list(&args),
        Command::Explain { what } => list::explain(&what),
        Command::Replay(args) => replay::replay(&args),
        Command::Report(args) => outputs::report(&args),
        Command::Badge(args) => outputs::badge(&args),
        Command::Verify(args) => verify::verify(&args),
        Command::SelfCheck(args) => selfcheck::self_check(&args),
        Command::New(args) => scaffold::new(&args),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(message) => fail(&message),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(USAGE)
}

/// The suite, its hash, and the text of each clause.
fn suite() -> Result<(array_protocol::manifest::Suite, String), String> {
    let suite = array_protocol::manifest::load().map_err(|e| format!("the manifests are broken: {e}"))?;
    Ok((suite, array_protocol::manifest::suite_hash()))
}

fn texts(suite: &array_protocol::manifest::Suite) -> std::collections::BTreeMap<String, String> {
    suite.clauses().map(|(_, c)| (c.id.clone(), c.text.trim().to_string())).collect()
}

/// Where the files of a backend go.
fn folder(out: &Option<PathBuf>, backend: &str) -> PathBuf {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    out.clone().unwrap_or_else(|| PathBuf::from("target/conformance").join(backend.chars().map(safe).collect::<String>()))
}

const SEED: u64 = DEFAULT_SEED;
