//! The farthest answer inside a set of allowed ones.
use super::num;
use crate::model::Allowed;
use array_protocol::{DType, HostArray, Kind};

/// Slack for the rounding of differences: the rim itself is not tried where the exact value has more digits than two words show.
const RIM: f64 = 1.0 - 1e-9;

/// Stores the worst allowed value at element `i`.
pub(super) fn store(x: &mut HostArray, i: usize, allowed: &Allowed) {
    let dtype = x.dtype();
    let width = dtype.size();
    let mut element = [0u8; 16];
    if let Some(place) = x.bytes_mut().get_mut(i * width..(i + 1) * width) {
        element[..width].copy_from_slice(place);
        write(dtype, allowed, &mut element[..width]);
        place.copy_from_slice(&element[..width]);
    }
}

fn write(dtype: DType, allowed: &Allowed, element: &mut [u8]) {
    let part = dtype.real();
    let width = part.size();
    let put = |bytes: &mut [u8], bits: u64| bytes.copy_from_slice(&bits.to_le_bytes()[..bytes.len()]);
    match allowed {
        Allowed::Bits(bits) => put(&mut element[..width.max(dtype.size().min(8))], *bits),
        Allowed::Nan => element.chunks_exact_mut(width).for_each(|p| put(p, odd_nan(part))),
        Allowed::Ball { hi, lo, ulps } => put(&mut element[..width], farthest(part, *hi, *lo, ulps * unit(part, *hi))),
        // Infinity is no distance at all from a finite number here.
        Allowed::Within { hi, lo, abs } => put(&mut element[..width], finite(part, farthest(part, *hi, *lo, *abs))),
        Allowed::Disc { re, im, abs, .. } => {
            let (a, b) = element.split_at_mut(width);
            let (re, im) = rim(part, *re, *im, *abs);
            put(a, re);
            put(b, im);
        }
        Allowed::Parts(parts) => {
            let (a, b) = element.split_at_mut(width);
            write(part, &parts[0], a);
            write(part, &parts[1], b);
        }
        Allowed::AnyOf(several) => {
            if let Some(last) = several.last() {
                write(dtype, last, element);
            }
        }
        Allowed::Anything => match dtype.kind() {
            Kind::Bool => element.fill(1),
            Kind::Float | Kind::Complex => element.chunks_exact_mut(width).for_each(|p| put(p, odd_nan(part))),
            _ => element.fill(0xa5),
        },
    }
}

/// A NaN with sign and payload.
fn odd_nan(part: DType) -> u64 {
    match part {
        DType::Float32 => 0xffc1_2345,
        DType::Float16 => 0xfe42,
        DType::BFloat16 => 0xffc3,
        _ => 0xfff8_0000_dead_beef,
    }
}

/// Every NaN with another sign and payload.
pub(super) fn odd_nans(x: &HostArray) -> HostArray {
    match x.dtype().kind() {
        Kind::Float | Kind::Complex => num::map_bits(x, |part, bits| if num::float(part, bits).is_nan() { odd_nan(part) } else { bits }),
        _ => x.clone(),
    }
}

/// The unit in the last place of the binade of `x`, subnormals included.
fn unit(part: DType, x: f64) -> f64 {
    let x = x.abs().clamp(num::tiny(part), num::largest(part));
    let binade = f64::from_bits(x.to_bits() & (0x7ff << 52));
    // The smallest normal float64 times epsilon is subnormal, and exact.
    binade * num::epsilon(part)
}

/// How far a number of the dtype lies from `hi + lo`. Infinity counts as the first number past the largest.
fn distance(part: DType, bits: u64, hi: f64, lo: f64) -> f64 {
    let x = num::float(part, bits);
    if x.is_infinite() {
        let largest = num::largest(part);
        return ((largest - hi.abs()) + unit(part, largest) - lo * hi.signum()).abs();
    }
    ((x - hi) - lo).abs()
}

/// The number of the dtype that is farthest from `hi + lo`, but not farther than `radius`; of two, the one further from zero.
fn farthest(part: DType, hi: f64, lo: f64, radius: f64) -> u64 {
    let (up, down) = (walk(part, hi, lo, radius.copysign(hi)), walk(part, hi, lo, -radius.copysign(hi)));
    if distance(part, up, hi, lo) >= distance(part, down, hi, lo) { up } else { down }
}

/// The number of the dtype next to `hi + lo + by`, on this side of it.
fn walk(part: DType, hi: f64, lo: f64, by: f64) -> u64 {
    let target = (hi + (lo + by)).clamp(-num::largest(part), num::largest(part));
    let mut bits = num::float_bits(part, target);
    if num::float(part, bits) == 0.0 {
        bits = num::float_bits(part, 0f64.copysign(hi));
    }
    let inside = |bits: u64| distance(part, bits, hi, lo) <= by.abs() * RIM;
    // Rounding to the dtype may have stepped outside by one.
    for _ in 0..2 {
        if !inside(bits) {
            bits = toward(part, bits, hi);
        }
    }
    // Infinity is one step past the largest number.
    let next = toward(part, bits, f64::INFINITY.copysign(by));
    if num::float(part, next).is_infinite() && inside(next) { next } else { bits }
}

/// The largest number instead of infinity.
fn finite(part: DType, bits: u64) -> u64 {
    let x = num::float(part, bits);
    if x.is_infinite() { num::float_bits(part, num::largest(part).copysign(x)) } else { bits }
}

