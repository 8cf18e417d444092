//! Sorts runs of keys: short ones side by side, long ones on all threads.
use super::keys::{Code, Key};
use crate::memory::{self, PARALLEL};
use crate::simd::Simd;
use rayon::prelude::*;

/// Keys from which on threads share one run.
const SHARED: usize = 1 << 17;
/// Times that a run is parted for threads; more than halvings lead to.
const PARTINGS: usize = 24;
/// Keys of short runs that make a task.
const TASK: usize = 1 << 14;

/// Sorts each run of `len` elements, given as bits, from one place to another.
pub(super) fn sort<K: Key>(simd: Simd, from: &[K], to: &mut [K], len: usize, code: Code<K>) {
    let (n, len) = (from.len(), len.max(1));
    if len >= SHARED && n / len < rayon::current_num_threads() {
        return to.chunks_mut(len).zip(from.chunks(len)).for_each(|(to, from)| sort_from(simd, from, to, code, PARTINGS));
    }
    let task = (TASK / len).max(1) * len;
    memory::parts(to, task, n >= PARALLEL && n > task, &|i, to| {
        to.chunks_mut(len).zip(from[i * task..].chunks(len)).for_each(|(to, from)| sort_from(simd, from, to, code, 0));
    });
}

/// Sorts one run, on all threads if it may be parted for them.
fn sort_from<K: Key>(simd: Simd, from: &[K], to: &mut [K], code: Code<K>, partings: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some((below, above)) = simd.vectors().and_then(|v| K::part_from(v, from, to, code)) {
        return both(partings, below, above, &|keys, partings| sort_shared(simd, keys, code, partings));
    }
    memory::parts(to, TASK, partings > 0, &|i, to| {
        simd.run(
            #[inline(always)]
            || to.iter_mut().zip(&from[i * TASK..]).for_each(|(key, bits)| *key = bits.encode(code)),
        );
    });
    sort_shared(simd, to, code, partings);
}

/// Two parts of keys, on two threads where they may be parted further.
#[cfg(target_arch = "x86_64")]
fn both<K: Send>(partings: usize, below: &mut [K], above: &mut [K], f: &(dyn Fn(&mut [K], usize) + Sync)) {
    match partings.checked_sub(1) {
        Some(left) => drop(rayon::join(|| f(below, left), || f(above, left))),
        None => [below, above].into_iter().for_each(|keys| f(keys, 0)),
    }
}

/// Sorts keys and turns them into element bits.
fn sort_keys<K: Key>(simd: Simd, keys: &mut [K], code: Code<K>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(vectors) = simd.vectors() {
        return K::quicksort(vectors, keys, code);
    }
    keys.sort_unstable();
    decode(simd, keys, code);
}

fn decode<K: Key>(simd: Simd, keys: &mut [K], code: Code<K>) {
    simd.run(
        #[inline(always)]
        || keys.iter_mut().for_each(|key| *key = key.decode(code)),
    );
}

/// The same on all threads.
fn sort_shared<K: Key>(simd: Simd, keys: &mut [K], code: Code<K>, partings: usize) {
    if keys.len() < SHARED || partings == 0 {
        return sort_keys(simd, keys, code);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some((below, above)) = simd.vectors().and_then(|v| K::part(v, keys, code)) {
        return both(partings, below, above, &|keys, partings| sort_shared(simd, keys, code, partings));
    }
    keys.par_sort_unstable();
    memory::parts(keys, TASK, true, &|_, keys| decode(simd, keys, code));
}
