//! Operations on one array.
use super::domain::{unary_name, unary_result};
use crate::Cuda;
use crate::array::{CudaArray, wrong_dtype};
use crate::launch::{self, Input};
use array_protocol::{Result, UnaryOp, derived};

pub(crate) fn unary(b: &Cuda, op: UnaryOp, x: &CudaArray) -> Result<CudaArray> {
    let Some(name) = unary_name(op) else { return derived::unary(b, op, x) };
    let dtype = unary_result(op, x.dtype).ok_or_else(|| wrong_dtype(op, &[x.dtype]))?;
    launch::map(op, x.device(), name, dtype, x.shape().clone(), &[Input::Array(x)])
}

pub(crate) fn unary_assign(b: &Cuda, op: UnaryOp, x: &mut CudaArray) -> Result<()> {
    match unary_name(op) {
        Some(name) if unary_result(op, x.dtype) == Some(x.dtype) && x.unique() => launch::write(op, name, x, &[Input::Array(x)]),
        _ => {
            *x = unary(b, op, x)?;
            Ok(())
        }
    }
}
