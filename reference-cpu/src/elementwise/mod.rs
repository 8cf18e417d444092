//! Elementwise operations: what happens to an element, by dtype; the loops are those of [`crate::loops`].
pub(crate) mod binary;
pub(crate) mod cast;
pub(crate) mod clip;
pub(crate) mod complex;
pub(crate) mod float;
pub(crate) mod integer;
pub(crate) mod select;
pub(crate) mod unary;

use crate::array::{CpuArray, Typed, wrong_dtype};
use crate::simd::Simd;
use array_protocol::{BinaryOp, Error, Op, UnaryOp};

/// A loop over blocks of one operand.
pub(crate) type Kernel1<A, U> = fn(Simd, &[A], &mut [U]);
/// A loop over blocks of two operands.
pub(crate) type Kernel2<A, B, U> = fn(Simd, &[A], &[B], &mut [U]);

/// What a unary operation does to elements of `A`.
pub(crate) enum Map<A: Elementwise> {
    Same(Kernel1<A, A>),
    Real(Kernel1<A, A::Real>),
    Bool(Kernel1<A, bool>),
}

/// What a binary operation does to elements of `A`.
pub(crate) enum Join<A> {
    Same(Kernel2<A, A, A>),
    Bool(Kernel2<A, A, bool>),
    /// Defined where each element of the second operand passes the test.
    Checked(fn(A) -> bool, Kernel2<A, A, A>),
}

/// The elementwise operations of an element type; `None`: the dtype is outside of the operation's domain.
pub(crate) trait Elementwise: Typed {
    /// The type of `abs`.
    type Real: Typed;
    fn unary(op: UnaryOp) -> Option<Map<Self>>;
    fn binary(op: BinaryOp) -> Option<Join<Self>>;
}

/// A [`Kernel1`] or [`Kernel2`] from what happens to one element.
macro_rules! kernel {
    (|$x:ident| $body:expr) => {
        |simd, a, out| {
            simd.run(
                #[inline(always)]
                || {
                    for (&$x, o) in a.iter().zip(out) {
                        *o = $body;
                    }
                },
            )
        }
    };
    (|$x:ident, $y:ident| $body:expr) => {
        |simd, a, b, out| {
            simd.run(
                #[inline(always)]
                || {
                    for ((&$x, &$y), o) in a.iter().zip(b).zip(out) {
                        *o = $body;
                    }
                },
            )
        }
    };
}
pub(crate) use kernel;

impl Elementwise for bool {
    type Real = bool;
    fn unary(_: UnaryOp) -> Option<Map<bool>> {
        None
    }
    fn binary(op: BinaryOp) -> Option<Join<bool>> {
        Some(match op {
            BinaryOp::BitwiseXor => Join::Same(kernel!(|x, y| x ^ y)),
            BinaryOp::LogicalAnd => Join::Same(kernel!(|x, y| x & y)),
            BinaryOp::Equal => Join::Bool(kernel!(|x, y| x == y)),
            _ => return None,
        })
    }
}

/// The error of an operation that has no meaning for the dtype of `x`.
#[cold]
fn outside(op: impl Into<Op>, x: &CpuArray) -> Error {
    wrong_dtype(op, &[x.dtype()])
}
