//! Elementary functions that vectorise: no branches, no tables, no calls.
//!
//! Each is a function of one element for [`kernel!`](crate::elementwise::kernel) loops, or, where some arguments need a slower way or a
//! shorter one is worth a look at the operands, a kernel over slices. Special values, subnormal numbers and signed zeros take the same way
//! as all others. Both float types share one source where the arithmetic is the same; float32 functions are computed in float64 where that
//! costs no more than NumPy's float32, else with sums that carry what rounding loses.
//!
//! All paths of [`Simd`] give the same bits: fused multiplication and addition is written out, and nothing is reassociated.
mod angle;
mod division;
mod exp;
mod log;
mod parts;
mod power;
#[cfg(test)]
mod tests;
mod trig;

pub(crate) use angle::{atan2, hypot};
pub(crate) use division::{floor_divide, remainder};
pub(crate) use exp::{exp, expm1, tanh};
pub(crate) use log::{log, log1p};
pub(crate) use power::pow;
pub(crate) use trig::{cos, sin};

use crate::simd::Simd;

/// Elements that are looked at together for arguments that need another way.
const GROUP: usize = 512;

/// `fast` of all pairs of elements, and `slow` of those that `rare` picks.
#[inline(always)]
fn guarded<T: Copy>(
    simd: Simd,
    (a, b): (&[T], &[T]),
    out: &mut [T],
    rare: impl Fn(T, T) -> bool,
    fast: impl Fn(T, T) -> T,
    slow: impl Fn(T, T) -> T,
) {
    for ((a, b), out) in a.chunks(GROUP).zip(b.chunks(GROUP)).zip(out.chunks_mut(GROUP)) {
        let clean = simd.run(
            #[inline(always)]
            || {
                for ((&x, &y), o) in a.iter().zip(b).zip(&mut *out) {
                    *o = fast(x, y);
                }
                all(
                    (a, b),
                    #[inline(always)]
                    |x, y| !rare(x, y),
                )
            },
        );
        if !clean {
            for ((&x, &y), o) in a.iter().zip(b).zip(out) {
                if rare(x, y) {
                    *o = slow(x, y);
                }
            }
        }
    }
}

/// Whether all pairs pass.
#[inline(always)]
fn all<T: Copy>((a, b): (&[T], &[T]), passes: impl Fn(T, T) -> bool) -> bool {
    let mut failed = 0u32;
    for (&x, &y) in a.iter().zip(b) {
        failed |= u32::from(!passes(x, y));
    }
    failed == 0
}
