//! The reference CPU backend of the array protocol: correct first, fast where that is plain.
//!
//! An array is a shared typed buffer and a layout. Views (`permute_dims`, slices with any step, `broadcast_to`, `flip`) are other
//! layouts of the same buffer and take O(1); every other operation reads any layout and writes fresh memory in C order. Elementwise
//! results and reductions do not depend on the number of threads.
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
mod layout;
mod linalg;
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
