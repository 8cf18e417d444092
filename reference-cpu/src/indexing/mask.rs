//! Where blocks of truth values are true.
use crate::memory::BLOCK;
use crate::simd::Simd;

/// How many are true.
pub(super) fn count(simd: Simd, mask: &[bool]) -> usize {
    simd.run(
        #[inline(always)]
        || mask.chunks(128).map(|part| usize::from(part.iter().map(|&m| u8::from(m)).sum::<u8>())).sum(),
    )
}

/// Writes `at(i)` for each `i` where the mask is true. There are as many as `out` has room for.
#[inline(always)]
pub(super) fn compress<T>(mask: &[bool], out: &mut [T], at: impl Fn(usize) -> T) {
    if out.len() == mask.len() {
        return out.iter_mut().enumerate().for_each(|(i, o)| *o = at(i));
    }
    // Each is written, and the place moves on where the mask is true: nothing to foresee for the processor.
    let mut k = 0;
    for (i, &m) in mask.iter().enumerate() {
        let Some(o) = out.get_mut(k) else { return };
        *o = at(i);
        k += usize::from(m);
    }
}

/// Overwrites the elements where the mask is true by the next of `values`, of which there are enough.
pub(super) fn expand<T: Copy>(simd: Simd, mask: &[bool], out: &mut [T], values: &[T; BLOCK]) {
    simd.run(
        #[inline(always)]
        || {
            let mut k = 0;
            for (o, &m) in out.iter_mut().zip(mask) {
                *o = if m { values[k % BLOCK] } else { *o };
                k += usize::from(m);
            }
        },
    );
}
