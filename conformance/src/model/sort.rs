//! Order, search, sets.
use super::allow::{exactly, except, settle};
use super::expect::{Allowed, Elements, Expect, Quantity};
use super::number::{integers, parts, reals};
use super::promote::{common, convert};
use super::shapes::{Groups, axis, lines, pick};
use super::{Said, fails_any, one};
use array_protocol::options::{Search, Side, Sort};
use array_protocol::{DType, ErrorKind, HostArray, Shape};
use std::cmp::Ordering;
use std::sync::Arc;

/// Real elements with their order: NaN after everything, zeros equal.
enum Keys {
    Whole(Vec<i128>),
    Float(Vec<f64>),
}
impl Keys {
    fn new(x: &HostArray) -> Keys {
        if x.dtype().is_float() { Keys::Float(reals(x)) } else { Keys::Whole(integers(x)) }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        match self {
            Keys::Whole(v) => v[a].cmp(&v[b]),
            Keys::Float(v) => v[a].partial_cmp(&v[b]).unwrap_or_else(|| v[a].is_nan().cmp(&v[b].is_nan())),
        }
    }

    fn zero(&self, i: usize) -> bool {
        matches!(self, Keys::Float(v) if v[i] == 0.0)
    }
}

/// Axis and dtype of a call of `sort` or `argsort`; whether the dtype may be refused.
fn sortable(x: &HostArray, how: &Sort) -> Result<(usize, bool), Expect> {
    let mut kinds = vec![];
    if x.dtype().is_complex() {
        kinds.push(ErrorKind::Dtype);
    }
    let at = axis(how.axis, x.shape().rank());
    if at.is_none() {
        kinds.push(ErrorKind::Axis);
    }
    match at {
        Some(a) if kinds.is_empty() => Ok((a, x.dtype() == DType::Bool)),
        _ => Err(fails_any(&kinds)),
    }
}

/// The standard orders real numbers; truth values are sorted as 0 and 1, or refused.
fn maybe_refused(answer: Expect, refused: bool) -> Expect {
    match answer {
        Expect::Returns(v) if refused => Expect::Either(vec![ErrorKind::Dtype], v),
        other => other,
    }
}

/// For each line its positions in sorted order, stable.
fn order(keys: &Keys, groups: &Groups, descending: bool) -> Vec<Vec<usize>> {
    (0..groups.starts.len())
        .map(|i| {
            let mut line: Vec<usize> = groups.of(i).collect();
            line.sort_by(|&a, &b| if descending { keys.compare(b, a) } else { keys.compare(a, b) });
            line
        })
        .collect()
}

pub(super) fn sort(x: &HostArray, how: &Sort) -> Said {
    let (at, refused) = sortable(x, how)?;
    let keys = Keys::new(x);
    let groups = lines(x.shape(), at);
    let mut from = vec![0; x.size()];
    for (i, line) in order(&keys, &groups, how.descending).into_iter().enumerate() {
        for (to, source) in groups.of(i).zip(line) {
            from[to] = source;
        }
    }
    // Zeros are equal: without stability they come in any order.
    let zeros = (0..from.len()).filter(|&i| !how.stable && keys.zero(from[i]));
    let either = || Allowed::AnyOf(Box::new([exactly(x.dtype(), 0.0), exactly(x.dtype(), -0.0)]));
    let others = zeros.map(|i| (i, either())).collect();
    let out = pick(x, x.shape(), &from)?;
    Ok(maybe_refused(one(x.dtype(), x.shape(), except(out, others)), refused))
}

pub(super) fn argsort(x: &HostArray, how: &Sort) -> Said {
    let (at, refused) = sortable(x, how)?;
    let keys = Keys::new(x);
    let groups = lines(x.shape(), at);
    if !how.stable {
        let descending = how.descending;
        let judge = move |out: &[HostArray]| vec![any_order(&keys, &groups, descending, out)];
        return Ok(maybe_refused(one(DType::Int64, x.shape(), Elements::Related(Arc::new(judge))), refused));
    }
    let step = x.shape()[at + 1..].iter().product::<usize>().max(1);
    let mut out = vec![0i64; x.size()];
    for (i, line) in order(&keys, &groups, how.descending).into_iter().enumerate() {
        for (to, source) in groups.of(i).zip(line) {
            out[to] = ((source - groups.starts[i]) / step) as i64;
        }
    }
    Ok(maybe_refused(one(DType::Int64, x.shape(), settle(x.shape(), &out, vec![])), refused))
}

