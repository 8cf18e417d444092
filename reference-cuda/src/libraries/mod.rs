//! Where CUDA's libraries are: the system's own places, a folder that is named, and the `nvidia` folders of Python environments.
mod find;
#[allow(unsafe_code, reason = "libraries are loaded; each block states its condition")]
mod load;

pub(crate) use find::folders;
pub(crate) use load::{compiler, driver};

/// The environment variable that names folders with CUDA's libraries, separated as in `PATH`; they come before all others.
pub const LIBRARIES_ENV: &str = "REFERENCE_CUDA_LIBRARIES";
