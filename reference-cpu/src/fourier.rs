//! Discrete Fourier transforms along one axis, by rustfft and realfft.
use crate::Cpu;
use crate::array::{CpuArray, Typed, gather, wrong_dtype};
use crate::layout::Layout;
use crate::memory::{self, PARALLEL};
use crate::shape::axis;
use array_protocol::options::{Fft, Norm};
use array_protocol::{DType, Error, ErrorKind, FftOp, Result};
use num_complex::Complex;
use rayon::prelude::*;
use realfft::{FftNum, RealFftPlanner};
use rustfft::FftPlanner;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Plans made so far, by dtype.
#[derive(Default)]
pub(crate) struct Plans {
    single: Mutex<Planners<f32>>,
    double: Mutex<Planners<f64>>,
}

struct Planners<T: FftNum> {
    complex: FftPlanner<T>,
    real: RealFftPlanner<T>,
    /// Sum of the lengths that plans are kept for.
    held: usize,
}

impl<T: FftNum> Default for Planners<T> {
    fn default() -> Self {
        Planners { complex: FftPlanner::new(), real: RealFftPlanner::new(), held: 0 }
    }
}

/// Plans hold tables as long as their transforms; beyond this many elements all are dropped.
const HELD: usize = 1 << 22;

impl<T: FftNum> Planners<T> {
    /// Notes a plan of length `n`.
    fn noting(&mut self, n: usize) -> &mut Self {
        if self.held > HELD {
            *self = Self::default();
        }
        self.held = self.held.saturating_add(n);
        self
    }
}

/// float32 and float64.
trait Part: Typed + FftNum {
    fn planners(plans: &Plans) -> MutexGuard<'_, Planners<Self>>;
    fn rounded(v: f64) -> Self;
}
impl Part for f32 {
    // A planner left by a panic is as good as new: it only adds plans.
    fn planners(plans: &Plans) -> MutexGuard<'_, Planners<f32>> {
        plans.single.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn rounded(v: f64) -> f32 {
        v as f32
    }
}
impl Part for f64 {
    fn planners(plans: &Plans) -> MutexGuard<'_, Planners<f64>> {
        plans.double.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn rounded(v: f64) -> f64 {
        v
    }
}

pub(crate) fn fft(b: &Cpu, op: FftOp, x: &CpuArray, how: &Fft) -> Result<CpuArray> {
    let at = axis(op, x.shape(), how.axis)?;
    let len = x.shape()[at];
    let n = how.n.map_or(Some(len), |n| usize::try_from(n).ok()).ok_or_else(|| memory::exhausted(op, None))?;
    let job = Job { op, at, len, n, norm: how.norm };
    match (op, x.dtype()) {
        (FftOp::Fft, DType::Complex64) => job.complex::<f32>(b, x),
        (FftOp::Fft, DType::Complex128) => job.complex::<f64>(b, x),
        (FftOp::Rfft, DType::Float32) => job.real::<f32>(b, x),
        (FftOp::Rfft, DType::Float64) => job.real::<f64>(b, x),
        (FftOp::Fft | FftOp::Rfft, other) => Err(wrong_dtype(op, &[other])),
        _ => Err(Error::unsupported(op)),
    }
}

struct Job {
    op: FftOp,
    at: usize,
    len: usize,
    n: usize,
    norm: Norm,
}

impl Job {
    /// The runs, cut or padded to `n` elements, and the layout that they have.
    fn input<T: Typed>(&self, x: &CpuArray) -> Result<(Vec<T>, Layout)> {
        let op = self.op;
        if self.n == 0 || self.len == 0 {
            return Err(Error::new(ErrorKind::Value, op).shapes(&[x.shape()]).detail("a transform of length 0"));
        }
        let mut layout = x.layout.axis_last(self.at);
        let kept = self.len.min(self.n);
        let last = layout.rank() - 1;
        layout.slice(last, 0, kept, 1);
        let data = gather(op, x.data::<T>(op)?, &layout)?;
        layout.shape[last] = self.n;
        let size = memory::size(op, &layout.shape)?;
        // Tables and work space take several times the length of one transform.
        memory::probe::<T>(op, self.n.saturating_mul(8))?;
        if kept == self.n {
            return Ok((data.into_owned(), layout));
        }
        let mut out = memory::room(op, size)?;
        for run in data.chunks(kept) {
            out.extend_from_slice(run);
            out.resize(out.len() + self.n - kept, T::default());
        }
        Ok((out, layout))
    }

    fn scale(&self) -> Option<f64> {
        match self.norm {
            Norm::Backward => None,
            Norm::Ortho => Some(1.0 / (self.n as f64).sqrt()),
            Norm::Forward => Some(1.0 / self.n as f64),
        }
    }

    fn finish<T: Part>(&self, mut data: Vec<Complex<T>>, layout: Layout) -> CpuArray
    where
        Complex<T>: Typed,
    {
        if let Some(s) = self.scale() {
            let s = T::rounded(s);
            memory::rewrite(&mut data, &|_, block: &mut [Complex<T>]| block.iter_mut().for_each(|z| *z = Complex::new(z.re * s, z.im * s)));
        }
        let out = CpuArray::new(layout.shape, data);
        let back = out.layout.last_to(self.at);
        out.with(back)
    }

    fn complex<T: Part>(&self, b: &Cpu, x: &CpuArray) -> Result<CpuArray>
    where
        Complex<T>: Typed,
    {
        let (mut data, layout) = self.input::<Complex<T>>(x)?;
        let plan = T::planners(&b.plans).noting(self.n).complex.plan_fft_forward(self.n);
        if data.len() < PARALLEL || data.len() == self.n {
            plan.process(&mut data);
        } else {
            data.par_chunks_mut(self.n).for_each(|run| plan.process(run));
        }
        Ok(self.finish(data, layout))
    }

    fn real<T: Part>(&self, b: &Cpu, x: &CpuArray) -> Result<CpuArray>
    where
        Complex<T>: Typed,
    {
        let op = self.op;
        let (mut data, mut layout) = self.input::<T>(x)?;
        let plan = T::planners(&b.plans).noting(self.n).real.plan_fft_forward(self.n);
        let half = self.n / 2 + 1;
        if let Some(last) = layout.shape.last_mut() {
            *last = half;
        }
        let mut out = memory::filled(op, memory::size(op, &layout.shape)?, Complex::<T>::default())?;
        let failed = |e: realfft::FftError| Error::new(ErrorKind::Backend, op).detail(e.to_string());
        if data.len() < PARALLEL {
            data.chunks_mut(self.n).zip(out.chunks_mut(half)).try_for_each(|(run, o)| plan.process(run, o)).map_err(failed)?;
        } else {
            data.par_chunks_mut(self.n).zip(out.par_chunks_mut(half)).try_for_each(|(run, o)| plan.process(run, o)).map_err(failed)?;
        }
        Ok(self.finish(out, layout))
    }
}
