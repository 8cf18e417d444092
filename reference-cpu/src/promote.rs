//! Operands brought to one dtype, by the promotion rules of the protocol.
use crate::array::{CpuArray, Typed, any_dtype};
use crate::elementwise::cast::cast;
use crate::loops::View;
use crate::memory::Means;
use array_protocol::strided::Layout;
use array_protocol::{DType, Op, Operand, Result, Scalar, Shape, common_dtype};
use smallvec::SmallVec;
use std::borrow::Cow;

/// A scalar as a rank-0 array of a dtype that it may stand beside.
///
/// # Errors
/// `Dtype`, `Value` where an integer is out of range.
pub(crate) fn scalar_array(op: impl Into<Op>, s: Scalar, dtype: DType) -> Result<CpuArray> {
    let op = op.into();
    any_dtype!(op, dtype, T => Ok(CpuArray::scalar(s.element::<T>().map_err(|e| e.as_op(op))?)))
}

/// The dtype that operands meet in.
///
/// # Errors
/// `Dtype` where they do not mix, or none of them is an array.
#[inline]
pub(crate) fn common(op: impl Into<Op>, operands: &[Operand<&CpuArray>]) -> Result<DType> {
    if let [Operand::Array(x), Operand::Array(y)] = operands
        && x.dtype() == y.dtype()
    {
        return Ok(x.dtype());
    }
    mixed(op.into(), operands)
}

/// The same where they differ.
fn mixed(op: Op, operands: &[Operand<&CpuArray>]) -> Result<DType> {
    let dtypes: SmallVec<[Operand<DType>; 4]> = operands
        .iter()
        .map(|o| match o {
            Operand::Array(a) => Operand::Array(a.dtype()),
            Operand::Scalar(s) => Operand::Scalar(*s),
        })
        .collect();
    common_dtype(op, &dtypes)
}

/// The dtype that arrays promote to.
///
/// # Errors
/// `Dtype`.
pub(crate) fn promoted(op: impl Into<Op>, arrays: &[&CpuArray]) -> Result<DType> {
    let operands: Vec<Operand<&CpuArray>> = arrays.iter().map(|&a| Operand::Array(a)).collect();
    common(op, &operands)
}

/// An operand as an array of `dtype`, which it promotes to.
///
/// # Errors
/// `Value`, `Dtype`, `OutOfMemory`.
pub(crate) fn converted(op: impl Into<Op>, operand: Operand<&CpuArray>, dtype: DType) -> Result<CpuArray> {
    let op = op.into();
    match operand {
        Operand::Array(a) => cast(Means::default(), op, a, dtype),
        Operand::Scalar(s) => scalar_array(op, s, dtype),
    }
}

/// An operand of a loop over elements of `T`: an array of that dtype, or a scalar that no array was made of.
pub(crate) enum Fitted<'a, T> {
    Array(Cow<'a, CpuArray>),
    Scalar(T, Layout),
}

impl<'a, T: Typed> Fitted<'a, T> {
    /// Brings an operand to the dtype, which it promotes to.
    ///
    /// # Errors
    /// `Value`, `Dtype`, `OutOfMemory`.
    #[inline]
    pub(crate) fn new(with: Means<'_>, op: impl Into<Op>, operand: Operand<&'a CpuArray>) -> Result<Self> {
        let op = op.into();
        Ok(match operand {
            Operand::Array(a) if a.dtype() == T::DTYPE => Fitted::Array(Cow::Borrowed(a)),
            Operand::Array(a) => Fitted::Array(Cow::Owned(cast(with, op, a, T::DTYPE)?)),
            Operand::Scalar(s) => Fitted::Scalar(s.element::<T>().map_err(|e| e.as_op(op))?, Layout::contiguous(Shape::scalar())),
        })
    }

    #[inline]
    pub(crate) fn shape(&self) -> &Shape {
        match self {
            Fitted::Array(a) => a.shape(),
            Fitted::Scalar(_, layout) => &layout.shape,
        }
    }

    /// # Errors
    /// None: the dtype is right by construction.
    #[inline]
    pub(crate) fn view(&self, op: impl Into<Op>) -> Result<View<'_, T>> {
        match self {
            Fitted::Array(a) => View::of(op, a),
            Fitted::Scalar(value, layout) => Ok(View { data: std::slice::from_ref(value), layout }),
        }
    }
}
