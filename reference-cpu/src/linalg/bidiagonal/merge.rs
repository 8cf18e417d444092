//! Two halves and the row between them.
use super::Factors;
use super::secular::{Root, root};
use crate::linalg::product;
use crate::memory::{self, Means, Store};
use array_protocol::{LinalgOp, Result};

/// Values that are the same, relative to their size.
const CLOSE: f64 = 2.0 * f64::EPSILON;
/// Rows of the small matrix that one task makes.
const ROWS: usize = 16;

/// A rotation of two vectors, by which one of two equal singular values has nothing to do with the row any more.
struct Rotation {
    gone: usize,
    kept: usize,
    cos: f64,
    sin: f64,
}

/// The diagonal `d` with the row `z` at its 0, in the order of the vectors: of the row, of the first half, of the second.
struct Arrow {
    d: Vec<f64>,
    z: Vec<f64>,
    /// What has to do with the row, `d` ascending.
    kept: Vec<usize>,
    /// What has not: `d` is a singular value, and its vectors are those that there are.
    gone: Vec<usize>,
    rotations: Vec<Rotation>,
}

impl Arrow {
    /// Leaves aside what is within rounding of having nothing to do with the row. Rounding of what an element is made of: of `beside`, the
    /// largest that the row has in the matrix, and of the values that are nearly the same. LAPACK takes that of the largest of all, which may
    /// cost much smaller ones more of their digits.
    fn new(mut d: Vec<f64>, mut z: Vec<f64>, beside: f64, largest: f64) -> Arrow {
        // So that squares of squares do not underflow.
        const LEAST: f64 = 1e-40;
        let tolerance = f64::EPSILON * beside.max(LEAST * largest);
        // The row itself always has, unless all is 0.
        let (mut kept, mut gone) = if largest > 0.0 { (vec![0], vec![]) } else { (vec![], vec![0]) };
        let mut rotations = vec![];
        let mut order: Vec<usize> = (1..d.len()).collect();
        order.sort_by(|&i, &j| d[i].total_cmp(&d[j]));
        if z[0].abs() <= tolerance {
            z[0] = tolerance;
        }
        for j in order {
            if z[j].abs() <= tolerance {
                gone.push(j);
                continue;
            }
            if let [_, .., p] = kept[..]
                && d[j] - d[p] <= tolerance.max(CLOSE * d[j])
            {
                let both = z[j].hypot(z[p]);
                rotations.push(Rotation { gone: p, kept: j, cos: z[j] / both, sin: z[p] / both });
                (z[j], z[p]) = (both, 0.0);
                kept.pop();
                gone.push(p);
            }
            kept.push(j);
        }
        // The 0 is a pole too.
        if let Some(&j) = kept.get(1) {
            d[j] = d[j].max(tolerance / 2.0);
        }
        Arrow { d, z, kept, gone, rotations }
    }

    /// Brings a vector back to the order and the directions before the rotations.
    fn turn_back(&self, vector: &mut [f64]) {
        for r in self.rotations.iter().rev() {
            let (gone, kept) = (vector[r.gone], vector[r.kept]);
            vector[r.gone] = r.cos * gone + r.sin * kept;
            vector[r.kept] = r.cos * kept - r.sin * gone;
        }
    }
}

