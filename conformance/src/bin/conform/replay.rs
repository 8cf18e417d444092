//! `conform replay`.
use crate::{CONFORMS, FAILS, INCIDENTS, Outcome, Reach, SEED, UNAVAILABLE, suite};
use clap::Args;
use conformance::case::Replay;
use conformance::examine::Examiner;
use conformance::plan::{Mode, Plan};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct ReplayArgs {
    /// A replay file, as `run` writes them under `failures/`.
    file: PathBuf,
    /// The backend: `reference-cpu`, `python:MODULE` or `exec:COMMAND`.
    #[arg(long)]
    backend: Option<String>,
    /// The check to judge by; the one that the file names if none is given.
    #[arg(long)]
    check: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

pub(crate) fn replay(args: &ReplayArgs) -> Outcome {
    let replay = Replay::read(&args.file).map_err(|e| e.to_string())?;
    let (suite, hash) = suite()?;
    if replay.suite.as_ref().is_some_and(|s| *s != hash) {
        eprintln!("note: the case was recorded with other manifests; it is judged by those of this program");
    }
    let id =
        args.check.clone().or_else(|| replay.check.clone()).ok_or("the file names no check; give one with --check (see `conform list`)")?;
    let plan = Plan::new(&suite, &[], &[]);
    let check = plan.checks.iter().find(|c| c.id == id).ok_or_else(|| format!("no check `{id}` in the plan (see `conform list`)"))?;
    let name = args.reach.name(&args.backend)?;
    let seed = replay.seed.unwrap_or(SEED);
    let mut runner = match args.reach.source(&name, seed)?() {
        Ok(r) => r,
        Err(e) => {
            eprintln!("error: {e}");
            return Ok(UNAVAILABLE);
        }
    };
    let examiner = Examiner::new(&suite, hash, runner.hello(), seed, Mode::Standard);
    println!("{id}\n{}\n\nRust:\n{}\nPython:\n{}", check.clause.text.trim(), replay.case.to_rust(), replay.case.to_python());
    match examiner.findings(check, &replay.case, replay.index.unwrap_or(0), &mut *runner) {
        Ok((found, judged)) if found.is_empty() => {
            match judged.unsupported {
                Some(text) => println!("unsupported on {name}: {}", text.escape_debug()),
                None => println!("passes on {name}"),
            }
            Ok(CONFORMS)
        }
        Ok((found, _)) => {
            println!("fails on {name}:");
            for f in found {
                println!(
                    "  {}\n    expected  {}\n    got       {}",
                    f.summary.escape_debug(),
                    f.expected.escape_debug(),
                    f.got.escape_debug()
                );
            }
            Ok(FAILS)
        }
        Err(incident) => {
            println!("incident on {name}: {}", format!("{incident:?}").escape_debug());
            Ok(INCIDENTS)
        }
    }
}
