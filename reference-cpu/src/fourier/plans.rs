//! Plans: what a transform of one length needs to know, made once.
use num_complex::Complex;
use realfft::RealFftPlanner;
use rustfft::FftPlanner;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Overwrites a spectrum by the transform of a line; uses line and scratch as work space. The lengths are those of the plan.
type Run<W> = dyn Fn(&mut [W], &mut [Complex<f64>], &mut [Complex<f64>]) + Send + Sync;

/// How lines of `W` become spectra.
pub(super) struct Forward<W> {
    pub(super) run: Box<Run<W>>,
    /// Elements of a spectrum.
    pub(super) spectrum: usize,
    /// Elements of work space.
    pub(super) scratch: usize,
}

/// Plans made so far.
#[derive(Default)]
pub(crate) struct Plans(Mutex<Planners>);

struct Planners {
    complex: FftPlanner<f64>,
    real: RealFftPlanner<f64>,
    /// The lengths that plans are kept for, and whether they are for real lines.
    known: HashSet<(usize, bool)>,
    /// Sum of the lengths.
    held: usize,
}

impl Default for Planners {
    fn default() -> Self {
        Planners { complex: FftPlanner::new(), real: RealFftPlanner::new(), known: HashSet::new(), held: 0 }
    }
}

/// Plans hold tables as long as their transforms; beyond this many elements all are dropped.
const HELD: usize = 1 << 22;

impl Plans {
    /// A plan for complex lines of `n` elements.
    pub(super) fn complex(&self, n: usize) -> Forward<Complex<f64>> {
        let plan = self.plan((n, false), |p| p.complex.plan_fft_forward(n));
        let scratch = plan.get_outofplace_scratch_len();
        Forward { run: Box::new(move |line, out, scratch| plan.process_outofplace_with_scratch(line, out, scratch)), spectrum: n, scratch }
    }

    /// A plan for real lines of `n` elements.
    pub(super) fn real(&self, n: usize) -> Forward<f64> {
        let plan = self.plan((n, true), |p| p.real.plan_fft_forward(n));
        let scratch = plan.get_scratch_len();
        let run = move |line: &mut [f64], out: &mut [Complex<f64>], scratch: &mut [Complex<f64>]| {
            // The only errors are those of lengths.
            let done = plan.process_with_scratch(line, out, scratch);
            debug_assert!(done.is_ok());
        };
        Forward { run: Box::new(run), spectrum: n / 2 + 1, scratch }
    }

    fn plan<P: ?Sized>(&self, which: (usize, bool), make: impl FnOnce(&mut Planners) -> Arc<P>) -> Arc<P> {
        // A planner left by a panic is as good as new: it only adds plans.
        let mut planners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !planners.known.contains(&which) {
            if planners.held > HELD {
                *planners = Planners::default();
            }
            planners.known.insert(which);
            planners.held = planners.held.saturating_add(which.0);
        }
        make(&mut planners)
    }
}
