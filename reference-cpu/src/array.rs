//! The array: a shared typed buffer and a layout.
use crate::loops;
use crate::memory::{self, Elements, Means, Plain, Store};
use crate::simd::Simd;
use array_protocol::strided::Layout;
use array_protocol::{DType, Element, Error, ErrorKind, Op, Result, Shape};
use std::borrow::Cow;
use std::ops::Range;
use triomphe::Arc;

macro_rules! buffers {
    ($($t:ty = $d:ident),* $(,)?) => {
        /// The memory of an array, shared by its views.
        #[derive(Clone)]
        pub(crate) enum Buffer { $( $d(Arc<Elements<$t>>) ),* }

        impl Buffer {
            #[inline]
            pub(crate) fn dtype(&self) -> DType { match self { $( Buffer::$d(_) => DType::$d ),* } }
        }

        $( impl Typed for $t {
            fn wrap(data: Arc<Elements<Self>>) -> Buffer { Buffer::$d(data) }
            fn get(buffer: &Buffer) -> Option<&Arc<Elements<Self>>> { if let Buffer::$d(data) = buffer { Some(data) } else { None } }
            fn get_mut(buffer: &mut Buffer) -> Option<&mut Arc<Elements<Self>>> { if let Buffer::$d(data) = buffer { Some(data) } else { None } }
        } )*

        /// Runs `$body` with `$alias` bound to the Rust type of a dtype of this backend.
        macro_rules! any_dtype {
            ($op:expr, $dtype:expr, $alias:ident => $body:expr) => {
                array_protocol::dispatch_dtype!($dtype, in [$($t),*], $alias => $body, else => Err($crate::array::no_such_dtype($op, $dtype)))
            };
        }
    };
}

/// A Rust type whose arrays this backend keeps.
pub(crate) trait Typed: Element + Copy + Default + PartialEq + Plain {
    fn wrap(data: Arc<Elements<Self>>) -> Buffer;
    fn get(buffer: &Buffer) -> Option<&Arc<Elements<Self>>>;
    fn get_mut(buffer: &mut Buffer) -> Option<&mut Arc<Elements<Self>>>;
}

buffers! {
    bool = Bool, i8 = Int8, i16 = Int16, i32 = Int32, i64 = Int64, u8 = UInt8, u16 = UInt16, u32 = UInt32, u64 = UInt64,
    f32 = Float32, f64 = Float64, num_complex::Complex<f32> = Complex64, num_complex::Complex<f64> = Complex128,
}
#[allow(clippy::single_component_path_imports, reason = "gives the macro a path")]
pub(crate) use any_dtype;

/// The dtypes of [`Buffer`].
pub(crate) const DTYPES: &[DType] = &[
    DType::Bool,
    DType::Int8,
    DType::Int16,
    DType::Int32,
    DType::Int64,
    DType::UInt8,
    DType::UInt16,
    DType::UInt32,
    DType::UInt64,
    DType::Float32,
    DType::Float64,
    DType::Complex64,
    DType::Complex128,
];

/// The error for a dtype that the protocol names and this backend has not.
#[cold]
pub(crate) fn no_such_dtype(op: impl Into<Op>, dtype: DType) -> Error {
    Error::unsupported(op).dtypes(&[dtype])
}

/// The error for dtypes outside of an operation's domain.
#[cold]
pub(crate) fn wrong_dtype(op: impl Into<Op>, dtypes: &[DType]) -> Error {
    Error::new(ErrorKind::Dtype, op).dtypes(dtypes)
}

/// An array of the reference backend: an immutable value, `clone` is O(1).
///
/// A view keeps the whole buffer of the array that it was taken from alive.
#[derive(Clone)]
pub struct CpuArray {
    pub(crate) buffer: Buffer,
    pub(crate) layout: Layout,
}

impl CpuArray {
    /// From elements in C order; there are as many as the shape says.
    #[inline(always)]
    pub(crate) fn new<T: Typed>(shape: Shape, data: impl Into<Store<T>>) -> Self {
        let data = data.into();
        debug_assert_eq!(shape.size(), data.len());
        CpuArray { buffer: T::wrap(data.share()), layout: Layout::contiguous(shape) }
    }

