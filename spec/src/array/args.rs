//! Short ways to write arguments: a scalar as an operand, an axis as the options of a reduction, a range as those of `arange`.
use super::Array;
use crate::options::{Arange, ArgReduce, AxisList, Fft, Qr, Reduce, Roll, Scan, Search, Sort, Svd};
use crate::{Backend, Index, Operand, Scalar};
use num_complex::Complex;

macro_rules! scalar_operands {
    ($($t:ty),* $(,)?) => { $(
        impl<B: Backend> From<$t> for Operand<&Array<B>> {
            fn from(x: $t) -> Self {
                Operand::Scalar(Scalar::from(x))
            }
        }
    )* };
}
scalar_operands!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, Complex<f64>);

impl<B: Backend> From<Scalar> for Operand<&Array<B>> {
    fn from(x: Scalar) -> Self {
        Operand::Scalar(x)
    }
}

impl<'a, B: Backend> From<&'a Array<B>> for Index<&'a Array<B>> {
    fn from(x: &'a Array<B>) -> Self {
        Index::Array(x)
    }
}

/// `()` is the default, an axis is that axis.
macro_rules! by_axis {
    ($($t:ident: |$axis:ident| $make:expr;)*) => { $(
        impl From<()> for $t {
            fn from((): ()) -> Self {
                <$t>::default()
            }
        }
        impl From<i64> for $t {
            fn from($axis: i64) -> Self {
                $make
            }
        }
    )* };
}
by_axis! {
    Reduce: |axis| Reduce::over(&[axis]);
    ArgReduce: |axis| ArgReduce::default().axis(axis);
    Scan: |axis| Scan::default().axis(axis);
    Sort: |axis| Sort::default().axis(axis);
    Fft: |axis| Fft::default().axis(axis);
}

impl<const N: usize> From<[i64; N]> for Reduce {
    fn from(axes: [i64; N]) -> Self {
        Reduce::over(&axes)
    }
}

impl From<i64> for Roll {
    /// The flattened array by that many places.
    fn from(shift: i64) -> Self {
        Roll::default().shift(AxisList::from_slice(&[shift]))
    }
}

macro_rules! default_from_unit {
    ($($t:ty),*) => { $(
        impl From<()> for $t {
            fn from((): ()) -> Self {
                <$t>::default()
            }
        }
    )* };
}
default_from_unit!(Search, Svd, Qr);

impl From<std::ops::Range<i64>> for Arange {
    fn from(r: std::ops::Range<i64>) -> Self {
        Arange::default().start(r.start).stop(r.end)
    }
}
impl From<std::ops::Range<f64>> for Arange {
    fn from(r: std::ops::Range<f64>) -> Self {
        Arange::default().start(r.start).stop(r.end)
    }
}
