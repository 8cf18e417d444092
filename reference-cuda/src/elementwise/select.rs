//! `where` and `clip`.
use super::operand::{Fitted, arrays, common};
use crate::array::{CudaArray, common_device, wrong_dtype};
use crate::launch::{self, Input};
use array_protocol::strided::broadcast;
use array_protocol::{DType, Kind, Operand, Result, SelectOp};
use smallvec::SmallVec;

pub(crate) fn select(condition: &CudaArray, x1: Operand<&CudaArray>, x2: Operand<&CudaArray>) -> Result<CudaArray> {
    let op = SelectOp::Where;
    if condition.dtype != DType::Bool {
        return Err(wrong_dtype(op, &[condition.dtype]).detail("the condition is of dtype bool"));
    }
    let dtype = common(op, &[x1, x2])?;
    let device = common_device(op, arrays([Operand::Array(condition), x1, x2]))?;
    let (x, y) = (Fitted::new(op, x1, dtype)?, Fitted::new(op, x2, dtype)?);
    let shape = broadcast(op, &broadcast(op, condition.shape(), x.shape())?, y.shape())?;
    launch::map(op, device, "Where", dtype, shape, &[Input::Array(condition), x.input(), y.input()])
}

pub(crate) fn clip(x: &CudaArray, min: Option<Operand<&CudaArray>>, max: Option<Operand<&CudaArray>>) -> Result<CudaArray> {
    let op = SelectOp::Clip;
    let operands: SmallVec<[Operand<&CudaArray>; 3]> = [Some(Operand::Array(x)), min, max].into_iter().flatten().collect();
    let dtype = common(op, &operands)?;
    if matches!(dtype.kind(), Kind::Bool | Kind::Complex) {
        return Err(wrong_dtype(op, &[dtype]));
    }
    let device = common_device(op, arrays(operands.iter().copied()))?;
    let function = match (min, max) {
        (None, None) => return super::cast(op, x, dtype),
        (Some(_), None) => "AtLeast",
        (None, Some(_)) => "AtMost",
        (Some(_), Some(_)) => "Clip",
    };
    let fitted = operands.iter().map(|&o| Fitted::new(op, o, dtype)).collect::<Result<SmallVec<[Fitted<'_>; 3]>>>()?;
    let mut shape = x.shape().clone();
    for operand in &fitted {
        shape = broadcast(op, &shape, operand.shape())?;
    }
    let inputs: SmallVec<[Input<'_>; 3]> = fitted.iter().map(Fitted::input).collect();
    launch::map(op, device, function, dtype, shape, &inputs)
}
