//! What the machine can do: copies, reads, multiplications with addition. Measured in the same run as the rows.
use crate::rows::Row;
use array_protocol::DType;
use bench::clock::Clock;
use bench::row::Work;
use memmap2::MmapMut;
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
            best.copy = best.copy.max(copied(clock, &from, &mut to));
            black_box(&mut to);
            for Rate { bytes, rate } in &mut best.read {
                *rate = rate.max(read(clock, &from[..*bytes], long / *bytes));
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

    /// Bytes read a second from buffers of so many: of the next length that was measured.
    fn read(&self, bytes: usize) -> Option<f64> {
        Some(self.read.iter().find(|r| r.bytes >= bytes).or(self.read.last())?.rate)
    }

    /// The nanoseconds that a row takes at least, whose inputs and result are of these lengths and bytes.
    pub(crate) fn bound(&self, row: &Row, shapes: &[Vec<usize>], bytes_in: usize, bytes_out: usize) -> Option<f64> {
        match row.work {
            Work::Unknown => None,
            // What hardly writes is bound by reading.
            Work::Move if bytes_out * 8 < bytes_in => Some(bytes_in as f64 / self.read(bytes_in)? * 1e9),
            Work::Move => Some((bytes_in + bytes_out) as f64 / self.copy * 1e9),
            Work::Flops(count) => {
                let single = row.inputs.first().is_some_and(|i| i.dtype == DType::Float32);
                let rate = if single { self.flops_f32 } else { self.flops_f64 };
                Some(count(shapes.first()?, shapes.last()?) / rate * 1e9)
            }
        }
    }
}

/// Bytes that one thread takes of so many, in whole numbers.
fn part(bytes: usize) -> usize {
    (bytes / size_of::<f64>() / rayon::current_num_threads().max(1)).max(1) * size_of::<f64>()
}

/// Bytes read and written a second by the system's own copy of long parts: it knows when to write around the caches.
fn copied(clock: Clock, from: &[u8], to: &mut [u8]) -> f64 {
    let n = part(from.len());
    2.0 * from.len() as f64
        / seconds(clock, || to.par_chunks_mut(n).zip(from.par_chunks(n)).for_each(|(to, from)| to.copy_from_slice(from)))
}

/// Passes that are not timed: the third level takes some until it keeps a buffer.
const UNTIMED: usize = 8;

/// Bytes read a second, so many times.
fn read(clock: Clock, from: &[u8], times: usize) -> f64 {
    let pass = |times: usize| {
        from.par_chunks(part(from.len())).for_each(|part| {
            for _ in 0..times {
                black_box(sum(bytemuck::cast_slice(black_box(part))));
            }
        });
    };
    pass(UNTIMED);
    (from.len() * times) as f64 / seconds(clock, || pass(times))
}

/// Memory in large pages where the system has them: what an array library has to be held against.
fn memory(bytes: usize) -> std::io::Result<MmapMut> {
    let out = MmapMut::map_anon(bytes)?;
    #[cfg(target_os = "linux")]
    // Advice: without large pages the limit is lower, and still one.
    let _ = out.advise(memmap2::Advice::HugePage);
    Ok(out)
}

/// Enough partial sums for the additions never to wait.
fn sum(x: &[f64]) -> f64 {
    pulp::Arch::new().dispatch(|| {
        let mut partial = [0.0; 64];
        for block in x.chunks_exact(64) {
            partial.iter_mut().zip(block).for_each(|(p, v)| *p += v);
        }
        partial.iter().sum()
    })
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
            pulp::Arch::new().dispatch(|| {
                for _ in 0..turns {
                    registers.iter_mut().for_each(|r| *r = mul_add(*r, half, half));
                }
            });
            black_box(registers);
        });
    });
    2.0 * (threads * N * turns) as f64 / time
}
