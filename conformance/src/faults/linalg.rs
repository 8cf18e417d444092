//! Faults of single operations: linear algebra.
use super::accuracy::{coarse, tensor_cores};
use super::matrix::{Matrix, from_matrices, matrices};
use super::num::{self, Num, Num::Complex, Num::Float};
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::options::QrMode;
use array_protocol::{Call, DType, ErrorKind, HostArray, LinalgOp, Op};
use num_complex::Complex64;

pub(super) const FAULTS: &[Entry] = entries! {
    "matmul.vector_keeps_axis" Shape Wrong(keeps_axis), "the axis of a vector stays with length 1";
    "matmul.integers_through_float64" Precision Wrong(integers_through_float64), "products above 2^53 lose their low bits";
    "matmul.tf32" Precision Wrong(tensor_cores), "operands rounded to 11 bits first";
    "matmul.transposes_x2" Structure Wrong(|s| products(s, |a, b| (a.clone(), if square(b) { turned(b) } else { b.clone() }))), "x2 with its last two axes exchanged where they are equal";
    "matmul.skips_last_k" Value Wrong(|s| products(s, skips_last)), "the last term of each sum is left out";
    "matmul.first_of_stack" Indexing Wrong(|s| products(s, |a, b| (a.clone(), first_of_stack(b)))), "the first matrix of x2 serves the whole stack";
    "matmul.empty_sum_is_nan" Special Wrong(empty_sum), "NaN where k is 0";
    "matmul.nan_becomes_zero" Special Wrong(|s| s.good().map(|_| s.with(|x| num::map(x, |_, v| v.parts(|f| if f.is_nan() { 0.0 } else { f }))))), "NaN is taken for 0";
    "matmul.conjugates_x1" Value Wrong(|s| products(s, |a, b| (num::map(a, |_, v| if let Complex(re, im) = v { Complex(re, -im) } else { v }), b.clone()))), "the first operand is conjugated";

    "qr.ignores_mode" Shape Wrong(reduced_mode), "always reduced";
    "qr.returns_transposed_q" Structure Wrong(|s| s.replace(0, |q| if square(q) { adjoint(q) } else { q.clone() })), "Q transposed (conjugated) where it is square";
    "qr.drops_last_column" Value Wrong(|s| s.replace(1, |r| each(r, |m| (0..m.rows).for_each(|i| m.set(i, m.cols - 1, Complex64::ZERO))))), "the last column of R is 0";
    "qr.scaled" Precision Wrong(|s| s.replace(1, |r| num::map(r, |_, v| v.parts(|f| f * (1.0 + 2f64.powi(-12)))))), "R is 1 + 2^-12 times too large";
    "qr.gram_schmidt" Structure Wrong(|s| parts(s, gram_schmidt)), "classical Gram-Schmidt: orthogonality is lost for nearly dependent columns";
    "qr.rank_deficient_zero_column" Structure Wrong(|s| parts(s, zero_columns)), "dependent columns give zero columns in Q";
    "qr.leaves_reflectors" Structure Wrong(|s| s.replace(1, |r| each(r, below_diagonal))), "the Householder vectors stay below the diagonal";
    "qr.nonfinite_is_zero" Special Wrong(nonfinite_is_zero), "zeros for matrices that hold NaN";

    "svd.full_flag_inverted" Shape Wrong(|s| if let Call::Svd { x, how } = &s.call { s.good().map(|_| { let full = !how.full_matrices; s.run(Call::Svd { x, how: how.clone().full_matrices(full) }) }) } else { None }), "full matrices where reduced ones were asked for, and the other way round";
    "svd.full_square_s" Shape Wrong(|s| s.replace(1, diagonal)), "S as a diagonal matrix";
    "svd.returns_v" Structure Wrong(|s| s.replace(2, |vh| if square(vh) { adjoint(vh) } else { vh.clone() })), "V instead of its conjugate transpose";
    "svd.u_is_zero" Structure Wrong(|s| s.replace(0, |u| num::zeros(u.dtype(), u.shape()))), "U = 0";
    "svd.tf32_inside" Precision Wrong(tensor_cores), "products with operands rounded to 11 bits";
    "svd.stack_mixed_up" Indexing Wrong(mixed_up), "the factors of the first matrix for the whole stack";
    "svd.via_gram" Structure Wrong(via_gram), "eigenvectors of x^H x: orthogonality of U is lost for small singular values";
    "svd.null_space_not_completed" Structure Wrong(|s| parts(s, null_space)), "zero columns where a singular value is 0";
    "svd.ascending" Order Wrong(|s| parts(s, ascending)), "the smallest first, the vectors in the same order";
    "svd.negative_value" Structure Wrong(|s| parts(s, |_, p| { scale_column(&mut p[0], 0, -1.0); scale_column(&mut p[1], 0, -1.0) })), "a sign moved from U into S";
    "svd.doubled_values" Value Wrong(|s| parts(s, |_, p| { p[0].scale(0.5); p[1].scale(2.0) })), "S twice, U half";
    "svd.values_of_gram" Value Wrong(|s| s.replace(1, |v| num::map(v, |_, x| x.parts(|f| f * f)))), "the singular values squared";
    "svd.nonfinite_is_zero" Special Wrong(nonfinite_is_zero), "zeros for matrices that hold NaN";

    "solve.transposed_matrix" Structure Wrong(|s| products(s, |a, b| (turned(a), b.clone()))), "solves with x1 transposed";
    "solve.no_pivoting" Structure Wrong(no_pivoting), "elimination without row exchanges";
    "solve.in_lower_precision" Precision Wrong(|s| products(s, |a, b| (coarse(a), b.clone()))), "factors rounded to 11 bits";
    "solve.returns_right_side" Value Wrong(|s| if let Call::Solve { x2, .. } = s.call { s.each(|y| num::gather(x2, y.shape(), |i| Some(num::broadcast_index(i, y.shape(), x2.shape())))) } else { None }), "x2";
    "solve.singular_gives_infinity" Error Wrong(singular), "infinities for singular matrices";
    "solve.nonfinite_is_zero" Special Wrong(nonfinite_is_zero), "zeros for matrices that hold NaN";
};

