//! QR decomposition.
use super::{Field, Wide, balanced, field, nth, push, push_identity, stack, stacked};
use crate::array::CpuArray;
use crate::memory;
use array_protocol::options::{Qr, QrMode};
use array_protocol::{LinalgOp, Result};
use faer::MatRef;
use faer::mat::Mat;

const OP: LinalgOp = LinalgOp::Qr;

pub(crate) fn qr(x: &CpuArray, how: &Qr) -> Result<(CpuArray, CpuArray)> {
    let (_, _, _) = stack(OP, x.shape())?;
    field!(OP, x.dtype(), T => each::<T>(x, how.mode == QrMode::Complete))
}

fn each<T: Field>(x: &CpuArray, complete: bool) -> Result<(CpuArray, CpuArray)> {
    let (count, m, n) = stack(OP, x.shape())?;
    let k = m.min(n);
    let columns = if complete { m } else { k };
    let (sq, sr) = (stacked(&count, &[m, columns]), stacked(&count, &[columns, n]));
    let mut q = memory::room::<T>(OP, memory::size(OP, &sq)?)?;
    let mut r = memory::room::<T>(OP, memory::size(OP, &sr)?)?;
    memory::probe::<T>(OP, m.saturating_mul(n.saturating_add(columns)).saturating_mul(2))?;
    let data = x.elements::<T>(OP)?;
    for i in 0..memory::size(OP, &count)? {
        if k == 0 {
            // Without elements to factor, Q is the identity and R has none.
            push_identity(&mut q, m, columns);
            continue;
        }
        let Some((matrix, e)) = balanced(nth(&data, i, m * n)) else {
            // Declared by `linalg_nonfinite`.
            q.resize(q.len() + m * columns, T::NAN);
            r.resize(r.len() + columns * n, T::NAN);
            continue;
        };
        let (left, upper) = decomposed(&matrix, m, n, complete);
        push(&mut q, left.as_ref(), |v| T::narrow(v, 0));
        for row in 0..columns {
            r.extend((0..n).map(|col| if row < k && col >= row { T::narrow(upper[(row, col)], e) } else { T::ZERO }));
        }
    }
    Ok((CpuArray::new(sq, q), CpuArray::new(sr, r)))
}

/// `Q`, and the first rows of `R`, zeros below its diagonal not included.
fn decomposed<W: Wide>(matrix: &[W], m: usize, n: usize, complete: bool) -> (Mat<W>, Mat<W>) {
    let factors = MatRef::from_row_major_slice(matrix, m, n).qr();
    let q = if complete { factors.compute_Q() } else { factors.compute_thin_Q() };
    (q, factors.thin_R().to_owned())
}
