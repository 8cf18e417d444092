//! Families that move elements: manipulation, indexing, interchange.
use super::draw::{Drawn, Draws};
use super::shapes;
use crate::case::Var;
use crate::model::Expect;
use array_protocol::options::{AxisList, Roll};
use array_protocol::{Call, DType, Device, HostArray, Index, IndexingOp, InterchangeOp, Op, Operand, Shape, ShapeOp};

/// A valid call.
pub(super) fn draw(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    let mut results = 1;
    let call = match op {
        Op::Shape(op) => shape_call(d, op)?,
        Op::Indexing(IndexingOp::Getitem) => {
            let shape = d.shape();
            let x = d.input(&shape);
            let key = key(d, &shape, true);
            Call::Getitem { x, key }
        }
        Op::Indexing(IndexingOp::Setitem) => {
            let shape = d.shape();
            let x = d.input(&shape);
            let key = key(d, &shape, true);
            let value = assigned(d, x, &key);
            Call::Setitem { x, key, value }
        }
        Op::Indexing(IndexingOp::Take) => {
            let shape = d.nonempty(1);
            let x = d.input(&shape);
            let axis = if shape.rank() == 1 && d.rng.one_in(2) { None } else { Some(d.axis(shape.rank())) };
            let len = shape[axis.map_or(0, |a| a.rem_euclid(shape.rank() as i64) as usize)];
            let count = d.rng.below(9);
            let indices = positions(d, len, &[count].into());
            let indices = d.add(indices);
            Call::Take { x, indices, axis }
        }
        Op::Indexing(IndexingOp::Nonzero) => {
            let shape = d.shape_of_rank(1);
            results = shape.rank() as u32;
            Call::Nonzero { x: d.input(&shape) }
        }
        Op::Interchange(InterchangeOp::ToDevice) => {
            let shape = d.shape();
            let device = if d.devices.is_empty() { Device::CPU } else { *d.rng.pick(d.devices) };
            Call::ToDevice { x: d.input(&shape), device }
        }
        Op::Interchange(InterchangeOp::FromDlpack) => {
            let shape = d.shape();
            Call::FromDlpack { x: d.input(&shape) }
        }
        _ => return None,
    };
    Some(d.done(call, results))
}

fn shape_call(d: &mut Draws<'_>, op: ShapeOp) -> Option<Call<Var>> {
    Some(match op {
        ShapeOp::Astype => {
            let shape = d.shape();
            let x = d.input(&shape);
            let fits = |t: &&DType| !d.dtype.is_complex() || t.is_complex();
            let targets: Vec<DType> = d.dtypes.iter().filter(fits).copied().collect();
            if targets.is_empty() {
                return None;
            }
            Call::Astype { x, dtype: *d.rng.pick(&targets) }
        }
        ShapeOp::BroadcastTo => {
            let shape = d.shape();
            let from = shapes::broadcastable(&mut d.rng, &shape);
            Call::BroadcastTo { x: d.input(&from), shape }
        }
        ShapeOp::Concat => {
            let shape = d.shape_of_rank(1);
            let flat = d.rng.one_in(4);
            let axis = d.axis(shape.rank());
            let at = axis.rem_euclid(shape.rank() as i64) as usize;
            // One partner for all: any two of the dtypes promote.
            let partner = d.partner();
            let count = 1 + d.rng.below(3);
            let mut arrays = vec![];
            for i in 0..count {
                let mut own = if flat { d.shape() } else { shape.clone() };
                if !flat {
                    own[at] = d.rng.below(5);
                }
                let dtype = if i == 0 { d.dtype } else { partner };
                let array = d.array(dtype, &own, false);
                arrays.push(d.add(array));
            }
            Call::Concat { arrays, axis: if flat { None } else { Some(axis) } }
        }
        ShapeOp::Flip => {
            let shape = d.shape();
            let axes = if d.rng.one_in(3) { None } else { Some(d.axes(shape.rank()).into()) };
            Call::Flip { x: d.input(&shape), axes }
        }
        ShapeOp::PermuteDims => {
            let shape = d.shape();
            let rank = shape.rank();
            let mut axes: AxisList = (0..rank as i64).collect();
            for i in (1..rank).rev() {
                axes.swap(i, d.rng.below(i + 1));
            }
            Call::PermuteDims { x: d.input(&shape), axes }
        }
        ShapeOp::Reshape => {
            let shape = d.shape();
            let to = regrouped(d, &shape);
            Call::Reshape { x: d.input(&shape), shape: to }
        }
        ShapeOp::Roll => {
            let shape = d.shape();
            let mut how = Roll::default();
            let many = shape.rank() > 0 && !d.rng.one_in(3);
            let axes = if many { d.axes(shape.rank()) } else { vec![0] };
            let one_for_all = d.rng.one_in(4);
            let count = if one_for_all { 1 } else { axes.len() };
            how.shift = (0..count).map(|_| d.rng.between(-9, 9)).collect();
            how.axes = many.then(|| axes.into());
            Call::Roll { x: d.input(&shape), how }
        }
        ShapeOp::Squeeze => {
            let mut shape = d.shape_of_rank(1);
            let axes = d.axes(shape.rank());
            let rank = shape.rank() as i64;
            for &a in &axes {
                shape[a.rem_euclid(rank) as usize] = 1;
            }
            Call::Squeeze { x: d.input(&shape), axes: axes.into() }
        }
        ShapeOp::Tril => {
            let shape = d.shape_of_rank(2);
            let k = d.rng.between(-4, 4);
            Call::Tril { x: d.input(&shape), k }
        }
        _ => return None,
    })
}

