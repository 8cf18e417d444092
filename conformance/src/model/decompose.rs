//! `svd` and `qr`: judged by relations in higher precision, never by a comparison of vectors that have legal freedom.
use super::dd::{Dd, exponent, pow2};
use super::expect::{Allowed, Elements, Expect, ExpectArray, Quantity};
use super::jacobi::{Matrix, Scalar};
use super::number::{parts, reals};
use super::shapes::countable;
use super::{Model, Said, array, fails_any};
use array_protocol::options::{Qr, QrMode, Svd};
use array_protocol::{DType, ErrorKind, HostArray, LinalgOp, Shape};
use std::sync::Arc;

/// The stack of matrices of an argument.
pub(super) struct Stack {
    pub(super) m: usize,
    pub(super) n: usize,
    pub(super) ahead: Vec<usize>,
    pub(super) count: usize,
}

/// Shape and dtype of a decomposition's argument.
pub(super) fn stack(x: &HostArray) -> Result<Stack, Expect> {
    let mut kinds = vec![];
    if !(x.dtype().is_float() || x.dtype().is_complex()) {
        kinds.push(ErrorKind::Dtype);
    }
    let rank = x.shape().rank();
    if rank < 2 {
        kinds.push(ErrorKind::Shape);
    }
    if !kinds.is_empty() {
        return Err(fails_any(&kinds));
    }
    let ahead = x.shape()[..rank - 2].to_vec();
    Ok(Stack { m: x.shape()[rank - 2], n: x.shape()[rank - 1], count: ahead.iter().product(), ahead })
}

/// Machine epsilon of the dtype of the parts.
pub(super) fn epsilon(dtype: DType) -> f64 {
    if dtype.real() == DType::Float32 { pow2(-23) } else { pow2(-52) }
}

/// Which matrices of a stack hold a NaN or an infinity; nothing if none does.
pub(super) fn non_finite(x: &[(f64, f64)], count: usize) -> Option<Vec<bool>> {
    let bad = |z: &(f64, f64)| !z.0.is_finite() || !z.1.is_finite();
    if !x.iter().any(bad) {
        return None;
    }
    let size = x.len() / count.max(1);
    Some(x.chunks(size.max(1)).map(|m| m.iter().any(bad)).collect())
}

/// What a decomposition of a stack with NaN or infinities gives, as the backend declares: an error, or NaN throughout in the results of
/// the matrices that hold one. `zero` names the positions inside a result where a NaN may also be a zero.
pub(super) fn spoiled(model: &Model, arrays: Vec<ExpectArray>, bad: &[bool], zero: impl Fn(&ExpectArray, usize) -> bool) -> Expect {
    let kinds = vec![ErrorKind::Value, ErrorKind::NotConverged, ErrorKind::Singular, ErrorKind::Backend];
    let fill = |a: ExpectArray| {
        let (n, stack) = (a.shape.size(), bad.len().max(1));
        let element = |i: usize| match (bad.get(i / (n / stack).max(1)), a.dtype.is_complex()) {
            // The other matrices are judged where they come without company.
            (Some(true), false) if !zero(&a, i % (n / stack).max(1)) => Allowed::Nan,
            (Some(true), true) if !zero(&a, i % (n / stack).max(1)) => {
                let one = |nan| if nan { Allowed::Nan } else { Allowed::Anything };
                let either = [[true, false], [false, true]].map(|p| Allowed::Parts(Box::new(p.map(one))));
                Allowed::AnyOf(Box::new(either))
            }
            _ => Allowed::Anything,
        };
        let elements = Elements::Each((0..n).map(element).collect());
        ExpectArray { elements, ..a }
    };
    let nan = |arrays: Vec<ExpectArray>| arrays.into_iter().map(fill).collect();
    match model.limits.declared("linalg_nonfinite") {
        Some("error") => Expect::Fails(kinds),
        Some("nan") => Expect::Returns(nan(arrays)),
        _ => Expect::Either(kinds, arrays.into_iter().map(|a| ExpectArray { elements: Elements::Free, ..a }).collect()),
    }
}

/// Magnitudes at which squares over- or underflow in the middle of an algorithm that does not scale, with room for its constants.
pub(super) fn extreme(x: &[(f64, f64)], dtype: DType) -> bool {
    let largest = x.iter().fold(0.0, |m: f64, z| m.max(z.0.abs()).max(z.1.abs()));
    let (high, low) = if dtype.real() == DType::Float32 { (110, -105) } else { (1000, -950) };
    largest != 0.0 && (exponent(largest) > high || exponent(largest) < low)
}

fn quantity(name: &'static str, value: f64, bound: f64, text: String) -> Quantity {
    let of_bound = if value == 0.0 { 0.0 } else { value / bound };
    Quantity { name, of_bound, text }
}

