//! Operations on two broadcast operands.
use super::{Elementwise, Join};
use crate::Cpu;
use crate::array::{Buffer, CpuArray, Typed, any_dtype, gather, wrong_dtype};
use crate::loops::{View, update, zip, zip_few};
use crate::promote::{Fitted, common};
use array_protocol::strided::broadcast;
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
fn check<T: Typed>(op: BinaryOp, shape: &Shape, y: View<'_, T>, allowed: fn(T) -> bool) -> Result<()> {
    if shape.contains(&0) || gather(op, y.data, y.layout)?.iter().all(|&v| allowed(v)) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Value, op).dtypes(&[T::DTYPE]).detail("the second operand has a negative element"))
}

pub(crate) fn binary(b: &Cpu, op: BinaryOp, x1: Operand<&CpuArray>, x2: Operand<&CpuArray>) -> Result<CpuArray> {
    if let (Operand::Array(x), Operand::Array(y)) = (x1, x2)
        && let Some(buffer) = alike(b, op, x, y)?
    {
        return x.around(buffer);
    }
    broadcasted(b, op, x1, x2)
}

/// Operands of any kind. Apart, for what it keeps on the stack is more than a small call needs.
#[inline(never)]
fn broadcasted(b: &Cpu, op: BinaryOp, x1: Operand<&CpuArray>, x2: Operand<&CpuArray>) -> Result<CpuArray> {
    if !native(op) {
        return derived::binary(b, op, x1, x2);
    }
    let dtype = common(op, &[x1, x2])?;
    any_dtype!(op, dtype, T => {
        let join = T::binary(op).ok_or_else(|| wrong_dtype(op, &[dtype]))?;
        let (x, y) = (Fitted::<T>::new(b.means(), op, x1)?, Fitted::<T>::new(b.means(), op, x2)?);
        let shape = broadcast(op, x.shape(), y.shape())?;
        let (x, y) = (x.view(op)?, y.view(op)?);
        match join {
            Join::Same(kernel) => zip(b.means(), op, x, y, shape, kernel),
            Join::Bool(kernel) => zip(b.means(), op, x, y, shape, kernel),
            Join::Checked(allowed, kernel) => {
                check(op, &shape, y, allowed)?;
                zip(b.means(), op, x, y, shape, kernel)
            }
        }
    })
}

/// The elements of the result for two small arrays of one dtype and shape, for which all but the kernel takes longer than the kernel: it has
/// the layout of the first. `None` for others.
#[inline]
fn alike(b: &Cpu, op: BinaryOp, x: &CpuArray, y: &CpuArray) -> Result<Option<Buffer>> {
    let same = match (&x.shape()[..], &y.shape()[..]) {
        // Without the call that comparing slices is.
        ([a], [b]) => a == b,
        (a, b) => a == b,
    };
    // Found once for all dtypes, whose arms stay short.
    let (Some(in_x), Some(in_y), true) = (x.few_at(), y.few_at(), same) else { return Ok(None) };
    any_dtype!(op, x.dtype(), T => {
        let (Some(x), Some(y)) = (x.part::<T>(in_x), y.part::<T>(in_y)) else { return Ok(None) };
        match T::binary(op) {
            Some(Join::Same(kernel)) => zip_few(b.means(), op, x, y, kernel).map(Some),
            Some(Join::Bool(kernel)) => zip_few(b.means(), op, x, y, kernel).map(Some),
            _ => Ok(None),
        }
    })
}

pub(crate) fn binary_assign(b: &Cpu, op: BinaryOp, x: &mut CpuArray, x2: Operand<&CpuArray>) -> Result<()> {
    let dtype = x.dtype();
    let in_place = native(op) && common(op, &[Operand::Array(x), x2])? == dtype;
    let done = in_place
        && any_dtype!(op, dtype, T => {
            let y = Fitted::<T>::new(b.means(), op, x2)?;
            let fits = broadcast(op, x.shape(), y.shape())? == *x.shape();
            match T::binary(op) {
                Some(Join::Same(kernel)) if fits => update(b.simd(), op, x, y.view(op)?, kernel),
                Some(Join::Checked(allowed, kernel)) if fits => {
                    check(op, x.shape(), y.view(op)?, allowed)?;
                    update(b.simd(), op, x, y.view(op)?, kernel)
                }
                _ => Ok(false),
            }
        })?;
    if !done {
        *x = binary(b, op, Operand::Array(x), x2)?;
    }
    Ok(())
}
