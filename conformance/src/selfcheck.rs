//! The test of the tests: every fault that a clause names is put into a good backend, and the named check has to fail; the
//! worst-legal backend errs as far as every clause allows, and has to pass.
use crate::examine::Examiner;
use crate::faults::{self, FaultClass};
use crate::journal::{CheckRecord, Status};
use crate::model::{Limit, Limits};
use crate::plan::{Check, Mode, Plan};
use crate::worker::{InProcess, Runner};
use array_protocol::manifest::{CheckKind, Level, Suite};
use array_protocol::{Backend, DType, InterchangeOp, Op};
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A fault, the operation it sits in, and the clause whose check has to catch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The fault.
    pub fault: String,
    /// Its class; `None` where the catalogue does not know the fault.
    pub class: Option<FaultClass>,
    /// The operation; `None` for transport.
    pub op: Option<Op>,
    /// The clause.
    pub clause: String,
}

/// What became of a fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Caught {
    /// Which.
    pub target: Target,
    /// The check that failed, and how; `None`: nobody noticed.
    pub by: Option<(String, String)>,
}

/// The result of a self-check.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One per fault, operation and clause.
    pub faults: Vec<Caught>,
    /// Verdicts on the worst-legal backend that are not a pass.
    pub worst_legal: Vec<CheckRecord>,
    /// How many checks it passed.
    pub worst_legal_passed: usize,
    /// Checks that cannot fail, or find no case, on a complete backend: defects of the suite.
    pub idle: Vec<String>,
}

impl Report {
    /// Whether every fault was caught and every legal freedom accepted.
    pub fn perfect(&self) -> bool {
        self.faults.iter().all(|f| f.by.is_some()) && self.worst_legal.is_empty() && self.idle.is_empty()
    }

    /// Per class: caught, all.
    pub fn by_class(&self) -> BTreeMap<&'static str, (usize, usize)> {
        let mut table: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
        for f in &self.faults {
            let row = table.entry(f.target.class.map_or("unknown", FaultClass::name)).or_default();
            row.0 += usize::from(f.by.is_some());
            row.1 += 1;
        }
        table
    }
}

/// How a self-check is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only faults, operations or clauses whose `fault@operation@clause` contains one of these; empty: all.
    pub filters: Vec<String>,
    /// The seed of the cases.
    pub seed: u64,
    /// Threads.
    pub workers: usize,
    /// Whether to run the worst-legal backend.
    pub worst_legal: bool,
}

/// The checks of a plan by clause and operation, those first in whose dtype bugs show best.
pub type ByTarget = BTreeMap<(String, Option<Op>), Vec<Check>>;

/// Sorts the checks of a plan by clause and operation.
pub fn by_target(plan: Plan) -> ByTarget {
    let mut map = ByTarget::new();
    for check in plan.checks {
        map.entry((check.clause.id.clone(), check.op())).or_default().push(check);
    }
    for list in map.values_mut() {
        list.sort_by_key(|c| (c.dtype.map_or(0, preference), c.dtype));
    }
    map
}

/// Every fault that the suite names, once per clause and operation that its check goes through.
pub fn targets(checks: &ByTarget) -> Vec<Target> {
    let known: HashMap<String, faults::Fault> = faults::catalogue().into_iter().map(|f| (f.id.clone(), f)).collect();
    let mut list = vec![];
    for ((clause, op), checks) in checks {
        for fault in checks.iter().take(1).flat_map(|c| &c.clause.faults) {
            let entry = known.get(fault);
            // A specific fault sits in its own operation only.
            if entry.and_then(|f| f.op).is_some_and(|home| *op != Some(home)) {
                continue;
            }
            list.push(Target { fault: fault.clone(), class: entry.map(|f| f.class), op: *op, clause: clause.clone() });
        }
    }
    list
}

/// Injects every fault into `good` and runs the checks that have to notice.
fn run<B: Backend>(suite: &Suite, hash: &str, good: &B, options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Report {
    let checks = by_target(Plan::new(suite, &[], &[]));
    let text = |t: &Target| format!("{}@{}@{}", t.fault, t.op.map_or("-", Op::name), t.clause);
    let wanted = |t: &Target| options.filters.is_empty() || options.filters.iter().any(|f| text(t).contains(f.as_str()));
    let targets: Vec<Target> = targets(&checks).into_iter().filter(wanted).collect();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let caught = Mutex::new(vec![]);
    std::thread::scope(|scope| {
        for _ in 0..options.workers.max(1) {
            scope.spawn(|| {
                while let Some((i, target)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, targets.get(i)?))) {
                    let by = catch(suite, hash, good, target, &checks, options.seed);
                    if let Ok(mut all) = caught.lock() {
                        all.push((i, by));
                    }
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1, targets.len());
                }
            });
        }
    });
    let mut caught = caught.into_inner().unwrap_or_default();
    caught.sort_by_key(|(i, _)| *i);
    let faults = targets.into_iter().zip(caught).map(|(target, (_, by))| Caught { target, by }).collect();
    Report { faults, ..Report::default() }
}

