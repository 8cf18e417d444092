//! Order, search, sets. Elements become unsigned keys in the same order, so that there is one kernel per width.
mod order;

use crate::array::{CudaArray, common_device, wrong_dtype};
use crate::compiler::Family;
use crate::elementwise::{cast, common};
use crate::indexing::{Choice, chosen};
use crate::launch::{self, Indices, Input, address, named};
use array_protocol::options::{Search, Side, Sort};
use array_protocol::strided::axis;
use array_protocol::{DType, Error, ErrorKind, Op, Operand, Result, SortOp};
use order::{order, pick};

/// The unsigned integers as wide as the elements, or for complex numbers, as their parts.
fn key_dtype(dtype: DType) -> DType {
    match dtype.real().size() {
        1 => DType::UInt8,
        2 => DType::UInt16,
        4 => DType::UInt32,
        _ => DType::UInt64,
    }
}

/// The keys of elements, in C order.
fn keys(op: Op, function: &str, x: &CudaArray) -> Result<CudaArray> {
    launch::map(op, x.device(), function, key_dtype(x.dtype), x.shape().clone(), &[Input::Array(x)])
}

/// An array with the axis to be sorted along at the end, and the positions that sort it.
struct Sorted {
    op: Op,
    axis: usize,
    x: CudaArray,
    positions: CudaArray,
}

impl Sorted {
    fn new(op: SortOp, x: &CudaArray, how: &Sort) -> Result<Sorted> {
        let op = Op::from(op);
        if x.dtype.is_complex() {
            return Err(wrong_dtype(op, &[x.dtype]));
        }
        named(op, x.dtype)?;
        let axis = axis(op, x.shape(), how.axis)?;
        let x = x.with(x.layout.axis_last(axis));
        let keys = keys(op, if how.descending { "KeyDescending" } else { "Key" }, &x)?;
        Ok(Sorted { op, axis, positions: order(op, &keys)?, x })
    }

    /// An array of the shape of `x`, with its axes in their order again.
    fn finish(&self, out: &CudaArray) -> CudaArray {
        out.with(out.layout.last_to(self.axis))
    }
}

pub(crate) fn sort(x: &CudaArray, how: &Sort) -> Result<CudaArray> {
    let sorted = Sorted::new(SortOp::Sort, x, how)?;
    let out = pick(sorted.op, &sorted.x.compact(sorted.op)?, &sorted.positions)?;
    Ok(sorted.finish(&out))
}

/// Always stable.
pub(crate) fn argsort(x: &CudaArray, how: &Sort) -> Result<CudaArray> {
    let sorted = Sorted::new(SortOp::Argsort, x, how)?;
    Ok(sorted.finish(&cast(sorted.op, &sorted.positions, DType::Int64)?))
}

pub(crate) fn searchsorted(x1: &CudaArray, x2: &CudaArray, how: &Search) -> Result<CudaArray> {
    let op = Op::from(SortOp::Searchsorted);
    if x1.shape().rank() != 1 {
        return Err(Error::new(ErrorKind::Shape, op).shapes(&[x1.shape()]).detail("the sorted array has rank 1"));
    }
    let dtype = common(op, &[Operand::Array(x1), Operand::Array(x2)])?;
    if dtype.is_complex() {
        return Err(wrong_dtype(op, &[x1.dtype, x2.dtype]));
    }
    let device = common_device(op, [x1, x2])?;
    let (sorted, wanted) = (keys(op, "Key", &cast(op, x1, dtype)?)?, keys(op, "Key", &cast(op, x2, dtype)?)?);
    let out = CudaArray::empty(op, device, DType::Int64, x2.shape().clone())?;
    let (n, length) = (out.size(), sorted.size());
    if n == 0 {
        return Ok(out);
    }
    let indices = Indices::new(device, n.max(length), &[]);
    let function = device.kernel(op, Family::Sort, format!("search<{}, {}>", named(op, sorted.dtype)?, indices.name()))?;
    let number = |v| indices.number(v);
    let right = number(usize::from(how.side == Side::Right));
    let parameters = &mut [address(out.start()), address(wanted.start()), number(n), address(sorted.start()), number(length), right];
    device.launch(op, function, n, parameters)?;
    Ok(out)
}

/// Complex numbers by real part, then by imaginary part.
pub(crate) fn unique_values(x: &CudaArray) -> Result<CudaArray> {
    let op = Op::from(SortOp::UniqueValues);
    named(op, x.dtype)?;
    let x = x.compact(op)?;
    let x = x.with(x.layout.with_shape([x.size()].into()));
    let positions = if x.dtype.is_complex() {
        let minor = order(op, &keys(op, "KeyImaginary", &x)?)?;
        let major = order(op, &pick(op, &keys(op, "KeyReal", &x)?, &minor)?)?;
        pick(op, &minor, &major)?
    } else {
        order(op, &keys(op, "Key", &x)?)?
    };
    let sorted = pick(op, &x, &positions)?;
    pick(op, &sorted, &chosen(op, Choice::IsNew, &sorted)?)
}
