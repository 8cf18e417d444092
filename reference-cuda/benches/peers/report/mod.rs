//! What a whole bench gave, and its forms: JSON, tables, charts.
mod svg;
mod text;

use crate::limits::Limits;
use crate::players::OURS;
use bench::measure::Measured;
use bench::players::python::Versions;
use bench::report::machine::{self, Machine};
use reference_cuda::Cuda;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

/// Everything that was measured, where, and when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// UTC.
    date: String,
    /// Seconds that everything took.
    took: f64,
    device: Device,
    machine: Machine,
    versions: BTreeMap<String, String>,
    limits: Limits,
    /// Libraries and rows that are not here, and why.
    left_out: Vec<String>,
    /// Python modules that took part.
    peers: Vec<String>,
    rows: Vec<Measurement>,
}

/// What was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Device {
    name: String,
    /// No GPU: the host pretends to be one, and no time means anything.
    emulated: bool,
    memory_gib: f64,
    /// `None` where nobody tells.
    driver: Option<String>,
}

/// A row, and the least share of its limit that is aimed at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measurement {
    pub target: Option<f64>,
    #[serde(flatten)]
    pub measured: Measured,
}

impl Measurement {
    /// Whether the share of the limit is below the target.
    fn misses(&self) -> bool {
        self.target.zip(self.measured.share(OURS)).is_some_and(|(target, share)| share < target)
    }
}

/// Who takes part, and who does not.
#[derive(Default)]
pub(crate) struct Taken {
    pub peers: Vec<(String, Versions)>,
    pub left_out: Vec<String>,
}

/// The version of the NVIDIA driver, as its own tool tells it.
fn driver() -> Option<String> {
    let out = Command::new("nvidia-smi").args(["--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    Some(text.trim().to_string()).filter(|text| out.status.success() && !text.is_empty())
}

impl Report {
    pub(crate) fn new(cuda: &Cuda, memory: usize, limits: Limits, taken: Taken, rows: Vec<Measurement>, took: Duration) -> Report {
        let emulated = cuda.is_emulated();
        let mut versions = machine::versions(OURS, &["cudarc"]);
        for (module, of) in &taken.peers {
            versions.insert(module.clone(), format!("{} ({})", of.module, of.with));
            versions.insert("python".into(), of.python.clone());
        }
        Report {
            date: machine::now(),
            took: took.as_secs_f64(),
            device: Device {
                name: cuda.device_name(),
                emulated,
                memory_gib: memory as f64 / f64::from(1 << 30),
                driver: if emulated { None } else { driver() },
            },
            machine: Machine::here(reference_cpu::Simd::best().name()),
            versions,
            limits,
            left_out: taken.left_out,
            peers: taken.peers.into_iter().map(|(module, _)| module).collect(),
            rows,
        }
    }

    /// Rows where something went wrong, or results differ.
    pub(crate) fn faults(&self) -> usize {
        self.rows.iter().filter(|r| !r.measured.faults.is_empty()).count()
    }

    fn device_line(&self) -> String {
        let Device { name, emulated, memory_gib, driver } = &self.device;
        if *emulated {
            return format!("{}, EMULATED: no GPU, no figure of one", self.date);
        }
        let driver = driver.as_ref().map_or_else(String::new, |d| format!(", driver {d}"));
        format!("{}, {name}, {memory_gib:.0} GiB{driver}", self.date)
    }

    fn machine_line(&self) -> String {
        self.machine.to_string()
    }

    /// How our side is called above columns and charts.
    fn ours(&self) -> &'static str {
        if self.device.emulated { "emulated" } else { "ours" }
    }
}
