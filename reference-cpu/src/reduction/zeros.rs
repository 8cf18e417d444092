//! How many elements are zero: `count_nonzero` and `all`.
use super::fold::{Block, Fold, Steps, Vectors};
use crate::array::Typed;
use crate::simd::Simd;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

/// The number of zeros among elements of `T`.
pub(super) struct Zeros<T>(PhantomData<T>);

impl<T: Typed> Steps for Zeros<T> {
    type In = T;
    type Acc = u64;
    const NOTHING: u64 = 0;
    #[inline(always)]
    fn lift(v: T) -> u64 {
        u64::from(v == T::default())
    }
    #[inline(always)]
    fn join(a: u64, b: u64) -> u64 {
        a + b
    }
    #[inline(always)]
    fn run(run: &[T]) -> u64 {
        // A leaf has fewer elements than 32 bits count.
        u64::from(run.iter().fold(
            0u32,
            #[inline(always)]
            |n, &v| n + u32::from(v == T::default()),
        ))
    }
}

/// Whether one result has a zero: counts until one is found.
pub(super) struct Any<T> {
    count: Vectors<Zeros<T>>,
    found: AtomicBool,
}

impl<T: Typed> Any<T> {
    pub(super) fn new(simd: Simd) -> Self {
        Any { count: Vectors::new(simd), found: AtomicBool::new(false) }
    }
}

impl<T: Typed> Fold<T, u64> for Any<T> {
    fn nothing(&self) -> u64 {
        0
    }
    fn runs(&self, block: &Block<'_, T>, out: &mut [u64]) {
        if self.found.load(Ordering::Relaxed) {
            return out.fill(1);
        }
        self.count.runs(block, out);
        if out.iter().any(|&n| n > 0) {
            self.found.store(true, Ordering::Relaxed);
        }
    }
    fn columns(&self, block: &Block<'_, T>, out: &mut [u64]) {
        self.count.columns(block, out);
    }
    fn join(&self, into: &mut [u64], from: &[u64]) {
        self.count.join(into, from);
    }
}
