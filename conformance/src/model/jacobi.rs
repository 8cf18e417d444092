//! Small dense matrices over float64 (for float32 data) or double-double, and singular values by one-sided Jacobi rotations.
use super::dd::Dd;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// What matrices are made of.
pub(super) trait Scalar:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Send
    + Sync
    + 'static
{
    /// Unit roundoff.
    const ROUNDOFF: f64;
    fn from_f64(x: f64) -> Self;
    fn root(self) -> Self;
    fn f64(self) -> f64;
}
impl Scalar for f64 {
    const ROUNDOFF: f64 = 1.1102230246251565e-16;
    fn from_f64(x: f64) -> f64 {
        x
    }
    fn root(self) -> f64 {
        self.sqrt()
    }
    fn f64(self) -> f64 {
        self
    }
}
impl Scalar for Dd {
    const ROUNDOFF: f64 = 4.93e-32;
    fn from_f64(x: f64) -> Dd {
        Dd::new(x)
    }
    fn root(self) -> Dd {
        self.sqrt()
    }
    fn f64(self) -> f64 {
        self.hi
    }
}

/// A matrix in C order; complex if there are imaginary parts.
#[derive(Clone)]
pub(super) struct Matrix<F> {
    pub(super) rows: usize,
    pub(super) cols: usize,
    re: Vec<F>,
    im: Option<Vec<F>>,
}

impl<F: Scalar> Matrix<F> {
    /// From parts, times `2^k`.
    pub(super) fn new(rows: usize, cols: usize, parts: &[(f64, f64)], complex: bool, k: i32) -> Matrix<F> {
        let take = |f: fn(&(f64, f64)) -> f64| parts.iter().map(|p| F::from_f64(super::dd::ldexp(f(p), k))).collect();
        Matrix { rows, cols, re: take(|p| p.0), im: complex.then(|| take(|p| p.1)) }
    }

