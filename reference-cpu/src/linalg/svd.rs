//! Singular value decomposition.
use super::{Field, Wide, balanced, field, nth, push, push_identity, stack, stacked, threads};
use crate::array::CpuArray;
use crate::memory;
use array_protocol::options::Svd;
use array_protocol::{Error, ErrorKind, LinalgOp, Result};
use faer::MatRef;
use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::svd::{ComputeSvdVectors, svd as decompose, svd_scratch};
use faer::mat::Mat;

const OP: LinalgOp = LinalgOp::Svd;

pub(crate) fn svd(x: &CpuArray, how: &Svd) -> Result<(CpuArray, CpuArray, CpuArray)> {
    let (_, _, _) = stack(OP, x.shape())?;
    field!(OP, x.dtype(), T => each::<T>(x, how.full_matrices))
}

fn each<T: Field>(x: &CpuArray, full: bool) -> Result<(CpuArray, CpuArray, CpuArray)> {
    let (count, m, n) = stack(OP, x.shape())?;
    let k = m.min(n);
    let (columns, rows) = if full { (m, n) } else { (k, k) };
    let (su, ss, sv) = (stacked(&count, &[m, columns]), stacked(&count, &[k]), stacked(&count, &[rows, n]));
    let mut u = memory::room::<T>(OP, memory::size(OP, &su)?)?;
    let mut s = memory::room::<T::Part>(OP, memory::size(OP, &ss)?)?;
    let mut vh = memory::room::<T>(OP, memory::size(OP, &sv)?)?;
    memory::probe::<T>(OP, m.saturating_mul(n).saturating_mul(4))?;
    let data = x.elements::<T>(OP)?;
    for i in 0..memory::size(OP, &count)? {
        if k == 0 {
            push_identity(&mut u, m, columns);
            push_identity(&mut vh, rows, n);
            continue;
        }
        match balanced(nth(&data, i, m * n)) {
            // Declared by `linalg_nonfinite`.
            None => {
                u.resize(u.len() + m * columns, T::NAN);
                s.resize(s.len() + k, T::NAN_PART);
                vh.resize(vh.len() + rows * n, T::NAN);
            }
            Some((matrix, e)) => {
                let (left, values, right) = decomposed(&matrix, [m, n, columns, rows])?;
                push(&mut u, left.as_ref(), |v| T::narrow(v, 0));
                s.extend((0..k).map(|i| T::part(values.column_vector()[i], e)));
                push(&mut vh, right.as_ref().transpose(), |v| T::narrow(v.conjugate(), 0));
            }
        }
    }
    Ok((CpuArray::new(su, u), CpuArray::new(ss, s), CpuArray::new(sv, vh)))
}

/// `U` with that many columns, `S`, and `V` with as many columns as `Vh` has rows.
fn decomposed<W: Wide>(matrix: &[W], [m, n, columns, rows]: [usize; 4]) -> Result<(Mat<W>, Diag<W>, Mat<W>)> {
    let k = m.min(n);
    let compute = if columns == m && rows == n { ComputeSvdVectors::Full } else { ComputeSvdVectors::Thin };
    let par = threads(m.saturating_mul(n).saturating_mul(k));
    let (mut left, mut right, mut values) = (Mat::zeros(m, columns), Mat::zeros(n, rows), Diag::zeros(k));
    let mut scratch = MemBuffer::new(svd_scratch::<W>(m, n, compute, compute, par, Default::default()));
    decompose(
        MatRef::from_row_major_slice(matrix, m, n),
        values.as_mut(),
        Some(left.as_mut()),
        Some(right.as_mut()),
        par,
        MemStack::new(&mut scratch),
        Default::default(),
    )
    .map_err(|_| Error::new(ErrorKind::NotConverged, OP).detail(format!("a matrix of {m} rows and {n} columns")))?;
    Ok((left, values, right))
}
