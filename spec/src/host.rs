//! Host arrays: what crosses the boundary between a backend and everybody else. C order, 16-byte aligned.
use crate::{DType, Element, Error, ErrorKind, Result};
use smallvec::SmallVec;
use std::fmt;

/// The lengths of the axes; no heap up to rank 4.
#[derive(PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Shape(SmallVec<[usize; 4]>);

impl Clone for Shape {
    #[inline]
    fn clone(&self) -> Self {
        Shape(clone_short(&self.0))
    }
}

/// A copy: without a call for few elements, which small arrays feel.
#[inline]
pub(crate) fn clone_short<T: Copy + Default>(values: &[T]) -> SmallVec<[T; 4]> {
    let none = T::default();
    match *values {
        [] => SmallVec::new(),
        [a] => SmallVec::from_buf_and_len([a, none, none, none], 1),
        [a, b] => SmallVec::from_buf_and_len([a, b, none, none], 2),
        [a, b, c] => SmallVec::from_buf_and_len([a, b, c, none], 3),
        [a, b, c, d] => SmallVec::from_buf([a, b, c, d]),
        _ => SmallVec::from_slice(values),
    }
}

impl Shape {
    /// The shape of rank 0.
    #[inline]
    pub fn scalar() -> Self {
        Self::default()
    }

    /// Number of elements, or `None` where it does not fit `isize::MAX`.
    ///
    /// A shape with a zero has no elements, however long its other axes are.
    #[inline]
    pub fn checked_size(&self) -> Option<usize> {
        if self.0.contains(&0) {
            return Some(0);
        }
        self.0.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).filter(|&n| isize::try_from(n).is_ok())
    }

    /// Number of elements; saturates at `usize::MAX`.
    #[inline]
    pub fn size(&self) -> usize {
        if self.0.contains(&0) { 0 } else { self.0.iter().fold(1usize, |n, &d| n.saturating_mul(d)) }
    }

    /// Number of axes.
    #[inline]
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// Appends an axis.
    #[inline]
    pub fn push(&mut self, len: usize) {
        self.0.push(len);
    }

    /// Removes an axis and returns its length; `None` if there is no such axis.
    pub fn remove(&mut self, axis: usize) -> Option<usize> {
        (axis < self.0.len()).then(|| self.0.remove(axis))
    }

    /// Inserts an axis before `axis` (at the end if there is no such axis).
    pub fn insert(&mut self, axis: usize, len: usize) {
        self.0.insert(axis.min(self.0.len()), len);
    }

    /// The shape that both broadcast to (`broadcasting` of the standard), if there is one.
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        if self == other {
            return Some(self.clone());
        }
        let rank = self.rank().max(other.rank());
        let at = |s: &Shape, i: usize| (i + s.rank()).checked_sub(rank).map_or(1, |j| s[j]);
        (0..rank)
            .map(|i| match (at(self, i), at(other, i)) {
                (a, b) if a == b => Some(a),
                (1, b) => Some(b),
                (a, 1) => Some(a),
                _ => None,
            })
            .collect()
    }

    /// The axis that `axis` in `[-rank, rank)` names.
    pub fn axis(&self, axis: i64) -> Option<usize> {
        let rank = i64::try_from(self.rank()).ok()?;
        let positive = if axis < 0 { axis.checked_add(rank)? } else { axis };
        (0..rank).contains(&positive).then_some(positive as usize)
    }
}

impl std::ops::Deref for Shape {
    type Target = [usize];
    #[inline]
    fn deref(&self) -> &[usize] {
        &self.0
    }
}
impl std::ops::DerefMut for Shape {
    #[inline]
    fn deref_mut(&mut self) -> &mut [usize] {
        &mut self.0
    }
}
impl From<&[usize]> for Shape {
    #[inline]
    fn from(s: &[usize]) -> Self {
        Shape(SmallVec::from_slice(s))
    }
}
impl From<Vec<usize>> for Shape {
    fn from(s: Vec<usize>) -> Self {
        Shape(SmallVec::from_vec(s))
    }
}
impl<const N: usize> From<[usize; N]> for Shape {
    #[inline]
    fn from(s: [usize; N]) -> Self {
        Shape(clone_short(&s))
    }
}
impl FromIterator<usize> for Shape {
    #[inline]
    fn from_iter<I: IntoIterator<Item = usize>>(i: I) -> Self {
        Shape(i.into_iter().collect())
    }
}
impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_slice().fmt(f)
    }
}
impl fmt::Display for Shape {
    /// As Python writes a tuple: `()`, `(3,)`, `(2, 3)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "({one},)"),
            many => {
                f.write_str("(")?;
                for (i, d) in many.iter().enumerate() {
                    write!(f, "{}{d}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
        }
    }
}

/// Bytes aligned for every dtype, without unsafe code.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bytes {
    words: Vec<u128>,
    len: usize,
}

impl Bytes {
    /// `len` zero bytes.
    pub fn zeroed(len: usize) -> Self {
        Bytes { words: vec![0; len.div_ceil(16)], len }
    }

