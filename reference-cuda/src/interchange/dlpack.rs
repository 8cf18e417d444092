//! DLPack: tensors of device memory cross without a copy, both ways; tensors of the host are copied to the device.
//!
//! Work is ordered by streams. An export waits for the device, or, with [`Cuda::to_dlpack_on`], lets the consumer's stream wait for it. Who
//! imports names [`Cuda::stream`] to the producer (`__dlpack__(stream=...)`), or waits for the producer's work otherwise. Memory that is given
//! back, to us or by us, is given back when nothing uses it any more.
use super::upload;
use crate::Cuda;
use crate::array::CudaArray;
use crate::indexing::any_outside;
use crate::launch::named;
use crate::memory::Buffer;
use array_protocol::strided::Layout;
use array_protocol::{DType, Device, Error, ErrorKind, InterchangeOp, Op, Result, dlpack::Tensor};
use std::sync::Arc;

const OP: Op = Op::Interchange(InterchangeOp::FromDlpack);

impl Cuda {
    /// The stream that all work of a device goes to: the address of a `CUstream`, which lives as long as the handle. A producer that is
    /// given it (`__dlpack__(stream=...)`) lets it wait for the producer's work.
    ///
    /// # Errors
    /// `Device` where there is no such device.
    pub fn stream(&self, device: Device) -> Result<usize> {
        Ok(self.device_for(OP, Some(device))?.context.stream().addr())
    }

    /// Exports to a consumer whose work goes to `stream`: that stream waits for what was launched here, the host does not. As in DLPack, -1
    /// asks for no waiting, 1 is the default stream, 2 that of the thread, 0 is no answer, and anything else the address of a stream.
    ///
    /// # Errors
    /// `Value` where `stream` is 0 or below -1; `Backend`.
    ///
    /// # Safety
    /// Where `stream` is an address it is that of a `CUstream` of the array's device that has not been destroyed.
    pub unsafe fn to_dlpack_on(&self, x: &CudaArray, stream: i64) -> Result<Tensor> {
        match stream {
            -1 => {}
            1.. => x.device().context.hold_back(stream as u64).map_err(|fault| x.device().error(OP, &fault))?,
            _ => return Err(Error::new(ErrorKind::Value, OP).detail(format!("stream {stream} is ambiguous"))),
        }
        tensor(x)
    }
}

/// What keeps exported memory alive.
struct Exported(Arc<Buffer>);

impl Drop for Exported {
    fn drop(&mut self) {
        // The consumer worked on a stream of its own, and our next work may be given this memory. A device that is lost has no work left.
        let _ = self.0.device.context.synchronise_all();
    }
}

pub(crate) fn to_dlpack(x: &CudaArray) -> Result<Tensor> {
    x.device().synchronise(OP)?;
    tensor(x)
}

/// The memory as it is, with the strides of the view.
fn tensor(x: &CudaArray) -> Result<Tensor> {
    let offset = if x.size() == 0 { 0 } else { x.layout.offset * x.dtype.size() };
    let (data, owner) = (x.buffer.pointer as *mut _, Exported(x.buffer.clone()));
    // SAFETY: every element of an array lies in its buffer, which the owner keeps; nobody writes to memory that is shared, and the tensor is
    // read-only.
    unsafe { Tensor::from_device_ptr(owner, data, x.device().pair, offset, x.dtype, x.shape(), &x.layout.strides, true) }
}

/// Without a copy where the tensor lies on a device of this handle. Bools are looked at, which waits.
pub(crate) fn from_dlpack(b: &Cuda, x: Tensor) -> Result<CudaArray> {
    // Plain and pinned memory of the host.
    if matches!(x.device().kind, 1 | 3) {
        return upload(b, &x.to_host()?, None).map_err(|e| e.as_op(OP));
    }
    let (dtype, shape) = (x.dtype(), x.shape().clone());
    let wrong = |kind: ErrorKind, detail: String| Error::new(kind, OP).shapes(&[&shape]).dtypes(&[dtype]).detail(detail);
    named(OP, dtype)?;
    let device = b.device_for(OP, Some(x.device()))?;
    if shape.size() == 0 {
        return CudaArray::empty(OP, &device, dtype, shape);
    }
    // Elements before the first one, and in all; that the extent can be addressed is checked by the tensor.
    let (mut before, mut after) = (0, 1);
    for (&length, &stride) in shape.iter().zip(x.strides()) {
        let side = if stride < 0 { &mut before } else { &mut after };
        *side += stride.unsigned_abs() * (length - 1);
    }
    let first = x.data_ptr().addr() + x.byte_offset();
    if !first.is_multiple_of(dtype.size()) {
        return Err(wrong(ErrorKind::Value, format!("elements are not aligned to {} bytes", dtype.size())));
    }
    let start = (first - before * dtype.size()) as u64;
    let layout = Layout { shape: shape.clone(), strides: x.strides().into(), offset: before };
    let buffer = Buffer::borrowed(&device, start, (before + after) * dtype.size(), x);
    let out = CudaArray { buffer: Arc::new(buffer), dtype, layout };
    if dtype == DType::Bool {
        let bytes = CudaArray { dtype: DType::UInt8, ..out.clone() }.compact(OP)?;
        if any_outside(OP, &bytes, 2)? {
            return Err(wrong(ErrorKind::Value, "a bool that is neither 0 nor 1".into()));
        }
    }
    Ok(out)
}
