//! Arrays from nothing but options.
use super::allow::{below, exactly, limits_of, roundoff, within};
use super::cast;
use super::dd::{Dd, two_sum};
use super::expect::{Allowed, Elements, Expect};
use super::promote::scalar;
use super::shapes::{countable, pick};
use super::{Model, Said, fails, fails_any, one};
use array_protocol::options::{Arange, Eye, Full, Linspace};
use array_protocol::{CreateOp, DType, ErrorKind, HostArray, Kind, Scalar, Shape};

fn of(x: HostArray) -> Expect {
    super::exactly(x)
}

pub(super) fn full(how: &Full) -> Said {
    let default = match how.value.kind() {
        Kind::Bool => DType::Bool,
        Kind::Int => DType::Int64,
        Kind::Float => DType::Float64,
        _ => DType::Complex128,
    };
    let dtype = how.dtype.unwrap_or(default);
    countable(&how.shape, dtype.size())?;
    let element = match (how.value, dtype.kind()) {
        // A number that the integer dtype cannot hold.
        (Scalar::Int(_) | Scalar::UInt(_), Kind::Int | Kind::UInt) => scalar(how.value, dtype).map_err(|_| fails(ErrorKind::Value))?,
        (Scalar::Float(v), Kind::Int | Kind::UInt) => {
            let (low, high) = integer_range(dtype);
            // In range, libraries truncate or refuse.
            let outside = v.is_nan() || v <= low - 1.0 || v >= high + 1.0;
            return Err(if outside { fails_any(&[ErrorKind::Value, ErrorKind::Dtype]) } else { Expect::Unspecified });
        }
        (Scalar::Complex(..), Kind::Int | Kind::UInt | Kind::Float) => return Err(fails(ErrorKind::Dtype)),
        _ => scalar(how.value, dtype)?,
    };
    Ok(of(pick(&element, &how.shape, &vec![0; how.shape.size()])?))
}

fn integer_range(dtype: DType) -> (f64, f64) {
    let bits = 8 * dtype.size() as i32;
    if dtype.kind() == Kind::Int { (-2f64.powi(bits - 1), 2f64.powi(bits - 1) - 1.0) } else { (0.0, 2f64.powi(bits) - 1.0) }
}

pub(super) fn eye(how: &Eye) -> Said {
    let dtype = how.dtype.unwrap_or(DType::Float64);
    let size = |n: u64| usize::try_from(n).map_err(|_| Expect::Unspecified);
    let shape = [size(how.rows)?, size(how.cols.unwrap_or(how.rows))?];
    let n = countable(&shape, dtype.size())?;
    let ones: Vec<bool> = (0..n).map(|i| (i % shape[1]) as i128 - (i / shape[1]) as i128 == i128::from(how.k)).collect();
    let ones = HostArray::from_slice(shape, &ones).map_err(|_| Expect::Unspecified)?;
    Ok(of(cast::values(&ones, dtype)?))
}

/// A scalar as an exact integer, or nothing.
fn integer(s: Scalar) -> Option<i128> {
    match s {
        Scalar::Int(i) => Some(i.into()),
        Scalar::UInt(i) => Some(i.into()),
        _ => None,
    }
}

/// A scalar as parts of a complex number.
fn number(s: Scalar) -> Option<(f64, f64)> {
    match s {
        Scalar::Int(i) => Some((i as f64, 0.0)),
        Scalar::UInt(i) => Some((i as f64, 0.0)),
        Scalar::Float(x) => Some((x, 0.0)),
        Scalar::Complex(re, im) => Some((re, im)),
        Scalar::Bool(_) => None,
    }
}

