//! Where the elements are that are not zero.
use super::picked::POSITION;
use crate::array::CudaArray;
use crate::compiler::Family;
use crate::device::Device;
use crate::launch::{address, index_type, named, number};
use array_protocol::{Error, ErrorKind, IndexingOp, Op, Result, Shape};
use std::sync::Arc;

/// Elements that one thread takes.
const CHUNK: usize = 256;

/// A kernel of the family over chunks of `n` elements.
fn launch(op: Op, device: &Arc<Device>, kernel: &str, types: &str, n: usize, pointers: [u64; 2], data: Option<u64>) -> Result<()> {
    let wide = n > 1 << 30;
    let chunks = n.div_ceil(CHUNK);
    let function = device.kernel(op, Family::Positions, format!("{kernel}<{types}{}>", index_type(wide)))?;
    let mut parameters = vec![address(pointers[0]), number(wide, chunks), address(pointers[1])];
    parameters.extend(data.map(address));
    parameters.extend([number(wide, n), number(wide, CHUNK)]);
    device.launch(op, function, chunks, &mut parameters)
}

/// A vector of positions, or of their counts.
fn vector(op: Op, device: &Arc<Device>, n: usize) -> Result<CudaArray> {
    CudaArray::empty(op, device, POSITION, Shape::from([n]))
}

/// Replaces each of `n` numbers by the sum of those before it.
fn run(op: Op, x: &CudaArray, n: usize) -> Result<()> {
    let (device, chunks) = (x.device(), n.div_ceil(CHUNK));
    if chunks <= 1 {
        return launch(op, device, "run_chunks", "", n, [x.start(), 0], None);
    }
    let sums = vector(op, device, chunks)?;
    launch(op, device, "sum_chunks", "", n, [sums.start(), x.start()], None)?;
    run(op, &sums, chunks)?;
    launch(op, device, "run_chunks", "", n, [x.start(), sums.start()], None)
}

/// The positions in C order of the elements that are not zero. Waits, to know how many there are.
///
/// # Errors
/// `OutOfMemory`, `Backend`.
pub(super) fn nonzero_flat(op: Op, x: &CudaArray) -> Result<CudaArray> {
    let x = x.compact(op)?;
    let (n, device) = (x.size(), x.device());
    if n == 0 {
        return vector(op, device, 0);
    }
    let types = format!("{}, ", named(op, x.dtype)?);
    let chunks = n.div_ceil(CHUNK);
    // One more than there are chunks: the sum of all.
    let counts = vector(op, device, chunks + 1)?;
    device.context.fill(counts.start(), 0, 8 * (chunks + 1)).map_err(|fault| device.error(op, &fault))?;
    launch(op, device, "count_chunks", &types, n, [counts.start(), x.start()], None)?;
    run(op, &counts, chunks + 1)?;
    let mut total = [0; 8];
    let last = counts.start() + 8 * chunks as u64;
    device.context.download(&mut total, last).map_err(|fault| device.error(op, &fault))?;
    let out = vector(op, device, i64::from_ne_bytes(total) as usize)?;
    if out.size() > 0 {
        launch(op, device, "write_chunks", &types, n, [out.start(), counts.start()], Some(x.start()))?;
    }
    Ok(out)
}

pub(crate) fn nonzero(x: &CudaArray) -> Result<Vec<CudaArray>> {
    let op = Op::from(IndexingOp::Nonzero);
    if x.shape().rank() == 0 {
        return Err(Error::new(ErrorKind::Shape, op).shapes(&[x.shape()]).detail("the rank is 0"));
    }
    let (positions, device) = (nonzero_flat(op, x)?, x.device());
    let n = positions.size();
    let mut behind = 1usize;
    let mut out = Vec::with_capacity(x.shape().rank());
    for &length in x.shape().iter().rev() {
        let along = vector(op, device, n)?;
        if n > 0 {
            let wide = n > 1 << 30;
            let function = device.kernel(op, Family::Positions, format!("along_axis<{}>", index_type(wide)))?;
            let parameters =
                &mut [address(along.start()), number(wide, n), address(positions.start()), number(true, behind), number(true, length)];
            device.launch(op, function, n, parameters)?;
            behind *= length;
        }
        out.push(along);
    }
    out.reverse();
    Ok(out)
}
