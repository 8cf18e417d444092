//! Elements chosen by position or by mask.
use super::expect::Expect;
use super::number::{integers, parts};
use super::promote::{convert, scalar};
use super::shapes::{axis, broadcast, countable, pick, positions, spread, steps};
use super::{Said, array, exactly, fails, fails_any};
use array_protocol::{DType, ErrorKind, HostArray, Index, Operand, Scalar, Shape};

/// Which elements a key names, and the shape they have.
struct Chosen {
    shape: Vec<usize>,
    at: Vec<usize>,
}

/// The positions that `start:stop:step` takes from an axis: first, how many. From the text of Python's slice.
fn slice(start: Option<i64>, stop: Option<i64>, step: i64, len: usize) -> (i128, usize) {
    let (n, step) = (len as i128, i128::from(step));
    let count_from_end = |v: i64| if v < 0 { i128::from(v) + n } else { v.into() };
    let (first, end) = if step > 0 {
        (start.map_or(0, |s| count_from_end(s).max(0)), stop.map_or(n, |s| count_from_end(s).min(n)))
    } else {
        (start.map_or(n - 1, |s| count_from_end(s).min(n - 1)), stop.map_or(-1, |s| count_from_end(s).max(-1)))
    };
    // How many i >= 0 have first + i step before the end.
    let room = if step > 0 { end - first } else { first - end };
    let count = if room <= 0 { 0 } else { (room - 1) / step.abs() + 1 };
    (first, count as usize)
}

/// What one axis of the result runs over.
enum Run {
    /// Steps through the memory of `x`.
    Steps(isize),
    /// Listed offsets into the memory of `x`.
    Listed(Vec<isize>),
}

fn choose(x: &HostArray, key: &[Index<&HostArray>]) -> Result<Chosen, Expect> {
    let rank = x.shape().rank();
    let index = || fails(ErrorKind::Index);
    let mut used = 0;
    let (mut dots, mut arrays) = (0, 0);
    for i in key {
        match i {
            Index::At(_) | Index::Slice { .. } => used += 1,
            Index::NewAxis => {}
            Index::Ellipsis => dots += 1,
            Index::Array(a) => {
                arrays += 1;
                if a.dtype() == DType::Bool {
                    used += a.shape().rank();
                } else if a.dtype().is_integer() {
                    used += 1;
                } else {
                    return Err(fails_any(&[ErrorKind::Index, ErrorKind::Dtype]));
                }
            }
            _ => return Err(Expect::Unspecified),
        }
    }
    if dots > 1 {
        return Err(index());
    }
    if used > rank {
        // A mask of too high rank is a shape that does not fit, and too many indices.
        return Err(if arrays > 0 { fails_any(&[ErrorKind::Index, ErrorKind::Shape]) } else { index() });
    }
    if key.iter().any(|i| matches!(i, Index::Slice { step: 0, .. })) {
        return Err(index());
    }
    if arrays > 1 {
        return Err(Expect::Unspecified);
    }
    let own = steps(x.shape());
    let mut start = 0isize;
    let mut at_axis = 0;
    // Each axis of the result: its length, and where it leads. An index array gives as many axes as it has, from one list.
    let mut shape: Vec<usize> = vec![];
    let mut runs: Vec<(Vec<usize>, Run)> = vec![];
    let whole = |count: usize, at_axis: &mut usize, runs: &mut Vec<(Vec<usize>, Run)>| {
        for _ in 0..count {
            runs.push((vec![x.shape()[*at_axis]], Run::Steps(own[*at_axis])));
            *at_axis += 1;
        }
    };
    for i in key {
        match i {
            Index::At(i) => {
                let len = x.shape()[at_axis];
                let p = axis(*i, len).ok_or_else(index)?;
                start += p as isize * own[at_axis];
                at_axis += 1;
            }
            Index::Slice { start: a, stop: b, step } => {
                let (first, count) = slice(*a, *b, *step, x.shape()[at_axis]);
                if count > 0 {
                    start += first as isize * own[at_axis];
                }
                let by = if count > 1 { own[at_axis] * *step as isize } else { 0 };
                runs.push((vec![count], Run::Steps(by)));
                at_axis += 1;
            }
            Index::NewAxis => runs.push((vec![1], Run::Steps(0))),
            Index::Ellipsis => whole(rank - used, &mut at_axis, &mut runs),
            Index::Array(mask) if mask.dtype() == DType::Bool => {
                let n = mask.shape().rank();
                if mask.shape()[..] != x.shape()[at_axis..at_axis + n] {
                    return Err(fails_any(&[ErrorKind::Index, ErrorKind::Shape]));
                }
                let over = positions(mask.shape(), &own[at_axis..at_axis + n], 0);
                let set = integers(mask);
                let list: Vec<isize> = over.into_iter().zip(set).filter(|(_, m)| *m != 0).map(|(p, _)| p as isize).collect();
                runs.push((vec![list.len()], Run::Listed(list)));
                at_axis += n;
            }
            Index::Array(list) => {
                let len = x.shape()[at_axis];
                let at = integers(list).into_iter().map(|i| {
                    let i = i64::try_from(i).ok().and_then(|i| axis(i, len)).ok_or_else(index)?;
                    Ok(i as isize * own[at_axis])
                });
                let at = at.collect::<Result<Vec<_>, Expect>>()?;
                runs.push((list.shape().to_vec(), Run::Listed(at)));
                at_axis += 1;
            }
            _ => return Err(Expect::Unspecified),
        }
    }
    whole(rank - at_axis, &mut at_axis, &mut runs);
    for (lens, _) in &runs {
        shape.extend_from_slice(lens);
    }
    countable(&shape, x.dtype().size())?;
    // All combinations, the last run fastest.
    let mut at = vec![start];
    for (lens, run) in &runs {
        let n: usize = lens.iter().product();
        let offset = |i: usize| match run {
            Run::Steps(by) => i as isize * by,
            Run::Listed(list) => list[i],
        };
        at = at.iter().flat_map(|&a| (0..n).map(move |i| a + offset(i))).collect();
    }
    Ok(Chosen { shape, at: at.into_iter().map(|a| a as usize).collect() })
}

