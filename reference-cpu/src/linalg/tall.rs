//! Matrices with many more rows than columns: an orthonormal basis of the columns by matrix products (Cholesky QR, twice).
//!
//! `A^H A = L1 L1^H` gives `Q1 = A L1^-H`, whose columns are nearly orthonormal, and once more `Q1^H Q1 = L2 L2^H` gives
//! `Q = Q1 L2^-H`, orthonormal to rounding errors; `R = L2^H L1^H`. The rows are worked on in ranges that depend on the shape alone, so
//! that results do not depend on the number of threads, and in chunks that stay in the cache.
//!
//! The method is as accurate as reflections while the columns are independent enough, up to condition numbers of about 1e7 after each
//! column is scaled to norm 1. That is measured, not assumed: by `|Q1^H Q1 - I| <= 0.1`. Otherwise the caller takes another way.
//!
//! Y. Yamamoto, Y. Nakatsukasa, Y. Yanagisawa, T. Fukaya: Roundoff error analysis of the CholeskyQR2 algorithm, ETNA 44 (2015).
use super::Wide;
use super::product::float::multiply;
use crate::memory::{self, Means, PARALLEL, Store, Workspace};
use array_protocol::{LinalgOp, Result};
use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Accum, Mat, MatMut, MatRef, Par};

/// Elements of a chunk of rows, which is read, solved and multiplied while it is in the cache.
const CHUNK: usize = 1 << 15;
/// Ranges of rows, at most: each has its own sum of `A^H A`, and all sums together are no larger than `A`.
const RANGES: usize = 16;
/// Elements from which on there is something to win.
const LARGE: usize = 1 << 12;

/// Whether a matrix of `m` rows and `n` columns is better decomposed here.
pub(super) fn suits(m: usize, n: usize) -> bool {
    n > 0 && m / 2 >= n && m.saturating_mul(n) >= LARGE
}

/// `A = Q1 L2^-H (L2^H L1^H)`, all to rounding errors.
pub(super) struct Tall<W: Wide> {
    n: usize,
    /// `m x n` in C order.
    q1: Store<W>,
    l1: Mat<W>,
    l2: Mat<W>,
}

/// A range of rows to work on: where it starts, its rows of `Q1`, its share of the Gram matrix.
type Range<'a, W> = (usize, &'a mut [W], &'a mut [W]);

impl<W: Wide> Tall<W> {
    /// `None`: the columns of `a` are too close to dependent ones.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn new(with: Means<'_>, op: LinalgOp, a: MatRef<'_, W>) -> Result<Option<Self>> {
        let (m, n) = (a.nrows(), a.ncols());
        let count = (m / n).clamp(1, RANGES);
        let (rows, chunk, parallel) = (m.div_ceil(count), chunk(n), parallel(m * n, n));
        let count = m.div_ceil(rows);
        let mut sums = Store::<W>::new(with, op, count * n * n)?;
        memory::parts(&mut sums, n * n, parallel, &|i, sum| {
            sum.fill(W::default());
            let end = m.min((i + 1) * rows);
            for start in (i * rows..end).step_by(chunk) {
                add_gram(sum, a.subrows(start, chunk.min(end - start)));
            }
        });
        let gram = total(&mut sums, n);
        let Some(l1) = factored(with, op, &gram)? else { return Ok(None) };
        // What is left of a column besides those before it, against the whole column.
        if (0..n).any(|j| l1[(j, j)].real().powi(2) < 2f64.powi(-44) * gram[(j, j)].real()) {
            return Ok(None);
        }
        let mut q1 = Store::<W>::new(with, op, m * n)?;
        let mut ranges: Vec<Range<'_, W>> =
            q1.chunks_mut(rows * n).zip(sums.chunks_mut(n * n)).enumerate().map(|(i, (q, sum))| (i * rows, q, sum)).collect();
        memory::parts(&mut ranges, 1, parallel, &|_, range| {
            for (first, q, sum) in range {
                sum.fill(W::default());
                for (i, q) in q.chunks_mut(chunk * n).enumerate() {
                    let rows = q.len() / n;
                    let mut q = MatMut::from_row_major_slice_mut(q, rows, n);
                    q.copy_from(a.subrows(*first + i * chunk, q.nrows()));
                    over(q.rb_mut(), l1.as_ref());
                    add_gram(sum, q.rb());
                }
            }
        });
        let gram = total(&mut sums, n);
        // The lower triangle, twice what is below the diagonal.
        let column = |j: usize| {
            let (own, below) = ((gram[(j, j)].real() - 1.0).powi(2), (j + 1..n).map(|i| gram[(i, j)].magnitude().powi(2)));
            own + 2.0 * below.sum::<f64>()
        };
        let squares: f64 = (0..n).map(column).sum();
        // Not the other way round: a NaN is no small error.
        if !(squares.sqrt() <= 0.1) {
            return Ok(None);
        }
        Ok(factored(with, op, &gram)?.map(|l2| Tall { n, q1, l1, l2 }))
    }

    /// `R`, `n x n`, zeros below the diagonal.
    pub(super) fn r(&self) -> Mat<W> {
        let (mut r, upper) = (Mat::zeros(self.n, self.n), BlockStructure::TriangularUpper);
        triangular::matmul(&mut r, upper, Accum::Replace, self.l2.adjoint(), upper, self.l1.adjoint(), upper, W::one_impl(), Par::Seq);
        r
    }

    /// `Q`, `m x n` in C order.
    pub(super) fn q(self) -> Store<W> {
        let mut q = self.q1;
        each_chunk(self.n, &mut q, &|q| over(q, self.l2.as_ref()));
        q
    }

    /// `Q w`, `m x n` in C order, for a `w` of `n x n`.
    pub(super) fn times(self, w: MatRef<'_, W>) -> Store<W> {
        let mut q = self.q1;
        let mut factor = Mat::<W>::identity(self.n, self.n);
        over(factor.as_mut(), self.l2.as_ref());
        let factor = &factor * w;
        each_chunk(self.n, &mut q, &|q| {
            let copy = q.to_owned();
            multiply(q, copy.as_ref(), factor.as_ref());
        });
        q
    }
}

