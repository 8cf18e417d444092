//! Builds the emulator: stand-ins for the libraries of driver and run-time compiler that run kernels on the host.
//!
//! Their sources come with this crate; a C++ compiler (`g++`, or what `CXX` names) makes libraries of them once, in the folder that programs
//! keep caches in. What they check, and what they cannot see, is told in `emulator/README.md`.
use crate::compiler::cache::{digest, folder, unique, write_whole};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The environment variable with the seed of the orders that threads and blocks run in.
pub const SEED_ENV: &str = "EMULATED_SEED";

/// The sources: name and text.
const SOURCES: &[(&str, &str)] = &[
    ("machine.h", include_str!("../emulator/machine.h")),
    ("kernel.h", include_str!("../emulator/kernel.h")),
    ("threads.h", include_str!("../emulator/threads.h")),
    ("threads.cpp", include_str!("../emulator/threads.cpp")),
    ("library.h", include_str!("../emulator/library.h")),
    ("library.cpp", include_str!("../emulator/library.cpp")),
    ("memory.h", include_str!("../emulator/memory.h")),
    ("memory.cpp", include_str!("../emulator/memory.cpp")),
    ("driver.cpp", include_str!("../emulator/driver.cpp")),
    ("compiler.cpp", include_str!("../emulator/compiler.cpp")),
    ("checked.cpp", include_str!("../emulator/libraries/checked.cpp")),
    ("stand_in.h", include_str!("../emulator/libraries/stand_in.h")),
    ("blas.cpp", include_str!("../emulator/libraries/blas.cpp")),
    ("solver.cpp", include_str!("../emulator/libraries/solver.cpp")),
    ("fft.cpp", include_str!("../emulator/libraries/fft.cpp")),
];

/// A library: its name, which is the first that is asked for, and what it is made of.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("libcuda.so", &["driver.cpp", "library.cpp", "memory.cpp", "threads.cpp", "checked.cpp"]),
    ("libnvrtc.so", &["compiler.cpp"]),
    ("libcublas.so", &["blas.cpp"]),
    ("libcusolver.so", &["solver.cpp"]),
    ("libcufft.so", &["fft.cpp"]),
];

/// The folder with the libraries; built if it is not there.
///
/// # Errors
/// What is missing, or what the compiler said.
pub fn build() -> Result<PathBuf, String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("it runs on Linux on x86-64 only".into());
    }
    let compiler = std::env::var("CXX").ok().filter(|c| !c.is_empty()).unwrap_or_else(|| "g++".into());
    let mut texts = vec![compiler.as_str()];
    texts.extend(SOURCES.iter().flat_map(|(name, text)| [*name, *text]));
    let key = &digest(&texts)[..16];
    let base = folder("emulator").unwrap_or_else(|| std::env::temp_dir().join("reference-cuda-emulator"));
    let place = base.join(key);
    let failed = |e: std::io::Error| format!("{}: {e}", place.display());
    std::fs::create_dir_all(&place).map_err(failed)?;
    for (name, text) in SOURCES {
        if !place.join(name).exists() {
            write_whole(&place.join(name), text.as_bytes()).map_err(failed)?;
        }
    }
    for (library, sources) in LIBRARIES {
        if !place.join(library).exists() {
            make(&compiler, &place, library, sources)?;
        }
    }
    Ok(place)
}

/// Compiles one library, under another name first: other processes may be building the same.
fn make(compiler: &str, place: &Path, library: &str, sources: &[&str]) -> Result<(), String> {
    let own = place.join(format!("{library}.{}", unique()));
    let output = Command::new(compiler)
        .current_dir(place)
        .args(["-std=c++17", "-O2", "-shared", "-fPIC", &format!("-Wl,-soname,{library}"), "-o"])
        .arg(&own)
        .args(sources)
        .arg("-ldl")
        .output()
        .map_err(|e| format!("`{compiler}` cannot be executed: {e}; install g++, or name a C++ compiler in CXX"))?;
    if !output.status.success() {
        return Err(format!("`{compiler}` failed on {library}:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    std::fs::rename(&own, place.join(library)).map_err(|e| format!("{}: {e}", own.display()))
}
