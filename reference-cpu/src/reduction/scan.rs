//! Positions and running results along one axis.
use super::accumulate::Accumulate;
use super::{accumulator, kernels::is_nan, numeric, refused};
use crate::array::{CpuArray, Typed, gather};
use crate::elementwise::cast::cast;
use crate::layout::Layout;
use crate::memory::{self, Means};
use crate::shape::axis;
use array_protocol::options::{ArgReduce, Scan};
use array_protocol::{Error, ErrorKind, Result, ScanOp, Shape};

pub(crate) fn argmax(x: &CpuArray, how: &ArgReduce) -> Result<CpuArray> {
    let op = ScanOp::Argmax;
    let (layout, shape) = match how.axis {
        Some(a) => {
            let at = axis(op, x.shape(), a)?;
            let mut shape = x.shape().clone();
            shape.remove(at);
            if how.keepdims {
                shape.insert(at, 1);
            }
            (x.layout.axis_last(at), shape)
        }
        None => (x.layout.clone(), if how.keepdims { x.shape().iter().map(|_| 1).collect() } else { Shape::scalar() }),
    };
    let len = if how.axis.is_some() { layout.shape.last().copied().unwrap_or(1) } else { layout.size() };
    let runs = memory::size(op, &shape)?;
    if len == 0 && runs > 0 {
        return Err(Error::new(ErrorKind::Value, op).shapes(&[x.shape()]).detail("the largest of no elements"));
    }
    array_protocol::dispatch_dtype!(x.dtype(), in [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64], T => {
        let data = gather(op, x.data::<T>(op)?, &layout)?;
        let out = memory::each(op, runs, len, &|i| first_largest(&data[i * len..(i + 1) * len]) as i64)?;
        Ok(CpuArray::new(shape, out))
    }, else => Err(refused(op, x.dtype())))
}

fn first_largest<T: Copy + PartialOrd>(run: &[T]) -> usize {
    let mut best = 0;
    for (i, &v) in run.iter().enumerate() {
        if is_nan(v) {
            return i;
        }
        if v > run[best] {
            best = i;
        }
    }
    best
}

pub(crate) fn cumulative_sum(x: &CpuArray, how: &Scan) -> Result<CpuArray> {
    let op = ScanOp::CumulativeSum;
    let at = match how.axis {
        Some(a) => axis(op, x.shape(), a)?,
        None if x.shape().rank() == 1 => 0,
        None => return Err(Error::new(ErrorKind::Axis, op).shapes(&[x.shape()]).detail("no axis given, and the rank is not 1")),
    };
    let dtype = accumulator(op, x.dtype(), how.dtype)?;
    let x = cast(Means::default(), op, x, dtype)?;
    numeric!(op, dtype, T => running::<T>(&x, at, how.include_initial))
}

fn running<T: Accumulate + Typed>(x: &CpuArray, at: usize, initial: bool) -> Result<CpuArray> {
    let op = ScanOp::CumulativeSum;
    let layout = x.layout.axis_last(at);
    let data = gather(op, x.data::<T>(op)?, &layout)?;
    let len = x.shape()[at];
    let mut shape = layout.shape.clone();
    if let Some(last) = shape.last_mut() {
        *last = len.checked_add(usize::from(initial)).ok_or_else(|| memory::exhausted(op, None))?;
    }
    let n = memory::size(op, &shape)?;
    let mut out = memory::room::<T>(op, n)?;
    let runs = if n == 0 { 0 } else { n / (len + usize::from(initial)) };
    for i in 0..runs {
        if initial {
            out.push(T::narrow(T::ZERO));
        }
        let mut sum = T::NOTHING;
        for &v in &data[i * len..(i + 1) * len] {
            sum = T::add(sum, v.widen());
            out.push(T::narrow(sum));
        }
    }
    let out = CpuArray::new(shape.clone(), out);
    let back = Layout::contiguous(shape).last_to(at);
    Ok(out.with(back))
}
