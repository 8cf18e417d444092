//! Operands as tiles read them.
use super::super::Matrix;
use super::parts;
use super::tile::{GROUP, Instructions, Turned};
use crate::array::Typed;
use crate::memory::{Means, Store};
use crate::simd::{fetch, lines};
use array_protocol::{LinalgOp, Result};
use pulp::x86::V3;
use std::array::from_fn;
use std::ops::Range;

/// Columns that are asked for ahead.
const AHEAD: usize = 4;
/// Panels that one task packs.
const PANELS: usize = 4;

/// Packs some panels.
pub(super) type Packing<'t> = Box<dyn FnOnce() + Send + 't>;

/// Rows of a matrix in panels of `P`, their elements side by side, one depth after the other.
pub(super) struct Panels<T: Typed + Turned<P>, const P: usize> {
    data: Store<T>,
    count: usize,
    deep: usize,
}

impl<T: Typed + Turned<P>, const P: usize> Panels<T, P> {
    /// Room for so many rows of so many elements.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn new(with: Means<'_>, op: LinalgOp, rows: usize, depth: usize, deep: usize) -> Result<Self> {
        Ok(Panels { data: Store::new(with, op, rows.next_multiple_of(P).saturating_mul(depth))?, count: 0, deep })
    }

    /// The tasks that pack part of the rows of a matrix, and of their elements. Where rows are missing in the last panel there is the last one
    /// once more.
    pub(super) fn pack<'t>(
        &'t mut self,
        simd: impl Instructions + 't,
        m: Matrix<'t, T>,
        rows: Range<usize>,
        along: Range<usize>,
    ) -> impl Iterator<Item = Packing<'t>> {
        self.count = rows.len().div_ceil(P);
        let (data, _) = self.data.as_chunks_mut::<P>();
        let blocks = data[..self.count * along.len()].chunks_mut(self.count * self.deep).zip(parts(along, self.deep));
        blocks.flat_map(move |(block, along)| {
            let (rows, tasks) = (rows.clone(), block.chunks_mut(PANELS * along.len()).enumerate());
            tasks.map(move |(i, panels)| -> Packing<'t> {
                let (first, along) = (rows.start + i * PANELS * P, along.clone());
                Box::new(move || {
                    simd.run(
                        #[inline(always)]
                        move || pack(simd.avx2(), m, first..rows.end, along, panels),
                    );
                })
            })
        })
    }

    /// Packed columns of few elements: the matrix has so many rows, and `line(k)` is its `k`-th column.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn of<'l>(with: Means<'_>, op: LinalgOp, rows: usize, depth: usize, line: impl Fn(usize) -> &'l [T]) -> Result<Self>
    where
        T: 'l,
    {
        let mut panels = Panels::new(with, op, rows, depth, depth)?;
        panels.count = rows.div_ceil(P);
        for (i, panel) in panels.data.as_chunks_mut::<P>().0.chunks_mut(depth.max(1)).enumerate() {
            panel.iter_mut().enumerate().for_each(|(k, to)| *to = beside(&line(k)[i * P..rows]));
        }
        Ok(panels)
    }

    /// Some of the panels of block `i`, which is so deep.
    pub(super) fn block(&self, i: usize, depth: usize, panels: Range<usize>) -> &[[T; P]] {
        &self.data.as_chunks().0[self.count * self.deep * i..][panels.start * depth..panels.end * depth]
    }
}

/// Panels of these rows.
#[inline(always)]
fn pack<T: Turned<P>, const P: usize>(v3: V3, m: Matrix<'_, T>, rows: Range<usize>, along: Range<usize>, panels: &mut [[T; P]]) {
    let depth = along.len();
    if !m.has_rows() {
        return side_by_side(m, rows, along, panels);
    }
    for (first, panel) in rows.clone().step_by(P).zip(panels.chunks_mut(depth)) {
        let line = |i: usize| &m.line((rows.end - 1).min(i))[along.clone()][..panel.len()];
        let (lines, next): ([&[T]; P], [&[T]; P]) = (from_fn(|p| line(first + p)), from_fn(|p| line(first + P + p)));
        let (groups, rest) = panel.as_chunks_mut::<GROUP>();
        let start = groups.len() * GROUP;
        for (i, group) in groups.iter_mut().enumerate() {
            next.iter().for_each(|next| fetch(next[i * GROUP..].as_ptr().cast()));
            *group = T::turned(v3, from_fn(|p| lines[p].as_chunks().0[i]));
        }
        rest.iter_mut().enumerate().for_each(|(k, to)| *to = from_fn(|p| lines[p][start + k]));
    }
}

/// The same where columns are contiguous. Those of all panels are read at once: a column is far from the next one, often so far that both go
/// to the same place of a cache.
#[inline(always)]
fn side_by_side<T: Copy, const P: usize>(m: Matrix<'_, T>, rows: Range<usize>, along: Range<usize>, panels: &mut [[T; P]]) {
    let depth = along.len();
    for (i, k) in along.enumerate() {
        let (column, ahead) = (&m.line(k)[rows.clone()], &m.line((k + AHEAD).min(m.cols - 1))[rows.clone()]);
        let mut places = panels[i..].iter_mut().step_by(depth);
        let (whole, rest) = column.as_chunks();
        for (column, (ahead, to)) in whole.iter().zip(ahead.chunks(P).zip(places.by_ref())) {
            lines(ahead).for_each(fetch);
            *to = *column;
        }
        if let (Some(last), Some(to)) = (rest.last(), places.next()) {
            *to = from_fn(|p| *rest.get(p).unwrap_or(last));
        }
    }
}

/// The first elements of a line, which has some; where it ends before, the last one again.
#[inline(always)]
fn beside<T: Copy, const P: usize>(line: &[T]) -> [T; P] {
    line.first_chunk().copied().unwrap_or_else(|| from_fn(|p| line[p.min(line.len() - 1)]))
}
