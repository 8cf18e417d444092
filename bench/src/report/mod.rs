//! Forms of a report that do not depend on what was measured: where and when, tables, charts.
pub mod chart;
pub mod machine;
pub mod text;

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;

/// A report as a file has it.
pub fn json<T: Serialize>(report: &T) -> String {
    // Strings, numbers and lists: nothing in a report can fail to be written.
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}

/// What an earlier [`json`] wrote.
///
/// # Errors
/// Where the file cannot be read, or is something else.
pub fn read<T: DeserializeOwned>(file: &Path) -> Result<T, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))
}

/// Names and versions in one line.
pub fn versions_line(versions: &BTreeMap<String, String>) -> String {
    versions.iter().map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", ")
}

/// Writes a file, and the folders that lead to it.
///
/// # Errors
/// What the system says.
pub fn put(file: &Path, content: &str) -> Result<(), String> {
    let wrong = |e: std::io::Error| format!("{}: {e}", file.display());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    std::fs::write(file, content).map_err(wrong)
}
