//! `cargo test`: one trial per clause, on the built-in backends, on the one that `CONFORMANCE_BACKEND` names, or on the one that a
//! crate hands over in its own `tests/conformance.rs`.
//!
//! No process under nextest sees the whole plan, so a test run never yields a certificate; `conform run` does.
use crate::examine::Examiner;
use crate::expected::ExpectedFailures;
use crate::journal::{CheckRecord, Status};
use crate::plan::{Check, Mode, Plan};
use crate::worker::{Launch, Runner, Unavailable, Worker, WorkerLimits, requested, serve_with};
use crate::{builtin, shipped};
use array_protocol::Backend;
use array_protocol::manifest::{self, Suite};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// The environment variable that names the backend to test: `reference-cpu`, `python:numpy`, `exec:./my-worker --flag`.
pub const BACKEND_ENV: &str = "CONFORMANCE_BACKEND";
/// The environment variable that sets the seed of all cases.
pub const SEED_ENV: &str = "CONFORMANCE_SEED";
/// The environment variable that sets the mode: `smoke`, `standard`, `exhaustive`.
pub const MODE_ENV: &str = "CONFORMANCE_MODE";
/// The seed where nobody sets one.
pub const DEFAULT_SEED: u64 = 1;

/// Tests a backend that a crate hands over: the whole of its `tests/conformance.rs` (with `harness = false` in its `Cargo.toml`).
///
/// `open` makes the backend; it runs in the worker process. Expected failures are read from `conformance.toml` beside the crate's
/// `Cargo.toml`, where there is one.
///
/// ```no_run
/// # fn open() -> Result<array_protocol::dispatch::AnyBackend, String> { Err(String::new()) }
/// fn main() -> std::process::ExitCode {
///     conformance::harness::main("my-backend", open)
/// }
/// ```
pub fn main<B: Backend, E: Display>(name: &str, open: impl FnOnce() -> Result<B, E>) -> ExitCode {
    if requested().is_some() {
        return served(serve_with(open));
    }
    let target = match std::env::var(BACKEND_ENV) {
        Ok(other) => match Target::parse(&other) {
            Ok(t) => t,
            Err(e) => return wrong(&e),
        },
        Err(_) => Target { name: name.into(), launch: Launch::Own(name.into()), expected: local_expectations() },
    };
    test(vec![target])
}

/// Tests the built-in backends, or the one that `CONFORMANCE_BACKEND` names: `cargo test -p conformance`.
pub fn main_of_built_ins() -> ExitCode {
    if let Some(name) = requested() {
        return match builtin::serve_named(&name) {
            Some(result) => served(result),
            None => wrong(&format!("no built-in backend `{name}`")),
        };
    }
    let names = match std::env::var(BACKEND_ENV) {
        Ok(one) => vec![one],
        Err(_) => builtin::everywhere().into_iter().map(Into::into).collect(),
    };
    match names.iter().map(|n| Target::parse(n)).collect::<Result<Vec<_>, _>>() {
        Ok(targets) => test(targets),
        Err(e) => wrong(&e),
    }
}

fn served(result: std::io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => wrong(&format!("worker: {e}")),
    }
}

fn wrong(text: &str) -> ExitCode {
    eprintln!("conformance: {text}");
    ExitCode::from(2)
}

/// A `conformance.toml` beside the `Cargo.toml` of the crate under test.
fn local_expectations() -> Option<PathBuf> {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR")?;
    Some(Path::new(&folder).join("conformance.toml")).filter(|p| p.exists())
}

/// A backend under test.
#[derive(Clone)]
struct Target {
    name: String,
    launch: Launch,
    expected: Option<PathBuf>,
}

impl Target {
    fn parse(text: &str) -> Result<Target, String> {
        let launch = Launch::parse(text, &builtin::names())?;
        Ok(Target { name: text.into(), launch, expected: None })
    }
}

/// What the trials of one backend share; opened by the first trial that runs, never by `--list`.
struct Bench {
    target: Target,
    suite: Arc<Suite>,
    hash: String,
    opened: OnceLock<Result<Examiner, Unavailable>>,
    expected: Option<ExpectedFailures>,
    idle: Mutex<Vec<Box<dyn Runner>>>,
    counts: Mutex<BTreeMap<Status, usize>>,
    expected_failures: AtomicUsize,
    seed: u64,
    mode: Mode,
}

