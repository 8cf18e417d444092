//! Discrete Fourier transforms along one axis, by rustfft and realfft, in double precision: single precision is rounded once at the end.
//!
//! Single precision throughout would be faster, but errs by as much as the limit allows in lines that add up to one large element.
mod lines;
mod plans;

use crate::Cpu;
use crate::array::{CpuArray, Typed, wrong_dtype};
use crate::memory;
use array_protocol::options::Fft;
use array_protocol::strided::axis;
use array_protocol::{DType, Error, ErrorKind, FftOp, Result};
use lines::transform;
use num_complex::Complex;
use plans::Forward;
pub(crate) use plans::Plans;

/// An element that lines are made of, and what becomes of it.
trait Sample: Typed {
    /// The same in double precision.
    type Wide: Copy + Default + Send + Sync;
    /// The element of the result.
    type Out: Typed;
    fn widen(self) -> Self::Wide;
    fn narrow(z: Complex<f64>) -> Self::Out;
    /// Elements of the result as what transforms write, where they are that.
    fn wide(out: &mut [Self::Out]) -> Option<&mut [Complex<f64>]>;
    /// A plan for lines of `n` elements.
    fn plan(plans: &Plans, n: usize) -> Forward<Self::Wide>;
}

macro_rules! samples {
    ($($t:ty: $wide:ty => $out:ty, $plan:ident, |$x:ident| $widen:expr, |$z:ident| $narrow:expr, |$o:ident| $same:expr;)*) => {$(
        impl Sample for $t {
            type Wide = $wide;
            type Out = $out;
            #[inline(always)]
            fn widen(self) -> $wide {
                let $x = self;
                $widen
            }
            #[inline(always)]
            fn narrow($z: Complex<f64>) -> $out {
                $narrow
            }
            fn wide($o: &mut [$out]) -> Option<&mut [Complex<f64>]> {
                $same
            }
            fn plan(plans: &Plans, n: usize) -> Forward<$wide> {
                plans.$plan(n)
            }
        }
    )*};
}

samples! {
    f32: f64 => Complex<f32>, real, |x| x.into(), |z| Complex::new(z.re as f32, z.im as f32), |_o| None;
    f64: f64 => Complex<f64>, real, |x| x, |z| z, |o| Some(o);
    Complex<f32>: Complex<f64> => Complex<f32>, complex, |x| Complex::new(x.re.into(), x.im.into()), |z| Complex::new(z.re as f32, z.im as f32), |_o| None;
    Complex<f64>: Complex<f64> => Complex<f64>, complex, |x| x, |z| z, |o| Some(o);
}

pub(crate) fn fft(b: &Cpu, op: FftOp, x: &CpuArray, how: &Fft) -> Result<CpuArray> {
    let at = axis(op, x.shape(), how.axis)?;
    let len = x.shape()[at];
    let n = how.n.map_or(Some(len), |n| usize::try_from(n).ok()).ok_or_else(|| memory::exhausted(op, None))?;
    let run: fn(&Cpu, Job, &CpuArray) -> Result<CpuArray> = match (op, x.dtype()) {
        (FftOp::Fft, DType::Complex64) => transform::<Complex<f32>>,
        (FftOp::Fft, DType::Complex128) => transform::<Complex<f64>>,
        (FftOp::Rfft, DType::Float32) => transform::<f32>,
        (FftOp::Rfft, DType::Float64) => transform::<f64>,
        (FftOp::Fft | FftOp::Rfft, other) => return Err(wrong_dtype(op, &[other])),
        _ => return Err(Error::unsupported(op)),
    };
    if n == 0 || len == 0 {
        return Err(Error::new(ErrorKind::Value, op).shapes(&[x.shape()]).detail("a transform of length 0"));
    }
    run(b, Job { op, at, n, scale: how.norm.factor(n) }, x)
}

/// What is asked for: transforms of length `n` along the axis `at`, times `scale`.
struct Job {
    op: FftOp,
    at: usize,
    n: usize,
    scale: f64,
}
