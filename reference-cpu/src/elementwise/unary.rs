//! Operations on one array.
use super::{Elementwise, Map, map, outside, update};
use crate::Cpu;
use crate::array::{CpuArray, any_dtype};
use array_protocol::{Result, UnaryOp, derived};

/// Whether the operation is one of this backend's own.
fn native(op: UnaryOp) -> bool {
    use UnaryOp::{Abs, Cos, Exp, Expm1, IsNan, Log, Log1p, Negative, Round, Sign, Sin, Sqrt, Tanh};
    matches!(op, Abs | Cos | Exp | Expm1 | IsNan | Log | Log1p | Negative | Round | Sign | Sin | Sqrt | Tanh)
}

pub(crate) fn unary(b: &Cpu, op: UnaryOp, x: &CpuArray) -> Result<CpuArray> {
    if !native(op) {
        return derived::unary(b, op, x);
    }
    any_dtype!(op, x.dtype(), T => match T::unary(op) {
        Some(Map::Same(kernel)) => map(op, x, kernel),
        Some(Map::Real(kernel)) => map(op, x, kernel),
        Some(Map::Bool(kernel)) => map(op, x, kernel),
        None => Err(outside(op, x)),
    })
}

pub(crate) fn unary_assign(b: &Cpu, op: UnaryOp, x: &mut CpuArray) -> Result<()> {
    let in_place = any_dtype!(op, x.dtype(), T => Ok(match T::unary(op) {
        Some(Map::Same(kernel)) => update::<T>(x, &|_, old, new| kernel(old, new)),
        _ => false,
    }))?;
    if !in_place {
        *x = unary(b, op, x)?;
    }
    Ok(())
}