    /// `len` zero bytes, or `None` where there is no memory for them.
    pub fn try_zeroed(len: usize) -> Option<Self> {
        let mut words = Vec::new();
        words.try_reserve_exact(len.div_ceil(16)).ok()?;
        words.resize(len.div_ceil(16), 0);
        Some(Bytes { words, len })
    }

    /// A copy.
    pub fn from_slice(bytes: &[u8]) -> Self {
        let mut out = Bytes::zeroed(bytes.len());
        out.as_mut_slice().copy_from_slice(bytes);
        out
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.len]
    }

    /// The bytes, to write.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.len]
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

/// An array in host memory: C order, no strides.
///
/// Equality is that of dtype, shape and *bits*: a NaN equals itself, `-0.0` does not equal `0.0`.
#[derive(Clone, PartialEq, Eq)]
pub struct HostArray {
    dtype: DType,
    shape: Shape,
    data: Bytes,
}

impl HostArray {
    /// From raw bytes in C order, native byte order.
    ///
    /// # Errors
    /// `Value` where the number of bytes is not that of the shape, or a `bool` is neither 0 nor 1.
    pub fn new(dtype: DType, shape: impl Into<Shape>, data: Bytes) -> Result<Self> {
        let shape = shape.into();
        if shape.checked_size().and_then(|n| n.checked_mul(dtype.size())) != Some(data.len) {
            return Err(Error::outside_op(ErrorKind::Value).shapes(&[&shape]).dtypes(&[dtype]).detail(format!("{} bytes given", data.len)));
        }
        if dtype == DType::Bool && data.as_slice().iter().any(|&b| b > 1) {
            return Err(Error::outside_op(ErrorKind::Value).shapes(&[&shape]).dtypes(&[dtype]).detail("a bool that is neither 0 nor 1"));
        }
        Ok(HostArray { dtype, shape, data })
    }

    /// All bytes zero: 0, +0.0 or false.
    ///
    /// # Errors
    /// `Shape` where the size overflows, `OutOfMemory`.
    pub fn zeros(dtype: DType, shape: impl Into<Shape>) -> Result<Self> {
        let shape = shape.into();
        let bytes = shape.checked_size().and_then(|n| n.checked_mul(dtype.size())).filter(|&n| isize::try_from(n).is_ok());
        let Some(len) = bytes else {
            return Err(Error::outside_op(ErrorKind::Shape).shapes(&[&shape]).dtypes(&[dtype]).detail("more bytes than can be addressed"));
        };
        match Bytes::try_zeroed(len) {
            Some(data) => Ok(HostArray { dtype, shape, data }),
            None => Err(Error::outside_op(ErrorKind::OutOfMemory).shapes(&[&shape]).dtypes(&[dtype])),
        }
    }

    /// A copy of `values`, in C order.
    ///
    /// # Errors
    /// `Value` where the number of values is not that of the shape.
    pub fn from_slice<T: Element>(shape: impl Into<Shape>, values: &[T]) -> Result<Self> {
        HostArray::new(T::DTYPE, shape, Bytes::from_slice(bytemuck::cast_slice(values)))
    }

    /// A rank-0 array.
    pub fn scalar<T: Element>(value: T) -> Self {
        HostArray { dtype: T::DTYPE, shape: Shape::scalar(), data: Bytes::from_slice(bytemuck::bytes_of(&value)) }
    }

    /// The dtype.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.shape.size()
    }

    /// The bytes in C order.
    pub fn bytes(&self) -> &[u8] {
        self.data.as_slice()
    }

    /// The bytes, to write. A `bool` other than 0 or 1 written here makes [`view`](Self::view) return `None`.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.data.as_mut_slice()
    }

    /// The elements; `None` if the dtype differs.
    pub fn view<T: Element>(&self) -> Option<&[T]> {
        (T::DTYPE == self.dtype).then(|| bytemuck::checked::try_cast_slice(self.bytes()).ok()).flatten()
    }

    /// The elements, to write; `None` if the dtype differs.
    pub fn view_mut<T: Element>(&mut self) -> Option<&mut [T]> {
        (T::DTYPE == self.dtype).then(|| bytemuck::checked::try_cast_slice_mut(self.data.as_mut_slice()).ok()).flatten()
    }

    /// The same elements under another shape.
    ///
    /// # Errors
    /// `Value` where the sizes differ.
    pub fn with_shape(self, shape: impl Into<Shape>) -> Result<Self> {
        HostArray::new(self.dtype, shape, self.data)
    }
}

impl fmt::Debug for HostArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{} ", self.dtype, self.shape)?;
        crate::dispatch_dtype!(
            self.dtype,
            in [bool, i8, i16, i32, i64, u8, u16, u32, u64, half::f16, half::bf16, f32, f64, num_complex::Complex<f32>, num_complex::Complex<f64>],
            T => match self.view::<T>() { Some(v) => v.fmt(f), None => self.bytes().fmt(f) },
            else => self.bytes().fmt(f)
        )
    }
}
