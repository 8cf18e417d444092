//! `where`.
use super::{Source, broadcast};
use crate::array::{CpuArray, Typed, any_dtype, wrong_dtype};
use crate::memory;
use crate::promote::{common, converted};
use array_protocol::{DType, Operand, Result, SelectOp, Shape};

pub(crate) fn select(condition: &CpuArray, x1: Operand<&CpuArray>, x2: Operand<&CpuArray>) -> Result<CpuArray> {
    let op = SelectOp::Where;
    if condition.dtype() != DType::Bool {
        return Err(wrong_dtype(op, &[condition.dtype()]).detail("the condition is of dtype bool"));
    }
    let dtype = common(op, &[x1, x2])?;
    let (x, y) = (converted(op, x1, dtype)?, converted(op, x2, dtype)?);
    let shape = broadcast(op, &broadcast(op, condition.shape(), x.shape())?, y.shape())?;
    any_dtype!(op, dtype, T => choose::<T>(condition, &x, &y, shape))
}

fn choose<T: Typed>(condition: &CpuArray, x: &CpuArray, y: &CpuArray, shape: Shape) -> Result<CpuArray> {
    let op = SelectOp::Where;
    let n = memory::size(op, &shape)?;
    let c = Source::<bool>::new(op, condition, &shape)?;
    let (a, b) = (Source::<T>::new(op, x, &shape)?, Source::<T>::new(op, y, &shape)?);
    let out = memory::generate(op, n, &|start, out: &mut [T]| {
        let len = out.len();
        c.block(start, len, &mut |c| {
            a.block(start, len, &mut |a| {
                b.block(start, len, &mut |b| {
                    for ((o, &c), (&a, &b)) in out.iter_mut().zip(c).zip(a.iter().zip(b)) {
                        *o = if c { a } else { b };
                    }
                });
            });
        });
    })?;
    Ok(CpuArray::new(shape, out))
}
