//! Operands as tiles read them.
use super::super::Matrix;
use super::{DEPTH, parts};
use crate::array::Typed;
use crate::memory::{Means, Store};
use array_protocol::{LinalgOp, Result};
use std::array::from_fn;
use std::ops::Range;

/// Panels that one task packs.
const PANELS: usize = 8;

/// Packs some panels.
pub(super) type Packing<'t> = Box<dyn FnOnce() + Send + 't>;

/// Rows of a matrix in panels of `P`, their elements side by side, one [`DEPTH`] after the other.
pub(super) struct Panels<T: Typed, const P: usize> {
    data: Store<T>,
    count: usize,
}

impl<T: Typed, const P: usize> Panels<T, P> {
    /// Room for so many rows of so many elements.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn new(with: Means<'_>, op: LinalgOp, rows: usize, depth: usize) -> Result<Self> {
        Ok(Panels { data: Store::new(with, op, rows.next_multiple_of(P).saturating_mul(depth))?, count: 0 })
    }

    /// The tasks that pack part of the rows of a matrix, and of their elements. Where rows are missing in the last panel there is the last one
    /// once more.
    pub(super) fn pack<'t>(&'t mut self, m: Matrix<'t, T>, rows: Range<usize>, along: Range<usize>) -> impl Iterator<Item = Packing<'t>> {
        self.count = rows.len().div_ceil(P);
        let (data, _) = self.data.as_chunks_mut::<P>();
        let blocks = data[..self.count * along.len()].chunks_mut(self.count * DEPTH).zip(parts(along, DEPTH));
        blocks.flat_map(move |(block, along)| {
            let (rows, tasks) = (rows.clone(), block.chunks_mut(PANELS * along.len()).enumerate());
            tasks.map(move |(i, panels)| -> Packing<'t> {
                let (first, along) = (rows.start + i * PANELS * P, along.clone());
                Box::new(move || {
                    for (i, panel) in panels.chunks_mut(along.len()).enumerate() {
                        pack(m, first + i * P..rows.end, along.clone(), panel);
                    }
                })
            })
        })
    }

    /// Packed columns of up to [`DEPTH`] elements: the matrix has so many rows, and `line(k)` is its `k`-th column.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn of<'l>(with: Means<'_>, op: LinalgOp, rows: usize, depth: usize, line: impl Fn(usize) -> &'l [T]) -> Result<Self>
    where
        T: 'l,
    {
        let mut panels = Panels::new(with, op, rows, depth)?;
        panels.count = rows.div_ceil(P);
        for (i, panel) in panels.data.as_chunks_mut::<P>().0.chunks_mut(depth.max(1)).enumerate() {
            panel.iter_mut().enumerate().for_each(|(k, to)| *to = beside(&line(k)[i * P..rows]));
        }
        Ok(panels)
    }

    /// Some of the panels of block `i`, which is so deep.
    pub(super) fn block(&self, i: usize, depth: usize, panels: Range<usize>) -> &[[T; P]] {
        &self.data.as_chunks().0[self.count * DEPTH * i..][panels.start * depth..panels.end * depth]
    }
}

/// A panel of the first of these rows.
fn pack<T: Copy, const P: usize>(m: Matrix<'_, T>, rows: Range<usize>, along: Range<usize>, panel: &mut [[T; P]]) {
    if m.has_rows() {
        let lines: [&[T]; P] = from_fn(|p| &m.line((rows.end - 1).min(rows.start + p))[along.clone()][..panel.len()]);
        panel.iter_mut().enumerate().for_each(|(k, to)| *to = from_fn(|p| lines[p][k]));
    } else {
        for (to, k) in panel.iter_mut().zip(along) {
            *to = beside(&m.line(k)[rows.clone()]);
        }
    }
}

/// The first elements of a line, which has some; where it ends before, the last one again.
#[inline(always)]
fn beside<T: Copy, const P: usize>(line: &[T]) -> [T; P] {
    line.first_chunk().copied().unwrap_or_else(|| from_fn(|p| line[p.min(line.len() - 1)]))
}
