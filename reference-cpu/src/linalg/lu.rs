//! Large systems of linear equations by `P A = L U`, as LAPACK's `getrf`.
//!
//! The matrix stays in C order, so that rows are exchanged and multiplied as they lie; blocks are decomposed beside it, by columns.
//! Right-hand sides are further columns behind those of the matrix: when the last block is done, they are `L^-1 P B`. Nobody asks for `L`.
use super::ahead::{self, Steps};
use super::rows::{Rows, by_columns, copy_upper, row};
use super::{PIECE, Pieces, SHARED, Wide};
use crate::memory::{self, Means, Store, Workspace};
use array_protocol::{LinalgOp, Result};
use faer::linalg::lu::partial_pivoting::factor::{lu_in_place, lu_in_place_scratch};
use faer::linalg::triangular_solve::{solve_unit_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{MatMut, MatRef, Par};

/// Columns of a block.
const BLOCK: usize = 64;

/// A decomposed block.
struct Block<W: Wide> {
    /// By columns: `U`, and multiples of rows below the diagonal.
    factors: Store<W>,
    rows: usize,
    /// The multiples, prepared.
    packed: W::Packed,
    /// What moves while it is decomposed: to which row, and from which.
    exchanges: Vec<(usize, usize)>,
}

impl<W: Wide> Block<W> {
    /// # Errors
    /// `OutOfMemory`.
    fn new(with: Means<'_>, op: LinalgOp, columns: MatMut<'_, W>) -> Result<Self> {
        let (m, n, par) = (columns.nrows(), columns.ncols(), Par::Seq);
        let mut factors = Store::new(with, op, m * n)?;
        let (mut order, mut places) = (memory::filled(op, m, 0usize)?, memory::filled(op, m, 0usize)?);
        let mut memory = Workspace::new(with, op, lu_in_place_scratch::<usize, W>(m, n, par, Default::default()))?;
        let mut block = by_columns(columns.rb(), &mut factors);
        lu_in_place(block.rb_mut(), &mut order, &mut places, par, memory.stack(), Default::default());
        copy_upper(columns, block.rb());
        let exchanges = order.into_iter().enumerate().filter(|(to, from)| to != from).collect();
        let packed = W::packed(with, op, block.rb().get(n.., ..))?;
        Ok(Block { factors, rows: m, packed, exchanges })
    }

    fn factors(&self) -> MatRef<'_, W> {
        MatRef::from_column_major_slice(&self.factors, self.rows, self.factors.len() / self.rows)
    }

    /// Does to other columns what was done to these.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn apply(&self, with: Means<'_>, op: LinalgOp, mut columns: MatMut<'_, W>) -> Result<()> {
        exchange(columns.rb_mut(), &self.exchanges);
        let factors = self.factors();
        let (mut above, below) = columns.split_at_row_mut(factors.ncols());
        let (l, multiples) = factors.split_at_row(factors.ncols());
        solve_unit_lower_triangular_in_place(l, above.rb_mut(), Par::Seq);
        W::subtract(with, op, below, (&self.packed, multiples), above.rb())
    }
}

/// The solution, `n x k`, for `matrix`, `n x n`, and `rhs`, all in C order, `n > 0`; `None`: there is no pivot left.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn solved<W: Wide>(with: Means<'_>, op: LinalgOp, matrix: &[W], rhs: &[W], n: usize, k: usize) -> Result<Option<Store<W>>> {
    let mut work = Rows::beside(with, op, n, &[(matrix, n), (rhs, k)])?;
    let mut all = work.as_mut();
    let steps = Steps {
        width: BLOCK,
        decompose: &|columns| Block::new(with, op, columns),
        apply: &|block: &Block<W>, columns| block.apply(with, op, columns),
    };
    let blocks = ahead::run(all.rb_mut(), n, n.saturating_mul(n).saturating_mul(BLOCK) >= SHARED, &steps)?;
    // A pivot of 0 makes what follows it infinite or NaN.
    if !blocks.iter().map(Block::factors).all(|block| (0..block.ncols()).all(|p| block[(p, p)].usable())) {
        return Ok(None);
    }
    let (u, x) = all.split_at_col_mut(n);
    let u = u.rb();
    memory::spread(Pieces(x, PIECE).collect(), n.saturating_mul(n).saturating_mul(k) >= SHARED, &|piece| {
        solve_upper_triangular_in_place(u, piece, Par::Seq);
    });
    let mut out = Store::new(with, op, n.saturating_mul(k))?;
    out.chunks_mut(k.max(1)).enumerate().for_each(|(i, to)| to.copy_from_slice(&work.row(i)[n..]));
    Ok(Some(out))
}

/// Exchanges rows.
fn exchange<W: Wide>(mut columns: MatMut<'_, W>, exchanges: &[(usize, usize)]) {
    let width = columns.ncols();
    let mut moved = vec![W::default(); exchanges.len() * width];
    moved.chunks_mut(width).zip(exchanges).for_each(|(to, &(_, from))| to.copy_from_slice(row(columns.rb_mut(), from)));
    moved.chunks(width).zip(exchanges).for_each(|(from, &(to, _))| row(columns.rb_mut(), to).copy_from_slice(from));
}
