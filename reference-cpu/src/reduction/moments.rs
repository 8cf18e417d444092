//! Variance in one pass over memory: each block's mean and squares in two passes over the first cache, then joined (Chan, Golub,
//! LeVeque 1979). Means are kept in two words, or the rounding of large means would enter the squares.
use super::fold::{Block, Fold, lanes};
use crate::array::Typed;
use crate::simd::Simd;

/// Number of elements, mean (`high + low`), sum of the squared distances from it.
#[derive(Clone, Copy)]
pub(super) struct Moments {
    n: f64,
    high: f64,
    low: f64,
    squares: f64,
}

impl Moments {
    const NOTHING: Moments = Moments { n: 0.0, high: 0.0, low: 0.0, squares: 0.0 };

    /// From the sums of the distances from `about`, which is near the mean, and of their squares.
    #[inline(always)]
    fn about(n: f64, about: f64, distances: f64, squares: f64) -> Self {
        let excess = distances * distances / n;
        // Where the squares overflow, they stay infinite.
        let low = if squares < f64::INFINITY || squares.is_nan() { distances / n } else { 0.0 };
        Moments { n, high: about, low, squares: if excess <= squares && excess < f64::INFINITY { squares - excess } else { squares } }
    }

    #[inline(always)]
    fn join(self, other: Moments) -> Moments {
        if self.n == 0.0 {
            return other;
        }
        if other.n == 0.0 {
            return self;
        }
        let n = self.n + other.n;
        let apart = (other.high - self.high) + (other.low - self.low);
        let squares = self.squares + other.squares + apart * (apart * (self.n * (other.n / n)));
        if apart.is_infinite() {
            return Moments { n, squares: if squares.is_nan() { squares } else { f64::INFINITY }, ..self };
        }
        // The mean is self.high + step without error (two_sum).
        let step = self.low + apart * (other.n / n);
        let high = self.high + step;
        let back = high - self.high;
        let low = (self.high - (high - back)) + (step - back);
        Moments { n, high, low, squares }
    }

    /// The variance with `n - correction` degrees of freedom; NaN where there are none.
    pub(super) fn variance(self, correction: f64) -> f64 {
        let freedom = self.n - correction;
        if freedom > 0.0 { self.squares / freedom } else { f64::NAN }
    }
}

/// Rows and columns of one call, so that they stay in the second cache between the passes.
const ROWS: usize = 64;
const TILE: usize = 1024;
/// Rows that are added to each other before they are added to those before.
const AT_ONCE: usize = 4;

/// [`Moments`] of floats.
pub(super) struct Spread {
    pub(super) simd: Simd,
}

/// Near the mean; of finite numbers always finite.
#[inline(always)]
fn middle(sum: f64, n: f64, scaled_sum: impl Fn(f64) -> f64) -> f64 {
    if sum.is_finite() {
        return sum / n;
    }
    let down = f64::powi(2.0, -64);
    scaled_sum(down) / n / down
}

impl<T: Typed + Into<f64>> Fold<T, Moments> for Spread {
    fn nothing(&self) -> Moments {
        Moments::NOTHING
    }
    fn runs(&self, block: &Block<'_, T>, out: &mut [Moments]) {
        self.simd.run(
            #[inline(always)]
            || {
                for (i, o) in out.iter_mut().enumerate() {
                    *o = run(block.row(i));
                }
            },
        );
    }
    fn columns(&self, block: &Block<'_, T>, out: &mut [Moments]) {
        self.simd.run(
            #[inline(always)]
            || {
                let (rows, count) = (block.starts.len(), out.len().min(TILE));
                let n = rows as f64;
                let (mut about, mut distances, mut squares) = ([0.0f64; TILE], [0.0f64; TILE], [0.0f64; TILE]);
                for i in 0..rows / AT_ONCE {
                    let [a, b, c, d] = block.rows::<AT_ONCE>(i, count);
                    for j in 0..count {
                        about[j] += (a[j].into() + b[j].into()) + (c[j].into() + d[j].into());
                    }
                }
                for i in rows / AT_ONCE * AT_ONCE..rows {
                    let row = &block.row(i)[..count];
                    for j in 0..count {
                        about[j] += row[j].into();
                    }
                }
                for (j, sum) in about[..count].iter_mut().enumerate() {
                    *sum = middle(
                        *sum,
                        n,
                        #[inline(always)]
                        |by| (0..rows).map(|i| block.row(i)[j].into() * by).sum(),
                    );
                }
                for i in 0..rows / AT_ONCE {
                    let [a, b, c, d] = block.rows::<AT_ONCE>(i, count);
                    for j in 0..count {
                        let m = about[j];
                        let (a, b, c, d) = (a[j].into() - m, b[j].into() - m, c[j].into() - m, d[j].into() - m);
                        distances[j] += (a + b) + (c + d);
                        squares[j] += (a * a + b * b) + (c * c + d * d);
                    }
                }
                for i in rows / AT_ONCE * AT_ONCE..rows {
                    let row = &block.row(i)[..count];
                    for j in 0..count {
                        let away = row[j].into() - about[j];
                        distances[j] += away;
                        squares[j] += away * away;
                    }
                }
                for j in 0..count {
                    out[j] = Moments::about(n, about[j], distances[j], squares[j]);
                }
            },
        );
    }
    fn join(&self, into: &mut [Moments], from: &[Moments]) {
        for (a, &b) in into.iter_mut().zip(from) {
            *a = a.join(b);
        }
    }
    fn rows(&self) -> usize {
        ROWS
    }
    fn tile(&self) -> usize {
        TILE
    }
}

#[inline(always)]
fn run<T: Copy + Into<f64>>(run: &[T]) -> Moments {
    if run.is_empty() {
        return Moments::NOTHING;
    }
    let n = run.len() as f64;
    let sum = added(
        run,
        #[inline(always)]
        |v| v,
    );
    let about = middle(
        sum,
        n,
        #[inline(always)]
        |by| run.iter().map(|&v| v.into() * by).sum(),
    );
    // Of float32 the mean is exact enough.
    let distances = if size_of::<T>() < size_of::<f64>() {
        0.0
    } else {
        added(
            run,
            #[inline(always)]
            |v| v - about,
        )
    };
    let squares = added(
        run,
        #[inline(always)]
        |v| (v - about) * (v - about),
    );
    Moments::about(n, about, distances, squares)
}

/// The sum of `f` of the elements.
#[inline(always)]
fn added<T: Copy + Into<f64>>(run: &[T], f: impl Fn(f64) -> f64) -> f64 {
    lanes(
        run,
        0.0,
        #[inline(always)]
        |v| f(v.into()),
        #[inline(always)]
        |a, b| a + b,
    )
}
