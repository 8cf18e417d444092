//! From exact values to sets of allowed results.
use super::dd::{Dd, exponent, ldexp, pow2};
use super::elementary::Scaled;
use super::expect::{Allowed, Elements};
use array_protocol::{DType, Element, HostArray, Shape};

/// The exact value of a real function.
#[derive(Clone, Copy, Debug)]
pub(super) enum Exact {
    /// This number, to the bit: an infinity, a zero with its sign, a NaN, a value that the standard fixes.
    Is(f64),
    /// A number known to about 100 bits (for float32 results: to 52).
    Near(Scaled),
}

impl From<Scaled> for Exact {
    fn from(s: Scaled) -> Exact {
        Exact::Near(s)
    }
}
impl From<Dd> for Exact {
    fn from(m: Dd) -> Exact {
        Exact::Near(m.into())
    }
}

/// Whether `x` is smaller than a bound; a NaN is not.
pub(super) fn below(x: f64, bound: f64) -> bool {
    x < bound
}

/// The largest finite number of a real dtype, and the exponent of its smallest.
pub(super) fn limits_of(dtype: DType) -> (f64, i32, i32) {
    // (largest, exponent of the unit in the binade of the largest, exponent of the smallest subnormal)
    match dtype {
        DType::Float32 => (f64::from(f32::MAX), 104, -149),
        _ => (f64::MAX, 971, -1074),
    }
}

/// The unit in the last place of the binade of `x` (finite), subnormals included.
pub(super) fn unit(dtype: DType, x: f64) -> f64 {
    let (_, top, tiny) = limits_of(dtype);
    let digits = top - if dtype == DType::Float32 { 127 } else { 1023 };
    if x == 0.0 {
        return ldexp(1.0, tiny);
    }
    ldexp(1.0, (exponent(x) + digits).clamp(tiny, top))
}

/// Unit roundoff of a real dtype.
pub(super) fn roundoff(dtype: DType) -> f64 {
    if dtype == DType::Float32 { pow2(-24) } else { pow2(-53) }
}

/// The bits of a real number, any NaN for a NaN.
pub(super) fn exactly(dtype: DType, x: f64) -> Allowed {
    if x.is_nan() {
        Allowed::Nan
    } else if dtype == DType::Float32 {
        Allowed::Bits(u64::from((x as f32).to_bits()))
    } else {
        Allowed::Bits(x.to_bits())
    }
}

/// Rounds to the dtype, ties to even.
pub(super) fn nearest(dtype: DType, x: Dd) -> f64 {
    if dtype != DType::Float32 {
        return x.hi;
    }
    // Round to odd at 53 bits first, so that the second rounding sees on which side of a tie the number lies.
    let mut hi = x.hi;
    if x.lo != 0.0 && hi.is_finite() && hi.to_bits() & 1 == 0 {
        let away = (x.lo > 0.0) == (hi > 0.0);
        hi = if away { f64::from_bits(hi.to_bits() + 1) } else { f64::from_bits(hi.to_bits() - 1) };
    }
    f64::from(hi as f32)
}

/// The float64 nearest to a number below the normal ones: one rounding of both words.
fn subnormal(s: Scaled) -> f64 {
    let k = s.k.max(-1400);
    let near = ldexp(s.m.hi, k);
    // What the leading word lost; the other word decides ties.
    let lost = s.m.hi - ldexp(near, -k);
    let tie = lost.abs() == ldexp(1.0, -1075 - k);
    if tie && s.m.lo != 0.0 && (s.m.lo > 0.0) == (lost > 0.0) { near + f64::from_bits(1).copysign(lost) } else { near }
}

