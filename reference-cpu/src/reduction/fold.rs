//! What a reduction does to blocks of elements. The drivers see this alone, and are compiled once for each pair of element and partial result.
use crate::simd::Simd;
use std::marker::PhantomData;

/// Elements of one contiguous run that a kernel reduces at once.
pub(super) const LEAF: usize = 1 << 11;
/// Rows that a kernel adds up one after the other.
pub(super) const ROWS: usize = 32;

/// Rows of `width` elements that begin at `starts` of a buffer.
pub(super) struct Block<'a, T> {
    pub(super) data: &'a [T],
    pub(super) starts: &'a [usize],
    pub(super) width: usize,
    /// Position, among the elements that one result is made of, of the first row (columns) or of the first element (runs).
    pub(super) at: usize,
}

impl<'a, T> Block<'a, T> {
    #[inline(always)]
    pub(super) fn row(&self, i: usize) -> &'a [T] {
        &self.data[self.starts[i]..][..self.width]
    }
}

/// A reduction of elements `T` to partial results `A`, which are joined afterwards in an order that depends on the shape alone.
pub(super) trait Fold<T, A>: Sync {
    /// The partial result of no elements, which changes no other.
    fn nothing(&self) -> A;
    /// `out[i]` becomes the partial result of row `i`, which has at most [`LEAF`] elements.
    fn runs(&self, block: &Block<'_, T>, out: &mut [A]);
    /// `out[j]` becomes the partial result of column `j` of at most [`ROWS`] rows.
    fn columns(&self, block: &Block<'_, T>, out: &mut [A]);
    /// `into[i]` is joined with `from[i]`, which stands for later elements.
    fn join(&self, into: &mut [A], from: &[A]);
    /// Columns of one call, so that their partial results stay in the first cache.
    fn tile(&self) -> usize {
        (1 << 13) / size_of::<A>().max(1)
    }
}

/// A reduction that goes element by element.
pub(super) trait Steps: Sync {
    type In: Copy + Sync;
    type Acc: Copy + Send + Sync;
    const NOTHING: Self::Acc;
    fn lift(v: Self::In) -> Self::Acc;
    fn join(a: Self::Acc, b: Self::Acc) -> Self::Acc;
    /// The partial result of at most [`LEAF`] elements.
    fn run(run: &[Self::In]) -> Self::Acc;
}

/// [`Steps`] in vector instructions.
pub(super) struct Vectors<S> {
    simd: Simd,
    steps: PhantomData<S>,
}

impl<S> Vectors<S> {
    pub(super) fn new(simd: Simd) -> Self {
        Vectors { simd, steps: PhantomData }
    }
}

impl<S: Steps> Fold<S::In, S::Acc> for Vectors<S> {
    fn nothing(&self) -> S::Acc {
        S::NOTHING
    }
    fn runs(&self, block: &Block<'_, S::In>, out: &mut [S::Acc]) {
        self.simd.run(
            #[inline(always)]
            || {
                for (i, o) in out.iter_mut().enumerate() {
                    *o = S::run(block.row(i));
                }
            },
        );
    }
    fn columns(&self, block: &Block<'_, S::In>, out: &mut [S::Acc]) {
        self.simd.run(
            #[inline(always)]
            || {
                let (rows, n) = (block.starts.len(), out.len());
                out.fill(S::NOTHING);
                for i in 0..rows / 4 {
                    let four: [&[S::In]; 4] = std::array::from_fn(
                        #[inline(always)]
                        |k| &block.row(4 * i + k)[..n],
                    );
                    for (j, o) in out.iter_mut().enumerate() {
                        let [a, b, c, d] = four.map(
                            #[inline(always)]
                            |row| S::lift(row[j]),
                        );
                        *o = S::join(*o, S::join(S::join(a, b), S::join(c, d)));
                    }
                }
                for i in rows / 4 * 4..rows {
                    for (o, &v) in out.iter_mut().zip(block.row(i)) {
                        *o = S::join(*o, S::lift(v));
                    }
                }
            },
        );
    }
    fn join(&self, into: &mut [S::Acc], from: &[S::Acc]) {
        self.simd.run(
            #[inline(always)]
            || {
                for (a, &b) in into.iter_mut().zip(from) {
                    *a = S::join(*a, b);
                }
            },
        );
    }
}

/// Joins a run in 64 lanes, which the compiler keeps in vectors, and the lanes pairwise; short runs in 8.
#[inline(always)]
pub(super) fn lanes<T: Copy, A: Copy>(run: &[T], nothing: A, lift: impl Fn(T) -> A, join: impl Fn(A, A) -> A) -> A {
    if run.len() < 128 { in_lanes::<T, A, 8>(run, nothing, lift, join) } else { in_lanes::<T, A, 64>(run, nothing, lift, join) }
}

#[inline(always)]
fn in_lanes<T: Copy, A: Copy, const L: usize>(run: &[T], nothing: A, lift: impl Fn(T) -> A, join: impl Fn(A, A) -> A) -> A {
    let mut sums = [nothing; L];
    let (chunks, rest) = run.as_chunks::<L>();
    for chunk in chunks {
        for j in 0..L {
            sums[j] = join(sums[j], lift(chunk[j]));
        }
    }
    for (sum, &v) in sums.iter_mut().zip(rest) {
        *sum = join(*sum, lift(v));
    }
    let mut half = L / 2;
    while half > 0 {
        for j in 0..half {
            sums[j] = join(sums[j], sums[j + half]);
        }
        half /= 2;
    }
    sums[0]
}
