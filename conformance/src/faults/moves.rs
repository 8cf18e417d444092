//! Faults of single operations: conversions, and elements that move.
use super::num::{self, Num, Num::Float, Num::Int};
use super::reductions::along;
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::host::Bytes;
use array_protocol::options::AxisList;
use array_protocol::{Call, DType, HostArray, Shape};

pub(super) const FAULTS: &[Entry] = entries! {
    "astype.reinterprets_bits" Value Wrong(reinterprets), "the bits of x, read as the new dtype where the sizes are equal";
    "astype.rounds_towards_zero" Precision Wrong(towards_zero), "the low bits are cut off";
    "astype.int64_through_float32" Precision Wrong(|s| s.unary(|x, y| if let (Int(i), Float(_)) = (x, y) { Float(f64::from(i as f32)) } else { y })), "integers go through float32 on their way to float64";
    "astype.rounds_to_integer" Value Wrong(|s| to_integer(s, f64::round_ties_even)), "the nearest integer";
    "astype.floors" Value Wrong(|s| to_integer(s, f64::floor)), "rounds down";
    "astype.saturates" Value Wrong(saturates), "the nearest integer of the dtype";
    "astype.bool_truncates" Value Wrong(|s| s.unary(|x, y| if let (Float(f), Int(_)) = (x, y) { bool_of(s, f, y) } else { y })), "true only from magnitude 1 on";
    "astype.drops_imaginary_part" Error Wrong(drops_imaginary), "the real part";
    "broadcast_to.tiles" Indexing Wrong(|s| s.each(|y| s.arguments().first().map_or(y.clone(), |x| num::gather(x, y.shape(), |i| i.checked_rem(x.size()))))), "the elements of x in order, again and again";
    "broadcast_to.only_first_repeat" Value Wrong(only_first_repeat), "the repeats are zeros";
    "concat.drops_empty_arrays" Shape Wrong(drops_first), "the first array is left out where another is empty";
    "concat.dtype_of_first" Dtype Wrong(|s| s.each(|y| s.arguments().first().map_or(y.clone(), |x| num::convert(y, x.dtype())))), "the dtype of the first array";
    "concat.reversed" Indexing Wrong(super::shape::swapped), "the last array comes first";
    "concat.along_first_axis" Indexing Wrong(|s| s.each(|y| joined(s, y, num::Order::C))), "joins the memory, whatever the axis";
    "concat.flattens_in_fortran_order" Indexing Wrong(|s| if let Call::Concat { axis: None, .. } = s.call { s.each(|y| joined(s, y, num::Order::Fortran)) } else { None }), "flattened in column-major order";
    "flip.only_first_axis" Value Wrong(|s| flip_axes(s, |axes| axes.truncate(1))), "of several axes only the first is reversed";
    "flip.all_axes" Value Wrong(all_axes), "all axes, whatever was asked for";
    "flip.off_by_one" Indexing Wrong(flip_off_by_one), "the first element stays in its place";
    "flip.flips_twice" Error Wrong(flips_twice), "an axis named twice is reversed twice";
    "permute_dims.inverse_shape" Shape Wrong(inverse), "axis axes[i] of the result is axis i of x";
    "permute_dims.only_shape" Indexing Wrong(|s| s.each(|y| s.arguments().first().map_or(y.clone(), |x| num::reshaped(x, y.shape().clone())))), "the elements stay in order";
    "reshape.fortran_order" Indexing Wrong(reshape_fortran), "column-major order";
    "roll.wrong_direction" Value Wrong(|s| rolled(s, |shift, _| -shift)), "to (i - shift)";
    "roll.shift_not_modulo" Value Wrong(|s| rolled(s, |shift, len| if shift.unsigned_abs() > len as u64 { 0 } else { shift })), "shifts that exceed the length do nothing";
    "roll.fills_with_zeros" Value Wrong(fills_with_zeros), "what leaves is lost";
    "roll.only_first_axis" Value Wrong(roll_first_axis), "of several axes only the first is moved";
    "roll.flattened_along_last_axis" Indexing Wrong(roll_last_axis), "moves along the last axis";
    "squeeze.removes_all" Shape Wrong(|s| s.each(|y| num::reshaped(y, y.shape().iter().copied().filter(|&d| d != 1).collect::<Shape>()))), "all axes of length 1";
    "squeeze.skips_longer_axes" Error Wrong(skips_longer), "axes of another length stay, without an error";
    "tril.is_triu" Value Wrong(|s| triangle(s, |i, j, k| j >= i + k)), "the upper triangle";
    "tril.strict" Value Wrong(|s| triangle(s, |i, j, k| j < i + k)), "without the diagonal k";
    "tril.wrong_sign_of_k" Value Wrong(|s| triangle(s, |i, j, k| j <= i - k)), "the diagonal -k";
    "tril.multiplies_by_mask" Special Wrong(masked), "infinities above the diagonal turn into NaN";
};

