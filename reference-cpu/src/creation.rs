//! Arrays from nothing but options.
use crate::Cpu;
use crate::array::{CpuArray, Typed, any_dtype, wrong_dtype};
use crate::interchange::on_host;
use crate::memory;
use crate::promote::scalar_array;
use array_protocol::options::{Arange, Eye, Full, Linspace};
use array_protocol::{CreateOp, DType, Error, ErrorKind, Kind, Result, Scalar, Shape};
use num_complex::Complex;

/// The dtype that a scalar gives an array, if no other is asked for.
fn default_dtype(s: Scalar) -> DType {
    DType::default_of(s.kind())
}

pub(crate) fn full(b: &Cpu, how: &Full) -> Result<CpuArray> {
    let op = CreateOp::Full;
    on_host(op, how.device)?;
    let dtype = how.dtype.unwrap_or_else(|| default_dtype(how.value));
    if let (Scalar::Float(v), true) = (how.value, dtype.is_integer()) {
        // No integer is NaN or infinite; whether one is meant by 2.5 is for the caller to say.
        let kind = if v.is_finite() { ErrorKind::Dtype } else { ErrorKind::Value };
        return Err(Error::new(kind, op).dtypes(&[dtype]).detail(format!("the value {v}")));
    }
    let one = scalar_array(op, how.value, dtype)?;
    let n = memory::size(op, &how.shape)?;
    any_dtype!(op, dtype, T => {
        let one = one.elements::<T>(op)?[0];
        Ok(CpuArray::new(how.shape.clone(), memory::produce(b.means(), op, n, &|_, out| out.fill(one))?))
    })
}

/// A real number.
fn real(s: Scalar) -> Option<f64> {
    s.element::<f64>().ok()
}

/// An integer, exactly.
fn integer(s: Scalar) -> Option<i128> {
    match s {
        Scalar::Int(i) => Some(i.into()),
        Scalar::UInt(i) => Some(i.into()),
        _ => None,
    }
}

/// The vector of `n` elements `f(0)`, `f(1)`, ...; `f` is `#[inline(always)]`.
fn sequence<T: Typed>(b: &Cpu, op: CreateOp, n: usize, f: impl Fn(usize) -> T + Sync) -> Result<CpuArray> {
    let out = memory::produce(b.means(), op, n, &|first, out: &mut [T]| {
        b.simd().run(
            #[inline(always)]
            || out.iter_mut().enumerate().for_each(|(i, o)| *o = f(first + i)),
        );
    })?;
    Ok(CpuArray::new(Shape::from([n]), out))
}

