//! `floor_divide` and `remainder` of real floating point, rounded once.

/// float32 and float64: exact in f64, rounded to the nearest from an integer.
pub(crate) trait Real:
    Copy + Into<f64> + PartialOrd + std::ops::Add<Output = Self> + std::ops::Rem<Output = Self> + std::ops::Mul<Output = Self>
{
    /// Nearest, ties to even.
    fn from_integer(i: u128) -> Self;
    /// The value, which is one of this type.
    fn from_exact(v: f64) -> Self;
    /// `2^n`, infinite where out of range.
    fn power_of_two(n: i32) -> Self;
}
impl Real for f32 {
    fn from_integer(i: u128) -> f32 {
        i as f32
    }
    #[inline(always)]
    fn from_exact(v: f64) -> f32 {
        v as f32
    }
    fn power_of_two(n: i32) -> f32 {
        2f32.powi(n)
    }
}
impl Real for f64 {
    fn from_integer(i: u128) -> f64 {
        i as f64
    }
    #[inline(always)]
    fn from_exact(v: f64) -> f64 {
        v
    }
    fn power_of_two(n: i32) -> f64 {
        2f64.powi(n)
    }
}

/// The remainder with the sign of the divisor.
pub(crate) fn remainder<T: Real>(x: T, y: T) -> T {
    let r = x % y;
    let (rv, yv): (f64, f64) = (r.into(), y.into());
    if rv == 0.0 {
        T::from_exact(0f64.copysign(yv))
    } else if (rv < 0.0) != (yv < 0.0) && !rv.is_nan() {
        // The one rounding: `%` is exact.
        r + y
    } else {
        r
    }
}

/// The floor of the exact quotient, rounded to nearest even: not the floor of the rounded quotient.
pub(crate) fn floor_divide<T: Real>(x: T, y: T) -> T {
    let (a, b): (f64, f64) = (x.into(), y.into());
    // With an infinite operand: the floor of the limit, which is what the quotient is (`floor_div_inf = "floor"`).
    let q = a / b;
    let finite = a.is_finite() && b.is_finite();
    if a == 0.0 || b == 0.0 || !finite {
        return T::from_exact(q);
    }
    // Rounding cannot carry a quotient over an integer, only onto it: one that is no integer has the right floor.
    if q.abs() < 4_503_599_627_370_496.0 && q != q.trunc() {
        let floor = q.floor();
        return T::from_exact(if floor == 0.0 { 0f64.copysign(q) } else { floor });
    }
    exact(a, b)
}

/// Mantissa and exponent: `|v| = m * 2^e`, `m` odd or not, below `2^53`.
fn decode(v: f64) -> (u64, i32) {
    let bits = v.to_bits();
    let (field, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
    if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field - 1075) }
}

/// By long division of integers, for finite operands that are not zero.
fn exact<T: Real>(a: f64, b: f64) -> T {
    let negative = (a < 0.0) != (b < 0.0);
    let ((ma, ea), (mb, eb)) = (decode(a), decode(b));
    // Full width, so that the first 64 quotient bits below hold all that rounding looks at.
    let (sa, sb) = (ma.leading_zeros() - 11, mb.leading_zeros() - 11);
    let (ma, mb, e) = (u128::from(ma << sa), u128::from(mb << sb), (ea - sa as i32) - (eb - sb as i32));
    let sign = if negative { -1.0 } else { 1.0 };
    let signed = |magnitude: T| T::from_exact(sign) * magnitude;
    if e <= 64 {
        let (n, d) = if e >= 0 {
            (ma << e, mb)
        } else if e > -64 {
            (ma, mb << -e)
        } else {
            (0, 1)
        };
        // Below 2^-64 only the sign is left.
        let inexact = if e > -64 { n % d != 0 } else { true };
        let magnitude = n / d + u128::from(negative && inexact);
        return signed(T::from_integer(magnitude));
    }
    let (n, shift) = (ma << 64, (e - 64) as u32);
    let (q, r) = (n / mb, n % mb);
    // What follows q: `r * 2^shift / mb`, rounded down, or up where the quotient is negative. Only whether it is 0, all of a
    // unit, or in between matters.
    let below = |r: u128| shift < 64 && (r << shift) < mb;
    let (whole, rest) = match (negative, r) {
        (_, 0) => (q, 0),
        (false, r) => (q, u128::from(!below(r))),
        (true, r) if below(mb - r) => (q + 1, 0),
        (true, _) => (q, 1),
    };
    signed(T::from_integer(whole << 1 | rest) * T::power_of_two(shift as i32 - 1))
}
