//! The array: a shared buffer of a device, a dtype and a layout.
use crate::device::Device;
use crate::launch::{self, Input};
use crate::memory::{Buffer, exhausted};
use array_protocol::strided::Layout;
use array_protocol::{DType, Error, ErrorKind, Op, Result, Shape};
use std::sync::Arc;

/// An array on a CUDA device: an immutable value, `clone` is O(1).
///
/// A view keeps the whole memory of the array that it was taken from alive.
#[derive(Clone)]
pub struct CudaArray {
    pub(crate) buffer: Arc<Buffer>,
    pub(crate) dtype: DType,
    pub(crate) layout: Layout,
}

impl CudaArray {
    /// Elements that hold anything, in C order.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn empty(op: impl Into<Op>, device: &Arc<Device>, dtype: DType, shape: Shape) -> Result<CudaArray> {
        let op = op.into();
        let bytes = shape.checked_size().and_then(|n| n.checked_mul(dtype.size())).filter(|&n| isize::try_from(n).is_ok());
        let bytes = bytes.ok_or_else(|| exhausted(op, None).shapes(&[&shape]).dtypes(&[dtype]))?;
        let buffer = Buffer::new(op, device, bytes).map_err(|e| e.shapes(&[&shape]).dtypes(&[dtype]))?;
        Ok(CudaArray { buffer: Arc::new(buffer), dtype, layout: Layout::contiguous(shape) })
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.layout.shape
    }

    pub(crate) fn size(&self) -> usize {
        self.layout.size()
    }

    pub(crate) fn device(&self) -> &Arc<Device> {
        &self.buffer.device
    }

    /// The same memory under another layout.
    pub(crate) fn with(&self, layout: Layout) -> CudaArray {
        CudaArray { buffer: self.buffer.clone(), dtype: self.dtype, layout }
    }

    /// Where the first element lies.
    pub(crate) fn start(&self) -> u64 {
        self.buffer.pointer + (self.layout.offset * self.dtype.size()) as u64
    }

    /// Whether nobody shares the memory, and no two indices name the same element.
    pub(crate) fn unique(&mut self) -> bool {
        !self.layout.overlaps_itself() && self.buffer.is_own() && Arc::get_mut(&mut self.buffer).is_some()
    }

    /// The same array in C order.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn compact(&self, op: impl Into<Op>) -> Result<CudaArray> {
        if self.layout.is_contiguous() { Ok(self.clone()) } else { self.copied(op) }
    }

    /// A copy in C order, with memory of its own.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn copied(&self, op: impl Into<Op>) -> Result<CudaArray> {
        launch::map(op, self.device(), "Copy", self.dtype, self.shape().clone(), &[Input::Array(self)])
    }
}

/// The error for dtypes outside of an operation's domain.
#[cold]
pub(crate) fn wrong_dtype(op: impl Into<Op>, dtypes: &[DType]) -> Error {
    Error::new(ErrorKind::Dtype, op).dtypes(dtypes)
}

/// The device that arrays share.
///
/// # Errors
/// `Device` where they lie on several; `Value` without an array.
pub(crate) fn common_device<'a>(op: impl Into<Op>, arrays: impl IntoIterator<Item = &'a CudaArray>) -> Result<&'a Arc<Device>> {
    let mut arrays = arrays.into_iter();
    let op = op.into();
    let first = arrays.next().ok_or_else(|| Error::new(ErrorKind::Value, op).detail("no array"))?.device();
    match arrays.find(|a| !Arc::ptr_eq(a.device(), first)) {
        None => Ok(first),
        Some(other) if other.device().pair == first.pair => {
            Err(Error::new(ErrorKind::Device, op).detail(format!("arrays of two handles on {}", first.pair)))
        }
        Some(other) => Err(Error::new(ErrorKind::Device, op).detail(format!("arrays on {} and {}", first.pair, other.device().pair))),
    }
}
