//! The `_` arms of the families. What cannot be built without breaking a clause of its own is `Unsupported`: `floor_divide` from `divide`
//! is wrong where the quotient rounds up to an integer, `sqrt` from `pow` rounds twice.
use super::{Named, ZERO};
use crate::options::Reduce;
use crate::strided::distinct_axes;
use crate::{Backend, BinaryOp, DType, Error, ErrorKind, Kind, Operand, ReduceOp, Result, Scalar, SelectOp, UnaryOp};

/// For the `_` arm of [`Backend::unary`]: `abs` (real), `isnan`, `negative`, `sign` (real).
///
/// # Errors
/// `Dtype` outside the domain, `Unsupported` where the operation is a primitive.
pub fn unary<B: Backend>(b: &B, op: UnaryOp, x: &B::Array) -> Result<B::Array> {
    let dtype = b.dtype(x);
    let kind = dtype.kind();
    let unsupported = || Err(Error::unsupported(op).dtypes(&[dtype]));
    if kind == Kind::Bool && matches!(op, UnaryOp::Abs | UnaryOp::IsNan | UnaryOp::Negative | UnaryOp::Sign) {
        return Err(Error::new(ErrorKind::Dtype, op).dtypes(&[dtype]));
    }
    let array = Operand::Array(x);
    match op {
        // -0.0 - x, not 0.0 - x and not -1 * x: right for both zeros, and for an infinite part of a complex number.
        UnaryOp::Negative => {
            let zero = match kind {
                Kind::Float => Scalar::Float(-0.0),
                Kind::Complex => Scalar::Complex(-0.0, -0.0),
                _ => ZERO,
            };
            b.binary(BinaryOp::Subtract, Operand::Scalar(zero), array).named(op)
        }
        UnaryOp::Abs => match kind {
            Kind::UInt => Ok(x.clone()),
            Kind::Float => b.binary(BinaryOp::Copysign, array, Operand::Scalar(Scalar::Float(1.0))).named(op),
            Kind::Int => (|| {
                let below = b.binary(BinaryOp::Less, array, Operand::Scalar(ZERO))?;
                let negated = b.binary(BinaryOp::Subtract, Operand::Scalar(ZERO), array)?;
                b.select(&below, Operand::Array(&negated), array)
            })()
            .named(op),
            _ => unsupported(),
        },
        UnaryOp::IsNan => not_equal(b, array, array).named(op),
        // A NaN is neither: it stays itself.
        UnaryOp::Sign if kind != Kind::Complex => (|| {
            let zero = b.binary(BinaryOp::Equal, array, Operand::Scalar(ZERO))?;
            let above = b.binary(BinaryOp::Less, Operand::Scalar(ZERO), array)?;
            let out = b.select(&zero, Operand::Scalar(ZERO), array)?;
            let out = b.select(&above, Operand::Scalar(Scalar::Int(1)), Operand::Array(&out))?;
            if kind == Kind::UInt {
                return Ok(out);
            }
            let below = b.binary(BinaryOp::Less, array, Operand::Scalar(ZERO))?;
            b.select(&below, Operand::Scalar(Scalar::Int(-1)), Operand::Array(&out))
        })()
        .named(op),
        _ => unsupported(),
    }
}

fn not<B: Backend>(b: &B, x: &B::Array) -> Result<B::Array> {
    b.binary(BinaryOp::Equal, Operand::Array(x), Operand::Scalar(Scalar::Bool(false)))
}

fn not_equal<B: Backend>(b: &B, x1: Operand<&B::Array>, x2: Operand<&B::Array>) -> Result<B::Array> {
    not(b, &b.binary(BinaryOp::Equal, x1, x2)?)
}

/// The dtype of an operand's array.
fn dtype_of<B: Backend>(b: &B, x: &Operand<&B::Array>) -> Option<DType> {
    x.array().map(|x| b.dtype(x))
}

