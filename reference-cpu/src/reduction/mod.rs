//! Reductions: the reduced axes are laid last, so that each result comes from one contiguous run.
mod accumulate;
mod kernels;
pub(crate) mod scan;

use crate::Cpu;
use crate::array::{CpuArray, Typed, any_dtype, gather, wrong_dtype};
use crate::elementwise::cast::cast;
use crate::memory::{self, Means};
use crate::shape::axes;
use accumulate::Accumulate;
use array_protocol::options::Reduce;
use array_protocol::{DType, Error, ErrorKind, Kind, Op, ReduceOp, Result, Shape, derived};
use num_complex::Complex;

/// Which axes stay, which go, and what shape is left.
struct Plan {
    order: Vec<usize>,
    /// Number and length of the runs.
    runs: usize,
    len: usize,
    shape: Shape,
}

impl Plan {
    fn new(op: ReduceOp, x: &Shape, how: &Reduce) -> Result<Plan> {
        let gone: Vec<usize> = match &how.axes {
            None => (0..x.rank()).collect(),
            Some(list) => axes(op, x, list)?.to_vec(),
        };
        let kept: Vec<usize> = (0..x.rank()).filter(|a| !gone.contains(a)).collect();
        let part = |axes: &[usize]| axes.iter().map(|&a| x[a]).collect::<Shape>();
        let shape =
            if how.keepdims { x.iter().enumerate().map(|(a, &n)| if gone.contains(&a) { 1 } else { n }).collect() } else { part(&kept) };
        let (runs, len) = (memory::size(op, &part(&kept))?, part(&gone).size());
        let mut gone = gone;
        gone.sort_unstable();
        Ok(Plan { order: [kept, gone].concat(), runs, len, shape })
    }

    /// One result for each run.
    fn apply<T: Typed, U: Typed>(self, op: impl Into<Op>, x: &CpuArray, f: &(dyn Fn(&[T]) -> U + Sync)) -> Result<CpuArray> {
        let op = op.into();
        let data = gather(op, x.data::<T>(op)?, &x.layout.permute(&self.order))?;
        let (data, len) = (&*data, self.len);
        let out = memory::each(op, self.runs, len, &|i| f(if len == 0 { &[] } else { &data[i * len..(i + 1) * len] }))?;
        Ok(CpuArray::new(self.shape, out))
    }
}

/// The dtype that `sum`, `prod` and `cumulative_sum` work in.
///
/// # Errors
/// `Dtype`.
fn accumulator(op: impl Into<Op>, x: DType, asked: Option<DType>) -> Result<DType> {
    let wide = match x.kind() {
        Kind::Bool => return Err(wrong_dtype(op, &[x])),
        Kind::Int => DType::Int64,
        Kind::UInt => DType::UInt64,
        Kind::Float | Kind::Complex => x,
    };
    match asked {
        Some(DType::Bool) => Err(wrong_dtype(op, &[x, DType::Bool])),
        asked => Ok(asked.unwrap_or(wide)),
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

pub(crate) fn reduce(b: &Cpu, op: ReduceOp, x: &CpuArray, how: &Reduce) -> Result<CpuArray> {
    let dtype = x.dtype();
    let plan = Plan::new(op, x.shape(), how)?;
    match op {
        ReduceOp::Sum | ReduceOp::Prod => {
            let dtype = accumulator(op, dtype, how.dtype)?;
            let x = cast(Means::default(), op, x, dtype)?;
            numeric!(op, dtype, T => if op == ReduceOp::Sum { plan.apply(op, &x, &T::sum) } else { plan.apply(op, &x, &T::prod) })
        }
        ReduceOp::Mean => {
            array_protocol::dispatch_dtype!(dtype, in [f32, f64, Complex<f32>, Complex<f64>], T => plan.apply(op, x, &kernels::mean::<T>),
            else => Err(refused(op, dtype)))
        }
        ReduceOp::Var | ReduceOp::Std => array_protocol::dispatch_dtype!(dtype, in [f32, f64], T => {
            let root = op == ReduceOp::Std;
            plan.apply(op, x, &|run: &[T]| {
                let v = kernels::variance(run, how.correction);
                (if root { v.sqrt() } else { v }) as T
            })
        }, else => Err(refused(op, dtype))),
        ReduceOp::Max => {
            if plan.len == 0 && plan.runs > 0 {
                return Err(Error::new(ErrorKind::Value, op).shapes(&[x.shape()]).detail("the largest of no elements"));
            }
            array_protocol::dispatch_dtype!(dtype, in [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64], T => plan.apply(op, x, &kernels::max::<T>),
                else => Err(refused(op, dtype)))
        }
        ReduceOp::All => any_dtype!(op, dtype, T => plan.apply(op, x, &|run: &[T]| run.iter().all(|&v| v != T::default()))),
        ReduceOp::CountNonzero => {
            any_dtype!(op, dtype, T => plan.apply(op, x, &|run: &[T]| run.iter().filter(|&&v| v != T::default()).count() as i64))
        }
        _ => derived::reduce(b, op, x, how),
    }
}
