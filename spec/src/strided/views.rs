//! Operations that only write another layout, and the axes and shapes that they name.
use super::Layout;
use crate::options::{Axes, AxisList};
use crate::{Error, ErrorKind, Op, Result, Shape, ShapeOp};
use smallvec::SmallVec;

/// One axis of `shape`.
///
/// # Errors
/// `Axis`.
pub fn axis(op: impl Into<Op>, shape: &Shape, axis: i64) -> Result<usize> {
    shape.axis(axis).ok_or_else(|| Error::new(ErrorKind::Axis, op).shapes(&[shape]).detail(format!("axis {axis}")))
}

/// The axes that a caller's list names, each once.
///
/// # Errors
/// `Axis`.
pub fn distinct_axes(op: impl Into<Op>, shape: &Shape, list: &[i64]) -> Result<SmallVec<[usize; 6]>> {
    let op = op.into();
    let mut out = SmallVec::new();
    for &a in list {
        let i = axis(op, shape, a)?;
        if out.contains(&i) {
            return Err(Error::new(ErrorKind::Axis, op).shapes(&[shape]).detail(format!("axis {a} is named twice")));
        }
        out.push(i);
    }
    Ok(out)
}

/// The shape that two operands broadcast to.
///
/// # Errors
/// `Shape`.
#[inline]
pub fn broadcast(op: impl Into<Op>, x: &Shape, y: &Shape) -> Result<Shape> {
    if x == y {
        return Ok(x.clone());
    }
    x.broadcast(y).ok_or_else(|| Error::new(ErrorKind::Shape, op).shapes(&[x, y]))
}

/// The shape of arrays joined along axis `at` of the first.
///
/// # Errors
/// `Shape`; `Value` where there are none; `OutOfMemory` where the length cannot be counted.
pub fn joined<'a>(op: impl Into<Op>, shapes: impl IntoIterator<Item = &'a Shape>, at: usize) -> Result<Shape> {
    let (op, mut shapes) = (op.into(), shapes.into_iter());
    let first = shapes.next().ok_or_else(|| Error::new(ErrorKind::Value, op).detail("no arrays"))?;
    let mut out = first.clone();
    for shape in shapes {
        let fits = shape.rank() == out.rank() && (0..out.rank()).all(|i| i == at || shape[i] == out[i]);
        if !fits {
            return Err(Error::new(ErrorKind::Shape, op).shapes(&[first, shape]));
        }
        let length = out[at].checked_add(shape[at]);
        out[at] = length.ok_or_else(|| Error::new(ErrorKind::OutOfMemory, op).detail("more elements than can be addressed"))?;
    }
    Ok(out)
}

/// `permute_dims` of the specification.
///
/// # Errors
/// `Axis`.
pub fn permute_dims(x: &Layout, order: &AxisList) -> Result<Layout> {
    let op = ShapeOp::PermuteDims;
    let order = distinct_axes(op, &x.shape, order)?;
    if order.len() != x.rank() {
        return Err(Error::new(ErrorKind::Axis, op).shapes(&[&x.shape]).detail(format!("{} axes given", order.len())));
    }
    Ok(x.permute(&order))
}

/// `broadcast_to` of the specification.
///
/// # Errors
/// `Shape`.
pub fn broadcast_to(x: &Layout, shape: &Shape) -> Result<Layout> {
    let fits = shape.checked_size().and_then(|_| x.broadcast_to(shape));
    fits.ok_or_else(|| Error::new(ErrorKind::Shape, ShapeOp::BroadcastTo).shapes(&[&x.shape, shape]))
}

/// `flip` of the specification.
///
/// # Errors
/// `Axis`.
pub fn flip(x: &Layout, which: &Axes) -> Result<Layout> {
    let mut out = x.clone();
    match which {
        None => (0..out.rank()).for_each(|a| out.reverse(a)),
        Some(list) => distinct_axes(ShapeOp::Flip, &x.shape, list)?.into_iter().for_each(|a| out.reverse(a)),
    }
    Ok(out)
}

/// `squeeze` of the specification.
///
/// # Errors
/// `Axis`, `Shape` (an axis that is not of length 1).
pub fn squeeze(x: &Layout, which: &AxisList) -> Result<Layout> {
    let op = ShapeOp::Squeeze;
    let mut gone = distinct_axes(op, &x.shape, which)?;
    if let Some(&a) = gone.iter().find(|&&a| x.shape[a] != 1) {
        return Err(Error::new(ErrorKind::Shape, op).shapes(&[&x.shape]).detail(format!("axis {a} is not of length 1")));
    }
    gone.sort_unstable();
    let mut out = x.clone();
    gone.iter().rev().for_each(|&a| out.remove(a));
    Ok(out)
}
