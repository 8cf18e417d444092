//! Faults of single operations: arithmetic, integers, signs, bits.
use super::accuracy::{coarse, flushed, tensor_cores};
use super::num::{self, Num, Num::Complex, Num::Float, Num::Int};
use super::shape::{promotes_scalar, swapped};
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::{Call, DType, HostArray, Kind, Operand, Scalar};

pub(super) const FAULTS: &[Entry] = entries! {
    "add.shape_of_x1" Shape Wrong(shape_of_first), "the shape of x1, whatever that of x2";
    "add.scalar_is_strong" Dtype Wrong(float_scalar_is_strong), "a float scalar is taken for float64";
    "add.flushes_subnormals" Precision Wrong(|s| s.each(flushed)), "zero where the result is subnormal";
    "add.in_lower_precision" Precision Wrong(tensor_cores), "operands rounded to 11 bits first";
    "add.saturates" Value Wrong(|s| saturating(s, i128::checked_add)), "the largest or smallest integer instead of wrapping";
    "add.through_float64" Precision Wrong(|s| s.integers(|a, b, good| close(a as f64 + b as f64, good))), "64-bit sums lose their low bits";
    "add.not_commutative" Precision Wrong(second_is_coarse), "the second operand is rounded to 11 bits";
    "subtract.operands_swapped" Value Wrong(swapped), "x2 - x1";
    "subtract.saturates" Value Wrong(|s| saturating(s, i128::checked_sub)), "the largest or smallest integer instead of wrapping";
    "subtract.through_float64" Precision Wrong(|s| s.integers(|a, b, good| close(a as f64 - b as f64, good))), "64-bit differences lose their low bits";
    "multiply.in_lower_precision" Precision Wrong(tensor_cores), "operands rounded to 11 bits first";
    "multiply.complex_part_by_part" Value Wrong(|s| complexes(s, |a, b| (a.0 * b.0, a.1 * b.1))), "real part times real part, imaginary part times imaginary part";
    "multiply.saturates" Value Wrong(|s| saturating(s, i128::checked_mul)), "the largest or smallest integer instead of wrapping";
    "multiply.through_float64" Precision Wrong(|s| s.integers(|a, b, good| close(a as f64 * b as f64, good))), "64-bit products lose their low bits";
    "divide.times_reciprocal" Precision Wrong(times_reciprocal), "x1 * (1 / x2): rounds twice";
    "divide.flushes_subnormals" Precision Wrong(|s| s.each(flushed)), "zero where the result is subnormal";
    "divide.complex_by_conjugate" Value Wrong(|s| complexes(s, |(a, b), (c, d)| (a * c + b * d, b * c - a * d))), "not divided by the squared modulus";

    "floor_divide.truncates" Value Wrong(|s| s.integers(|a, b, good| if b == 0 { good } else { Int(a / b) })), "rounds towards zero";
    "floor_divide.through_float64" Precision Wrong(|s| s.integers(|a, b, good| if b == 0 { good } else { close((a as f64 / b as f64).floor(), good) })), "wrong above 2^53";
    "floor_divide.min_by_minus_one_saturates" Value Wrong(min_by_minus_one), "the largest integer instead of the smallest";
    "floor_divide.by_zero_gives_minus_one" Special Wrong(|s| by_zero(s, |_| -1)), "all bits set";
    "floor_divide.floor_of_rounded_quotient" Precision Wrong(floor_of_rounded_quotient), "1 // 0.1 gives 10";
    "floor_divide.truncates_floats" Value Wrong(truncates_floats), "towards zero instead of down";
    "floor_divide.unsigned_zero" Special Wrong(|s| s.elements(|_, v| v.parts(|f| if f == 0.0 { 0.0 } else { f }))), "+0 for every zero result";
    "floor_divide.infinite_operand_is_zero" Special Wrong(|s| s.floats(|a, b, good| if a.is_infinite() || b.is_infinite() { Float(0.0) } else { good })), "+0 wherever an operand is infinite";
    "remainder.sign_of_dividend" Value Wrong(|s| s.integers(|a, b, good| if b == 0 { good } else { Int(a % b) })), "the sign of x1, integers";
    "remainder.by_zero_gives_dividend" Special Wrong(|s| by_zero(s, |a| a)), "x1 where x2 is 0";
    "remainder.of_rounded_quotient" Precision Wrong(remainder_of_rounded_quotient), "x1 - x2 * floor(x1 / x2)";
    "remainder.sign_of_dividend_floats" Value Wrong(|s| s.floats(|a, b, good| if good.is_finite() && !good.is_zero() { Float(a % b) } else { good })), "the sign of x1, floats";
    "remainder.zero_sign_of_dividend" Special Wrong(|s| s.floats(|a, _, good| if good.is_zero() { Float(0f64.copysign(a)) } else { good })), "a zero result has the sign of x1";

    "pow.exp_of_log" Precision Wrong(exp_of_log), "exp(x2 * log(x1)) in the precision of the dtype";
    "pow.negative_base_is_nan" Value Wrong(|s| s.floats(|a, b, good| if a < 0.0 && a.is_finite() && b != 0.0 { Float(f64::NAN) } else { good })), "NaN for every negative base";
    "pow.ignores_parity" Value Wrong(|s| s.floats(|a, _, good| if a < 0.0 { Float(good.real().abs()) } else { good })), "the power of |x1|";
    "pow.through_float64" Precision Wrong(pow_through_float64), "wrong above 2^53";
    "pow.zero_to_zero_is_zero" Special Wrong(|s| s.binary(|a, b, good| if a.is_zero() && b.is_zero() { num::lifted(Int(0), kind(good)) } else { good })), "0**0 gives 0";
    "pow.complex_drops_imaginary" Value Wrong(|s| complexes(s, |a, b| (a.0.powf(b.0), 0.0))), "the power of the real parts";
    "pow.nan_to_zero_is_nan" Special Wrong(|s| s.floats(|a, b, good| if a.is_nan() && b == 0.0 { Float(a) } else { good })), "NaN**0 gives NaN";

    "negative.real_part_only" Value Wrong(|s| s.complex(|re, im, _| Complex(-re, im))), "the imaginary part keeps its sign";
    "negative.saturates" Value Wrong(|s| s.unary(|x, good| clamped(s, x, good, |i| -i))), "the nearest integer of the dtype instead of wrapping";
    "negative.zero_minus_x" Special Wrong(|s| s.unary_parts(|x, good| if x == 0.0 { 0.0 - x } else { good })), "the negative of +0 comes as +0";
    "abs.keeps_negative_floats" Value Wrong(|s| s.real(|x, _| x)), "clears the sign only of integers";
    "abs.saturates_min" Value Wrong(|s| s.unary(|x, good| clamped(s, x, good, i128::abs))), "the largest integer for the smallest";
    "abs.naive_modulus" Precision Wrong(naive_modulus), "sqrt(re*re + im*im): overflows and underflows inside";
    "sign.subnormals_are_zero" Precision Wrong(|s| s.good().map(|_| s.with(flushed))), "subnormal arguments give 0";
    "sign.of_real_part" Value Wrong(|s| s.complex(|re, _, good| if re == 0.0 || re.is_nan() { good } else { Complex(re.signum(), 0.0) })), "the sign of the real part";
    "round.floor_of_plus_half" Precision Wrong(floor_of_plus_half), "floor(x + 0.5): wrong just below one half and for large odd numbers";
    "round.half_away" Value Wrong(|s| s.real(|x, good| if tie(x) { x.round() } else { good })), "halves away from zero";
    "round.half_up" Value Wrong(|s| s.real(|x, good| if tie(x) { (x + 0.5).floor().abs().copysign(x) } else { good })), "halves upwards";
    "round.drops_sign" Special Wrong(|s| s.real(|x, good| if good == 0.0 && x != 0.0 { 0.0 } else { good })), "+0 for small negative arguments";
    "copysign.operands_swapped" Value Wrong(swapped), "the magnitude of x2 with the sign of x1";
    "copysign.multiplies_signs" Value Wrong(|s| s.floats(|a, b, good| if a.is_sign_negative() && b.is_sign_negative() { Float(a.abs()) } else { good })), "two negatives make a positive";
    "copysign.compares_with_zero" Special Wrong(|s| s.floats(|a, b, good| if b == 0.0 { Float(a.abs()) } else { good })), "a sign of -0 counts as positive";

    "bitwise_xor.is_or" Value Wrong(|s| s.integers(|a, b, _| Int(a | b))), "bitwise or";
    "bitwise_xor.loses_sign_bit" Value Wrong(loses_top_bit), "the highest bit of the result is cleared";
    "bitwise_xor.bool_is_or" Value Wrong(|s| (s.dtype() == DType::Bool).then(|| s.integers(|a, b, _| Int(a | b))).flatten()), "or, for truth values";
    "bitwise_left_shift.shifts_right" Value Wrong(|s| s.integers(|a, b, good| if (0..64).contains(&b) { Int(a >> b) } else { good })), "to the right";
    "bitwise_left_shift.saturates" Value Wrong(|s| saturating(s, |a, b| if (0..=64).contains(&b) { a.checked_mul(1 << b) } else { None })), "the largest integer where bits are lost";
    "bitwise_left_shift.masks_amount" Value Wrong(masks_amount), "x2 modulo the number of bits";
    "bitwise_left_shift.negative_shifts_right" Special Wrong(negative_shifts_right), "a negative amount shifts to the right";
};

