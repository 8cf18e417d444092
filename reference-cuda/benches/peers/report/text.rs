//! Tables in plain text.
use super::{Measurement, Report};
use crate::players::{CPU, CUBLAS, CUPY, NUMPY, OURS, TORCH};
use bench::report::text::Columns;
use bench::report::versions_line;
use std::fmt::Write;

/// What a module is called.
pub(super) fn title(module: &str) -> &'static str {
    match module {
        CUPY => "CuPy",
        TORCH => "PyTorch",
        NUMPY => "NumPy",
        _ => "other",
    }
}

impl Report {
    /// The tables.
    pub(crate) fn text(&self) -> String {
        let mut out = format!("{}\non {}\n{}\n", self.device_line(), self.machine_line(), versions_line(&self.versions));
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            out,
            "copies within the device: {:.1} GB/s (read and written, {:.1} MB each); {:.0} s in all",
            self.limits.copy / 1e9,
            self.limits.copied_bytes as f64 / 1e6,
            self.took
        );
        let modules = || self.peers.iter().map(|m| (title(m), m.as_str()));
        let ratios: Vec<(String, &str)> = modules().chain([("CPU", CPU)]).map(|(t, m)| (format!("{t}/{}", self.ours()), m)).collect();
        let columns = Columns {
            ours: OURS,
            times: [(self.ours(), OURS)].into_iter().chain(modules()).chain([(CUBLAS, CUBLAS), ("CPU", CPU)]).collect(),
            ratios: ratios.iter().map(|(title, module)| (title.as_str(), *module)).collect(),
        };
        out += &columns.table(self.rows.iter().map(|r| (&r.measured, self.wrong(r))));
        out += &format!(
            "\nTimes are medians of interleaved rounds on one device; each library waits for it before it reads the clock, and drops results at once\n\
             (so that memory can be reused). x/{ours}: how many times as long x takes. CPU: reference-cpu, the same code on the host.\n\
             limit: bytes of inputs and result at the rate of copies within the device; of products, the time of cuBLAS called directly.\n\
             share: limit / {ours}; beyond 1 where arrays fit the caches. MISSED: below the share that is aimed at.\n",
            ours = self.ours()
        );
        for what in &self.left_out {
            let _ = writeln!(out, "left out: {what}");
        }
        for row in &self.rows {
            for fault in &row.measured.faults {
                let _ = writeln!(out, "FAULT {}: {fault}", row.measured.name);
            }
        }
        match self.missed() {
            _ if self.device.emulated => out += "targets: not looked at, emulated\n",
            (missed, all) => {
                let _ = writeln!(out, "targets: {} of {all} reached", all - missed);
            }
        }
        out
    }

    /// Targets that are not reached, and all.
    fn missed(&self) -> (usize, usize) {
        let with = self.rows.iter().filter(|r| r.target.is_some() && r.measured.share(OURS).is_some());
        with.fold((0, 0), |(missed, all), row| (missed + usize::from(row.misses()), all + 1))
    }

    fn wrong(&self, row: &Measurement) -> String {
        let mut out = String::new();
        if !self.device.emulated && row.misses() {
            let _ = write!(out, "  MISSED {:.2}", row.target.unwrap_or_default());
        }
        if !row.measured.faults.is_empty() {
            out += "  FAULT";
        }
        out
    }
}
