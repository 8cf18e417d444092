//! Positions and running results along one axis.
use super::allow::settle;
use super::cast;
use super::expect::{Allowed, Elements, Expect};
use super::number::{Int, integers, parts, reals};
use super::reduce::accumulator;
use super::shapes::{Groups, axis, countable, lines, one_axis, steps};
use super::sums::Sum;
use super::{Model, Said, fails, fails_any, one};
use array_protocol::options::{ArgReduce, Scan};
use array_protocol::{DType, ErrorKind, HostArray, ScanOp, Shape, dispatch_dtype};
use std::borrow::Cow;

pub(super) fn argmax(x: &HostArray, how: &ArgReduce) -> Said {
    let rank = x.shape().rank();
    let axes = how.axis.map(|a| one_axis(a, rank)).transpose();
    if !(x.dtype().is_integer() || x.dtype().is_float()) {
        return Err(if axes.is_err() { fails_any(&[ErrorKind::Dtype, ErrorKind::Axis]) } else { fails(ErrorKind::Dtype) });
    }
    let axes: Vec<usize> = axes?.map_or_else(|| (0..rank).collect(), |a| vec![a]);
    let groups = Groups::new(x.shape(), &axes, how.keepdims);
    if groups.members.is_empty() && !groups.starts.is_empty() {
        return Err(fails(ErrorKind::Value));
    }
    let shape = Shape::from(&groups.shape[..]);
    // The first of the largest; a NaN is larger than any number.
    let first = |larger: &dyn Fn(usize, usize) -> bool| -> Vec<i64> {
        let f = |i: usize| {
            let members: Vec<usize> = groups.of(i).collect();
            (1..members.len()).fold(0, |best, j| if larger(members[j], members[best]) { j } else { best }) as i64
        };
        (0..groups.starts.len()).map(f).collect()
    };
    let out = if x.dtype().is_integer() {
        let v = integers(x);
        first(&|a, b| v[a] > v[b])
    } else {
        let v = reals(x);
        first(&|a, b| v[a] > v[b] || (v[a].is_nan() && !v[b].is_nan()))
    };
    let out = one(DType::Int64, &shape, settle(&shape, &out, vec![]));
    Ok(match out {
        Expect::Returns(v) if groups.members.is_empty() => Expect::Either(vec![ErrorKind::Value], v),
        other => other,
    })
}

/// Prefix sums. `|out_i - s_i| <= c i u sum|x|` over the first `i` terms: a running sum is a plain loop.
pub(super) fn cumulative_sum(model: &Model, x: &HostArray, how: &Scan) -> Said {
    let rank = x.shape().rank();
    let mut kinds = vec![];
    if x.dtype() == DType::Bool {
        kinds.push(ErrorKind::Dtype);
    }
    let at = match how.axis {
        None if rank == 1 => Some(0),
        None => {
            kinds.extend([ErrorKind::Axis, ErrorKind::Value]);
            None
        }
        Some(a) => axis(a, rank),
    };
    if at.is_none() && how.axis.is_some() {
        kinds.push(ErrorKind::Axis);
    }
    if rank == 0 {
        // There is no axis to run along; which kind says so best is left open.
        kinds.extend([ErrorKind::Axis, ErrorKind::Shape, ErrorKind::Value]);
    }
    let (Some(at), true) = (at, kinds.is_empty()) else { return Err(fails_any(&kinds)) };
    let dtype = accumulator(x.dtype(), how.dtype)?;
    let x = if dtype == x.dtype() { Cow::Borrowed(x) } else { Cow::Owned(cast::values(x, dtype)?) };
    let len = x.shape()[at];
    let extra = usize::from(how.include_initial);
    let mut shape = x.shape().to_vec();
    shape[at] += extra;
    let n = countable(&shape, dtype.size())?;
    let (own, before) = (steps(&shape), lines(x.shape(), at));
    // Where each line starts in the result, and the step inside it.
    let after = lines(&shape, at);
    let place = |line: usize, i: usize| after.starts[line] + i * own[at] as usize;
    let shape = Shape::from(shape);
    let elements = if dtype.is_integer() {
        let v = integers(&x);
        let mut out = vec![0i128; n];
        for line in 0..before.starts.len() {
            let mut sum = 0i128;
            for (i, j) in before.of(line).enumerate() {
                sum = sum.wrapping_add(v[j]);
                out[place(line, i + extra)] = sum;
            }
        }
        dispatch_dtype!(
            dtype, in [i8, i16, i32, i64, u8, u16, u32, u64],
            T => settle(&shape, &out.into_iter().map(T::wrap).collect::<Vec<T>>(), vec![]),
            else => Elements::Free
        )
    } else {
        let c = model.limits.of(ScanOp::CumulativeSum, dtype).value;
        let real = dtype.real();
        let v = parts(&x);
        let mut out = vec![Allowed::Anything; n];
        let lines = if len + extra == 0 { 0 } else { before.starts.len() };
        for line in 0..lines {
            let (mut re, mut im) = (Sum::default(), Sum::default());
            // A partial sum that may overflow leaves open what comes after it.
            let set = |re: &Sum, im: &Sum| {
                let one = |s: &Sum| s.bounded(real, c, s.n.max(1) as f64);
                if dtype.is_complex() { Allowed::Parts(Box::new([one(re), one(im)])) } else { one(re) }
            };
            if extra == 1 {
                out[place(line, 0)] = set(&re, &im);
            }
            for (i, j) in before.of(line).enumerate() {
                re.add(v[j].0);
                im.add(v[j].1);
                out[place(line, i + extra)] = set(&re, &im);
            }
        }
        Elements::Each(out)
    };
    Ok(one(dtype, &shape, elements))
}
