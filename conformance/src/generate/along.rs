//! Families that work along axes: reductions, scans, sorting and searching, Fourier transforms.
use super::draw::{Drawn, Draws};
use array_protocol::options::{ArgReduce, Fft, Norm, Reduce, Scan, Search, Side, Sort};
use array_protocol::{Call, DType, Kind, Op, ReduceOp, ScanOp, Shape, SortOp};

/// A valid call.
pub(super) fn draw(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    let call = match op {
        Op::Reduce(op) => {
            let shape = if op == ReduceOp::Max { d.nonempty(0) } else { d.shape() };
            let rank = shape.rank();
            let mut how = Reduce::default();
            if !d.rng.one_in(3) {
                how.axes = Some(d.axes(rank).into());
            }
            how.keepdims = d.rng.one_in(3);
            if matches!(op, ReduceOp::Sum | ReduceOp::Prod) && d.mix && d.rng.one_in(3) {
                how.dtype = wider(d);
            }
            if matches!(op, ReduceOp::Var | ReduceOp::Std) {
                how.correction = *d.rng.pick(&[0.0, 0.0, 1.0, 1.0, 0.5]);
            }
            Call::Reduce { op, x: d.input(&shape), how }
        }
        Op::Scan(ScanOp::Argmax) => {
            let shape = d.nonempty(0);
            let mut how = ArgReduce::default();
            if shape.rank() > 0 && !d.rng.one_in(3) {
                how.axis = Some(d.axis(shape.rank()));
            }
            how.keepdims = d.rng.one_in(3);
            Call::Argmax { x: d.input(&shape), how }
        }
        Op::Scan(ScanOp::CumulativeSum) => {
            let shape = d.shape_of_rank(1);
            let mut how = Scan::default();
            if shape.rank() > 1 || d.rng.one_in(2) {
                how.axis = Some(d.axis(shape.rank()));
            }
            how.include_initial = d.rng.one_in(3);
            if d.mix && d.rng.one_in(3) {
                how.dtype = wider(d);
            }
            Call::CumulativeSum { x: d.input(&shape), how }
        }
        Op::Sort(SortOp::Sort | SortOp::Argsort) => {
            let shape = d.shape_of_rank(1);
            let mut how = Sort::default();
            if !d.rng.one_in(3) {
                how.axis = d.axis(shape.rank());
            }
            how.descending = d.rng.one_in(3);
            how.stable = !d.rng.one_in(4);
            let x = d.input(&shape);
            if op == Op::Sort(SortOp::Sort) { Call::Sort { x, how } } else { Call::Argsort { x, how } }
        }
        Op::Sort(SortOp::Searchsorted) => {
            let line = Shape::from([d.shape().size().min(40)]);
            let mut sorted = d.array(d.dtype, &line, false);
            super::order::sort(&mut sorted);
            let x1 = d.add(sorted);
            let shape = d.shape();
            let dtype = d.partner();
            let x2 = d.array(dtype, &shape, true);
            let x2 = d.add(x2);
            let side = *d.rng.pick(Side::ALL);
            Call::Searchsorted { x1, x2, how: Search::default().side(side) }
        }
        Op::Sort(SortOp::UniqueValues) => {
            let shape = d.shape();
            Call::UniqueValues { x: d.input(&shape) }
        }
        Op::Fft(op) => {
            let mut shape = d.nonempty(1);
            if d.rng.one_in(3) {
                let last = shape.rank() - 1;
                shape[last] = *d.rng.pick(&[1, 2, 3, 5, 7, 8, 9, 11, 13, 15, 16, 17, 30, 31, 32, 33, 64, 97, 100, 128]);
            }
            let mut how = Fft::default();
            if d.rng.one_in(2) {
                how.axis = d.axis(shape.rank());
            }
            if d.rng.one_in(3) {
                how.n = Some(1 + d.rng.below(20) as u64);
            }
            how.norm = *d.rng.pick(Norm::ALL);
            Call::Fft { op, x: d.input(&shape), how }
        }
        _ => return None,
    };
    Some(d.done(call, 1))
}

/// A dtype of the same kind that is at least as wide.
fn wider(d: &mut Draws<'_>) -> Option<DType> {
    let (own, kind) = (d.dtype, d.dtype.kind());
    let fits = |t: &DType| t.kind() == kind && t.size() >= own.size() && d.dtypes.contains(t) && kind != Kind::Bool;
    let all: Vec<DType> = DType::ALL.iter().copied().filter(fits).collect();
    (!all.is_empty()).then(|| *d.rng.pick(&all))
}
