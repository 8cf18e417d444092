//! `conform list` and `conform explain`.
use crate::{CONFORMS, Outcome, USAGE, suite};
use clap::Args;
use conformance::run::plan;
use std::io::Write;

#[derive(Args)]
pub(crate) struct ListArgs {
    /// Only checks whose path contains this text; may be repeated.
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Only this profile; may be repeated.
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
}

pub(crate) fn list(args: &ListArgs) -> Outcome {
    let (suite, _) = suite()?;
    let plan = plan(&suite, &args.profile, &args.filter).map_err(|e| e.to_string())?;
    let mut out = std::io::stdout().lock();
    for check in &plan.checks {
        // A closed pipe (`| head`) is no error.
        if writeln!(out, "{}", check.path()).is_err() {
            return Ok(CONFORMS);
        }
    }
    eprintln!("{} checks", plan.checks.len());
    Ok(CONFORMS)
}

pub(crate) fn explain(what: &str) -> Outcome {
    let (suite, _) = suite()?;
    match array_protocol::manifest::explain(&suite, what) {
        Some(text) => {
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
            Ok(CONFORMS)
        }
        None => {
            let near: Vec<&str> = suite
                .clauses()
                .map(|(_, c)| c.id.as_str())
                .filter(|id| id.contains(what) || what.split('.').next().is_some_and(|p| id.starts_with(p)))
                .take(8)
                .collect();
            eprintln!("error: `{what}` is neither a clause nor an operation of the specification");
            if !near.is_empty() {
                eprintln!("similar: {}", near.join(", "));
            }
            Ok(USAGE)
        }
    }
}
