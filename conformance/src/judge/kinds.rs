//! What each kind of check demands beside what the model says of its steps, and which findings count against its clause.
use super::{Aspect, Finding, Judgement, difference, element};
use crate::case::{Case, Outcome, Var};
use crate::plan::Check;
use crate::special::{Pattern, elements};
use array_protocol::manifest::{CheckKind, Compare, Measure};
use array_protocol::{DType, HostArray, Op};
use std::collections::{BTreeMap, HashMap};

/// The findings that count against the clause of a check, the first first.
///
/// `declared`: the backend's choices, for rows of special values that follow one. `index`: of the case, for examples.
pub fn relevant(
    check: &Check,
    declared: &BTreeMap<String, String>,
    case: &Case,
    outcome: &Outcome,
    index: u64,
    judged: &Judgement,
) -> Vec<Finding> {
    let kind = check.clause.check.kind;
    let mut own = extra(check, declared, case, outcome, index);
    own.extend(judged.findings.iter().filter(|f| counts(check, kind, f.aspect)).cloned());
    own
}

fn counts(check: &Check, kind: CheckKind, aspect: Aspect) -> bool {
    use Aspect::*;
    if matches!(aspect, Panic | Gap) {
        return true;
    }
    match kind {
        CheckKind::Shape => matches!(aspect, Shape | Error),
        CheckKind::Dtype => matches!(aspect, Dtype | Error),
        CheckKind::Error => matches!(aspect, Error),
        CheckKind::Unchanged => matches!(aspect, Inputs),
        CheckKind::Roundtrip => matches!(aspect, Inputs | Download),
        CheckKind::Repeat => matches!(aspect, Error),
        CheckKind::Concurrent => matches!(aspect, Disagreement | Error),
        CheckKind::Reuse | CheckKind::Identity => matches!(aspect, Error),
        CheckKind::Quantity => match aspect {
            Quantity(name) => check.clause.check.quantity.as_deref().is_none_or(|q| q == name),
            Shape | Dtype | Error | Download => true,
            _ => false,
        },
        // The rows judge real floating-point numbers; everywhere else the model does.
        CheckKind::Special if by_rows(check) => matches!(aspect, Error | Shape),
        CheckKind::Special | CheckKind::Value | CheckKind::Layout | CheckKind::Declared | CheckKind::Example | CheckKind::CopyOnWrite => {
            matches!(aspect, Value | Quantity(_) | Shape | Dtype | Error | Download)
        }
        CheckKind::None => false,
    }
}

fn by_rows(check: &Check) -> bool {
    let rows = check.operation.as_deref().is_some_and(|e| e.manifest.specials.iter().any(|r| r.clause == check.clause.id));
    rows && matches!(check.op(), Some(Op::Unary(_) | Op::Binary(_))) && check.dtype.is_some_and(DType::is_float)
}

fn extra(check: &Check, declared: &BTreeMap<String, String>, case: &Case, outcome: &Outcome, index: u64) -> Vec<Finding> {
    let values: HashMap<Var, &HostArray> =
        case.observed().into_iter().zip(&outcome.values).filter_map(|(v, a)| Some((v, a.as_ref()?.as_ref().ok()?))).collect();
    match check.clause.check.kind {
        CheckKind::Repeat | CheckKind::Reuse if case.steps.len() == 2 => {
            let pairs = case.steps[0].out.iter().zip(&case.steps[1].out);
            let found = pairs.filter_map(|(a, b)| difference(values.get(a)?, values.get(b)?)).next();
            found.map(|d| finding(Aspect::Repetition, "the same call gives two results", d)).into_iter().collect()
        }
        CheckKind::Identity => {
            let last = case.steps.last().and_then(|s| s.out.first()).and_then(|v| values.get(v));
            let name = check.clause.check.quantity.as_deref().unwrap_or_default();
            let first = if name == "commutative_add" { values.get(&2) } else { values.get(&0) };
            // Which NaN an operation gives is free: IEEE 754 leaves the payload open.
            let found = first.zip(last).filter(|(a, b)| !equal_but_for_nan(a, b)).and_then(|(a, b)| difference(a, b));
            found.map(|d| finding(Aspect::Identity, "the identity does not hold", d)).into_iter().collect()
        }
        CheckKind::Special if by_rows(check) => rows(check, declared, case, &values),
        CheckKind::Example => example(check, case, &values, index),
        _ => vec![],
    }
}

fn finding(aspect: Aspect, summary: &str, (expected, got): (String, String)) -> Finding {
    Finding { aspect, summary: summary.into(), expected, got, error: None }
}