    fn entries(&self) -> impl Iterator<Item = F> + '_ {
        self.re.iter().chain(self.im.iter().flatten()).copied()
    }

    /// The Frobenius norm.
    pub(super) fn norm(&self) -> f64 {
        self.entries().fold(F::from_f64(0.0), |s, x| s + x * x).root().f64()
    }

    /// Rows and columns from the front.
    pub(super) fn corner(&self, rows: usize, cols: usize) -> Matrix<F> {
        let take = |v: &Vec<F>| (0..rows * cols).map(|i| v[i / cols * self.cols + i % cols]).collect();
        Matrix { rows, cols, re: take(&self.re), im: self.im.as_ref().map(take) }
    }

    /// Conjugate transpose.
    pub(super) fn adjoint(&self) -> Matrix<F> {
        let take = |v: &Vec<F>| -> Vec<F> { (0..v.len()).map(|i| v[i % self.rows * self.cols + i / self.rows]).collect() };
        let im = self.im.as_ref().map(|v| take(v).into_iter().map(|x| -x).collect());
        Matrix { rows: self.cols, cols: self.rows, re: take(&self.re), im }
    }

    /// Column `j` times `s[j]`.
    pub(super) fn scale_columns(mut self, s: &[F]) -> Matrix<F> {
        let cols = self.cols;
        for v in std::iter::once(&mut self.re).chain(self.im.as_mut()) {
            v.iter_mut().enumerate().for_each(|(i, x)| *x = *x * s[i % cols]);
        }
        self
    }

    pub(super) fn times(&self, b: &Matrix<F>) -> Matrix<F> {
        let product = |x: &[F], y: &[F]| {
            let mut out = vec![F::from_f64(0.0); self.rows * b.cols];
            for i in 0..self.rows {
                for l in 0..self.cols {
                    let a = x[i * self.cols + l];
                    for j in 0..b.cols {
                        out[i * b.cols + j] = out[i * b.cols + j] + a * y[l * b.cols + j];
                    }
                }
            }
            out
        };
        let join = |x: Vec<F>, y: Vec<F>, f: fn(F, F) -> F| x.into_iter().zip(y).map(|(x, y)| f(x, y)).collect();
        let (re, im) = match (&self.im, &b.im) {
            (Some(p), Some(q)) => (
                join(product(&self.re, &b.re), product(p, q), |x, y| x - y),
                Some(join(product(&self.re, q), product(p, &b.re), |x, y| x + y)),
            ),
            _ => (product(&self.re, &b.re), None),
        };
        Matrix { rows: self.rows, cols: b.cols, re, im }
    }

    pub(super) fn minus(mut self, b: &Matrix<F>) -> Matrix<F> {
        self.re.iter_mut().zip(&b.re).for_each(|(x, y)| *x = *x - *y);
        if let (Some(p), Some(q)) = (&mut self.im, &b.im) {
            p.iter_mut().zip(q).for_each(|(x, y)| *x = *x - *y);
        }
        self
    }

    /// Less the identity.
    pub(super) fn minus_identity(mut self) -> Matrix<F> {
        for i in 0..self.rows.min(self.cols) {
            let at = i * self.cols + i;
            self.re[at] = self.re[at] - F::from_f64(1.0);
        }
        self
    }

    /// Whether everything below the diagonal is a zero.
    pub(super) fn is_upper(&self) -> bool {
        let below = |v: &Vec<F>| (0..v.len()).any(|i| i / self.cols.max(1) > i % self.cols.max(1) && v[i].f64() != 0.0);
        !below(&self.re) && !self.im.as_ref().is_some_and(below)
    }

    /// The columns of the real matrix with the same singular values: `[[re, -im], [im, re]]` for a complex one, which has each twice.
    fn real_columns(&self) -> Vec<Vec<F>> {
        // Few columns and long ones: of the adjoint, if need be.
        let a = if self.rows < self.cols { self.adjoint() } else { self.clone() };
        let column = |v: &[F], j: usize, sign: bool| -> Vec<F> {
            (0..a.rows).map(|i| if sign { -v[i * a.cols + j] } else { v[i * a.cols + j] }).collect()
        };
        let mut out = vec![];
        for j in 0..a.cols {
            let mut c = column(&a.re, j, false);
            if let Some(im) = &a.im {
                let mut other = column(im, j, true);
                other.extend(column(&a.re, j, false));
                c.extend(column(im, j, false));
                out.push(other);
            }
            out.push(c);
        }
        out
    }

    /// The singular values, largest first (Hestenes 1958; de Rijk's order). Columns are turned in pairs until they are orthogonal.
    pub(super) fn singular_values(&self) -> Vec<f64> {
        let mut columns = self.real_columns();
        let n = columns.len();
        let dot = |x: &[F], y: &[F]| x.iter().zip(y).fold(F::from_f64(0.0), |s, (&a, &b)| s + a * b);
        for _ in 0..40 {
            let mut turned = false;
            for p in 0..n {
                for q in p + 1..n {
                    let (a, b, c) = (dot(&columns[p], &columns[p]), dot(&columns[q], &columns[q]), dot(&columns[p], &columns[q]));
                    let size = (a * b).root().f64();
                    if c.f64().abs() <= 4.0 * F::ROUNDOFF * size || size == 0.0 {
                        continue;
                    }
                    // The rotation that makes the two columns orthogonal, by the smaller angle.
                    let zeta = (b - a) / (c + c);
                    let one = F::from_f64(1.0);
                    let steep = if zeta < F::from_f64(0.0) { -zeta } else { zeta };
                    // Of a huge zeta the square is infinite, and the angle 1 / (2 zeta).
                    if !zeta.f64().is_finite() {
                        continue;
                    }
                    turned = true;
                    let t = if steep.f64() > 1e100 { one / (steep + steep) } else { one / (steep + (one + zeta * zeta).root()) };
                    let t = if zeta < F::from_f64(0.0) { -t } else { t };
                    let cos = one / (one + t * t).root();
                    let sin = cos * t;
                    for i in 0..columns[p].len() {
                        let (x, y) = (columns[p][i], columns[q][i]);
                        columns[p][i] = cos * x - sin * y;
                        columns[q][i] = sin * x + cos * y;
                    }
                }
            }
            if !turned {
                break;
            }
        }
        let mut s: Vec<f64> = columns.iter().map(|c| dot(c, c).root().f64()).collect();
        s.sort_by(|x, y| y.total_cmp(x));
        if self.im.is_some() { s.into_iter().step_by(2).collect() } else { s }
    }
}
