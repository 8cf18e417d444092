//! What a tensor says of itself, checked; and the walk over its elements. No pointers here.
use super::abi::{DL_BFLOAT, DL_BOOL, DL_COMPLEX, DL_FLOAT, DL_INT, DL_UINT, DLDataType};
use crate::{DType, Error, ErrorKind, HostArray, InterchangeOp, Kind, Result, Shape};
use smallvec::SmallVec;

/// Distances between neighbours along each axis, in elements.
pub(super) type Strides = SmallVec<[isize; 6]>;

pub(super) fn error(kind: ErrorKind, detail: impl Into<String>) -> Error {
    Error::new(kind, InterchangeOp::FromDlpack).detail(detail)
}

/// Shape, strides and dtype whose extent is known to be addressable.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) dtype: DType,
    pub(super) shape: Shape,
    pub(super) strides: Strides,
    /// Bytes before the first element that belong to others, then bytes from the first element on.
    pub(super) before: usize,
    pub(super) after: usize,
}

impl Layout {
    pub(super) fn new(dtype: DType, shape: &Shape, strides: &[isize]) -> Result<Layout> {
        if strides.len() != shape.rank() {
            return Err(error(ErrorKind::Shape, format!("{} strides", strides.len())).shapes(&[shape]));
        }
        let overflow =
            || error(ErrorKind::Shape, format!("strides {strides:?} reach beyond the address space")).shapes(&[shape]).dtypes(&[dtype]);
        let size = shape.checked_size().ok_or_else(overflow)?;
        let (mut before, mut after) = (0usize, 0usize);
        if size > 0 {
            for (&len, &stride) in shape.iter().zip(strides) {
                let side = if stride < 0 { &mut before } else { &mut after };
                let reach = stride.unsigned_abs().checked_mul(len - 1).ok_or_else(overflow)?;
                *side = side.checked_add(reach).ok_or_else(overflow)?;
            }
            after = after.checked_add(1).ok_or_else(overflow)?;
        }
        // The walk computes with `isize` bytes; so must the whole extent.
        let bytes = |n: usize| n.checked_mul(dtype.size()).ok_or_else(overflow);
        let (before, after) = (bytes(before)?, bytes(after)?);
        before.checked_add(after).filter(|&n| isize::try_from(n).is_ok()).ok_or_else(overflow)?;
        bytes(size).and_then(|n| isize::try_from(n).map_err(|_| overflow()))?;
        Ok(Layout { dtype, shape: shape.clone(), strides: strides.into(), before, after })
    }

    /// The elements in C order. `bytes[first..]` starts with the first element, and covers `before` and `after`.
    pub(super) fn gather(&self, bytes: &[u8], first: usize) -> Result<HostArray> {
        let mut out = HostArray::zeros(self.dtype, self.shape.clone()).map_err(|e| e.as_op(InterchangeOp::FromDlpack))?;
        if out.size() > 0 {
            let size = self.dtype.size();
            let steps: Strides = self.strides.iter().map(|s| s.wrapping_mul(size as isize)).collect();
            let axes = merge(&self.shape, &steps, size);
            let mut sink = out.bytes_mut().chunks_exact_mut(run(&axes, size));
            walk(&axes, size, bytes, first, &mut sink);
        }
        if self.dtype == DType::Bool && out.bytes().iter().any(|&b| b > 1) {
            return Err(error(ErrorKind::Value, "a bool that is neither 0 nor 1").shapes(&[&self.shape]));
        }
        Ok(out)
    }
}

/// Axes that are longer than 1, neighbours joined where they follow each other in memory: `(length, step in bytes)`.
fn merge(shape: &[usize], steps: &[isize], size: usize) -> SmallVec<[(usize, isize); 6]> {
    let mut axes: SmallVec<[(usize, isize); 6]> = SmallVec::new();
    for (&len, &step) in shape.iter().zip(steps).filter(|&(&len, _)| len != 1) {
        match axes.last_mut() {
            Some(last) if last.1 == step.wrapping_mul(len as isize) => *last = (last.0 * len, step),
            _ => axes.push((len, step)),
        }
    }
    if axes.is_empty() {
        axes.push((1, size as isize));
    }
    axes
}

/// Bytes that one innermost loop writes.
fn run(axes: &[(usize, isize)], size: usize) -> usize {
    axes.last().map_or(size, |a| a.0 * size)
}

fn walk(axes: &[(usize, isize)], size: usize, bytes: &[u8], first: usize, sink: &mut std::slice::ChunksExactMut<'_, u8>) {
    match axes {
        [(len, step)] => {
            let Some(to) = sink.next() else { return };
            if *step == size as isize {
                to.copy_from_slice(&bytes[first..first + len * size]);
                return;
            }
            match size {
                1 => strided::<1>(to, bytes, first, *step),
                2 => strided::<2>(to, bytes, first, *step),
                4 => strided::<4>(to, bytes, first, *step),
                8 => strided::<8>(to, bytes, first, *step),
                _ => strided::<16>(to, bytes, first, *step),
            }
        }
        [(len, step), inner @ ..] => {
            for i in 0..*len {
                walk(inner, size, bytes, first.wrapping_add_signed(step.wrapping_mul(i as isize)), sink);
            }
        }
        [] => {}
    }
}

fn strided<const N: usize>(to: &mut [u8], bytes: &[u8], first: usize, step: isize) {
    for (i, to) in to.chunks_exact_mut(N).enumerate() {
        let at = first.wrapping_add_signed(step.wrapping_mul(i as isize));
        to.copy_from_slice(&bytes[at..at + N]);
    }
}

/// Strides of C order.
pub(super) fn c_order(shape: &Shape) -> Strides {
    let mut strides: Strides = SmallVec::from_elem(0, shape.rank());
    let mut step = 1isize;
    for (stride, &len) in strides.iter_mut().zip(shape.iter()).rev() {
        *stride = step;
        step = step.saturating_mul(isize::try_from(len.max(1)).unwrap_or(isize::MAX));
    }
    strides
}

/// The DLPack name of a dtype.
pub(super) fn to_dl(dtype: DType) -> DLDataType {
    let code = match (dtype, dtype.kind()) {
        (DType::BFloat16, _) => DL_BFLOAT,
        (_, Kind::Bool) => DL_BOOL,
        (_, Kind::Int) => DL_INT,
        (_, Kind::UInt) => DL_UINT,
        (_, Kind::Float) => DL_FLOAT,
        (_, Kind::Complex) => DL_COMPLEX,
    };
    DLDataType { code, bits: dtype.size() as u8 * 8, lanes: 1 }
}

/// The dtype of a DLPack name.
pub(super) fn from_dl(given: DLDataType) -> Result<DType> {
    let found = DType::ALL.iter().copied().find(|&d| to_dl(d) == given);
    found.ok_or_else(|| {
        let DLDataType { code, bits, lanes } = given;
        error(ErrorKind::Dtype, format!("DLPack type code {code} with {bits} bits and {lanes} lanes"))
    })
}
