//! Large systems of linear equations by `P A = L U`, as LAPACK's `getrf`: a block of columns is decomposed by one thread, and what it does
//! to the columns behind it is spread over all, in pieces whose size depends on the shape alone. The first piece is the next block, which
//! is decomposed at once, while other threads still work on the pieces behind it.
//!
//! The right-hand sides are further columns behind those of the matrix: when the last block is done, they are `L^-1 P B`.
use super::{SHARED, Wide};
use crate::memory::{self, PARALLEL};
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting::factor::{lu_in_place, lu_in_place_scratch};
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::{solve_unit_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Accum, Mat, MatMut, Par};

/// Columns that are decomposed before what they do is done to the others.
const BLOCK: usize = 64;
/// Columns that one task works on.
const PIECE: usize = 128;
/// Rows that are brought into the order of columns together: their elements in a column fill a line of the cache.
const ROWS: usize = 8;

/// Where the rows of a decomposed block come from: the places whose rows change, each with the place that its row was at.
type Exchanges = Vec<(usize, usize)>;

/// A piece of the columns, and where to put the exchanges if it is the next block.
type Piece<'a, W> = (MatMut<'a, W>, Option<&'a mut Exchanges>);

/// The solution for `matrix`, `n x n`, and `rhs`, `n x k`, both in C order, `n > 0`; `None`: there is no pivot left.
pub(super) fn solution<W: Wide>(matrix: &[W], rhs: &[W], n: usize, k: usize) -> Option<Mat<W>> {
    let mut work = Mat::<W>::zeros(n, n + k);
    let mut columns = work.as_mut();
    fill(columns.rb_mut().get_mut(.., ..n), matrix);
    fill(columns.rb_mut().get_mut(.., n..), rhs);
    let mut exchanges = decomposed(columns.rb_mut().get_mut(.., ..BLOCK.min(n)));
    for start in (0..n).step_by(BLOCK) {
        let (block, behind) = columns.rb_mut().get_mut(start.., start..).split_at_col_mut(BLOCK.min(n - start));
        let (block, width) = (block.rb(), block.ncols());
        let mut next = Exchanges::new();
        let more = n - start - width;
        let large = block.nrows().saturating_mul(behind.ncols()).saturating_mul(width) >= SHARED;
        let mut rest = behind;
        let mut pieces: Vec<Piece<'_, W>> = vec![];
        if more > 0 {
            let (first, others) = rest.split_at_col_mut(BLOCK.min(more));
            pieces.push((first, Some(&mut next)));
            rest = others;
        }
        pieces.extend(cut(rest).map(|piece| (piece, None)));
        memory::spread(pieces, large, &|(mut piece, next)| {
            exchange(piece.rb_mut(), &exchanges);
            let (mut above, mut below) = piece.split_at_row_mut(width);
            let (l, multiples) = block.split_at_row(width);
            solve_unit_lower_triangular_in_place(l, above.rb_mut(), Par::Seq);
            matmul(below.rb_mut(), Accum::Add, multiples, above.rb(), -W::one_impl(), Par::Seq);
            if let Some(next) = next {
                *next = decomposed(below);
            }
        });
        exchanges = next;
    }
    // A pivot of 0 makes what follows it infinite or NaN.
    if !(0..n).all(|p| work[(p, p)].usable()) {
        return None;
    }
    let (u, mut x) = work.as_mut().split_at_col_mut(n);
    let u = u.rb();
    memory::spread(cut(x.rb_mut()).collect(), n.saturating_mul(n).saturating_mul(k) >= SHARED, &|piece| {
        solve_upper_triangular_in_place(u, piece, Par::Seq);
    });
    Some(x.to_owned())
}

/// Decomposes a block in place: multiples of rows below the diagonal.
fn decomposed<W: Wide>(block: MatMut<'_, W>) -> Exchanges {
    let (m, par) = (block.nrows(), Par::Seq);
    let (mut order, mut places) = (vec![0usize; m], vec![0usize; m]);
    let mut memory = MemBuffer::new(lu_in_place_scratch::<usize, W>(m, block.ncols(), par, Default::default()));
    lu_in_place(block, &mut order, &mut places, par, MemStack::new(&mut memory), Default::default());
    order.into_iter().enumerate().filter(|(to, from)| to != from).collect()
}

/// Exchanges rows.
fn exchange<W: Wide>(mut piece: MatMut<'_, W>, exchanges: &Exchanges) {
    let mut moved = vec![W::default(); exchanges.len()];
    for j in 0..piece.ncols() {
        let column = column(piece.rb_mut(), j);
        moved.iter_mut().zip(exchanges).for_each(|(x, &(_, from))| *x = column[from]);
        moved.iter().zip(exchanges).for_each(|(&x, &(to, _))| column[to] = x);
    }
}

/// Brings rows in C order into the order of columns.
fn fill<W: Wide>(to: MatMut<'_, W>, from: &[W]) {
    let (rows, columns) = (to.nrows(), to.ncols());
    memory::spread(cut(to).enumerate().collect(), from.len() >= PARALLEL, &|(i, mut piece)| {
        for top in (0..rows).step_by(ROWS) {
            for j in 0..piece.ncols() {
                let mut from = from[top * columns + i * PIECE + j..].iter().step_by(columns);
                column(piece.rb_mut(), j).iter_mut().skip(top).take(ROWS).zip(&mut from).for_each(|(to, &x)| *to = x);
            }
        }
    });
}

/// The pieces of some columns.
fn cut<W: Wide>(columns: MatMut<'_, W>) -> std::vec::IntoIter<MatMut<'_, W>> {
    let (mut pieces, mut rest) = (vec![], columns);
    while rest.ncols() > 0 {
        let width = PIECE.min(rest.ncols());
        let (piece, others) = rest.split_at_col_mut(width);
        pieces.push(piece);
        rest = others;
    }
    pieces.into_iter()
}

/// A column of a matrix whose columns have no gaps.
fn column<W: Wide>(matrix: MatMut<'_, W>, j: usize) -> &mut [W] {
    matrix.col_mut(j).try_as_col_major_mut().map_or(&mut [], |column| column.as_slice_mut())
}