    /// The shape of this array, which lies in C order, around other elements. A `Result`, and each way to the end of its own, so that the
    /// header is written once and where it is wanted: moving it took a tenth of the call for a small array.
    #[inline(always)]
    pub(crate) fn around(&self, buffer: Buffer) -> Result<Self> {
        if let &[length] = &self.shape()[..] {
            return Ok(CpuArray { buffer, layout: Layout::vector(length) });
        }
        self.around_many(buffer)
    }

    /// The same for any number of axes: a call apart.
    #[inline(never)]
    fn around_many(&self, buffer: Buffer) -> Result<Self> {
        Ok(CpuArray { buffer, layout: Layout { offset: 0, ..self.layout.clone() } })
    }

    /// Rank 0.
    pub(crate) fn scalar<T: Typed>(value: T) -> Self {
        CpuArray::new(Shape::scalar(), Store::of(value))
    }

    #[inline]
    pub(crate) fn dtype(&self) -> DType {
        self.buffer.dtype()
    }

    #[inline]
    pub(crate) fn shape(&self) -> &Shape {
        &self.layout.shape
    }

    pub(crate) fn size(&self) -> usize {
        self.layout.size()
    }

    /// The same buffer under another layout.
    pub(crate) fn with(&self, layout: Layout) -> CpuArray {
        CpuArray { buffer: self.buffer.clone(), layout }
    }

    /// The whole buffer.
    #[inline]
    pub(crate) fn data<T: Typed>(&self, op: impl Into<Op>) -> Result<&[T]> {
        T::get(&self.buffer).map(|data| &***data).ok_or_else(|| wrong_dtype(op, &[self.dtype()]))
    }

    /// Where the elements are in the buffer, if they lie in C order and are few.
    #[inline]
    pub(crate) fn few_at(&self) -> Option<Range<usize>> {
        self.layout.run().filter(|r| r.len() <= loops::SMALL)
    }

    /// Part of the buffer.
    #[inline]
    pub(crate) fn part<T: Typed>(&self, at: Range<usize>) -> Option<&[T]> {
        T::get(&self.buffer)?.get(at)
    }

    /// The elements, where they lie in C order and are few.
    #[inline]
    pub(crate) fn few<T: Typed>(&self) -> Option<&[T]> {
        self.part(self.few_at()?)
    }

    /// The elements in C order, borrowed where they lie so.
    pub(crate) fn elements<T: Typed>(&self, op: impl Into<Op>) -> Result<Cow<'_, [T]>> {
        let op = op.into();
        gather(op, self.data::<T>(op)?, &self.layout)
    }

    /// The same array in C order.
    pub(crate) fn compact(&self, with: Means<'_>, op: impl Into<Op>) -> Result<CpuArray> {
        let op = op.into();
        if self.layout.is_contiguous() {
            return Ok(self.clone());
        }
        any_dtype!(op, self.dtype(), T => self.copied::<T>(with, op))
    }

    /// The elements, to write, if nobody shares them and no two indices name the same one.
    pub(crate) fn unique<T: Typed>(&mut self) -> Option<(&mut [T], &Layout)> {
        if self.layout.overlaps_itself() {
            return None;
        }
        let data = Arc::get_mut(T::get_mut(&mut self.buffer)?)?;
        Some((data, &self.layout))
    }

    /// Makes the elements its own, in C order if they had to be copied.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn own<T: Typed>(&mut self, with: Means<'_>, op: impl Into<Op>) -> Result<()> {
        if self.unique::<T>().is_none() {
            *self = self.copied::<T>(with, op)?;
        }
        Ok(())
    }

    /// A copy in C order, with memory of its own.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn copied<T: Typed>(&self, with: Means<'_>, op: impl Into<Op>) -> Result<CpuArray> {
        let op = op.into();
        let mut out = Store::new(with, op, self.size())?;
        loops::copy(with.simd, op, self.data::<T>(op)?, &self.layout, &mut out)?;
        Ok(CpuArray::new(self.shape().clone(), out))
    }
}

/// The elements that a layout names, in C order.
pub(crate) fn gather<'a, T: Typed>(op: impl Into<Op>, data: &'a [T], layout: &Layout) -> Result<Cow<'a, [T]>> {
    let (op, n) = (op.into(), layout.size());
    if layout.is_contiguous()
        && let Some(run) = data.get(layout.offset..).and_then(|d| d.get(..n))
    {
        return Ok(Cow::Borrowed(run));
    }
    let mut out = memory::filled(op, n, T::default())?;
    loops::copy(Simd::best(), op, data, layout, &mut out)?;
    Ok(Cow::Owned(out))
}
