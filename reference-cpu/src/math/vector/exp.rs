//! `exp`, `expm1` and `tanh`.
//!
//! `x = k log(2) + r` with an integer `k` and `|r| <= log(2)/2`; `exp(x) = 2^k (1 + r + r^2/2 + r^3 p(r))`, where the polynomial is a minimax
//! approximation (Remez) and the sum carries what its roundings lose.
use super::parts::{Float, at_least, at_most, fast_sum, polynomial, select, two_sum};
use std::f64::consts::{LN_2, LOG2_E};

/// What differs between the types.
pub(crate) trait Exponential: Float {
    /// The largest number whose exponential is finite.
    const LARGEST: Self;
    /// `exp(x) - 1` is -1 below, and `tanh(-x)` too.
    const FLAT: Self;
    /// `(exp(r) - 1 - r - r^2/2) / r^3` for `|r| <= log(2)/2`.
    fn series(r: Self) -> Self;
    /// `exp(self)`
    fn exponential(self) -> Self;
}
impl Exponential for f64 {
    const LARGEST: f64 = 709.782_712_893_384;
    const FLAT: f64 = -40.0;
    #[inline(always)]
    fn exponential(self) -> f64 {
        exp_f64(self)
    }
    /// Error of `exp(r) - 1`: `2^-61`.
    #[inline(always)]
    fn series(r: f64) -> f64 {
        polynomial(
            r,
            &[
                0.16666666666666677,
                0.04166666666666658,
                0.00833333333332215,
                0.0013888888888942679,
                0.00019841269884971147,
                2.4801587198213375e-05,
                2.7557245261919436e-06,
                2.755738702848832e-07,
                2.510869880923498e-08,
                2.087892534947078e-09,
            ],
        )
    }
}
impl Exponential for f32 {
    const LARGEST: f32 = 88.722_83;
    const FLAT: f32 = -20.0;
    #[inline(always)]
    fn exponential(self) -> f32 {
        exp_f32(self)
    }
    /// Error of `exp(r) - 1`: `2^-31`.
    #[inline(always)]
    fn series(r: f32) -> f32 {
        polynomial(r, &[0.16666666, 0.04166648, 0.008333419, 0.0013933262, 0.0001982413])
    }
}

/// `k + MAGIC`, and `r` in two parts.
#[inline(always)]
pub(super) fn reduce<T: Float>(x: T) -> (T, T, T) {
    let t = x.mul_add(T::LOG2_E, T::MAGIC);
    let k = t - T::MAGIC;
    let high = k.mul_add(-T::LN2.0, x);
    let r = k.mul_add(-T::LN2.1, high);
    (t, r, k.mul_add(-T::LN2.1, high - r))
}

/// `exp(x)`
#[inline(always)]
pub(crate) fn exp<T: Exponential>(x: T) -> T {
    x.exponential()
}

/// `exp(x)`
#[inline(always)]
fn exp_f64(x: f64) -> f64 {
    let c = at_least(x, -746.0);
    let (t, r, low) = reduce(c);
    let (s, lost) = fast_sum(1.0, r);
    let y = s + (lost + (r * r).mul_add(r.mul_add(f64::series(r), 0.5), low));
    // Subnormal results are scaled in two steps, of which the second rounds.
    let small = c < -708.0;
    let lift = select(small, 128u64 << 52, 0);
    let y = f64::from_bits(y.to_bits().wrapping_add((t.to_bits() << 52).wrapping_add(lift)))
        * select(small, f64::from_bits((1023 - 128) << 52), 1.0);
    // Overflow and NaN.
    select(x <= f64::LARGEST, y, x + f64::INFINITY)
}

/// `(exp(r) - 1) / r` for `|r| <= log(2)/2`, error `2^-34`.
const SHORT: [f64; 7] = [
    1.0000000002088658,
    0.5000000077242425,
    0.16666665162268596,
    0.04166627222810083,
    0.00833356904907533,
    0.0013945921018498398,
    0.0001976765865810578,
];

/// `exp(x)` in float64 and rounded, which also takes care of subnormal results and overflow.
#[inline(always)]
fn exp_f32(x: f32) -> f32 {
    let c = at_most(at_least(x, -105.0), 89.0);
    let c = f64::from(c);
    let t = c.mul_add(LOG2_E, f64::MAGIC);
    let r = (t - f64::MAGIC).mul_add(-LN_2, c);
    let y = polynomial(r, &SHORT).mul_add(r, 1.0);
    f64::from_bits(y.to_bits().wrapping_add(t.to_bits() << 52)) as f32
}

/// `(whole + lost) + scale (exp(r + low) - 1)` in two parts, where `whole` is 0 or above `scale log(2)/2`.
#[inline(always)]
fn scaled_expm1<T: Exponential>(r: T, low: T, scale: T, whole: T, lost: T) -> (T, T) {
    let half = T::HALF * r;
    let h = half * r;
    let h_low = half.mul_add(r, -h);
    let rest = (r * r * r).mul_add(T::series(r), h_low + low);
    let (high, lost_r) = fast_sum(whole, scale * r);
    let (high, lost_h) = fast_sum(high, scale * h);
    (high, scale.mul_add(rest, lost_h + (lost_r + lost)))
}

/// `exp(x) - 1`
#[inline(always)]
pub(crate) fn expm1<T: Exponential>(x: T) -> T {
    let (t, r, low) = reduce(at_least(x, T::FLAT));
    // Half of it, so that the largest power of two is finite.
    let scale = T::power(t + (T::BIAS - T::ONE));
    let (whole, lost) = two_sum(scale, -T::HALF);
    let (high, low) = scaled_expm1(r, low, scale, whole, lost);
    let y = select(x <= T::LARGEST, (high + low) * T::TWO, x + T::INFINITY);
    // Tiny arguments, of which half may not be a float, and the sign of 0.
    select(x.abs() < T::EPSILON * T::HALF, x, y)
}

/// `tanh(x)`, from `e = exp(-2|x|) - 1` as `-e / (2 + e)`.
#[inline(always)]
pub(crate) fn tanh<T: Exponential>(x: T) -> T {
    let (t, r, low) = reduce(at_least(x.abs() * -T::TWO, T::FLAT));
    let scale = T::power(t + T::BIAS);
    let (whole, lost) = fast_sum(-T::ONE, scale);
    let (e, e_low) = scaled_expm1(r, low, scale, whole, lost);
    let (n, n_low) = fast_sum(e, e_low);
    let (d, d_low) = fast_sum(T::TWO, n);
    let inverse = T::ONE / d;
    let q = n * inverse;
    let left = q.mul_add(-d, n) + q.mul_add(-(d_low + n_low), n_low);
    left.mul_add(inverse, q).copysign(x)
}
