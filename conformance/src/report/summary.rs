//! What a journal amounts to. Every report reads it from here, so that no two of them disagree.
use crate::journal::{CheckRecord, Journal, Measured, Status};
use array_protocol::manifest::{Level, Measure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The order in which statuses are shown: what decides comes first.
pub(crate) const ORDER: [Status; 7] =
    [Status::Pass, Status::Fail, Status::Incident, Status::ExpectedFail, Status::Blocked, Status::Unsupported, Status::Untestable];

/// Checks by status.
pub type Counts = BTreeMap<Status, u64>;

/// Whether a backend conforms. There is nothing between yes and no, and no percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every check that gates passed, in every claimed profile.
    Conforms,
    /// None failed, but not all that gate were shown.
    Incomplete,
    /// One that gates did not pass.
    NotConforming,
}

impl Verdict {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Conforms => "conforms",
            Verdict::Incomplete => "incomplete",
            Verdict::NotConforming => "not conforming",
        }
    }
}

/// The verdict of one claimed profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile<'a> {
    /// Its name. Text of foreign origin: a backend may claim anything.
    pub name: &'a str,
    /// Its verdict.
    pub verdict: Verdict,
    /// Why, in one line.
    pub why: String,
}

/// Checks of a category.
#[derive(Clone, Debug)]
pub struct Category<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its checks.
    pub counts: Counts,
    /// The check that came closest to its limit, or went furthest past it.
    pub worst: Option<&'a CheckRecord>,
}

/// Whether the check decides about a badge: clauses that must hold, choices that were declared, and any crash or hang.
pub(crate) fn gates(check: &CheckRecord) -> bool {
    matches!(check.level, Level::Must | Level::Declared) || check.status == Status::Incident
}

/// The verdict of each profile under test.
pub fn profiles(journal: &Journal) -> Vec<Profile<'_>> {
    journal.start.profiles.iter().map(|name| profile(journal, name)).collect()
}

fn profile<'a>(journal: &'a Journal, name: &'a str) -> Profile<'a> {
    let (mut passed, mut bad, mut not_shown) = (0u64, Counts::new(), 0u64);
    for check in journal.checks.iter().filter(|c| c.profile == name && gates(c)) {
        match check.status {
            Status::Pass => passed += 1,
            Status::Untestable => {}
            Status::Unsupported => not_shown += 1,
            // A failure that is expected is a failure, and what is blocked is blocked by one.
            Status::Fail | Status::ExpectedFail | Status::Blocked | Status::Incident => *bad.entry(check.status).or_default() += 1,
        }
    }
    let (verdict, why) = if !bad.is_empty() {
        (Verdict::NotConforming, bad.iter().map(|(s, n)| format!("{n} {}", s.name())).collect::<Vec<_>>().join(", "))
    } else if not_shown > 0 {
        (Verdict::Incomplete, format!("{not_shown} unsupported"))
    } else if passed == 0 {
        (Verdict::Incomplete, "no check counts for it".into())
    } else {
        (Verdict::Conforms, format!("all {passed} checks that gate passed"))
    };
    Profile { name, verdict, why }
}

/// Why a run says nothing about the whole of its profiles, if it does not.
pub fn partial(journal: &Journal) -> Option<String> {
    if !journal.start.filters.is_empty() {
        Some("the run was filtered".into())
    } else if !["standard", "exhaustive"].contains(&journal.start.mode.as_str()) {
        Some(format!("{} mode shows too little", journal.start.mode))
    } else if journal.start.profiles.is_empty() {
        Some("no profile is claimed".into())
    } else {
        None
    }
}

/// The verdict of a run: the worst of its profiles.
pub fn verdict(journal: &Journal) -> Verdict {
    let worst = profiles(journal).iter().map(|p| p.verdict).max().unwrap_or(Verdict::Incomplete);
    if partial(journal).is_some() { worst.max(Verdict::Incomplete) } else { worst }
}

/// The categories, in the order in which they were planned.
pub fn categories(journal: &Journal) -> Vec<Category<'_>> {
    let mut list: Vec<Category<'_>> = vec![];
    for check in &journal.checks {
        let at = list.iter().position(|c| c.name == check.category).unwrap_or_else(|| {
            list.push(Category { name: &check.category, counts: Counts::new(), worst: None });
            list.len() - 1
        });
        let category = &mut list[at];
        *category.counts.entry(check.status).or_default() += 1;
        category.worst = worse(category.worst, check);
    }
    list
}