pub(super) fn getitem(x: &HostArray, key: &[Index<&HostArray>]) -> Said {
    let chosen = choose(x, key)?;
    Ok(exactly(pick(x, &chosen.shape, &chosen.at)?))
}

/// Whether a value can become an element: the same kind no wider, or from real to complex.
fn assignable(from: DType, to: DType) -> Result<bool, Expect> {
    match super::promote::common(&[from, to]) {
        Ok(d) => Ok(d == to),
        // Kinds that do not mix cannot be assigned either.
        Err(_) => Ok(false),
    }
}

pub(super) fn setitem(x: &HostArray, key: &[Index<&HostArray>], value: &Operand<&HostArray>) -> Said {
    let mut kinds = vec![];
    let chosen = match choose(x, key) {
        Ok(c) => Some(c),
        Err(Expect::Fails(k)) => {
            kinds.extend(k);
            None
        }
        Err(other) => return Err(other),
    };
    let value_shape: &[usize] = super::binary::shape_of(value);
    match value {
        Operand::Array(v) => {
            if !assignable(v.dtype(), x.dtype())? {
                kinds.push(ErrorKind::Dtype);
            }
        }
        Operand::Scalar(Scalar::Complex(..)) if x.dtype().is_float() => kinds.push(ErrorKind::Dtype),
        Operand::Scalar(_) => {}
    }
    if let Some(c) = &chosen
        && broadcast(&[&c.shape, value_shape]).is_none_or(|s| s != c.shape)
    {
        kinds.push(ErrorKind::Shape);
    }
    let (Some(chosen), true) = (chosen, kinds.is_empty()) else { return Err(fails_any(&kinds)) };
    let value = match value {
        Operand::Array(v) => convert(v, x.dtype())?,
        Operand::Scalar(s) => std::borrow::Cow::Owned(weak(*s, x.dtype())?),
    };
    let from = spread(value.shape(), &chosen.shape);
    let size = x.dtype().size();
    let mut out = x.clone();
    // The same element twice with different values: which one stays is not said.
    let mut writer = std::collections::HashMap::new();
    for (&to, &from) in chosen.at.iter().zip(&from) {
        let bytes = &value.bytes()[from * size..(from + 1) * size];
        if key.iter().any(|i| matches!(i, Index::Array(_)))
            && let Some(old) = writer.insert(to, from)
            && value.bytes()[old * size..(old + 1) * size] != *bytes
        {
            return Err(Expect::Unspecified);
        }
        out.bytes_mut()[to * size..(to + 1) * size].copy_from_slice(bytes);
    }
    Ok(exactly(out))
}

