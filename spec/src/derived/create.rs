//! Derived creation: computed on the host, uploaded once. Computed in float64 (integers exactly) and rounded once to the dtype.
use super::Named;
use crate::options::{Arange, Eye, Full, Linspace};
use crate::{Backend, CreateOp, DType, Error, ErrorKind, HostArray, Kind, Result, Scalar, Shape};

/// `full` of the standard.
///
/// # Errors
/// `Dtype` (a value of a higher kind than the dtype), `Value` (one that an integer dtype does not hold), `Shape`, `OutOfMemory`, `Device`.
pub fn full<B: Backend>(b: &B, how: &Full) -> Result<B::Array> {
    let dtype = how.dtype.unwrap_or(DType::default_of(how.value.kind()));
    if let (Scalar::Float(x), true) = (how.value, dtype.is_integer()) {
        // Out of range comes before the wrong kind. 2^bits is the first number above every dtype of that width.
        let bits = 8 * dtype.size() as i32;
        let (low, high) = if dtype.kind() == Kind::Int { (-2f64.powi(bits - 1), 2f64.powi(bits - 1)) } else { (0.0, 2f64.powi(bits)) };
        if !(low <= x && x < high) {
            return Err(Error::new(ErrorKind::Value, CreateOp::Full).dtypes(&[dtype]).detail(format!("the scalar {}", how.value)));
        }
    }
    let mut bytes = [0; 16];
    let element = how.value.write(dtype, &mut bytes).named(CreateOp::Full)?;
    let mut out = HostArray::zeros(dtype, how.shape.clone()).named(CreateOp::Full)?;
    if element.iter().any(|&b| b != 0) {
        out.bytes_mut().chunks_exact_mut(dtype.size()).for_each(|to| to.copy_from_slice(element));
    }
    b.upload(&out, how.device).named(CreateOp::Full)
}

/// `len` elements of a function of their position.
fn generate(op: CreateOp, dtype: DType, len: u64, element: impl Fn(u64) -> Scalar) -> Result<HostArray> {
    let mut bytes = [0; 16];
    if let Some(last) = len.checked_sub(1) {
        // What does not fit the dtype is found before memory is asked for.
        element(last).write(dtype, &mut bytes).named(op)?;
    }
    let len = usize::try_from(len).map_err(|_| Error::new(ErrorKind::OutOfMemory, op).dtypes(&[dtype]))?;
    let mut out = empty(op, dtype, Shape::from([len]))?;
    for (i, to) in out.bytes_mut().chunks_exact_mut(dtype.size()).enumerate() {
        to.copy_from_slice(element(i as u64).write(dtype, &mut bytes).named(op)?);
    }
    Ok(out)
}

/// Zeros; what cannot even be addressed is too much memory as well: the caller gave lengths, not a shape.
fn empty(op: CreateOp, dtype: DType, shape: Shape) -> Result<HostArray> {
    HostArray::zeros(dtype, shape.clone()).map_err(|_| Error::new(ErrorKind::OutOfMemory, op).shapes(&[&shape]).dtypes(&[dtype]))
}

fn integer(s: Scalar) -> Option<i128> {
    match s {
        Scalar::Int(i) => Some(i.into()),
        Scalar::UInt(i) => Some(i.into()),
        _ => None,
    }
}

fn real(s: Scalar) -> Option<f64> {
    match s {
        Scalar::Int(i) => Some(i as f64),
        Scalar::UInt(i) => Some(i as f64),
        Scalar::Float(x) => Some(x),
        _ => None,
    }
}

