//! Patterns of the tables of special values: what an element may be, for drawing arguments and for judging results. They judge
//! without the model: the table itself is the second opinion.
use crate::rng::Rng;
use array_protocol::manifest::number;
use array_protocol::{DType, HostArray};

/// One alternative of a pattern.
#[derive(Clone, Debug, PartialEq)]
enum Atom {
    Nan,
    Infinite(Option<bool>),
    Zero(Option<bool>),
    Finite(Option<bool>),
    Integer(Option<bool>),
    NonInteger,
    Any,
    /// An open or closed interval of finite numbers: low, high, each with whether it belongs.
    Between(f64, bool, f64, bool),
    Number(f64),
    /// The same element of a parameter, possibly negated.
    Same(String, bool),
}

/// A pattern: alternatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Vec<Atom>);

impl Pattern {
    /// Parses what a manifest says; alternatives are separated by `|` or `,`. `names`: the parameters that `out` may refer to.
    ///
    /// # Errors
    /// The part that is no pattern.
    pub fn parse(text: &str, dtype: DType, names: &[&str]) -> Result<Pattern, String> {
        text.split(['|', ',']).map(|part| atom(part.trim(), dtype, names)).collect::<Result<_, _>>().map(Pattern)
    }

    /// A number of that pattern, as float64 that is exact in the dtype.
    pub fn draw(&self, rng: &mut Rng, dtype: DType) -> f64 {
        let single = dtype.real() == DType::Float32;
        let atom = rng.pick(&self.0).clone();
        let side = |rng: &mut Rng, negative: Option<bool>| if negative.unwrap_or_else(|| rng.one_in(2)) { -1.0 } else { 1.0 };
        let magnitude = |rng: &mut Rng| {
            let v = match rng.below(6) {
                0 => 1.0,
                1 => (1 + rng.below(9)) as f64,
                2 => {
                    if single {
                        f64::from(f32::MAX)
                    } else {
                        f64::MAX
                    }
                }
                3 => {
                    if single {
                        f64::from(f32::from_bits(1))
                    } else {
                        5e-324
                    }
                }
                4 => 0.5,
                _ => rng.unit() * 100.0 + 1e-3,
            };
            if single { f64::from(v as f32) } else { v }
        };
        match atom {
            Atom::Nan => f64::NAN,
            Atom::Infinite(s) => side(rng, s) * f64::INFINITY,
            Atom::Zero(s) => side(rng, s) * 0.0,
            Atom::Finite(s) => side(rng, s) * magnitude(rng),
            Atom::Integer(odd) => {
                let n = rng.between(-20, 20);
                (match odd {
                    Some(true) => 2 * n + 1,
                    Some(false) => 2 * if n == 0 { 1 } else { n },
                    None => {
                        if n == 0 {
                            3
                        } else {
                            n
                        }
                    }
                }) as f64
            }
            Atom::NonInteger => rng.between(-20, 20) as f64 + 0.5,
            Atom::Between(low, low_in, high, high_in) => {
                let (low, high) = (low.max(-1e6), high.min(1e6));
                let v = match rng.below(4) {
                    0 if low_in => low,
                    1 if high_in => high,
                    _ => low + (high - low) * (0.001 + 0.998 * rng.unit()),
                };
                if single { f64::from(v as f32) } else { v }
            }
            Atom::Any => match rng.below(5) {
                0 => f64::NAN,
                1 => side(rng, None) * f64::INFINITY,
                2 => side(rng, None) * 0.0,
                _ => side(rng, None) * magnitude(rng),
            },
            Atom::Number(v) => {
                if single {
                    f64::from(v as f32)
                } else {
                    v
                }
            }
            Atom::Same(..) => 0.0,
        }
    }

    /// Whether a number is of the pattern. `arguments`: the parameters' elements by name. `slack`: relative difference allowed
    /// from a number that is not exact in the dtype.
    pub fn matches(&self, value: f64, arguments: &[(&str, f64)], dtype: DType) -> bool {
        self.0.iter().any(|a| a.matches(value, arguments, dtype))
    }
}

