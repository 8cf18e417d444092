//! Sums and products. float32 and complex64 accumulate in float64: the result is rounded about once, and nothing overflows on the way.
//! Integers accumulate in 64 bits, which hold the result modulo every power of two that is asked for.
use super::fold::{Steps, lanes};
use crate::array::Typed;
use crate::math::complex;
use num_complex::Complex;
use std::marker::PhantomData;

/// What partial sums and products are kept in.
pub(super) trait Wide: Copy + Send + Sync {
    /// The sum over nothing that changes no other sum: `-0` for floats.
    const NOTHING: Self;
    const ZERO: Self;
    const ONE: Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
}

/// Numbers that sums and products are made of.
pub(super) trait Accumulate: Typed {
    type Wide: Wide;
    /// The dtype of the result where none is asked for.
    type Out: Typed;
    fn widen(self) -> Self::Wide;
    fn narrow(w: Self::Wide) -> Self::Out;
    /// The sum of at most [`LEAF`](super::fold::LEAF) elements.
    fn sum(run: &[Self]) -> Self::Wide;
}

impl Wide for u64 {
    const NOTHING: u64 = 0;
    const ZERO: u64 = 0;
    const ONE: u64 = 1;
    #[inline(always)]
    fn plus(self, other: u64) -> u64 {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn times(self, other: u64) -> u64 {
        self.wrapping_mul(other)
    }
}

impl Wide for f64 {
    const NOTHING: f64 = -0.0;
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    #[inline(always)]
    fn plus(self, other: f64) -> f64 {
        self + other
    }
    #[inline(always)]
    fn times(self, other: f64) -> f64 {
        self * other
    }
}

impl Wide for Complex<f64> {
    const NOTHING: Self = Complex::new(-0.0, -0.0);
    const ZERO: Self = Complex::new(0.0, 0.0);
    const ONE: Self = Complex::new(1.0, 0.0);
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Complex::new(self.re + other.re, self.im + other.im)
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        complex::multiply(self, other)
    }
}

macro_rules! accumulate {
    // `$leaf` holds the sum of a leaf.
    (integer $out:ty, $($t:ty as $leaf:ty),*) => { $( impl Accumulate for $t {
        type Wide = u64;
        type Out = $out;
        #[inline(always)]
        fn widen(self) -> u64 { self as $out as u64 }
        fn narrow(w: u64) -> $out { w as $out }
        #[inline(always)]
        fn sum(run: &[Self]) -> u64 { run.iter().fold(0, #[inline(always)] |sum: $leaf, &v| sum.wrapping_add(v as $leaf)) as $out as u64 }
    } )* };
    (float $($t:ty as $wide:ty, $v:ident => $widen:expr, $w:ident => $narrow:expr);*) => { $( impl Accumulate for $t {
        type Wide = $wide;
        type Out = $t;
        #[inline(always)]
        fn widen(self) -> $wide { let $v = self; $widen }
        fn narrow($w: $wide) -> $t { $narrow }
        #[inline(always)]
        fn sum(run: &[Self]) -> $wide { lanes(run, <$wide>::NOTHING, #[inline(always)] |v| v.widen(), #[inline(always)] |a, b| a.plus(b)) }
    } )* };
}
accumulate!(integer i64, i8 as i32, i16 as i32, i32 as i64, i64 as i64);
accumulate!(integer u64, u8 as u32, u16 as u32, u32 as u64, u64 as u64);
accumulate!(float
    f32 as f64, v => v.into(), w => w as f32;
    f64 as f64, v => v, w => w;
    Complex<f32> as Complex<f64>, z => Complex::new(z.re.into(), z.im.into()), w => Complex::new(w.re as f32, w.im as f32);
    Complex<f64> as Complex<f64>, z => z, w => w);

/// The sum of elements of `T`.
pub(super) struct Sum<T>(PhantomData<T>);
/// The product of elements of `T`.
pub(super) struct Product<T>(PhantomData<T>);
/// The sum of `2^-64` times each element, for sums that overflow: no array has `2^64` elements.
pub(super) struct Scaled<T>(PhantomData<T>);

/// Implements [`Steps`] by how an element is widened, how two partial results are joined, and how a run is reduced.
macro_rules! steps {
    ($name:ident, $nothing:ident, $bound:path, $v:ident => $lift:expr, $join:ident, $run:ident => $leaf:expr) => {
        impl<T: $bound> Steps for $name<T> {
            type In = T;
            type Acc = T::Wide;
            const NOTHING: T::Wide = T::Wide::$nothing;
            #[inline(always)]
            fn lift($v: T) -> T::Wide {
                $lift
            }
            #[inline(always)]
            fn join(a: T::Wide, b: T::Wide) -> T::Wide {
                a.$join(b)
            }
            #[inline(always)]
            fn run($run: &[T]) -> T::Wide {
                $leaf
            }
        }
    };
}
steps!(Sum, NOTHING, Accumulate, v => v.widen(), plus, run => T::sum(run));
steps!(Product, ONE, Accumulate, v => v.widen(), times, run => lanes(run, Self::NOTHING, Self::lift, Self::join));
steps!(Scaled, NOTHING, Mean, v => v.down(), plus, run => lanes(run, Self::NOTHING, Self::lift, Self::join));

/// Numbers that have a mean.
pub(super) trait Mean: Accumulate<Out = Self> {
    /// `2^-64` times the number.
    fn down(self) -> Self::Wide;
    fn over(sum: Self::Wide, n: f64) -> Self::Wide;
    fn is_finite(self) -> bool;
    /// The mean, where the sum may have overflowed, and the mean of the scaled numbers.
    fn rescued(self, scaled: Self) -> Self;
}

const DOWN: f64 = 1.0 / (1u128 << 64) as f64;

macro_rules! mean {
    ($($t:ident),*) => { $(
        impl Mean for $t {
            #[inline(always)]
            fn down(self) -> f64 { self.widen() * DOWN }
            fn over(sum: f64, n: f64) -> f64 { sum / n }
            fn is_finite(self) -> bool { $t::is_finite(self) }
            fn rescued(self, scaled: $t) -> $t {
                if self.is_finite() || !scaled.is_finite() { self } else { (f64::from(scaled) / DOWN) as $t }
            }
        }
        impl Mean for Complex<$t> {
            #[inline(always)]
            fn down(self) -> Complex<f64> { Complex::new(self.re.down(), self.im.down()) }
            fn over(sum: Complex<f64>, n: f64) -> Complex<f64> { Complex::new(sum.re / n, sum.im / n) }
            fn is_finite(self) -> bool { self.re.is_finite() && self.im.is_finite() }
            fn rescued(self, scaled: Self) -> Self { Complex::new(self.re.rescued(scaled.re), self.im.rescued(scaled.im)) }
        }
    )* };
}
mean!(f32, f64);
