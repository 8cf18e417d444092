//! Who takes part.
pub(crate) mod bare;
pub(crate) mod candle;
pub(crate) mod nd;

/// The name that our own times go under.
pub(crate) const OURS: &str = "reference-cpu";
/// The library that ratios are taken against.
pub(crate) const NUMPY: &str = "numpy";
/// The same where it writes into an array that is there.
pub(crate) const NUMPY_OUT: &str = "numpy out=";
/// What no library takes part as: the limit of rows that move.
pub(crate) const BARE: &str = "bare loop";
