//! A tile of a product, in the registers of AVX2.
use array_protocol::Element;
use bytemuck::Pod;
use pulp::x86::V3;
use std::arch::x86_64::{__m256, __m256d};
use std::ops::{Add, Sub};

/// Rows of a tile. With two registers of columns, twelve sums are on their way at once, more than the latency of an addition takes; two more
/// registers hold what is multiplied, and one the factor.
pub(super) const ROWS: usize = 6;
/// Steps that the loop is written out for.
const STEPS: usize = 4;

/// Elements with a kernel for tiles of `N` columns: two registers.
pub(crate) trait Tiles<const N: usize>: Element + Pod + Default + Add<Output = Self> + Sub<Output = Self> {
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
