//! Elementary functions of real numbers to about 100 bits, by argument reduction and series in double-double.
//!
//! Arguments are finite; a [`Scaled`] result carries its exponent apart, so that nothing over- or underflows on the way.
use super::constants::{INVERSE_FACTORIAL, INVERSE_ODD, LN2, PI, PI_2, TWO_OVER_PI};
use super::dd::{Dd, exponent, ldexp, pow2, two_prod, two_sum};

/// `m * 2^k`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaled {
    pub(super) m: Dd,
    pub(super) k: i32,
}

impl From<Dd> for Scaled {
    fn from(m: Dd) -> Scaled {
        Scaled { m, k: 0 }
    }
}

impl Scaled {
    /// As one double-double, which may overflow or lose low bits.
    pub(super) fn dd(self) -> Dd {
        self.m.scale(self.k)
    }

    pub(super) fn neg(self) -> Scaled {
        Scaled { m: -self.m, k: self.k }
    }
}

/// `e^r - 1` for `|r| <= 0.4`, with small relative error also near 0.
fn expm1_small(r: Dd) -> Dd {
    // r / 2^8 makes nine terms enough; (1 + p)^2 - 1 = 2 p + p^2 undoes it.
    let r = r.scale(-8);
    let mut sum = INVERSE_FACTORIAL[10];
    for n in (1..10).rev() {
        sum = sum * r + INVERSE_FACTORIAL[n];
    }
    let mut p = sum * r;
    for _ in 0..8 {
        p = p.scale(1) + p.square();
    }
    p
}

/// `(k, r)` with `x = k log(2) + r`.
fn by_log2(x: Dd) -> (i32, Dd) {
    let k = (x.hi * std::f64::consts::LOG2_E).round();
    // `k` has at most 13 bits: two products of a word of log(2) with it are exact enough for 2^-100 of `r`'s scale.
    (k as i32, x - LN2.mul_f(k))
}

/// `e^x`; the exponent saturates far outside the range of float64.
pub(super) fn exp(x: Dd) -> Scaled {
    if x.hi.abs() > 2000.0 {
        return Scaled { m: Dd::ONE, k: if x.hi > 0.0 { 2800 } else { -2800 } };
    }
    let (k, r) = by_log2(x);
    Scaled { m: expm1_small(r).add_f(1.0), k }
}

/// `e^x - 1`.
pub(super) fn expm1(x: Dd) -> Scaled {
    if x.hi.abs() < pow2(-60) {
        return (x + Dd::new(x.hi * x.hi * 0.5)).into();
    }
    if x.hi.abs() < 0.34 {
        return expm1_small(x).into();
    }
    let e = exp(x);
    match e.k {
        ..-150 => Dd { hi: -1.0, lo: pow2(-150) }.into(),
        -150..=150 => e.dd().add_f(-1.0).into(),
        _ => e,
    }
}

/// `log(x)` for `x > 0`, with small relative error also near 1.
pub(super) fn log(x: Dd) -> Dd {
    let mut k = exponent(x.hi);
    let mut m = x.scale(-k);
    if m.hi > std::f64::consts::SQRT_2 {
        m = m.scale(-1);
        k += 1;
    }
    // log(m) = 2 atanh((m - 1) / (m + 1))
    let s = m.add_f(-1.0) / m.add_f(1.0);
    LN2.mul_f(f64::from(k)) + atanh_small(s).scale(1)
}

/// `atanh(s)` for `|s| < 0.18`.
fn atanh_small(s: Dd) -> Dd {
    let q = s.square();
    let terms = match s.hi.abs() {
        ..1e-8 => 3,
        ..1e-3 => 7,
        ..0.03 => 12,
        _ => 22,
    };
    let mut sum = INVERSE_ODD[terms];
    for n in (0..terms).rev() {
        sum = sum * q + INVERSE_ODD[n];
    }
    sum * s
}

/// `log(1 + x)` for `x > -1`.
pub(super) fn log1p(x: Dd) -> Dd {
    if x.hi.abs() < pow2(-60) {
        return x - Dd::new(x.hi * x.hi * 0.5);
    }
    if x.hi.abs() < 0.3 {
        // 1 + x would round the low word away.
        return atanh_small(x / x.add_f(2.0)).scale(1);
    }
    log(x.add_f(1.0))
}

