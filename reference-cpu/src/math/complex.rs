//! Complex functions in complex128: without spurious overflow, accurate to a few ULP of the modulus, special cases of C99 annex G.
use num_complex::Complex;

type C = Complex<f64>;

/// `i z`
fn times_i(z: C) -> C {
    C::new(-z.im, z.re)
}
/// `-i z`
fn over_i(z: C) -> C {
    C::new(z.im, -z.re)
}
fn finite(z: C) -> bool {
    z.re.is_finite() && z.im.is_finite()
}

/// The exponent of the larger part, 0 where there is none.
fn exponent(z: C) -> i32 {
    let m = z.re.abs().max(z.im.abs());
    if m == 0.0 || !m.is_finite() {
        return 0;
    }
    let field = (m.to_bits() >> 52) as i32;
    if field == 0 { -1011 - m.to_bits().leading_zeros() as i32 } else { field - 1023 }
}

/// `z * 2^n`, rounded once.
fn scaled(z: C, n: i32) -> C {
    C::new(scale(z.re, n), scale(z.im, n))
}

fn scale(v: f64, n: i32) -> f64 {
    // Two steps up; going down, all but the last stay normal.
    let (mut v, mut n) = (v, n);
    while n > 1000 {
        v *= 2f64.powi(1000);
        n -= 1000;
    }
    while n < -900 && v.abs() > 2f64.powi(-100) {
        v *= 2f64.powi(-900);
        n += 900;
    }
    if n >= -1000 { v * 2f64.powi(n) } else { v * 2f64.powi(-1000) * 2f64.powi((n + 1000).max(-1000)) }
}

/// `a b + c d` with the error of the products added back: the sum does not lose its leading digits.
fn sum_of_products(a: f64, b: f64, c: f64, d: f64) -> f64 {
    let cd = c * d;
    let err = c.mul_add(d, -cd);
    let sum = a.mul_add(b, cd);
    let out = sum + err;
    if out.is_nan() { a * b + c * d } else { out }
}

pub(crate) fn multiply(x: C, y: C) -> C {
    let out = C::new(x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re);
    if finite(out) || !finite(x) || !finite(y) {
        return out;
    }
    // The products overflow, the sum may not.
    let (ex, ey) = (exponent(x), exponent(y));
    let (x, y) = (scaled(x, -ex), scaled(y, -ey));
    scaled(C::new(x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re), ex + ey)
}

pub(crate) fn divide(x: C, y: C) -> C {
    let (ex, ey) = (exponent(x), exponent(y));
    let (a, b) = (scaled(x, -ex), scaled(y, -ey));
    // By the same steps as the numerator: z / z is 1.
    let norm = sum_of_products(b.re, b.re, b.im, b.im);
    let re = sum_of_products(a.re, b.re, a.im, b.im) / norm;
    let im = sum_of_products(a.im, b.re, -a.re, b.im) / norm;
    let out = scaled(C::new(re, im), ex - ey);
    if !(out.re.is_nan() && out.im.is_nan()) {
        return out;
    }
    // Annex G: infinities and zeros have a quotient where the formula finds none.
    let unit = |v: f64| if v.is_infinite() { 1f64 } else { 0.0 }.copysign(v);
    if y.re == 0.0 && y.im == 0.0 && !(x.re.is_nan() && x.im.is_nan()) {
        let inf = f64::INFINITY.copysign(y.re);
        return C::new(inf * x.re, inf * x.im);
    }
    if (x.re.is_infinite() || x.im.is_infinite()) && finite(y) {
        let a = C::new(unit(x.re), unit(x.im));
        return C::new(f64::INFINITY * (a.re * y.re + a.im * y.im), f64::INFINITY * (a.im * y.re - a.re * y.im));
    }
    if (y.re.is_infinite() || y.im.is_infinite()) && finite(x) {
        let b = C::new(unit(y.re), unit(y.im));
        return C::new(0.0 * (x.re * b.re + x.im * b.im), 0.0 * (x.im * b.re - x.re * b.im));
    }
    out
}

pub(crate) fn sign(z: C) -> C {
    if z.re.is_nan() || z.im.is_nan() {
        return C::new(f64::NAN, f64::NAN);
    }
    if z.re == 0.0 && z.im == 0.0 {
        return C::new(0.0, 0.0);
    }
    match (z.re.is_infinite(), z.im.is_infinite()) {
        (true, true) => C::new(f64::NAN, f64::NAN),
        (true, false) => C::new(1f64.copysign(z.re), 0f64.copysign(z.im)),
        (false, true) => C::new(0f64.copysign(z.re), 1f64.copysign(z.im)),
        _ => {
            let z = scaled(z, -exponent(z));
            let r = z.re.hypot(z.im);
            C::new(z.re / r, z.im / r)
        }
    }
}

