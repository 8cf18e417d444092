//! Sums and products. float32 and complex64 accumulate in float64: the result is rounded about once, and nothing overflows on the way.
use crate::array::Typed;
use crate::math::complex;
use crate::memory::{self, PARALLEL};
use num_complex::Complex;

/// Terms that are added one after the other, in eight lanes; above, sums of halves are added.
const LEAF: usize = 128;
const LANES: usize = 8;

/// Numbers that sums and products are made of.
pub(crate) trait Accumulate: Typed {
    /// What partial results are kept in.
    type Wide: Copy + Send + Sync;
    /// The sum over nothing that changes no other sum: `-0` for floats.
    const NOTHING: Self::Wide;
    const ZERO: Self::Wide;
    const ONE: Self::Wide;
    fn widen(self) -> Self::Wide;
    fn narrow(w: Self::Wide) -> Self;
    fn add(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    fn mul(a: Self::Wide, b: Self::Wide) -> Self::Wide;

    /// The sum, not yet rounded to the dtype.
    fn wide_sum(run: &[Self]) -> Self::Wide {
        if run.is_empty() { Self::ZERO } else { tree(run, &|&v| Self::widen(v), &Self::add, Self::NOTHING) }
    }
    fn sum(run: &[Self]) -> Self {
        Self::narrow(Self::wide_sum(run))
    }
    fn prod(run: &[Self]) -> Self {
        Self::narrow(tree(run, &|&v| Self::widen(v), &Self::mul, Self::ONE))
    }
}

/// Terms of one task of a long sum.
const SPAN: usize = 1 << 14;

/// Joins the terms of a run pairwise. The tree depends on the length alone, never on the number of threads.
pub(crate) fn tree<T: Sync, W: Copy + Send + Sync>(
    run: &[T],
    term: &(impl Fn(&T) -> W + Sync),
    join: &(impl Fn(W, W) -> W + Sync),
    nothing: W,
) -> W {
    if run.len() < PARALLEL {
        return branch(run, term, join, nothing);
    }
    let spans: Vec<&[T]> = run.chunks(SPAN).collect();
    let mut sums = vec![nothing; spans.len()];
    memory::parts(&mut sums, 1, true, &|i, sum| sum[0] = branch(spans[i], term, join, nothing));
    branch(&sums, &|&w| w, join, nothing)
}

fn branch<T, W: Copy>(run: &[T], term: &impl Fn(&T) -> W, join: &impl Fn(W, W) -> W, nothing: W) -> W {
    if run.len() <= LEAF {
        let mut lanes = [nothing; LANES];
        for chunk in run.chunks(LANES) {
            for (lane, v) in lanes.iter_mut().zip(chunk) {
                *lane = join(*lane, term(v));
            }
        }
        let [a, b, c, d, e, f, g, h] = lanes;
        return join(join(join(a, b), join(c, d)), join(join(e, f), join(g, h)));
    }
    let (left, right) = run.split_at((run.len() / 2).next_multiple_of(LEAF));
    join(branch(left, term, join, nothing), branch(right, term, join, nothing))
}

macro_rules! accumulate {
    (integer $($t:ty),*) => { $( impl Accumulate for $t {
        type Wide = $t;
        const NOTHING: $t = 0;
        const ZERO: $t = 0;
        const ONE: $t = 1;
        fn widen(self) -> $t { self }
        fn narrow(w: $t) -> $t { w }
        fn add(a: $t, b: $t) -> $t { a.wrapping_add(b) }
        fn mul(a: $t, b: $t) -> $t { a.wrapping_mul(b) }
    } )* };
    (float $($t:ty),*) => { $(
        impl Accumulate for $t {
            type Wide = f64;
            const NOTHING: f64 = -0.0;
            const ZERO: f64 = 0.0;
            const ONE: f64 = 1.0;
            fn widen(self) -> f64 { self.into() }
            fn narrow(w: f64) -> $t { w as $t }
            fn add(a: f64, b: f64) -> f64 { a + b }
            fn mul(a: f64, b: f64) -> f64 { a * b }
        }
        impl Accumulate for Complex<$t> {
            type Wide = Complex<f64>;
            const NOTHING: Complex<f64> = Complex::new(-0.0, -0.0);
            const ZERO: Complex<f64> = Complex::new(0.0, 0.0);
            const ONE: Complex<f64> = Complex::new(1.0, 0.0);
            fn widen(self) -> Complex<f64> { Complex::new(self.re.into(), self.im.into()) }
            fn narrow(w: Complex<f64>) -> Self { Complex::new(w.re as $t, w.im as $t) }
            fn add(a: Complex<f64>, b: Complex<f64>) -> Complex<f64> { Complex::new(a.re + b.re, a.im + b.im) }
            fn mul(a: Complex<f64>, b: Complex<f64>) -> Complex<f64> { complex::multiply(a, b) }
        }
    )* };
}
accumulate!(integer i8, i16, i32, i64, u8, u16, u32, u64);
accumulate!(float f32, f64);
