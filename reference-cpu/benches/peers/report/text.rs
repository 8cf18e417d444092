//! Tables in plain text.
use super::Report;
use crate::measure::Run;
use crate::players::{NUMPY, NUMPY_OUT, OURS};
use bench::report::text::{Columns, ratio};
use bench::report::versions_line;
use std::fmt::Write;

/// Names above the columns of times, and whose they are.
const TIMES: [(&str, &str); 5] = [("ours", OURS), ("NumPy", NUMPY), ("out=", NUMPY_OUT), ("ndarray", "ndarray"), ("candle", "candle")];
const RATIOS: [(&str, &str); 2] = [("NumPy/ours", NUMPY), ("out=/ours", NUMPY_OUT)];

impl Report {
    /// The tables.
    pub(crate) fn text(&self) -> String {
        let mut out = format!("{}\n{}\n", self.machine_line(), versions_line(&self.versions));
        for run in &self.runs {
            out.push('\n');
            table(&mut out, run);
        }
        out.push_str(
            "\n\
             Times are medians of interleaved rounds, of calls whose result is dropped at once (so that memory can be reused).\n\
             NumPy/ours, out=/ours: how many times as long NumPy takes, with a fresh result and writing into an array that is there;\n\
             the median of the quotients of each round, which is not always the quotient of the medians.\n\
             limit: what the row takes at least: bytes in and out by the system's copy of as many, bytes only read by a bare loop over as\n\
             many, both in the same rounds (the rates above are the best of the run); products by the multiplications.\n\
             share: limit / ours, by round as well; beyond 1 where results stay in the caches, or are written past them when the copy does not do so.\n\
             +-: two standard errors of the ratio, by how much the quotients vary.\n",
        );
        for run in &self.runs {
            for row in run.rows.iter().filter(|r| !r.faults.is_empty()) {
                for fault in &row.faults {
                    // Writing to a string cannot fail, here and below.
                    let _ = writeln!(out, "FAULT {} {}: {fault}", run.title(), row.name);
                }
            }
        }
        out
    }
}

fn table(out: &mut String, run: &Run) {
    let limits = &run.limits;
    let _ = writeln!(
        out,
        "== {}: copy {:.1} GB/s (read and written), {:.0} GFLOP/s float64, {:.0} GFLOP/s float32;",
        run.title(),
        limits.copy / 1e9,
        limits.flops_f64 / 1e9,
        limits.flops_f32 / 1e9
    );
    let reads: Vec<String> = limits.read.iter().map(|r| format!("{:.1} of {}", r.rate / 1e9, mebibytes(r.bytes))).collect();
    let _ = writeln!(out, "   read, GB/s of buffers: {}", reads.join(", "));
    let columns = Columns { ours: OURS, times: TIMES.to_vec(), ratios: RATIOS.to_vec() };
    out.push_str(&columns.table(run.rows.iter().map(|row| (row, if row.faults.is_empty() { String::new() } else { "  FAULT".into() }))));
    let _ = writeln!(out, "\nGeometric means of times divided by ours");
    for (title, player) in TIMES.into_iter().filter(|&(_, player)| player != OURS) {
        if let Some(summary) = run.summary(player) {
            let names: Vec<String> = summary.behind.iter().map(|(name, r, error)| format!("{name} {} +- {error:.2}", ratio(*r))).collect();
            let below = match names.len() {
                0 => "none".into(),
                _ if player == NUMPY => names.join(", "),
                n => n.to_string(),
            };
            let _ = writeln!(out, "  {title:<8} {:>6} over {} rows; below 1: {below}", ratio(summary.mean), summary.rows);
        }
    }
}

/// Bytes, a power of two, as a person would write it.
fn mebibytes(bytes: usize) -> String {
    if bytes < 1 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}
