//! The largest element and its position. Elements are compared as integers that are in the same order, which the compiler turns into
//! vector instructions; all NaNs are one integer above all others.
use super::fold::{Block, Fold, LEAF, ROWS, Steps};
use crate::array::Typed;
use crate::simd::Simd;
use std::marker::PhantomData;

/// Elements that have an order.
pub(super) trait Ordered: Typed {
    /// `-0` is below `0`.
    type Key: Copy + Ord + Send + Sync;
    const LOWEST: Self::Key;
    fn key(self) -> Self::Key;
    /// `-0` becomes `0`.
    fn plain(self) -> Self;
    fn of(key: Self::Key) -> Self;
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
    } )* };
    (float $($t:ty as $u:ident $i:ident),*) => { $( impl Ordered for $t {
        type Key = $i;
        const LOWEST: $i = $i::MIN;
        // The bits of a negative float grow downwards.
        #[inline(always)]
        fn key(self) -> $i {
            let bits = self.to_bits() as $i;
            let key = bits ^ ((bits >> ($i::BITS - 1)) & $i::MAX);
            if self.is_nan() { $i::MAX } else { key }
        }
        #[inline(always)]
        fn plain(self) -> $t { self + 0.0 }
        fn of(key: $i) -> $t { <$t>::from_bits((key ^ ((key >> ($i::BITS - 1)) & $i::MAX)) as $u) }
    } )* };
}
ordered!(integer i8, i16, i32, i64, u8, u16, u32, u64);
ordered!(float f32 as u32 i32, f64 as u64 i64);

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
        run.iter().fold(
            T::LOWEST,
            #[inline(always)]
            |top, v| top.max(v.key()),
        )
    }
}

/// The first of the largest elements: its key and its position.
pub(super) struct First {
    pub(super) simd: Simd,
}

/// Elements that are compared at once when a position is looked for.
const LOOK: usize = 64;
/// Columns of one call.
const TILE: usize = 512;

impl<T: Ordered> Fold<T, (T::Key, usize)> for First {
    fn nothing(&self) -> (T::Key, usize) {
        // After all others: an element that is as small comes first.
        (T::LOWEST, usize::MAX)
    }
    fn runs(&self, block: &Block<'_, T>, out: &mut [(T::Key, usize)]) {
        self.simd.run(
            #[inline(always)]
            || {
                for (i, o) in out.iter_mut().enumerate() {
                    let run = block.row(i);
                    let top = run.iter().fold(
                        T::LOWEST,
                        #[inline(always)]
                        |top, v| top.max(v.plain().key()),
                    );
                    *o = (top, block.at + position(run, top));
                }
            },
        );
    }
    fn columns(&self, block: &Block<'_, T>, out: &mut [(T::Key, usize)]) {
        self.simd.run(
            #[inline(always)]
            || {
                for (t, out) in out.chunks_mut(TILE).enumerate() {
                    let (mut top, mut place) = ([T::LOWEST; TILE], [0u32; TILE]);
                    let (top, place) = (&mut top[..out.len()], &mut place[..out.len()]);
                    for i in 0..block.starts.len() {
                        let row = &block.row(i)[t * TILE..][..out.len()];
                        for ((top, place), v) in top.iter_mut().zip(place.iter_mut()).zip(row) {
                            let key = v.plain().key();
                            *place = if key > *top { i as u32 } else { *place };
                            *top = (*top).max(key);
                        }
                    }
                    for ((o, &top), &place) in out.iter_mut().zip(&*top).zip(&*place) {
                        *o = (top, block.at + place as usize);
                    }
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
    fn tile(&self) -> usize {
        TILE
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

const _: () = assert!(ROWS <= u32::MAX as usize && LEAF % LOOK == 0);