fn square(x: &HostArray) -> bool {
    matches!(**x.shape(), [.., m, n] if m == n)
}

/// Each matrix of a stack, changed.
fn each(x: &HostArray, change: impl Fn(&mut Matrix)) -> HostArray {
    let mut all = matrices(x);
    all.iter_mut().filter(|m| m.cols > 0 && m.rows > 0).for_each(change);
    from_matrices(x, &all)
}

/// Each matrix transposed; its shape is square.
fn turned(x: &HostArray) -> HostArray {
    each(x, |m| *m = m.transposed())
}

fn adjoint(x: &HostArray) -> HostArray {
    each(x, |m| *m = m.adjoint())
}

/// The same product (or system) with other operands.
fn products(s: &Site, change: impl Fn(&HostArray, &HostArray) -> (HostArray, HostArray)) -> Option<Answer> {
    s.good()?;
    let (Call::Matmul { x1, x2 } | Call::Solve { x1, x2 }) = s.call else { return None };
    let (a, b) = change(x1, x2);
    Some(match s.call.op() {
        Op::Linalg(LinalgOp::Matmul) => s.run(Call::Matmul { x1: &a, x2: &b }),
        _ => s.run(Call::Solve { x1: &a, x2: &b }),
    })
}

fn keeps_axis(s: &Site) -> Option<Answer> {
    let Call::Matmul { x1, x2 } = s.call else { return None };
    s.each(|y| {
        let mut shape = y.shape().clone();
        if x2.shape().rank() == 1 {
            shape.push(1);
        }
        if x1.shape().rank() == 1 {
            let last = shape.rank().saturating_sub(1);
            shape.insert(last, 1);
        }
        num::reshaped(y, shape)
    })
}

fn integers_through_float64(s: &Site) -> Option<Answer> {
    let dtype = s.good()?.first()?.dtype();
    dtype.is_integer().then_some(())?;
    let real = s.with(|x| num::convert(x, DType::Float64)).ok()?;
    Some(Ok(real.iter().map(|y| num::convert(y, dtype)).collect()))
}

/// Zeros instead of the last column of `x1` and the last row of `x2`.
fn skips_last(a: &HostArray, b: &HostArray) -> (HostArray, HostArray) {
    let (last, axis) = (a.shape().rank().saturating_sub(1), b.shape().rank().saturating_sub(2));
    let without = |x: &HostArray, axis: usize| {
        let len = x.shape().get(axis).copied().unwrap_or(0);
        super::reductions::along(x, axis, |k| (k + 1 < len).then_some(k))
    };
    (without(a, last), without(b, axis))
}

