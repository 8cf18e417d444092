//! Products of integer matrices, exact modulo `2^bits`.
//!
//! The inner loop runs along rows of `b` and adds four of them at once to a row of `c`, so that it is long and without branches for
//! every dtype and every set of vector instructions; blocks keep the rows in the caches.
use super::Matrix;
use crate::memory::{self, PARALLEL};
use crate::simd::Simd;
use array_protocol::{LinalgOp, Result};
use std::array::from_fn;

/// Rows of `c` in one task.
const ROWS: usize = 64;
/// Columns that are worked on together: four rows of `b` so long stay in the first cache, [`ROWS`] of `c` in the second.
const COLUMNS: usize = 512;
/// Rows of `b` that are added at once.
const DEPTH: usize = 4;
/// Below so many rows or columns each element of the large operand is used too seldom to move it first.
const THIN: usize = 4;

/// An integer with a product modulo `2^bits`.
pub(super) trait Integer: Copy + Default + Send + Sync {
    /// `self + a b`
    fn plus(self, a: Self, b: Self) -> Self;
}

macro_rules! integers {
    ($($t:ty)*) => { $( impl Integer for $t {
        #[inline(always)]
        fn plus(self, a: $t, b: $t) -> $t { self.wrapping_add(a.wrapping_mul(b)) }
    } )* };
}
integers! { i8 i16 i32 i64 u8 u16 u32 u64 }

/// `c = a b` in C order; `c` is zero before.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn multiply<T: Integer>(op: LinalgOp, simd: Simd, a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T]) -> Result<()> {
    let parallel = a.rows.saturating_mul(a.cols).saturating_mul(b.cols) >= PARALLEL << 2;
    if a.rows < THIN {
        thin(op, simd, a, b, c, parallel)
    } else if b.cols < THIN {
        // c^T = b^T a^T
        let mut turned = memory::filled(op, c.len(), T::default())?;
        thin(op, simd, b.transposed(), a.transposed(), &mut turned, parallel)?;
        for (j, column) in turned.chunks_exact(a.rows).enumerate() {
            c[j..].iter_mut().step_by(b.cols).zip(column).for_each(|(c, &v)| *c = v);
        }
        Ok(())
    } else if b.has_rows() {
        blocked(simd, a, b, c, parallel);
        Ok(())
    } else {
        let copy = in_rows(op, b)?;
        blocked(simd, a, Matrix::contiguous(&copy, b.rows, b.cols), c, parallel);
        Ok(())
    }
}

/// `c += x b` for [`DEPTH`] rows of `b` (or one, at the end), each as long as `c`.
#[inline(always)]
fn add_rows<T: Integer, const K: usize>(c: &mut [T], x: [T; K], b: [&[T]; K]) {
    let b = b.map(|b| &b[..c.len()]);
    for (j, c) in c.iter_mut().enumerate() {
        let mut sum = *c;
        for k in 0..K {
            sum = sum.plus(x[k], b[k][j]);
        }
        *c = sum;
    }
}

/// A product by blocks; the rows of `b` are contiguous.
fn blocked<T: Integer>(simd: Simd, a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T], parallel: bool) {
    let n = b.cols;
    memory::parts(c, ROWS * n, parallel, &|task, c| {
        simd.run(
            #[inline(always)]
            || {
                for first in (0..n).step_by(COLUMNS) {
                    let columns = first..n.min(first + COLUMNS);
                    let whole = b.rows - b.rows % DEPTH;
                    for k in (0..whole).step_by(DEPTH) {
                        let lines: [&[T]; DEPTH] = from_fn(|d| &b.line(k + d)[columns.clone()]);
                        for (i, c) in c.chunks_exact_mut(n).enumerate() {
                            add_rows(&mut c[columns.clone()], from_fn(|d| a.at(task * ROWS + i, k + d)), lines);
                        }
                    }
                    for k in whole..b.rows {
                        let line = &b.line(k)[columns.clone()];
                        for (i, c) in c.chunks_exact_mut(n).enumerate() {
                            add_rows(&mut c[columns.clone()], [a.at(task * ROWS + i, k)], [line]);
                        }
                    }
                }
            },
        );
    });
}

/// A product of few rows: sums of the rows of `b`, or sums along its columns, whichever are contiguous.
fn thin<T: Integer>(op: LinalgOp, simd: Simd, a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T], parallel: bool) -> Result<()> {
    let mut row = memory::filled(op, a.cols, T::default())?;
    for (i, c) in c.chunks_mut(b.cols).enumerate() {
        row.iter_mut().enumerate().for_each(|(k, x)| *x = a.at(i, k));
        // Tasks of about 2^14 elements of `b`, but whole cache lines of `c`.
        let len = ((1 << 14) / b.rows.max(1)).max(64);
        memory::parts(c, len, parallel, &|part, c| {
            let first = part * len;
            simd.run(
                #[inline(always)]
                || {
                    if b.has_rows() {
                        row.iter().enumerate().for_each(|(k, &x)| add_rows(c, [x], [&b.line(k)[first..]]));
                    } else {
                        for (j, c) in c.iter_mut().enumerate() {
                            *c = row.iter().zip(b.line(first + j)).fold(T::default(), |sum, (&x, &y)| sum.plus(x, y));
                        }
                    }
                },
            );
        });
    }
    Ok(())
}

/// A copy with contiguous rows.
fn in_rows<T: Integer>(op: LinalgOp, m: Matrix<'_, T>) -> Result<Vec<T>> {
    /// Rows and columns of a tile, which stays in the cache while it is read along one axis and written along the other.
    const TILE: usize = 32;
    let mut out = memory::filled(op, m.rows * m.cols, T::default())?;
    memory::parts(&mut out, TILE * m.cols, m.rows * m.cols >= PARALLEL, &|part, out| {
        for first in (0..m.cols).step_by(TILE) {
            for (i, row) in out.chunks_mut(m.cols).enumerate() {
                row.iter_mut().enumerate().skip(first).take(TILE).for_each(|(j, o)| *o = m.at(part * TILE + i, j));
            }
        }
    });
    Ok(out)
}