/// Changes chunks of the rows of `q`, which has `n` columns in C order.
fn each_chunk<W: Wide>(n: usize, q: &mut [W], change: &(dyn Fn(MatMut<'_, W>) + Sync)) {
    let parallel = parallel(q.len(), n);
    memory::parts(q, chunk(n) * n, parallel, &|_, q| {
        let rows = q.len() / n;
        change(MatMut::from_row_major_slice_mut(q, rows, n));
    });
}

/// Rows of a chunk: fewer would not pay for reading and writing the sums.
fn chunk(n: usize) -> usize {
    (CHUNK / n).max(512)
}

/// Whether products of so many elements by `n` columns are worth several threads.
fn parallel(elements: usize, n: usize) -> bool {
    elements.saturating_mul(n) >= PARALLEL << 4
}

/// `sum += a^H a`, the lower triangle of `n x n` in column order.
fn add_gram<W: Wide>(sum: &mut [W], a: MatRef<'_, W>) {
    let (n, whole) = (a.ncols(), BlockStructure::Rectangular);
    let sum = MatMut::from_column_major_slice_mut(sum, n, n);
    triangular::matmul(sum, BlockStructure::TriangularLower, Accum::Add, a.adjoint(), whole, a, whole, W::one_impl(), Par::Seq);
}

/// The sum of matrices of `n x n`, always in the same order, in place of the first.
fn total<W: Wide>(sums: &mut [W], n: usize) -> Mat<W> {
    let (first, others) = sums.split_at_mut(n * n);
    memory::parts(first, CHUNK, n * n >= PARALLEL && !others.is_empty(), &|i, part| {
        let len = part.len();
        let mut part = MatMut::from_column_major_slice_mut(part, len, 1);
        others.chunks(n * n).for_each(|sum| part += MatRef::from_column_major_slice(&sum[i * CHUNK..i * CHUNK + len], len, 1));
    });
    MatRef::from_column_major_slice(first, n, n).to_owned()
}

/// `L` of `gram = L L^H`, of which the lower triangle is read; `None`: it is not positive definite.
///
/// # Errors
/// `OutOfMemory`.
fn factored<W: Wide>(with: Means<'_>, op: LinalgOp, gram: &Mat<W>) -> Result<Option<Mat<W>>> {
    let (mut l, par) = (gram.clone(), Par::Seq);
    let mut memory = Workspace::new(with, op, cholesky_in_place_scratch::<W>(l.nrows(), par, Default::default()))?;
    let done = cholesky_in_place(l.as_mut(), Default::default(), par, memory.stack(), Default::default());
    Ok(done.is_ok().then_some(l))
}

/// `q = q L^-H`
fn over<W: Wide>(q: MatMut<'_, W>, l: MatRef<'_, W>) {
    solve_lower_triangular_in_place(l.conjugate(), q.transpose_mut(), Par::Seq);
}
