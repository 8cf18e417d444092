//! Tables in plain text.
use crate::measure::Measured;
use std::fmt::Write;

const NAME: usize = 22;
const COLUMN: usize = 9;

/// Nanoseconds with three digits and a unit.
pub fn time(ns: f64) -> String {
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
pub fn ratio(r: f64) -> String {
    let digits = if r < 9.995 { 2 } else { usize::from(r < 99.95) };
    format!("{r:.digits$}")
}

/// What stands in the columns of a table: the title of each, and whose it is.
pub struct Columns<'a> {
    /// The player that others are held against.
    pub ours: &'a str,
    /// Times.
    pub times: Vec<(&'a str, &'a str)>,
    /// Times divided by ours.
    pub ratios: Vec<(&'a str, &'a str)>,
}

impl Columns<'_> {
    /// Rows by group, each group under titles of its own, and behind each row what is wrong with it.
    pub fn table<'m>(&self, rows: impl IntoIterator<Item = (&'m Measured, String)>) -> String {
        let (mut out, mut group) = (String::new(), "");
        for (row, wrong) in rows {
            if row.group != group {
                group = &row.group;
                // Writing to a string cannot fail, here and below.
                let _ = write!(out, "\n{group}\n{:NAME$}", "");
                self.titles(&mut out);
            }
            self.line(&mut out, row, &wrong);
        }
        out
    }

    fn titles(&self, out: &mut String) {
        for (title, _) in &self.times {
            let _ = write!(out, " {title:>COLUMN$}");
        }
        let ratios: Vec<String> = self.ratios.iter().map(|(title, _)| format!("{title:>0$}", width(title))).collect();
        let _ = writeln!(out, "   {}   {:>COLUMN$} {:>5}", ratios.join(" "), "limit", "share");
    }

    fn line(&self, out: &mut String, row: &Measured, wrong: &str) {
        let cell = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        let _ = write!(out, "{:NAME$}", row.name);
        for (_, player) in &self.times {
            let _ = write!(out, " {:>COLUMN$}", cell(row.median(player).map(time)));
        }
        let ratios =
            self.ratios.iter().map(|(title, player)| format!("{:>1$}", cell(row.ratio(player, self.ours).map(ratio)), width(title)));
        let share = row.share(self.ours).map(|share| format!("{share:.2}"));
        let ratios: Vec<String> = ratios.collect();
        let _ = writeln!(out, "   {}   {:>COLUMN$} {:>5}{wrong}", ratios.join(" "), cell(row.bound_ns.map(time)), cell(share));
    }
}

fn width(title: &str) -> usize {
    title.len().max(COLUMN)
}
