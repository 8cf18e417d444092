//! Who takes part: each library behind one interface.
pub(crate) mod candle;
pub(crate) mod local;
pub(crate) mod nd;
pub(crate) mod numpy;
pub(crate) mod ours;

use crate::clock::Clock;
use crate::digest::Digest;
use crate::inputs::Datum;
use crate::rows::Row;

/// The name that our own times go under.
pub(crate) const OURS: &str = "reference-cpu";
/// The library that ratios are taken against.
pub(crate) const NUMPY: &str = "numpy";
/// The same where it writes into an array that is there.
pub(crate) const NUMPY_OUT: &str = "numpy out=";

/// One that can be timed.
pub(crate) trait Player {
    fn name(&self) -> &'static str;

    /// Makes the inputs of a row; `false` where it has no such operation.
    ///
    /// # Errors
    /// What went wrong, in words; here and below.
    fn prepare(&mut self, row: &Row, data: &[Datum]) -> Result<bool, String>;

    /// Runs the row once and says what came out, and how many nanoseconds this first call took.
    ///
    /// # Errors
    /// As above.
    fn digest(&mut self, clock: Clock) -> Result<(Digest, u64), String>;

    /// Runs it so many times, dropping each result, and gives the nanoseconds that all took.
    ///
    /// # Errors
    /// As above.
    fn time(&mut self, calls: u64, clock: Clock) -> Result<u64, String>;
}
