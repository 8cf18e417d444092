//! Elements move, none is computed.
use super::expect::Expect;
use super::promote::{common, convert};
use super::shapes::{axis_list, broadcast, countable, one_axis, pick, positions, require, some_axes, spread, steps};
use super::{Said, exactly, fails, fails_any};
use array_protocol::options::{Axes, AxisList, Roll};
use array_protocol::{ErrorKind, HostArray, Shape};

/// The elements at `start + sum(index * step)`.
fn strided(x: &HostArray, shape: &[usize], steps: &[isize], start: isize) -> Said {
    Ok(exactly(pick(x, shape, &positions(shape, steps, start))?))
}

pub(super) fn broadcast_to(x: &HostArray, shape: &Shape) -> Said {
    require(broadcast(&[x.shape(), shape]).is_some_and(|s| s == **shape), ErrorKind::Shape)?;
    countable(shape, x.dtype().size())?;
    Ok(exactly(pick(x, shape, &spread(x.shape(), shape))?))
}

pub(super) fn reshape(x: &HostArray, shape: &Shape) -> Said {
    // Products in 128 bits, so that no overflow makes sizes equal.
    let size = |s: &[usize]| {
        if s.contains(&0) { Some(0) } else { s.iter().try_fold(1u128, |n, &d| n.checked_mul(d as u128)) }
    };
    require(size(x.shape()) == size(shape), ErrorKind::Shape)?;
    x.clone().with_shape(shape.clone()).map(exactly).map_err(|_| Expect::Unspecified)
}

pub(super) fn permute_dims(x: &HostArray, axes: &AxisList) -> Said {
    let axes = axis_list(axes, x.shape().rank())?;
    require(axes.len() == x.shape().rank(), ErrorKind::Axis)?;
    let own = steps(x.shape());
    let shape: Vec<usize> = axes.iter().map(|&a| x.shape()[a]).collect();
    let steps: Vec<isize> = axes.iter().map(|&a| own[a]).collect();
    strided(x, &shape, &steps, 0)
}

pub(super) fn flip(x: &HostArray, axes: &Axes) -> Said {
    let axes = some_axes(axes, x.shape().rank())?;
    let mut by = steps(x.shape());
    let mut start = 0;
    for &a in &axes {
        start += by[a] * (x.shape()[a] as isize - 1);
        by[a] = -by[a];
    }
    strided(x, x.shape(), &by, start)
}

pub(super) fn squeeze(x: &HostArray, axes: &AxisList) -> Said {
    let axes = axis_list(axes, x.shape().rank())?;
    if axes.iter().any(|&a| x.shape()[a] != 1) {
        return Err(fails_any(&[ErrorKind::Shape, ErrorKind::Axis, ErrorKind::Value]));
    }
    let shape: Shape = (0..x.shape().rank()).filter(|a| !axes.contains(a)).map(|a| x.shape()[a]).collect();
    x.clone().with_shape(shape).map(exactly).map_err(|_| Expect::Unspecified)
}

pub(super) fn roll(x: &HostArray, how: &Roll) -> Said {
    let shape = x.shape();
    let shifts: Vec<i128> = how.shift.iter().map(|&s| s.into()).collect();
    let Some(axes) = &how.axes else {
        // Flattened, rolled, and shaped again; several shifts without axes have no meaning.
        require(shifts.len() == 1, ErrorKind::Value)?;
        let n = x.size() as i128;
        let at: Vec<usize> = (0..n).map(|i| (i - shifts[0]).rem_euclid(n) as usize).collect();
        return Ok(exactly(pick(x, shape, &at)?));
    };
    let known = axes.iter().map(|&a| one_axis(a, shape.rank())).collect::<Result<Vec<_>, _>>();
    if shifts.len() != axes.len() && shifts.len() != 1 {
        let axis = if known.is_err() { &[ErrorKind::Value, ErrorKind::Axis][..] } else { &[ErrorKind::Value] };
        return Err(fails_any(axis));
    }
    // One shift serves all axes; an axis named twice is rolled twice.
    let mut by = vec![0i128; shape.rank()];
    for (i, a) in known?.into_iter().enumerate() {
        by[a] += if shifts.len() == 1 { shifts[0] } else { shifts[i] };
    }
    let own = steps(shape);
    let mut index = vec![0usize; shape.rank()];
    let at: Vec<usize> = (0..x.size())
        .map(|_| {
            let from = (0..index.len()).map(|a| {
                let len = shape[a] as i128;
                (index[a] as i128 - by[a]).rem_euclid(len) as usize * own[a] as usize
            });
            let from = from.sum();
            for a in (0..index.len()).rev() {
                index[a] += 1;
                if index[a] < shape[a] {
                    break;
                }
                index[a] = 0;
            }
            from
        })
        .collect();
    Ok(exactly(pick(x, shape, &at)?))
}

