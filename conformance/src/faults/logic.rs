//! Faults of single operations: comparisons, extrema, truth values.
use super::arithmetic::shape_of_first;
use super::num::{self, Num, Num::Complex, Num::Float, Num::Int};
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::{Call, DType, HostArray, Kind, Operand};
use std::cmp::Ordering;

pub(super) const FAULTS: &[Entry] = entries! {
    "equal.negated" Value Wrong(|s| s.elements(|_, v| v.spoilt())), "not equal";
    "equal.with_tolerance" Precision Wrong(equal_with_tolerance), "numbers within one unit in the last place are equal";
    "equal.through_float64" Precision Wrong(|s| s.integers(|a, b, _| truth(a as f64 == b as f64))), "neighbours above 2^53 are equal";
    "equal.real_parts_only" Value Wrong(|s| s.binary(|a, b, good| if let (Complex(a, _), Complex(b, _)) = (a, b) { truth(a == b) } else { good })), "compares the real parts";
    "equal.compares_bits" Special Wrong(|s| s.floats(|a, b, good| if a.is_nan() && b.is_nan() || a == 0.0 && b == 0.0 { truth(a.to_bits() == b.to_bits()) } else { good })), "NaN equals itself, +0 differs from -0";
    "less.shape_of_x1" Shape Wrong(shape_of_first), "the shape of x1, whatever that of x2";
    "less.or_equal" Value Wrong(|s| s.binary(|a, b, good| if a == b { truth(true) } else { good })), "x1 <= x2";
    "less.operands_swapped" Value Wrong(super::shape::swapped), "x1 > x2";
    "less.through_float64" Precision Wrong(|s| s.integers(|a, b, _| truth((a as f64) < b as f64))), "neighbours above 2^53 are equal";
    "less.unsigned_as_signed" Value Wrong(|s| unsigned(s, |a, b| truth(signed(s, a) < signed(s, b)))), "unsigned integers compared as signed";
    "less.total_order" Special Wrong(|s| s.floats(|a, b, _| truth(total_order(a, b).is_lt()))), "NaN counts as the largest number, -0 as less than +0";
    "maximum.is_minimum" Value Wrong(is_minimum), "the smaller";
    "maximum.first_operand" Value Wrong(|s| s.binary(|a, _, good| if good.is_nan() { good } else { a })), "always x1";
    "maximum.through_float64" Precision Wrong(|s| s.integers(|a, b, _| Int(if (b as f64) > a as f64 { b } else { a }))), "neighbours above 2^53 are equal";
    "maximum.unsigned_as_signed" Value Wrong(|s| unsigned(s, |a, b| Int(if signed(s, b) > signed(s, a) { b } else { a }))), "unsigned integers compared as signed";
    "maximum.ignores_nan" Special Wrong(|s| s.floats(|a, b, good| if a.is_nan() { Float(b) } else if b.is_nan() { Float(a) } else { good })), "the other operand of a NaN";
    "maximum.nan_only_from_x1" Special Wrong(|s| s.floats(|a, b, good| if a.is_nan() { Float(b) } else { good })), "x1 > x2 ? x1 : x2: a NaN in x1 is lost";
    "where.inverted" Value Wrong(super::shape::swapped), "x2 where condition is true";
    "where.ignores_condition" Value Wrong(|s| where_is(s, |_, a, _, _| a)), "always x1";
    "where.by_arithmetic" Special Wrong(|s| where_is(s, |c, a, b, good| if (if c { b } else { a }).is_finite() { good } else { Num::parts(good, |_| f64::NAN) })), "condition * x1 + (1 - condition) * x2";
    "clip.bounds_swapped" Value Wrong(super::shape::swapped), "min and max change places";
    "clip.ignores_max" Value Wrong(|s| clip_is(s, |x, min, _, good| if good.is_nan() { good } else { min.filter(|m| x.real() < m.real()).unwrap_or(x) })), "no limit from above";
    "clip.missing_bound_is_zero" Value Wrong(|s| clip_is(s, missing_is_zero)), "a missing bound is taken for 0";
    "clip.nan_becomes_bound" Special Wrong(|s| clip_is(s, |x, min, max, good| if x.is_nan() { min.or(max).unwrap_or(good) } else { good })), "a bound where x is NaN";
    "logical_and.is_or" Value Wrong(|s| s.integers(|a, b, _| Int(a | b))), "or";
    "logical_and.is_xor" Value Wrong(|s| s.integers(|a, b, _| Int(a ^ b))), "not equal";
    "isnan.only_quiet_default" Special Wrong(only_default_nan), "true only for the NaN that 0/0 makes";
    "isnan.counts_infinities" Special Wrong(|s| s.unary(|x, _| truth(!x.is_finite()))), "true for infinities too";
    "isnan.integers_true" Value Wrong(|s| s.unary(|x, good| if let Int(i) = x { truth(i == 0) } else { good })), "true for the integer 0";
    "isnan.real_part_only" Special Wrong(|s| s.complex(|re, _, _| truth(re.is_nan()))), "looks at the real part only";
};

