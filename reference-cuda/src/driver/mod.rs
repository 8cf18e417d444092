//! The driver, as far as it is used: a context and its stream, memory, modules, launches. Everything unsafe of the run time is here.
//!
//! Work of one device goes to one stream, so it happens in the order of the calls, whichever thread makes them.
mod context;
mod module;
mod peer;

pub(crate) use context::{Context, Pointer, count, driver_version, initialise};
pub(crate) use module::{Function, Grid, Image};

use cudarc::driver::result::DriverError;
use cudarc::driver::sys::CUresult;

/// What the driver answered instead of success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) out_of_memory: bool,
    /// A library, or a part of it, is not there.
    pub(crate) missing: bool,
    pub(crate) text: String,
}

impl Fault {
    pub(crate) fn new(text: impl Into<String>) -> Fault {
        Fault { out_of_memory: false, missing: false, text: text.into() }
    }

    pub(crate) fn missing(text: String) -> Fault {
        Fault { out_of_memory: false, missing: true, text }
    }
}

impl From<DriverError> for Fault {
    fn from(e: DriverError) -> Fault {
        let name = e.error_name().map(|n| n.to_string_lossy().into_owned());
        let said = e.error_string().map(|n| n.to_string_lossy().into_owned());
        let text = match (name, said) {
            (Ok(name), Ok(said)) if name != said => format!("{name}: {said}"),
            (Ok(name), _) => name,
            _ => format!("error {}", e.0 as u32),
        };
        Fault { out_of_memory: e.0 == CUresult::CUDA_ERROR_OUT_OF_MEMORY, missing: false, text }
    }
}
