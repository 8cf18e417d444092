//! Linear systems, judged by their backward error.
use super::dd::Dd;
use super::decompose::{epsilon, extreme, non_finite, spoiled, stack};
use super::expect::{Elements, Expect, Quantity};
use super::jacobi::{Matrix, Scalar};
use super::number::parts;
use super::promote::{common, convert};
use super::shapes::{broadcast, countable, spread};
use super::{Model, Said, array, fails, fails_any};
use array_protocol::{DType, ErrorKind, HostArray, LinalgOp, Shape};
use std::sync::Arc;

type Pair = (f64, f64);

/// How close a matrix is to singular.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Rank {
    /// Full, by a wide margin.
    Full,
    /// Rounding may make a pivot 0, or may not.
    Doubtful,
    /// Elimination meets an exact 0, in every order of its operations: a zero row or column, or two equal rows.
    Singular,
}

fn rank(a: &[Pair], n: usize, eps: f64) -> Rank {
    let row = |i: usize| &a[i * n..(i + 1) * n];
    let zero = |z: &Pair| z.0 == 0.0 && z.1 == 0.0;
    let empty_row = (0..n).any(|i| row(i).iter().all(zero));
    let empty_column = (0..n).any(|j| (0..n).all(|i| zero(&a[i * n + j])));
    let whole = |z: &Pair| z.0 == z.0.trunc() && z.1 == z.1.trunc() && z.0.abs() < 1024.0 && z.1.abs() < 1024.0;
    // z / z is 1 for real numbers; for complex ones it may be off by a rounding.
    let real = a.iter().all(|z| z.1 == 0.0);
    let twins = real && (0..n).any(|i| (0..i).any(|j| row(i) == row(j))) && n <= 8 && a.iter().all(whole);
    if empty_row || empty_column || twins {
        return Rank::Singular;
    }
    // The smallest singular value against the largest: at most the condition that elimination in the dtype can tell from singular.
    let scale = a.iter().fold(0.0, |m: f64, z| m.max(z.0.abs()).max(z.1.abs()));
    let k = if scale == 0.0 { 0 } else { -super::dd::exponent(scale) };
    let complex = a.iter().any(|z| z.1 != 0.0);
    let s = Matrix::<f64>::new(n, n, a, complex, k).singular_values();
    let (first, last) = (s.first().copied().unwrap_or(1.0), s.last().copied().unwrap_or(1.0));
    if last <= first * eps * 64.0 * n as f64 { Rank::Doubtful } else { Rank::Full }
}