/// The factors of `[first, 0; alpha, beta; 0, second]`: `alpha` is below the last column of the first, `beta` above the first column of the second.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn merge(with: Means<'_>, op: LinalgOp, first: &Factors, second: &Factors, alpha: f64, beta: f64) -> Result<Factors> {
    let (above, below, extra) = (first.rows(), second.rows(), second.extra);
    let n = above + 1 + below;
    let (before, behind, columns) = (first.columns(), second.columns(), n + extra);
    // The row in the basis of both. What the halves map to 0 is turned so that one vector takes part.
    let (left, right) = (&first.v[above * before..], &second.v[..behind]);
    let (to_left, to_right) = (alpha * left[above], if extra == 1 { beta * right[below] } else { 0.0 });
    let both = to_left.hypot(to_right);
    let (cos, sin) = if both == 0.0 { (1.0, 0.0) } else { (to_left / both, to_right / both) };
    let mut d = memory::room(op, n)?;
    d.push(0.0);
    d.extend(first.s.iter().chain(&second.s));
    let mut z = memory::room(op, n)?;
    z.push(both);
    z.extend(left[..above].iter().map(|v| alpha * v).chain(right[..below].iter().map(|v| beta * v)));
    let beside = alpha.abs().max(beta.abs());
    let largest = d.iter().fold(beside, |max, &x| max.max(x));
    let arrow = Arrow::new(d, z, beside, largest);

    let (small, s) = vectors(with, op, &arrow)?;
    // The vectors of the whole, one in each row: u between, in the first half, in the second, then v, where the one of the row is in both.
    let (u_first, u_second, v_first) = (1, 1 + above, n);
    let v_second = v_first + before;
    let width = v_second + behind;
    let mut parts = Store::<f64>::new(with, op, columns * width)?;
    memory::parts(&mut parts, ROWS * width, n >= super::SHARED, &|task, rows| {
        for (i, to) in rows.chunks_mut(width).enumerate().map(|(i, to)| (task * ROWS + i, to)) {
            let (u, v) = to.split_at_mut(n);
            let (v_left, v_right) = v.split_at_mut(before);
            if i == n {
                // What the whole maps to 0.
                v_left.fill(0.0);
                v_right.fill(0.0);
                (v_left[above], v_right[below]) = (-sin, cos);
                continue;
            }
            small.write(&arrow, i, u, |v| {
                v_left[..above].copy_from_slice(&v[1..=above]);
                v_right[..below].copy_from_slice(&v[1 + above..]);
                v_left[above] = cos * v[0];
                if extra == 1 {
                    v_right[below] = sin * v[0];
                }
            });
        }
    });
    let (mut u, mut v) = (Store::new(with, op, n * n)?, Store::new(with, op, columns * columns)?);
    let times = |a: &[f64], depth: usize, start: usize, count: usize, c: &mut [f64]| {
        product::by_rows(with, op, (a, depth), (&parts[start..], width, count), c)
    };
    let (top, rest) = u.split_at_mut(above * n);
    let (row, bottom) = rest.split_at_mut(n);
    times(&first.u, above, u_first, n, top)?;
    row.iter_mut().zip(parts.chunks(width)).for_each(|(to, from)| *to = from[0]);
    times(&second.u, below, u_second, n, bottom)?;
    let (top, bottom) = v.split_at_mut(before * columns);
    times(&first.v, before, v_first, columns, top)?;
    times(&second.v, behind, v_second, columns, bottom)?;
    Ok(Factors { s, u, v, extra })
}

/// The singular vectors of an arrow, to be written one by one.
struct Vectors {
    /// For each, in descending order of its value: the root, or what is gone.
    which: Vec<std::result::Result<Root, usize>>,
    d: Vec<f64>,
    /// The row of which the roots are exact.
    z: Vec<f64>,
}

impl Vectors {
    /// Writes vector `i`: the one on the left, and the one on the right by `f`.
    fn write(&self, arrow: &Arrow, i: usize, u: &mut [f64], f: impl FnOnce(&[f64])) {
        let mut v = vec![0.0; u.len()];
        u.fill(0.0);
        match self.which[i] {
            Err(j) => (u[j], v[j]) = (1.0, 1.0),
            Ok(root) => {
                let x = root.value(&self.d);
                let (mut of_u, mut of_v) = (0.0, 0.0);
                for ((&j, &d), &z) in arrow.kept.iter().zip(&self.d).zip(&self.z) {
                    let right = z / (root.below(&self.d, d) * (d + x));
                    let left = if j == 0 { -1.0 } else { d * right };
                    (u[j], v[j]) = (left, right);
                    of_u += left * left;
                    of_v += right * right;
                }
                let (of_u, of_v) = (1.0 / of_u.sqrt(), 1.0 / of_v.sqrt());
                u.iter_mut().for_each(|u| *u *= of_u);
                v.iter_mut().for_each(|v| *v *= of_v);
            }
        }
        arrow.turn_back(u);
        arrow.turn_back(&mut v);
        f(&v);
    }
}

/// The vectors of an arrow, and its singular values in descending order.
///
/// # Errors
/// `OutOfMemory`.
fn vectors(with: Means<'_>, op: LinalgOp, arrow: &Arrow) -> Result<(Vectors, Vec<f64>)> {
    let d: Vec<f64> = arrow.kept.iter().map(|&j| arrow.d[j]).collect();
    let given: Vec<f64> = arrow.kept.iter().map(|&j| arrow.z[j]).collect();
    let squares: Vec<f64> = given.iter().map(|z| z * z).collect();
    let count = d.len();
    let roots = memory::each(op, count, 8 * count, &|i| {
        with.simd.run(
            #[inline(always)]
            || root(&d, &squares, i),
        )
    })?;
    // Of what row these are the roots to the last digit (Loewner): vectors by it are orthogonal, whatever the roots are worth.
    let z = memory::each(op, count, count, &|j| {
        let mut square = 1.0;
        for (i, root) in roots.iter().enumerate() {
            let over = -root.below(&d, d[j]) * (d[j] + root.value(&d));
            let pole = d[if i < j { i } else { i + 1 }.min(count - 1)];
            square *= if i + 1 == count { over } else { over / ((pole - d[j]) * (pole + d[j])) };
        }
        square.abs().sqrt().copysign(given[j])
    })?;
    let gone = arrow.gone.iter().map(|&j| (arrow.d[j], Err(j)));
    let mut which: Vec<_> = roots.iter().map(|&r| (r.value(&d), Ok(r))).chain(gone).collect();
    which.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (s, which) = which.into_iter().unzip();
    Ok((Vectors { which, d, z }, s))
}
