//! What times are taken by.
use clap::ValueEnum;
use rustix::time::{ClockId, clock_gettime};

/// Which clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Clock {
    /// The one on the wall.
    #[default]
    Wall,
    /// Processor time of the process, all threads: steadier on a machine with other work, and only meant for one thread.
    Cpu,
}

impl Clock {
    /// Nanoseconds.
    pub fn now(self) -> u64 {
        let t = clock_gettime(if self == Clock::Wall { ClockId::Monotonic } else { ClockId::ProcessCPUTime });
        t.tv_sec.unsigned_abs() * 1_000_000_000 + t.tv_nsec.unsigned_abs()
    }

    /// The function of Python's module `time`.
    pub fn python(self) -> &'static str {
        if self == Clock::Wall { "perf_counter_ns" } else { "process_time_ns" }
    }
}
