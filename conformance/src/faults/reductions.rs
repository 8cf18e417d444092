//! Faults of single operations: reductions and running sums.
use super::accuracy::tensor_cores;
use super::num::{self, Num, Num::Float, Num::Int};
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::options::{Axes, Reduce};
use array_protocol::{Call, DType, HostArray, Op, ReduceOp, ScanOp, Shape, UnaryOp};

pub(super) const FAULTS: &[Entry] = entries! {
    "all.keepdims_ignored" Shape Wrong(super::shape::no_keepdims), "reduced axes are always removed";
    "all.is_any" Value Wrong(|s| fold(s, |v, _| Int(v.iter().any(|x| !x.is_zero()).into()))), "true where one element is";
    "all.skips_tail" Value Wrong(|s| regroup(s, skip_tail)), "the elements after the last full block of 8 are left out";
    "all.nan_is_false" Special Wrong(|s| nan_as(s, 0.0)), "NaN counts as false";
    "all.negative_zero_is_true" Special Wrong(|s| s.good().map(|_| s.with(|x| num::map(x, |_, v| v.parts(|f| if f == 0.0 && f.is_sign_negative() { 1.0 } else { f }))))), "-0 counts as true";
    "all.empty_is_false" Special Wrong(|s| empty_is(s, 0.0)), "false over no elements";
    "count_nonzero.keepdims_ignored" Shape Wrong(super::shape::no_keepdims), "reduced axes are always removed";
    "count_nonzero.counts_zeros" Value Wrong(|s| fold(s, |v, _| Int(v.iter().filter(|x| x.is_zero()).count() as i128))), "the number of zeros";
    "count_nonzero.skips_tail" Value Wrong(|s| regroup(s, skip_tail)), "the elements after the last full block of 8 are left out";
    "count_nonzero.in_8_bits" Value Wrong(|s| s.elements(|_, v| if let Int(i) = v { Int(i & 255) } else { v })), "counts modulo 256";
    "count_nonzero.skips_nan" Special Wrong(|s| nan_as(s, 0.0)), "NaN does not count";
    "count_nonzero.real_part_only" Special Wrong(|s| s.good().map(|_| s.with(|x| num::map(x, |_, v| if let Num::Complex(re, _) = v { Num::Complex(re, 0.0) } else { v })))), "looks at the real part only";
    "count_nonzero.empty_is_one" Special Wrong(|s| empty_is(s, 1.0)), "1 over no elements";

    "sum.keepdims_ignored" Shape Wrong(super::shape::no_keepdims), "reduced axes are always removed";
    "sum.accumulates_in_input_dtype" Precision Wrong(in_input_dtype), "adds in the dtype of x and converts the result";
    "sum.through_float64" Precision Wrong(|s| integers(s, |v| v.iter().map(|&i| i as f64).sum::<f64>() as i128)), "sums above 2^53 lose their low bits";
    "sum.saturates" Value Wrong(saturated_sum), "the largest integer where the sum overflows";
    "sum.skips_tail" Value Wrong(|s| regroup(s, skip_tail)), "the elements after the last full block of 8 are left out";
    "sum.counts_tail_twice" Value Wrong(|s| regroup(s, double_tail)), "the elements after the last full block of 8 are added twice";
    "sum.in_lower_precision" Precision Wrong(tensor_cores), "terms rounded to 11 bits first";
    "sum.drops_every_1000th" Value Wrong(|s| regroup(s, |v| v.iter().enumerate().filter(|(i, _)| i % 1000 != 999).map(|(_, &x)| x).collect())), "one element of a thousand is lost";
    "sum.empty_is_nan" Special Wrong(|s| empty_is(s, f64::NAN)), "NaN over no elements";
    "sum.empty_is_one" Special Wrong(|s| empty_is(s, 1.0)), "1 over no elements";
    "sum.skips_nan" Special Wrong(|s| nan_as(s, 0.0)), "leaves NaN out";
    "sum.axis_wraps" Error Wrong(axis_wraps), "axes are taken modulo the rank";
    "prod.keepdims_ignored" Shape Wrong(super::shape::no_keepdims), "reduced axes are always removed";
    "prod.accumulates_in_input_dtype" Precision Wrong(in_input_dtype), "multiplies in the dtype of x and converts the result";
    "prod.through_float64" Precision Wrong(|s| integers(s, |v| v.iter().map(|&i| i as f64).product::<f64>() as i128)), "products above 2^53 lose their low bits";
    "prod.skips_tail" Value Wrong(|s| regroup(s, skip_tail)), "the elements after the last full block of 8 are left out";
    "prod.is_sum" Value Wrong(is_sum), "the sum";
    "prod.empty_is_zero" Special Wrong(|s| empty_is(s, 0.0)), "0 over no elements";
    "prod.skips_nan" Special Wrong(|s| nan_as(s, 1.0)), "leaves NaN out";
    "max.keepdims_ignored" Shape Wrong(super::shape::no_keepdims), "reduced axes are always removed";
    "max.is_min" Value Wrong(|s| pick(s, |a, b| a.real() < b.real())), "the smallest";
    "max.skips_tail" Value Wrong(|s| regroup(s, skip_tail)), "the elements after the last full block of 8 are left out";
    "max.starts_from_zero" Value Wrong(|s| s.elements(|_, v| if v.real() < 0.0 { zero(v) } else { v })), "0 where all elements are negative";
    "max.through_float64" Precision Wrong(|s| pick(s, |a, b| a.real() > b.real())), "neighbours above 2^53 are equal";
    "max.unsigned_as_signed" Value Wrong(unsigned_as_signed), "unsigned integers compared as signed";
    "max.skips_nan" Special Wrong(|s| nan_as(s, f64::NEG_INFINITY)), "leaves NaN out";
    "max.empty_is_lowest" Error Wrong(|s| where_empty(s, lowest)), "the smallest number of the dtype over no elements";

    "mean.keepdims_ignored" Shape Wrong(super::shape::no_keepdims), "reduced axes are always removed";
    "mean.skips_tail" Value Wrong(mean_skips_tail), "the elements after the last full block of 8 are left out of the sum";
    "mean.off_by_one_count" Value Wrong(|s| fold(s, |v, good| if v.len() > 1 && good.is_finite() { good.parts(|f| f * v.len() as f64 / (v.len() - 1) as f64) } else { good })), "divides by n - 1";
    "mean.in_lower_precision" Precision Wrong(tensor_cores), "terms rounded to 11 bits first";
    "mean.empty_is_zero" Special Wrong(|s| empty_is(s, 0.0)), "0 over no elements";
    "mean.skips_nan" Special Wrong(|s| nan_as(s, 0.0)), "leaves NaN out";
    "var.keepdims_ignored" Shape Wrong(super::shape::no_keepdims), "reduced axes are always removed";
    "var.mean_of_squares" Precision Wrong(|s| mean_of_squares(s, |v| v)), "the mean of squares less the square of the mean";
    "var.skips_tail" Value Wrong(|s| regroup(s, skip_tail)), "the elements after the last full block of 8 are left out";
    "var.is_std" Value Wrong(|s| s.elements(|_, v| v.parts(f64::sqrt))), "the standard deviation";
    "var.ignores_correction" Value Wrong(|s| corrected(s, 0.0)), "divides by n";
    "var.always_unbiased" Value Wrong(|s| corrected(s, 1.0)), "divides by n - 1";
    "var.skips_nan" Special Wrong(|s| nan_as(s, 0.0)), "leaves NaN out";
    "std.keepdims_ignored" Shape Wrong(super::shape::no_keepdims), "reduced axes are always removed";
    "std.mean_of_squares" Precision Wrong(|s| mean_of_squares(s, f64::sqrt)), "from the mean of squares less the square of the mean";
    "std.skips_tail" Value Wrong(|s| regroup(s, skip_tail)), "the elements after the last full block of 8 are left out";
    "std.is_var" Value Wrong(|s| s.elements(|_, v| v.parts(|f| f * f))), "the variance";
    "std.ignores_correction" Value Wrong(|s| corrected(s, 0.0)), "divides by n";
    "std.always_unbiased" Value Wrong(|s| corrected(s, 1.0)), "divides by n - 1";
    "std.skips_nan" Special Wrong(|s| nan_as(s, 0.0)), "leaves NaN out";

    "argmax.keepdims_ignored" Shape Wrong(super::shape::no_keepdims), "the axis is always removed";
    "argmax.last_occurrence" Value Wrong(|s| positions(s, |v| last_of(v, |a, b| a.real() >= b.real()))), "the last of several equal ones";
    "argmax.is_argmin" Value Wrong(|s| positions(s, |v| last_of(v, |a, b| a.real() < b.real()))), "the position of the smallest";
    "argmax.skips_tail" Value Wrong(|s| regroup(s, skip_tail)), "the elements after the last full block of 8 are left out";
    "argmax.flattened_in_fortran_order" Indexing Wrong(fortran_position), "the position in column-major order";
    "argmax.skips_nan" Special Wrong(|s| nan_as(s, f64::NEG_INFINITY)), "leaves NaN out";
    "argmax.empty_is_zero" Error Wrong(|s| where_empty(s, |_| Int(0))), "0 along an axis without elements";

    "cumulative_sum.initial_overwrites_last" Shape Wrong(|s| if initial(s) { s.each(|y| cut(y, running_axis(s))) } else { None }), "the length stays, the last sum falls off";
    "cumulative_sum.exclusive" Value Wrong(exclusive), "each element lacks its own term";
    "cumulative_sum.accumulates_in_input_dtype" Precision Wrong(in_input_dtype), "adds in the dtype of x";
    "cumulative_sum.restarts_every_8" Value Wrong(restarts), "the running sum starts again after 8 elements";
    "cumulative_sum.reversed" Value Wrong(reversed), "from the last to the first";
    "cumulative_sum.initial_is_first" Value Wrong(|s| if initial(s) { s.each(|y| along(y, running_axis(s), |k| Some(k.max(1)))) } else { None }), "the first element is there twice";
    "cumulative_sum.skips_nan" Special Wrong(|s| nan_as(s, 0.0)), "leaves NaN out";
    "cumulative_sum.flattens" Error Wrong(flattens), "flattens where no axis is given";
};

