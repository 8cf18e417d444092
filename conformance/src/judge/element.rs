//! One element against what is allowed: error in units in the last place, or as a fraction of a bound.
use crate::model::Allowed;
use array_protocol::manifest::ElementClass;
use array_protocol::{DType, HostArray, Kind};

/// The floating-point format of the parts of a dtype: bits of precision, smallest and largest exponent of a normal number.
#[derive(Clone, Copy)]
struct Format {
    precision: i32,
    min: i32,
    max: i32,
}

fn format(dtype: DType) -> Format {
    match dtype.real() {
        DType::Float16 => Format { precision: 11, min: -14, max: 15 },
        DType::BFloat16 => Format { precision: 8, min: -126, max: 127 },
        DType::Float32 => Format { precision: 24, min: -126, max: 127 },
        _ => Format { precision: 53, min: -1022, max: 1023 },
    }
}

/// `floor(log2 |x|)` of a finite number that is not 0.
fn exponent(x: f64) -> i32 {
    let biased = (x.to_bits() >> 52 & 0x7ff) as i32;
    if biased == 0 { -1075 + (64 - (x.to_bits() & ((1 << 52) - 1)).leading_zeros() as i32) } else { biased - 1023 }
}

/// `2^e` for every exponent of a float64, subnormals included.
fn power(e: i32) -> f64 {
    if e < -1022 { f64::from_bits(1u64 << (e + 1074).clamp(0, 51)) } else { f64::from_bits(((e.min(1023) + 1023) as u64) << 52) }
}

/// Error of `got` against the exact `hi + lo`, in units in the last place of the binade of the exact value. Infinity counts as the
/// first number past the largest finite one; a NaN is infinitely wrong.
pub fn ulps(got: f64, hi: f64, lo: f64, dtype: DType) -> f64 {
    let f = format(dtype);
    if got.is_nan() || hi.is_nan() {
        return f64::INFINITY;
    }
    let beyond = hi.is_infinite() || (hi != 0.0 && exponent(hi) > f.max);
    if got.is_infinite() && beyond {
        return if got.is_sign_negative() == hi.is_sign_negative() { 0.0 } else { f64::INFINITY };
    }
    if hi.is_infinite() {
        // The exact value is past every format: the distance from the largest number is at least that to the first past it.
        return if got.is_sign_negative() == hi.is_sign_negative() {
            (1.0 - got.abs() / power(f.max) / 2.0) * 2f64.powi(f.precision)
        } else {
            f64::INFINITY
        };
    }
    let e = if hi == 0.0 { f.min } else { exponent(hi).clamp(f.min, f.max) };
    let unit = power((e - f.precision + 1).max(-1074));
    // Halves keep 2^1024 in range.
    let half = if got.is_infinite() { power(f.max).copysign(got) } else { got / 2.0 };
    if got.is_infinite() || got.abs() > power(1022) {
        return (((half - hi / 2.0) - lo / 2.0) / (unit / 2.0)).abs();
    }
    (((got - hi) - lo) / unit).abs()
}

/// The verdict on one element: the error in the unit of what is allowed (0 where bits are demanded and met), and the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The error.
    pub error: f64,
    /// What is allowed.
    pub limit: f64,
    /// Whether there is a measurable error at all.
    pub measured: bool,
}

impl Score {
    const RIGHT: Score = Score { error: 0.0, limit: 0.0, measured: false };
    const WRONG: Score = Score { error: f64::INFINITY, limit: 0.0, measured: false };

    fn of(right: bool) -> Score {
        if right { Score::RIGHT } else { Score::WRONG }
    }

    /// Whether the element is allowed.
    pub fn allowed(&self) -> bool {
        self.error <= self.limit
    }
}

