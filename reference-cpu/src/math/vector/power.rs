//! `pow`: `exp(y log(x))`, for float64 with a logarithm of nearly twice the digits.
use super::all;
use super::exp::{Exponential, reduce};
use super::parts::{Float, at_least, at_most, fast_sum, polynomial, select, two_product};
use crate::simd::Simd;

/// `2 log2(e) atanh(s) / s` as a function of `s^2`, error `2^-45`.
const LOG2_SHORT: [f64; 6] =
    [2.8853900817778495, 0.9617966941142547, 0.5770779420750959, 0.4122092838714003, 0.31990432209829334, 0.2829209059473691];
/// `(2^r - 1) / r` for `|r| <= 1/2`, error `2^-34`.
const EXP2_SHORT: [f64; 7] = [
    0.69314718070472,
    0.24022651067023626,
    0.05550410365480514,
    0.009618038057363247,
    0.0013333935297974674,
    0.00015466782115594043,
    1.5196146106256954e-05,
];
/// `(2 atanh(s) - 2 s - 2/3 s^3) / s^5` as a function of `s^2`, error of the logarithm `2^-66`.
const LOG: [f64; 7] = [
    0.4000000000000112,
    0.28571428570557333,
    0.22222222448866358,
    0.18181789896827666,
    0.1538652712526951,
    0.13261720689207782,
    0.13154318921454908,
];
/// In two parts.
const TWO_THIRDS: (f64, f64) = (0.6666666666666666, 3.700743415417188e-17);
const TWO_128: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;

/// Elements whose logarithms are kept between the two halves of the work: loops with fewer operations in flight overlap better.
const GROUP: usize = 128;

/// What differs between the types. The functions are for `x >= 0` and, if they are `PLAIN`, only for normal `x` and finite `y`.
pub(crate) trait Power: Float {
    /// The logarithm of `x`, in two parts, to a base that [`raised`](Self::raised) knows.
    fn logarithm<const PLAIN: bool>(x: Self) -> (f64, f64);
    /// `x^y` from the logarithm of `x`, but for infinite powers of 1.
    fn raised<const PLAIN: bool>(y: Self, log: f64, low: f64) -> Self;
}

/// `x^y` of all pairs
pub(crate) fn pow<T: Power>(simd: Simd, a: &[T], b: &[T], out: &mut [T]) {
    // The commonest exponent needs a multiplication, and common operands no look at signs and edges. The three ways give the same bits:
    // results do not depend on how the elements are cut into slices.
    let (squares, plain) = simd.run(
        #[inline(always)]
        || {
            let squares = b.first() == Some(&T::TWO)
                && all(
                    (b, b),
                    #[inline(always)]
                    |y, _| y == T::TWO,
                );
            let plain = !squares
                && all(
                    (a, b),
                    #[inline(always)]
                    |x, y| (x >= T::MIN_POSITIVE) & (x < T::INFINITY) & (y.abs() < T::INFINITY),
                );
            (squares, plain)
        },
    );
    simd.run(
        #[inline(always)]
        || {
            if squares {
                for (&x, o) in a.iter().zip(out) {
                    *o = x * x;
                }
            } else if plain {
                powers::<T, true>(a, b, out);
            } else {
                powers::<T, false>(a, b, out);
            }
        },
    );
}

/// `x^y` of all pairs, which are `PLAIN` or any.
#[inline(always)]
fn powers<T: Power, const PLAIN: bool>(a: &[T], b: &[T], out: &mut [T]) {
    let (mut logs, mut lows) = ([0.0; GROUP], [0.0; GROUP]);
    for ((a, b), out) in a.chunks(GROUP).zip(b.chunks(GROUP)).zip(out.chunks_mut(GROUP)) {
        for ((&x, log), low) in a.iter().zip(&mut logs).zip(&mut lows) {
            (*log, *low) = T::logarithm::<PLAIN>(if PLAIN { x } else { x.abs() });
        }
        for ((((&x, &y), o), &log), &low) in a.iter().zip(b).zip(out).zip(&logs).zip(&lows) {
            let power = T::raised::<PLAIN>(y, log, low);
            *o = select(y == T::TWO, x * x, if PLAIN { power } else { signed(x, y, power) });
        }
    }
}

