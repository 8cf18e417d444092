//! Quicksort with partitions that go a register at a time, and networks for what is small.
use super::keys::{Code, Key};
use super::lanes::Vector;
use super::network::{limit, sort_small, sorted_lanes};
use pulp::x86::V4;

/// Uneven partitions after which the input is taken to be hostile.
const PATIENCE: usize = 24;
/// Parts that may wait; more than halvings lead to.
const WAITING: usize = 96;

/// Sorts keys and turns them into element bits. They lie in `scratch` if `moved`, else in `data`; `scratch` is at least as long.
pub(super) fn quicksort<K: Key>(t: V4, data: &mut [K], scratch: &mut [K], moved: bool, code: Code<K>) {
    t.vectorize(Quicksort { t, data, scratch, moved, code });
}

struct Quicksort<'a, K> {
    t: V4,
    data: &'a mut [K],
    scratch: &'a mut [K],
    moved: bool,
    code: Code<K>,
}

// A closure of this size would not be inlined where the instructions are enabled.
impl<K: Key> pulp::NullaryFnOnce for Quicksort<'_, K> {
    type Output = ();

    /// The part in work lies in `data[start..end]`, or at the start of `scratch` if `moved`; those that wait lie where they belong.
    #[inline(always)]
    fn call(self) {
        let Quicksort { t, data, scratch, mut moved, code } = self;
        let mut waiting = [(0, 0); WAITING];
        let (mut depth, mut start, mut end, mut patience) = (0, 0, data.len(), PATIENCE);
        loop {
            let n = end - start;
            let part = &mut data[start..end];
            if n <= limit::<K>() {
                sort_small(t, moved.then_some(&scratch[..n]), part);
                part.iter_mut().for_each(|k| *k = k.decode(code));
            } else if patience == 0 || depth == WAITING {
                if moved {
                    part.copy_from_slice(&scratch[..n]);
                }
                part.sort_unstable();
                part.iter_mut().for_each(|k| *k = k.decode(code));
            } else {
                let (pivot, common) = pivot(t, if moved { &scratch[..n] } else { part });
                let below = split(t, part, &mut scratch[..n], moved, pivot);
                // What is equal to the pivot is done.
                let equal = if common || below == 0 { drop_equal(t, &mut scratch[..n - below], pivot) } else { 0 };
                part[below..below + equal].fill(pivot.decode(code));
                patience -= usize::from(below.max(n - below - equal) > n / 16 * 15);
                waiting[depth] = (start, start + below);
                depth += 1;
                (start, moved) = (start + below + equal, true);
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
            moved = false;
        }
    }
}

/// A key near the middle, and whether many may be equal to it.
#[inline(always)]
fn pivot<K: Key>(t: V4, keys: &[K]) -> (K, bool) {
    let at = |i: usize| K::load(&keys[(keys.len() - K::LANES) / 8 * i..]);
    let v = if keys.len() <= 8 * limit::<K>() {
        middle::<K>(t, [at(1), at(4), at(7)])
    } else {
        let three = |i| middle::<K>(t, [at(i), at(i + 1), at(i + 2)]);
        middle::<K>(t, [three(0), three(3), three(6)])
    };
    let lanes = sorted_lanes::<K>(t, v);
    let half = K::LANES / 2;
    (lanes[half], lanes[half] == lanes[half - 1] || lanes[half] == lanes[half + 1])
}

/// The middle of three, for each lane.
#[inline(always)]
fn middle<K: Key>(t: V4, [a, b, c]: [Vector; 3]) -> Vector {
    K::larger(t, K::smaller(t, a, b), K::smaller(t, K::larger(t, a, b), c))
}

/// The last keys, those that fill no register, in front, and a mask of them. There is a register of keys.
#[inline(always)]
fn tail<K: Key>(t: V4, keys: &[K]) -> (Vector, u32) {
    let part = keys.len() % K::LANES;
    (K::rotate(t, K::load(&keys[keys.len() - K::LANES..]), K::LANES - part), (1 << part) - 1)
}

/// Writes the first few lanes.
#[inline(always)]
fn put_few<K: Key>(to: &mut [K], v: Vector, count: usize) {
    let mut few = [K::LAST; 16];
    K::store(&mut few, v);
    to.iter_mut().zip(&few[..count]).for_each(|(to, &key)| *to = key);
}

/// Keys below the pivot go to the front of `data`, the others to the front of `scratch`. Returns how many are below.
///
/// The keys, at least a register of them, fill `scratch` if `moved`, else `data`; both have the same length.
#[inline(always)]
fn split<K: Key>(t: V4, data: &mut [K], scratch: &mut [K], moved: bool, pivot: K) -> usize {
    let n = data.len().min(scratch.len());
    let full = n - n % K::LANES;
    let p = K::splat(t, pivot);
    let (rest, lanes) = tail(t, if moved { &scratch[..n] } else { &data[..n] });
    let (low, high) = (data.as_mut_ptr(), scratch.as_mut_ptr());
    let from = if moved { high } else { low };
    let mut below = 0;
    // Four registers are read before they are written over. What is written ends before what is still to be read begins.
    let mut at = 0;
    while at + 4 * K::LANES <= full {
        // SAFETY: the four registers end within `full` keys.
        let v: [Vector; 4] = unsafe {
            [
                K::load_at(from.add(at)),
                K::load_at(from.add(at + K::LANES)),
                K::load_at(from.add(at + 2 * K::LANES)),
                K::load_at(from.add(at + 3 * K::LANES)),
            ]
        };
        for (i, v) in v.into_iter().enumerate() {
            // SAFETY: `below` of the keys before this register are below, and it ends within `full` keys of both.
            below += unsafe { deal(t, v, p, low.add(below), high.add(at + i * K::LANES - below)) };
        }
        at += 4 * K::LANES;
    }
    while at < full {
        // SAFETY: `full` and `at` are multiples of `LANES`: the register ends within `full` keys. The rest as above.
        below += unsafe { deal(t, K::load_at(from.add(at)), p, low.add(below), high.add(at - below)) };
        at += K::LANES;
    }
    let less = K::less(t, rest, p) & lanes;
    let count = less.count_ones() as usize;
    put_few(&mut data[below..n], K::compress(t, less, rest), count);
    put_few(&mut scratch[full - below..n], K::compress(t, lanes & !less, rest), n - full - count);
    below + count
}

/// Writes a register of keys, those below the pivot to one place, the others to another. Returns how many are below.
///
/// # Safety
/// At both places a register can be written.
#[inline(always)]
unsafe fn deal<K: Key>(t: V4, v: Vector, pivot: Vector, low: *mut K, high: *mut K) -> usize {
    let less = K::less(t, v, pivot);
    // SAFETY: the caller's.
    unsafe {
        K::store_at(low, K::compress(t, less, v));
        K::store_at(high, K::compress(t, !less, v));
    }
    less.count_ones() as usize
}

/// Of keys that are not below the pivot, those above it go to the front. Returns how many are equal.
#[inline(always)]
fn drop_equal<K: Key>(t: V4, keys: &mut [K], pivot: K) -> usize {
    let (n, mut above) = (keys.len(), 0);
    let p = K::splat(t, pivot);
    let full = n - n % K::LANES;
    for at in (0..full).step_by(K::LANES) {
        let v = K::load(&keys[at..]);
        let more = K::less(t, p, v);
        K::store(&mut keys[above..], K::compress(t, more, v));
        above += more.count_ones() as usize;
    }
    for at in full..n {
        let key = keys[at];
        keys[above] = key;
        above += usize::from(key > pivot);
    }
    n - above
}
