//! Running sums along one axis.
use super::accumulator;
use super::fold::{PARTIAL, cut, part_of, threads_for};
use crate::array::CudaArray;
use crate::compiler::Family;
use crate::launch::{self, Indices, Input, Walked, address, double, named};
use crate::memory::{Buffer, exhausted};
use array_protocol::options::Scan;
use array_protocol::strided::{Layout, axis};
use array_protocol::{Error, ErrorKind, Op, Result, ScanOp, Shape};

/// Elements of a part that a block takes, at least.
const PART: usize = 2048;

pub(crate) fn cumulative_sum(x: &CudaArray, how: &Scan) -> Result<CudaArray> {
    let op = Op::from(ScanOp::CumulativeSum);
    let at = match how.axis {
        Some(a) => axis(op, x.shape(), a)?,
        None if x.shape().rank() == 1 => 0,
        None => return Err(Error::new(ErrorKind::Axis, op).shapes(&[x.shape()]).detail("no axis named")),
    };
    let dtype = accumulator(op, x.dtype, how.dtype)?;
    let (mut shape, length) = (x.shape().clone(), x.shape()[at]);
    if !how.include_initial {
        let out = CudaArray::empty(op, x.device(), dtype, shape)?;
        running(op, &out, x, at)?;
        return Ok(out);
    }
    shape[at] = length.checked_add(1).ok_or_else(|| exhausted(op, None))?;
    let out = CudaArray::empty(op, x.device(), dtype, shape)?;
    let part = |from, count| {
        let mut layout = out.layout.clone();
        layout.slice(at, from, count, 1);
        out.with(layout)
    };
    launch::write(op, "Copy", &part(0, 1), &[Input::Value(dtype, [0; 16])])?;
    running(op, &part(1, length), x, at)?;
    Ok(out)
}

/// Replaces counts, int64 in C order, by their running sums along the last axis.
///
/// # Errors
/// `OutOfMemory`, `Backend`.
pub(crate) fn running_counts(op: Op, counts: &CudaArray) -> Result<()> {
    running(op, counts, counts, counts.shape().rank().saturating_sub(1))
}

/// Writes the running sums of `x`, converted to the dtype of `out`, which is of the same shape and may be `x` itself.
fn running(op: Op, out: &CudaArray, x: &CudaArray, at: usize) -> Result<()> {
    if x.size() == 0 {
        return Ok(());
    }
    let (device, length, lines) = (x.device(), x.shape()[at], x.size() / x.shape()[at]);
    let [to, from] = [out, x].map(|a| part_of(&a.layout, |axis| axis != at));
    let walked = Walked::new(op, &to.shape, &[&to, &from])?;
    let line = Layout { shape: Shape::from([length]), strides: [x.layout.strides[at]].into_iter().collect(), offset: 0 };
    let out_line = Layout { strides: [out.layout.strides[at]].into_iter().collect(), ..line.clone() };
    let along = Walked::new(op, &line.shape, &[&out_line, &line])?;
    let near = walked.strides[1].last().is_some_and(|s| s.unsigned_abs() < x.layout.strides[at].unsigned_abs());
    let columns = length <= 32 || (near && lines >= 4096);
    let (parts, part) = if columns { (1, length) } else { cut(length, lines, PART, 1 << 12) };
    let indices = Indices::new(device, (lines * parts).max(length), &[&walked, &along]);
    let (number, class) = (|v| indices.number(v), walked.class(op)?);
    let (own, result, index) = (named(op, x.dtype)?, named(op, out.dtype)?, indices.name());
    let base = |a: &CudaArray| address(indices.base(a.start(), a.dtype));
    let steps = [out, x].map(|a| indices.signed(a.layout.strides[at] as i64));
    let [out_step, x_step] = steps;
    let types = format!("Sum<{result}>, {own}, {result}");
    if columns {
        let function = device.kernel(op, Family::Scan, format!("scan_columns<{types}, {class}, {index}>"))?;
        let parameters = &mut [base(out), base(x), number(lines), number(length), indices.walk(&walked, class), out_step, x_step];
        return device.launch(op, function, lines, parameters);
    }
    let before = if parts > 1 { Some(Buffer::new(op, device, lines * parts * PARTIAL)?) } else { None };
    if let Some(sums) = &before {
        // The sum of each part, then of all parts before it.
        let kept = Walked::new(op, &from.shape, &[&from])?;
        let gone = Walked::new(op, &line.shape, &[&line])?;
        let class = kept.class(op)?;
        let function = device.kernel(op, Family::Reduce, format!("rows<{types}, {class}, 1, {index}>"))?;
        let parameters = &mut [
            address(0),
            address(sums.pointer),
            base(x),
            number(lines),
            number(parts),
            number(length),
            number(part),
            indices.walk(&kept, class),
            indices.inner_walk(&gone, 1),
            double(0.0),
        ];
        device.launch_blocks(op, function, lines * parts, threads_for(part), parameters)?;
        let function = device.kernel(op, Family::Scan, format!("scan_parts<Sum<{result}>, {index}>"))?;
        device.launch(op, function, lines, &mut [address(sums.pointer), number(lines), number(parts)])?;
    }
    let function = device.kernel(op, Family::Scan, format!("scan_rows<{types}, {class}, {index}>"))?;
    let parameters = &mut [
        base(out),
        base(x),
        address(before.as_ref().map_or(0, |b| b.pointer)),
        number(lines),
        number(parts),
        number(length),
        number(part),
        indices.walk(&walked, class),
        out_step,
        x_step,
    ];
    device.launch_blocks(op, function, lines * parts, threads_for(part), parameters)
}
