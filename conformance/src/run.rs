//! A run: the plan worked off by workers, one verdict per check, the journal in the order of the plan.
use crate::case::Verdict;
use crate::examine::{Examiner, unknown_choices};
use crate::expected::ExpectedFailures;
use crate::journal::{CheckRecord, JOURNAL_FORMAT, Journal, JournalWriter, Start, Status};
use crate::plan::{Mode, Plan};
use crate::worker::{Hello, Runner, Unavailable};
use array_protocol::manifest::{ManifestError, Suite};
use array_protocol::{DType, Op};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Incidents of one operation on one rung, after which its other checks are blocked: each may cost a deadline.
const INCIDENTS: usize = 3;

/// Starts a runner for the backend under test; each thread of a run asks for its own.
pub type Source<'a> = dyn Fn() -> Result<Box<dyn Runner>, Unavailable> + Sync + 'a;

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How much.
    pub mode: Mode,
    /// The seed of all cases.
    pub seed: u64,
    /// Worker processes, each with a thread of the harness.
    pub workers: usize,
    /// Only checks whose path contains one of these.
    pub filters: Vec<String>,
    /// Only these profiles; empty: all.
    pub profiles: Vec<String>,
    /// How the backend is reached, for the journal.
    pub worker: String,
}

/// What is told while a run goes on.
pub trait Watch: Sync {
    /// The plan is fixed; it has that many steps, one for each check and more for those that take long.
    fn planned(&self, start: &Start, steps: u64);
    /// A worker takes up an operation.
    fn begin(&self, operation: &str);
    /// So many more steps of a check are done. The last one is its verdict.
    fn advance(&self, steps: u64);
    /// A check has its verdict.
    fn done(&self, record: &CheckRecord);
}

/// Nobody watches.
pub struct Silent;
impl Watch for Silent {
    fn planned(&self, _: &Start, _: u64) {}
    fn begin(&self, _: &str) {}
    fn advance(&self, _: u64) {}
    fn done(&self, _: &CheckRecord) {}
}

/// Why there is no journal.
#[derive(Debug)]
pub enum RunError {
    /// The manifests that this program carries are broken.
    Manifest(ManifestError),
    /// The backend cannot be reached.
    Unavailable(Unavailable),
    /// What the backend says of itself cannot be: names, profiles, declared choices.
    Claims(Vec<String>),
    /// There is no such profile.
    Profile {
        /// What was asked for.
        asked: String,
        /// The profiles that there are.
        known: Vec<String>,
    },
    /// The filters match no check.
    Empty(Vec<String>),
    /// The journal cannot be written.
    Io(io::Error),
    /// The journal is not whole: a defect of the harness.
    Journal(crate::journal::JournalError),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Manifest(e) => write!(f, "the manifests are broken: {e}"),
            RunError::Unavailable(e) => e.fmt(f),
            RunError::Claims(list) => {
                write!(f, "the backend claims what cannot be:")?;
                list.iter().try_for_each(|c| write!(f, "\n  {c}"))
            }
            RunError::Profile { asked, known } => write!(f, "there is no profile `{asked}` (known: {})", known.join(", ")),
            RunError::Empty(filters) => {
                write!(f, "no check matches {}; `conform list` prints what filters match", filters.join(" or "))
            }
            RunError::Io(e) => write!(f, "cannot write the journal: {e}"),
            RunError::Journal(e) => write!(f, "the journal is not whole: {e}"),
        }
    }
}
impl std::error::Error for RunError {}
impl From<io::Error> for RunError {
    fn from(e: io::Error) -> Self {
        RunError::Io(e)
    }
}

/// A finished run.
#[derive(Debug)]
pub struct Finished {
    /// The journal, read back.
    pub journal: Journal,
    /// Seconds per check, by id. Not part of the journal: times differ from run to run.
    pub seconds: BTreeMap<String, f64>,
    /// Wall-clock time of the whole run.
    pub elapsed: Duration,
    /// What the expected-failures file says that is not so. The run fails if there is any.
    pub stale: Vec<String>,
}

