//! Run-time dtypes, host scalars, and the Rust types behind them.
//!
//! Names are those of the Python Array API standard 2025.12.
use num_complex::Complex;
use std::fmt;

macro_rules! dtypes {
    ($( $variant:ident = $name:literal, $size:literal, $kind:ident; )*) => {
        /// The type of an array's elements.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        pub enum DType {
            $( #[doc = concat!("`", $name, "`")] #[cfg_attr(feature = "serde", serde(rename = $name))] $variant ),*
        }
        impl DType {
            /// Every dtype, in the order of the standard.
            pub const ALL: &'static [DType] = &[$( DType::$variant ),*];
            /// The name in the standard, `float32`.
            pub const fn name(self) -> &'static str { match self { $( DType::$variant => $name ),* } }
            /// Bytes per element.
            pub const fn size(self) -> usize { match self { $( DType::$variant => $size ),* } }
            /// The kind.
            pub const fn kind(self) -> Kind { match self { $( DType::$variant => Kind::$kind ),* } }
            /// The dtype of that name.
            pub fn from_name(name: &str) -> Option<DType> { Self::ALL.iter().copied().find(|d| d.name() == name) }
        }
    };
}

/// The kinds of dtypes. Promotion is defined inside a kind, and from real to complex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// True or false, one byte, 0 or 1.
    Bool,
    /// Two's complement.
    Int,
    /// Unsigned.
    UInt,
    /// IEEE 754 binary (and bfloat16).
    Float,
    /// A pair of floats, real part first.
    Complex,
}

dtypes! {
    Bool = "bool", 1, Bool;
    Int8 = "int8", 1, Int;
    Int16 = "int16", 2, Int;
    Int32 = "int32", 4, Int;
    Int64 = "int64", 8, Int;
    UInt8 = "uint8", 1, UInt;
    UInt16 = "uint16", 2, UInt;
    UInt32 = "uint32", 4, UInt;
    UInt64 = "uint64", 8, UInt;
    Float16 = "float16", 2, Float;
    BFloat16 = "bfloat16", 2, Float;
    Float32 = "float32", 4, Float;
    Float64 = "float64", 8, Float;
    Complex64 = "complex64", 8, Complex;
    Complex128 = "complex128", 16, Complex;
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl DType {
    /// Signed or unsigned integer.
    pub const fn is_integer(self) -> bool {
        matches!(self.kind(), Kind::Int | Kind::UInt)
    }

    /// Real floating point.
    pub const fn is_float(self) -> bool {
        matches!(self.kind(), Kind::Float)
    }

    /// Complex floating point.
    pub const fn is_complex(self) -> bool {
        matches!(self.kind(), Kind::Complex)
    }

    /// The dtype of the parts of a complex number; every other dtype is its own.
    pub const fn real(self) -> DType {
        match self {
            DType::Complex64 => DType::Float32,
            DType::Complex128 => DType::Float64,
            other => other,
        }
    }

    /// The complex dtype whose parts are of this dtype (`None` outside float32 and float64; a complex dtype is its own).
    pub const fn complex(self) -> Option<DType> {
        match self {
            DType::Float32 | DType::Complex64 => Some(DType::Complex64),
            DType::Float64 | DType::Complex128 => Some(DType::Complex128),
            _ => None,
        }
    }
}

/// A host scalar. It has no dtype of its own and adopts that of the array beside it (weak promotion).
///
/// Serialised as text (`i:7`, `f:3ff0000000000000`, big-endian bits): JSON has no NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(into = "String", try_from = "String"))]
pub enum Scalar {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    UInt(u64),
    /// A real number.
    Float(f64),
    /// A complex number: real and imaginary part.
    Complex(f64, f64),
}

impl From<Scalar> for String {
    fn from(s: Scalar) -> String {
        match s {
            Scalar::Bool(b) => format!("b:{}", u8::from(b)),
            Scalar::Int(i) => format!("i:{i}"),
            Scalar::UInt(i) => format!("u:{i}"),
            Scalar::Float(f) => format!("f:{:016x}", f.to_bits()),
            Scalar::Complex(re, im) => format!("c:{:016x}{:016x}", re.to_bits(), im.to_bits()),
        }
    }
}

impl TryFrom<String> for Scalar {
    type Error = String;
    fn try_from(text: String) -> Result<Scalar, String> {
        let bad = || format!("`{text}` is not a scalar (expected b:0, i:-7, u:7, f:<16 hex digits> or c:<32 hex digits>)");
        let bits = |hex: &str| u64::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 16).map(f64::from_bits);
        let parsed = match text.split_once(':') {
            Some(("b", "0")) => Some(Scalar::Bool(false)),
            Some(("b", "1")) => Some(Scalar::Bool(true)),
            Some(("i", v)) => v.parse().ok().map(Scalar::Int),
            Some(("u", v)) => v.parse().ok().map(Scalar::UInt),
            Some(("f", v)) => bits(v).map(Scalar::Float),
            Some(("c", v)) => v.split_at_checked(16).and_then(|(re, im)| Some(Scalar::Complex(bits(re)?, bits(im)?))),
            _ => None,
        };
        parsed.ok_or_else(bad)
    }
}

macro_rules! scalar_from {
    ($($t:ty => $variant:ident),* $(,)?) => { $(
        impl From<$t> for Scalar { fn from(x: $t) -> Self { Scalar::$variant(x.into()) } }
    )* };
}
scalar_from!(bool => Bool, i8 => Int, i16 => Int, i32 => Int, i64 => Int, u8 => UInt, u16 => UInt, u32 => UInt, u64 => UInt, f32 => Float, f64 => Float);

impl From<Complex<f64>> for Scalar {
    fn from(x: Complex<f64>) -> Self {
        Scalar::Complex(x.re, x.im)
    }
}

impl Scalar {
    /// The kind of number this is; integers are [`Kind::Int`].
    pub const fn kind(self) -> Kind {
        match self {
            Scalar::Bool(_) => Kind::Bool,
            Scalar::Int(_) | Scalar::UInt(_) => Kind::Int,
            Scalar::Float(_) => Kind::Float,
            Scalar::Complex(..) => Kind::Complex,
        }
    }
}

/// A Rust type that stands for one dtype.
pub trait Element: bytemuck::NoUninit + bytemuck::CheckedBitPattern + Send + Sync + 'static {
    /// The dtype.
    const DTYPE: DType;
}

macro_rules! element {
    ($($t:ty = $d:ident),* $(,)?) => { $( impl Element for $t { const DTYPE: DType = DType::$d; } )* };
}
element!(
    bool = Bool, i8 = Int8, i16 = Int16, i32 = Int32, i64 = Int64, u8 = UInt8, u16 = UInt16, u32 = UInt32, u64 = UInt64,
    half::f16 = Float16, half::bf16 = BFloat16, f32 = Float32, f64 = Float64, Complex<f32> = Complex64, Complex<f64> = Complex128,
);

/// Runs `$body` with the type alias `$t` bound to the Rust type of a run-time dtype.
///
/// `dispatch_dtype!(dtype, T => kernel::<T>(x), else => Err(unsupported))`, with the dtypes of the slice listed in brackets:
/// `dispatch_dtype!(dtype in [f32, f64], T => ..., else => ...)`.
#[macro_export]
macro_rules! dispatch_dtype {
    ($dtype:expr, in [$($t:ty),* $(,)?], $alias:ident => $body:expr, else => $other:expr $(,)?) => {{
        let dtype = $dtype;
        $( if dtype == <$t as $crate::Element>::DTYPE { type $alias = $t; $body } else )* { $other }
    }};
}
