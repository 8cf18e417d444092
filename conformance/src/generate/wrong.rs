//! Invalid calls: valid ones with one thing wrong.
use super::draw::{Drawn, Draws};
use super::{shapes, valid};
use crate::case::Var;
use array_protocol::manifest::{ValueClass, Wrong};
use array_protocol::options::{Arange, AxisList};
use array_protocol::{Call, DType, Device, HostArray, Index, Op, Operand, Scalar, Shape};

/// A call with that mistake, where the operation can be called wrongly that way.
pub(super) fn draw(d: &mut Draws<'_>, op: Op, wrong: Wrong) -> Option<Drawn> {
    d.scalars = false;
    match wrong {
        Wrong::Shapes => clash(d, op),
        Wrong::Rank => rank(d, op),
        Wrong::Dtype => dtype(d, op),
        Wrong::Axis => axis(d, op, false),
        Wrong::RepeatedAxis => axis(d, op, true),
        Wrong::Index | Wrong::TooManyIndices | Wrong::ZeroStep | Wrong::Mask => index(d, op, wrong),
        Wrong::Empty => empty(d, op),
        Wrong::Device => device(d, op),
        Wrong::Value => value(d, op),
        Wrong::Singular => singular(d, op),
    }
}

fn clash(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    let (s1, s2) = shapes::clashing(&mut d.rng);
    let call = match op {
        Op::Binary(op) => {
            let x1 = Operand::Array(d.input(&s1));
            let x2 = Operand::Array(d.input(&s2));
            Call::Binary { op, x1, x2 }
        }
        _ => {
            let mut drawn = valid(d, op)?;
            match &mut drawn.call {
                Call::Where { condition, x1, .. } => {
                    let Operand::Array(x1) = *x1 else { return None };
                    let (a, b) = (d.array(DType::Bool, &s1, false), d.array(d.dtype, &s2, false));
                    drawn.inputs[*condition as usize] = a;
                    drawn.inputs[x1 as usize] = b;
                }
                Call::Clip { x, min, .. } => {
                    let (a, b) = (d.array(d.dtype, &s1, false), d.array(d.dtype, &s2, false));
                    drawn.inputs[*x as usize] = a;
                    drawn.inputs.push(b);
                    *min = Some(Operand::Array(drawn.inputs.len() as Var - 1));
                }
                Call::Reshape { x, shape } => {
                    let n = drawn.inputs[*x as usize].size();
                    *shape = [n + 1].into();
                }
                Call::BroadcastTo { x, shape } => {
                    drawn.inputs[*x as usize] = d.array(d.dtype, &[2, 3].into(), false);
                    *shape = [[3, 3], [2, 4], [3, 2]][d.rng.below(3)].into();
                }
                Call::Concat { arrays, axis } => {
                    let (a, b) = (d.array(d.dtype, &[2, 3].into(), false), d.array(d.dtype, &[2, 4].into(), false));
                    drawn.inputs = vec![a, b];
                    *arrays = vec![0, 1];
                    *axis = Some(0);
                }
                Call::Squeeze { x, axes } => {
                    drawn.inputs[*x as usize] = d.array(d.dtype, &[1, 3].into(), false);
                    *axes = AxisList::from_slice(&[1]);
                }
                Call::Setitem { x, key, value } => {
                    let (a, b) = (d.array(d.dtype, &[3, 4].into(), false), d.array(d.dtype, &[2].into(), false));
                    drawn.inputs = vec![a, b];
                    (*x, *key, *value) = (0, vec![Index::all()], Operand::Array(1));
                }
                Call::Matmul { x1, x2 } => {
                    let (k, m) = (1 + d.rng.below(4), 1 + d.rng.below(4));
                    drawn.inputs = vec![d.array(d.dtype, &[m, k].into(), false), d.array(d.dtype, &[k + 1, 2].into(), false)];
                    (*x1, *x2) = (0, 1);
                }
                Call::Solve { x1, x2 } => {
                    let n = 2 + d.rng.below(3);
                    let not_square = d.rng.one_in(2);
                    let s1 = if not_square { [n, n + 1] } else { [n, n] };
                    drawn.inputs = vec![d.array(d.dtype, &s1.into(), false), d.array(d.dtype, &[n + 2, 1].into(), false)];
                    (*x1, *x2) = (0, 1);
                }
                _ => return None,
            }
            return Some(drawn);
        }
    };
    Some(d.done(call, 1))
}

