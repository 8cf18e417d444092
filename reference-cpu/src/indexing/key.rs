//! What a key chooses: a view, or positions picked by one array.
use super::places::{Picked, Places};
use super::walk::Walk;
use crate::Cpu;
use crate::array::CpuArray;
use crate::layout::{Layout, Strides};
use array_protocol::index::resolve_slice;
use array_protocol::{DType, Error, ErrorKind, Index, IndexingOp, Result, Shape};

/// The elements that a key chooses.
pub(super) enum Selected<'a> {
    /// Integers, slices, new axes and an ellipsis only.
    View(Layout),
    /// An array among them.
    Picked(Box<Picked<'a>>),
}

/// How many axes an entry takes.
fn taken(entry: &Index<&CpuArray>) -> usize {
    match entry {
        Index::At(_) | Index::Slice { .. } => 1,
        Index::Array(a) if a.dtype() == DType::Bool => a.shape().rank(),
        Index::Array(_) => 1,
        _ => 0,
    }
}

/// Applies a key to a layout.
///
/// # Errors
/// `Index`, `Dtype`, `Unsupported` (more than one array), `OutOfMemory`.
pub(super) fn select<'a>(b: &Cpu, op: IndexingOp, x: &Layout, key: &[Index<&'a CpuArray>]) -> Result<Selected<'a>> {
    let bad = |text: String| Error::new(ErrorKind::Index, op).shapes(&[&x.shape]).detail(text);
    if key.iter().filter(|e| matches!(e, Index::Ellipsis)).count() > 1 {
        return Err(bad("more than one ellipsis".into()));
    }
    if key.iter().filter(|e| matches!(e, Index::Array(_))).count() > 1 {
        return Err(Error::unsupported(op).detail("more than one array in a key"));
    }
    let entries: usize = key.iter().map(taken).sum();
    let whole = x.rank().checked_sub(entries).ok_or_else(|| bad(format!("{entries} axes indexed")))?;

    let mut layout = x.clone();
    let mut axis = 0;
    let mut array = None;
    for entry in key {
        match entry {
            &Index::At(i) => {
                let len = layout.shape[axis];
                let at = position(i128::from(i), len).ok_or_else(|| bad(format!("index {i} on an axis of length {len}")))?;
                layout.index(axis, at);
            }
            &Index::Slice { start, stop, step } => {
                let (first, count) = resolve_slice(start, stop, step, layout.shape[axis]).ok_or_else(|| bad("a step of 0".into()))?;
                layout.slice(axis, first, count, step);
                axis += 1;
            }
            Index::NewAxis => {
                layout.insert(axis);
                axis += 1;
            }
            Index::Ellipsis => axis += whole,
            Index::Array(a) => {
                array = Some((axis, *a));
                axis += taken(entry);
            }
            _ => return Err(Error::unsupported(op).detail("an index of a later version")),
        }
    }
    match array {
        None => Ok(Selected::View(layout)),
        Some((axis, array)) => picked(b, op, &layout, axis, array).map(|picked| Selected::Picked(Box::new(picked))),
    }
}

/// An index in `[-len, len)` as one in `[0, len)`.
fn position(i: i128, len: usize) -> Option<usize> {
    let len = len as i128;
    (-len..len).contains(&i).then(|| i.rem_euclid(len) as usize)
}

/// The axes `range` of a layout, from `offset` on.
fn part(layout: &Layout, range: std::ops::Range<usize>, offset: usize) -> Layout {
    Layout { shape: Shape::from(&layout.shape[range.clone()]), strides: Strides::from_slice(&layout.strides[range]), offset }
}

/// An array of integers in place of one axis, or a mask in place of as many as it has.
fn picked<'a>(b: &Cpu, op: IndexingOp, layout: &Layout, axis: usize, array: &'a CpuArray) -> Result<Picked<'a>> {
    let is_mask = array.dtype() == DType::Bool;
    let axes = if is_mask { array.shape().rank() } else { 1 };
    let (before, over, after) =
        (part(layout, 0..axis, layout.offset), part(layout, axis..axis + axes, 0), part(layout, axis + axes..layout.rank(), 0));
    let (ahead, behind, run) = (before.shape.iter().copied(), after.shape.iter().copied(), after.size());
    let (places, shape) = if is_mask {
        if over.shape != *array.shape() {
            return Err(Error::new(ErrorKind::Index, op).shapes(&[&layout.shape, array.shape()]).detail("the mask has another shape"));
        }
        let places = Places::mask(b, op, array, Walk::new(&over), run)?;
        let shape = ahead.chain([places.count()]).chain(behind).collect();
        (places, shape)
    } else {
        let places = Places::indices(b, op, array, (over.shape[0], over.strides[0]), run).map_err(|e| e.shapes(&[&layout.shape]))?;
        (places, ahead.chain(array.shape().iter().copied()).chain(behind).collect())
    };
    Ok(Picked { shape, before: Walk::new(&before), places, after: Walk::new(&after) })
}
