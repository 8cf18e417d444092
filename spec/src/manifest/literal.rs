//! The small languages inside manifests: numbers, patterns of special values, arrays of examples. Patterns and
//! arrays are only checked here; what they mean is the business of the harness.
use crate::{DType, Kind};

/// Patterns that are words.
const WORDS: &[&str] =
    &["nan", "inf", "+inf", "-inf", "0", "+0", "-0", "finite", "finite>0", "finite<0", "integer", "odd", "even", "noninteger", "any"];

/// The number that a text stands for, in terms of a dtype: decimal, hexadecimal as in C (`0x1.8p-3`), or one that has a name (`inf`,
/// `nan`, `max`, `tiny`, `min_subnormal`, `eps`, `pi`, `pi/2`, `pi/4`, `e`, `ln2`); with a sign or without.
///
/// `max` and its like belong to the real dtype; those of dtypes that are no floating point are float64's.
pub fn number(text: &str, dtype: DType) -> Option<f64> {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let of = |single: f32, double: f64| if dtype.real() == DType::Float32 { f64::from(single) } else { double };
    let value = match body {
        "inf" => f64::INFINITY,
        "nan" => f64::NAN,
        "max" => of(f32::MAX, f64::MAX),
        "tiny" => of(f32::MIN_POSITIVE, f64::MIN_POSITIVE),
        "min_subnormal" => of(f32::from_bits(1), f64::from_bits(1)),
        "eps" => of(f32::EPSILON, f64::EPSILON),
        "pi" => std::f64::consts::PI,
        "pi/2" => std::f64::consts::FRAC_PI_2,
        "pi/4" => std::f64::consts::FRAC_PI_4,
        "e" => std::f64::consts::E,
        "ln2" => std::f64::consts::LN_2,
        _ if body.starts_with("0x") => hexadecimal(body)?,
        _ if body.starts_with(|c: char| c.is_ascii_digit() || c == '.') => body.parse().ok()?,
        _ => return None,
    };
    Some(if text.starts_with('-') { -value } else { value })
}

fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, exponent) = text.strip_prefix("0x")?.split_once('p')?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !(whole.chars().chain(fraction.chars())).all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let all = u64::from_str_radix(&format!("{whole}{fraction}"), 16).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    // Two factors: one alone could leave the range although the product does not.
    let shift = exponent.checked_sub(i32::try_from(4 * fraction.len()).ok()?)?;
    Some(all as f64 * 2f64.powi(shift / 2) * 2f64.powi(shift - shift / 2))
}

/// Whether this is a number, as [`number`] reads it.
pub(super) fn is_number(text: &str) -> bool {
    number(text, DType::Float64).is_some()
}

/// Whether this is a pattern; `names` are the parameters that it may refer to.
///
/// # Errors
/// The alternative that is none.
pub(super) fn pattern(text: &str, names: &[&str]) -> Result<(), String> {
    let good = |atom: &str| {
        let bound = atom.strip_prefix(['>', '<']).map(|b| b.strip_prefix('=').unwrap_or(b));
        WORDS.contains(&atom)
            || names.contains(&atom.strip_prefix('-').unwrap_or(atom))
            || bound.is_some_and(is_number)
            || atom.split_once("..").is_some_and(|(a, b)| is_number(a) && is_number(b))
            || is_number(atom)
    };
    match text.split('|').map(str::trim).find(|atom| !good(atom)) {
        Some(atom) => Err(format!("`{atom}` is not a pattern of special values")),
        None => Ok(()),
    }
}

/// Checks every array inside an argument or a result of an example.
///
/// # Errors
/// What is wrong with the first that is wrong.
pub(super) fn arrays(value: &toml::Value) -> Result<(), String> {
    match value {
        toml::Value::Table(t) if t.contains_key("data") => array(t),
        toml::Value::Table(t) => t.values().try_for_each(arrays),
        toml::Value::Array(a) => a.iter().try_for_each(arrays),
        _ => Ok(()),
    }
}

fn array(t: &toml::Table) -> Result<(), String> {
    if let Some(key) = t.keys().find(|k| !["dtype", "shape", "data"].contains(&k.as_str())) {
        return Err(format!("`{key}` is none of `dtype`, `shape`, `data`"));
    }
    let name = t.get("dtype").and_then(toml::Value::as_str).ok_or("an array needs a `dtype`")?;
    let dtype = DType::from_name(name).ok_or_else(|| format!("`{name}` is no dtype"))?;
    let mut shape = vec![];
    let count = t.get("data").map_or(Ok(0), |d| elements(d, dtype, 0, &mut shape))?;
    if let Some(list) = t.get("shape") {
        let lengths = list.as_array().and_then(|l| l.iter().map(|d| d.as_integer().filter(|d| *d >= 0)).collect::<Option<Vec<_>>>());
        let lengths = lengths.ok_or("`shape` is a list of lengths")?;
        if lengths.iter().product::<i64>() != count {
            return Err(format!("{count} elements for the shape {lengths:?}"));
        }
    }
    Ok(())
}

