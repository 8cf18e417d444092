//! Derived operations: free functions that call only primitives. A backend reaches them from its `_` arms and through the
//! trait's defaults; they face the same clauses as a hand-written implementation.
use crate::options::*;
use crate::{Backend, BinaryOp, CreateOp, Error, IndexingOp, InterchangeOp, Operand, ReduceOp, Result, SelectOp, ShapeOp, UnaryOp};

/// For the `_` arm of [`Backend::unary`].
///
/// # Errors
/// `Unsupported` where the operation is a primitive.
pub fn unary<B: Backend>(b: &B, op: UnaryOp, x: &B::Array) -> Result<B::Array> {
    Err(Error::unsupported(op).dtypes(&[b.dtype(x)]))
}

/// For the `_` arm of [`Backend::binary`].
///
/// # Errors
/// `Unsupported` where the operation is a primitive.
pub fn binary<B: Backend>(b: &B, op: BinaryOp, x1: Operand<&B::Array>, x2: Operand<&B::Array>) -> Result<B::Array> {
    let _ = (b, x1, x2);
    Err(Error::unsupported(op))
}

/// For the `_` arm of [`Backend::reduce`].
///
/// # Errors
/// `Unsupported` where the operation is a primitive.
pub fn reduce<B: Backend>(b: &B, op: ReduceOp, x: &B::Array, how: &Reduce) -> Result<B::Array> {
    let _ = how;
    Err(Error::unsupported(op).dtypes(&[b.dtype(x)]))
}

macro_rules! not_yet {
    ($( fn $name:ident($($arg:ident: $ty:ty),*) = $op:expr; )*) => { $(
        /// Derived.
        ///
        /// # Errors
        /// Those of the operation.
        pub fn $name<B: Backend>(b: &B, $($arg: $ty),*) -> Result<B::Array> { let _ = (b, $($arg),*); Err(Error::unsupported($op)) }
    )* };
}
not_yet! {
    fn clip(x: &B::Array, min: Option<Operand<&B::Array>>, max: Option<Operand<&B::Array>>) = SelectOp::Clip;
    fn full(how: &Full) = CreateOp::Full;
    fn arange(how: &Arange) = CreateOp::Arange;
    fn linspace(how: &Linspace) = CreateOp::Linspace;
    fn eye(how: &Eye) = CreateOp::Eye;
    fn tril(x: &B::Array, k: i64) = ShapeOp::Tril;
    fn flip(x: &B::Array, axes: &Axes) = ShapeOp::Flip;
    fn roll(x: &B::Array, how: &Roll) = ShapeOp::Roll;
    fn squeeze(x: &B::Array, axes: &AxisList) = ShapeOp::Squeeze;
    fn take(x: &B::Array, indices: &B::Array, axis: Option<i64>) = IndexingOp::Take;
    fn to_device(x: &B::Array, device: Device) = InterchangeOp::ToDevice;
}
