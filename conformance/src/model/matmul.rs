//! Matrix products.
use super::allow::{below, exactly, limits_of, roundoff, settle, unit, within, within_disc};
use super::dd::{Dd, two_prod};
use super::expect::{Allowed, Elements, Expect};
use super::number::{Int, integers, parts, reals};
use super::promote::{common, convert};
use super::shapes::{broadcast, countable, spread};
use super::{Model, Said, fails_any, one};
use array_protocol::{DType, ErrorKind, HostArray, LinalgOp, Shape, dispatch_dtype};

/// Rows, columns and terms of one product, and where the matrices of the stacks start.
struct Plan {
    m: usize,
    n: usize,
    k: usize,
    starts: Vec<(usize, usize)>,
    shape: Vec<usize>,
}

fn plan(a: &[usize], b: &[usize]) -> Option<Plan> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    // A vector is one row on the left, one column on the right; that axis is gone from the result.
    let (left, right) = (a.len() == 1, b.len() == 1);
    let (m, k) = if left { (1, a[0]) } else { (a[a.len() - 2], a[a.len() - 1]) };
    let (l, n) = if right { (b[0], 1) } else { (b[b.len() - 2], b[b.len() - 1]) };
    if k != l {
        return None;
    }
    let stack = |s: &[usize]| s[..s.len().saturating_sub(2)].to_vec();
    let (sa, sb) = (stack(a), stack(b));
    let mut shape = broadcast(&[&sa, &sb])?;
    let starts = spread(&sa, &shape).into_iter().map(|i| i * m * k).zip(spread(&sb, &shape).into_iter().map(|i| i * k * n)).collect();
    if !left {
        shape.push(m);
    }
    if !right {
        shape.push(n);
    }
    Some(Plan { m, n, k, starts, shape })
}

impl Plan {
    /// Each element of the result as its pairs of positions.
    fn map<T>(&self, mut f: impl FnMut(&mut dyn Iterator<Item = (usize, usize)>) -> T) -> Vec<T> {
        let mut out = Vec::with_capacity(self.starts.len() * self.m * self.n);
        for &(a, b) in &self.starts {
            for i in 0..self.m {
                for j in 0..self.n {
                    out.push(f(&mut (0..self.k).map(|l| (a + i * self.k + l, b + l * self.n + j))));
                }
            }
        }
        out
    }
}

/// `|out - exact| <= c (k + 1) u (|A| |B|)` element by element; complex: three times that, for the modulus.
pub(super) fn matmul(model: &Model, x1: &HostArray, x2: &HostArray) -> Said {
    let mut kinds = vec![];
    let dtype = match common(&[x1.dtype(), x2.dtype()]) {
        Ok(d) if d != DType::Bool => Some(d),
        Err(Expect::Unspecified) => return Err(Expect::Unspecified),
        _ => None,
    };
    let plan = plan(x1.shape(), x2.shape());
    if dtype.is_none() {
        kinds.push(ErrorKind::Dtype);
    }
    if plan.is_none() {
        kinds.push(ErrorKind::Shape);
    }
    let (Some(dtype), Some(plan)) = (dtype, plan) else { return Err(fails_any(&kinds)) };
    countable(&plan.shape, dtype.size())?;
    let (a, b) = (convert(x1, dtype)?, convert(x2, dtype)?);
    let shape = Shape::from(&plan.shape[..]);
    let c = model.limits.of(LinalgOp::Matmul, dtype).value;
    let elements = if dtype.is_integer() {
        let (a, b) = (integers(&a), integers(&b));
        let out = plan.map(|pairs| pairs.fold(0i128, |s, (i, j)| s.wrapping_add(a[i].wrapping_mul(b[j]))));
        dispatch_dtype!(
            dtype, in [i8, i16, i32, i64, u8, u16, u32, u64],
            T => settle(&shape, &out.into_iter().map(T::wrap).collect::<Vec<T>>(), vec![]),
            else => Elements::Free
        )
    } else if dtype.is_complex() {
        let (a, b) = (parts(&a), parts(&b));
        Elements::Each(plan.map(|pairs| complex(pairs, &a, &b, dtype, c)))
    } else {
        let (a, b) = (reals(&a), reals(&b));
        Elements::Each(plan.map(|pairs| real(pairs, &a, &b, dtype, c)))
    };
    Ok(one(dtype, &shape, elements))
}

fn real(pairs: &mut dyn Iterator<Item = (usize, usize)>, a: &[f64], b: &[f64], dtype: DType, c: f64) -> Allowed {
    let single = dtype == DType::Float32;
    let (mut sum, mut magnitude, mut k, mut special) = (Dd::ZERO, 0.0, 0usize, 0.0);
    for (i, j) in pairs {
        k += 1;
        if !(a[i].is_finite() && b[j].is_finite()) {
            // NaN and infinities combine as in any order of the sum.
            special += a[i] * b[j];
            continue;
        }
        magnitude += (a[i] * b[j]).abs();
        // Products of float32 are exact in float64, and sums of them far better than needed.
        sum = if single { Dd::new(sum.hi + a[i] * b[j]) } else { sum + two_prod(a[i], b[j]) };
    }
    if special.is_nan() {
        return Allowed::Nan;
    }
    if !below(magnitude, limits_of(dtype).0 / 2.0) {
        return Allowed::Anything;
    }
    if special != 0.0 {
        return exactly(dtype, special);
    }
    within(sum, c * (k + 1) as f64 * roundoff(dtype) * magnitude + k as f64 * unit(dtype, 0.0))
}

fn complex(pairs: &mut dyn Iterator<Item = (usize, usize)>, a: &[(f64, f64)], b: &[(f64, f64)], dtype: DType, c: f64) -> Allowed {
    let (mut re, mut im, mut magnitude, mut k) = (Dd::ZERO, Dd::ZERO, 0.0, 0usize);
    for (i, j) in pairs {
        k += 1;
        let (x, y) = (a[i], b[j]);
        re = re + two_prod(x.0, y.0) - two_prod(x.1, y.1);
        im = im + two_prod(x.0, y.1) + two_prod(x.1, y.0);
        magnitude += x.0.hypot(x.1) * y.0.hypot(y.1);
    }
    let real = dtype.real();
    // NaN and infinities leave the element open.
    if !below(magnitude, limits_of(real).0 / 4.0) {
        return Allowed::Anything;
    }
    let abs = 3.0 * c * (k + 1) as f64 * roundoff(real) * magnitude + 2.0 * k as f64 * unit(real, 0.0);
    within_disc(re, im, abs, c)
}
