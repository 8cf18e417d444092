//! Elementwise operations: one driver that feeds blocks to kernels, whatever the layouts; kernels are plain loops over slices.
pub(crate) mod binary;
pub(crate) mod cast;
pub(crate) mod clip;
pub(crate) mod complex;
pub(crate) mod float;
pub(crate) mod integer;
pub(crate) mod select;
pub(crate) mod unary;

use crate::array::{CpuArray, Typed, gather, wrong_dtype};
use crate::memory::{self, BLOCK};
use array_protocol::{BinaryOp, Error, ErrorKind, Op, Result, Shape, UnaryOp};
use std::borrow::Cow;

/// A loop over blocks of one operand.
pub(crate) type Kernel1<A, U> = fn(&[A], &mut [U]);
/// A loop over blocks of two operands.
pub(crate) type Kernel2<A, B, U> = fn(&[A], &[B], &mut [U]);

/// A loop over blocks that are overwritten: start, old elements, new elements.
type Overwrite<'a, A> = dyn Fn(usize, &[A], &mut [A]) + Sync + 'a;

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
        |a, out| a.iter().zip(out).for_each(|(&$x, o)| *o = $body)
    };
    (|$x:ident, $y:ident| $body:expr) => {
        |a, b, out| a.iter().zip(b).zip(out).for_each(|((&$x, &$y), o)| *o = $body)
    };
}
pub(crate) use kernel;

/// An operand, broadcast: its elements in C order, given as one run that repeats.
pub(crate) struct Source<'a, T: Typed>(Cow<'a, [T]>);

impl<'a, T: Typed> Source<'a, T> {
    /// # Errors
    /// `Shape`, `OutOfMemory`.
    pub(crate) fn new(op: impl Into<Op>, x: &'a CpuArray, shape: &Shape) -> Result<Self> {
        let op = op.into();
        let mut layout = x.layout.broadcast_to(shape).ok_or_else(|| Error::new(ErrorKind::Shape, op).shapes(&[x.shape(), shape]))?;
        if let Some(period) = layout.period() {
            // Only the run itself: the repeated axes in front carry nothing new.
            layout.shape = Shape::from([period]);
            layout.strides = smallvec::smallvec![1];
        }
        Ok(Source(gather(op, x.data::<T>(op)?, &layout)?))
    }

    /// Hands the elements `start..start + len` to `f`; `len` is at most [`BLOCK`].
    pub(crate) fn block(&self, start: usize, len: usize, f: &mut dyn FnMut(&[T])) {
        let run = &*self.0;
        let from = if run.is_empty() { 0 } else { start % run.len() };
        if let Some(direct) = run.get(from..from + len) {
            return f(direct);
        }
        let mut scratch = [T::default(); BLOCK];
        for (s, &v) in scratch.iter_mut().take(len).zip(run.iter().cycle().skip(from)) {
            *s = v;
        }
        f(&scratch[..len.min(BLOCK)]);
    }
}

/// `kernel` over one array.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn map<A: Typed, U: Typed>(op: impl Into<Op>, x: &CpuArray, kernel: Kernel1<A, U>) -> Result<CpuArray> {
    let op = op.into();
    let source = Source::<A>::new(op, x, x.shape())?;
    let n = memory::size(op, x.shape())?;
    let out = memory::generate(op, n, &|start, out: &mut [U]| source.block(start, out.len(), &mut |a| kernel(a, out)))?;
    Ok(CpuArray::new(x.shape().clone(), out))
}

/// `kernel` over two arrays broadcast to `shape`.
///
/// # Errors
/// `Shape`, `OutOfMemory`.
pub(crate) fn zip<A: Typed, B: Typed, U: Typed>(
    op: impl Into<Op>,
    x: &CpuArray,
    y: &CpuArray,
    shape: Shape,
    kernel: Kernel2<A, B, U>,
) -> Result<CpuArray> {
    let op = op.into();
    let n = memory::size(op, &shape)?;
    let (a, b) = (Source::<A>::new(op, x, &shape)?, Source::<B>::new(op, y, &shape)?);
    let out = memory::generate(op, n, &|start, out: &mut [U]| {
        let len = out.len();
        a.block(start, len, &mut |a| b.block(start, len, &mut |b| kernel(a, b, out)));
    })?;
    Ok(CpuArray::new(shape, out))
}

/// Overwrites the elements of an array that shares its memory with nobody and lies in C order; says whether it did.
pub(crate) fn update<A: Typed>(x: &mut CpuArray, kernel: &Overwrite<'_, A>) -> bool {
    let Some((data, layout)) = x.unique::<A>() else { return false };
    if !layout.is_contiguous() {
        return false;
    }
    let Some(run) = data.get_mut(layout.offset..).and_then(|d| d.get_mut(..layout.size())) else { return false };
    memory::rewrite(run, &|start, block: &mut [A]| {
        let mut old = [A::default(); BLOCK];
        let old = &mut old[..block.len()];
        old.copy_from_slice(block);
        kernel(start, old, block);
    });
    true
}

/// The shape that two operands broadcast to.
///
/// # Errors
/// `Shape`.
pub(crate) fn broadcast(op: impl Into<Op>, x: &Shape, y: &Shape) -> Result<Shape> {
    x.broadcast(y).ok_or_else(|| Error::new(ErrorKind::Shape, op).shapes(&[x, y]))
}

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
