//! Type promotion of the standard, and host scalars as elements.
use crate::{DType, Element, Error, ErrorKind, Kind, Op, Operand, Result, Scalar};
use half::{bf16, f16};
use std::cmp::Ordering;

impl DType {
    /// The dtype of an operation on arrays of two dtypes; `None` where the standard defines none.
    ///
    /// Kinds do not mix, except real with complex floating point and signed with unsigned integers (`uint64` with no signed one).
    /// `float16` with `bfloat16` is `float32`: neither holds the other.
    pub const fn promote(self, other: DType) -> Option<DType> {
        let (a, b) = (self, other);
        if a as u8 == b as u8 {
            return Some(a);
        }
        let wider = if a.size() >= b.size() { a } else { b };
        match (a.kind(), b.kind()) {
            (Kind::Int, Kind::Int) | (Kind::UInt, Kind::UInt) => Some(wider),
            (Kind::Int, Kind::UInt) => signed_above(a.size(), b.size()),
            (Kind::UInt, Kind::Int) => signed_above(b.size(), a.size()),
            (Kind::Float, Kind::Float) if a.size() == b.size() => Some(DType::Float32),
            (Kind::Float, Kind::Float) | (Kind::Complex, Kind::Complex) => Some(wider),
            (Kind::Float, Kind::Complex) | (Kind::Complex, Kind::Float) => {
                Some(if a.real().size() > 4 || b.real().size() > 4 { DType::Complex128 } else { DType::Complex64 })
            }
            _ => None,
        }
    }

    /// The dtype of an operation on an array of this dtype and a host scalar; `None` where the scalar is of a higher kind.
    ///
    /// The scalar is *weak*: it adopts the dtype of the array. Only a complex scalar lifts a real float to its complex partner.
    pub const fn with_scalar(self, scalar: Scalar) -> Option<DType> {
        match (self.kind(), scalar.kind()) {
            (Kind::Bool, Kind::Bool) => Some(self),
            (Kind::Int | Kind::UInt | Kind::Float | Kind::Complex, Kind::Int) => Some(self),
            (Kind::Float | Kind::Complex, Kind::Float) | (Kind::Complex, Kind::Complex) => Some(self),
            (Kind::Float, Kind::Complex) => self.complex(),
            _ => None,
        }
    }

    /// The dtype of a sum or product of elements of this dtype where none is asked for (table `accumulate`): integers widen to 64 bits, which
    /// hold the low bits of every result.
    pub const fn accumulator(self) -> DType {
        match self.kind() {
            Kind::Int => DType::Int64,
            Kind::UInt => DType::UInt64,
            Kind::Bool | Kind::Float | Kind::Complex => self,
        }
    }

    /// The dtype that creation functions give a number of this kind.
    pub const fn default_of(kind: Kind) -> DType {
        match kind {
            Kind::Bool => DType::Bool,
            Kind::Int | Kind::UInt => DType::Int64,
            Kind::Float => DType::Float64,
            Kind::Complex => DType::Complex128,
        }
    }
}

/// The smallest signed dtype that holds a signed and an unsigned one of these sizes.
const fn signed_above(signed: usize, unsigned: usize) -> Option<DType> {
    match (signed, unsigned) {
        (_, 8) => None,
        (8, _) | (_, 4) => Some(DType::Int64),
        (4, _) | (_, 2) => Some(DType::Int32),
        _ => Some(DType::Int16),
    }
}

/// The dtype that operands meet in, arrays given by their dtypes.
///
/// # Errors
/// `Dtype` where they do not mix, or none of them is an array.
pub fn common_dtype(op: impl Into<Op>, operands: &[Operand<DType>]) -> Result<DType> {
    let arrays = || operands.iter().filter_map(|o| o.array().copied());
    let op = op.into();
    let mix = |text: String| Error::new(ErrorKind::Dtype, op).dtypes(&arrays().collect::<Vec<_>>()).detail(text);
    let mut met: Option<DType> = None;
    for dtype in arrays() {
        let next = met.map_or(Some(dtype), |d| d.promote(dtype));
        met = Some(next.ok_or_else(|| mix("these dtypes do not promote".into()))?);
    }
    let mut met = met.ok_or_else(|| mix("no operand is an array".into()))?;
    for operand in operands {
        if let Operand::Scalar(s) = operand {
            met = met.with_scalar(*s).ok_or_else(|| mix(format!("beside the scalar {s}")))?;
        }
    }
    Ok(met)
}

