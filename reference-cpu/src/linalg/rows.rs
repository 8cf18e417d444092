//! Matrices that are worked on in C order, as they come.
use super::Wide;
use crate::memory::{self, Means, PARALLEL, Store};
use array_protocol::{LinalgOp, Result};
use faer::prelude::ReborrowMut;
use faer::{MatMut, MatRef};
use smallvec::SmallVec;

/// Elements to which the distance of rows is rounded up, and rows that one task copies.
const UNIT: usize = 8;

/// A matrix whose rows lie an odd number of cache lines apart, so that the elements of a column do not compete for the same ones.
pub(super) struct Rows<W: Wide> {
    data: Store<W>,
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<W: Wide> Rows<W> {
    /// Matrices in C order side by side, given with their numbers of columns. The first has elements.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn beside(with: Means<'_>, op: LinalgOp, rows: usize, parts: &[(&[W], usize)]) -> Result<Self> {
        let columns = parts.iter().fold(0usize, |sum, (_, columns)| sum.saturating_add(*columns));
        let stride = (columns.div_ceil(UNIT) | 1).saturating_mul(UNIT);
        let mut data = Store::new(with, op, rows.saturating_mul(stride))?;
        memory::parts(&mut data, UNIT * stride, rows.saturating_mul(columns) >= PARALLEL, &|i, group| {
            for (i, row) in group.chunks_mut(stride).enumerate().map(|(j, row)| (i * UNIT + j, row)) {
                let mut rest = row;
                for (part, columns) in parts {
                    let (to, others) = rest.split_at_mut(*columns);
                    to.copy_from_slice(&part[i * columns..(i + 1) * columns]);
                    rest = others;
                }
            }
        });
        Ok(Rows { data, rows, columns, stride })
    }

    pub(super) fn as_mut(&mut self) -> MatMut<'_, W> {
        // The constructor for rows takes their distance for that of columns (faer 0.24).
        MatMut::from_column_major_slice_with_stride_mut(&mut self.data, self.columns, self.rows, self.stride).transpose_mut()
    }

    pub(super) fn row(&self, i: usize) -> &[W] {
        &self.data[i * self.stride..][..self.columns]
    }
}

/// A row of a matrix whose rows have no gaps.
pub(super) fn row<W: Wide>(matrix: MatMut<'_, W>, i: usize) -> &mut [W] {
    matrix.transpose_mut().col_mut(i).try_as_col_major_mut().map_or(&mut [], |row| row.as_slice_mut())
}

/// The same elements by columns, for what works on these. Its rows have no gaps.
pub(super) fn by_columns<'a, W: Wide>(from: MatRef<'_, W>, memory: &'a mut [W]) -> MatMut<'a, W> {
    let (m, n) = (from.nrows(), from.ncols());
    let line = |i: usize| from.row(i).try_as_row_major().map_or(&[][..], |row| row.as_slice());
    for top in (0..m).step_by(UNIT) {
        let lines: SmallVec<[&[W]; UNIT]> = (top..m.min(top + UNIT)).map(line).collect();
        for (j, column) in memory.chunks_mut(m).enumerate() {
            column[top..].iter_mut().zip(&lines).for_each(|(to, line)| *to = line[j]);
        }
    }
    MatMut::from_column_major_slice_mut(memory, m, n)
}

/// Copies what is not below the diagonal; there are no fewer rows than columns.
pub(super) fn copy_upper<W: Wide>(mut to: MatMut<'_, W>, from: MatRef<'_, W>) {
    for i in 0..from.ncols() {
        row(to.rb_mut(), i)[i..].iter_mut().zip(from.row(i).iter().skip(i)).for_each(|(to, &x)| *to = x);
    }
}