/// The parts of a complex number at the rim of a disc, on the ray from zero through its centre.
fn rim(part: DType, re: (f64, f64), im: (f64, f64), abs: f64) -> (u64, u64) {
    // Away from subnormal numbers, whose digits would be too few for angles and distances.
    let up = if abs < 1e-250 && re.0.abs().max(im.0.abs()) < 1e-200 { 2f64.powi(600) } else { 1.0 };
    let (x, y, abs) = (re.0 * up, im.0 * up, abs * up);
    let modulus = x.hypot(y);
    let (cos, sin) = if modulus > 0.0 && modulus.is_finite() { (x / modulus, y / modulus) } else { (0.6, 0.8) };
    let start = |centre: f64, lo: f64, by: f64| {
        let largest = num::largest(part);
        num::float_bits(part, ((centre + by) / up + lo).clamp(-largest, largest))
    };
    let (mut a, mut b) = (start(x, re.1, abs * cos), start(y, im.1, abs * sin));
    let off = |bits: u64, centre: f64, lo: f64| (num::float(part, bits) * up - centre) - lo * up;
    // Rounding to the dtype may have stepped outside, by one in each part.
    for _ in 0..4 {
        let (p, q) = (off(a, x, re.1), off(b, y, im.1));
        if p.hypot(q) <= abs * RIM {
            return (a, b);
        }
        (a, b) = (toward(part, a, re.0), toward(part, b, im.0));
    }
    (num::float_bits(part, re.0), num::float_bits(part, im.0))
}

/// The neighbour in the direction of `to`.
fn toward(part: DType, bits: u64, to: f64) -> u64 {
    let x = num::float(part, bits);
    let sign = 1 << (8 * part.size() - 1);
    if x == to {
        bits
    } else if x == 0.0 {
        1 | if to < 0.0 { sign } else { 0 }
    } else if (x < to) == (x > 0.0) {
        bits + 1
    } else {
        bits - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f32_of(allowed: Allowed) -> f32 {
        let mut x = HostArray::scalar(0f32);
        store(&mut x, 0, &allowed);
        x.view::<f32>().map_or(f32::NAN, |v| v[0])
    }

    #[test]
    fn a_ball_is_used_up_to_its_rim_and_not_beyond() {
        let ulp = f64::from(f32::EPSILON);
        // The exact value lies a quarter of a unit above 1: three units up is too far, two and a quarter down fit in half units below 1.
        let x = f64::from(f32_of(Allowed::Ball { hi: 1.0 + 0.25 * ulp, lo: 0.0, ulps: 3.0 }));
        let off = (x - (1.0 + 0.25 * ulp)).abs() / ulp;
        assert!((2.75..=3.0).contains(&off), "{off}");
        // An exact value on the grid: the rim is left out, one step inside.
        let x = f64::from(f32_of(Allowed::Ball { hi: 1.5, lo: 0.0, ulps: 4.0 }));
        let off = (x - 1.5).abs() / ulp;
        assert!((3.0..=4.0).contains(&off), "{off}");
        // Too small for any number but the nearest.
        assert_eq!(f32_of(Allowed::Ball { hi: 1.0 + 0.3 * ulp, lo: 0.0, ulps: 0.5 }), 1.0);
    }

    #[test]
    fn infinity_is_one_step_past_the_largest_number() {
        let max = f64::from(f32::MAX);
        assert_eq!(f32_of(Allowed::Ball { hi: max, lo: 0.0, ulps: 2.0 }), f32::INFINITY);
        assert!(f32_of(Allowed::Ball { hi: max, lo: 0.0, ulps: 0.5 }).is_finite());
    }

    #[test]
    fn subnormal_results_have_the_smallest_unit() {
        let unit = f64::from(f32::from_bits(1));
        let x = f64::from(f32_of(Allowed::Ball { hi: 10.4 * unit, lo: 0.0, ulps: 3.0 }));
        assert_eq!(x, 13.0 * unit);
        assert_eq!(f32_of(Allowed::Within { hi: 0.0, lo: 0.0, abs: 0.25 }).abs(), 0.25_f32.next_down());
    }

    #[test]
    fn a_disc_is_left_by_no_part() {
        let mut z = HostArray::zeros(DType::Complex64, [1]).unwrap();
        store(&mut z, 0, &Allowed::Disc { re: (3.0, 0.0), im: (-4.0, 0.0), abs: 0.01, limit: 1.0 });
        let v = z.view::<num_complex::Complex<f32>>().unwrap()[0];
        let off = (f64::from(v.re) - 3.0).hypot(f64::from(v.im) + 4.0);
        assert!(off <= 0.01 && off > 0.0099, "{off}");
    }

    #[test]
    fn a_disc_among_subnormal_numbers_is_left_by_no_part() {
        let unit = 5e-324;
        let mut z = HostArray::zeros(DType::Complex128, [1]).unwrap();
        store(&mut z, 0, &Allowed::Disc { re: (-2.0 * unit, 0.0), im: (-unit, 0.0), abs: 8.0 * unit, limit: 8.0 });
        let v = z.view::<num_complex::Complex<f64>>().unwrap()[0];
        let off = ((v.re / unit) + 2.0).hypot((v.im / unit) + 1.0);
        assert!(off <= 8.0 && off > 6.0, "{off}");
    }

    #[test]
    fn an_unbounded_interval_ends_at_the_largest_number() {
        assert!(f32_of(Allowed::Within { hi: 3.0, lo: 0.0, abs: f64::INFINITY }).is_finite());
    }

    #[test]
    fn any_nan_is_an_odd_one() {
        let x = f32_of(Allowed::Nan);
        assert!(x.is_nan() && x.is_sign_negative());
    }
}
