//! Quicksort with partitions in place, a register at a time, and networks for what is small.
use super::keys::{Code, Key};
use super::lanes::Vector;
use super::network::{limit, sort_small, sorted_lanes};
use pulp::x86::V4;

/// Uneven partitions after which the input is taken to be hostile.
const PATIENCE: usize = 24;
/// Parts that may wait; more than halvings lead to.
const WAITING: usize = 96;
/// Registers that a partition reads at once. Twice as many are no more than the smallest part that is partitioned.
const AT_ONCE: usize = 4;

/// Sorts keys and turns them into element bits.
pub(super) fn quicksort<K: Key>(t: V4, data: &mut [K], code: Code<K>) {
    t.vectorize(Quicksort { t, data, code });
}

/// Parts keys for threads that sort the parts: those below and those above; what lies between them is done. There are more keys than a
/// network takes.
pub(super) fn part<K: Key>(t: V4, keys: &mut [K], code: Code<K>) -> (&mut [K], &mut [K]) {
    let (below, done) = t.vectorize(Part { t, keys: &mut *keys, code });
    let (below, rest) = keys.split_at_mut(below);
    (below, &mut rest[done..])
}

struct Part<'a, K> {
    t: V4,
    keys: &'a mut [K],
    code: Code<K>,
}

impl<K: Key> pulp::NullaryFnOnce for Part<'_, K> {
    type Output = (usize, usize);

    #[inline(always)]
    fn call(self) -> (usize, usize) {
        partition(self.t, self.keys, self.code)
    }
}

struct Quicksort<'a, K> {
    t: V4,
    data: &'a mut [K],
    code: Code<K>,
}

// A closure of this size would not be inlined where the instructions are enabled.
impl<K: Key> pulp::NullaryFnOnce for Quicksort<'_, K> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Quicksort { t, data, code } = self;
        let mut waiting = [(0, 0); WAITING];
        let (mut depth, mut start, mut end, mut patience) = (0, 0, data.len(), PATIENCE);
        loop {
            let part = &mut data[start..end];
            let n = part.len();
            if n <= limit::<K>() {
                sort_small(t, part);
                part.iter_mut().for_each(|k| *k = k.decode(code));
            } else if patience == 0 || depth == WAITING {
                part.sort_unstable();
                part.iter_mut().for_each(|k| *k = k.decode(code));
            } else {
                let (below, equal) = partition(t, part, code);
                patience -= usize::from(below.max(n - below - equal) > n / 16 * 15);
                waiting[depth] = (start, start + below);
                depth += 1;
                start += below + equal;
                continue;
            }
            // Empty parts wait too: they end here.
            loop {
                if depth == 0 {
                    return;
                }
                depth -= 1;
                (start, end) = waiting[depth];
                if start < end {
                    break;
                }
            }
        }
    }
}

/// Keys below a pivot in front, then those that are equal to it and done, then those above, as far as it is worth while to tell these
/// apart. Returns how many are below and how many are done. There are more keys than [`limit`].
#[inline(always)]
fn partition<K: Key>(t: V4, keys: &mut [K], code: Code<K>) -> (usize, usize) {
    let (pivot, common) = pivot(t, keys);
    let below = split(
        t,
        keys,
        K::splat(t, pivot),
        #[inline(always)]
        |keys, pivot| K::less(t, keys, pivot),
    );
    let above = &mut keys[below..];
    if !(common || below == 0) || above.len() <= limit::<K>() {
        return (below, 0);
    }
    let equal = split(
        t,
        above,
        K::splat(t, pivot),
        #[inline(always)]
        |keys, pivot| !K::less(t, pivot, keys),
    );
    above[..equal].fill(pivot.decode(code));
    (below, equal)
}

/// A key near the middle, and whether many may be equal to it.
#[inline(always)]
fn pivot<K: Key>(t: V4, keys: &[K]) -> (K, bool) {
    let [a, b, c] = if keys.len() <= 8 * limit::<K>() {
        [eighth(keys, 1), eighth(keys, 4), eighth(keys, 7)]
    } else {
        [
            middle::<K>(t, [eighth(keys, 0), eighth(keys, 1), eighth(keys, 2)]),
            middle::<K>(t, [eighth(keys, 3), eighth(keys, 4), eighth(keys, 5)]),
            middle::<K>(t, [eighth(keys, 6), eighth(keys, 7), eighth(keys, 8)]),
        ]
    };
    let v = middle::<K>(t, [a, b, c]);
    let lanes = sorted_lanes::<K>(t, v);
    let half = K::LANES / 2;
    (lanes[half], lanes[half] == lanes[half - 1] || lanes[half] == lanes[half + 1])
}

