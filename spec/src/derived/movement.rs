//! Derived operations that move elements and compute none.
use super::{Named, ZERO};
use crate::options::{Axes, AxisList, Device, Roll};
use crate::strided::{axis, distinct_axes};
use crate::{Backend, DType, Error, ErrorKind, HostArray, Index, IndexingOp, InterchangeOp, Operand, Result, Scalar, Shape, ShapeOp};

/// Zeroes what lies above diagonal `k` of the last two axes.
///
/// # Errors
/// `Shape` (rank below 2).
pub fn tril<B: Backend>(b: &B, x: &B::Array, k: i64) -> Result<B::Array> {
    let shape = b.shape(x);
    let [.., rows, cols] = shape[..] else {
        return Err(Error::new(ErrorKind::Shape, ShapeOp::Tril).shapes(&[shape]));
    };
    if shape.size() == 0 {
        return Ok(x.clone());
    }
    let mut keep = HostArray::zeros(DType::Bool, [rows, cols]).named(ShapeOp::Tril)?;
    for (i, row) in keep.bytes_mut().chunks_exact_mut(cols).enumerate() {
        // Row i keeps columns j <= i + k; lengths fit `i64`, sums fit `i128`.
        let kept = (i as i128 + i128::from(k) + 1).clamp(0, cols as i128) as usize;
        row[..kept].fill(1);
    }
    let zero = if b.dtype(x) == DType::Bool { Scalar::Bool(false) } else { ZERO };
    let keep = b.upload(&keep, Some(b.device(x))).named(ShapeOp::Tril)?;
    b.select(&keep, Operand::Array(x), Operand::Scalar(zero)).named(ShapeOp::Tril)
}

/// Reverses axes (`None`: all).
///
/// # Errors
/// `Axis`.
pub fn flip<B: Backend>(b: &B, x: &B::Array, axes: &Axes) -> Result<B::Array> {
    let shape = b.shape(x);
    let reversed = Index::Slice { start: None, stop: None, step: -1 };
    let key = match axes {
        None => vec![reversed; shape.rank()],
        Some(given) => {
            let mut key = vec![Index::all(); shape.rank()];
            distinct_axes(ShapeOp::Flip, shape, given)?.into_iter().for_each(|a| key[a] = reversed.clone());
            key
        }
    };
    b.getitem(x, &key).named(ShapeOp::Flip)
}

/// Moves elements along axes; those that leave come in at the other end.
///
/// # Errors
/// `Axis`, `Value` (numbers of shifts and axes differ).
pub fn roll<B: Backend>(b: &B, x: &B::Array, how: &Roll) -> Result<B::Array> {
    let shape = b.shape(x).clone();
    let wrong = |axes: usize| {
        let detail = format!("{} shifts for {axes} axes", how.shift.len());
        Err(Error::new(ErrorKind::Value, ShapeOp::Roll).shapes(&[&shape]).detail(detail))
    };
    match &how.axes {
        None => {
            let [shift] = how.shift[..] else { return wrong(1) };
            if shape.rank() == 1 {
                return roll_axis(b, x, 0, shift).named(ShapeOp::Roll);
            }
            let flat = b.reshape(x, &Shape::from([shape.size()])).named(ShapeOp::Roll)?;
            let rolled = roll_axis(b, &flat, 0, shift).named(ShapeOp::Roll)?;
            b.reshape(&rolled, &shape).named(ShapeOp::Roll)
        }
        Some(given) => {
            // An axis named twice is moved twice.
            let found = given.iter().map(|&a| axis(ShapeOp::Roll, &shape, a)).collect::<Result<Vec<usize>>>()?;
            let shifts: AxisList = match how.shift[..] {
                [one] => AxisList::from_elem(one, found.len()),
                _ => how.shift.clone(),
            };
            if shifts.len() != found.len() {
                return wrong(found.len());
            }
            let mut out = x.clone();
            for (&axis, &shift) in found.iter().zip(&shifts) {
                out = roll_axis(b, &out, axis, shift).named(ShapeOp::Roll)?;
            }
            Ok(out)
        }
    }
}

fn roll_axis<B: Backend>(b: &B, x: &B::Array, axis: usize, shift: i64) -> Result<B::Array> {
    // A length fits `i64`: it fits `isize`, or the array has no elements and nothing moves.
    let Ok(len @ 1..) = i64::try_from(b.shape(x)[axis]) else { return Ok(x.clone()) };
    let shift = shift.rem_euclid(len);
    if shift == 0 {
        return Ok(x.clone());
    }
    let part = |range: Index<&B::Array>| {
        let mut key = vec![Index::all(); axis];
        key.push(range);
        b.getitem(x, &key)
    };
    let (tail, head) = (part(Index::from(len - shift..))?, part(Index::from(..len - shift))?);
    b.concat(&[&tail, &head], &i64::try_from(axis).ok())
}

/// Removes axes of length 1.
///
/// # Errors
/// `Axis`, `Shape` (an axis that is not of length 1).
pub fn squeeze<B: Backend>(b: &B, x: &B::Array, axes: &AxisList) -> Result<B::Array> {
    let shape = b.shape(x);
    let found = distinct_axes(ShapeOp::Squeeze, shape, axes)?;
    if let Some(&a) = found.iter().find(|&&a| shape[a] != 1) {
        return Err(Error::new(ErrorKind::Shape, ShapeOp::Squeeze).shapes(&[shape]).detail(format!("axis {a} is not of length 1")));
    }
    let rest: Shape = shape.iter().enumerate().filter(|(a, _)| !found.contains(a)).map(|(_, &n)| n).collect();
    b.reshape(x, &rest).named(ShapeOp::Squeeze)
}

/// Elements at `indices` (integers, rank 1) along an axis (`None` only for rank 1).
///
/// # Errors
/// `Axis`, `Index`, `Dtype`, `Shape`.
pub fn take<B: Backend>(b: &B, x: &B::Array, indices: &B::Array, axis: Option<i64>) -> Result<B::Array> {
    let (shape, found) = (b.shape(x), b.shape(indices));
    let error = |kind| Error::new(kind, IndexingOp::Take).shapes(&[shape, found]);
    if !b.dtype(indices).is_integer() {
        return Err(error(ErrorKind::Dtype).dtypes(&[b.dtype(x), b.dtype(indices)]));
    }
    if found.rank() != 1 {
        return Err(error(ErrorKind::Shape).detail("indices of rank 1 expected"));
    }
    let axis = match axis {
        None if shape.rank() == 1 => 0,
        None => return Err(error(ErrorKind::Axis).detail("no axis named")),
        Some(axis) => shape.axis(axis).ok_or_else(|| error(ErrorKind::Axis).detail(format!("axis {axis}")))?,
    };
    let mut key = vec![Index::all(); axis];
    key.push(Index::Array(indices));
    b.getitem(x, &key).named(IndexingOp::Take)
}

/// The same array on a device: itself where it already lies there, else a copy through the host.
///
/// # Errors
/// `Device` where there is no such device.
pub fn to_device<B: Backend>(b: &B, x: &B::Array, device: Device) -> Result<B::Array> {
    if b.device(x) == device {
        return Ok(x.clone());
    }
    if !b.info().devices.contains(&device) {
        return Err(Error::new(ErrorKind::Device, InterchangeOp::ToDevice).detail(format!("no device {device}")));
    }
    b.upload(&b.download(x).named(InterchangeOp::ToDevice)?, Some(device)).named(InterchangeOp::ToDevice)
}
