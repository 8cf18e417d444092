//! Positions by one array of indices or truth values, made piece by piece where they are used.
use super::mask;
use super::walk::Walk;
use crate::Cpu;
use crate::array::{CpuArray, wrong_dtype};
use crate::memory::{self, BLOCK, PARALLEL};
use array_protocol::{Error, ErrorKind, IndexingOp, Result, Shape};
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

/// Overwrites a block by the places that entries from `start` on stand for.
type Fill<'a> = dyn Fn(usize, &mut [isize]) + Sync + 'a;

enum Kind<'a> {
    Indices(Box<Fill<'a>>),
    Mask(Cow<'a, [bool]>, Walk),
}

impl<'a> Places<'a> {
    /// Indices into an axis of that length and stride.
    ///
    /// # Errors
    /// `Index`, `Dtype`, `OutOfMemory`.
    #[allow(clippy::unnecessary_cast, reason = "the indices are of one of eight types")]
    pub(super) fn indices(b: &Cpu, op: IndexingOp, indices: &'a CpuArray, (len, stride): (usize, isize), run: usize) -> Result<Self> {
        let fill: Box<Fill<'a>> = array_protocol::dispatch_dtype!(indices.dtype(), in [i8, i16, i32, i64, u8, u16, u32, u64], T => {
            let elements = indices.elements::<T>(op)?;
            let inside = |i: T| {
                if T::MIN == 0 { (i as u64) < len as u64 } else { (i as i64).wrapping_add(len as i64) as u64 <= (len as u64 * 2).wrapping_sub(1) }
            };
            let good = b.simd().run(#[inline(always)] || elements.chunks(BLOCK).all(|block| block.iter().fold(len > 0, |good, &i| good & inside(i))));
            if !good && let Some(i) = elements.iter().find(|&&i| len == 0 || !inside(i)) {
                return Err(Error::new(ErrorKind::Index, op).detail(format!("index {i} on an axis of length {len}")));
            }
            let simd = b.simd();
            Box::new(move |start, block: &mut [isize]| {
                simd.run(#[inline(always)] || {
                    for (p, &i) in block.iter_mut().zip(&elements[start..]) {
                        let i = i as isize;
                        *p = stride.wrapping_mul(if i < 0 { i.wrapping_add(len as isize) } else { i });
                    }
                });
            })
        }, else => return Err(wrong_dtype(op, &[indices.dtype()]).detail("an index array holds integers or truth values")));
        let (n, piece) = (indices.size(), piece(run));
        let mut starts = memory::room(op, n.div_ceil(piece) + 1)?;
        starts.extend((0..n).step_by(piece).chain([n]));
        Ok(Places { kind: Kind::Indices(fill), piece, starts })
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

    /// The places of one piece.
    pub(super) fn fill<'b>(&self, piece: usize, space: &'b mut [isize; BLOCK]) -> &'b [isize] {
        let out = &mut space[..self.range(piece..piece + 1).len()];
        match &self.kind {
            Kind::Indices(fill) => fill(piece * self.piece, out),
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
        out
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
