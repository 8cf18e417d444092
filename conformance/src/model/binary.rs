//! Elementwise operations on two operands.
use super::allow::{Exact, ball, below, exactly, limits_of, settle, unit};
use super::complex::{self, Complex};
use super::expect::{Allowed, Elements, Expect};
use super::number::{Int, Real, parts};
use super::promote::{meeting, operand};
use super::shapes::{Walk, broadcast, countable};
use super::{Model, Said, fails_any, one, quotient, real};
use array_protocol::{BinaryOp, DType, ErrorKind, HostArray, Kind, Operand, Shape, dispatch_dtype};
use num_complex::Complex as Pair;

/// Where both operands lie for each element of the result.
struct Meeting<'a> {
    a: &'a HostArray,
    b: &'a HostArray,
    walks: [Walk; 2],
    shape: Shape,
    n: usize,
}
impl Meeting<'_> {
    fn map<T: array_protocol::Element + Copy, U>(&self, f: impl Fn(T, T) -> U) -> Vec<U> {
        let (Some(a), Some(b)) = (self.a.view::<T>(), self.b.view::<T>()) else { return vec![] };
        match &self.walks {
            [Walk::Straight, Walk::Straight] => a.iter().zip(b).map(|(&x, &y)| f(x, y)).collect(),
            [wa, wb] => (0..self.n).map(|i| f(a[wa.at(i)], b[wb.at(i)])).collect(),
        }
    }

    /// Both elements, as parts of complex numbers.
    fn pairs(&self) -> impl Iterator<Item = ((f64, f64), (f64, f64))> + '_ {
        let (a, b) = (parts(self.a), parts(self.b));
        (0..self.n).map(move |i| (a[self.walks[0].at(i)], b[self.walks[1].at(i)]))
    }

    fn exact<T: array_protocol::Element>(&self, values: &[T]) -> Elements {
        settle(&self.shape, values, vec![])
    }
}

fn accepts(op: BinaryOp, d: DType) -> bool {
    use BinaryOp::*;
    let kind = d.kind();
    match op {
        Equal => true,
        Add | Subtract | Multiply | Pow => kind != Kind::Bool,
        Divide => d.is_float() || d.is_complex(),
        FloorDivide | Remainder | Maximum | Less => d.is_integer() || d.is_float(),
        Atan2 | Hypot | Copysign => d.is_float(),
        LogicalAnd => kind == Kind::Bool,
        BitwiseXor => kind == Kind::Bool || d.is_integer(),
        BitwiseLeftShift => d.is_integer(),
        _ => false,
    }
}

/// The shape of an operand.
pub(super) fn shape_of<'a>(o: &Operand<&'a HostArray>) -> &'a [usize] {
    match o {
        Operand::Array(a) => a.shape(),
        Operand::Scalar(_) => &[],
    }
}

/// dtype and shape in which operands meet, with every kind of error that applies.
pub(super) fn meet(operands: &[Operand<&HostArray>], accepts: impl Fn(DType) -> bool) -> Result<(DType, Vec<usize>), Expect> {
    let shapes: smallvec::SmallVec<[&[usize]; 3]> = operands.iter().map(shape_of).collect();
    let shape = broadcast(&shapes);
    let dtype = match meeting(operands) {
        Err(Expect::Unspecified) => return Err(Expect::Unspecified),
        Ok(d) if accepts(d) => Some(d),
        _ => None,
    };
    match (dtype, shape) {
        (Some(d), Some(s)) => Ok((d, s)),
        (None, Some(_)) => Err(fails_any(&[ErrorKind::Dtype])),
        (Some(_), None) => Err(fails_any(&[ErrorKind::Shape])),
        (None, None) => Err(fails_any(&[ErrorKind::Dtype, ErrorKind::Shape])),
    }
}

