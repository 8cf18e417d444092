//! Linear algebra over the last two axes; the axes in front are a stack.
pub(crate) mod matmul;
pub(crate) mod qr;
pub(crate) mod solve;
pub(crate) mod svd;

use crate::array::{Typed, wrong_dtype};
use crate::math::complex::divide;
use array_protocol::{DType, Error, ErrorKind, LinalgOp, Result, Shape};
use faer::{MatRef, Par};
use num_complex::Complex;

/// Elements of matrices that have decompositions. All are computed in double precision: single precision costs no accuracy, and the
/// algorithms are compiled twice instead of four times.
pub(crate) trait Field: Typed {
    /// The type of singular values.
    type Part: Typed;
    /// What is computed with.
    type Wide: Wide;
    const NAN: Self;
    const NAN_PART: Self::Part;
    const ZERO: Self;
    const ONE: Self;
    fn all_finite(self) -> bool;
    /// The larger absolute value of the parts.
    fn largest(self) -> f64;
    /// `self * 2^n`
    fn widen(self, n: i32) -> Self::Wide;
    /// `w * 2^n`
    fn narrow(w: Self::Wide, n: i32) -> Self;
    /// The real part of `w`, times `2^n`.
    fn part(w: Self::Wide, n: i32) -> Self::Part;
}

/// Numbers that faer computes with.
pub(crate) trait Wide: Copy + faer::traits::ComplexField {
    fn conjugate(self) -> Self;
    /// Neither 0, infinite nor NaN.
    fn usable(self) -> bool;
    fn magnitude(self) -> f64;
    /// `self / by`; 1 where both are the same.
    fn over(self, by: Self) -> Self;
    /// `self - a * b`
    fn less(self, a: Self, b: Self) -> Self;
}
impl Wide for f64 {
    fn conjugate(self) -> f64 {
        self
    }
    fn usable(self) -> bool {
        self != 0.0 && self.is_finite()
    }
    fn magnitude(self) -> f64 {
        self.abs()
    }
    fn over(self, by: f64) -> f64 {
        self / by
    }
    fn less(self, a: f64, b: f64) -> f64 {
        self - a * b
    }
}
impl Wide for Complex<f64> {
    fn conjugate(self) -> Self {
        self.conj()
    }
    fn usable(self) -> bool {
        (self.re != 0.0 || self.im != 0.0) && self.re.is_finite() && self.im.is_finite()
    }
    fn magnitude(self) -> f64 {
        self.re.abs() + self.im.abs()
    }
    fn over(self, by: Self) -> Self {
        divide(self, by)
    }
    fn less(self, a: Self, b: Self) -> Self {
        Complex::new(self.re - (a.re * b.re - a.im * b.im), self.im - (a.re * b.im + a.im * b.re))
    }
}

macro_rules! fields {
    ($($t:ty),*) => { $(
        impl Field for $t {
            type Part = $t;
            type Wide = f64;
            const NAN: $t = <$t>::NAN;
            const NAN_PART: $t = <$t>::NAN;
            const ZERO: $t = 0.0;
            const ONE: $t = 1.0;
            fn all_finite(self) -> bool { self.is_finite() }
            fn largest(self) -> f64 { f64::from(self).abs() }
            fn widen(self, n: i32) -> f64 { times_power(self.into(), n) }
            fn narrow(w: f64, n: i32) -> $t { times_power(w, n) as $t }
            fn part(w: f64, n: i32) -> $t { times_power(w, n) as $t }
        }
        impl Field for Complex<$t> {
            type Part = $t;
            type Wide = Complex<f64>;
            const NAN: Self = Complex::new(<$t>::NAN, <$t>::NAN);
            const NAN_PART: $t = <$t>::NAN;
            const ZERO: Self = Complex::new(0.0, 0.0);
            const ONE: Self = Complex::new(1.0, 0.0);
            fn all_finite(self) -> bool { self.re.is_finite() && self.im.is_finite() }
            fn largest(self) -> f64 { f64::from(self.re).abs().max(f64::from(self.im).abs()) }
            fn widen(self, n: i32) -> Complex<f64> { Complex::new(self.re.widen(n), self.im.widen(n)) }
            fn narrow(w: Complex<f64>, n: i32) -> Self { Complex::new(<$t>::narrow(w.re, n), <$t>::narrow(w.im, n)) }
            fn part(w: Complex<f64>, n: i32) -> $t { <$t>::narrow(w.re, n) }
        }
    )* };
}
fields!(f32, f64);

