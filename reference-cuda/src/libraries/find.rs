//! The folders that libraries are looked for in.
use super::LIBRARIES_ENV;
use std::path::{Path, PathBuf};

/// Folders to look into before the system's own, in that order. `first` comes before all.
pub(crate) fn folders(first: Option<&Path>) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = first.map(Path::to_path_buf).into_iter().collect();
    if let Some(named) = std::env::var_os(LIBRARIES_ENV) {
        out.extend(std::env::split_paths(&named).filter(|p| !p.as_os_str().is_empty()));
    }
    for variable in ["CUDA_HOME", "CUDA_PATH"] {
        if let Some(home) = std::env::var_os(variable) {
            out.push(Path::new(&home).join("lib64"));
        }
    }
    for variable in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        if let Some(environment) = std::env::var_os(variable) {
            out.extend(python(Path::new(&environment)));
        }
    }
    out.push("/usr/local/cuda/lib64".into());
    out.retain(|folder| folder.is_dir());
    out
}

/// `lib/python*/site-packages/nvidia/*/lib` of a Python environment; the folder of CUDA 13 first.
fn python(environment: &Path) -> Vec<PathBuf> {
    let mut out = vec![];
    for version in children(&environment.join("lib")).filter(|p| named(p, "python")) {
        let packages = version.join("site-packages/nvidia");
        out.push(packages.join("cu13/lib"));
        out.extend(children(&packages).map(|p| p.join("lib")));
    }
    out
}

fn named(path: &Path, start: &str) -> bool {
    path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(start))
}

fn children(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    all.sort();
    all.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_folder_comes_first() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(folders(Some(here)).first().map(PathBuf::as_path), Some(here));
        assert!(folders(Some(Path::new("/no/such/folder"))).iter().all(|f| f.is_dir()));
    }
}
