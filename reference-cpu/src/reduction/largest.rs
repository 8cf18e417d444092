//! The largest element and its position. Elements are compared as integers that are in the same order, which the compiler turns into
//! vector instructions; all NaNs are one integer above all others.
use super::fold::{Block, Fold, Steps};
use crate::array::Typed;
use crate::simd::{Simd, asks, fetch_behind};
use std::marker::PhantomData;

/// The first, unless the second is as large or the first a NaN.
#[inline(always)]
fn larger<T: PartialOrd>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

/// Elements that have an order.
pub(super) trait Ordered: Typed {
    /// `-0` is below `0`.
    type Key: Copy + Ord + Send + Sync;
    const LOWEST: Self::Key;
    fn key(self) -> Self::Key;
    /// `-0` becomes `0`.
    fn plain(self) -> Self;
    fn of(key: Self::Key) -> Self;
    /// The key of the largest element.
    fn top(run: &[Self]) -> Self::Key;
}

macro_rules! ordered {
    (integer $($t:ty),*) => { $( impl Ordered for $t {
        type Key = $t;
        const LOWEST: $t = <$t>::MIN;
        #[inline(always)]
        fn key(self) -> $t { self }
        #[inline(always)]
        fn plain(self) -> $t { self }
        fn of(key: $t) -> $t { key }
        #[inline(always)]
        fn top(run: &[Self]) -> $t { run.iter().fold(<$t>::MIN, #[inline(always)] |top, &v| top.max(v)) }
    } )* };
    (float $($t:ty as $u:ident $i:ident by $turned:ident),*) => { $(
    /// From bits to key and back: the bits of a negative float grow downwards.
    #[inline(always)]
    fn $turned(bits: $i) -> $i { bits ^ ((bits >> ($i::BITS - 1)) & $i::MAX) }
    impl Ordered for $t {
        type Key = $i;
        const LOWEST: $i = $i::MIN;
        #[inline(always)]
        fn key(self) -> $i {
            let bits = self.to_bits() as $i;
            if bits & $i::MAX > Self::INFINITY.to_bits() as $i { $i::MAX } else { $turned(bits) }
        }
        #[inline(always)]
        fn plain(self) -> $t { self + 0.0 }
        fn of(key: $i) -> $t { <$t>::from_bits($turned(key) as $u) }
        // NaNs lose each comparison. Sums tell whether there may be one: that of infinities of both signs is a NaN too.
        #[inline(always)]
        fn top(run: &[Self]) -> $i {
            #[inline(always)]
            fn compare(block: &[$t; LANES], tops: &mut [$t; LANES], sums: &mut [$t; LANES]) {
                for j in 0..LANES {
                    tops[j] = larger(block[j], tops[j]);
                    sums[j] += block[j];
                }
            }
            let (asks, mut tops, mut sums) = (asks(), [<$t>::NEG_INFINITY; LANES], [0 as $t; LANES]);
            let (blocks, rest) = run.as_chunks::<LANES>();
            let (first, second) = blocks.split_at(if asks { blocks.len() } else { blocks.len() / 2 });
            for (first, second) in first.iter().zip(second) {
                compare(first, &mut tops, &mut sums);
                compare(second, &mut tops, &mut sums);
            }
            for block in if asks { first } else { &second[first.len()..] } {
                if asks {
                    fetch_behind(block);
                }
                compare(block, &mut tops, &mut sums);
            }
            if let Some(&first) = rest.first() {
                let mut last = [first; LANES];
                last[..rest.len()].copy_from_slice(rest);
                compare(&last, &mut tops, &mut sums);
            }
            let sum = sums.into_iter().fold(0.0, #[inline(always)] |a, b| a + b);
            let top = tops.into_iter().fold(<$t>::NEG_INFINITY, #[inline(always)] |a, b| larger(a, b));
            let nan = || run.iter().fold(false, #[inline(always)] |nan, v| nan | v.is_nan());
            if sum.is_nan() && nan() { $i::MAX } else { top.key() }
        }
    } )* };
}
ordered!(integer i8, i16, i32, i64, u8, u16, u32, u64);
ordered!(float f32 as u32 i32 by turned32, f64 as u64 i64 by turned64);

/// The key of the largest element of `T`.
pub(super) struct Largest<T>(PhantomData<T>);

impl<T: Ordered> Steps for Largest<T> {
    type In = T;
    type Acc = T::Key;
    const NOTHING: T::Key = T::LOWEST;
    #[inline(always)]
    fn lift(v: T) -> T::Key {
        v.key()
    }
    #[inline(always)]
    fn join(a: T::Key, b: T::Key) -> T::Key {
        a.max(b)
    }
    #[inline(always)]
    fn run(run: &[T]) -> T::Key {
        T::top(run)
    }
}

/// The first of the largest elements: its key and its position.
pub(super) struct First {
    pub(super) simd: Simd,
}

/// Elements that are compared side by side, in vectors.
const LANES: usize = 32;
/// Elements that are compared at once when a position is looked for.
const LOOK: usize = 64;
/// Columns of one call.
const TILE: usize = 2048;

impl<T: Ordered> Fold<T, (T::Key, usize)> for First {
    fn nothing(&self) -> (T::Key, usize) {
        // After all others: an element that is as small comes first.
        (T::LOWEST, usize::MAX)
    }
    fn runs(&self, block: &Block<'_, T>, out: &mut [(T::Key, usize)]) {
        self.find(block, None, out);
    }
    fn runs_after(&self, block: &Block<'_, T>, earlier: &(T::Key, usize), out: &mut [(T::Key, usize)]) {
        self.find(block, Some(earlier.0), out);
    }
    fn columns(&self, block: &Block<'_, T>, out: &mut [(T::Key, usize)]) {
        self.simd.run(
            #[inline(always)]
            || {
                let (mut top, mut place) = ([T::LOWEST; TILE], [0u32; TILE]);
                let n = out.len().min(TILE);
                for i in 0..block.starts.len() {
                    let row = &block.row(i)[..n];
                    for j in 0..n {
                        let key = row[j].plain().key();
                        let larger = key > top[j];
                        place[j] = if larger { i as u32 } else { place[j] };
                        top[j] = if larger { key } else { top[j] };
                    }
                }
                for j in 0..n {
                    out[j] = (top[j], block.at + place[j] as usize);
                }
            },
        );
    }
    fn join(&self, into: &mut [(T::Key, usize)], from: &[(T::Key, usize)]) {
        for (a, &b) in into.iter_mut().zip(from) {
            if b.0 > a.0 || (b.0 == a.0 && b.1 < a.1) {
                *a = b;
            }
        }
    }
    fn rows(&self) -> usize {
        256
    }
    fn tile(&self) -> usize {
        TILE
    }
}

impl First {
    /// The position is not looked for where an earlier element is as large.
    fn find<T: Ordered>(&self, block: &Block<'_, T>, earlier: Option<T::Key>, out: &mut [(T::Key, usize)]) {
        self.simd.run(
            #[inline(always)]
            || {
                for (i, o) in out.iter_mut().enumerate() {
                    let run = block.row(i);
                    let top = T::of(T::top(run)).plain().key();
                    let behind = earlier.is_some_and(
                        #[inline(always)]
                        |key| key >= top,
                    );
                    *o = (top, if behind { usize::MAX } else { block.at + position(run, top) });
                }
            },
        );
    }
}

/// Where a key is found first.
#[inline(always)]
fn position<T: Ordered>(run: &[T], top: T::Key) -> usize {
    for (k, part) in run.chunks(LOOK).enumerate() {
        let found = part.iter().fold(
            false,
            #[inline(always)]
            |found, v| found | (v.plain().key() == top),
        );
        if found {
            return k * LOOK
                + part
                    .iter()
                    .position(
                        #[inline(always)]
                        |v| v.plain().key() == top,
                    )
                    .unwrap_or(0);
        }
    }
    0
}
