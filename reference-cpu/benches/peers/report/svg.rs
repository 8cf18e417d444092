//! The chart: one bar for each row and number of threads, how many times as long NumPy takes.
use super::Report;
use crate::measure::Run;
use crate::players::{NUMPY, OURS};
use bench::measure::Measured;
use bench::report::chart::{Bars, Chart};
use bench::report::text::ratio;
use bench::report::versions_line;

impl Report {
    /// The chart; rows without NumPy are left out.
    pub(crate) fn svg(&self) -> String {
        let of = |run: &Run, name: &str| run.rows.iter().find(|r| r.name == name).and_then(|r| r.ratio(NUMPY, OURS));
        let rows = self.runs.first().map(|r| r.rows.iter().filter(|r| r.ratio(NUMPY, OURS).is_some()).collect::<Vec<&Measured>>());
        let bars = |row: &Measured| Bars {
            group: row.group.clone(),
            name: row.name.clone(),
            ratios: self.runs.iter().map(|run| of(run, &row.name)).collect(),
        };
        let mean = |run: &Run| {
            run.summary(NUMPY).map_or_else(String::new, |s| format!(": geometric mean {}x over {} rows", ratio(s.mean), s.rows))
        };
        let chart = Chart {
            title: "NumPy's time / reference-cpu's time".into(),
            label: "Ratios to NumPy, row by row".into(),
            lines: [self.machine_line(), versions_line(&self.versions)],
            bars: self.runs.iter().map(|run| format!("{}{}", run.title(), mean(run))).collect(),
            behind: "left of 1x: NumPy is faster".into(),
            stamp: None,
            rows: rows.unwrap_or_default().into_iter().map(bars).collect(),
        };
        chart.svg()
    }
}