/// A scalar as an element of that dtype.
fn weak(s: Scalar, dtype: DType) -> Result<HostArray, Expect> {
    use array_protocol::Kind;
    let mixes = match (s.kind(), dtype.kind()) {
        (Kind::Bool, Kind::Bool) => true,
        (Kind::Int, k) => k != Kind::Bool,
        (Kind::Float, Kind::Float | Kind::Complex) => true,
        (Kind::Complex, Kind::Complex) => true,
        _ => false,
    };
    if mixes { scalar(s, dtype) } else { Err(Expect::Unspecified) }
}

pub(super) fn nonzero(x: &HostArray) -> Said {
    let rank = x.shape().rank();
    if rank == 0 {
        return Err(fails_any(&[ErrorKind::Shape, ErrorKind::Value]));
    }
    let set: Vec<bool> = if x.dtype().is_integer() || x.dtype() == DType::Bool {
        integers(x).into_iter().map(|v| v != 0).collect()
    } else {
        parts(x).into_iter().map(|(a, b)| a != 0.0 || b != 0.0).collect()
    };
    let own = steps(x.shape());
    let found: Vec<usize> = (0..set.len()).filter(|&i| set[i]).collect();
    let shape = Shape::from([found.len()]);
    let mut out = vec![];
    for (a, &step) in own.iter().enumerate() {
        let at: Vec<i64> = found.iter().map(|&i| (i / step.max(1) as usize % x.shape()[a].max(1)) as i64).collect();
        let at = HostArray::from_slice(shape.clone(), &at).map_err(|_| Expect::Unspecified)?;
        out.push(array("out", DType::Int64, &shape, super::Elements::Bits(at)));
    }
    Ok(Expect::Returns(out))
}

pub(super) fn take(x: &HostArray, indices: &HostArray, along: Option<i64>) -> Said {
    let rank = x.shape().rank();
    let mut kinds = vec![];
    if !indices.dtype().is_integer() {
        kinds.push(ErrorKind::Dtype);
    }
    if indices.shape().rank() != 1 {
        kinds.push(ErrorKind::Shape);
    }
    let at = match along {
        None if rank == 1 => Some(0),
        // Only rank 1 may leave the axis out; rank 0 has none.
        None => {
            kinds.extend([ErrorKind::Axis, ErrorKind::Value]);
            None
        }
        Some(a) => axis(a, rank),
    };
    if at.is_none() && along.is_some() {
        kinds.push(ErrorKind::Axis);
    }
    if rank == 0 {
        kinds.extend([ErrorKind::Axis, ErrorKind::Shape]);
    }
    let places = match at {
        Some(a) if indices.dtype().is_integer() => {
            let len = x.shape()[a] as i128;
            let places: Option<Vec<usize>> =
                integers(indices).into_iter().map(|i| (-len..len).contains(&i).then(|| i.rem_euclid(len) as usize)).collect();
            if places.is_none() {
                kinds.push(ErrorKind::Index);
            }
            places
        }
        _ => None,
    };
    let (Some(a), Some(places), true) = (at, places, kinds.is_empty()) else { return Err(fails_any(&kinds)) };
    let mut shape = x.shape().to_vec();
    shape[a] = places.len();
    countable(&shape, x.dtype().size())?;
    let inner: usize = x.shape()[a + 1..].iter().product();
    let outer: usize = x.shape()[..a].iter().product();
    let len = x.shape()[a];
    let mut from = Vec::with_capacity(outer * places.len() * inner);
    for o in 0..outer {
        for &p in &places {
            from.extend((0..inner).map(|i| (o * len + p) * inner + i));
        }
    }
    Ok(exactly(pick(x, &shape, &from)?))
}
