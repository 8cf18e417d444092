//! Elementwise operations on one array.
use super::allow::{Exact, ball, limits_of, settle};
use super::binary::disc;
use super::complex;
use super::dd::ldexp;
use super::expect::{Allowed, Elements};
use super::number::{Int, Real, parts};
use super::{Model, Said, fails, one, real};
use array_protocol::{DType, ErrorKind, HostArray, UnaryOp, dispatch_dtype};
use num_complex::Complex as Pair;

fn accepts(op: UnaryOp, d: DType) -> bool {
    use UnaryOp::*;
    match op {
        Abs | Negative | Sign | Round | IsNan => d != DType::Bool,
        _ => d.is_float() || d.is_complex(),
    }
}

pub(super) fn unary(model: &Model, op: UnaryOp, x: &HostArray) -> Said {
    let dtype = x.dtype();
    if !accepts(op, dtype) {
        return Err(fails(ErrorKind::Dtype));
    }
    if op == UnaryOp::IsNan {
        return Ok(one(DType::Bool, x.shape(), is_nan(x)));
    }
    let result = if op == UnaryOp::Abs { dtype.real() } else { dtype };
    let elements = match dtype {
        DType::Float32 => float::<f32>(model, op, x),
        DType::Float64 => float::<f64>(model, op, x),
        _ if dtype.is_complex() => complex(model, op, x),
        _ => dispatch_dtype!(dtype, in [i8, i16, i32, i64, u8, u16, u32, u64], T => integer::<T>(op, x), else => Elements::Free),
    };
    Ok(one(result, x.shape(), elements))
}

fn is_nan(x: &HostArray) -> Elements {
    let out: Vec<bool> =
        if x.dtype().is_integer() { vec![false; x.size()] } else { parts(x).into_iter().map(|(a, b)| a.is_nan() || b.is_nan()).collect() };
    settle(x.shape(), &out, vec![])
}

fn integer<T: Int>(op: UnaryOp, x: &HostArray) -> Elements {
    let f = |v: T| match op {
        UnaryOp::Abs => T::wrap(v.wide().abs()),
        UnaryOp::Negative => T::wrap(-v.wide()),
        UnaryOp::Sign => T::wrap(v.wide().signum()),
        _ => v,
    };
    let out: Vec<T> = x.view::<T>().unwrap_or(&[]).iter().map(|&v| f(v)).collect();
    settle(x.shape(), &out, vec![])
}

/// To the nearest integer, ties to even; the sign stays.
fn round(x: f64) -> f64 {
    if x.is_nan() || x.abs() >= 4503599627370496.0 {
        return x;
    }
    let below = x.abs() as u64;
    let rest = x.abs() - below as f64;
    let up = rest > 0.5 || (rest == 0.5 && below % 2 == 1);
    ((below + u64::from(up)) as f64).copysign(x)
}

fn float<T: Real>(model: &Model, op: UnaryOp, x: &HostArray) -> Elements {
    use UnaryOp::*;
    let dtype = x.dtype();
    let values = x.view::<T>().unwrap_or(&[]);
    let exact = |f: fn(f64) -> f64| {
        let out: Vec<T> = values.iter().map(|v| T::narrow(f(v.wide()))).collect();
        settle(x.shape(), &out, vec![])
    };
    match op {
        Abs => exact(|v| v.copysign(1.0)),
        Negative => exact(|v| -v),
        // The standard gives 0 for both zeros, without saying which.
        Sign => {
            let zeros = values.iter().enumerate().filter(|(_, v)| v.wide() == 0.0);
            let others = zeros.map(|(i, _)| (i, Allowed::AnyOf(Box::new([0.0, -0.0].map(|z| super::allow::exactly(dtype, z))))));
            let sign = |v: f64| if v.is_nan() || v == 0.0 { v } else { 1f64.copysign(v) };
            let out: Vec<T> = values.iter().map(|v| T::narrow(sign(v.wide()))).collect();
            settle(x.shape(), &out, others.collect())
        }
        Round => exact(round),
        // float32 through float64 is correctly rounded, because 53 >= 2 * 24 + 2 (Figueroa 1995).
        Sqrt => exact(f64::sqrt),
        _ => {
            let (single, ulps) = (dtype == DType::Float32, model.limits.of(op, dtype).value);
            let f = |v: &T| ball(dtype, real::unary(op, v.wide(), single).unwrap_or(Exact::Is(f64::NAN)), ulps);
            Elements::Each(values.iter().map(f).collect())
        }
    }
}

fn complex(model: &Model, op: UnaryOp, x: &HostArray) -> Elements {
    use UnaryOp::*;
    let dtype = x.dtype();
    let by_parts = |f: fn(f64) -> f64| {
        let z = parts(x);
        if dtype == DType::Complex64 {
            let out: Vec<_> = z.into_iter().map(|(a, b)| Pair::new(f(a) as f32, f(b) as f32)).collect();
            settle(x.shape(), &out, vec![])
        } else {
            let out: Vec<_> = z.into_iter().map(|(a, b)| Pair::new(f(a), f(b))).collect();
            settle(x.shape(), &out, vec![])
        }
    };
    match op {
        Negative => return by_parts(|v| -v),
        Round => return by_parts(round),
        _ => {}
    }
    let ulps = model.limits.of(op, dtype).value;
    Elements::Each(parts(x).into_iter().map(|(a, b)| complex_one(op, dtype, a, b, ulps)).collect())
}

fn complex_one(op: UnaryOp, dtype: DType, a: f64, b: f64, ulps: f64) -> Allowed {
    use UnaryOp::*;
    let real_dtype = dtype.real();
    if op == Abs {
        let exact = real::binary(array_protocol::BinaryOp::Hypot, a, b, dtype == DType::Complex64);
        return ball(real_dtype, exact.unwrap_or(Exact::Is(f64::NAN)), ulps);
    }
    if !a.is_finite() || !b.is_finite() {
        return Allowed::Anything;
    }
    let m = a.abs().max(b.abs());
    let (largest, top, tiny) = limits_of(real_dtype);
    let digits = top - if dtype == DType::Complex64 { 127 } else { 1023 };
    // Below this a modulus has lost bits before anything is made of it; above `largest / 4` it may overflow.
    let coarse = m < ldexp(1.0, tiny - 2 * digits) || m > largest / 4.0;
    let zero = m == 0.0;
    let z = match op {
        Exp => complex::exp(a, b),
        Expm1 => complex::expm1(a, b),
        Log if zero || coarse => return Allowed::Anything,
        Log => complex::log(a, b),
        Log1p if (a == -1.0 && b == 0.0) || m > largest / 4.0 => return Allowed::Anything,
        Log1p => complex::log1p(a, b),
        Sin => complex::sin(a, b),
        Cos => complex::cos(a, b),
        Tanh => complex::tanh(a, b),
        Sqrt if coarse && !zero => return Allowed::Anything,
        Sqrt => complex::sqrt(a, b),
        Sign if coarse && !zero => return Allowed::Anything,
        Sign if zero => complex::Complex::new(super::dd::Dd::ZERO, super::dd::Dd::ZERO),
        Sign => complex::sign(a, b),
        _ => return Allowed::Anything,
    };
    disc(dtype, z, ulps)
}
