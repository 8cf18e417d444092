//! `sin` and `cos`.
//!
//! The argument is reduced by multiples of pi/2 (float64) or pi (float32, in float64) in three or two parts, which holds up to `2^40`;
//! what is larger goes to the standard library.
use super::guarded;
use super::parts::{Float, polynomial, select, two_product, two_sum};
use crate::simd::Simd;
use std::f64::consts::{FRAC_1_PI, FRAC_2_PI, FRAC_PI_2, PI};

/// Up to here the reductions below hold.
const LIMIT: f64 = 1_099_511_627_776.0;

/// What is left of pi/2 after its first float64, and of that after the next.
const PI_2_LOW: (f64, f64) = (6.123233995736766e-17, -1.4973849048591698e-33);

/// `(sin(r) - r) / r^3` as a function of `r^2` for `|r| <= pi/4`, error `2^-58`.
const SIN: [f64; 6] = [
    -0.16666666666666632,
    0.00833333333332237,
    -0.00019841269829771124,
    2.7557313678659287e-06,
    -2.5050755961220713e-08,
    1.5896666531664006e-10,
];
/// `(cos(r) - 1 + r^2/2) / r^4` as a function of `r^2` for `|r| <= pi/4`, error `2^-64`.
const COS: [f64; 6] = [
    0.041666666666666616,
    -0.0013888888888876796,
    2.4801587290920057e-05,
    -2.755731471929399e-07,
    2.0875768129623695e-09,
    -1.1361764369451377e-11,
];
/// `sin(r) / r` as a function of `r^2` for `|r| <= pi/2`, error `2^-35`.
const SIN_SHORT: [f64; 6] = [
    0.9999999999787191,
    -0.16666666608531597,
    0.008333330709949825,
    -0.0001984083149817108,
    2.7523904052057993e-06,
    -2.386716814348335e-08,
];

/// What differs between the types. The fast functions are for arguments that are not [`large`](Self::large).
pub(crate) trait Trigonometric: Copy {
    /// Finite and beyond the reduction.
    fn large(self) -> bool;
    fn sin_fast(self) -> Self;
    fn cos_fast(self) -> Self;
    fn sin_large(self) -> Self;
    fn cos_large(self) -> Self;
}

macro_rules! trigonometric {
    ($t:ty, $sin:ident, $cos:ident) => {
        impl Trigonometric for $t {
            #[inline(always)]
            fn large(self) -> bool {
                (self.abs() > LIMIT as $t) & (self.abs() < <$t>::INFINITY)
            }
            #[inline(always)]
            fn sin_fast(self) -> $t {
                $sin(self)
            }
            #[inline(always)]
            fn cos_fast(self) -> $t {
                $cos(self)
            }
            fn sin_large(self) -> $t {
                f64::from(self).sin() as $t
            }
            fn cos_large(self) -> $t {
                f64::from(self).cos() as $t
            }
        }
    };
}
trigonometric!(f32, sin_f32, cos_f32);
trigonometric!(f64, sin_f64, cos_f64);

/// A function of all elements, and another of those that are too large for it.
#[inline(always)]
fn all<T: Trigonometric>(simd: Simd, a: &[T], out: &mut [T], fast: impl Fn(T) -> T, large: impl Fn(T) -> T) {
    guarded(
        simd,
        (a, a),
        out,
        #[inline(always)]
        |x, _| x.large(),
        #[inline(always)]
        |x, _| fast(x),
        |x, _| large(x),
    );
}

/// `sin` of all elements
pub(crate) fn sin<T: Trigonometric>(simd: Simd, a: &[T], out: &mut [T]) {
    all(simd, a, out, T::sin_fast, T::sin_large);
}

/// `cos` of all elements
pub(crate) fn cos<T: Trigonometric>(simd: Simd, a: &[T], out: &mut [T]) {
    all(simd, a, out, T::cos_fast, T::cos_large);
}

/// `x = k pi/2 + r + low`: `k` modulo 4 in the low bits.
#[inline(always)]
fn reduce(x: f64) -> (u64, f64, f64) {
    let t = x.mul_add(FRAC_2_PI, f64::MAGIC);
    let k = t - f64::MAGIC;
    // Exact: a multiple of the last place of pi/2, below 1.
    let a = k.mul_add(-FRAC_PI_2, x);
    let (b, b_low) = two_product(k, PI_2_LOW.0);
    let (r, low) = two_sum(a, -b);
    (t.to_bits(), r, low - k.mul_add(PI_2_LOW.1, b_low))
}

/// `sin(x + quarters pi/2)`
#[inline(always)]
fn sine(x: f64, quarters: u64) -> f64 {
    let (k, r, low) = reduce(x);
    let k = k.wrapping_add(quarters);
    let (z, z_low) = two_product(r, r);
    let h = 0.5 * z;
    let w = 1.0 - h;
    let s = r + (z * r).mul_add(polynomial(z, &SIN), low * w);
    let c_low = (z * z).mul_add(polynomial(z, &COS), (-0.5 * z_low) - r * low);
    let c = w + (((1.0 - w) - h) + c_low);
    let y = select(k & 1 == 0, s, c);
    f64::from_bits(y.to_bits() ^ ((k & 2) << 62))
}

#[inline(always)]
fn sin_f64(x: f64) -> f64 {
    select(x == 0.0, x, sine(x, 0))
}

#[inline(always)]
fn cos_f64(x: f64) -> f64 {
    sine(x, 1)
}

/// `sin(r)` for `x = k pi + r`, with the sign of the parity that `t` ends in.
#[inline(always)]
fn sine_short(x: f64, t: u64, k: f64) -> f32 {
    let r = k.mul_add(-2.0 * PI_2_LOW.0, k.mul_add(-PI, x));
    let y = polynomial(r * r, &SIN_SHORT) * r;
    f64::from_bits(y.to_bits() ^ (t << 63)) as f32
}

#[inline(always)]
fn sin_f32(x: f32) -> f32 {
    let x = f64::from(x);
    let t = x.mul_add(FRAC_1_PI, f64::MAGIC);
    sine_short(x, t.to_bits(), t - f64::MAGIC)
}

#[inline(always)]
fn cos_f32(x: f32) -> f32 {
    let x = f64::from(x);
    // cos(x) = sin(x + pi/2)
    let t = x.mul_add(FRAC_1_PI, 0.5) + f64::MAGIC;
    sine_short(x, t.to_bits(), (t - f64::MAGIC) - 0.5)
}
