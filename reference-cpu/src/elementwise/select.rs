//! `where`.
use crate::Cpu;
use crate::array::{CpuArray, any_dtype, wrong_dtype};
use crate::loops::{View, choose};
use crate::promote::{Fitted, common};
use array_protocol::strided::broadcast;
use array_protocol::{DType, Operand, Result, SelectOp};

pub(crate) fn select(b: &Cpu, condition: &CpuArray, x1: Operand<&CpuArray>, x2: Operand<&CpuArray>) -> Result<CpuArray> {
    let op = SelectOp::Where;
    if condition.dtype() != DType::Bool {
        return Err(wrong_dtype(op, &[condition.dtype()]).detail("the condition is of dtype bool"));
    }
    let dtype = common(op, &[x1, x2])?;
    any_dtype!(op, dtype, T => {
        let (x, y) = (Fitted::<T>::new(b.means(), op, x1)?, Fitted::<T>::new(b.means(), op, x2)?);
        let shape = broadcast(op, &broadcast(op, condition.shape(), x.shape())?, y.shape())?;
        choose(b.means(), op, View::of(op, condition)?, [x.view(op)?, y.view(op)?], shape)
    })
}
