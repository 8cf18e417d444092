//! Sorting networks over registers, for up to 16 of them.
use super::keys::Key;
use super::lanes::Lanes;

/// Compares registers lane by lane; the smaller keys go to the first.
macro_rules! compare {
    ($t:expr, $v:expr; $(($a:literal $b:literal))*) => { {
        $( ($v[$a], $v[$b]) = $t.ordered($v[$a], $v[$b]); )*
    } };
}

/// Sorts the lanes each for itself, down the registers. (Networks of 1, 5, 19 and 61 comparisons.)
#[inline(always)]
fn columns<K: Key, T: Lanes<K>, const R: usize>(t: T, v: &mut [T::Vector; R]) {
    match R {
        2 => compare!(t, v; (0 1)),
        4 => compare!(t, v; (0 2)(1 3)(0 1)(2 3)(1 2)),
        8 => compare!(t, v; (0 2)(1 3)(4 6)(5 7) (0 4)(1 5)(2 6)(3 7) (0 1)(2 3)(4 5)(6 7) (2 4)(3 5) (1 4)(3 6) (1 2)(3 4)(5 6)),
        16 => compare!(t, v;
            (0 5)(1 4)(2 12)(3 13)(6 7)(8 9)(10 15)(11 14) (0 2)(1 10)(3 6)(4 7)(5 14)(8 11)(9 12)(13 15)
            (0 8)(1 3)(2 11)(4 13)(5 9)(6 10)(7 15)(12 14) (0 1)(2 4)(3 8)(5 6)(7 12)(9 10)(11 13)(14 15)
            (1 3)(2 5)(4 8)(6 9)(7 11)(10 13)(12 14) (1 2)(3 5)(4 11)(6 8)(7 9)(10 12)(13 14)
            (2 3)(4 5)(6 7)(8 9)(10 11)(12 13) (4 6)(5 7)(8 10)(9 11) (3 4)(5 6)(7 8)(9 10)(11 12)),
        _ => {}
    }
}

/// The lanes whose number has a bit, as a mask.
const fn upper(bit: usize) -> u32 {
    match bit {
        1 => 0xAAAA,
        2 => 0xCCCC,
        4 => 0xF0F0,
        _ => 0xFF00,
    }
}

/// Sorts `R` registers: the smallest `R` keys end in lane 0 from top to bottom, the next in lane 1, and so on.
///
/// Columns are sorted by themselves, then merged two, four, ... at a time, by bitonic merges.
#[inline(always)]
fn sort_columns<K: Key, T: Lanes<K>, const R: usize>(t: T, v: &mut [T::Vector; R]) {
    columns::<K, T, R>(t, v);
    merge::<K, T, R, 1>(t, v);
    merge::<K, T, R, 3>(t, v);
    if T::LANES >= 8 {
        merge::<K, T, R, 7>(t, v);
    }
    if T::LANES == 16 {
        merge::<K, T, R, 15>(t, v);
    }
}

/// Merges columns: two halves of `M + 1` columns each time. The first step compares each key with its mirror image.
#[inline(always)]
fn merge<K: Key, T: Lanes<K>, const R: usize, const M: usize>(t: T, v: &mut [T::Vector; R]) {
    let half = upper(M / 2 + 1);
    if R == 1 {
        let w = t.exchange::<M>(v[0]);
        v[0] = t.blend(t.turned(t.less(v[0], w), half), w, v[0]);
    }
    for r in 0..R / 2 {
        let (a, b) = (v[r], t.exchange::<M>(v[R - 1 - r]));
        // Where to take `a`: as the smaller one in the lower half, as the larger one in the upper.
        let first = t.turned(t.less(a, b), half);
        v[r] = t.blend(first, b, a);
        v[R - 1 - r] = t.exchange::<M>(t.blend(first, a, b));
    }
    if M >= 15 {
        across::<K, T, R, 4>(t, v);
    }
    if M >= 7 {
        across::<K, T, R, 2>(t, v);
    }
    if M >= 3 {
        across::<K, T, R, 1>(t, v);
    }
    down::<K, T, R, 8>(t, v);
    down::<K, T, R, 4>(t, v);
    down::<K, T, R, 2>(t, v);
    down::<K, T, R, 1>(t, v);
}

