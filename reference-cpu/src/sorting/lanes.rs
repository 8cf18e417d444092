//! Vectors of sort keys in AVX-512 registers: 16 of 32 bits or 8 of 64.
use pulp::x86::V4;
use std::arch::x86_64::__m512i;

/// A register of keys.
pub(super) type Vector = __m512i;

/// Keys that have a vector form. Masks have one bit per lane, the lowest for lane 0.
pub(super) trait Lanes: Sized {
    /// Lanes of a register.
    const LANES: usize;

    /// A register from the first `LANES` keys.
    fn load(from: &[Self]) -> Vector;
    /// The same of what a function makes of them.
    fn load_by(from: &[Self], f: impl Fn(Self) -> Self) -> Vector;
    /// Writes a register over the first `LANES` keys.
    fn store(to: &mut [Self], v: Vector);
    /// A register from `LANES` keys at any address.
    ///
    /// # Safety
    /// The keys are there to be read.
    unsafe fn load_at(from: *const Self) -> Vector;
    /// Writes a register over `LANES` keys at any address.
    ///
    /// # Safety
    /// The keys are there to be written.
    unsafe fn store_at(to: *mut Self, v: Vector);
    /// The key in lane 0.
    fn first(v: Vector) -> Self;
    fn splat(t: V4, key: Self) -> Vector;
    fn smaller(t: V4, a: Vector, b: Vector) -> Vector;
    fn larger(t: V4, a: Vector, b: Vector) -> Vector;
    /// The smaller and the larger of each lane.
    fn ordered(t: V4, a: Vector, b: Vector) -> (Vector, Vector);
    /// Lanes where `a < b`.
    fn less(t: V4, a: Vector, b: Vector) -> u32;
    /// Lanes of `a`, or of `b` where the mask says so.
    fn blend(t: V4, mask: u32, a: Vector, b: Vector) -> Vector;
    /// The lanes of the mask in front, the others behind them.
    fn divide(t: V4, mask: u32, v: Vector) -> Vector;
    /// Lane `i` of the result is lane `i ^ D`.
    fn exchange<const D: usize>(t: V4, v: Vector) -> Vector;
    /// Lane `i` of the result is lane `i + by`, modulo `LANES`.
    fn rotate(t: V4, v: Vector, by: usize) -> Vector;
    /// The lanes of two registers in turn: those of the first halves, those of the second halves.
    fn zip(t: V4, a: Vector, b: Vector) -> (Vector, Vector);
}

/// The lanes that a permutation takes, as a constant.
macro_rules! index {
    ($t:ty, $n:literal, |$i:ident| $f:expr) => {{
        let mut index = [0 as $t; $n];
        let mut $i = 0;
        while $i < $n {
            index[$i] = ($f) as $t;
            $i += 1;
        }
        index
    }};
}

