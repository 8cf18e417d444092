//! `conform self-check`.
use crate::{CONFORMS, FAILS, Outcome, SEED, seed, suite, threads};
use clap::Args;

#[derive(Args)]
pub(crate) struct SelfCheckArgs {
    /// Only faults whose `fault@operation@clause` contains this text; may be repeated. Leaves the worst-legal backend out.
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// The seed of the cases.
    #[arg(long, value_parser = seed, default_value_t = SEED)]
    seed: u64,
    /// Threads.
    #[arg(long)]
    workers: Option<usize>,
    /// Print every fault, not only those that nobody noticed.
    #[arg(long, short)]
    verbose: bool,
}

#[cfg(not(feature = "reference-cpu"))]
pub(crate) fn self_check(_: &SelfCheckArgs) -> Outcome {
    let _ = (CONFORMS, FAILS, suite as fn() -> _, threads as fn() -> _);
    Err("self-check needs a good backend to put faults into: build with the feature `reference-cpu`".into())
}

#[cfg(feature = "reference-cpu")]
pub(crate) fn self_check(args: &SelfCheckArgs) -> Outcome {
    use crate::progress::Bar;
    use conformance::selfcheck::{self, Options};
    let (suite, hash) = suite()?;
    let options = Options {
        filters: args.filter.clone(),
        seed: args.seed,
        workers: args.workers.unwrap_or_else(threads),
        worst_legal: args.filter.is_empty(),
    };
    let bar = Bar::default();
    let report = selfcheck::complete(&suite, &hash, &reference_cpu::Cpu::new(), &options, &|done, all| bar.at(done, all));
    bar.finish();
    println!("{:<14} {:>7} {:>7}", "class", "caught", "faults");
    for (class, (caught, all)) in report.by_class() {
        println!("{class:<14} {caught:>7} {all:>7}{}", if caught == all { "" } else { "   <-- not all" });
    }
    let caught = report.faults.iter().filter(|f| f.by.is_some()).count();
    println!("{:<14} {caught:>7} {:>7}", "all", report.faults.len());
    for f in &report.faults {
        let op = f.target.op.map_or("-", |o| o.name());
        match &f.by {
            Some((check, how)) if args.verbose => println!("caught      {} in {op}: {check}: {how}", f.target.fault),
            Some(_) => {}
            None => println!("NOT CAUGHT  {} in {op} by {}", f.target.fault, f.target.clause),
        }
    }
    for id in &report.idle {
        println!("NO CASE     {id}");
    }
    if options.worst_legal {
        println!("worst-legal backend: {} checks passed, {} did not", report.worst_legal_passed, report.worst_legal.len());
        for r in &report.worst_legal {
            let why = r
                .failure
                .as_ref()
                .map(|f| format!("{}; expected {}; got {}", f.summary, f.expected, f.got))
                .or(r.reason.clone())
                .unwrap_or_default();
            println!("NOT PASSED  {} ({}): {}", r.id, r.status.name(), why.escape_debug());
        }
    }
    Ok(if report.perfect() { CONFORMS } else { FAILS })
}