/// Every element against every row that its arguments match.
fn rows(check: &Check, declared: &BTreeMap<String, String>, case: &Case, values: &HashMap<Var, &HostArray>) -> Vec<Finding> {
    let (Some(entry), Some(dtype), Some(step)) = (check.operation.as_deref(), check.dtype, case.steps.first()) else { return vec![] };
    let names: Vec<&str> = entry.manifest.parameters.iter().map(|p| p.name.as_str()).collect();
    let mut columns = vec![];
    step.call.arrays(|v| columns.extend(values.get(v).and_then(|a| elements(a))));
    let Some(got) = step.out.first().and_then(|v| values.get(v)).and_then(|a| elements(a)) else { return vec![] };
    if columns.iter().any(|c| c.len() != got.len()) {
        return vec![];
    }
    for row in entry.manifest.specials.iter().filter(|r| r.clause == check.clause.id) {
        let chosen =
            row.declared.as_ref().is_none_or(|d| d.split_once('=').is_some_and(|(k, v)| declared.get(k).is_some_and(|own| own == v)));
        if !chosen {
            continue;
        }
        let parse = |text: &str, names: &[&str]| Pattern::parse(text, dtype, names).ok();
        let when: Vec<Option<Pattern>> = names.iter().map(|n| row.when.get(*n).and_then(|t| parse(t, &[]))).collect();
        let Some(out) = parse(&row.out, &names) else { continue };
        for i in 0..got.len() {
            let arguments: Vec<(&str, f64)> = names.iter().zip(&columns).map(|(n, c)| (*n, c[i])).collect();
            let meant = arguments.iter().zip(&when).all(|((_, x), p)| p.as_ref().is_none_or(|p| p.matches(*x, &[], dtype)));
            if meant && !out.matches(got[i], &arguments, dtype) {
                let given: Vec<String> = arguments.iter().map(|(n, x)| format!("{n} = {x:?}")).collect();
                let summary = format!("{}: wrong special value for {}", entry.op, given.join(", "));
                return vec![Finding {
                    aspect: Aspect::Special,
                    summary,
                    expected: row.out.clone(),
                    got: format!("{:?}", got[i]),
                    error: None,
                }];
            }
        }
    }
    vec![]
}

/// The literal results of the manifest, as a second opinion beside the model.
fn example(check: &Check, case: &Case, values: &HashMap<Var, &HostArray>, index: u64) -> Vec<Finding> {
    let Some(entry) = check.operation.as_deref() else { return vec![] };
    let Some(example) = entry.manifest.examples.get(index as usize) else { return vec![] };
    // Decompositions have legal freedom: signs, phases, bases. Their literals are for readers.
    if entry.manifest.accuracy.measure == Measure::Backward {
        return vec![];
    }
    let Some(step) = case.steps.first() else { return vec![] };
    // Where the specification allows an error, the literal is a landmark for the model, whose limits judge the rest.
    let exact = example.compare == Compare::Exact && entry.manifest.accuracy.measure == Measure::Exact;
    let mut found = vec![];
    for (result, var) in entry.manifest.returns.iter().zip(&step.out) {
        let Some(expected) = example.returns.get(&result.name).and_then(|t| crate::example::array(t).ok()) else { continue };
        let Some(got) = values.get(var) else { continue };
        let same = expected.dtype() == got.dtype()
            && expected.shape() == got.shape()
            && (0..got.size()).all(|i| alike(element::at(&expected, i), element::at(got, i), got.dtype(), exact));
        if !same {
            found.push(finding(Aspect::Example, "the example's result differs", (format!("{expected:?}"), format!("{got:?}"))));
        }
    }
    found
}

/// Whether two arrays have the same elements, any NaN being the same as any other.
fn equal_but_for_nan(a: &HostArray, b: &HostArray) -> bool {
    let alike = |i| element::same(element::at(a, i), element::at(b, i), a.dtype());
    a.dtype() == b.dtype() && a.shape() == b.shape() && (0..a.size()).all(alike)
}

/// Equal bits (any NaN), or where results may differ by a little, less than a ten-thousandth apart; the sign of a zero is then free.
fn alike(expected: &[u8], got: &[u8], dtype: DType, exact: bool) -> bool {
    if exact || element::same(expected, got, dtype) {
        return element::same(expected, got, dtype);
    }
    if dtype.is_complex() {
        let n = expected.len() / 2;
        return alike(&expected[..n], &got[..n], dtype.real(), exact) && alike(&expected[n..], &got[n..], dtype.real(), exact);
    }
    match (element::real(expected, dtype), element::real(got, dtype)) {
        (Some(e), Some(g)) => (e - g).abs() <= 1e-4 * e.abs().max(1.0),
        _ => false,
    }
}
