//! Generic faults of shape, dtype and placement: they fit any operation.
use super::num::{self, Num};
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::{Call, DType, HostArray, Operand, Scalar};

pub(super) const FAULTS: &[Entry] = entries! {
    "generic.extra_axis" Shape Wrong(|s| s.each(extra_axis)), "results have an axis of length 1 too many";
    "generic.drops_last_row" Shape Wrong(|s| s.each(drop_last_row)), "results end one row too early";
    "generic.rank0_becomes_vector" Shape Wrong(rank0_becomes_vector), "a result of rank 0 comes as a vector of length 1";
    "generic.wrong_dtype" Dtype Wrong(|s| s.each(|x| num::convert(x, neighbour(x.dtype())))), "results come in a neighbouring dtype";
    "generic.promotes_scalar" Dtype Wrong(promotes_scalar), "a host scalar beside an array widens the dtype, as an array of its own would";
    "generic.transposes_result" Layout Wrong(|s| s.each(transposed)), "results are written in Fortran order";
    "generic.wrong_on_broadcast" Shape Wrong(cyclic_operands), "an operand of another shape is repeated in memory order instead of broadcast";
    "generic.swaps_operands" Value Wrong(swapped), "the first two operands change places";
    "generic.ignores_axis" Indexing Wrong(last_axis), "works along the last axis, whatever was asked";
    "generic.negative_axis_off_by_one" Indexing Wrong(off_by_one), "a negative axis counts from one axis too far left";
    "generic.wrong_when_empty" Shape Wrong(fails_when_empty), "refuses arrays without elements";
};

fn extra_axis(x: &HostArray) -> HostArray {
    let mut shape = x.shape().clone();
    shape.insert(0, 1);
    num::reshaped(x, shape)
}

fn drop_last_row(x: &HostArray) -> HostArray {
    let mut shape = x.shape().clone();
    match shape.first_mut() {
        Some(rows) if *rows > 0 => *rows -= 1,
        _ => return x.clone(),
    }
    num::gather(x, &shape, Some)
}

fn rank0_becomes_vector(s: &Site) -> Option<Answer> {
    s.each(|x| if x.shape().rank() == 0 { num::reshaped(x, [1]) } else { x.clone() })
}

/// The dtype next door: of the same kind where there is one.
fn neighbour(dtype: DType) -> DType {
    match dtype {
        DType::Bool => DType::UInt8,
        DType::Int8 => DType::Int16,
        DType::Int16 | DType::Int64 => DType::Int32,
        DType::Int32 => DType::Int64,
        DType::UInt8 => DType::UInt16,
        DType::UInt16 | DType::UInt64 => DType::UInt32,
        DType::UInt32 => DType::UInt64,
        DType::Float64 => DType::Float32,
        DType::Complex64 => DType::Complex128,
        DType::Complex128 => DType::Complex64,
        _ => DType::Float64,
    }
}

pub(super) fn promotes_scalar(s: &Site) -> Option<Answer> {
    let scalar = s.operands().iter().find_map(|o| if let Operand::Scalar(s) = o { Some(*s) } else { None })?;
    let wide = match scalar {
        Scalar::Bool(_) => return None,
        Scalar::Int(_) => DType::Int64,
        Scalar::UInt(_) => DType::UInt64,
        Scalar::Float(_) => DType::Float64,
        Scalar::Complex(..) => DType::Complex128,
    };
    s.each(|x| if x.dtype().kind() == wide.kind() { num::convert(x, wide) } else { x.clone() })
}

fn transposed(x: &HostArray) -> HostArray {
    num::unflat(x, x.shape())
}

/// Operands of another shape than the result's are read over and over in memory order.
fn cyclic_operands(s: &Site) -> Option<Answer> {
    let shape = s.good()?.first()?.shape().clone();
    if shape.size() == 0 || s.arguments().iter().all(|x| *x.shape() == shape) {
        return None;
    }
    Some(s.with(|x| num::gather(x, &shape, |i| i.checked_rem(x.size()))))
}

