//! A journal of a run that never was, with everything in it that reports have to show.
#![allow(dead_code, reason = "each test uses a part")]
use array_protocol::manifest::{Level, Measure};
use array_protocol::{BinaryOp, Call, DType, HostArray, Info, Operand, UnaryOp};
use conformance::case::{Case, Incident, Replay};
use conformance::journal::{CheckRecord, Failure, Journal, Measured, Start, Status};
use std::collections::BTreeMap;

/// A name that must stay text in a page, in XML, in a terminal.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>\u{1b}[2J\u{202e}&\"'";

pub(crate) fn start(planned: usize) -> Start {
    let mut backend = Info::new("ndarray-fast", "0.3.1").profiles(&["core", "linalg"]);
    backend.dtypes = vec![DType::Float32, DType::Float64, DType::Int32, DType::Complex64, DType::Bool];
    backend.declared.insert("int_div_zero".into(), "zero".into());
    Start {
        journal: 1,
        spec: "1.0-draft".into(),
        suite: "5f".repeat(32),
        plan: "a0".repeat(32),
        planned: planned as u64,
        mode: "standard".into(),
        seed: 20_261_123,
        filters: vec![],
        profiles: backend.profiles.clone(),
        backend,
        worker: "exec:./worker".into(),
        expected_failures: None,
    }
}

pub(crate) fn check(clause: &str, category: &str, profile: &str, dtype: Option<DType>, status: Status) -> CheckRecord {
    let operation = clause.split('.').next().filter(|o| array_protocol::Op::from_name(o).is_some());
    let id: Vec<&str> = [Some(clause), operation, dtype.map(DType::name)].into_iter().flatten().collect();
    CheckRecord {
        id: id.join("@"),
        clause: clause.into(),
        level: Level::Must,
        category: category.into(),
        profile: profile.into(),
        operation: operation.map(Into::into),
        dtype,
        status,
        cases: 200,
        elements: 6_400,
        measured: None,
        reason: None,
        failure: None,
    }
}

pub(crate) fn measured(measure: Measure, max: f64, limit: f64) -> Option<Measured> {
    Some(Measured { measure, max, mean: max / 4.0, count: 6_400, limit, worst: "x = 0.7853981633974483".into() })
}

pub(crate) fn failure() -> Failure {
    let inputs = vec![HostArray::from_slice([1], &[-7.0f64]).unwrap(), HostArray::from_slice([1], &[2.0f64]).unwrap()];
    let case = Case::single(inputs, Call::Binary { op: BinaryOp::FloorDivide, x1: Operand::Array(0), x2: Operand::Array(1) }, 1);
    Failure {
        summary: "element (0,) of the result is -3.0, which is not allowed".into(),
        expected: "-4.0 (exact)".into(),
        got: "-3.0".into(),
        error: Some(2_251_799_813_685_248.0),
        index: 17,
        case: Replay { suite: None, check: None, seed: Some(20_261_123), index: Some(17), case: case.clone() }.to_json(),
        rust: case.to_rust(),
        python: case.to_python(),
        shrinks: 14,
        failing: 96,
        incident: None,
    }
}

/// The checks of a backend that conforms.
pub(crate) fn good_checks() -> Vec<CheckRecord> {
    let (f32, f64, i32, c64) = (DType::Float32, DType::Float64, DType::Int32, DType::Complex64);
    let mut checks = vec![];
    #[allow(clippy::type_complexity, reason = "a table, read once")]
    let limits: [(&str, &str, &str, &[(DType, Measure, f64, f64)]); 9] = [
        ("exp", "elementwise", "core", &[(f32, Measure::Ulp, 0.501, 1.0), (f64, Measure::Ulp, 0.512, 1.0), (c64, Measure::Ulp, 1.9, 4.0)]),
        ("sin", "elementwise", "core", &[(f32, Measure::Ulp, 0.73, 2.0), (f64, Measure::Ulp, 1.981, 2.0)]),
        ("floor_divide", "elementwise", "core", &[(f64, Measure::Exact, 0.0, 0.0), (i32, Measure::Exact, 0.0, 0.0)]),
        ("add", "elementwise", "core", &[(f32, Measure::Ulp, 0.5, 0.5), (f64, Measure::Ulp, 0.5, 0.5), (i32, Measure::Exact, 0.0, 0.0)]),
        ("sum", "reductions", "core", &[(f32, Measure::Forward, 0.31, 1.0), (f64, Measure::Forward, 0.044, 1.0)]),
        ("reshape", "manipulation", "core", &[(f64, Measure::Exact, 0.0, 0.0)]),
        (
            "matmul",
            "linalg",
            "linalg",
            &[(f32, Measure::Forward, 0.22, 1.0), (f64, Measure::Forward, 0.19, 1.0), (c64, Measure::Forward, 0.4, 1.0)],
        ),
        ("svd", "linalg", "linalg", &[(f32, Measure::Backward, 0.012, 1.0), (f64, Measure::Backward, 0.009, 1.0)]),
        ("fft", "fft", "fft", &[(c64, Measure::Forward, 0.08, 1.0)]),
    ];
    for (operation, category, profile, rows) in limits {
        for slug in ["shape", "dtype", "value", "special", "layout"] {
            for &(dtype, measure, max, limit) in rows {
                let mut c = check(&format!("{operation}.{slug}"), category, profile, Some(dtype), Status::Pass);
                if slug == "value" && measure != Measure::Exact {
                    c.measured = measured(measure, max, limit);
                }
                checks.push(c);
            }
        }
    }
    for topic in ["arrays.values", "arrays.unchanged", "determinism.repeat", "concurrency.same_bits"] {
        checks.push(check(topic, "common", "core", None, Status::Pass));
    }
    let mut never = check("determinism.time", "common", "core", None, Status::Untestable);
    (never.level, never.reason) = (Level::Untestable, Some("no experiment shows the absence of a clock".into()));
    checks.push(never);
    checks
}