/// `(q, r)` with `x = q pi/2 + r`, `|r| <= pi/4`, `q` modulo 4, for any finite `x` (Payne and Hanek 1983).
fn by_half_pi(x: f64) -> (u32, Dd) {
    if x.abs() < 0.785 {
        return (0, Dd::new(x));
    }
    // |x| = mantissa * 2^e
    let e = exponent(x) - 52;
    let mantissa = (x.to_bits() & ((1 << 52) - 1)) | (1 << 52);
    // Bits of 2/pi whose product with x is a multiple of 4 do not matter; the 256 after them give 2^-200 of a quarter turn.
    let skip = (e - 2).max(0) as usize;
    let (word, bit) = (skip / 64, skip % 64);
    let window = |i: usize| {
        let w = TWO_OVER_PI[word + i];
        if bit == 0 { w } else { (w << bit) | (TWO_OVER_PI[word + i + 1] >> (64 - bit)) }
    };
    // product[0] is the least significant word.
    let mut product = [0u64; 5];
    let mut carry = 0u128;
    for (i, place) in product.iter_mut().take(4).enumerate() {
        let t = u128::from(window(3 - i)) * u128::from(mantissa) + carry;
        *place = t as u64;
        carry = t >> 64;
    }
    product[4] = carry as u64;
    let point = (256 + skip as i32 - e) as u32;
    let bit_at = |p: &[u64; 5], i: u32| (p[(i / 64) as usize] >> (i % 64)) & 1;
    let fraction_only = |p: &mut [u64; 5]| {
        for (w, i) in p.iter_mut().zip(0u32..) {
            let keep = point.saturating_sub(64 * i).min(64);
            *w &= if keep == 64 { u64::MAX } else { (1u64 << keep) - 1 };
        }
    };
    let mut quarter = (bit_at(&product, point) + 2 * bit_at(&product, point + 1)) as u32;
    fraction_only(&mut product);
    let negative = bit_at(&product, point - 1) == 1;
    if negative {
        quarter += 1;
        // 2^point - fraction
        let mut carry = 1u64;
        for w in &mut product {
            let (v, c) = (!*w).overflowing_add(carry);
            *w = v;
            carry = u64::from(c);
        }
        fraction_only(&mut product);
    }
    // The leading 106 bits of what is left.
    let Some(top) = (0..5).rev().find(|&i| product[i] != 0) else { return (quarter & 3, Dd::ZERO) };
    let lead = product[top].leading_zeros();
    let word = |i: usize| if i < 5 { product[i] } else { 0 };
    let lower = |n: usize| if top >= n { word(top - n) } else { 0 };
    let joined = (u128::from(product[top]) << 64) | u128::from(lower(1));
    let bits = if lead == 0 { joined } else { (joined << lead) | u128::from(lower(2) >> (64 - lead)) };
    let scale = 64 * (top as i32 - 1) - lead as i32 - point as i32;
    let high = (bits >> 75) as f64 * 2f64.powi(75);
    let low = ((bits & ((1 << 75) - 1)) >> 22) as f64 * 2f64.powi(22);
    let fraction = (Dd::new(high) + Dd::new(low)).scale(scale);
    let r = fraction * PI_2;
    let r = if negative { -r } else { r };
    if x < 0.0 { ((4 - (quarter & 3)) & 3, -r) } else { (quarter & 3, r) }
}

/// `sin(r)` and `cos(r)` for `|r| <= pi/4`.
pub(super) fn sin_cos_small(r: Dd) -> (Dd, Dd) {
    let q = -r.square();
    let terms = if r.hi.abs() < 0.02 { 6 } else { 14 };
    let (mut s, mut c) = (INVERSE_FACTORIAL[2 * terms + 1], INVERSE_FACTORIAL[2 * terms]);
    for n in (0..terms).rev() {
        s = s * q + INVERSE_FACTORIAL[2 * n + 1];
        c = c * q + INVERSE_FACTORIAL[2 * n];
    }
    (s * r, c)
}

/// `sin(x)` and `cos(x)`.
pub(super) fn sin_cos(x: f64) -> (Dd, Dd) {
    if x.abs() < pow2(-40) {
        return (Dd::new(x) - Dd::new(x * x * x / 6.0), Dd::ONE - Dd::new(x * x * 0.5));
    }
    let (quarter, r) = by_half_pi(x);
    let (s, c) = sin_cos_small(r);
    match quarter {
        0 => (s, c),
        1 => (c, -s),
        2 => (-s, -c),
        _ => (-c, s),
    }
}

