//! Generic faults of precision.
use super::num::{self, Num};
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::manifest::Measure;
use array_protocol::{DType, HostArray, Kind};

pub(super) const FAULTS: &[Entry] = entries! {
    "generic.beyond_limit" Precision Wrong(beyond_limit), "every element is off by a little more than the limit of accuracy";
    "generic.via_float32" Precision Wrong(via_float32), "float64 is computed in float32";
    "generic.via_float64" Precision Wrong(via_float64), "64-bit integers are computed in float64";
    "generic.tensor_cores" Precision Wrong(tensor_cores), "float32 arguments are rounded to 11 bits, as by matrix units in fast modes";
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
                let off = 2.0 * limit.value.max(1.0) * bound(s) * num::epsilon(x.dtype());
                num::map(x, |_, v| if v.is_finite() { shifted(v, off) } else { v })
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

/// At least the sum that forward bounds are multiples of: terms times the magnitudes that meet in them.
fn bound(s: &Site) -> f64 {
    let terms = s.arguments().iter().map(|x| x.size()).max().unwrap_or(1) as f64 + 2.0;
    s.arguments()
        .into_iter()
        .map(|x| num::nums(x).map(|v| v.real().hypot(v.imag())).filter(|m| m.is_finite()).sum::<f64>().max(1e-30))
        .product::<f64>()
        * terms
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

pub(super) fn tensor_cores(s: &Site) -> Option<Answer> {
    s.good()?;
    Some(s.with(|x| match x.dtype() {
        DType::Float32 | DType::Complex64 => num::map_bits(x, |dtype, bits| match num::float(dtype, bits).is_finite() {
            true => (bits + 0x1000) & !0x1fff,
            false => bits,
        }),
        _ => x.clone(),
    }))
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
