//! The reference backend of the array protocol for NVIDIA GPUs.
//!
//! ```no_run
//! use array_protocol::prelude::*;
//! use reference_cuda::Cuda;
//!
//! # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! let cuda = Cuda::open(0)?; // or the reason why not, and what to do
//! let x = Array::linspace(&cuda, 0.0, 1.0, 1_000_000)?;
//! println!("{}", (&x * &x)?.exp()?);
//! # Ok(())
//! # }
//! ```
//!
//! It builds on any machine: CUDA is looked for when a device is opened. Kernels are CUDA C++, compiled on first use for the device at hand
//! and kept in memory and on disk. [`Cuda::emulated`] runs the same kernels and the same host code on the host, which checks their logic
//! where there is no GPU; it is slow, and says of itself that it is an emulation.
#![deny(unsafe_code)]

mod array;
mod backend;
mod compiler;
mod creation;
mod device;
#[allow(unsafe_code, reason = "the edge to the driver; each block states its condition")]
mod driver;
mod elementwise;
pub mod emulator;
mod fourier;
mod indexing;
mod interchange;
mod launch;
mod libraries;
mod linalg;
mod memory;
mod random;
mod reduction;
mod shape;
mod sorting;
mod unavailable;

/// What kernels take of a device, also of one that is not there.
pub mod kernels {
    pub use crate::compiler::KERNELS_ENV;
    pub use crate::compiler::report::{Choice, Usage, compiler, report};
}

pub use array::CudaArray;
pub use backend::{Cuda, Options};
pub use libraries::LIBRARIES_ENV;
pub use unavailable::Unavailable;
