//! Text of arrays, laid out as NumPy does: nested brackets, columns that line up, lines of 75 characters, and the middle of an axis
//! left out where there are more than 1000 elements.
use super::Array;
use crate::{Backend, DType, HostArray, Index, Kind, Result, Scalar, Shape};
use half::{bf16, f16};
use num_complex::Complex;
use std::fmt;

const LINE: usize = 75;
const THRESHOLD: usize = 1000;
/// How many elements are shown at each end of an axis whose middle is left out.
const EDGE: usize = 3;
/// Digits after the point; a single number is shown in full.
const PRECISION: usize = 8;

impl fmt::Display for HostArray {
    /// As NumPy prints it, with `true` and `false`, `nan` and `inf`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(&edges(self), self.shape(), " ", 0))
    }
}

impl<B: Backend> fmt::Display for Array<B> {
    /// As NumPy prints it; where the elements cannot be had, the error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match shown(self) {
            Ok(x) => f.write_str(&text(&x, self.shape(), " ", 0)),
            Err(e) => write!(f, "<{} array of shape {}: {e}>", self.dtype(), self.shape()),
        }
    }
}

impl<B: Backend> fmt::Debug for Array<B> {
    /// As NumPy's `repr`: `array([1, 2], dtype=int64)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dtype, shape) = (self.dtype(), self.shape());
        match shown(self) {
            Ok(x) if shape.size() == 0 => write!(f, "array({}, shape={shape}, dtype={dtype})", text(&x, shape, ", ", 0)),
            Ok(x) => write!(f, "array({}, dtype={dtype})", text(&x, shape, ", ", "array(".len())),
            Err(e) => write!(f, "<{dtype} array of shape {shape}: {e}>"),
        }
    }
}

/// Whether the middle of an axis of this length is left out.
fn elided(shape: &Shape, len: usize) -> bool {
    shape.size() > THRESHOLD && len > 2 * EDGE
}

/// The shape that is shown.
fn edge_shape(shape: &Shape) -> Shape {
    shape.iter().map(|&n| if elided(shape, n) { 2 * EDGE } else { n }).collect()
}

/// The elements that are shown: only those travel from the device.
fn shown<B: Backend>(x: &Array<B>) -> Result<HostArray> {
    let shape = x.shape().clone();
    let mut out = x.clone();
    for (axis, _) in shape.iter().enumerate().filter(|&(_, &n)| elided(&shape, n)) {
        let part = |range: Index<_>| {
            let mut key = vec![Index::all(); axis];
            key.push(range);
            out.get(&key)
        };
        let (head, tail) = (part(Index::from(..EDGE as i64))?, part(Index::from(-(EDGE as i64)..))?);
        out = Array::concat(&[&head, &tail], i64::try_from(axis).ok())?;
    }
    out.to_host()
}

/// The same of a host array.
fn edges(x: &HostArray) -> HostArray {
    let (from, to, size) = (x.shape(), edge_shape(x.shape()), x.dtype().size());
    if *from == to {
        return x.clone();
    }
    let Ok(mut out) = HostArray::zeros(x.dtype(), to.clone()) else { return x.clone() };
    for (place, slot) in out.bytes_mut().chunks_exact_mut(size).enumerate() {
        let (mut rest, mut at, mut step) = (place, 0, 1);
        for (&n, &m) in from.iter().zip(to.iter()).rev() {
            let i = rest % m;
            at += step * if n != m && i >= EDGE { n - m + i } else { i };
            (rest, step) = (rest / m, step * n);
        }
        slot.copy_from_slice(&x.bytes()[at * size..][..size]);
    }
    out
}

/// `x` holds what is shown of an array of this shape.
fn text(x: &HostArray, shape: &Shape, separator: &str, indent: usize) -> String {
    if shape.size() == 0 {
        return "[]".into();
    }
    let words = words(x);
    let layout = Layout { words: &words, shown: x.shape(), shape, separator };
    layout.block(0, 0, &" ".repeat(indent + 1), LINE)
}

struct Layout<'a> {
    words: &'a [String],
    shown: &'a Shape,
    shape: &'a Shape,
    separator: &'a str,
}

