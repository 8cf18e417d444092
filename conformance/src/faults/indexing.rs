//! Faults of single operations: indexing.
use super::num::{self, Num, Num::Int};
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::{Call, DType, HostArray, Index, Operand};

pub(super) const FAULTS: &[Entry] = entries! {
    "getitem.keeps_integer_axis" Shape Wrong(|s| rekey(s, |i, _| if let Index::At(p) = i { between(Some(p), (p != -1).then_some(p.wrapping_add(1)), 1) } else { i })), "an integer keeps its axis with length 1";
    "getitem.slice_length_rounds_down" Shape Wrong(|s| rekey(s, one_short)), "one element short where the step does not divide the length";
    "getitem.negative_index_off_by_one" Indexing Wrong(|s| rekey(s, |i, len| if let Index::At(p) = i && p < 0 && p.unsigned_abs() < len as u64 { Index::At(p - 1) } else { i })), "-1 is the element before the last";
    "getitem.negative_step_starts_wrong" Indexing Wrong(|s| rekey(s, |i, _| if let Index::Slice { start: None, stop, step } = i && step < 0 { between(Some(0), stop, step) } else { i })), "a missing start with a negative step means the first element";
    "getitem.ignores_step" Indexing Wrong(|s| rekey(s, |i, _| if let Index::Slice { start, stop, step } = i { between(start, stop, step.signum()) } else { i })), "every element between start and stop";
    "getitem.negative_bound_not_wrapped" Indexing Wrong(|s| rekey(s, |i, _| if let Index::Slice { start, stop, step } = i { between(start.map(|b| b.max(0)), stop.map(|b| b.max(0)), step) } else { i })), "negative bounds are taken for 0";
    "getitem.mask_inverted" Indexing Wrong(mask_inverted), "where the mask is false";
    "getitem.drops_repeated_positions" Indexing Wrong(drops_repeated), "a position that comes twice is chosen once";
    "setitem.dtype_of_value" Dtype Wrong(dtype_of_value), "the dtype of the value";
    "setitem.writes_everywhere" Value Wrong(writes_everywhere), "the whole array is overwritten";
    "setitem.writes_nothing" Value Wrong(|s| if let Call::Setitem { x, .. } = s.call { s.each(|_| x.clone()) } else { None }), "x as it was";
    "setitem.only_first_row" Value Wrong(only_first_row), "the value is written once, not broadcast";
    "setitem.mask_inverted" Indexing Wrong(mask_inverted), "where the mask is false";
    "setitem.ignores_negative_step" Indexing Wrong(|s| rekey(s, forwards)), "the value is written forwards";
    "nonzero.one_short" Shape Wrong(|s| s.each(|y| num::gather(y, &[y.size().saturating_sub(1)].into(), Some))), "the last position is left out";
    "nonzero.fortran_order" Order Wrong(nonzero_fortran), "in column-major order";
    "nonzero.axes_reversed" Order Wrong(|s| Some(Ok(s.good()?.iter().rev().cloned().collect()))), "the array of the last axis comes first";
    "nonzero.flat_positions" Indexing Wrong(flat_positions), "positions in the flattened array";
    "nonzero.skips_nan" Special Wrong(|s| s.good().map(|_| s.with(|x| num::map(x, |_, v| v.parts(|f| if f.is_nan() { 0.0 } else { f }))))), "NaN is left out";
    "take.negative_clipped" Indexing Wrong(|s| taken(s, |i, _| i.max(0))), "negative indices are taken for 0";
    "take.wrong_axis" Indexing Wrong(take_first_axis), "along the first axis, whatever was asked for";
    "take.sorts_indices" Order Wrong(sorts_indices), "in ascending order of the indices";
    "take.wraps_index" Error Wrong(|s| s.error().and_then(|_| taken_anyway(s, |i, len| i.rem_euclid(len)))), "indices are taken modulo the length";
    "take.clips_index" Error Wrong(|s| s.error().and_then(|_| taken_anyway(s, |i, len| i.clamp(0, len - 1)))), "indices are clipped to the ends";
};

fn between<R>(start: Option<i64>, stop: Option<i64>, step: i64) -> Index<R> {
    Index::Slice { start, stop, step }
}

