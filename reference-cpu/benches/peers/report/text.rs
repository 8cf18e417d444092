//! Tables in plain text.
use super::Report;
use crate::measure::{Measured, Run};
use crate::players::{NUMPY, NUMPY_OUT, OURS};
use std::fmt::Write;

/// Names above the columns of times, and whose they are.
const TIMES: [(&str, &str); 5] = [("ours", OURS), ("NumPy", NUMPY), ("out=", NUMPY_OUT), ("ndarray", "ndarray"), ("candle", "candle")];
const NAME: usize = 22;
const COLUMN: usize = 9;

/// Nanoseconds with three digits and a unit.
pub(crate) fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "us"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

/// A ratio with three digits.
pub(super) fn ratio(r: f64) -> String {
    let digits = if r < 9.995 { 2 } else { usize::from(r < 99.95) };
    format!("{r:.digits$}")
}

impl Report {
    /// The tables.
    pub(crate) fn text(&self) -> String {
        let mut out = format!("{}\n{}\n", self.machine_line(), self.versions_line());
        for run in &self.runs {
            out.push('\n');
            table(&mut out, run);
        }
        out.push_str(
            "\n\
             Times are medians of interleaved rounds, of calls whose result is dropped at once (so that memory can be reused).\n\
             NumPy/ours, out=/ours: how many times as long NumPy takes, with a fresh result and writing into an array that is there.\n\
             limit: what the row takes at least, by the rates above: bytes in and out by the copy, bytes only read by the read,\n\
             products by the multiplications. share: limit / ours; beyond 1 where arrays fit the caches.\n",
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
        "== {}: copy {:.1} GB/s (read and written), read {:.1} GB/s, {:.0} GFLOP/s float64, {:.0} GFLOP/s float32",
        run.title(),
        limits.copy / 1e9,
        limits.read / 1e9,
        limits.flops_f64 / 1e9,
        limits.flops_f32 / 1e9
    );
    let mut group = "";
    for row in &run.rows {
        if row.group != group {
            group = &row.group;
            let _ = write!(out, "\n{group}\n{:NAME$}", "");
            for (title, _) in TIMES {
                let _ = write!(out, " {title:>COLUMN$}");
            }
            let _ = writeln!(out, "   {:>10} {:>9}   {:>COLUMN$} {:>5}", "NumPy/ours", "out=/ours", "limit", "share");
        }
        line(out, row);
    }
    let _ = writeln!(out, "\nGeometric means of times divided by ours");
    for (title, player) in TIMES.into_iter().filter(|&(_, player)| player != OURS) {
        if let Some(summary) = run.summary(player) {
            let names: Vec<String> = summary.behind.iter().map(|(name, r)| format!("{name} {}", ratio(*r))).collect();
            let below = match names.len() {
                0 => "none".into(),
                _ if player == NUMPY => names.join(", "),
                n => n.to_string(),
            };
            let _ = writeln!(out, "  {title:<8} {:>6} over {} rows; below 1: {below}", ratio(summary.mean), summary.rows);
        }
    }
}

fn line(out: &mut String, row: &Measured) {
    let cell = |value: Option<String>| value.unwrap_or_else(|| "-".into());
    let _ = write!(out, "{:NAME$}", row.name);
    for (_, player) in TIMES {
        let _ = write!(out, " {:>COLUMN$}", cell(row.median(player).map(time)));
    }
    let ratio_to = |player| cell(row.ratio(player).map(ratio));
    let share = row.bound_ns.zip(row.median(OURS)).map(|(bound, ours)| format!("{:.2}", bound / ours));
    let _ = writeln!(
        out,
        "   {:>10} {:>9}   {:>COLUMN$} {:>5}{}",
        ratio_to(NUMPY),
        ratio_to(NUMPY_OUT),
        cell(row.bound_ns.map(time)),
        cell(share),
        if row.faults.is_empty() { "" } else { "  FAULT" }
    );
}
