//! Operations on two broadcast operands.
use super::domain::{binary_name, binary_result};
use super::operand::{Fitted, arrays, common};
use crate::Cuda;
use crate::array::{CudaArray, common_device, wrong_dtype};
use crate::compiler::Family;
use crate::launch::{self, Indices, address, named};
use array_protocol::strided::broadcast;
use array_protocol::{BinaryOp, DType, Error, ErrorKind, Kind, Op, Operand, Result, Scalar, derived};

pub(crate) fn binary(b: &Cuda, op: BinaryOp, x1: Operand<&CudaArray>, x2: Operand<&CudaArray>) -> Result<CudaArray> {
    let Some(name) = binary_name(op) else { return derived::binary(b, op, x1, x2) };
    let dtype = common(op, &[x1, x2])?;
    let result = binary_result(op, dtype).ok_or_else(|| wrong_dtype(op, &[dtype]))?;
    let device = common_device(op, arrays([x1, x2]))?;
    let (x, y) = (Fitted::new(op, x1, dtype)?, Fitted::new(op, x2, dtype)?);
    let shape = broadcast(op, x.shape(), y.shape())?;
    if shape.size() > 0 {
        check(op, dtype, x2, &y)?;
    }
    launch::map(op, device, name, result, shape, &[x.input(), y.input()])
}

pub(crate) fn binary_assign(b: &Cuda, op: BinaryOp, x: &mut CudaArray, x2: Operand<&CudaArray>) -> Result<()> {
    let dtype = common(op, &[Operand::Array(x), x2])?;
    if let Some(name) = binary_name(op)
        && dtype == x.dtype
        && binary_result(op, dtype) == Some(dtype)
    {
        common_device(op, arrays([Operand::Array(&*x), x2]))?;
        let y = Fitted::new(op, x2, dtype)?;
        if broadcast(op, x.shape(), y.shape())? == *x.shape() && x.unique() {
            if x.size() > 0 {
                check(op, dtype, x2, &y)?;
            }
            return launch::write(op, name, x, &[launch::Input::Array(x), y.input()]);
        }
    }
    *x = binary(b, op, Operand::Array(x), x2)?;
    Ok(())
}

/// Fails where an element of the second operand is outside of the operation's domain: negative powers of integers.
fn check(op: BinaryOp, dtype: DType, given: Operand<&CudaArray>, y: &Fitted<'_>) -> Result<()> {
    if op != BinaryOp::Pow || dtype.kind() != Kind::Int {
        return Ok(());
    }
    let negative = match (given, y) {
        (Operand::Scalar(Scalar::Int(i)), _) => i < 0,
        (_, Fitted::Array(y)) => any_negative(op, y)?,
        _ => false,
    };
    match negative {
        true => Err(Error::new(ErrorKind::Value, op).dtypes(&[dtype]).detail("the second operand has a negative element")),
        false => Ok(()),
    }
}

/// Whether an array of signed integers has a negative element. Waits.
fn any_negative(op: BinaryOp, x: &CudaArray) -> Result<bool> {
    let (op, x) = (Op::from(op), x.compact(op)?);
    if x.size() == 0 {
        return Ok(false);
    }
    let device = x.device();
    let found = launch::flag(op, device)?;
    let indices = Indices::new(device, x.size(), &[]);
    let expression = format!("any_negative<{}, {}>", named(op, x.dtype)?, indices.name());
    let kernel = device.kernel(op, Family::Elementwise, expression)?;
    device.launch(op, kernel, x.size(), &mut [address(found.start()), address(x.start()), indices.number(x.size())])?;
    launch::raised(op, &found)
}