/// The plan for these profiles (empty: all) and filters (empty: all).
///
/// # Errors
/// `Profile` where one of them is none, `Empty` where nothing matches.
pub fn plan(suite: &Suite, profiles: &[String], filters: &[String]) -> Result<Plan, RunError> {
    let known = known_profiles(suite);
    if let Some(asked) = profiles.iter().find(|p| !known.contains(p.as_str())) {
        return Err(RunError::Profile { asked: asked.clone(), known: known.into_iter().map(String::from).collect() });
    }
    let plan = Plan::new(suite, profiles, filters);
    if plan.checks.is_empty() { Err(RunError::Empty([filters, profiles].concat())) } else { Ok(plan) }
}

/// The profiles that operations name.
fn known_profiles(suite: &Suite) -> BTreeSet<&str> {
    suite.operations.iter().map(|e| e.manifest.operation.profile.as_str()).collect()
}

/// Runs the suite on a backend and writes the journal.
///
/// # Errors
/// [`RunError`]; verdicts, however bad, are not errors.
pub fn run(
    suite: &Suite,
    hash: &str,
    source: &Source<'_>,
    settings: &Settings,
    expected: Option<&ExpectedFailures>,
    journal: Option<&PathBuf>,
    watch: &dyn Watch,
) -> Result<Finished, RunError> {
    let began = Instant::now();
    let first = source().map_err(RunError::Unavailable)?;
    let hello = first.hello().clone();
    let wrong = claims(suite, &hello);
    if !wrong.is_empty() {
        return Err(RunError::Claims(wrong));
    }
    let plan = plan(suite, &settings.profiles, &settings.filters)?;
    let start = Start {
        journal: JOURNAL_FORMAT,
        spec: array_protocol::SPEC_VERSION.into(),
        suite: hash.into(),
        plan: plan.hash.clone(),
        planned: plan.checks.len() as u64,
        mode: settings.mode.name().into(),
        seed: settings.seed,
        filters: settings.filters.clone(),
        profiles: if settings.profiles.is_empty() { hello.info.profiles.clone() } else { settings.profiles.clone() },
        backend: hello.info.clone(),
        worker: settings.worker.clone(),
        expected_failures: expected.map(|e| e.hash.clone()),
    };
    let examiner = Examiner::new(suite, hash, &hello, settings.seed, settings.mode);
    watch.planned(&start, plan.checks.iter().map(|c| 1 + examiner.steps(c)).sum());
    let session = Session { examiner, plan: &plan, expected, watch, seconds: Mutex::default() };
    let mut text = vec![];
    let file = journal.map(std::fs::File::create).transpose()?;
    let mut stale = vec![];
    {
        let mut writer = JournalWriter::new(Tee { text: &mut text, file }, &start)?;
        let runners = Mutex::new(vec![first]);
        session.work(&runners, source, settings.workers.max(1), &mut |r| writer.check(r))?;
        writer.finish()?;
        if let Some(expected) = expected {
            let mut runner = runners.into_inner().unwrap_or_default().pop();
            stale.extend(session.stale_pins(expected, runner.as_deref_mut()));
        }
    }
    let journal = crate::journal::parse_journal(&text).map_err(RunError::Journal)?;
    if let (Some(expected), true) = (expected, settings.filters.is_empty()) {
        let unused = expected.unused(journal.checks.iter().map(|c| c.id.as_str()));
        stale.extend(unused.iter().map(|e| format!("line {}: `{}` matches no check", e.line, e.clause)));
    }
    let seconds = session.seconds.into_inner().unwrap_or_default();
    Ok(Finished { journal, seconds, elapsed: began.elapsed(), stale })
}

