//! Products of large matrices by AVX2 or AVX-512: both operands are packed into panels, which are multiplied tile by tile.
//!
//! The blocks are those of Goto and van de Geijn (Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34, 2008): a panel of `b` stays in
//! the first cache for a block of rows, the panels of `a` in the second for a strip of columns.
mod panels;
mod tile;

use super::Matrix;
use super::float::Part;
use crate::array::Typed;
use crate::memory::{self, Means};
use crate::simd::{LINE, Simd, Vectors, fetch};
use array_protocol::{LinalgOp, Result};
use faer::{MatMut, MatRef};
use panels::Panels;
use std::ops::Range;
use tile::{Instructions, Join, ROWS, Tiles, Turned};

/// Rows of a task, at most. A block of `a` so high takes about half of a second cache of 512 KiB.
const HEIGHT: usize = 24 * ROWS;
/// Columns of a task, at most.
const WIDTH: usize = 256;
/// Rows and columns that are packed at once, at most, and products of each: 32 MiB of an operand.
const SPAN: usize = 1 << 12;
const SPAN_DEPTH: usize = 1 << 10;
/// Rows and columns of a result, and products that are summed, at least: where each element is used seldom, packing does not pay.
const WIDE: usize = 128;
const DEEP: usize = 64;
/// Multiplications from which on it pays for both operands, and threads share a product.
const LARGE: usize = 1 << 23;

/// The instructions, where an operand that is packed once is worth it.
pub(super) fn suits(simd: Simd, rows: usize, cols: usize, depth: usize) -> Option<Vectors> {
    simd.vectors().filter(|_| rows.min(cols) >= WIDE && depth >= DEEP)
}

/// The same for a product.
pub(super) fn pays<T>(simd: Simd, a: &Matrix<'_, T>, b: &Matrix<'_, T>) -> Option<Vectors> {
    suits(simd, a.rows, b.cols, a.cols).filter(|_| multiplications(a, b) >= LARGE)
}

fn multiplications<T>(a: &Matrix<'_, T>, b: &Matrix<'_, T>) -> usize {
    a.rows.saturating_mul(a.cols).saturating_mul(b.cols)
}

/// `c = a b` in C order, or a part of it.
///
/// Each element is summed in one order, wherever it lies in a tile or a task.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn multiply<S: Instructions, T: Tiles<S, N> + Typed, const N: usize>(
    with: Means<'_>,
    simd: S,
    op: LinalgOp,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    c: &mut [T],
    part: Part,
) -> Result<()> {
    let (m, n, depth) = (a.rows, b.cols, a.cols);
    let parallel = multiplications(&a, &b) >= LARGE;
    let mut left = Panels::<T, ROWS>::new(with, op, m.min(SPAN), depth.min(SPAN_DEPTH), S::DEPTH)?;
    let mut right = Panels::<T, N>::new(with, op, n.min(SPAN), depth.min(SPAN_DEPTH), S::DEPTH)?;
    for columns in parts(0..n, SPAN) {
        for along in parts(0..depth, SPAN_DEPTH) {
            for rows in parts(0..m, SPAN) {
                let mut packing: Vec<_> = left.pack(simd, a, rows.clone(), along.clone()).collect();
                if rows.start == 0 {
                    packing.extend(right.pack(simd, b.transposed(), columns.clone(), along.clone()));
                }
                memory::spread(packing, parallel, &|task| task());
                let tasks = tasks::<T, N>(&mut c[rows.start * n..rows.end * n], n, columns.clone());
                memory::spread(tasks, parallel, &|mut task| {
                    let (top, before) = (rows.start + task.above.start * ROWS, columns.start + task.before.start * N);
                    // Panels of rows that a panel of columns meets.
                    let meets = |j: usize| match part {
                        Part::Whole => usize::MAX,
                        Part::Upper => (before + (j + 1) * N).saturating_sub(top).div_ceil(ROWS),
                    };
                    for (i, along) in parts(along.clone(), S::DEPTH).enumerate() {
                        let a = left.block(i, along.len(), task.above.clone());
                        let b = right.block(i, along.len(), task.before.clone());
                        simd.run(
                            #[inline(always)]
                            || {
                                block(
                                    simd,
                                    along.len(),
                                    a,
                                    b,
                                    &mut task.rows,
                                    meets,
                                    if along.start == 0 { Join::Replace } else { Join::Add },
                                )
                            },
                        );
                    }
                });
            }
        }
    }
    Ok(())
}

/// The left operand of several products, packed: few columns.
pub(super) struct Left<T: Typed + Turned<ROWS>> {
    panels: Panels<T, ROWS>,
    depth: usize,
}

