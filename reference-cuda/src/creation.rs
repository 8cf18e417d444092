//! Arrays from nothing but options.
use crate::Cuda;
use crate::array::CudaArray;
use crate::elementwise::value;
use crate::launch::{self, Input, named};
use array_protocol::options::Full;
use array_protocol::{CreateOp, DType, Error, ErrorKind, Result, Scalar};

pub(crate) fn full(b: &Cuda, how: &Full) -> Result<CudaArray> {
    let op = CreateOp::Full;
    let device = b.device_for(op, how.device)?;
    let dtype = how.dtype.unwrap_or_else(|| DType::default_of(how.value.kind()));
    named(op.into(), dtype)?;
    if let (Scalar::Float(v), true) = (how.value, dtype.is_integer()) {
        // No integer is NaN or infinite; whether one is meant by 2.5 is for the caller to say.
        let kind = if v.is_finite() { ErrorKind::Dtype } else { ErrorKind::Value };
        return Err(Error::new(kind, op).dtypes(&[dtype]).detail(format!("the value {v}")));
    }
    let bytes = value(op, how.value, dtype)?;
    launch::map(op, &device, "Copy", dtype, how.shape.clone(), &[Input::Value(dtype, bytes)])
}
