//! The report as one page that works offline. Everything foreign goes through the template's escaping; a content security policy
//! with the hash of the one script stands behind it.
use super::badge::Badge;
use super::summary::{self, ORDER, figure, level, of_limit, partial, profiles, share_of_limit, troubles, unit, verdict};
use super::text::{one_line, visible};
use crate::journal::{CheckRecord, Journal, Status};
use array_protocol::DType;
use array_protocol::manifest::Measure;
use minijinja::Environment;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const TEMPLATE: &str = include_str!("html/report.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// Longer replay files are not part of the page, in bytes.
const LONG_REPLAY: usize = 20_000;

/// What the template is given. Text is made visible here and escaped there.
#[derive(Serialize)]
struct Page<'a> {
    name: String,
    version: String,
    spec: &'a str,
    now: Option<&'a str>,
    verdict: VerdictText,
    partial: Option<String>,
    profiles: Vec<Profile>,
    badge: String,
    statuses: Vec<StatusCount>,
    totals: Totals,
    about: Vec<(&'static str, String)>,
    failures: Vec<Counterexample>,
    accuracy: Vec<Error>,
    clause_count: usize,
    categories: Vec<Category>,
    digest: &'a str,
    style: &'static str,
    script: &'static str,
    script_hash: String,
}

#[derive(Serialize)]
struct VerdictText {
    key: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
struct Profile {
    name: String,
    key: &'static str,
    verdict: &'static str,
    why: String,
}

#[derive(Serialize)]
struct StatusCount {
    key: &'static str,
    name: &'static str,
    glyph: &'static str,
    count: u64,
    always: bool,
}

#[derive(Serialize)]
struct Totals {
    checks: String,
    cases: String,
    elements: String,
}

#[derive(Serialize)]
struct Counterexample {
    anchor: String,
    key: &'static str,
    status: &'static str,
    clause: String,
    operation: Option<String>,
    dtype: Option<&'static str>,
    level: &'static str,
    profile: String,
    text: Vec<Span>,
    reason: Option<String>,
    summary: String,
    /// Label, text, whether in the face of code.
    facts: Vec<(&'static str, String, bool)>,
    code: Vec<Code>,
}

/// A piece of a clause's text, and whether it stood between backquotes.
type Span = (bool, String);

#[derive(Serialize)]
struct Code {
    name: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Error {
    operation: String,
    category: String,
    dtype: &'static str,
    key: &'static str,
    share: String,
    width: String,
    class: &'static str,
    max: String,
    of: String,
    mean: String,
    mean_value: String,
    count: String,
    count_value: u64,
    worst: String,
}

#[derive(Serialize)]
struct Category {
    name: String,
    operations: Vec<Operation>,
}

#[derive(Serialize)]
struct Operation {
    name: String,
    open: bool,
    counts: Vec<StatusCount>,
    dtypes: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Column {
    name: &'static str,
    short: String,
}

#[derive(Serialize)]
struct Row {
    clause: String,
    level: &'static str,
    text: Vec<Span>,
    reasons: Vec<String>,
    statuses: String,
    cells: Vec<Option<Cell>>,
}

#[derive(Clone, Serialize)]
struct Cell {
    key: &'static str,
    name: &'static str,
    glyph: &'static str,
    anchor: Option<String>,
}

/// The page. `texts` are those of the clauses by id; `now` is shown as it is, where given.
///
/// # Errors
/// Those of the template engine; the template is fixed, so there are none unless it is broken.
pub fn render(journal: &Journal, texts: &BTreeMap<String, String>, now: Option<&str>) -> Result<String, minijinja::Error> {
    let start = &journal.start;
    let troubles = troubles(journal);
    let anchors: HashMap<&str, String> = troubles.iter().enumerate().map(|(i, c)| (c.id.as_str(), format!("f{}", i + 1))).collect();
    let verdict = verdict(journal);
    let page = Page {
        name: one_line(&start.backend.name).into(),
        version: one_line(&format!("{}{}", start.backend.version, start.backend.manner())).into_owned(),
        spec: &start.spec,
        now,
        verdict: VerdictText { key: verdict_key(verdict), name: verdict.name() },
        partial: partial(journal).map(|why| format!("({})", one_line(&why))),
        profiles: profiles(journal).into_iter().map(profile).collect(),
        badge: Badge::of(journal).svg(),
        statuses: ORDER.iter().map(|&s| status_count(s, journal.count(s))).collect(),
        totals: Totals {
            checks: grouped(journal.checks.len() as u64),
            cases: grouped(journal.checks.iter().map(|c| c.cases).sum()),
            elements: grouped(journal.checks.iter().map(|c| c.elements).sum()),
        },
        about: about(journal),
        failures: troubles.iter().map(|c| counterexample(c, texts, &anchors)).collect(),
        accuracy: summary::accuracy(journal).into_iter().filter_map(error).collect(),
        clause_count: journal.checks.iter().map(|c| c.clause.as_str()).collect::<BTreeSet<_>>().len(),
        categories: categories(journal, texts, &anchors),
        digest: &journal.end.digest,
        style: STYLE,
        script: SCRIPT,
        script_hash: base64(&Sha256::digest(SCRIPT)),
    };
    let mut environment = Environment::new();
    // The ending `.html` is what turns escaping on.
    environment.add_template("report.html", TEMPLATE)?;
    environment.get_template("report.html")?.render(minijinja::value::Serde(page))
}

fn verdict_key(verdict: summary::Verdict) -> &'static str {
    match verdict {
        summary::Verdict::Conforms => "conforms",
        summary::Verdict::Incomplete => "incomplete",
        summary::Verdict::NotConforming => "not_conforming",
    }
}

fn profile(p: summary::Profile<'_>) -> Profile {
    Profile { name: one_line(p.name).into(), key: verdict_key(p.verdict), verdict: p.verdict.name(), why: p.why }
}

/// The class of a status, and the sign that says it without colour.
fn sign(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Pass => ("pass", "✓"),
        Status::Fail => ("fail", "✗"),
        Status::ExpectedFail => ("expected_fail", "~"),
        Status::Unsupported => ("unsupported", "–"),
        Status::Blocked => ("blocked", "▪"),
        Status::Incident => ("incident", "!"),
        Status::Untestable => ("untestable", "?"),
    }
}

fn status_count(status: Status, count: u64) -> StatusCount {
    let (key, glyph) = sign(status);
    StatusCount { key, name: status.name(), glyph, count, always: matches!(status, Status::Pass | Status::Fail) }
}

fn about(journal: &Journal) -> Vec<(&'static str, String)> {
    let start = &journal.start;
    let names =
        |list: &[String]| if list.is_empty() { "all of the claimed profiles".into() } else { one_line(&list.join(", ")).into_owned() };
    let dtypes: Vec<&str> = start.backend.dtypes.iter().map(|d| d.name()).collect();
    let devices: Vec<String> = start.backend.devices.iter().map(ToString::to_string).collect();
    let declared: Vec<String> = start.backend.declared.iter().map(|(k, v)| format!("{k} = {v}")).collect();
    let mut rows = vec![
        ("Specification", start.spec.clone()),
        ("Mode", start.mode.clone()),
        ("Seed", start.seed.to_string()),
        ("Worker", one_line(&start.worker).into()),
        ("Claimed profiles", one_line(&start.backend.profiles.join(", ")).into()),
        ("Operations", names(&start.backend.operations)),
        ("dtypes", dtypes.join(", ")),
        ("Devices", devices.join(", ")),
        ("Declared choices", one_line(&declared.join(", ")).into()),
        ("Filters", one_line(&start.filters.join(" ")).into()),
        ("Suite, SHA-256", start.suite.clone()),
        ("Plan, SHA-256", start.plan.clone()),
        ("Expected failures, SHA-256", start.expected_failures.clone().unwrap_or_default()),
        ("Journal, SHA-256", journal.end.digest.clone()),
    ];
    rows.retain(|(_, text)| !text.is_empty());
    rows
}

fn counterexample(check: &CheckRecord, texts: &BTreeMap<String, String>, anchors: &HashMap<&str, String>) -> Counterexample {
    let mut facts = vec![];
    if let Some(reason) = &check.reason {
        facts.push(("Reason", visible(reason).into_owned(), false));
    }
    let mut code = vec![];
    if let Some(f) = &check.failure {
        if let Some(incident) = &f.incident {
            facts.push(("Incident", visible(&super::incident_text(incident)).into_owned(), false));
        }
        facts.push(("Expected", visible(&f.expected).into_owned(), true));
        facts.push(("Got", visible(&f.got).into_owned(), true));
        if let Some(error) = f.error {
            let of = check.measured.as_ref().map_or(String::new(), |m| format!(" {}, allowed: {}", unit(m.measure), figure(m.limit)));
            facts.push(("Error", format!("{}{of}", figure(error)), false));
        }
        let cases = format!("{} of {} cases fail; case {} was shrunk in {} steps", f.failing, check.cases, f.index, f.shrinks);
        facts.push(("Found", cases, false));
        let replay = serde_json::to_string_pretty(&f.case).unwrap_or_default();
        let file = format!("cases/{}", summary::case_file(check));
        let replay = if replay.len() > LONG_REPLAY { format!("Too long for this page: it is in {file}, beside it.") } else { replay };
        for (name, text) in [("Rust", &f.rust), ("Python", &f.python), ("Replay file", &replay)] {
            code.push(Code { name, text: visible(text).into_owned() });
        }
    }
    Counterexample {
        anchor: anchors.get(check.id.as_str()).cloned().unwrap_or_default(),
        key: sign(check.status).0,
        status: check.status.name(),
        clause: one_line(&check.clause).into(),
        operation: check.operation.as_deref().map(|o| one_line(o).into()),
        dtype: check.dtype.map(DType::name),
        level: level(check.level),
        profile: one_line(&check.profile).into(),
        text: prose(texts.get(&check.clause)),
        reason: check.reason.as_deref().map(|r| one_line(r).into()),
        summary: check.failure.as_ref().map_or(String::new(), |f| visible(&f.summary).into_owned()),
        facts,
        code,
    }
}

fn prose(text: Option<&String>) -> Vec<Span> {
    let pieces = text.into_iter().flat_map(|t| t.split('`').enumerate());
    pieces.map(|(i, piece)| (i % 2 == 1, visible(piece).into_owned())).filter(|(_, piece)| !piece.is_empty()).collect()
}

fn error(check: &CheckRecord) -> Option<Error> {
    let m = check.measured.as_ref()?;
    let share = share_of_limit(m);
    let all = of_limit(m);
    let (max, of) = all.split_once(' ').unwrap_or((&all, ""));
    Some(Error {
        operation: one_line(check.operation.as_deref()?).into(),
        category: one_line(&check.category).into(),
        dtype: check.dtype.map_or("", DType::name),
        key: sign(check.status).0,
        share: if share.is_finite() { share.to_string() } else { "1e999".into() },
        width: format!("{:.1}", share.min(1.0) * 100.0),
        class: match share {
            s if s > 1.0 => "past",
            s if s > 0.9 && m.measure == Measure::Ulp && m.limit > 0.5 => "near",
            _ => "within",
        },
        max: max.into(),
        of: of.into(),
        mean: figure(m.mean),
        mean_value: if m.mean.is_finite() { m.mean.to_string() } else { "1e999".into() },
        count: grouped(m.count),
        count_value: m.count,
        worst: one_line(&m.worst).into(),
    })
}

/// Checks under a name: of an operation, of a clause.
type Checks<'a> = (&'a str, Vec<&'a CheckRecord>);

/// The matrix: by category, then operation; one row per clause, one column per dtype.
fn categories(journal: &Journal, texts: &BTreeMap<String, String>, anchors: &HashMap<&str, String>) -> Vec<Category> {
    let mut list: Vec<(&str, Vec<Checks<'_>>)> = vec![];
    let mut places: HashMap<(&str, &str), (usize, usize)> = HashMap::new();
    for check in &journal.checks {
        // Clauses without an operation are grouped by topic.
        let topic = check.clause.split('.').next().unwrap_or_default();
        let operation = check.operation.as_deref().unwrap_or(topic);
        let &mut (i, j) = places.entry((&check.category, operation)).or_insert_with(|| {
            let i = list.iter().position(|(name, _)| *name == check.category).unwrap_or(list.len());
            if i == list.len() {
                list.push((&check.category, vec![]));
            }
            list[i].1.push((operation, vec![]));
            (i, list[i].1.len() - 1)
        });
        list[i].1[j].1.push(check);
    }
    let category = |(name, operations): (&str, Vec<Checks<'_>>)| Category {
        name: one_line(name).into(),
        operations: operations.into_iter().map(|(name, checks)| operation(name, &checks, texts, anchors)).collect(),
    };
    list.into_iter().map(category).collect()
}

fn operation(name: &str, checks: &[&CheckRecord], texts: &BTreeMap<String, String>, anchors: &HashMap<&str, String>) -> Operation {
    let dtypes: BTreeSet<Option<DType>> = checks.iter().map(|c| c.dtype).collect();
    let count = |s: Status| checks.iter().filter(|c| c.status == s).count() as u64;
    let mut clauses: Vec<Checks<'_>> = vec![];
    let mut places: HashMap<&str, usize> = HashMap::new();
    for check in checks {
        let at = *places.entry(&check.clause).or_insert_with(|| {
            clauses.push((&check.clause, vec![]));
            clauses.len() - 1
        });
        clauses[at].1.push(check);
    }
    let row = |(clause, checks): &Checks<'_>| {
        let cell = |dtype: &Option<DType>| {
            let check = checks.iter().find(|c| c.dtype == *dtype)?;
            let (key, glyph) = sign(check.status);
            Some(Cell { key, name: check.status.name(), glyph, anchor: anchors.get(check.id.as_str()).cloned() })
        };
        let statuses: BTreeSet<&str> = checks.iter().map(|c| sign(c.status).0).collect();
        let reasons: BTreeSet<&str> = checks.iter().filter_map(|c| c.reason.as_deref()).collect();
        Row {
            clause: one_line(clause).into(),
            level: checks.first().map_or("", |c| level(c.level)),
            text: prose(texts.get(*clause)),
            reasons: reasons.into_iter().map(|r| visible(r).into_owned()).collect(),
            statuses: statuses.into_iter().collect::<Vec<_>>().join(" "),
            cells: dtypes.iter().map(cell).collect(),
        }
    };
    Operation {
        name: one_line(name).into(),
        open: checks.iter().any(|c| matches!(c.status, Status::Fail | Status::Incident)),
        counts: ORDER.iter().map(|&s| status_count(s, count(s))).filter(|s| s.count > 0).collect(),
        dtypes: dtypes.iter().map(|d| d.map_or(Column { name: "", short: String::new() }, column)).collect(),
        rows: clauses.iter().map(row).collect(),
    }
}

/// `float32` takes too much room above a sign.
fn column(dtype: DType) -> Column {
    let name = dtype.name();
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    let short = match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "bfloat" => format!("bf{digits}"),
        "bool" => "bool".into(),
        other => format!("{}{digits}", other.get(..1).unwrap_or(other)),
    };
    Column { name, short }
}

/// `6 400 000`, with spaces that do not break.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let place = |(i, c): (usize, char)| if i > 0 && (digits.len() - i).is_multiple_of(3) { format!("\u{202f}{c}") } else { c.to_string() };
    digits.chars().enumerate().map(place).collect()
}

/// As a content security policy wants its hashes.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let n = chunk.iter().fold(0u32, |n, &b| n << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        let digit = move |i: usize| if i <= chunk.len() { DIGITS[(n >> (18 - 6 * i)) as usize & 63] as char } else { '=' };
        (0..4).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}
