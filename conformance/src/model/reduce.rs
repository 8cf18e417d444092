//! Many elements along axes become one.
use super::allow::{exactly, roundoff, settle, within_disc};
use super::cast;
use super::complex::Complex;
use super::dd::Dd;
use super::expect::{Allowed, Elements, Expect};
use super::number::{Int, integers, parts, reals};
use super::shapes::{Groups, countable, some_axes};
use super::sums::{Sum, growth, product, variance};
use super::{Model, Said, fails, fails_any, one};
use array_protocol::options::Reduce;
use array_protocol::{DType, ErrorKind, HostArray, Kind, ReduceOp, Shape, dispatch_dtype};
use std::borrow::Cow;

fn accepts(op: ReduceOp, d: DType) -> bool {
    use ReduceOp::*;
    match op {
        All | CountNonzero => true,
        Sum | Prod => d != DType::Bool,
        Max => d.is_integer() || d.is_float(),
        Mean => d.is_float() || d.is_complex(),
        Var | Std => d.is_float(),
        _ => false,
    }
}

/// The dtype in which sums and products are formed: given by the caller, else wide enough for integers.
pub(super) fn accumulator(from: DType, asked: Option<DType>) -> Result<DType, Expect> {
    let default = match from.kind() {
        Kind::Int => DType::Int64,
        Kind::UInt => DType::UInt64,
        _ => from,
    };
    let Some(to) = asked else { return Ok(default) };
    // Converting to integers truncates, to real numbers drops a part, to bool is no arithmetic: nothing is said of these.
    let open = to == DType::Bool || (to.is_integer() && !from.is_integer()) || (from.is_complex() && !to.is_complex());
    if open { Err(Expect::Unspecified) } else { Ok(to) }
}

pub(super) fn reduce(model: &Model, op: ReduceOp, x: &HostArray, how: &Reduce) -> Said {
    let axes = some_axes(&how.axes, x.shape().rank());
    if !accepts(op, x.dtype()) {
        return Err(if axes.is_err() { fails_any(&[ErrorKind::Dtype, ErrorKind::Axis]) } else { fails(ErrorKind::Dtype) });
    }
    let groups = Groups::new(x.shape(), &axes?, how.keepdims);
    countable(&groups.shape, 16)?;
    let shape = Shape::from(&groups.shape[..]);
    let sums = matches!(op, ReduceOp::Sum | ReduceOp::Prod);
    let dtype = if sums { accumulator(x.dtype(), how.dtype)? } else { x.dtype() };
    let x = if dtype == x.dtype() { Cow::Borrowed(x) } else { Cow::Owned(cast::values(x, dtype)?) };
    let c = model.limits.of(op, dtype).value;
    let n = groups.members.len();
    let elements = match op {
        ReduceOp::All | ReduceOp::CountNonzero => {
            let set: Vec<bool> = if dtype.is_integer() || dtype == DType::Bool {
                integers(&x).into_iter().map(|v| v != 0).collect()
            } else {
                parts(&x).into_iter().map(|(a, b)| a != 0.0 || b != 0.0).collect()
            };
            let groups = (0..groups.starts.len()).map(|i| groups.of(i).filter(|&j| set[j]).count());
            return Ok(if op == ReduceOp::All {
                one(DType::Bool, &shape, settle(&shape, &groups.map(|g| g == n).collect::<Vec<_>>(), vec![]))
            } else {
                one(DType::Int64, &shape, settle(&shape, &groups.map(|g| g as i64).collect::<Vec<_>>(), vec![]))
            });
        }
        ReduceOp::Max => return max(&x, &groups, &shape),
        _ if dtype.is_integer() => {
            let v = integers(&x);
            let fold = |i: usize| {
                let members = groups.of(i).map(|j| v[j]);
                if op == ReduceOp::Sum { members.fold(0, i128::wrapping_add) } else { members.fold(1, i128::wrapping_mul) }
            };
            let out: Vec<i128> = (0..groups.starts.len()).map(fold).collect();
            dispatch_dtype!(
                dtype, in [i8, i16, i32, i64, u8, u16, u32, u64],
                T => settle(&shape, &out.into_iter().map(T::wrap).collect::<Vec<T>>(), vec![]),
                else => Elements::Free
            )
        }
        _ if dtype.is_complex() => {
            let v = parts(&x);
            Elements::Each((0..groups.starts.len()).map(|i| complex(op, dtype, groups.of(i).map(|j| v[j]), c)).collect())
        }
        _ => {
            let v = reals(&x);
            let f = |i: usize| {
                let members = groups.of(i).map(|j| v[j]);
                match op {
                    ReduceOp::Sum => Sum::of(members).bounded(dtype, c, growth(n)),
                    ReduceOp::Prod if n == 0 => exactly(dtype, 1.0),
                    ReduceOp::Prod => product(members, dtype, c),
                    ReduceOp::Mean => Sum::of(members).mean(dtype, c),
                    _ => variance(&members.collect::<Vec<_>>(), dtype, how.correction, c, op == ReduceOp::Std),
                }
            };
            Elements::Each((0..groups.starts.len()).map(f).collect())
        }
    };
    Ok(one(dtype, &shape, elements))
}