fn rank(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    let mut drawn = valid(d, op)?;
    let line = Shape::from([1 + d.rng.below(4)]);
    let point = Shape::scalar();
    let replace = |d: &mut Draws<'_>, drawn: &mut Drawn, v: Var, shape: &Shape| {
        let dtype = drawn.inputs[v as usize].dtype();
        drawn.inputs[v as usize] = d.array(dtype, shape, false);
    };
    match drawn.call.clone() {
        Call::Tril { x, .. } | Call::Svd { x, .. } | Call::Qr { x, .. } => {
            let shape = if d.rng.one_in(3) { &point } else { &line };
            replace(d, &mut drawn, x, shape);
        }
        Call::Solve { x1, .. } => replace(d, &mut drawn, x1, &line),
        Call::Matmul { x1, x2 } => {
            let v = if d.rng.one_in(2) { x1 } else { x2 };
            replace(d, &mut drawn, v, &point);
        }
        Call::Nonzero { x } => replace(d, &mut drawn, x, &point),
        Call::Searchsorted { x1, .. } => replace(d, &mut drawn, x1, &[2, 2].into()),
        Call::CumulativeSum { x, mut how } => {
            how.axis = None;
            replace(d, &mut drawn, x, &[2, 3].into());
            drawn.call = Call::CumulativeSum { x, how };
        }
        Call::Take { x, indices, .. } => {
            replace(d, &mut drawn, x, &[2, 3].into());
            drawn.call = Call::Take { x, indices, axis: None };
        }
        _ => return None,
    }
    Some(drawn)
}

fn dtype(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    // Values that any dtype can hold: the dtype is the only thing that is wrong.
    d.class = ValueClass::Small;
    d.mix = false;
    if let Op::Shape(array_protocol::ShapeOp::Astype) = op {
        let shape = d.shape();
        let x = d.input(&shape);
        let real: Vec<DType> = d.dtypes.iter().copied().filter(|t| !t.is_complex()).collect();
        let dtype = *real.get(d.rng.below(real.len().max(1)))?;
        return Some(d.done(Call::Astype { x, dtype }, 1));
    }
    let own = d.dtype;
    let accepted = d.info.manifest.dtypes.accept.contains(&own);
    if accepted {
        return mixed(d, op);
    }
    let drawn = valid(d, op)?;
    Some(drawn)
}

/// Two arrays of accepted dtypes that do not promote with each other: uint64 beside a signed integer.
fn mixed(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    let other = match d.dtype {
        DType::UInt64 => *d.rng.pick(&[DType::Int8, DType::Int16, DType::Int32, DType::Int64]),
        DType::Int8 | DType::Int16 | DType::Int32 | DType::Int64 => DType::UInt64,
        _ => return None,
    };
    if !d.dtypes.contains(&other) {
        return None;
    }
    let Op::Binary(op) = op else { return None };
    let shape = d.shape();
    let x1 = d.input(&shape);
    let x2 = d.array(other, &shape, true);
    let x2 = d.add(x2);
    Some(d.done(Call::Binary { op, x1: Operand::Array(x1), x2: Operand::Array(x2) }, 1))
}

