//! Complex functions of finite arguments, to about 100 bits of the modulus.
use super::dd::{Dd, exponent, ldexp, two_prod};
use super::elementary::{self as fun, Scaled};

/// A complex number in double-double with a common exponent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complex {
    pub(super) re: Dd,
    pub(super) im: Dd,
    /// The parts are `re * 2^k` and `im * 2^k`.
    pub(super) k: i32,
}

impl Complex {
    pub(super) fn new(re: Dd, im: Dd) -> Complex {
        Complex { re, im, k: 0 }
    }

    /// Two numbers with exponents of their own.
    fn of(re: Scaled, im: Scaled) -> Complex {
        let k = match (re.m.hi == 0.0, im.m.hi == 0.0) {
            (true, _) => im.k,
            (_, true) => re.k,
            _ => re.k.max(im.k),
        };
        Complex { re: re.m.scale(re.k - k), im: im.m.scale(im.k - k), k }
    }

    /// `|z|`, without the exponent.
    fn modulus(self) -> Dd {
        let k = exponent_of(self.re.hi, self.im.hi);
        let (a, b) = (self.re.scale(-k), self.im.scale(-k));
        (a.square() + b.square()).sqrt().scale(k)
    }

    /// The parts as plain double-doubles.
    pub(super) fn parts(self) -> (Dd, Dd) {
        (self.re.scale(self.k), self.im.scale(self.k))
    }

    pub(super) fn times(self, b: Complex) -> Complex {
        Complex { re: self.re * b.re - self.im * b.im, im: self.re * b.im + self.im * b.re, k: self.k + b.k }
    }

    fn div(self, b: Complex) -> Complex {
        let m = b.re.square() + b.im.square();
        let re = (self.re * b.re + self.im * b.im) / m;
        let im = (self.im * b.re - self.re * b.im) / m;
        Complex { re, im, k: self.k - b.k }
    }
}

/// The larger exponent of two numbers, 0 for zeros.
fn exponent_of(a: f64, b: f64) -> i32 {
    let m = a.abs().max(b.abs());
    if m == 0.0 { 0 } else { exponent(m) }
}

/// `a + b i` with parts of moderate size.
pub(super) fn scaled(a: f64, b: f64) -> Complex {
    let k = exponent_of(a, b);
    Complex { re: Dd::new(ldexp(a, -k)), im: Dd::new(ldexp(b, -k)), k }
}

pub(super) fn multiply(x: (f64, f64), y: (f64, f64)) -> Complex {
    scaled(x.0, x.1).times(scaled(y.0, y.1))
}

/// `x / y` for `y` other than 0.
pub(super) fn divide(x: (f64, f64), y: (f64, f64)) -> Complex {
    scaled(x.0, x.1).div(scaled(y.0, y.1))
}

pub(super) fn exp(a: f64, b: f64) -> Complex {
    turn(fun::exp(Dd::new(a)), b)
}

/// `m (cos b + i sin b)`
fn turn(m: Scaled, b: f64) -> Complex {
    let (s, c) = fun::sin_cos(b);
    Complex { re: m.m * c, im: m.m * s, k: m.k }
}

pub(super) fn expm1(a: f64, b: f64) -> Complex {
    if a > 60.0 {
        return exp(a, b);
    }
    // e^a cos b - 1 = expm1(a) cos b - 2 sin^2(b / 2)
    let (s, c) = fun::sin_cos(b);
    let (half, _) = fun::sin_cos(b / 2.0);
    let grow = fun::expm1(Dd::new(a)).dd();
    Complex::new(grow * c - half.square().scale(1), fun::exp(Dd::new(a)).dd() * s)
}

/// `log |z|` for the square of the modulus close to 1 or not.
fn log_modulus(a: f64, b: f64) -> Dd {
    let m = a.abs().max(b.abs());
    if (0.5..1.5).contains(&m) {
        let (p, q) = (m, a.abs().min(b.abs()));
        // p^2 + q^2 - 1 = (p - 1)(p + 1) + q^2
        let t = Dd::new(p - 1.0) * Dd::new(p).add_f(1.0) + two_prod(q, q);
        return fun::log1p(t).scale(-1);
    }
    let h = fun::hypot(a, b);
    fun::log(h.m) + super::constants::LN2.mul_f(f64::from(h.k))
}

/// `log z` for `z` other than 0.
pub(super) fn log(a: f64, b: f64) -> Complex {
    Complex::of(log_modulus(a, b).into(), angle(Dd::new(b), Dd::new(a)))
}

fn angle(y: Dd, x: Dd) -> Scaled {
    if x.hi == 0.0 && y.hi == 0.0 { Dd::ZERO.into() } else { fun::atan2(y, x) }
}

