//! Makes libraries of folders known to the process, so that loading by name finds them.
use crate::Unavailable;
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
use std::path::PathBuf;

/// Loads the first of these files that is found in one of the folders, for good. Whether there was one.
pub(super) fn load(folders: &[PathBuf], names: &[&str]) -> bool {
    let files = folders.iter().flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    for file in files.filter(|f| f.exists()) {
        // SAFETY: the initialisers of NVIDIA's libraries (and of the emulator) have no conditions; the library is never unloaded.
        if let Ok(library) = unsafe { Library::open(Some(&file), RTLD_NOW | RTLD_GLOBAL) } {
            std::mem::forget(library);
            return true;
        }
    }
    false
}

/// Makes sure that there is a driver library.
///
/// # Errors
/// `NoDriver`.
pub(crate) fn driver(folders: &[PathBuf]) -> Result<(), Unavailable> {
    // A driver that the process has already loaded by its name is found again, whatever the folders hold.
    load(folders, &["libcuda.so", "libcuda.so.1"]);
    // SAFETY: only tries to load the library by its names.
    match unsafe { cudarc::driver::sys::is_culib_present() } {
        true => Ok(()),
        false => Err(Unavailable::NoDriver),
    }
}

/// The lowest version of the run-time compiler.
const WANTED: (i32, i32) = (13, 0);

/// Makes sure that there is a run-time compiler of the right version.
///
/// # Errors
/// `NoCompiler`, `CompilerTooOld`.
pub(crate) fn compiler(folders: &[PathBuf]) -> Result<(), Unavailable> {
    // The compiler opens its builtins by name, so they come first.
    load(folders, &["libnvrtc-builtins.so.13.0", "libnvrtc-builtins.so.13"]);
    load(folders, &["libnvrtc.so", "libnvrtc.so.13"]);
    // SAFETY: only tries to load the library by its names.
    if !unsafe { cudarc::nvrtc::sys::is_culib_present() } {
        return Err(Unavailable::NoCompiler { searched: folders.to_vec() });
    }
    let (mut major, mut minor) = (0, 0);
    // SAFETY: the library is present, and the pointers are to two integers.
    let status = unsafe { cudarc::nvrtc::sys::nvrtcVersion(&mut major, &mut minor) };
    match status.result() {
        Ok(()) if (major, minor) >= WANTED => Ok(()),
        Ok(()) => Err(Unavailable::CompilerTooOld { found: (major, minor), wanted: WANTED }),
        Err(_) => Err(Unavailable::NoCompiler { searched: folders.to_vec() }),
    }
}
