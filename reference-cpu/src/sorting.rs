//! Order, search, sets. A NaN is larger than every number; `-0` and `+0` are equal.
use crate::array::{CpuArray, Typed, any_dtype, gather, wrong_dtype};
use crate::layout::Layout;
use crate::memory::{self, PARALLEL};
use crate::promote::{converted, promoted};
use crate::shape::axis;
use array_protocol::options::{Search, Side, Sort};
use array_protocol::{Error, ErrorKind, Op, Operand, Result, Shape, SortOp};
use num_complex::Complex;
use std::cmp::Ordering;

/// Elements that have an order.
trait Order: Typed {
    fn order(&self, other: &Self) -> Ordering;
}
macro_rules! order {
    (total $($t:ty),*) => { $( impl Order for $t { fn order(&self, other: &Self) -> Ordering { self.cmp(other) } } )* };
    (float $($t:ty),*) => { $(
        impl Order for $t {
            fn order(&self, other: &Self) -> Ordering {
                self.partial_cmp(other).unwrap_or_else(|| self.is_nan().cmp(&other.is_nan()))
            }
        }
        // For `unique_values` only: by real part, then by imaginary part, numbers with a NaN last.
        impl Order for Complex<$t> {
            fn order(&self, other: &Self) -> Ordering {
                let nan = |z: &Self| z.re.is_nan() || z.im.is_nan();
                nan(self).cmp(&nan(other)).then_with(|| self.re.order(&other.re)).then_with(|| self.im.order(&other.im))
            }
        }
    )* };
}
order!(total bool, i8, i16, i32, i64, u8, u16, u32, u64);
order!(float f32, f64);

macro_rules! sortable {
    ($op:expr, $dtype:expr, $alias:ident => $body:expr) => {
        array_protocol::dispatch_dtype!($dtype, in [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64], $alias => $body,
            else => Err(wrong_dtype($op, &[$dtype])))
    };
}

/// Runs along an axis, one behind the other, and the way back to the axis.
struct Runs {
    layout: Layout,
    at: usize,
    len: usize,
}

impl Runs {
    fn new(op: impl Into<Op>, x: &CpuArray, along: i64) -> Result<Runs> {
        let at = axis(op, x.shape(), along)?;
        Ok(Runs { layout: x.layout.axis_last(at), at, len: x.shape()[at] })
    }

    /// Changes each run.
    fn each<T: Send>(&self, data: &mut [T], f: &(dyn Fn(&mut [T]) + Sync)) {
        let parallel = data.len() >= PARALLEL && data.len() > self.len;
        memory::parts(data, self.len, parallel, &|_, run| f(run));
    }

    fn finish<T: Typed>(self, data: Vec<T>) -> CpuArray {
        let out = CpuArray::new(self.layout.shape.clone(), data);
        let layout = out.layout.last_to(self.at);
        out.with(layout)
    }
}

/// A stable sort. Long runs are sorted in parts, on all threads; the last pass finds the parts in order and merges them.
fn sort_run<T: Send>(run: &mut [T], order: fn(&T, &T) -> Ordering) {
    if run.len() >= PARALLEL {
        memory::parts(run, PARALLEL / 2, true, &|_, part| part.sort_by(order));
    }
    run.sort_by(order);
}

/// The same, largest first; equal elements keep their order, which two reversals give.
fn sort_directed<T: Send>(run: &mut [T], order: fn(&T, &T) -> Ordering, descending: bool) {
    if descending {
        run.reverse();
    }
    sort_run(run, order);
    if descending {
        run.reverse();
    }
}

pub(crate) fn sort(x: &CpuArray, how: &Sort) -> Result<CpuArray> {
    let op = SortOp::Sort;
    let runs = Runs::new(op, x, how.axis)?;
    sortable!(op, x.dtype(), T => {
        let mut data = gather(op, x.data::<T>(op)?, &runs.layout)?.into_owned();
        runs.each(&mut data, &|run| sort_directed(run, T::order, how.descending));
        Ok(runs.finish(data))
    })
}

pub(crate) fn argsort(x: &CpuArray, how: &Sort) -> Result<CpuArray> {
    let op = SortOp::Argsort;
    let runs = Runs::new(op, x, how.axis)?;
    sortable!(op, x.dtype(), T => {
        let data = gather(op, x.data::<T>(op)?, &runs.layout)?;
        let mut keyed = memory::room::<(T, i64)>(op, data.len())?;
        keyed.extend(data.iter().enumerate().map(|(i, &v)| (v, (i % runs.len.max(1)) as i64)));
        runs.each(&mut keyed, &|run| sort_directed(run, |a, b| a.0.order(&b.0), how.descending));
        let mut out = memory::room::<i64>(op, keyed.len())?;
        out.extend(keyed.iter().map(|&(_, i)| i));
        Ok(runs.finish(out))
    })
}

pub(crate) fn searchsorted(x1: &CpuArray, x2: &CpuArray, how: &Search) -> Result<CpuArray> {
    let op = SortOp::Searchsorted;
    if x1.shape().rank() != 1 {
        return Err(Error::new(ErrorKind::Shape, op).shapes(&[x1.shape()]).detail("the sorted array has rank 1"));
    }
    let dtype = promoted(op, &[x1, x2])?;
    let (sorted, wanted) = (converted(op, Operand::Array(x1), dtype)?, converted(op, Operand::Array(x2), dtype)?);
    sortable!(op, dtype, T => {
        let (sorted, wanted) = (sorted.elements::<T>(op)?, wanted.elements::<T>(op)?);
        let before = |v: &T, x: &T| match how.side {
            Side::Left => v.order(x) == Ordering::Less,
            Side::Right => v.order(x) != Ordering::Greater,
        };
        let out = memory::each(op, wanted.len(), 16, &|i| sorted.partition_point(|v| before(v, &wanted[i])) as i64)?;
        Ok(CpuArray::new(x2.shape().clone(), out))
    })
}

pub(crate) fn unique_values(x: &CpuArray) -> Result<CpuArray> {
    let op = SortOp::UniqueValues;
    any_dtype!(op, x.dtype(), T => {
        let mut values = x.elements::<T>(op)?.into_owned();
        sort_run(&mut values, T::order);
        // A NaN equals nothing, itself included.
        values.dedup_by(|a, b| a == b);
        Ok(CpuArray::new(Shape::from([values.len()]), values))
    })
}