/// `x^y` from `power = |x|^y`, which may be anything where that is 1 for certain.
#[inline(always)]
fn signed<T: Float>(x: T, y: T, power: T) -> T {
    let a = x.abs();
    let one = (y == T::ZERO) | (x == T::ONE) | ((a == T::ONE) & (y.abs() == T::INFINITY));
    let power = select(one, T::ONE, power);
    let half = y * T::HALF;
    let integer = y.round() == y;
    let odd = integer & (half.round() != half);
    let power = select(odd, power.copysign(x), power);
    select((x < T::ZERO) & !integer & (a < T::INFINITY) & !one, T::NAN, power)
}

/// The logarithm of a number that is not negative: `log`, or what belongs to 0, infinity and NaN.
#[inline(always)]
fn edges(a: f64, log: f64) -> f64 {
    select(a < f64::INFINITY, select(a == 0.0, f64::NEG_INFINITY, log), a)
}

impl Power for f32 {
    /// In float64 and rounded, which also takes care of subnormal results and overflow.
    #[inline(always)]
    fn logarithm<const PLAIN: bool>(x: f32) -> (f64, f64) {
        let a = f64::from(x);
        let (k, f) = a.split();
        let s = f / (2.0 + f);
        let log = polynomial(s * s, &LOG2_SHORT).mul_add(s, k);
        (if PLAIN { log } else { edges(a, log) }, 0.0)
    }
    #[inline(always)]
    fn raised<const PLAIN: bool>(y: f32, log: f64, _: f64) -> f32 {
        let e = at_most(at_least(f64::from(y) * log, -200.0), 200.0);
        let t = e + f64::MAGIC;
        let r = e - (t - f64::MAGIC);
        let power = polynomial(r, &EXP2_SHORT).mul_add(r, 1.0);
        let power = f64::from_bits(power.to_bits().wrapping_add(t.to_bits() << 52));
        (if PLAIN { power } else { select(e.is_nan(), e, power) }) as f32
    }
}

impl Power for f64 {
    #[inline(always)]
    fn logarithm<const PLAIN: bool>(x: f64) -> (f64, f64) {
        if PLAIN {
            let (k, f) = x.split();
            log(k, f)
        } else {
            let subnormal = x < f64::MIN_POSITIVE;
            let (k, f) = (x * select(subnormal, f64::LIFT.0, 1.0)).split();
            let (l, l_low) = log(k - select(subnormal, f64::LIFT.1, 0.0), f);
            (edges(x, l), l_low)
        }
    }
    #[inline(always)]
    fn raised<const PLAIN: bool>(y: f64, l: f64, l_low: f64) -> f64 {
        let product = y * l;
        let e = at_most(at_least(product, -760.0), 720.0);
        let e_low = select(e == product, y.mul_add(l_low, y.mul_add(l, -e)), 0.0);
        let (t, r, low) = reduce(e);
        let (s, lost) = fast_sum(1.0, r);
        let rest = lost + (r * r).mul_add(r.mul_add(f64::series(r), 0.5), low);
        let power = s + (s + rest).mul_add(e_low, rest);
        // In two steps, of which the second rounds or overflows.
        let (small, large) = (e < -700.0, e > 700.0);
        let first = f64::power(t + (f64::BIAS + select(small, 128.0, select(large, -128.0, 0.0))));
        (power * first) * select(small, 1.0 / TWO_128, select(large, TWO_128, 1.0))
    }
}

/// `k log(2) + log(1 + f)` in two parts, relative error about `2^-66`.
#[inline(always)]
fn log(k: f64, f: f64) -> (f64, f64) {
    // s = f / (2 + f) and z = s^2
    let (d, d_low) = fast_sum(2.0, f);
    let inverse = 1.0 / d;
    let s = f * inverse;
    let s_low = s.mul_add(-d_low, s.mul_add(-d, f)) * inverse;
    let z = s * s;
    let z_low = (s + s).mul_add(s_low, s.mul_add(s, -z));
    // 2 s + s z (2/3 + z p(z))
    let (c, c_low) = fast_sum(TWO_THIRDS.0, z * polynomial(z, &LOG));
    let (w, w_low) = two_product(s, z);
    let w_low = s.mul_add(z_low, s_low.mul_add(z, w_low));
    let (v, v_low) = two_product(w, c);
    let v_low = w.mul_add(c_low + TWO_THIRDS.1, w_low.mul_add(c, v_low));
    let (g, g_low) = fast_sum(s + s, v);
    let (b, b_low) = fast_sum(k * f64::LN2.0, g);
    fast_sum(b, k.mul_add(f64::LN2.1, b_low + (g_low + (v_low + (s_low + s_low)))))
}
