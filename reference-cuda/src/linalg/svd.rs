//! Singular value decomposition.
use super::balance::Balanced;
use super::{Scratch, by_columns, decomposable, ended, fresh, identity, infos, nth, said, size, stack, stacked, transposed};
use crate::array::CudaArray;
use crate::libraries::Singular;
use array_protocol::options::Svd;
use array_protocol::{ErrorKind, LinalgOp, Result};

const OP: LinalgOp = LinalgOp::Svd;

pub(crate) fn svd(x: &CudaArray, how: &Svd) -> Result<(CudaArray, CudaArray, CudaArray)> {
    let (outer, m, n) = stack(OP, x.shape())?;
    decomposable(OP, x.dtype)?;
    let (count, full, device) = (size(OP, &outer)?, how.full_matrices, x.device());
    let k = m.min(n);
    let (columns, rows) = if full { (m, n) } else { (k, k) };
    let values = CudaArray::empty(OP, device, x.dtype.real(), stacked(&outer, &[k]))?;
    if count == 0 || k == 0 {
        let left = identity(OP, device, x.dtype, &outer, [m, columns])?;
        return Ok((left, values, identity(OP, device, x.dtype, &outer, [rows, n])?));
    }
    // cuSOLVER takes tall matrices by columns. A wide one in C order is its transpose by columns: x^T = u S v^H, so x = conj(v) S u^T, and
    // both factors lie in C order.
    let wide = m < n;
    let a = fresh(OP, x, if wide { x.layout.clone() } else { transposed(&x.layout) }, x.dtype)?;
    let how = Singular { dtype: x.dtype, m: m.max(n), n: k, full };
    let made = if full { how.m } else { k };
    let balanced = Balanced::new(OP, &a, count, m * n, how.m)?;
    let left = CudaArray::empty(OP, device, x.dtype, stacked(&outer, &[made, how.m]))?;
    let right = CudaArray::empty(OP, device, x.dtype, stacked(&outer, &[k, k]))?;
    let infos = infos(OP, device, count)?;
    let room = device.libraries.solver(&device.context, |s| s.svd_room(how)).map_err(said(OP, device))?;
    let mut scratch = Scratch::new(OP, device, &[room])?;
    for i in 0..count {
        scratch.work.info = nth(&infos, i, 1);
        let to = [nth(&left, i, made * how.m), nth(&values, i, k), nth(&right, i, k * k)];
        let call = device.libraries.solver(&device.context, |s| s.svd(how, nth(&a, i, m * n), to, &mut scratch.work));
        call.map_err(said(OP, device))?;
    }
    balanced.restore(&values, k, None)?;
    balanced.mark(&left, made * how.m)?;
    balanced.mark(&right, k * k)?;
    ended(OP, &infos, x.shape(), ErrorKind::NotConverged)?;
    Ok(match wide {
        true => (right, values, left),
        false => (by_columns(&left, &outer, m, made, made * m), values, by_columns(&right, &outer, k, k, k * k)),
    })
}
