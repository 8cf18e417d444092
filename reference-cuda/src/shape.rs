//! Operations that move elements. Most only write another layout: those are in [`array_protocol::strided`].
use crate::array::{CudaArray, common_device};
use crate::elementwise::common;
use crate::launch::{self, Input};
use array_protocol::strided::{Layout, axis, joined};
use array_protocol::{Error, ErrorKind, Operand, Result, Shape, ShapeOp};
use smallvec::SmallVec;

pub(crate) fn reshape(x: &CudaArray, shape: &Shape) -> Result<CudaArray> {
    let op = ShapeOp::Reshape;
    if shape.checked_size() != Some(x.size()) {
        return Err(Error::new(ErrorKind::Shape, op).shapes(&[x.shape(), shape]));
    }
    if let Some(layout) = x.layout.reshape(shape) {
        return Ok(x.with(layout));
    }
    let copy = x.copied(op)?;
    Ok(copy.with(Layout::contiguous(shape.clone())))
}

/// Each part is converted on its way to its place.
pub(crate) fn concat(arrays: &[&CudaArray], along: Option<i64>) -> Result<CudaArray> {
    let op = ShapeOp::Concat;
    let Some(first) = arrays.first() else {
        return Err(Error::new(ErrorKind::Value, op).detail("no arrays"));
    };
    let operands: SmallVec<[Operand<&CudaArray>; 4]> = arrays.iter().map(|&a| Operand::Array(a)).collect();
    let dtype = common(op, &operands)?;
    let device = common_device(op, arrays.iter().copied())?;
    let (parts, at): (Vec<CudaArray>, usize) = match along {
        Some(a) => (arrays.iter().map(|&a| a.clone()).collect(), axis(op, first.shape(), a)?),
        None => {
            let flat = |a: &&CudaArray| reshape(a, &Shape::from([a.size()])).map_err(|e| e.as_op(op));
            (arrays.iter().map(flat).collect::<Result<_>>()?, 0)
        }
    };
    let out = CudaArray::empty(op, device, dtype, joined(op, parts.iter().map(CudaArray::shape), at)?)?;
    let mut start = 0;
    for p in &parts {
        let len = p.shape()[at];
        let mut place = out.layout.clone();
        place.slice(at, start, len, 1);
        launch::write(op, "Convert", &out.with(place), &[Input::Array(p)])?;
        start += len;
    }
    Ok(out)
}