fn reinterprets(s: &Site) -> Option<Answer> {
    let x = *s.arguments().first()?;
    s.each(|y| match y.dtype().size() == x.dtype().size() {
        true => HostArray::new(y.dtype(), x.shape().clone(), Bytes::from_slice(x.bytes())).unwrap_or_else(|_| y.clone()),
        false => y.clone(),
    })
}

fn towards_zero(s: &Site) -> Option<Answer> {
    let x = *s.arguments().first()?;
    s.each(|y| {
        let larger = |i: usize| match (num::get(x, i), num::get(y, i)) {
            (Int(a), Float(b)) => b.abs() as i128 > a.abs(),
            (Float(a), Float(b)) => a.is_finite() && b.abs() > a.abs(),
            _ => false,
        };
        num::map(y, |i, v| match v {
            Float(f) if larger(i) => Float(num::closer_to_zero(y.dtype(), f)),
            _ => v,
        })
    })
}

fn to_integer(s: &Site, round: impl Fn(f64) -> f64) -> Option<Answer> {
    let (low, high) = num::range(s.good()?.first()?.dtype());
    s.unary(|x, y| match (x, y) {
        (Float(f), Int(_)) if high > 1 && round(f) >= low as f64 && round(f) <= high as f64 => Int(round(f) as i128),
        _ => y,
    })
}

fn saturates(s: &Site) -> Option<Answer> {
    let dtype = s.good()?.first()?.dtype();
    let (low, high) = num::range(dtype);
    s.unary(|x, y| if let (Int(i), Int(_), true) = (x, y, dtype.is_integer()) { Int(i.clamp(low, high)) } else { y })
}

/// What truncation to an integer makes of a number on its way to bool.
fn bool_of(s: &Site, x: f64, good: Num) -> Num {
    let to_bool = matches!(s.call, Call::Astype { dtype: DType::Bool, .. });
    if to_bool && x.abs() < 1.0 { Int(0) } else { good }
}

fn drops_imaginary(s: &Site) -> Option<Answer> {
    s.error()?;
    let Call::Astype { x, dtype } = s.call else { return None };
    (x.dtype().is_complex() && !dtype.is_complex()).then(|| Ok(vec![num::convert(x, dtype)]))
}

fn only_first_repeat(s: &Site) -> Option<Answer> {
    let x = *s.arguments().first()?;
    s.each(|y| {
        let new = y.shape().rank().saturating_sub(x.shape().rank());
        num::gather(y, y.shape(), |i| {
            let at = num::unravel(i, y.shape());
            let first = at.iter().enumerate().all(|(a, &p)| p == 0 || a >= new && x.shape()[a - new] == y.shape()[a]);
            first.then_some(i)
        })
    })
}

fn drops_first(s: &Site) -> Option<Answer> {
    s.good()?;
    let Call::Concat { arrays, axis } = &s.call else { return None };
    (arrays.len() > 1 && arrays.iter().any(|x| x.size() == 0)).then(|| s.run(Call::Concat { arrays: arrays[1..].to_vec(), axis: *axis }))
}

/// The elements of all arguments, one after the other, under the shape of the right result.
fn joined(s: &Site, y: &HostArray, order: num::Order) -> HostArray {
    let converted = |x: &HostArray| if x.dtype() == y.dtype() { x.clone() } else { num::convert(x, y.dtype()) };
    let parts: Vec<HostArray> = s.arguments().into_iter().map(|x| num::flat(&converted(x), order)).collect();
    let bytes: Vec<u8> = parts.iter().flat_map(|x| x.bytes().iter().copied()).collect();
    HostArray::new(y.dtype(), y.shape().clone(), Bytes::from_slice(&bytes)).unwrap_or_else(|_| y.clone())
}

fn flip_axes(s: &Site, change: impl Fn(&mut AxisList)) -> Option<Answer> {
    s.good()?;
    let Call::Flip { x, axes: Some(axes) } = &s.call else { return None };
    let mut axes = axes.clone();
    change(&mut axes);
    Some(s.run(Call::Flip { x, axes: Some(axes) }))
}

fn all_axes(s: &Site) -> Option<Answer> {
    s.good()?;
    let Call::Flip { x, .. } = s.call else { return None };
    Some(s.run(Call::Flip { x, axes: None }))
}

/// The axes that a list names, counted from the front; `None` if one of them is not there.
fn named(axes: &[i64], shape: &Shape) -> Option<Vec<usize>> {
    axes.iter().map(|&a| shape.axis(a)).collect()
}

fn flip_off_by_one(s: &Site) -> Option<Answer> {
    let Call::Flip { x, axes } = &s.call else { return None };
    let axes = axes.as_ref().map_or_else(|| Some((0..x.shape().rank()).collect()), |a| named(a, x.shape()))?;
    s.each(|_| axes.iter().fold((*x).clone(), |y, &a| along(&y, a, |k| if k == 0 { Some(0) } else { x.shape()[a].checked_sub(k) })))
}

