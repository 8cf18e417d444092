//! Forms of a report that do not depend on what was measured: where and when, tables, charts.
pub mod chart;
pub mod machine;
pub mod text;

use std::path::Path;

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
