//! Small matrices of complex numbers: enough linear algebra to do it wrong.
use super::num::{self, Num};
use array_protocol::{DType, HostArray, Shape};
use num_complex::Complex64;

/// A matrix, row by row.
#[derive(Clone)]
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) dtype: DType,
    elements: Vec<Complex64>,
}

/// The matrices of a stack; none for an array of rank below 2.
pub(super) fn matrices(x: &HostArray) -> Vec<Matrix> {
    let [stack @ .., rows, cols] = &**x.shape() else { return vec![] };
    let (rows, cols, size) = (*rows, *cols, rows * cols);
    let one = |s: usize| {
        let elements = (s * size..(s + 1) * size).map(|i| num::get(x, i)).map(|v| Complex64::new(v.real(), v.imag()));
        Matrix { rows, cols, dtype: x.dtype(), elements: elements.collect() }
    };
    (0..stack.iter().product()).map(one).collect()
}

/// An array like `x`, filled with the elements of the matrices.
pub(super) fn from_matrices(x: &HostArray, all: &[Matrix]) -> HostArray {
    let elements: Vec<Complex64> = all.iter().flat_map(|m| m.elements.iter().copied()).collect();
    num::map(x, |i, old| match (elements.get(i), old) {
        (Some(z), Num::Complex(..)) => Num::Complex(z.re, z.im),
        (Some(z), Num::Float(_)) => Num::Float(z.re),
        _ => old,
    })
}

impl Matrix {
    fn new(rows: usize, cols: usize, dtype: DType, f: impl Fn(usize, usize) -> Complex64) -> Matrix {
        Matrix { rows, cols, dtype, elements: (0..rows * cols).map(|i| f(i / cols.max(1), i % cols.max(1))).collect() }
    }

    pub(super) fn identity(n: usize, dtype: DType) -> Matrix {
        Matrix::new(n, n, dtype, |i, j| if i == j { Complex64::ONE } else { Complex64::ZERO })
    }

    /// An element; 0 outside.
    pub(super) fn at(&self, i: usize, j: usize) -> Complex64 {
        if i < self.rows && j < self.cols { self.elements[i * self.cols + j] } else { Complex64::ZERO }
    }

    /// Stores an element; outside, nothing happens.
    pub(super) fn set(&mut self, i: usize, j: usize, z: Complex64) {
        if i < self.rows && j < self.cols {
            self.elements[i * self.cols + j] = z;
        }
    }

    pub(super) fn column(&self, j: usize) -> Vec<Complex64> {
        (0..self.rows).map(|i| self.at(i, j)).collect()
    }

    pub(super) fn transposed(&self) -> Matrix {
        Matrix::new(self.cols, self.rows, self.dtype, |i, j| self.at(j, i))
    }

    pub(super) fn adjoint(&self) -> Matrix {
        Matrix::new(self.cols, self.rows, self.dtype, |i, j| self.at(j, i).conj())
    }

    pub(super) fn times(&self, other: &Matrix) -> Matrix {
        Matrix::new(self.rows, other.cols, self.dtype, |i, j| (0..self.cols).map(|k| self.at(i, k) * other.at(k, j)).sum())
    }

    pub(super) fn scale(&mut self, by: f64) {
        self.elements.iter_mut().for_each(|z| *z *= by);
    }

    pub(super) fn norm(&self) -> f64 {
        self.elements.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt()
    }

    pub(super) fn is_finite(&self) -> bool {
        self.elements.iter().all(|z| z.re.is_finite() && z.im.is_finite())
    }

    pub(super) fn epsilon(&self) -> f64 {
        num::epsilon(self.dtype)
    }

    /// Rounding to the precision of the elements.
    pub(super) fn rounding(&self) -> impl Fn(Complex64) -> Complex64 + use<> {
        let dtype = self.dtype;
        move |z| Complex64::new(num::rounded(dtype, z.re), num::rounded(dtype, z.im))
    }

    pub(super) fn to_host(&self, dtype: DType) -> HostArray {
        num::from_nums(dtype, &Shape::from([self.rows, self.cols]), |i| {
            let z = self.elements[i];
            Num::Complex(z.re, z.im)
        })
    }

    /// The solution by elimination without row exchanges.
    pub(super) fn eliminated(&self, b: &Matrix) -> Matrix {
        let (mut a, mut x, round) = (self.clone(), b.clone(), self.rounding());
        for k in 0..a.rows {
            for i in k + 1..a.rows {
                let factor = round(a.at(i, k) / a.at(k, k));
                (k..a.cols).for_each(|j| a.set(i, j, round(a.at(i, j) - round(factor * a.at(k, j)))));
                (0..x.cols).for_each(|j| x.set(i, j, round(x.at(i, j) - round(factor * x.at(k, j)))));
            }
        }
        for k in (0..a.rows).rev() {
            for j in 0..x.cols {
                let known = (k + 1..a.rows).map(|i| a.at(k, i) * x.at(i, j)).sum::<Complex64>();
                x.set(k, j, round((x.at(k, j) - known) / a.at(k, k)));
            }
        }
        x
    }
}
