//! The function of the kernels that an operation is, and the dtype of its result; `None` outside of its domain.
use array_protocol::{BinaryOp, DType, Kind, UnaryOp};

/// Whether the operation is one of this backend's own, whatever the dtype.
pub(super) fn unary_name(op: UnaryOp) -> Option<&'static str> {
    Some(match op {
        UnaryOp::Abs => "Abs",
        UnaryOp::Cos => "Cos",
        UnaryOp::Exp => "Exp",
        UnaryOp::Expm1 => "Expm1",
        UnaryOp::IsNan => "IsNan",
        UnaryOp::Log => "Log",
        UnaryOp::Log1p => "Log1p",
        UnaryOp::Negative => "Negative",
        UnaryOp::Round => "Round",
        UnaryOp::Sign => "Sign",
        UnaryOp::Sin => "Sin",
        UnaryOp::Sqrt => "Sqrt",
        UnaryOp::Tanh => "Tanh",
        _ => return None,
    })
}

/// The dtype of the result.
pub(super) fn unary_result(op: UnaryOp, dtype: DType) -> Option<DType> {
    let kind = dtype.kind();
    match op {
        _ if kind == Kind::Bool => None,
        UnaryOp::Abs => Some(dtype.real()),
        UnaryOp::IsNan => Some(DType::Bool),
        UnaryOp::Negative | UnaryOp::Round | UnaryOp::Sign => Some(dtype),
        _ => matches!(kind, Kind::Float | Kind::Complex).then_some(dtype),
    }
}

/// Whether the operation is one of this backend's own, whatever the dtype.
pub(super) fn binary_name(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Add => "Add",
        BinaryOp::Atan2 => "Atan2",
        BinaryOp::BitwiseLeftShift => "BitwiseLeftShift",
        BinaryOp::BitwiseXor => "BitwiseXor",
        BinaryOp::Copysign => "Copysign",
        BinaryOp::Divide => "Divide",
        BinaryOp::Equal => "Equal",
        BinaryOp::FloorDivide => "FloorDivide",
        BinaryOp::Hypot => "Hypot",
        BinaryOp::Less => "Less",
        BinaryOp::LogicalAnd => "LogicalAnd",
        BinaryOp::Maximum => "Maximum",
        BinaryOp::Multiply => "Multiply",
        BinaryOp::Pow => "Pow",
        BinaryOp::Remainder => "Remainder",
        BinaryOp::Subtract => "Subtract",
        _ => return None,
    })
}

/// The dtype of the result for operands of one dtype.
pub(super) fn binary_result(op: BinaryOp, dtype: DType) -> Option<DType> {
    use Kind::{Bool, Complex, Float, Int, UInt};
    let kind = dtype.kind();
    let (good, result) = match op {
        BinaryOp::Add | BinaryOp::Multiply | BinaryOp::Pow | BinaryOp::Subtract => (kind != Bool, dtype),
        BinaryOp::Divide => (matches!(kind, Float | Complex), dtype),
        BinaryOp::Atan2 | BinaryOp::Copysign | BinaryOp::Hypot => (kind == Float, dtype),
        BinaryOp::FloorDivide | BinaryOp::Remainder | BinaryOp::Maximum => (matches!(kind, Int | UInt | Float), dtype),
        BinaryOp::BitwiseLeftShift => (matches!(kind, Int | UInt), dtype),
        BinaryOp::BitwiseXor => (matches!(kind, Int | UInt | Bool), dtype),
        BinaryOp::LogicalAnd => (kind == Bool, dtype),
        BinaryOp::Equal => (true, DType::Bool),
        BinaryOp::Less => (matches!(kind, Int | UInt | Float), DType::Bool),
        _ => (false, dtype),
    };
    good.then_some(result)
}
