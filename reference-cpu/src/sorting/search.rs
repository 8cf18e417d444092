//! Binary search, for several elements at a time, so that they wait for memory together.
use super::keys::{Key, Sortable};
use crate::memory;
use crate::simd::Simd;
use array_protocol::options::Side;
use array_protocol::{Op, Result};

/// Elements that are searched for together.
const TOGETHER: usize = 16;

/// The places where elements go in a sorted array. Of one that is not in order the results lie between 0 and its length.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn search<T: Sortable>(op: Op, simd: Simd, sorted: &[T], wanted: &[T], side: Side) -> Result<Vec<i64>> {
    let code = T::code();
    let keys = memory::generate(op, sorted.len(), &|start, block: &mut [T::Key]| {
        simd.run(
            #[inline(always)]
            || block.iter_mut().zip(&sorted[start..]).for_each(|(key, v)| *key = v.bits().encode_equal(code)),
        );
    })?;
    memory::generate(op, wanted.len(), &|start, block: &mut [i64]| {
        for (wanted, places) in wanted[start..].chunks(TOGETHER).zip(block.chunks_mut(TOGETHER)) {
            let mut few = [T::Key::FIRST; TOGETHER];
            few.iter_mut().zip(wanted).for_each(|(key, v)| *key = v.bits().encode_equal(code));
            let found = match side {
                Side::Right => places_of(&keys, &few, |v, x| v <= x),
                _ => places_of(&keys, &few, |v, x| v < x),
            };
            places.iter_mut().zip(found).for_each(|(place, found)| *place = found as i64);
        }
    })
}

/// For each element the number of keys that come before it. All take the same steps; which half they go on in is no branch.
#[inline(always)]
fn places_of<K: Key>(keys: &[K], wanted: &[K; TOGETHER], before: impl Fn(K, K) -> bool) -> [usize; TOGETHER] {
    let mut places = [0; TOGETHER];
    let mut left = keys.len();
    while left > 0 {
        let half = left.div_ceil(2);
        for (place, &x) in places.iter_mut().zip(wanted) {
            let next = *place + half;
            let forward = keys.get(next - 1).is_some_and(|&v| before(v, x));
            *place = std::hint::select_unpredictable(forward, next, *place);
        }
        left -= half;
    }
    places
}
