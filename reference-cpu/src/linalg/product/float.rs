//! Products of floating-point matrices by the kernels of faer, which choose AVX2 or AVX-512 themselves.
use crate::memory;
use faer::linalg::matmul::matmul;
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};

/// Multiplications of one task, at least.
const TASK: usize = 1 << 24;
/// Tasks of one product, about: what one thread does last is not shared.
const TASKS: usize = 32;
/// Columns of a task are a multiple of this, as those of the kernels' blocks are. So many of `b`, packed, stay in the second cache.
const COLUMNS: usize = 192;
/// Rows of a task are a multiple of this.
const ROWS: usize = 64;

/// A part of a product.
type Task<'a, T> = (MatMut<'a, T>, MatRef<'a, T>, MatRef<'a, T>);

/// `c = a b`. How it is cut into tasks depends on the shape alone, and so do the results.
pub(crate) fn multiply<T: ComplexField>(c: MatMut<'_, T>, a: MatRef<'_, T>, b: MatRef<'_, T>) {
    let work = c.nrows().saturating_mul(c.ncols()).saturating_mul(a.ncols());
    let mut tasks = vec![];
    cut((c, a, b), (work / TASKS).max(TASK), &mut tasks);
    memory::spread(tasks, true, &|(c, a, b)| matmul(c, Accum::Replace, a, b, T::one_impl(), Par::Seq));
}

/// Columns first: the kernels pack those of `b`, and read `a` where it is, so that no task repeats the packing of another.
fn cut<'a, T: ComplexField>((c, a, b): Task<'a, T>, work: usize, tasks: &mut Vec<Task<'a, T>>) {
    let (m, n, k) = (c.nrows(), c.ncols(), a.ncols());
    let half = |len: usize, edge: usize| (len / 2).next_multiple_of(edge);
    let small = m.saturating_mul(n).saturating_mul(k) <= work;
    if !small && n >= 2 * COLUMNS {
        let at = half(n, COLUMNS);
        let ((c1, c2), (b1, b2)) = (c.split_at_col_mut(at), b.split_at_col(at));
        cut((c1, a, b1), work, tasks);
        cut((c2, a, b2), work, tasks);
    } else if !small && m >= 2 * ROWS {
        let at = half(m, ROWS);
        let ((c1, c2), (a1, a2)) = (c.split_at_row_mut(at), a.split_at_row(at));
        cut((c1, a1, b), work, tasks);
        cut((c2, a2, b), work, tasks);
    } else {
        tasks.push((c, a, b));
    }
}
