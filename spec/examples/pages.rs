//! Writes the pages of the book: `cargo run -p spec --features manifests --example pages -- docs/src/operations`.
//!
//! What follows the heading `# Specification` in the `SUMMARY.md` one folder above is replaced.
use array_protocol::manifest::{self, render};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: pages FOLDER");
        return ExitCode::from(2);
    };
    match write(&folder) {
        Ok(count) => {
            println!("{count} pages under {}", folder.display());
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let suite = manifest::load()?;
    let pages = render::pages(&suite);
    for page in &pages {
        let path = folder.join(&page.path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(&path, &page.text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let base = folder.file_name().and_then(|n| n.to_str()).ok_or("the folder has no name")?;
    let summary = folder.join("..").join("SUMMARY.md");
    if let Ok(old) = std::fs::read_to_string(&summary) {
        let part = "# Specification\n\n";
        let (head, _) = old.split_once(part).ok_or_else(|| format!("{}: no part `{}`", summary.display(), part.trim()))?;
        std::fs::write(&summary, format!("{head}{part}{}", render::summary(&suite, base)))?;
    }
    Ok(pages.len())
}