/// The first check of the target's clause and operation that notices the fault, and what it says.
pub fn catch<B: Backend>(suite: &Suite, hash: &str, good: &B, target: &Target, checks: &ByTarget, seed: u64) -> Option<(String, String)> {
    let limits = Limits::new(suite.limits().map(|(k, measure, value)| (k, Limit { measure, value })), good.info().declared);
    // Clauses of transport go through no operation but the way in.
    let way_in = Some(Op::from(InterchangeOp::Upload));
    let faulty = faults::inject(good.clone(), &target.fault, target.op.or(way_in), &limits)?;
    let mut runner = InProcess::new(faulty);
    let examiner = Examiner { shrinks: 0, ..Examiner::new(suite, hash, runner.hello(), seed, Mode::Standard) };
    for check in checks.get(&(target.clause.clone(), target.op))? {
        let record = examiner.examine(check, &mut runner, &mut |_| ());
        if matches!(record.status, Status::Fail | Status::Incident) {
            let how = record.failure.map(|f| f.summary).unwrap_or_default();
            return Some((record.id, how));
        }
    }
    None
}

/// The verdicts on the worst-legal backend that are no pass, and the number that are.
pub fn worst_legal<B: Backend>(suite: &Suite, hash: &str, good: &B, seed: u64, workers: usize) -> (Vec<CheckRecord>, usize) {
    let make = || Mutex::new(Box::new(InProcess::new(faults::WorstLegal::new(good.clone(), suite))) as Box<dyn Runner>);
    let runners: Vec<_> = (0..workers.max(1)).map(|_| make()).collect();
    must_pass(suite, hash, &runners, seed, &[])
}

/// Runs the whole plan on a backend that has to pass everything: verdicts that are no pass, and the number that are.
pub fn must_pass(
    suite: &Suite,
    hash: &str,
    runners: &[Mutex<Box<dyn Runner>>],
    seed: u64,
    filters: &[String],
) -> (Vec<CheckRecord>, usize) {
    let plan = Plan::new(suite, &[], filters);
    let next = AtomicUsize::new(0);
    let bad = Mutex::new(vec![]);
    let good = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for runner in runners {
            scope.spawn(|| {
                let Ok(mut runner) = runner.lock() else { return };
                let examiner = Examiner::new(suite, hash, runner.hello(), seed, Mode::Standard);
                while let Some(check) = plan.checks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let record = examiner.examine(check, &mut **runner, &mut |_| ());
                    let may_be_left_open = check.clause.level == Level::Declared && record.status == Status::Unsupported;
                    if matches!(record.status, Status::Pass | Status::Untestable) || may_be_left_open {
                        good.fetch_add(1, Ordering::Relaxed);
                    } else if let Ok(mut bad) = bad.lock() {
                        bad.push(record);
                    }
                }
            });
        }
    });
    let mut bad = bad.into_inner().unwrap_or_default();
    bad.sort_by(|a, b| a.id.cmp(&b.id));
    (bad, good.into_inner())
}

/// Checks that find no case on a backend that has everything.
pub fn idle<B: Backend>(suite: &Suite, hash: &str, good: &B, seed: u64) -> Vec<String> {
    let runner = InProcess::new(good.clone());
    let examiner = Examiner::new(suite, hash, runner.hello(), seed, Mode::Standard);
    let plan = Plan::new(suite, &[], &[]);
    let tested = |c: &&Check| c.clause.level != Level::Untestable && c.clause.check.kind != CheckKind::None;
    plan.checks.iter().filter(tested).filter(|c| examiner.cases(c).is_empty()).map(|c| c.id.clone()).collect()
}

/// Dtypes in which bugs show best come first.
fn preference(dtype: DType) -> u8 {
    match dtype {
        DType::Float64 | DType::Int64 => 0,
        DType::Float32 | DType::Int32 => 1,
        DType::Complex128 => 2,
        DType::Int8 | DType::UInt8 => 3,
        _ => 4,
    }
}

/// The whole self-check: faults, checks without cases, the worst-legal backend.
pub fn complete<B: Backend>(suite: &Suite, hash: &str, good: &B, options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Report {
    let mut report = run(suite, hash, good, options, progress);
    if options.worst_legal {
        report.idle = idle(suite, hash, good, options.seed);
        (report.worst_legal, report.worst_legal_passed) = worst_legal(suite, hash, good, options.seed, options.workers);
    }
    report
}
