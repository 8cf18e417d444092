//! Who takes part: each library behind one interface.
pub mod local;
pub mod protocol;
pub mod python;

use crate::clock::Clock;
use crate::digest::Digest;
use crate::inputs::Datum;

/// One that can be timed.
pub trait Player<R> {
    /// Its name in the report.
    fn name(&self) -> &'static str;

    /// Whether it only shows what the hardware can do, and what comes out is not compared. It is told how many bytes the result has.
    fn bare(&mut self, _result: usize) -> bool {
        false
    }

    /// Makes the inputs of a row; `false` where it has no such operation.
    ///
    /// # Errors
    /// What went wrong, in words; here and below.
    fn prepare(&mut self, row: &R, data: &[Datum]) -> Result<bool, String>;

    /// Runs the row once and says what came out, of more than `most` elements some, and how many nanoseconds this first call took.
    ///
    /// # Errors
    /// As above.
    fn digest(&mut self, clock: Clock, most: usize) -> Result<(Digest, u64), String>;

    /// Runs it so many times, dropping each result, and gives the nanoseconds that all took.
    ///
    /// # Errors
    /// As above.
    fn time(&mut self, calls: u64, clock: Clock) -> Result<u64, String>;

    /// Waits until its threads, which may spin after a call, have let go of the cores that the next player needs.
    ///
    /// # Errors
    /// As above.
    fn rest(&mut self) -> Result<(), String> {
        Ok(())
    }
}
