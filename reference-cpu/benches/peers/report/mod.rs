//! What a whole bench gave, and its forms: JSON, tables, a chart.
mod svg;
mod text;

use crate::args::Args;
use crate::measure::Run;
use crate::players::OURS;
use bench::measure::Measured;
use bench::report::machine::{self, Machine};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that was measured, where, and when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// UTC.
    date: String,
    machine: Machine,
    versions: BTreeMap<String, String>,
    scale: String,
    clock: String,
    runs: Vec<Run>,
}

/// How one library stands to ours in all rows that it has.
struct Summary {
    /// Geometric mean of its times divided by ours.
    mean: f64,
    rows: usize,
    /// Rows where it is faster, how the times compare, and two standard errors of that.
    behind: Vec<(String, f64, f64)>,
}

impl Report {
    pub(crate) fn new(args: &Args, runs: Vec<Run>) -> Report {
        let (scale, clock) = (format!("{:?}", args.scale).to_lowercase(), format!("{:?}", args.clock).to_lowercase());
        let mut versions = machine::versions(OURS, &["ndarray", "candle-core"]);
        if let Some(numpy) = runs.iter().find_map(|r| r.numpy.as_ref()) {
            versions.insert("numpy".into(), format!("{} ({})", numpy.numpy, numpy.blas));
            versions.insert("python".into(), numpy.python.clone());
        }
        Report { date: machine::now(), machine: Machine::here(reference_cpu::Simd::best().name()), versions, scale, clock, runs }
    }

    /// Rows where something went wrong, or results differ.
    pub(crate) fn faults(&self) -> usize {
        self.runs.iter().flat_map(|r| &r.rows).filter(|r| !r.faults.is_empty()).count()
    }

    fn machine_line(&self) -> String {
        let small = if self.scale == "full" { String::new() } else { format!(", sizes: {}", self.scale) };
        let clock = if self.clock == "wall" { "wall time" } else { "processor time" };
        format!("{}, {}, {clock}{small}", self.date, self.machine)
    }
}

impl Run {
    /// How a library stands in all its rows; `None` where it has none.
    fn summary(&self, player: &str) -> Option<Summary> {
        let ratios: Vec<(&Measured, f64)> = self.rows.iter().filter_map(|r| Some((r, r.ratio(player, OURS)?))).collect();
        let error = |r: &Measured| r.ratio_error(player, OURS).unwrap_or_default();
        let behind =
            ratios.iter().filter(|(_, ratio)| *ratio < 1.0).map(|(r, ratio)| (r.name.clone(), *ratio, 2.0 * ratio * error(r))).collect();
        let mean = ratios.iter().map(|(_, ratio)| ratio.ln()).sum::<f64>() / ratios.len() as f64;
        (!ratios.is_empty()).then(|| Summary { mean: mean.exp(), rows: ratios.len(), behind })
    }

    fn title(&self) -> String {
        if self.threads == 1 { "1 thread".into() } else { format!("{} threads", self.threads) }
    }
}
