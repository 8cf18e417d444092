//! Products of integer matrices, exact modulo `2^bits`, by one blocked kernel.
//!
//! Signed and unsigned integers have the same bits in a product modulo `2^bits`, and bytes are multiplied as 16-bit integers, which
//! vector instructions have. So three lane types serve eight dtypes.
use super::Matrix;
use crate::memory::{self, PARALLEL};
use crate::simd::Simd;
use array_protocol::{LinalgOp, Result};

/// Rows of `c` in one call of the kernel, which keeps their sums in registers.
const ROWS: usize = 8;
/// Rows of one task.
const TASK: usize = 8 * ROWS;
/// Terms that are summed before the next block: a panel of so many rows of `b` stays in the first cache.
const DEPTH: usize = 256;
/// Below so many rows or columns nothing is packed: each element of the large operand is used too seldom.
const THIN: usize = 4;

/// An integer that is multiplied in lanes of type `Lane`.
pub(super) trait Integer: Copy + Default + Send + Sync {
    type Lane: Lane;
    fn lane(self) -> Self::Lane;
    fn of(lane: Self::Lane) -> Self;
    /// `self + a b`
    fn plus(self, a: Self, b: Self) -> Self;
}

/// A lane of a vector of 64 bytes.
pub(super) trait Lane: Integer<Lane = Self> {
    /// Lanes of one vector: columns of a panel.
    const WIDTH: usize;
    /// [`sums`] with that many columns.
    fn sums<T: Integer<Lane = Self>>(a: &[Self], b: &[Self], c: &mut [T], n: usize, at: usize);
    /// `self + other`
    fn added(self, other: Self) -> Self;
}

macro_rules! lanes {
    ($($lane:ty: $($t:ty)*;)*) => { $(
        impl Lane for $lane {
            const WIDTH: usize = 64 / size_of::<$lane>();
            #[inline(always)]
            fn sums<T: Integer<Lane = Self>>(a: &[Self], b: &[Self], c: &mut [T], n: usize, at: usize) {
                sums::<T, { 64 / size_of::<$lane>() }>(a, b, c, n, at);
            }
            #[inline(always)]
            fn added(self, other: Self) -> Self { self.wrapping_add(other) }
        }
        $( impl Integer for $t {
            type Lane = $lane;
            #[inline(always)]
            fn lane(self) -> $lane { self as $lane }
            #[inline(always)]
            fn of(lane: $lane) -> $t { lane as $t }
            #[inline(always)]
            fn plus(self, a: $t, b: $t) -> $t { self.wrapping_add(a.wrapping_mul(b)) }
        } )*
    )* };
}
lanes! {
    i16: i8 u8 i16 u16;
    i32: i32 u32;
    i64: i64 u64;
}

/// `c = a b` in C order; `c` is zero before.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn multiply<T: Integer>(op: LinalgOp, simd: Simd, a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T]) -> Result<()> {
    if a.rows < THIN {
        thin(op, simd, a, b, c)?;
    } else if b.cols < THIN {
        // c^T = b^T a^T, whose rows are the columns of c.
        let mut turned = memory::filled(op, c.len(), T::default())?;
        thin(op, simd, b.transposed(), a.transposed(), &mut turned)?;
        for (i, row) in c.chunks_mut(b.cols).enumerate() {
            row.iter_mut().enumerate().for_each(|(j, c)| *c = turned[j * a.rows + i]);
        }
    } else {
        blocked(op, simd, a, b, c)?;
    }
    Ok(())
}

/// Whether so many multiplications are worth several threads.
fn parallel<T>(a: Matrix<'_, T>, b: Matrix<'_, T>) -> bool {
    a.rows.saturating_mul(a.cols).saturating_mul(b.cols) >= PARALLEL << 2
}

