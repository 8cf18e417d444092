//! Elementwise operations: which dtypes they take and give. What happens to an element is written in `kernels/operations.cuh`.
mod binary;
mod cast;
mod domain;
mod operand;
mod select;
mod unary;

pub(crate) use binary::{binary, binary_assign};
pub(crate) use cast::cast;
pub(crate) use operand::{Fitted, common, value};
pub(crate) use select::{clip, select};
pub(crate) use unary::{unary, unary_assign};