fn axis(d: &mut Draws<'_>, op: Op, repeated: bool) -> Option<Drawn> {
    let mut drawn = valid(d, op)?;
    let shape_of = |drawn: &Drawn, v: Var| drawn.inputs[v as usize].shape().clone();
    // Repetition needs an axis to repeat.
    let fix = |d: &mut Draws<'_>, drawn: &mut Drawn, v: Var| {
        if shape_of(drawn, v).rank() == 0 {
            let dtype = drawn.inputs[v as usize].dtype();
            drawn.inputs[v as usize] = d.array(dtype, &[1, 2].into(), false);
        }
        shape_of(drawn, v).rank() as i64
    };
    let outside = |d: &mut Draws<'_>, rank: i64| if d.rng.one_in(2) { rank + d.rng.between(0, 3) } else { -rank - 1 - d.rng.between(0, 3) };
    let pair = |d: &mut Draws<'_>, rank: i64| {
        let a = d.rng.between(0, rank - 1);
        let b = if d.rng.one_in(2) { a } else { a - rank };
        AxisList::from_slice(&[a, b])
    };
    match &mut drawn.call {
        Call::Reduce { x, how, .. } => {
            let v = *x;
            let mut how_new = how.clone();
            let rank = fix(d, &mut drawn, v);
            how_new.axes = Some(if repeated { pair(d, rank) } else { AxisList::from_slice(&[outside(d, rank)]) });
            if let Call::Reduce { how, .. } = &mut drawn.call {
                *how = how_new;
            }
        }
        Call::Flip { x, .. } => {
            let v = *x;
            let rank = fix(d, &mut drawn, v);
            let list = if repeated { pair(d, rank) } else { AxisList::from_slice(&[outside(d, rank)]) };
            drawn.call = Call::Flip { x: v, axes: Some(list) };
        }
        Call::Roll { x, how } => {
            let (v, mut how) = (*x, how.clone());
            if repeated {
                return None;
            }
            let rank = fix(d, &mut drawn, v);
            how.shift = AxisList::from_slice(&[1]);
            how.axes = Some(AxisList::from_slice(&[outside(d, rank)]));
            drawn.call = Call::Roll { x: v, how };
        }
        Call::PermuteDims { x, .. } => {
            let v = *x;
            let dtype = drawn.inputs[v as usize].dtype();
            drawn.inputs[v as usize] = d.array(dtype, &[2, 3].into(), false);
            let axes = if repeated { [0, 0] } else { [0, 2 + d.rng.between(0, 2)] };
            drawn.call = Call::PermuteDims { x: v, axes: AxisList::from_slice(&axes) };
        }
        Call::Squeeze { x, .. } => {
            let v = *x;
            let dtype = drawn.inputs[v as usize].dtype();
            drawn.inputs[v as usize] = d.array(dtype, &[1, 1].into(), false);
            let axes = if repeated { pair(d, 2) } else { AxisList::from_slice(&[outside(d, 2)]) };
            drawn.call = Call::Squeeze { x: v, axes };
        }
        _ if repeated => return None,
        Call::Argmax { x, how } => {
            let rank = drawn.inputs[*x as usize].shape().rank() as i64;
            how.axis = Some(outside(d, rank));
        }
        Call::CumulativeSum { x, how } => {
            let rank = drawn.inputs[*x as usize].shape().rank() as i64;
            how.axis = Some(outside(d, rank));
        }
        Call::Concat { arrays, axis } => {
            let rank = drawn.inputs[*arrays.first()? as usize].shape().rank() as i64;
            *axis = Some(outside(d, rank));
        }
        Call::Take { x, axis, .. } => {
            let rank = drawn.inputs[*x as usize].shape().rank() as i64;
            *axis = Some(outside(d, rank));
        }
        Call::Sort { x, how } | Call::Argsort { x, how } => {
            let rank = drawn.inputs[*x as usize].shape().rank() as i64;
            how.axis = outside(d, rank);
        }
        Call::Fft { x, how, .. } => {
            let rank = drawn.inputs[*x as usize].shape().rank() as i64;
            how.axis = outside(d, rank);
        }
        _ => return None,
    }
    Some(drawn)
}

