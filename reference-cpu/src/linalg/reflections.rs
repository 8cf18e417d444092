//! QR decomposition by blocks of reflections (Householder), as LAPACK's `geqrf` and `orgqr`. The matrix stays in C order; blocks are
//! decomposed beside it, by columns.
use super::ahead::{self, Steps};
use super::rows::{Rows, by_columns, copy_upper};
use super::{PIECE, Pieces, SHARED, Wide};
use crate::memory::{self, Failure, Means, Store, Workspace};
use array_protocol::{LinalgOp, Result};
use faer::linalg::householder::{
    apply_block_householder_on_the_left_in_place_scratch as scratch_of_block, apply_block_householder_on_the_left_in_place_with_conj,
    apply_block_householder_transpose_on_the_left_in_place_with_conj,
};
use faer::linalg::qr::no_pivoting::factor::{qr_in_place, qr_in_place_scratch};
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Conj, MatMut, MatRef, Par};

/// Columns of a block.
const BLOCK: usize = 48;

/// Some reflections, one after the other.
struct Block<W: Wide> {
    /// By columns: the vectors of the reflections below the diagonal, whose first elements are 1.
    vectors: Store<W>,
    /// What turns the vectors into the product of the reflections.
    product: Store<W>,
    width: usize,
}

impl<W: Wide> Block<W> {
    /// Decomposes columns, of which `R` is left.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn new(with: Means<'_>, op: LinalgOp, columns: MatMut<'_, W>) -> Result<Self> {
        let (m, n) = (columns.nrows(), columns.ncols());
        let (mut vectors, mut product) = (Store::new(with, op, m * n)?, Store::new(with, op, n * n)?);
        let mut memory = Workspace::new(with, op, qr_in_place_scratch::<W>(m, n, n, Par::Seq, Default::default()))?;
        let mut block = by_columns(columns.rb(), &mut vectors);
        let of_product = MatMut::from_column_major_slice_mut(&mut product, n, n);
        qr_in_place(block.rb_mut(), of_product, Par::Seq, memory.stack(), Default::default());
        copy_upper(columns, block.rb());
        Ok(Block { vectors, product, width: n })
    }

    fn factors(&self) -> (MatRef<'_, W>, MatRef<'_, W>) {
        let of = |elements| MatRef::from_column_major_slice(elements, elements.len() / self.width, self.width);
        (of(&self.vectors), of(&self.product))
    }

    /// `columns = block columns`, or with the block turned round.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn apply(&self, with: Means<'_>, op: LinalgOp, columns: MatMut<'_, W>, turned: bool) -> Result<()> {
        let (vectors, product) = self.factors();
        let mut memory = Workspace::new(with, op, scratch_of_block::<W>(vectors.nrows(), self.width, columns.ncols()))?;
        let stack = memory.stack();
        if turned {
            apply_block_householder_transpose_on_the_left_in_place_with_conj(vectors, product, Conj::Yes, columns, Par::Seq, stack);
        } else {
            apply_block_householder_on_the_left_in_place_with_conj(vectors, product, Conj::No, columns, Par::Seq, stack);
        }
        Ok(())
    }
}

/// `Q` as products of reflections, and `R`.
pub(super) struct Reflections<W: Wide> {
    /// `R`; what is below its diagonal means nothing.
    upper: Rows<W>,
    blocks: Vec<Block<W>>,
    m: usize,
    n: usize,
}

impl<W: Wide> Reflections<W> {
    /// Decomposes a matrix in C order, with elements.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn new(with: Means<'_>, op: LinalgOp, a: &[W], m: usize, n: usize) -> Result<Self> {
        let mut upper = Rows::beside(with, op, m, &[(a, n)])?;
        let steps = Steps {
            width: BLOCK,
            decompose: &|columns| Block::new(with, op, columns),
            apply: &|block: &Block<W>, columns| block.apply(with, op, columns, true),
        };
        let parallel = m.saturating_mul(n).saturating_mul(BLOCK) >= SHARED;
        let blocks = ahead::run(upper.as_mut(), m.min(n), parallel, &steps)?;
        Ok(Reflections { upper, blocks, m, n })
    }

    /// `R` with that many rows, in C order.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn r(&self, with: Means<'_>, op: LinalgOp, rows: usize) -> Result<Store<W>> {
        let mut out = Store::new(with, op, rows.saturating_mul(self.n))?;
        for (i, to) in out.chunks_mut(self.n).enumerate() {
            let (below, upper) = to.split_at_mut(i.min(self.n));
            below.fill(W::default());
            upper.copy_from_slice(&self.upper.row(i)[i.min(self.n)..]);
        }
        Ok(out)
    }

    /// The first columns of `Q`, in C order.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn q(&self, with: Means<'_>, op: LinalgOp, columns: usize) -> Result<Store<W>> {
        let mut out = Store::new(with, op, self.m.saturating_mul(columns))?;
        out.fill(W::default());
        out.iter_mut().step_by(columns + 1).take(columns).for_each(|x| *x = W::one_impl());
        let pieces = Pieces(MatMut::from_row_major_slice_mut(&mut out, self.m, columns), PIECE).enumerate().collect();
        let work = self.m.saturating_mul(columns).saturating_mul(BLOCK);
        let failure = Failure::default();
        memory::spread(pieces, work >= SHARED, &|(i, mut piece): (usize, MatMut<'_, W>)| {
            let mut blocks = self.blocks.iter().enumerate().rev().map(|(j, block)| (block, j * BLOCK));
            failure.note(blocks.try_for_each(|(block, start)| {
                // The columns before are still those of the identity, and this block leaves them so.
                let before = start.saturating_sub(i * PIECE);
                if before >= piece.ncols() {
                    return Ok(());
                }
                block.apply(with, op, piece.rb_mut().get_mut(start.., before..), false)
            }));
        });
        failure.told()?;
        Ok(out)
    }
}
