//! Reductions and scans: what an operation does to elements is a [`fold::Fold`]; [`drive`] has the loops of all of them.
mod accumulate;
mod drive;
mod fold;
mod largest;
mod moments;
mod plan;
pub(crate) mod scan;
mod walk;
mod zeros;

use crate::Cpu;
use crate::array::{CpuArray, Typed, any_dtype, wrong_dtype};
use crate::elementwise::cast::cast;
use accumulate::{Accumulate, Mean, Product, Scaled, Sum, Wide};
use array_protocol::options::{ArgReduce, Reduce};
use array_protocol::strided::{axis, distinct_axes};
use array_protocol::{DType, Error, ErrorKind, Kind, Op, ReduceOp, Result, ScanOp, derived};
use fold::Vectors;
use largest::{First, Largest, Ordered};
use moments::{Moments, Spread};
use num_complex::Complex;
use plan::Plan;
use zeros::{Any, Zeros};

/// The dtype that `sum`, `prod` and `cumulative_sum` work in.
///
/// # Errors
/// `Dtype`.
fn accumulator(op: impl Into<Op>, x: DType, asked: Option<DType>) -> Result<DType> {
    match asked {
        _ if x == DType::Bool => Err(wrong_dtype(op, &[x])),
        Some(DType::Bool) => Err(wrong_dtype(op, &[x, DType::Bool])),
        asked => Ok(asked.unwrap_or(x.accumulator())),
    }
}

/// Runs the body for the numeric dtypes.
macro_rules! numeric {
    ($op:expr, $dtype:expr, $alias:ident => $body:expr) => {
        array_protocol::dispatch_dtype!($dtype, in [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, num_complex::Complex<f32>, num_complex::Complex<f64>], $alias => $body,
            else => Err($crate::reduction::refused($op, $dtype)))
    };
}
use numeric;

/// A dtype that the backend has not, or that the operation does not take.
#[cold]
fn refused(op: impl Into<Op>, dtype: DType) -> Error {
    if crate::array::DTYPES.contains(&dtype) { wrong_dtype(op, &[dtype]) } else { Error::unsupported(op).dtypes(&[dtype]) }
}

/// An array and the axes of it that go.
struct Job<'a> {
    b: &'a Cpu,
    op: ReduceOp,
    how: &'a Reduce,
}

impl Job<'_> {
    /// The loops over `data`, the buffer of `x`.
    fn plan<'d, T: Typed>(&self, x: &'d CpuArray) -> Result<(&'d [T], Plan)> {
        let (how, data) = (self.how, x.data::<T>(self.op)?);
        let room = data.len();
        let plan = match &how.axes {
            None => Plan::new(self.op, &x.layout, room, &|_| true, how.keepdims, false),
            Some(list) => {
                let gone = distinct_axes(self.op, x.shape(), list)?;
                Plan::new(self.op, &x.layout, room, &|axis| gone.contains(&axis), how.keepdims, false)
            }
        };
        Ok((data, plan?))
    }

    /// Integers are added up, or multiplied, in 64 bits and then lose the bits that were not asked for.
    fn accumulated(&self, x: &CpuArray) -> Result<CpuArray> {
        let (op, sum) = (self.op, self.op == ReduceOp::Sum);
        let asked = accumulator(op, x.dtype(), self.how.dtype)?;
        let whole = |d: DType| matches!(d.kind(), Kind::Int | Kind::UInt);
        let integers = whole(x.dtype()) && whole(asked);
        let x = if integers { x.clone() } else { cast(self.b.means(), op, x, asked)? };
        let out = if sum {
            numeric!(op, x.dtype(), T => self.sum::<T>(&x))?
        } else {
            let x = cast(self.b.means(), op, &x, x.dtype().accumulator())?;
            array_protocol::dispatch_dtype!(x.dtype(), in [i64, u64, f32, f64, Complex<f32>, Complex<f64>], T => self.product::<T>(&x),
                else => Err(refused(op, x.dtype())))?
        };
        cast(self.b.means(), op, &out, asked)
    }

    fn sum<T: Accumulate>(&self, x: &CpuArray) -> Result<CpuArray> {
        let (data, plan) = self.plan::<T>(x)?;
        let empty = plan.len == 0;
        let fold = Vectors::<Sum<T>>::new(self.b.simd());
        let out = drive::fold(self.op, data, &plan, &fold, &|sums, out| {
            each(sums, out, |w| T::narrow(if empty { T::Wide::ZERO } else { w }));
        })?;
        Ok(plan.array(out))
    }

    fn product<T: Accumulate>(&self, x: &CpuArray) -> Result<CpuArray> {
        let (data, plan) = self.plan::<T>(x)?;
        let fold = Vectors::<Product<T>>::new(self.b.simd());
        let out = drive::fold(self.op, data, &plan, &fold, &|sums, out| each(sums, out, T::narrow))?;
        Ok(plan.array(out))
    }

    fn mean<T: Mean>(&self, x: &CpuArray) -> Result<CpuArray> {
        let (data, plan) = self.plan::<T>(x)?;
        let n = plan.len as f64;
        let fold = Vectors::<Sum<T>>::new(self.b.simd());
        let mut means = drive::fold(self.op, data, &plan, &fold, &|sums, out| each(sums, out, |w| T::narrow(T::over(w, n))))?;
        // Sums that are no wider than their terms may overflow where the mean does not.
        if size_of::<T>() == size_of::<T::Wide>() && !means.iter().all(|&m| m.is_finite()) {
            let fold = Vectors::<Scaled<T>>::new(self.b.simd());
            let scaled = drive::fold(self.op, data, &plan, &fold, &|sums, out: &mut [T]| each(sums, out, |w| T::narrow(T::over(w, n))))?;
            means.iter_mut().zip(&scaled).for_each(|(m, &s)| *m = m.rescued(s));
        }
        Ok(plan.array(means))
    }

    fn spread<T: Typed + Into<f64>>(&self, x: &CpuArray, narrow: impl Fn(f64) -> T + Sync) -> Result<CpuArray> {
        let (data, plan) = self.plan::<T>(x)?;
        let (correction, root) = (self.how.correction, self.op == ReduceOp::Std);
        let out = drive::fold(self.op, data, &plan, &Spread { simd: self.b.simd() }, &|moments: &[Moments], out| {
            each(moments, out, |m| {
                let v = m.variance(correction);
                narrow(if root { v.sqrt() } else { v })
            });
        })?;
        Ok(plan.array(out))
    }

    fn max<T: Ordered>(&self, x: &CpuArray) -> Result<CpuArray> {
        let (data, plan) = self.plan::<T>(x)?;
        if plan.len == 0 && plan.outputs > 0 {
            return Err(no_largest(self.op, x));
        }
        let fold = Vectors::<Largest<T>>::new(self.b.simd());
        let out = drive::fold(self.op, data, &plan, &fold, &|tops, out| each(tops, out, T::of))?;
        Ok(plan.array(out))
    }

    fn all<T: Typed>(&self, x: &CpuArray) -> Result<CpuArray> {
        let (data, plan) = self.plan::<T>(x)?;
        let none = |zeros: &[u64], out: &mut [bool]| each(zeros, out, |n| n == 0);
        let out = if plan.outputs == 1 {
            drive::fold(self.op, data, &plan, &Any::<T>::new(self.b.simd()), &none)
        } else {
            drive::fold(self.op, data, &plan, &Vectors::<Zeros<T>>::new(self.b.simd()), &none)
        }?;
        Ok(plan.array(out))
    }

    fn count<T: Typed>(&self, x: &CpuArray) -> Result<CpuArray> {
        let (data, plan) = self.plan::<T>(x)?;
        let n = plan.len as u64;
        let out = drive::fold(self.op, data, &plan, &Vectors::<Zeros<T>>::new(self.b.simd()), &|zeros, out| {
            each(zeros, out, |z| (n - z) as i64);
        })?;
        Ok(plan.array(out))
    }
}

