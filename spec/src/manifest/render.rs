//! The pages of the book, from the manifests alone.
use super::load::{Category, Entry, Suite};
use super::schema::{Clause, Common, Level, Promotion};
use super::words;
use std::fmt::Write;

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where it goes, below the folder of operations: `elementwise/exp.md`.
    pub path: String,
    /// Markdown.
    pub text: String,
}

/// Every page: one per operation, one per topic of cross-cutting clauses, one per table, and `index.md`.
pub fn pages(suite: &Suite) -> Vec<Page> {
    let mut out = vec![Page { path: "index.md".into(), text: index(suite) }];
    for e in in_order(suite) {
        out.push(Page { path: format!("{}/{}.md", e.category, e.op), text: operation(suite, e) });
    }
    for t in &suite.common {
        out.push(Page { path: format!("common/{}.md", t.topic), text: topic(t) });
    }
    out.push(Page { path: "tables/promotion.md".into(), text: promotion(&suite.promotion) });
    out.push(Page { path: "tables/accumulate.md".into(), text: accumulate(suite) });
    out.push(Page { path: "tables/accuracy.md".into(), text: accuracy_table(suite) });
    out.push(Page { path: "tables/declared.md".into(), text: declared(suite) });
    out
}

/// The part of mdBook's `SUMMARY.md` that lists the pages; `base` is the folder of operations relative to it.
pub fn summary(suite: &Suite, base: &str) -> String {
    let mut out = format!("- [Operations]({base}/index.md)\n");
    for &category in Category::ALL {
        let mut entries = in_order(suite).filter(|e| e.category == category).peekable();
        if entries.peek().is_some() {
            let _ = writeln!(out, "  - [{}]()", title(category));
            for e in entries {
                let _ = writeln!(out, "    - [{}]({base}/{category}/{}.md)", e.op, e.op);
            }
        }
    }
    out.push_str("  - [Cross-cutting clauses]()\n");
    for t in &suite.common {
        let _ = writeln!(out, "    - [{}]({base}/common/{}.md)", t.topic, t.topic);
    }
    out.push_str("  - [Tables]()\n");
    for (name, file) in
        [("Promotion", "promotion"), ("Accumulation", "accumulate"), ("Accuracy", "accuracy"), ("Declared choices", "declared")]
    {
        let _ = writeln!(out, "    - [{name}]({base}/tables/{file}.md)");
    }
    out
}

/// By category, then by name.
fn in_order(suite: &Suite) -> impl Iterator<Item = &Entry> {
    let mut all: Vec<&Entry> = suite.operations.iter().collect();
    all.sort_by_key(|e| (e.category, e.op.name()));
    all.into_iter()
}

fn title(category: Category) -> &'static str {
    match category {
        Category::Elementwise => "Elementwise",
        Category::Creation => "Creation",
        Category::Reduction => "Reductions and scans",
        Category::Manipulation => "Manipulation",
        Category::Indexing => "Indexing",
        Category::Sorting => "Sorting, searching, sets",
        Category::Linalg => "Linear algebra",
        Category::Fft => "Fourier transforms",
        Category::Random => "Random numbers",
        Category::Interchange => "Interchange",
    }
}

fn index(suite: &Suite) -> String {
    let mut out = String::from("# Operations\n\n");
    let count = |l: Level| suite.clauses().filter(|(_, c)| c.level == l && c.retired.is_none()).count();
    let _ = writeln!(
        out,
        "Version {}: {} operations, {} clauses that bind, {} that leave a declared choice, {} that cannot be tested (each says why).\n",
        crate::SPEC_VERSION,
        suite.operations.len(),
        count(Level::Must),
        count(Level::Declared),
        count(Level::Untestable)
    );
    for &category in Category::ALL {
        let rows: Vec<_> = in_order(suite).filter(|e| e.category == category).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(out, "## {}\n\n| operation | profile | | clauses |\n|---|---|---|---|", title(category));
        for e in rows {
            let m = &e.manifest;
            let _ = writeln!(
                out,
                "| [`{0}`]({category}/{0}.md) | {1} | {2} | {3} |",
                e.op,
                m.operation.profile,
                cell(&m.operation.summary),
                m.clauses.len()
            );
        }
        out.push('\n');
    }
    out.push_str("## Cross-cutting clauses\n\n");
    for t in &suite.common {
        let _ = writeln!(out, "- [{0}](common/{0}.md): {1}", t.topic, text(&t.summary));
    }
    out
}

