//! Faults of single operations: roots, exponentials, logarithms, trigonometry.
use super::accuracy::flushed;
use super::num::{self, Num::Complex, Num::Float};
use super::shape::swapped;
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::DType;
use num_complex::Complex64;
use std::f64::consts::{LOG2_E, PI, TAU};

pub(super) const FAULTS: &[Entry] = entries! {
    "sqrt.via_power" Precision Wrong(|s| rounding(s, |x, r| r(0.5 * r(x.ln())).exp())), "exp(log(x) / 2) in the precision of the dtype";
    "sqrt.reciprocal_estimate" Precision Wrong(|s| rounding(s, reciprocal_estimate)), "x times an estimate of 1 / sqrt(x) with one Newton step";
    "sqrt.complex_other_branch" Value Wrong(|s| s.complex(|_, _, z| if z.is_finite() { Complex(-z.real(), -z.imag()) } else { z })), "the root with negative real part";
    "sqrt.of_magnitude" Special Wrong(|s| s.real(|x, y| if x < 0.0 { x.abs().sqrt() } else { y })), "a number where NaN is due";

    "exp.exp2_of_scaled" Precision Wrong(|s| rounding(s, |x, r| r(x * LOG2_E).exp2())), "2**(x * log2(e)): the error of the product is multiplied by x";
    "exp.flushes_subnormal_results" Precision Wrong(|s| s.each(flushed)), "zero where the result is subnormal";
    "exp.clamps_early" Value Wrong(|s| s.real(|x, y| if x > exp_limit(s) { exp_limit(s).exp() } else { y })), "large arguments are cut off: overflow comes as a finite number";
    "exp.complex_drops_imaginary" Value Wrong(|s| of_real_part(s, f64::exp)), "the exponential of the real part";
    "expm1.exp_minus_one" Precision Wrong(|s| rounding(s, |x, r| r(x.exp()) - 1.0)), "exp(x) - 1: all digits are lost near zero";
    "expm1.complex_exp_minus_one" Precision Wrong(|s| complex_rounding(s, |z, r| r(z.exp()) - 1.0)), "exp(x) - 1 for complex arguments";
    "log.flushes_subnormals" Precision Wrong(|s| s.good().map(|_| s.with(flushed))), "subnormal arguments are taken for zero";
    "log.absolute_error_near_one" Precision Wrong(|s| s.real(|x, y| if x != 1.0 && (x - 1.0).abs() < 0.1 { y + half_epsilon(s) } else { y })), "an absolute error near 1";
    "log.complex_wrong_branch" Value Wrong(|s| s.complex(|_, _, z| if z.imag() < 0.0 { Complex(z.real(), z.imag() + TAU) } else { z })), "imaginary part in [0, 2 pi)";
    "log.of_magnitude" Special Wrong(|s| s.real(|x, y| if x < 0.0 { x.abs().ln() } else { y })), "a number where NaN is due";
    "log1p.log_of_sum" Precision Wrong(|s| rounding(s, |x, r| r(1.0 + x).ln())), "log(1 + x): all digits are lost near zero";
    "log1p.complex_log_of_sum" Precision Wrong(|s| complex_rounding(s, |z, r| r(r(z + 1.0).ln()))), "log(1 + x) for complex arguments";

    "sin.is_cos" Value Wrong(|s| s.real(|x, y| if x.is_finite() { x.cos() } else { y })), "the cosine";
    "sin.reduces_in_working_precision" Precision Wrong(|s| rounding(s, |x, r| turned(x, r).map_or(x.sin(), |(rest, sign)| sign * rest.sin()))), "x - n * pi in the precision of the dtype";
    "sin.absolute_error_near_pi" Precision Wrong(|s| s.real(|x, y| if x.abs() > 1.0 && y.abs() < 0.1 { y + half_epsilon(s) } else { y })), "an absolute error where results are small";
    "sin.complex_drops_imaginary" Value Wrong(|s| of_real_part(s, f64::sin)), "the sine of the real part";
    "cos.is_sin" Value Wrong(|s| s.real(|x, y| if x.is_finite() { x.sin() } else { y })), "the sine";
    "cos.reduces_in_working_precision" Precision Wrong(|s| rounding(s, |x, r| turned(x, r).map_or(x.cos(), |(rest, sign)| sign * rest.cos()))), "x - n * pi in the precision of the dtype";
    "cos.complex_sign" Value Wrong(|s| s.complex(|_, _, z| Complex(z.real(), -z.imag()))), "the imaginary part has the wrong sign";
    "tanh.quotient_of_exponentials" Precision Wrong(|s| rounding(s, |x, r| exponentials(x, r))), "(e^2x - 1) / (e^2x + 1)";
    "tanh.overflows_inside" Special Wrong(|s| rounding_where(s, |x, r| r((2.0 * x.abs()).exp()).is_infinite(), |_, _| f64::NAN)), "NaN where e^2x overflows";
    "tanh.complex_drops_imaginary" Value Wrong(|s| of_real_part(s, f64::tanh)), "the hyperbolic tangent of the real part";
    "atan2.of_quotient" Value Wrong(|s| s.floats(|a, b, y| if b < 0.0 && a.is_finite() && b.is_finite() { Float((a / b).atan()) } else { y })), "atan(x1 / x2): right only for x2 > 0";
    "atan2.operands_swapped" Value Wrong(swapped), "the angle of (x1, x2)";
    "atan2.underflow_to_zero" Precision Wrong(|s| s.each(flushed)), "0 where the result is subnormal";
    "atan2.ignores_zero_sign" Special Wrong(|s| s.good().map(|_| s.with(|x| num::map(x, |_, v| v.parts(|f| if f == 0.0 { 0.0 } else { f }))))), "takes -0 for +0";

    "hypot.sum" Value Wrong(|s| s.floats(|a, b, y| if y.is_finite() { Float(a.abs() + b.abs()) } else { y })), "|x1| + |x2|";
    "hypot.naive_overflow" Precision Wrong(|s| squares(s, |squared, _| squared.is_infinite())), "infinity where the squares overflow";
    "hypot.naive_underflow" Precision Wrong(|s| squares(s, |squared, tiny| squared < tiny)), "0 or few digits where the squares underflow";
    "hypot.nan_beats_infinity" Special Wrong(|s| s.floats(|a, b, y| if a.is_nan() || b.is_nan() { Float(f64::NAN) } else { y })), "NaN where one operand is infinite and the other NaN";
};