/// Writes to memory, and to a file where there is one.
struct Tee<'a> {
    text: &'a mut Vec<u8>,
    file: Option<std::fs::File>,
}
impl Write for Tee<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(f) = &mut self.file {
            f.write_all(bytes)?;
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// What a hello says that cannot be.
fn claims(suite: &Suite, hello: &Hello) -> Vec<String> {
    let info = &hello.info;
    let mut wrong = unknown_choices(suite, &info.declared);
    if info.name.is_empty() {
        wrong.push("a backend without a name".into());
    }
    if info.spec != array_protocol::SPEC_VERSION {
        wrong.push(format!("written for specification `{}`; this harness has {}", info.spec, array_protocol::SPEC_VERSION));
    }
    let known = known_profiles(suite);
    let names: Vec<&str> = known.iter().copied().collect();
    wrong.extend(
        info.profiles.iter().filter(|p| !known.contains(p.as_str())).map(|p| format!("profile `{p}` (known: {})", names.join(", "))),
    );
    wrong.extend(
        info.operations
            .iter()
            .filter(|o| Op::from_name(o).is_none())
            .map(|o| format!("operation `{o}`, which is not in the specification")),
    );
    if info.profiles.is_empty() {
        wrong.push(format!("no profile (known: {})", names.join(", ")));
    }
    wrong
}

struct Session<'a> {
    examiner: Examiner,
    plan: &'a Plan,
    expected: Option<&'a ExpectedFailures>,
    watch: &'a dyn Watch,
    seconds: Mutex<BTreeMap<String, f64>>,
}

/// What failed on lower rungs, and what builds on it.
#[derive(Default)]
struct Ladder {
    transport: BTreeMap<DType, String>,
    results: BTreeMap<(Op, Option<DType>), String>,
}

impl Session<'_> {
    /// Works off the plan, rung by rung; inside a rung operations go to whichever worker is free.
    fn work(
        &self,
        runners: &Mutex<Vec<Box<dyn Runner>>>,
        source: &Source<'_>,
        workers: usize,
        write: &mut dyn FnMut(&CheckRecord) -> io::Result<()>,
    ) -> Result<(), RunError> {
        let groups = self.plan.groups();
        let mut ladder = Ladder::default();
        for rung in 0..=2u8 {
            let of_rung: Vec<_> = groups.iter().filter(|g| self.plan.checks[g.start].rung == rung).cloned().collect();
            let next = AtomicUsize::new(0);
            let (send, receive) = std::sync::mpsc::channel::<(usize, Result<Vec<CheckRecord>, Unavailable>)>();
            let mut waiting: BTreeMap<usize, Vec<CheckRecord>> = BTreeMap::new();
            let mut written = 0;
            let mut all = vec![];
            std::thread::scope(|scope| -> Result<(), RunError> {
                for _ in 0..workers.min(of_rung.len()) {
                    let (send, next, of_rung, ladder) = (send.clone(), &next, &of_rung, &ladder);
                    scope.spawn(move || {
                        let idle = runners.lock().ok().and_then(|mut r| r.pop());
                        let mut runner = match idle.map_or_else(source, Ok) {
                            Ok(runner) => runner,
                            // The first worker started, so this is a shortage: the others go on with the work.
                            Err(_) if workers > 1 => return,
                            Err(e) => return drop(send.send((0, Err(e)))),
                        };
                        loop {
                            let i = next.fetch_add(1, Ordering::Relaxed);
                            let Some(group) = of_rung.get(i) else { break };
                            let records = self.group(group.clone(), &mut *runner, ladder);
                            if send.send((i, Ok(records))).is_err() {
                                break;
                            }
                        }
                        if let Ok(mut idle) = runners.lock() {
                            idle.push(runner);
                        }
                    });
                }
                drop(send);
                for (i, records) in receive {
                    waiting.insert(i, records.map_err(RunError::Unavailable)?);
                    while let Some(records) = waiting.remove(&written) {
                        records.iter().try_for_each(&mut *write)?;
                        all.extend(records);
                        written += 1;
                    }
                }
                Ok(())
            })?;
            if written < of_rung.len() {
                return Err(RunError::Unavailable(Unavailable { worker: String::new(), reason: "no worker could be started".into() }));
            }
            ladder.climb(&all);
        }
        Ok(())
    }

    /// The checks of one operation on one rung, in order, on one worker: what is blocked does not depend on the others.
    fn group(&self, range: std::ops::Range<usize>, runner: &mut dyn Runner, ladder: &Ladder) -> Vec<CheckRecord> {
        let checks = &self.plan.checks[range];
        self.watch.begin(checks.first().and_then(|c| c.op()).map_or("transport", Op::name));
        let mut incidents = 0;
        let mut records = Vec::with_capacity(checks.len());
        for check in checks {
            let began = Instant::now();
            let mut left = self.examiner.steps(check);
            let blocked = if incidents >= INCIDENTS {
                Some(format!("{INCIDENTS} incidents before this check"))
            } else {
                ladder.blocks(check.op(), check.dtype, check.rung)
            };
            let mut record = match blocked {
                Some(reason) => self.examiner.record(check, Status::Blocked, Some(reason)),
                None => self.examiner.examine(check, runner, &mut |steps| {
                    left = left.saturating_sub(steps);
                    self.watch.advance(steps);
                }),
            };
            // What was not needed, once one input had failed.
            self.watch.advance(left);
            if record.status == Status::Incident {
                incidents += 1;
            }
            if matches!(record.status, Status::Fail | Status::Incident)
                && let Some(entry) = self.expected.and_then(|e| e.matching(&check.id))
            {
                record.status = Status::ExpectedFail;
                record.reason = Some(entry.reason.clone());
            }
            if let Ok(mut seconds) = self.seconds.lock() {
                seconds.insert(check.id.clone(), began.elapsed().as_secs_f64());
            }
            self.watch.done(&record);
            records.push(record);
        }
        records
    }

    /// Pinned cases that no longer fail, where they fail on all machines.
    fn stale_pins(&self, expected: &ExpectedFailures, runner: Option<&mut (dyn Runner + 'static)>) -> Vec<String> {
        let Some(runner) = runner else { return vec![] };
        let mut stale = vec![];
        for entry in expected.entries.iter().filter(|entry| !entry.some_machines) {
            let planned: Vec<_> = self.plan.checks.iter().filter(|c| entry.matches(&c.id)).collect();
            let Some(&any) = planned.first() else { continue };
            // The check that the case was pinned for, where the file says it.
            let check = planned.iter().find(|c| Some(&c.id) == entry.case.check.as_ref()).copied().unwrap_or(any);
            let program = entry.case.case.program();
            let verdict = runner.run(std::slice::from_ref(&program)).pop();
            let fails = match verdict {
                Some(Verdict::Done(_)) => {
                    let again = self.examiner.findings(check, &entry.case.case, entry.case.index.unwrap_or(0), runner);
                    !matches!(again, Ok((found, _)) if found.is_empty())
                }
                _ => true,
            };
            if !fails {
                stale.push(format!("line {}: the pinned case of `{}` no longer fails", entry.line, entry.clause));
            }
        }
        stale
    }
}