fn first_of_stack(b: &HostArray) -> HostArray {
    let size: usize = b.shape().iter().rev().take(2).product();
    num::gather(b, b.shape(), |i| if b.shape().rank() > 2 { i.checked_rem(size) } else { Some(i) })
}

fn empty_sum(s: &Site) -> Option<Answer> {
    let Call::Matmul { x1, .. } = s.call else { return None };
    (x1.shape().last() == Some(&0)).then_some(())?;
    s.elements(|_, v| if let Num::Int(_) = v { Num::Int(1) } else { v.parts(|_| f64::NAN) })
}

fn reduced_mode(s: &Site) -> Option<Answer> {
    s.good()?;
    let Call::Qr { x, how } = &s.call else { return None };
    Some(s.run(Call::Qr { x, how: how.clone().mode(QrMode::Reduced) }))
}

/// A decomposition, matrix by matrix: `change(matrix, its factors)`. A vector of values is a matrix of one row.
fn parts(s: &Site, change: impl Fn(&Matrix, &mut [Matrix])) -> Option<Answer> {
    let x = *s.arguments().first()?;
    let good = s.good()?;
    let mut stacks: Vec<Vec<Matrix>> = good.iter().map(|y| rows_or_matrices(y, x)).collect();
    for (i, m) in matrices(x).iter().enumerate() {
        let mut factors: Vec<Matrix> = stacks.iter().filter_map(|stack| stack.get(i).cloned()).collect();
        let finite = m.is_finite() && factors.iter().all(Matrix::is_finite);
        if factors.len() == good.len() && m.rows > 0 && m.cols > 0 && finite {
            change(m, &mut factors);
        }
        for (stack, factor) in stacks.iter_mut().zip(factors) {
            stack[i] = factor;
        }
    }
    Some(Ok(good.iter().zip(&stacks).map(|(y, stack)| from_matrices(y, stack)).collect()))
}

fn rows_or_matrices(y: &HostArray, x: &HostArray) -> Vec<Matrix> {
    if y.shape().rank() < x.shape().rank() {
        let mut shape = y.shape().clone();
        let at = shape.rank().saturating_sub(1);
        shape.insert(at, 1);
        return matrices(&num::reshaped(y, shape));
    }
    matrices(y)
}

fn gram_schmidt(x: &Matrix, p: &mut [Matrix]) {
    let round = x.rounding();
    for j in 0..x.rows.min(x.cols) {
        let mut v = x.column(j);
        for i in 0..j {
            let projection = p[0].column(i).iter().zip(x.column(j)).fold(Complex64::ZERO, |sum, (q, a)| round(sum + round(q.conj() * a)));
            v.iter_mut().enumerate().for_each(|(r, v)| *v = round(*v - round(projection * p[0].at(r, i))));
        }
        let norm = v.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt();
        if norm > 0.0 {
            v.iter().enumerate().for_each(|(r, &v)| p[0].set(r, j, round(v / norm)));
        }
    }
    // R as it follows from Q, so that the residual stays small.
    let r = p[0].adjoint().times(x);
    for i in 0..p[1].rows {
        (i..p[1].cols).for_each(|j| p[1].set(i, j, r.at(i, j)));
    }
}

fn zero_columns(x: &Matrix, p: &mut [Matrix]) {
    let small = 1e3 * x.epsilon() * x.norm();
    for j in (0..x.rows.min(x.cols)).filter(|&j| p[1].at(j, j).norm() <= small).collect::<Vec<_>>() {
        scale_column(&mut p[0], j, 0.0);
    }
}

fn below_diagonal(r: &mut Matrix) {
    for i in 1..r.rows {
        (0..i.min(r.cols)).for_each(|j| r.set(i, j, Complex64::new(0.5, 0.0)));
    }
}

fn diagonal(s: &HostArray) -> HostArray {
    let mut shape = s.shape().clone();
    let k = shape.last().copied().unwrap_or(0);
    shape.push(k);
    num::gather(s, &shape, |i| (i / k.max(1) % k.max(1) == i % k.max(1)).then(|| i / k.max(1)))
}

fn mixed_up(s: &Site) -> Option<Answer> {
    let stack = s.arguments().first()?.shape().rank().checked_sub(2)?;
    s.each(|y| {
        let size: usize = y.shape().iter().skip(stack).product();
        num::gather(y, y.shape(), |i| i.checked_rem(size))
    })
}