fn flips_twice(s: &Site) -> Option<Answer> {
    s.error()?;
    let Call::Flip { x, axes: Some(axes) } = &s.call else { return None };
    let axes = named(axes, x.shape())?;
    let odd = (0..x.shape().rank()).filter(|a| axes.iter().filter(|b| a == *b).count() % 2 == 1).map(|a| a as i64).collect();
    Some(s.run(Call::Flip { x, axes: Some(odd) }))
}

fn inverse(s: &Site) -> Option<Answer> {
    s.good()?;
    let Call::PermuteDims { x, axes } = &s.call else { return None };
    let axes = named(axes, x.shape())?;
    let back = (0..axes.len()).filter_map(|a| axes.iter().position(|&b| a == b)).map(|a| a as i64).collect();
    Some(s.run(Call::PermuteDims { x, axes: back }))
}

fn reshape_fortran(s: &Site) -> Option<Answer> {
    let x = *s.arguments().first()?;
    s.each(|y| num::unflat(&num::flat(x, num::Order::Fortran), y.shape()))
}

/// The roll with other shifts: `f(shift, length)`.
fn rolled(s: &Site, f: impl Fn(i64, usize) -> i64) -> Option<Answer> {
    s.good()?;
    let Call::Roll { x, how } = &s.call else { return None };
    let mut how = how.clone();
    let lengths: Vec<usize> = match &how.axes {
        None => vec![x.size()],
        Some(axes) => named(axes, x.shape())?.into_iter().map(|a| x.shape()[a]).collect(),
    };
    let last = lengths.len().saturating_sub(1);
    for (i, shift) in how.shift.iter_mut().enumerate() {
        *shift = f(*shift, *lengths.get(i.min(last))?);
    }
    Some(s.run(Call::Roll { x, how }))
}

fn fills_with_zeros(s: &Site) -> Option<Answer> {
    let Call::Roll { x, how } = &s.call else { return None };
    let lost = |shift: i64, k: usize, len: usize| (k as i64).checked_sub(shift).is_none_or(|from| !(0..len as i64).contains(&from));
    let first = *how.shift.first()?;
    let axes = match &how.axes {
        None => return s.each(|y| num::gather(y, y.shape(), |i| (!lost(first, i, y.size())).then_some(i))),
        Some(axes) => named(axes, x.shape())?,
    };
    let shifts: Vec<(usize, i64)> = axes.into_iter().enumerate().map(|(i, a)| (a, how.shift.get(i).copied().unwrap_or(first))).collect();
    s.each(|y| {
        num::gather(y, y.shape(), |i| {
            let at = num::unravel(i, y.shape());
            (!shifts.iter().any(|&(a, shift)| lost(shift, at[a], y.shape()[a]))).then_some(i)
        })
    })
}

fn roll_first_axis(s: &Site) -> Option<Answer> {
    s.good()?;
    let Call::Roll { x, how } = &s.call else { return None };
    let mut how = how.clone();
    how.axes.as_mut()?.truncate(1);
    how.shift.truncate(1);
    Some(s.run(Call::Roll { x, how }))
}

fn roll_last_axis(s: &Site) -> Option<Answer> {
    s.good()?;
    let Call::Roll { x, how } = &s.call else { return None };
    (how.axes.is_none() && x.shape().rank() > 0).then_some(())?;
    let mut how = how.clone();
    how.axes = Some([-1].as_slice().into());
    Some(s.run(Call::Roll { x, how }))
}

fn skips_longer(s: &Site) -> Option<Answer> {
    s.error()?;
    let Call::Squeeze { x, axes } = &s.call else { return None };
    named(axes, x.shape())?;
    let short = axes.iter().copied().filter(|&a| x.shape().axis(a).is_some_and(|a| x.shape()[a] == 1)).collect();
    Some(s.run(Call::Squeeze { x, axes: short }))
}

/// The elements of `x` where `keep(row, column, k)` holds, else zeros.
fn triangle(s: &Site, keep: impl Fn(i64, i64, i64) -> bool) -> Option<Answer> {
    s.good()?;
    let Call::Tril { x, k } = s.call else { return None };
    Some(Ok(vec![num::gather(x, x.shape(), |i| {
        let at = num::unravel(i, x.shape());
        let (row, column) = (at[at.len() - 2] as i64, at[at.len() - 1] as i64);
        keep(row, column, k.clamp(-(1 << 40), 1 << 40)).then_some(i)
    })]))
}

fn masked(s: &Site) -> Option<Answer> {
    s.unary(|x, good| match good {
        Float(y) if y == 0.0 && !x.is_finite() => Float(f64::NAN),
        Num::Complex(re, im) if re == 0.0 && im == 0.0 && !x.is_finite() => Num::Complex(f64::NAN, f64::NAN),
        _ => good,
    })
}
