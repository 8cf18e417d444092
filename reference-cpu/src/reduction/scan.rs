//! Running sums along one axis.
//!
//! The axis is cut into spans. What comes before a span, its carry, is the sum of the totals of those before; the totals come out of the
//! same additions whether they are taken first, by several threads, or on the way, so that the bits do not depend on the number of
//! threads. Axes that fit a span are summed one element after the other.
use super::accumulate::{Accumulate, Wide};
use super::fold::LEAF;
use super::{accumulator, numeric};
use crate::Cpu;
use crate::array::{CpuArray, gather};
use crate::elementwise::cast::cast;
use crate::memory::{self, Means, PARALLEL, Store};
use crate::simd::Simd;
use array_protocol::options::Scan;
use array_protocol::strided::axis;

use array_protocol::{Error, ErrorKind, Result, ScanOp};
use num_complex::Complex;
use smallvec::{SmallVec, smallvec};

/// Elements of a span of a single column, and rows of one of several.
const SPAN: usize = 1 << 16;
const ROWS: usize = 64;
/// Columns that are summed side by side.
const TILE: usize = 1 << 10;
/// Runs that are enough to keep all threads busy.
const MANY: usize = 32;

pub(crate) fn cumulative_sum(b: &Cpu, x: &CpuArray, how: &Scan) -> Result<CpuArray> {
    let op = ScanOp::CumulativeSum;
    let at = match how.axis {
        Some(a) => axis(op, x.shape(), a)?,
        None if x.shape().rank() == 1 => 0,
        None => return Err(Error::new(ErrorKind::Axis, op).shapes(&[x.shape()]).detail("no axis given, and the rank is not 1")),
    };
    let dtype = accumulator(op, x.dtype(), how.dtype)?;
    let x = cast(b.means(), op, x, dtype)?;
    numeric!(op, dtype, T => along::<T>(b.means(), &x, at, how.include_initial))
}

/// Numbers that running sums are made of, in their own dtype.
trait Running: Accumulate {
    fn back(w: Self::Wide) -> Self;
    /// Of a sum that did not overflow, where overflow is for good.
    fn is_sound(w: Self::Wide) -> bool;
}
macro_rules! running {
    (integer $($t:ty),*) => { $( impl Running for $t {
        #[inline(always)]
        fn back(w: u64) -> $t { w as $t }
        fn is_sound(_: u64) -> bool { true }
    } )* };
    (float $($t:ty),*) => { $(
        impl Running for $t {
            #[inline(always)]
            fn back(w: f64) -> $t { w as $t }
            fn is_sound(w: f64) -> bool { w.is_finite() }
        }
        impl Running for Complex<$t> {
            #[inline(always)]
            fn back(w: Complex<f64>) -> Self { Complex::new(w.re as $t, w.im as $t) }
            fn is_sound(w: Complex<f64>) -> bool { w.re.is_finite() && w.im.is_finite() }
        }
    )* };
}
running!(integer i8, i16, i32, i64, u8, u16, u32, u64);
running!(float f32, f64);

fn along<T: Running>(with: Means<'_>, x: &CpuArray, at: usize, initial: bool) -> Result<CpuArray> {
    let op = ScanOp::CumulativeSum;
    let data = gather(op, x.data::<T>(op)?, &x.layout)?;
    let len = x.shape()[at];
    let mut shape = x.shape().clone();
    shape[at] = len.checked_add(usize::from(initial)).ok_or_else(|| memory::exhausted(op, None))?;
    let simd = with.simd;
    let mut out = Store::new(with, op, memory::size(op, &shape)?)?;
    let columns: usize = shape.iter().skip(at + 1).product();
    // Elements, for each index before the axis, of x and of the result; the sums begin behind the zeros.
    let (from, to, skip) = (len * columns, shape[at] * columns, usize::from(initial) * columns);
    if skip > 0 {
        out.chunks_mut(to).for_each(|sheet| sheet[..skip].fill(T::default()));
    }
    if from == 0 || out.is_empty() {
        return Ok(CpuArray::new(shape, out));
    }
    let (sheets, scan) = (out.len() / to, Sheets { simd, columns });
    let parallel = out.len() >= PARALLEL && rayon::current_num_threads() > 1;
    if parallel && sheets < MANY && from > 2 * scan.span() {
        for (x, out) in data.chunks(from).zip(out.chunks_mut(to)) {
            scan.shared(x, &mut out[skip..])?;
        }
    } else {
        let task = (PARALLEL / 4 / to).max(1);
        memory::parts(&mut out, task * to, parallel && sheets > task, &|i, part| {
            for (x, out) in data[i * task * from..].chunks(from).zip(part.chunks_mut(to)) {
                scan.alone(x, &mut out[skip..]);
            }
        });
    }
    Ok(CpuArray::new(shape, out))
}

/// Sums over the first axis of arrays of any length and some columns.
#[derive(Clone, Copy)]
struct Sheets {
    simd: Simd,
    columns: usize,
}