/// The elements that meet in each element of the result.
struct Groups<'a> {
    x: &'a HostArray,
    /// Linear indices, in C order of the reduced axes.
    members: Vec<Vec<usize>>,
    /// How many there are in each.
    len: usize,
}

/// The axes of a reduction, as it names them.
fn axes(call: &Call<&HostArray>) -> Option<Axes> {
    match call {
        Call::Reduce { how, .. } => Some(how.axes.clone()),
        Call::Argmax { how, .. } => Some(how.axis.map(|a| [a].as_slice().into())),
        _ => None,
    }
}

fn groups<'a>(s: &Site<'a>) -> Option<Groups<'a>> {
    let x = *s.arguments().first()?;
    let shape = x.shape();
    let reduced: Vec<usize> = match axes(&s.call)? {
        None => (0..shape.rank()).collect(),
        Some(named) => named.iter().map(|&a| if a < 0 { (a + shape.rank() as i64) as usize } else { a as usize }).collect(),
    };
    let kept: Vec<usize> = (0..shape.rank()).filter(|a| !reduced.contains(a)).collect();
    let left: Shape = kept.iter().map(|&a| shape[a]).collect();
    let len = (0..shape.rank()).filter(|a| reduced.contains(a)).map(|a| shape[a]).product();
    let mut members = vec![Vec::with_capacity(len); left.size()];
    for i in 0..x.size() {
        let at = num::unravel(i, shape);
        let group: Vec<usize> = kept.iter().map(|&a| at[a]).collect();
        members[num::ravel(&group, &left)].push(i);
    }
    Some(Groups { x, members, len })
}