/// The key of a call.
fn key<'a, 'b>(call: &'b Call<&'a HostArray>) -> Option<(&'a HostArray, &'b [Index<&'a HostArray>])> {
    match call {
        Call::Getitem { x, key } | Call::Setitem { x, key, .. } => Some((x, key)),
        _ => None,
    }
}

/// The same call with another key.
fn keyed<'a>(call: &Call<&'a HostArray>, new: Vec<Index<&'a HostArray>>) -> Option<Call<&'a HostArray>> {
    match call {
        Call::Getitem { x, .. } => Some(Call::Getitem { x, key: new }),
        Call::Setitem { x, value, .. } => Some(Call::Setitem { x, key: new, value: *value }),
        _ => None,
    }
}

/// The same call with each entry of the key through `f(entry, length of its axis)`.
fn rekey(s: &Site, f: impl Fn(Index<&HostArray>, usize) -> Index<&HostArray>) -> Option<Answer> {
    s.good()?;
    let (x, old) = key(&s.call)?;
    let consumed = |i: &Index<&HostArray>| match i {
        Index::At(_) | Index::Slice { .. } => 1,
        Index::Array(a) if a.dtype() == DType::Bool => a.shape().rank(),
        Index::Array(_) => 1,
        _ => 0,
    };
    let all: usize = old.iter().map(consumed).sum();
    let mut axis = 0;
    let mut new = vec![];
    for entry in old {
        new.push(f(entry.clone(), x.shape().get(axis).copied().unwrap_or(0)));
        axis += if *entry == Index::Ellipsis { x.shape().rank().saturating_sub(all) } else { consumed(entry) };
    }
    (new != old).then(|| Some(s.run(keyed(&s.call, new)?))).flatten()
}

/// The bounds of a slice on an axis, clipped, as Python does.
fn clipped(start: Option<i64>, stop: Option<i64>, step: i64, len: usize) -> (i64, i64) {
    let n = len as i64;
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let clip = |b: i64| (if b < 0 { b.saturating_add(n) } else { b }).clamp(low, high);
    let (first, last) = if step > 0 { (0, n) } else { (n - 1, -1) };
    (start.map_or(first, clip), stop.map_or(last, clip))
}

fn one_short(i: Index<&HostArray>, len: usize) -> Index<&HostArray> {
    let Index::Slice { start, stop, step } = i else { return i };
    let (a, b) = clipped(start, stop, step, len);
    if step > 1 && b > a && (b - a) % step != 0 { between(Some(a), Some(b - (b - a) % step), step) } else { i }
}

/// The same positions, in ascending order.
fn forwards(i: Index<&HostArray>, len: usize) -> Index<&HostArray> {
    let Index::Slice { start, stop, step } = i else { return i };
    let (a, b) = clipped(start, stop, step, len);
    if step >= 0 || a <= b {
        return i;
    }
    let size = step.unsigned_abs().min(len as u64) as i64;
    let last = a - (a - b - 1) / size * size;
    between(Some(last), Some(a + 1), size)
}

/// The same call with other arrays in the key.
fn with_arrays(s: &Site, f: impl Fn(&HostArray) -> HostArray) -> Option<Answer> {
    s.good()?;
    let (_, old) = key(&s.call)?;
    let changed: Vec<Option<HostArray>> = old.iter().map(|i| if let Index::Array(a) = i { Some(f(a)) } else { None }).collect();
    changed.iter().any(Option::is_some).then_some(())?;
    let new = old.iter().zip(&changed).map(|(i, c)| c.as_ref().map_or_else(|| i.clone(), Index::Array)).collect();
    Some(s.run(keyed(&s.call, new)?))
}

fn mask_inverted(s: &Site) -> Option<Answer> {
    with_arrays(s, |a| if a.dtype() == DType::Bool { num::map(a, |_, v| v.spoilt()) } else { a.clone() })
}

fn drops_repeated(s: &Site) -> Option<Answer> {
    with_arrays(s, |a| {
        if a.dtype() == DType::Bool || a.shape().rank() != 1 {
            return a.clone();
        }
        let mut once: Vec<Num> = vec![];
        num::nums(a).for_each(|v| {
            if !once.contains(&v) {
                once.push(v)
            }
        });
        num::from_nums(a.dtype(), &[once.len()].into(), |i| once[i])
    })
}

fn dtype_of_value(s: &Site) -> Option<Answer> {
    let Call::Setitem { value: Operand::Array(value), .. } = &s.call else { return None };
    s.each(|y| num::convert(y, value.dtype()))
}

/// The positions in `x` that the key chooses, in the order of `x[key]`.
fn places(s: &Site) -> Option<HostArray> {
    let (x, key) = key(&s.call)?;
    let positions = num::from_nums(DType::Int64, x.shape(), |i| Int(i as i128));
    s.run(Call::Getitem { x: &positions, key: key.to_vec() }).ok()?.into_iter().next()
}

fn writes_everywhere(s: &Site) -> Option<Answer> {
    let places = places(s)?;
    (places.size() > 0).then_some(())?;
    s.each(|y| num::gather(y, y.shape(), |_| Some(num::get(&places, 0).real() as usize)))
}

fn only_first_row(s: &Site) -> Option<Answer> {
    let Call::Setitem { x, value, .. } = &s.call else { return None };
    let places = places(s)?;
    let rows = if let Operand::Array(v) = value { v.size() } else { 1 };
    let written: Vec<usize> = num::nums(&places).take(rows).map(|v| v.real() as usize).collect();
    s.each(|y| num::map(x, |i, v| if written.contains(&i) { num::get(y, i) } else { v }))
}

/// The positions that `nonzero` found, one vector each.
fn positions(all: &[HostArray]) -> Vec<Vec<usize>> {
    let count = all.first().map_or(0, HostArray::size);
    (0..count).map(|i| all.iter().map(|y| num::get(y, i).real() as usize).collect()).collect()
}

fn nonzero_fortran(s: &Site) -> Option<Answer> {
    let good = s.good()?;
    let mut found = positions(good);
    found.sort_by(|a, b| a.iter().rev().cmp(b.iter().rev()));
    Some(Ok(good.iter().enumerate().map(|(axis, y)| num::map(y, |i, _| Int(found[i][axis] as i128))).collect()))
}

fn flat_positions(s: &Site) -> Option<Answer> {
    let x = *s.arguments().first()?;
    let found = positions(s.good()?);
    s.elements(|i, v| found.get(i).map_or(v, |at| Int(num::ravel(at, x.shape()) as i128)))
}

/// The length of the axis that `take` works along.
fn taken_length(s: &Site) -> Option<i64> {
    let Call::Take { x, axis, .. } = &s.call else { return None };
    let axis = axis.map_or(Some(0), |a| x.shape().axis(a))?;
    x.shape().get(axis).map(|&len| len as i64)
}

fn taken_anyway(s: &Site, f: impl Fn(i64, i64) -> i64) -> Option<Answer> {
    let len = taken_length(s).filter(|&len| len > 0)?;
    let Call::Take { x, indices, axis } = &s.call else { return None };
    let moved = num::map(indices, |_, v| if let Int(i) = v { Int(f(i as i64, len).into()) } else { v });
    Some(s.run(Call::Take { x, indices: &moved, axis: *axis }))
}

fn taken(s: &Site, f: impl Fn(i64, i64) -> i64) -> Option<Answer> {
    s.good().and_then(|_| taken_anyway(s, f))
}

fn take_first_axis(s: &Site) -> Option<Answer> {
    s.good()?;
    let Call::Take { x, indices, .. } = s.call else { return None };
    Some(s.run(Call::Take { x, indices, axis: Some(0) }))
}

fn sorts_indices(s: &Site) -> Option<Answer> {
    s.good()?;
    let Call::Take { x, indices, axis } = &s.call else { return None };
    let mut all: Vec<i128> = num::nums(indices).map(|v| if let Int(i) = v { i } else { 0 }).collect();
    all.sort_unstable();
    let sorted = num::from_nums(indices.dtype(), indices.shape(), |i| Int(all[i]));
    Some(s.run(Call::Take { x, indices: &sorted, axis: *axis }))
}
