//! Generic faults of precision.
use super::num::{self, Num};
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::manifest::Measure;
use array_protocol::{DType, HostArray, Kind, Op, ReduceOp};

pub(super) const FAULTS: &[Entry] = entries! {
    "generic.beyond_limit" Precision Wrong(beyond_limit), "every element is off by a little more than the limit of accuracy";
    "generic.via_float32" Precision Wrong(via_float32), "float64 is computed in float32";
    "generic.via_float64" Precision Wrong(via_float64), "64-bit integers are computed in float64";
    "generic.flushes_subnormals" Precision Wrong(flush), "subnormal numbers are read and written as zero";
};

/// By the measure of the operation: limit + 2 units in the last place, one unit where exactness is demanded, twice the bound where there is one.
fn beyond_limit(s: &Site) -> Option<Answer> {
    s.each(|x| {
        // Operations without array arguments have limits by the dtype of their result.
        let limit = s.limits.of(s.call.op(), if s.arguments().is_empty() { x.dtype() } else { s.dtype() });
        // Complex numbers are measured in units of the modulus, which are up to twice those of the larger part.
        let twice = if x.dtype().is_complex() { 2 } else { 1 };
        match limit.measure {
            Measure::Exact => num::map_bits(x, |dtype, bits| num::away(dtype, bits, 1)),
            Measure::Ulp => {
                let steps = twice * (limit.value.ceil() as u64 + 2);
                num::map_bits(x, |dtype, bits| num::away(dtype, bits, if dtype.is_float() { steps } else { 1 }))
            }
            Measure::Forward | Measure::Backward if x.dtype().is_float() || x.dtype().is_complex() => {
                let (unit, bound) = (2.0 * limit.value.max(1.0) * num::epsilon(x.dtype()), bounds(s));
                num::map(x, |i, v| if v.is_finite() { shifted(v, unit * bound(i, v)) } else { v })
            }
            Measure::Forward | Measure::Backward => num::map_bits(x, |dtype, bits| num::away(dtype, bits, 1)),
        }
    })
}

/// Further from zero.
fn shifted(v: Num, by: f64) -> Num {
    match v {
        Num::Float(f) => Num::Float(f + by.copysign(f)),
        Num::Complex(re, im) => Num::Complex(re + by.copysign(re), im),
        Num::Int(i) => Num::Int(i),
    }
}

/// At least the magnitudes that bounds are multiples of, by element: sharp for sums, generous elsewhere.
fn bounds(s: &Site) -> Box<dyn Fn(usize, Num) -> f64> {
    let size = s.arguments().iter().map(|x| x.size()).max().unwrap_or(1) as f64;
    let (terms, few) = (size + 2.0, 34.0 + (size + 1.0).log2());
    let sum = |x: &HostArray, power: i32| {
        num::nums(x).map(|v| v.real().hypot(v.imag()).powi(power)).filter(|m| m.is_finite()).sum::<f64>().max(1e-30)
    };
    match s.call.op() {
        Op::Reduce(ReduceOp::Sum | ReduceOp::Mean) | Op::Scan(_) => {
            let factor = if let Op::Scan(_) = s.call.op() { terms } else { few };
            let Some(sums) = super::reductions::magnitudes(s) else { return Box::new(move |_, v| v.real().abs() * terms) };
            Box::new(move |i, _| num::get(&sums, i).real() * factor)
        }
        Op::Reduce(ReduceOp::Prod) => Box::new(move |_, v| v.real().hypot(v.imag()) * 4.0 * terms),
        Op::Reduce(ReduceOp::Var | ReduceOp::Std) => {
            let squares: f64 = s.arguments().into_iter().map(|x| sum(x, 2) + sum(x, 1)).sum();
            Box::new(move |_, _| 4.0 * few * squares)
        }
        _ => {
            let product: f64 = s.arguments().into_iter().map(|x| sum(x, 1)).product();
            Box::new(move |_, _| product * terms)
        }
    }
}

/// The same call on arguments of a narrower dtype, the results widened again.
fn in_dtype(s: &Site, from: DType, to: DType) -> Option<Answer> {
    let wide: Vec<DType> = s.good()?.iter().map(HostArray::dtype).collect();
    s.arguments().iter().any(|x| x.dtype() == from).then_some(())?;
    let narrow = s.with(|x| if x.dtype() == from { num::convert(x, to) } else { x.clone() }).ok()?;
    Some(Ok(narrow.iter().zip(wide).map(|(x, dtype)| num::convert(x, dtype)).collect()))
}

fn via_float32(s: &Site) -> Option<Answer> {
    in_dtype(s, DType::Float64, DType::Float32).or_else(|| in_dtype(s, DType::Complex128, DType::Complex64))
}

fn via_float64(s: &Site) -> Option<Answer> {
    s.good()?;
    let long = |x: &HostArray| x.dtype().is_integer() && x.dtype().size() == 8;
    s.arguments()
        .into_iter()
        .any(long)
        .then(|| s.with(|x| if long(x) { num::map(x, |_, v| saturate(x.dtype(), v.real())) } else { x.clone() }))
}

/// A real number as a 64-bit integer.
fn saturate(dtype: DType, x: f64) -> Num {
    Num::Int(if dtype.kind() == Kind::Int { i128::from(x as i64) } else { i128::from(x as u64) })
}

/// The same call on arguments that are rounded to 11 bits.
pub(super) fn tensor_cores(s: &Site) -> Option<Answer> {
    s.good()?;
    Some(s.with(coarse))
}

/// Finite parts rounded to 11 bits, the precision of TF32.
pub(super) fn coarse(x: &HostArray) -> HostArray {
    if !matches!(x.dtype().kind(), Kind::Float | Kind::Complex) {
        return x.clone();
    }
    num::map_bits(x, |dtype, bits| {
        let dropped = if dtype == DType::Float32 { 13 } else { 42 };
        if dtype.size() < 4 || !num::float(dtype, bits).is_finite() { bits } else { (bits + (1 << (dropped - 1))) & !((1 << dropped) - 1) }
    })
}

/// Subnormal parts become zeros of their sign.
pub(super) fn flushed(x: &HostArray) -> HostArray {
    match x.dtype().kind() {
        Kind::Float | Kind::Complex => num::map(x, |_, v| v.parts(|f| if f.abs() < num::tiny(x.dtype()) { 0f64.copysign(f) } else { f })),
        _ => x.clone(),
    }
}

fn flush(s: &Site) -> Option<Answer> {
    s.good()?;
    Some(s.with(flushed).map(|v| v.iter().map(flushed).collect()))
}
