//! One check: its cases generated, run, judged, and the first that fails made small.
use crate::case::{Case, Incident, Replay, Verdict};
use crate::generate::{self, Ground};
use crate::journal::{CheckRecord, Failure, Measured, Status};
use crate::judge::{Finding, Judge, Judgement, Stats, relevant};
use crate::model::{Limit, Limits, Model};
use crate::plan::{Check, Mode};
use crate::shrink;
use crate::worker::{Hello, Runner};
use array_protocol::manifest::{CheckKind, Level, Measure, Suite};
use array_protocol::{DType, HostArray, Info, Op, UnaryOp};
use std::collections::BTreeMap;

/// Programs in one frame.
const BATCH: usize = 512;
/// Bytes of input in one frame.
const BATCH_BYTES: usize = 16 << 20;
/// float32 numbers, NaNs with every payload among them.
const INPUTS: u64 = 1 << 32;
/// Inputs of one case of a sweep: what the judge holds of them stays in the cache.
const BLOCK: u64 = 1 << 16;
/// Inputs in one step of progress.
const STEP: u64 = 1 << 20;
/// Cases tried to make a counterexample small, where nothing else is asked for.
const SHRINKS: u64 = 120;

/// Everything that checks share.
pub struct Examiner {
    /// SHA-256 of the manifests.
    pub suite: String,
    /// The oracle, with the backend's declared choices.
    pub model: Model,
    /// What the backend said of itself.
    pub info: Info,
    /// Whether its error kinds can be compared.
    pub error_kinds: bool,
    /// The seed.
    pub seed: u64,
    /// How much is run.
    pub mode: Mode,
    /// Whether the worker can run a program on several threads.
    pub threads: bool,
    /// Cases tried to make a counterexample small.
    pub shrinks: u64,
}

impl Examiner {
    /// For a backend that said hello.
    pub fn new(suite: &Suite, hash: impl Into<String>, hello: &Hello, seed: u64, mode: Mode) -> Examiner {
        let limits = suite.limits().map(|(key, measure, value)| (key, Limit { measure, value }));
        let model = Model::new(Limits::new(limits, hello.info.declared.clone())).devices(hello.info.devices.clone());
        Examiner {
            suite: hash.into(),
            model,
            info: hello.info.clone(),
            error_kinds: hello.error_kinds,
            seed,
            mode,
            threads: hello.threads,
            shrinks: SHRINKS,
        }
    }

