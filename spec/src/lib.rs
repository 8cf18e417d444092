//! The array protocol: one trait, one list of operations, one closed set of errors.
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
pub use via::{Intercept, Via};
