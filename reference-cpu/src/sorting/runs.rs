//! Sorts runs of keys: short ones side by side, long ones in parts.
use super::keys::{Code, Key};
use super::split::{self, Bounds, PARTS};
use crate::memory::{self, Means, PARALLEL, Store};
use crate::simd::Simd;
use array_protocol::{Op, Result};

/// Keys from which on threads share one run.
const SHARED: usize = 1 << 17;
/// Keys of short runs that make a task.
const TASK: usize = 1 << 14;
/// Parts that one task sorts, where threads share them.
const PARTS_OF_TASK: usize = 8;

/// Sorts each run of `len` elements, given as bits, from one place to another.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn sort<K: Key>(with: Means<'_>, op: Op, from: &[K], to: &mut [K], len: usize, code: Code<K>) -> Result<()> {
    let threads = rayon::current_num_threads();
    if from.len() / len.max(1) < threads && len >= SHARED {
        return from.chunks(len).zip(to.chunks_mut(len)).try_for_each(|(from, to)| sort_long(with, op, from, to, code, threads));
    }
    let simd = with.simd;
    let task = (TASK / len.max(1)).max(1) * len;
    memory::parts(to, task, to_share(from.len(), task), &|i, to| {
        let from = &from[i * task..];
        for (from, to) in from.chunks(len.max(1)).zip(to.chunks_mut(len.max(1))) {
            simd.run(
                #[inline(always)]
                || to.iter_mut().zip(from).for_each(|(key, bits)| *key = bits.encode(code)),
            );
            sort_keys(simd, to, code);
        }
    });
    Ok(())
}

fn to_share(n: usize, task: usize) -> bool {
    n >= PARALLEL && n > task
}

/// Sorts keys and turns them into element bits.
fn sort_keys<K: Key>(simd: Simd, keys: &mut [K], code: Code<K>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(t) = simd.avx512() {
        return super::quick::quicksort(t, keys, code);
    }
    keys.sort_unstable();
    simd.run(
        #[inline(always)]
        || keys.iter_mut().for_each(|key| *key = key.decode(code)),
    );
}

/// A piece of a long run, and its keys part after part.
struct Piece<'a, K> {
    from: &'a [K],
    ids: &'a mut [u8],
    split: &'a mut [K],
    starts: [usize; PARTS + 1],
}

/// Sorts one long run: every thread splits a piece; then each part is put together from all pieces and sorted, many at the same time.
fn sort_long<K: Key>(with: Means<'_>, op: Op, from: &[K], to: &mut [K], code: Code<K>, threads: usize) -> Result<()> {
    let simd = with.simd;
    let bounds = Bounds::new(from, code, |sample| sort_keys(simd, sample, Code::unsigned()));
    let mut ids = Store::<u8>::new(with, op, from.len())?;
    let mut moved = Store::new(with, op, from.len())?;
    let len = from.len().div_ceil(threads);
    let chunks = from.chunks(len).zip(ids.chunks_mut(len)).zip(moved.chunks_mut(len));
    let mut pieces: Vec<Piece<K>> = chunks.map(|((from, ids), split)| Piece { from, ids, split, starts: [0; PARTS + 1] }).collect();
    memory::parts(&mut pieces, 1, true, &|_, pieces| {
        for piece in pieces {
            piece.starts = bounds.classify(simd, piece.from, code, piece.ids);
            split::scatter(simd, piece.from, piece.ids, code, piece.split, &piece.starts);
        }
    });
    let mut rest = to;
    let mut parts: Vec<(usize, &mut [K])> = Vec::with_capacity(PARTS);
    for i in 0..PARTS {
        let len = pieces.iter().map(|piece| piece.starts[i + 1] - piece.starts[i]).sum();
        let (part, after) = std::mem::take(&mut rest).split_at_mut(len);
        parts.push((i, part));
        rest = after;
    }
    memory::parts(&mut parts, PARTS_OF_TASK, true, &|_, parts| {
        for (i, part) in parts {
            let mut keys = &mut part[..];
            for piece in &pieces {
                let source = &piece.split[piece.starts[*i]..piece.starts[*i + 1]];
                let (here, after) = keys.split_at_mut(source.len());
                here.copy_from_slice(source);
                keys = after;
            }
            sort_keys(simd, part, code);
        }
    });
    Ok(())
}
