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
    let (n, len, threads) = (from.len(), len.max(1), rayon::current_num_threads());
    let encode = |to: &mut [K], from: &[K]| {
        simd.run(
            #[inline(always)]
            || to.iter_mut().zip(from).for_each(|(key, bits)| *key = bits.encode(code)),
        );
    };
    if n / len < threads && len >= SHARED && threads > 1 {
        memory::parts(to, TASK, true, &|i, to| encode(to, &from[i * TASK..]));
        return to.chunks_mut(len).for_each(|run| sort_shared(simd, run, code, PARTINGS));
    }
    let task = (TASK / len).max(1) * len;
    memory::parts(to, task, n >= PARALLEL && n > task, &|i, to| {
        for (to, from) in to.chunks_mut(len).zip(from[i * task..].chunks(len)) {
            encode(to, from);
            sort_keys(simd, to, code);
        }
    });
}

/// Sorts keys and turns them into element bits.
fn sort_keys<K: Key>(simd: Simd, keys: &mut [K], code: Code<K>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(t) = simd.avx512() {
        return super::quick::quicksort(t, keys, code);
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
    if let Some(t) = simd.avx512() {
        let (below, above) = super::quick::part(t, keys, code);
        rayon::join(|| sort_shared(simd, below, code, partings - 1), || sort_shared(simd, above, code, partings - 1));
        return;
    }
    keys.par_sort_unstable();
    memory::parts(keys, TASK, true, &|_, keys| decode(simd, keys, code));
}
