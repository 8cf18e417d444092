//! Type promotion and casts, from the tables of the standard.
use super::expect::Expect;
use super::fails;
use super::number::int_bits;
use array_protocol::{DType, ErrorKind, HostArray, Kind, Operand, Scalar};
use num_complex::Complex;
use smallvec::SmallVec;
use std::borrow::Cow;

/// The dtype in which two arrays meet.
pub(super) fn promote(a: DType, b: DType) -> Result<DType, Expect> {
    use DType::*;
    if a == b {
        return Ok(a);
    }
    let signed = |bits| match bits {
        8 => Int8,
        16 => Int16,
        32 => Int32,
        _ => Int64,
    };
    let unsigned = |bits| match bits {
        8 => UInt8,
        16 => UInt16,
        32 => UInt32,
        _ => UInt64,
    };
    Ok(match (a.kind(), b.kind()) {
        (Kind::Int, Kind::Int) => signed(int_bits(a).max(int_bits(b))),
        (Kind::UInt, Kind::UInt) => unsigned(int_bits(a).max(int_bits(b))),
        (Kind::Int, Kind::UInt) | (Kind::UInt, Kind::Int) => {
            let (s, u) = if a.kind() == Kind::Int { (a, b) } else { (b, a) };
            // The next wider signed type holds both; nothing holds uint64 and a sign.
            if u == UInt64 {
                return Err(fails(ErrorKind::Dtype));
            }
            signed(int_bits(s).max(2 * int_bits(u)))
        }
        (Kind::Float, Kind::Float) => Float64,
        (Kind::Complex | Kind::Float, Kind::Complex | Kind::Float) => {
            if a.real() == Float32 && b.real() == Float32 {
                Complex64
            } else {
                Complex128
            }
        }
        // Kinds that the standard does not mix.
        _ => return Err(Expect::Unspecified),
    })
}

/// The dtype in which an array of dtype `a` and a scalar meet.
fn promote_weak(a: DType, s: Scalar) -> Result<DType, Expect> {
    match (s.kind(), a.kind()) {
        (Kind::Bool, Kind::Bool) => Ok(a),
        (Kind::Int, Kind::Int | Kind::UInt | Kind::Float | Kind::Complex) => Ok(a),
        (Kind::Float, Kind::Float | Kind::Complex) => Ok(a),
        (Kind::Complex, Kind::Complex) => Ok(a),
        (Kind::Complex, Kind::Float) => a.complex().ok_or(Expect::Unspecified),
        _ => Err(Expect::Unspecified),
    }
}

/// A scalar as a rank-0 array of that dtype; `Unspecified` where it does not fit.
pub(super) fn scalar(s: Scalar, dtype: DType) -> Result<HostArray, Expect> {
    let fit = |i: i128| -> Result<HostArray, Expect> {
        use DType::*;
        macro_rules! ints {
            ($($d:ident = $t:ty),*) => { match dtype { $( $d => <$t>::try_from(i).map(HostArray::scalar).map_err(|_| Expect::Unspecified), )* _ => real_int(i, dtype) } };
        }
        ints!(Int8 = i8, Int16 = i16, Int32 = i32, Int64 = i64, UInt8 = u8, UInt16 = u16, UInt32 = u32, UInt64 = u64)
    };
    match s {
        Scalar::Bool(b) if dtype == DType::Bool => Ok(HostArray::scalar(b)),
        Scalar::Bool(_) => Err(Expect::Unspecified),
        Scalar::Int(i) => fit(i.into()),
        Scalar::UInt(i) => fit(i.into()),
        Scalar::Float(x) => float_scalar(x, 0.0, dtype),
        Scalar::Complex(re, im) if dtype.is_complex() => float_scalar(re, im, dtype),
        Scalar::Complex(..) => Err(Expect::Unspecified),
    }
}

/// An integer in a float dtype. Rounding once and rounding through float64 are both in use; where they differ nothing is said.
fn real_int(i: i128, dtype: DType) -> Result<HostArray, Expect> {
    if dtype.real() == DType::Float32 && f64::from(i as f32) != f64::from(i as f64 as f32) {
        return Err(Expect::Unspecified);
    }
    float_scalar(i as f64, 0.0, dtype)
}

fn float_scalar(re: f64, im: f64, dtype: DType) -> Result<HostArray, Expect> {
    match dtype {
        DType::Float32 => Ok(HostArray::scalar(re as f32)),
        DType::Float64 => Ok(HostArray::scalar(re)),
        DType::Complex64 => Ok(HostArray::scalar(Complex::new(re as f32, im as f32))),
        DType::Complex128 => Ok(HostArray::scalar(Complex::new(re, im))),
        _ => Err(Expect::Unspecified),
    }
}

/// The dtype in which several arrays meet.
pub(super) fn common(dtypes: &[DType]) -> Result<DType, Expect> {
    let Some(&first) = dtypes.first() else { return Err(Expect::Unspecified) };
    // A mixture of kinds beats a pair without common dtype: nothing is said then.
    let class = |d: DType| match d.kind() {
        Kind::Bool => 0,
        Kind::Int | Kind::UInt => 1,
        Kind::Float | Kind::Complex => 2,
    };
    if dtypes.iter().any(|&d| class(d) != class(first)) {
        return Err(Expect::Unspecified);
    }
    dtypes.iter().try_fold(first, |a, &b| promote(a, b))
}

/// The dtype in which operands meet.
pub(super) fn meeting(operands: &[Operand<&HostArray>]) -> Result<DType, Expect> {
    let arrays: SmallVec<[DType; 4]> = operands.iter().filter_map(|o| o.array().map(|a| a.dtype())).collect();
    let mut dtype = common(&arrays)?;
    for s in operands {
        if let Operand::Scalar(s) = s {
            dtype = promote_weak(dtype, *s)?;
        }
    }
    Ok(dtype)
}

/// An operand in that dtype.
pub(super) fn operand<'a>(o: &Operand<&'a HostArray>, dtype: DType) -> Result<Cow<'a, HostArray>, Expect> {
    match o {
        Operand::Array(a) => convert(a, dtype),
        Operand::Scalar(s) => scalar(*s, dtype).map(Cow::Owned),
    }
}

/// An array in a dtype that holds its values (promotion), or in a wider kind.
pub(super) fn convert(x: &HostArray, to: DType) -> Result<Cow<'_, HostArray>, Expect> {
    if x.dtype() == to { Ok(Cow::Borrowed(x)) } else { super::cast::values(x, to).map(Cow::Owned) }
}
