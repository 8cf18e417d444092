//! What the functions share: float types, polynomials, sums that carry what rounding loses.
use std::ops::{Add, Div, Mul, Neg, Sub};

/// float32 or float64, as the functions that are written once for both see it.
pub(crate) trait Float:
    Copy + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    const ZERO: Self;
    const HALF: Self;
    const ONE: Self;
    const TWO: Self;
    const INFINITY: Self;
    const NAN: Self;
    const EPSILON: Self;
    const MIN_POSITIVE: Self;
    const LOG2_E: Self;
    /// `1.5 * 2^digits`: what is small beside it and added to it is rounded to an integer, which the low bits then hold.
    const MAGIC: Self;
    /// What an exponent field is above the exponent.
    const BIAS: Self;
    /// `log(2)` to so few bits that its multiple by an exponent is exact, and what that leaves.
    const LN2: (Self, Self);
    /// A power of two that makes subnormal numbers normal, and its exponent.
    const LIFT: (Self, Self);
    fn mul_add(self, a: Self, b: Self) -> Self;
    fn abs(self) -> Self;
    /// To the nearest integer, ties to even.
    fn round(self) -> Self;
    fn copysign(self, sign: Self) -> Self;
    /// `2^n` from `n + MAGIC + BIAS`, where that is a normal number; 0 for `n = -BIAS`.
    fn power(sum: Self) -> Self;
    /// A positive normal number as `(k, m - 1)` with `v = 2^k m` and `m` in `[sqrt(1/2), sqrt(2))`.
    fn split(self) -> (Self, Self);
}

macro_rules! float {
    ($t:ident, $u:ident, ln2: $ln2:expr, lift: $lift:expr, sqrt_half: $sqrt_half:expr) => {
        impl Float for $t {
            const ZERO: $t = 0.0;
            const HALF: $t = 0.5;
            const ONE: $t = 1.0;
            const TWO: $t = 2.0;
            const INFINITY: $t = $t::INFINITY;
            const NAN: $t = $t::NAN;
            const EPSILON: $t = $t::EPSILON;
            const MIN_POSITIVE: $t = $t::MIN_POSITIVE;
            const LOG2_E: $t = std::$t::consts::LOG2_E;
            const MAGIC: $t = 1.5 / $t::EPSILON;
            const BIAS: $t = ($t::MAX_EXP - 1) as $t;
            const LN2: ($t, $t) = $ln2;
            const LIFT: ($t, $t) = $lift;
            #[inline(always)]
            fn mul_add(self, a: $t, b: $t) -> $t {
                self.mul_add(a, b)
            }
            #[inline(always)]
            fn abs(self) -> $t {
                self.abs()
            }
            #[inline(always)]
            fn round(self) -> $t {
                self.round_ties_even()
            }
            #[inline(always)]
            fn copysign(self, sign: $t) -> $t {
                self.copysign(sign)
            }
            #[inline(always)]
            fn power(sum: $t) -> $t {
                $t::from_bits(sum.to_bits() << ($t::MANTISSA_DIGITS - 1))
            }
            #[inline(always)]
            fn split(self) -> ($t, $t) {
                const DIGITS: u32 = $t::MANTISSA_DIGITS - 1;
                const SQRT_HALF: $u = $sqrt_half;
                // Or-ed with an integer below it: the float of both.
                let large: $t = 1.0 / $t::EPSILON;
                let shifted = self.to_bits().wrapping_add((1.0 as $t).to_bits() - SQRT_HALF);
                let k = $t::from_bits(shifted >> DIGITS | large.to_bits()) - (large + Self::BIAS);
                (k, $t::from_bits((shifted & ((1 << DIGITS) - 1)) + SQRT_HALF) - 1.0)
            }
        }
    };
}
float!(f32, u32, ln2: (LN2_F32, (std::f64::consts::LN_2 - LN2_F32 as f64) as f32), lift: (8_388_608.0, 23.0), sqrt_half: 0x3F2A_AAAB);
float!(f64, u64, ln2: (0.693_147_180_560_117_7, -1.723_944_452_561_483_5e-13), lift: (18_014_398_509_481_984.0, 54.0), sqrt_half: 0x3FE6_A09E_667F_3BCD);

/// `log(2)` to 15 bits.
const LN2_F32: f32 = 0.693_145_75;

/// `c[0] + c[1] x + c[2] x^2 ...`: Horner's rule in `x^4` over pairs of pairs, which waits less than in `x`.
#[inline(always)]
pub(super) fn polynomial<T: Float, const N: usize>(x: T, c: &[T; N]) -> T {
    let x2 = x * x;
    let x4 = x2 * x2;
    let mut i = (N - 1) / 4 * 4;
    let mut p = four(x, x2, c, i);
    while i > 0 {
        i -= 4;
        p = p.mul_add(x4, four(x, x2, c, i));
    }
    p
}

/// The terms `i` to `i + 3`, over `x^i`.
#[inline(always)]
fn four<T: Float, const N: usize>(x: T, x2: T, c: &[T; N], i: usize) -> T {
    let low = if i + 1 < N { x.mul_add(c[i + 1], c[i]) } else { c[i] };
    match N - i {
        0..=2 => low,
        3 => x2.mul_add(c[i + 2], low),
        _ => x2.mul_add(x.mul_add(c[i + 3], c[i + 2]), low),
    }
}

/// `a + b` rounded, and what the rounding lost; exact where `|a| >= |b|` or `a` is 0.
#[inline(always)]
pub(super) fn fast_sum<T: Float>(a: T, b: T) -> (T, T) {
    let s = a + b;
    (s, b - (s - a))
}

/// `a + b` rounded, and what the rounding lost.
#[inline(always)]
pub(super) fn two_sum<T: Float>(a: T, b: T) -> (T, T) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

/// `a b` rounded, and what the rounding lost.
#[inline(always)]
pub(super) fn two_product<T: Float>(a: T, b: T) -> (T, T) {
    let p = a * b;
    (p, a.mul_add(b, -p))
}

/// `v` where `keep`, else `other`: both are computed.
#[inline(always)]
pub(super) fn select<T>(keep: bool, v: T, other: T) -> T {
    if keep { v } else { other }
}

/// `x`, but at least `low`; NaN stays.
#[inline(always)]
pub(super) fn at_least<T: Float>(x: T, low: T) -> T {
    if x < low { low } else { x }
}

/// `x`, but at most `high`; NaN stays.
#[inline(always)]
pub(super) fn at_most<T: Float>(x: T, high: T) -> T {
    if x > high { high } else { x }
}