pub(super) fn swapped(s: &Site) -> Option<Answer> {
    let mut call = s.call.clone();
    match &mut call {
        Call::Binary { x1, x2, .. } | Call::Where { x1, x2, .. } => std::mem::swap(x1, x2),
        Call::Matmul { x1, x2 } | Call::Solve { x1, x2 } | Call::Searchsorted { x1, x2, .. } => std::mem::swap(x1, x2),
        Call::Clip { min, max, .. } => std::mem::swap(min, max),
        Call::Concat { arrays, .. } => arrays.reverse(),
        Call::Take { x, indices, .. } => std::mem::swap(x, indices),
        _ => return None,
    }
    Some(s.run(call))
}

/// The call with every axis that it names through `f(axis, rank)`; `None` if that changes nothing.
fn with_axes<'a>(s: &Site<'a>, f: impl Fn(i64, i64) -> i64) -> Option<Call<&'a HostArray>> {
    let mut call = s.call.clone();
    let rank = s.arguments().first()?.shape().rank() as i64;
    let one = |axis: &mut Option<i64>| *axis = axis.map(|a| f(a, rank));
    match &mut call {
        Call::Reduce { how, .. } => how.axes.iter_mut().flatten().for_each(|a| *a = f(*a, rank)),
        Call::Flip { axes, .. } => axes.iter_mut().flatten().for_each(|a| *a = f(*a, rank)),
        Call::Roll { how, .. } => how.axes.iter_mut().flatten().for_each(|a| *a = f(*a, rank)),
        Call::Squeeze { axes, .. } | Call::PermuteDims { axes, .. } => axes.iter_mut().for_each(|a| *a = f(*a, rank)),
        Call::Argmax { how, .. } => one(&mut how.axis),
        Call::CumulativeSum { how, .. } => one(&mut how.axis),
        Call::Concat { axis, .. } | Call::Take { axis, .. } => one(axis),
        Call::Sort { how, .. } | Call::Argsort { how, .. } => how.axis = f(how.axis, rank),
        Call::Fft { how, .. } => how.axis = f(how.axis, rank),
        _ => return None,
    }
    (call != s.call).then_some(call)
}

fn last_axis(s: &Site) -> Option<Answer> {
    s.good()?;
    let mut call = with_axes(s, |_, _| -1)?;
    // One axis cannot be named twice.
    match &mut call {
        Call::Reduce { how, .. } => how.axes.iter_mut().for_each(|a| a.truncate(1)),
        Call::Flip { axes, .. } => axes.iter_mut().for_each(|a| a.truncate(1)),
        Call::Roll { how, .. } => {
            how.axes.iter_mut().for_each(|a| a.truncate(1));
            how.shift.truncate(1);
        }
        _ => {}
    }
    Some(s.run(call))
}

fn off_by_one(s: &Site) -> Option<Answer> {
    s.good()?;
    let call = with_axes(s, |axis, rank| if axis < 0 { (axis + rank - 1).max(0) } else { axis })?;
    Some(s.run(call))
}

pub(super) fn no_keepdims(s: &Site) -> Option<Answer> {
    let mut call = s.call.clone();
    match &mut call {
        Call::Reduce { how, .. } => how.keepdims = false,
        Call::Argmax { how, .. } => how.keepdims = false,
        _ => return None,
    }
    (call != s.call).then(|| s.run(call))
}

fn fails_when_empty(s: &Site) -> Option<Answer> {
    let empty = |x: &HostArray| x.size() == 0;
    let any = s.arguments().into_iter().any(empty) || s.good()?.iter().any(empty);
    any.then(|| Err(super::error::opaque(s, "nothing to do")))
}

/// Every element through `f(index, old)` from the position `start(size)` on, all results.
pub(super) fn spoil_from(s: &Site, start: impl Fn(usize) -> usize) -> Option<Answer> {
    s.each(|x| num::map(x, |i, v| if i >= start(x.size()) { Num::spoilt(v) } else { v }))
}