pub(super) fn binary(model: &Model, op: BinaryOp, x1: Operand<&HostArray>, x2: Operand<&HostArray>) -> Said {
    let (dtype, shape) = meet(&[x1, x2], |d| accepts(op, d))?;
    let n = countable(&shape, dtype.size())?;
    let (a, b) = (operand(&x1, dtype)?, operand(&x2, dtype)?);
    let walks = [Walk::new(shape_of(&x1), &shape), Walk::new(shape_of(&x2), &shape)];
    let m = Meeting { a: &a, b: &b, walks, shape: Shape::from(shape), n };
    let (result, elements) = match op {
        BinaryOp::Equal | BinaryOp::Less => (DType::Bool, compare(op, dtype, &m)),
        _ if dtype == DType::Bool => (dtype, m.exact(&m.map(|x: bool, y| if op == BinaryOp::LogicalAnd { x && y } else { x != y }))),
        _ if dtype.is_integer() => (
            dtype,
            dispatch_dtype!(dtype, in [i8, i16, i32, i64, u8, u16, u32, u64], T => integer::<T>(model, op, &m)?, else => Elements::Free),
        ),
        _ if dtype == DType::Float32 => (dtype, float::<f32>(model, op, dtype, &m)),
        _ if dtype == DType::Float64 => (dtype, float::<f64>(model, op, dtype, &m)),
        _ => (dtype, complex(model, op, dtype, &m)),
    };
    Ok(one(result, &m.shape, elements))
}

fn compare(op: BinaryOp, dtype: DType, m: &Meeting) -> Elements {
    if dtype == DType::Bool {
        return m.exact(&m.map(|x: bool, y| x == y));
    }
    let out = dispatch_dtype!(
        dtype, in [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64],
        T => m.map(|x: T, y: T| if op == BinaryOp::Less { x < y } else { x == y }),
        else => m.pairs().map(|(x, y)| x.0 == y.0 && x.1 == y.1).collect()
    );
    m.exact(&out)
}

fn integer<T: Int>(model: &Model, op: BinaryOp, m: &Meeting) -> Result<Elements, Expect> {
    use BinaryOp::*;
    let wide = |f: fn(i128, i128) -> i128| m.map(|x: T, y: T| T::wrap(f(x.wide(), y.wide())));
    let negative = m.n > 0 && m.map(|_: T, y: T| y.wide() < 0).into_iter().any(|b| b);
    let declared = |key| model.limits.declared(key);
    let out = match op {
        Add => wide(i128::wrapping_add),
        Subtract => wide(i128::wrapping_sub),
        Multiply => wide(i128::wrapping_mul),
        Maximum => wide(i128::max),
        BitwiseXor => wide(|x, y| x ^ y),
        Pow => {
            if negative {
                return Err(match declared("int_pow_negative") {
                    Some("error") => fails_any(&[ErrorKind::Value]),
                    _ => Expect::Unspecified,
                });
            }
            wide(power)
        }
        BitwiseLeftShift => {
            if negative {
                match declared("shift_negative") {
                    Some("error") => return Err(fails_any(&[ErrorKind::Value])),
                    Some("zero") => {}
                    _ => return Err(Expect::Unspecified),
                }
            }
            m.map(|x: T, y: T| if (0..i128::from(T::BITS)).contains(&y.wide()) { T::wrap(x.wide() << y.wide()) } else { T::wrap(0) })
        }
        FloorDivide | Remainder => {
            let by_zero = m.map(|_: T, y: T| y.wide() == 0);
            let zero = by_zero.iter().any(|&b| b);
            if zero && declared("int_div_zero") == Some("error") {
                return Err(fails_any(&[ErrorKind::Value]));
            }
            let out = wide(|x, y| match y {
                0 => 0,
                _ => quotient::integers(x, y).0,
            });
            let out = if op == FloorDivide { out } else { wide(|x, y| if y == 0 { 0 } else { quotient::integers(x, y).1 }) };
            let free = zero && declared("int_div_zero") != Some("zero");
            let others = by_zero.iter().enumerate().filter(|&(_, &z)| z && free).map(|(i, _)| (i, Allowed::Anything));
            return Ok(settle(&m.shape, &out, others.collect()));
        }
        _ => return Err(Expect::Unspecified),
    };
    Ok(m.exact(&out))
}

