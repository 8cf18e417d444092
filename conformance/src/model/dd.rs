//! Double-double numbers: `hi + lo` with `|lo| <= ulp(hi) / 2`, about 104 good bits, by error-free transformations
//! (Dekker 1971, Knuth 4.2.2, Joldes, Muller and Popescu 2017).
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// An unevaluated sum of two float64.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub(super) struct Dd {
    pub(super) hi: f64,
    pub(super) lo: f64,
}

/// `a + b` without error.
#[inline]
pub(super) fn two_sum(a: f64, b: f64) -> Dd {
    let s = a + b;
    let t = s - a;
    Dd { hi: s, lo: (a - (s - t)) + (b - t) }
}

/// As [`two_sum`], for `|a| >= |b|` or `a = 0`.
#[inline]
fn quick_two_sum(a: f64, b: f64) -> Dd {
    let s = a + b;
    Dd { hi: s, lo: b - (s - a) }
}

/// `a * b` without error (unless the low word underflows).
#[inline]
pub(super) fn two_prod(a: f64, b: f64) -> Dd {
    let p = a * b;
    Dd { hi: p, lo: a.mul_add(b, -p) }
}

/// `x * 2^k` with one rounding, for any `k`.
pub(super) fn ldexp(mut x: f64, k: i32) -> f64 {
    let mut k = k.clamp(-2200, 2200);
    while k > 1023 {
        x *= pow2(1023);
        k -= 1023;
    }
    while k < -1022 {
        // What is this small ends below half of the smallest subnormal.
        if x.abs() < pow2(-122) {
            return 0f64.copysign(x);
        }
        x *= pow2(-900);
        k += 900;
    }
    x * pow2(k)
}

/// `2^k` for a normal result.
#[inline]
pub(super) const fn pow2(k: i32) -> f64 {
    f64::from_bits(((k + 1023) as u64) << 52)
}

/// `e` with `2^e <= |x| < 2^(e+1)`, for finite `x` other than 0; subnormals too.
#[inline]
pub(super) fn exponent(x: f64) -> i32 {
    let raw = ((x.to_bits() >> 52) & 0x7ff) as i32;
    if raw != 0 { raw - 1023 } else { -1011 - (x.to_bits() << 12 >> 12).leading_zeros() as i32 }
}

impl Dd {
    pub(super) const ZERO: Dd = Dd { hi: 0.0, lo: 0.0 };
    pub(super) const ONE: Dd = Dd { hi: 1.0, lo: 0.0 };
    pub(super) const NAN: Dd = Dd { hi: f64::NAN, lo: 0.0 };

    #[inline]
    pub(super) const fn new(hi: f64) -> Dd {
        Dd { hi, lo: 0.0 }
    }

    #[inline]
    pub(super) fn mul_f(self, b: f64) -> Dd {
        let p = two_prod(self.hi, b);
        quick_two_sum(p.hi, self.lo.mul_add(b, p.lo))
    }

    #[inline]
    pub(super) fn add_f(self, b: f64) -> Dd {
        let s = two_sum(self.hi, b);
        quick_two_sum(s.hi, s.lo + self.lo)
    }

    /// Times a power of two.
    #[inline]
    pub(super) fn scale(self, k: i32) -> Dd {
        Dd { hi: ldexp(self.hi, k), lo: ldexp(self.lo, k) }
    }

    #[inline]
    pub(super) fn square(self) -> Dd {
        self * self
    }

    #[inline]
    pub(super) fn abs(self) -> Dd {
        if self.hi < 0.0 || (self.hi == 0.0 && self.lo < 0.0) { -self } else { self }
    }

    pub(super) fn sqrt(self) -> Dd {
        if self.hi <= 0.0 {
            return if self.hi == 0.0 { Dd::ZERO } else { Dd::NAN };
        }
        let s = self.hi.sqrt();
        let rest = self - two_prod(s, s);
        quick_two_sum(s, rest.hi / (2.0 * s))
    }

    #[inline]
    pub(super) fn is_finite(self) -> bool {
        self.hi.is_finite()
    }
}

impl Neg for Dd {
    type Output = Dd;
    #[inline]
    fn neg(self) -> Dd {
        Dd { hi: -self.hi, lo: -self.lo }
    }
}
impl Add for Dd {
    type Output = Dd;
    #[inline]
    fn add(self, b: Dd) -> Dd {
        let s = two_sum(self.hi, b.hi);
        let t = two_sum(self.lo, b.lo);
        let v = quick_two_sum(s.hi, s.lo + t.hi);
        quick_two_sum(v.hi, v.lo + t.lo)
    }
}
impl Sub for Dd {
    type Output = Dd;
    #[inline]
    fn sub(self, b: Dd) -> Dd {
        self + -b
    }
}
impl Mul for Dd {
    type Output = Dd;
    #[inline]
    fn mul(self, b: Dd) -> Dd {
        let p = two_prod(self.hi, b.hi);
        let cross = self.hi.mul_add(b.lo, self.lo * b.hi);
        quick_two_sum(p.hi, p.lo + cross)
    }
}
impl Div for Dd {
    type Output = Dd;
    #[inline]
    fn div(self, b: Dd) -> Dd {
        let q1 = self.hi / b.hi;
        let r = self - b.mul_f(q1);
        let q2 = r.hi / b.hi;
        let r = r - b.mul_f(q2);
        let q = quick_two_sum(q1, q2);
        q.add_f(r.hi / b.hi)
    }
}
impl PartialOrd for Dd {
    fn partial_cmp(&self, b: &Dd) -> Option<Ordering> {
        match self.hi.partial_cmp(&b.hi) {
            Some(Ordering::Equal) => self.lo.partial_cmp(&b.lo),
            other => other,
        }
    }
}
