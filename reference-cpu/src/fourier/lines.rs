//! The driver: lines are read from wherever they lie, transformed in work space that stays in the cache, and written in C order.
use super::plans::Forward;
use super::{Job, Sample};
use crate::Cpu;
use crate::array::CpuArray;
use crate::memory::{self, PARALLEL, Store};
use array_protocol::strided::Layout;
use array_protocol::{Error, ErrorKind, FftOp, Result};
use ndarray::{ArrayViewMut3, Axis};
use num_complex::Complex;

/// Elements that are transformed with one set of buffers, if lines are short: 512 KiB.
const GROUP: usize = 1 << 15;
/// Neighbouring lines that are read and written together, where lines lie across the memory.
const BAND: usize = 16;
/// Beyond this length a band would leave the cache, and only as many lines are taken together as share the cache lines of double precision.
const LONG: usize = 1 << 14;
const CLOSE: usize = 4;
/// Elements between such lines, so that they do not compete for the same places of the cache.
const GAP: usize = 4;
/// Into so many tasks long work is cut at most.
const TASKS: usize = 32;

/// Where lines lie: element `j` of line `(o, i)` at `offset + o * outer.1 + i * inner.1 + j * along.1`; counts first, then strides.
struct Lines {
    offset: usize,
    outer: (usize, isize),
    along: (usize, isize),
    inner: (usize, isize),
}

impl Lines {
    /// The lines along an axis, where the axes before it act as one, and those behind it.
    fn new(layout: &Layout, at: usize) -> Option<Lines> {
        let merged = |axes: std::ops::Range<usize>| {
            let mut whole = (1, 0);
            for (&len, &stride) in layout.shape[axes.clone()].iter().zip(&layout.strides[axes]).rev().filter(|&(&len, _)| len != 1) {
                if whole.0 == 1 {
                    whole = (len, stride);
                } else if whole.1.checked_mul(whole.0 as isize) == Some(stride) {
                    whole.0 *= len;
                } else {
                    return None;
                }
            }
            Some(whole)
        };
        let along = (layout.shape[at], layout.strides[at]);
        Some(Lines { offset: layout.offset, outer: merged(0..at)?, along, inner: merged(at + 1..layout.rank())? })
    }

    /// The place of element `j` of a line.
    fn place(&self, o: usize, i: usize, j: usize) -> usize {
        let ahead = |n: usize, stride: isize| stride.wrapping_mul(n as isize);
        let steps = [ahead(o, self.outer.1), ahead(i, self.inner.1), ahead(j, self.along.1)];
        steps.into_iter().fold(self.offset, usize::wrapping_add_signed)
    }

    /// Reads the first `kept` elements of `count` lines from `(o, i)` on; in `to`, lines begin `pitch` apart.
    fn read<T: Sample>(&self, data: &[T], (o, i): (usize, usize), count: usize, kept: usize, to: &mut [T::Wide], pitch: usize) {
        if self.along.1 == 1 {
            for (l, line) in to.chunks_mut(pitch).take(count).enumerate() {
                let start = self.place(o, i + l, 0);
                line.iter_mut().zip(&data[start..start + kept]).for_each(|(w, &v)| *w = v.widen());
            }
            return;
        }
        for j in 0..kept {
            let start = self.place(o, i, j);
            let places = (0..count).map(|l| start.wrapping_add_signed(self.inner.1.wrapping_mul(l as isize)));
            places.zip(to[j..].iter_mut().step_by(pitch)).for_each(|(p, w)| *w = data[p].widen());
        }
    }
}

/// Some lines of the result, and where the first is.
struct Group<'a, T> {
    first: (usize, usize),
    out: ArrayViewMut3<'a, T>,
    done: Result<()>,
}

/// Transforms all lines of `x` along an axis.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn transform<T: Sample>(b: &Cpu, job: Job, x: &CpuArray) -> Result<CpuArray> {
    let op = job.op;
    let mut shape = x.shape().clone();
    shape[job.at] = if op == FftOp::Rfft { job.n / 2 + 1 } else { job.n };
    let size = memory::size(op, &shape)?;
    let mut out = Store::<T::Out>::new(b.means(), op, size)?;
    if size > 0 {
        // Tables and work space take several times the length of one transform.
        memory::probe::<Complex<f64>>(op, job.n.saturating_mul(8))?;
        let plan = T::plan(b.plans(), job.n);
        match Lines::new(&x.layout, job.at) {
            Some(lines) => spectra(&job, &plan, x.data::<T>(op)?, &lines, &mut out)?,
            None => {
                let x = x.compact(b.means(), op)?;
                if let Some(lines) = Lines::new(&x.layout, job.at) {
                    spectra(&job, &plan, x.data::<T>(op)?, &lines, &mut out)?;
                }
            }
        }
    }
    Ok(CpuArray::new(shape, out))
}

