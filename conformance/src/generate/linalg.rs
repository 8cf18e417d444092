//! Linear algebra: stacks of matrices, vectors, degenerate sizes, special structure.
use super::draw::{Drawn, Draws};
use super::shapes::Size;
use crate::case::Var;
use array_protocol::manifest::ValueClass;
use array_protocol::options::{Qr, QrMode, Svd};
use array_protocol::{Call, HostArray, LinalgOp, Shape};

const SIDES: &[usize] = &[0, 1, 1, 2, 2, 3, 3, 4, 5, 7, 8];
const LONGER: &[usize] = &[15, 16, 17, 31, 33, 40];

fn side(d: &mut Draws<'_>) -> usize {
    if d.size != Size::Small && d.rng.one_in(8) { *d.rng.pick(LONGER) } else { *d.rng.pick(SIDES) }
}

fn stack(d: &mut Draws<'_>) -> Shape {
    match d.rng.below(6) {
        0 => [2].into(),
        1 => [1 + d.rng.below(2), 2].into(),
        2 if d.rng.one_in(3) => [0].into(),
        _ => Shape::scalar(),
    }
}

fn with(stack: &Shape, tail: &[usize]) -> Shape {
    stack.iter().chain(tail).copied().collect()
}

/// A valid call.
pub(super) fn draw(d: &mut Draws<'_>, op: LinalgOp) -> Option<Drawn> {
    let (call, results) = match op {
        LinalgOp::Matmul => (matmul(d), 1),
        LinalgOp::Svd => {
            let x = matrix(d, None);
            (Call::Svd { x, how: Svd::default().full_matrices(d.rng.one_in(2)) }, 3)
        }
        LinalgOp::Qr => {
            let x = matrix(d, None);
            (Call::Qr { x, how: Qr::default().mode(*d.rng.pick(QrMode::ALL)) }, 2)
        }
        LinalgOp::Solve => {
            let n = side(d);
            let stack = stack(d);
            let x1 = matrix(d, Some((with(&stack, &[n, n]), n)));
            let shape = match d.rng.below(3) {
                0 => Shape::from([n]),
                1 => with(&stack, &[n, 1]),
                _ => with(&stack, &[n, 1 + d.rng.below(4)]),
            };
            let x2 = finite(d, &shape);
            (Call::Solve { x1, x2: d.add(x2) }, 1)
        }
        _ => return None,
    };
    Some(d.done(call, results))
}

fn matmul(d: &mut Draws<'_>) -> Call<Var> {
    let (m, k, n) = (side(d), side(d), side(d));
    let stack = stack(d);
    let (s1, s2) = match d.rng.below(6) {
        0 => (Shape::from([k]), Shape::from([k])),
        1 => (with(&stack, &[m, k]), Shape::from([k])),
        2 => (Shape::from([k]), with(&stack, &[k, n])),
        3 => (with(&stack, &[m, k]), Shape::from([k, n])),
        4 => (Shape::from([m, k]), with(&stack, &[k, n])),
        _ => (with(&stack, &[m, k]), with(&stack, &[k, n])),
    };
    let x1 = d.input(&s1);
    let dtype = d.partner();
    let x2 = d.array(dtype, &s2, true);
    Call::Matmul { x1, x2: d.add(x2) }
}

/// Finite elements, unless the check is about what is not.
fn finite(d: &mut Draws<'_>, shape: &Shape) -> HostArray {
    let class = match d.class {
        ValueClass::Any if d.choices => ValueClass::Special,
        ValueClass::Any if d.rng.one_in(3) => ValueClass::Small,
        ValueClass::Any => ValueClass::Range,
        other => other,
    };
    super::values::array(&mut d.rng, d.dtype, shape, class, &d.info.manifest.draw, false)
}

/// A matrix (or a stack): general, or with a structure that trips decompositions. `square`: the shape and side of one that
/// should not be singular.
fn matrix(d: &mut Draws<'_>, square: Option<(Shape, usize)>) -> Var {
    let (shape, solvable) = match square {
        Some((shape, _)) => (shape, true),
        None => {
            let (m, n) = (side(d), side(d));
            (with(&stack(d), &[m, n]), false)
        }
    };
    let mut x = finite(d, &shape);
    let (m, n) = (shape[shape.rank() - 2], shape[shape.rank() - 1]);
    if !solvable && !d.choices && m * n > 0 {
        let size = x.dtype().size();
        match d.rng.below(8) {
            // Zero.
            0 => x.bytes_mut().fill(0),
            // Every row the first: rank 1.
            1 => {
                for block in x.bytes_mut().chunks_exact_mut(m * n * size) {
                    let (first, rest) = block.split_at_mut(n * size);
                    rest.chunks_exact_mut(n * size).for_each(|row| row.copy_from_slice(first));
                }
            }
            // Diagonal.
            2 => {
                for block in x.bytes_mut().chunks_exact_mut(m * n * size) {
                    for (i, place) in block.chunks_exact_mut(size).enumerate() {
                        if i / n != i % n {
                            place.fill(0);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    d.add(x)
}