/// `arange` of the standard: `ceil((stop - start) / step)` elements `start + i * step`, none where that is negative.
///
/// # Errors
/// `Value` (step 0, a NaN or an infinity, an element that does not fit the dtype), `Dtype`, `OutOfMemory`, `Device`.
pub fn arange<B: Backend>(b: &B, how: &Arange) -> Result<B::Array> {
    let op = CreateOp::Arange;
    let Arange { start, stop, step, .. } = *how;
    let error = |kind, detail: &str| Err(Error::new(kind, op).dtypes(&how.dtype.into_iter().collect::<Vec<_>>()).detail(detail));
    if let (Some(first), Some(end), Some(by)) = (integer(start), integer(stop), integer(step)) {
        let dtype = how.dtype.unwrap_or(DType::Int64);
        if !(dtype.is_integer() || dtype.is_float()) {
            return error(ErrorKind::Dtype, "a real number dtype expected");
        }
        if by == 0 {
            return error(ErrorKind::Value, "step 0");
        }
        let (distance, by_abs) = if by > 0 { (end - first, by) } else { (first - end, -by) };
        let len = if distance > 0 { (distance - 1) / by_abs + 1 } else { 0 };
        let Ok(len) = u64::try_from(len) else { return error(ErrorKind::OutOfMemory, "") };
        // Between `start` and `stop`, so one of the two holds it.
        let element = |i: u64| {
            let value = first + i128::from(i) * by;
            if value < 0 { Scalar::Int(value as i64) } else { Scalar::UInt(value as u64) }
        };
        return b.upload(&generate(op, dtype, len, element)?, how.device).named(op);
    }
    let (Some(first), Some(end), Some(by)) = (real(start), real(stop), real(step)) else {
        return error(ErrorKind::Dtype, "real numbers expected");
    };
    let dtype = how.dtype.unwrap_or(DType::Float64);
    if !dtype.is_float() {
        return error(ErrorKind::Dtype, "numbers that are not integers need a float dtype");
    }
    if by == 0.0 || !(first.is_finite() && end.is_finite() && by.is_finite()) {
        return error(ErrorKind::Value, "finite numbers and a step other than 0 expected");
    }
    let len = ((end - first) / by).ceil().max(0.0);
    // 2^63 elements are more than any memory; below that the conversion is exact enough, above it would saturate.
    if len >= 9.2e18 {
        return error(ErrorKind::OutOfMemory, "");
    }
    b.upload(&generate(op, dtype, len as u64, |i| Scalar::Float(first + i as f64 * by))?, how.device).named(op)
}

/// `linspace` of the standard. The first element is `start`, and with `endpoint` the last one `stop`, exactly.
///
/// # Errors
/// `Dtype`, `OutOfMemory`, `Device`.
pub fn linspace<B: Backend>(b: &B, how: &Linspace) -> Result<B::Array> {
    let op = CreateOp::Linspace;
    let complex = |s| match s {
        Scalar::Complex(re, im) => Some((re, im)),
        s => real(s).map(|re| (re, 0.0)),
    };
    let lifted = matches!((how.start.kind(), how.stop.kind()), (Kind::Complex, _) | (_, Kind::Complex));
    let dtype = how.dtype.unwrap_or(if lifted { DType::Complex128 } else { DType::Float64 });
    let (Some(first), Some(last)) = (complex(how.start), complex(how.stop)) else {
        return Err(Error::new(ErrorKind::Dtype, op).dtypes(&[dtype]).detail("numbers expected"));
    };
    if !(dtype.is_complex() || dtype.is_float() && !lifted) {
        return Err(Error::new(ErrorKind::Dtype, op).dtypes(&[dtype]));
    }
    let intervals = if how.endpoint { how.num.saturating_sub(1) } else { how.num };
    let element = |i: u64| {
        let at = |from, to| between(from, to, i, intervals);
        let (re, im) = (at(first.0, last.0), at(first.1, last.1));
        if lifted { Scalar::Complex(re, im) } else { Scalar::Float(re) }
    };
    b.upload(&generate(op, dtype, how.num, element)?, how.device).named(op)
}

/// `from + (to - from) * i / n`, counted from the nearer end: both ends are exact, and the error stays that of half the way.
fn between(from: f64, to: f64, i: u64, n: u64) -> f64 {
    let near_start = i <= n / 2;
    let (origin, k) = if near_start { (from, i) } else { (to, n - i) };
    if k == 0 {
        return origin;
    }
    let (n, k) = (n as f64, k as f64);
    let width = to - from;
    // A width beyond the range of float64 is divided first.
    let way = if width.is_finite() { width / n * k } else { to / n * k - from / n * k };
    if near_start { origin + way } else { origin - way }
}

/// `eye` of the standard.
///
/// # Errors
/// `OutOfMemory`, `Device`.
pub fn eye<B: Backend>(b: &B, how: &Eye) -> Result<B::Array> {
    let op = CreateOp::Eye;
    let dtype = how.dtype.unwrap_or(DType::Float64);
    let length = |n: u64| usize::try_from(n).map_err(|_| Error::new(ErrorKind::OutOfMemory, op).dtypes(&[dtype]));
    let (rows, cols) = (length(how.rows)?, length(how.cols.unwrap_or(how.rows))?);
    let mut out = empty(op, dtype, Shape::from([rows, cols]))?;
    let mut bytes = [0; 16];
    let one = if dtype == DType::Bool { Scalar::Bool(true) } else { Scalar::Int(1) }.write(dtype, &mut bytes).named(op)?;
    let size = dtype.size();
    if out.size() > 0 {
        for (i, row) in out.bytes_mut().chunks_exact_mut(cols * size).enumerate() {
            if let Ok(j @ 0..) = isize::try_from(i as i128 + i128::from(how.k))
                && (j as usize) < cols
            {
                row[j as usize * size..][..size].copy_from_slice(one);
            }
        }
    }
    b.upload(&out, how.device).named(op)
}
