//! Products of floating-point matrices by the kernels of faer, which choose AVX2 or AVX-512 themselves.
use crate::memory;
use faer::linalg::matmul::matmul;
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};

/// Multiplications of one task, at least.
const TASK: usize = 1 << 24;
/// Tasks of one product, about: few large ones repeat less of the packing of operands.
const TASKS: usize = 16;
/// Rows and columns of a task are multiples of this, as the kernels' blocks are.
const EDGE: usize = 192;

/// A part of a product.
type Task<'a, T> = (MatMut<'a, T>, MatRef<'a, T>, MatRef<'a, T>);

/// `c = a b`. How it is cut into tasks depends on the shape alone, and so do the results.
pub(crate) fn multiply<T: ComplexField>(c: MatMut<'_, T>, a: MatRef<'_, T>, b: MatRef<'_, T>) {
    let work = c.nrows().saturating_mul(c.ncols()).saturating_mul(a.ncols());
    let mut tasks = vec![];
    cut((c, a, b), (work / TASKS).max(TASK), &mut tasks);
    memory::spread(tasks, true, &|(c, a, b)| matmul(c, Accum::Replace, a, b, T::one_impl(), Par::Seq));
}

fn cut<'a, T: ComplexField>((c, a, b): Task<'a, T>, work: usize, tasks: &mut Vec<Task<'a, T>>) {
    let (m, n, k) = (c.nrows(), c.ncols(), a.ncols());
    let half = |len: usize| (len / 2).next_multiple_of(EDGE);
    if m.saturating_mul(n).saturating_mul(k) <= work || m.max(n) < 2 * EDGE {
        tasks.push((c, a, b));
    } else if m >= n {
        let ((c1, c2), (a1, a2)) = (c.split_at_row_mut(half(m)), a.split_at_row(half(m)));
        cut((c1, a1, b), work, tasks);
        cut((c2, a2, b), work, tasks);
    } else {
        let ((c1, c2), (b1, b2)) = (c.split_at_col_mut(half(n)), b.split_at_col(half(n)));
        cut((c1, a, b1), work, tasks);
        cut((c2, a, b2), work, tasks);
    }
}
