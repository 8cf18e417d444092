//! Reads the elements that an array picks.
use super::mask;
use super::places::{Picked, TASK};
use crate::array::Typed;
use crate::memory::{self, BLOCK, Means, PARALLEL, Store};
use crate::simd::fetch;
use array_protocol::{IndexingOp, Result};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Elements between the one that is read and the one that is asked for: places far apart come one after the other, the latency of memory
/// only once.
const SOON: usize = 32;

/// Part of a result: some rows of it, or of one row what some pieces pick.
struct Job<'a, T> {
    rows: Range<usize>,
    pieces: Range<usize>,
    out: &'a mut [T],
}

impl Picked<'_> {
    /// The elements in C order.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn read<T: Typed>(&self, with: Means<'_>, op: IndexingOp, data: &[T]) -> Result<Store<T>> {
        let n = memory::size(op, &self.shape)?;
        let mut out = Store::new(with, op, n)?;
        if n == 0 {
            return self.places.check().map(|()| out);
        }
        let (run, pieces) = (self.after.size(), self.places.pieces());
        let row = self.places.count() * run;
        let rows = (TASK / row).max(1);
        let group = if rows > 1 { pieces } else { (TASK / (self.places.piece() * run)).max(1) };
        let mut jobs = memory::room(op, n.div_ceil(rows * row) * pieces.div_ceil(group))?;
        for (r, mut rest) in out.chunks_mut(rows * row).enumerate() {
            let rows = r * rows..r * rows + rest.len() / row;
            for first in (0..pieces).step_by(group) {
                let pieces = first..(first + group).min(pieces);
                let (part, others) = rest.split_at_mut(rows.len() * self.places.range(pieces.clone()).len() * run);
                jobs.push(Job { rows: rows.clone(), pieces, out: part });
                rest = others;
            }
        }
        let outside = AtomicBool::new(false);
        memory::parts(&mut jobs, 1, n >= PARALLEL, &|_, jobs| {
            for job in jobs {
                if self.job(data, job).is_none() {
                    outside.store(true, Ordering::Relaxed);
                }
            }
        });
        drop(jobs);
        if outside.into_inner() { self.places.check().map(|()| out) } else { Ok(out) }
    }

    /// `None`: a position is outside of its axis.
    fn job<T: Typed>(&self, data: &[T], job: &mut Job<'_, T>) -> Option<()> {
        let run = self.after.size();
        let width = job.out.len() / job.rows.len();
        let first = self.places.range(job.pieces.clone()).start;
        let mut space = [0; BLOCK];
        for piece in job.pieces.clone() {
            let range = self.places.range(piece..piece + 1);
            let target = (range.start - first) * run..(range.end - first) * run;
            let straight = if run == 1 { self.places.straight(piece) } else { None };
            let places = if straight.is_some() { &[] } else { self.places.fill(piece, &mut space)? };
            let mut lines = job.out.chunks_mut(width.max(1));
            self.before.each(job.rows.clone(), |base| {
                let Some(out) = lines.next().map(|line| &mut line[target.clone()]) else { return };
                match straight {
                    Some((mask, start)) => {
                        let source = &data[base + start..][..mask.len()];
                        mask::compress(mask, out, |i| source[i]);
                    }
                    None => self.gather(data, base, places, out),
                }
            });
        }
        Some(())
    }

    /// The elements behind each place.
    fn gather<T: Typed>(&self, data: &[T], base: usize, places: &[isize], out: &mut [T]) {
        let run = self.after.size();
        if run == 1 {
            // The last place is asked for some times more: a branch instead takes longer.
            let last = places.len().saturating_sub(1);
            for (k, (o, &p)) in out.iter_mut().zip(places).enumerate() {
                fetch(data.as_ptr().wrapping_add(base).wrapping_offset(places[(k + SOON).min(last)]).cast());
                *o = data[base.wrapping_add_signed(p)];
            }
            return;
        }
        for (out, &p) in out.chunks_mut(run).zip(places) {
            let start = base.wrapping_add_signed(p);
            if self.after.contiguous().is_some() {
                out.copy_from_slice(&data[start..start + run]);
            } else {
                let mut out = out.iter_mut();
                self.after.each(0..run, |at| {
                    if let Some(o) = out.next() {
                        *o = data[start.wrapping_add(at)];
                    }
                });
            }
        }
    }
}
