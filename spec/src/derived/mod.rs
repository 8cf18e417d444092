//! Derived operations: free functions that call only primitives. A backend reaches them from its `_` arms and through the
//! trait's defaults; they face the same clauses as a hand-written implementation.
//!
//! No body calls an operation that has a body here, so that two of them can never wait for each other
//! (`tests/derived.rs` holds them to it, by recording).
mod arms;
mod create;
mod movement;

pub use arms::{binary, clip, reduce, unary};
pub use create::{arange, eye, full, linspace};
pub use movement::{flip, roll, squeeze, take, to_device, tril};

use crate::{Op, Result, Scalar};

/// Names the operation that the user called, whichever primitive failed.
trait Named<T> {
    fn named(self, op: impl Into<Op>) -> Result<T>;
}
impl<T> Named<T> for Result<T> {
    #[inline]
    fn named(self, op: impl Into<Op>) -> Result<T> {
        self.map_err(|e| e.as_op(op))
    }
}

const ZERO: Scalar = Scalar::Int(0);