impl Scalar {
    /// This scalar as an element: floats round once, integers must fit.
    ///
    /// # Errors
    /// `Dtype` where [`DType::with_scalar`] would not keep the dtype, `Value` where an integer does not fit.
    pub fn element<T: Element>(self) -> Result<T> {
        let mut bytes = [0u8; 16];
        self.write(T::DTYPE, &mut bytes)?;
        let value = bytemuck::checked::try_pod_read_unaligned(&bytes[..size_of::<T>()]);
        value.map_err(|_| Error::outside_op(ErrorKind::Value).dtypes(&[T::DTYPE]))
    }

    /// Writes this scalar as an element of a run-time dtype; returns its bytes.
    ///
    /// # Errors
    /// Those of [`element`](Self::element).
    pub fn write(self, dtype: DType, to: &mut [u8; 16]) -> Result<&[u8]> {
        let error = |kind| Error::outside_op(kind).dtypes(&[dtype]).detail(format!("the scalar {self}"));
        if dtype.with_scalar(self) != Some(dtype) {
            return Err(error(ErrorKind::Dtype));
        }
        let mut len = 0;
        let mut put = |bytes: &[u8]| {
            to[len..len + bytes.len()].copy_from_slice(bytes);
            len += bytes.len();
        };
        macro_rules! int {
            ($t:ty) => {{
                let value = match self {
                    Scalar::Int(i) => <$t>::try_from(i).ok(),
                    Scalar::UInt(i) => <$t>::try_from(i).ok(),
                    _ => None,
                };
                put(&value.ok_or_else(|| error(ErrorKind::Value))?.to_ne_bytes());
            }};
        }
        macro_rules! float {
            ($convert:expr, $convert_int:expr) => {{
                let (re, im) = match self {
                    Scalar::Bool(_) => return Err(error(ErrorKind::Dtype)),
                    Scalar::Int(i) => ($convert_int(i128::from(i)), $convert(0.0)),
                    Scalar::UInt(i) => ($convert_int(i128::from(i)), $convert(0.0)),
                    Scalar::Float(x) => ($convert(x), $convert(0.0)),
                    Scalar::Complex(re, im) => ($convert(re), $convert(im)),
                };
                put(&re.to_ne_bytes());
                if dtype.is_complex() {
                    put(&im.to_ne_bytes());
                }
            }};
        }
        match dtype {
            DType::Bool => put(&[u8::from(self == Scalar::Bool(true))]),
            DType::Int8 => int!(i8),
            DType::Int16 => int!(i16),
            DType::Int32 => int!(i32),
            DType::Int64 => int!(i64),
            DType::UInt8 => int!(u8),
            DType::UInt16 => int!(u16),
            DType::UInt32 => int!(u32),
            DType::UInt64 => int!(u64),
            DType::Float16 => float!(|x| f16::from_f32(odd(x)), |i| f16::from_f32(odd_integer(i))),
            DType::BFloat16 => float!(|x| bf16::from_f32(odd(x)), |i| bf16::from_f32(odd_integer(i))),
            DType::Float32 | DType::Complex64 => float!(|x: f64| x as f32, |i| i as f32),
            DType::Float64 | DType::Complex128 => float!(|x: f64| x, |i| i as f64),
        }
        Ok(&to[..len])
    }
}

/// Rounds to odd: what is not exact becomes the neighbour whose last bit is 1. Rounding that to fewer bits is rounding once (Boldo and
/// Melquiond, "When double rounding is odd", 2005).
fn odd(x: f64) -> f32 {
    let near = x as f32;
    to_odd(near, f64::from(near).abs().partial_cmp(&x.abs()))
}

/// [`odd`] of a 64-bit integer of either sign.
fn odd_integer(x: i128) -> f32 {
    let near = x as f32;
    to_odd(near, Some((near as i128).abs().cmp(&x.abs())))
}

/// `size`: how the modulus of the nearest number compares with that of the exact one.
fn to_odd(near: f32, size: Option<Ordering>) -> f32 {
    match size {
        Some(Ordering::Less) => f32::from_bits(near.to_bits() | 1),
        Some(Ordering::Greater) => f32::from_bits((near.to_bits() - 1) | 1),
        Some(Ordering::Equal) | None => near,
    }
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Scalar::Bool(v) => write!(f, "{v}"),
            Scalar::Int(i) => write!(f, "{i}"),
            Scalar::UInt(i) => write!(f, "{i}"),
            Scalar::Float(x) => write!(f, "{x:?}"),
            Scalar::Complex(re, im) => write!(f, "{re:?}{im:+?}i"),
        }
    }
}
