//! The program of a check: which calls, on which inputs, observed how.
use super::draw::{Drawn, Draws};
use super::{Ground, Size, shapes, valid, values, wrong};
use crate::case::{Case, Input, Layout, Step, Var};
use crate::plan::Check;
use crate::rng::Rng;
use crate::special::Pattern;
use array_protocol::manifest::{CheckKind, ValueClass};
use array_protocol::{BinaryOp, Call, DType, HostArray, Index, IndexingOp, Op, Operand, Shape};

/// Threads of a concurrency case.
const THREADS: u8 = 4;

/// Case `index` of a check; `None` where the check has no such case (or none for what the backend has).
pub fn case(check: &Check, ground: &Ground<'_>, index: u64) -> Option<Case> {
    let kind = check.clause.check.kind;
    if kind == CheckKind::Example {
        return crate::example::case(check.operation.as_ref()?, index);
    }
    let rng = Rng::of(ground.seed, &[ground.suite, &check.id], index);
    let dtype = check.dtype?;
    let Some(entry) = check.operation.as_deref() else {
        return (kind == CheckKind::Roundtrip).then(|| roundtrip(rng, dtype));
    };
    let op = entry.op;
    let spec = &check.clause.check;
    let last = ground.large && index + 1 == ground.cases;
    let exact_sizes = matches!(kind, CheckKind::Value | CheckKind::Layout | CheckKind::Quantity);
    let size = match kind {
        CheckKind::Dtype | CheckKind::Error => Size::Small,
        CheckKind::Value | CheckKind::Concurrent if last && !matches!(op, Op::Linalg(_) | Op::Fft(_) | Op::Sort(_)) => Size::Large,
        _ => Size::Mixed,
    };
    let class = spec.values.unwrap_or(match kind {
        CheckKind::Shape | CheckKind::Dtype => ValueClass::Small,
        CheckKind::Special => ValueClass::Special,
        CheckKind::Declared if dtype.is_float() => ValueClass::Special,
        _ => ValueClass::Any,
    });
    let mut d = Draws {
        rng,
        info: entry,
        dtype,
        dtypes: &ground.info.dtypes,
        devices: &ground.info.devices,
        class,
        size,
        mix: matches!(kind, CheckKind::Dtype),
        scalars: matches!(kind, CheckKind::Dtype | CheckKind::Value | CheckKind::Layout),
        choices: kind == CheckKind::Declared,
        model: ground.model,
        inputs: vec![],
    };
    if kind == CheckKind::Value && d.rng.one_in(4) {
        d.mix = true;
    }
    match kind {
        CheckKind::Special if matches!(op, Op::Unary(_) | Op::Binary(_)) => special(check, &mut d, op, index),
        CheckKind::Error => {
            let mut drawn = wrong::draw(&mut d, op, spec.given?)?;
            fix_options(&mut drawn, &spec.with)?;
            Some(single(drawn))
        }
        CheckKind::CopyOnWrite => copy_on_write(&mut d, op),
        CheckKind::Identity => identity(&mut d, spec.quantity.as_deref()?),
        _ => {
            let mut drawn = match spec.sizes.get(index as usize) {
                Some(&n) if exact_sizes => of_size(&mut d, op, n as usize)?,
                _ => valid(&mut d, op)?,
            };
            fix_options(&mut drawn, &spec.with)?;
            Some(around(kind, &mut d.rng, drawn))
        }
    }
}

/// The program around one call that a kind of check asks for.
fn around(kind: CheckKind, rng: &mut Rng, mut drawn: Drawn) -> Case {
    match kind {
        CheckKind::Layout => {
            let mut case = single(drawn);
            let curved = &Layout::ALL[1..];
            for input in &mut case.inputs {
                input.layout = if rng.one_in(5) { Layout::Plain } else { *rng.pick(curved) };
                if input.layout == Layout::ZeroStride {
                    flatten(&mut input.array, rng);
                }
            }
            case
        }
        CheckKind::Unchanged => {
            // Now and then one array in two places.
            if rng.one_in(3)
                && let Call::Binary { x1: Operand::Array(a), x2: Operand::Array(b), .. } = &mut drawn.call
            {
                let keep = *a;
                *b = keep;
                drawn.inputs.truncate(keep as usize + 1);
            }
            single(drawn)
        }
        CheckKind::Repeat => {
            let mut case = single(drawn.clone());
            let first = case.steps[0].out.last().map_or(case.inputs.len() as Var, |v| v + 1);
            case.steps.push(Step { call: drawn.call, out: (first..first + drawn.results).collect(), last_use: vec![] });
            case
        }
        CheckKind::Concurrent => Case { threads: THREADS, ..single(drawn) },
        CheckKind::Reuse => reuse(drawn),
        _ => single(drawn),
    }
}

fn single(drawn: Drawn) -> Case {
    Case::single(drawn.inputs, drawn.call, drawn.results)
}

