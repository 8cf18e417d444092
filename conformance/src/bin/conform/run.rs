//! `conform run`.
use crate::progress::Bar;
use crate::{Outcome, Reach, SEED, UNAVAILABLE, folder, mode, seed, suite, texts, threads};
use clap::Args;
use conformance::expected::{ExpectedFailures, entry_for};
use conformance::journal::{Journal, Status};
use conformance::plan::Mode;
use conformance::report;
use conformance::run::{RunError, Settings, run as run_suite};
use conformance::shipped;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct RunArgs {
    /// The backend: `reference-cpu`, `python:MODULE` or `exec:COMMAND`. Default: CONFORMANCE_BACKEND, or the first built-in one.
    backend: Option<String>,
    /// How much: smoke (seconds), standard (what a badge needs), exhaustive (also every float32 input of unary functions).
    #[arg(long, default_value = "standard", value_parser = mode, value_name = "smoke|standard|exhaustive")]
    mode: Mode,
    /// The seed of all cases. The same seed gives the same journal, bit for bit.
    #[arg(long, value_parser = seed, default_value_t = SEED)]
    seed: u64,
    /// Worker processes; default: one per core.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: Option<u16>,
    /// Only checks whose path (see `conform list`) contains this text; may be repeated. A filtered run yields no certificate.
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Only this profile; may be repeated.
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// Where the files go; default: target/conformance/BACKEND.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The expected failures of the backend; default: the file shipped for it, if there is one.
    #[arg(long, value_name = "FILE")]
    expected_failures: Option<PathBuf>,
    /// Use no expected failures, not even a shipped file.
    #[arg(long, conflicts_with = "expected_failures")]
    no_expected_failures: bool,
    /// How many failures to print in full (the report has them all).
    #[arg(long, default_value_t = 5, value_name = "N")]
    show: usize,
    #[command(flatten)]
    reach: Reach,
}

pub(crate) fn run(args: &RunArgs) -> Outcome {
    let (suite, hash) = suite()?;
    let name = args.reach.name(&args.backend)?;
    let source = args.reach.source(&name, args.seed)?;
    let known = |clause: &str| suite.clause(clause).is_some();
    let expected = match &args.expected_failures {
        Some(path) => Some(ExpectedFailures::load(path, &known).map_err(|e| e.to_string())?),
        None if args.no_expected_failures => None,
        None => shipped::expectations(&name, &known)?,
    };
    let out = folder(&args.out, &name);
    std::fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let settings = Settings {
        mode: args.mode,
        seed: args.seed,
        workers: args.workers.map_or_else(threads, usize::from),
        filters: args.filter.clone(),
        profiles: args.profile.clone(),
        worker: name.clone(),
    };
    let watch = Bar::default();
    let journal_path = out.join("journal.jsonl");
    let finished = match run_suite(&suite, &hash, &*source, &settings, expected.as_ref(), Some(&journal_path), &watch) {
        Ok(f) => f,
        Err(RunError::Unavailable(e)) => {
            eprintln!("error: {e}");
            return Ok(UNAVAILABLE);
        }
        Err(e) => return Err(e.to_string()),
    };
    watch.finish();
    let journal = &finished.journal;
    let texts = texts(&suite);
    let style = report::terminal::Style { failures: args.show, ..report::terminal::Style::stdout() };
    print!("{}", report::terminal::render(journal, &texts, &style));
    report::write_all(journal, &texts, &out).map_err(|e| e.to_string())?;
    details(journal, &finished.seconds, &out).map_err(|e| format!("{}: {e}", out.display()))?;
    let cases: u64 = journal.checks.iter().map(|c| c.cases).sum();
    println!("{cases} cases in {:.1} s; files in {}", finished.elapsed.as_secs_f64(), out.display());
    for line in &finished.stale {
        println!("expected failures: {line}");
    }
    Ok(conformance::run::exit_code(journal, !finished.stale.is_empty()))
}

/// Entries for an expected-failures file, and times.
fn details(journal: &Journal, seconds: &std::collections::BTreeMap<String, f64>, out: &Path) -> std::io::Result<()> {
    let failing = journal.checks.iter().filter(|c| matches!(c.status, Status::Fail | Status::Incident));
    let entries: Vec<String> = failing.filter_map(entry_for).collect();
    let path = out.join("expected-failures.toml");
    if entries.is_empty() {
        // Entries of an earlier run would pass for those of this one.
        let _ = std::fs::remove_file(path);
    } else {
        std::fs::write(path, entries.join("\n"))?;
    }
    std::fs::write(out.join("times.json"), serde_json::to_vec_pretty(seconds)?)
}
