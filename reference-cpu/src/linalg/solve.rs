//! Systems of linear equations.
use super::{Field, Results, Wide, balanced, field, lu, nth};
use crate::array::CpuArray;
use crate::backend::Cpu;
use crate::memory::{self, Means, Store};
use crate::promote::{converted, promoted};
use array_protocol::strided::{Layout, Systems, broadcast_to};
use array_protocol::{Error, ErrorKind, LinalgOp, Operand, Result, Shape};

const OP: LinalgOp = LinalgOp::Solve;

pub(crate) fn solve(b: &Cpu, x1: &CpuArray, x2: &CpuArray) -> Result<CpuArray> {
    let Systems { left, right, stack, n, k, shape } = Systems::new(x1.shape(), x2.shape())?;
    let dtype = promoted(OP, &[x1, x2])?;
    let (l1, l2) = (broadcast_to(&Layout::contiguous(left), &stack)?, broadcast_to(&Layout::contiguous(right), &stack)?);
    let (x1, x2) = (converted(OP, Operand::Array(x1), dtype)?, converted(OP, Operand::Array(x2), dtype)?);
    field!(OP, dtype, T => each::<T>(b.means(), (&x1, &l1), (&x2, &l2), [n, k], shape))
}

fn each<T: Field>(
    with: Means<'_>,
    (x1, l1): (&CpuArray, &Layout),
    (x2, l2): (&CpuArray, &Layout),
    [n, k]: [usize; 2],
    shape: Shape,
) -> Result<CpuArray> {
    let size = memory::size(OP, &shape)?;
    memory::probe::<T>(OP, size)?;
    let mut out = Results::new(size);
    memory::probe::<T>(OP, n.saturating_mul(n).saturating_mul(4))?;
    let (a, b) = (x1.elements::<T>(OP)?, x2.elements::<T>(OP)?);
    if n == 0 || size == 0 {
        // Matrices with elements may still be singular, but nothing is asked of them.
        return Ok(CpuArray::new(shape, out.finish()));
    }
    for (i, j) in l1.offsets().zip(l2.offsets()) {
        let (matrix, rhs) = (balanced(OP, with.simd, nth(&a, i, n * n))?, balanced(OP, with.simd, nth(&b, j, n * k))?);
        let (Some((matrix, ea)), Some((rhs, eb))) = (matrix, rhs) else {
            // Declared by `linalg_nonfinite`.
            out.push(with, OP, memory::filled(OP, n * k, T::NAN)?.into())?;
            continue;
        };
        let singular = || Error::new(ErrorKind::Singular, OP).shapes(&[x1.shape()]);
        let solution = if n <= SMALL {
            eliminated(matrix.into_owned(), rhs.into_owned(), n, k).map(Store::from)
        } else {
            lu::solved(with, OP, &matrix, &rhs, n, k)?
        };
        let solution = T::narrowed(with, OP, solution.ok_or_else(singular)?, eb - ea)?;
        out.push(with, OP, solution)?;
    }
    Ok(CpuArray::new(shape, out.finish()))
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