impl Atom {
    fn matches(&self, v: f64, arguments: &[(&str, f64)], dtype: DType) -> bool {
        let sign = |s: &Option<bool>| s.is_none_or(|negative| negative == v.is_sign_negative());
        match self {
            Atom::Nan => v.is_nan(),
            Atom::Infinite(s) => v.is_infinite() && sign(s),
            Atom::Zero(s) => v == 0.0 && sign(s),
            // "finite" in the standard's tables is a finite number that is not zero.
            Atom::Finite(None) => v.is_finite(),
            Atom::Finite(s) => v.is_finite() && v != 0.0 && sign(s),
            Atom::Integer(odd) => v.is_finite() && v.fract() == 0.0 && odd.is_none_or(|odd| (v % 2.0 != 0.0) == odd),
            Atom::NonInteger => v.is_finite() && v.fract() != 0.0,
            Atom::Any => true,
            Atom::Between(low, low_in, high, high_in) => (v > *low || *low_in && v == *low) && (v < *high || *high_in && v == *high),
            Atom::Number(n) => {
                // An irrational value (pi/2) is met to four units in the last place: accuracy has clauses of its own.
                let eps = if dtype.real() == DType::Float32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
                if n.fract() == 0.0 {
                    v == *n && v.is_sign_negative() == n.is_sign_negative()
                } else {
                    (v - n).abs() <= 4.0 * eps * n.abs()
                }
            }
            Atom::Same(name, negated) => arguments.iter().any(|(n, x)| {
                let x = if *negated { -x } else { *x };
                n == name && (x.to_bits() == v.to_bits() || x.is_nan() && v.is_nan())
            }),
        }
    }
}

fn atom(text: &str, dtype: DType, names: &[&str]) -> Result<Atom, String> {
    let (negated, bare) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    if names.contains(&bare) {
        return Ok(Atom::Same(bare.into(), negated));
    }
    let bound = |t: &str| number(t.trim(), dtype).ok_or_else(|| format!("`{text}` is not a pattern of special values"));
    Ok(match text {
        "nan" => Atom::Nan,
        "inf" | "+-inf" => Atom::Infinite(None),
        "+inf" => Atom::Infinite(Some(false)),
        "-inf" => Atom::Infinite(Some(true)),
        "0" | "+-0" => Atom::Zero(None),
        "+0" => Atom::Zero(Some(false)),
        "-0" => Atom::Zero(Some(true)),
        "finite" => Atom::Finite(None),
        "finite>0" => Atom::Finite(Some(false)),
        "finite<0" => Atom::Finite(Some(true)),
        "integer" => Atom::Integer(None),
        "odd" => Atom::Integer(Some(true)),
        "even" => Atom::Integer(Some(false)),
        "noninteger" => Atom::NonInteger,
        "any" => Atom::Any,
        _ if text.starts_with(['>', '<']) => {
            let (op, rest) = if text[1..].starts_with('=') { text.split_at(2) } else { text.split_at(1) };
            let b = bound(rest)?;
            let closed = op.len() == 2;
            if op.starts_with('>') { Atom::Between(b, closed, f64::MAX, true) } else { Atom::Between(f64::MIN, true, b, closed) }
        }
        _ if text.contains("..") => {
            let (low, high) = text.split_once("..").unwrap_or_default();
            Atom::Between(bound(low)?, false, bound(high)?, false)
        }
        _ => Atom::Number(bound(text)?),
    })
}

/// The elements of a real floating-point, integer or bool array as float64 (integers beyond 2^53 are rounded).
pub fn elements(x: &HostArray) -> Option<Vec<f64>> {
    macro_rules! cast {
        ($($t:ty),*) => { $( if let Some(v) = x.view::<$t>() { return Some(v.iter().map(|&e| e as f64).collect()); } )* };
    }
    cast!(f64, f32, i8, i16, i32, i64, u8, u16, u32, u64);
    x.view::<bool>().map(|v| v.iter().map(|&b| f64::from(u8::from(b))).collect())
}
