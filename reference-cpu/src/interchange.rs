//! Data in and out, and devices.
use crate::array::{CpuArray, Typed, any_dtype, no_such_dtype};
use crate::memory::{self, Elements, Means};
use array_protocol::{Device, Error, ErrorKind, HostArray, InterchangeOp, Op, Result, dlpack};
use triomphe::Arc;

/// The only device is the host.
///
/// # Errors
/// `Device`.
pub(crate) fn on_host(op: impl Into<Op>, device: Option<Device>) -> Result<()> {
    match device {
        None | Some(Device::CPU) => Ok(()),
        Some(other) => Err(Error::new(ErrorKind::Device, op).detail(format!("there is no device {other}"))),
    }
}

pub(crate) fn upload(with: Means<'_>, x: &HostArray, to: Option<Device>) -> Result<CpuArray> {
    let op = InterchangeOp::Upload;
    on_host(op, to)?;
    any_dtype!(op, x.dtype(), T => {
        let values = x.view::<T>().ok_or_else(|| Error::new(ErrorKind::Value, op).dtypes(&[x.dtype()]).detail("a bool that is neither 0 nor 1"))?;
        Ok(CpuArray::new(x.shape().clone(), memory::produce(with, op, values.len(), &|at, block| block.copy_from_slice(&values[at..at + block.len()]))?))
    })
}

pub(crate) fn download(x: &CpuArray) -> Result<HostArray> {
    let op = InterchangeOp::Download;
    any_dtype!(op, x.dtype(), T => {
        memory::probe::<T>(op, x.size())?;
        HostArray::from_slice(x.shape().clone(), &x.elements::<T>(op)?)
    })
}

pub(crate) fn to_device(x: &CpuArray, device: Device) -> Result<CpuArray> {
    on_host(InterchangeOp::ToDevice, Some(device))?;
    Ok(x.clone())
}

/// What keeps an exported buffer alive.
struct Held<T: Typed>(Arc<Elements<T>>);

impl<T: Typed> AsRef<[u8]> for Held<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0[..])
    }
}

/// Exports the buffer as it is, with the strides of the view.
pub(crate) fn to_dlpack(x: &CpuArray) -> Result<dlpack::Tensor> {
    let op = InterchangeOp::FromDlpack;
    any_dtype!(op, x.dtype(), T => {
        let data = T::get(&x.buffer).ok_or_else(|| no_such_dtype(op, x.dtype()))?;
        let offset = if x.size() == 0 { 0 } else { x.layout.offset * size_of::<T>() };
        dlpack::Tensor::from_bytes(Held(data.clone()), offset, x.dtype(), x.shape(), &x.layout.strides)
    })
}

/// Imports a copy: the tensor may be changed by its producer afterwards.
pub(crate) fn from_dlpack(with: Means<'_>, x: dlpack::Tensor) -> Result<CpuArray> {
    memory::probe::<u8>(InterchangeOp::FromDlpack, x.shape().size().saturating_mul(x.dtype().size()))?;
    upload(with, &x.to_host()?, None)
}
