//! DLPack, the only place where strides show.

/// An owned DLPack tensor.
pub struct Tensor(());