/// Another shape of the same size.
fn regrouped(d: &mut Draws<'_>, shape: &Shape) -> Shape {
    let mut left = shape.size();
    if left == 0 {
        let mut other = d.shape();
        other.push(0);
        return other;
    }
    let mut out = Shape::scalar();
    while left > 1 {
        let divisors: Vec<usize> = (1..=left.min(64)).filter(|n| left.is_multiple_of(*n)).chain([left]).collect();
        let n = *d.rng.pick(&divisors);
        out.push(n);
        left /= n;
        if out.rank() > 4 {
            out.push(left);
            break;
        }
    }
    if d.rng.one_in(4) {
        let at = d.rng.below(out.rank() + 1);
        out.insert(at, 1);
    }
    out
}

/// Valid positions on an axis of that length (which is not 0), some negative.
fn positions(d: &mut Draws<'_>, len: usize, shape: &Shape) -> HostArray {
    let n = len as i64;
    let signed: Vec<DType> = [DType::Int64, DType::Int32, DType::Int64].into_iter().filter(|t| d.dtypes.contains(t)).collect();
    let dtype = if signed.is_empty() { DType::Int64 } else { *d.rng.pick(&signed) };
    let values: Vec<i64> = (0..shape.size()).map(|_| d.rng.between(-n, n - 1)).collect();
    if dtype == DType::Int32 {
        let narrow: Vec<i32> = values.iter().map(|&v| v as i32).collect();
        return HostArray::from_slice(shape.clone(), &narrow).unwrap_or_else(|_| HostArray::scalar(0i32));
    }
    HostArray::from_slice(shape.clone(), &values).unwrap_or_else(|_| HostArray::scalar(0i64))
}

/// A valid key for that shape. `arrays`: whether it may hold an array of positions or a mask.
pub(super) fn key(d: &mut Draws<'_>, shape: &Shape, arrays: bool) -> Vec<Index<Var>> {
    let rank = shape.rank();
    let mut key: Vec<Index<Var>> = vec![];
    let array_at = if arrays && d.rng.one_in(4) { Some(d.rng.below(rank + 1)) } else { None };
    let mut axis = 0;
    while axis < rank {
        if d.rng.one_in(10) {
            key.push(Index::NewAxis);
        }
        if Some(axis) == array_at {
            if d.rng.one_in(2) && shape[axis] > 0 {
                let of = [1 + d.rng.below(4)].into();
                let of = if d.rng.one_in(4) { [2, 2].into() } else { of };
                let at = positions(d, shape[axis], &of);
                key.push(Index::Array(d.add(at)));
                axis += 1;
            } else {
                let axes = 1 + d.rng.below(rank - axis);
                let mask = d.array(DType::Bool, &shape[axis..axis + axes].into(), false);
                key.push(Index::Array(d.add(mask)));
                axis += axes;
            }
            continue;
        }
        let len = shape[axis] as i64;
        key.push(match d.rng.below(4) {
            // Beside an array of positions an integer counts as one too in some libraries; the standard has no such keys.
            0 if len > 0 && array_at.is_none() => Index::At(d.rng.between(-len, len - 1)),
            1 => Index::all(),
            _ => {
                let bound = |d: &mut Draws<'_>| if d.rng.one_in(3) { None } else { Some(d.rng.between(-len - 2, len + 2)) };
                let (start, stop) = (bound(d), bound(d));
                let step = *d.rng.pick(&[1, 1, 1, 2, 3, -1, -1, -2, -3]);
                Index::Slice { start, stop, step }
            }
        });
        axis += 1;
    }
    // An ellipsis may stand for any run of whole axes; cut a tail into one.
    if array_at.is_none() && d.rng.one_in(3) {
        let keep = d.rng.below(key.len() + 1);
        key.truncate(keep);
        if d.rng.one_in(2) {
            key.push(Index::Ellipsis);
        }
    } else if d.rng.one_in(8) {
        key.push(Index::Ellipsis);
    }
    key
}

/// The value of an assignment: a scalar, one element, or an array that broadcasts to the selection.
fn assigned(d: &mut Draws<'_>, x: Var, key: &[Index<Var>]) -> Operand<Var> {
    let repeats = key.iter().any(|k| matches!(k, Index::Array(v) if d.inputs[*v as usize].dtype() != DType::Bool));
    if d.rng.one_in(3) {
        return Operand::Scalar(d.scalar(true));
    }
    let inputs = &d.inputs;
    let call = Call::Getitem { x, key: key.to_vec() }.try_map(|v| inputs.get(v as usize).ok_or(()));
    let selected = match call.ok().and_then(|c| d.model.expect(&c)) {
        // Positions may repeat, and then the order of assignment would matter: one value for all.
        Some(Expect::Returns(r)) if !repeats => r.first().map(|r| r.shape.clone()),
        _ => None,
    };
    let shape = selected.map_or_else(Shape::scalar, |s| shapes::broadcastable(&mut d.rng, &s));
    let dtype = assignable(d);
    let value = d.array(dtype, &shape, true);
    Operand::Array(d.add(value))
}

/// The dtype under test, or, where dtypes are mixed, another of its kind: a narrower one is converted, a wider one is an error.
fn assignable(d: &mut Draws<'_>) -> DType {
    let own = d.dtype;
    let all: Vec<DType> = d.dtypes.iter().copied().filter(|t| t.kind() == own.kind()).collect();
    if all.is_empty() || !d.mix || d.rng.one_in(3) { own } else { *d.rng.pick(&all) }
}