/// A product of few rows: sums of the rows of `b`, or sums along its columns, whichever are contiguous.
fn thin<T: Integer>(op: LinalgOp, simd: Simd, a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T]) -> Result<()> {
    let parallel = parallel(a, b);
    let mut row = memory::filled(op, a.cols, T::default())?;
    for (i, c) in c.chunks_mut(b.cols).enumerate() {
        row.iter_mut().enumerate().for_each(|(k, x)| *x = a.at(i, k));
        // Tasks of about 2^14 elements of `b`, but whole cache lines of `c`.
        let len = ((1 << 14) / b.rows.max(1)).max(64);
        memory::parts(c, len, parallel, &|part, c| {
            let first = part * len;
            simd.run(|| {
                if b.has_rows() {
                    for (k, &x) in row.iter().enumerate() {
                        let line = &b.line(k)[first..first + c.len()];
                        c.iter_mut().zip(line).for_each(|(c, &y)| *c = c.plus(x, y));
                    }
                } else {
                    for (j, c) in c.iter_mut().enumerate() {
                        *c = row.iter().zip(b.line(first + j)).fold(T::default(), |sum, (&x, &y)| sum.plus(x, y));
                    }
                }
            });
        });
    }
    Ok(())
}

fn blocked<T: Integer>(op: LinalgOp, simd: Simd, a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T]) -> Result<()> {
    let (width, n, parallel) = (T::Lane::WIDTH, b.cols, parallel(a, b));
    let mut panels = memory::filled(op, n.next_multiple_of(width) * DEPTH.min(b.rows), T::Lane::default())?;
    for start in (0..b.rows).step_by(DEPTH) {
        let depth = DEPTH.min(b.rows - start);
        let panels = &mut panels[..n.next_multiple_of(width) * depth];
        memory::parts(panels, width * depth, parallel, &|p, panel| pack(b.transposed(), p * width, start, width, panel));
        let panels = &*panels;
        memory::parts(c, TASK * n, parallel, &|t, c| {
            let rows = (c.len() / n).next_multiple_of(ROWS);
            let mut strips = vec![T::Lane::default(); rows * depth];
            for (s, strip) in strips.chunks_mut(ROWS * depth).enumerate() {
                pack(a, t * TASK + s * ROWS, start, ROWS, strip);
            }
            simd.run(|| {
                for (p, panel) in panels.chunks_exact(width * depth).enumerate() {
                    for (strip, c) in strips.chunks_exact(ROWS * depth).zip(c.chunks_mut(ROWS * n)) {
                        T::Lane::sums(strip, panel, c, n, p * width);
                    }
                }
            });
        });
    }
    Ok(())
}

/// `width` rows of `m` from row `first`, column by column from `start` on as long as there is room. Missing rows stay zero.
fn pack<T: Integer>(m: Matrix<'_, T>, first: usize, start: usize, width: usize, out: &mut [T::Lane]) {
    let count = width.min(m.rows - first);
    if m.has_rows() {
        for r in 0..count {
            let line = &m.line(first + r)[start..];
            out[r..].iter_mut().step_by(width).zip(line).for_each(|(o, x)| *o = x.lane());
        }
    } else {
        for (k, out) in out.chunks_mut(width).enumerate() {
            let line = &m.line(start + k)[first..first + count];
            out.iter_mut().zip(line).for_each(|(o, x)| *o = x.lane());
        }
    }
}

/// `c += a b` for up to [`ROWS`] rows and `W` columns from `at` on; `a` and `b` are packed, rows of `c` have `n` elements.
#[inline(always)]
fn sums<T: Integer, const W: usize>(a: &[T::Lane], b: &[T::Lane], c: &mut [T], n: usize, at: usize) {
    let mut sums = [[T::Lane::default(); W]; ROWS];
    let (a, b) = (a.as_chunks::<ROWS>().0, b.as_chunks::<W>().0);
    for (a, b) in a.iter().zip(b) {
        for (sums, &x) in sums.iter_mut().zip(a) {
            sums.iter_mut().zip(b).for_each(|(s, &y)| *s = s.plus(x, y));
        }
    }
    for (row, sums) in c.chunks_mut(n).zip(&sums) {
        row[at..].iter_mut().zip(sums).for_each(|(c, &s)| *c = T::of(s.added(c.lane())));
    }
}
