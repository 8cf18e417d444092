//! The positions that sort lines of keys.
use crate::array::CudaArray;
use crate::compiler::Family;
use crate::device::THREADS;
use crate::launch::{Indices, address, named};
use crate::reduction::running_counts;
use array_protocol::{DType, Op, Result, Shape};

/// Up to this length each element looks for its place among all others.
const SHORT: usize = 512;
/// Values of a digit, its bits, and elements of a tile: `DIGITS` and `TILE` of the kernels.
const DIGITS: usize = 16;
const DIGIT_BITS: usize = 4;
const TILE: usize = 2048;

/// The positions along the last axis that sort keys, which lie in C order; equal keys stay in order.
///
/// # Errors
/// `OutOfMemory`, `Backend`.
pub(super) fn order(op: Op, keys: &CudaArray) -> Result<CudaArray> {
    let (device, n) = (keys.device(), keys.size());
    let length = keys.shape().last().copied().unwrap_or(1);
    let indices = Indices::new(device, n.saturating_mul(2), &[]);
    let dtype = if indices.name() == "i32" { DType::Int32 } else { DType::Int64 };
    let out = CudaArray::empty(op, device, dtype, keys.shape().clone())?;
    if n == 0 {
        return Ok(out);
    }
    let types = format!("{}, {}", named(op, keys.dtype)?, indices.name());
    let number = |v| indices.number(v);
    if length <= SHORT {
        let function = device.kernel(op, Family::Sort, format!("rank_lines<{types}>"))?;
        device.launch(op, function, n, &mut [address(out.start()), address(keys.start()), number(n), number(length)])?;
        return Ok(out);
    }
    let (lines, tiles) = (n / length, length.div_ceil(TILE));
    let count = device.kernel(op, Family::Sort, format!("count_digits<{types}>"))?;
    let move_digits = device.kernel(op, Family::Sort, format!("move_digits<{types}>"))?;
    let counts = CudaArray::empty(op, device, DType::Int64, Shape::from([lines, DIGITS * tiles]))?;
    let empty = |dtype| CudaArray::empty(op, device, dtype, keys.shape().clone());
    // Keys and positions go to and fro between two places each; the keys that were given are not touched.
    let (mut from, mut to) = ((keys.clone(), None), (empty(keys.dtype)?, out));
    let mut spare = Some((empty(keys.dtype)?, empty(dtype)?));
    for shift in (0..8 * keys.dtype.size()).step_by(DIGIT_BITS) {
        let sizes = || [number(lines), number(tiles), number(length), number(shift)];
        let mut parameters = vec![address(counts.start()), address(from.0.start())];
        parameters.extend(sizes());
        device.launch_blocks(op, count, lines * tiles, THREADS, &mut parameters)?;
        running_counts(op, &counts)?;
        let before = from.1.as_ref().map_or(0, CudaArray::start);
        let mut parameters: Vec<_> = [to.0.start(), to.1.start(), from.0.start(), before, counts.start()].map(address).into();
        parameters.extend(sizes());
        device.launch_blocks(op, move_digits, lines * tiles, THREADS, &mut parameters)?;
        let (keys, positions) = std::mem::replace(&mut from, (to.0.clone(), Some(to.1.clone())));
        to = match (spare.take(), positions) {
            (Some(spare), _) => spare,
            (None, Some(positions)) => (keys, positions),
            (None, None) => (empty(keys.dtype)?, empty(dtype)?),
        };
    }
    Ok(from.1.unwrap_or(to.1))
}

/// The elements of `x`, which lies in C order, at positions along the last axis.
///
/// # Errors
/// `OutOfMemory`, `Backend`.
pub(super) fn pick(op: Op, x: &CudaArray, positions: &CudaArray) -> Result<CudaArray> {
    let (device, n) = (x.device(), positions.size());
    let out = CudaArray::empty(op, device, x.dtype, positions.shape().clone())?;
    if n == 0 {
        return Ok(out);
    }
    let length = x.shape().last().copied().unwrap_or(1);
    let indices = Indices::new(device, x.size(), &[]);
    let expression = format!("pick<{}, {}, {}>", named(op, x.dtype)?, named(op, positions.dtype)?, indices.name());
    let function = device.kernel(op, Family::Sort, expression)?;
    let parameters = &mut [address(out.start()), address(x.start()), address(positions.start()), indices.number(n), indices.number(length)];
    device.launch(op, function, n, parameters)?;
    Ok(out)
}
