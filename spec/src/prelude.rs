//! What most programs need, in one import.
pub use crate::dispatch::{AnyArray, AnyBackend};
pub use crate::options::{Arange, ArgReduce, Device, Eye, Fft, Full, Key, Linspace, Qr, Random, Reduce, Roll, Scan, Search, Sort, Svd};
pub use crate::{Array, Backend, DType, Element, Error, ErrorKind, HostArray, Index, Operand, Result, Scalar, Shape, idx};
