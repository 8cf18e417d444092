//! `astype`, and the conversions that promotion needs.
use super::allow::except;
use super::expect::{Allowed, Expect};
use super::number::{Int, integers, parts, reals};
use super::{Said, fails, one, shapes::countable};
use array_protocol::host::Bytes;
use array_protocol::{DType, ErrorKind, HostArray};

pub(super) fn astype(x: &HostArray, to: DType) -> Said {
    if x.dtype() == to {
        return Ok(one(to, x.shape(), super::Elements::Bits(x.clone())));
    }
    if x.dtype().is_complex() && !to.is_complex() {
        return Err(fails(ErrorKind::Dtype));
    }
    countable(x.shape(), to.size())?;
    // Floats that no integer of the dtype is: nothing is said of their image.
    let free = if to.is_integer() { outside(x, to) } else { vec![] };
    Ok(one(to, x.shape(), except(values(x, to)?, free)))
}

fn outside(x: &HostArray, to: DType) -> Vec<(usize, Allowed)> {
    let (low, high) = array_protocol::dispatch_dtype!(
        to, in [i8, i16, i32, i64, u8, u16, u32, u64],
        T => (T::MIN.wide() as f64 - 1.0, (T::MAX.wide() + 1) as f64),
        else => (0.0, 0.0)
    );
    // Truncation brings what lies strictly between the bounds into range. For int64 `low` is -2^63 itself, which is in range.
    let inside = |v: f64| v < high && (v > low || (v == low && low == i64::MIN as f64));
    reals(x).iter().enumerate().filter(|&(_, &v)| !inside(v)).map(|(i, _)| (i, Allowed::Anything)).collect()
}

/// The elements in another dtype: truncated to integers (0 where that is impossible), wrapped between integers, rounded to floats.
pub(super) fn values(x: &HostArray, to: DType) -> Result<HostArray, Expect> {
    let from = x.dtype();
    let mut data = Bytes::zeroed(x.size() * to.size());
    let bytes = data.as_mut_slice();
    let whole = from.is_integer() || from == DType::Bool;
    macro_rules! fill {
        ($t:ty, $source:expr, $f:expr) => {
            for (place, v) in bytes.chunks_exact_mut(size_of::<$t>()).zip($source) {
                let out: $t = $f(v);
                place.copy_from_slice(&out.to_ne_bytes());
            }
        };
    }
    // Integers reach float32 with one rounding, not through float64.
    match to {
        DType::Bool if whole => fill!(u8, integers(x), |v| u8::from(v != 0)),
        DType::Bool => fill!(u8, parts(x), |(a, b): (f64, f64)| u8::from(a != 0.0 || b != 0.0)),
        DType::Float32 if whole => fill!(f32, integers(x), |v| v as f32),
        DType::Float64 if whole => fill!(f64, integers(x), |v| v as f64),
        DType::Float32 => fill!(f32, reals(x), |v| v as f32),
        DType::Float64 => fill!(f64, reals(x), |v| v),
        DType::Complex64 | DType::Complex128 => {
            let single = to == DType::Complex64;
            let pairs: Vec<f64> = if whole && single {
                integers(x).into_iter().flat_map(|v| [f64::from(v as f32), 0.0]).collect()
            } else if whole {
                integers(x).into_iter().flat_map(|v| [v as f64, 0.0]).collect()
            } else {
                parts(x).into_iter().flat_map(|(a, b)| [a, b]).collect()
            };
            if single {
                fill!(f32, pairs, |v| v as f32);
            } else {
                fill!(f64, pairs, |v| v);
            }
        }
        _ => array_protocol::dispatch_dtype!(
            to, in [i8, i16, i32, i64, u8, u16, u32, u64],
            T => if whole { fill!(T, integers(x), T::wrap) } else { fill!(T, reals(x), |v: f64| T::wrap(v.trunc() as i128)) },
            else => return Err(Expect::Unspecified)
        ),
    }
    HostArray::new(to, x.shape().clone(), data).map_err(|_| Expect::Unspecified)
}