/// `|out_i - (start + i step)| <= 2 c u (|start| + i |step|)` for floats.
pub(super) fn arange(model: &Model, how: &Arange) -> Said {
    let all = [how.start, how.stop, how.step];
    let whole: Option<Vec<i128>> = all.iter().map(|&s| integer(s)).collect();
    let dtype = how.dtype.unwrap_or(if whole.is_some() { DType::Int64 } else { DType::Float64 });
    if !(dtype.is_integer() || dtype.is_float()) {
        return Err(fails(ErrorKind::Dtype));
    }
    if let Some(w) = &whole {
        let [start, stop, step] = [w[0], w[1], w[2]];
        if step == 0 {
            return Err(fails(ErrorKind::Value));
        }
        let room = if step > 0 { stop - start } else { start - stop };
        let n = if room <= 0 { 0 } else { (room + step.abs() - 1) / step.abs() };
        let n = usize::try_from(n).map_err(|_| Expect::Unspecified)?;
        countable(&[n], dtype.size())?;
        let values = |i: usize| start + i as i128 * step;
        if dtype.is_integer() {
            let (low, high) = (values(0), values(n.max(1) - 1));
            let fit = |v: i128| scalar(i64::try_from(v).map_or_else(|_| Scalar::UInt(v as u64), Scalar::Int), dtype);
            if n > 0 {
                fit(low)?;
                fit(high)?;
            }
            let wide: Vec<u64> = (0..n).map(|i| values(i) as u64).collect();
            let wide = HostArray::from_slice([n], &wide).map_err(|_| Expect::Unspecified)?;
            return Ok(of(cast::values(&wide, dtype)?));
        }
        // Beyond 2^53 the ends themselves may be rounded.
        if w.iter().any(|v| v.abs() > 1 << 53) {
            return Err(Expect::Unspecified);
        }
    }
    let parts: Option<Vec<f64>> = all.iter().map(|&s| number(s).filter(|z| z.1 == 0.0).map(|z| z.0)).collect();
    let Some(parts) = parts else { return Err(Expect::Unspecified) };
    let [start, stop, step] = [parts[0], parts[1], parts[2]];
    if step == 0.0 || parts.iter().any(|v| v.is_nan()) {
        return Err(fails(ErrorKind::Value));
    }
    if dtype.is_integer() || parts.iter().any(|v| v.is_infinite()) {
        return Err(Expect::Unspecified);
    }
    let n = length(start, stop, step).ok_or(Expect::Unspecified)?;
    countable(&[n], dtype.size())?;
    let c = model.limits.of(CreateOp::Arange, dtype).value;
    let element = |i: usize| {
        let exact = Dd::new(step).mul_f(i as f64).add_f(start);
        within(exact, 2.0 * c * roundoff(dtype) * (start.abs() + (i as f64 * step).abs()))
    };
    Ok(one(dtype, &Shape::from([n]), Elements::Each((0..n).map(element).collect())))
}

/// `ceil((stop - start) / step)`, where no rounding can make another number of it.
fn length(start: f64, stop: f64, step: f64) -> Option<usize> {
    let room = two_sum(stop, -start);
    let ratio = room / Dd::new(step);
    if !ratio.is_finite() || ratio.hi.abs() > 1e9 {
        return None;
    }
    if ratio.hi <= 0.0 && ratio.hi > -1e9 && room.hi * step <= 0.0 {
        return Some(0);
    }
    let near = ratio.hi.round();
    let exact = room.lo == 0.0 && ratio.lo == 0.0 && near == ratio.hi && near.mul_add(step, -room.hi) == 0.0;
    if exact {
        return Some(near as usize);
    }
    let distance = (ratio - Dd::new(near)).abs().hi;
    if distance <= 1e-9 * ratio.hi.abs().max(1.0) {
        return None;
    }
    Some(ratio.hi.ceil() as usize)
}

/// `|out_i - exact| <= 8 c u max(|start|, |stop|)`; the ends to the bit.
pub(super) fn linspace(model: &Model, how: &Linspace) -> Said {
    let (Some(a), Some(b)) = (number(how.start), number(how.stop)) else { return Err(Expect::Unspecified) };
    let complex = how.start.kind() == Kind::Complex || how.stop.kind() == Kind::Complex;
    let dtype = how.dtype.unwrap_or(if complex { DType::Complex128 } else { DType::Float64 });
    if !(dtype.is_float() || dtype.is_complex()) {
        return Err(fails(ErrorKind::Dtype));
    }
    if complex && !dtype.is_complex() {
        return Err(Expect::Unspecified);
    }
    let n = usize::try_from(how.num).map_err(|_| Expect::Unspecified)?;
    countable(&[n], dtype.size())?;
    let real = dtype.real();
    // Ends that overflow, alone or in their difference, say nothing of what lies between.
    let size = a.0.abs().max(a.1.abs()).max(b.0.abs()).max(b.1.abs());
    if !below(size, limits_of(real).0 / 4.0) {
        return Err(Expect::Unspecified);
    }
    let c = model.limits.of(CreateOp::Linspace, dtype).value;
    let abs = 8.0 * c * roundoff(real) * a.0.hypot(a.1).max(b.0.hypot(b.1)) + super::allow::unit(real, 0.0);
    let steps = if how.endpoint { n.saturating_sub(1) } else { n };
    let part = |a: f64, b: f64, i: usize| -> Allowed {
        let round = |v: f64| if real == DType::Float32 { f64::from(v as f32) } else { v };
        if i == 0 {
            return exactly(real, round(a));
        }
        if how.endpoint && i == n - 1 {
            return exactly(real, round(b));
        }
        let t = two_sum(b, -a).mul_f(i as f64) / Dd::new(steps as f64);
        within(t.add_f(a), abs)
    };
    let element = |i: usize| {
        if dtype.is_complex() { Allowed::Parts(Box::new([part(a.0, b.0, i), part(a.1, b.1, i)])) } else { part(a.0, b.0, i) }
    };
    Ok(one(dtype, &Shape::from([n]), Elements::Each((0..n).map(element).collect())))
}
