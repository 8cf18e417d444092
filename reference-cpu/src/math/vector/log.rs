//! `log` and `log1p`.
//!
//! `x = 2^k (1 + f)` with `1 + f` in `[sqrt(1/2), sqrt(2))`, and `log(1 + f) = f - f^2/2 + p(f)`, where the sum carries what its roundings
//! lose.
use super::parts::{Float, fast_sum, polynomial, select, two_sum};

/// What differs between the types.
pub(crate) trait Logarithm: Float {
    /// `log(1 + f) - f + h` for `h = f^2/2`.
    fn series(f: Self, h: Self) -> Self;
}
impl Logarithm for f64 {
    /// With `s = f / (2 + f)`: `s (h + s^2 p(s^2))`, error of the logarithm `2^-59`.
    #[inline(always)]
    fn series(f: f64, h: f64) -> f64 {
        let s = f / (2.0 + f);
        let z = s * s;
        let p = polynomial(
            z,
            &[
                0.6666666666666735,
                0.3999999999941107,
                0.2857142874326696,
                0.22222198475617314,
                0.18183569756972742,
                0.1531390283408348,
                0.1479751172504523,
            ],
        );
        s * z.mul_add(p, h)
    }
}
impl Logarithm for f32 {
    /// `h f p(f)`, error of the logarithm `2^-30`: division would cost more.
    #[inline(always)]
    fn series(f: f32, h: f32) -> f32 {
        let p = polynomial(f, &[0.6666667, -0.4999964, 0.39999196, -0.33359158, 0.2860891, -0.24391529, 0.215085, -0.25690234, 0.2401423]);
        (h * f) * p
    }
}

/// `k log(2) + log(1 + f)`, to which `low` is added.
#[inline(always)]
fn sum<T: Logarithm>(k: T, f: T, low: T) -> T {
    let half = T::HALF * f;
    let h = half * f;
    let h_low = half.mul_add(f, -h);
    let a = f - h;
    let a_low = ((f - a) - h) - h_low;
    let (b, b_low) = fast_sum(k * T::LN2.0, a);
    b + (k.mul_add(T::LN2.1, b_low) + ((T::series(f, h) + a_low) + low))
}

/// `y`, or what belongs to an `x` that is no positive finite number; `v` is 0 where the logarithm has its pole.
#[inline(always)]
fn edges<T: Float>(x: T, v: T, y: T) -> T {
    let y = select(v > T::ZERO, y, select(v == T::ZERO, -T::INFINITY, T::NAN));
    // Infinity and NaN are their own logarithms.
    select(x < T::INFINITY, y, x)
}

/// `log(x)`
#[inline(always)]
pub(crate) fn log<T: Logarithm>(x: T) -> T {
    let subnormal = x < T::MIN_POSITIVE;
    let (k, f) = (x * select(subnormal, T::LIFT.0, T::ONE)).split();
    let k = k - select(subnormal, T::LIFT.1, T::ZERO);
    edges(x, x, sum(k, f, -T::ZERO))
}

/// `log(1 + x)`
#[inline(always)]
pub(crate) fn log1p<T: Logarithm>(x: T) -> T {
    let (u, lost) = two_sum(T::ONE, x);
    let (k, f) = u.split();
    // `log(u + lost)` to first order; what follows is far below the last place.
    let y = edges(x, u, sum(k, f, lost / u));
    select(x.abs() < T::EPSILON * T::HALF, x, y)
}