fn truth(b: bool) -> Num {
    Int(b.into())
}

fn equal_with_tolerance(s: &Site) -> Option<Answer> {
    let dtype = s.dtype();
    let place = |x: f64| num::float_bits(dtype, x) as i128;
    s.floats(|a, b, good| if a * b > 0.0 && (place(a) - place(b)).abs() <= 1 { truth(true) } else { good })
}

/// The order of `total_cmp`, with every NaN last.
fn total_order(a: f64, b: f64) -> Ordering {
    a.is_nan().cmp(&b.is_nan()).then(if a.is_nan() { Ordering::Equal } else { a.total_cmp(&b) })
}

fn unsigned(s: &Site, f: impl Fn(i128, i128) -> Num) -> Option<Answer> {
    (s.dtype().kind() == Kind::UInt).then(|| s.integers(|a, b, _| f(a, b))).flatten()
}

/// The same bits as a signed number.
fn signed(s: &Site, a: i128) -> i128 {
    let (_, high) = num::range(s.dtype());
    if a > high / 2 { a - high - 1 } else { a }
}

fn is_minimum(s: &Site) -> Option<Answer> {
    s.binary(|a, b, good| match (a, b) {
        _ if good.is_nan() => good,
        (Int(a), Int(b)) => Int(a.min(b)),
        (Float(a), Float(b)) => Float(a.min(b)),
        _ => good,
    })
}

/// Each element of `where`: `f(condition, x1, x2, right result)`.
fn where_is(s: &Site, f: impl Fn(bool, Num, Num, Num) -> Num) -> Option<Answer> {
    let Call::Where { condition, x1, x2 } = &s.call else { return None };
    s.each(|y| {
        let kind = y.dtype().kind();
        let at = |x: &Operand<&HostArray>, i| num::lifted(num::operand(x, i, y.shape()), kind);
        num::map(y, |i, good| f(!at(&Operand::Array(condition), i).is_zero(), at(x1, i), at(x2, i), good))
    })
}

/// Each element of `clip`: `f(x, min, max, right result)`.
fn clip_is(s: &Site, f: impl Fn(Num, Option<Num>, Option<Num>, Num) -> Num) -> Option<Answer> {
    let Call::Clip { x, min, max } = &s.call else { return None };
    s.each(|y| {
        let kind = y.dtype().kind();
        let at = |x: &Operand<&HostArray>, i| num::lifted(num::operand(x, i, y.shape()), kind);
        let bound = |b: &Option<Operand<&HostArray>>, i| b.as_ref().map(|b| at(b, i));
        num::map(y, |i, good| f(at(&Operand::Array(x), i), bound(min, i), bound(max, i), good))
    })
}

fn missing_is_zero(_: Num, min: Option<Num>, max: Option<Num>, good: Num) -> Num {
    let zero = num::lifted(Int(0), if let Int(_) = good { Kind::Int } else { Kind::Float });
    let low = if min.is_none() && good.real() < 0.0 { zero } else { good };
    if max.is_none() && low.real() > 0.0 { zero } else { low }
}

/// NaNs whose payload is not the default one are numbers to it.
fn only_default_nan(s: &Site) -> Option<Answer> {
    let x = *s.arguments().first()?;
    let (sign, payload) = if x.dtype() == DType::Float32 { (1 << 31, 1 << 22) } else { (1 << 63, 1 << 51) };
    let fraction: u64 = if x.dtype() == DType::Float32 { (1 << 23) - 1 } else { (1 << 52) - 1 };
    let odd = |x: &HostArray| {
        num::map_bits(x, |dtype, bits| match num::float(dtype, bits).is_nan() && (bits & fraction != payload || bits & sign != 0) {
            true => 0,
            false => bits,
        })
    };
    (x.dtype().is_float()).then(|| s.with(odd))
}