fn operation(suite: &Suite, e: &Entry) -> String {
    let m = &e.manifest;
    let api = &m.operation.array_api;
    let mut out = format!("# {}\n\n{}\n\n", e.op, text(&m.operation.summary));
    if let Some(note) = &m.operation.note {
        let _ = writeln!(out, "> {}\n", text(note));
    }
    let _ = writeln!(out, "| | |\n|---|---|");
    let mut fact = |name: &str, value: String| {
        let _ = writeln!(out, "| {name} | {} |", cell(&value));
    };
    fact("family", m.operation.family.clone());
    fact("profile", m.operation.profile.clone());
    fact("since", m.operation.since.clone());
    fact(
        "primitive",
        if m.operation.primitive { "yes: every backend gives it".into() } else { "no: derived from others, or optional".into() },
    );
    fact(&format!("Array API {}", api.edition), format!("`{}`: {}", api.function, words::relation(api.relation)));
    fact("dtypes", words::dtypes(&m.dtypes.accept));
    fact("dtype of the result", words::result_rule(m.dtypes.result).into());
    fact(
        "host scalars",
        if m.dtypes.weak_scalars { "may stand for an operand, and take the dtype of the array".into() } else { "no".into() },
    );
    fact("memory", if m.memory.may_view { "may share memory with an argument; a value all the same".into() } else { "fresh".into() });

    out.push_str("\n## Signature\n\n| | type | shape | dtype | default | |\n|---|---|---|---|---|---|\n");
    let code = |x: &Option<String>| x.as_ref().map_or(String::new(), |s| format!("`{s}`"));
    for p in &m.parameters {
        let meaning = p.text.as_deref().map(cell).unwrap_or_default();
        let _ = writeln!(out, "| `{}` | {} | {} | {} | {} | {meaning} |", p.name, p.ty, code(&p.shape), code(&p.dtype), code(&p.default));
    }
    for r in &m.returns {
        let _ = writeln!(out, "| returns `{}` | array | `{}` | `{}` | | |", r.name, r.shape, r.dtype);
    }

    out.push_str("\n## Accuracy\n\n");
    let a = &m.accuracy;
    if a.limit.is_empty() {
        out.push_str("Exact.\n");
    } else {
        let _ = writeln!(out, "In {}.\n\n| dtype | limit |\n|---|---|", words::measure(a.measure));
        for (dtype, limit) in &a.limit {
            let _ = writeln!(out, "| {dtype} | {limit} |");
        }
        for dtype in &a.exact {
            let _ = writeln!(out, "| {dtype} | exact |");
        }
    }
    if let Some(bound) = &a.bound {
        let _ = writeln!(out, "\nBound: `{bound}`.");
    }
    if let Some(source) = &a.source {
        let _ = writeln!(out, "\n{}", text(source));
    }

    out.push_str("\n## Clauses\n\n");
    m.clauses.iter().for_each(|c| clause(&mut out, c));

    if !m.specials.is_empty() {
        let columns: Vec<_> =
            m.parameters.iter().map(|p| p.name.as_str()).filter(|n| m.specials.iter().any(|s| s.when.contains_key(*n))).collect();
        let _ = writeln!(out, "## Special values\n\n| {} | result | clause |", columns.join(" | "));
        let _ = writeln!(out, "|{}", "---|".repeat(columns.len() + 2));
        for s in &m.specials {
            let when: Vec<_> = columns.iter().map(|c| cell(s.when.get(*c).map_or("", String::as_str))).collect();
            let declared = s.declared.as_ref().map_or(String::new(), |d| format!(" (if `{d}`)"));
            let _ = writeln!(out, "| {} | {}{declared} | {} |", when.join(" | "), cell(&s.out), link(&s.clause));
        }
        out.push('\n');
    }
    if !m.errors.is_empty() {
        out.push_str("## Errors\n\n| kind | when | clause |\n|---|---|---|\n");
        for f in &m.errors {
            let _ = writeln!(out, "| `{}` | {} | {} |", f.kind, cell(&f.when), link(&f.clause));
        }
        out.push('\n');
    }
    if !m.examples.is_empty() {
        out.push_str("## Examples\n\n");
    }
    for x in &m.examples {
        if let Some(t) = &x.text {
            let _ = writeln!(out, "{}\n", text(t));
        }
        out.push_str("```text\n");
        for p in &m.parameters {
            if let Some(v) = x.arguments.get(&p.name) {
                let _ = writeln!(out, "{} = {}", p.name, words::literal(v));
            }
        }
        for (name, v) in words::results(e, x) {
            let _ = writeln!(out, "-> {name}{} {}", if name == "error" { ":" } else { " =" }, words::literal(v));
        }
        out.push_str("```\n\n");
    }
    through(&mut out, suite, e);
    out
}

/// The cross-cutting clauses that are checked through an operation.
fn through(out: &mut String, suite: &Suite, e: &Entry) {
    let here = |c: &&Clause| c.applies.operations.iter().any(|o| o == e.op.name()) || c.applies.families.iter().any(|f| f == e.op.family());
    let links: Vec<_> = suite
        .common
        .iter()
        .flat_map(|t| t.clauses.iter().filter(here).map(|c| format!("[`{0}`](../common/{1}.md#{2})", c.id, t.topic, anchor(&c.id))))
        .collect();
    if !links.is_empty() {
        let _ = writeln!(out, "## Also checked\n\n{}", links.join(", "));
    }
}

