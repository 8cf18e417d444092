//! Shapes, axes and positions, written from the text of the standard.
use super::expect::Expect;
use super::fails;
use array_protocol::host::Bytes;
use array_protocol::options::Axes;
use array_protocol::{ErrorKind, HostArray, Shape};

/// Results above this many bytes are not modelled.
const LARGEST: usize = 1 << 31;

/// The common shape: aligned at the last axis; lengths agree or one of them is 1.
pub(super) fn broadcast(shapes: &[&[usize]]) -> Option<Vec<usize>> {
    let rank = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out = vec![1; rank];
    for s in shapes {
        for (o, &d) in out.iter_mut().rev().zip(s.iter().rev()) {
            if *o == 1 {
                *o = d;
            } else if d != 1 && d != *o {
                return None;
            }
        }
    }
    Some(out)
}

/// Number of elements; `None` where nobody can hold them.
pub(super) fn count(shape: &[usize], item: usize) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    let n = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))?;
    n.checked_mul(item).filter(|&bytes| bytes <= LARGEST).map(|_| n)
}

/// As [`count`], where a shape is given by the caller: too many elements are no matter of the model.
pub(super) fn countable(shape: &[usize], item: usize) -> Result<usize, Expect> {
    count(shape, item).ok_or(Expect::Unspecified)
}

/// Steps in elements, of an array in C order.
pub(super) fn steps(shape: &[usize]) -> Vec<isize> {
    let mut out = vec![0; shape.len()];
    let mut step = 1isize;
    for (o, &d) in out.iter_mut().zip(shape).rev() {
        *o = step;
        step = step.saturating_mul(d as isize);
    }
    out
}

/// The positions `start + sum(index * step)` for all indices of `shape`, in C order.
pub(super) fn positions(shape: &[usize], steps: &[isize], start: isize) -> Vec<usize> {
    let n: usize = shape.iter().product();
    let mut out = Vec::with_capacity(n);
    if n == 0 {
        return out;
    }
    let mut index = vec![0usize; shape.len()];
    let mut at = start;
    loop {
        out.push(at as usize);
        let mut axis = shape.len();
        loop {
            if axis == 0 {
                return out;
            }
            axis -= 1;
            index[axis] += 1;
            at += steps[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= steps[axis] * shape[axis] as isize;
            index[axis] = 0;
        }
    }
}

/// Which element of an operand meets each element of the result.
pub(super) enum Walk {
    /// The same position.
    Straight,
    /// Always the first.
    First,
    /// As listed.
    Listed(Vec<usize>),
}
impl Walk {
    /// How an array of shape `from` is broadcast to `to`.
    pub(super) fn new(from: &[usize], to: &[usize]) -> Walk {
        if from == to {
            return Walk::Straight;
        }
        if from.iter().all(|&d| d == 1) {
            return Walk::First;
        }
        Walk::Listed(spread(from, to))
    }

    #[inline]
    pub(super) fn at(&self, i: usize) -> usize {
        match self {
            Walk::Straight => i,
            Walk::First => 0,
            Walk::Listed(v) => v[i],
        }
    }
}

/// Positions in an array of shape `from`, broadcast to `to`.
pub(super) fn spread(from: &[usize], to: &[usize]) -> Vec<usize> {
    let own = steps(from);
    let ahead = to.len() - from.len();
    let steps: Vec<isize> = (0..to.len()).map(|i| i.checked_sub(ahead).map_or(0, |j| if from[j] == 1 { 0 } else { own[j] })).collect();
    positions(to, &steps, 0)
}

/// The axis meant by a number in `[-rank, rank)`.
pub(super) fn axis(axis: i64, rank: usize) -> Option<usize> {
    let rank = rank as i128;
    let a = i128::from(axis);
    if a >= rank || a < -rank { None } else { Some((if a < 0 { a + rank } else { a }) as usize) }
}

/// As [`axis`], as the call's answer.
pub(super) fn one_axis(a: i64, rank: usize) -> Result<usize, Expect> {
    axis(a, rank).ok_or_else(|| fails(ErrorKind::Axis))
}

/// Distinct axes, as listed.
pub(super) fn axis_list(list: &[i64], rank: usize) -> Result<Vec<usize>, Expect> {
    let mut out = vec![];
    for &a in list {
        let a = one_axis(a, rank)?;
        if out.contains(&a) {
            return Err(fails(ErrorKind::Axis));
        }
        out.push(a);
    }
    Ok(out)
}

/// The listed axes, or all.
pub(super) fn some_axes(axes: &Axes, rank: usize) -> Result<Vec<usize>, Expect> {
    match axes {
        Some(list) => axis_list(list, rank),
        None => Ok((0..rank).collect()),
    }
}

/// The elements of `x` at these positions, in another shape.
pub(super) fn pick(x: &HostArray, shape: &[usize], at: &[usize]) -> Result<HostArray, Expect> {
    let size = x.dtype().size();
    let bytes = x.bytes();
    let mut data = Bytes::zeroed(at.len() * size);
    for (to, &i) in data.as_mut_slice().chunks_exact_mut(size).zip(at) {
        to.copy_from_slice(&bytes[i * size..(i + 1) * size]);
    }
    HostArray::new(x.dtype(), Shape::from(shape), data).map_err(|_| Expect::Unspecified)
}

/// The groups of a reduction: for each element of the result, positions `start[i] + offset[j]`.
pub(super) struct Groups {
    /// Shape of the result.
    pub(super) shape: Vec<usize>,
    /// Where each group starts.
    pub(super) starts: Vec<usize>,
    /// The members of a group, from its start, in C order.
    pub(super) members: Vec<usize>,
}

impl Groups {
    pub(super) fn new(shape: &[usize], axes: &[usize], keepdims: bool) -> Groups {
        let all = steps(shape);
        let choose = |inside: bool| -> (Vec<usize>, Vec<isize>) {
            (0..shape.len()).filter(|i| axes.contains(i) == inside).map(|i| (shape[i], all[i])).unzip()
        };
        let (outer, outer_steps) = choose(false);
        let (inner, inner_steps) = choose(true);
        let kept = (0..shape.len()).filter_map(|i| match (axes.contains(&i), keepdims) {
            (false, _) => Some(shape[i]),
            (true, true) => Some(1),
            (true, false) => None,
        });
        Groups { shape: kept.collect(), starts: positions(&outer, &outer_steps, 0), members: positions(&inner, &inner_steps, 0) }
    }

    /// The members of group `i`.
    pub(super) fn of(&self, i: usize) -> impl Iterator<Item = usize> + Clone + '_ {
        let start = self.starts[i];
        self.members.iter().map(move |m| m + start)
    }
}

/// The lines of an array along one axis: every line as positions, and the shape without the axis.
pub(super) fn lines(shape: &[usize], axis: usize) -> Groups {
    Groups::new(shape, &[axis], false)
}

/// For answers that need nothing more than a shape that holds.
pub(super) fn require(holds: bool, kind: ErrorKind) -> Result<(), Expect> {
    if holds { Ok(()) } else { Err(fails(kind)) }
}
