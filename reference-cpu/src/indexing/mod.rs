//! Elements chosen by position or by mask.
mod key;
pub(crate) mod set;

use crate::array::{CpuArray, Typed, any_dtype, wrong_dtype};
use crate::memory;
use crate::shape::axis;
use array_protocol::{Error, ErrorKind, Index, IndexingOp, Result, Shape};
use key::{Selected, select};

pub(crate) fn getitem(x: &CpuArray, key: &[Index<&CpuArray>]) -> Result<CpuArray> {
    chosen(IndexingOp::Getitem, x, key)
}

fn chosen(op: IndexingOp, x: &CpuArray, key: &[Index<&CpuArray>]) -> Result<CpuArray> {
    match select(op, &x.layout, key)? {
        Selected::View(layout) => Ok(x.with(layout)),
        Selected::Picked(picked) => any_dtype!(op, x.dtype(), T => {
            let mut out = memory::room::<T>(op, memory::size(op, &picked.shape)?)?;
            let data = x.data::<T>(op)?;
            picked.runs(|positions| positions.read(data, &mut out));
            Ok(CpuArray::new(picked.shape, out))
        }),
    }
}

pub(crate) fn take(x: &CpuArray, indices: &CpuArray, along: Option<i64>) -> Result<CpuArray> {
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
    chosen(op, x, &key)
}

pub(crate) fn nonzero(x: &CpuArray) -> Result<Vec<CpuArray>> {
    let op = IndexingOp::Nonzero;
    if x.shape().rank() == 0 {
        return Err(Error::new(ErrorKind::Shape, op).shapes(&[x.shape()]).detail("the rank is 0"));
    }
    any_dtype!(op, x.dtype(), T => positions(&x.elements::<T>(op)?, x.shape()))
}

fn positions<T: Typed>(elements: &[T], shape: &Shape) -> Result<Vec<CpuArray>> {
    let op = IndexingOp::Nonzero;
    let count = elements.iter().filter(|&&v| v != T::default()).count();
    let mut out = Vec::with_capacity(shape.rank());
    // The distance in C order between neighbours along each axis, from the last to the first.
    let mut step = 1usize;
    for &len in shape.iter().rev() {
        let mut along = memory::room::<i64>(op, count)?;
        along.extend(elements.iter().enumerate().filter(|&(_, &v)| v != T::default()).map(|(i, _)| (i / step % len.max(1)) as i64));
        out.push(CpuArray::new(Shape::from([count]), along));
        step = step.saturating_mul(len.max(1));
    }
    out.reverse();
    Ok(out)
}
