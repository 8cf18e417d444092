//! Operations on one array.
use super::{Elementwise, Map, outside};
use crate::Cpu;
use crate::array::{CpuArray, any_dtype};
use crate::loops::{map, rewrite};
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
        Some(Map::Same(kernel)) => map(b.means(), op, x, kernel),
        Some(Map::Real(kernel)) => map(b.means(), op, x, kernel),
        Some(Map::Bool(kernel)) => map(b.means(), op, x, kernel),
        None => Err(outside(op, x)),
    })
}

pub(crate) fn unary_assign(b: &Cpu, op: UnaryOp, x: &mut CpuArray) -> Result<()> {
    let in_place = any_dtype!(op, x.dtype(), T => match T::unary(op) {
        Some(Map::Same(kernel)) => Ok(rewrite::<T>(b.simd(), x, kernel)),
        _ => Ok(false),
    })?;
    if !in_place {
        *x = unary(b, op, x)?;
    }
    Ok(())
}