/// For the `_` arm of [`Backend::binary`]: `bitwise_xor` and `logical_and` (of truth values), `maximum`.
///
/// # Errors
/// `Dtype` outside the domain, `Unsupported` where the operation is a primitive.
pub fn binary<B: Backend>(b: &B, op: BinaryOp, x1: Operand<&B::Array>, x2: Operand<&B::Array>) -> Result<B::Array> {
    let met: Vec<DType> = [&x1, &x2].into_iter().filter_map(|x| dtype_of(b, x)).collect();
    // Both operations below commute: the array first.
    let (Operand::Array(x), y) = (if x1.array().is_some() { (x1, x2) } else { (x2, x1) }) else {
        return Err(Error::new(ErrorKind::Value, op).detail("two scalars"));
    };
    let array = Operand::Array(x);
    let domain = |good: &dyn Fn(Kind) -> bool| match met.iter().all(|d| good(d.kind())) {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Dtype, op).dtypes(&met)),
    };
    match op {
        BinaryOp::LogicalAnd => {
            domain(&|k| k == Kind::Bool)?;
            match y {
                Operand::Array(y) => b.select(x, Operand::Array(y), Operand::Scalar(Scalar::Bool(false))).named(op),
                Operand::Scalar(Scalar::Bool(true)) => Ok(x.clone()),
                Operand::Scalar(Scalar::Bool(false)) => b.select(x, y, array).named(op),
                Operand::Scalar(_) => Err(Error::new(ErrorKind::Dtype, op).dtypes(&met)),
            }
        }
        BinaryOp::BitwiseXor if met.iter().all(|&d| d == DType::Bool) => not_equal(b, array, y).named(op),
        BinaryOp::Maximum => {
            domain(&|k| !matches!(k, Kind::Bool | Kind::Complex))?;
            (|| {
                let larger = b.binary(BinaryOp::Less, y, array)?;
                let out = b.select(&larger, array, y)?;
                keep_nan(b, array, out)
            })()
            .named(op)
        }
        _ => Err(Error::unsupported(op).dtypes(&met)),
    }
}

/// `out`, and NaN where `x` is one.
fn keep_nan<B: Backend>(b: &B, x: Operand<&B::Array>, out: B::Array) -> Result<B::Array> {
    match x {
        Operand::Array(a) if matches!(b.dtype(a).kind(), Kind::Float) => {
            let number = b.binary(BinaryOp::Equal, x, x)?;
            b.select(&number, Operand::Array(&out), x)
        }
        Operand::Scalar(Scalar::Float(s)) if s.is_nan() => {
            let number = b.binary(BinaryOp::Equal, Operand::Array(&out), Operand::Array(&out))?;
            b.select(&number, x, Operand::Array(&out))
        }
        _ => Ok(out),
    }
}

/// Limits elements to `[min, max]`; a missing bound does not limit. Where `min > max` the result is `max`; a NaN anywhere is a NaN.
///
/// # Errors
/// `Shape`, `Dtype`.
pub fn clip<B: Backend>(b: &B, x: &B::Array, min: Option<Operand<&B::Array>>, max: Option<Operand<&B::Array>>) -> Result<B::Array> {
    let (bounds, own) = ([&min, &max], b.dtype(x));
    let dtypes = || std::iter::once(own).chain(bounds.into_iter().flatten().filter_map(|o| dtype_of(b, o))).collect::<Vec<DType>>();
    let error = || Error::new(ErrorKind::Dtype, SelectOp::Clip).dtypes(&dtypes());
    let dtype = dtypes().into_iter().try_fold(own, DType::promote).ok_or_else(error)?;
    let weak = |o: &Operand<_>| matches!(o, Operand::Scalar(s) if dtype.with_scalar(*s) != Some(dtype));
    if matches!(dtype.kind(), Kind::Bool | Kind::Complex) || bounds.into_iter().flatten().any(weak) {
        return Err(error());
    }
    (|| {
        let mut out = if own == dtype { x.clone() } else { b.astype(x, &dtype)? };
        if let Some(min) = min {
            let below = b.binary(BinaryOp::Less, Operand::Array(&out), min)?;
            let limited = b.select(&below, min, Operand::Array(&out))?;
            out = keep_nan(b, min, limited)?;
        }
        if let Some(max) = max {
            let above = b.binary(BinaryOp::Less, max, Operand::Array(&out))?;
            let limited = b.select(&above, max, Operand::Array(&out))?;
            out = keep_nan(b, max, limited)?;
        }
        Ok(out)
    })()
    .named(SelectOp::Clip)
}