pub(crate) fn good() -> Journal {
    let checks = good_checks();
    Journal::new(start(checks.len()), checks).unwrap()
}

/// Every status, levels beside `must`, and texts that a backend chose.
pub(crate) fn mixed_checks() -> Vec<CheckRecord> {
    let mut checks = good_checks();
    let find = |checks: &[CheckRecord], id: &str| checks.iter().position(|c| c.id == id).unwrap_or_else(|| panic!("no {id}"));
    let at = find(&checks, "floor_divide.value@floor_divide@float64");
    (checks[at].status, checks[at].failure) = (Status::Fail, Some(failure()));
    let at = find(&checks, "svd.value@svd@float32");
    (checks[at].status, checks[at].measured) = (Status::Fail, measured(Measure::Backward, 83.5, 1.0));
    let mut svd = failure();
    (svd.summary, svd.got) = ("the residual is 83.5 times its bound".into(), format!("U, S, Vh of {HOSTILE}"));
    checks[at].failure = Some(svd);
    let at = find(&checks, "matmul.value@matmul@complex64");
    checks[at].status = Status::Incident;
    checks[at].failure = Some(Failure { incident: Some(Incident::Crash(format!("signal 11; {HOSTILE}"))), ..failure() });
    let at = find(&checks, "matmul.special@matmul@complex64");
    (checks[at].status, checks[at].reason) = (Status::Blocked, Some("matmul.shape@matmul@complex64 failed".into()));
    for c in checks.iter_mut().filter(|c| c.profile == "fft") {
        (c.status, c.reason) = (Status::Unsupported, Some("the backend does not claim profile fft".into()));
        c.measured = None;
    }
    let at = find(&checks, "sin.special@sin@float32");
    checks[at].status = Status::ExpectedFail;
    (checks[at].reason, checks[at].failure) = (Some("libm returns 0.0 for -0.0".into()), Some(failure()));
    let mut should = check("sin.monotone", "elementwise", "core", Some(DType::Float64), Status::Fail);
    (should.level, should.failure) = (Level::Should, Some(failure()));
    checks.push(should);
    checks
}

pub(crate) fn mixed() -> Journal {
    let checks = mixed_checks();
    Journal::new(start(checks.len()), checks).unwrap()
}

/// A backend that chose the worst name there is.
pub(crate) fn hostile() -> Journal {
    let checks = mixed_checks();
    let mut start = start(checks.len());
    start.backend = Info::new(HOSTILE, HOSTILE).profiles(&["core", HOSTILE]);
    start.profiles = start.backend.profiles.clone();
    start.worker = HOSTILE.into();
    Journal::new(start, checks).unwrap()
}

/// The texts of clauses, as the suite has them.
pub(crate) fn texts() -> BTreeMap<String, String> {
    let text = |slug: &str| match slug {
        "shape" => "`out` has shape broadcast(shape(x1), shape(x2)); shapes that do not broadcast raise `shape`.",
        "dtype" => "`out` has dtype promote(dtype(x1), dtype(x2)).",
        "value" => "Each element is the exact result, within the limit of the accuracy section.",
        "special" => "Special values are those of the table.",
        "layout" => "The result does not depend on how the arguments lie in memory.",
        _ => "Operations do not change what another handle observes.",
    };
    mixed_checks().iter().map(|c| (c.clause.clone(), text(c.clause.split('.').nth(1).unwrap_or("")).to_string())).collect()
}

/// A case in one step, for files that need one.
pub(crate) fn small_case() -> Case {
    Case::single(vec![HostArray::scalar(-0.0f32)], Call::Unary { op: UnaryOp::Sin, x: 0 }, 1)
}
