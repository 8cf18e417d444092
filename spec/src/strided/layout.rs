//! Where the elements of an array lie in its buffer. Views (transposed, stepped, reversed, repeated) are other layouts of one buffer.
use crate::Shape;
use crate::host::clone_short;
use smallvec::SmallVec;

/// Distances in elements, one per axis.
pub type Strides = SmallVec<[isize; INLINE]>;
/// Up to this rank they need no heap.
const INLINE: usize = 4;

/// Shape, strides and offset, all in elements.
///
/// Every index inside the shape addresses an element of the buffer; an array without elements may have any offset up to the
/// length of the buffer.
#[derive(Debug)]
pub struct Layout {
    /// The lengths of the axes.
    pub shape: Shape,
    /// The distance between neighbours along each axis.
    pub strides: Strides,
    /// Where the first element lies.
    pub offset: usize,
}

impl Clone for Layout {
    #[inline]
    fn clone(&self) -> Self {
        Layout { shape: self.shape.clone(), strides: clone_short(&self.strides), offset: self.offset }
    }
}

impl Layout {
    /// C order from the start of the buffer.
    #[inline]
    pub fn contiguous(shape: Shape) -> Self {
        if let &[length] = &shape[..] {
            return Layout::vector(length);
        }
        let strides = c_strides(&shape);
        Layout { shape, strides, offset: 0 }
    }

    /// One axis of so many elements from the start of the buffer. Written where it is wanted, which copies of it are not: small arrays feel that.
    #[inline(always)]
    pub fn vector(length: usize) -> Self {
        let mut strides = [0; INLINE];
        strides[0] = 1;
        Layout { shape: Shape::from([length]), strides: Strides::from_buf_and_len(strides, 1), offset: 0 }
    }

    /// C order from the same first element, for elements that lie so.
    pub fn with_shape(&self, shape: Shape) -> Self {
        Layout { offset: self.offset, ..Layout::contiguous(shape) }
    }

    /// Number of elements.
    #[inline]
    pub fn size(&self) -> usize {
        self.shape.size()
    }

    /// Number of axes.
    #[inline]
    pub fn rank(&self) -> usize {
        self.shape.rank()
    }

