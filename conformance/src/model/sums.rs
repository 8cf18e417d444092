//! Sums and products of floats: the number itself, and how far a backend may be off.
use super::allow::{below, exactly, limits_of, roundoff, unit, within};
use super::dd::{Dd, exponent};
use super::expect::Allowed;
use array_protocol::DType;

/// Error growth that is allowed for `n` terms: blocked or pairwise summation. A plain loop over many terms exceeds it.
pub(super) fn growth(n: usize) -> f64 {
    match n {
        0 | 1 => 1.0,
        _ => 32.0 + f64::from(usize::BITS - (n - 1).leading_zeros()),
    }
}

/// What summation saw.
#[derive(Clone, Copy, Default)]
pub(super) struct Sum {
    /// The sum of the finite terms, with an error below `2^-100` of `magnitude`.
    pub(super) value: Dd,
    /// The sum of their magnitudes.
    pub(super) magnitude: f64,
    /// How many terms.
    pub(super) n: usize,
    nan: bool,
    up: bool,
    down: bool,
}

impl Sum {
    #[inline]
    pub(super) fn add(&mut self, x: f64) {
        self.n += 1;
        if x.is_finite() {
            self.value = self.value + Dd::new(x);
            self.magnitude += x.abs();
        } else {
            self.nan |= x.is_nan();
            self.up |= x == f64::INFINITY;
            self.down |= x == f64::NEG_INFINITY;
        }
    }

    pub(super) fn of(terms: impl Iterator<Item = f64>) -> Sum {
        let mut s = Sum::default();
        terms.for_each(|x| s.add(x));
        s
    }

    /// The result that NaN, infinities and possible overflow force or leave open.
    pub(super) fn special(&self, dtype: DType) -> Option<Allowed> {
        if self.nan || (self.up && self.down) {
            return Some(Allowed::Nan);
        }
        if !below(self.magnitude, limits_of(dtype).0 / 2.0) {
            return Some(Allowed::Anything);
        }
        match (self.up, self.down) {
            (true, _) => Some(exactly(dtype, f64::INFINITY)),
            (_, true) => Some(exactly(dtype, f64::NEG_INFINITY)),
            _ => None,
        }
    }

    /// `|out - s| <= c g u sum|x|`, and half of the smallest number.
    pub(super) fn bounded(&self, dtype: DType, c: f64, growth: f64) -> Allowed {
        if self.n == 0 {
            return exactly(dtype, 0.0);
        }
        self.special(dtype).unwrap_or_else(|| within(self.value, c * growth * roundoff(dtype) * self.magnitude + unit(dtype, 0.0) / 2.0))
    }

    /// The mean: `|out - m| <= c (g u sum|x| + 2 u |sum x|) / n`, and half of the smallest number.
    pub(super) fn mean(&self, dtype: DType, c: f64) -> Allowed {
        if self.n == 0 {
            return Allowed::Nan;
        }
        self.special(dtype).unwrap_or_else(|| {
            let n = self.n as f64;
            let mean = self.value / Dd::new(n);
            let bound = c * roundoff(dtype) * (growth(self.n) * self.magnitude + 2.0 * self.value.hi.abs()) / n;
            within(mean, bound + unit(dtype, 0.0))
        })
    }
}

/// The variance of `terms` with `n - correction` in the denominator, or its root.
///
/// Two passes, each with the bound of a sum, and a computed mean that is off by its own bound, `d = g u max|x|`, which adds `n d^2` to
/// the sum of squares: `|out - v| <= 4 c (g u sum|x - m|^2 + n d^2) / (n - correction)`, and a smallest number for each square that
/// underflows. The root may be off by what this bound makes of it, and by one unit.
pub(super) fn variance(terms: &[f64], dtype: DType, correction: f64, c: f64, root: bool) -> Allowed {
    let n = terms.len() as f64;
    if terms.is_empty() || !correction.is_finite() {
        return if terms.is_empty() { Allowed::Nan } else { Allowed::Anything };
    }
    let sum = Sum::of(terms.iter().copied());
    let free = n - correction;
    if free <= 0.0 {
        return Allowed::Anything;
    }
    if sum.nan || sum.up || sum.down {
        return Allowed::Nan;
    }
    let mean = sum.value / Dd::new(n);
    let mut squares = Dd::ZERO;
    for &x in terms {
        squares = squares + (Dd::new(x) - mean).square();
    }
    let (g, u) = (growth(terms.len()), roundoff(dtype));
    let shift = g * u * terms.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    let most = limits_of(dtype).0 / 4.0;
    if !below(sum.magnitude, most) || !below(squares.hi + n * shift * shift, most) {
        return Allowed::Anything;
    }
    let v = squares / Dd::new(free);
    let bound = 4.0 * c * (g * u * squares.hi + n * shift * shift) / free + (n + 1.0) / free.min(1.0) * unit(dtype, 0.0);
    if !root {
        return within(v, bound);
    }
    let s = v.sqrt();
    let off = ((v.hi + bound).sqrt() - s.hi).max(s.hi - (v.hi - bound).max(0.0).sqrt());
    within(s, off + unit(dtype, s.hi))
}

/// A product of `n` terms: `|out - p| <= 2 c n u |p|`. Nothing is said where some order of the factors over- or underflows.
pub(super) fn product(terms: impl Iterator<Item = f64>, dtype: DType, c: f64) -> Allowed {
    let (mut nan, mut infinite, mut zero, mut negative) = (false, false, false, false);
    let (mut n, mut up, mut down) = (0usize, 0i64, 0i64);
    let (mut p, mut k) = (Dd::ONE, 0i64);
    for x in terms {
        n += 1;
        nan |= x.is_nan();
        infinite |= x.is_infinite();
        zero |= x == 0.0;
        negative ^= x.is_sign_negative();
        if x.is_finite() && x != 0.0 {
            let e = i64::from(exponent(x));
            up += (e + 1).max(0);
            down += e.min(0);
            p = p.mul_f(super::dd::ldexp(x, -e as i32));
            k += e;
            let over = exponent(p.hi);
            p = p.scale(-over);
            k += i64::from(over);
        }
    }
    let (_, top, tiny) = limits_of(dtype);
    let least = i64::from(tiny) + if dtype == DType::Float32 { 23 } else { 52 };
    let last = i64::from(top) + if dtype == DType::Float32 { 23 } else { 52 };
    let (overflows, underflows) = (up >= last, down <= least);
    let sign = if negative { -1.0 } else { 1.0 };
    if nan || (zero && infinite) {
        Allowed::Nan
    } else if (zero && overflows) || (infinite && underflows) {
        Allowed::Anything
    } else if infinite {
        exactly(dtype, f64::INFINITY * sign)
    } else if zero {
        exactly(dtype, 0.0 * sign)
    } else if overflows || underflows {
        Allowed::Anything
    } else {
        let p = p.scale(k as i32);
        within(p, 2.0 * c * n as f64 * roundoff(dtype) * p.hi.abs())
    }
}
