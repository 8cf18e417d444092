//! QR decomposition.
use super::reflections::Reflections;
use super::tall::{self, Tall};
use super::{Field, Results, Wide, balanced, field, identity, nth, stack, stacked};
use crate::array::CpuArray;
use crate::backend::Cpu;
use crate::memory::{self, Means, Store};
use array_protocol::options::{Qr, QrMode};
use array_protocol::{LinalgOp, Result};
use faer::{MatMut, MatRef};

const OP: LinalgOp = LinalgOp::Qr;

pub(crate) fn qr(b: &Cpu, x: &CpuArray, how: &Qr) -> Result<(CpuArray, CpuArray)> {
    let (_, _, _) = stack(OP, x.shape())?;
    field!(OP, x.dtype(), T => each::<T>(b, x, how.mode == QrMode::Complete))
}

fn each<T: Field>(b: &Cpu, x: &CpuArray, complete: bool) -> Result<(CpuArray, CpuArray)> {
    let (count, m, n) = stack(OP, x.shape())?;
    let k = m.min(n);
    let columns = if complete { m } else { k };
    let (sq, sr) = (stacked(&count, &[m, columns]), stacked(&count, &[columns, n]));
    let (size_q, size_r) = (memory::size(OP, &sq)?, memory::size(OP, &sr)?);
    memory::probe::<T>(OP, size_q.saturating_add(size_r))?;
    memory::probe::<T>(OP, m.saturating_mul(n.saturating_add(columns)).saturating_mul(2))?;
    let (with, mut q, mut r) = (b.means(), Results::new(size_q), Results::new(size_r));
    let data = x.elements::<T>(OP)?;
    for i in 0..memory::size(OP, &count)? {
        let (left, upper) = if k == 0 {
            // Without elements to factor, Q is the identity and R has none.
            (identity(OP, m, columns)?, Vec::new().into())
        } else if let Some((matrix, e)) = balanced(OP, b.simd(), nth(&data, i, m * n))? {
            let (left, upper) = decomposed(with, &matrix, m, n, complete)?;
            (T::narrowed(with, OP, left, 0)?, T::narrowed(with, OP, upper, e)?)
        } else {
            // Declared by `linalg_nonfinite`.
            (memory::filled(OP, m * columns, T::NAN)?.into(), memory::filled(OP, columns * n, T::NAN)?.into())
        };
        q.push(with, OP, left)?;
        r.push(with, OP, upper)?;
    }
    Ok((CpuArray::new(sq, q.finish()), CpuArray::new(sr, r.finish())))
}

/// `Q`, and `R` with as many rows as `Q` has columns, both in C order.
fn decomposed<W: Wide>(with: Means<'_>, matrix: &[W], m: usize, n: usize, complete: bool) -> Result<(Store<W>, Store<W>)> {
    if !complete
        && tall::suits(m, n)
        && let Some(factors) = Tall::new(with, OP, MatRef::from_row_major_slice(matrix, m, n))?
    {
        let mut r = Store::new(with, OP, n * n)?;
        MatMut::from_row_major_slice_mut(&mut r, n, n).copy_from(factors.r());
        return Ok((factors.q(), r));
    }
    let columns = if complete { m } else { m.min(n) };
    let reflections = Reflections::new(with, OP, matrix, m, n)?;
    Ok((reflections.q(with, OP, columns)?, reflections.r(with, OP, columns)?))
}