/// `tanh(x)`.
pub(super) fn tanh(x: Dd) -> Dd {
    if x.hi.abs() < pow2(-60) {
        return x - Dd::new(x.hi * x.hi * x.hi / 3.0);
    }
    if x.hi.abs() > 40.0 {
        // 1 - 2 e^(-2 |x|) and smaller terms: one word is enough for the second.
        let below = Dd { hi: 1.0, lo: -2.0 * (-2.0 * x.hi.abs()).exp() };
        return if x.hi < 0.0 { -below } else { below };
    }
    let t = expm1(x.scale(1)).dd();
    t / t.add_f(2.0)
}

/// `sinh(x)` and `cosh(x)`, both with the exponent of `e^|x|` taken out.
pub(super) fn sinh_cosh(x: Dd) -> (Scaled, Scaled) {
    let negative = x.hi < 0.0;
    let a = x.abs();
    let (s, c) = if a.hi < 0.34 {
        // sinh = (t + t / (t + 1)) / 2 with t = e^x - 1
        let t = expm1(a).dd();
        let u = t.add_f(1.0);
        (Scaled::from((t + t / u).scale(-1)), Scaled::from((u + Dd::ONE / u).scale(-1)))
    } else {
        let e = exp(a);
        let small = (Dd::ONE / e.m).scale((-2 * e.k).max(-900));
        (Scaled { m: (e.m - small).scale(-1), k: e.k }, Scaled { m: (e.m + small).scale(-1), k: e.k })
    };
    (if negative { s.neg() } else { s }, c)
}

/// The angle of the point `(x, y)`, not both zero; `negative` is the sign of a zero `y`.
pub(super) fn atan2(y: Dd, x: Dd) -> Scaled {
    let left = x.hi < 0.0;
    if y.hi == 0.0 {
        return if left { Scaled::from(if y.hi.is_sign_negative() { -PI } else { PI }) } else { Dd { hi: y.hi, lo: 0.0 }.into() };
    }
    let sign = |a: Dd| if y.hi < 0.0 { -a } else { a };
    if x.hi == 0.0 {
        return sign(PI_2).into();
    }
    let (ex, ey) = (exponent(x.hi), exponent(y.hi));
    let (mx, my) = (x.scale(-ex), y.scale(-ey));
    if ey - ex > 110 {
        return sign(PI_2 - (mx / my.abs()).scale(ex - ey)).into();
    }
    if ey - ex < -60 {
        let t = my / mx;
        // atan(t) = t to 2^-120.
        return if left { (t.scale(ey - ex) + sign(PI)).into() } else { Scaled { m: t, k: ey - ex } };
    }
    let (mx, my) = (x.scale(-ex), y.scale(-ex));
    // One Newton step from a float64 approximation: the angle of (x, y) turned back by it.
    let z = my.hi.atan2(mx.hi);
    let (s, c) = sin_cos(z);
    let turned = (my * c - mx * s) / (mx * c + my * s);
    let cube = turned.hi * turned.hi * turned.hi / 3.0;
    (Dd::new(z) + turned.add_f(-cube)).into()
}

/// `sqrt(x^2 + y^2)`.
pub(super) fn hypot(x: f64, y: f64) -> Scaled {
    let (a, b) = (x.abs().max(y.abs()), x.abs().min(y.abs()));
    if b == 0.0 {
        return Dd::new(a).into();
    }
    let k = exponent(a);
    let (a, b) = (ldexp(a, -k), ldexp(b, -k));
    Scaled { m: (two_prod(a, a) + two_prod(b, b)).sqrt(), k }
}

/// `x^y` for finite `x > 0`.
pub(super) fn pow(x: f64, y: f64) -> Scaled {
    let l = log(Dd::new(x));
    if y.abs() > pow2(80) {
        // The exponent is out of range unless x = 1.
        let up = (l.hi > 0.0) == (y > 0.0);
        return if l.hi == 0.0 { Dd::ONE.into() } else { Scaled { m: Dd::ONE, k: if up { 2800 } else { -2800 } } };
    }
    let t = l.mul_f(y);
    if t.hi.abs() < pow2(-60) {
        return two_sum(1.0, t.hi).into();
    }
    exp(t)
}
