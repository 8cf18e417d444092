//! What a key chooses: a view, or positions picked by one array.
use crate::array::{CpuArray, wrong_dtype};
use crate::layout::{Layout, Strides};
use crate::memory;
use array_protocol::index::resolve_slice;
use array_protocol::{DType, Error, ErrorKind, Index, IndexingOp, Result, Shape};

/// The elements that a key chooses.
pub(super) enum Selected {
    /// Integers, slices, new axes and an ellipsis only.
    View(Layout),
    /// An array among them.
    Picked(Picked),
}

/// Positions `before + picked + after`: the axes in front of those that the array chooses from, the array, and the axes behind.
pub(super) struct Picked {
    pub(super) shape: Shape,
    before: Layout,
    picked: Vec<isize>,
    after: Layout,
}

/// The positions of one picked place: those of the axes behind, from `start` on.
pub(super) struct Run<'a> {
    start: usize,
    after: &'a Layout,
    contiguous: bool,
}

impl Picked {
    /// Visits the positions, run by run, in C order of the result.
    pub(super) fn runs(&self, mut f: impl FnMut(Run<'_>)) {
        if self.shape.contains(&0) {
            return;
        }
        let contiguous = self.after.is_contiguous();
        for outer in self.before.offsets() {
            for &p in &self.picked {
                f(Run { start: outer.wrapping_add_signed(p), after: &self.after, contiguous });
            }
        }
    }
}

impl Run<'_> {
    /// Appends the elements of the run.
    pub(super) fn read<T: Copy>(&self, data: &[T], out: &mut Vec<T>) {
        if self.contiguous {
            out.extend_from_slice(&data[self.start..self.start + self.after.size()]);
        } else {
            out.extend(self.after.offsets().map(|p| data[self.start.wrapping_add(p)]));
        }
    }

    /// Overwrites the elements of the run with the next values.
    pub(super) fn write<T: Copy>(&self, data: &mut [T], values: &mut impl Iterator<Item = T>) {
        for (p, v) in self.after.offsets().zip(values) {
            data[self.start.wrapping_add(p)] = v;
        }
    }
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
pub(super) fn select(op: IndexingOp, x: &Layout, key: &[Index<&CpuArray>]) -> Result<Selected> {
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
        Some((axis, a)) if a.dtype() == DType::Bool => masked(op, &layout, axis, a).map(Selected::Picked),
        Some((axis, a)) => picked(op, &layout, axis, a).map(Selected::Picked),
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

/// Puts the three groups of axes together; the array stands for `axes` axes from `axis` on and has the shape `middle`.
fn assemble(layout: &Layout, axis: usize, axes: usize, middle: &[usize], picked: Vec<isize>) -> Picked {
    let (before, after) = (part(layout, 0..axis, layout.offset), part(layout, axis + axes..layout.rank(), 0));
    let shape = before.shape.iter().chain(middle).chain(after.shape.iter()).copied().collect();
    Picked { shape, before, picked, after }
}

/// An array of integers in place of one axis.
fn picked(op: IndexingOp, layout: &Layout, axis: usize, indices: &CpuArray) -> Result<Picked> {
    let (len, stride) = (layout.shape[axis], layout.strides[axis]);
    array_protocol::dispatch_dtype!(indices.dtype(), in [i8, i16, i32, i64, u8, u16, u32, u64], T => {
        let elements = indices.elements::<T>(op)?;
        let mut offsets = memory::room::<isize>(op, elements.len())?;
        for &i in elements.iter() {
            let at = position(i128::from(i), len)
                .ok_or_else(|| Error::new(ErrorKind::Index, op).shapes(&[&layout.shape]).detail(format!("index {i} on an axis of length {len}")))?;
            offsets.push(stride.wrapping_mul(at as isize));
        }
        Ok(assemble(layout, axis, 1, indices.shape(), offsets))
    }, else => Err(wrong_dtype(op, &[indices.dtype()]).detail("an index array holds integers or truth values")))
}

/// A mask in place of as many axes as it has.
fn masked(op: IndexingOp, layout: &Layout, axis: usize, mask: &CpuArray) -> Result<Picked> {
    let axes = mask.shape().rank();
    let over = part(layout, axis..axis + axes, 0);
    if over.shape != *mask.shape() {
        return Err(Error::new(ErrorKind::Index, op).shapes(&[&layout.shape, mask.shape()]).detail("the mask has another shape"));
    }
    let mask = mask.elements::<bool>(op)?;
    let count = mask.iter().filter(|&&m| m).count();
    let mut offsets = memory::room::<isize>(op, count)?;
    offsets.extend(over.offsets().zip(mask.iter()).filter(|&(_, &m)| m).map(|(p, _)| p as isize));
    Ok(assemble(layout, axis, axes, &[count], offsets))
}
