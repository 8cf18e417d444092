//! Discrete Fourier transforms along one axis, by rustfft and realfft, in double precision: single precision is rounded once at the end.
use crate::Cpu;
use crate::array::{CpuArray, Typed, gather, wrong_dtype};
use crate::layout::Layout;
use crate::memory::{self, PARALLEL};
use crate::shape::axis;
use array_protocol::options::{Fft, Norm};
use array_protocol::{DType, Error, ErrorKind, FftOp, Result};
use num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use rustfft::FftPlanner;
use std::sync::{Arc, Mutex, PoisonError};

/// Plans made so far.
#[derive(Default)]
pub(crate) struct Plans(Mutex<Planners>);

struct Planners {
    complex: FftPlanner<f64>,
    real: RealFftPlanner<f64>,
    /// Sum of the lengths that plans are kept for.
    held: usize,
}

impl Default for Planners {
    fn default() -> Self {
        Planners { complex: FftPlanner::new(), real: RealFftPlanner::new(), held: 0 }
    }
}

/// Plans hold tables as long as their transforms; beyond this many elements all are dropped.
const HELD: usize = 1 << 22;

impl Plans {
    /// A plan of length `n`.
    fn plan<P: ?Sized>(&self, n: usize, make: impl FnOnce(&mut Planners) -> Arc<P>) -> Arc<P> {
        // A planner left by a panic is as good as new: it only adds plans.
        let mut planners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if planners.held > HELD {
            *planners = Planners::default();
        }
        planners.held = planners.held.saturating_add(n);
        make(&mut planners)
    }
}

pub(crate) fn fft(b: &Cpu, op: FftOp, x: &CpuArray, how: &Fft) -> Result<CpuArray> {
    let at = axis(op, x.shape(), how.axis)?;
    let len = x.shape()[at];
    let n = how.n.map_or(Some(len), |n| usize::try_from(n).ok()).ok_or_else(|| memory::exhausted(op, None))?;
    let job = Job { op, at, len, n, norm: how.norm };
    match (op, x.dtype()) {
        (FftOp::Fft, DType::Complex64) => {
            let (data, layout) = job.complex(b, job.input(x, |z: Complex<f32>| Complex::new(z.re.into(), z.im.into()))?);
            job.finish(data, layout, |z| Complex::new(z.re as f32, z.im as f32))
        }
        (FftOp::Fft, DType::Complex128) => {
            let (data, layout) = job.complex(b, job.input(x, |z: Complex<f64>| z)?);
            job.finish(data, layout, |z| z)
        }
        (FftOp::Rfft, DType::Float32) => {
            let (data, layout) = job.real(b, job.input(x, |v: f32| f64::from(v))?)?;
            job.finish(data, layout, |z| Complex::new(z.re as f32, z.im as f32))
        }
        (FftOp::Rfft, DType::Float64) => {
            let (data, layout) = job.real(b, job.input(x, |v: f64| v)?)?;
            job.finish(data, layout, |z| z)
        }
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
    /// The runs in double precision, cut or padded to `n` elements, and the layout that they have.
    fn input<T: Typed, W: Copy + Default>(&self, x: &CpuArray, widen: fn(T) -> W) -> Result<(Vec<W>, Layout)> {
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
        let mut out = memory::room(op, memory::size(op, &layout.shape)?)?;
        // Tables and work space take several times the length of one transform.
        memory::probe::<W>(op, self.n.saturating_mul(8))?;
        for run in data.chunks(kept) {
            out.extend(run.iter().map(|&v| widen(v)));
            out.resize(out.len() + self.n - kept, W::default());
        }
        Ok((out, layout))
    }

    fn complex(&self, b: &Cpu, (mut data, layout): (Vec<Complex<f64>>, Layout)) -> (Vec<Complex<f64>>, Layout) {
        let plan = b.plans().plan(self.n, |p| p.complex.plan_fft_forward(self.n));
        let parallel = data.len() >= PARALLEL;
        memory::parts(&mut data, self.n, parallel, &|_, run| plan.process(run));
        (data, layout)
    }

    fn real(&self, b: &Cpu, (data, mut layout): (Vec<f64>, Layout)) -> Result<(Vec<Complex<f64>>, Layout)> {
        let op = self.op;
        let plan: Arc<dyn RealToComplex<f64>> = b.plans().plan(self.n, |p| p.real.plan_fft_forward(self.n));
        let half = self.n / 2 + 1;
        if let Some(last) = layout.shape.last_mut() {
            *last = half;
        }
        let mut out = memory::filled(op, memory::size(op, &layout.shape)?, Complex::default())?;
        memory::parts(&mut out, half, data.len() >= PARALLEL, &|i, out| {
            // The only errors are those of lengths, which are the plan's.
            let mut run = data[i * self.n..(i + 1) * self.n].to_vec();
            let done = plan.process(&mut run, out);
            debug_assert!(done.is_ok());
        });
        Ok((out, layout))
    }

    /// Scales, rounds, and puts the axis back in its place.
    fn finish<T: Typed>(&self, data: Vec<Complex<f64>>, layout: Layout, narrow: fn(Complex<f64>) -> T) -> Result<CpuArray> {
        let scale = match self.norm {
            Norm::Backward => 1.0,
            Norm::Ortho => 1.0 / (self.n as f64).sqrt(),
            Norm::Forward => 1.0 / self.n as f64,
        };
        let out = memory::generate(self.op, data.len(), &|start, block: &mut [T]| {
            for (o, z) in block.iter_mut().zip(&data[start..]) {
                *o = narrow(Complex::new(z.re * scale, z.im * scale));
            }
        })?;
        let out = CpuArray::new(layout.shape, out);
        let back = out.layout.last_to(self.at);
        Ok(out.with(back))
    }
}
