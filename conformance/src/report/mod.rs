//! What people and machines read of a journal. Everything here is a pure function of it.
//!
//! **Law**: text that a backend supplies (names, errors, values) stays text, wherever it is shown.
pub mod badge;
pub mod certificate;
pub mod html;
pub mod junit;
pub mod progress;
pub mod summary;
pub mod terminal;
mod text;

pub use badge::{Badge, Trust};
pub use certificate::{Certificate, CertificateError};
pub use progress::Progress;
pub use summary::Verdict;
pub use text::visible;

use crate::case::Incident;
use crate::journal::Journal;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Why the files of a report could not be written.
#[derive(Debug)]
pub enum ReportError {
    /// A file, and what the system said.
    Io(PathBuf, std::io::Error),
    /// A document could not be made.
    Document(&'static str, String),
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReportError::Io(path, e) => write!(f, "{}: {e}", path.display()),
            ReportError::Document(name, e) => write!(f, "{name}: {e}"),
        }
    }
}
impl std::error::Error for ReportError {}

/// Writes everything that is made of a journal into a folder, and gives the paths: `report.html`, `junit.xml`, `badge.svg`, `badge.json`,
/// `certificate.json` (of whole runs; an older one goes away otherwise) and `cases/*.json`, the replay files of what failed.
/// Each file appears at once or not at all.
///
/// # Errors
/// The first file that could not be made or written.
pub fn write_all(journal: &Journal, texts: &BTreeMap<String, String>, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let document = |name, e: &dyn fmt::Display| ReportError::Document(name, e.to_string());
    let html = html::render(journal, texts, None).map_err(|e| document("report.html", &e))?;
    let junit = junit::render(journal, texts).map_err(|e| document("junit.xml", &e))?;
    let badge = Badge::of(journal);
    let json = |value: &serde_json::Value| format!("{value:#}\n");
    let mut files = vec![
        (dir.join("report.html"), html),
        (dir.join("junit.xml"), junit),
        (dir.join("badge.svg"), badge.svg()),
        (dir.join("badge.json"), json(&badge.endpoint())),
    ];
    let certificate = dir.join("certificate.json");
    match Certificate::of(journal) {
        Ok(c) => files.push((certificate, json(&c.to_json()))),
        // A certificate of another run beside this one's report would mislead.
        Err(_) => remove(&certificate)?,
    }
    let cases = dir.join("cases");
    for check in summary::troubles(journal) {
        if let Some(failure) = &check.failure {
            files.push((cases.join(summary::case_file(check)), json(&failure.case)));
        }
    }
    let create = |folder: &Path| std::fs::create_dir_all(folder).map_err(|e| ReportError::Io(folder.into(), e));
    create(dir)?;
    clear(&cases)?;
    if files.iter().any(|(path, _)| path.starts_with(&cases)) {
        create(&cases)?;
    }
    for (path, text) in &files {
        write(path, text).map_err(|e| ReportError::Io(path.clone(), e))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// Under another name first, then renamed.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private; reports are not.
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

fn remove(path: &Path) -> Result<(), ReportError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(ReportError::Io(path.into(), e)),
        _ => Ok(()),
    }
}

/// Replay files of an earlier run.
fn clear(cases: &Path) -> Result<(), ReportError> {
    let Ok(entries) = std::fs::read_dir(cases) else { return Ok(()) };
    let mut old = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.extension().is_some_and(|e| e == "json"));
    old.try_for_each(|path| remove(&path))
}

/// An incident, in words.
pub(crate) fn incident_text(incident: &Incident) -> String {
    match incident {
        Incident::Crash(how) => format!("the worker crashed: {how}"),
        Incident::Hang => "no answer within the deadline".into(),
        Incident::Memory => "more memory than allowed".into(),
        Incident::Lost(how) => format!("the device was lost: {how}"),
        Incident::Protocol(how) => format!("an answer that is not one: {how}"),
        Incident::Start(how) => format!("the worker did not start: {how}"),
    }
}
