//! Singular value decomposition.
use super::tall::{self, Tall};
use super::{Field, Results, SHARED, Wide, balanced, dense, field, identity, nth, stack, stacked, threaded};
use crate::array::CpuArray;
use crate::backend::Cpu;
use crate::memory::{self, Means, Store, Workspace};
use array_protocol::options::Svd;
use array_protocol::{Error, ErrorKind, LinalgOp, Result};
use faer::diag::Diag;
use faer::linalg::svd::{ComputeSvdVectors, svd as decompose, svd_scratch};
use faer::{MatMut, MatRef};

const OP: LinalgOp = LinalgOp::Svd;

pub(crate) fn svd(b: &Cpu, x: &CpuArray, how: &Svd) -> Result<(CpuArray, CpuArray, CpuArray)> {
    let (_, _, _) = stack(OP, x.shape())?;
    field!(OP, x.dtype(), T => each::<T>(b, x, how.full_matrices))
}

fn each<T: Field>(b: &Cpu, x: &CpuArray, full: bool) -> Result<(CpuArray, CpuArray, CpuArray)> {
    let (count, m, n) = stack(OP, x.shape())?;
    let k = m.min(n);
    let (columns, rows) = if full { (m, n) } else { (k, k) };
    let (su, ss, sv) = (stacked(&count, &[m, columns]), stacked(&count, &[k]), stacked(&count, &[rows, n]));
    let (size_u, size_v) = (memory::size(OP, &su)?, memory::size(OP, &sv)?);
    memory::probe::<T>(OP, size_u.saturating_add(size_v))?;
    memory::probe::<T>(OP, m.saturating_mul(n).saturating_mul(4))?;
    let (with, mut u, mut vh) = (b.means(), Results::new(size_u), Results::new(size_v));
    let mut s = memory::room::<T::Part>(OP, memory::size(OP, &ss)?)?;
    let data = x.elements::<T>(OP)?;
    for i in 0..memory::size(OP, &count)? {
        let (left, right) = if k == 0 {
            (identity(OP, m, columns)?, identity(OP, rows, n)?)
        } else if let Some((matrix, e)) = balanced(OP, b.simd(), nth(&data, i, m * n))? {
            let (left, values, right) = decomposed::<T>(with, &matrix, [m, n, columns, rows])?;
            s.extend((0..k).map(|i| T::part(values.column_vector()[i], e)));
            (left, right)
        } else {
            // Declared by `linalg_nonfinite`.
            s.resize(s.len() + k, T::NAN_PART);
            (memory::filled(OP, m * columns, T::NAN)?.into(), memory::filled(OP, rows * n, T::NAN)?.into())
        };
        u.push(with, OP, left)?;
        vh.push(with, OP, right)?;
    }
    Ok((CpuArray::new(su, u.finish()), CpuArray::new(ss, s), CpuArray::new(sv, vh.finish())))
}

/// `U`, `S` and `Vh` of one matrix.
type Factors<T> = (Store<T>, Diag<<T as Field>::Wide>, Store<T>);

/// `U` with that many columns, `S`, and `Vh` with that many rows.
fn decomposed<T: Field>(with: Means<'_>, matrix: &[T::Wide], [m, n, columns, rows]: [usize; 4]) -> Result<Factors<T>> {
    let a = MatRef::from_row_major_slice(matrix, m, n);
    let reduced = columns == rows;
    if reduced
        && tall::suits(m, n)
        && let Some(basis) = Tall::new(with, OP, a)?
    {
        // A = Q R, and R = u S v^H gives A = (Q u) S v^H.
        let Factored { left, values, right } = dense_factors(with, basis.r().as_ref(), n, n)?;
        let left = basis.times(MatRef::from_column_major_slice(&left, n, n));
        return Ok((T::narrowed(with, OP, left, 0)?, values, dense(with, OP, MatRef::from_row_major_slice(&right, n, n), 0)?));
    }
    if reduced
        && tall::suits(n, m)
        && let Some(basis) = Tall::new(with, OP, a.transpose())?
    {
        // A^T = (Q u) S v^H gives A = conj(v) S (Q u)^T.
        let Factored { left, values, right } = dense_factors(with, basis.r().as_ref(), m, m)?;
        let rows = basis.times(MatRef::from_column_major_slice(&left, m, m));
        let left = dense(with, OP, MatRef::from_column_major_slice(&right, m, m), 0)?;
        return Ok((left, values, dense(with, OP, MatRef::from_column_major_slice(&rows, m, n), 0)?));
    }
    let Factored { left, values, right } = dense_factors(with, a, columns, rows)?;
    let left = dense(with, OP, MatRef::from_column_major_slice(&left, m, columns), 0)?;
    Ok((left, values, T::narrowed(with, OP, right, 0)?))
}

/// What a decomposition gives, column by column.
struct Factored<W: Wide> {
    left: Store<W>,
    values: Diag<W>,
    /// The conjugate of `V`: row by row, it is `Vh`.
    right: Store<W>,
}

/// `U` with that many columns, `S`, and `V` with as many columns as `Vh` has rows.
fn dense_factors<W: Wide>(with: Means<'_>, a: MatRef<'_, W>, columns: usize, rows: usize) -> Result<Factored<W>> {
    let (m, n) = (a.nrows(), a.ncols());
    let k = m.min(n);
    let compute = if columns == m && rows == n { ComputeSvdVectors::Full } else { ComputeSvdVectors::Thin };
    let (mut left, mut right) = (Store::<W>::new(with, OP, m * columns)?, Store::<W>::new(with, OP, n * rows)?);
    // As faer's own would be.
    left.fill(W::default());
    right.fill(W::default());
    let mut values = Diag::zeros(k);
    let (u, v) = (MatMut::from_column_major_slice_mut(&mut left, m, columns), MatMut::from_column_major_slice_mut(&mut right, n, rows));
    let s = values.as_mut();
    threaded(m.saturating_mul(n).saturating_mul(k), SHARED, |par| {
        let mut workspace = Workspace::new(with, OP, svd_scratch::<W>(m, n, compute, compute, par, Default::default()))?;
        decompose(a, s, Some(u), Some(v), par, workspace.stack(), Default::default())
            .map_err(|_| Error::new(ErrorKind::NotConverged, OP).detail(format!("a matrix of {m} rows and {n} columns")))
    })?;
    if !W::IS_REAL {
        right.iter_mut().for_each(|v| *v = v.conjugate());
    }
    Ok(Factored { left, values, right })
}
