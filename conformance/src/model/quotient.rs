//! Quotients and remainders by integers, from their definition: nothing is rounded before the end.
use super::dd::{exponent, ldexp};

/// `|x| = mantissa * 2^e` with a mantissa of 53 bits, for finite `x` other than 0.
fn split(x: f64) -> (u128, i32) {
    let e = exponent(x) - 52;
    let raw = x.to_bits() & ((1 << 52) - 1);
    let mantissa = if x.is_normal() { raw | (1 << 52) } else { raw << (raw.leading_zeros() - 11) };
    (mantissa.into(), e)
}

/// `(v + (0 or a bit)) * 2^e`, rounded once to float64 or float32. `sticky` says that bits below `v` are not all zero; then `v` has
/// more bits than the result.
fn round(v: u128, sticky: bool, e: i32, single: bool) -> f64 {
    let bits = 128 - v.leading_zeros();
    if single {
        // 40 bits, the last of which stands for all below: exact in float64, enough for float32.
        let drop = bits.saturating_sub(40);
        let lost = sticky || (drop > 0 && v & ((1 << drop) - 1) != 0);
        let kept = (v >> drop) as u64 | u64::from(lost);
        return f64::from(ldexp(kept as f64, e + drop as i32) as f32);
    }
    let v = if bits < 127 { (v << 1) | u128::from(sticky) } else { ((v >> 1) << 1 | u128::from(sticky)) << 1 };
    ldexp(v as f64, e - 1)
}

/// The exact floor of `x / y` (finite, `y` not 0), rounded once. A zero has the exclusive-or of the signs.
pub(super) fn floor_quotient(x: f64, y: f64, single: bool) -> f64 {
    let negative = x.is_sign_negative() != y.is_sign_negative();
    let sign = if negative { -1.0 } else { 1.0 };
    if x == 0.0 {
        return 0.0 * sign;
    }
    let ((mx, ex), (my, ey)) = (split(x), split(y));
    let d = ex - ey;
    if d <= 66 {
        let (n, m) = match d {
            0.. => (mx << d, my),
            -64..0 => (mx, my << -d),
            _ => (0, 1),
        };
        // Far below 1, the quotient is 0 with a remainder.
        let rest = d < -64 || n % m != 0;
        let q = n / m + u128::from(negative && rest);
        return sign * round(q, false, 0, single);
    }
    // The leading bits of the quotient, and whether anything follows before the point.
    let s = d - 66;
    let (q, r) = ((mx << 66) / my, (mx << 66) % my);
    let (q, sticky) = if s <= 74 {
        let (mut low, rest) = ((r << s) / my, (r << s) % my != 0);
        low += u128::from(negative && rest);
        (q + (low >> s), low & ((1 << s) - 1) != 0)
    } else {
        (q, r != 0)
    };
    sign * round(q, sticky, s, single)
}

/// `x - floor(x / y) y` (finite, `y` not 0), exact and then rounded once. A zero has the sign of `y`.
pub(super) fn remainder(x: f64, y: f64, single: bool) -> f64 {
    if x == 0.0 {
        return 0f64.copysign(y);
    }
    let negative = x.is_sign_negative() != y.is_sign_negative();
    let ((mx, ex), (my, ey)) = (split(x), split(y));
    let d = ex - ey;
    let (r, m, e) = if d >= 0 {
        (mx * power_of_two(d as u32, my) % my, my, ey)
    } else if d >= -64 {
        (mx % (my << -d), my << -d, ex)
    } else if negative {
        // `y` less something below a thousandth of its last place.
        return y;
    } else {
        return x;
    };
    let r = if negative && r != 0 { m - r } else { r };
    round(r, false, e, single).copysign(y)
}

/// `2^d` modulo `m`, for `m` below 2^53.
fn power_of_two(d: u32, m: u128) -> u128 {
    let (mut result, mut base, mut d) = (1 % m, 2 % m, d);
    while d > 0 {
        if d & 1 == 1 {
            result = result * base % m;
        }
        base = base * base % m;
        d >>= 1;
    }
    result
}

/// The floor of `a / b`, and `a` less that times `b`.
pub(super) fn integers(a: i128, b: i128) -> (i128, i128) {
    let (q, r) = (a / b, a % b);
    if r != 0 && (r < 0) != (b < 0) { (q - 1, r + b) } else { (q, r) }
}