impl Layout<'_> {
    /// The part of the array whose first word is `at`, from axis `axis` on. `hang` starts each line but the first.
    fn block(&self, axis: usize, at: usize, hang: &str, width: usize) -> String {
        let Some(&len) = self.shown.get(axis) else { return self.words.get(at).cloned().unwrap_or_default() };
        let step: usize = self.shown[axis + 1..].iter().product();
        let gap = (self.shape[axis] != len).then_some(EDGE);
        let left = self.shown.rank() - axis;
        let mut out = String::new();
        if left == 1 {
            let mut line = hang.to_owned();
            let mut put = |word: &str, last: bool| {
                let room = if last { width - 1 } else { width - self.separator.trim_end().len().max(1) };
                if line.chars().count() + word.chars().count() > room && line.len() > hang.len() {
                    out.push_str(line.trim_end());
                    out.push('\n');
                    line = hang.to_owned();
                }
                line.push_str(word);
                if !last {
                    line.push_str(self.separator);
                }
            };
            for i in 0..len {
                if gap == Some(i) {
                    put("...", false);
                }
                put(&self.words[at + i], i + 1 == len);
            }
            out.push_str(&line);
        } else {
            let inner = format!("{hang} ");
            let end = format!("{}{}", self.separator.trim_end(), "\n".repeat(left - 1));
            for i in 0..len {
                if gap == Some(i) {
                    out.push_str(&format!("{hang}...{end}"));
                }
                out.push_str(hang);
                out.push_str(&self.block(axis + 1, at + i * step, &inner, width.saturating_sub(1).max(2)));
                if i + 1 < len {
                    out.push_str(&end);
                }
            }
        }
        format!("[{}]", &out[hang.len()..])
    }
}

/// One word for each element, all of the same width.
fn words(x: &HostArray) -> Vec<String> {
    let alone = x.shape().rank() == 0;
    macro_rules! plain {
        ($t:ty) => {
            x.view::<$t>().unwrap_or_default().iter().map(|v| v.to_string()).collect()
        };
    }
    macro_rules! floats {
        ($t:ty) => {
            column(x.view::<$t>().unwrap_or_default().iter().map(|&v| Number::of(f64::from(v), x.dtype())), false, alone)
        };
    }
    macro_rules! complex {
        ($t:ty) => {{
            let v = x.view::<Complex<$t>>().unwrap_or_default();
            let re = column(v.iter().map(|z| Number::of(f64::from(z.re), x.dtype().real())), false, alone);
            let im = column(v.iter().map(|z| Number::of(f64::from(z.im), x.dtype().real())), true, alone);
            let join = |(re, im): (String, String)| {
                let digits = im.trim_end();
                format!("{re}{digits}j{}", &im[digits.len()..])
            };
            re.into_iter().zip(im).map(join).collect()
        }};
    }
    let words: Vec<String> = match x.dtype() {
        DType::Bool => plain!(bool),
        DType::Int8 => plain!(i8),
        DType::Int16 => plain!(i16),
        DType::Int32 => plain!(i32),
        DType::Int64 => plain!(i64),
        DType::UInt8 => plain!(u8),
        DType::UInt16 => plain!(u16),
        DType::UInt32 => plain!(u32),
        DType::UInt64 => plain!(u64),
        DType::Float16 => floats!(f16),
        DType::BFloat16 => floats!(bf16),
        DType::Float32 => floats!(f32),
        DType::Float64 => floats!(f64),
        DType::Complex64 => complex!(f32),
        DType::Complex128 => complex!(f64),
    };
    if matches!(x.dtype().kind(), Kind::Float | Kind::Complex) {
        return words;
    }
    let width = words.iter().map(String::len).max().unwrap_or(0);
    words.into_iter().map(|w| format!("{w:>width$}")).collect()
}

/// A number as its shortest decimal digits that read back the same: `0.d1d2d3... * 10^point`.
struct Number {
    value: f64,
    digits: String,
    point: i32,
}

impl Number {
    fn of(value: f64, dtype: DType) -> Number {
        let x = value.abs();
        let half = |reads_back: &dyn Fn(f64) -> bool| {
            let tried = (0..17).map(|p| format!("{x:.p$e}")).find(|s| s.parse().is_ok_and(reads_back));
            tried.unwrap_or_else(|| format!("{x:e}"))
        };
        let text = match dtype {
            _ if !x.is_finite() => String::new(),
            DType::Float16 => half(&|v| Scalar::Float(v).element::<f16>().is_ok_and(|h| f64::from(h) == x)),
            DType::BFloat16 => half(&|v| Scalar::Float(v).element::<bf16>().is_ok_and(|h| f64::from(h) == x)),
            DType::Float32 => format!("{:e}", x as f32),
            _ => format!("{x:e}"),
        };
        let (digits, point) = read(&text);
        Number { value, digits, point }
    }

