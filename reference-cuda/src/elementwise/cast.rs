//! `astype`.
use crate::array::{CudaArray, wrong_dtype};
use crate::launch::{self, Input, named};
use array_protocol::{DType, Op, Result};

/// Converts.
///
/// # Errors
/// `Dtype` (complex to real), `OutOfMemory`.
pub(crate) fn cast(op: impl Into<Op>, x: &CudaArray, dtype: DType) -> Result<CudaArray> {
    let op = op.into();
    if x.dtype == dtype {
        return Ok(x.clone());
    }
    named(op, dtype)?;
    if x.dtype.is_complex() && !dtype.is_complex() {
        return Err(wrong_dtype(op, &[x.dtype, dtype]));
    }
    launch::map(op, x.device(), "Convert", dtype, x.shape().clone(), &[Input::Array(x)])
}
