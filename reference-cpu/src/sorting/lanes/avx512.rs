//! AVX-512: 16 keys of 32 bits or 8 of 64.
use super::{DIVISIONS, Lanes, index};
use pulp::x86::V4;
use std::arch::x86_64::__m512i;

macro_rules! lanes {
    ($t:ty, $mask:ty, $n:literal: $splat:ident, $min:ident, $max:ident, $ternary:ident, $less:ident, $blend:ident, $divide:ident, $add:ident, $permute:ident, $permute2:ident) => {
        impl Lanes<$t> for V4 {
            const LANES: usize = $n;
            type Vector = __m512i;
            type Mask = u32;

            #[inline(always)]
            fn vectorize<F: pulp::NullaryFnOnce>(self, f: F) -> F::Output {
                V4::vectorize(self, f)
            }
            #[inline(always)]
            fn load_by(self, from: &[$t], f: impl Fn($t) -> $t) -> __m512i {
                let mut a = [0; $n];
                a.iter_mut().zip(&from[..$n]).for_each(|(a, &key)| *a = f(key));
                bytemuck::cast(a)
            }
            #[inline(always)]
            fn store(self, to: &mut [$t], v: __m512i) {
                to[..$n].copy_from_slice(&bytemuck::cast::<__m512i, [$t; $n]>(v));
            }
            #[inline(always)]
            unsafe fn load_at(self, from: *const $t) -> __m512i {
                // SAFETY: the caller's. No alignment is needed.
                unsafe { from.cast::<__m512i>().read_unaligned() }
            }
            #[inline(always)]
            unsafe fn store_at(self, to: *mut $t, v: __m512i) {
                // SAFETY: the caller's. No alignment is needed.
                unsafe { to.cast::<__m512i>().write_unaligned(v) }
            }
            #[inline(always)]
            fn first(self, v: __m512i) -> $t {
                bytemuck::cast::<__m512i, [$t; $n]>(v)[0]
            }
            #[inline(always)]
            fn splat(self, key: $t) -> __m512i {
                self.avx512f.$splat(key as _)
            }
            #[inline(always)]
            fn smaller(self, a: __m512i, b: __m512i) -> __m512i {
                self.avx512f.$min(a, b)
            }
            #[inline(always)]
            fn larger(self, a: __m512i, b: __m512i) -> __m512i {
                self.avx512f.$max(a, b)
            }
            #[inline(always)]
            fn ordered(self, a: __m512i, b: __m512i) -> (__m512i, __m512i) {
                // The larger is what is left of both: of minimum and maximum some processors do only one at a time, and those of 64 bits
                // take four times as long as this.
                const ODD: i32 = 0b1001_0110;
                let smaller = Lanes::<$t>::smaller(self, a, b);
                (smaller, self.avx512f.$ternary::<ODD>(a, b, smaller))
            }
            #[inline(always)]
            fn mask(self, lanes: u32) -> u32 {
                lanes
            }
            #[inline(always)]
            fn lanes(self, mask: u32) -> u32 {
                mask
            }
            #[inline(always)]
            fn turned(self, mask: u32, lanes: u32) -> u32 {
                mask ^ lanes
            }
            #[inline(always)]
            fn less(self, a: __m512i, b: __m512i) -> u32 {
                self.avx512f.$less(a, b).into()
            }
            #[inline(always)]
            fn blend(self, mask: u32, a: __m512i, b: __m512i) -> __m512i {
                self.avx512f.$blend(mask as $mask, a, b)
            }
            #[inline(always)]
            fn divide(self, mask: u32, v: __m512i) -> __m512i {
                $divide(self, mask, v)
            }
            #[inline(always)]
            fn exchange<const D: usize>(self, v: __m512i) -> __m512i {
                let index = const { index!($t, $n, |i| i ^ D) };
                self.avx512f.$permute(bytemuck::cast(index), v)
            }
            #[inline(always)]
            fn rotate(self, v: __m512i, by: usize) -> __m512i {
                let index = const { index!($t, $n, |i| i) };
                self.avx512f.$permute(self.avx512f.$add(bytemuck::cast(index), self.splat(by as $t)), v)
            }
            #[inline(always)]
            fn zip(self, a: __m512i, b: __m512i) -> (__m512i, __m512i) {
                let low = const { index!($t, $n, |i| i / 2 + i % 2 * $n) };
                let high = const { index!($t, $n, |i| i / 2 + i % 2 * $n + $n / 2) };
                (self.avx512f.$permute2(a, bytemuck::cast(low), b), self.avx512f.$permute2(a, bytemuck::cast(high), b))
            }
        }
    };
}
lanes!(u32, u16, 16: _mm512_set1_epi32, _mm512_min_epu32, _mm512_max_epu32, _mm512_ternarylogic_epi32, _mm512_cmplt_epu32_mask, _mm512_mask_blend_epi32,
    divide_16, _mm512_add_epi32, _mm512_permutexvar_epi32, _mm512_permutex2var_epi32);
lanes!(u64, u8, 8: _mm512_set1_epi64, _mm512_min_epu64, _mm512_max_epu64, _mm512_ternarylogic_epi64, _mm512_cmplt_epu64_mask, _mm512_mask_blend_epi64,
    divide_8, _mm512_add_epi64, _mm512_permutexvar_epi64, _mm512_permutex2var_epi64);

#[inline(always)]
fn divide_8(t: V4, mask: u32, v: __m512i) -> __m512i {
    let lanes = bytemuck::cast([u64::from_ne_bytes(DIVISIONS[usize::from(mask as u8)]), 0]);
    t.avx512f._mm512_permutexvar_epi64(t.avx512f._mm512_cvtepu8_epi64(lanes), v)
}

/// By the number of lanes in front: these of one register, then the first ones of another.
static JOINTS: [[u32; 16]; 17] = {
    let mut all = [[0; 16]; 17];
    let mut front = 0;
    while front <= 16 {
        let mut lane = 0;
        while lane < 16 {
            all[front][lane] = (if lane < front { lane } else { 16 + lane - front }) as u32;
            lane += 1;
        }
        front += 1;
    }
    all
};

/// A table of all masks would be too large.
#[inline(always)]
fn divide_16(t: V4, mask: u32, v: __m512i) -> __m512i {
    let f = t.avx512f;
    let front = f._mm512_maskz_compress_epi32(mask as u16, v);
    let behind = f._mm512_maskz_compress_epi32(!mask as u16, v);
    let joint = bytemuck::cast(JOINTS[(mask as u16).count_ones() as usize]);
    f._mm512_permutex2var_epi32(front, joint, behind)
}