/// Transforms lines into an array of three axes in C order, the second of which is transformed.
fn spectra<T: Sample>(job: &Job, plan: &Forward<T::Wide>, data: &[T], lines: &Lines, out: &mut [T::Out]) -> Result<()> {
    let op = job.op;
    let (outer, inner) = (lines.outer.0, lines.inner.0);
    let parallel = outer.saturating_mul(inner).saturating_mul(job.n) >= PARALLEL;
    let whole = ArrayViewMut3::from_shape((outer, plan.spectrum, inner), out);
    let whole = whole.map_err(|_| Error::new(ErrorKind::Backend, op).detail("the result has another size than its shape"))?;
    // Either some rows of all that lies behind the axis, or a band of it in one row.
    let band = inner.min(if job.n > LONG { CLOSE } else { BAND });
    let rows = if band == inner { (GROUP / (band * job.n)).clamp(1, outer) } else { 1 };
    let mut groups = memory::room(op, outer.div_ceil(rows) * inner.div_ceil(band))?;
    for (r, row) in pieces(whole, Axis(0), rows).enumerate() {
        groups.extend(pieces(row, Axis(2), band).enumerate().map(|(c, out)| Group { first: (r * rows, c * band), out, done: Ok(()) }));
    }
    let each = groups.len().div_ceil(TASKS);
    memory::parts(&mut groups, each, parallel, &|_, part: &mut [Group<'_, T::Out>]| match Space::new(job, plan, band) {
        Ok(mut space) => part.iter_mut().for_each(|group| space.transform(data, lines, group)),
        Err(e) => part[0].done = Err(e),
    });
    groups.into_iter().try_for_each(|group| group.done)
}

/// Cuts an array along an axis into pieces of `len`.
fn pieces<'a, T>(whole: ArrayViewMut3<'a, T>, axis: Axis, len: usize) -> impl Iterator<Item = ArrayViewMut3<'a, T>> {
    let mut rest = Some(whole);
    std::iter::from_fn(move || {
        let view = rest.take()?;
        if view.len_of(axis) <= len {
            return Some(view);
        }
        let (piece, others) = view.split_at(axis, len);
        rest = Some(others);
        Some(piece)
    })
}

/// The buffers of one task.
struct Space<'a, T: Sample> {
    job: &'a Job,
    plan: &'a Forward<T::Wide>,
    lines: Vec<T::Wide>,
    spectra: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl<'a, T: Sample> Space<'a, T> {
    /// For `band` lines at a time.
    fn new(job: &'a Job, plan: &'a Forward<T::Wide>, band: usize) -> Result<Self> {
        let direct = band == 1 && T::wide(&mut []).is_some();
        Ok(Space {
            job,
            plan,
            lines: memory::filled(job.op, band * (job.n + GAP), T::Wide::default())?,
            spectra: memory::filled(job.op, if direct { 0 } else { band * (plan.spectrum + GAP) }, Complex::default())?,
            scratch: memory::filled(job.op, plan.scratch, Complex::default())?,
        })
    }

    fn transform(&mut self, data: &[T], lines: &Lines, group: &mut Group<'_, T::Out>) {
        let (n, spectrum, scale, kept) = (self.job.n, self.plan.spectrum, self.job.scale, self.job.n.min(lines.along.0));
        for (o, mut out) in group.out.outer_iter_mut().enumerate() {
            let count = out.len_of(Axis(1));
            lines.read(data, (group.first.0 + o, group.first.1), count, kept, &mut self.lines, n + GAP);
            let space = self.lines.chunks_mut(n + GAP).take(count).map(|line| {
                line[kept..n].fill(T::Wide::default());
                &mut line[..n]
            });
            // A single line has its elements side by side, here and in the result.
            let mut one = if count == 1 { out.as_slice_mut() } else { None };
            if let Some(direct) = one.as_deref_mut().and_then(T::wide) {
                space.for_each(|line| (self.plan.run)(line, direct, &mut self.scratch));
                if scale != 1.0 {
                    direct.iter_mut().for_each(|z| *z *= scale);
                }
                continue;
            }
            for (line, out) in space.zip(self.spectra.chunks_mut(spectrum + GAP)) {
                (self.plan.run)(line, &mut out[..spectrum], &mut self.scratch);
            }
            if let Some(one) = one {
                one.iter_mut().zip(&self.spectra).for_each(|(o, &z)| *o = T::narrow(z * scale));
                continue;
            }
            for (k, mut row) in out.outer_iter_mut().enumerate() {
                let column = self.spectra[k..].iter().step_by(spectrum + GAP);
                row.iter_mut().zip(column).for_each(|(o, &z)| *o = T::narrow(z * scale));
            }
        }
    }
}