    /// Whether the elements lie in C order without gaps.
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        match (&self.shape[..], &self.strides[..]) {
            (&[length], &[stride]) => stride == 1 || length <= 1,
            _ => self.contiguous_tail() == self.rank(),
        }
    }

    /// The part of the buffer that is the array, where its elements lie in C order without gaps.
    #[inline]
    pub fn run(&self) -> Option<std::ops::Range<usize>> {
        let size = match (&self.shape[..], &self.strides[..]) {
            (&[length], &[1]) => length,
            _ => self.contiguous_size()?,
        };
        Some(self.offset..self.offset + size)
    }

    /// The number of elements, where they lie in C order without gaps. Apart, so that the commonest case stays small where it is inlined.
    #[inline(never)]
    fn contiguous_size(&self) -> Option<usize> {
        self.is_contiguous().then(|| self.size())
    }

    /// The number of last axes that together lie in C order without gaps.
    #[inline]
    fn contiguous_tail(&self) -> usize {
        if self.size() == 0 {
            return self.rank();
        }
        let mut expected = 1isize;
        for (count, (&len, &stride)) in self.shape.iter().zip(&self.strides).rev().enumerate() {
            if len != 1 {
                if stride != expected {
                    return count;
                }
                expected = expected.saturating_mul(isize::try_from(len).unwrap_or(isize::MAX));
            }
        }
        self.rank()
    }

    /// Where the array repeats one contiguous run of elements in C order: the length of that run (the whole array if contiguous).
    pub fn period(&self) -> Option<usize> {
        if self.size() == 0 {
            return Some(0);
        }
        let outer = self.rank() - self.contiguous_tail();
        let repeated = self.shape.iter().zip(&self.strides).take(outer).all(|(&len, &stride)| len == 1 || stride == 0);
        repeated.then(|| self.shape.iter().skip(outer).product())
    }

    /// Whether two indices may name the same element.
    #[inline]
    pub fn overlaps_itself(&self) -> bool {
        // Views are made by basic indexing only, so that zero strides are the only overlap.
        self.shape.iter().zip(&self.strides).any(|(&len, &stride)| len > 1 && stride == 0)
    }

    /// The same elements under a shape that this one broadcasts to; `None` if it does not.
    #[inline]
    pub fn broadcast_to(&self, shape: &Shape) -> Option<Layout> {
        let added = shape.rank().checked_sub(self.rank())?;
        let mut strides: Strides = smallvec::smallvec![0; added];
        for ((&from, &to), &stride) in self.shape.iter().zip(shape.iter().skip(added)).zip(&self.strides) {
            strides.push(match (from, to) {
                (a, b) if a == b => stride,
                (1, _) => 0,
                _ => return None,
            });
        }
        Some(Layout { shape: shape.clone(), strides, offset: self.offset })
    }

    /// Axis `i` of the result is axis `axes[i]`. `axes` is a permutation.
    pub fn permute(&self, axes: &[usize]) -> Layout {
        let shape = axes.iter().map(|&a| self.shape[a]).collect();
        let strides = axes.iter().map(|&a| self.strides[a]).collect();
        Layout { shape, strides, offset: self.offset }
    }

    /// The layout with `axis` moved to the end.
    pub fn axis_last(&self, axis: usize) -> Layout {
        let mut out = self.clone();
        if let Some(len) = out.shape.remove(axis) {
            out.shape.push(len);
            let stride = out.strides.remove(axis);
            out.strides.push(stride);
        }
        out
    }

    /// The layout with the last axis moved to `axis`.
    pub fn last_to(&self, axis: usize) -> Layout {
        let mut out = self.clone();
        let last = self.rank().saturating_sub(1);
        if let (Some(len), Some(stride)) = (out.shape.remove(last), out.strides.pop()) {
            out.shape.insert(axis, len);
            out.strides.insert(axis.min(last), stride);
        }
        out
    }

    /// Keeps `count` elements of an axis: the first at `start`, the next `step` further. `start + (count - 1) * step` is inside.
    #[inline]
    pub fn slice(&mut self, axis: usize, start: usize, count: usize, step: i64) {
        let stride = self.strides[axis];
        if count > 0 {
            self.offset = shifted(self.offset, stride, start);
        }
        // With one element the step leads nowhere, and may be too long for a product.
        self.strides[axis] = if count > 1 { stride.wrapping_mul(step as isize) } else { 0 };
        self.shape[axis] = count;
    }

    /// Removes an axis, keeping its element `at`.
    #[inline]
    pub fn index(&mut self, axis: usize, at: usize) {
        self.slice(axis, at, 1, 1);
        self.remove(axis);
    }

    /// Reverses an axis.
    pub fn reverse(&mut self, axis: usize) {
        let len = self.shape[axis];
        self.slice(axis, len.saturating_sub(1), len, -1);
    }

    /// Removes an axis of length 1.
    #[inline]
    pub fn remove(&mut self, axis: usize) {
        self.shape.remove(axis);
        self.strides.remove(axis);
    }

    /// Inserts an axis of length 1.
    #[inline]
    pub fn insert(&mut self, axis: usize) {
        self.shape.insert(axis, 1);
        self.strides.insert(axis, 0);
    }

    /// The positions of the elements in C order.
    #[inline]
    pub fn offsets(&self) -> Offsets<'_> {
        Offsets { layout: self, index: smallvec::smallvec![0; self.rank()], at: self.offset, left: self.size() }
    }
}

/// C-order strides of a shape.
#[inline]
pub fn c_strides(shape: &Shape) -> Strides {
    let rank = shape.rank();
    let mut strides = if rank <= INLINE { Strides::from_buf_and_len([0; INLINE], rank) } else { Strides::from_elem(0, rank) };
    let mut step = 1isize;
    for (stride, &len) in strides.iter_mut().zip(shape.iter()).rev() {
        *stride = step;
        step = step.saturating_mul(isize::try_from(len.max(1)).unwrap_or(isize::MAX));
    }
    strides
}

/// `offset + stride * count`, which the invariant of [`Layout`] keeps inside the buffer.
fn shifted(offset: usize, stride: isize, count: usize) -> usize {
    offset.wrapping_add_signed(stride.wrapping_mul(count as isize))
}

/// Iterator of [`Layout::offsets`].
#[derive(Debug)]
pub struct Offsets<'a> {
    layout: &'a Layout,
    index: SmallVec<[usize; 6]>,
    at: usize,
    left: usize,
}

impl Iterator for Offsets<'_> {
    type Item = usize;
    #[inline]
    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let here = self.at;
        for axis in (0..self.index.len()).rev() {
            let (len, stride) = (self.layout.shape[axis], self.layout.strides[axis]);
            self.index[axis] += 1;
            if self.index[axis] < len {
                self.at = shifted(self.at, stride, 1);
                break;
            }
            self.at = shifted(self.at, stride.wrapping_neg(), len - 1);
            self.index[axis] = 0;
        }
        Some(here)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}
