//! The array protocol: one trait, one list of operations, one closed set of errors.
//!
//! Write an algorithm once, against [`Array<B>`](Array) or [`Backend`], and run it on any backend that conforms: the specification says which
//! answers are right and how far they may be off, and the package `conformance` shows by experiment whether a backend keeps to it.
//!
//! ```
//! use array_protocol::prelude::*;
//! use reference_cpu::Cpu;
//!
//! fn normalise<B: Backend>(x: &Array<B>) -> Result<Array<B>> {
//!     let mean = x.mean(Reduce::over(&[-1]).keepdims(true))?;
//!     let std = x.std(Reduce::over(&[-1]).keepdims(true))?;
//!     (x - &mean) / &std
//! }
//!
//! # fn main() -> Result<()> {
//! let x = Array::from_slice(&Cpu::default(), [2, 2], &[1.0f32, 3.0, 10.0, 30.0])?;
//! assert_eq!(normalise(&x)?.to_string(), "[[-1.  1.]\n [-1.  1.]]");
//! assert_eq!((2.0 * &x)?.get(&idx![1, ..])?.to_vec::<f32>()?, [20.0, 60.0]);
//! # Ok(())
//! # }
//! ```
//!
//! The hardware may also be picked at run time: an `Array<AnyBackend>` is an array of whichever backend it was made with.
//!
//! ```
//! use array_protocol::prelude::*;
//!
//! # fn main() -> Result<()> {
//! let backend = AnyBackend::new(reference_cpu::Cpu::default());
//! let x = Array::linspace(&backend, 0.0, 1.0, 5)?;
//! assert_eq!((&x * &x)?.sum(())?.item::<f64>()?, 1.875);
//! # Ok(())
//! # }
//! ```
//!
//! # Who needs what
//!
//! - To *use* arrays: [`prelude`].
//! - To *implement* a backend: [`Backend`], whose `_` arms go to [`derived`].
//! - To treat calls as data (trace, route, record, break on purpose): [`Call`], [`Via`], [`dispatch`].
//! - To exchange memory with other libraries: [`dlpack`], [`npy`], and `ndarray` with the feature of that name.
//!
//! Features: `serde` (calls as data travel), `manifests` (the normative text, parsed), `ndarray`. Bare, the crate has four small dependencies.
#![deny(unsafe_code)]

pub mod array;
pub mod backend;
pub mod call;
pub mod derived;
pub mod dispatch;
#[allow(unsafe_code, reason = "foreign memory; each block states its condition")]
pub mod dlpack;
pub mod dtype;
pub mod error;
pub mod host;
pub mod index;
pub mod info;
#[cfg(feature = "manifests")]
pub mod manifest;
#[cfg(feature = "ndarray")]
mod ndarray;
pub mod npy;
pub mod ops;
pub mod options;
pub mod prelude;
mod promotion;
pub mod strided;
pub mod via;

pub use array::Array;
pub use backend::Backend;
pub use call::{Call, Operand, Reply};
pub use dtype::{DType, Element, Kind, Scalar};
pub use error::{Error, ErrorKind, Result};
pub use host::{Bytes, HostArray, Shape};
pub use index::Index;
pub use info::{Info, SPEC_VERSION};
pub use ops::*;
pub use options::{Device, Key};
pub use promotion::common_dtype;
pub use via::{Intercept, Via};
