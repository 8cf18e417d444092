//! `atan2` and `hypot`.
use super::parts::{at_least, at_most, fast_sum, polynomial, select, two_product};
use std::f64::consts::FRAC_PI_4;

/// `(atan(q) - q) / q^3` as a function of `q^2` for `|q| <= tan(pi/8)`, error of the arc tangent `2^-64`.
const ATAN: [f64; 12] = [
    -0.33333333333333326,
    0.1999999999999768,
    -0.14285714285389534,
    0.11111111088272764,
    -0.09090908147951604,
    0.07692282836024893,
    -0.06666227899756239,
    0.058770329876273696,
    -0.05218476452590145,
    0.04503842633386288,
    -0.0334812879069414,
    0.015202096330852974,
];
/// The same, error `2^-35`.
const ATAN_SHORT: [f64; 6] =
    [-0.3333333251235787, 0.19999904972720534, -0.14282035573886095, 0.11045008590967961, -0.0847790778248029, 0.04747197137913008];
/// `tan(pi/8)`
const TAN_PI_8: f64 = 0.414_213_562_373_095_1;
/// What `FRAC_PI_4` leaves of pi/4, of which it has 50 bits: three times it is exact.
const PI_4_LOW: f64 = 3.061616997868383e-17;

/// `2^200`, `2^450`, `2^600`, `2^800`
const TWO_200: f64 = 1_606_938_044_258_990_275_541_962_092_341_162_602_522_202_993_782_792_835_301_376.0;
const TWO_450: f64 = TWO_200 * TWO_200 * 1_125_899_906_842_624.0;
const TWO_600: f64 = TWO_200 * TWO_200 * TWO_200;
const TWO_800: f64 = TWO_200 * TWO_600;

/// What differs between the types.
pub(crate) trait Plane: Copy {
    fn atan2(self, x: Self) -> Self;
    fn hypot(self, y: Self) -> Self;
}

/// The angle of the point `(x, y)`
#[inline(always)]
pub(crate) fn atan2<T: Plane>(y: T, x: T) -> T {
    y.atan2(x)
}

/// `sqrt(x^2 + y^2)`
#[inline(always)]
pub(crate) fn hypot<T: Plane>(x: T, y: T) -> T {
    x.hypot(y)
}

/// The larger and the smaller of two numbers that are not negative. NaN stays.
#[inline(always)]
fn order(x: f64, y: f64) -> (f64, f64) {
    (select(y > x, y, x), select(y > x, x, y))
}

/// The angle of `(x, y)` is `eighths pi/4 + sign atan(q)` and has the sign of `y`, where `q` is the quotient of the smaller by the larger or,
/// for a `wide` one, the tangent of what it lies under pi/4: the two signs follow from the octant.
#[inline(always)]
fn octant(x: f64, steep: bool, wide: bool) -> (f64, f64) {
    let side = 1f64.copysign(x);
    // right flat: 0 +; right steep: 2 -; left steep: 2 +; left flat: 4 -
    let sign = select(steep, -side, side);
    let eighths = select(steep, 2.0, 2.0 - (side + side));
    (eighths + select(wide, sign, 0.0), sign)
}

impl Plane for f64 {
    #[inline(always)]
    fn atan2(self, x: f64) -> f64 {
        let (big, small) = order(x.abs(), self.abs());
        // Scaled up, what the quotient leaves is exact even of subnormal numbers, unless the quotient is subnormal too.
        let scale = select(big > TWO_800, 1.0 / TWO_200, TWO_200);
        // Of infinities, only which are infinite matters.
        let infinite = big == f64::INFINITY;
        let small = select(infinite, select(small == f64::INFINITY, 1.0, small * 0.0), small * scale);
        let big = select(infinite, 1.0, big * scale);
        let wide = small > TAN_PI_8 * big;
        let (eighths, sign) = octant(x, self.abs() > x.abs(), wide);
        let (n, n_low) = fast_sum(select(wide, -big, -0.0), small);
        let (d, d_low) = fast_sum(at_least(big, f64::MIN_POSITIVE), select(wide, small, 0.0));
        let q = n / d;
        let q_low = q.mul_add(-d_low, q.mul_add(-d, n) + n_low) / d;
        let z = q * q;
        let low = (q * z).mul_add(polynomial(z, &ATAN), z.mul_add(-q_low, q_low));
        let (high, lost) = fast_sum(eighths * FRAC_PI_4, sign * q);
        (high + (lost + sign.mul_add(low, eighths * PI_4_LOW))).copysign(self)
    }
    #[inline(always)]
    fn hypot(self, y: f64) -> f64 {
        let (big, small) = order(self.abs(), y.abs());
        let (down, up) = (big > TWO_450, big < 1.0 / TWO_450);
        let scale = select(down, 1.0 / TWO_600, select(up, TWO_600, 1.0));
        let (a, b) = (big * scale, small * scale);
        let (a2, a_low) = two_product(a, a);
        let (b2, b_low) = two_product(b, b);
        let (s, s_low) = fast_sum(a2, b2);
        let root = s.sqrt();
        let left = root.mul_add(-root, s) + (s_low + (a_low + b_low));
        let root = root + left / at_least(root + root, f64::MIN_POSITIVE);
        let h = root * select(down, TWO_600, select(up, 1.0 / TWO_600, 1.0));
        select((self.abs() == f64::INFINITY) | (y.abs() == f64::INFINITY), f64::INFINITY, h)
    }
}

/// In float64 and rounded: squares and quotients are well inside its range.
impl Plane for f32 {
    #[inline(always)]
    fn atan2(self, x: f32) -> f32 {
        let (y, x) = (f64::from(self), f64::from(x));
        // An infinity is as good as a number that is far above all finite ones.
        let (big, small) = order(at_most(x.abs(), TWO_450), at_most(y.abs(), TWO_450));
        let wide = small > TAN_PI_8 * big;
        let (eighths, sign) = octant(x, y.abs() > x.abs(), wide);
        let n = small - select(wide, big, 0.0);
        let d = at_least(big, f64::MIN_POSITIVE) + select(wide, small, 0.0);
        let q = n / d * sign;
        let z = q * q;
        let angle = eighths.mul_add(FRAC_PI_4, (q * z).mul_add(polynomial(z, &ATAN_SHORT), q));
        angle.copysign(y) as f32
    }
    #[inline(always)]
    fn hypot(self, y: f32) -> f32 {
        let (a, b) = (f64::from(self), f64::from(y));
        let h = a.mul_add(a, b * b).sqrt() as f32;
        select((self.abs() == f32::INFINITY) | (y.abs() == f32::INFINITY), f32::INFINITY, h)
    }
}
