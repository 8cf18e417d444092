//! The test of the tests: every fault is caught by each check that names it, and the worst-legal backend passes everything.
//!
//! One trial per fault and operation; filters work as in `cargo test -- floor_divide`.
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

#[cfg(not(feature = "reference-cpu"))]
fn main() -> ExitCode {
    let _ = (Arguments::from_args(), Vec::<Trial>::new());
    ExitCode::SUCCESS
}

#[cfg(feature = "reference-cpu")]
fn main() -> ExitCode {
    use conformance::harness::DEFAULT_SEED;
    use conformance::plan::Plan;
    use conformance::selfcheck::{self, Target};
    use std::collections::BTreeMap;
    use std::sync::Arc;

    let arguments = Arguments::from_args();
    let suite = Arc::new(array_protocol::manifest::load().expect("the manifests parse"));
    let hash: Arc<str> = array_protocol::manifest::suite_hash().into();
    let good = reference_cpu::Cpu::new();
    let checks = Arc::new(selfcheck::by_target(Plan::new(&suite, &[], &[])));
    let mut faults: BTreeMap<String, Vec<Target>> = BTreeMap::new();
    for target in selfcheck::targets(&checks) {
        let op = target.op.map_or("transport", |o| o.name());
        faults.entry(format!("fault::{op}::{}", target.fault)).or_default().push(target);
    }
    let mut trials: Vec<Trial> = faults
        .into_iter()
        .map(|(name, targets)| {
            let (suite, hash, good, checks) = (suite.clone(), hash.clone(), good.clone(), checks.clone());
            Trial::test(name, move || {
                let missed: Vec<String> = targets
                    .iter()
                    .filter(|t| selfcheck::catch(&suite, &hash, &good, t, &checks, DEFAULT_SEED).is_none())
                    .map(|t| t.clause.clone())
                    .collect();
                if missed.is_empty() { Ok(()) } else { Err(format!("not caught by {}", missed.join(", ")).into()) }
            })
        })
        .collect();
    let (s, h, g) = (suite.clone(), hash.clone(), good.clone());
    trials.push(Trial::test("worst_legal::passes_everything", move || {
        let (bad, _) = selfcheck::worst_legal(&s, &h, &g, DEFAULT_SEED, 2);
        if bad.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = bad.iter().map(|r| format!("{}: {}", r.id, r.failure.as_ref().map_or("", |f| &f.summary))).collect();
        Err(lines.join("\n").into())
    }));
    trials.push(Trial::test("plan::every_check_has_cases", move || {
        let idle = selfcheck::idle(&suite, &hash, &good, DEFAULT_SEED);
        if idle.is_empty() { Ok(()) } else { Err(idle.join("\n").into()) }
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}