/// A real number among the integers, where it fits; the right result elsewhere.
fn close(x: f64, good: Num) -> Num {
    if x.abs() < 1e30 { Int(x as i128) } else { good }
}

fn kind(x: Num) -> Kind {
    match x {
        Int(_) => Kind::Int,
        Float(_) => Kind::Float,
        Complex(..) => Kind::Complex,
    }
}

/// The results with the shape of the first operand.
pub(super) fn shape_of_first(s: &Site) -> Option<Answer> {
    let Operand::Array(x1) = *s.operands().first()? else { return None };
    s.each(|y| num::gather(y, x1.shape(), |i| i.checked_rem(y.size())))
}

fn float_scalar_is_strong(s: &Site) -> Option<Answer> {
    s.operands().iter().any(|o| matches!(o, Operand::Scalar(Scalar::Float(_)))).then(|| promotes_scalar(s)).flatten()
}

/// The exact result, held inside the dtype.
fn saturating(s: &Site, exact: impl Fn(i128, i128) -> Option<i128>) -> Option<Answer> {
    let (low, high) = num::range(s.good()?.first()?.dtype());
    s.integers(|a, b, good| exact(a, b).map_or(good, |v| Int(v.clamp(low, high))))
}

/// As [`saturating`], for one argument.
fn clamped(s: &Site, x: Num, good: Num, exact: impl Fn(i128) -> i128) -> Num {
    let (low, high) = num::range(s.dtype());
    if let Int(i) = x { Int(exact(i).clamp(low, high)) } else { good }
}