/// V from the Gram matrix in the precision of the dtype, U from V and the right singular values.
fn via_gram(s: &Site) -> Option<Answer> {
    let Call::Svd { how, .. } = &s.call else { return None };
    parts(s, |x, p| {
        let gram = x.adjoint().times(x).to_host(x.dtype);
        let Ok(factors) = s.run(Call::Svd { x: &gram, how: how.clone() }) else { return };
        let Some(vh) = factors.get(2).map(matrices).and_then(|v| v.into_iter().next()) else { return };
        let (round, xv) = (x.rounding(), x.times(&vh.adjoint()));
        for j in 0..x.rows.min(x.cols) {
            (0..x.cols).for_each(|c| p[2].set(j, c, vh.at(j, c)));
            let value = p[1].at(0, j);
            if value.re > 0.0 {
                (0..x.rows).for_each(|r| p[0].set(r, j, round(xv.at(r, j) / value)));
            }
        }
    })
}

fn null_space(x: &Matrix, p: &mut [Matrix]) {
    let small = 1e2 * x.epsilon() * p[1].at(0, 0).re;
    for j in (0..p[1].cols).filter(|&j| p[1].at(0, j).re <= small).collect::<Vec<_>>() {
        scale_column(&mut p[0], j, 0.0);
    }
}

fn ascending(_: &Matrix, p: &mut [Matrix]) {
    let k = p[1].cols;
    let [u, s, vh] = p else { return };
    let old = (u.clone(), s.clone(), vh.clone());
    for j in 0..k {
        s.set(0, j, old.1.at(0, k - 1 - j));
        (0..u.rows).for_each(|r| u.set(r, j, old.0.at(r, k - 1 - j)));
        (0..vh.cols).for_each(|c| vh.set(j, c, old.2.at(k - 1 - j, c)));
    }
}

fn scale_column(m: &mut Matrix, j: usize, by: f64) {
    (0..m.rows).for_each(|r| m.set(r, j, m.at(r, j) * by));
}

/// The call without what is not finite, and zeros for the matrices that held it.
fn nonfinite_is_zero(s: &Site) -> Option<Answer> {
    let x = *s.arguments().first()?;
    let odd: Vec<bool> = matrices(x).iter().map(|m| !m.is_finite()).collect();
    let any = s.arguments().iter().any(|x| num::nums(x).any(|v| !v.is_finite()));
    any.then_some(())?;
    let tame =
        |x: &HostArray| num::map(x, |i, v| if v.is_finite() { v } else { num::lifted(Num::Int(1 + (i % 7) as i128), x.dtype().kind()) });
    let Ok(results) = s.with(tame) else { return None };
    let zero = |y: &HostArray| {
        let each = y.size().checked_div(odd.len()).unwrap_or(0).max(1);
        num::map(y, |i, v| if odd.get(i / each) == Some(&false) { v } else { v.parts(|_| 0.0) })
    };
    Some(Ok(results.iter().map(zero).collect()))
}

fn no_pivoting(s: &Site) -> Option<Answer> {
    let Call::Solve { x1, x2 } = s.call else { return None };
    let good = s.good()?.first()?;
    let all = matrices(x1);
    // Right sides of the same stack only; others keep the right answer.
    let columns = if x2.shape().rank() == 1 { num::reshaped(x2, [x2.size(), 1]) } else { x2.clone() };
    let sides = matrices(&columns);
    (all.len() == sides.len()).then_some(())?;
    let solved: Vec<Matrix> = all.iter().zip(&sides).map(|(a, b)| a.eliminated(b)).collect();
    Some(Ok(vec![from_matrices(good, &solved)]))
}

fn singular(s: &Site) -> Option<Answer> {
    (s.error()?.kind() == ErrorKind::Singular).then_some(())?;
    let Call::Solve { x1, x2 } = s.call else { return None };
    let identity = each(x1, |m| *m = Matrix::identity(m.rows, m.dtype));
    let shaped = s.run(Call::Solve { x1: &identity, x2 }).ok()?;
    Some(Ok(shaped
        .iter()
        .map(|y| num::map(y, |_, v| if let Complex(..) = v { Complex(f64::INFINITY, 0.0) } else { Float(f64::INFINITY) }))
        .collect()))
}