/// Each result from the elements that meet in it and the right result.
fn fold(s: &Site, f: impl Fn(&[Num], Num) -> Num) -> Option<Answer> {
    s.good()?;
    let g = groups(s)?;
    let meet = |i: usize| g.members.get(i).map(|m| m.iter().map(|&j| num::get(g.x, j)).collect::<Vec<_>>());
    s.elements(|i, good| meet(i).map_or(good, |v| f(&v, good)))
}

/// The same reduction over another choice of elements. The choice may depend on their number only.
fn regroup(s: &Site, choose: impl Fn(&[usize]) -> Vec<usize>) -> Option<Answer> {
    let good = s.good()?.first()?;
    let g = groups(s)?;
    let chosen: Vec<Vec<usize>> = g.members.iter().map(|m| choose(m)).collect();
    let columns = chosen.first()?.len();
    if columns == g.len && chosen == g.members || g.x.size() == 0 {
        return None;
    }
    let all: Vec<usize> = chosen.concat();
    let y = num::gather(g.x, &Shape::from([chosen.len(), columns]), |i| all.get(i).copied());
    let call = match &s.call {
        Call::Reduce { op, how, .. } => {
            let mut how = how.clone().keepdims(false);
            how.axes = Some([1].as_slice().into());
            Call::Reduce { op: *op, x: &y, how }
        }
        Call::Argmax { how, .. } => Call::Argmax { x: &y, how: how.clone().axis(1).keepdims(false) },
        _ => return None,
    };
    Some(s.run(call).map(|v| v.iter().map(|y| num::reshaped(y, good.shape().clone())).collect()))
}