/// The same call twice: on the shared first input, then on the only handle of an equal one.
fn reuse(drawn: Drawn) -> Case {
    let mut inputs = drawn.inputs;
    let target = match &drawn.call {
        Call::Unary { x, .. } | Call::Setitem { x, .. } | Call::Binary { x1: Operand::Array(x), .. } => *x,
        _ => 0,
    };
    let Some(twin) = inputs.get(target as usize).cloned() else { return Case::single(inputs, drawn.call, drawn.results) };
    inputs.push(twin);
    let unique = inputs.len() as Var - 1;
    let first = inputs.len() as Var;
    let mut call = drawn.call.clone();
    match &mut call {
        Call::Unary { x, .. } | Call::Setitem { x, .. } | Call::Binary { x1: Operand::Array(x), .. } => *x = unique,
        _ => {}
    }
    let steps =
        vec![Step { call: drawn.call, out: vec![first], last_use: vec![] }, Step { call, out: vec![first + 1], last_use: vec![unique] }];
    let inputs = inputs.into_iter().map(|array| Input { array, layout: Layout::Plain }).collect();
    Case { inputs, steps, threads: 1 }
}

/// A view of an array, then an assignment through the array's only other handle: the view keeps its value.
fn copy_on_write(d: &mut Draws<'_>, op: Op) -> Option<Case> {
    let shape = d.nonempty(1);
    let x = d.input(&shape);
    let (view, change) = (1, 2);
    let look = match d.rng.below(4) {
        0 => Call::Reshape { x, shape: [shape.size()].into() },
        1 => Call::PermuteDims { x, axes: (0..shape.rank() as i64).rev().collect() },
        2 => Call::Getitem { x, key: vec![Index::Slice { start: None, stop: None, step: -1 }] },
        _ => Call::Getitem { x, key: vec![Index::Ellipsis] },
    };
    let call = match op {
        Op::Unary(op) => Call::Unary { op, x },
        Op::Binary(op) => {
            // Numbers that no domain excludes.
            let other = d.array(d.dtype, &Shape::scalar(), true);
            let one = super::draw::scalar_of(&other).filter(|_| !d.dtype.is_integer());
            Call::Binary { op, x1: Operand::Array(x), x2: Operand::Scalar(one.unwrap_or(array_protocol::Scalar::Int(1))) }
        }
        Op::Indexing(IndexingOp::Setitem) => {
            let value = Operand::Scalar(d.scalar(true));
            Call::Setitem { x, key: vec![Index::At(d.rng.below(shape[0]) as i64)], value }
        }
        _ => return None,
    };
    let drawn = d.done(call, 1);
    let inputs = drawn.inputs.into_iter().map(|array| Input { array, layout: Layout::Plain }).collect();
    let steps =
        vec![Step { call: look, out: vec![view], last_use: vec![] }, Step { call: drawn.call, out: vec![change], last_use: vec![x] }];
    Some(Case { inputs, steps, threads: 1 })
}

fn roundtrip(mut rng: Rng, dtype: DType) -> Case {
    let shape = shapes::shape(&mut rng, Size::Mixed);
    let class = *rng.pick(&[ValueClass::Any, ValueClass::Special, ValueClass::Extreme]);
    let array = values::array(&mut rng, dtype, &shape, class, &Default::default(), false);
    Case { inputs: vec![Input { array, layout: Layout::Plain }], steps: vec![], threads: 1 }
}

/// A call whose first array is a vector of that length.
fn of_size(d: &mut Draws<'_>, op: Op, n: usize) -> Option<Drawn> {
    let drawn = valid(d, op)?;
    let mut redrawn = drawn.clone();
    for x in &mut redrawn.inputs {
        let shape = Shape::from([n]);
        *x = d.array(x.dtype(), &shape, false);
    }
    match &mut redrawn.call {
        Call::Unary { .. } | Call::Sort { .. } | Call::Argsort { .. } | Call::UniqueValues { .. } | Call::Nonzero { .. } => {}
        Call::Binary { op: BinaryOp::Pow | BinaryOp::BitwiseLeftShift | BinaryOp::FloorDivide | BinaryOp::Remainder, .. }
            if d.dtype.is_integer() =>
        {
            return Some(drawn);
        }
        Call::Binary { .. } => {}
        Call::Reduce { how, .. } => how.axes = if n.is_multiple_of(2) { None } else { Some([-1i64].as_slice().into()) },
        Call::Argmax { how, .. } => how.axis = None,
        Call::CumulativeSum { how, .. } => how.axis = Some(-1),
        Call::Fft { how, .. } => (how.axis, how.n) = (-1, None),
        Call::Matmul { .. } => {}
        Call::Reshape { shape, .. } => *shape = [n].into(),
        Call::Flip { axes, .. } => *axes = None,
        Call::Random { how, .. } => how.shape = [n].into(),
        _ => return Some(drawn),
    }
    if let Call::Sort { how, .. } | Call::Argsort { how, .. } = &mut redrawn.call {
        how.axis = -1;
    }
    if let Call::Nonzero { .. } = &redrawn.call {
        redrawn.results = 1;
    }
    Some(redrawn)
}