pub(crate) fn sqrt(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y.is_infinite() {
        return C::new(f64::INFINITY, y);
    }
    if x.is_nan() || (y.is_nan() && x.is_finite()) {
        return C::new(f64::NAN, f64::NAN);
    }
    if x == f64::INFINITY {
        return C::new(x, if y.is_nan() { y } else { 0f64.copysign(y) });
    }
    if x == f64::NEG_INFINITY {
        return C::new(if y.is_nan() { y } else { 0.0 }, f64::INFINITY.copysign(y));
    }
    if x == 0.0 && y == 0.0 {
        return C::new(0.0, y);
    }
    // An even exponent taken out, half of it put back.
    let e = exponent(z) & !1;
    let w = scaled(z, -e);
    let r = ((w.re.abs() + w.re.hypot(w.im)) * 0.5).sqrt();
    let other = w.im.abs() / (2.0 * r);
    let (re, im) = if w.re >= 0.0 { (r, other) } else { (other, r) };
    scaled(C::new(re, im.copysign(y)), e / 2)
}

/// `exp(x) * (c, s)` where `exp(x)` alone may overflow.
fn exp_times(x: f64, c: f64, s: f64) -> C {
    if x.is_finite() && x > 700.0 {
        let half = (x * 0.5).min(800.0).exp();
        return C::new(c * half * half, s * half * half);
    }
    let e = x.exp();
    C::new(e * c, e * s)
}

pub(crate) fn exp(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(x.exp(), y);
    }
    if x == f64::NEG_INFINITY && !y.is_finite() {
        return C::new(0.0, 0.0);
    }
    if x == f64::INFINITY && !y.is_finite() {
        return C::new(x, f64::NAN);
    }
    let (s, c) = y.sin_cos();
    exp_times(x, c, s)
}

pub(crate) fn expm1(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(x.exp_m1(), y);
    }
    if !finite(z) || x > 20.0 {
        let e = exp(z);
        return C::new(e.re - 1.0, e.im);
    }
    // exp(x) cos(y) - 1 = expm1(x) cos(y) - 2 sin(y/2)^2
    let half = (y * 0.5).sin();
    C::new(sum_of_products(x.exp_m1(), y.cos(), -2.0 * half, half), x.exp() * y.sin())
}

pub(crate) fn log(z: C) -> C {
    let arg = z.im.atan2(z.re);
    let (big, small) = (z.re.abs().max(z.im.abs()), z.re.abs().min(z.im.abs()));
    if !finite(z) {
        return C::new(z.re.hypot(z.im).ln(), arg);
    }
    let modulus = if (0.5..2.0).contains(&big) && small <= big {
        // |z|^2 - 1 = (big - 1)(big + 1) + small^2, where log(|z|) would lose what is close to 1.
        0.5 * sum_of_products(big - 1.0, big + 1.0, small, small).ln_1p()
    } else {
        let e = exponent(z);
        let w = scaled(z, -e);
        w.re.hypot(w.im).ln() + f64::from(e) * std::f64::consts::LN_2
    };
    C::new(modulus, arg)
}

pub(crate) fn log1p(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 && x >= -1.0 {
        return C::new(x.ln_1p(), y);
    }
    if x.abs() >= 0.5 || y.abs() >= 0.5 || !finite(z) {
        return log(C::new(1.0 + x, y));
    }
    // |1 + z|^2 - 1 = 2x + x^2 + y^2
    C::new(0.5 * sum_of_products(x, 2.0 + x, y, y).ln_1p(), y.atan2(1.0 + x))
}

fn sinh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(x.sinh(), y);
    }
    if x == 0.0 {
        return C::new(x, y.sin());
    }
    if !x.is_finite() {
        if x.is_infinite() && !y.is_finite() {
            return C::new(x, f64::NAN);
        }
        return C::new(x * y.cos(), x.abs() * y.sin());
    }
    let (s, c) = y.sin_cos();
    if x.abs() > 22.0 {
        // The two exponentials differ by more than the precision.
        let half = exp_times(x.abs(), 0.5 * c, 0.5 * s);
        return C::new(half.re * x.signum(), half.im);
    }
    C::new(x.sinh() * c, x.cosh() * s)
}