/// The worst of a quantity over a stack; a NaN is the worst of all.
fn worst(all: Vec<Vec<Quantity>>) -> Vec<Quantity> {
    let mut out: Vec<Quantity> = vec![];
    for q in all.into_iter().flatten() {
        match out.iter_mut().find(|o| o.name == q.name) {
            Some(o) if o.of_bound.is_nan() || o.of_bound >= q.of_bound => {}
            Some(o) => *o = q,
            None => out.push(q),
        }
    }
    out
}

/// Matrix `i` of a stack of results, scaled.
fn matrix<F: Scalar>(x: &HostArray, i: usize, rows: usize, cols: usize, k: i32) -> Option<Matrix<F>> {
    let all = parts(x);
    let one = all.get(i * rows * cols..(i + 1) * rows * cols)?;
    Some(Matrix::new(rows, cols, one, x.dtype().is_complex(), k))
}

/// The exponent that brings the largest part close to 1.
fn scale_of(x: &[(f64, f64)]) -> i32 {
    let largest = x.iter().fold(0.0, |m: f64, z| m.max(z.0.abs()).max(z.1.abs()));
    if largest == 0.0 { 0 } else { -exponent(largest) }
}

fn orthonormality<F: Scalar>(q: &Matrix<F>, c: f64, eps: f64, what: &str) -> Quantity {
    let off = q.adjoint().times(q).minus_identity().norm();
    let bound = c * q.rows as f64 * eps * (q.cols as f64).sqrt();
    quantity("orthonormality", off, bound, format!("|{what}^H {what} - I|_F = {off:e}, bound {bound:e}"))
}

fn unreadable(names: &[&'static str]) -> Vec<Quantity> {
    names
        .iter()
        .map(|&name| Quantity { name, of_bound: f64::NAN, text: "the results do not have the shapes to judge them".into() })
        .collect()
}

/// Bounds, with `eps` the machine epsilon: `|x - U S Vh|_F <= c max(m, n) eps |x|_F`, `|U^H U - I|_F <= c m eps sqrt(columns)` and likewise
/// for `Vh`, `|S_i - s_i| <= c max(m, n) eps s_0`.
pub(super) fn svd(model: &Model, x: &HostArray, how: &Svd) -> Said {
    let Stack { m, n, ahead, count } = stack(x)?;
    let (dtype, k) = (x.dtype(), m.min(n));
    let shape = |last: &[usize]| -> Shape { ahead.iter().chain(last).copied().collect() };
    let (rows, cols) = if how.full_matrices { (m, n) } else { (k, k) };
    let shapes = [shape(&[m, rows]), shape(&[k]), shape(&[cols, n])];
    for s in &shapes {
        countable(s, dtype.size())?;
    }
    let build = |u: Elements, s: Elements, vh: Elements| {
        vec![array("U", dtype, &shapes[0], u), array("S", dtype.real(), &shapes[1], s), array("Vh", dtype, &shapes[2], vh)]
    };
    let values = parts(x);
    if let Some(bad) = non_finite(&values, count) {
        return Ok(spoiled(model, build(Elements::Free, Elements::Free, Elements::Free), &bad, |_, _| false));
    }
    if extreme(&values, dtype) {
        return Ok(Expect::Returns(build(Elements::Free, Elements::Free, Elements::Free)));
    }
    let job = SvdJob { values, m, n, rows, cols, count, c: model.limits.of(LinalgOp::Svd, dtype).value, dtype };
    // Above this size double-double takes too long, and Jacobi in float64 is still far below the bound.
    let small = m * n * k <= 8192;
    let judge = move |out: &[HostArray]| {
        let [u, s, vh] = out else { return unreadable(&["residual", "orthonormality", "order", "singular_values"]) };
        let one = |i| match (dtype.real() == DType::Float32, small) {
            (true, _) => job.one::<f64, f64>(i, u, s, vh),
            (_, true) => job.one::<Dd, Dd>(i, u, s, vh),
            _ => job.one::<Dd, f64>(i, u, s, vh),
        };
        let all: Option<Vec<_>> = (0..job.count).map(one).collect();
        all.map_or_else(|| unreadable(&["residual", "orthonormality", "order", "singular_values"]), worst)
    };
    Ok(Expect::Returns(build(Elements::Related(Arc::new(judge)), Elements::Free, Elements::Free)))
}

struct SvdJob {
    values: Vec<(f64, f64)>,
    m: usize,
    n: usize,
    rows: usize,
    cols: usize,
    count: usize,
    c: f64,
    dtype: DType,
}
impl SvdJob {
    fn one<F: Scalar, J: Scalar>(&self, i: usize, u: &HostArray, s: &HostArray, vh: &HostArray) -> Option<Vec<Quantity>> {
        let (m, n, k) = (self.m, self.n, self.m.min(self.n));
        let own = &self.values[i * m * n..(i + 1) * m * n];
        let scale = scale_of(own);
        let a: Matrix<F> = Matrix::new(m, n, own, self.dtype.is_complex(), scale);
        let (u, vh): (Matrix<F>, Matrix<F>) = (matrix(u, i, m, self.rows, 0)?, matrix(vh, i, self.cols, n, 0)?);
        let all = reals(s);
        let s = all.get(i * k..(i + 1) * k)?;
        let scaled: Vec<f64> = s.iter().map(|&v| super::dd::ldexp(v, scale)).collect();
        let eps = epsilon(self.dtype);
        let wide = m.max(n) as f64;
        let product = u.corner(m, k).scale_columns(&scaled.iter().map(|&v| F::from_f64(v)).collect::<Vec<_>>()).times(&vh.corner(k, n));
        let (residual, norm) = (product.minus(&a).norm(), a.norm());
        let bound = self.c * wide * eps * norm;
        let mut out =
            vec![quantity("residual", residual, bound, format!("|x - U S Vh|_F = {residual:e} |x|, bound {bound:e}, scaled by 2^{scale}"))];
        out.push(orthonormality(&u, self.c, eps, "U"));
        out.push(orthonormality(&vh.adjoint(), self.c, eps, "V"));
        let sorted = s.iter().all(|v| v.is_finite() && *v >= 0.0) && s.windows(2).all(|w| w[0] >= w[1]);
        let of_bound = if sorted { 0.0 } else { f64::INFINITY };
        out.push(Quantity { name: "order", of_bound, text: format!("S = {s:?}") });
        let exact = Matrix::<J>::new(m, n, own, self.dtype.is_complex(), scale).singular_values();
        let bound = self.c * wide * eps * exact.first().copied().unwrap_or(0.0);
        let off = scaled.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, |m: f64, d| if d > m || d.is_nan() { d } else { m });
        out.push(quantity("singular_values", off, bound, format!("max |S - s| = {off:e}, bound {bound:e}, scaled by 2^{scale}")));
        Some(out)
    }
}

