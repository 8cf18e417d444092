//! Systems of linear equations.
use super::balance::Balanced;
use super::{BLOCK, Scratch, decomposable, ended, fresh, infos, nth, run, said, size, stacked, transposed};
use crate::array::{CudaArray, common_device};
use crate::compiler::Family;
use crate::elementwise::{cast, common};
use crate::launch::{Bytes, address, long, named};
use array_protocol::strided::{Layout, Systems, broadcast_to};
use array_protocol::{DType, ErrorKind, LinalgOp, Operand, Result, Shape};

const OP: LinalgOp = LinalgOp::Solve;

/// Up to this order systems are solved by a kernel in shared memory, all of a stack at once.
const SMALL: usize = 48;

pub(crate) fn solve(x1: &CudaArray, x2: &CudaArray) -> Result<CudaArray> {
    let Systems { stack: outer, n, k, shape, .. } = Systems::new(x1.shape(), x2.shape())?;
    let dtype = common(OP, &[Operand::Array(x1), Operand::Array(x2)])?;
    decomposable(OP, dtype)?;
    let device = common_device(OP, [x1, x2])?;
    let count = size(OP, &outer)?;
    if size(OP, &shape)? == 0 {
        // Matrices with elements may still be singular, but nothing is asked of them.
        return CudaArray::empty(OP, device, dtype, shape);
    }
    let mut right = x2.layout.clone();
    if x2.shape().rank() == 1 {
        right.insert(1);
    }
    let left = broadcast_to(&x1.layout, &stacked(&outer, &[n, n]))?;
    let right = broadcast_to(&right, &stacked(&outer, &[n, k]))?;
    let systems = Job { dtype, outer, count, n, k };
    let out = if n <= SMALL { systems.small((x1, left), (x2, right))? } else { systems.large((x1, left), (x2, right))? };
    // A vector has an axis less: of length 1, at the end.
    Ok(match out.layout.reshape(&shape) {
        Some(layout) => out.with(layout),
        None => out.copied(OP)?.with(Layout::contiguous(shape)),
    })
}

/// `count` systems of `n` equations with `k` right sides.
struct Job {
    dtype: DType,
    outer: Shape,
    count: usize,
    n: usize,
    k: usize,
}

impl Job {
    /// In double precision, whatever the dtype: it costs little beside the launch.
    fn small(&self, (x1, left): (&CudaArray, Layout), (x2, right): (&CudaArray, Layout)) -> Result<CudaArray> {
        let &Job { count, n, k, .. } = self;
        let device = x1.device();
        let wide = if self.dtype.is_complex() { DType::Complex128 } else { DType::Float64 };
        let (a, b) = (fresh(OP, x1, left, wide)?, fresh(OP, x2, right, wide)?);
        let (ea, eb) = (Balanced::new(OP, &a, count, n * n, n)?, Balanced::new(OP, &b, count, n * k, n)?);
        let infos = infos(OP, device, count)?;
        let expression = format!("eliminate<{}, {SMALL}>", named(OP.into(), wide)?);
        let function = device.kernel(OP.into(), Family::Linalg, expression)?;
        let order = Bytes::default().integer(false, n as i64).aligned();
        let parameters = &mut [address(infos.start()), address(a.start()), address(b.start()), long(count), order, long(k)];
        device.launch_blocks(OP.into(), function, count, BLOCK, parameters)?;
        eb.restore(&b, n * k, Some(&ea))?;
        eb.forgive(&infos)?;
        ended(OP, &infos, x1.shape(), ErrorKind::Singular)?;
        cast(OP, &b, self.dtype)
    }

    /// By cuSOLVER, one after the other.
    fn large(&self, (x1, left): (&CudaArray, Layout), (x2, right): (&CudaArray, Layout)) -> Result<CudaArray> {
        let &Job { dtype, count, n, k, .. } = self;
        let device = x1.device();
        let (a, b) = (fresh(OP, x1, transposed(&left), dtype)?, fresh(OP, x2, transposed(&right), dtype)?);
        let (ea, eb) = (Balanced::new(OP, &a, count, n * n, n)?, Balanced::new(OP, &b, count, n * k, n)?);
        // Equal rows, how elimination ended, how substitution ended.
        let infos = infos(OP, device, 3 * count)?;
        let digests = CudaArray::empty(OP, device, DType::UInt64, Shape::from([count, n]))?;
        let (rows, order) = (long(count * n), long(n));
        run(OP, device, "row_digests", dtype, count * n, &mut [address(digests.start()), address(a.start()), rows.clone(), order.clone()])?;
        let parameters = &mut [address(infos.start()), address(digests.start()), address(a.start()), rows, order];
        run(OP, device, "equal_rows", dtype, count * n, parameters)?;
        let exchanges = CudaArray::empty(OP, device, DType::Int64, Shape::from([n]))?;
        let room = device.libraries.solver(&device.context, |s| s.lu_room(dtype, n)).map_err(said(OP, device))?;
        let mut scratch = Scratch::new(OP, device, &[room])?;
        for i in 0..count {
            let (matrix, sides) = (nth(&a, i, n * n), nth(&b, i, n * k));
            scratch.work.info = nth(&infos, count + i, 1);
            let call = device.libraries.solver(&device.context, |s| {
                s.lu(dtype, n, matrix, exchanges.start(), &mut scratch.work)?;
                s.solve(dtype, [n, k], matrix, exchanges.start(), sides, nth(&infos, 2 * count + i, 1))
            });
            call.map_err(said(OP, device))?;
        }
        eb.restore(&b, n * k, Some(&ea))?;
        eb.forgive(&infos)?;
        ended(OP, &infos, x1.shape(), ErrorKind::Singular)?;
        Ok(super::by_columns(&b, &self.outer, n, k, n * k))
    }
}
