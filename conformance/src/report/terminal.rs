//! The summary on a terminal: a table by category, then each failure with what is needed to understand it.
use super::summary::{ORDER, Verdict, case_file, categories, figure, level, of_limit, partial, profiles, troubles, unit, verdict};
use super::text::{one_line, visible};
use crate::journal::{CheckRecord, Journal, Status};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::PathBuf;

/// How the summary is written.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// How many failures are shown in full; 0: all.
    pub failures: usize,
    /// Where the replay files lie, to be named in hints.
    pub cases: Option<PathBuf>,
}

impl Style {
    /// For standard output: colours on a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    pub fn stdout() -> Style {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        Style { colour: std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb, failures: 10, cases: None }
    }
}

#[derive(Clone, Copy)]
enum Paint {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Magenta,
}

struct Page<'a> {
    out: String,
    style: &'a Style,
}

impl Page<'_> {
    fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Bold => 1,
            Paint::Dim => 2,
            Paint::Red => 31,
            Paint::Green => 32,
            Paint::Yellow => 33,
            Paint::Magenta => 35,
        };
        if self.style.colour && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.into() }
    }

    fn line(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.out, "{}", text.as_ref().trim_end());
    }
}

fn paint_of(status: Status) -> Paint {
    match status {
        Status::Pass => Paint::Green,
        Status::Fail => Paint::Red,
        Status::Incident => Paint::Magenta,
        Status::ExpectedFail | Status::Blocked => Paint::Yellow,
        Status::Unsupported | Status::Untestable => Paint::Dim,
    }
}

/// The summary. `texts` are those of the clauses, by id.
pub fn render(journal: &Journal, texts: &BTreeMap<String, String>, style: &Style) -> String {
    let mut page = Page { out: String::new(), style };
    head(&mut page, journal);
    table(&mut page, journal);
    let limit = |n: usize| if style.failures == 0 { n } else { style.failures.min(n) };
    let (expected, failures): (Vec<_>, Vec<_>) = groups(journal).into_iter().partition(|g| g[0].status == Status::ExpectedFail);
    let more = |page: &mut Page<'_>, hidden: usize| {
        if hidden > 0 {
            page.line(format!("... and {hidden} more; the report has them all."));
        }
    };
    for (i, group) in failures.iter().take(limit(failures.len())).enumerate() {
        trouble(&mut page, i + 1, group, texts);
    }
    more(&mut page, failures.len() - limit(failures.len()));
    // Those that are expected are known: a line each.
    for group in expected.iter().take(limit(expected.len())) {
        let dtypes: Vec<&str> = group.iter().filter_map(|c| c.dtype).map(|d| d.name()).collect();
        let status = page.paint(paint_of(Status::ExpectedFail), Status::ExpectedFail.name());
        let (clause, reason) = (one_line(&group[0].clause), one_line(group[0].reason.as_deref().unwrap_or_default()));
        page.line(format!("{status} {clause} {}: {reason}", dtypes.join(", ")));
    }
    more(&mut page, expected.len() - limit(expected.len()));
    if !expected.is_empty() || limit(failures.len()) < failures.len() {
        page.line("");
    }
    verdict_lines(&mut page, journal);
    page.out
}

/// What has to be looked at; the same clause of the same operation for several dtypes together.
fn groups(journal: &Journal) -> Vec<Vec<&CheckRecord>> {
    let mut groups: Vec<Vec<&CheckRecord>> = vec![];
    let same = |a: &CheckRecord, b: &CheckRecord| (&a.clause, &a.operation, a.status) == (&b.clause, &b.operation, b.status);
    for check in troubles(journal) {
        match groups.iter_mut().find(|g| same(g[0], check)) {
            Some(group) => group.push(check),
            None => groups.push(vec![check]),
        }
    }
    groups
}

fn head(page: &mut Page<'_>, journal: &Journal) {
    let start = &journal.start;
    let name = one_line(&start.backend.title()).into_owned();
    page.line(format!("{} against the array protocol {}", page.paint(Paint::Bold, name.trim_end()), start.spec));
    let filters = if start.filters.is_empty() { String::new() } else { format!(", filtered by {}", one_line(&start.filters.join(" "))) };
    let line = format!("{} mode, seed {}, worker {}{filters}", start.mode, start.seed, one_line(&start.worker));
    page.line(page.paint(Paint::Dim, &line));
    page.line("");
}

