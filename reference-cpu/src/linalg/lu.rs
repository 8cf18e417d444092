//! Large systems of linear equations by `P A = L U`, as LAPACK's `getrf`: a block of columns is decomposed by one thread, and what it does
//! to the columns behind it is spread over all, in pieces whose size depends on the shape alone. The first piece is the next block, which
//! is decomposed at once, while other threads still work on the pieces behind it.
//!
//! The matrix stays in C order, so that rows are exchanged and multiplied as they lie; blocks are decomposed beside it, by columns.
//! Right-hand sides are further columns behind those of the matrix: when the last block is done, they are `L^-1 P B`. Nobody asks for `L`.
use super::{Pieces, SHARED, Wide};
use crate::memory::{self, Means, PARALLEL, Store};
use array_protocol::{LinalgOp, Result};
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting::factor::{lu_in_place, lu_in_place_scratch};
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::{solve_unit_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Accum, MatMut, MatRef, Par};
use std::mem::swap;

/// Columns that are decomposed before what they do is done to the others.
const BLOCK: usize = 64;
/// Rows that one task copies, and that are brought into the order of columns together: eight elements of a column fill a line of the cache.
const ROWS: usize = 8;

/// What moves while a block is decomposed: to which row, and from which.
type Exchanges = Vec<(usize, usize)>;

/// The next block: memory to decompose it in, and what moves.
type Next<'a, W> = (&'a mut [W], &'a mut Exchanges);

/// The solution, `n x k`, for `matrix`, `n x n`, and `rhs`, all in C order, `n > 0`; `None`: there is no pivot left.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn solved<W: Wide>(with: Means<'_>, op: LinalgOp, matrix: &[W], rhs: &[W], n: usize, k: usize) -> Result<Option<Store<W>>> {
    // An odd number of lines of the cache, so that the elements of a column do not compete for the same ones.
    let stride = (n.saturating_add(k).div_ceil(ROWS) | 1).saturating_mul(ROWS);
    let mut work = Store::new(with, op, n.saturating_mul(stride))?;
    let (mut current, mut following) = (Store::new(with, op, n.saturating_mul(BLOCK))?, Store::new(with, op, n.saturating_mul(BLOCK))?);
    memory::parts(&mut work, ROWS * stride, matrix.len() >= PARALLEL, &|i, rows| {
        for (i, row) in rows.chunks_mut(stride).enumerate().map(|(j, row)| (i * ROWS + j, row)) {
            row[..n].copy_from_slice(&matrix[i * n..(i + 1) * n]);
            row[n..n + k].copy_from_slice(&rhs[i * k..(i + 1) * k]);
        }
    });
    // The constructor for rows takes their distance for that of columns (faer 0.24).
    let mut all = MatMut::from_column_major_slice_with_stride_mut(&mut work, n + k, n, stride).transpose_mut();
    let mut exchanges = decomposed(all.rb().get(.., ..BLOCK.min(n)), &mut current);
    for start in (0..n).step_by(BLOCK) {
        let (height, width) = (n - start, BLOCK.min(n - start));
        let block = MatRef::from_column_major_slice(&current[..height * width], height, width);
        // A pivot of 0 makes what follows it infinite or NaN.
        if !(0..width).all(|p| block[(p, p)].usable()) {
            return Ok(None);
        }
        let (mut diagonal, behind) = all.rb_mut().get_mut(start.., start..).split_at_col_mut(width);
        (0..width).for_each(|i| row(diagonal.rb_mut(), i)[i..].iter_mut().enumerate().for_each(|(j, u)| *u = block[(i, i + j)]));
        let (l, multiples) = block.split_at_row(width);
        let work = height.saturating_mul(behind.ncols()).saturating_mul(width);
        let (first, others) = behind.split_at_col_mut(BLOCK.min(height - width));
        let mut moves = Exchanges::new();
        let next: Next<'_, W> = (&mut following, &mut moves);
        let first = Some((first, Some(next))).filter(|(first, _)| first.ncols() > 0);
        let pieces = first.into_iter().chain(Pieces(others).map(|piece| (piece, None))).collect();
        memory::spread(pieces, work >= SHARED, &|(mut piece, next): (MatMut<'_, W>, Option<Next<'_, W>>)| {
            exchange(piece.rb_mut(), &exchanges);
            let (mut above, mut below) = piece.split_at_row_mut(width);
            solve_unit_lower_triangular_in_place(l, above.rb_mut(), Par::Seq);
            matmul(below.rb_mut(), Accum::Add, multiples, above.rb(), -W::one_impl(), Par::Seq);
            if let Some((memory, moves)) = next {
                *moves = decomposed(below.rb(), memory);
            }
        });
        exchanges = moves;
        swap(&mut current, &mut following);
    }
    let (u, mut x) = all.split_at_col_mut(n);
    let u = u.rb();
    memory::spread(Pieces(x.rb_mut()).collect(), n.saturating_mul(n).saturating_mul(k) >= SHARED, &|piece| {
        solve_upper_triangular_in_place(u, piece, Par::Seq);
    });
    let mut out = Store::new(with, op, n.saturating_mul(k))?;
    out.chunks_mut(k.max(1)).enumerate().for_each(|(i, to)| to.copy_from_slice(row(x.rb_mut(), i)));
    Ok(Some(out))
}

/// Decomposes a block of rows in the memory given, by columns: multiples of rows below the diagonal.
fn decomposed<W: Wide>(block: MatRef<'_, W>, memory: &mut [W]) -> Exchanges {
    let (m, n, par) = (block.nrows(), block.ncols(), Par::Seq);
    let mut factors = MatMut::from_column_major_slice_mut(&mut memory[..m * n], m, n);
    for top in (0..m).step_by(ROWS) {
        let rows = top..m.min(top + ROWS);
        for j in 0..n {
            factors.rb_mut().get_mut(rows.clone(), j).copy_from(block.get(rows.clone(), j));
        }
    }
    let (mut order, mut places) = (vec![0usize; m], vec![0usize; m]);
    let mut memory = MemBuffer::new(lu_in_place_scratch::<usize, W>(m, n, par, Default::default()));
    lu_in_place(factors, &mut order, &mut places, par, MemStack::new(&mut memory), Default::default());
    order.into_iter().enumerate().filter(|(to, from)| to != from).collect()
}

/// Exchanges rows.
fn exchange<W: Wide>(mut piece: MatMut<'_, W>, exchanges: &[(usize, usize)]) {
    let width = piece.ncols();
    let mut moved = vec![W::default(); exchanges.len() * width];
    moved.chunks_mut(width).zip(exchanges).for_each(|(to, &(_, from))| to.copy_from_slice(row(piece.rb_mut(), from)));
    moved.chunks(width).zip(exchanges).for_each(|(from, &(to, _))| row(piece.rb_mut(), to).copy_from_slice(from));
}

/// A row of a matrix whose rows have no gaps.
fn row<W: Wide>(matrix: MatMut<'_, W>, i: usize) -> &mut [W] {
    matrix.transpose_mut().col_mut(i).try_as_col_major_mut().map_or(&mut [], |row| row.as_slice_mut())
}
