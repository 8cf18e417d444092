//! What the machine can do: copies, reads, multiplications with addition. Measured in the same run as the rows.
use crate::players::BARE;
use crate::rows::Row;
use array_protocol::DType;
use bench::clock::Clock;
use bench::measure::Measured;
use bench::row::Work;
use memmap2::MmapMut;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::hint::black_box;

/// Best rates of all threads together.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// Bytes read and written a second, of a copy beyond the caches.
    pub copy: f64,
    /// Of sums of buffers of rising lengths, within the caches and beyond them.
    pub read: Vec<Rate>,
    /// Float64 operations a second, two for each multiplication with addition.
    pub flops_f64: f64,
    pub flops_f32: f64,
}

/// How fast a buffer is read again and again.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Rate {
    /// Of the buffer.
    pub bytes: usize,
    /// Bytes read a second.
    pub rate: f64,
}

/// Bytes of the shortest buffer that is read, and of the longest, which is far beyond the caches.
const SHORT: usize = 1 << 20;
const LONG: usize = 1 << 28;
/// Instead of both, where only the form matters.
const TINY: usize = 1 << 15;
/// Turns of the loop over registers: some ten milliseconds.
const TURNS: usize = 1 << 20;
const ROUNDS: usize = 5;

fn seconds(clock: Clock, f: impl FnOnce()) -> f64 {
    let start = clock.now();
    f();
    (clock.now() - start).max(1) as f64 * 1e-9
}

impl Limits {
    /// Measures with as many threads as rayon has; small buffers where only the form matters.
    ///
    /// # Errors
    /// Where there is no memory for the buffers.
    pub(crate) fn measure(tiny: bool, clock: Clock) -> std::io::Result<Limits> {
        let (short, long, turns) = if tiny { (TINY, TINY, 1) } else { (SHORT, LONG, TURNS) };
        let (mut from, mut to) = (memory(long)?, memory(long)?);
        from.fill(1);
        let lengths = std::iter::successors(Some(short), |n| Some(n * 2)).take_while(|&n| n <= long);
        let mut best = Limits { read: lengths.map(|bytes| Rate { bytes, rate: 0.0 }).collect(), ..Limits::default() };
        for _ in 0..ROUNDS {
            best.copy = best.copy.max(2.0 * long as f64 / seconds(clock, || copy(&from, &mut to, 1)));
            for Rate { bytes, rate } in &mut best.read {
                let (from, times) = (&from[..*bytes], long / *bytes);
                read(from, UNTIMED);
                *rate = rate.max(long as f64 / seconds(clock, || read(from, times)));
            }
            best.flops_f64 = best.flops_f64.max(flops::<f64, 96>(clock, 0.5, turns, f64::mul_add));
            best.flops_f32 = best.flops_f32.max(flops::<f32, 192>(clock, 0.5, turns, f32::mul_add));
        }
        Ok(best)
    }

    /// The better of each.
    pub(crate) fn max(self, other: &Limits) -> Limits {
        let better = |(a, b): (&Rate, &Rate)| Rate { rate: a.rate.max(b.rate), ..*a };
        Limits {
            copy: self.copy.max(other.copy),
            read: self.read.iter().zip(&other.read).map(better).collect(),
            flops_f64: self.flops_f64.max(other.flops_f64),
            flops_f32: self.flops_f32.max(other.flops_f32),
        }
    }

    /// Sets what a row takes at least, whose inputs have these shapes.
    pub(crate) fn bound(&self, row: &Row, shapes: &[Vec<usize>], measured: &mut Measured) {
        match row.work {
            Work::Unknown => {}
            Work::Move => measured.bounded_by(BARE),
            Work::Flops(count) => {
                let single = row.inputs.first().is_some_and(|i| i.dtype == DType::Float32);
                let rate = if single { self.flops_f32 } else { self.flops_f64 };
                measured.bound_ns = shapes.first().zip(shapes.last()).map(|(first, last)| count(first, last) / rate * 1e9);
            }
        }
    }
}

/// Bytes that one thread takes of so many, in whole numbers.
fn part(bytes: usize) -> usize {
    (bytes / size_of::<f64>() / rayon::current_num_threads().max(1)).max(1) * size_of::<f64>()
}

/// The system's own copy of long parts, so many times: it knows when to write around the caches.
pub(crate) fn copy(from: &[u8], to: &mut [u8], times: usize) {
    let n = part(from.len());
    let parts = to.chunks_mut(n).zip(from.chunks(n)).collect();
    shared(parts, |(to, from): (&mut [u8], &[u8])| {
        for _ in 0..times {
            to.copy_from_slice(black_box(from));
            black_box(&mut *to);
        }
    });
}

/// Passes that are not timed: the third level takes some until it keeps a buffer.
const UNTIMED: usize = 8;

/// Reads all, so many times.
pub(crate) fn read(from: &[u8], times: usize) {
    shared(from.chunks(part(from.len())).collect(), |part: &[u8]| {
        for _ in 0..times {
            black_box(Arch::new().dispatch(Sum(bytemuck::cast_slice(black_box(part)))));
        }
    });
}

/// Does each part on a thread of its own: a single one on this thread, which need not wait until the system has woken another one.
fn shared<P: Send>(parts: Vec<P>, each: impl Fn(P) + Send + Sync) {
    if parts.len() > 1 { parts.into_par_iter().for_each(each) } else { parts.into_iter().for_each(each) }
}

/// Memory in large pages where the system has them: what an array library has to be held against.
pub(crate) fn memory(bytes: usize) -> std::io::Result<MmapMut> {
    let out = MmapMut::map_anon(bytes)?;
    #[cfg(target_os = "linux")]
    // Advice: without large pages the limit is lower, and still one.
    let _ = out.advise(memmap2::Advice::HugePage);
    Ok(out)
}

/// The sum of whole blocks, in the widest vectors there are: a closure would be compiled for the narrowest.
struct Sum<'a>(&'a [f64]);

impl WithSimd for Sum<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        // Enough partial sums for the additions never to wait.
        let mut partial = [simd.splat_f64s(0.0); 8];
        for block in S::as_simd_f64s(self.0).0.as_chunks::<8>().0 {
            for j in 0..8 {
                partial[j] = simd.add_f64s(partial[j], block[j]);
            }
        }
        partial.into_iter().map(|p| simd.reduce_sum_f64s(p)).sum()
    }
}

/// Operations a second of all threads: `N` numbers, as many as registers hold, multiplied by one and added to it over and over.
fn flops<T: Copy + Send + Sync, const N: usize>(
    clock: Clock,
    half: T,
    turns: usize,
    mul_add: impl Fn(T, T, T) -> T + Copy + Send + Sync,
) -> f64 {
    let threads = rayon::current_num_threads();
    let time = seconds(clock, || {
        (0..threads).into_par_iter().for_each(|_| {
            let (mut registers, half) = ([half; N], black_box(half));
            Arch::new().dispatch(|| {
                for _ in 0..turns {
                    registers.iter_mut().for_each(|r| *r = mul_add(*r, half, half));
                }
            });
            black_box(registers);
        });
    });
    2.0 * (threads * N * turns) as f64 / time
}
