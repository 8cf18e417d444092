//! The parts of a manifest, in words.
use super::load::Entry;
use super::schema::{Check, CheckKind, Clause, ElementClass, Example, Level, Measure, Relation, ResultRule, ValueClass, Wrong};
use crate::DType;
use serde::Serialize;

/// The name that TOML uses.
pub(super) fn name(x: impl Serialize) -> String {
    match toml::Value::try_from(x) {
        Ok(toml::Value::String(s)) => s,
        _ => String::new(),
    }
}

/// How a clause is tested, in a sentence.
pub(super) fn check(check: &Check) -> String {
    let quoted = |x: &Option<String>| x.as_deref().unwrap_or_default().to_string();
    let mut out = match check.kind {
        CheckKind::Shape => "valid calls; the shapes of the results are judged".into(),
        CheckKind::Dtype => "valid calls over all dtypes, pairs of dtypes and host scalars; the dtypes of the results are judged".into(),
        CheckKind::Value => "valid calls; every element is judged against the model".into(),
        CheckKind::Special => "calls that match the rows of special values; the results are judged against the rows".into(),
        CheckKind::Error => format!(
            "calls with {}; an error of kind `{}` is demanded",
            check.given.map_or("invalid arguments", wrong),
            check.error.map_or("?", |e| e.name())
        ),
        CheckKind::Layout => "as for values, on inputs of every memory layout".into(),
        CheckKind::Unchanged => {
            "the inputs are read back after the call and must have their old bits; also with one array in two places".into()
        }
        CheckKind::Repeat => "the same call again gives the same bits".into(),
        CheckKind::Concurrent => "the same call from several threads on the same arrays gives the same bits as alone".into(),
        CheckKind::Reuse => "the call on the last handle of an array gives the same bits as on a shared one".into(),
        CheckKind::CopyOnWrite => "a handle cloned before an assignment keeps its value".into(),
        CheckKind::Declared => {
            format!("the choice that the backend declares as `{}` ({}) is demanded", quoted(&check.key), check.choices.join(" or "))
        }
        CheckKind::Roundtrip => "upload and download; the bits must be the same".into(),
        CheckKind::Quantity => {
            format!("the quantity `{}`, computed from the results in higher precision, stays within its bound", quoted(&check.quantity))
        }
        CheckKind::Example => "the examples of the manifest are executed".into(),
        CheckKind::Identity => format!("the identity `{}` between operations of the same backend", quoted(&check.quantity)),
        CheckKind::None => format!("not tested: {}", quoted(&check.why)),
    };
    if let Some(values) = check.values {
        out += &format!("; {}", value_class(values));
    }
    if let Some(only) = check.only {
        out += &format!("; judged only where {} is expected", element_class(only));
    }
    if let Some(dtypes) = &check.dtypes {
        out += &format!("; {} only", self::dtypes(dtypes));
    }
    if !check.sizes.is_empty() {
        out += &format!("; sizes {}", check.sizes.iter().map(u64::to_string).collect::<Vec<_>>().join(", "));
    }
    for (option, value) in &check.with {
        out += &format!("; with {option} = {value}");
    }
    out
}

fn wrong(w: Wrong) -> &'static str {
    match w {
        Wrong::Shapes => "shapes that do not fit",
        Wrong::Rank => "too few axes",
        Wrong::Dtype => "a dtype that is not accepted",
        Wrong::Axis => "an axis outside [-rank, rank)",
        Wrong::RepeatedAxis => "an axis named twice",
        Wrong::Index => "an index outside its axis",
        Wrong::TooManyIndices => "more indices than axes",
        Wrong::ZeroStep => "a step of 0",
        Wrong::Mask => "a mask whose shape does not fit",
        Wrong::Empty => "no elements where at least one is needed",
        Wrong::Device => "a device that does not exist",
        Wrong::Value => "an option outside its domain",
        Wrong::Singular => "a singular matrix",
    }
}

fn value_class(v: ValueClass) -> &'static str {
    match v {
        ValueClass::Any => "values of every kind",
        ValueClass::Small => "integers of small magnitude",
        ValueClass::Range => "finite numbers within the range of `draw`",
        ValueClass::Special => "NaN, infinities, zeros, the largest and smallest numbers, among ordinary ones",
        ValueClass::Edges => "the edges of `draw` and their neighbours",
        ValueClass::Extreme => "very large and very small magnitudes",
        ValueClass::Ties => "many equal elements",
    }
}

