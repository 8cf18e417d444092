//! Positions by one array of indices or truth values, made piece by piece where they are used.
use super::mask;
use super::positions::{Along, Positions, positions};
use super::walk::Walk;
use crate::Cpu;
use crate::array::CpuArray;
use crate::memory::{self, BLOCK, PARALLEL};
use array_protocol::{IndexingOp, Result, Shape};
use std::borrow::Cow;
use std::ops::Range;

/// Elements that one thread reads or writes at a time.
pub(super) const TASK: usize = PARALLEL / 4;

/// Places in a buffer, relative to where the elements around them begin.
pub(super) struct Places<'a> {
    kind: Kind<'a>,
    /// Entries of the array of one piece, at most [`BLOCK`].
    piece: usize,
    /// How many positions come before each piece, and in all.
    starts: Vec<usize>,
}

enum Kind<'a> {
    Indices(Box<dyn Positions + 'a>),
    Mask(Cow<'a, [bool]>, Walk),
}

impl<'a> Places<'a> {
    /// Indices into an axis of an array of shape `of`.
    ///
    /// # Errors
    /// `Dtype`, `OutOfMemory`; one outside of the axis is found later.
    pub(super) fn indices(b: &Cpu, op: IndexingOp, indices: &'a CpuArray, along: Along, of: &Shape, run: usize) -> Result<Self> {
        let kind = Kind::Indices(positions(b, op, indices, along, of)?);
        let (n, piece) = (indices.size(), piece(run));
        let mut starts = memory::room(op, n.div_ceil(piece) + 1)?;
        starts.extend((0..n).step_by(piece).chain([n]));
        Ok(Places { kind, piece, starts })
    }

    /// A mask over the axes that a walk leads through; the shapes agree.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn mask(b: &Cpu, op: IndexingOp, mask: &'a CpuArray, over: Walk, run: usize) -> Result<Self> {
        let (mask, piece) = (mask.elements::<bool>(op)?, piece(run));
        let counts = memory::each(op, mask.len().div_ceil(piece), piece, &|p| mask::count(b.simd(), part(&mask, p, piece)))?;
        Ok(Places { kind: Kind::Mask(mask, over), piece, starts: sums(op, &counts)? })
    }

    /// Number of positions.
    pub(super) fn count(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Number of pieces.
    pub(super) fn pieces(&self) -> usize {
        self.starts.len() - 1
    }

    /// Entries of the array of one piece.
    pub(super) fn piece(&self) -> usize {
        self.piece
    }

    /// The positions of a range of pieces.
    pub(super) fn range(&self, pieces: Range<usize>) -> Range<usize> {
        self.starts[pieces.start]..self.starts[pieces.end]
    }

    /// Checks every position, before anything is written.
    ///
    /// # Errors
    /// `Index`.
    pub(super) fn check(&self) -> Result<()> {
        match &self.kind {
            Kind::Indices(positions) => positions.outside().map_or(Ok(()), Err),
            Kind::Mask(..) => Ok(()),
        }
    }

    /// The places of one piece; `None`: [`Places::check`] has an error for it.
    pub(super) fn fill<'b>(&self, piece: usize, space: &'b mut [isize; BLOCK]) -> Option<&'b [isize]> {
        let out = &mut space[..self.range(piece..piece + 1).len()];
        match &self.kind {
            Kind::Indices(positions) => {
                if !positions.places(piece * self.piece, out) {
                    return None;
                }
            }
            Kind::Mask(mask, over) => {
                let (mask, start) = (part(mask, piece, self.piece), piece * self.piece);
                let (mut places, mut i) = ([0; BLOCK], 0);
                over.each(start..start + mask.len(), |at| {
                    places[i % BLOCK] = at as isize;
                    i += 1;
                });
                mask::compress(mask, out, |i| places[i % BLOCK]);
            }
        }
        Some(out)
    }

    /// The mask of a piece and the place of its first element, where a mask chooses among elements that lie side by side.
    pub(super) fn straight(&self, piece: usize) -> Option<(&[bool], usize)> {
        let Kind::Mask(mask, over) = &self.kind else { return None };
        Some((part(mask, piece, self.piece), over.contiguous()? + piece * self.piece))
    }
}

/// Entries of one piece, where each stands for `run` elements.
fn piece(run: usize) -> usize {
    (TASK / run.max(1)).clamp(1, BLOCK)
}

/// Part `i` of a mask.
fn part(mask: &[bool], i: usize, len: usize) -> &[bool] {
    &mask[i * len..mask.len().min((i + 1) * len)]
}

/// The sums of all counts before each, and of all.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn sums(op: IndexingOp, counts: &[usize]) -> Result<Vec<usize>> {
    let mut starts = memory::room(op, counts.len() + 1)?;
    let mut total = 0;
    starts.push(0);
    starts.extend(counts.iter().map(|n| {
        total += n;
        total
    }));
    Ok(starts)
}

/// Positions `before + place + after`: the axes in front of those that the array chooses from, the array, and the axes behind.
pub(super) struct Picked<'a> {
    pub(super) shape: Shape,
    pub(super) before: Walk,
    pub(super) places: Places<'a>,
    pub(super) after: Walk,
}

impl Picked<'_> {
    /// The part of the buffer that a mask chooses from, element by element, if there is one.
    pub(super) fn chooses_among(&self) -> Option<Range<usize>> {
        let Kind::Mask(mask, over) = &self.places.kind else { return None };
        if self.before.size() != 1 || self.after.size() != 1 {
            return None;
        }
        let mut start = over.contiguous()?;
        self.before.each(0..1, |base| start += base);
        Some(start..start + mask.len())
    }
}