/// Bounds as for `svd`; what is below the diagonal of `R` is 0.
pub(super) fn qr(model: &Model, x: &HostArray, how: &Qr) -> Said {
    let Stack { m, n, ahead, count } = stack(x)?;
    let dtype = x.dtype();
    let inner = match how.mode {
        QrMode::Reduced => m.min(n),
        QrMode::Complete => m,
    };
    let shape = |last: [usize; 2]| -> Shape { ahead.iter().chain(&last).copied().collect() };
    let shapes = [shape([m, inner]), shape([inner, n])];
    for s in &shapes {
        countable(s, dtype.size())?;
    }
    let build = |q: Elements| vec![array("Q", dtype, &shapes[0], q), array("R", dtype, &shapes[1], Elements::Free)];
    let values = parts(x);
    if let Some(bad) = non_finite(&values, count) {
        // What is below the diagonal of R is not computed.
        let below = |a: &ExpectArray, i: usize| a.name == "R" && i / n.max(1) > i % n.max(1);
        return Ok(spoiled(model, build(Elements::Free), &bad, below));
    }
    if extreme(&values, dtype) {
        return Ok(Expect::Returns(build(Elements::Free)));
    }
    let c = model.limits.of(LinalgOp::Qr, dtype).value;
    let names = ["residual", "orthonormality", "structure"];
    let judge = move |out: &[HostArray]| {
        let [q, r] = out else { return unreadable(&names) };
        let one = |i: usize| {
            let own = &values[i * m * n..(i + 1) * m * n];
            if dtype.real() == DType::Float32 {
                qr_one::<f64>(own, q, r, i, (m, n, inner), c, dtype)
            } else {
                qr_one::<Dd>(own, q, r, i, (m, n, inner), c, dtype)
            }
        };
        let all: Option<Vec<_>> = (0..count).map(one).collect();
        all.map_or_else(|| unreadable(&names), worst)
    };
    Ok(Expect::Returns(build(Elements::Related(Arc::new(judge)))))
}

fn qr_one<F: Scalar>(
    own: &[(f64, f64)],
    q: &HostArray,
    r: &HostArray,
    i: usize,
    (m, n, inner): (usize, usize, usize),
    c: f64,
    dtype: DType,
) -> Option<Vec<Quantity>> {
    let scale = scale_of(own);
    let a: Matrix<F> = Matrix::new(m, n, own, dtype.is_complex(), scale);
    let q: Matrix<F> = matrix(q, i, m, inner, 0)?;
    let r: Matrix<F> = matrix(r, i, inner, n, scale)?;
    let (eps, wide) = (epsilon(dtype), m.max(n) as f64);
    let (residual, bound) = (q.times(&r).minus(&a).norm(), c * wide * eps * a.norm());
    let of_bound = if r.is_upper() { 0.0 } else { f64::INFINITY };
    Some(vec![
        quantity("residual", residual, bound, format!("|x - Q R|_F = {residual:e}, bound {bound:e}, scaled by 2^{scale}")),
        orthonormality(&q, c, eps, "Q"),
        Quantity { name: "structure", of_bound, text: "zeros below the diagonal of R".into() },
    ])
}
