//! What the device can do: copies within its memory. Measured in the same run as the rows.
use bench::clock::Clock;
use cudarc::driver::CudaStream;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Best rates.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// Bytes read and written a second, of a copy of so many bytes by the driver.
    pub copy: f64,
    pub copied_bytes: usize,
}

/// Copies that are timed together, and how often.
const TOGETHER: usize = 5;
const ROUNDS: usize = 5;

impl Limits {
    /// Copies so many float64 numbers.
    ///
    /// # Errors
    /// What the driver says.
    pub(crate) fn measure(stream: &Arc<CudaStream>, elements: usize, clock: Clock) -> Result<Limits, String> {
        let said = |e: cudarc::driver::DriverError| e.to_string();
        let from = stream.alloc_zeros::<f64>(elements).map_err(said)?;
        let mut to = stream.alloc_zeros::<f64>(elements).map_err(said)?;
        let copied_bytes = size_of::<f64>() * elements;
        let mut copy: f64 = 0.0;
        for _ in 0..ROUNDS {
            stream.synchronize().map_err(said)?;
            let start = clock.now();
            (0..TOGETHER).try_for_each(|_| stream.memcpy_dtod(&from, &mut to)).map_err(said)?;
            stream.synchronize().map_err(said)?;
            let seconds = (clock.now() - start).max(1) as f64 * 1e-9;
            copy = copy.max((2 * TOGETHER * copied_bytes) as f64 / seconds);
        }
        Ok(Limits { copy, copied_bytes })
    }

    /// The better of each.
    pub(crate) fn max(self, other: Limits) -> Limits {
        Limits { copy: self.copy.max(other.copy), ..self }
    }
}