    fn ground(&self) -> Ground<'_> {
        Ground {
            seed: self.seed,
            suite: &self.suite,
            info: &self.info,
            model: &self.model,
            cases: self.mode.cases(),
            large: self.mode >= Mode::Standard,
        }
    }

    /// The cases of a check, with their indices.
    pub fn cases(&self, check: &Check) -> Vec<(u64, Case)> {
        let ground = self.ground();
        let count = match check.clause.check.kind {
            CheckKind::Example => check.operation.as_ref().map_or(0, |e| e.manifest.examples.len() as u64),
            // Each program runs on several threads, and each starts them.
            CheckKind::Concurrent => ground.cases.div_ceil(8),
            _ => ground.cases.max(check.clause.check.sizes.len() as u64 + 8),
        };
        (0..count).filter_map(|i| Some((i, generate::case(check, &ground, i)?))).collect()
    }

    /// Why a check cannot be run on this backend.
    fn unsupported(&self, check: &Check) -> Option<String> {
        if let Some(op) = check.op() {
            let name = op.name();
            if !self.info.operations.is_empty() && !self.info.operations.iter().any(|o| o == name) {
                return Some(format!("the backend does not have `{name}`"));
            }
            let profile = check.profile();
            if !self.info.profiles.iter().any(|p| p == profile) {
                return Some(format!("the backend does not claim the profile `{profile}`"));
            }
        }
        // A dtype that is to be rejected need not exist; it cannot be sent then.
        if let Some(dtype) = check.dtype
            && !self.info.dtypes.contains(&dtype)
        {
            return Some(format!("the backend does not have {dtype}"));
        }
        let spec = &check.clause.check;
        if spec.kind == CheckKind::Concurrent && !self.threads {
            return Some("the worker runs programs on one thread".into());
        }
        match &spec.key {
            Some(key) if check.clause.level == Level::Declared && !self.info.declared.contains_key(key) => {
                Some(format!("the backend does not declare `{key}` ({})", spec.choices.join(" or ")))
            }
            _ => None,
        }
    }

    /// A record without cases.
    pub fn record(&self, check: &Check, status: Status, reason: Option<String>) -> CheckRecord {
        CheckRecord {
            id: check.id.clone(),
            clause: check.clause.id.clone(),
            level: check.clause.level,
            category: check.category().into(),
            profile: check.profile().into(),
            operation: check.op().map(|o| o.name().into()),
            dtype: check.dtype,
            status,
            cases: 0,
            elements: 0,
            measured: None,
            reason,
            failure: None,
        }
    }

    /// Runs a check. `advance` is told how many of its [`Examiner::steps`] are done, as they are done.
    pub fn examine(&self, check: &Check, runner: &mut dyn Runner, advance: &mut dyn FnMut(u64)) -> CheckRecord {
        if check.clause.level == Level::Untestable || check.clause.check.kind == CheckKind::None {
            return self.record(check, Status::Untestable, check.clause.check.why.clone());
        }
        if let Some(reason) = self.unsupported(check) {
            return self.record(check, Status::Unsupported, Some(reason));
        }
        let cases = self.cases(check);
        let mut tally = Tally::default();
        let mut batch = vec![];
        let mut bytes = 0;
        for (index, case) in cases {
            bytes += case.inputs.iter().map(|i| i.array.bytes().len()).sum::<usize>();
            batch.push((index, case));
            if batch.len() == BATCH || bytes > BATCH_BYTES {
                self.run_batch(check, std::mem::take(&mut batch), runner, &mut tally);
                bytes = 0;
                if tally.incident.is_some() {
                    break;
                }
            }
        }
        if tally.incident.is_none() {
            self.run_batch(check, batch, runner, &mut tally);
        }
        if tally.incident.is_none() {
            self.sweep(check, runner, &mut tally, advance);
        }
        self.verdict(check, tally, runner)
    }

    fn run_batch(&self, check: &Check, batch: Vec<(u64, Case)>, runner: &mut dyn Runner, tally: &mut Tally) {
        let programs: Vec<_> = batch.iter().map(|(_, c)| c.program()).collect();
        let preludes: Vec<_> = programs.iter().map(|p| p.prelude).collect();
        let verdicts = if programs.is_empty() { vec![] } else { runner.run_to_incident(&programs) };
        for (((index, case), prelude), verdict) in batch.into_iter().zip(preludes).zip(verdicts) {
            tally.cases += 1;
            match verdict {
                Verdict::Incident(incident) => tally.incident = Some((index, case, incident)),
                Verdict::Done(outcome) => {
                    let judged = self.judge(check).judge(&case, &outcome, prelude);
                    tally.elements += judged.elements;
                    tally.stats.join(&judged.stats);
                    let found = relevant(check, &self.info.declared, &case, &outcome, index, &judged);
                    if let Some(first) = found.into_iter().next() {
                        tally.failing += 1;
                        if tally.failure.is_none() {
                            tally.failure = Some((index, case, first));
                        }
                    } else if let Some(text) = judged.unsupported {
                        tally.unsupported += 1;
                        tally.reason.get_or_insert(text);
                    }
                }
            }
        }
    }

    /// How this check is judged.
    fn judge(&self, check: &Check) -> Judge<'_> {
        Judge { model: &self.model, error_kinds: self.error_kinds, only: check.clause.check.only }
    }

    /// What counts against the check in one case; the incident instead where there was one.
    ///
    /// # Errors
    /// The incident.
    pub fn findings(&self, check: &Check, case: &Case, index: u64, runner: &mut dyn Runner) -> Result<(Vec<Finding>, Judgement), Incident> {
        let program = case.program();
        let verdict = runner.run_to_incident(std::slice::from_ref(&program)).pop();
        match verdict {
            Some(Verdict::Done(outcome)) => {
                let judged = self.judge(check).judge(case, &outcome, program.prelude);
                Ok((relevant(check, &self.info.declared, case, &outcome, index, &judged), judged))
            }
            Some(Verdict::Incident(i)) => Err(i),
            None => Err(Incident::Protocol("a runner without a verdict".into())),
        }
    }

    fn verdict(&self, check: &Check, tally: Tally, runner: &mut dyn Runner) -> CheckRecord {
        let mut record = self.record(check, Status::Pass, None);
        record.cases = tally.cases;
        record.elements = tally.elements;
        record.measured = self.measured(check, &tally.stats);
        if let Some((index, case, incident)) = tally.incident {
            record.status = Status::Incident;
            // What follows the first line is the worker's standard error, which may differ from run to run.
            let first = |text: &str| text.lines().next().unwrap_or_default().to_string();
            let incident = match incident {
                Incident::Crash(text) => Incident::Crash(first(&text)),
                Incident::Lost(text) => Incident::Lost(first(&text)),
                other => other,
            };
            let (what, got) = match &incident {
                Incident::Crash(text) => ("the worker crashed", text.clone()),
                Incident::Hang => ("no answer within the deadline", "nothing".into()),
                Incident::Memory => ("more memory than allowed", "nothing".into()),
                Incident::Lost(text) => ("the device was lost", text.clone()),
                Incident::Protocol(text) => ("an answer that is none", text.clone()),
                Incident::Start(text) => ("the worker cannot be started again", text.clone()),
            };
            let finding =
                Finding { aspect: crate::judge::Aspect::Panic, summary: what.into(), expected: "an answer".into(), got, error: None };
            record.failure = Some(self.failure(check, index, &case, finding, 0, 1, Some(incident)));
        } else if let Some((index, case, first)) = tally.failure {
            record.status = Status::Fail;
            let mut best = first;
            // An example is literal; a smaller one would be another.
            let budget = if check.clause.check.kind == CheckKind::Example { 0 } else { self.shrinks };
            let aspect = best.aspect;
            let (small, tries) = shrink::minimize(case, budget, |c| match self.findings(check, c, index, runner) {
                Ok((found, _)) => match found.into_iter().find(|f| f.aspect == aspect) {
                    Some(f) => {
                        best = f;
                        true
                    }
                    None => false,
                },
                Err(_) => false,
            });
            record.failure = Some(self.failure(check, index, &small, best, tries, tally.failing, None));
        } else if tally.unsupported > 0 {
            record.status = Status::Unsupported;
            let text = tally.reason.unwrap_or_default();
            record.reason = Some(if tally.unsupported == tally.cases {
                text
            } else {
                format!("{} of {} cases: {text}", tally.unsupported, tally.cases)
            });
        } else if tally.cases == 0 {
            record.status = Status::Unsupported;
            record.reason = Some("no case can be drawn from the dtypes and devices that the backend has".into());
        }
        record
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one record")]
    fn failure(
        &self,
        check: &Check,
        index: u64,
        case: &Case,
        f: Finding,
        shrinks: u64,
        failing: u64,
        incident: Option<Incident>,
    ) -> Failure {
        let replay = Replay {
            suite: Some(self.suite.clone()),
            check: Some(check.id.clone()),
            seed: Some(self.seed),
            index: Some(index),
            case: case.clone(),
        };
        Failure {
            summary: f.summary,
            expected: f.expected,
            got: f.got,
            error: f.error.filter(|e| e.is_finite()),
            index,
            case: replay.to_json(),
            rust: case.to_rust(),
            python: case.to_python(),
            shrinks,
            failing,
            incident,
        }
    }

    fn measured(&self, check: &Check, stats: &Stats) -> Option<Measured> {
        if stats.count == 0 {
            return None;
        }
        let entry = check.operation.as_deref()?;
        let measure = entry.manifest.accuracy.measure;
        // A bound is reported as a fraction of itself.
        let measure = if stats.limit == 1.0 && measure == Measure::Exact { Measure::Forward } else { measure };
        Some(Measured {
            measure,
            max: stats.max,
            mean: stats.sum / stats.count as f64,
            count: stats.count,
            limit: stats.limit,
            worst: stats.worst.clone(),
        })
    }

    /// The operation whose every float32 input this check takes: that of the value clause without a class of values.
    fn swept(&self, check: &Check) -> Option<UnaryOp> {
        let spec = &check.clause.check;
        match (check.op(), check.dtype, spec.kind, spec.values) {
            (Some(Op::Unary(op)), Some(DType::Float32), CheckKind::Value, None) if self.mode == Mode::Exhaustive => Some(op),
            _ => None,
        }
    }

    /// The work of a check beside its drawn cases, in parts that take about as long as one check does: what progress is told in.
    pub fn steps(&self, check: &Check) -> u64 {
        if self.swept(check).is_some() { INPUTS / STEP } else { 0 }
    }

    /// Every float32 input of a unary function, until one fails.
    fn sweep(&self, check: &Check, runner: &mut dyn Runner, tally: &mut Tally, advance: &mut dyn FnMut(u64)) {
        let Some(op) = self.swept(check) else { return };
        for block in 0..INPUTS / BLOCK {
            let values: Vec<f32> = (0..BLOCK).map(|i| f32::from_bits((block * BLOCK + i) as u32)).collect();
            let Ok(array) = HostArray::from_slice([values.len()], &values) else { return };
            let case = Case::single(vec![array], array_protocol::Call::Unary { op, x: 0 }, 1);
            self.run_batch(check, vec![(self.mode.cases() + block, case)], runner, tally);
            if tally.incident.is_some() || tally.failing > 0 {
                return;
            }
            if ((block + 1) * BLOCK).is_multiple_of(STEP) {
                advance(1);
            }
        }
    }
}

/// What the cases of a check came to.
#[derive(Default)]
struct Tally {
    cases: u64,
    elements: u64,
    stats: Stats,
    failing: u64,
    failure: Option<(u64, Case, Finding)>,
    unsupported: u64,
    reason: Option<String>,
    incident: Option<(u64, Case, Incident)>,
}

/// Declared choices that the suite does not know, in words: a run with one does not start.
pub fn unknown_choices(suite: &Suite, declared: &BTreeMap<String, String>) -> Vec<String> {
    let known = suite.declarations();
    declared
        .iter()
        .filter_map(|(key, value)| match known.get(key.as_str()) {
            None => {
                Some(format!("`{key}` is no key of the specification (known: {})", known.keys().copied().collect::<Vec<_>>().join(", ")))
            }
            Some((choices, _)) if !choices.contains(&value.as_str()) => {
                Some(format!("`{key} = {value}`: expected one of {}", choices.join(", ")))
            }
            Some(_) => None,
        })
        .collect()
}

/// A seed as people write it: decimal or 0x hexadecimal.
pub fn parse_seed(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}
