//! QR decomposition by blocks of reflections (Householder), as LAPACK's `geqrf` and `orgqr`: a block of columns is decomposed by one
//! thread, and what it does to the columns behind it is spread over all, in pieces whose size depends on the shape alone.
use super::{Pieces, SHARED, Wide};
use crate::memory;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::householder::{
    apply_block_householder_on_the_left_in_place_scratch as scratch_of_block, apply_block_householder_on_the_left_in_place_with_conj,
    apply_block_householder_transpose_on_the_left_in_place_with_conj,
};
use faer::linalg::qr::no_pivoting::factor::{qr_in_place, qr_in_place_scratch};
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Conj, Mat, MatMut, MatRef, Par};

/// Columns that are decomposed before what they do is done to the others.
const BLOCK: usize = 48;

/// `Q` as products of reflections, and `R`.
pub(super) struct Reflections<W: Wide> {
    /// `R`, and below its diagonal the vectors of the reflections, whose first elements are 1.
    factors: Mat<W>,
    /// For each block, what turns its vectors into their product.
    coefficients: Mat<W>,
}

impl<W: Wide> Reflections<W> {
    /// Decomposes a matrix with elements.
    pub(super) fn new(a: MatRef<'_, W>) -> Self {
        let (m, n) = (a.nrows(), a.ncols());
        let k = m.min(n);
        let (mut factors, mut coefficients) = (a.to_owned(), Mat::zeros(BLOCK.min(k), k));
        let mut memory = MemBuffer::new(qr_in_place_scratch::<W>(m, BLOCK.min(k), BLOCK.min(k), Par::Seq, Default::default()));
        for start in (0..k).step_by(BLOCK) {
            let width = BLOCK.min(k - start);
            let (mut block, behind) = factors.as_mut().get_mut(start.., start..).split_at_col_mut(width);
            let mut product = coefficients.as_mut().get_mut(..width, start..start + width);
            qr_in_place(block.rb_mut(), product.rb_mut(), Par::Seq, MemStack::new(&mut memory), Default::default());
            let (block, product) = (block.rb(), product.rb());
            spread(behind, width, &|piece, stack| {
                apply_block_householder_transpose_on_the_left_in_place_with_conj(block, product, Conj::Yes, piece, Par::Seq, stack);
            });
        }
        Reflections { factors, coefficients }
    }

    /// `R` with that many rows.
    pub(super) fn r(&self, rows: usize) -> Mat<W> {
        let k = self.coefficients.ncols();
        Mat::from_fn(rows, self.factors.ncols(), |i, j| if i <= j && i < k { self.factors[(i, j)] } else { W::zero_impl() })
    }

    /// The first columns of `Q`.
    pub(super) fn q(&self, columns: usize) -> Mat<W> {
        let (m, k) = (self.factors.nrows(), self.coefficients.ncols());
        let mut q = Mat::identity(m, columns);
        for start in (0..k).step_by(BLOCK).rev() {
            let width = BLOCK.min(k - start);
            let block = self.factors.as_ref().get(start.., start..start + width);
            let product = self.coefficients.as_ref().get(..width, start..start + width);
            // The columns before are still those of the identity, and this block leaves them so.
            spread(q.as_mut().get_mut(start.., start..), width, &|piece, stack| {
                apply_block_householder_on_the_left_in_place_with_conj(block, product, Conj::No, piece, Par::Seq, stack);
            });
        }
        q
    }
}

/// Hands pieces of columns to `f`, with memory to apply `width` reflections.
fn spread<W: Wide>(columns: MatMut<'_, W>, width: usize, f: &(dyn Fn(MatMut<'_, W>, &mut MemStack) + Sync)) {
    let (m, n) = (columns.nrows(), columns.ncols());
    memory::spread(Pieces(columns).collect(), m.saturating_mul(n).saturating_mul(width) >= SHARED, &|piece| {
        let mut memory = MemBuffer::new(scratch_of_block::<W>(m, width, piece.ncols()));
        f(piece, MemStack::new(&mut memory));
    });
}
