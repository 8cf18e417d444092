//! Products of floating-point matrices by the kernels of faer, which choose AVX2 or AVX-512 themselves.
use crate::memory;
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};

/// Multiplications of one task, at least.
const TASK: usize = 1 << 24;
/// Tasks for each thread at the end, where they have to be small: what one thread does last is not shared.
const TASKS: usize = 2;
/// Columns of a strip, about. So many of `b`, packed, stay in the second cache.
const COLUMNS: usize = 192;
/// Columns of the kernels' blocks.
const BLOCK: usize = 48;
/// Rows of a task, at least: few are slow, and a single one would be summed in another order.
const ROWS: usize = 64;

/// `c = a b`.
///
/// The kernels pack the columns of `b`, and read `a` where it is. So strips of columns are best left whole; the last ones are cut into rows for
/// the threads to finish together.
///
/// Each element is summed in one order, wherever it is cut: the kernels for x86 sum by so many along `k` at a time. For those of other
/// processors that is not known, and how the product is cut depends on its shape alone.
pub(crate) fn multiply<T: ComplexField>(c: MatMut<'_, T>, a: MatRef<'_, T>, b: MatRef<'_, T>) {
    multiply_part(c, a, b, Part::Whole);
}

/// What is wanted of a product.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Part {
    Whole,
    /// What is not below the diagonal; the rest may be anything.
    Upper,
}

/// `c = a b`, or a part of it.
pub(super) fn multiply_part<T: ComplexField>(c: MatMut<'_, T>, a: MatRef<'_, T>, b: MatRef<'_, T>, part: Part) {
    let (m, n) = (c.nrows(), c.ncols());
    let work = m.saturating_mul(n).saturating_mul(a.ncols());
    let threads = if cfg!(target_arch = "x86_64") { rayon::current_num_threads() } else { 4 };
    let strips = if work < 2 * TASK { 1 } else { (n / COLUMNS).max(1) };
    if strips == 1 && part == Part::Upper {
        let whole = BlockStructure::Rectangular;
        return triangular::matmul(c, BlockStructure::TriangularUpper, Accum::Replace, a, whole, b, whole, T::one_impl(), Par::Seq);
    }
    let whole = (strips - 1) / threads * threads;
    let tasks = if threads > 1 { (TASKS * threads).min(work / TASK) } else { 1 };
    let pieces = tasks.div_ceil(strips - whole);
    let (mut items, mut c, mut b, mut end) = (vec![], c, b, 0);
    for (strip, columns) in cut(n, BLOCK, strips).enumerate() {
        let (mut c_strip, b_strip);
        ((c_strip, c), (b_strip, b)) = (c.split_at_col_mut(columns), b.split_at_col(columns));
        end += columns;
        let (mut a, m) = (a, if part == Part::Upper { m.min(end) } else { m });
        for rows in cut(m, ROWS, if strip < whole { 1 } else { pieces.min(m / ROWS).max(1) }) {
            let (c_piece, a_piece);
            ((c_piece, c_strip), (a_piece, a)) = (c_strip.split_at_row_mut(rows), a.split_at_row(rows));
            items.push((c_piece, a_piece, b_strip));
        }
    }
    memory::spread(items, true, &|(c, a, b)| matmul(c, Accum::Replace, a, b, T::one_impl(), Par::Seq));
}

/// `c -= a b`, on this thread.
pub(crate) fn subtract<T: ComplexField>(c: MatMut<'_, T>, a: MatRef<'_, T>, b: MatRef<'_, T>) {
    matmul(c, Accum::Add, a, b, -T::one_impl(), Par::Seq);
}

/// The lengths of so many parts of a length, as even as multiples of a unit can be; the last one has the rest. There are units enough.
fn cut(length: usize, unit: usize, parts: usize) -> impl Iterator<Item = usize> {
    let start = move |part: usize| if part < parts { length / unit * part / parts * unit } else { length };
    (0..parts).map(move |part| start(part + 1) - start(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::ThreadPoolBuilder;

    #[test]
    fn parts_are_even_and_make_up_the_whole() {
        for (length, unit, parts) in [(1024, 48, 5), (1000, 48, 5), (2048, 48, 10), (130, 64, 2), (129, 64, 1), (5, 48, 1), (0, 48, 1)] {
            let all: Vec<usize> = cut(length, unit, parts).collect();
            assert_eq!((all.len(), all.iter().sum::<usize>()), (parts, length));
            assert!(parts == 1 || all.iter().all(|part| part.abs_diff(length / parts) < 2 * unit && *part >= unit), "{all:?}");
        }
    }

    #[test]
    fn the_cut_does_not_show() {
        let value = |i: usize| ((i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / 9e15 - 0.5;
        for (m, n, k) in [(513, 900, 600), (1, 2000, 9000), (65, 3000, 200), (3000, 65, 200), (700, 385, 1100)] {
            let (a, b) = (faer::Mat::from_fn(m, k, |i, j| value(i * k + j)), faer::Mat::from_fn(k, n, |i, j| value(i * n + j + 7)));
            let run = |threads: usize| {
                let mut c = vec![0.0; m * n];
                let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| multiply(MatMut::from_row_major_slice_mut(&mut c, m, n), a.as_ref(), b.as_ref()));
                c
            };
            let alone = run(1);
            assert!([2, 3, 16].iter().all(|&threads| run(threads) == alone), "{m} x {k} x {n}");
        }
    }
}
