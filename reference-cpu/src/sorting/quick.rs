//! Quicksort with partitions in place, a register at a time, and networks for what is small.
use super::keys::{Code, Key};
use super::lanes::Lanes;
use super::network::{limit, sort_small, sorted_lanes};
use crate::simd::{Vectors, by_vectors, fetch};

/// Times all keys that uneven partitions may go through before the input is taken to be hostile.
const PATIENCE: usize = 16;
/// Parts that may wait; more than halvings lead to.
const WAITING: usize = 96;
/// Registers that a partition reads at once. Twice as many are no more than the smallest part that is partitioned.
const AT_ONCE: usize = 8;
/// Registers between those that are read and those that are asked for meanwhile.
const AHEAD: usize = 16;

/// Keys that are sorted by vector instructions.
pub(super) trait Vectorised: Sized {
    /// Sorts keys and turns them into element bits.
    fn quicksort(vectors: Vectors, keys: &mut [Self], code: Code<Self>);
    /// Parts keys for threads that sort the parts: those below and those above; what lies between them is done. `None`: there are no more
    /// than a network takes.
    fn part(vectors: Vectors, keys: &mut [Self], code: Code<Self>) -> Option<Parts<'_, Self>>;
    /// The same on the way from one place to another, where the keys are made of element bits.
    fn part_from<'a>(vectors: Vectors, from: &[Self], to: &'a mut [Self], code: Code<Self>) -> Option<Parts<'a, Self>>;
}

/// The keys below, and those above.
type Parts<'a, K> = (&'a mut [K], &'a mut [K]);

macro_rules! vectorised {
    ($($key:ty)*) => { $(
        impl Vectorised for $key {
            fn quicksort(vectors: Vectors, data: &mut [Self], code: Code<Self>) {
                by_vectors!(vectors, t => Lanes::<Self>::vectorize(t, Quicksort { t, data, code }))
            }
            fn part(vectors: Vectors, keys: &mut [Self], code: Code<Self>) -> Option<Parts<'_, Self>> {
                by_vectors!(vectors, t => part(t, keys, code))
            }
            fn part_from<'a>(vectors: Vectors, from: &[Self], to: &'a mut [Self], code: Code<Self>) -> Option<Parts<'a, Self>> {
                by_vectors!(vectors, t => part_from(t, from, to, code))
            }
        }
    )* };
}
vectorised!(u32 u64);

fn part<K: Key, T: Lanes<K>>(t: T, keys: &mut [K], code: Code<K>) -> Option<Parts<'_, K>> {
    if keys.len() <= limit::<K, T>() {
        return None;
    }
    let (below, done) = t.vectorize(Part { t, keys: &mut *keys, code });
    let (below, rest) = keys.split_at_mut(below);
    Some((below, &mut rest[done..]))
}

fn part_from<'a, K: Key, T: Lanes<K>>(t: T, from: &[K], to: &'a mut [K], code: Code<K>) -> Option<Parts<'a, K>> {
    if from.len() <= limit::<K, T>() {
        return None;
    }
    let (below, done) = t.vectorize(PartFrom { t, from, to: &mut *to, code });
    let (below, rest) = to.split_at_mut(below);
    Some((below, &mut rest[done..]))
}

struct PartFrom<'a, K, T> {
    t: T,
    from: &'a [K],
    to: &'a mut [K],
    code: Code<K>,
}

impl<K: Key, T: Lanes<K>> pulp::NullaryFnOnce for PartFrom<'_, K, T> {
    type Output = (usize, usize);

    #[inline(always)]
    fn call(self) -> (usize, usize) {
        let PartFrom { t, from, to, code } = self;
        let (pivot, common) = pivot::<K, T>(
            t,
            from.len(),
            #[inline(always)]
            |at| encoded(t, &from[at..], code),
        );
        let below = split_from(t, from, to, t.splat(pivot), code);
        equal(t, to, code, pivot, common, below)
    }
}

struct Part<'a, K, T> {
    t: T,
    keys: &'a mut [K],
    code: Code<K>,
}

impl<K: Key, T: Lanes<K>> pulp::NullaryFnOnce for Part<'_, K, T> {
    type Output = (usize, usize);

    #[inline(always)]
    fn call(self) -> (usize, usize) {
        partition(self.t, self.keys, self.code)
    }
}

struct Quicksort<'a, K, T> {
    t: T,
    data: &'a mut [K],
    code: Code<K>,
}

