//! What one run of elements becomes.
use super::accumulate::{Accumulate, tree};
use num_complex::Complex;

/// Division of a wide sum by a number of elements.
pub(crate) trait Divide: Copy {
    fn over(self, n: f64) -> Self;
    fn scaled(self, by: f64) -> Self;
    fn is_finite(self) -> bool;
}
impl Divide for f64 {
    fn over(self, n: f64) -> f64 {
        self / n
    }
    fn scaled(self, by: f64) -> f64 {
        self * by
    }
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
}
impl Divide for Complex<f64> {
    fn over(self, n: f64) -> Self {
        Complex::new(self.re / n, self.im / n)
    }
    fn scaled(self, by: f64) -> Self {
        Complex::new(self.re * by, self.im * by)
    }
    fn is_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }
}

/// The mean; NaN for no elements.
pub(crate) fn mean<T: Accumulate<Wide: Divide>>(run: &[T]) -> T {
    T::narrow(wide_mean(run))
}

fn wide_mean<T: Accumulate<Wide: Divide>>(run: &[T]) -> T::Wide {
    let n = run.len() as f64;
    let sum = T::wide_sum(run);
    if sum.is_finite() || !run.iter().all(|&v| v.widen().is_finite()) {
        return sum.over(n);
    }
    // The sum overflows, the mean does not: no run has 2^64 elements.
    let down = 2f64.powi(-64);
    tree(run, &|&v| v.widen().scaled(down), &T::add, T::ZERO).over(n).scaled(2f64.powi(64))
}

/// The variance with `n - correction` degrees of freedom, in two passes; NaN where there are none.
pub(crate) fn variance<T: Accumulate<Wide = f64>>(run: &[T], correction: f64) -> f64 {
    let n = run.len() as f64;
    let freedom = n - correction;
    if freedom <= 0.0 || freedom.is_nan() {
        return f64::NAN;
    }
    let mean = wide_mean(run);
    let squares = tree(run, &|&v| (v.widen() - mean) * (v.widen() - mean), &|a, b| a + b, 0.0);
    // The mean is rounded: what its error adds to the squares is taken away.
    let rest = tree(run, &|&v| v.widen() - mean, &|a, b| a + b, 0.0);
    let excess = rest * rest / n;
    (if excess <= squares { squares - excess } else { squares }) / freedom
}

/// The largest element; a NaN is larger than all others.
pub(crate) fn max<T: Copy + PartialOrd + Default>(run: &[T]) -> T {
    let mut out = run.first().copied().unwrap_or_default();
    for &v in run {
        // False also where v is a NaN.
        let keep = out >= v;
        if !keep {
            if is_nan(out) {
                return out;
            }
            out = v;
        }
    }
    out
}

/// Not equal to itself.
pub(crate) fn is_nan<T: PartialOrd>(v: T) -> bool {
    v.partial_cmp(&v).is_none()
}