/// Arguments that match the rows of the clause, inside short and long vectors of ordinary numbers.
fn special(check: &Check, d: &mut Draws<'_>, op: Op, index: u64) -> Option<Case> {
    let entry = check.operation.as_deref()?;
    let rows: Vec<_> = entry.manifest.specials.iter().filter(|r| r.clause == check.clause.id).collect();
    let dtype = d.dtype;
    if rows.is_empty() || !dtype.is_float() {
        return valid(d, op).map(single);
    }
    let names: Vec<&str> = entry.manifest.parameters.iter().map(|p| p.name.as_str()).collect();
    let n = *d.rng.pick(&[1, 2, 3, 5, 8, 17, 33, 100]);
    let alone = d.rng.one_in(2);
    let mut columns: Vec<Vec<f64>> = vec![vec![]; if matches!(op, Op::Unary(_)) { 1 } else { 2 }];
    let ordinary = |rng: &mut Rng| f64::from((rng.unit() * 4.0 + 0.25) as f32);
    for i in 0..n {
        let row = rows[(index as usize + i) % rows.len()];
        let at_random = !alone && d.rng.one_in(2);
        for (column, name) in columns.iter_mut().zip(&names) {
            let pattern = row.when.get(*name).map_or("any", String::as_str);
            let pattern = Pattern::parse(pattern, dtype, &[]).ok()?;
            column.push(if at_random { ordinary(&mut d.rng) } else { pattern.draw(&mut d.rng, dtype) });
        }
    }
    let mut variables = vec![];
    for column in columns {
        let array = match dtype {
            DType::Float32 => HostArray::from_slice([n], &column.iter().map(|&v| v as f32).collect::<Vec<_>>()),
            _ => HostArray::from_slice([n], &column),
        };
        variables.push(d.add(array.ok()?));
    }
    let call = match op {
        Op::Unary(op) => Call::Unary { op, x: variables[0] },
        Op::Binary(op) => Call::Binary { op, x1: Operand::Array(variables[0]), x2: Operand::Array(variables[1]) },
        _ => return None,
    };
    Some(single(d.done(call, 1)))
}

/// Sets options that the clause fixes, by name, in the call's data form.
fn fix_options(drawn: &mut Drawn, with: &std::collections::BTreeMap<String, String>) -> Option<()> {
    if with.is_empty() {
        return Some(());
    }
    let mut call = serde_json::to_value(&drawn.call).ok()?;
    for (name, text) in with {
        let value = serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.clone()));
        let inside = call.get("how").is_some_and(|how| how.get(name).is_some());
        let place = if inside { call.get_mut("how")? } else { &mut call };
        place.as_object_mut()?.insert(name.clone(), value);
    }
    drawn.call = serde_json::from_value(call).ok()?;
    Some(())
}

/// Makes all elements along one axis equal, so that the axis can have stride 0.
fn flatten(x: &mut HostArray, rng: &mut Rng) {
    let shape = x.shape().clone();
    if shape.rank() == 0 || x.size() == 0 {
        return;
    }
    let axis = rng.below(shape.rank());
    let inner = shape[axis + 1..].iter().product::<usize>() * x.dtype().size();
    for block in x.bytes_mut().chunks_exact_mut(shape[axis] * inner) {
        let (first, rest) = block.split_at_mut(inner);
        rest.chunks_exact_mut(inner).for_each(|row| row.copy_from_slice(first));
    }
}

/// Programs of several operations whose results are related.
fn identity(d: &mut Draws<'_>, name: &str) -> Option<Case> {
    let shape = d.shape();
    let (a, b) = (d.input(&shape), d.input(&shape));
    if d.dtype.is_integer() {
        super::order::map_integers(&mut d.inputs[b as usize], |v| if v == 0 { 1 } else { v });
    }
    let step = |op, x1: Var, x2: Var, out: Var| Step {
        call: Call::Binary { op, x1: Operand::Array(x1), x2: Operand::Array(x2) },
        out: vec![out],
        last_use: vec![],
    };
    let steps = match name {
        // x1 // x2 * x2 + x1 % x2 == x1: the last variable is compared with the first.
        "quotient_and_remainder" => vec![
            step(BinaryOp::FloorDivide, a, b, 2),
            step(BinaryOp::Remainder, a, b, 3),
            step(BinaryOp::Multiply, 2, b, 4),
            step(BinaryOp::Add, 4, 3, 5),
        ],
        "commutative_add" => vec![step(BinaryOp::Add, a, b, 2), step(BinaryOp::Add, b, a, 3)],
        _ => return None,
    };
    let drawn = d.done(steps[0].call.clone(), 1);
    Some(Case { inputs: drawn.inputs.into_iter().map(|array| Input { array, layout: Layout::Plain }).collect(), steps, threads: 1 })
}
