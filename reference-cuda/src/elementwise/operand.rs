//! Operands brought to one dtype, by the promotion rules of the protocol.
use super::cast;
use crate::array::CudaArray;
use crate::device::Device;
use crate::launch::{self, Input};
use array_protocol::{DType, Op, Operand, Result, Scalar, Shape, common_dtype};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::sync::Arc;

/// The dtype that operands meet in.
///
/// # Errors
/// `Dtype`.
pub(crate) fn common(op: impl Into<Op>, operands: &[Operand<&CudaArray>]) -> Result<DType> {
    let dtypes: SmallVec<[Operand<DType>; 4]> = operands
        .iter()
        .map(|o| match o {
            Operand::Array(a) => Operand::Array(a.dtype),
            Operand::Scalar(s) => Operand::Scalar(*s),
        })
        .collect();
    common_dtype(op, &dtypes)
}

/// The bytes of a scalar as an element.
///
/// # Errors
/// `Dtype`, `Value` where an integer is out of range.
pub(crate) fn value(op: impl Into<Op>, s: Scalar, dtype: DType) -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    s.write(dtype, &mut bytes).map_err(|e| e.as_op(op))?;
    Ok(bytes)
}

/// An operand of a kernel over elements of one dtype: a scalar becomes no array.
pub(crate) enum Fitted<'a> {
    Array(Cow<'a, CudaArray>),
    Value(DType, [u8; 16], Shape),
}

impl<'a> Fitted<'a> {
    /// Brings an operand to a dtype, which it promotes to.
    ///
    /// # Errors
    /// `Value`, `OutOfMemory`.
    pub(crate) fn new(op: impl Into<Op>, operand: Operand<&'a CudaArray>, dtype: DType) -> Result<Self> {
        let op = op.into();
        Ok(match operand {
            Operand::Array(a) if a.dtype == dtype => Fitted::Array(Cow::Borrowed(a)),
            Operand::Array(a) => Fitted::Array(Cow::Owned(cast(op, a, dtype)?)),
            Operand::Scalar(s) => Fitted::Value(dtype, value(op, s, dtype)?, Shape::scalar()),
        })
    }

    pub(crate) fn shape(&self) -> &Shape {
        match self {
            Fitted::Array(a) => a.shape(),
            Fitted::Value(_, _, shape) => shape,
        }
    }

    pub(crate) fn input(&self) -> Input<'_> {
        match self {
            Fitted::Array(a) => Input::Array(a),
            Fitted::Value(dtype, bytes, _) => Input::Value(*dtype, *bytes),
        }
    }

    /// As an array on the device, for kernels that read all operands from memory.
    ///
    /// # Errors
    /// `OutOfMemory`, `Backend`.
    pub(crate) fn into_array(self, op: impl Into<Op>, device: &Arc<Device>) -> Result<CudaArray> {
        match self {
            Fitted::Array(a) => Ok(a.into_owned()),
            Fitted::Value(dtype, bytes, shape) => launch::map(op, device, "Copy", dtype, shape, &[Input::Value(dtype, bytes)]),
        }
    }
}

/// The arrays among operands.
pub(super) fn arrays<'a>(operands: impl IntoIterator<Item = Operand<&'a CudaArray>>) -> impl Iterator<Item = &'a CudaArray> {
    operands.into_iter().filter_map(|o| if let Operand::Array(a) = o { Some(a) } else { None })
}