/// For the `_` arm of [`Backend::reduce`]: `all`, `count_nonzero`, `mean`, `var`, `std`.
///
/// # Errors
/// `Axis`, `Dtype` outside the domain, `Unsupported` where the operation is a primitive.
pub fn reduce<B: Backend>(b: &B, op: ReduceOp, x: &B::Array, how: &Reduce) -> Result<B::Array> {
    match op {
        ReduceOp::CountNonzero => count(b, x, how, false).named(op),
        ReduceOp::All => {
            let zeros = count(b, x, how, true).named(op)?;
            b.binary(BinaryOp::Equal, Operand::Array(&zeros), Operand::Scalar(ZERO)).named(op)
        }
        ReduceOp::Mean | ReduceOp::Var | ReduceOp::Std => {
            let dtype = b.dtype(x);
            let ok = if op == ReduceOp::Mean { dtype.is_float() || dtype.is_complex() } else { dtype.is_float() };
            if !ok {
                return Err(Error::new(ErrorKind::Dtype, op).dtypes(&[dtype]));
            }
            moments(b, op, x, how).named(op)
        }
        _ => Err(Error::unsupported(op).dtypes(&[b.dtype(x)])),
    }
}

/// How many elements are (not) zero, int64.
fn count<B: Backend>(b: &B, x: &B::Array, how: &Reduce, zeros: bool) -> Result<B::Array> {
    let zero = if b.dtype(x) == DType::Bool { Scalar::Bool(false) } else { ZERO };
    let mut found = b.binary(BinaryOp::Equal, Operand::Array(x), Operand::Scalar(zero))?;
    if !zeros {
        found = not(b, &found)?;
    }
    let ones = b.astype(&found, &DType::Int64)?;
    b.reduce(ReduceOp::Sum, &ones, &Reduce { dtype: None, correction: 0.0, ..how.clone() })
}

fn moments<B: Backend>(b: &B, op: ReduceOp, x: &B::Array, how: &Reduce) -> Result<B::Array> {
    let (shape, dtype) = (b.shape(x).clone(), b.dtype(x));
    let n: f64 = match &how.axes {
        None => shape.iter().map(|&n| n as f64).product(),
        Some(given) => distinct_axes(op, &shape, given)?.iter().map(|&a| shape[a] as f64).product(),
    };
    // Half precision holds neither the sum nor, beyond 65504, the number of elements.
    let narrow = dtype.is_float() && dtype.size() < 4;
    let wide = if narrow { b.astype(x, &DType::Float32)? } else { x.clone() };
    let how = Reduce { dtype: None, ..how.clone() };
    let out = if op == ReduceOp::Mean {
        mean(b, &wide, n, &how)?
    } else {
        // Two passes: the squares of small distances, not the difference of large squares.
        let mean = mean(b, &wide, n, &how.clone().keepdims(true))?;
        let distance = b.binary(BinaryOp::Subtract, Operand::Array(&wide), Operand::Array(&mean))?;
        let square = b.binary(BinaryOp::Multiply, Operand::Array(&distance), Operand::Array(&distance))?;
        let freedom = n - how.correction;
        let variance = sum_over(b, &square, if freedom > 0.0 { freedom } else { f64::NAN }, &how)?;
        if op == ReduceOp::Std { b.unary(UnaryOp::Sqrt, &variance)? } else { variance }
    };
    if narrow { b.astype(&out, &dtype) } else { Ok(out) }
}

fn sum_over<B: Backend>(b: &B, x: &B::Array, divisor: f64, how: &Reduce) -> Result<B::Array> {
    let sum = b.reduce(ReduceOp::Sum, x, how)?;
    b.binary(BinaryOp::Divide, Operand::Array(&sum), Operand::Scalar(Scalar::Float(divisor)))
}

/// The sum divided by `n`; where the sum overflows, the sum of elements that were first scaled by a power of two below `1/n`.
fn mean<B: Backend>(b: &B, x: &B::Array, n: f64, how: &Reduce) -> Result<B::Array> {
    let direct = sum_over(b, x, n, how)?;
    let mut power = 1.0;
    while power < n {
        power *= 2.0;
    }
    let small = b.binary(BinaryOp::Multiply, Operand::Array(x), Operand::Scalar(Scalar::Float(1.0 / power)))?;
    let scaled = sum_over(b, &small, n / power, how)?;
    // Infinite or NaN minus itself is NaN.
    let difference = b.binary(BinaryOp::Subtract, Operand::Array(&direct), Operand::Array(&direct))?;
    let finite = b.binary(BinaryOp::Equal, Operand::Array(&difference), Operand::Scalar(ZERO))?;
    b.select(&finite, Operand::Array(&direct), Operand::Array(&scaled))
}