/// `x^y` modulo 2^128, of which every dtype keeps its low bits.
fn power(x: i128, y: i128) -> i128 {
    let (mut result, mut base, mut y) = (1i128, x, y);
    while y > 0 {
        if y & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        y >>= 1;
    }
    result
}

fn float<T: Real>(model: &Model, op: BinaryOp, dtype: DType, m: &Meeting) -> Elements {
    use BinaryOp::*;
    let single = dtype == DType::Float32;
    // float32 through float64: correctly rounded, because 53 >= 2 * 24 + 2 (Figueroa 1995).
    let ieee = |f: fn(f64, f64) -> f64| m.exact(&m.map(|x: T, y: T| T::narrow(f(x.wide(), y.wide()))));
    let sets = |f: &dyn Fn(f64, f64) -> Result<f64, Allowed>| {
        let mut others = vec![];
        let found = m.map(|x: T, y: T| f(x.wide(), y.wide()));
        let values: Vec<T> = found
            .into_iter()
            .enumerate()
            .map(|(i, r)| {
                r.map(T::narrow).unwrap_or_else(|a| {
                    others.push((i, a));
                    T::narrow(0.0)
                })
            })
            .collect();
        settle(&m.shape, &values, others)
    };
    let either = |x: f64, y: f64| Err(Allowed::AnyOf(Box::new([exactly(dtype, x), exactly(dtype, y)])));
    match op {
        Add => ieee(|x, y| x + y),
        Subtract => ieee(|x, y| x - y),
        Multiply => ieee(|x, y| x * y),
        Divide => ieee(|x, y| x / y),
        Copysign => sets(&|x, y| {
            if x.is_nan() {
                Err(Allowed::Nan)
            } else if y.is_nan() {
                either(x, -x)
            } else {
                Ok(x.copysign(y))
            }
        }),
        Maximum => sets(&|x, y| {
            if x.is_nan() || y.is_nan() {
                Err(Allowed::Nan)
            } else if x == 0.0 && y == 0.0 && x.is_sign_negative() != y.is_sign_negative() {
                either(0.0, -0.0)
            } else {
                Ok(if x > y { x } else { y })
            }
        }),
        FloorDivide => {
            let declared = model.limits.declared("floor_div_inf");
            sets(&|x, y| floor_divide(x, y, single, dtype, declared))
        }
        Remainder => sets(&|x, y| Ok(remainder(x, y, single))),
        _ => {
            let ulps = model.limits.of(op, dtype).value;
            let f = |x: T, y: T| ball(dtype, real::binary(op, x.wide(), y.wide(), single).unwrap_or(Exact::Is(f64::NAN)), ulps);
            Elements::Each(m.map(f))
        }
    }
}

fn floor_divide(x: f64, y: f64, single: bool, dtype: DType, declared: Option<&str>) -> Result<f64, Allowed> {
    let either = |a: f64, b: f64| Err(Allowed::AnyOf(Box::new([exactly(dtype, a), exactly(dtype, b)])));
    let negative = x.is_sign_negative() != y.is_sign_negative();
    let infinity = if negative { f64::NEG_INFINITY } else { f64::INFINITY };
    match (x.is_infinite(), y.is_infinite()) {
        _ if x.is_nan() || y.is_nan() || (x == 0.0 && y == 0.0) => Err(Allowed::Nan),
        (true, true) => Err(Allowed::Nan),
        _ if y == 0.0 => Ok(infinity),
        (true, false) => match declared {
            Some("floor") => Ok(infinity),
            Some("python") => Err(Allowed::Nan),
            _ => either(infinity, f64::NAN),
        },
        // The standard gives -0 for the limit of the quotient, Python -1 for its floor.
        (false, true) if negative && x != 0.0 => match declared {
            Some("floor") => Ok(-0.0),
            Some("python") => Ok(-1.0),
            _ => either(-1.0, -0.0),
        },
        (false, true) => Ok(if negative { -0.0 } else { 0.0 }),
        _ => Ok(quotient::floor_quotient(x, y, single)),
    }
}