fn cosh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(x.cosh(), x * y);
    }
    if x == 0.0 {
        return C::new(y.cos(), 0f64.copysign(x) * y.sin());
    }
    if !x.is_finite() {
        if x.is_infinite() && !y.is_finite() {
            return C::new(f64::INFINITY, f64::NAN);
        }
        return C::new(x.abs() * y.cos(), x * y.sin());
    }
    let (s, c) = y.sin_cos();
    if x.abs() > 22.0 {
        let half = exp_times(x.abs(), 0.5 * c, 0.5 * s);
        return C::new(half.re, half.im * x.signum());
    }
    C::new(x.cosh() * c, x.sinh() * s)
}

pub(crate) fn sin(z: C) -> C {
    over_i(sinh(times_i(z)))
}

pub(crate) fn cos(z: C) -> C {
    cosh(times_i(z))
}

pub(crate) fn tanh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(x.tanh(), y);
    }
    if x.is_nan() {
        return C::new(x, f64::NAN);
    }
    if x.abs() > 22.0 {
        // tanh is 1 up to the precision; the imaginary part is 4 sin(y) cos(y) exp(-2|x|).
        let im = if y.is_finite() && x.is_finite() {
            4.0 * y.sin() * y.cos() * (-2.0 * x.abs()).exp()
        } else {
            0f64.copysign(if y.is_finite() { (2.0 * y).sin() } else { y })
        };
        return C::new(1f64.copysign(x), im);
    }
    if !y.is_finite() {
        return C::new(if x == 0.0 { x } else { f64::NAN }, f64::NAN);
    }
    // Kahan: with t = tan(y), s = sinh(x), beta = 1 + t^2, rho = sqrt(1 + s^2).
    let t = y.tan();
    let beta = t.mul_add(t, 1.0);
    let s = x.sinh();
    let rho = s.mul_add(s, 1.0).sqrt();
    if t.is_infinite() {
        return C::new(rho / s, 1.0 / t);
    }
    let d = (beta * s).mul_add(s, 1.0);
    C::new(beta * rho * s / d, t / d)
}

/// An unevaluated sum of two floats.
type Double = (f64, f64);

fn two_product(a: f64, b: f64) -> Double {
    let p = a * b;
    (p, a.mul_add(b, -p))
}

pub(crate) fn pow(x: C, y: C) -> C {
    if y.re == 0.0 && y.im == 0.0 {
        return C::new(1.0, 0.0);
    }
    if x.re == 0.0 && x.im == 0.0 {
        return match y.re {
            r if r > 0.0 => C::new(0.0, 0.0),
            r if r < 0.0 && y.im == 0.0 => divide(C::new(1.0, 0.0), x),
            _ => C::new(f64::NAN, f64::NAN),
        };
    }
    if y.im == 0.0 && y.re == y.re.trunc() && y.re.abs() <= 64.0 && finite(x) {
        let power = integer_power(x, y.re.abs() as u32);
        if finite(power) && (power.re != 0.0 || power.im != 0.0) {
            return if y.re < 0.0 { divide(C::new(1.0, 0.0), power) } else { power };
        }
    }
    let l = log(x);
    // The real part of y log(x) is the exponent of the modulus and needs no more digits than it has; the argument does.
    let (re, re_low) = difference(two_product(y.re, l.re), two_product(y.im, l.im));
    let (im, im_low) = difference(two_product(y.re, l.im), two_product(-y.im, l.re));
    let out = exp(C::new(re, im));
    // exp(a + d) = exp(a)(1 + d) for what the products lost.
    let correction = C::new(1.0 + re_low, im_low);
    if finite(out) && finite(correction) { multiply(out, correction) } else { out }
}

/// `a - b` and what it lost.
fn difference(a: Double, b: Double) -> Double {
    let s = a.0 - b.0;
    let back = s - a.0;
    let err = (a.0 - (s - back)) - (b.0 + back);
    (s, err + (a.1 - b.1))
}

/// By repeated squaring.
fn integer_power(x: C, n: u32) -> C {
    let (mut base, mut n, mut out) = (x, n, C::new(1.0, 0.0));
    while n > 0 {
        if n & 1 == 1 {
            out = multiply(out, base);
        }
        n >>= 1;
        if n > 0 {
            base = multiply(base, base);
        }
    }
    out
}