/// Sums and means part by part; products within a disc.
fn complex(op: ReduceOp, dtype: DType, terms: impl Iterator<Item = (f64, f64)> + Clone, c: f64) -> Allowed {
    let real = dtype.real();
    let both = |f: &dyn Fn(&Sum) -> Allowed| {
        let (re, im) = (Sum::of(terms.clone().map(|z| z.0)), Sum::of(terms.clone().map(|z| z.1)));
        Allowed::Parts(Box::new([f(&re), f(&im)]))
    };
    match op {
        ReduceOp::Sum => return both(&|s| s.bounded(real, c, growth(s.n))),
        // Dividing an infinite or NaN sum by a complex n gives NaN where dividing its parts does not: unspecified.
        ReduceOp::Mean if terms.clone().any(|z| !z.0.is_finite() || !z.1.is_finite()) => return Allowed::Anything,
        ReduceOp::Mean => return both(&|s| s.mean(real, c)),
        _ => {}
    }
    let mut p = Complex::new(Dd::ONE, Dd::ZERO);
    let (mut n, mut up, mut down) = (0usize, 0.0f64, 0.0f64);
    for (a, b) in terms {
        n += 1;
        let m = a.abs().max(b.abs());
        if !m.is_finite() || a.is_nan() || b.is_nan() || m == 0.0 {
            return Allowed::Anything;
        }
        // The product of the larger parts grows by up to sqrt(2) a factor; smaller parts may underflow sooner.
        let e = f64::from(super::dd::exponent(m));
        up += (e + 1.5).max(0.0);
        down += e.min(0.0);
        p = p.times(super::complex::scaled(a, b));
    }
    if n == 0 {
        return Allowed::Parts(Box::new([exactly(real, 1.0), exactly(real, 0.0)]));
    }
    let (last, least) = if dtype == DType::Complex64 { (126.0, -120.0) } else { (1022.0, -1000.0) };
    if up >= last || down <= least {
        return Allowed::Anything;
    }
    let (re, im) = p.parts();
    // A complex product errs by sqrt(5) u of its modulus (Brent, Percival and Zimmermann 2007): 4 n is twice that, as for real numbers.
    let abs = c * 4.0 * n as f64 * roundoff(real) * re.hi.hypot(im.hi);
    let floor = super::allow::unit(real, 0.0) * 4.0 * n as f64;
    within_disc(re, im, abs + floor, c)
}

fn max(x: &HostArray, groups: &Groups, shape: &Shape) -> Said {
    let dtype = x.dtype();
    if groups.members.is_empty() && !groups.starts.is_empty() {
        return Err(fails(ErrorKind::Value));
    }
    let nothing = groups.members.is_empty();
    let elements = if dtype.is_integer() {
        let v = integers(x);
        let out: Vec<i128> = (0..groups.starts.len()).map(|i| groups.of(i).map(|j| v[j]).max().unwrap_or(0)).collect();
        dispatch_dtype!(
            dtype, in [i8, i16, i32, i64, u8, u16, u32, u64],
            T => settle(shape, &out.into_iter().map(T::wrap).collect::<Vec<T>>(), vec![]),
            else => Elements::Free
        )
    } else {
        let v = reals(x);
        let f = |i: usize| {
            let (mut best, mut nan, mut zeros) = (f64::NEG_INFINITY, false, [false; 2]);
            for j in groups.of(i) {
                nan |= v[j].is_nan();
                if v[j] == 0.0 {
                    zeros[usize::from(v[j].is_sign_negative())] = true;
                }
                if v[j] >= best {
                    best = v[j];
                }
            }
            if nan {
                Allowed::Nan
            } else if best == 0.0 && zeros == [true; 2] {
                Allowed::AnyOf(Box::new([exactly(dtype, 0.0), exactly(dtype, -0.0)]))
            } else {
                exactly(dtype, best)
            }
        };
        Elements::Each((0..groups.starts.len()).map(f).collect())
    };
    let out = one(dtype, shape, elements);
    // Nothing is reduced into nothing: an error and an empty array are both right.
    Ok(match out {
        Expect::Returns(v) if nothing => Expect::Either(vec![ErrorKind::Value], v),
        other => other,
    })
}