fn element_class(e: ElementClass) -> &'static str {
    match e {
        ElementClass::Nan => "NaN",
        ElementClass::Infinite => "an infinity",
        ElementClass::Zero => "a zero",
        ElementClass::Finite => "a finite number",
    }
}

pub(super) fn level(l: Level) -> &'static str {
    match l {
        Level::Must => "must",
        Level::Should => "should",
        Level::Declared => "declared",
        Level::Untestable => "untestable",
    }
}

pub(super) fn relation(r: Relation) -> &'static str {
    match r {
        Relation::Same => "as in the standard",
        Relation::Refines => "as in the standard, and decides what it leaves open",
        Relation::Differs => "differs from the standard",
        Relation::Absent => "not in the standard",
    }
}

pub(super) fn measure(m: Measure) -> &'static str {
    match m {
        Measure::Exact => "exact",
        Measure::Ulp => "units in the last place of the exact result",
        Measure::Forward => "multiples of the forward bound",
        Measure::Backward => "multiples of the backward bound",
    }
}

pub(super) fn result_rule(r: ResultRule) -> &'static str {
    match r {
        ResultRule::Same => "that of the argument, after promotion",
        ResultRule::Bool => "bool",
        ResultRule::Index => "int64",
        ResultRule::Real => "that of the argument; of the parts of a complex one",
        ResultRule::Complex => "complex, with parts of the argument's precision",
        ResultRule::Accumulate => "that of the table `accumulate`, or as asked for",
        ResultRule::Asked => "as asked for",
        ResultRule::Each => "as each result says",
    }
}

/// What a cross-cutting clause is checked through.
pub(super) fn applies(c: &Clause) -> Option<String> {
    let mut parts = vec![];
    if !c.applies.families.is_empty() {
        parts.push(format!("the families {}", c.applies.families.join(", ")));
    }
    if !c.applies.operations.is_empty() {
        parts.push(c.applies.operations.join(", "));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A list of dtypes; whole kinds by name.
pub(super) fn dtypes(all: &[DType]) -> String {
    let groups: &[(&str, &[DType])] = &[
        ("signed integers", &[DType::Int8, DType::Int16, DType::Int32, DType::Int64]),
        ("unsigned integers", &[DType::UInt8, DType::UInt16, DType::UInt32, DType::UInt64]),
    ];
    let whole = |g: &&(&str, &[DType])| g.1.iter().all(|d| all.contains(d));
    let mut out = vec![];
    for d in all {
        match groups.iter().filter(whole).find(|g| g.1.contains(d)) {
            Some((name, members)) if members.first() == Some(d) => out.push((*name).to_string()),
            Some(_) => {}
            None => out.push(d.name().into()),
        }
    }
    out.join(", ")
}

/// A value of an example, as people write it: `float32 [1.0, 2.0]`.
pub(super) fn literal(v: &toml::Value) -> String {
    match v {
        toml::Value::Table(t) if t.contains_key("data") => {
            let dtype = t.get("dtype").and_then(toml::Value::as_str).unwrap_or_default();
            let data = t.get("data").map(literal).unwrap_or_default();
            let shape = t.get("shape").map(|s| format!(" of shape {}", literal(s))).unwrap_or_default();
            format!("{dtype} {data}{shape}")
        }
        toml::Value::Table(t) if t.len() == 1 && t.contains_key("scalar") => t.get("scalar").map(literal).unwrap_or_default(),
        toml::Value::Table(t) => {
            let fields: Vec<_> = t.iter().map(|(k, v)| format!("{k}: {}", literal(v))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        toml::Value::Array(a) => format!("[{}]", a.iter().map(literal).collect::<Vec<_>>().join(", ")),
        toml::Value::String(s) => s.clone(),
        toml::Value::Float(f) => format!("{f:?}"),
        other => other.to_string(),
    }
}

/// A result of an example; an error by its kind.
pub(super) fn result(v: &toml::Value) -> String {
    match v {
        toml::Value::String(kind) => format!("{kind} error"),
        other => literal(other),
    }
}

/// The results of an example, in the order of the signature; an error instead of them.
pub(super) fn results<'a>(e: &'a Entry, x: &'a Example) -> impl Iterator<Item = (&'a str, &'a toml::Value)> {
    let names = e.manifest.returns.iter().map(|r| r.name.as_str()).chain(["error"]);
    names.filter_map(|n| x.returns.get(n).map(|v| (n, v)))
}
