//! Where chosen elements are.
use super::picked::POSITION;
use crate::array::CudaArray;
use crate::compiler::Family;
use crate::device::{Device, THREADS};
use crate::launch::{Indices, address, long, named};
use crate::reduction::running_counts;
use array_protocol::{Error, ErrorKind, IndexingOp, Op, Result, Shape};
use std::sync::Arc;

/// Elements that a block counts: `TILE` of the kernels.
const TILE: usize = 2048;

/// A vector of positions, or of their counts.
fn vector(op: Op, device: &Arc<Device>, n: usize) -> Result<CudaArray> {
    CudaArray::empty(op, device, POSITION, Shape::from([n]))
}

/// What chooses an element, in the text of the kernels.
#[derive(Clone, Copy)]
pub(crate) enum Choice {
    /// It is not 0.
    IsTrue,
    /// It does not equal the one before it.
    IsNew,
}

/// The positions in C order of the elements that are chosen. Waits, to know how many there are.
///
/// # Errors
/// `OutOfMemory`, `Backend`.
pub(crate) fn chosen(op: Op, choice: Choice, x: &CudaArray) -> Result<CudaArray> {
    let x = x.compact(op)?;
    let (n, device) = (x.size(), x.device());
    if n == 0 {
        return vector(op, device, 0);
    }
    let name = match choice {
        Choice::IsTrue => "IsTrue",
        Choice::IsNew => "IsNew",
    };
    let tiles = n.div_ceil(TILE);
    let indices = Indices::new(device, n, &[]);
    let types = format!("{name}, {}, {}", named(op, x.dtype)?, indices.name());
    let counts = vector(op, device, tiles)?;
    let function = device.kernel(op, Family::Positions, format!("count_tiles<{types}>"))?;
    let parameters = &mut [address(counts.start()), indices.number(tiles), address(x.start()), indices.number(n)];
    device.launch_blocks(op, function, tiles, THREADS, parameters)?;
    running_counts(op, &counts)?;
    let mut total = [0; 8];
    let last = counts.start() + 8 * (tiles as u64 - 1);
    device.context.download(&mut total, last).map_err(|fault| device.error(op, &fault))?;
    let out = vector(op, device, i64::from_ne_bytes(total) as usize)?;
    if out.size() > 0 {
        let function = device.kernel(op, Family::Positions, format!("write_tiles<{types}>"))?;
        let (to, ends) = (address(out.start()), address(counts.start()));
        let parameters = &mut [to, indices.number(tiles), ends, address(x.start()), indices.number(n)];
        device.launch_blocks(op, function, tiles, THREADS, parameters)?;
    }
    Ok(out)
}

/// The positions in C order of the elements that are not zero. Waits.
///
/// # Errors
/// `OutOfMemory`, `Backend`.
pub(super) fn nonzero_flat(op: Op, x: &CudaArray) -> Result<CudaArray> {
    chosen(op, Choice::IsTrue, x)
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
            let indices = Indices::new(device, n, &[]);
            let function = device.kernel(op, Family::Positions, format!("along_axis<{}>", indices.name()))?;
            let parameters = &mut [address(along.start()), indices.number(n), address(positions.start()), long(behind), long(length)];
            device.launch(op, function, n, parameters)?;
            behind *= length;
        }
        out.push(along);
    }
    out.reverse();
    Ok(out)
}
