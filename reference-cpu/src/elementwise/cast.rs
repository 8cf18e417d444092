//! `astype`: from any dtype to any other, complex to any other kind excepted.
use super::{Kernel1, kernel};
use crate::array::{CpuArray, DTYPES, Typed, no_such_dtype, wrong_dtype};
use crate::loops::map;
use crate::memory::Means;
use array_protocol::{DType, Op, Result};
use num_complex::Complex;

/// The loop that converts elements of `A`.
trait CastFrom<A>: Typed {
    const KERNEL: Kernel1<A, Self>;
}

/// Between numbers as Rust's `as`: integers wrap, floats round to nearest, floats to integers truncate and saturate (NaN to 0).
macro_rules! casts {
    (@from $from:ty => $($to:ty),*) => { $(
        impl CastFrom<$from> for $to { const KERNEL: Kernel1<$from, $to> = kernel!(|x| x as $to); }
    )* };
    ($($from:ty),*) => { $(
        casts!(@from $from => i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
        impl CastFrom<$from> for bool { const KERNEL: Kernel1<$from, bool> = kernel!(|x| x != (0 as $from)); }
        impl CastFrom<$from> for Complex<f32> { const KERNEL: Kernel1<$from, Self> = kernel!(|x| Complex::new(x as f32, 0.0)); }
        impl CastFrom<$from> for Complex<f64> { const KERNEL: Kernel1<$from, Self> = kernel!(|x| Complex::new(x as f64, 0.0)); }
    )* };
    (@bool $($to:ty),*) => { $(
        impl CastFrom<bool> for $to { const KERNEL: Kernel1<bool, $to> = kernel!(|x| u8::from(x) as $to); }
    )* };
    (@complex $($from:ty => $to:ty),*) => { $(
        impl CastFrom<Complex<$from>> for Complex<$to> { const KERNEL: Kernel1<Complex<$from>, Self> = kernel!(|z| Complex::new(z.re as $to, z.im as $to)); }
    )* };
}
casts!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
casts!(@bool i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
casts!(@complex f32 => f32, f32 => f64, f64 => f32, f64 => f64);
impl CastFrom<bool> for bool {
    const KERNEL: Kernel1<bool, bool> = |_, a, out| out.copy_from_slice(a);
}
impl CastFrom<bool> for Complex<f32> {
    const KERNEL: Kernel1<bool, Self> = kernel!(|x| Complex::new(u8::from(x).into(), 0.0));
}
impl CastFrom<bool> for Complex<f64> {
    const KERNEL: Kernel1<bool, Self> = kernel!(|x| Complex::new(u8::from(x).into(), 0.0));
}
/// Converts.
///
/// # Errors
/// `Dtype`, `Unsupported`, `OutOfMemory`.
pub(crate) fn cast(with: Means<'_>, op: impl Into<Op>, x: &CpuArray, dtype: DType) -> Result<CpuArray> {
    let op = op.into();
    let from = x.dtype();
    if from == dtype {
        return Ok(x.clone());
    }
    macro_rules! to {
        ($from:ty => $($to:ty),*) => {
            array_protocol::dispatch_dtype!(dtype, in [$($to),*], U => map::<$from, U>(with, op, x, <U as CastFrom<$from>>::KERNEL), else => other(op, from, dtype))
        };
    }
    match from {
        DType::Complex64 => to!(Complex<f32> => Complex<f64>),
        DType::Complex128 => to!(Complex<f64> => Complex<f32>),
        _ => array_protocol::dispatch_dtype!(
            from,
            in [bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64],
            T => to!(T => bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, Complex<f32>, Complex<f64>),
            else => other(op, from, dtype)
        ),
    }
}

/// No such conversion: complex to another kind, or a dtype that this backend has not.
fn other(op: Op, from: DType, to: DType) -> Result<CpuArray> {
    let missing = [from, to].into_iter().find(|d| !DTYPES.contains(d));
    Err(missing.map_or_else(|| wrong_dtype(op, &[from, to]), |d| no_such_dtype(op, d)))
}
