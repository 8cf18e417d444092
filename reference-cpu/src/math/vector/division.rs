//! `floor_divide` and `remainder` of floats: exact in float64 as long as the quotient is below `2^52`.
use super::guarded;
use super::parts::select;
use crate::math::division::{self, Real};
use crate::simd::Simd;

const TWO_52: f64 = 4_503_599_627_370_496.0;

/// The largest integer that is not above the exact quotient, and what it leaves of `a`, with the sign of `b`; for quotients below `2^52`.
#[inline(always)]
fn divide(a: f64, b: f64) -> (f64, f64) {
    // Rounding may have carried the quotient onto an integer, and not over it.
    let n = (a / b).floor();
    // Exact, or rounded once where the signs of `a` and `b` differ. An infinite `b` leaves a finite `a`.
    let r = select(b.abs() == f64::INFINITY, a.mul_add(0.0, a), n.mul_add(-b, a));
    let over = (r != 0.0) & ((r < 0.0) != (b < 0.0));
    (select(over, n - 1.0, n), select(over, r + b, r))
}

/// Finite operands with a quotient that is too large for [`divide`].
#[inline(always)]
fn rare(a: f64, b: f64) -> bool {
    !((a / b).abs() < TWO_52) & (a.abs() < f64::INFINITY) & (b != 0.0)
}

/// All pairs, by a function of their exact values; those whose quotient is too large by another.
#[inline(always)]
fn pairs<T: Real>(simd: Simd, a: &[T], b: &[T], out: &mut [T], plain: impl Fn(f64, f64) -> f64, large: impl Fn(T, T) -> T) {
    guarded(
        simd,
        (a, b),
        out,
        #[inline(always)]
        |x, y| rare(x.into(), y.into()),
        #[inline(always)]
        |x, y| T::from_exact(plain(x.into(), y.into())),
        large,
    );
}

/// `floor_divide` of all pairs
pub(crate) fn floor_divide<T: Real>(simd: Simd, a: &[T], b: &[T], out: &mut [T]) {
    pairs(
        simd,
        a,
        b,
        out,
        #[inline(always)]
        |a, b| {
            // Infinite operands and zeros have the quotient itself.
            let plain = (a.abs() < f64::INFINITY) & (b.abs() < f64::INFINITY) & (a != 0.0) & (b != 0.0);
            select(plain, divide(a, b).0, a / b)
        },
        division::floor_divide,
    );
}

/// `remainder` of all pairs
pub(crate) fn remainder<T: Real>(simd: Simd, a: &[T], b: &[T], out: &mut [T]) {
    pairs(
        simd,
        a,
        b,
        out,
        #[inline(always)]
        |a, b| {
            let r = divide(a, b).1;
            select(r == 0.0, 0f64.copysign(b), r)
        },
        division::remainder,
    );
}
