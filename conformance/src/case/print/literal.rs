//! Elements as literals that give back the same bits.
use array_protocol::{DType, Scalar};

/// The notation of a language.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    Python,
}
use Language::{Python, Rust};

macro_rules! read {
    ($t:ty, $bytes:expr) => {{
        let mut raw = [0u8; size_of::<$t>()];
        // Elements are cut to the size of their dtype, so the lengths agree.
        raw.iter_mut().zip($bytes).for_each(|(to, from)| *to = *from);
        <$t>::from_ne_bytes(raw)
    }};
}

/// One element, from its bytes.
pub(super) fn element(dtype: DType, bytes: &[u8], language: Language) -> String {
    match dtype {
        DType::Bool => truth(bytes.first() == Some(&1), language),
        DType::Int8 => read!(i8, bytes).to_string(),
        DType::Int16 => read!(i16, bytes).to_string(),
        DType::Int32 => read!(i32, bytes).to_string(),
        DType::Int64 => read!(i64, bytes).to_string(),
        DType::UInt8 => read!(u8, bytes).to_string(),
        DType::UInt16 => read!(u16, bytes).to_string(),
        DType::UInt32 => read!(u32, bytes).to_string(),
        DType::UInt64 => read!(u64, bytes).to_string(),
        DType::Float16 => half(read!(u16, bytes), half_value(read!(u16, bytes), 5), "f16", language),
        DType::BFloat16 => half(read!(u16, bytes), half_value(read!(u16, bytes), 8), "bf16", language),
        DType::Float32 => single(read!(f32, bytes), language),
        DType::Float64 => double(read!(f64, bytes), language),
        DType::Complex64 | DType::Complex128 => {
            let (re, im) = bytes.split_at(bytes.len() / 2);
            complex(&element(dtype.real(), re, language), &element(dtype.real(), im, language), language)
        }
        // The enum is open; a dtype that is not known here is shown as what it is made of.
        _ => format!("{bytes:02x?}"),
    }
}

/// The type of elements, in Rust.
pub(super) fn rust_type(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "bool",
        DType::Int8 => "i8",
        DType::Int16 => "i16",
        DType::Int32 => "i32",
        DType::Int64 => "i64",
        DType::UInt8 => "u8",
        DType::UInt16 => "u16",
        DType::UInt32 => "u32",
        DType::UInt64 => "u64",
        DType::Float16 => "f16",
        DType::BFloat16 => "bf16",
        DType::Float32 => "f32",
        DType::Complex64 => "Complex<f32>",
        DType::Complex128 => "Complex<f64>",
        _ => "f64",
    }
}

/// A host scalar.
pub(super) fn scalar(s: Scalar, language: Language) -> String {
    match (s, language) {
        (Scalar::Bool(b), Rust) => format!("Scalar::Bool({b})"),
        (Scalar::Int(i), Rust) => format!("Scalar::Int({i})"),
        (Scalar::UInt(i), Rust) => format!("Scalar::UInt({i})"),
        (Scalar::Float(f), Rust) => format!("Scalar::Float({})", double(f, Rust)),
        (Scalar::Complex(re, im), Rust) => format!("Scalar::Complex({}, {})", double(re, Rust), double(im, Rust)),
        (Scalar::Bool(b), Python) => truth(b, Python),
        (Scalar::Int(i), Python) => i.to_string(),
        (Scalar::UInt(i), Python) => i.to_string(),
        (Scalar::Float(f), Python) => double(f, Python),
        (Scalar::Complex(re, im), Python) => complex(&double(re, Python), &double(im, Python), Python),
    }
}

pub(super) fn truth(b: bool, language: Language) -> String {
    match (b, language) {
        (true, Rust) => "true",
        (false, Rust) => "false",
        (true, Python) => "True",
        (false, Python) => "False",
    }
    .into()
}

/// The bits of the NaN that a literal makes, and of its negative, get a name; others are spelled in bits.
pub(super) fn double(x: f64, language: Language) -> String {
    match language {
        Rust if x.is_nan() && x.to_bits() != f64::NAN.to_bits() => format!("f64::from_bits({:#018x})", x.to_bits()),
        Rust if !x.is_finite() => named("f64", x),
        Python if !x.is_finite() => python_named(x),
        _ => format!("{x:?}"),
    }
}

fn single(x: f32, language: Language) -> String {
    match language {
        Rust if x.is_nan() && x.to_bits() != f32::NAN.to_bits() => format!("f32::from_bits({:#010x})", x.to_bits()),
        Rust if !x.is_finite() => named("f32", x.into()),
        Python if !x.is_finite() => python_named(x.into()),
        // Python rounds twice, to float64 first; where that shows, the exact value is written.
        Python if format!("{x:?}").parse::<f64>().map(|y| y as f32) != Ok(x) => format!("{:?}", f64::from(x)),
        _ => format!("{x:?}"),
    }
}

/// float16 and bfloat16 have no literals in Rust; float32 holds each of their values.
fn half(bits: u16, value: f32, ty: &str, language: Language) -> String {
    match language {
        Python if !value.is_finite() => python_named(value.into()),
        Python => format!("{value:?}"),
        Rust if value.is_nan() => format!("{ty}::from_bits({bits:#06x})"),
        Rust if value.is_infinite() => format!("{ty}::{}INFINITY", if value < 0.0 { "NEG_" } else { "" }),
        Rust => format!("{ty}::from_f32({value:?})"),
    }
}

/// The value of 16 bits with so many bits of exponent.
fn half_value(bits: u16, exponent_bits: u32) -> f32 {
    let fraction_bits = 15 - exponent_bits;
    let (fraction, exponent) = (u32::from(bits) & ((1 << fraction_bits) - 1), (u32::from(bits) & 0x7fff) >> fraction_bits);
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let top = (1 << exponent_bits) - 1;
    let bias = (1 << (exponent_bits - 1)) - 1;
    let magnitude = if exponent == top {
        if fraction == 0 { f64::INFINITY } else { f64::NAN }
    } else {
        let (significand, e) = if exponent == 0 { (fraction, 1) } else { (fraction | 1 << fraction_bits, exponent as i32) };
        f64::from(significand) * 2f64.powi(e - bias - fraction_bits as i32)
    };
    (sign * magnitude) as f32
}

fn named(ty: &str, x: f64) -> String {
    let name = if x.is_nan() {
        "NAN"
    } else if x < 0.0 {
        "NEG_INFINITY"
    } else {
        "INFINITY"
    };
    format!("{ty}::{name}")
}

fn python_named(x: f64) -> String {
    format!("{}xp.{}", if x.is_sign_negative() { "-" } else { "" }, if x.is_nan() { "nan" } else { "inf" })
}

fn complex(re: &str, im: &str, language: Language) -> String {
    let plain = |s: &str| s.starts_with(|c: char| c.is_ascii_digit());
    match language {
        Rust => format!("Complex::new({re}, {im})"),
        // `-0.0+1j` and `1-nanj` do not mean what they seem to.
        Python if (plain(re) || re != "-0.0" && re.strip_prefix('-').is_some_and(plain)) && plain(im) => format!("{re}+{im}j"),
        Python => format!("complex({re}, {im})"),
    }
}
