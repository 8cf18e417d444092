//! A clause, or a whole operation, as text for a terminal.
use super::load::{Entry, Suite};
use super::schema::{Clause, Common, Example, Failure, Level, Parameter, Special};
use super::words;
use std::fmt::Write;

const WIDTH: usize = 100;

/// What `id` means: a clause, an operation or a topic of cross-cutting clauses, as text for a terminal. `None` if it is none of them;
/// [`suggest`] then knows what was probably meant.
pub fn explain(suite: &Suite, id: &str) -> Option<String> {
    if let Some((entry, clause)) = suite.clause(id) {
        return Some(one_clause(entry, clause));
    }
    if let Some(entry) = suite.operations.iter().find(|e| e.op.name() == id) {
        return Some(operation(entry));
    }
    suite.common.iter().find(|t| t.topic == id).map(topic)
}

/// The clause, operation or topic whose name is nearest to `id`.
pub fn suggest<'a>(suite: &'a Suite, id: &str) -> Option<&'a str> {
    let clauses = suite.clauses().map(|(_, c)| c.id.as_str());
    let operations = suite.operations.iter().map(|e| e.op.name());
    super::error::nearest(id, clauses.chain(operations).chain(suite.common.iter().map(|t| t.topic.as_str())))
}

fn one_clause(entry: Option<&Entry>, clause: &Clause) -> String {
    let mut out = String::new();
    if let Some(e) = entry {
        wrap(&mut out, 0, &signature(e));
        out.push('\n');
    }
    head(&mut out, clause);
    body(&mut out, clause);
    if let Some(e) = entry {
        let m = &e.manifest;
        section(&mut out, "special values", m.specials.iter().filter(|s| s.clause == clause.id).map(|s| special(&m.parameters, s)));
        section(&mut out, "errors", m.errors.iter().filter(|f| f.clause == clause.id).map(failure));
        section(&mut out, "accuracy", accuracy(e));
        section(&mut out, "example", m.examples.first().map(|x| example(e, x)));
    }
    section(&mut out, "faults that the check has to catch", clause.faults.iter().cloned());
    out
}

