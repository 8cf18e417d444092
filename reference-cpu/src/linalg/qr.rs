//! QR decomposition.
use super::tall::{self, Tall};
use super::{Field, Wide, append, balanced, dense, field, identity, nth, stack, stacked, threads};
use crate::array::CpuArray;
use crate::backend::Cpu;
use crate::memory;
use array_protocol::options::{Qr, QrMode};
use array_protocol::{LinalgOp, Result};
use faer::MatRef;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::householder;
use faer::linalg::qr::no_pivoting::factor::{qr_in_place, qr_in_place_scratch, recommended_block_size};
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
    let (k, columns) = (m.min(n), if complete { m } else { m.min(n) });
    let (block, par) = (recommended_block_size::<W>(m, n), threads(m.saturating_mul(n).saturating_mul(k)));
    let (mut factors, mut coefficients, mut q) = (a.to_owned(), Mat::zeros(block, k), Mat::identity(m, columns));
    let scratch = qr_in_place_scratch::<W>(m, n, block, par, Default::default())
        .or(householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<W>(m, block, columns));
    let mut scratch = MemBuffer::new(scratch);
    qr_in_place(factors.as_mut(), coefficients.as_mut(), par, MemStack::new(&mut scratch), Default::default());
    householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
        factors.subcols(0, k),
        coefficients.as_ref(),
        faer::Conj::No,
        q.as_mut(),
        par,
        MemStack::new(&mut scratch),
    );
    let r = Mat::from_fn(columns, n, |i, j| if i <= j && i < k { factors[(i, j)] } else { W::zero_impl() });
    let mut out = memory::filled(OP, m * columns, W::default())?;
    faer::MatMut::from_row_major_slice_mut(&mut out, m, columns).copy_from(&q);
    Ok((out, r))
}