macro_rules! lanes {
    ($t:ty, $mask:ty, $n:literal: $splat:ident, $min:ident, $max:ident, $ternary:ident, $less:ident, $blend:ident, $divide:ident, $add:ident, $permute:ident, $permute2:ident) => {
        impl Lanes for $t {
            const LANES: usize = $n;
            #[inline(always)]
            fn load(from: &[Self]) -> Vector {
                let mut a = [0; $n];
                a.copy_from_slice(&from[..$n]);
                bytemuck::cast(a)
            }
            #[inline(always)]
            fn load_by(from: &[Self], f: impl Fn(Self) -> Self) -> Vector {
                let mut a = [0; $n];
                a.iter_mut().zip(&from[..$n]).for_each(|(a, &key)| *a = f(key));
                bytemuck::cast(a)
            }
            #[inline(always)]
            fn store(to: &mut [Self], v: Vector) {
                to[..$n].copy_from_slice(&bytemuck::cast::<Vector, [$t; $n]>(v));
            }
            #[inline(always)]
            unsafe fn load_at(from: *const Self) -> Vector {
                // SAFETY: the caller's. No alignment is needed.
                unsafe { from.cast::<Vector>().read_unaligned() }
            }
            #[inline(always)]
            unsafe fn store_at(to: *mut Self, v: Vector) {
                // SAFETY: the caller's. No alignment is needed.
                unsafe { to.cast::<Vector>().write_unaligned(v) }
            }
            #[inline(always)]
            fn first(v: Vector) -> Self {
                bytemuck::cast::<Vector, [$t; $n]>(v)[0]
            }
            #[inline(always)]
            fn splat(t: V4, key: Self) -> Vector {
                t.avx512f.$splat(key as _)
            }
            #[inline(always)]
            fn smaller(t: V4, a: Vector, b: Vector) -> Vector {
                t.avx512f.$min(a, b)
            }
            #[inline(always)]
            fn larger(t: V4, a: Vector, b: Vector) -> Vector {
                t.avx512f.$max(a, b)
            }
            #[inline(always)]
            fn ordered(t: V4, a: Vector, b: Vector) -> (Vector, Vector) {
                // The larger is what is left of both: of minimum and maximum some processors do only one at a time, and those of 64 bits
                // take four times as long as this.
                const ODD: i32 = 0b1001_0110;
                let smaller = Self::smaller(t, a, b);
                (smaller, t.avx512f.$ternary::<ODD>(a, b, smaller))
            }
            #[inline(always)]
            fn less(t: V4, a: Vector, b: Vector) -> u32 {
                t.avx512f.$less(a, b).into()
            }
            #[inline(always)]
            fn blend(t: V4, mask: u32, a: Vector, b: Vector) -> Vector {
                t.avx512f.$blend(mask as $mask, a, b)
            }
            #[inline(always)]
            fn divide(t: V4, mask: u32, v: Vector) -> Vector {
                $divide(t, mask, v)
            }
            #[inline(always)]
            fn exchange<const D: usize>(t: V4, v: Vector) -> Vector {
                let index = const { index!($t, $n, |i| i ^ D) };
                t.avx512f.$permute(bytemuck::cast(index), v)
            }
            #[inline(always)]
            fn rotate(t: V4, v: Vector, by: usize) -> Vector {
                let index = const { index!($t, $n, |i| i) };
                t.avx512f.$permute(t.avx512f.$add(bytemuck::cast(index), Self::splat(t, by as $t)), v)
            }
            #[inline(always)]
            fn zip(t: V4, a: Vector, b: Vector) -> (Vector, Vector) {
                let low = const { index!($t, $n, |i| i / 2 + i % 2 * $n) };
                let high = const { index!($t, $n, |i| i / 2 + i % 2 * $n + $n / 2) };
                (t.avx512f.$permute2(a, bytemuck::cast(low), b), t.avx512f.$permute2(a, bytemuck::cast(high), b))
            }
        }
    };
}
lanes!(u32, u16, 16: _mm512_set1_epi32, _mm512_min_epu32, _mm512_max_epu32, _mm512_ternarylogic_epi32, _mm512_cmplt_epu32_mask, _mm512_mask_blend_epi32,
    divide_16, _mm512_add_epi32, _mm512_permutexvar_epi32, _mm512_permutex2var_epi32);
lanes!(u64, u8, 8: _mm512_set1_epi64, _mm512_min_epu64, _mm512_max_epu64, _mm512_ternarylogic_epi64, _mm512_cmplt_epu64_mask, _mm512_mask_blend_epi64,
    divide_8, _mm512_add_epi64, _mm512_permutexvar_epi64, _mm512_permutex2var_epi64);

/// By the mask: lanes in it, then the others.
static DIVISIONS: [[u8; 8]; 256] = {
    let mut all = [[0; 8]; 256];
    let mut mask = 0u32;
    while mask < 256 {
        let (mut front, mut behind, mut lane) = (0, mask.count_ones(), 0);
        while lane < 8 {
            let to = if mask >> lane & 1 == 1 { &mut front } else { &mut behind };
            all[mask as usize][*to as usize] = lane;
            *to += 1;
            lane += 1;
        }
        mask += 1;
    }
    all
};

#[inline(always)]
fn divide_8(t: V4, mask: u32, v: Vector) -> Vector {
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
fn divide_16(t: V4, mask: u32, v: Vector) -> Vector {
    let f = t.avx512f;
    let front = f._mm512_maskz_compress_epi32(mask as u16, v);
    let behind = f._mm512_maskz_compress_epi32(!mask as u16, v);
    let joint = bytemuck::cast(JOINTS[(mask as u16).count_ones() as usize]);
    f._mm512_permutex2var_epi32(front, joint, behind)
}