fn topic(t: &Common) -> String {
    let mut out = format!("# {}\n\n{}\n\n", t.topic, text(&t.summary));
    t.clauses.iter().for_each(|c| clause(&mut out, c));
    out
}

fn clause(out: &mut String, c: &Clause) {
    let retired = c.retired.as_ref().map_or(String::new(), |v| format!(", retired {v}"));
    let _ = writeln!(out, "<a id=\"{}\"></a>\n\n### `{}`\n", anchor(&c.id), c.id);
    let _ = writeln!(out, "*{}, since {}{retired}.* {}\n", words::level(c.level), c.since, text(&c.text));
    let how = words::check(&c.check);
    let _ = writeln!(
        out,
        "- {}: {}",
        if c.level == Level::Untestable { "Why" } else { "Check" },
        text(how.strip_prefix("not tested: ").unwrap_or(&how))
    );
    if let Some(through) = words::applies(c) {
        let _ = writeln!(out, "- Through: {through}");
    }
    if !c.faults.is_empty() {
        let faults: Vec<_> = c.faults.iter().map(|f| format!("`{f}`")).collect();
        let _ = writeln!(out, "- Has to catch: {}", faults.join(", "));
    }
    out.push('\n');
}

fn promotion(p: &Promotion) -> String {
    let mut out = format!("# Promotion\n\n{}\n\n", text(&p.summary));
    if let Some(note) = &p.note {
        let _ = writeln!(out, "{}\n", text(note));
    }
    for g in &p.groups {
        let _ = writeln!(out, "## {}\n", text(&g.name));
        let head: Vec<_> = g.dtypes.iter().map(|d| d.name()).collect();
        let _ = writeln!(out, "| | {} |\n|---{}|", head.join(" | "), "|---".repeat(head.len()));
        for d in &g.dtypes {
            let _ = writeln!(out, "| **{d}** | {} |", g.row.get(d).map_or(String::new(), |r| r.join(" | ")));
        }
        out.push('\n');
    }
    out.push_str("## Host scalars\n\nA scalar takes the dtype of the array beside it.\n\n| scalar | beside |\n|---|---|\n");
    for (kind, beside) in &p.weak {
        let _ = writeln!(out, "| {kind} | {} |", words::dtypes(beside));
    }
    out
}

fn accumulate(suite: &Suite) -> String {
    let mut out = format!("# Accumulation\n\n{}\n\n| dtype of x | dtype of the result |\n|---|---|\n", text(&suite.accumulate.summary));
    for (from, to) in &suite.accumulate.dtype {
        let _ = writeln!(out, "| {from} | {to} |");
    }
    out
}

fn accuracy_table(suite: &Suite) -> String {
    use crate::DType;
    const COLUMNS: [DType; 4] = [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];
    let mut out = String::from("# Accuracy\n\nLimits by operation and dtype. A backend cannot loosen them.\n\n");
    let _ = writeln!(out, "| operation | unit | {} |\n|---|---|---|---|---|---|", COLUMNS.map(DType::name).join(" | "));
    for e in in_order(suite).filter(|e| e.manifest.dtypes.accept.iter().any(|d| COLUMNS.contains(d))) {
        let a = &e.manifest.accuracy;
        let cells = COLUMNS.map(|d| match (e.manifest.dtypes.accept.contains(&d), a.limit.get(&d)) {
            (false, _) => "-".to_string(),
            (true, None) => "exact".into(),
            (true, Some(l)) => l.to_string(),
        });
        let unit = words::name(a.measure);
        let _ = writeln!(out, "| [`{0}`](../{1}/{0}.md) | {unit} | {2} |", e.op, e.category, cells.join(" | "));
    }
    out
}

fn declared(suite: &Suite) -> String {
    let mut out = String::from(
        "# Declared choices\n\nWhere the specification leaves a choice, a backend states it, and is held to it.\n\n| key | choices | clauses |\n|---|---|---|\n",
    );
    for (key, (choices, clauses)) in suite.declarations() {
        let choices: Vec<_> = choices.iter().map(|c| format!("`{c}`")).collect();
        let links: Vec<_> = clauses.iter().map(|c| format!("`{}`", c.id)).collect();
        let _ = writeln!(out, "| `{key}` | {} | {} |", choices.join(", "), links.join(", "));
    }
    out
}

fn link(id: &str) -> String {
    format!("[`{id}`](#{})", anchor(id))
}

fn anchor(id: &str) -> String {
    id.replace('.', "-")
}

/// Prose, with what Markdown would take for markup escaped. Code spans stay.
fn text(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    let mut code = false;
    for c in s.chars() {
        code ^= c == '`';
        if !code && matches!(c, '*' | '_' | '<' | '>' | '[' | ']' | '|' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Prose in a cell of a table.
fn cell(s: &str) -> String {
    text(&s.replace('\n', " "))
}