fn index(d: &mut Draws<'_>, op: Op, wrong: Wrong) -> Option<Drawn> {
    let mut drawn = valid(d, op)?;
    if let Call::Take { x, indices, axis } = drawn.call {
        let shape = drawn.inputs[x as usize].shape().clone();
        let len = shape[axis.map_or(0, |a| a.rem_euclid(shape.rank() as i64) as usize)] as i64;
        let bad = if d.rng.one_in(2) { len + d.rng.between(0, 3) } else { -len - 1 - d.rng.between(0, 3) };
        drawn.inputs[indices as usize] = HostArray::from_slice([2], &[0, bad]).ok()?;
        return Some(drawn);
    }
    let mut shape = shapes::shape_of_rank(&mut d.rng, 1, shapes::Size::Small);
    shape[0] = shape[0].max(1);
    let x = d.input(&shape);
    let len = shape[0] as i64;
    let key: Vec<Index<Var>> = match wrong {
        Wrong::Index => vec![Index::At(if d.rng.one_in(2) { len + d.rng.between(0, 3) } else { -len - 1 - d.rng.between(0, 3) })],
        Wrong::TooManyIndices => vec![Index::all(); shape.rank() + 1],
        Wrong::ZeroStep => vec![Index::Slice { start: None, stop: None, step: 0 }],
        _ => {
            let mask = d.array(DType::Bool, &[shape[0] + 1].into(), false);
            vec![Index::Array(d.add(mask))]
        }
    };
    let call = match op {
        Op::Indexing(array_protocol::IndexingOp::Getitem) => Call::Getitem { x, key },
        Op::Indexing(array_protocol::IndexingOp::Setitem) => Call::Setitem { x, key, value: Operand::Scalar(d.scalar(true)) },
        _ => return None,
    };
    Some(d.done(call, 1))
}

fn empty(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    let mut drawn = valid(d, op)?;
    match &mut drawn.call {
        Call::Reduce { x, how, .. } => {
            drawn.inputs[*x as usize] = d.array(d.dtype, &[2, 0].into(), false);
            how.axes = if d.rng.one_in(2) { None } else { Some(AxisList::from_slice(&[1])) };
        }
        Call::Argmax { x, how } => {
            drawn.inputs[*x as usize] = d.array(d.dtype, &[2, 0].into(), false);
            how.axis = if d.rng.one_in(2) { None } else { Some(-1) };
        }
        Call::Fft { x, how, .. } => {
            drawn.inputs[*x as usize] = d.array(d.dtype, &[2, 0].into(), false);
            how.axis = -1;
            how.n = None;
        }
        Call::Concat { arrays, .. } => arrays.clear(),
        _ => return None,
    }
    Some(drawn)
}

fn device(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    let shape = d.shape();
    let nowhere = Device { kind: 1, index: 977 };
    let call = match op {
        Op::Interchange(_) => Call::ToDevice { x: d.input(&shape), device: nowhere },
        _ => {
            let mut drawn = valid(d, op)?;
            match &mut drawn.call {
                Call::Full { how } => how.device = Some(nowhere),
                Call::Arange { how } => how.device = Some(nowhere),
                Call::Linspace { how } => how.device = Some(nowhere),
                Call::Eye { how } => how.device = Some(nowhere),
                Call::Random { how, .. } => how.device = Some(nowhere),
                _ => return None,
            }
            return Some(drawn);
        }
    };
    Some(d.done(call, 1))
}

fn value(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    let mut drawn = valid(d, op)?;
    match &mut drawn.call {
        Call::Arange { how } => *how = Arange::default().start(0i64).stop(5i64).step(0i64).dtype(how.dtype),
        Call::Roll { x, how } => {
            drawn.inputs[*x as usize] = d.array(d.dtype, &[2, 3].into(), false);
            how.shift = AxisList::from_slice(&[1, 2, 3]);
            how.axes = Some(AxisList::from_slice(&[0, 1]));
        }
        Call::Fft { how, .. } => how.n = Some(0),
        Call::Binary { op: array_protocol::BinaryOp::BitwiseLeftShift, x2, .. } => *x2 = Operand::Scalar(Scalar::Int(-1)),
        Call::Full { how } => how.value = Scalar::Float(f64::NAN),
        _ => return None,
    }
    Some(drawn)
}

fn singular(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    d.class = ValueClass::Small;
    let mut drawn = valid(d, op)?;
    let Call::Solve { x1, .. } = drawn.call else { return None };
    let n = 2 + d.rng.below(3);
    let mut a = d.array(d.dtype, &[n, n].into(), false);
    // A zero column: singular in any arithmetic and any elimination order.
    let (size, column) = (d.dtype.size(), d.rng.below(n));
    for row in a.bytes_mut().chunks_exact_mut(n * size) {
        row[column * size..][..size].fill(0);
    }
    drawn.inputs[x1 as usize] = a;
    drawn.inputs[1 - x1 as usize] = d.array(d.dtype, &[n, 1].into(), false);
    Some(drawn)
}
