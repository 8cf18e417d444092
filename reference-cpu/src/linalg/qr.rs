//! QR decomposition.
use super::reflections::Reflections;
use super::tall::{self, Tall};
use super::{Field, Wide, append, balanced, dense, field, identity, nth, stack, stacked};
use crate::array::CpuArray;
use crate::backend::Cpu;
use crate::memory;
use array_protocol::options::{Qr, QrMode};
use array_protocol::{LinalgOp, Result};
use faer::MatRef;
use faer::mat::Mat;

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
    let (mut q, mut r) = (Vec::new(), Vec::new());
    let data = x.elements::<T>(OP)?;
    for i in 0..memory::size(OP, &count)? {
        let (left, upper) = if k == 0 {
            // Without elements to factor, Q is the identity and R has none.
            (identity(OP, m, columns)?, Vec::new())
        } else if let Some((matrix, e)) = balanced(OP, b.simd(), nth(&data, i, m * n))? {
            let (left, upper) = decomposed(&matrix, m, n, complete)?;
            (T::narrowed(OP, left, 0)?, dense(OP, upper.as_ref(), e)?)
        } else {
            // Declared by `linalg_nonfinite`.
            (memory::filled(OP, m * columns, T::NAN)?, memory::filled(OP, columns * n, T::NAN)?)
        };
        append(OP, &mut q, size_q, left)?;
        append(OP, &mut r, size_r, upper)?;
    }
    Ok((CpuArray::new(sq, q), CpuArray::new(sr, r)))
}

/// `Q` in C order, and `R` with as many rows as `Q` has columns.
fn decomposed<W: Wide>(matrix: &[W], m: usize, n: usize, complete: bool) -> Result<(Vec<W>, Mat<W>)> {
    let a = MatRef::from_row_major_slice(matrix, m, n);
    if !complete
        && tall::suits(m, n)
        && let Some(factors) = Tall::new(OP, a)?
    {
        let r = factors.r();
        return Ok((factors.q(), r));
    }
    let columns = if complete { m } else { m.min(n) };
    let reflections = Reflections::new(a);
    let mut q = memory::filled(OP, m * columns, W::default())?;
    faer::MatMut::from_row_major_slice_mut(&mut q, m, columns).copy_from(reflections.q(columns));
    Ok((q, reflections.r(columns)))
}