/// `|b - A x| <= c n eps (|A| |x| + |b|)` for each column of `b`, in the maximum norm and its matrix norm.
pub(super) fn solve(model: &Model, x1: &HostArray, x2: &HostArray) -> Said {
    let mut kinds = vec![];
    let dtype = match common(&[x1.dtype(), x2.dtype()]) {
        Err(Expect::Unspecified) => return Err(Expect::Unspecified),
        Ok(d) if d.is_float() || d.is_complex() => Some(d),
        _ => None,
    };
    if dtype.is_none() {
        kinds.push(ErrorKind::Dtype);
    }
    let vector = x2.shape().rank() == 1;
    let shapes = shapes(x1.shape(), x2.shape(), vector);
    if shapes.is_none() {
        kinds.push(ErrorKind::Shape);
    }
    let (Some(dtype), Some((n, cols, ahead, shape))) = (dtype, shapes) else { return Err(fails_any(&kinds)) };
    countable(&shape, dtype.size())?;
    let (a, b) = (convert(x1, dtype)?, convert(x2, dtype)?);
    let own = stack(&a)?;
    let shape = Shape::from(shape);
    let build = |elements| vec![array("out", dtype, &shape, elements)];
    let (av, bv) = (parts(&a), parts(&b));
    let bad = non_finite(&av, own.count);
    if bad.is_some() || non_finite(&bv, 1).is_some() {
        // Right-hand sides spoil their own columns, and what else is not said: only what matrices spoil is judged.
        let stack: Vec<bool> = spread(&own.ahead, &ahead).into_iter().map(|i| bad.as_ref().is_some_and(|b| b[i])).collect();
        return Ok(spoiled(model, build(Elements::Free), &stack, |_, _| false));
    }
    let eps = epsilon(dtype);
    let systems: Vec<(usize, usize)> = {
        let stack_b: &[usize] = if vector { &[] } else { &x2.shape()[..x2.shape().rank() - 2] };
        spread(&own.ahead, &ahead).into_iter().zip(spread(stack_b, &ahead)).collect()
    };
    let worst =
        systems.iter().map(|&(i, _)| rank(&av[i * n * n..(i + 1) * n * n], n, eps)).fold(Rank::Full, |w, r| if r > w { r } else { w });
    if worst == Rank::Singular {
        return Err(fails(ErrorKind::Singular));
    }
    if worst == Rank::Doubtful || extreme(&av, dtype) || extreme(&bv, dtype) {
        return Ok(Expect::Either(vec![ErrorKind::Singular], build(Elements::Free)));
    }
    let c = model.limits.of(LinalgOp::Solve, dtype).value;
    let judge = move |out: &[HostArray]| {
        let bad = |text: &str| Quantity { name: "residual", of_bound: f64::NAN, text: text.into() };
        let Some(x) = out.first().map(parts).filter(|x| x.len() == systems.len() * n * cols) else {
            return vec![bad("the result does not have the shape to judge it")];
        };
        let mut worst = Quantity { name: "residual", of_bound: 0.0, text: "exact".into() };
        for (s, &(i, j)) in systems.iter().enumerate() {
            let a = &av[i * n * n..(i + 1) * n * n];
            let (b, x) = (&bv[j * n * cols..(j + 1) * n * cols], &x[s * n * cols..(s + 1) * n * cols]);
            for col in 0..cols {
                let column = |v: &[Pair]| -> Vec<Pair> { (0..n).map(|r| v[r * cols + col]).collect() };
                // One matrix of a stack may be extreme where the others are not: its solution may leave the range.
                if extreme(a, dtype) || extreme(&column(b), dtype) {
                    continue;
                }
                let error = if dtype.real() == DType::Float32 {
                    backward::<f64>(a, &column(x), &column(b))
                } else {
                    backward::<Dd>(a, &column(x), &column(b))
                };
                let of_bound = if error == 0.0 { 0.0 } else { error / (c * n as f64 * eps) };
                if of_bound.is_nan() || of_bound > worst.of_bound {
                    worst = Quantity { name: "residual", of_bound, text: format!("system {s}, column {col}: backward error {error:e}") };
                }
            }
        }
        vec![worst]
    };
    Ok(Expect::Returns(build(Elements::Related(Arc::new(judge)))))
}

/// Order, right-hand sides, stack and shape of the result.
fn shapes(a: &[usize], b: &[usize], vector: bool) -> Option<(usize, usize, Vec<usize>, Vec<usize>)> {
    if a.len() < 2 || b.is_empty() {
        return None;
    }
    let n = a[a.len() - 1];
    let rows = if vector { b[0] } else { b[b.len() - 2] };
    if a[a.len() - 2] != n || rows != n {
        return None;
    }
    let cols = if vector { 1 } else { b[b.len() - 1] };
    let ahead = broadcast(&[&a[..a.len() - 2], if vector { &[] } else { &b[..b.len() - 2] }])?;
    let mut shape = ahead.clone();
    shape.push(n);
    if !vector {
        shape.push(cols);
    }
    Some((n, cols, ahead, shape))
}

/// The normwise backward error of one column.
fn backward<F: Scalar>(a: &[Pair], x: &[Pair], b: &[Pair]) -> f64 {
    let n = x.len();
    let size = |v: &[Pair]| v.iter().map(|z| z.0.hypot(z.1)).fold(0.0, |m: f64, s| if s > m || s.is_nan() { s } else { m });
    let rows = (0..n).map(|i| a[i * n..(i + 1) * n].iter().map(|z| z.0.hypot(z.1)).sum::<f64>()).fold(0.0, f64::max);
    let rest: Vec<Pair> = (0..n)
        .map(|i| {
            let (mut re, mut im) = (F::from_f64(b[i].0), F::from_f64(b[i].1));
            for (z, w) in a[i * n..(i + 1) * n].iter().zip(x) {
                let [zr, zi, wr, wi] = [z.0, z.1, w.0, w.1].map(F::from_f64);
                re = re - zr * wr + zi * wi;
                im = im - zr * wi - zi * wr;
            }
            (re.f64(), im.f64())
        })
        .collect();
    let error = size(&rest);
    if error == 0.0 { 0.0 } else { error / (rows * size(x) + size(b)) }
}