pub(super) fn tril(x: &HostArray, k: i64) -> Said {
    let rank = x.shape().rank();
    require(rank >= 2, ErrorKind::Shape)?;
    let cols = x.shape()[rank - 1].max(1);
    let rows = x.shape()[rank - 2].max(1);
    let mut out = x.clone();
    let size = x.dtype().size();
    for (i, element) in out.bytes_mut().chunks_exact_mut(size).enumerate() {
        let (row, col) = ((i / cols % rows) as i128, (i % cols) as i128);
        if col - row > i128::from(k) {
            element.fill(0);
        }
    }
    Ok(exactly(out))
}

pub(super) fn concat(arrays: &[&HostArray], axis: Option<i64>) -> Said {
    if arrays.is_empty() {
        return Err(fails(ErrorKind::Value));
    }
    let dtype = match common(&arrays.iter().map(|a| a.dtype()).collect::<Vec<_>>()) {
        Err(Expect::Unspecified) => return Err(Expect::Unspecified),
        d => d,
    };
    // Errors that apply together may be reported in any order.
    let mut kinds = vec![];
    if dtype.is_err() {
        kinds.push(ErrorKind::Dtype);
    }
    let rank = arrays[0].shape().rank();
    let axis_at = match axis {
        None => Some(0),
        // Rank 0 has no axis to join along.
        Some(a) => super::shapes::axis(a, rank),
    };
    if axis_at.is_none() {
        kinds.push(ErrorKind::Axis);
        if rank == 0 {
            kinds.push(ErrorKind::Shape);
        }
    }
    let at = axis_at.unwrap_or(0);
    let fits = |s: &[usize]| s.len() == rank && (0..rank).all(|i| i == at || s[i] == arrays[0].shape()[i]);
    if axis.is_some() && !arrays.iter().all(|a| fits(a.shape())) {
        kinds.push(ErrorKind::Shape);
        if arrays.iter().any(|a| a.shape().rank() != rank) {
            kinds.push(ErrorKind::Axis);
        }
    }
    let (Ok(dtype), true) = (dtype, kinds.is_empty()) else { return Err(fails_any(&kinds)) };
    let converted = arrays.iter().map(|a| convert(a, dtype)).collect::<Result<Vec<_>, _>>()?;
    let mut shape: Vec<usize> = if axis.is_some() { arrays[0].shape().to_vec() } else { vec![0] };
    let along = |a: &HostArray| if axis.is_some() { a.shape()[at] } else { a.size() };
    shape[at] = arrays.iter().map(|a| along(a)).sum();
    let n = countable(&shape, dtype.size())?;
    let outer: usize = shape[..at].iter().product();
    let inner: usize = shape[at + 1..].iter().product::<usize>() * dtype.size();
    let mut data = Vec::with_capacity(n * dtype.size());
    for o in 0..outer {
        for a in &converted {
            let block = along(a) * inner;
            data.extend_from_slice(&a.bytes()[o * block..(o + 1) * block]);
        }
    }
    let data = array_protocol::host::Bytes::from_slice(&data);
    HostArray::new(dtype, shape, data).map(exactly).map_err(|_| Expect::Unspecified)
}