/// The worst error of each operation for each dtype, in the order of the plan.
pub fn accuracy(journal: &Journal) -> Vec<&CheckRecord> {
    let mut list: Vec<&CheckRecord> = vec![];
    for check in journal.checks.iter().filter(|c| c.measured.is_some() && c.operation.is_some()) {
        let same = |c: &&mut &CheckRecord| {
            let measure = |c: &CheckRecord| c.measured.as_ref().map(|m| m.measure);
            (&c.operation, c.dtype, measure(c)) == (&check.operation, check.dtype, measure(check))
        };
        match list.iter_mut().find(same) {
            Some(old) => *old = worse(Some(*old), check).unwrap_or(check),
            None => list.push(check),
        }
    }
    list
}

fn worse<'a>(old: Option<&'a CheckRecord>, new: &'a CheckRecord) -> Option<&'a CheckRecord> {
    // Half an ULP is reached by every correct rounding: beside other limits that says nothing.
    let rounded = |m: &Measured| m.measure == Measure::Ulp && m.limit <= 0.5 && m.max <= m.limit;
    let share = |c: &CheckRecord| c.measured.as_ref().map(|m| if rounded(m) { 0.0 } else { share_of_limit(m) });
    match (old, share(new)) {
        (_, None) => old,
        (None, Some(_)) => Some(new),
        (Some(o), Some(n)) => Some(if n.total_cmp(&share(o).unwrap_or(0.0)).is_gt() { new } else { o }),
    }
}

/// The largest error as a share of what is allowed; a NaN is more than anything.
pub(crate) fn share_of_limit(m: &Measured) -> f64 {
    if m.max == 0.0 {
        0.0
    } else if m.max.is_nan() || m.limit <= 0.0 {
        f64::INFINITY
    } else {
        m.max / m.limit
    }
}

/// `1.981 of 2 ULP`, `0.044 of the bound`.
pub(crate) fn of_limit(m: &Measured) -> String {
    match m.measure {
        Measure::Exact => if m.max == 0.0 { "exact" } else { "not exact" }.into(),
        Measure::Ulp => format!("{} of {} ULP", figure(m.max), figure(m.limit)),
        Measure::Forward | Measure::Backward if m.limit == 1.0 => format!("{} of the bound", figure(m.max)),
        Measure::Forward | Measure::Backward => format!("{} of {} bounds", figure(m.max), figure(m.limit)),
    }
}

/// The unit of a measure.
pub(crate) fn unit(measure: Measure) -> &'static str {
    match measure {
        Measure::Exact => "exact",
        Measure::Ulp => "ULP",
        Measure::Forward => "forward bound",
        Measure::Backward => "backward bound",
    }
}

/// Four significant digits. Rounded away from zero, so that no error looks smaller than it is.
pub(crate) fn figure(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x.is_nan() { "NaN".into() } else { x.to_string() };
    }
    let exponent = x.abs().log10().floor() as i32;
    if !(-4..6).contains(&exponent) {
        return format!("{x:.2e}");
    }
    let scale = 10f64.powi(3 - exponent);
    // The decimals of a number like 2 must not become 2.001.
    let scaled = x.abs() * scale;
    let digits = if (scaled - scaled.round()).abs() < 1e-6 { scaled.round() } else { scaled.ceil() };
    let text = format!("{:.*}", (3 - exponent).max(0) as usize, digits / scale);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{}{text}", if x < 0.0 { "-" } else { "" })
}

/// Checks that a reader has to look at, the worst first: incidents, failures, then those that were expected.
pub(crate) fn troubles(journal: &Journal) -> Vec<&CheckRecord> {
    let troubled = |c: &&CheckRecord| matches!(c.status, Status::Fail | Status::Incident | Status::ExpectedFail);
    let mut list: Vec<&CheckRecord> = journal.checks.iter().filter(troubled).collect();
    let rank = |c: &CheckRecord| match c.status {
        Status::Incident => 0,
        Status::Fail if gates(c) => 1,
        Status::Fail => 2,
        _ => 3,
    };
    list.sort_by_key(|c| rank(c));
    list
}

/// The name of a level.
pub(crate) fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "must",
        Level::Should => "should",
        Level::Declared => "declared",
        Level::Untestable => "untestable",
    }
}

/// The name of the replay file of a check.
pub(crate) fn case_file(check: &CheckRecord) -> String {
    let name = check.id.replace(|c: char| !(c.is_ascii_alphanumeric() || "._-@".contains(c)), "_");
    format!("{}.json", name.trim_start_matches('.'))
}