/// Numbers within `ulps` of the exact one; the nearest one only, where `ulps` is below a half.
pub(super) fn ball(dtype: DType, exact: Exact, ulps: f64) -> Allowed {
    let s = match exact {
        Exact::Is(x) => return exactly(dtype, x),
        Exact::Near(s) => s,
    };
    if s.m.hi.is_nan() {
        return Allowed::Nan;
    }
    if s.m.hi == 0.0 {
        return exactly(dtype, 0.0);
    }
    let (largest, top, _) = limits_of(dtype);
    let e = exponent(s.m.hi) + s.k;
    let last = if dtype == DType::Float32 { 127 } else { 1023 };
    if e > last {
        // Past 2^(last + 1), which is where infinity counts: a backend may stop short by the limit.
        let over = if e > last + 1 { f64::INFINITY } else { s.m.abs().scale(s.k - last).add_f(-2.0).hi };
        let short = over * pow2(last - top) < ulps;
        let infinity = if s.m.hi > 0.0 { f64::INFINITY } else { f64::NEG_INFINITY };
        if ulps < 0.5 || !short {
            return exactly(dtype, infinity);
        }
        let edge = largest.copysign(s.m.hi);
        return Allowed::Ball { hi: edge, lo: ldexp(1.0, top).copysign(s.m.hi), ulps };
    }
    let x = if dtype == DType::Float64 && e < -1022 { Dd::new(subnormal(s)) } else { s.dd() };
    if x.hi.is_infinite() {
        // Rounds up to infinity in one word, but not in two.
        let low = s.m.scale(s.k - last).abs().add_f(-largest * pow2(-last)).scale(last).hi;
        return if ulps < 0.5 { exactly(dtype, x.hi) } else { Allowed::Ball { hi: largest.copysign(x.hi), lo: low.copysign(x.hi), ulps } };
    }
    if ulps < 0.5 {
        return exactly(dtype, nearest(dtype, x));
    }
    Allowed::Ball { hi: x.hi, lo: x.lo, ulps }
}

/// Numbers within `abs` of the exact one.
pub(super) fn within(x: Dd, abs: f64) -> Allowed {
    if x.hi.is_nan() { Allowed::Nan } else { Allowed::Within { hi: x.hi, lo: x.lo, abs } }
}

/// Complex numbers within `abs` of the exact one. `limit` is what reports call the bound; where none is listed the bound counts as 1.
pub(super) fn within_disc(re: Dd, im: Dd, abs: f64, limit: f64) -> Allowed {
    Allowed::Disc { re: (re.hi, re.lo), im: (im.hi, im.lo), abs, limit: if limit > 0.0 { limit } else { 1.0 } }
}

/// What the bytes of one element allow: themselves, with any NaN for a NaN.
pub(super) fn bits_of(dtype: DType, bytes: &[u8]) -> Allowed {
    let word = |b: &[u8]| b.iter().rev().fold(0u64, |w, &b| (w << 8) | u64::from(b));
    match dtype {
        DType::Float32 => exactly(dtype, f64::from(f32::from_bits(word(bytes) as u32))),
        DType::Float64 => exactly(dtype, f64::from_bits(word(bytes))),
        DType::Complex64 | DType::Complex128 => {
            let half = bytes.len() / 2;
            Allowed::Parts(Box::new([bits_of(dtype.real(), &bytes[..half]), bits_of(dtype.real(), &bytes[half..])]))
        }
        _ => Allowed::Bits(word(bytes)),
    }
}

/// One set per element of an array: its bits.
pub(super) fn each_of(x: &HostArray) -> Vec<Allowed> {
    let little: Vec<u8>;
    let size = x.dtype().size();
    let bytes = if cfg!(target_endian = "little") {
        x.bytes()
    } else {
        let part = x.dtype().real().size();
        little = x.bytes().chunks_exact(part).flat_map(|c| c.iter().rev().copied()).collect();
        &little
    };
    bytes.chunks_exact(size).map(|b| bits_of(x.dtype(), b)).collect()
}

/// The elements `values`, except that `others` replace some of them.
pub(super) fn settle<T: Element>(shape: &Shape, values: &[T], others: Vec<(usize, Allowed)>) -> Elements {
    let Ok(array) = HostArray::from_slice(shape.clone(), values) else { return Elements::Free };
    except(array, others)
}

/// As [`settle`], for an array.
pub(super) fn except(array: HostArray, others: Vec<(usize, Allowed)>) -> Elements {
    if others.is_empty() {
        return Elements::Bits(array);
    }
    let mut each = each_of(&array);
    for (i, allowed) in others {
        each[i] = allowed;
    }
    Elements::Each(each)
}
