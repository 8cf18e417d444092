//! QR decomposition.
use super::balance::Balanced;
use super::{Scratch, by_columns, decomposable, ended, fresh, identity, infos, nth, run, said, size, stack, stacked, transposed};
use crate::array::CudaArray;
use crate::launch::{self, Input, address, long};
use array_protocol::options::{Qr, QrMode};
use array_protocol::{ErrorKind, LinalgOp, Result};

const OP: LinalgOp = LinalgOp::Qr;

pub(crate) fn qr(x: &CudaArray, how: &Qr) -> Result<(CudaArray, CudaArray)> {
    let (outer, m, n) = stack(OP, x.shape())?;
    decomposable(OP, x.dtype)?;
    let (count, device, dtype) = (size(OP, &outer)?, x.device(), x.dtype);
    let k = m.min(n);
    let columns = if how.mode == QrMode::Complete { m } else { k };
    let r = CudaArray::empty(OP, device, dtype, stacked(&outer, &[columns, n]))?;
    if count == 0 || k == 0 {
        // Without elements to factor, Q is the identity and R has none.
        return Ok((identity(OP, device, dtype, &outer, [m, columns])?, r));
    }
    let a = fresh(OP, x, transposed(&x.layout), dtype)?;
    let balanced = Balanced::new(OP, &a, count, m * n, m)?;
    let tau = CudaArray::empty(OP, device, dtype, stacked(&outer, &[k]))?;
    let infos = infos(OP, device, 2 * count)?;
    let (first, second) = (|s: &crate::libraries::Solver| s.qr_room(dtype, [m, n]), [m, columns, k]);
    let rooms = [
        device.libraries.solver(&device.context, first).map_err(said(OP, device))?,
        device.libraries.solver(&device.context, |s| s.orthonormal_room(dtype, second)).map_err(said(OP, device))?,
    ];
    let mut scratch = Scratch::new(OP, device, &rooms)?;
    for i in 0..count {
        scratch.work.info = nth(&infos, i, 1);
        let call = device.libraries.solver(&device.context, |s| s.qr(dtype, [m, n], nth(&a, i, m * n), nth(&tau, i, k), &mut scratch.work));
        call.map_err(said(OP, device))?;
    }
    let parameters =
        &mut [address(r.start()), address(a.start()), address(balanced.start()), long(r.size()), long(columns), long(n), long(m)];
    run(OP, device, "upper", dtype, r.size(), parameters)?;
    // Q takes the place of the reflections, unless it has more columns than there are.
    let (q, step) = if columns > n {
        let q = CudaArray::empty(OP, device, dtype, stacked(&outer, &[columns, m]))?;
        let mut place = q.layout.clone();
        place.slice(outer.rank(), 0, n, 1);
        launch::write(OP, "Copy", &q.with(place), &[Input::Array(&a)])?;
        (q, columns * m)
    } else {
        (a, m * n)
    };
    for i in 0..count {
        scratch.work.info = nth(&infos, count + i, 1);
        let call = device
            .libraries
            .solver(&device.context, |s| s.orthonormal(dtype, second, nth(&q, i, step), nth(&tau, i, k), &mut scratch.work));
        call.map_err(said(OP, device))?;
    }
    balanced.mark(&q, step)?;
    ended(OP, &infos, x.shape(), ErrorKind::NotConverged)?;
    Ok((by_columns(&q, &outer, m, columns, step), r))
}
