//! `conform new`: a crate to fill in.
use crate::{CONFORMS, Outcome};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct NewArgs {
    /// Name of the crate: letters, digits, `-` and `_`.
    name: String,
    /// The folder to make it in; default: the name.
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
}

const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../../../scaffold/Cargo.toml.in")),
    ("README.md", include_str!("../../../scaffold/README.md.in")),
    ("conformance.toml", include_str!("../../../scaffold/conformance.toml.in")),
    (".gitignore", "/target\n"),
    (".github/workflows/conformance.yml", include_str!("../../../scaffold/conformance.yml.in")),
    ("src/lib.rs", include_str!("../../../scaffold/lib.rs.in")),
    ("src/bin/worker.rs", include_str!("../../../scaffold/worker.rs.in")),
    ("tests/conformance.rs", include_str!("../../../scaffold/test.rs.in")),
];

pub(crate) fn new(args: &NewArgs) -> Outcome {
    let name = &args.name;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(good) || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(format!("`{}` is no name of a crate: a letter, then letters, digits, `-` and `_`", name.escape_debug()));
    }
    let folder = args.path.clone().unwrap_or_else(|| PathBuf::from(name));
    if folder.exists() {
        return Err(format!("{} exists already", folder.display()));
    }
    // The packages are found beside the one that this program was built from; a released version names them by version.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default();
    let fill = |text: &str| {
        text.replace("{{name}}", name).replace("{{crate}}", &name.replace('-', "_")).replace("{{root}}", &root.display().to_string())
    };
    // Into a temporary neighbour first: what exists under the name is whole.
    let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
    let draft = tempfile::Builder::new().prefix(".conform-new-").tempdir_in(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
    for (file, text) in FILES {
        let path = draft.path().join(file);
        let write = || -> std::io::Result<()> {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(&path, fill(text))
        };
        write().map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let draft = draft.keep();
    std::fs::rename(&draft, &folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    println!(
        "{} is made. Next:\n  cd {}\n  cargo test            # certifies the operations that src/lib.rs has\n  edit src/lib.rs       # add operations; those that are missing are reported as unsupported",
        folder.display(),
        folder.display()
    );
    Ok(CONFORMS)
}