/// Counts the elements of nested lists, all rows alike. Complex elements are pairs.
fn elements(v: &toml::Value, dtype: DType, depth: usize, shape: &mut Vec<usize>) -> Result<i64, String> {
    let Some(list) = v.as_array() else { return element(v, dtype).map(|()| 1) };
    if dtype.is_complex() && list.len() == 2 && !list.iter().any(toml::Value::is_array) {
        return list.iter().try_for_each(|part| element(part, dtype.real())).map(|()| 1);
    }
    match shape.get(depth) {
        Some(&n) if n != list.len() => return Err(format!("rows of {n} and of {} elements", list.len())),
        Some(_) => {}
        None => shape.push(list.len()),
    }
    list.iter().try_fold(0, |n, v| Ok(n + elements(v, dtype, depth + 1, shape)?))
}

fn element(v: &toml::Value, dtype: DType) -> Result<(), String> {
    let good = match dtype.kind() {
        Kind::Bool => v.is_bool(),
        // uint64 above the range of TOML's integers is written as text.
        Kind::Int | Kind::UInt => v.as_integer().map(i128::from).or_else(|| v.as_str()?.parse().ok()).is_some_and(|i| holds(dtype, i)),
        Kind::Float => v.is_float() || v.is_integer() || v.as_str().is_some_and(is_number),
        Kind::Complex => false,
    };
    if good { Ok(()) } else { Err(format!("`{v}` is not an element of {dtype}")) }
}

fn holds(dtype: DType, i: i128) -> bool {
    let bits = 8 * dtype.size() as u32;
    let (low, high) = if dtype.kind() == Kind::Int { (-(1i128 << (bits - 1)), 1i128 << (bits - 1)) } else { (0, 1i128 << bits) };
    (low..high).contains(&i)
}

#[cfg(test)]
mod tests {
    use super::{arrays, is_number, number, pattern};
    use crate::DType;

    #[test]
    fn numbers() {
        for good in ["1", "-0.5", "0x1p-24", "-0x1.8p+3", "pi/2", "-pi", "max", "1e22", "+inf"] {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "-", "one", "0x", "0x1", "0xp1", "0x1.gp1", "pi/3", "infinity", "--1"] {
            assert!(!is_number(bad), "{bad}");
        }
    }

    #[test]
    fn numbers_have_values() {
        let cases = [("-0x1.8p-3", -0.1875), ("+2.5", 2.5), ("0x1p-1074", 5e-324), ("-pi/2", -std::f64::consts::FRAC_PI_2)];
        cases.iter().for_each(|&(text, value)| assert_eq!(number(text, DType::Float64), Some(value), "{text}"));
        assert_eq!(number("-max", DType::Complex64), Some(f64::from(f32::MIN)));
    }

    #[test]
    fn patterns() {
        for good in ["nan", "finite>0 | +inf", "-1..1", ">1 | <-1", ">=0x1p+4", "x1", "-x1", "-0", "3"] {
            assert_eq!(pattern(good, &["x1"]), Ok(()), "{good}");
        }
        for bad in ["", "NaN", "finite>1", "x2", "nan |", "1..", ">x1", "odd>0"] {
            assert!(pattern(bad, &["x1"]).is_err(), "{bad}");
        }
    }

    #[test]
    fn literal_arrays() {
        let check = |text: &str| arrays(&toml::from_str::<toml::Table>(text).unwrap()["x"]);
        for good in [
            "x = { dtype = 'int8', data = [[1, 2], [3, 4]] }",
            "x = { dtype = 'float32', shape = [0, 3], data = [] }",
            "x = { dtype = 'complex64', data = [[1.0, 2.0], [3.0, 'nan']] }",
            "x = { dtype = 'uint64', data = ['18446744073709551615'] }",
            "x = { dtype = 'bool', data = true }",
            "x = [{ at = 1 }, { array = { dtype = 'bool', data = [true] } }]",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "x = { dtype = 'int8', data = [128] }",
            "x = { dtype = 'int8', data = [[1, 2], [3]] }",
            "x = { dtype = 'int8', shape = [3], data = [1, 2] }",
            "x = { dtype = 'int7', data = [1] }",
            "x = { data = [1] }",
            "x = { dtype = 'int8', data = [1], layout = 'c' }",
            "x = { dtype = 'float32', data = ['1.0x'] }",
            "x = { dtype = 'bool', data = [1] }",
            "x = [{ array = { dtype = 'bool', data = [2] } }]",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
