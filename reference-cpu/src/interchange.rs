//! Data in and out, and devices.
use crate::array::{CpuArray, any_dtype};
use crate::memory;
use array_protocol::{Device, Error, ErrorKind, HostArray, InterchangeOp, Op, Result, dlpack};

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

pub(crate) fn upload(x: &HostArray, to: Option<Device>) -> Result<CpuArray> {
    let op = InterchangeOp::Upload;
    on_host(op, to)?;
    any_dtype!(op, x.dtype(), T => {
        let values = x.view::<T>().ok_or_else(|| Error::new(ErrorKind::Value, op).dtypes(&[x.dtype()]).detail("a bool that is neither 0 nor 1"))?;
        Ok(CpuArray::new(x.shape().clone(), memory::copied(op, values)?))
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

pub(crate) fn to_dlpack(x: &CpuArray) -> Result<dlpack::Tensor> {
    Err(Error::unsupported(InterchangeOp::FromDlpack).dtypes(&[x.dtype()]))
}

pub(crate) fn from_dlpack(x: dlpack::Tensor) -> Result<CpuArray> {
    let _ = x;
    Err(Error::unsupported(InterchangeOp::FromDlpack))
}
