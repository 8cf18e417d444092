//! The elements of matrices, and the numbers that decompositions compute with.
use super::product::float;
use super::product::update::Packed;
use crate::array::Typed;
use crate::math::complex::divide;
use crate::memory::{self, Means, Store};
use array_protocol::{LinalgOp, Result};
use faer::{MatMut, MatRef};
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
    /// The bits of the larger absolute value of the parts as a float64: they order as the values do, infinity and NaN last.
    fn bits(self) -> u64;
    /// `self * 2^n`
    fn widen(self, n: i32) -> Self::Wide;
    /// `w * 2^n`
    fn narrow(w: Self::Wide, n: i32) -> Self;
    /// The real part of `w`, times `2^n`.
    fn part(w: Self::Wide, n: i32) -> Self::Part;
    /// The matrix itself where it holds what is computed with.
    fn as_wide(matrix: &[Self]) -> Option<&[Self::Wide]>;
    /// `w * 2^n` for each element, in the same memory where the types are the same.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn narrowed(with: Means<'_>, op: LinalgOp, w: Store<Self::Wide>, n: i32) -> Result<Store<Self>>;
}

/// Numbers that faer computes with.
pub(crate) trait Wide: Typed + faer::traits::ComplexField<Real = f64> {
    fn conjugate(self) -> Self;
    /// Neither 0, infinite nor NaN.
    fn usable(self) -> bool;
    fn magnitude(self) -> f64;
    fn real(self) -> f64;
    /// `self / by`; 1 where both are the same.
    fn over(self, by: Self) -> Self;
    /// `self - a * b`
    fn less(self, a: Self, b: Self) -> Self;
    /// The left operand of several products, prepared.
    type Packed: Send + Sync;
    /// Prepares a few columns, which are contiguous.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn packed(with: Means<'_>, op: LinalgOp, a: MatRef<'_, Self>) -> Result<Self::Packed>;
    /// `c -= a b` for an `a` that is prepared, on this thread. The rows of `b` and `c` are contiguous.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn subtract(
        with: Means<'_>,
        op: LinalgOp,
        c: MatMut<'_, Self>,
        a: (&Self::Packed, MatRef<'_, Self>),
        b: MatRef<'_, Self>,
    ) -> Result<()>;
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
    fn real(self) -> f64 {
        self
    }
    fn over(self, by: f64) -> f64 {
        self / by
    }
    fn less(self, a: f64, b: f64) -> f64 {
        self - a * b
    }
    type Packed = Packed;
    fn packed(with: Means<'_>, op: LinalgOp, a: MatRef<'_, f64>) -> Result<Packed> {
        Packed::new(with, op, a)
    }
    fn subtract(with: Means<'_>, op: LinalgOp, c: MatMut<'_, f64>, a: (&Packed, MatRef<'_, f64>), b: MatRef<'_, f64>) -> Result<()> {
        a.0.subtract(with, op, c, a.1, b)
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
    fn real(self) -> f64 {
        self.re
    }
    fn over(self, by: Self) -> Self {
        divide(self, by)
    }
    fn less(self, a: Self, b: Self) -> Self {
        Complex::new(self.re - (a.re * b.re - a.im * b.im), self.im - (a.re * b.im + a.im * b.re))
    }
    type Packed = ();
    fn packed(_: Means<'_>, _: LinalgOp, _: MatRef<'_, Self>) -> Result<()> {
        Ok(())
    }
    fn subtract(_: Means<'_>, _: LinalgOp, c: MatMut<'_, Self>, a: (&(), MatRef<'_, Self>), b: MatRef<'_, Self>) -> Result<()> {
        float::subtract(c, a.1, b);
        Ok(())
    }
}

macro_rules! fields {
    ($($t:ty: $as_wide:expr, $narrowed:expr;)*) => { $(
        impl Field for $t {
            type Part = $t;
            type Wide = f64;
            const NAN: $t = <$t>::NAN;
            const NAN_PART: $t = <$t>::NAN;
            const ZERO: $t = 0.0;
            const ONE: $t = 1.0;
            #[inline(always)]
            fn bits(self) -> u64 { f64::from(self).abs().to_bits() }
            #[inline(always)]
            fn widen(self, n: i32) -> f64 { times_power(self.into(), n) }
            #[inline(always)]
            fn narrow(w: f64, n: i32) -> $t { times_power(w, n) as $t }
            fn part(w: f64, n: i32) -> $t { times_power(w, n) as $t }
            fn as_wide(matrix: &[Self]) -> Option<&[f64]> { $as_wide(matrix) }
            fn narrowed(with: Means<'_>, op: LinalgOp, w: Store<f64>, n: i32) -> Result<Store<Self>> { $narrowed(with, op, w, n) }
        }
        impl Field for Complex<$t> {
            type Part = $t;
            type Wide = Complex<f64>;
            const NAN: Self = Complex::new(<$t>::NAN, <$t>::NAN);
            const NAN_PART: $t = <$t>::NAN;
            const ZERO: Self = Complex::new(0.0, 0.0);
            const ONE: Self = Complex::new(1.0, 0.0);
            #[inline(always)]
            fn bits(self) -> u64 { self.re.bits().max(self.im.bits()) }
            #[inline(always)]
            fn widen(self, n: i32) -> Complex<f64> { Complex::new(self.re.widen(n), self.im.widen(n)) }
            #[inline(always)]
            fn narrow(w: Complex<f64>, n: i32) -> Self { Complex::new(<$t>::narrow(w.re, n), <$t>::narrow(w.im, n)) }
            fn part(w: Complex<f64>, n: i32) -> $t { <$t>::narrow(w.re, n) }
            fn as_wide(matrix: &[Self]) -> Option<&[Complex<f64>]> { $as_wide(matrix) }
            fn narrowed(with: Means<'_>, op: LinalgOp, w: Store<Complex<f64>>, n: i32) -> Result<Store<Self>> { $narrowed(with, op, w, n) }
        }
    )* };
}
fields! {
    f32: |_| None, converted;
    f64: Some, rescaled;
}

/// Each element times `2^n` in other memory.
fn converted<T: Field>(with: Means<'_>, op: LinalgOp, w: Store<T::Wide>, n: i32) -> Result<Store<T>> {
    memory::produce(with, op, w.len(), &|start, block| {
        let w = &w[start..start + block.len()];
        block.iter_mut().zip(w).for_each(|(o, &w)| *o = T::narrow(w, n));
    })
}

/// Each element times `2^n` in place.
#[allow(clippy::unnecessary_wraps, reason = "the signature of `Field::narrowed`")]
fn rescaled<T: Field<Wide = T>>(_: Means<'_>, _: LinalgOp, mut w: Store<T>, n: i32) -> Result<Store<T>> {
    if n != 0 {
        memory::rewrite(&mut w, &|_, block| block.iter_mut().for_each(|v| *v = T::narrow(*v, n)));
    }
    Ok(w)
}

/// `v * 2^n` in two steps, neither of which leaves the range too early.
#[inline(always)]
fn times_power(v: f64, n: i32) -> f64 {
    // Further away there is nothing left but 0 and infinity.
    let n = n.clamp(-2000, 2000);
    v * power(n / 2) * power(n - n / 2)
}

/// `2^n` for an exponent of normal numbers.
#[inline(always)]
fn power(n: i32) -> f64 {
    f64::from_bits(((i64::from(n) + 1023) as u64) << 52)
}
