//! What a reduction does to blocks of elements. The drivers see this alone, and are compiled once for each pair of element and partial result.
use crate::simd::{Simd, asks, fetch_behind, fetch_for};
use std::marker::PhantomData;

/// Elements of one contiguous run that a kernel reduces at once: enough that memory is read without a pause.
pub(super) const LEAF: usize = 1 << 13;

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

    /// The `i`-th group of `N` rows, the first `n` elements of each.
    #[inline(always)]
    pub(super) fn rows<const N: usize>(&self, i: usize, n: usize) -> [&'a [T]; N] {
        std::array::from_fn(
            #[inline(always)]
            |k| &self.row(N * i + k)[..n],
        )
    }
}

/// A reduction of elements `T` to partial results `A`, which are joined afterwards in an order that depends on the shape alone.
pub(super) trait Fold<T, A>: Sync {
    /// The partial result of no elements, which changes no other.
    fn nothing(&self) -> A;
    /// `out[i]` becomes the partial result of row `i`, which has at most [`LEAF`] elements.
    fn runs(&self, block: &Block<'_, T>, out: &mut [A]);
    /// The same, where `earlier` stands for elements that come before: a partial result that it leaves no say may be anything that loses.
    fn runs_after(&self, block: &Block<'_, T>, _earlier: &A, out: &mut [A]) {
        self.runs(block, out);
    }
    /// `out[j]` becomes the partial result of column `j` of at most [`rows`](Self::rows) rows.
    fn columns(&self, block: &Block<'_, T>, out: &mut [A]);
    /// `into[i]` is joined with `from[i]`, which stands for later elements.
    fn join(&self, into: &mut [A], from: &[A]);
    /// Rows of one call.
    fn rows(&self) -> usize {
        ROWS
    }
    /// Columns of one call, so that their partial results stay in the first cache.
    fn tile(&self) -> usize {
        (1 << 14) / size_of::<A>().max(1)
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
                let (asks, rows, n) = (asks(), block.starts.len(), out.len());
                out.fill(S::NOTHING);
                for i in 0..rows / SIDE {
                    let (side, later) = (block.rows::<SIDE>(i, n), block.rows::<SIDE>((i + 1).min(rows / SIDE - 1), n));
                    let (parts, rest) = out.as_chunks_mut::<ACROSS>();
                    let [a, b, c, d] = side.map(
                        #[inline(always)]
                        |row| &row.as_chunks::<ACROSS>().0[..parts.len()],
                    );
                    for (k, ((((out, a), b), c), d)) in parts.iter_mut().zip(a).zip(b).zip(c).zip(d).enumerate() {
                        if asks {
                            for (part, later) in [a, b, c, d].into_iter().zip(later) {
                                fetch_for(part, later.as_ptr().wrapping_add(k * ACROSS).cast());
                            }
                        }
                        // Beside `out`, or the compiler would not know that no element of it is one of the rows.
                        let mut own = *out;
                        for j in 0..ACROSS {
                            own[j] = four::<S>(own[j], [a[j], b[j], c[j], d[j]]);
                        }
                        *out = own;
                    }
                    for (j, o) in (n - rest.len()..n).zip(rest) {
                        *o = four::<S>(*o, [side[0][j], side[1][j], side[2][j], side[3][j]]);
                    }
                }
                for i in rows / SIDE * SIDE..rows {
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

/// A column of [`SIDE`] rows joined to what came before.
#[inline(always)]
fn four<S: Steps>(before: S::Acc, [a, b, c, d]: [S::In; SIDE]) -> S::Acc {
    S::join(before, S::join(S::join(S::lift(a), S::lift(b)), S::join(S::lift(c), S::lift(d))))
}

/// Rows of one call: an element is added to sums of at most a quarter as many.
const ROWS: usize = 128;
/// Rows that are joined with each other before they are joined with those before, which saves loads and stores. More than four are
/// too many places to read from at once.
const SIDE: usize = 4;
/// Columns after which the next ones are asked for.
const ACROSS: usize = 16;
/// Elements that are joined side by side, in vectors: few enough that they stay in registers.
const LANES: usize = 16;
/// Rows of lanes that are joined with each other before they are joined with those before.
const TOGETHER: usize = 8;
/// Elements after which a lane begins anew; its results are joined with each other.
const ANEW: usize = 32 * TOGETHER * LANES;

/// Joins a block of a run to what its lanes have.
#[inline(always)]
fn add<T: Copy, A: Copy>(own: &mut [A; LANES], block: &[T; TOGETHER * LANES], lift: &impl Fn(T) -> A, join: &impl Fn(A, A) -> A) {
    let rows = block.as_chunks::<LANES>().0;
    for j in 0..LANES {
        let left = join(join(lift(rows[0][j]), lift(rows[1][j])), join(lift(rows[2][j]), lift(rows[3][j])));
        let right = join(join(lift(rows[4][j]), lift(rows[5][j])), join(lift(rows[6][j]), lift(rows[7][j])));
        own[j] = join(own[j], join(left, right));
    }
}

/// Joins a run in lanes, and the lanes pairwise. Memory is read in its order, or in two places at once, whichever this processor is faster in;
/// the order of the joins is the same.
#[inline(always)]
pub(super) fn lanes<T: Copy, A: Copy>(run: &[T], nothing: A, lift: impl Fn(T) -> A, join: impl Fn(A, A) -> A) -> A {
    let (asks, mut run, mut sums) = (asks(), run, [nothing; LANES]);
    if !asks {
        let (pairs, rest) = run.as_chunks::<{ 2 * ANEW }>();
        for pair in pairs {
            let (first, second) = pair.split_at(ANEW);
            let mut own = [[nothing; LANES]; 2];
            for (first, second) in first.as_chunks().0.iter().zip(second.as_chunks().0) {
                add(&mut own[0], first, &lift, &join);
                add(&mut own[1], second, &lift, &join);
            }
            for own in own {
                for j in 0..LANES {
                    // As below, where `last` stays nothing: joining it may show, as a factor of 1 does in complex products.
                    sums[j] = join(sums[j], join(own[j], nothing));
                }
            }
        }
        run = rest;
    }
    for part in run.chunks(ANEW) {
        let mut own = [nothing; LANES];
        let (blocks, rest) = part.as_chunks();
        for block in blocks {
            if asks {
                fetch_behind(block);
            }
            add(&mut own, block, &lift, &join);
        }
        // Beside the lanes: a place in them that is known only at run time would keep all of them out of registers.
        let mut last = [nothing; LANES];
        for row in rest.chunks(LANES) {
            for (o, &v) in last.iter_mut().zip(row) {
                *o = join(*o, lift(v));
            }
        }
        for j in 0..LANES {
            sums[j] = join(sums[j], join(own[j], last[j]));
        }
    }
    let mut half = LANES / 2;
    while half > 0 {
        for j in 0..half {
            sums[j] = join(sums[j], sums[j + half]);
        }
        half /= 2;
    }
    sums[0]
}