    /// Integer part and fraction, rounded to `precision` digits after the point.
    fn positional(&self, precision: usize) -> (String, String) {
        let fraction = self.digits.len() as i32 - self.point;
        if fraction > precision as i32 {
            let text = format!("{:.precision$}", self.value.abs());
            let (int, frac) = text.split_once('.').unwrap_or((&text, ""));
            return (int.into(), frac.trim_end_matches('0').into());
        }
        let at = |i: i32| usize::try_from(i).ok().and_then(|i| self.digits.as_bytes().get(i)).map_or('0', |&d| d.into());
        let int: String = (0..self.point.max(1)).map(|i| if self.point > 0 { at(i) } else { '0' }).collect();
        (int, (0..fraction.max(0)).map(|i| at(self.point + i)).collect())
    }

    /// Digits after the point of the form with an exponent, at most `precision`.
    fn scientific(&self, precision: usize) -> usize {
        if self.digits.len() > precision + 1 {
            return read(&format!("{:.precision$e}", self.value.abs())).0.len().saturating_sub(1);
        }
        self.digits.len().saturating_sub(1)
    }
}

/// Digits without trailing zeros, and where the point stands before them, of `d.ddde±x`. Nothing for zero.
fn read(text: &str) -> (String, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() { (String::new(), 1) } else { (digits.into(), exponent.parse::<i32>().unwrap_or(0) + 1) }
}

/// Numbers with their points below each other.
fn column(numbers: impl Iterator<Item = Number>, plus: bool, alone: bool) -> Vec<String> {
    let numbers: Vec<Number> = numbers.collect();
    let (precision, large, small, ratio) = if alone { (17, 1e16, 1e-4, f64::INFINITY) } else { (PRECISION, 1e8, 1e-4, 1000.0) };
    let sizes = || numbers.iter().map(|n| n.value.abs()).filter(|&v| v.is_finite() && v > 0.0);
    let (max, min) = (sizes().fold(0.0, f64::max), sizes().fold(f64::INFINITY, f64::min));
    let scientific = max > 0.0 && (max >= large || min < small || max / min > ratio);
    let sign = |v: f64| match (v.is_sign_negative() && !v.is_nan(), plus) {
        (true, _) => "-",
        (false, true) => "+",
        (false, false) => "",
    };
    // Sign and integer part, then what stands from the point on; no point for what is no number.
    let parts: Vec<(String, Option<String>)> = if scientific {
        let finite = || numbers.iter().filter(|n| n.value.is_finite());
        let digits = finite().map(|n| n.scientific(precision)).max().unwrap_or(0);
        // Shorter numbers go on with the digits of their exact value.
        let texts: Vec<String> = numbers.iter().map(|n| format!("{:.digits$e}", n.value.abs())).collect();
        let parts: Vec<(&str, i32)> =
            texts.iter().map(|t| t.split_once('e').map_or((t.as_str(), 0), |(m, e)| (m, e.parse().unwrap_or(0)))).collect();
        let places = parts.iter().map(|p| p.1.unsigned_abs().to_string().len()).max().unwrap_or(0).max(2);
        let write = |(n, &(mantissa, e)): (&Number, &(&str, i32))| {
            let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
            let dot = if alone && digits == 0 { "" } else { "." };
            let after = format!("{dot}{rest}e{}{:0places$}", if e < 0 { '-' } else { '+' }, e.unsigned_abs());
            (format!("{}{first}", sign(n.value)), n.value.is_finite().then_some(after))
        };
        numbers.iter().zip(&parts).map(write).collect()
    } else {
        let write = |n: &Number| {
            let (int, mut frac) = n.positional(precision);
            if alone && frac.is_empty() && n.value.is_finite() {
                frac.push('0');
            }
            (format!("{}{int}", sign(n.value)), n.value.is_finite().then(|| format!(".{frac}")))
        };
        numbers.iter().map(write).collect()
    };
    let special =
        |n: &Number| if n.value.is_nan() { format!("{}nan", if plus { "+" } else { "" }) } else { format!("{}inf", sign(n.value)) };
    let right = parts.iter().filter_map(|(_, after)| after.as_ref()).map(String::len).max().unwrap_or(0);
    let width = |(n, (before, after)): (&Number, &(String, Option<String>))| match after {
        Some(_) => before.len() + right,
        None => special(n).len(),
    };
    let total = numbers.iter().zip(&parts).map(width).max().unwrap_or(0);
    let write = |(n, (before, after)): (&Number, &(String, Option<String>))| match after {
        Some(after) => format!("{before:>0$}{after:<right$}", total - right),
        None => format!("{:>total$}", special(n)),
    };
    numbers.iter().zip(&parts).map(write).collect()
}
