//! Operands as runs of elements.
use super::grid::{BLOCK, Grid, Tile};
use super::stream::{Next, Writer};
use crate::memory::Plain;
use crate::simd::{AHEAD, Simd, asks, fetch_at};

/// How the runs of an operand are had.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    /// As it lies.
    Direct,
    /// One element, repeated.
    Constant,
    /// Packed, tile by tile.
    Packed,
}

/// A block of elements in the first-level cache.
#[repr(align(64))]
pub(crate) struct Scratch<T>([T; BLOCK]);

impl<T: Plain + Default> Scratch<T> {
    pub(crate) fn new() -> Self {
        Scratch([T::default(); BLOCK])
    }

    pub(crate) fn slice(&mut self, len: usize) -> &mut [T] {
        &mut self.0[..len]
    }
}

/// Hands out the runs of one operand. Each task has its own.
pub(crate) struct Reader<'a, T> {
    simd: Simd,
    data: &'a [T],
    mode: Mode,
    row: isize,
    column: isize,
    at: usize,
    /// Whether to ask for what comes next: several operands and the result are more than the processor sees through by itself.
    ahead: bool,
    /// Whether the operand is hardly in a cache.
    large: bool,
    scratch: Scratch<T>,
    /// The place of the constant that the scratch is full of.
    constant: Option<usize>,
}

impl<'a, T: Plain + Default> Reader<'a, T> {
    /// Operand `i` of a grid, in its buffer.
    pub(crate) fn new<const N: usize>(simd: Simd, grid: &Grid<N>, i: usize, data: &'a [T]) -> Self {
        let (mode, row, column) = grid.operands[i];
        let ahead = N > 1 && grid.stream;
        Reader { simd, data, mode, row, column, at: 0, ahead, large: grid.stream, scratch: Scratch::new(), constant: None }
    }

    /// Asks for the columns of the tile behind this one, which lie far from each other: it is as far away as this one is from the last.
    fn fetch_beside<const N: usize>(&self, before: usize, tile: &Tile<N>) {
        let next = self.at.wrapping_add(self.at.wrapping_sub(before));
        for c in 0..tile.columns {
            fetch_at(self.data.as_ptr().wrapping_add(next.wrapping_add_signed(self.column.wrapping_mul(c as isize))), tile.rows);
        }
    }

    /// Turns to a tile.
    #[inline]
    pub(crate) fn load<const N: usize>(&mut self, i: usize, tile: &Tile<N>) {
        let before = std::mem::replace(&mut self.at, tile.at[i]);
        match self.mode {
            Mode::Direct => {}
            Mode::Constant => {
                if self.constant != Some(self.at) {
                    self.scratch.0.fill(self.data[self.at]);
                    self.constant = Some(self.at);
                }
            }
            Mode::Packed => {
                if self.large && tile.runs > 1 {
                    self.fetch_beside(before, tile);
                }
                let out = &mut self.scratch.0[..tile.rows * tile.columns];
                pack(self.simd, self.data, self.at, (self.row, self.column), tile.columns, out);
            }
        }
    }

    /// Run `k` of the tile.
    #[inline]
    pub(crate) fn run<const N: usize>(&self, tile: &Tile<N>, k: usize) -> &[T] {
        match self.mode {
            Mode::Direct => &self.data[self.at.wrapping_add_signed(self.row.wrapping_mul(k as isize))..][..tile.length],
            Mode::Constant => &self.scratch.0[..tile.length],
            Mode::Packed => &self.scratch.0[k * tile.length..][..tile.length],
        }
    }

    /// What comes behind a run, to be asked for while the result of this one is sent.
    #[inline]
    pub(crate) fn next(&self, run: &[T]) -> Next {
        let wanted = self.ahead && self.mode == Mode::Direct;
        // A processor that looks ahead by itself goes on from there, and would start anew further on: `add` took half as long again.
        let gap = if asks() { AHEAD } else { 0 };
        Next { at: run.as_ptr_range().end.cast::<u8>().wrapping_add(gap), bytes: if wanted { size_of::<T>() } else { 0 } }
    }

    /// Writes the runs of a tile as they are.
    #[inline]
    pub(crate) fn copy<const N: usize>(&mut self, i: usize, tile: &Tile<N>, writer: &mut Writer<'_, T>) {
        if self.mode == Mode::Packed && tile.runs == 1 {
            // Straight to its place.
            let (simd, data, at, strides) = (self.simd, self.data, tile.at[i], (self.row, self.column));
            return writer.run(tile, 0, [], &mut |out| pack(simd, data, at, strides, tile.columns, out));
        }
        let before = self.at;
        self.load(i, tile);
        // The next tile lies as far behind this one as this one behind the last.
        let step = self.at.wrapping_sub(before);
        let next = self.data.as_ptr().wrapping_add(self.at.wrapping_add(step));
        for k in 0..tile.runs {
            let run = self.run(tile, k);
            let lone = self.mode == Mode::Direct && tile.runs == 1;
            if lone && asks() {
                fetch_at(next, run.len());
            }
            // Of what lies in one row no processor needs to be told; where rows lie apart, it starts anew with each.
            let apart = lone && !asks() && step != run.len();
            writer.copy(tile, k, run, apart.then_some((self.simd, next)));
        }
    }
}

/// Packs rows of `columns` elements, the first at `at`, one behind the other. `out` is a multiple of `columns`.
fn pack<T: Plain>(simd: Simd, data: &[T], at: usize, (row, column): (isize, isize), columns: usize, out: &mut [T]) {
    let rows = out.len() / columns.max(1);
    simd.run(
        #[inline(always)]
        || {
            if rows > 1 && row != 0 && row.unsigned_abs() < column.unsigned_abs() {
                // The operand runs along the rows: each column is read as it lies.
                for c in 0..columns {
                    let from = at.wrapping_add_signed(column.wrapping_mul(c as isize));
                    strided(data, from, row, rows, out[c..].iter_mut().step_by(columns));
                }
            } else {
                for (r, run) in out.chunks_exact_mut(columns).enumerate() {
                    let from = at.wrapping_add_signed(row.wrapping_mul(r as isize));
                    match column {
                        1 => run.copy_from_slice(&data[from..][..columns]),
                        2 => {
                            // The last pair may end with the buffer.
                            let pairs = &data[from..][..2 * columns - 1];
                            let (last, whole) = (columns - 1, pairs.chunks_exact(2));
                            run[..last].iter_mut().zip(whole).for_each(|(o, pair)| *o = pair[0]);
                            run[last] = pairs[2 * last];
                        }
                        _ => strided(data, from, column, columns, run.iter_mut()),
                    }
                }
            }
        },
    );
}

/// `n` elements, `stride` apart, the first at `from`.
#[inline(always)]
fn strided<'o, T: Plain>(data: &[T], from: usize, stride: isize, n: usize, out: impl Iterator<Item = &'o mut T>) {
    let step = stride.unsigned_abs();
    let reach = (n - 1) * step;
    match stride {
        0 => out.for_each(|o| *o = data[from]),
        1 => out.zip(&data[from..][..n]).for_each(|(o, &v)| *o = v),
        -1 => out.zip(data[from - reach..=from].iter().rev()).for_each(|(o, &v)| *o = v),
        _ if stride > 0 => out.zip(data[from..=from + reach].iter().step_by(step)).for_each(|(o, &v)| *o = v),
        _ => out.zip(data[from - reach..=from].iter().rev().step_by(step)).for_each(|(o, &v)| *o = v),
    }
}
