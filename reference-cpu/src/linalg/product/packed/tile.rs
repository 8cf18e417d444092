//! A tile of a product, in registers.
use array_protocol::Element;
use bytemuck::Pod;
use pulp::x86::{V3, V4};
use std::arch::x86_64::{__m256, __m256d, __m512, __m512d};
use std::array::from_fn;
use std::ops::{Add, Sub};

/// Rows of a tile. With two registers of AVX2 for the columns, or four of AVX-512, more sums are on their way at once than the latency of an
/// addition takes; as many more registers hold what is multiplied, and one the factor.
pub(super) const ROWS: usize = 6;
/// Steps that the loop is written out for.
const STEPS: usize = 4;

/// Sets of instructions with tiles.
pub(crate) trait Instructions: Copy + Send + Sync {
    /// Products that are summed up before they are added to the result: so much of a panel of columns stays in the first cache.
    const DEPTH: usize;

    /// Runs a closure that was compiled for these instructions.
    fn run<R>(self, f: impl FnOnce() -> R) -> R;

    /// Those of AVX2, which all have.
    fn avx2(self) -> V3;
}

impl Instructions for V3 {
    const DEPTH: usize = 256;

    #[inline(always)]
    fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.vectorize(f)
    }

    fn avx2(self) -> V3 {
        self
    }
}

impl Instructions for V4 {
    const DEPTH: usize = 128;

    #[inline(always)]
    fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.vectorize(f)
    }

    fn avx2(self) -> V3 {
        *self
    }
}

/// Elements with a kernel for tiles of `N` columns.
pub(crate) trait Tiles<S, const N: usize>:
    Turned<ROWS> + Turned<N> + Element + Pod + Default + Add<Output = Self> + Sub<Output = Self>
{
    /// The tile of a panel of rows and one of columns, joined with what is there: sums of products from zero on, in the order of the panels,
    /// each rounded once. Every few steps it calls `meanwhile`, with 0, 1, ...
    fn tile(simd: S, a: &[[Self; ROWS]], b: &[[Self; N]], c: [&mut [Self; N]; ROWS], join: Join, meanwhile: impl Fn(usize));

    /// The sums of a tile that has only so many columns; the rest is anything.
    fn edge(simd: S, a: &[[Self; ROWS]], b: &[[Self; N]], columns: usize) -> [[Self; N]; ROWS];
}

/// What becomes of an element, given the sum.
#[derive(Clone, Copy)]
pub(crate) enum Join {
    Replace,
    Add,
    Subtract,
}

impl Join {
    #[inline(always)]
    pub(super) fn of<T: Add<Output = T> + Sub<Output = T>>(self, c: T, sum: T) -> T {
        match self {
            Join::Replace => sum,
            Join::Add => c + sum,
            Join::Subtract => c - sum,
        }
    }
}

macro_rules! tiles {
    ($t:ty, $n:literal, $simd:ty, $register:ty: $part:ident, $splat:ident, $add:ident, $sub:ident, $fma_part:ident, $fma:ident) => {
        const _: () = {
            const ALL: usize = size_of::<[$t; $n]>() / size_of::<$register>();

            /// Sums of the columns in the first registers.
            #[inline(always)]
            fn sums<const COUNT: usize>(
                simd: $simd,
                a: &[[$t; ROWS]],
                b: &[[$t; $n]],
                meanwhile: impl Fn(usize),
            ) -> [[$register; COUNT]; ROWS] {
                /// Adds products of one column of `a` and one row of `b`.
                #[inline(always)]
                fn step<const COUNT: usize>(simd: $simd, sums: &mut [[$register; COUNT]; ROWS], a: &[$t; ROWS], b: &[$t; $n]) {
                    let columns: [$register; ALL] = bytemuck::cast(*b);
                    for (sums, &factor) in sums.iter_mut().zip(a) {
                        let factor = simd.$part.$splat(factor);
                        for (sum, column) in sums.iter_mut().zip(columns) {
                            *sum = simd.$fma_part.$fma(factor, column, *sum);
                        }
                    }
                }
                let mut sums = [[simd.$part.$splat(0.0); COUNT]; ROWS];
                let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<STEPS>(), b.as_chunks::<STEPS>());
                for (i, (a, b)) in a.iter().zip(b).enumerate() {
                    meanwhile(i);
                    for (a, b) in a.iter().zip(b) {
                        step(simd, &mut sums, a, b);
                    }
                }
                for (a, b) in a_rest.iter().zip(b_rest) {
                    step(simd, &mut sums, a, b);
                }
                sums
            }

            impl Tiles<$simd, $n> for $t {
                #[inline(always)]
                fn tile(simd: $simd, a: &[[$t; ROWS]], b: &[[$t; $n]], c: [&mut [$t; $n]; ROWS], join: Join, meanwhile: impl Fn(usize)) {
                    for (c, mut after) in c.into_iter().zip(sums::<ALL>(simd, a, b, meanwhile)) {
                        let before: [$register; ALL] = bytemuck::cast(*c);
                        for (after, before) in after.iter_mut().zip(before) {
                            match join {
                                Join::Replace => {}
                                Join::Add => *after = simd.$part.$add(before, *after),
                                Join::Subtract => *after = simd.$part.$sub(before, *after),
                            }
                        }
                        *c = bytemuck::cast(after);
                    }
                }

                fn edge(simd: $simd, a: &[[$t; ROWS]], b: &[[$t; $n]], columns: usize) -> [[$t; $n]; ROWS] {
                    if columns > $n / 2 {
                        return simd.vectorize(
                            #[inline(always)]
                            || bytemuck::cast(sums::<ALL>(simd, a, b, |_| {})),
                        );
                    }
                    let half: [[$t; $n / 2]; ROWS] = simd.vectorize(
                        #[inline(always)]
                        || bytemuck::cast(sums::<{ ALL / 2 }>(simd, a, b, |_| {})),
                    );
                    half.map(|half| from_fn(|j| if j < half.len() { half[j] } else { 0.0 }))
                }
            }
        };
    };
}
tiles!(f32, 16, V3, __m256: avx, _mm256_set1_ps, _mm256_add_ps, _mm256_sub_ps, fma, _mm256_fmadd_ps);
tiles!(f64, 8, V3, __m256d: avx, _mm256_set1_pd, _mm256_add_pd, _mm256_sub_pd, fma, _mm256_fmadd_pd);
tiles!(f32, 64, V4, __m512: avx512f, _mm512_set1_ps, _mm512_add_ps, _mm512_sub_ps, avx512f, _mm512_fmadd_ps);
tiles!(f64, 32, V4, __m512d: avx512f, _mm512_set1_pd, _mm512_add_pd, _mm512_sub_pd, avx512f, _mm512_fmadd_pd);