type Sums<T> = SmallVec<[<T as Accumulate>::Wide; 1]>;

impl Sheets {
    /// Elements of a span.
    fn span(self) -> usize {
        if self.columns == 1 { SPAN } else { ROWS * self.columns }
    }

    /// By one thread.
    fn alone<T: Running>(self, x: &[T], out: &mut [T]) {
        let mut carry: Sums<T> = smallvec![T::Wide::NOTHING; self.columns];
        if x.len() <= self.span() {
            return self.plain(x, out, &mut carry);
        }
        let mut total = carry.clone();
        for (k, (part, sums)) in x.chunks(self.span()).zip(out.chunks_mut(self.span())).enumerate() {
            total.fill(T::Wide::NOTHING);
            self.sum(part, sums, &carry, &mut total);
            if !total.iter().all(|&t| T::is_sound(t)) {
                let done = k * self.span();
                return self.plain(&x[done..], &mut out[done..], &mut carry);
            }
            carry.iter_mut().zip(&total).for_each(|(c, &t)| *c = c.plus(t));
        }
    }

    /// By all threads.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn shared<T: Running>(self, x: &[T], out: &mut [T]) -> Result<()> {
        let (span, n) = (self.span(), self.columns);
        let spans = x.len().div_ceil(span);
        let mut carries = memory::filled(ScanOp::CumulativeSum, spans * n, T::Wide::NOTHING)?;
        memory::parts(&mut carries, n, true, &|i, total| self.total(&x[i * span..x.len().min((i + 1) * span)], total));
        let mut carry: Sums<T> = smallvec![T::Wide::NOTHING; n];
        let mut sound = 0;
        for totals in carries.chunks_mut(n) {
            if !totals.iter().all(|&t| T::is_sound(t)) {
                break;
            }
            for (total, carry) in totals.iter_mut().zip(&mut carry) {
                let next = carry.plus(*total);
                *total = std::mem::replace(carry, next);
            }
            sound += 1;
        }
        let (first, rest) = out.split_at_mut((sound * span).min(x.len()));
        memory::parts(first, span, true, &|i, sums| {
            let mut total: Sums<T> = smallvec![T::Wide::NOTHING; n];
            self.sum(&x[i * span..][..sums.len()], sums, &carries[i * n..][..n], &mut total);
        });
        self.plain(&x[first.len()..], rest, &mut carry);
        Ok(())
    }

    /// One addition after the other.
    fn plain<T: Running>(self, x: &[T], out: &mut [T], carry: &mut [T::Wide]) {
        self.simd.run(
            #[inline(always)]
            || {
                if let [carry] = carry {
                    *carry = one_by_one(x, out, *carry);
                    return;
                }
                let n = carry.len();
                for (x, out) in x.chunks(n).zip(out.chunks_mut(n)) {
                    for ((carry, &v), o) in carry.iter_mut().zip(x).zip(out) {
                        *carry = carry.plus(v.widen());
                        *o = T::back(*carry);
                    }
                }
            },
        );
    }

    /// Adds the elements of a span to `total`, in the order of [`sum`](Self::sum).
    fn total<T: Running>(self, x: &[T], total: &mut [T::Wide]) {
        self.simd.run(
            #[inline(always)]
            || {
                if let [total] = total {
                    for block in x.chunks(LEAF) {
                        *total = total.plus(T::sum(block));
                    }
                    return;
                }
                for x in x.chunks(total.len()) {
                    for (total, &v) in total.iter_mut().zip(x) {
                        *total = total.plus(v.widen());
                    }
                }
            },
        );
    }

    /// The running sums of a span, on top of what came before; `total` becomes that of the span.
    fn sum<T: Running>(self, x: &[T], out: &mut [T], carry: &[T::Wide], total: &mut [T::Wide]) {
        self.simd.run(
            #[inline(always)]
            || {
                if let ([carry], [total]) = (carry, &mut *total) {
                    let mut sum = *carry;
                    for (x, out) in x.chunks(LEAF).zip(out.chunks_mut(LEAF)) {
                        *total = total.plus(T::sum(x));
                        sum = one_by_one(x, out, sum);
                    }
                    return;
                }
                let n = carry.len();
                for first in (0..n).step_by(TILE) {
                    let tile = first..n.min(first + TILE);
                    let (carry, total) = (&carry[tile.clone()], &mut total[tile.clone()]);
                    for (x, out) in x.chunks(n).zip(out.chunks_mut(n)) {
                        for (((o, &v), &carry), total) in out[tile.clone()].iter_mut().zip(&x[tile.clone()]).zip(carry).zip(&mut *total) {
                            *total = total.plus(v.widen());
                            *o = T::back(carry.plus(*total));
                        }
                    }
                }
            },
        );
    }
}

#[inline(always)]
fn one_by_one<T: Running>(x: &[T], out: &mut [T], mut sum: T::Wide) -> T::Wide {
    for (&v, o) in x.iter().zip(out) {
        sum = sum.plus(v.widen());
        *o = T::back(sum);
    }
    sum
}
