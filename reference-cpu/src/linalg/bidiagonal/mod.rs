//! The singular values and vectors of bidiagonal matrices, by dividing and conquering: Gu and Eisenstat, A Divide-and-Conquer Algorithm for the
//! Bidiagonal SVD (SIAM J. Matrix Anal. Appl. 16, 1995), as LAPACK's `bdsdc`.
//!
//! A matrix is cut at its middle row. With the factors of both halves it is a diagonal and one row, of which the singular values are the roots of
//! a rational function ([`secular`]); the vectors of the halves times those of that matrix are the vectors of the whole ([`merge`]). Products of
//! matrices are nearly all the work.
mod merge;
mod secular;

use crate::memory::{Means, Store};
use array_protocol::{LinalgOp, Result};

/// Rows from which on threads share the halves.
const SHARED: usize = 192;

/// `B = U diag(s) V^T` of an upper bidiagonal matrix of `n` rows, which may have one column more. All in C order.
pub(super) struct Factors {
    /// Descending.
    pub(super) s: Vec<f64>,
    pub(super) u: Store<f64>,
    /// Its last column, where there is one more than there are rows, is what `B` maps to 0.
    pub(super) v: Store<f64>,
    /// Columns of `B` beyond its rows: 0 or 1.
    extra: usize,
}

impl Factors {
    fn rows(&self) -> usize {
        self.s.len()
    }

    fn columns(&self) -> usize {
        self.s.len() + self.extra
    }
}

/// Decomposes the matrix with this diagonal, and `above` beside it: as many elements with a last column of its own, or one less.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn decompose(with: Means<'_>, op: LinalgOp, diagonal: &[f64], above: &[f64]) -> Result<Factors> {
    divided(with, op, diagonal, above, (above.len() + 1).saturating_sub(diagonal.len()))
}

/// Down to single rows: where iterations ended it, at 48 rows, the vectors of the whole were four times as far from orthogonal, and it took
/// as long.
fn divided(with: Means<'_>, op: LinalgOp, diagonal: &[f64], above: &[f64], extra: usize) -> Result<Factors> {
    let middle = match diagonal {
        [] => return Ok(Factors { s: vec![], u: Store::new(with, op, 0)?, v: vec![1.0; extra].into(), extra }),
        &[first] => return Ok(row(first, above.first().copied())),
        _ => diagonal.len() / 2,
    };
    let first = || divided(with, op, &diagonal[..middle], &above[..middle], 1);
    let second = || divided(with, op, &diagonal[middle + 1..], above.get(middle + 1..).unwrap_or(&[]), extra);
    let (first, second) = if diagonal.len() >= SHARED { rayon::join(first, second) } else { (first(), second()) };
    merge::merge(with, op, &first?, &second?, diagonal[middle], above.get(middle).copied().unwrap_or(0.0))
}

/// Of one element, or two.
fn row(first: f64, second: Option<f64>) -> Factors {
    let size = first.hypot(second.unwrap_or(0.0));
    let (cos, sin) = if size == 0.0 { (1.0, 0.0) } else { (first / size, second.unwrap_or(0.0) / size) };
    let v = if second.is_some() { vec![cos, -sin, sin, cos] } else { vec![cos] };
    Factors { s: vec![size], u: vec![1.0].into(), v: v.into(), extra: usize::from(second.is_some()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cpu;
    use faer::Mat;

    /// Pseudo-random numbers from -1 to 1.
    fn noise(n: usize, seed: u64) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        (0..n).map(|_| next()).collect()
    }

    /// The largest elements of `U S V^T - B`, `U^T U - 1` and `V^T V - 1`.
    fn errors(f: &Factors, diagonal: &[f64], above: &[f64]) -> [f64; 3] {
        let (n, columns) = (f.rows(), f.columns());
        let of = |x: &[f64], n: usize| Mat::from_fn(n, n, |i, j| x[i * n + j]);
        let (u, v) = (of(&f.u, n), of(&f.v, columns));
        let scaled = Mat::from_fn(n, columns, |i, j| if j < n { u[(i, j)] * f.s[j] } else { 0.0 });
        let b = Mat::from_fn(n, columns, |i, j| {
            if j == i {
                diagonal[i]
            } else if j == i + 1 {
                above[i]
            } else {
                0.0
            }
        });
        let apart = |x: Mat<f64>, n: usize| (x - Mat::<f64>::identity(n, n)).norm_max();
        [(scaled * v.transpose() - b).norm_max(), apart(u.transpose() * &u, n), apart(v.transpose() * &v, columns)]
    }

    #[test]
    fn factors_are_orthogonal_and_give_the_matrix() {
        let b = Cpu::new();
        for n in [1, 2, 3, 4, 48, 97, 200, 301] {
            let (d, e) = (noise(n, 1), noise(n, 2));
            let graded: Vec<f64> = (0..n).map(|i| 10f64.powf(-(i as f64) * 20.0 / n as f64)).collect();
            let rising: Vec<f64> = graded.iter().rev().copied().collect();
            let (ones, zeros) = (vec![1.0; n], vec![0.0; n]);
            let some: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i % 3 != 0))).collect();
            let tiny: Vec<f64> = (0..n).map(|i| if i % 7 == 3 { 0.0 } else { 1e-8 }).collect();
            let tinier: Vec<f64> = e.iter().map(|e| e * 1e-15).collect();
            let steps: Vec<f64> = (0..n).map(|i| (i / 10) as f64 / 30.0).collect();
            let cases: [(&str, &[f64], &[f64]); 12] = [
                ("noise", &d, &e),
                ("diagonal", &d, &zeros),
                ("no diagonal", &zeros, &e),
                ("ones", &ones, &ones),
                ("identity", &ones, &zeros),
                ("zero", &zeros, &zeros),
                ("falling", &graded, &graded),
                ("rising", &rising, &rising),
                ("singular", &some, &e),
                ("glued", &ones, &tiny),
                ("steps", &steps, &tinier),
                ("huge and tiny", &graded, &rising),
            ];
            for (name, diagonal, above) in cases {
                // With a column more than rows, and without.
                for above in [above, &above[..n - 1]] {
                    let f = decompose(b.means(), LinalgOp::Svd, diagonal, above).unwrap();
                    let errors = errors(&f, diagonal, above);
                    assert!(errors.iter().all(|&e| e < 2e-14), "{name} {n} {}: {errors:?}", above.len());
                    assert!(f.s.is_sorted_by(|a, b| a >= b) && f.s.iter().all(|&s| s >= 0.0), "{name} {n}");
                }
            }
        }
    }
}