fn operation(e: &Entry) -> String {
    let m = &e.manifest;
    let api = &m.operation.array_api;
    let mut out = String::new();
    wrap(&mut out, 0, &signature(e));
    out.push('\n');
    wrap(&mut out, 0, &m.operation.summary);
    if let Some(note) = &m.operation.note {
        wrap(&mut out, 0, note);
    }
    let _ = writeln!(
        out,
        "\nprofile {}, since {}, {}; Array API {} {}: {}",
        m.operation.profile,
        m.operation.since,
        if m.operation.primitive { "primitive" } else { "derived or optional" },
        api.edition,
        api.function,
        words::relation(api.relation)
    );
    section(
        &mut out,
        "parameters",
        m.parameters.iter().map(|p| {
            let parts = [
                Some(p.ty.clone()),
                p.shape.as_ref().map(|s| format!("shape {s}")),
                p.dtype.as_ref().map(|d| format!("dtype {d}")),
                p.default.as_ref().map(|d| format!("default {d}")),
                p.text.clone(),
            ];
            format!("{}: {}", p.name, parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
        }),
    );
    section(&mut out, "dtypes", [words::dtypes(&m.dtypes.accept), format!("result: {}", words::result_rule(m.dtypes.result))]);
    section(&mut out, "accuracy", accuracy(e));
    out.push('\n');
    for c in m.clauses.iter() {
        head(&mut out, c);
        wrap(&mut out, 4, &c.text);
    }
    section(&mut out, "special values", m.specials.iter().map(|s| special(&m.parameters, s)));
    section(&mut out, "errors", m.errors.iter().map(failure));
    section(&mut out, "examples", m.examples.iter().map(|x| example(e, x)));
    out
}

fn topic(t: &Common) -> String {
    let mut out = format!("{}\n\n", t.topic);
    wrap(&mut out, 0, &t.summary);
    for c in &t.clauses {
        out.push('\n');
        head(&mut out, c);
        body(&mut out, c);
    }
    out
}

/// `exp(x) -> out`, with shapes and dtypes.
fn signature(e: &Entry) -> String {
    let m = &e.manifest;
    let typed = |name: &str, shape: Option<&str>, dtype: Option<&str>| match (shape, dtype) {
        (Some(s), Some(d)) => format!("{name}: {d} {s}"),
        _ => name.to_string(),
    };
    let takes: Vec<_> = m
        .parameters
        .iter()
        .map(|p| match &p.default {
            Some(d) => format!("{} = {d}", typed(&p.name, p.shape.as_deref(), p.dtype.as_deref())),
            None => typed(&p.name, p.shape.as_deref(), p.dtype.as_deref()),
        })
        .collect();
    let gives: Vec<_> = m.returns.iter().map(|r| typed(&r.name, Some(&r.shape), Some(&r.dtype))).collect();
    format!("{}({}) -> {}", m.operation.name, takes.join(", "), gives.join(", "))
}

fn head(out: &mut String, c: &Clause) {
    let retired = c.retired.as_ref().map_or(String::new(), |v| format!(", retired {v}"));
    let _ = writeln!(out, "{}  [{}, since {}{retired}]", c.id, words::level(c.level), c.since);
}

fn body(out: &mut String, c: &Clause) {
    wrap(out, 4, &c.text);
    let how = if c.level == Level::Untestable { words::check(&c.check) } else { format!("check: {}", words::check(&c.check)) };
    wrap(out, 4, &how);
    if let Some(through) = words::applies(c) {
        wrap(out, 4, &format!("checked through {through}"));
    }
}

fn special(parameters: &[Parameter], s: &Special) -> String {
    let when: Vec<_> = parameters.iter().filter_map(|p| s.when.get(&p.name).map(|w| format!("{} = {w}", p.name))).collect();
    let declared = s.declared.as_ref().map_or(String::new(), |d| format!("  (if {d})"));
    format!("{} -> {}{declared}", when.join(", "), s.out)
}

fn failure(f: &Failure) -> String {
    format!("{} error: {}", f.kind, f.when)
}

fn accuracy(e: &Entry) -> Vec<String> {
    let a = &e.manifest.accuracy;
    let mut out = vec![];
    if a.limit.is_empty() {
        out.push("exact".to_string());
    } else {
        let limits: Vec<_> = a.limit.iter().map(|(d, l)| format!("{d} {l}")).collect();
        out.push(format!("{}, in {}", limits.join(", "), words::measure(a.measure)));
    }
    out.extend(a.bound.as_ref().map(|b| format!("bound: {b}")));
    out.extend(a.source.clone());
    out
}

fn example(e: &Entry, x: &Example) -> String {
    let arguments: Vec<_> = e
        .manifest
        .parameters
        .iter()
        .filter_map(|p| x.arguments.get(&p.name).map(|v| format!("{} = {}", p.name, words::literal(v))))
        .collect();
    let results: Vec<_> = words::results(e, x).map(|(_, v)| words::result(v)).collect();
    let text = x.text.as_ref().map_or(String::new(), |t| format!("  # {t}"));
    format!("{}({}) -> {}{text}", e.op, arguments.join(", "), results.join(", "))
}

fn section(out: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_some() {
        let _ = writeln!(out, "\n{title}");
        lines.for_each(|l| wrap(out, 4, &l));
    }
}

/// Writes a paragraph, broken between words, continuation lines indented two further.
fn wrap(out: &mut String, indent: usize, text: &str) {
    let mut column = 0;
    for word in text.split_whitespace() {
        if column == 0 {
            let _ = write!(out, "{:indent$}{word}", "");
            column = indent + word.chars().count();
        } else if column + 1 + word.chars().count() > WIDTH {
            let _ = write!(out, "\n{:width$}{word}", "", width = indent + 2);
            column = indent + 2 + word.chars().count();
        } else {
            let _ = write!(out, " {word}");
            column += 1 + word.chars().count();
        }
    }
    out.push('\n');
}
