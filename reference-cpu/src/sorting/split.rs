//! Splits many keys into parts that follow each other in order, each small enough for a cache.
//!
//! Bounds come from a sample. A first pass says for each key to which part it goes, a second moves it there.
use super::keys::{Code, Key};
#[cfg(target_arch = "x86_64")]
use super::lanes::Lanes;
use crate::simd::Simd;
#[cfg(target_arch = "x86_64")]
use pulp::x86::V4;

/// Number of parts.
pub(super) const PARTS: usize = 256;
/// Steps from the root of the tree of bounds to a part.
const LEVELS: u32 = PARTS.ilog2();
/// Sampled keys of a part.
const SAMPLES: usize = 16;
/// Keys that one step of the first pass takes.
const BLOCK: usize = 1024;

/// The bounds between parts.
pub(super) struct Bounds<K> {
    low: K,
    shift: u32,
    /// Level `l` of the search tree begins at `1 << l`.
    tree: [u32; PARTS],
}

impl<K: Key> Bounds<K> {
    /// From a sample of keys; `sort` sorts it.
    pub(super) fn new(keys: &[K], code: Code<K>, sort: impl FnOnce(&mut [K])) -> Self {
        let mut sample = [K::FIRST; PARTS * SAMPLES];
        for (i, s) in sample.iter_mut().enumerate() {
            // Fractions that fill [0, 1) evenly and follow no pattern of the input.
            let fraction = (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            *s = keys[((u128::from(fraction) * keys.len() as u128) >> 64) as usize].encode(code);
        }
        sort(&mut sample);
        let (low, high) = (sample[0], sample[sample.len() - 1]);
        let shift = 32u32.saturating_sub((high.wide() - low.wide()).leading_zeros());
        let mut tree = [0; PARTS];
        for level in 0..LEVELS {
            for j in 0..1 << level {
                let at = (2 * j + 1) * (sample.len() >> (level + 1));
                tree[(1 << level) + j] = sample[at].scaled(low, shift);
            }
        }
        Bounds { low, shift, tree }
    }

    /// Writes for each key its part, and returns where the parts begin, and the end.
    pub(super) fn classify(&self, simd: Simd, keys: &[K], code: Code<K>, ids: &mut [u8]) -> [usize; PARTS + 1] {
        let mut counts = [[0usize; PARTS]; 2];
        let mut scaled = [0u32; BLOCK];
        for (keys, ids) in keys.chunks(BLOCK).zip(ids.chunks_mut(BLOCK)) {
            simd.run(
                #[inline(always)]
                || scaled.iter_mut().zip(keys).for_each(|(s, &k)| *s = k.encode(code).scaled(self.low, self.shift)),
            );
            match simd.avx512() {
                Some(t) => t.vectorize(Descend { t, tree: &self.tree, scaled: &scaled, ids }),
                None => ids.iter_mut().zip(&scaled).for_each(|(id, &s)| *id = self.part(s)),
            }
            let (pairs, odd) = ids.as_chunks::<2>();
            for &[a, b] in pairs {
                counts[0][usize::from(a)] += 1;
                counts[1][usize::from(b)] += 1;
            }
            odd.iter().for_each(|&a| counts[0][usize::from(a)] += 1);
        }
        let mut starts = [0; PARTS + 1];
        for i in 0..PARTS {
            starts[i + 1] = starts[i] + counts[0][i] + counts[1][i];
        }
        starts
    }

    /// Down the tree.
    #[inline(always)]
    fn part(&self, scaled: u32) -> u8 {
        (0..LEVELS).fold(0, |j, level| 2 * j + usize::from(scaled >= self.tree[(1 << level) + j])) as u8
    }
}

/// The way down the tree for 16 keys at a time, the tree in registers.
struct Descend<'a> {
    t: V4,
    tree: &'a [u32; PARTS],
    scaled: &'a [u32; BLOCK],
    ids: &'a mut [u8],
}

impl pulp::NullaryFnOnce for Descend<'_> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        let (t, f) = (self.t, self.t.avx512f);
        // Sixteen nodes a register; the first holds the levels with up to 8 nodes.
        let nodes: [_; 16] = std::array::from_fn(|i| u32::load(&self.tree[16 * i..]));
        let mut bytes = [0u8; BLOCK];
        for (v, to) in self.scaled.chunks_exact(16).zip(bytes.chunks_exact_mut(16)) {
            let v = u32::load(v);
            let mut j = u32::splat(t, 0);
            let two = |i: usize, j| f._mm512_permutex2var_epi32(nodes[i], j, nodes[i + 1]);
            let four = |i: usize, j| f._mm512_mask_blend_epi32(f._mm512_test_epi32_mask(j, u32::splat(t, 32)), two(i, j), two(i + 2, j));
            macro_rules! step {
                ($bound:expr) => {{
                    let right = f._mm512_cmpge_epu32_mask(v, $bound);
                    let twice = f._mm512_add_epi32(j, j);
                    j = f._mm512_mask_add_epi32(twice, right, twice, u32::splat(t, 1));
                }};
            }
            for level in 0..4 {
                step!(f._mm512_permutexvar_epi32(f._mm512_add_epi32(j, u32::splat(t, 1 << level)), nodes[0]));
            }
            step!(f._mm512_permutexvar_epi32(j, nodes[1]));
            step!(two(2, j));
            step!(four(4, j));
            step!(f._mm512_mask_blend_epi32(f._mm512_test_epi32_mask(j, u32::splat(t, 64)), four(8, j), four(12, j)));
            to.copy_from_slice(&bytemuck::cast::<_, [u8; 16]>(f._mm512_cvtepi32_epi8(j)));
        }
        let n = self.ids.len();
        self.ids.copy_from_slice(&bytes[..n]);
    }
}

/// Moves keys to their parts, which begin at `starts`.
pub(super) fn scatter<K: Key>(simd: Simd, keys: &[K], ids: &[u8], code: Code<K>, to: &mut [K], starts: &[usize; PARTS + 1]) {
    let mut next: [usize; PARTS] = std::array::from_fn(|i| starts[i]);
    let mut encoded = [K::FIRST; BLOCK];
    for (keys, ids) in keys.chunks(BLOCK).zip(ids.chunks(BLOCK)) {
        simd.run(
            #[inline(always)]
            || encoded.iter_mut().zip(keys).for_each(|(e, k)| *e = k.encode(code)),
        );
        for (&key, &id) in encoded.iter().zip(ids) {
            let next = &mut next[usize::from(id)];
            to[*next] = key;
            *next += 1;
        }
    }
}
