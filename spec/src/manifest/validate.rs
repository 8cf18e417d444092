//! Do the manifests agree with each other, and with the list of operations?
use super::error::nearest;
use super::literal;
use super::load::{Entry, Suite};
use super::schema::{Check, CheckKind, Clause, Level, Measure};
use crate::{DType, ErrorKind, Op};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One contradiction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The file, below `manifests/`.
    pub path: String,
    /// The clause, parameter or section that it is about.
    pub at: String,
    /// What contradicts what.
    pub text: String,
}
impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.path, self.at, self.text)
    }
}

/// Everything that contradicts; empty for a suite that can be released.
pub fn validate(suite: &Suite) -> Vec<Disagreement> {
    let mut found = Found { path: String::new(), list: vec![] };
    for op in Op::all().filter(|&op| suite.entry(op).is_none()) {
        found.path = format!("*/{op}.toml");
        found.add("operation", "is in the list of operations but has no manifest");
    }
    let mut seen = BTreeMap::<&str, String>::new();
    for entry in &suite.operations {
        found.path.clone_from(&entry.path);
        operation(entry, &mut found);
        clauses(&entry.manifest.clauses, entry.op.name(), &mut seen, &mut found);
        rows(entry, &mut found);
        examples(entry, &mut found);
    }
    for topic in &suite.common {
        found.path = format!("common/{}.toml", topic.topic);
        clauses(&topic.clauses, &topic.topic, &mut seen, &mut found);
        topic.clauses.iter().for_each(|c| applies(c, &mut found));
    }
    tables(suite, &mut found);
    found.list
}

struct Found {
    path: String,
    list: Vec<Disagreement>,
}
impl Found {
    fn add(&mut self, at: impl Into<String>, text: impl Into<String>) {
        self.list.push(Disagreement { path: self.path.clone(), at: at.into(), text: text.into() });
    }
}

const TYPES: &[&str] = &[
    "array", "operand", "arrays", "key", "integer", "number", "axis", "axes", "dtype", "shape", "scalar", "bool", "choice", "device",
    "index",
];

fn operation(e: &Entry, found: &mut Found) {
    let m = &e.manifest;
    let place = format!("{}/{}.toml", e.category, e.op);
    if e.path != place {
        found.add("operation", format!("defines `{}` and has to be {place}", e.op));
    }
    if m.manifest != 1 {
        found.add("manifest", format!("version {} of the schema is not known: expected 1", m.manifest));
    }
    if m.operation.family != e.op.family() {
        found.add("operation.family", format!("`{}`, but the list of operations says `{}`", m.operation.family, e.op.family()));
    }
    if m.returns.is_empty() {
        found.add("return", "an operation returns at least one array");
    }
    if m.dtypes.accept.is_empty() {
        found.add("dtypes.accept", "no dtype is accepted");
    }
    let mut names = BTreeSet::new();
    for p in &m.parameters {
        if !TYPES.contains(&p.ty.as_str()) {
            found.add(format!("parameter {}", p.name), format!("type `{}` is not one of {}", p.ty, TYPES.join(", ")));
        }
        if !names.insert(&p.name) {
            found.add(format!("parameter {}", p.name), "is there twice");
        }
    }
    for edge in m.draw.edges.iter().filter(|edge| !literal::is_number(edge)) {
        found.add("draw.edges", format!("`{edge}` is not a number"));
    }
    for [low, high] in
        m.draw.range.iter().chain(&m.draw.range2).filter(|[low, high]| high.partial_cmp(low).is_none_or(std::cmp::Ordering::is_le))
    {
        found.add("draw.range", format!("[{low}, {high}] is empty"));
    }
    accuracy(e, found);
}

/// A limit, or the word "exact", for every floating-point dtype.
fn accuracy(e: &Entry, found: &mut Found) {
    let (accuracy, accept) = (&e.manifest.accuracy, &e.manifest.dtypes.accept);
    if accuracy.measure == Measure::Exact {
        if !accuracy.limit.is_empty() {
            found.add("accuracy.limit", "a limit has no meaning where the measure is `exact`");
        }
        return;
    }
    for &dtype in accept.iter().filter(|d| d.is_float() || d.is_complex()) {
        match (accuracy.limit.contains_key(&dtype), accuracy.exact.contains(&dtype)) {
            (false, false) => found.add("accuracy.limit", format!("{dtype} is accepted but has no limit and is not listed as `exact`")),
            (true, true) => found.add("accuracy.limit", format!("{dtype} has a limit and is listed as `exact`")),
            _ => {}
        }
    }
    for (dtype, limit) in &accuracy.limit {
        if !accept.contains(dtype) {
            found.add("accuracy.limit", format!("{dtype} is not accepted"));
        }
        if !(limit.is_finite() && *limit > 0.0) {
            found.add("accuracy.limit", format!("{limit} for {dtype} is not a positive number"));
        }
    }
    if accuracy.source.is_none() {
        found.add("accuracy.source", "a limit needs the reason for it");
    }
    if matches!(accuracy.measure, Measure::Forward | Measure::Backward) && accuracy.bound.is_none() {
        found.add("accuracy.bound", "a forward or backward measure needs the bound in words");
    }
}