/// A step between lanes at distance `D`.
#[inline(always)]
fn across<K: Key, T: Lanes<K>, const R: usize, const D: usize>(t: T, v: &mut [T::Vector; R]) {
    for v in v.iter_mut() {
        let w = t.exchange::<D>(*v);
        *v = t.blend(t.turned(t.less(*v, w), upper(D)), w, *v);
    }
}

/// A step between registers at distance `D`, if there are so many.
#[inline(always)]
fn down<K: Key, T: Lanes<K>, const R: usize, const D: usize>(t: T, v: &mut [T::Vector; R]) {
    for k in 0..R / 2 {
        let r = k / D * (2 * D) + k % D;
        if r + D < R {
            (v[r], v[r + D]) = t.ordered(v[r], v[r + D]);
        }
    }
}

/// Turns columns into rows: key `r` of lane `c` becomes key `c * R + r`.
#[inline(always)]
fn columns_to_rows<K: Key, T: Lanes<K>, const R: usize>(t: T, v: &mut [T::Vector; R]) {
    for _ in 0..R.ilog2() {
        let u = *v;
        for r in 0..R / 2 {
            (v[2 * r], v[2 * r + 1]) = t.zip(u[r], u[r + R / 2]);
        }
    }
}

/// Keys that the largest network takes.
pub(super) const fn limit<K: Key, T: Lanes<K>>() -> usize {
    16 * T::LANES
}

/// Registers from at least `LANES` keys; what is missing at the end counts as the largest key.
#[inline(always)]
fn read<K: Key, T: Lanes<K>, const R: usize>(t: T, from: &[K]) -> [T::Vector; R] {
    let last = t.splat(K::LAST);
    let mut v = [last; R];
    for (v, row) in v.iter_mut().zip(from.chunks_exact(T::LANES)) {
        *v = t.load(row);
    }
    let (full, part) = (from.len() / T::LANES, from.len() % T::LANES);
    if part > 0 {
        let tail = t.rotate(t.load(&from[from.len() - T::LANES..]), T::LANES - part);
        let tail = t.blend(t.mask((1 << part) - 1), last, tail);
        for (r, v) in v.iter_mut().enumerate() {
            *v = if r == full { tail } else { *v };
        }
    }
    v
}

/// Writes as many keys as there is room for, at least `LANES`.
#[inline(always)]
fn write<K: Key, T: Lanes<K>, const R: usize>(t: T, v: &[T::Vector; R], to: &mut [K]) {
    let (full, part) = (to.len() / T::LANES, to.len() % T::LANES);
    for (v, row) in v.iter().zip(to.chunks_exact_mut(T::LANES)) {
        t.store(row, *v);
    }
    if part > 0 {
        let tail = v.iter().enumerate().fold(v[0], |tail, (r, &v)| if r == full { v } else { tail });
        let to = &mut to[full * T::LANES + part - T::LANES..];
        let before = t.mask((1 << (T::LANES - part)) - 1);
        let v = t.blend(before, t.rotate(tail, part), t.load(to));
        t.store(to, v);
    }
}

#[inline(always)]
fn sort_registers<K: Key, T: Lanes<K>, const R: usize>(t: T, keys: &mut [K]) {
    let mut v = read::<K, T, R>(t, keys);
    sort_columns::<K, T, R>(t, &mut v);
    columns_to_rows::<K, T, R>(t, &mut v);
    write(t, &v, keys);
}

/// Sorts up to [`limit`] keys.
#[inline(always)]
pub(super) fn sort_small<K: Key, T: Lanes<K>>(t: T, keys: &mut [K]) {
    match keys.len().div_ceil(T::LANES) {
        0..=1 => {
            let mut few = [K::LAST; 16];
            few[..keys.len()].copy_from_slice(keys);
            let few = sorted_lanes(t, t.load(&few));
            keys.copy_from_slice(&few[..keys.len()]);
        }
        2 => sort_registers::<K, T, 2>(t, keys),
        3..=4 => sort_registers::<K, T, 4>(t, keys),
        5..=8 => sort_registers::<K, T, 8>(t, keys),
        _ => sort_registers::<K, T, 16>(t, keys),
    }
}

/// The lanes of a register in order, in the first `LANES` places.
#[inline(always)]
pub(super) fn sorted_lanes<K: Key, T: Lanes<K>>(t: T, v: T::Vector) -> [K; 16] {
    let (mut v, mut out) = ([v], [K::LAST; 16]);
    sort_columns::<K, T, 1>(t, &mut v);
    t.store(&mut out, v[0]);
    out
}
