//! Which kernels a program asks for: written down where an environment variable says so.
use super::Family;
use super::cache::write_whole;
use std::fs::{OpenOptions, create_dir_all};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The environment variable that names a folder, to which the kernels that are asked for are written: the text of each family, and a list of
/// the instances.
pub const KERNELS_ENV: &str = "REFERENCE_CUDA_KERNELS";

/// The folder.
pub(super) fn folder() -> Option<PathBuf> {
    std::env::var_os(KERNELS_ENV).filter(|v| !v.is_empty()).map(PathBuf::from)
}

/// Writes a kernel down. Several processes may do so; a kernel may come several times.
///
/// # Errors
/// Those of the file system.
pub(super) fn record(folder: &Path, family: Family, source: &str, expression: &str) -> std::io::Result<()> {
    create_dir_all(folder)?;
    let text = folder.join(format!("{family:?}.cu"));
    if std::fs::read(&text).ok().as_deref() != Some(source.as_bytes()) {
        write_whole(&text, source.as_bytes())?;
    }
    let mut list = OpenOptions::new().create(true).append(true).open(folder.join(format!("{family:?}.list")))?;
    // One call: lines of several processes do not mix.
    list.write_all(format!("{expression}\n").as_bytes())
}