/// Complex operands with finite parts: `f((re, im), (re, im))`.
fn complexes(s: &Site, f: impl Fn((f64, f64), (f64, f64)) -> (f64, f64)) -> Option<Answer> {
    s.binary(|a, b, good| match (a, b) {
        (Complex(a, b), Complex(c, d)) if good.is_finite() => {
            let (re, im) = f((a, b), (c, d));
            Complex(re, im)
        }
        _ => good,
    })
}

fn second_is_coarse(s: &Site) -> Option<Answer> {
    s.good()?;
    let Call::Binary { op, x1, x2: Operand::Array(x2) } = s.call else { return None };
    let x2 = coarse(x2);
    Some(s.run(Call::Binary { op, x1, x2: Operand::Array(&x2) }))
}

fn times_reciprocal(s: &Site) -> Option<Answer> {
    let dtype = s.dtype();
    s.floats(|a, b, good| if good.is_finite() && b != 0.0 { Float(num::rounded(dtype, num::rounded(dtype, 1.0 / b) * a)) } else { good })
}

fn min_by_minus_one(s: &Site) -> Option<Answer> {
    let (low, high) = num::range(s.good()?.first()?.dtype());
    s.integers(|a, b, good| if low < 0 && a == low && b == -1 { Int(high) } else { good })
}

/// Integer division by zero gives `f(dividend)`, whatever the backend does there.
fn by_zero(s: &Site, f: impl Fn(i128) -> i128) -> Option<Answer> {
    elsewhere(s, |b| b == 0, 1, |a, _| f(a))
}