/// Columns that are turned at once.
pub(super) const GROUP: usize = 8;

/// Elements whose rows are packed into panels of `P`.
pub(crate) trait Turned<const P: usize>: Copy {
    /// Rows and columns exchanged.
    fn turned(v3: V3, rows: [[Self; GROUP]; P]) -> [[Self; P]; GROUP];
}

macro_rules! one_by_one {
    ($($t:ty, $p:literal)*) => { $(
        impl Turned<$p> for $t {
            #[inline(always)]
            fn turned(_: V3, rows: [[$t; GROUP]; $p]) -> [[$t; $p]; GROUP] {
                from_fn(|k| from_fn(|p| rows[p][k]))
            }
        }
    )* };
}
one_by_one!(f32, 16 f64, 8 f32, 64 f64, 32);

// The compiler finds no shuffles for six rows.

impl Turned<ROWS> for f32 {
    #[inline(always)]
    fn turned(v3: V3, rows: [[f32; GROUP]; ROWS]) -> [[f32; ROWS]; GROUP] {
        /// Of two rows: columns 0, 1, 4, 5 side by side, and 2, 3, 6, 7.
        #[inline(always)]
        fn pairs(v3: V3, a: __m256, b: __m256) -> [__m256d; 2] {
            let (low, high) = (v3.avx._mm256_unpacklo_ps(a, b), v3.avx._mm256_unpackhi_ps(a, b));
            [v3.avx._mm256_castps_pd(low), v3.avx._mm256_castps_pd(high)]
        }
        /// Two columns in the lower halves, two in the upper ones.
        #[inline(always)]
        fn columns(v3: V3, a: __m256d, b: __m256d, c: __m256d) -> [__m256d; 3] {
            [v3.avx._mm256_unpacklo_pd(a, b), v3.avx._mm256_shuffle_pd::<0b1010>(c, a), v3.avx._mm256_unpackhi_pd(b, c)]
        }
        let [a, b, c, d, e, f] = bytemuck::cast(rows);
        let ([a0, a2], [c0, c2], [e0, e2]) = (pairs(v3, a, b), pairs(v3, c, d), pairs(v3, e, f));
        let ([l0, l1, l2], [h0, h1, h2]) = (columns(v3, a0, c0, e0), columns(v3, a2, c2, e2));
        bytemuck::cast(halves(v3, [[l0, l1], [l2, h0], [h1, h2]]))
    }
}

impl Turned<ROWS> for f64 {
    #[inline(always)]
    fn turned(v3: V3, rows: [[f64; GROUP]; ROWS]) -> [[f64; ROWS]; GROUP] {
        /// Of two rows: columns 0 and 2 side by side, and 1 and 3.
        #[inline(always)]
        fn pairs(v3: V3, a: __m256d, b: __m256d) -> [__m256d; 2] {
            [v3.avx._mm256_unpacklo_pd(a, b), v3.avx._mm256_unpackhi_pd(a, b)]
        }
        /// Four columns.
        #[inline(always)]
        fn half(v3: V3, [a, b, c, d, e, f]: [__m256d; ROWS]) -> [__m256d; 6] {
            let ([a0, a1], [c0, c1], [e0, e1]) = (pairs(v3, a, b), pairs(v3, c, d), pairs(v3, e, f));
            halves(v3, [[a0, c0], [e0, a1], [c1, e1]])
        }
        let [[a, g], [b, h], [c, i], [d, j], [e, k], [f, l]]: [[__m256d; 2]; ROWS] = bytemuck::cast(rows);
        bytemuck::cast([half(v3, [a, b, c, d, e, f]), half(v3, [g, h, i, j, k, l])])
    }
}

/// The lower halves of each pair, then the upper ones.
#[inline(always)]
fn halves(v3: V3, [[a, b], [c, d], [e, f]]: [[__m256d; 2]; 3]) -> [__m256d; 6] {
    let avx = v3.avx;
    [
        avx._mm256_permute2f128_pd::<0x20>(a, b),
        avx._mm256_permute2f128_pd::<0x20>(c, d),
        avx._mm256_permute2f128_pd::<0x20>(e, f),
        avx._mm256_permute2f128_pd::<0x31>(a, b),
        avx._mm256_permute2f128_pd::<0x31>(c, d),
        avx._mm256_permute2f128_pd::<0x31>(e, f),
    ]
}