impl Ladder {
    /// Takes in the verdicts of a rung.
    fn climb(&mut self, records: &[CheckRecord]) {
        for r in records.iter().filter(|r| matches!(r.status, Status::Fail | Status::Incident)) {
            let cause = format!("`{}` ended as {}", r.id, r.status.name());
            match (&r.operation, r.dtype) {
                (None, Some(dtype)) => drop(self.transport.entry(dtype).or_insert(cause)),
                (Some(name), dtype) => {
                    if let Some(op) = Op::from_name(name) {
                        self.results.entry((op, dtype)).or_insert(cause);
                    }
                }
                (None, None) => {}
            }
        }
    }

    /// Why a check of that rung cannot be judged.
    fn blocks(&self, op: Option<Op>, dtype: Option<DType>, rung: u8) -> Option<String> {
        let transport = dtype.filter(|_| rung > 0).and_then(|d| self.transport.get(&d));
        let results = op.filter(|_| rung > 1).and_then(|op| self.results.get(&(op, dtype)));
        transport.or(results).cloned()
    }
}

/// What the verdicts mean to a script: 0 conforms, 1 failing clauses (or expected failures that are not so), 4 incidents.
pub fn exit_code(journal: &Journal, stale: bool) -> u8 {
    if journal.count(Status::Incident) > 0 {
        4
    } else if journal.count(Status::Fail) + journal.count(Status::Blocked) > 0 || stale {
        1
    } else {
        0
    }
}