fn test(targets: Vec<Target>) -> ExitCode {
    let suite = match manifest::load() {
        Ok(s) => Arc::new(s),
        Err(e) => return wrong(&format!("the manifests are broken: {e}")),
    };
    let seed = match std::env::var(SEED_ENV).map(|s| crate::examine::parse_seed(&s).ok_or(s)) {
        Ok(Ok(seed)) => seed,
        Ok(Err(text)) => return wrong(&format!("{SEED_ENV}={text} is not a number")),
        Err(_) => DEFAULT_SEED,
    };
    let mode = match std::env::var(MODE_ENV) {
        Ok(text) => match Mode::ALL.iter().find(|m| m.name() == text) {
            Some(&m) => m,
            None => return wrong(&format!("{MODE_ENV}={text}: expected smoke, standard or exhaustive")),
        },
        Err(_) => Mode::Smoke,
    };
    let arguments = Arguments::from_args();
    let plan = Plan::new(&suite, &[], &[]);
    let mut by_clause: BTreeMap<String, Vec<Check>> = BTreeMap::new();
    for check in plan.checks {
        let path = check.path();
        let name = path.split('@').next().unwrap_or(&path).to_string();
        by_clause.entry(name).or_default().push(check);
    }
    let hash = manifest::suite_hash();
    let mut benches = vec![];
    let mut trials = vec![];
    for target in targets {
        let expected = match expectations(&target, &suite) {
            Ok(e) => e,
            Err(e) => return wrong(&e),
        };
        let bench = Arc::new(Bench {
            target,
            suite: suite.clone(),
            hash: hash.clone(),
            opened: OnceLock::new(),
            expected,
            idle: Mutex::default(),
            counts: Mutex::default(),
            expected_failures: AtomicUsize::new(0),
            seed,
            mode,
        });
        for (name, checks) in &by_clause {
            let (bench, checks) = (bench.clone(), checks.clone());
            let kind = bench.target.name.clone();
            trials.push(Trial::ignorable_test(name.clone(), move || bench.trial(&checks)).with_kind(kind));
        }
        benches.push(bench);
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for bench in &benches {
        bench.summary();
        // Statics and leaked threads are not dropped at exit: end the workers by hand.
        if let Ok(mut idle) = bench.idle.lock() {
            idle.clear();
        }
    }
    conclusion.exit_code()
}

fn expectations(target: &Target, suite: &Suite) -> Result<Option<ExpectedFailures>, String> {
    let known = |clause: &str| suite.clause(clause).is_some();
    match &target.expected {
        Some(path) => ExpectedFailures::load(path, &known).map(Some).map_err(|e| e.to_string()),
        None => shipped::expectations(&target.name, &known),
    }
}

impl Bench {
    fn start(&self) -> Result<Box<dyn Runner>, Unavailable> {
        let variables = builtin::variables(&self.target.name, self.seed);
        Ok(Box::new(Worker::start_with(self.target.launch.clone(), WorkerLimits::default(), variables)?))
    }

    fn examiner(&self) -> Result<&Examiner, Failed> {
        let opened = self.opened.get_or_init(|| {
            let runner = self.start()?;
            let examiner = Examiner::new(&self.suite, self.hash.clone(), runner.hello(), self.seed, self.mode);
            if let Ok(mut idle) = self.idle.lock() {
                idle.push(runner);
            }
            Ok(examiner)
        });
        opened.as_ref().map_err(|e| Failed::from(e.to_string()))
    }

    fn trial(&self, checks: &[Check]) -> Result<Completion, Failed> {
        let examiner = self.examiner()?;
        let idle = self.idle.lock().ok().and_then(|mut r| r.pop());
        let mut runner = match idle {
            Some(r) => r,
            None => self.start().map_err(|e| Failed::from(e.to_string()))?,
        };
        let (mut failures, mut reasons, mut passed) = (vec![], vec![], 0);
        for check in checks {
            let record = examiner.examine(check, &mut *runner, &mut |_| ());
            let expected = self.expected.as_ref().and_then(|e| e.matching(&check.id));
            let status = match (record.status, expected) {
                (Status::Fail | Status::Incident, Some(entry)) => {
                    self.expected_failures.fetch_add(1, Ordering::Relaxed);
                    reasons.push(format!("expected failure: {}", entry.reason));
                    Status::ExpectedFail
                }
                (Status::Pass, _) => {
                    passed += 1;
                    Status::Pass
                }
                (Status::Fail | Status::Incident, None) => {
                    failures.push(message(&record, &check.clause.text));
                    record.status
                }
                (other, _) => {
                    reasons.push(format!("{}: {}", other.name(), record.reason.clone().unwrap_or_default()));
                    other
                }
            };
            if let Ok(mut counts) = self.counts.lock() {
                *counts.entry(status).or_default() += 1;
            }
        }
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(runner);
        }
        if !failures.is_empty() {
            return Err(failures.join("\n\n").into());
        }
        // What was not shown is not passed: a clause passes only if some dtype did and no call was refused.
        let lacks = |r: &String| !r.contains("the backend does not have") && !r.contains("no case can be drawn");
        match reasons.iter().find(|r| lacks(r)).or(reasons.first().filter(|_| passed == 0)) {
            Some(reason) => Ok(Completion::ignored_with(reason.clone())),
            None => Ok(Completion::Completed),
        }
    }

    fn summary(&self) {
        let Ok(counts) = self.counts.lock() else { return };
        if counts.is_empty() {
            return;
        }
        let list: Vec<String> = counts.iter().map(|(s, n)| format!("{n} {}", s.name())).collect();
        let n = self.expected_failures.load(Ordering::Relaxed);
        println!("{}: checks by verdict: {}; {n} expected failures", self.target.name, list.join(", "));
    }
}

/// A failure as a trial shows it: the clause beside the minimal case.
fn message(record: &CheckRecord, clause: &str) -> String {
    let Some(f) = &record.failure else { return record.id.clone() };
    format!(
        "{}\n  clause    {}: {}\n  expected  {}\n  got       {}\n  minimal case (Rust)\n{}\n  minimal case (Python)\n{}",
        f.summary,
        record.id,
        clause.trim(),
        f.expected,
        f.got,
        indent(&f.rust),
        indent(&f.python)
    )
}

fn indent(text: &str) -> String {
    text.lines().map(|l| format!("    {l}\n")).collect()
}