pub(crate) fn arange(b: &Cpu, how: &Arange) -> Result<CpuArray> {
    let op = CreateOp::Arange;
    on_host(op, how.device)?;
    let bad = |text: &str| Error::new(ErrorKind::Value, op).detail(text);
    if let (Some(start), Some(stop), Some(step)) = (integer(how.start), integer(how.stop), integer(how.step)) {
        return integers(b, how, start, stop, step);
    }
    let dtype = how.dtype.unwrap_or(DType::Float64);
    let (Some(start), Some(stop), Some(step)) = (real(how.start), real(how.stop), real(how.step)) else {
        return Err(wrong_dtype(op, &[dtype]).detail("start, stop and step are real numbers"));
    };
    if dtype.kind() != Kind::Float {
        return Err(wrong_dtype(op, &[dtype]).detail("start, stop or step is not an integer"));
    }
    if step == 0.0 || ![start, stop, step].iter().all(|v| v.is_finite()) {
        return Err(bad("start, stop and step are finite, and step is not 0"));
    }
    let distance = stop - start;
    let steps = if distance.is_finite() { distance / step } else { stop / step - start / step };
    let n = length(steps.ceil())?;
    array_protocol::dispatch_dtype!(dtype, in [f32, f64], T => {
        // Rounded to float64 after the product and after the sum.
        sequence(b, op, n, #[inline(always)] |i| (start + i as f64 * step) as T)
    }, else => Err(Error::unsupported(op).dtypes(&[dtype])))
}

/// A number of elements.
fn length(n: f64) -> Result<usize> {
    if n <= 0.0 {
        return Ok(0);
    }
    if n < isize::MAX as f64 { Ok(n as usize) } else { Err(memory::exhausted(CreateOp::Arange, None)) }
}

fn integers(b: &Cpu, how: &Arange, start: i128, stop: i128, step: i128) -> Result<CpuArray> {
    let op = CreateOp::Arange;
    if step == 0 {
        return Err(Error::new(ErrorKind::Value, op).detail("step is 0"));
    }
    let dtype = how.dtype.unwrap_or(DType::Int64);
    let distance = if step > 0 { stop - start } else { start - stop };
    let n = if distance > 0 { (distance - 1) / step.abs() + 1 } else { 0 };
    let n = usize::try_from(n).ok().filter(|&n| isize::try_from(n).is_ok()).ok_or_else(|| memory::exhausted(op, None))?;
    let at = |i: usize| start + i as i128 * step;
    // The ends bound what lies between.
    let ends = if n > 0 { [at(0), at(n - 1)] } else { [0, 0] };
    array_protocol::dispatch_dtype!(dtype, in [i8, i16, i32, i64, u8, u16, u32, u64], T => {
        if ends.iter().any(|&end| T::try_from(end).is_err()) {
            return Err(Error::new(ErrorKind::Value, op).dtypes(&[dtype]).detail("an element is out of range"));
        }
    }, else => array_protocol::dispatch_dtype!(dtype, in [f32, f64], T => {
        if ends.iter().any(|&end| i64::try_from(end).is_err()) {
            return sequence(b, op, n, |i| at(i) as T);
        }
    }, else => return Err(if dtype.is_float() { Error::unsupported(op).dtypes(&[dtype]) } else { wrong_dtype(op, &[dtype]) })));
    // Exact modulo 2^64, so exact where all elements fit into 64 bits.
    let (first, distance) = (start as i64, step as i64);
    array_protocol::dispatch_dtype!(dtype, in [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64], T => {
        sequence(b, op, n, #[inline(always)] |i| first.wrapping_add((i as i64).wrapping_mul(distance)) as T)
    }, else => Err(wrong_dtype(op, &[dtype])))
}

pub(crate) fn linspace(b: &Cpu, how: &Linspace) -> Result<CpuArray> {
    let op = CreateOp::Linspace;
    on_host(op, how.device)?;
    let complex = [how.start, how.stop].iter().any(|s| s.kind() == Kind::Complex);
    let dtype = how.dtype.unwrap_or(if complex { DType::Complex128 } else { DType::Float64 });
    let fits = |s: Scalar| dtype.with_scalar(s) == Some(dtype);
    if !(dtype.is_float() || dtype.is_complex()) || !fits(how.start) || !fits(how.stop) {
        return Err(wrong_dtype(op, &[dtype]).detail(format!("from {:?} to {:?}", how.start, how.stop)));
    }
    let n = usize::try_from(how.num).map_err(|_| memory::exhausted(op, None))?;
    let steps = if how.endpoint { n.saturating_sub(1) } else { n };
    let (from, to) = (how.start.element::<Complex<f64>>()?, how.stop.element::<Complex<f64>>()?);
    let (re, im) = (Line::new(from.re, to.re, steps, how.endpoint), Line::new(from.im, to.im, steps, how.endpoint));
    macro_rules! complex {
        ($t:ty) => {
            sequence(
                b,
                op,
                n,
                #[inline(always)]
                |i| Complex::new(re.at(i) as $t, im.at(i) as $t),
            )
        };
    }
    match dtype {
        DType::Float32 => sequence(
            b,
            op,
            n,
            #[inline(always)]
            |i| re.at(i) as f32,
        ),
        DType::Float64 => sequence(
            b,
            op,
            n,
            #[inline(always)]
            |i| re.at(i),
        ),
        DType::Complex64 => complex!(f32),
        DType::Complex128 => complex!(f64),
        _ => Err(Error::unsupported(op).dtypes(&[dtype])),
    }
}

/// Evenly spaced values, each rounded about once: products and quotients carry their error along.
struct Line {
    start: f64,
    stop: f64,
    steps: usize,
    /// Where `stop` stands, if it is an element.
    last: usize,
    /// A power of two that brings the ends near 1, so that nothing overflows or loses digits on the way.
    unit: f64,
    /// `start` in that unit.
    first: f64,
    /// `stop - start` in that unit, in two words.
    delta: f64,
    delta_low: f64,
    /// `1 / steps`, for what is small already.
    inverse: f64,
}

impl Line {
    fn new(start: f64, stop: f64, steps: usize, endpoint: bool) -> Line {
        let largest = start.abs().max(stop.abs());
        let unit = if largest > 1e200 {
            2f64.powi(512)
        } else if largest < 1e-200 {
            2f64.powi(-512)
        } else {
            1.0
        };
        let (a, b) = (start / unit, stop / unit);
        let delta = b - a;
        let back = delta - b;
        let delta_low = (b - (delta - back)) - (a + back);
        let last = if endpoint { steps } else { usize::MAX };
        Line { start, stop, steps, last, unit, first: a, delta, delta_low, inverse: 1.0 / steps as f64 }
    }

    /// Element `i`.
    #[inline(always)]
    fn at(&self, i: usize) -> f64 {
        // Without branches, so that several elements can be computed at a time.
        let (a, x, steps) = (self.first, i as f64, self.steps as f64);
        let product = x * self.delta;
        let product_low = x.mul_add(self.delta, -product) + x * self.delta_low;
        let quotient = product / steps;
        let quotient_low = ((-quotient).mul_add(steps, product) + product_low) * self.inverse;
        let sum = a + quotient;
        let back = sum - a;
        let sum_low = (a - (sum - back)) + (quotient - back);
        let out = sum + (sum_low + quotient_low);
        let inside = if out.is_nan() { sum * self.unit } else { out * self.unit };
        let inside = if i == self.last { self.stop } else { inside };
        if i == 0 { self.start } else { inside }
    }
}

pub(crate) fn eye(b: &Cpu, how: &Eye) -> Result<CpuArray> {
    let op = CreateOp::Eye;
    on_host(op, how.device)?;
    let dtype = how.dtype.unwrap_or(DType::Float64);
    let side = |n: u64| usize::try_from(n).map_err(|_| memory::exhausted(op, None));
    let (rows, columns) = (side(how.rows)?, side(how.cols.unwrap_or(how.rows))?);
    let shape = Shape::from([rows, columns]);
    let n = memory::size(op, &shape)?;
    let one = if dtype == DType::Bool { Scalar::Bool(true) } else { Scalar::Int(1) };
    any_dtype!(op, dtype, T => {
        let one = one.element::<T>()?;
        let mut out = memory::produce(b.means(), op, n, &|_, out| out.fill(T::default()))?;
        if n > 0 {
            // The diagonal starts in column k, or in row -k.
            let (above, below) = (how.k.max(0) as u128, how.k.min(0).unsigned_abs() as u128);
            let count = (rows as u128).saturating_sub(below).min((columns as u128).saturating_sub(above)) as usize;
            let first = if count > 0 { below as usize * columns + above as usize } else { 0 };
            out.iter_mut().skip(first).step_by(columns + 1).take(count).for_each(|o| *o = one);
        }
        Ok(CpuArray::new(shape, out))
    })
}
