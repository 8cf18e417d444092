//! Unary, binary, clip and where.
use super::draw::{Drawn, Draws};
use super::shapes;
use crate::case::Var;
use array_protocol::{BinaryOp, Call, DType, HostArray, Kind, Op, Operand, SelectOp, Shape};

/// A valid elementwise call.
pub(super) fn draw(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    let call = match op {
        Op::Unary(op) => {
            let shape = d.shape();
            Call::Unary { op, x: d.input(&shape) }
        }
        Op::Binary(op) => binary(d, op),
        Op::Select(SelectOp::Where) => {
            let shape = d.shape();
            let condition = shapes::broadcastable(&mut d.rng, &shape);
            let condition = d.array(DType::Bool, &condition, false);
            let condition = d.add(condition);
            let (s1, s2) = pair(d, &shape);
            let x1 = Operand::Array(d.input(&s1));
            let x2 = d.operand(&s2, true);
            Call::Where { condition, x1, x2 }
        }
        Op::Select(SelectOp::Clip) => {
            let shape = d.shape();
            let x = d.input(&shape);
            // Bounds in order, element by element, so that no result depends on which of them wins.
            let bounds = if d.rng.one_in(2) { Shape::scalar() } else { shapes::broadcastable(&mut d.rng, &shape) };
            let (mut low, mut high) = (d.array(d.dtype, &bounds, true), d.array(d.dtype, &bounds, true));
            super::order::pairs(&mut low, &mut high);
            let both = d.rng.below(4);
            let bound = |d: &mut Draws<'_>, one: HostArray, skip: bool| {
                if skip {
                    return None;
                }
                if one.shape().rank() == 0 && d.scalars && d.info.manifest.dtypes.weak_scalars && d.rng.one_in(2) {
                    return super::draw::scalar_of(&one).map(Operand::Scalar);
                }
                Some(Operand::Array(d.add(one)))
            };
            let min = bound(d, low, both == 0);
            let max = bound(d, high, both == 1);
            Call::Clip { x, min, max }
        }
        _ => return None,
    };
    Some(d.done(call, 1))
}

fn binary(d: &mut Draws<'_>, op: BinaryOp) -> Call<Var> {
    let shape = d.shape();
    let (s1, s2) = pair(d, &shape);
    let scalar_first = d.scalars && d.info.manifest.dtypes.weak_scalars && d.rng.one_in(12);
    if scalar_first {
        let x1 = Operand::Scalar(d.scalar(false));
        let x2 = d.input(&shape);
        tame(d, op, x2);
        return Call::Binary { op, x1, x2: Operand::Array(x2) };
    }
    let x1 = Operand::Array(d.input(&s1));
    let x2 = d.operand(&s2, true);
    let x2 = match x2 {
        Operand::Array(v) => {
            tame(d, op, v);
            Operand::Array(v)
        }
        // A scalar is tamed as the array it stands for.
        Operand::Scalar(_) => {
            let one = d.array(d.dtype, &Shape::scalar(), true);
            let v = d.add(one);
            tame(d, op, v);
            let one = d.inputs.pop();
            one.as_ref().and_then(super::draw::scalar_of).map_or(x2, Operand::Scalar)
        }
    };
    Call::Binary { op, x1, x2 }
}

/// Two shapes that broadcast to (about) `shape`.
fn pair(d: &mut Draws<'_>, shape: &Shape) -> (Shape, Shape) {
    if d.rng.one_in(2) {
        return (shape.clone(), shape.clone());
    }
    (shapes::broadcastable(&mut d.rng, shape), shapes::broadcastable(&mut d.rng, shape))
}

/// Keeps integer arguments inside the domain where the specification leaves no choice, unless the check is about the choice.
fn tame(d: &mut Draws<'_>, op: BinaryOp, v: Var) {
    let choices = d.choices;
    let Some(x) = d.inputs.get_mut(v as usize) else { return };
    let dtype = x.dtype();
    if !dtype.is_integer() {
        return;
    }
    let bits = dtype.size() as i64 * 8;
    let signed = dtype.kind() == Kind::Int;
    super::order::map_integers(x, |value| match op {
        BinaryOp::FloorDivide | BinaryOp::Remainder if value == 0 && !choices => 1,
        BinaryOp::BitwiseLeftShift if choices && signed => value.rem_euclid(2 * bits) - bits,
        BinaryOp::BitwiseLeftShift => value.rem_euclid(bits + 2),
        BinaryOp::Pow if choices && signed => value.rem_euclid(9) - 4,
        BinaryOp::Pow => value.rem_euclid(if value % 3 == 0 { 70 } else { 6 }),
        _ => value,
    });
}
