//! `conform verify`: trust, but run it again.
use crate::outputs::read;
use crate::progress::Bar;
use crate::{CONFORMS, FAILS, INCIDENTS, Outcome, Reach, UNAVAILABLE, suite, threads};
use clap::Args;
use conformance::expected::ExpectedFailures;
use conformance::journal::{Journal, Status};
use conformance::plan::Mode;
use conformance::report::Certificate;
use conformance::run::{RunError, Settings, run as run_suite};
use conformance::shipped;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// The certificate, `certificate.json`.
    certificate: PathBuf,
    /// The journal that it was made from, to compare with.
    #[arg(long)]
    journal: Option<PathBuf>,
    /// The backend; default: the one that the certificate names.
    #[arg(long)]
    backend: Option<String>,
    /// Also run with a fresh seed: the verdicts have to be the same again.
    #[arg(long)]
    fresh: bool,
    /// Check the document only; run nothing.
    #[arg(long, conflicts_with = "fresh")]
    offline: bool,
    /// The expected failures of the backend; default: the file shipped for it, if there is one.
    #[arg(long, value_name = "FILE")]
    expected_failures: Option<PathBuf>,
    #[command(flatten)]
    reach: Reach,
}

pub(crate) fn verify(args: &VerifyArgs) -> Outcome {
    let text = std::fs::read_to_string(&args.certificate).map_err(|e| format!("{}: {e}", args.certificate.display()))?;
    let journal = match &args.journal {
        Some(path) => Some(read(path)?),
        None => None,
    };
    let certificate = match Certificate::verify(&text, journal.as_ref()) {
        Ok(c) => c,
        Err(e) => {
            eprintln!("{}: {e}", args.certificate.display());
            return Ok(FAILS);
        }
    };
    let (suite, hash) = suite()?;
    println!("counts and hashes agree");
    if certificate.suite != hash {
        eprintln!("the certificate is for other manifests ({}) than those of this program ({hash})", certificate.suite.escape_debug());
        return Ok(FAILS);
    }
    if args.offline {
        return Ok(CONFORMS);
    }
    let name = args.backend.clone().unwrap_or_else(|| certificate.worker.clone());
    let known = |clause: &str| suite.clause(clause).is_some();
    let expected = match (&args.expected_failures, &certificate.expected_failures) {
        (Some(path), _) => Some(ExpectedFailures::load(path, &known).map_err(|e| e.to_string())?),
        (None, Some(_)) => shipped::expectations(&name, &known)?,
        (None, None) => None,
    };
    if expected.as_ref().map(|e| &e.hash) != certificate.expected_failures.as_ref() {
        eprintln!("the certificate was made with another expected-failures file");
        return Ok(FAILS);
    }
    let mode = Mode::ALL.iter().copied().find(|m| m.name() == certificate.mode).ok_or("the certificate names an unknown mode")?;
    // Any other seed is fresh; one derived from the certificate's keeps the check repeatable.
    let seeds = [Some(certificate.seed), args.fresh.then(|| certificate.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1))];
    for seed in seeds.into_iter().flatten() {
        let source = args.reach.source(&name, seed)?;
        let settings = Settings {
            mode,
            seed,
            workers: threads(),
            filters: vec![],
            profiles: certificate.backend.profiles.clone(),
            worker: name.clone(),
        };
        let watch = Bar::default();
        let again = match run_suite(&suite, &hash, &*source, &settings, expected.as_ref(), None, &watch) {
            Ok(f) => f.journal,
            Err(RunError::Unavailable(e)) => {
                eprintln!("error: {e}");
                return Ok(UNAVAILABLE);
            }
            Err(e) => return Err(e.to_string()),
        };
        watch.finish();
        let differences = compare(&certificate, &again);
        if !differences.is_empty() {
            eprintln!("seed {seed}: {} verdicts differ", differences.len());
            differences.iter().take(20).for_each(|d| eprintln!("  {d}"));
            return Ok(if again.count(Status::Incident) > 0 { INCIDENTS } else { FAILS });
        }
        println!("seed {seed}: {} verdicts, all the same", again.checks.len());
        if seed == certificate.seed && again.end.digest != certificate.journal {
            eprintln!(
                "seed {seed}: the journal differs from the certified one although the verdicts agree (another version of the backend?)"
            );
            return Ok(FAILS);
        }
    }
    println!("verified");
    Ok(CONFORMS)
}

fn compare(certificate: &Certificate, again: &Journal) -> Vec<String> {
    let certified = certificate.verdicts();
    let mut differences: Vec<String> = again
        .checks
        .iter()
        .filter_map(|c| match certified.get(c.id.as_str()) {
            Some(&s) if s == c.status => None,
            Some(s) => Some(format!("{}: certified as {}, now {}", c.id, s.name(), c.status.name())),
            None => Some(format!("{}: not in the certificate, now {}", c.id, c.status.name())),
        })
        .collect();
    let now: std::collections::HashSet<&str> = again.checks.iter().map(|c| c.id.as_str()).collect();
    differences.extend(certified.keys().filter(|id| !now.contains(**id)).map(|id| format!("{id}: certified, but not in the plan")));
    differences
}