impl<T: Typed + Turned<ROWS>> Left<T> {
    /// From contiguous columns.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn new(with: Means<'_>, op: LinalgOp, a: MatRef<'_, T>) -> Result<Self> {
        let depth = a.ncols();
        Ok(Left { panels: Panels::of(with, op, a.nrows(), depth, |k| column(a, k))?, depth })
    }

    /// `c -= a b`, on this thread. The rows of `c` and of `b` are contiguous.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn subtract<S: Instructions, const N: usize>(
        &self,
        with: Means<'_>,
        simd: S,
        op: LinalgOp,
        c: MatMut<'_, T>,
        b: MatRef<'_, T>,
    ) -> Result<()>
    where
        T: Tiles<S, N>,
    {
        let depth = self.depth;
        let right = Panels::<T, N>::of(with, op, b.ncols(), depth, |k| column(b.transpose(), k))?;
        let right = right.block(0, depth, 0..b.ncols().div_ceil(N));
        let mut rows = memory::room(op, c.nrows())?;
        rows.extend(c.row_iter_mut().map(|row| row.try_as_row_major_mut().map_or(&mut [][..], |row| row.as_slice_mut())));
        for (i, rows) in rows.chunks_mut(HEIGHT).enumerate() {
            let first = i * HEIGHT / ROWS;
            let left = self.panels.block(0, depth, first..first + rows.len().div_ceil(ROWS));
            simd.run(
                #[inline(always)]
                || block(simd, depth, left, right, rows, |_| usize::MAX, Join::Subtract),
            );
        }
        Ok(())
    }
}

/// A column that is contiguous.
fn column<'a, T>(m: MatRef<'a, T>, j: usize) -> &'a [T] {
    m.col(j).try_as_col_major().map_or(&[], |column| column.as_slice())
}

/// What one task writes: parts of rows, and the panels that meet there.
struct Task<'c, T> {
    rows: Vec<&'c mut [T]>,
    above: Range<usize>,
    before: Range<usize>,
}

/// These columns of whole rows of a matrix, in even tasks.
fn tasks<T, const N: usize>(c: &mut [T], n: usize, columns: Range<usize>) -> Vec<Task<'_, T>> {
    let (height, width) = (even(c.len() / n, HEIGHT, ROWS), even(columns.len(), WIDTH, N));
    let mut tasks = vec![];
    for (i, block) in c.chunks_mut(height * n).enumerate() {
        let panels = |count: usize, start: usize, unit: usize| start / unit..(start + count).div_ceil(unit);
        let first = tasks.len();
        tasks.extend(parts(0..columns.len(), width).map(|columns| Task {
            rows: Vec::with_capacity(height),
            above: panels(block.len() / n, i * height, ROWS),
            before: panels(columns.len(), columns.start, N),
        }));
        for row in block.chunks_mut(n) {
            row[columns.clone()].chunks_mut(width).zip(&mut tasks[first..]).for_each(|(part, task)| task.rows.push(part));
        }
    }
    tasks
}

/// Sums along one depth into a block of the result: `c = join(c, sum)` for the first `meets(j)` panels of rows in panel `j` of columns.
#[inline(always)]
fn block<S: Copy, T: Tiles<S, N>, const N: usize>(
    simd: S,
    depth: usize,
    a: &[[T; ROWS]],
    b: &[[T; N]],
    c: &mut [&mut [T]],
    meets: impl Fn(usize) -> usize,
    join: Join,
) {
    let lines = (depth * size_of::<[T; N]>() / LINE).div_ceil(c.len().div_ceil(ROWS));
    for (j, b) in b.chunks_exact(depth).enumerate() {
        let mut next = b.as_ptr_range().end.cast::<u8>();
        for (a, rows) in a.chunks_exact(depth).zip(c.chunks_mut(ROWS)).take(meets(j)) {
            if let Some(tile) = whole::<T, N>(rows, j) {
                // Meanwhile the tile, and a share of the next panel of columns, come into the caches: one after the other, as there are few
                // places to wait for lines in.
                let (rows, each) = (tile.each_ref().map(|row| row.as_ptr().cast::<u8>()), size_of::<[T; N]>() / LINE);
                T::tile(
                    simd,
                    a,
                    b,
                    tile,
                    join,
                    #[inline(always)]
                    |i| {
                        if i < lines {
                            fetch(next.wrapping_add(i * LINE));
                        }
                        if let Some(row) = rows.get(i / each) {
                            fetch(row.wrapping_add(i % each * LINE));
                        }
                    },
                );
            } else {
                let columns = rows.first().map_or(0, |row| row.len().saturating_sub(j * N));
                for (row, sums) in rows.iter_mut().zip(T::edge(simd, a, b, columns)) {
                    row[j * N..].iter_mut().zip(sums).for_each(|(c, sum)| *c = join.of(*c, sum));
                }
            }
            next = next.wrapping_add(lines * LINE);
        }
    }
}

/// Tile `j` of these rows; `None` at an edge.
#[inline(always)]
fn whole<'r, T, const N: usize>(rows: &'r mut [&mut [T]], j: usize) -> Option<[&'r mut [T; N]; ROWS]> {
    let rows: &mut [_; ROWS] = rows.try_into().ok()?;
    match rows.each_mut().map(|row| row.get_mut(j * N..)?.first_chunk_mut()) {
        [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)] => Some([a, b, c, d, e, f]),
        _ => None,
    }
}

/// A range in parts of so many; the last one has the rest.
fn parts(range: Range<usize>, len: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(len).map(move |start| start..end.min(start + len))
}

/// The length of even parts of whole units, which have at most so much.
fn even(len: usize, most: usize, unit: usize) -> usize {
    len.div_ceil(len.div_ceil(most).max(1)).next_multiple_of(unit).max(unit)
}
