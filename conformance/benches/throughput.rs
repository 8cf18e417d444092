//! How many small cases a second go through generator, worker and judge, and where the time goes.
//!
//! `cargo bench -p conformance`. Figures are medians of interleaved rounds; NumPy takes part where a Python with it is found
//! (`CONFORMANCE_PYTHON`, else `python3`).
use conformance::case::{Case, Verdict};
use conformance::examine::Examiner;
use conformance::judge::Judge;
use conformance::plan::{Check, Mode, Plan};
use conformance::worker::{Launch, Runner, Worker, WorkerLimits, requested};
use std::time::Instant;

const ROUNDS: usize = 7;
const CASES: usize = 6_000;

fn main() {
    if let Some(name) = requested() {
        if let Some(Err(e)) = conformance::builtin::serve_named(&name) {
            eprintln!("worker: {e}");
        }
        return;
    }
    let suite = array_protocol::manifest::load().expect("the manifests parse");
    let hash = array_protocol::manifest::suite_hash();
    println!("small cases: at most 4 axes of at most 7, one call each, of elementwise, reduction and manipulation operations\n");
    println!(
        "{:<16} {:>6} {:>12} {:>12} {:>12} {:>12}   {:>9} {:>7} {:>6}   {:>10}",
        "backend", "batch", "generate/s", "worker/s", "judge/s", "all/s", "generate", "worker", "judge", "us/trip"
    );
    for name in ["reference-cpu", "python:numpy"] {
        let launch = Launch::parse(name, &conformance::builtin::names()).expect("a known name");
        let mut worker = match Worker::start(launch, WorkerLimits::default()) {
            Ok(w) => w,
            Err(e) => {
                println!("{name:<16} left out: {e}");
                continue;
            }
        };
        let examiner = Examiner::new(&suite, hash.clone(), worker.hello(), 1, Mode::Smoke);
        let checks = small(&suite, &examiner);
        for batch in [1, 16, 128, 512] {
            let mut rounds: Vec<[f64; 3]> = (0..ROUNDS).map(|_| round(&examiner, &checks, &mut worker, batch)).collect();
            let median = |rounds: &mut Vec<[f64; 3]>, k: usize| {
                rounds.sort_by(|a, b| a[k].total_cmp(&b[k]));
                rounds[rounds.len() / 2][k]
            };
            let [g, w, j] = [0, 1, 2].map(|k| median(&mut rounds, k));
            let n = if batch == 1 { CASES / 10 } else { CASES } as f64;
            let all = g + w + j;
            let share = |t: f64| format!("{:.0} %", 100.0 * t / all);
            println!(
                "{name:<16} {batch:>6} {:>12.0} {:>12.0} {:>12.0} {:>12.0}   {:>9} {:>7} {:>6}   {:>10.1}",
                n / g,
                n / w,
                n / j,
                n / all,
                share(g),
                share(w),
                share(j),
                w / n * batch as f64 * 1e6
            );
        }
    }
    println!("\nall/s is one harness thread and one worker that take turns; a run keeps one such pair busy per core.");
    println!("us/trip is the time from sending a frame of `batch` cases to its last answer.");
}

/// Checks whose cases are small.
fn small(suite: &array_protocol::manifest::Suite, examiner: &Examiner) -> Vec<Check> {
    let families = ["unary", "binary", "reduce", "shape"];
    let plan = Plan::new(suite, &[], &[]);
    let wanted = |c: &Check| {
        c.clause.check.kind == array_protocol::manifest::CheckKind::Dtype
            && c.op().is_some_and(|o| families.contains(&o.family()))
            && c.dtype.is_some_and(|d| examiner.info.dtypes.contains(&d))
    };
    plan.checks.into_iter().filter(wanted).collect()
}

/// Seconds in generator, worker and judge.
fn round(examiner: &Examiner, checks: &[Check], worker: &mut Worker, batch: usize) -> [f64; 3] {
    // One case a trip is slow, and a tenth of the cases shows it as well.
    let count = if batch == 1 { CASES / 10 } else { CASES };
    let began = Instant::now();
    let mut cases: Vec<Case> = Vec::with_capacity(count);
    for check in checks.iter().cycle() {
        let left = count - cases.len();
        cases.extend(examiner.cases(check).into_iter().map(|(_, c)| c).take(left));
        if cases.len() == count {
            break;
        }
    }
    let programs: Vec<_> = cases.iter().map(Case::program).collect();
    let generated = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let mut verdicts = Vec::with_capacity(count);
    for chunk in programs.chunks(batch) {
        verdicts.extend(worker.run(chunk));
    }
    let worked = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let judge = Judge { model: &examiner.model, error_kinds: examiner.error_kinds, only: None };
    let mut elements = 0;
    for ((case, program), verdict) in cases.iter().zip(&programs).zip(&verdicts) {
        if let Verdict::Done(outcome) = verdict {
            elements += judge.judge(case, outcome, program.prelude).elements;
        }
    }
    assert!(elements > 0, "nothing was judged");
    [generated, worked, began.elapsed().as_secs_f64()]
}