/// `v * 2^n` in two steps, neither of which leaves the range too early.
fn times_power(v: f64, n: i32) -> f64 {
    v * 2f64.powi(n / 2) * 2f64.powi(n - n / 2)
}

/// Runs the body for the dtypes of decompositions.
macro_rules! field {
    ($op:expr, $dtype:expr, $alias:ident => $body:expr) => {
        array_protocol::dispatch_dtype!($dtype, in [f32, f64, num_complex::Complex<f32>, num_complex::Complex<f64>], $alias => $body,
            else => Err($crate::linalg::refused($op, $dtype)))
    };
}
pub(crate) use field;

/// A dtype that the backend has not, or that the operation does not take.
#[cold]
pub(crate) fn refused(op: LinalgOp, dtype: DType) -> Error {
    if crate::array::DTYPES.contains(&dtype) { wrong_dtype(op, &[dtype]) } else { Error::unsupported(op).dtypes(&[dtype]) }
}

/// A stack of matrices: the shape of the stack, rows, columns.
///
/// # Errors
/// `Shape`.
pub(crate) fn stack(op: LinalgOp, shape: &Shape) -> Result<(Shape, usize, usize)> {
    match &**shape {
        [stack @ .., m, n] => Ok((Shape::from(stack), *m, *n)),
        _ => Err(Error::new(ErrorKind::Shape, op).shapes(&[shape]).detail("the rank is below 2")),
    }
}

/// The stack's shape followed by other axes.
pub(crate) fn stacked(stack: &Shape, last: &[usize]) -> Shape {
    stack.iter().chain(last).copied().collect()
}

/// Threads for about that many multiplications.
pub(crate) fn threads(work: usize) -> Par {
    if work >= 1 << 21 { Par::rayon(0) } else { Par::Seq }
}

/// A matrix scaled by a power of two so that its largest element is near 1, and the exponent taken out. `None`: an element is not finite.
///
/// Norms inside of a decomposition then neither overflow nor vanish.
pub(crate) fn balanced<T: Field>(matrix: &[T]) -> Option<(Vec<T::Wide>, i32)> {
    let mut largest = 0f64;
    for v in matrix {
        if !v.all_finite() {
            return None;
        }
        largest = largest.max(v.largest());
    }
    let e = if largest > 0.0 { largest.log2().floor() as i32 } else { 0 };
    Some((matrix.iter().map(|v| v.widen(-e)).collect(), e))
}

/// Appends a matrix in C order, element by element changed by `f`.
pub(crate) fn push<W: Wide, T: Field<Wide = W>>(out: &mut Vec<T>, m: MatRef<'_, W>, f: impl Fn(W) -> T) {
    for i in 0..m.nrows() {
        for j in 0..m.ncols() {
            out.push(f(m[(i, j)]));
        }
    }
}

/// Appends `rows x columns` of an identity matrix.
pub(crate) fn push_identity<T: Field>(out: &mut Vec<T>, rows: usize, columns: usize) {
    for i in 0..rows {
        out.extend((0..columns).map(|j| if i == j { T::ONE } else { T::ZERO }));
    }
}

/// The `i`-th matrix of a stack in C order.
pub(crate) fn nth<T>(data: &[T], i: usize, len: usize) -> &[T] {
    if len == 0 { &[] } else { &data[i * len..(i + 1) * len] }
}