/// Rounds to the precision of the call.
type Round<'a> = &'a dyn Fn(f64) -> f64;

/// A real function of finite arguments with a finite result, computed with roundings in between.
fn rounding(s: &Site, f: impl Fn(f64, Round) -> f64) -> Option<Answer> {
    let dtype = s.dtype();
    s.real(|x, y| if x.is_finite() && y.is_finite() { num::rounded(dtype, f(x, &|v| num::rounded(dtype, v))) } else { y })
}

/// As [`rounding`], only where `here` holds.
fn rounding_where(s: &Site, here: impl Fn(f64, Round) -> bool, f: impl Fn(f64, Round) -> f64) -> Option<Answer> {
    let dtype = s.dtype();
    let round = |v| num::rounded(dtype, v);
    s.real(|x, y| if x.is_finite() && here(x, &round) { f(x, &round) } else { y })
}

/// A complex function of finite arguments with a finite result, computed with roundings in between.
fn complex_rounding(s: &Site, f: impl Fn(Complex64, &dyn Fn(Complex64) -> Complex64) -> Complex64) -> Option<Answer> {
    let dtype = s.dtype();
    let round = |z: Complex64| Complex64::new(num::rounded(dtype, z.re), num::rounded(dtype, z.im));
    s.complex(|re, im, good| {
        let z = f(Complex64::new(re, im), &round);
        if good.is_finite() && re.is_finite() && im.is_finite() { Complex(z.re, z.im) } else { good }
    })
}

/// A complex function that looks at the real part only.
fn of_real_part(s: &Site, f: impl Fn(f64) -> f64) -> Option<Answer> {
    s.complex(|re, _, good| if good.is_finite() { Complex(f(re), 0.0) } else { good })
}

fn half_epsilon(s: &Site) -> f64 {
    num::epsilon(s.dtype()) / 2.0
}

fn exp_limit(s: &Site) -> f64 {
    if s.dtype().real() == DType::Float32 { 88.0 } else { 700.0 }
}

/// `x - n * pi` with roundings, and the sign that half turns give; `None` within half a turn of zero.
fn turned(x: f64, r: Round) -> Option<(f64, f64)> {
    let n = (x / PI).round();
    (n != 0.0).then(|| (r(x - r(n * r(PI))), if n % 2.0 == 0.0 { 1.0 } else { -1.0 }))
}

fn reciprocal_estimate(x: f64, r: Round) -> f64 {
    if x <= 0.0 {
        return x;
    }
    // Twelve good bits, as hardware estimates have.
    let estimate = f64::from_bits((1.0 / x.sqrt()).to_bits() & !((1 << 40) - 1));
    r(x * r(estimate * r(1.5 - r(0.5 * x * estimate * estimate))))
}

fn exponentials(x: f64, r: Round) -> f64 {
    let e = r((2.0 * x).exp());
    r(r(e - 1.0) / r(e + 1.0))
}

/// `sqrt(a*a + b*b)` in the precision of the dtype, where the sum of squares is as `here(sum, smallest normal number)` says.
fn squares(s: &Site, here: impl Fn(f64, f64) -> bool) -> Option<Answer> {
    let dtype = s.dtype();
    let r = |v| num::rounded(dtype, v);
    s.floats(|a, b, good| {
        let squared = r(r(a * a) + r(b * b));
        let finite = a.is_finite() && b.is_finite();
        if finite && here(squared, num::tiny(dtype)) { Float(squared.sqrt()) } else { good }
    })
}
