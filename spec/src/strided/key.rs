//! What a key chooses: a view, or positions picked by one array.
use super::{Layout, Strides};
use crate::index::resolve_slice;
use crate::{DType, Error, ErrorKind, Index, IndexingOp, Result, Shape};

/// The elements that a key chooses.
#[derive(Clone, Debug)]
pub enum Selected<R> {
    /// Integers, slices, new axes and an ellipsis only.
    View(Layout),
    /// An array among them.
    Picked(Box<Picked<R>>),
}

/// Positions `before + over + after`: the axes in front of those that the array chooses from, these, and the axes behind.
#[derive(Clone, Debug)]
pub struct Picked<R> {
    /// The array of the key: integers, or a mask of the shape of `over`.
    pub array: R,
    /// Whether it is a mask.
    pub mask: bool,
    /// The axes in front, and the offset of all.
    pub before: Layout,
    /// The axis (a mask: the axes) that the array chooses from; its offset is 0.
    pub over: Layout,
    /// The axes behind; their offset is 0.
    pub after: Layout,
}

impl<R> Picked<R> {
    /// The shape of the result, where the array stands for axes of these lengths: those of an array of integers, or the number of true
    /// elements of a mask.
    pub fn shape(&self, chosen: &[usize]) -> Shape {
        self.before.shape.iter().chain(chosen).chain(self.after.shape.iter()).copied().collect()
    }
}

/// Applies a key to a layout; `about` tells dtype and shape of an array.
///
/// # Errors
/// `Index`, `Dtype` (an array of neither integers nor truth values), `Unsupported` (more than one array).
pub fn select<'a, R>(
    op: IndexingOp,
    x: &Layout,
    key: &[Index<&'a R>],
    about: impl Fn(&'a R) -> (DType, &'a Shape),
) -> Result<Selected<&'a R>> {
    let bad = |text: String| Error::new(ErrorKind::Index, op).shapes(&[&x.shape]).detail(text);
    if key.iter().filter(|e| matches!(e, Index::Ellipsis)).count() > 1 {
        return Err(bad("more than one ellipsis".into()));
    }
    if key.iter().filter(|e| matches!(e, Index::Array(_))).count() > 1 {
        return Err(Error::unsupported(op).detail("more than one array in a key"));
    }
    // How many axes an entry takes.
    let taken = |entry: &Index<&'a R>| match entry {
        Index::At(_) | Index::Slice { .. } => 1,
        Index::Array(a) => match about(a) {
            (DType::Bool, shape) => shape.rank(),
            _ => 1,
        },
        _ => 0,
    };
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
        }
    }
    match array {
        None => Ok(Selected::View(layout)),
        Some((axis, array)) => picked(op, &layout, axis, array, about(array)).map(|p| Selected::Picked(Box::new(p))),
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
fn picked<R>(op: IndexingOp, layout: &Layout, axis: usize, array: R, (dtype, shape): (DType, &Shape)) -> Result<Picked<R>> {
    let mask = dtype == DType::Bool;
    if !mask && !dtype.is_integer() {
        return Err(Error::new(ErrorKind::Dtype, op).dtypes(&[dtype]).detail("an index array holds integers or truth values"));
    }
    let behind = axis + if mask { shape.rank() } else { 1 };
    let (before, over, after) =
        (part(layout, 0..axis, layout.offset), part(layout, axis..behind, 0), part(layout, behind..layout.rank(), 0));
    if mask && over.shape != *shape {
        return Err(Error::new(ErrorKind::Index, op).shapes(&[&layout.shape, shape]).detail("the mask has another shape"));
    }
    Ok(Picked { array, mask, before, over, after })
}
