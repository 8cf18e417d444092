//! Elements chosen by position or by mask.
mod key;
mod mask;
pub(crate) mod nonzero;
mod places;
mod positions;
mod read;
pub(crate) mod set;
mod views;
mod walk;

use crate::Cpu;
use crate::array::{CpuArray, any_dtype, wrong_dtype};
use array_protocol::strided::axis;
use array_protocol::{Error, ErrorKind, Index, IndexingOp, Result};
use key::{Selected, select};

pub(crate) fn getitem(b: &Cpu, x: &CpuArray, key: &[Index<&CpuArray>]) -> Result<CpuArray> {
    chosen(b, IndexingOp::Getitem, x, key)
}

fn chosen(b: &Cpu, op: IndexingOp, x: &CpuArray, key: &[Index<&CpuArray>]) -> Result<CpuArray> {
    match select(b, op, &x.layout, key)? {
        Selected::View(layout) => Ok(x.with(layout)),
        Selected::Picked(picked) => any_dtype!(op, x.dtype(), T => {
            let out = picked.read(b.means(), op, x.data::<T>(op)?)?;
            Ok(CpuArray::new(picked.shape, out))
        }),
    }
}

pub(crate) fn take(b: &Cpu, x: &CpuArray, indices: &CpuArray, along: Option<i64>) -> Result<CpuArray> {
    let op = IndexingOp::Take;
    let at = match along {
        Some(a) => axis(op, x.shape(), a)?,
        None if x.shape().rank() == 1 => 0,
        None => return Err(Error::new(ErrorKind::Axis, op).shapes(&[x.shape()]).detail("no axis given, and the rank is not 1")),
    };
    if !indices.dtype().is_integer() {
        return Err(wrong_dtype(op, &[indices.dtype()]).detail("indices are integers"));
    }
    if indices.shape().rank() != 1 {
        return Err(Error::new(ErrorKind::Shape, op).shapes(&[indices.shape()]).detail("indices have rank 1"));
    }
    let mut key: Vec<Index<&CpuArray>> = vec![Index::all(); at];
    key.push(Index::Array(indices));
    chosen(b, op, x, &key)
}
