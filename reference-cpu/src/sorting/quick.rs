//! Quicksort with partitions in place, a register at a time, and networks for what is small.
use super::keys::{Code, Key};
use super::lanes::Vector;
use super::network::{limit, sort_small, sorted_lanes};
use crate::simd::fetch;
use pulp::x86::V4;

/// Uneven partitions after which the input is taken to be hostile.
const PATIENCE: usize = 24;
/// Parts that may wait; more than halvings lead to.
const WAITING: usize = 96;
/// Registers that a partition reads at once. Twice as many are no more than the smallest part that is partitioned.
const AT_ONCE: usize = 8;
/// Registers between those that are read and those that are asked for meanwhile.
const AHEAD: usize = 16;

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

/// The same on the way from one place to another, where the keys are made of element bits.
pub(super) fn part_from<'a, K: Key>(t: V4, from: &[K], to: &'a mut [K], code: Code<K>) -> (&'a mut [K], &'a mut [K]) {
    let (below, done) = t.vectorize(PartFrom { t, from, to: &mut *to, code });
    let (below, rest) = to.split_at_mut(below);
    (below, &mut rest[done..])
}

/// Whether there are enough keys for [`part`] and [`part_from`].
pub(super) fn parts<K: Key>(keys: usize) -> bool {
    keys > limit::<K>()
}

struct PartFrom<'a, K> {
    t: V4,
    from: &'a [K],
    to: &'a mut [K],
    code: Code<K>,
}

impl<K: Key> pulp::NullaryFnOnce for PartFrom<'_, K> {
    type Output = (usize, usize);

    #[inline(always)]
    fn call(self) -> (usize, usize) {
        let PartFrom { t, from, to, code } = self;
        let (pivot, common) = pivot::<K>(
            t,
            from.len(),
            #[inline(always)]
            |at| encoded(&from[at..], code),
        );
        let below = split_from(t, from, to, K::splat(t, pivot), code);
        equal(t, to, code, pivot, common, below)
    }
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
    let (pivot, common) = pivot::<K>(
        t,
        keys.len(),
        #[inline(always)]
        |at| K::load(&keys[at..]),
    );
    let below = split(
        t,
        keys,
        K::splat(t, pivot),
        #[inline(always)]
        |keys, pivot| K::less(t, keys, pivot),
    );
    equal(t, keys, code, pivot, common, below)
}

