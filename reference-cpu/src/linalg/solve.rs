//! Systems of linear equations.
use super::{Field, Wide, balanced, field, nth, push, stack, stacked};
use crate::array::CpuArray;
use crate::layout::Layout;
use crate::memory;
use crate::promote::{converted, promoted};
use array_protocol::{Error, ErrorKind, LinalgOp, Operand, Result, Shape};
use faer::MatRef;
use faer::linalg::solvers::Solve;
use faer::mat::Mat;

const OP: LinalgOp = LinalgOp::Solve;

pub(crate) fn solve(x1: &CpuArray, x2: &CpuArray) -> Result<CpuArray> {
    let wrong = || Error::new(ErrorKind::Shape, OP).shapes(&[x1.shape(), x2.shape()]);
    let (s1, n, columns) = stack(OP, x1.shape())?;
    // A right-hand side is a vector only if it has one axis.
    let (s2, rows, k) = match &**x2.shape() {
        [rows] => (Shape::scalar(), *rows, None),
        [s2 @ .., rows, k] => (Shape::from(s2), *rows, Some(*k)),
        [] => return Err(wrong()),
    };
    if n != columns || n != rows {
        return Err(wrong());
    }
    let count = s1.broadcast(&s2).ok_or_else(wrong)?;
    let dtype = promoted(OP, &[x1, x2])?;
    let shape = match k {
        None => stacked(&count, &[n]),
        Some(k) => stacked(&count, &[n, k]),
    };
    let (l1, l2) =
        (Layout::contiguous(s1).broadcast_to(&count).ok_or_else(wrong)?, Layout::contiguous(s2).broadcast_to(&count).ok_or_else(wrong)?);
    let (a, b) = (converted(OP, Operand::Array(x1), dtype)?, converted(OP, Operand::Array(x2), dtype)?);
    field!(OP, dtype, T => each::<T>((&a, &l1), (&b, &l2), n, k.unwrap_or(1), shape))
}

fn each<T: Field>((x1, l1): (&CpuArray, &Layout), (x2, l2): (&CpuArray, &Layout), n: usize, k: usize, shape: Shape) -> Result<CpuArray> {
    let size = memory::size(OP, &shape)?;
    let mut out = memory::room::<T>(OP, size)?;
    memory::probe::<T>(OP, n.saturating_mul(n).saturating_mul(4))?;
    let (a, b) = (x1.elements::<T>(OP)?, x2.elements::<T>(OP)?);
    if n == 0 || size == 0 {
        // Matrices with elements may still be singular, but nothing is asked of them.
        return Ok(CpuArray::new(shape, out));
    }
    for (i, j) in l1.offsets().zip(l2.offsets()) {
        let (Some((matrix, ea)), Some((rhs, eb))) = (balanced(nth(&a, i, n * n)), balanced(nth(&b, j, n * k))) else {
            // Declared by `linalg_nonfinite`.
            out.resize(out.len() + n * k, T::NAN);
            continue;
        };
        let singular = || Error::new(ErrorKind::Singular, OP).shapes(&[x1.shape()]);
        if n <= SMALL {
            let solution = eliminated(matrix, rhs, n, k).ok_or_else(singular)?;
            out.extend(solution.into_iter().map(|v| T::narrow(v, eb - ea)));
        } else {
            let solution = factored(&matrix, &rhs, n, k).ok_or_else(singular)?;
            push(&mut out, solution.as_ref(), |v| T::narrow(v, eb - ea));
        }
    }
    Ok(CpuArray::new(shape, out))
}

/// Up to this order the plain algorithm is as fast. It divides by pivots where others multiply with their reciprocals, so that of two
/// equal rows nothing is left.
const SMALL: usize = 48;

/// The solution by elimination with row exchanges; `None`: there is no pivot left.
fn eliminated<W: Wide>(mut a: Vec<W>, mut b: Vec<W>, n: usize, k: usize) -> Option<Vec<W>> {
    for p in 0..n {
        let pivot = (p..n).max_by(|&i, &j| a[i * n + p].magnitude().total_cmp(&a[j * n + p].magnitude()))?;
        if !a[pivot * n + p].usable() {
            return None;
        }
        for (m, width) in [(&mut a, n), (&mut b, k)] {
            (0..width).for_each(|j| m.swap(p * width + j, pivot * width + j));
        }
        for i in p + 1..n {
            let factor = a[i * n + p].over(a[p * n + p]);
            for (m, width, from) in [(&mut a, n, p + 1), (&mut b, k, 0)] {
                let (above, below) = m.split_at_mut(i * width);
                let (above, below) = (&above[p * width..(p + 1) * width], &mut below[..width]);
                below.iter_mut().zip(above).skip(from).for_each(|(x, &u)| *x = x.less(factor, u));
            }
        }
    }
    for p in (0..n).rev() {
        let (above, below) = b.split_at_mut((p + 1) * k);
        let row = &mut above[p * k..];
        for (i, x) in below.chunks(k).enumerate() {
            let factor = a[p * n + p + 1 + i];
            row.iter_mut().zip(x).for_each(|(r, &x)| *r = r.less(factor, x));
        }
        row.iter_mut().for_each(|r| *r = r.over(a[p * n + p]));
    }
    Some(b)
}

/// The same for large matrices.
fn factored<W: Wide>(matrix: &[W], rhs: &[W], n: usize, k: usize) -> Option<Mat<W>> {
    let factors = MatRef::from_row_major_slice(matrix, n, n).partial_piv_lu();
    let pivots = factors.U();
    // A pivot of 0 makes what follows it infinite or NaN.
    (0..n).all(|p| pivots[(p, p)].usable()).then(|| factors.solve(MatRef::from_row_major_slice(rhs, n, k)))
}