// A closure of this size would not be inlined where the instructions are enabled.
impl<K: Key, T: Lanes<K>> pulp::NullaryFnOnce for Quicksort<'_, K, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Quicksort { t, data, code } = self;
        let mut waiting = [(0, 0); WAITING];
        let (mut depth, mut start, mut end, mut patience) = (0, 0, data.len(), data.len().saturating_mul(PATIENCE));
        loop {
            let part = &mut data[start..end];
            let n = part.len();
            if n <= limit::<K, T>() {
                sort_small(t, part);
                part.iter_mut().for_each(|k| *k = k.decode(code));
            } else if patience == 0 || depth == WAITING {
                part.sort_unstable();
                part.iter_mut().for_each(|k| *k = k.decode(code));
            } else {
                let (below, equal) = partition(t, part, code);
                let uneven = below.max(n - below - equal) > n / 16 * 15;
                patience = patience.saturating_sub(if uneven { n } else { 0 });
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
fn partition<K: Key, T: Lanes<K>>(t: T, keys: &mut [K], code: Code<K>) -> (usize, usize) {
    let (pivot, common) = pivot::<K, T>(
        t,
        keys.len(),
        #[inline(always)]
        |at| t.load(&keys[at..]),
    );
    let below = split(
        t,
        keys,
        t.splat(pivot),
        #[inline(always)]
        |keys, pivot| t.lanes(t.less(keys, pivot)),
    );
    equal(t, keys, code, pivot, common, below)
}

/// The rest of a partition, when so many keys are below the pivot.
#[inline(always)]
fn equal<K: Key, T: Lanes<K>>(t: T, keys: &mut [K], code: Code<K>, pivot: K, common: bool, below: usize) -> (usize, usize) {
    let above = &mut keys[below..];
    if !(common || below == 0) || above.len() <= limit::<K, T>() {
        return (below, 0);
    }
    let equal = split(
        t,
        above,
        t.splat(pivot),
        #[inline(always)]
        |keys, pivot| !t.lanes(t.less(pivot, keys)),
    );
    above[..equal].fill(pivot.decode(code));
    (below, equal)
}

/// A key near the middle of `n`, and whether many may be equal to it; `register` reads some of them.
#[inline(always)]
fn pivot<K: Key, T: Lanes<K>>(t: T, n: usize, register: impl Fn(usize) -> T::Vector) -> (K, bool) {
    let eighth = (n - T::LANES) / 8;
    if n <= 8 * limit::<K, T>() {
        // Most parts are so small: to sort the lanes would take about as long as the partition.
        let v = middle::<K, T>(t, [register(eighth), register(4 * eighth), register(7 * eighth)]);
        let nine = middle::<K, T>(t, [v, t.rotate(v, 1), t.rotate(v, 2)]);
        let all = middle::<K, T>(t, [nine, t.rotate(nine, 3), t.rotate(nine, 6)]);
        let pivot = t.first(all);
        let other = t.lanes(t.less(v, t.splat(pivot))) | t.lanes(t.less(t.splat(pivot), v));
        return (pivot, (other.count_ones() as usize) < T::LANES - 1);
    }
    let v = middle::<K, T>(
        t,
        [
            middle::<K, T>(t, [register(0), register(eighth), register(2 * eighth)]),
            middle::<K, T>(t, [register(3 * eighth), register(4 * eighth), register(5 * eighth)]),
            middle::<K, T>(t, [register(6 * eighth), register(7 * eighth), register(8 * eighth)]),
        ],
    );
    let lanes = sorted_lanes::<K, T>(t, v);
    let half = T::LANES / 2;
    (lanes[half], lanes[half] == lanes[half - 1] || lanes[half] == lanes[half + 1])
}

/// A register of keys from element bits.
#[inline(always)]
fn encoded<K: Key, T: Lanes<K>>(t: T, from: &[K], code: Code<K>) -> T::Vector {
    t.load_by(
        from,
        #[inline(always)]
        |bits| bits.encode(code),
    )
}

/// The middle of three, for each lane.
#[inline(always)]
fn middle<K: Key, T: Lanes<K>>(t: T, [a, b, c]: [T::Vector; 3]) -> T::Vector {
    t.larger(t.smaller(a, b), t.smaller(t.larger(a, b), c))
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
    unsafe fn put<T: Lanes<K>>(&mut self, t: T, v: T::Vector, mask: u32) {
        let v = t.divide(mask, v);
        let front = mask.count_ones() as usize;
        // SAFETY: both lie in what is free. They are the same place, or lanes in front and those behind do not meet.
        unsafe {
            t.store_at(self.at.add(self.low), v);
            t.store_at(self.at.add(self.high - T::LANES), v);
        }
        self.low += front;
        self.high -= T::LANES - front;
    }

    /// The same of the first `n` lanes alone.
    ///
    /// # Safety
    /// At least two registers are free.
    #[inline(always)]
    unsafe fn put_few<T: Lanes<K>>(&mut self, t: T, v: T::Vector, mask: u32, n: usize) {
        let v = t.divide(mask, v);
        let front = mask.count_ones() as usize;
        // SAFETY: both lie in what is free, apart from each other.
        unsafe {
            t.store_at(self.at.add(self.low), v);
            t.store_at(self.at.add(self.high - T::LANES), t.rotate(v, n));
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
fn split_from<K: Key, T: Lanes<K>>(t: T, from: &[K], to: &mut [K], pivot: T::Vector, code: Code<K>) -> usize {
    let (n, rest) = (from.len(), from.len() % T::LANES);
    assert!(to.len() == n && n >= 2 * T::LANES);
    let mut free = Free { at: to.as_mut_ptr(), low: 0, high: n };
    let few = t.rotate(encoded(t, &from[n - T::LANES..], code), T::LANES - rest);
    // SAFETY: the whole place is free.
    unsafe { free.put_few(t, few, first(t.lanes(t.less(few, pivot)), rest), rest) };
    for bits in from[..n - rest].chunks_exact(T::LANES) {
        let v = encoded(t, bits, code);
        // SAFETY: as much is free as is not yet read, a multiple of registers.
        unsafe { free.put(t, v, t.lanes(t.less(v, pivot))) };
    }
    free.low
}

/// Keys that go in front, by `front`, go to the front, the others behind them. Returns how many are in front.
///
/// What is free are some registers at either side that were read before: no memory is needed besides.
#[inline(always)]
fn split<K: Key, T: Lanes<K>>(t: T, keys: &mut [K], pivot: T::Vector, front: impl Fn(T::Vector, T::Vector) -> u32) -> usize {
    let (n, rest) = (keys.len(), keys.len() % T::LANES);
    // Keys that fill no register: the last ones, moved to its front. What is behind them goes nowhere.
    let few = t.rotate(t.load(&keys[n - T::LANES..]), T::LANES - rest);
    let at = keys.as_mut_ptr();
    let mut free = Free { at, low: 0, high: n };
    // Unread are the keys from `left` to `right`, free those before and behind as far as nothing was put there.
    let (mut left, mut right) = (AT_ONCE * T::LANES, n - rest - AT_ONCE * T::LANES);
    let read = |from: usize| -> [T::Vector; AT_ONCE] {
        std::array::from_fn(
            #[inline(always)]
            // SAFETY: below, where it is called, these registers end within the keys.
            |i| unsafe { t.load_at(at.add(from + i * T::LANES)) },
        )
    };
    // Two places that move towards each other, in turns that nobody foresees, are more than the processor sees through by itself.
    // (By the count of registers: `fetch_at` with the same bytes was slower by a twenty-fifth.)
    let ahead = |from: usize| {
        (0..AT_ONCE).for_each(
            #[inline(always)]
            |i| fetch(at.wrapping_add(from.wrapping_add(i * T::LANES)).cast()),
        );
    };
    macro_rules! put {
        ($registers:expr) => {
            for v in $registers {
                // SAFETY: a register is free at both sides. At the start of each round `2 * AT_ONCE` registers are in all, and the side
                // that has fewer is the one that more are read from: as many as are written then, and each takes no more than one from
                // each side. In the end both sides meet: the last register is all that is free.
                unsafe { free.put(t, v, first(front(v, pivot), T::LANES)) };
            }
        };
    }
    // `limit` is twice these, so they do not overlap.
    let (head, tail) = (read(0), read(right));
    // SAFETY: each side is `AT_ONCE` registers free.
    unsafe { free.put_few(t, few, first(front(few, pivot), rest), rest) };
    while right - left >= AT_ONCE * T::LANES {
        // Read in either arm, for the processor to guess: which side it is depends on all keys before.
        let registers = if left - free.low <= free.high - right {
            left += AT_ONCE * T::LANES;
            ahead(left + AHEAD * T::LANES);
            read(left - AT_ONCE * T::LANES)
        } else {
            right -= AT_ONCE * T::LANES;
            ahead(right.wrapping_sub((AHEAD + AT_ONCE) * T::LANES));
            read(right)
        };
        put!(registers);
    }
    while left < right {
        let from = if left - free.low <= free.high - right {
            left += T::LANES;
            left - T::LANES
        } else {
            right -= T::LANES;
            right
        };
        // SAFETY: a multiple of `LANES` keys is unread.
        put!([unsafe { t.load_at(at.add(from)) }]);
    }
    put!(head);
    put!(tail);
    free.low
}
