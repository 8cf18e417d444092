//! Order, search, sets. A NaN is larger than every number; `-0` and `+0` are equal.
//!
//! Kernels know unsigned keys of 32 and 64 bits only ([`keys`]). Runs of them are sorted in place by vector quicksort with networks at its end
//! ([`quick`], [`network`]), whose first partitions threads share ([`runs`]); [`counting`] is for 8 and 16 bits.
//! The order of keys is total, so that the result does not depend on the way; what stability lets be seen in equal floats is put
//! right at the end.
mod argsort;
mod counting;
mod keys;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "registers at addresses that are not checked")]
mod lanes;
#[cfg(target_arch = "x86_64")]
mod network;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the partition knows where it reads and writes")]
mod quick;
mod runs;
mod search;
mod unique;

use crate::array::{CpuArray, Typed, gather, wrong_dtype};
use crate::backend::Cpu;
use crate::memory::{self, Means, PARALLEL, Store};
use crate::promote::{converted, promoted};
use array_protocol::options::{Search, Sort};
use array_protocol::strided::Layout;
use array_protocol::strided::axis;
use array_protocol::{Error, ErrorKind, Op, Operand, Result, Shape, SortOp};
use keys::Sortable;

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

    fn finish<T: Typed>(self, data: Store<T>) -> CpuArray {
        let out = CpuArray::new(self.layout.shape.clone(), data);
        let layout = out.layout.last_to(self.at);
        out.with(layout)
    }
}

/// Sorts each run of `len` elements. Which of several elements that are equal and differ in bits comes first is left open.
///
/// # Errors
/// `OutOfMemory`.
fn sorted<T: Sortable>(with: Means<'_>, op: Op, from: &[T], len: usize, descending: bool) -> Result<Store<T>> {
    let mut out = Store::new(with, op, from.len())?;
    let code = T::code().directed(descending);
    if size_of::<T>() == size_of::<T::Key>() {
        runs::sort(with.simd, bytemuck::cast_slice(from), bytemuck::cast_slice_mut(&mut out), len, code);
    } else {
        counting::sort(with, op, from, &mut out, len, code)?;
    }
    Ok(out)
}

/// Brings elements of a sorted run that are equal and differ in bits, zeros and NaN, into the order that they have in `from`.
fn restore_order<T: Sortable>(from: &[T], run: &mut [T], descending: bool) {
    let zero = T::default();
    let number = |v: &T| !v.is_nan();
    let (numbers, nans) = if descending {
        let nans = run.partition_point(|v| v.is_nan());
        (nans..run.len(), 0..nans)
    } else {
        let numbers = run.partition_point(number);
        (0..numbers, numbers..run.len())
    };
    let start = numbers.start + run[numbers.clone()].partition_point(|&v| if descending { v > zero } else { v < zero });
    let end = numbers.start + run[numbers].partition_point(|&v| if descending { v >= zero } else { v <= zero });
    let mut restore = |at: std::ops::Range<usize>, class: &dyn Fn(&T) -> bool| {
        let equal = &mut run[at];
        if equal.first().zip(equal.last()).is_some_and(|(a, b)| a.bits() != b.bits()) {
            equal.iter_mut().zip(from.iter().filter(|v| class(v))).for_each(|(to, &v)| *to = v);
        }
    };
    restore(start..end, &|v| *v == zero);
    restore(nans, &|v| v.is_nan());
}

/// `sort`.
pub(crate) fn sort(b: &Cpu, x: &CpuArray, how: &Sort) -> Result<CpuArray> {
    let op = SortOp::Sort;
    let runs = Runs::new(op, x, how.axis)?;
    sortable!(op, x.dtype(), T => {
        let from = gather(op, x.data::<T>(op)?, &runs.layout)?;
        let mut out = sorted(b.means(), op.into(), &from, runs.len, how.descending)?;
        if T::FLOAT && how.stable {
            let parallel = from.len() >= PARALLEL && from.len() > runs.len;
            memory::parts(&mut out, runs.len, parallel, &|i, run| restore_order(&from[i * runs.len..][..run.len()], run, how.descending));
        }
        Ok(runs.finish(out))
    })
}

/// `argsort`, always stable.
pub(crate) fn argsort(b: &Cpu, x: &CpuArray, how: &Sort) -> Result<CpuArray> {
    let op = SortOp::Argsort;
    let runs = Runs::new(op, x, how.axis)?;
    sortable!(op, x.dtype(), T => {
        let from = gather(op, x.data::<T>(op)?, &runs.layout)?;
        let code = T::code().directed(how.descending);
        let out = argsort::argsort(b.means(), op.into(), &from, runs.len, code)?;
        Ok(runs.finish(out))
    })
}

/// `searchsorted`.
pub(crate) fn searchsorted(b: &Cpu, x1: &CpuArray, x2: &CpuArray, how: &Search) -> Result<CpuArray> {
    let op = SortOp::Searchsorted;
    if x1.shape().rank() != 1 {
        return Err(Error::new(ErrorKind::Shape, op).shapes(&[x1.shape()]).detail("the sorted array has rank 1"));
    }
    let dtype = promoted(op, &[x1, x2])?;
    let (sorted, wanted) = (converted(op, Operand::Array(x1), dtype)?, converted(op, Operand::Array(x2), dtype)?);
    sortable!(op, dtype, T => {
        let (sorted, wanted) = (sorted.elements::<T>(op)?, wanted.elements::<T>(op)?);
        Ok(CpuArray::new(x2.shape().clone(), search::search(op.into(), b.simd(), &sorted, &wanted, how.side)?))
    })
}

/// `unique_values`.
pub(crate) fn unique_values(b: &Cpu, x: &CpuArray) -> Result<CpuArray> {
    use array_protocol::DType;
    let op = SortOp::UniqueValues;
    match x.dtype() {
        DType::Bool => Ok(vector(unique::truth(&x.elements(op)?))),
        DType::Complex64 => Ok(vector(unique::complex::<f32>(x.elements(op)?.into_owned()))),
        DType::Complex128 => Ok(vector(unique::complex::<f64>(x.elements(op)?.into_owned()))),
        dtype => sortable!(op, dtype, T => {
            let from = x.elements::<T>(op)?;
            let mut values = sorted(b.means(), op.into(), &from, from.len(), false)?;
            let kept = unique::in_front(&mut values);
            Ok(vector(memory::copied(op, &values[..kept])?))
        }),
    }
}

fn vector<T: Typed>(values: Vec<T>) -> CpuArray {
    CpuArray::new(Shape::from([values.len()]), values)
}