/// Judges the bytes of one element.
pub fn score(allowed: &Allowed, bytes: &[u8], dtype: DType) -> Score {
    match allowed {
        Allowed::Anything => Score::RIGHT,
        Allowed::AnyOf(list) => {
            let best = list.iter().map(|a| score(a, bytes, dtype)).find(Score::allowed);
            best.unwrap_or(Score::WRONG)
        }
        Allowed::Parts(parts) => {
            let (re, im) = bytes.split_at(bytes.len() / 2);
            let (a, b) = (score(&parts[0], re, dtype.real()), score(&parts[1], im, dtype.real()));
            if !a.allowed() || (b.allowed() && a.error * b.limit >= b.error * a.limit) { a } else { b }
        }
        Allowed::Bits(bits) => {
            let mut own = [0u8; 8];
            let n = bytes.len().min(8);
            own[..n].copy_from_slice(&bytes[..n]);
            Score::of(u64::from_le_bytes(own) == *bits)
        }
        Allowed::Nan => Score::of(real(bytes, dtype).is_some_and(f64::is_nan)),
        Allowed::Ball { hi, lo, ulps: limit } => match real(bytes, dtype) {
            Some(got) => Score { error: ulps(got, *hi, *lo, dtype), limit: *limit, measured: true },
            None => Score::WRONG,
        },
        Allowed::Within { hi, lo, abs } => match real(bytes, dtype) {
            Some(got) => {
                let off = ((got - hi) - lo).abs();
                if *abs == f64::INFINITY {
                    return Score::of(!got.is_nan());
                }
                let error = if off.is_nan() {
                    f64::INFINITY
                } else if off == 0.0 {
                    0.0
                } else {
                    off / abs
                };
                Score { error, limit: 1.0, measured: true }
            }
            None => Score::WRONG,
        },
        Allowed::Disc { re, im, abs, limit } => {
            let (a, b) = bytes.split_at(bytes.len() / 2);
            match (real(a, dtype.real()), real(b, dtype.real())) {
                (Some(x), Some(y)) => {
                    let off = ((x - re.0) - re.1).hypot((y - im.0) - im.1);
                    let error = if off.is_nan() {
                        f64::INFINITY
                    } else if off == 0.0 {
                        0.0
                    } else {
                        off / abs * limit
                    };
                    Score { error, limit: *limit, measured: true }
                }
                _ => Score::WRONG,
            }
        }
    }
}

/// A real floating-point element as float64; integers and bool too.
pub(super) fn real(bytes: &[u8], dtype: DType) -> Option<f64> {
    Some(match dtype {
        DType::Float64 => f64::from_le_bytes(bytes.try_into().ok()?),
        DType::Float32 => f64::from(f32::from_le_bytes(bytes.try_into().ok()?)),
        _ if dtype.is_complex() => return None,
        _ => {
            let mut wide = [0u8; 16];
            wide[..bytes.len()].copy_from_slice(bytes);
            let shift = 128 - 8 * bytes.len() as u32;
            let value = i128::from_le_bytes(wide);
            (if dtype.kind() == Kind::Int { (value << shift) >> shift } else { value }) as f64
        }
    })
}

/// Equal bits, or NaN where NaN is demanded (part by part for complex numbers).
pub(super) fn same(expected: &[u8], got: &[u8], dtype: DType) -> bool {
    if expected == got {
        return true;
    }
    if dtype.is_complex() {
        let n = expected.len() / 2;
        return same(&expected[..n], &got[..n], dtype.real()) && same(&expected[n..], &got[n..], dtype.real());
    }
    dtype.is_float() && real(expected, dtype).is_some_and(f64::is_nan) && real(got, dtype).is_some_and(f64::is_nan)
}

/// The class of an expected element, where it has one.
pub(super) fn class(allowed: &Allowed, dtype: DType) -> Option<ElementClass> {
    match allowed {
        Allowed::Nan => Some(ElementClass::Nan),
        Allowed::Bits(bits) if !dtype.is_complex() => real(&bits.to_le_bytes()[..dtype.size()], dtype).map(class_of),
        Allowed::Ball { hi, .. } | Allowed::Within { hi, .. } => Some(class_of(*hi)),
        Allowed::AnyOf(list) => list.first().and_then(|a| class(a, dtype)),
        _ => None,
    }
}

/// The class of a number.
pub(super) fn class_of(x: f64) -> ElementClass {
    if x.is_nan() {
        ElementClass::Nan
    } else if x.is_infinite() {
        ElementClass::Infinite
    } else if x == 0.0 {
        ElementClass::Zero
    } else {
        ElementClass::Finite
    }
}

