//! Real transcendental functions: special values of the standard first, then the exact value.
//! float32 goes through float64 functions, whose errors are far below its unit; float64 through double-double.
use super::allow::Exact;
use super::dd::{Dd, two_prod};
use super::elementary as fun;
use array_protocol::{BinaryOp, UnaryOp};

fn is(x: f64) -> Exact {
    Exact::Is(x)
}
fn one_word(x: f64) -> Exact {
    if x == 0.0 || !x.is_finite() { Exact::Is(x) } else { Dd::new(x).into() }
}

/// `op(x)`; `single`: only float32 accuracy is needed. `None` where `op` is no transcendental function.
pub(super) fn unary(op: UnaryOp, x: f64, single: bool) -> Option<Exact> {
    use UnaryOp::*;
    let nan = x.is_nan();
    let d = Dd::new(x);
    Some(match op {
        Exp | Expm1 | Log | Log1p | Sin | Cos | Tanh if nan => is(f64::NAN),
        Exp => match x {
            0.0 => is(1.0),
            f64::INFINITY => is(x),
            f64::NEG_INFINITY => is(0.0),
            _ if single => one_word(x.exp()),
            _ => fun::exp(d).into(),
        },
        Expm1 => match x {
            0.0 | f64::INFINITY => is(x),
            f64::NEG_INFINITY => is(-1.0),
            _ if single => one_word(x.exp_m1()),
            _ => fun::expm1(d).into(),
        },
        Log => match x {
            0.0 => is(f64::NEG_INFINITY),
            ..0.0 => is(f64::NAN),
            1.0 => is(0.0),
            f64::INFINITY => is(x),
            _ if single => one_word(x.ln()),
            _ => fun::log(d).into(),
        },
        Log1p => match x {
            0.0 | f64::INFINITY => is(x),
            -1.0 => is(f64::NEG_INFINITY),
            ..-1.0 => is(f64::NAN),
            _ if single => one_word(x.ln_1p()),
            _ => fun::log1p(d).into(),
        },
        Sin | Cos if x.is_infinite() => is(f64::NAN),
        Sin if x == 0.0 => is(x),
        Sin if single => one_word(x.sin()),
        Sin => fun::sin_cos(x).0.into(),
        Cos if x == 0.0 => is(1.0),
        Cos if single => one_word(x.cos()),
        Cos => fun::sin_cos(x).1.into(),
        Tanh => match x {
            0.0 => is(x),
            f64::INFINITY | f64::NEG_INFINITY => is(1f64.copysign(x)),
            _ if single => one_word(x.tanh()),
            _ => fun::tanh(d).into(),
        },
        _ => return None,
    })
}

/// `op(x1, x2)`, as [`unary`].
pub(super) fn binary(op: BinaryOp, x1: f64, x2: f64, single: bool) -> Option<Exact> {
    Some(match op {
        BinaryOp::Atan2 => atan2(x1, x2, single),
        BinaryOp::Hypot => hypot(x1, x2, single),
        BinaryOp::Pow => pow(x1, x2, single),
        _ => return None,
    })
}

fn atan2(y: f64, x: f64, single: bool) -> Exact {
    if y.is_nan() || x.is_nan() {
        return is(f64::NAN);
    }
    let up = 1f64.copysign(y);
    let angle = |quarters: f64| {
        let pi = super::constants::PI.mul_f(quarters * 0.25 * up);
        Exact::from(if single { Dd::new(pi.hi) } else { pi })
    };
    match (y.is_infinite(), x.is_infinite()) {
        (true, true) => return angle(if x > 0.0 { 1.0 } else { 3.0 }),
        (true, false) => return angle(2.0),
        (false, true) => return if x > 0.0 { is(0f64.copysign(y)) } else { angle(4.0) },
        _ => {}
    }
    if y == 0.0 {
        return if x.is_sign_negative() { angle(4.0) } else { is(y) };
    }
    if x == 0.0 {
        return angle(2.0);
    }
    if single { one_word(y.atan2(x)) } else { fun::atan2(Dd::new(y), Dd::new(x)).into() }
}

fn hypot(x: f64, y: f64, single: bool) -> Exact {
    if x.is_infinite() || y.is_infinite() {
        return is(f64::INFINITY);
    }
    if x.is_nan() || y.is_nan() {
        return is(f64::NAN);
    }
    if x == 0.0 && y == 0.0 {
        return is(0.0);
    }
    // Squares of float32 are exact in float64 and cannot overflow there.
    if single { one_word((x * x + y * y).sqrt()) } else { fun::hypot(x, y).into() }
}

/// Whether `y` is an integer, and an odd one.
fn parity(y: f64) -> (bool, bool) {
    let integer = y.is_finite() && y == y.trunc();
    (integer, integer && y.abs() < 9007199254740992.0 && (y.abs() as u64) % 2 == 1)
}

fn pow(x: f64, y: f64, single: bool) -> Exact {
    if y == 0.0 || x == 1.0 {
        return is(1.0);
    }
    if x.is_nan() || y.is_nan() {
        return is(f64::NAN);
    }
    let (integer, odd) = parity(y);
    let sign = if odd && x.is_sign_negative() { -1.0 } else { 1.0 };
    if y.is_infinite() {
        let m = x.abs();
        return is(if m == 1.0 {
            1.0
        } else if (m > 1.0) == (y > 0.0) {
            f64::INFINITY
        } else {
            0.0
        });
    }
    if x == 0.0 || x.is_infinite() {
        let grows = x.is_infinite() == (y > 0.0);
        return is(if grows { f64::INFINITY * sign } else { 0.0 * sign });
    }
    if x < 0.0 && !integer {
        return is(f64::NAN);
    }
    if x == -1.0 {
        return is(sign);
    }
    if single {
        return one_word(sign * x.abs().powf(y));
    }
    let value = if y == 2.0 && (1e-100..1e100).contains(&x.abs()) { two_prod(x, x).into() } else { fun::pow(x.abs(), y) };
    if sign < 0.0 { value.neg().into() } else { value.into() }
}
