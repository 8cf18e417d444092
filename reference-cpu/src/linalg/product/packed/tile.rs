//! A tile of a product, in the registers of AVX2.
use array_protocol::Element;
use bytemuck::Pod;
use pulp::x86::V3;
use std::arch::x86_64::{__m256, __m256d};
use std::array::from_fn;
use std::ops::{Add, Sub};

/// Rows of a tile. With two registers of columns, twelve sums are on their way at once, more than the latency of an addition takes; two more
/// registers hold what is multiplied, and one the factor.
pub(super) const ROWS: usize = 6;
/// Steps that the loop is written out for.
const STEPS: usize = 4;

/// Elements with a kernel for tiles of `N` columns: two registers.
pub(crate) trait Tiles<const N: usize>:
    Turned<ROWS> + Turned<N> + Element + Pod + Default + Add<Output = Self> + Sub<Output = Self>
{
    /// The tile of a panel of rows and one of columns: sums of products from zero on, in the order of the panels, each rounded once.
    fn sums(v3: V3, a: &[[Self; ROWS]], b: &[[Self; N]]) -> [[Self; N]; ROWS];
}

macro_rules! tiles {
    ($t:ty, $n:literal, $register:ty: $splat:ident, $fma:ident) => {
        impl Tiles<$n> for $t {
            #[inline(always)]
            fn sums(v3: V3, a: &[[$t; ROWS]], b: &[[$t; $n]]) -> [[$t; $n]; ROWS] {
                /// Adds products of one column of `a` and one row of `b`.
                #[inline(always)]
                fn step(v3: V3, sums: &mut [[$register; 2]; ROWS], a: &[$t; ROWS], b: &[$t; $n]) {
                    let columns: [$register; 2] = bytemuck::cast(*b);
                    for (sums, &factor) in sums.iter_mut().zip(a) {
                        let factor = v3.avx.$splat(factor);
                        for (sum, column) in sums.iter_mut().zip(columns) {
                            *sum = v3.fma.$fma(factor, column, *sum);
                        }
                    }
                }
                let mut sums = [[v3.avx.$splat(0.0); 2]; ROWS];
                let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<STEPS>(), b.as_chunks::<STEPS>());
                for (a, b) in a.iter().zip(b) {
                    for (a, b) in a.iter().zip(b) {
                        step(v3, &mut sums, a, b);
                    }
                }
                for (a, b) in a_rest.iter().zip(b_rest) {
                    step(v3, &mut sums, a, b);
                }
                bytemuck::cast(sums)
            }
        }
    };
}
tiles!(f32, 16, __m256: _mm256_set1_ps, _mm256_fmadd_ps);
tiles!(f64, 8, __m256d: _mm256_set1_pd, _mm256_fmadd_pd);

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
one_by_one!(f32, 16 f64, 8);

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