fn clauses<'a>(all: &'a [Clause], owner: &str, seen: &mut BTreeMap<&'a str, String>, found: &mut Found) {
    for c in all {
        let slug = c.id.strip_prefix(owner).and_then(|rest| rest.strip_prefix('.'));
        if !slug.is_some_and(is_slug) {
            found.add(&c.id, format!("an id has the form `{owner}.<slug>`, the slug of lower case letters, digits and underscores"));
        }
        if let Some(other) = seen.insert(&c.id, found.path.clone()) {
            found.add(&c.id, format!("is there twice, also in {other}"));
        }
        if c.level == Level::Must && c.faults.is_empty() && c.retired.is_none() {
            found.add(&c.id, "binding, but no fault shows that its check can fail");
        }
        for f in &c.faults {
            if !f.split_once('.').is_some_and(|(a, b)| is_slug(a) && is_slug(b)) {
                found.add(&c.id, format!("fault `{f}` is not of the form `<class or operation>.<slug>`"));
            }
        }
        let mut faults = c.faults.clone();
        faults.sort();
        faults.dedup();
        if faults.len() != c.faults.len() {
            found.add(&c.id, "names a fault twice");
        }
        check(c, found);
    }
}

fn is_slug(s: &str) -> bool {
    s.starts_with(|c: char| c.is_ascii_lowercase()) && s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Each recipe has what it needs, and nothing that another one needs.
fn check(c: &Clause, found: &mut Found) {
    let Check { kind, given, error, key, choices, quantity, why, .. } = &c.check;
    let name = super::words::name(*kind);
    let mut need = |has: bool, wanted: bool, field: &str| {
        if has != wanted {
            let text =
                if wanted { format!("a check of kind `{name}` needs `{field}`") } else { format!("`{field}` has no meaning for `{name}`") };
            found.add(&c.id, text);
        }
    };
    need(given.is_some(), *kind == CheckKind::Error, "given");
    need(error.is_some(), *kind == CheckKind::Error, "error");
    need(key.is_some(), *kind == CheckKind::Declared, "key");
    need(!choices.is_empty(), *kind == CheckKind::Declared, "choices");
    need(quantity.is_some(), matches!(kind, CheckKind::Quantity | CheckKind::Identity), "quantity");
    need(why.is_some(), *kind == CheckKind::None, "why");
    if (c.level == Level::Untestable) != (*kind == CheckKind::None) {
        found.add(&c.id, "`untestable` and a check of kind `none` go together");
    }
    if (c.level == Level::Declared) != (*kind == CheckKind::Declared) {
        found.add(&c.id, "the level `declared` and a check of kind `declared` go together");
    }
}

fn rows(e: &Entry, found: &mut Found) {
    let m = &e.manifest;
    let find = |id: &str| m.clauses.iter().find(|c| c.id == id);
    let ids = || m.clauses.iter().map(|c| c.id.as_str());
    for s in &m.specials {
        for name in s.when.keys().filter(|n| !m.parameters.iter().any(|p| p.name == **n)) {
            found.add("special", format!("no parameter is called `{name}`"));
        }
        let names: Vec<&str> = m.parameters.iter().map(|p| p.name.as_str()).collect();
        let patterns = s.when.values().map(|p| literal::pattern(p, &[])).chain([literal::pattern(&s.out, &names)]);
        patterns.filter_map(Result::err).for_each(|e| found.add(&s.clause, e));
        let Some(clause) = find(&s.clause) else {
            found.add("special", format!("refers to `{}`, which is no clause{}", s.clause, hint(&s.clause, ids())));
            continue;
        };
        let choice = s.declared.as_deref().and_then(|d| d.split_once('='));
        match (clause.check.kind, &s.declared, choice) {
            (CheckKind::Special, None, _) => {}
            (CheckKind::Declared, _, Some((key, choice))) => {
                if clause.check.key.as_deref() != Some(key) || !clause.check.choices.iter().any(|c| c == choice) {
                    found.add(&s.clause, format!("the row for `{key}={choice}` is not one of its choices"));
                }
            }
            (CheckKind::Declared, ..) => found.add(&s.clause, "a row of a declared clause needs `declared = \"key=choice\"`"),
            _ => found.add(&s.clause, "has rows of special values but is not checked by them"),
        }
    }
    for c in m.clauses.iter().filter(|c| c.check.kind == CheckKind::Special) {
        if !m.specials.iter().any(|s| s.clause == c.id) {
            found.add(&c.id, "is checked by rows of special values but has none");
        }
    }
    for f in &m.errors {
        match find(&f.clause) {
            None => found.add("error", format!("refers to `{}`, which is no clause{}", f.clause, hint(&f.clause, ids()))),
            Some(c) if c.check.kind == CheckKind::Error && c.check.error != Some(f.kind) => {
                found.add(&f.clause, format!("the table of errors says `{}`, the check something else", f.kind));
            }
            Some(_) => {}
        }
    }
    for c in m.clauses.iter().filter(|c| c.check.kind == CheckKind::Error) {
        if !m.errors.iter().any(|f| f.clause == c.id) {
            found.add(&c.id, "demands an error that the table of errors does not list");
        }
    }
}

fn examples(e: &Entry, found: &mut Found) {
    let m = &e.manifest;
    if m.examples.is_empty() {
        found.add("example", "there is none");
    }
    for (i, example) in m.examples.iter().enumerate() {
        let at = format!("example {}", i + 1);
        for name in example.arguments.keys().filter(|n| !m.parameters.iter().any(|p| p.name == **n)) {
            found.add(&at, format!("no parameter is called `{name}`{}", hint(name, m.parameters.iter().map(|p| p.name.as_str()))));
        }
        for p in m.parameters.iter().filter(|p| p.default.is_none() && !example.arguments.contains_key(&p.name)) {
            found.add(&at, format!("`{}` has no default and is missing", p.name));
        }
        let all = example.arguments.iter().chain(&example.returns);
        all.filter_map(|(name, v)| Some((name, literal::arrays(v).err()?))).for_each(|(name, e)| found.add(&at, format!("`{name}`: {e}")));
        let fails = example.returns.contains_key("error");
        if let Some(kind) =
            example.returns.get("error").filter(|k| !k.as_str().is_some_and(|k| ErrorKind::ALL.iter().any(|e| e.name() == k)))
        {
            found.add(&at, format!("{kind} is no kind of error"));
        }
        for name in example.returns.keys().filter(|n| *n != "error" && !m.returns.iter().any(|r| r.name == **n)) {
            found.add(&at, format!("no result is called `{name}`"));
        }
        for r in m.returns.iter().filter(|r| !fails && !example.returns.contains_key(&r.name)) {
            found.add(&at, format!("the result `{}` is missing", r.name));
        }
    }
}

fn applies(c: &Clause, found: &mut Found) {
    let families: BTreeSet<&str> = Op::all().map(Op::family).collect();
    for f in c.applies.families.iter().filter(|f| !families.contains(f.as_str())) {
        found.add(&c.id, format!("applies to the family `{f}`, which does not exist{}", hint(f, families.iter().copied())));
    }
    for o in c.applies.operations.iter().filter(|o| Op::from_name(o).is_none()) {
        found.add(&c.id, format!("applies to `{o}`, which does not exist{}", hint(o, Op::all().map(Op::name))));
    }
}

fn tables(suite: &Suite, found: &mut Found) {
    found.path = "tables/promotion.toml".into();
    for group in &suite.promotion.groups {
        for &d in &group.dtypes {
            let cells = group.row.get(&d).map_or(&[][..], |r| r);
            if cells.len() != group.dtypes.len() {
                found.add(&group.name, format!("the row of {d} has {} of {} cells", cells.len(), group.dtypes.len()));
            }
            for cell in cells.iter().filter(|c| *c != "error" && DType::from_name(c).is_none()) {
                found.add(&group.name, format!("`{cell}` is no dtype"));
            }
            for &other in &group.dtypes {
                if suite.promotion.of(d, other) != suite.promotion.of(other, d) {
                    found.add(&group.name, format!("{d} with {other} is not {other} with {d}"));
                }
            }
        }
    }
}

fn hint<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> String {
    nearest(given, names).map_or(String::new(), |n| format!(" (did you mean `{n}`?)"))
}
