//! The reference CPU backend of the array protocol: correct first, then fast.
//!
//! An array is a shared typed buffer and a layout. Views (`permute_dims`, slices with any step, `broadcast_to`, `flip`) are other
//! layouts of the same buffer and take O(1); every other operation reads any layout and writes memory of its own. Results of elementwise
//! operations, reductions, sorts and products do not depend on the number of threads.
//!
//! [`Simd`] names the vector instructions that loops are compiled for; the widest are chosen at run time.
//!
//! Choices that the specification leaves to a backend are listed in [`Cpu::info`](array_protocol::Backend::info).
#![deny(unsafe_code)]

mod array;
mod backend;
mod creation;
mod elementwise;
mod fourier;
mod indexing;
mod interchange;
mod linalg;
mod loops;
mod math;
mod memory;
mod promote;
mod random;
mod reduction;
mod shape;
mod simd;
mod sorting;

pub use array::CpuArray;
pub use backend::Cpu;
pub use simd::Simd;
