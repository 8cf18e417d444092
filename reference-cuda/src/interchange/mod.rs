//! Data in and out, and devices.
#[allow(unsafe_code, reason = "memory of others; each block states its condition")]
mod dlpack;

pub(crate) use dlpack::{from_dlpack, to_dlpack};

use crate::Cuda;
use crate::array::CudaArray;
use crate::launch::named;
use array_protocol::{DType, Device, Error, ErrorKind, HostArray, InterchangeOp, Result};

pub(crate) fn upload(b: &Cuda, x: &HostArray, to: Option<Device>) -> Result<CudaArray> {
    let op = InterchangeOp::Upload;
    let device = b.device_for(op, to)?;
    named(op.into(), x.dtype())?;
    if x.dtype() == DType::Bool && x.view::<bool>().is_none() {
        return Err(Error::new(ErrorKind::Value, op).dtypes(&[x.dtype()]).detail("a bool that is neither 0 nor 1"));
    }
    let out = CudaArray::empty(op, &device, x.dtype(), x.shape().clone())?;
    if x.size() > 0 {
        device.context.upload(out.start(), x.bytes()).map_err(|fault| device.error(op, &fault))?;
    }
    Ok(out)
}

pub(crate) fn download(x: &CudaArray) -> Result<HostArray> {
    let op = InterchangeOp::Download;
    let x = x.compact(op)?;
    let device = x.device();
    let mut out = HostArray::zeros(x.dtype, x.shape().clone()).map_err(|e| e.as_op(op))?;
    if x.size() > 0 {
        device.context.download(out.bytes_mut(), x.start()).map_err(|fault| device.error(op, &fault))?;
    }
    Ok(out)
}

/// From device to device, or where the driver cannot, through the host.
pub(crate) fn to_device(b: &Cuda, x: &CudaArray, to: Device) -> Result<CudaArray> {
    let op = InterchangeOp::ToDevice;
    let device = b.device_for(op, Some(to))?;
    if std::sync::Arc::ptr_eq(&device, x.device()) {
        return Ok(x.clone());
    }
    let x = &x.compact(op)?;
    let out = CudaArray::empty(op, &device, x.dtype, x.shape().clone())?;
    let (from, bytes) = (x.device(), x.size() * x.dtype.size());
    if bytes == 0 || from.context.copy_to(x.start(), &device.context, out.start(), bytes).is_ok() {
        if device.options.checked {
            from.synchronise(op)?;
            device.synchronise(op)?;
        }
        return Ok(out);
    }
    drop(out);
    upload(b, &download(x).map_err(|e| e.as_op(op))?, Some(to)).map_err(|e| e.as_op(op))
}