/// `order`: each line is a permutation that sorts.
fn any_order(keys: &Keys, groups: &Groups, descending: bool, out: &[HostArray]) -> Quantity {
    let wrong = |text: String| Quantity { name: "order", of_bound: f64::INFINITY, text };
    let Some(v) = out.first().and_then(|a| a.view::<i64>()) else { return wrong("no int64 array".into()) };
    let n = groups.members.len();
    for i in 0..groups.starts.len() {
        let mut seen = vec![false; n];
        let mut before: Option<usize> = None;
        for (to, place) in groups.of(i).zip(0..) {
            let Some(p) = v.get(to).and_then(|&p| usize::try_from(p).ok()).filter(|&p| p < n && !seen[p]) else {
                return wrong(format!("line {i}, position {place}: not a permutation"));
            };
            seen[p] = true;
            let here = groups.starts[i] + groups.members[p];
            if let Some(b) = before {
                let order = keys.compare(b, here);
                if order == if descending { Ordering::Less } else { Ordering::Greater } {
                    return wrong(format!("line {i}, position {place}: out of order"));
                }
            }
            before = Some(here);
        }
    }
    Quantity { name: "order", of_bound: 0.0, text: "permutations that sort".into() }
}

pub(super) fn searchsorted(x1: &HostArray, x2: &HostArray, how: &Search) -> Said {
    let mut kinds = vec![];
    let dtype = match common(&[x1.dtype(), x2.dtype()]) {
        Ok(d) if d.is_complex() => None,
        Ok(d) => Some(d),
        Err(Expect::Unspecified) => return Err(Expect::Unspecified),
        Err(_) => None,
    };
    if dtype.is_none() {
        kinds.push(ErrorKind::Dtype);
    }
    if x1.shape().rank() != 1 {
        kinds.push(ErrorKind::Shape);
    }
    let (Some(dtype), true) = (dtype, kinds.is_empty()) else { return Err(fails_any(&kinds)) };
    let (a, b) = (convert(x1, dtype)?, convert(x2, dtype)?);
    let n = a.size();
    // One list of keys, so that both arrays are compared by the same order.
    let keys = match (Keys::new(&a), Keys::new(&b)) {
        (Keys::Whole(mut v), Keys::Whole(w)) => {
            v.extend(w);
            Keys::Whole(v)
        }
        (Keys::Float(mut v), Keys::Float(w)) => {
            v.extend(w);
            Keys::Float(v)
        }
        _ => return Err(Expect::Unspecified),
    };
    if (1..n).any(|i| keys.compare(i - 1, i) == Ordering::Greater) {
        return Err(Expect::Unspecified);
    }
    let place = |j: usize| {
        let before = |i: &usize| match keys.compare(*i, n + j) {
            Ordering::Less => true,
            Ordering::Equal => how.side == Side::Right,
            Ordering::Greater => false,
        };
        (0..n).take_while(before).count() as i64
    };
    let out: Vec<i64> = (0..b.size()).map(place).collect();
    Ok(maybe_refused(one(DType::Int64, x2.shape(), settle(x2.shape(), &out, vec![])), dtype == DType::Bool))
}

pub(super) fn unique_values(x: &HostArray) -> Said {
    if x.dtype().is_complex() {
        return complex_values(x);
    }
    let keys = Keys::new(x);
    let mut at: Vec<usize> = (0..x.size()).collect();
    at.sort_by(|&a, &b| keys.compare(a, b));
    // Each NaN is a value of its own.
    let distinct = |a: usize, b: usize| keys.compare(a, b) != Ordering::Equal || matches!(&keys, Keys::Float(v) if v[a].is_nan());
    at.dedup_by(|b, a| !distinct(*a, *b));
    let zeros = at.iter().enumerate().filter(|&(_, &i)| keys.zero(i));
    let others = zeros.map(|(i, _)| (i, Allowed::AnyOf(Box::new([exactly(x.dtype(), 0.0), exactly(x.dtype(), -0.0)])))).collect();
    let shape = Shape::from([at.len()]);
    let out = pick(x, &shape, &at)?;
    Ok(one(x.dtype(), &shape, except(out, others)))
}

/// Distinct complex numbers, in any order: `order` counts each of them once.
fn complex_values(x: &HostArray) -> Said {
    let same = |a: &(f64, f64), b: &(f64, f64)| a.0 == b.0 && a.1 == b.1;
    let nan = |z: &(f64, f64)| z.0.is_nan() || z.1.is_nan();
    let (mut values, mut nans) = (Vec::<(f64, f64)>::new(), 0usize);
    for z in parts(x) {
        if nan(&z) {
            nans += 1;
        } else if !values.iter().any(|v| same(v, &z)) {
            values.push(z);
        }
    }
    let shape = Shape::from([values.len() + nans]);
    let judge = move |out: &[HostArray]| {
        let found = out.first().map(parts).unwrap_or_default();
        let missing = values.iter().filter(|v| found.iter().filter(|f| same(f, v)).count() != 1).count();
        let right = missing == 0 && found.iter().filter(|f| nan(f)).count() == nans;
        let of_bound = if right { 0.0 } else { f64::INFINITY };
        vec![Quantity { name: "order", of_bound, text: format!("{missing} of {} values not there exactly once", values.len()) }]
    };
    Ok(one(x.dtype(), &shape, Elements::Related(Arc::new(judge))))
}
