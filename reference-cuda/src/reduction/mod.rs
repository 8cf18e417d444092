//! Reductions and scans: which dtypes they take and give. What happens to elements is a fold of `kernels/fold.cuh`.
mod fold;
mod scan;

pub(crate) use scan::cumulative_sum;
pub(crate) use scan::running_counts;

use crate::Cuda;
use crate::array::{CudaArray, wrong_dtype};
use crate::launch::named;
use array_protocol::options::{ArgReduce, Reduce};
use array_protocol::strided::{axis, distinct_axes};
use array_protocol::{DType, Error, ErrorKind, Kind, Op, ReduceOp, Result, ScanOp, derived};
use fold::Job;
use smallvec::SmallVec;

/// The dtype that `sum`, `prod` and `cumulative_sum` work in.
///
/// # Errors
/// `Dtype`.
fn accumulator(op: Op, x: DType, asked: Option<DType>) -> Result<DType> {
    let out = asked.unwrap_or(x.accumulator());
    named(op, out)?;
    match x == DType::Bool || out == DType::Bool || (x.is_complex() && !out.is_complex()) {
        true => Err(wrong_dtype(op, &[x, out])),
        false => Ok(out),
    }
}

pub(crate) fn reduce(b: &Cuda, op: ReduceOp, x: &CudaArray, how: &Reduce) -> Result<CudaArray> {
    let (name, dtype) = (Op::from(op), x.dtype);
    let kind = dtype.kind();
    let own = named(name, dtype)?;
    let (good, fold, result) = match op {
        ReduceOp::Sum | ReduceOp::Prod => {
            let out = accumulator(name, dtype, how.dtype)?;
            let fold = if op == ReduceOp::Sum { "Sum" } else { "Prod" };
            (true, format!("{fold}<{}>", named(name, out)?), out)
        }
        ReduceOp::Mean => (matches!(kind, Kind::Float | Kind::Complex), format!("Mean<{own}>"), dtype),
        ReduceOp::Var => (kind == Kind::Float, format!("Variance<{own}>"), dtype),
        ReduceOp::Std => (kind == Kind::Float, format!("Deviation<{own}>"), dtype),
        ReduceOp::Max => (matches!(kind, Kind::Int | Kind::UInt | Kind::Float), format!("Greatest<{own}>"), dtype),
        ReduceOp::All => (true, "All".into(), DType::Bool),
        ReduceOp::CountNonzero => (true, "NonZero".into(), DType::Int64),
        _ => return derived::reduce(b, op, x, how),
    };
    if !good {
        return Err(wrong_dtype(op, &[dtype]));
    }
    let gone: SmallVec<[usize; 6]> = match &how.axes {
        None => (0..x.shape().rank()).collect(),
        Some(list) => distinct_axes(op, x.shape(), list)?,
    };
    let job = Job { op: name, x, fold: &fold, result, option: how.correction };
    if op == ReduceOp::Max {
        some(name, x, &gone)?;
    }
    job.run(&gone, how.keepdims)
}

pub(crate) fn argmax(x: &CudaArray, how: &ArgReduce) -> Result<CudaArray> {
    let op = Op::from(ScanOp::Argmax);
    if !matches!(x.dtype.kind(), Kind::Int | Kind::UInt | Kind::Float) {
        return Err(wrong_dtype(op, &[x.dtype]));
    }
    let gone: SmallVec<[usize; 6]> = match how.axis {
        None => (0..x.shape().rank()).collect(),
        Some(a) => SmallVec::from_elem(axis(op, x.shape(), a)?, 1),
    };
    some(op, x, &gone)?;
    let fold = format!("First<{}>", named(op, x.dtype)?);
    Job { op, x, fold: &fold, result: DType::Int64, option: 0.0 }.run(&gone, how.keepdims)
}

/// Fails where there is a result, but nothing that it could be.
fn some(op: Op, x: &CudaArray, gone: &[usize]) -> Result<()> {
    let none = gone.iter().any(|&a| x.shape()[a] == 0);
    match none && (0..x.shape().rank()).all(|a| gone.contains(&a) || x.shape()[a] > 0) {
        true => Err(Error::new(ErrorKind::Value, op).shapes(&[x.shape()]).detail("the largest of no elements")),
        false => Ok(()),
    }
}
