//! What a key chooses: a view, or positions picked by one array.
use super::places::{Picked, Places};
use super::positions::Along;
use super::walk::Walk;
use crate::Cpu;
use crate::array::CpuArray;
use array_protocol::strided::{self, Layout};
use array_protocol::{Index, IndexingOp, Result};

/// The elements that a key chooses.
pub(super) enum Selected<'a> {
    /// Integers, slices, new axes and an ellipsis only.
    View(Layout),
    /// An array among them.
    Picked(Box<Picked<'a>>),
}

/// Applies a key to a layout.
///
/// # Errors
/// `Index` (but for the entries of an array), `Dtype`, `Unsupported` (more than one array), `OutOfMemory`.
pub(super) fn select<'a>(b: &Cpu, op: IndexingOp, x: &Layout, key: &[Index<&'a CpuArray>]) -> Result<Selected<'a>> {
    let picked = match strided::select(op, x, key, |a| (a.dtype(), a.shape()))? {
        strided::Selected::View(layout) => return Ok(Selected::View(layout)),
        strided::Selected::Picked(picked) => picked,
    };
    let (over, run) = (&picked.over, picked.after.size());
    let places = if picked.mask {
        Places::mask(b, op, picked.array, Walk::new(over), run)?
    } else {
        Places::indices(b, op, picked.array, Along { len: over.shape[0], stride: over.strides[0] }, &x.shape, run)?
    };
    let shape = if picked.mask { picked.shape(&[places.count()]) } else { picked.shape(picked.array.shape()) };
    Ok(Selected::Picked(Box::new(Picked { shape, before: Walk::new(&picked.before), places, after: Walk::new(&picked.after) })))
}