fn remainder(x: f64, y: f64, single: bool) -> f64 {
    if x.is_nan() || y.is_nan() || x.is_infinite() || y == 0.0 {
        f64::NAN
    } else if y.is_infinite() {
        match x {
            0.0 => 0f64.copysign(y),
            _ if x.is_sign_negative() == y.is_sign_negative() => x,
            _ => y,
        }
    } else {
        quotient::remainder(x, y, single)
    }
}

/// A complex result within `ulps` units of its modulus. Nothing is said where a part is close to overflow.
pub(super) fn disc(dtype: DType, z: Complex, ulps: f64) -> Allowed {
    let (re, im) = z.parts();
    let real = dtype.real();
    let modulus = re.hi.hypot(im.hi);
    if !below(modulus, limits_of(real).0 / 4.0) {
        return Allowed::Anything;
    }
    // Two parts, each correctly rounded, are 0.71 units apart from the exact number.
    let ulps = ulps.max(0.75);
    Allowed::Disc { re: (re.hi, re.lo), im: (im.hi, im.lo), abs: ulps * unit(real, modulus), limit: ulps }
}

fn complex(model: &Model, op: BinaryOp, dtype: DType, m: &Meeting) -> Elements {
    use BinaryOp::*;
    if let Add | Subtract = op {
        let add = |x: f64, y: f64| if op == Add { x + y } else { x - y };
        let sums = m.pairs().map(|(x, y)| (add(x.0, y.0), add(x.1, y.1)));
        return if dtype == DType::Complex64 {
            m.exact(&sums.map(|(a, b)| Pair::new(a as f32, b as f32)).collect::<Vec<_>>())
        } else {
            m.exact(&sums.map(|(a, b)| Pair::new(a, b)).collect::<Vec<_>>())
        };
    }
    let ulps = model.limits.of(op, dtype).value;
    let (largest, top, tiny) = limits_of(dtype.real());
    let last = if dtype == DType::Complex64 { 127 } else { 1023 };
    let least = super::dd::ldexp(1.0, tiny + 2 * (last - top));
    let f = |(x, y): ((f64, f64), (f64, f64))| {
        let (p, q) = (x.0.abs().max(x.1.abs()), y.0.abs().max(y.1.abs()));
        if ![x.0, x.1, y.0, y.1].iter().all(|v| v.is_finite()) {
            return Allowed::Anything;
        }
        match op {
            // Products of parts must neither overflow nor lose bits.
            Multiply if p * q > largest / 4.0 => Allowed::Anything,
            Multiply => widen(disc(dtype, complex::multiply(x, y), ulps), 4.0 * unit(dtype.real(), 0.0)),
            Divide => {
                let harmless = |v: f64| v < largest / 4.0 && v > least;
                if !(harmless(q * q) && (p == 0.0 || harmless(p * q))) {
                    return Allowed::Anything;
                }
                widen(disc(dtype, complex::divide(x, y), ulps), 4.0 * unit(dtype.real(), 0.0))
            }
            _ if p == 0.0 => Allowed::Anything,
            _ => {
                // exp(y log x): the rounding of the exponent is magnified by its size.
                let (z, grows) = complex::pow(x, y);
                disc(dtype, z, ulps.max(0.75) * (1.0 + grows))
            }
        }
    };
    Elements::Each(m.pairs().map(f).collect())
}

/// Room for underflow of intermediate products.
fn widen(a: Allowed, by: f64) -> Allowed {
    match a {
        Allowed::Disc { re, im, abs, limit } => Allowed::Disc { re, im, abs: abs + by, limit },
        other => other,
    }
}