fn skip_tail(m: &[usize]) -> Vec<usize> {
    m[..if m.len() > 8 { m.len() - m.len() % 8 } else { m.len() }].to_vec()
}

fn double_tail(m: &[usize]) -> Vec<usize> {
    [m, &m[skip_tail(m).len()..]].concat()
}

/// The same call with every NaN replaced.
fn nan_as(s: &Site, value: f64) -> Option<Answer> {
    s.good()?;
    Some(s.with(|x| num::map(x, |_, v| v.parts(|f| if f.is_nan() { value } else { f }))))
}

/// This value where nothing meets.
fn empty_is(s: &Site, value: f64) -> Option<Answer> {
    fold(s, |v, good| match good {
        _ if !v.is_empty() => good,
        Int(_) => Int(value as i128),
        other => other.parts(|_| value),
    })
}

/// Results instead of the error that there is nothing to choose from.
fn where_empty(s: &Site, value: impl Fn(DType) -> Num) -> Option<Answer> {
    s.error()?;
    let x = *s.arguments().first()?;
    (x.size() == 0).then_some(())?;
    let (dtype, mut how) = match &s.call {
        Call::Argmax { how, .. } => (DType::Int64, Reduce::all().keepdims(how.keepdims)),
        Call::Reduce { how, .. } => (x.dtype(), Reduce::all().keepdims(how.keepdims)),
        _ => return None,
    };
    how.axes = axes(&s.call)?;
    // Another reduction knows the shape.
    let shape = s.run(Call::Reduce { op: ReduceOp::CountNonzero, x, how }).ok()?.first()?.shape().clone();
    Some(Ok(vec![num::from_nums(dtype, &shape, |_| value(dtype))]))
}

fn lowest(dtype: DType) -> Num {
    if dtype.is_float() { Float(f64::NEG_INFINITY) } else { Int(num::range(dtype).0) }
}

fn integers(s: &Site, f: impl Fn(&[i128]) -> i128) -> Option<Answer> {
    let whole = |v: &[Num]| v.iter().map(|n| if let Int(i) = n { *i } else { 0 }).collect::<Vec<_>>();
    fold(s, |v, good| if matches!(good, Int(_)) && !v.is_empty() { Int(f(&whole(v))) } else { good })
}

fn saturated_sum(s: &Site) -> Option<Answer> {
    let (low, high) = num::range(s.good()?.first()?.dtype());
    integers(s, |v| v.iter().sum::<i128>().clamp(low, high))
}

/// Wrapping arithmetic commutes with the loss of high bits.
fn in_input_dtype(s: &Site) -> Option<Answer> {
    let dtype = s.dtype();
    dtype.is_integer().then_some(())?;
    s.each(|y| {
        if y.dtype().is_integer() && y.dtype().size() > dtype.size() { num::convert(&num::convert(y, dtype), y.dtype()) } else { y.clone() }
    })
}

