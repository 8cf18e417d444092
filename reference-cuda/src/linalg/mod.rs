//! Linear algebra over the last two axes; the axes in front are a stack. Decompositions are cuSOLVER's; around them matrices are scaled, and
//! marked where they are not finite, by `kernels/linalg.cu`.
mod balance;
mod matmul;
mod qr;
mod solve;
mod svd;

pub(crate) use matmul::matmul;
pub(crate) use qr::qr;
pub(crate) use solve::solve;
pub(crate) use svd::svd;

use crate::array::{CudaArray, wrong_dtype};
use crate::compiler::Family;
use crate::device::Device;
use crate::driver::Fault;
use crate::launch::{self, Input, address, long, named};
use crate::libraries::{Room, Work};
use crate::memory::{Buffer, exhausted};
use array_protocol::strided::{Layout, Strides, c_strides, stack, stacked};
use array_protocol::{DType, Error, ErrorKind, LinalgOp, Result, Shape};
use std::sync::Arc;

/// The number of elements of a shape that may be too large.
///
/// # Errors
/// `OutOfMemory`.
fn size(op: LinalgOp, shape: &Shape) -> Result<usize> {
    shape.checked_size().ok_or_else(|| exhausted(op, None).shapes(&[shape]))
}

/// Whether there are decompositions of this dtype.
///
/// # Errors
/// `Dtype` where the operation does not take it, `Unsupported` where cuSOLVER has none.
fn decomposable(op: LinalgOp, dtype: DType) -> Result<()> {
    match dtype {
        DType::Float32 | DType::Float64 | DType::Complex64 | DType::Complex128 => Ok(()),
        DType::Float16 | DType::BFloat16 => Err(Error::unsupported(op).dtypes(&[dtype])),
        _ => Err(wrong_dtype(op, &[dtype])),
    }
}

/// The last two axes exchanged.
fn transposed(layout: &Layout) -> Layout {
    let rank = layout.rank();
    let mut order: Vec<usize> = (0..rank).collect();
    if rank >= 2 {
        order.swap(rank - 2, rank - 1);
    }
    layout.permute(&order)
}

/// A fresh copy in C order, converted. For matrices by columns, `layout` is [`transposed`].
///
/// # Errors
/// `OutOfMemory`.
fn fresh(op: LinalgOp, x: &CudaArray, layout: Layout, dtype: DType) -> Result<CudaArray> {
    let shape = layout.shape.clone();
    launch::map(op, x.device(), "Convert", dtype, shape, &[Input::Array(&x.with(layout))])
}

/// Matrices of `m` rows by columns, the first `columns` of each, `step` elements from one to the next, as an array of rows.
fn by_columns(x: &CudaArray, stack: &Shape, m: usize, columns: usize, step: usize) -> CudaArray {
    let mut strides: Strides = c_strides(stack).iter().map(|&s| s.wrapping_mul(step as isize)).collect();
    strides.extend([1, m as isize]);
    x.with(Layout { shape: stacked(stack, &[m, columns]), strides, offset: x.layout.offset })
}

/// Identity matrices, also of more rows than columns and the other way round.
///
/// # Errors
/// `OutOfMemory`.
fn identity(op: LinalgOp, device: &Arc<Device>, dtype: DType, stack: &Shape, [rows, columns]: [usize; 2]) -> Result<CudaArray> {
    let out = CudaArray::empty(op, device, dtype, stacked(stack, &[rows, columns]))?;
    let n = out.size();
    if n > 0 {
        run(op, device, "identity", dtype, n, &mut [address(out.start()), long(n), long(rows), long(columns)])?;
    }
    Ok(out)
}

/// Launches a kernel of `linalg.cu` over `work` items.
///
/// # Errors
/// `Backend`.
fn run(op: LinalgOp, device: &Arc<Device>, kernel: &str, dtype: DType, work: usize, parameters: &mut [Vec<u128>]) -> Result<()> {
    let function = device.kernel(op.into(), Family::Linalg, format!("{kernel}<{}>", named(op.into(), dtype)?))?;
    device.launch(op.into(), function, work, parameters)
}

/// Threads of a block, where a block takes a matrix, or a tile of one.
const BLOCK: u32 = 256;

/// Where each call for a matrix of the stack says how it ended: 0.
///
/// # Errors
/// `OutOfMemory`, `Backend`.
fn infos(op: LinalgOp, device: &Arc<Device>, count: usize) -> Result<CudaArray> {
    let out = CudaArray::empty(op, device, DType::Int32, Shape::from([count]))?;
    if count > 0 {
        device.context.fill(out.start(), 0, 4 * count).map_err(|fault| device.error(op, &fault))?;
    }
    Ok(out)
}

/// Reads them. Waits.
///
/// # Errors
/// Those of the work; `failure` where one is positive, `Backend` where one is negative.
fn ended(op: LinalgOp, infos: &CudaArray, shape: &Shape, failure: ErrorKind) -> Result<()> {
    let device = infos.device();
    let mut bytes = vec![0u8; 4 * infos.size()];
    device.context.download(&mut bytes, infos.start()).map_err(|fault| device.error(op, &fault))?;
    let all = bytes.chunks_exact(4).map(|b| i32::from_ne_bytes([b[0], b[1], b[2], b[3]]));
    match all.enumerate().find(|&(_, info)| info != 0) {
        None => Ok(()),
        Some((i, info)) if info > 0 => Err(Error::new(failure, op).shapes(&[shape]).detail(format!("matrix {i} of the stack"))),
        Some((i, info)) => Err(Error::new(ErrorKind::Backend, op).detail(format!("cuSOLVER refused parameter {} of matrix {i}", -info))),
    }
}

/// What library calls work with, and the memory that it lies in.
struct Scratch {
    work: Work,
    _memory: Buffer,
}

impl Scratch {
    /// # Errors
    /// `OutOfMemory`.
    fn new(op: LinalgOp, device: &Arc<Device>, rooms: &[Room]) -> Result<Scratch> {
        let most = |part: fn(&Room) -> usize| rooms.iter().map(part).max().unwrap_or(0);
        // Some calls want an address also where they need no bytes.
        let (bytes, host) = (most(|r| r.device).max(16), most(|r| r.host));
        let memory = Buffer::new(op, device, bytes)?;
        let mut room = Vec::new();
        room.try_reserve_exact(host).map_err(|_| exhausted(op, None))?;
        room.resize(host, 0);
        Ok(Scratch { work: Work { device: (memory.pointer, bytes), host: room, info: 0 }, _memory: memory })
    }
}

/// The address of matrix `i`, of `step` elements, in memory that starts with the first.
fn nth(x: &CudaArray, i: usize, step: usize) -> u64 {
    x.start() + (i * step * x.dtype.size()) as u64
}

/// What a library said, as an error of the operation.
fn said(op: LinalgOp, device: &Device) -> impl Fn(Fault) -> Error + '_ {
    move |fault| device.error(op, &fault)
}
