//! `setitem`: in place where nobody shares the memory, else on a copy.
use super::key::{Selected, select};
use crate::array::{CpuArray, Typed, any_dtype, gather, wrong_dtype};
use crate::layout::Layout;
use crate::promote::{converted, scalar_array};
use array_protocol::{Error, ErrorKind, Index, IndexingOp, Operand, Result};

const OP: IndexingOp = IndexingOp::Setitem;

pub(crate) fn setitem(x: &mut CpuArray, key: &[Index<&CpuArray>], value: Operand<&CpuArray>) -> Result<()> {
    let dtype = x.dtype();
    let value = match value {
        Operand::Array(v) if dtype.promote(v.dtype()) != Some(dtype) => return Err(wrong_dtype(OP, &[dtype, v.dtype()])),
        Operand::Scalar(s) => scalar_array(OP, s, dtype)?,
        array => converted(OP, array, dtype)?,
    };
    any_dtype!(OP, dtype, T => assign::<T>(x, key, &value))
}

fn assign<T: Typed>(x: &mut CpuArray, key: &[Index<&CpuArray>], value: &CpuArray) -> Result<()> {
    // Everything that can fail comes before the first write.
    let mut selected = select(OP, &x.layout, key)?;
    let shape = match &selected {
        Selected::View(layout) => &layout.shape,
        Selected::Picked(picked) => &picked.shape,
    };
    let wrong = || Error::new(ErrorKind::Shape, OP).shapes(&[shape, value.shape()]);
    let source = value.layout.broadcast_to(shape).ok_or_else(wrong)?;
    if shape.contains(&0) {
        return Ok(());
    }
    if x.unique::<T>().is_none() {
        x.own::<T>(OP)?;
        selected = select(OP, &x.layout, key)?;
    }
    match selected {
        Selected::View(target) => copy::<T>(x, &target, value, &source),
        Selected::Picked(picked) => {
            let values = gather(OP, value.data::<T>(OP)?, &source)?;
            let Some((data, _)) = x.unique::<T>() else { return Err(shared()) };
            let mut next = values.iter().copied();
            picked.runs(|run| run.write(data, &mut next));
            Ok(())
        }
    }
}

/// Writes `value` under the layout `source` to the elements of `x` under the layout `target`.
fn copy<T: Typed>(x: &mut CpuArray, target: &Layout, value: &CpuArray, source: &Layout) -> Result<()> {
    let from = source.view(value.data::<T>(OP)?).ok_or_else(shared)?;
    let (data, _) = x.unique::<T>().ok_or_else(shared)?;
    let mut to = target.view_mut(data).ok_or_else(shared)?;
    if to.shape() != from.shape() {
        return Err(shared());
    }
    to.assign(&from);
    Ok(())
}

/// Cannot be: the array was made unique, and views lie inside of their buffers.
#[cold]
fn shared() -> Error {
    Error::new(ErrorKind::Backend, OP).detail("the memory cannot be written")
}