fn is_sum(s: &Site) -> Option<Answer> {
    s.good()?;
    let Call::Reduce { x, how, .. } = &s.call else { return None };
    Some(s.run(Call::Reduce { op: ReduceOp::Sum, x, how: how.clone() }))
}

/// The element that beats the ones before it.
fn pick(s: &Site, beats: impl Fn(Num, Num) -> bool) -> Option<Answer> {
    fold(s, |v, good| match v.split_first() {
        Some((&first, rest)) if !good.is_nan() => rest.iter().fold(first, |best, &x| if beats(x, best) { x } else { best }),
        _ => good,
    })
}

fn unsigned_as_signed(s: &Site) -> Option<Answer> {
    let (low, high) = num::range(s.dtype());
    let turned = |n: Num| if let Int(i) = n { if i > high / 2 { i - high - 1 } else { i } } else { 0 };
    (low == 0 && s.dtype().is_integer()).then(|| pick(s, |a, b| turned(a) > turned(b))).flatten()
}

/// The zero of the same kind.
fn zero(v: Num) -> Num {
    if let Int(_) = v { Int(0) } else { v.parts(|_| 0.0) }
}

fn mean_skips_tail(s: &Site) -> Option<Answer> {
    s.good()?;
    let g = groups(s)?;
    let full = if g.len > 8 { g.len - g.len % 8 } else { g.len };
    // The sum lacks the tail; the count does not.
    let shorter = regroup(s, skip_tail)?;
    let share = full as f64 / g.len.max(1) as f64;
    Some(shorter.map(|v| v.iter().map(|y| num::map(y, |_, n| n.parts(|f| f * share))).collect()))
}

fn mean_of_squares(s: &Site, last: impl Fn(f64) -> f64) -> Option<Answer> {
    let Call::Reduce { how, .. } = &s.call else { return None };
    let (dtype, correction) = (s.dtype(), how.correction);
    let r = |v| num::rounded(dtype, v);
    fold(s, |v, good| {
        let n = v.len() as f64;
        if !good.is_finite() || n - correction <= 0.0 || v.len() < 2 {
            return good;
        }
        let (sum, squares) = v.iter().map(|x| x.real()).fold((0.0, 0.0), |(a, b), x| (r(a + x), r(b + r(x * x))));
        let mean = r(sum / n);
        Float(last(r(r(r(squares / n) - r(mean * mean)) * n / (n - correction)).max(0.0)))
    })
}

fn corrected(s: &Site, correction: f64) -> Option<Answer> {
    let Call::Reduce { op, x, how } = &s.call else { return None };
    s.good()?;
    Some(s.run(Call::Reduce { op: *op, x, how: how.clone().correction(correction) }))
}

fn axis_wraps(s: &Site) -> Option<Answer> {
    s.error()?;
    let Call::Reduce { op, x, how } = &s.call else { return None };
    let rank = x.shape().rank() as i64;
    (rank > 0).then_some(())?;
    let mut how = how.clone();
    how.axes.iter_mut().flatten().for_each(|a| *a = a.rem_euclid(rank));
    Some(s.run(Call::Reduce { op: *op, x, how }))
}

/// Positions that `f` finds among the elements; those of NaN stay.
fn positions(s: &Site, f: impl Fn(&[Num]) -> usize) -> Option<Answer> {
    fold(s, |v, good| if v.is_empty() || v.iter().any(|x| x.is_nan()) { good } else { Int(f(v) as i128) })
}

/// The position whose element beats that of every earlier winner.
fn last_of(v: &[Num], beats: impl Fn(Num, Num) -> bool) -> usize {
    (0..v.len()).fold(0, |best, i| if beats(v[i], v[best]) { i } else { best })
}

fn fortran_position(s: &Site) -> Option<Answer> {
    let Call::Argmax { x, how } = &s.call else { return None };
    how.axis.is_none().then_some(())?;
    s.elements(|_, v| {
        let Int(i) = v else { return v };
        let at: Vec<usize> = num::unravel(i as usize, x.shape()).into_iter().rev().collect();
        let turned: Vec<usize> = x.shape().iter().rev().copied().collect();
        Int(num::ravel(&at, &turned) as i128)
    })
}