/// The rest of a partition, when so many keys are below the pivot.
#[inline(always)]
fn equal<K: Key>(t: V4, keys: &mut [K], code: Code<K>, pivot: K, common: bool, below: usize) -> (usize, usize) {
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

/// A key near the middle of `n`, and whether many may be equal to it; `register` reads some of them.
#[inline(always)]
fn pivot<K: Key>(t: V4, n: usize, register: impl Fn(usize) -> Vector) -> (K, bool) {
    let eighth = (n - K::LANES) / 8;
    if n <= 8 * limit::<K>() {
        // Most parts are so small: to sort the lanes would take about as long as the partition.
        let v = middle::<K>(t, [register(eighth), register(4 * eighth), register(7 * eighth)]);
        let nine = middle::<K>(t, [v, K::rotate(t, v, 1), K::rotate(t, v, 2)]);
        let all = middle::<K>(t, [nine, K::rotate(t, nine, 3), K::rotate(t, nine, 6)]);
        let pivot = K::first(all);
        let other = K::less(t, v, K::splat(t, pivot)) | K::less(t, K::splat(t, pivot), v);
        return (pivot, (other.count_ones() as usize) < K::LANES - 1);
    }
    let v = middle::<K>(
        t,
        [
            middle::<K>(t, [register(0), register(eighth), register(2 * eighth)]),
            middle::<K>(t, [register(3 * eighth), register(4 * eighth), register(5 * eighth)]),
            middle::<K>(t, [register(6 * eighth), register(7 * eighth), register(8 * eighth)]),
        ],
    );
    let lanes = sorted_lanes::<K>(t, v);
    let half = K::LANES / 2;
    (lanes[half], lanes[half] == lanes[half - 1] || lanes[half] == lanes[half + 1])
}

/// A register of keys from element bits.
#[inline(always)]
fn encoded<K: Key>(from: &[K], code: Code<K>) -> Vector {
    K::load_by(
        from,
        #[inline(always)]
        |bits| bits.encode(code),
    )
}

/// The middle of three, for each lane.
#[inline(always)]
fn middle<K: Key>(t: V4, [a, b, c]: [Vector; 3]) -> Vector {
    K::larger(t, K::smaller(t, a, b), K::smaller(t, K::larger(t, a, b), c))
}

/// A place that is filled from both ends: keys from `low` to `high` are free.
struct Free<K> {
    at: *mut K,
    low: usize,
    high: usize,
}

impl<K: Key> Free<K> {
    /// Writes a register: the lanes of the mask in front, the others behind.
    ///
    /// They are written, in this order, both to the front and to the end of what is free: one register serves both.
    ///
    /// # Safety
    /// One register is free, or at least two are.
    #[inline(always)]
    unsafe fn put(&mut self, t: V4, v: Vector, mask: u32) {
        let v = K::divide(t, mask, v);
        let front = mask.count_ones() as usize;
        // SAFETY: both lie in what is free. They are the same place, or lanes in front and those behind do not meet.
        unsafe {
            K::store_at(self.at.add(self.low), v);
            K::store_at(self.at.add(self.high - K::LANES), v);
        }
        self.low += front;
        self.high -= K::LANES - front;
    }

    /// The same of the first `n` lanes alone.
    ///
    /// # Safety
    /// At least two registers are free.
    #[inline(always)]
    unsafe fn put_few(&mut self, t: V4, v: Vector, mask: u32, n: usize) {
        let v = K::divide(t, mask, v);
        let front = mask.count_ones() as usize;
        // SAFETY: both lie in what is free, apart from each other.
        unsafe {
            K::store_at(self.at.add(self.low), v);
            K::store_at(self.at.add(self.high - K::LANES), K::rotate(t, v, n));
        }
        self.low += front;
        self.high -= n - front;
    }
}

/// Lanes of a register below a pivot, of the first `n`.
#[inline(always)]
fn first(mask: u32, n: usize) -> u32 {
    mask & ((1u64 << n) - 1) as u32
}

/// Element bits become keys: those below the pivot go to the front of a place of the same length, the others behind them. Returns how
/// many are below. There are at least two registers.
#[inline(always)]
fn split_from<K: Key>(t: V4, from: &[K], to: &mut [K], pivot: Vector, code: Code<K>) -> usize {
    let (n, rest) = (from.len(), from.len() % K::LANES);
    assert!(to.len() == n && n >= 2 * K::LANES);
    let mut free = Free { at: to.as_mut_ptr(), low: 0, high: n };
    let few = K::rotate(t, encoded(&from[n - K::LANES..], code), K::LANES - rest);
    // SAFETY: the whole place is free.
    unsafe { free.put_few(t, few, first(K::less(t, few, pivot), rest), rest) };
    for bits in from[..n - rest].chunks_exact(K::LANES) {
        let v = encoded(bits, code);
        // SAFETY: as much is free as is not yet read, a multiple of registers.
        unsafe { free.put(t, v, K::less(t, v, pivot)) };
    }
    free.low
}

/// Keys that go in front, by `front`, go to the front, the others behind them. Returns how many are in front.
///
/// What is free are some registers at either side that were read before: no memory is needed besides.
#[inline(always)]
fn split<K: Key>(t: V4, keys: &mut [K], pivot: Vector, front: impl Fn(Vector, Vector) -> u32) -> usize {
    let (n, rest) = (keys.len(), keys.len() % K::LANES);
    // Keys that fill no register: the last ones, moved to its front. What is behind them goes nowhere.
    let few = K::rotate(t, K::load(&keys[n - K::LANES..]), K::LANES - rest);
    let at = keys.as_mut_ptr();
    let mut free = Free { at, low: 0, high: n };
    // Unread are the keys from `left` to `right`, free those before and behind as far as nothing was put there.
    let (mut left, mut right) = (AT_ONCE * K::LANES, n - rest - AT_ONCE * K::LANES);
    let read = |from: usize| -> [Vector; AT_ONCE] {
        std::array::from_fn(
            #[inline(always)]
            // SAFETY: below, where it is called, these registers end within the keys.
            |i| unsafe { K::load_at(at.add(from + i * K::LANES)) },
        )
    };
    // Two places that move towards each other, in turns that nobody foresees, are more than the processor sees through by itself.
    // (By the count of registers: `fetch_at` with the same bytes was slower by a twenty-fifth.)
    let ahead = |from: usize| {
        (0..AT_ONCE).for_each(
            #[inline(always)]
            |i| fetch(at.wrapping_add(from.wrapping_add(i * K::LANES)).cast()),
        );
    };
    macro_rules! put {
        ($registers:expr) => {
            for v in $registers {
                // SAFETY: a register is free at both sides. At the start of each round `2 * AT_ONCE` registers are in all, and the side
                // that has fewer is the one that more are read from: as many as are written then, and each takes no more than one from
                // each side. In the end both sides meet: the last register is all that is free.
                unsafe { free.put(t, v, first(front(v, pivot), K::LANES)) };
            }
        };
    }
    // `limit` is twice these, so they do not overlap.
    let (head, tail) = (read(0), read(right));
    // SAFETY: each side is `AT_ONCE` registers free.
    unsafe { free.put_few(t, few, first(front(few, pivot), rest), rest) };
    while right - left >= AT_ONCE * K::LANES {
        // Read in either arm, for the processor to guess: which side it is depends on all keys before.
        let registers = if left - free.low <= free.high - right {
            left += AT_ONCE * K::LANES;
            ahead(left + AHEAD * K::LANES);
            read(left - AT_ONCE * K::LANES)
        } else {
            right -= AT_ONCE * K::LANES;
            ahead(right.wrapping_sub((AHEAD + AT_ONCE) * K::LANES));
            read(right)
        };
        put!(registers);
    }
    while left < right {
        let from = if left - free.low <= free.high - right {
            left += K::LANES;
            left - K::LANES
        } else {
            right -= K::LANES;
            right
        };
        // SAFETY: a multiple of `LANES` keys is unread.
        put!([unsafe { K::load_at(at.add(from)) }]);
    }
    put!(head);
    put!(tail);
    free.low
}
