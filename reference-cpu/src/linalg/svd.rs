//! Singular value decomposition.
use super::tall::{self, Tall};
use super::{Field, Results, SHARED, Wide, balanced, bidiagonal, dense, field, identity, nth, stack, stacked, threaded};
use crate::array::CpuArray;
use crate::backend::Cpu;
use crate::memory::{self, Means, Store, Workspace};
use array_protocol::options::Svd;
use array_protocol::{Error, ErrorKind, LinalgOp, Result};
use faer::diag::Diag;
use faer::dyn_stack::StackReq;
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch as scratch_of_reflections,
    apply_block_householder_sequence_on_the_left_in_place_with_conj as apply_reflections,
};
use faer::linalg::qr::no_pivoting::factor::recommended_block_size;
use faer::linalg::svd::bidiag::{bidiag_in_place, bidiag_in_place_scratch};
use faer::linalg::svd::{ComputeSvdVectors, svd as decompose, svd_scratch};
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Conj, MatMut, MatRef, Par};

const OP: LinalgOp = LinalgOp::Svd;
/// Columns from which on a matrix that is not tall is decomposed by our own products.
const DIVIDED: usize = 128;

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
    if m < n {
        // A^T = U S V^H gives A = conj(V) S U^T.
        let Factored { left, values, right } = dense_factors(with, a.transpose(), rows, columns)?;
        return Ok(Factored { left: right, values, right: left });
    }
    let (mut left, mut right) = (Store::<W>::new(with, OP, m * columns)?, Store::<W>::new(with, OP, n * rows)?);
    let (u, v) = (MatMut::from_column_major_slice_mut(&mut left, m, columns), MatMut::from_column_major_slice_mut(&mut right, n, rows));
    let work = m.saturating_mul(n).saturating_mul(n);
    // Beyond that faer decomposes the triangle of a QR decomposition.
    let divide = n >= DIVIDED && 6 * m <= 11 * n;
    let values = threaded(work, SHARED, |par| if divide { divided(with, a, u, v, par) } else { by_faer(with, a, u, v, par) })?;
    if !W::IS_REAL {
        right.iter_mut().for_each(|v| *v = v.conjugate());
    }
    Ok(Factored { left, values, right })
}

/// Writes `U` and `V`, and gives the singular values.
fn by_faer<W: Wide>(with: Means<'_>, a: MatRef<'_, W>, mut u: MatMut<'_, W>, mut v: MatMut<'_, W>, par: Par) -> Result<Diag<W>> {
    let (m, n) = (a.nrows(), a.ncols());
    let compute = if u.ncols() == m { ComputeSvdVectors::Full } else { ComputeSvdVectors::Thin };
    // As faer's own would be.
    u.fill(W::default());
    v.fill(W::default());
    let mut values = Diag::zeros(n);
    let mut workspace = Workspace::new(with, OP, svd_scratch::<W>(m, n, compute, compute, par, Default::default()))?;
    decompose(a, values.as_mut(), Some(u), Some(v), par, workspace.stack(), Default::default())
        .map_err(|_| Error::new(ErrorKind::NotConverged, OP).detail(format!("a matrix of {m} rows and {n} columns")))?;
    Ok(values)
}

/// The same for a matrix that is not tall: `A = Q B P^H` with a bidiagonal `B`, which is decomposed by [`bidiagonal`].
fn divided<W: Wide>(with: Means<'_>, a: MatRef<'_, W>, mut u: MatMut<'_, W>, mut v: MatMut<'_, W>, par: Par) -> Result<Diag<W>> {
    let (m, n) = (a.nrows(), a.ncols());
    let block = recommended_block_size::<W>(m, n);
    let (mut reflections, mut of_q, mut of_p) =
        (Store::<W>::new(with, OP, m * n)?, Store::<W>::new(with, OP, block * n)?, Store::<W>::new(with, OP, block * (n - 1))?);
    let (mut b, mut of_q, mut of_p) = (
        MatMut::from_column_major_slice_mut(&mut reflections, m, n),
        MatMut::from_column_major_slice_mut(&mut of_q, block, n),
        MatMut::from_column_major_slice_mut(&mut of_p, block, n - 1),
    );
    b.copy_from(a);
    let scratch =
        StackReq::any_of(&[bidiag_in_place_scratch::<W>(m, n, par, Default::default()), scratch_of_reflections::<W>(m, block, u.ncols())]);
    let mut workspace = Workspace::new(with, OP, scratch)?;
    bidiag_in_place(b.rb_mut(), of_q.rb_mut(), of_p.rb_mut(), par, workspace.stack(), Default::default());

    // B = L |B| C^H, where the diagonal matrices L and C turn the elements of real matrices round, and of complex ones to the real axis.
    let (mut diagonal, mut above) = (memory::room(OP, n)?, memory::room(OP, n - 1)?);
    let (mut of_rows, mut of_columns) = (memory::room(OP, n)?, memory::room(OP, n)?);
    let mut column = W::one_impl();
    for i in 0..n {
        let (size, direction) = polar(b[(i, i)]);
        // Of length 1 to the last digit: what the directions lack of it would be multiplied, from row to row.
        let (_, row) = polar(direction * column);
        diagonal.push(size);
        of_rows.push(row);
        of_columns.push(column);
        if i + 1 < n {
            let (size, direction) = polar(b[(i, i + 1)]);
            above.push(size);
            (_, column) = polar(direction.conjugate() * row);
        }
    }
    let inner = bidiagonal::decompose(with, OP, &diagonal, &above)?;

    u.fill(W::default());
    for (to, vectors, turns) in [(u.rb_mut(), &inner.u, &of_rows), (v.rb_mut(), &inner.v, &of_columns)] {
        let mut to = to.get_mut(..n, ..n);
        let from = MatRef::from_row_major_slice(vectors, n, n);
        for j in 0..n {
            for (i, turn) in turns.iter().enumerate() {
                to[(i, j)] = W::mul_real_impl(turn, &from[(i, j)]);
            }
        }
    }
    for i in n..u.ncols() {
        u[(i, i)] = W::one_impl();
    }
    apply_reflections(b.rb(), of_q.rb(), Conj::No, u, par, workspace.stack());
    // The reflections of P lie in the rows above the diagonal.
    for j in 1..n {
        for i in 0..j {
            b[(j, i)] = b[(i, j)];
        }
    }
    let rows = v.get_mut(1.., ..);
    apply_reflections(b.rb().get(1..n, ..n - 1), of_p.rb(), Conj::Yes, rows, par, workspace.stack());
    let mut values = Diag::zeros(n);
    values.column_vector_mut().iter_mut().zip(&inner.s).for_each(|(to, &s)| *to = W::from_real_impl(&s));
    Ok(values)
}

/// The absolute value, and the direction: 1 of 0.
fn polar<W: Wide>(x: W) -> (f64, W) {
    let size = W::abs_impl(&x);
    (size, if size > 0.0 { W::mul_real_impl(&x, &size.recip()) } else { W::one_impl() })
}
