//! The driver, as far as it is used: a context and its stream, memory, modules, launches. Everything unsafe of the run time is here.
//!
//! Work of one device goes to one stream, so it happens in the order of the calls, whichever thread makes them.
mod context;
mod module;
mod peer;

pub(crate) use context::{Context, Pointer, count, driver_version, initialise};
pub(crate) use module::{Function, Grid, Image};

use array_protocol::ErrorKind;
use cudarc::driver::result::DriverError;
use cudarc::driver::sys::CUresult;

/// What driver or library answered instead of success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// `OutOfMemory`, `Lost`, `Unsupported` where a library, or a part of it, is not there; else `Backend`.
    pub(crate) kind: ErrorKind,
    pub(crate) text: String,
}

impl Fault {
    pub(crate) fn new(text: impl Into<String>) -> Fault {
        Fault { kind: ErrorKind::Backend, text: text.into() }
    }

    pub(crate) fn missing(text: String) -> Fault {
        Fault { kind: ErrorKind::Unsupported, text }
    }

    /// What a library answered, in its own name; `exhausted`: that it got no memory.
    pub(crate) fn said(library: &str, status: impl std::fmt::Debug, exhausted: bool) -> Fault {
        let kind = if exhausted { ErrorKind::OutOfMemory } else { ErrorKind::Backend };
        Fault { kind, text: format!("{library}: {status:?}") }
    }
}

/// Whether the context fails for good: of these CUDA says that every later call fails too, until the process is started again.
fn for_good(code: CUresult) -> bool {
    use CUresult::*;
    matches!(
        code,
        CUDA_ERROR_DEINITIALIZED
            | CUDA_ERROR_ECC_UNCORRECTABLE
            | CUDA_ERROR_NVLINK_UNCORRECTABLE
            | CUDA_ERROR_CONTAINED
            | CUDA_ERROR_ILLEGAL_ADDRESS
            | CUDA_ERROR_LAUNCH_TIMEOUT
            | CUDA_ERROR_CONTEXT_IS_DESTROYED
            | CUDA_ERROR_ASSERT
            | CUDA_ERROR_HARDWARE_STACK_ERROR
            | CUDA_ERROR_ILLEGAL_INSTRUCTION
            | CUDA_ERROR_MISALIGNED_ADDRESS
            | CUDA_ERROR_INVALID_ADDRESS_SPACE
            | CUDA_ERROR_INVALID_PC
            | CUDA_ERROR_LAUNCH_FAILED
            | CUDA_ERROR_TENSOR_MEMORY_LEAK
            | CUDA_ERROR_MPS_CLIENT_TERMINATED
            | CUDA_ERROR_EXTERNAL_DEVICE
    )
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
        match e.0 {
            CUresult::CUDA_ERROR_OUT_OF_MEMORY => Fault { kind: ErrorKind::OutOfMemory, text },
            code if for_good(code) => {
                Fault { kind: ErrorKind::Lost, text: format!("{text}; the device is lost to this process, start a new one") }
            }
            _ => Fault::new(text),
        }
    }
}
