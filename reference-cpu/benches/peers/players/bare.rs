//! The system's copy, or a bare loop of loads, of as many bytes as a row moves: what can be reached while it is measured.
use super::BARE;
use crate::limits::{copy, memory, read};
use crate::rows::Row;
use bench::clock::Clock;
use bench::digest::Digest;
use bench::inputs::Datum;
use bench::players::Player;
use bench::row::Work;
use memmap2::MmapMut;

/// Its buffers, where the row is one that moves.
#[derive(Default)]
pub(crate) struct Bare {
    result: usize,
    from: Option<MmapMut>,
    /// `None`: the row hardly writes, and is bound by reading.
    to: Option<MmapMut>,
}

impl Player<Row> for Bare {
    fn name(&self) -> &'static str {
        BARE
    }

    fn bare(&mut self, result: usize) -> bool {
        self.result = result;
        true
    }

    fn prepare(&mut self, row: &Row, data: &[Datum]) -> Result<bool, String> {
        let inputs: usize = data.iter().map(Datum::bytes).sum();
        (self.from, self.to) = (None, None);
        if !matches!(row.work, Work::Move) || inputs + self.result == 0 {
            return Ok(false);
        }
        let reads = self.result * 8 < inputs;
        let room = |bytes: usize| -> Result<MmapMut, String> {
            let mut room = memory(bytes).map_err(|e| e.to_string())?;
            room.fill(1);
            Ok(room)
        };
        if reads {
            self.from = Some(room(inputs)?);
        } else {
            let half = (inputs + self.result).div_ceil(2);
            (self.from, self.to) = (Some(room(half)?), Some(room(half)?));
        }
        Ok(true)
    }

    fn digest(&mut self, clock: Clock, _most: usize) -> Result<(Digest, u64), String> {
        Ok((Digest::none(), self.time(1, clock)?))
    }

    fn time(&mut self, calls: u64, clock: Clock) -> Result<u64, String> {
        let from = self.from.as_deref().ok_or("nothing to run")?;
        let start = clock.now();
        match &mut self.to {
            Some(to) => copy(from, to, calls as usize),
            None => read(from, calls as usize),
        }
        Ok(clock.now() - start)
    }
}
