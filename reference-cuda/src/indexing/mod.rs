//! Elements chosen by position or by mask.
mod picked;
mod positions;

pub(crate) use picked::any_outside;
pub(crate) use positions::{Choice, chosen, nonzero};

use crate::array::{CudaArray, common_device, wrong_dtype};
use crate::elementwise::Fitted;
use crate::launch;
use array_protocol::strided::{Selected, select};
use array_protocol::{Error, ErrorKind, Index, IndexingOp, Operand, Result, Shape};
use picked::Chosen;

/// The arrays of a key.
fn arrays<'a>(key: &[Index<&'a CudaArray>]) -> impl Iterator<Item = &'a CudaArray> {
    key.iter().filter_map(|entry| if let Index::Array(a) = entry { Some(*a) } else { None })
}

pub(crate) fn getitem(x: &CudaArray, key: &[Index<&CudaArray>]) -> Result<CudaArray> {
    let op = IndexingOp::Getitem;
    common_device(op, arrays(key).chain([x]))?;
    match select(op, &x.layout, key, |a| (a.dtype, a.shape()))? {
        Selected::View(layout) => Ok(x.with(layout)),
        Selected::Picked(picked) => Chosen::new(op, x.shape(), &picked)?.gather(x),
    }
}

pub(crate) fn setitem(x: &mut CudaArray, key: &[Index<&CudaArray>], value: Operand<&CudaArray>) -> Result<()> {
    let op = IndexingOp::Setitem;
    let dtype = x.dtype;
    // Everything that can fail comes before the first write.
    let array = value.array().copied();
    if let Some(v) = array
        && dtype.promote(v.dtype) != Some(dtype)
    {
        return Err(wrong_dtype(op, &[dtype, v.dtype]));
    }
    common_device(op, arrays(key).chain([&*x]).chain(array))?;
    let given = Fitted::new(op, value, dtype)?;
    let selected = select(op, &x.layout, key, |a| (a.dtype, a.shape()))?;
    let misfit = |shape: &Shape, given: &Shape| Error::new(ErrorKind::Shape, op).shapes(&[shape, given]);
    match selected {
        Selected::View(layout) => {
            if given.shape().broadcast(&layout.shape).as_ref() != Some(&layout.shape) {
                return Err(misfit(&layout.shape, given.shape()));
            }
            if layout.size() == 0 {
                return Ok(());
            }
            let mut target = layout;
            if !x.unique() {
                *x = x.copied(op)?;
                if let Selected::View(layout) = select(op, &x.layout, key, |a| (a.dtype, a.shape()))? {
                    target = layout;
                }
            }
            launch::write(op, "Copy", &x.with(target), &[given.input()])
        }
        Selected::Picked(picked) => {
            let chosen = Chosen::new(op, x.shape(), &picked)?;
            // A scatter reads its values from memory.
            let given = given.into_array(op, x.device())?;
            let source = given.layout.broadcast_to(&chosen.shape).ok_or_else(|| misfit(&chosen.shape, given.shape()))?;
            if chosen.shape.size() == 0 {
                return Ok(());
            }
            if x.unique() {
                return chosen.scatter(x, &given.with(source));
            }
            *x = x.copied(op)?;
            match select(op, &x.layout, key, |a| (a.dtype, a.shape()))? {
                Selected::Picked(picked) => Chosen::new(op, x.shape(), &picked)?.scatter(x, &given.with(source)),
                Selected::View(_) => Err(Error::new(ErrorKind::Backend, op).detail("a key that changed its meaning")),
            }
        }
    }
}
