//! Operations on two broadcast operands.
use super::{Elementwise, Join, Source, broadcast, update, zip};
use crate::Cpu;
use crate::array::{CpuArray, Typed, any_dtype, wrong_dtype};
use crate::promote::{common, converted};
use array_protocol::{BinaryOp, Error, ErrorKind, Operand, Result, Shape, derived};

/// Whether the operation is one of this backend's own.
fn native(op: BinaryOp) -> bool {
    use BinaryOp::*;
    matches!(
        op,
        Add | Atan2
            | BitwiseLeftShift
            | BitwiseXor
            | Copysign
            | Divide
            | Equal
            | FloorDivide
            | Hypot
            | Less
            | LogicalAnd
            | Maximum
            | Multiply
            | Pow
            | Remainder
            | Subtract
    )
}

/// Fails where an element of the second operand is outside of the operation's domain. Nothing is computed for an empty result.
fn check<T: Typed>(op: BinaryOp, shape: &Shape, y: &CpuArray, allowed: fn(T) -> bool) -> Result<()> {
    if shape.contains(&0) || y.elements::<T>(op)?.iter().all(|&v| allowed(v)) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Value, op).dtypes(&[T::DTYPE]).detail("the second operand has a negative element"))
}

pub(crate) fn binary(b: &Cpu, op: BinaryOp, x1: Operand<&CpuArray>, x2: Operand<&CpuArray>) -> Result<CpuArray> {
    if !native(op) {
        return derived::binary(b, op, x1, x2);
    }
    let dtype = common(op, &[x1, x2])?;
    let (x, y) = (converted(op, x1, dtype)?, converted(op, x2, dtype)?);
    let shape = broadcast(op, x.shape(), y.shape())?;
    any_dtype!(op, dtype, T => match T::binary(op) {
        Some(Join::Same(kernel)) => zip(op, &x, &y, shape, kernel),
        Some(Join::Bool(kernel)) => zip(op, &x, &y, shape, kernel),
        Some(Join::Checked(allowed, kernel)) => {
            check::<T>(op, &shape, &y, allowed)?;
            zip(op, &x, &y, shape, kernel)
        }
        None => Err(wrong_dtype(op, &[dtype])),
    })
}

pub(crate) fn binary_assign(b: &Cpu, op: BinaryOp, x: &mut CpuArray, x2: Operand<&CpuArray>) -> Result<()> {
    if !native(op) || common(op, &[Operand::Array(x), x2])? != x.dtype() {
        *x = binary(b, op, Operand::Array(x), x2)?;
        return Ok(());
    }
    let y = converted(op, x2, x.dtype())?;
    if broadcast(op, x.shape(), y.shape())? != *x.shape() {
        *x = binary(b, op, Operand::Array(x), x2)?;
        return Ok(());
    }
    let in_place = any_dtype!(op, x.dtype(), T => {
        let kernel = match T::binary(op) {
            Some(Join::Same(kernel)) => Some(kernel),
            Some(Join::Checked(allowed, kernel)) => {
                check::<T>(op, x.shape(), &y, allowed)?;
                Some(kernel)
            }
            _ => None,
        };
        match kernel {
            Some(kernel) => {
                let source = Source::<T>::new(op, &y, x.shape())?;
                Ok(update::<T>(x, &|start, old, new| source.block(start, old.len(), &mut |other| kernel(old, other, new))))
            }
            None => Ok(false),
        }
    })?;
    if !in_place {
        *x = binary(b, op, Operand::Array(x), Operand::Array(&y))?;
    }
    Ok(())
}