/// An element for people: value and, for floats, bits.
pub(super) fn show(bytes: &[u8], dtype: DType) -> String {
    if dtype == DType::Bool {
        return if bytes == [0] { "false".into() } else { "true".into() };
    }
    if dtype.is_complex() {
        let (re, im) = bytes.split_at(bytes.len() / 2);
        return format!("({}, {})", show(re, dtype.real()), show(im, dtype.real()));
    }
    match (dtype, real(bytes, dtype)) {
        (DType::Float32, Some(v)) => format!("{:?} ({:#010x})", v as f32, (v as f32).to_bits()),
        (DType::Float64, Some(v)) => format!("{v:?} ({:#018x})", v.to_bits()),
        _ => {
            let mut wide = [0u8; 16];
            wide[..bytes.len()].copy_from_slice(bytes);
            let shift = 128 - 8 * bytes.len() as u32;
            let value = i128::from_le_bytes(wide);
            (if dtype.kind() == Kind::Int { (value << shift) >> shift } else { value }).to_string()
        }
    }
}

/// What is allowed, for people.
pub(super) fn describe(allowed: &Allowed, dtype: DType) -> String {
    match allowed {
        Allowed::Anything => "anything".into(),
        Allowed::Nan => "NaN".into(),
        Allowed::Bits(bits) => {
            show(&bits.to_le_bytes()[..dtype.size().min(8)], if dtype == DType::Complex128 { DType::Float64 } else { dtype })
        }
        Allowed::Ball { hi, lo, ulps } => format!("within {ulps} ULP of {}", exact(*hi, *lo)),
        Allowed::Within { hi, lo, abs } => format!("within {abs:e} of {}", exact(*hi, *lo)),
        Allowed::Disc { re, im, abs, .. } => format!("within {abs:e} of ({}, {})", exact(re.0, re.1), exact(im.0, im.1)),
        Allowed::Parts(parts) => format!("({}, {})", describe(&parts[0], dtype.real()), describe(&parts[1], dtype.real())),
        Allowed::AnyOf(list) => list.iter().map(|a| describe(a, dtype)).collect::<Vec<_>>().join(" or "),
    }
}

fn exact(hi: f64, lo: f64) -> String {
    if lo == 0.0 { format!("{hi:?}") } else { format!("{hi:?} {} {:e}", if lo < 0.0 { '-' } else { '+' }, lo.abs()) }
}

/// The bytes of element `i`.
pub(super) fn at(x: &HostArray, i: usize) -> &[u8] {
    let n = x.dtype().size();
    x.bytes().get(i * n..(i + 1) * n).unwrap_or(&[])
}

/// An index for people.
pub(super) fn position(flat: usize, shape: &[usize]) -> String {
    let mut left = flat;
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&d| {
            let i = left % d.max(1);
            left /= d.max(1);
            i
        })
        .collect();
    index.reverse();
    if index.is_empty() { "[]".into() } else { format!("{index:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_in_units_of_the_exact_binade() {
        assert_eq!(ulps(1.0f64.next_up(), 1.0, 0.0, DType::Float64), 1.0);
        assert_eq!(ulps(1.0f64.next_down(), 1.0, 0.0, DType::Float64), 0.5);
        assert_eq!(ulps(f64::from(1.0f32.next_up()), 1.0, 0.0, DType::Float32), 1.0);
        assert_eq!(ulps(5e-324, 0.0, 0.0, DType::Float64), 1.0);
        assert_eq!(ulps(f64::from(f32::from_bits(3)), f64::from(f32::from_bits(1)), 0.0, DType::Float32), 2.0);
        assert_eq!(ulps(1.0, 1.0, f64::EPSILON / 4.0, DType::Float64), 0.25);
    }

    #[test]
    fn infinity_is_the_first_number_past_the_largest() {
        assert_eq!(ulps(f64::INFINITY, f64::MAX, 0.0, DType::Float64), 1.0);
        assert_eq!(ulps(f64::INFINITY, f64::from(f32::MAX), 0.0, DType::Float32), 1.0);
        assert_eq!(ulps(f64::INFINITY, 1e39, 0.0, DType::Float32), 0.0);
        assert_eq!(ulps(f64::NEG_INFINITY, 1e39, 0.0, DType::Float32), f64::INFINITY);
        assert!(ulps(f64::from(f32::MAX), 1e39, 0.0, DType::Float32) > 1e6);
        assert_eq!(ulps(f64::NAN, 1.0, 0.0, DType::Float64), f64::INFINITY);
    }
}
