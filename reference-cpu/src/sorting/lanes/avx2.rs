//! AVX2: 8 keys of 32 bits or 4 of 64.
//!
//! It compares with a sign: in a register the top bit of each key is turned.
use super::{DIVISIONS, Lanes, index};
use pulp::x86::V3;
use std::arch::x86_64::__m256i;

macro_rules! lanes {
    ($t:ty, $n:literal, $words:literal: $splat:ident, $smaller:ident, $larger:ident, $greater:ident, $equal:ident, $bits:ident, $low:ident, $high:ident) => {
        impl Lanes<$t> for V3 {
            const LANES: usize = $n;
            type Vector = __m256i;
            type Mask = __m256i;

            #[inline(always)]
            fn vectorize<F: pulp::NullaryFnOnce>(self, f: F) -> F::Output {
                V3::vectorize(self, f)
            }
            #[inline(always)]
            fn load_by(self, from: &[$t], f: impl Fn($t) -> $t) -> __m256i {
                let mut a = [0; $n];
                a.iter_mut().zip(&from[..$n]).for_each(|(a, &key)| *a = f(key) ^ (1 << (<$t>::BITS - 1)));
                bytemuck::cast(a)
            }
            #[inline(always)]
            fn store(self, to: &mut [$t], v: __m256i) {
                to[..$n].copy_from_slice(&bytemuck::cast::<__m256i, [$t; $n]>(self.avx2._mm256_xor_si256(v, self.splat(<$t>::MIN))));
            }
            #[inline(always)]
            unsafe fn load_at(self, from: *const $t) -> __m256i {
                // SAFETY: the caller's. No alignment is needed.
                let keys = unsafe { from.cast::<__m256i>().read_unaligned() };
                self.avx2._mm256_xor_si256(keys, self.splat(<$t>::MIN))
            }
            #[inline(always)]
            unsafe fn store_at(self, to: *mut $t, v: __m256i) {
                let keys = self.avx2._mm256_xor_si256(v, self.splat(<$t>::MIN));
                // SAFETY: the caller's. No alignment is needed.
                unsafe { to.cast::<__m256i>().write_unaligned(keys) }
            }
            #[inline(always)]
            fn first(self, v: __m256i) -> $t {
                bytemuck::cast::<__m256i, [$t; $n]>(v)[0] ^ (1 << (<$t>::BITS - 1))
            }
            #[inline(always)]
            fn splat(self, key: $t) -> __m256i {
                self.avx.$splat((key ^ (1 << (<$t>::BITS - 1))) as _)
            }
            #[inline(always)]
            fn smaller(self, a: __m256i, b: __m256i) -> __m256i {
                $smaller(self, a, b)
            }
            #[inline(always)]
            fn larger(self, a: __m256i, b: __m256i) -> __m256i {
                $larger(self, a, b)
            }
            #[inline(always)]
            fn ordered(self, a: __m256i, b: __m256i) -> (__m256i, __m256i) {
                ($smaller(self, a, b), $larger(self, a, b))
            }
            #[inline(always)]
            fn less(self, a: __m256i, b: __m256i) -> __m256i {
                self.avx2.$greater(b, a)
            }
            #[inline(always)]
            fn mask(self, lanes: u32) -> __m256i {
                let each = bytemuck::cast(const { index!($t, $n, |i| 1 << i) });
                self.avx2.$equal(self.avx2._mm256_and_si256(self.avx.$splat(lanes as _), each), each)
            }
            #[inline(always)]
            fn lanes(self, mask: __m256i) -> u32 {
                self.avx.$bits(bytemuck::cast(mask)) as u32
            }
            #[inline(always)]
            fn turned(self, mask: __m256i, lanes: u32) -> __m256i {
                self.avx2._mm256_xor_si256(mask, Lanes::<$t>::mask(self, lanes))
            }
            #[inline(always)]
            fn blend(self, mask: __m256i, a: __m256i, b: __m256i) -> __m256i {
                self.avx2._mm256_blendv_epi8(a, b, mask)
            }
            #[inline(always)]
            fn divide(self, lanes: u32, v: __m256i) -> __m256i {
                static BY_LANES: [[u8; 8]; 1 << $n] = words::<$words, { 1 << $n }>();
                let words = bytemuck::cast([u64::from_ne_bytes(BY_LANES[lanes as usize % (1 << $n)]), 0]);
                self.avx2._mm256_permutevar8x32_epi32(v, self.avx2._mm256_cvtepu8_epi32(words))
            }
            #[inline(always)]
            fn exchange<const D: usize>(self, v: __m256i) -> __m256i {
                // A lane is so many words of 32 bits.
                let index = const { index!(u32, 8, |i| i ^ D * $words) };
                self.avx2._mm256_permutevar8x32_epi32(v, bytemuck::cast(index))
            }
            #[inline(always)]
            fn rotate(self, v: __m256i, by: usize) -> __m256i {
                let index = const { index!(u32, 8, |i| i) };
                let by = self.avx._mm256_set1_epi32((by * $words) as i32);
                self.avx2._mm256_permutevar8x32_epi32(v, self.avx2._mm256_add_epi32(bytemuck::cast(index), by))
            }
            #[inline(always)]
            fn zip(self, a: __m256i, b: __m256i) -> (__m256i, __m256i) {
                let (low, high) = (self.avx2.$low(a, b), self.avx2.$high(a, b));
                (self.avx2._mm256_permute2x128_si256::<0x20>(low, high), self.avx2._mm256_permute2x128_si256::<0x31>(low, high))
            }
        }
    };
}
lanes!(u32, 8, 1: _mm256_set1_epi32, smaller_32, larger_32, _mm256_cmpgt_epi32, _mm256_cmpeq_epi32, _mm256_movemask_ps, _mm256_unpacklo_epi32, _mm256_unpackhi_epi32);
lanes!(u64, 4, 2: _mm256_set1_epi64x, smaller_64, larger_64, _mm256_cmpgt_epi64, _mm256_cmpeq_epi64, _mm256_movemask_pd, _mm256_unpacklo_epi64, _mm256_unpackhi_epi64);

/// [`DIVISIONS`] in words of 32 bits, so many to a lane.
const fn words<const WORDS: usize, const MASKS: usize>() -> [[u8; 8]; MASKS] {
    let mut all = [[0; 8]; MASKS];
    let mut mask = 0;
    while mask < MASKS {
        // Lanes that are not there count as chosen behind all others.
        let mut word = 0;
        while word < 8 {
            all[mask][word] = DIVISIONS[mask][word / WORDS] * WORDS as u8 + (word % WORDS) as u8;
            word += 1;
        }
        mask += 1;
    }
    all
}

#[inline(always)]
fn smaller_32(t: V3, a: __m256i, b: __m256i) -> __m256i {
    t.avx2._mm256_min_epi32(a, b)
}

#[inline(always)]
fn larger_32(t: V3, a: __m256i, b: __m256i) -> __m256i {
    t.avx2._mm256_max_epi32(a, b)
}

#[inline(always)]
fn smaller_64(t: V3, a: __m256i, b: __m256i) -> __m256i {
    t.avx2._mm256_blendv_epi8(a, b, t.avx2._mm256_cmpgt_epi64(a, b))
}

#[inline(always)]
fn larger_64(t: V3, a: __m256i, b: __m256i) -> __m256i {
    t.avx2._mm256_blendv_epi8(b, a, t.avx2._mm256_cmpgt_epi64(a, b))
}
