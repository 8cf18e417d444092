//! Which dtype operands meet in, and what a scalar becomes beside an array.
use crate::array::{CpuArray, Typed, any_dtype, wrong_dtype};
use array_protocol::{DType, Error, ErrorKind, Kind, Op, Operand, Result, Scalar};
use num_complex::Complex;

/// The dtype that two dtypes promote to (tables of the standard); `None` where the standard has none.
pub(crate) fn promote(a: DType, b: DType) -> Option<DType> {
    use Kind::{Bool, Complex, Float, Int, UInt};
    match (a.kind(), b.kind()) {
        (Bool, Bool) => Some(a),
        (Int, Int) | (UInt, UInt) | (Complex, Complex) => Some(wider(a, b)),
        (Float, Float) if a == b => Some(a),
        // float16 and bfloat16 have one size, and meet in float32.
        (Float, Float) if a.size() == b.size() => Some(DType::Float32),
        (Float, Float) => Some(wider(a, b)),
        (Int, UInt) => signed_with(a, b),
        (UInt, Int) => signed_with(b, a),
        (Float, Complex) => Some(wider(a.complex()?, b)),
        (Complex, Float) => Some(wider(a, b.complex()?)),
        _ => None,
    }
}

fn wider(a: DType, b: DType) -> DType {
    if a.size() >= b.size() { a } else { b }
}

fn signed_with(signed: DType, unsigned: DType) -> Option<DType> {
    let above = match unsigned {
        DType::UInt8 => DType::Int16,
        DType::UInt16 => DType::Int32,
        DType::UInt32 => DType::Int64,
        _ => return None,
    };
    Some(wider(signed, above))
}

/// The dtype of a scalar beside an array of `dtype`; `None` where the two do not mix.
pub(crate) fn beside(dtype: DType, scalar: Scalar) -> Option<DType> {
    match (scalar, dtype.kind()) {
        (Scalar::Bool(_), Kind::Bool) => Some(dtype),
        (Scalar::Int(_) | Scalar::UInt(_), Kind::Int | Kind::UInt | Kind::Float | Kind::Complex) => Some(dtype),
        (Scalar::Float(_), Kind::Float | Kind::Complex) => Some(dtype),
        (Scalar::Complex(..), Kind::Float | Kind::Complex) => dtype.complex(),
        _ => None,
    }
}

/// A Rust type that scalars convert to.
pub(crate) trait FromScalar: Sized {
    /// The value, rounded; `None` where an integer is out of range or the kind does not fit.
    fn from_scalar(s: Scalar) -> Option<Self>;
}

macro_rules! integers {
    ($($t:ty),*) => { $( impl FromScalar for $t {
        fn from_scalar(s: Scalar) -> Option<Self> {
            match s { Scalar::Int(i) => i.try_into().ok(), Scalar::UInt(i) => i.try_into().ok(), _ => None }
        }
    } )* };
}
macro_rules! floats {
    ($($t:ty),*) => { $(
        impl FromScalar for $t {
            fn from_scalar(s: Scalar) -> Option<Self> {
                match s { Scalar::Int(i) => Some(i as $t), Scalar::UInt(i) => Some(i as $t), Scalar::Float(f) => Some(f as $t), _ => None }
            }
        }
        impl FromScalar for Complex<$t> {
            fn from_scalar(s: Scalar) -> Option<Self> {
                match s {
                    Scalar::Complex(re, im) => Some(Complex::new(re as $t, im as $t)),
                    real => <$t>::from_scalar(real).map(Complex::from),
                }
            }
        }
    )* };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);
floats!(f32, f64);
impl FromScalar for bool {
    fn from_scalar(s: Scalar) -> Option<Self> {
        if let Scalar::Bool(b) = s { Some(b) } else { None }
    }
}

/// A scalar as a value of `T`; the kinds are known to fit.
///
/// # Errors
/// `Value` where an integer is out of range.
pub(crate) fn value<T: Typed + FromScalar>(op: impl Into<Op>, s: Scalar) -> Result<T> {
    T::from_scalar(s).ok_or_else(|| Error::new(ErrorKind::Value, op).dtypes(&[T::DTYPE]).detail(format!("{s:?} is out of range")))
}

/// A scalar as a rank-0 array of a dtype that it may stand beside.
///
/// # Errors
/// `Dtype`, `Value`.
pub(crate) fn scalar_array(op: impl Into<Op>, s: Scalar, dtype: DType) -> Result<CpuArray> {
    let op = op.into();
    if beside(dtype, s) != Some(dtype) {
        return Err(wrong_dtype(op, &[dtype]).detail(format!("beside {s:?}")));
    }
    any_dtype!(op, dtype, T => Ok(CpuArray::scalar(value::<T>(op, s)?)))
}

/// The dtype that operands meet in.
///
/// # Errors
/// `Dtype` where they do not mix, or none of them is an array.
pub(crate) fn common(op: impl Into<Op>, operands: &[Operand<&CpuArray>]) -> Result<DType> {
    let op = op.into();
    let arrays = || operands.iter().filter_map(|o| o.array()).map(|a| a.dtype());
    let scalars = || operands.iter().filter_map(|o| if let Operand::Scalar(s) = o { Some(*s) } else { None });
    let mix = || Error::new(ErrorKind::Dtype, op).dtypes(&arrays().collect::<Vec<_>>());
    let mut met: Option<DType> = None;
    for dtype in arrays() {
        met = Some(met.map_or(Some(dtype), |d| promote(d, dtype)).ok_or_else(|| mix().detail("these dtypes do not promote"))?);
    }
    let mut met = met.ok_or_else(|| mix().detail("no operand is an array"))?;
    for s in scalars() {
        met = beside(met, s).ok_or_else(|| mix().detail(format!("beside {s:?}")))?;
    }
    Ok(met)
}

/// An operand as an array of `dtype`, which it promotes to.
///
/// # Errors
/// `Value`, `Dtype`, `OutOfMemory`.
pub(crate) fn converted(op: impl Into<Op>, operand: Operand<&CpuArray>, dtype: DType) -> Result<CpuArray> {
    let op = op.into();
    match operand {
        Operand::Array(a) if a.dtype() == dtype => Ok(a.clone()),
        Operand::Array(a) => crate::elementwise::cast::cast(op, a, dtype),
        Operand::Scalar(s) => scalar_array(op, s, dtype),
    }
}
