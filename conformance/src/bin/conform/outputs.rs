//! `conform report` and `conform badge`.
use crate::{CONFORMS, Outcome, suite, texts};
use clap::Args;
use conformance::journal::{Journal, JournalError, read_journal};
use conformance::report::{self, Badge};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct ReportArgs {
    /// The journal of a run, `journal.jsonl`.
    journal: PathBuf,
    /// Where the files go; default: beside the journal.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How many failures to print in full; 0: all.
    #[arg(long, default_value_t = 0, value_name = "N")]
    show: usize,
}

#[derive(Args)]
pub(crate) struct BadgeArgs {
    /// The journal of a run, `journal.jsonl`.
    journal: PathBuf,
    /// Where `badge.svg` and `badge.json` go; default: beside the journal.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A journal.
///
/// # Errors
/// What is wrong with which file.
pub(crate) fn read(path: &Path) -> Result<Journal, String> {
    read_journal(path).map_err(|e| match e {
        // Names the file itself.
        JournalError::Io(..) => e.to_string(),
        _ => format!("{}: {e}", path.display()),
    })
}

fn beside(out: &Option<PathBuf>, journal: &Path) -> PathBuf {
    out.clone().unwrap_or_else(|| journal.parent().map(Path::to_path_buf).unwrap_or_default())
}

pub(crate) fn report(args: &ReportArgs) -> Outcome {
    let journal = read(&args.journal)?;
    let (suite, hash) = suite()?;
    if journal.start.suite != hash {
        eprintln!("note: the journal was made with other manifests; clause texts are those of this program");
    }
    let texts = texts(&suite);
    let style = report::terminal::Style { failures: args.show, ..report::terminal::Style::stdout() };
    print!("{}", report::terminal::render(&journal, &texts, &style));
    let out = beside(&args.out, &args.journal);
    for file in report::write_all(&journal, &texts, &out).map_err(|e| format!("{}: {e}", out.display()))? {
        println!("{}", file.display());
    }
    Ok(CONFORMS)
}

pub(crate) fn badge(args: &BadgeArgs) -> Outcome {
    let journal = read(&args.journal)?;
    let badge = Badge::of(&journal);
    let out = beside(&args.out, &args.journal);
    let files = [("badge.svg", badge.svg()), ("badge.json", format!("{:#}\n", badge.endpoint()))];
    for (name, text) in files {
        let path = out.join(name);
        std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(CONFORMS)
}
