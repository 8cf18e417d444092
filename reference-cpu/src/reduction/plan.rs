//! Which axes stay, which go, and in what order their elements lie.
use super::walk::Walk;
use crate::array::{CpuArray, Typed};
use crate::memory;
use array_protocol::strided::{Layout, Strides};
use array_protocol::{Error, ErrorKind, Op, Result, Shape};
use smallvec::SmallVec;

/// Lengths (not 1) and strides, in elements, of axes that do not continue each other.
pub(super) type Dims = SmallVec<[(usize, isize); 6]>;

/// A reduction as a pair of loops over a buffer: results, and the elements of each.
pub(super) struct Plan {
    /// Where the first element of the first result lies.
    pub(super) start: usize,
    pub(super) kept: Dims,
    pub(super) gone: Dims,
    /// Number of results.
    pub(super) outputs: usize,
    /// Number of elements that each is made of.
    pub(super) len: usize,
    /// Whether the elements of a result come in C order.
    pub(super) ordered: bool,
    /// Of the result. The results are computed in the order of `memory`, its axes with the longest strides in `x` first.
    shape: Shape,
    memory: SmallVec<[usize; 6]>,
}

impl Plan {
    /// `ordered` keeps the elements of a result in C order; without it they come as they lie in memory.
    ///
    /// # Errors
    /// `OutOfMemory` where the results cannot be counted, `Backend` for a layout that leaves its buffer of `room` elements.
    pub(super) fn new(
        op: impl Into<Op>,
        x: &Layout,
        room: usize,
        gone: &dyn Fn(usize) -> bool,
        keepdims: bool,
        ordered: bool,
    ) -> Result<Plan> {
        let op = op.into();
        let mut shape = Shape::scalar();
        let (mut len, mut start) = (1usize, x.offset);
        // Length, stride, axis of the result.
        let mut kept: SmallVec<[(usize, isize, usize); 6]> = SmallVec::new();
        let mut lost = Dims::new();
        for (axis, (&n, &stride)) in x.shape.iter().zip(&x.strides).enumerate() {
            if gone(axis) {
                len = len.saturating_mul(n);
                if keepdims {
                    shape.push(1);
                }
                if n > 1 && stride < 0 && !ordered {
                    start = start.wrapping_add_signed(stride.wrapping_mul(n as isize - 1));
                    lost.push((n, -stride));
                } else if n != 1 {
                    lost.push((n, stride));
                }
            } else {
                if n != 1 {
                    kept.push((n, stride, shape.rank()));
                }
                shape.push(n);
            }
        }
        let outputs = memory::size(op, &shape)?;
        if outputs > 0 && len > 0 && !inside(x, room) {
            return Err(Error::new(ErrorKind::Backend, op).shapes(&[&x.shape]).detail("a view outside of its buffer"));
        }
        // Repeated elements (stride 0) are walked over last.
        let far = |stride: isize| std::cmp::Reverse(if stride == 0 { usize::MAX } else { stride.unsigned_abs() });
        if outputs > 0 {
            kept.sort_by_key(|&(_, stride, _)| far(stride));
        }
        if !ordered {
            lost.sort_by_key(|&(_, stride)| far(stride));
        }
        let memory = kept.iter().map(|&(.., axis)| axis).collect();
        let kept = collapse(kept.iter().map(|&(n, stride, _)| (n, stride)));
        Ok(Plan { start, kept, gone: collapse(lost.into_iter()), outputs, len, ordered, shape, memory })
    }

    /// The results as an array.
    pub(super) fn array<U: Typed>(self, out: Vec<U>) -> CpuArray {
        let shape = self.shape;
        if self.memory.is_sorted() {
            return CpuArray::new(shape, out);
        }
        let mut strides: Strides = smallvec::smallvec![0; shape.rank()];
        let mut step = 1isize;
        for &axis in self.memory.iter().rev() {
            strides[axis] = step;
            step = step.saturating_mul(shape[axis] as isize);
        }
        let flat: Shape = std::iter::once(out.len()).collect();
        CpuArray::new(flat, out).with(Layout { shape, strides, offset: 0 })
    }

    /// The number of elements of a result, if they lie side by side.
    pub(super) fn straight(&self) -> Option<usize> {
        matches!(self.gone[..], [] | [(_, 1)]).then_some(self.len)
    }

    /// Where the elements of result `i` are counted from.
    pub(super) fn base(&self, i: usize) -> Walk<'_> {
        Walk::new(&self.kept, self.start, i)
    }
}

/// Whether all elements of an array that has some lie in a buffer of `room`.
fn inside(x: &Layout, room: usize) -> bool {
    let (mut low, mut high) = (Some(x.offset), Some(x.offset));
    for (&n, &stride) in x.shape.iter().zip(&x.strides) {
        let reach = stride.unsigned_abs().checked_mul(n.saturating_sub(1));
        let end = if stride < 0 { &mut low } else { &mut high };
        *end = end.zip(reach).and_then(|(at, by)| if stride < 0 { at.checked_sub(by) } else { at.checked_add(by) });
    }
    low.is_some() && high.is_some_and(|h| h < room)
}

/// Joins axes where the outer one goes on where the inner one ends.
fn collapse(dims: impl Iterator<Item = (usize, isize)>) -> Dims {
    let mut out = Dims::new();
    for (n, stride) in dims.filter(|&(n, _)| n != 1) {
        match out.last_mut() {
            Some(last) if last.1 == stride.wrapping_mul(n as isize) => *last = (last.0.saturating_mul(n), stride),
            _ => out.push((n, stride)),
        }
    }
    out
}