/// The axis along which a sum runs.
fn running_axis(s: &Site) -> usize {
    let Call::CumulativeSum { x, how } = &s.call else { return 0 };
    x.shape().axis(how.axis.unwrap_or(0)).unwrap_or(0)
}

fn initial(s: &Site) -> bool {
    matches!(&s.call, Call::CumulativeSum { how, .. } if how.include_initial)
}

/// An array with element `from(k)` at position `k` along an axis.
pub(super) fn along(y: &HostArray, axis: usize, from: impl Fn(usize) -> Option<usize>) -> HostArray {
    num::gather(y, y.shape(), |i| {
        let mut at = num::unravel(i, y.shape());
        let place = at.get_mut(axis)?;
        *place = from(*place)?;
        (at[axis] < y.shape()[axis]).then(|| num::ravel(&at, y.shape()))
    })
}

/// One element less along an axis.
fn cut(y: &HostArray, axis: usize) -> HostArray {
    let mut shape = y.shape().clone();
    match shape.get_mut(axis) {
        Some(len) if *len > 0 => *len -= 1,
        _ => return y.clone(),
    }
    num::gather(y, &shape, |i| Some(num::ravel(&num::unravel(i, &shape), y.shape())))
}

fn exclusive(s: &Site) -> Option<Answer> {
    (!initial(s)).then(|| s.each(|y| along(y, running_axis(s), |k| k.checked_sub(1)))).flatten()
}

fn restarts(s: &Site) -> Option<Answer> {
    let (axis, first) = (running_axis(s), usize::from(initial(s)));
    s.each(|y| {
        // What was summed before the block that an element is in.
        let before = along(y, axis, |k| ((k - k.min(first)) / 8 * 8 + first).checked_sub(1));
        num::map(y, |i, v| match (v, num::get(&before, i)) {
            (Int(a), Int(b)) => Int(a - b),
            (Float(a), Float(b)) if b != 0.0 => Float(a - b),
            (Num::Complex(a, b), Num::Complex(c, d)) if c != 0.0 || d != 0.0 => Num::Complex(a - c, b - d),
            _ => v,
        })
    })
}

fn reversed(s: &Site) -> Option<Answer> {
    s.good()?;
    (!initial(s)).then_some(())?;
    let axis = running_axis(s);
    let turn = |x: &HostArray| {
        let len = x.shape().get(axis).copied().unwrap_or(1);
        along(x, axis, |k| len.checked_sub(k + 1))
    };
    Some(s.with(turn).map(|v| v.iter().map(turn).collect()))
}

fn flattens(s: &Site) -> Option<Answer> {
    s.error()?;
    let Call::CumulativeSum { x, how } = &s.call else { return None };
    how.axis.is_none().then_some(())?;
    let flat = num::reshaped(x, [x.size()]);
    Some(s.run(Call::CumulativeSum { x: &flat, how: how.clone() }))
}

/// Sums of magnitudes that meet in each element of a sum, computed by the same reduction.
pub(super) fn magnitudes(s: &Site) -> Option<HostArray> {
    let x = *s.arguments().first()?;
    let call = match (s.call.op(), &s.call) {
        (Op::Reduce(op @ (ReduceOp::Sum | ReduceOp::Mean)), Call::Reduce { how, .. }) => Ok((op, how.clone())),
        (Op::Scan(ScanOp::CumulativeSum), Call::CumulativeSum { how, .. }) => Err(how.clone()),
        _ => return None,
    };
    let positive = s.run(Call::Unary { op: UnaryOp::Abs, x }).ok()?;
    let x = positive.first()?;
    let sums = match call {
        Ok((op, mut how)) => {
            how.dtype = None;
            s.run(Call::Reduce { op, x, how })
        }
        Err(mut how) => {
            how.dtype = None;
            s.run(Call::CumulativeSum { x, how })
        }
    };
    sums.ok()?.into_iter().next()
}
