//! Operations that move elements. Most only write another layout.
use crate::array::{CpuArray, any_dtype};
use crate::memory::{self, Means};
use crate::promote::{converted, promoted};
use array_protocol::options::Roll;
use array_protocol::strided::{axis, joined};
use array_protocol::{Error, ErrorKind, Operand, Result, Shape, ShapeOp};

pub(crate) fn reshape(with: Means<'_>, x: &CpuArray, shape: &Shape) -> Result<CpuArray> {
    let op = ShapeOp::Reshape;
    if shape.checked_size() != Some(x.size()) {
        return Err(Error::new(ErrorKind::Shape, op).shapes(&[x.shape(), shape]));
    }
    if let Some(layout) = x.layout.reshape(shape) {
        return Ok(x.with(layout));
    }
    let x = x.compact(with, op)?;
    Ok(x.with(x.layout.with_shape(shape.clone())))
}

pub(crate) fn concat(with: Means<'_>, arrays: &[&CpuArray], along: Option<i64>) -> Result<CpuArray> {
    let op = ShapeOp::Concat;
    let Some(first) = arrays.first() else {
        return Err(Error::new(ErrorKind::Value, op).detail("no arrays"));
    };
    let dtype = promoted(op, arrays)?;
    let mut parts = Vec::with_capacity(arrays.len());
    for a in arrays {
        parts.push(converted(op, Operand::Array(*a), dtype)?);
    }
    let at = match along {
        Some(a) => axis(op, first.shape(), a)?,
        None => {
            for p in &mut parts {
                *p = reshape(with, p, &Shape::from([p.size()]))?;
            }
            0
        }
    };
    join(&parts, at)
}

/// Joins arrays of one dtype along an axis of the first.
fn join(parts: &[CpuArray], at: usize) -> Result<CpuArray> {
    let op = ShapeOp::Concat;
    let Some(first) = parts.first() else { return Err(Error::new(ErrorKind::Value, op).detail("no arrays")) };
    let shape = joined(op, parts.iter().map(CpuArray::shape), at)?;
    let n = memory::size(op, &shape)?;
    // A result without elements may have any number of rows.
    let rows = if n == 0 { 0 } else { shape[..at].iter().product() };
    any_dtype!(op, first.dtype(), T => {
        let mut sources = Vec::with_capacity(parts.len());
        for p in parts {
            sources.push((p.elements::<T>(op)?, p.size().checked_div(rows).unwrap_or(0)));
        }
        let mut out = memory::room::<T>(op, n)?;
        for row in 0..rows {
            for (elements, len) in &sources {
                out.extend_from_slice(&elements[row * len..(row + 1) * len]);
            }
        }
        Ok(CpuArray::new(shape, out))
    })
}

pub(crate) fn roll(with: Means<'_>, x: &CpuArray, how: &Roll) -> Result<CpuArray> {
    let op = ShapeOp::Roll;
    let shifts = |n: usize| match how.shift.as_slice() {
        &[one] => Ok(vec![one; n]),
        many if many.len() == n && how.axes.is_some() => Ok(many.to_vec()),
        many => Err(Error::new(ErrorKind::Value, op).detail(format!("{} shifts for {n} axes", many.len()))),
    };
    let Some(list) = &how.axes else {
        let flat = reshape(with, x, &Shape::from([x.size()]))?;
        return reshape(with, &shifted(&flat, 0, shifts(1)?[0])?, x.shape());
    };
    // An axis may come more than once: its shifts add up.
    let list = list.iter().map(|&a| axis(op, x.shape(), a)).collect::<Result<Vec<_>>>()?;
    let mut out = x.clone();
    for (&a, s) in list.iter().zip(shifts(list.len())?) {
        out = shifted(&out, a, s)?;
    }
    Ok(out)
}

/// Rolls one axis: its last `shift` elements go in front.
fn shifted(x: &CpuArray, at: usize, shift: i64) -> Result<CpuArray> {
    let len = x.shape()[at];
    let by = i128::from(shift).rem_euclid((len as i128).max(1)) as usize;
    if by == 0 {
        return Ok(x.clone());
    }
    let part = |start, count| {
        let mut layout = x.layout.clone();
        layout.slice(at, start, count, 1);
        x.with(layout)
    };
    join(&[part(len - by, by), part(0, len - by)], at).map_err(|e| e.as_op(ShapeOp::Roll))
}

pub(crate) fn tril(x: &CpuArray, k: i64) -> Result<CpuArray> {
    let op = ShapeOp::Tril;
    let &[.., rows, columns] = &**x.shape() else {
        return Err(Error::new(ErrorKind::Shape, op).shapes(&[x.shape()]).detail("the rank is below 2"));
    };
    any_dtype!(op, x.dtype(), T => {
        let source = x.elements::<T>(op)?;
        let mut out = memory::filled(op, source.len(), T::default())?;
        let task = (memory::PARALLEL / 4 / columns.max(1)).max(1);
        memory::parts(&mut out, task.saturating_mul(columns), source.len() >= memory::PARALLEL, &|t, part| {
            for (i, row) in part.chunks_mut(columns.max(1)).enumerate() {
                let i = t * task + i;
                let kept = ((i % rows) as i128 + i128::from(k) + 1).clamp(0, columns as i128) as usize;
                row[..kept].copy_from_slice(&source[i * columns..i * columns + kept]);
            }
        });
        Ok(CpuArray::new(x.shape().clone(), out))
    })
}