/// `log(1 + z)` for `z` other than -1.
pub(super) fn log1p(a: f64, b: f64) -> Complex {
    let m = a.abs().max(b.abs());
    let re = if m < 0.5 {
        // |1 + z|^2 - 1 = a (2 + a) + b^2
        fun::log1p(Dd::new(a) * Dd::new(a).add_f(2.0) + two_prod(b, b)).scale(-1)
    } else if m > 1e8 {
        let h = fun::hypot(a, b);
        // |1 + z|^2 = |z|^2 (1 + (2 a + 1) / |z|^2)
        let far = Dd::new(ldexp(a, -h.k)).scale(1).add_f(ldexp(1.0, -h.k)).scale(-h.k) / h.m.square();
        fun::log(h.m) + super::constants::LN2.mul_f(f64::from(h.k)) + fun::log1p(far).scale(-1)
    } else if (a + 1.0).abs() < 0.5 && b.abs() < 0.5 {
        // Near -1 the sum is exact (Sterbenz), and its modulus may be too small to be squared.
        log_modulus(a + 1.0, b)
    } else {
        let p = Dd::new(a).add_f(1.0);
        // (p - 1)(p + 1) + b^2 keeps what is small next to 1.
        fun::log1p(Dd::new(a) * p.add_f(1.0) + two_prod(b, b)).scale(-1)
    };
    Complex::of(re.into(), angle(Dd::new(b), Dd::new(a).add_f(1.0)))
}

pub(super) fn sin(a: f64, b: f64) -> Complex {
    let (s, c) = fun::sin_cos(a);
    let (sh, ch) = fun::sinh_cosh(Dd::new(b));
    Complex::of(Scaled { m: s * ch.m, k: ch.k }, Scaled { m: c * sh.m, k: sh.k })
}

pub(super) fn cos(a: f64, b: f64) -> Complex {
    let (s, c) = fun::sin_cos(a);
    let (sh, ch) = fun::sinh_cosh(Dd::new(b));
    Complex::of(Scaled { m: c * ch.m, k: ch.k }, Scaled { m: -(s * sh.m), k: sh.k })
}

pub(super) fn tanh(a: f64, b: f64) -> Complex {
    let (s, c) = fun::sin_cos(b);
    if a.abs() > 40.0 {
        // 1 - e^(-2 |a|) ...: both corrections are below 2^-110 of the modulus.
        return Complex::new(Dd::new(1f64.copysign(a)), Dd::new(4.0 * s.hi * c.hi * (-2.0 * a.abs()).exp()));
    }
    // tanh(a + i b) = (sinh a cosh a + i sin b cos b) / (sinh^2 a + cos^2 b): no cancellation at the poles.
    let (sh, ch) = fun::sinh_cosh(Dd::new(a));
    let (sh, ch) = (sh.dd(), ch.dd());
    let d = sh.square() + c.square();
    Complex::new(sh * ch / d, s * c / d)
}

pub(super) fn sqrt(a: f64, b: f64) -> Complex {
    if a == 0.0 && b == 0.0 {
        return Complex::new(Dd::ZERO, Dd::new(b));
    }
    let mut z = scaled(a, b);
    if z.k % 2 != 0 {
        (z.re, z.im, z.k) = (z.re.scale(1), z.im.scale(1), z.k - 1);
    }
    let r = z.modulus();
    let u = (r + z.re.abs()).scale(-1).sqrt();
    let v = z.im / u.scale(1);
    let (re, im) = if a >= 0.0 { (u, v) } else { (v.abs(), if b.is_sign_negative() { -u } else { u }) };
    Complex { re, im, k: z.k / 2 }
}

/// `z / |z|` for `z` other than 0.
pub(super) fn sign(a: f64, b: f64) -> Complex {
    let z = scaled(a, b);
    let r = z.modulus();
    Complex::new(z.re / r, z.im / r)
}

/// `x^y` for `x` other than 0, and `|y log x|`: by how much the direct formula magnifies rounding errors.
pub(super) fn pow(x: (f64, f64), y: (f64, f64)) -> (Complex, f64) {
    let l = log(x.0, x.1);
    let (re, im) = l.parts();
    let p = Complex::new(re, im).times(Complex::new(Dd::new(y.0), Dd::new(y.1)));
    let grows = p.re.hi.abs().max(p.im.hi.abs());
    if grows.is_nan() || grows > 1e5 {
        return (Complex::new(Dd::NAN, Dd::NAN), grows);
    }
    let m = fun::exp(p.re);
    // The low word of the angle turns by a small angle more.
    let t = turn(m, p.im.hi);
    let low = p.im.lo;
    (Complex { re: t.re - t.im * Dd::new(low), im: t.im + t.re * Dd::new(low), k: t.k }, grows)
}