/// `out[i] = f(from[i])`.
fn each<A: Copy, U>(from: &[A], out: &mut [U], f: impl Fn(A) -> U) {
    for (o, &a) in out.iter_mut().zip(from) {
        *o = f(a);
    }
}

#[cold]
fn no_largest(op: impl Into<Op>, x: &CpuArray) -> Error {
    Error::new(ErrorKind::Value, op).shapes(&[x.shape()]).detail("the largest of no elements")
}

pub(crate) fn reduce(b: &Cpu, op: ReduceOp, x: &CpuArray, how: &Reduce) -> Result<CpuArray> {
    let (job, dtype) = (Job { b, op, how }, x.dtype());
    match op {
        ReduceOp::Sum | ReduceOp::Prod => job.accumulated(x),
        ReduceOp::Mean => array_protocol::dispatch_dtype!(dtype, in [f32, f64, Complex<f32>, Complex<f64>], T => job.mean::<T>(x),
            else => Err(refused(op, dtype))),
        ReduceOp::Var | ReduceOp::Std => array_protocol::dispatch_dtype!(dtype, in [f32, f64], T => job.spread::<T>(x, |v| v as T),
            else => Err(refused(op, dtype))),
        ReduceOp::Max => array_protocol::dispatch_dtype!(dtype, in [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64], T => job.max::<T>(x),
            else => Err(refused(op, dtype))),
        ReduceOp::All => any_dtype!(op, dtype, T => job.all::<T>(x)),
        ReduceOp::CountNonzero => any_dtype!(op, dtype, T => job.count::<T>(x)),
        _ => derived::reduce(b, op, x, how),
    }
}

pub(crate) fn argmax(b: &Cpu, x: &CpuArray, how: &ArgReduce) -> Result<CpuArray> {
    let op = ScanOp::Argmax;
    let at = how.axis.map(|a| axis(op, x.shape(), a)).transpose()?;
    array_protocol::dispatch_dtype!(x.dtype(), in [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64], T => {
        let data = x.data::<T>(op)?;
        let plan = Plan::new(op, &x.layout, data.len(), &|axis| at.is_none_or(|at| at == axis), how.keepdims, true)?;
        if plan.len == 0 && plan.outputs > 0 {
            return Err(no_largest(op, x));
        }
        let out = drive::fold(op, data, &plan, &First { simd: b.simd() }, &|tops: &[(<T as Ordered>::Key, usize)], out| {
            each(tops, out, |(_, place)| place as i64);
        })?;
        Ok(plan.array(out))
    }, else => Err(refused(op, x.dtype())))
}