/// A register of keys from that many eighths on.
#[inline(always)]
fn eighth<K: Key>(keys: &[K], i: usize) -> Vector {
    K::load(&keys[(keys.len() - K::LANES) / 8 * i..])
}

/// The middle of three, for each lane.
#[inline(always)]
fn middle<K: Key>(t: V4, [a, b, c]: [Vector; 3]) -> Vector {
    K::larger(t, K::smaller(t, a, b), K::smaller(t, K::larger(t, a, b), c))
}

/// Keys that go in front, by `front`, go to the front, the others behind them. Returns how many are in front.
///
/// Of a register its keys in front, and behind them the others, are written both to the front and to the end of what is free: some
/// registers at either side that were read before. One register serves both, and no memory is needed besides.
#[inline(always)]
fn split<K: Key>(t: V4, keys: &mut [K], pivot: Vector, front: impl Fn(Vector, Vector) -> u32) -> usize {
    let (n, rest) = (keys.len(), keys.len() % K::LANES);
    let all = ((1u64 << K::LANES) - 1) as u32;
    // Keys that fill no register: the last ones, moved to its front. What is behind them goes nowhere.
    let few = K::rotate(t, K::load(&keys[n - K::LANES..]), K::LANES - rest);
    let at = keys.as_mut_ptr();
    // Unread are the keys from `left` to `right`, free those from `low` to `left` and from `right` to `high`.
    let (mut low, mut high, mut left, mut right) = (0, n, AT_ONCE * K::LANES, n - rest - AT_ONCE * K::LANES);
    let read = |from: usize| -> [Vector; AT_ONCE] {
        std::array::from_fn(
            #[inline(always)]
            // SAFETY: below, where it is called, these registers end within the keys.
            |i| unsafe { K::load_at(at.add(from + i * K::LANES)) },
        )
    };
    macro_rules! put {
        ($registers:expr) => {
            for v in $registers {
                let mask = front(v, pivot) & all;
                let v = K::divide(t, mask, v);
                // SAFETY: a register is free at both sides. At the start of each round `2 * AT_ONCE` registers are in all, and the side
                // that has fewer is the one that more are read from: as many as are written then, and each takes no more than one from
                // each side. In the end both sides meet: the last register is all that is free.
                unsafe {
                    K::store_at(at.add(low), v);
                    K::store_at(at.add(high - K::LANES), v);
                }
                low += mask.count_ones() as usize;
                high -= K::LANES - mask.count_ones() as usize;
            }
        };
    }
    // `limit` is twice these, so they do not overlap.
    let (first, last) = (read(0), read(right));
    let mask = front(few, pivot) & ((1 << rest) - 1);
    let divided = K::divide(t, mask, few);
    // SAFETY: each side is `AT_ONCE` registers free.
    unsafe {
        K::store_at(at.add(low), divided);
        K::store_at(at.add(high - K::LANES), K::rotate(t, divided, rest));
    }
    low += mask.count_ones() as usize;
    high -= rest - mask.count_ones() as usize;
    while right - left >= AT_ONCE * K::LANES {
        // Read in either arm, for the processor to guess: which side it is depends on all keys before.
        let registers = if left - low <= high - right {
            left += AT_ONCE * K::LANES;
            read(left - AT_ONCE * K::LANES)
        } else {
            right -= AT_ONCE * K::LANES;
            read(right)
        };
        put!(registers);
    }
    while left < right {
        let from = if left - low <= high - right {
            left += K::LANES;
            left - K::LANES
        } else {
            right -= K::LANES;
            right
        };
        // SAFETY: a multiple of `LANES` keys is unread.
        put!([unsafe { K::load_at(at.add(from)) }]);
    }
    put!(first);
    put!(last);
    low
}