/// Runs the call with every second operand that is `odd` replaced by `harmless`, then puts `f(first, second)` where it was.
fn elsewhere(s: &Site, odd: impl Fn(i128) -> bool, harmless: i64, f: impl Fn(i128, i128) -> i128) -> Option<Answer> {
    let Call::Binary { op, x1, x2 } = s.call else { return None };
    let is_odd = |v: Num| matches!(v, Int(i) if odd(i));
    let tame;
    let second = match x2 {
        Operand::Array(x) if num::nums(x).any(is_odd) => {
            tame = num::map(x, |_, v| if is_odd(v) { Int(harmless.into()) } else { v });
            Operand::Array(&tame)
        }
        Operand::Scalar(v) if is_odd(v.into()) => Operand::Scalar(Scalar::Int(harmless)),
        _ => return None,
    };
    let result = s.run(Call::Binary { op, x1, x2: second }).ok()?;
    let fill = |y: &HostArray| {
        num::map(y, |i, good| match (num::operand(&x1, i, y.shape()), num::operand(&x2, i, y.shape())) {
            (Int(a), Int(b)) if odd(b) => Int(f(a, b)),
            _ => good,
        })
    };
    Some(Ok(result.iter().map(fill).collect()))
}

fn floor_of_rounded_quotient(s: &Site) -> Option<Answer> {
    let dtype = s.dtype();
    s.floats(|a, b, good| {
        let quotient = num::rounded(dtype, a / b).floor();
        if good.is_finite() && a.is_finite() && b.is_finite() && quotient.is_finite() && quotient != 0.0 { Float(quotient) } else { good }
    })
}

fn truncates_floats(s: &Site) -> Option<Answer> {
    s.floats(|a, b, good| match good {
        Float(q) if a.is_finite() && b.is_finite() && q < 0.0 && q.is_finite() && a % b != 0.0 => {
            Float(if q == -1.0 { -0.0 } else { q + 1.0 })
        }
        _ => good,
    })
}

fn remainder_of_rounded_quotient(s: &Site) -> Option<Answer> {
    let dtype = s.dtype();
    let round = |x| num::rounded(dtype, x);
    s.floats(|a, b, good| {
        let naive = round(a - round(b * round(a / b).floor()));
        if good.is_finite() && a.is_finite() && b.is_finite() && !good.is_zero() { Float(naive) } else { good }
    })
}

fn exp_of_log(s: &Site) -> Option<Answer> {
    let dtype = s.dtype();
    s.floats(|a, b, good| match a > 0.0 && a.is_finite() && b.is_finite() && good.is_finite() {
        true => Float(num::rounded(dtype, b * num::rounded(dtype, a.ln())).exp()),
        false => good,
    })
}

fn pow_through_float64(s: &Site) -> Option<Answer> {
    let (low, high) = num::range(s.good()?.first()?.dtype());
    s.integers(|a, b, good| {
        let power = (a as f64).powf(b as f64);
        if b >= 0 && power > low as f64 && power < high as f64 { Int(power as i128) } else { good }
    })
}

fn naive_modulus(s: &Site) -> Option<Answer> {
    let dtype = s.dtype();
    let round = |x| num::rounded(dtype, x);
    s.complex(|re, im, good| if good.is_finite() { Float(round(round(re * re) + round(im * im)).sqrt()) } else { good })
}

fn tie(x: f64) -> bool {
    (x - x.trunc()).abs() == 0.5
}

fn floor_of_plus_half(s: &Site) -> Option<Answer> {
    let dtype = s.dtype();
    s.unary_parts(|x, good| match x.is_finite() && !tie(x) {
        true => num::rounded(dtype, x + 0.5).floor().abs().copysign(x),
        false => good,
    })
}

fn loses_top_bit(s: &Site) -> Option<Answer> {
    s.each(|y| match y.dtype() {
        DType::Bool => y.clone(),
        dtype => num::map_bits(y, |_, bits| bits & !(1 << (8 * dtype.size() - 1))),
    })
}

fn masks_amount(s: &Site) -> Option<Answer> {
    let bits = 8 * s.good()?.first()?.dtype().size() as i128;
    s.integers(|a, b, good| if b >= bits { Int(a << (b % bits)) } else { good })
}

fn negative_shifts_right(s: &Site) -> Option<Answer> {
    elsewhere(s, |b| b < 0, 0, |a, b| a >> b.unsigned_abs().min(127) as u32)
}