/// One row per category. Columns of statuses that never occur are left out.
fn table(page: &mut Page<'_>, journal: &Journal) {
    let categories = categories(journal);
    let columns: Vec<Status> =
        ORDER.iter().copied().filter(|&s| matches!(s, Status::Pass | Status::Fail) || journal.count(s) > 0).collect();
    let first = categories.iter().map(|c| one_line(c.name).chars().count()).chain([8]).max().unwrap_or(8);
    let mut heading = format!("{:first$}", "category");
    columns.iter().for_each(|s| heading += &format!("  {:>width$}", s.name(), width = s.name().len().max(5)));
    page.line(page.paint(Paint::Bold, &format!("{heading}   worst error against its limit")));
    let cells = |page: &Page<'_>, count: &dyn Fn(Status) -> u64| {
        columns.iter().fold(String::new(), |mut row, &status| {
            let n = count(status);
            let cell = format!("{:>width$}", if n == 0 { "-".into() } else { n.to_string() }, width = status.name().len().max(5));
            let cell = page.paint(if n == 0 { Paint::Dim } else { paint_of(status) }, &cell);
            let _ = write!(row, "  {cell}");
            row
        })
    };
    for category in &categories {
        let worst = category.worst.and_then(|c| Some((c, c.measured.as_ref()?)));
        let worst = worst.map(|(c, m)| {
            let text = format!("{} {}: {}", c.operation.as_deref().unwrap_or(&c.clause), c.dtype.map_or("", |d| d.name()), of_limit(m));
            if super::summary::share_of_limit(m) > 1.0 { page.paint(Paint::Red, &text) } else { text }
        });
        let counts = cells(page, &|s| category.counts.get(&s).copied().unwrap_or(0));
        page.line(format!("{:first$}{counts}   {}", one_line(category.name), worst.unwrap_or_default()));
    }
    let total = cells(page, &|s| journal.count(s));
    let elements: u64 = journal.checks.iter().map(|c| c.elements).sum();
    let cases: u64 = journal.checks.iter().map(|c| c.cases).sum();
    page.line(format!("{:first$}{total}   {} checks, {cases} cases, {elements} elements", "total", journal.checks.len()));
    page.line("");
}

fn trouble(page: &mut Page<'_>, number: usize, group: &[&CheckRecord], texts: &BTreeMap<String, String>) {
    let Some((check, others)) = group.split_first() else { return };
    let status = page.paint(paint_of(check.status), check.status.name());
    let place: Vec<&str> = [check.operation.as_deref(), check.dtype.map(|d| d.name())].into_iter().flatten().collect();
    let clause = page.paint(Paint::Bold, &one_line(&check.clause));
    page.line(format!("{number}. {status} {clause} ({}) {}", level(check.level), one_line(&place.join(" "))));
    let dimmed = |page: &Page<'_>, label: &str, text: &str| format!("   {} {text}", page.paint(Paint::Dim, &format!("{label:9}")));
    let mut say = |label: &str, text: &str| {
        // A second line of a text starts below the first.
        let text = visible(text).trim_end().replace('\n', "\n             ");
        let line = dimmed(page, label, &text);
        page.line(line);
    };
    if let Some(text) = texts.get(&check.clause) {
        say("clause", text);
    }
    if let Some(reason) = &check.reason {
        say("reason", reason);
    }
    let others: Vec<&str> = others.iter().filter_map(|c| c.dtype).map(|d| d.name()).collect();
    if !others.is_empty() {
        say("also for", &others.join(", "));
    }
    let Some(failure) = &check.failure else {
        return page.line("");
    };
    say("", &failure.summary);
    if let Some(incident) = &failure.incident {
        say("incident", &super::incident_text(incident));
    }
    say("expected", &failure.expected);
    say("got", &failure.got);
    if let Some(error) = failure.error {
        let unit = check.measured.as_ref().map_or("", |m| unit(m.measure));
        say("error", &format!("{} {unit}", figure(error)));
    }
    say(
        "found",
        &format!(
            "{} of {} cases fail; the first is case {}, shown after {} steps of shrinking",
            failure.failing, check.cases, failure.index, failure.shrinks
        ),
    );
    page.line("");
    for line in visible(&failure.rust).lines() {
        let line = page.paint(Paint::Dim, line);
        page.line(format!("       {line}"));
    }
    if let Some(folder) = &page.style.cases {
        let path = folder.join(case_file(check)).display().to_string();
        page.line("");
        page.line(format!("   again: conform replay {} {}", one_line(&path), "BACKEND"));
    }
    page.line("");
}

fn verdict_lines(page: &mut Page<'_>, journal: &Journal) {
    let paint = |v: Verdict| match v {
        Verdict::Conforms => Paint::Green,
        Verdict::Incomplete => Paint::Yellow,
        Verdict::NotConforming => Paint::Red,
    };
    for profile in profiles(journal) {
        let verdict = page.paint(paint(profile.verdict), profile.verdict.name());
        page.line(format!("{}: {verdict} ({})", one_line(profile.name), profile.why));
    }
    if let Some(why) = partial(journal) {
        page.line(format!("No certificate: {}.", one_line(&why)));
    }
    let expected = journal.count(Status::ExpectedFail);
    if expected > 0 {
        page.line(format!("{expected} expected {}.", if expected == 1 { "failure" } else { "failures" }));
    }
    let all = verdict(journal);
    page.line(page.paint(paint(all), &format!("{}.", all.name())));
}
