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

use crate::{Error, ErrorKind, Op, Result, Scalar, Shape};
use smallvec::SmallVec;

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

/// The axes that a caller's list names, each once.
fn axes(op: impl Into<Op>, shape: &Shape, given: &[i64]) -> Result<SmallVec<[usize; 4]>> {
    let mut found = SmallVec::new();
    let op = op.into();
    for &axis in given {
        match shape.axis(axis) {
            Some(a) if !found.contains(&a) => found.push(a),
            Some(_) => return Err(Error::new(ErrorKind::Axis, op).shapes(&[shape]).detail(format!("axis {axis} named twice"))),
            None => return Err(Error::new(ErrorKind::Axis, op).shapes(&[shape]).detail(format!("axis {axis}"))),
        }
    }
    Ok(found)
}

const ZERO: Scalar = Scalar::Int(0);
