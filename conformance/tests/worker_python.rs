//! The Python worker: with NumPy and array_api_strict where they are installed, and with a made-up library in pure Python.
mod worker_support;
use array_protocol::options::*;
use array_protocol::{BinaryOp, Call, DType, ErrorKind, FftOp, HostArray, Index, Operand, ReduceOp, Scalar, UnaryOp};
use conformance::case::{Case, Incident, Outcome, StepResult, Var};
use conformance::worker::{Launch, PYTHON_ENV, Runner, Worker, WorkerLimits};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::path::Path;
use std::process::Command;
use worker_support::*;

type Test = fn(&mut Worker);

fn main() {
    let pure: &[(&str, Test)] = &[("pure_python_library", pure_python_library)];
    let library: &[(&str, Test)] = &[
        ("hello_tells_what_there_is", hello_tells_what_there_is),
        ("every_dtype_makes_the_round_trip", every_dtype_makes_the_round_trip),
        ("every_call_is_understood", every_call_is_understood),
        ("values_are_values", values_are_values),
        ("scalars_are_weak", scalars_are_weak),
        ("errors_are_results", errors_are_results),
        ("threads_agree", threads_agree),
        ("many_programs", many_programs),
        ("large_arrays", large_arrays),
    ];
    let mut trials = vec![];
    for &(name, test) in pure {
        trials.push(Trial::ignorable_test(name, move || with(Launch::Exec(without_numpy("tinyarray")), test)));
    }
    trials.push(Trial::ignorable_test("the_worker_of_the_protocol_page", || with(Launch::Exec(of_the_page()), worker_of_the_page)));
    for module in ["numpy", "array_api_strict"] {
        for &(name, test) in library {
            let launch = Launch::Python(module.into());
            trials.push(Trial::ignorable_test(format!("{module}::{name}"), move || with(launch, test)));
        }
    }
    trials.push(Trial::ignorable_test("a_library_that_fails_to_import", || {
        let reason = match Worker::start(Launch::Exec(without_numpy("tinyarray.crash")), WorkerLimits::default()) {
            Err(e) => e.reason,
            Ok(_) => return Err("it started".into()),
        };
        let expected = if python_exists() { "RuntimeError: no licence" } else { "cannot be executed" };
        assert!(reason.contains(expected), "{reason}");
        Ok(Completion::Completed)
    }));
    trials.push(Trial::ignorable_test("a_module_that_is_not_installed", || {
        if !python_exists() {
            return Ok(Completion::ignored_with("no Python interpreter"));
        }
        match Worker::start(Launch::Python("no_such_library".into()), WorkerLimits::default()) {
            Err(e) => {
                let text = e.to_string();
                assert!(text.contains("`python:no_such_library` is unavailable"), "{text}");
                assert!(text.contains("No module named 'no_such_library'") && text.contains(PYTHON_ENV), "{text}");
            }
            Ok(_) => return Err("it started".into()),
        }
        Ok(Completion::Completed)
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn python() -> String {
    std::env::var(PYTHON_ENV).unwrap_or_else(|_| "python3".into())
}
fn python_exists() -> bool {
    Command::new(python()).arg("--version").output().is_ok()
}

/// Runs a test, or says why it cannot.
fn with(launch: Launch, test: Test) -> Result<Completion, Failed> {
    if !python_exists() {
        return Ok(Completion::ignored_with(format!("no Python interpreter `{}`", python())));
    }
    match Worker::start(launch, WorkerLimits::default()) {
        Ok(mut worker) => {
            test(&mut worker);
            Ok(Completion::Completed)
        }
        Err(e) if e.reason.contains("No module named") => Ok(Completion::ignored_with(e.reason)),
        Err(e) => Err(e.to_string().into()),
    }
}

/// The worker for a library next to this file, in a Python where NumPy cannot be imported.
fn without_numpy(module: &str) -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = "import sys, runpy; sys.modules['numpy'] = None; sys.path.insert(0, sys.argv[1]); path = sys.argv.pop(1); path = sys.argv.pop(1); runpy.run_path(path, run_name='__main__')";
    let words = [python(), "-c".into(), code.into(), here.join("tests/worker_support").display().to_string()];
    words.into_iter().chain([here.join("python/worker.py").display().to_string(), module.into()]).collect()
}

/// The worker that the page on the protocol shows.
fn of_the_page() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(here.join("../docs/src/worker-protocol.md")).unwrap();
    let code = page.split("```python\n").nth(1).and_then(|b| b.split("\n```").next()).unwrap();
    let path = format!("PYTHONPATH={}", here.join("tests/worker_support").display());
    ["env".into(), path, python(), "-c".into(), code.into()].into()
}

fn worker_of_the_page(worker: &mut Worker) {
    assert_eq!(worker.hello().info.operations, ["add", "negative", "upload", "download"]);
    let double = step(add(1, 1), &[2], &[]);
    let sqrt = step(Call::Unary { op: UnaryOp::Sqrt, x: 0 }, &[3], &[]);
    let p = program(
        vec![f64s(&[3], &[1.0, 0.0, -2.0])],
        vec![step(negative(0), &[1], &[]), double, sqrt, step(negative(3), &[4], &[])],
        &[0, 1, 2, 4],
    );
    let verdicts = worker.run(&[p, negate(7.0), program(vec![f64s(&[], &[0.0]), f64s(&[2, 0], &[])], vec![], &[1, 0])]);
    let o = done(&verdicts[0]);
    assert_eq!([value(o, 1), value(o, 2)], [[-1.0, 0.0, 2.0], [-2.0, 0.0, 4.0]]);
    assert_eq!(error(&o.steps[2]).kind, ErrorKind::Unsupported);
    assert_eq!((&o.steps[3], &o.values[3]), (&StepResult::Skipped, &None));
    assert_eq!(value(done(&verdicts[1]), 1), [-7.0]);
    assert_eq!(result(done(&verdicts[2]), 0).shape(), &[2, 0].into());
    assert_eq!(worker.starts(), 1);
}

fn one(worker: &mut Worker, case: &Case) -> Outcome {
    done(&worker.run(&[case.program()])[0]).clone()
}
fn call(worker: &mut Worker, inputs: Vec<HostArray>, call: Call<Var>, results: u32) -> Outcome {
    one(worker, &Case::single(inputs, call, results))
}
fn result(o: &Outcome, i: usize) -> &HostArray {
    match &o.values[i] {
        Some(Ok(x)) => x,
        other => panic!("{other:?}, steps {:?}", o.steps),
    }
}

fn pure_python_library(worker: &mut Worker) {
    let hello = worker.hello().clone();
    assert_eq!(hello.info.name, "tinyarray");
    assert_eq!(hello.info.dtypes, [DType::Bool, DType::Int64, DType::Float32, DType::Float64, DType::Complex128]);
    assert_eq!(hello.info.profiles, ["core"]);
    assert_eq!(
        hello.info.operations,
        ["add", "download", "getitem", "negative", "nonzero", "reshape", "setitem", "sqrt", "to_device", "upload"]
    );

    let o = call(worker, vec![array(&[1.5, -2.0])], negative(0), 1);
    assert_eq!([value(&o, 0), value(&o, 1)], [[1.5, -2.0], [-1.5, 2.0]]);
    let o = call(worker, vec![array(&[1.0]), array(&[1.0, 2.0])], add(0, 1), 1);
    assert_eq!(error(&o.steps[0]).kind, ErrorKind::Shape);
    assert!(error(&o.steps[0]).text.starts_with("ValueError: shapes (1,) and (2,)"));
    let o = call(worker, vec![array(&[1.0])], Call::Unary { op: UnaryOp::Sqrt, x: 0 }, 1);
    assert!(matches!(&o.steps[0], StepResult::Panic(text) if text.contains("ends the process")), "{:?}", o.steps);
    let o = call(worker, vec![array(&[1.0])], Call::Sort { x: 0, how: Sort::default() }, 1);
    assert_eq!(error(&o.steps[0]).kind, ErrorKind::Unsupported);
    let x = HostArray::from_slice([1, 2], &[num_complex(1.0, -0.0), num_complex(f64::INFINITY, 3.0)]).unwrap();
    let o = call(worker, vec![x.clone()], Call::Reshape { x: 0, shape: [2].into() }, 1);
    assert_eq!(result(&o, 0), &x);
    assert_eq!(result(&o, 1), &x.with_shape([2]).unwrap());
    assert_eq!(worker.starts(), 1);

    let verdicts = worker.run(&[negate(1.0), negate(LOSS), negate(2.0)]);
    assert!(
        matches!(incident(&verdicts[1]), Incident::Lost(text) if text.starts_with("RuntimeError: CUDA error: an illegal")),
        "{verdicts:?}"
    );
    assert_eq!([value(done(&verdicts[0]), 1), value(done(&verdicts[2]), 1)], [[-1.0], [-2.0]]);
    assert_eq!(worker.starts(), 2);
}
fn num_complex(re: f64, im: f64) -> num_complex::Complex<f64> {
    num_complex::Complex::new(re, im)
}

fn hello_tells_what_there_is(worker: &mut Worker) {
    let hello = worker.hello();
    assert!(!hello.error_kinds);
    let info = &hello.info;
    assert!(["numpy", "array_api_strict"].contains(&info.name.as_str()));
    assert!(info.version.contains('.'));
    assert_eq!(info.spec, array_protocol::SPEC_VERSION);
    for profile in ["core", "linalg", "fft"] {
        assert!(info.profiles.iter().any(|p| p == profile), "{profile}");
    }
    for dtype in [DType::Bool, DType::Int8, DType::UInt64, DType::Float32, DType::Complex128] {
        assert!(info.dtypes.contains(&dtype), "{dtype}");
    }
    // All of the specification but what Python's standard does not have.
    let missing: Vec<&str> = array_protocol::Op::all().map(|op| op.name()).filter(|n| !info.operations.iter().any(|o| o == n)).collect();
    assert_eq!(missing, ["uniform"]);
    assert_eq!(info.devices, [Device::CPU]);
    assert_eq!(info.declared.get("int_div_zero").map(String::as_str), Some("zero"));
    assert_eq!(info.declared.get("floor_div_inf").map(String::as_str), Some("python"));
}

fn every_dtype_makes_the_round_trip(worker: &mut Worker) {
    for dtype in worker.hello().info.dtypes.clone() {
        for shape in [vec![], vec![0], vec![3], vec![2, 0, 3], vec![2, 3]] {
            let mut x = HostArray::zeros(dtype, shape).unwrap();
            for (i, b) in x.bytes_mut().iter_mut().enumerate() {
                // Every bit pattern, signalling NaNs among them.
                *b = if dtype == DType::Bool { i as u8 & 1 } else { (i as u8).wrapping_mul(37).wrapping_sub(5) };
            }
            let p = program(vec![x.clone()], vec![], &[0]);
            let verdicts = worker.run(&[p]);
            assert_eq!(result(done(&verdicts[0]), 0), &x);
        }
    }
}

fn f64s(shape: &[usize], values: &[f64]) -> HostArray {
    HostArray::from_slice(shape, values).unwrap()
}
fn ints(values: &[i64]) -> HostArray {
    HostArray::from_slice([values.len()], values).unwrap()
}

/// Inputs, a call, its results.
type Example = (Vec<HostArray>, Call<Var>, &'static [&'static [f64]]);

fn every_call_is_understood(worker: &mut Worker) {
    let m = || f64s(&[2, 2], &[4.0, 1.0, 2.0, 3.0]);
    let v = || f64s(&[3], &[3.0, 1.0, 2.0]);
    let mask = || HostArray::from_slice([3], &[true, false, true]).unwrap();
    let a = Operand::Array::<Var>;
    let float = |f: f64| Operand::Scalar::<Var>(Scalar::Float(f));
    let at = |i| Index::<Var>::At(i);
    let calls: Vec<Example> = vec![
        (vec![v()], Call::Clip { x: 0, min: Some(float(1.5)), max: None }, &[&[3.0, 1.5, 2.0]]),
        (vec![v(), v()], Call::Clip { x: 0, min: None, max: Some(a(1)) }, &[&[3.0, 1.0, 2.0]]),
        (vec![mask(), v()], Call::Where { condition: 0, x1: a(1), x2: float(0.0) }, &[&[3.0, 0.0, 2.0]]),
        (vec![m()], Call::Reduce { op: ReduceOp::Sum, x: 0, how: Reduce::over(&[-1]) }, &[&[5.0, 5.0]]),
        (vec![m()], Call::Reduce { op: ReduceOp::Var, x: 0, how: Reduce::all().correction(1.0) }, &[&[5.0 / 3.0]]),
        (vec![v()], Call::Reduce { op: ReduceOp::Max, x: 0, how: Reduce::all().keepdims(true) }, &[&[3.0]]),
        (vec![v()], Call::CumulativeSum { x: 0, how: Scan::default().include_initial(true) }, &[&[0.0, 3.0, 4.0, 6.0]]),
        (vec![], Call::Arange { how: Arange::default().stop(3.0).dtype(DType::Float64) }, &[&[0.0, 1.0, 2.0]]),
        (vec![], Call::Eye { how: Eye::default().rows(2u64).cols(3u64).k(1) }, &[&[0.0, 1.0, 0.0, 0.0, 0.0, 1.0]]),
        (vec![], Call::Full { how: Full::default().shape([2]).value(7.5).device(Device::CPU) }, &[&[7.5, 7.5]]),
        (vec![], Call::Linspace { how: Linspace::default().stop(1.0).num(4u64).endpoint(false) }, &[&[0.0, 0.25, 0.5, 0.75]]),
        (vec![ints(&[1, 2])], Call::Astype { x: 0, dtype: DType::Float64 }, &[&[1.0, 2.0]]),
        (vec![f64s(&[1], &[5.0])], Call::BroadcastTo { x: 0, shape: [2, 1].into() }, &[&[5.0, 5.0]]),
        (vec![v(), v()], Call::Concat { arrays: vec![0, 1, 0], axis: Some(0) }, &[&[3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0]]),
        (vec![m(), v()], Call::Concat { arrays: vec![0, 1], axis: None }, &[&[4.0, 1.0, 2.0, 3.0, 3.0, 1.0, 2.0]]),
        (vec![v()], Call::Flip { x: 0, axes: None }, &[&[2.0, 1.0, 3.0]]),
        (vec![m()], Call::PermuteDims { x: 0, axes: [1, 0].into_iter().collect() }, &[&[4.0, 2.0, 1.0, 3.0]]),
        (vec![m()], Call::Reshape { x: 0, shape: [4].into() }, &[&[4.0, 1.0, 2.0, 3.0]]),
        (vec![v()], Call::Roll { x: 0, how: Roll::default().shift(AxisList::from_slice(&[1])) }, &[&[2.0, 3.0, 1.0]]),
        (vec![f64s(&[1, 2, 1], &[1.0, 2.0])], Call::Squeeze { x: 0, axes: [0, -1].into_iter().collect() }, &[&[1.0, 2.0]]),
        (vec![m()], Call::Tril { x: 0, k: -1 }, &[&[0.0, 0.0, 2.0, 0.0]]),
        (vec![m()], Call::Getitem { x: 0, key: vec![Index::Ellipsis, Index::all().step(-1)] }, &[&[1.0, 4.0, 3.0, 2.0]]),
        (vec![m()], Call::Getitem { x: 0, key: vec![at(-1), Index::NewAxis, at(0)] }, &[&[2.0]]),
        (vec![m()], Call::Getitem { x: 0, key: vec![at(1)] }, &[&[2.0, 3.0]]),
        (vec![m()], Call::Getitem { x: 0, key: vec![] }, &[&[4.0, 1.0, 2.0, 3.0]]),
        (vec![m()], Call::Setitem { x: 0, key: vec![at(0)], value: float(0.0) }, &[&[0.0, 0.0, 2.0, 3.0]]),
        (vec![v(), mask()], Call::Getitem { x: 0, key: vec![Index::Array(1)] }, &[&[3.0, 2.0]]),
        (vec![v()], Call::Setitem { x: 0, key: vec![at(1)], value: float(9.0) }, &[&[3.0, 9.0, 2.0]]),
        (vec![v(), ints(&[2, 0])], Call::Take { x: 0, indices: 1, axis: Some(0) }, &[&[2.0, 3.0]]),
        (vec![v()], Call::Sort { x: 0, how: Sort::default() }, &[&[1.0, 2.0, 3.0]]),
        (vec![f64s(&[4], &[2.0, 1.0, 2.0, 3.0])], Call::UniqueValues { x: 0 }, &[&[1.0, 2.0, 3.0]]),
        (vec![m(), m()], Call::Matmul { x1: 0, x2: 1 }, &[&[18.0, 7.0, 14.0, 11.0]]),
        (vec![f64s(&[2, 2], &[2.0, 0.0, 0.0, 4.0]), f64s(&[2], &[2.0, 4.0])], Call::Solve { x1: 0, x2: 1 }, &[&[1.0, 1.0]]),
        (vec![m()], Call::ToDevice { x: 0, device: Device::CPU }, &[&[4.0, 1.0, 2.0, 3.0]]),
        (vec![m()], Call::FromDlpack { x: 0 }, &[&[4.0, 1.0, 2.0, 3.0]]),
    ];
    let cases: Vec<Case> = calls.iter().map(|(inputs, call, out)| Case::single(inputs.clone(), call.clone(), out.len() as u32)).collect();
    let programs: Vec<_> = cases.iter().map(Case::program).collect();
    for ((inputs, call, expected), verdict) in calls.iter().zip(worker.run(&programs)) {
        let o = done(&verdict);
        for (i, want) in expected.iter().enumerate() {
            let got = result(o, inputs.len() + i).view::<f64>().unwrap_or_else(|| panic!("{call:?}: {o:?}"));
            assert!(got.len() == want.len() && got.iter().zip(*want).all(|(a, b)| (a - b).abs() < 1e-12), "{call:?}: {got:?}");
        }
    }

    // What gives other dtypes, or several arrays.
    let o = call(worker, vec![v()], Call::Argsort { x: 0, how: Sort::default() }, 1);
    assert_eq!(result(&o, 1).view::<i64>(), Some(&[1, 2, 0][..]));
    let o = call(worker, vec![v()], Call::Argmax { x: 0, how: ArgReduce::default() }, 1);
    assert_eq!(result(&o, 1).view::<i64>(), Some(&[0][..]));
    let o = call(
        worker,
        vec![f64s(&[3], &[1.0, 2.0, 3.0]), v()],
        Call::Searchsorted { x1: 0, x2: 1, how: Search::default().side(Side::Right) },
        1,
    );
    assert_eq!(result(&o, 2).view::<i64>(), Some(&[3, 1, 2][..]));
    let o = call(worker, vec![m()], Call::Nonzero { x: 0 }, 2);
    assert_eq!(result(&o, 2).view::<i64>(), Some(&[0, 1, 0, 1][..]));
    let o = call(worker, vec![m()], Call::Svd { x: 0, how: Svd::default().full_matrices(false) }, 3);
    assert_eq!(result(&o, 2).shape(), &[2].into());
    let o = call(worker, vec![m()], Call::Qr { x: 0, how: Qr::default().mode(QrMode::Complete) }, 2);
    assert_eq!(result(&o, 1).shape(), &[2, 2].into());
    let o = call(worker, vec![v()], Call::Fft { op: FftOp::Rfft, x: 0, how: Fft::default().n(4u64).norm(Norm::Ortho) }, 1);
    assert_eq!((result(&o, 1).dtype(), result(&o, 1).shape()), (DType::Complex128, &[3].into()));
    let o = call(worker, vec![], Call::Random { op: array_protocol::RandomOp::Uniform, key: Key::new(1), how: Random::default() }, 1);
    assert_eq!(error(&o.steps[0]).kind, ErrorKind::Unsupported);
}

fn values_are_values(worker: &mut Worker) {
    // A view of x, then x changes, at its last use: the view keeps what it had.
    let view = Call::Getitem { x: 0, key: vec![Index::all().step(2)] };
    let set = Call::Setitem { x: 0, key: vec![Index::At(0)], value: Operand::Scalar(Scalar::Float(9.0)) };
    let p = program(vec![array(&[1.0, 2.0, 3.0])], vec![step(view, &[1], &[]), step(set, &[2], &[0])], &[1, 2]);
    let verdicts = worker.run(&[p]);
    let o = done(&verdicts[0]);
    assert_eq!(value(o, 0), [1.0, 3.0]);
    assert_eq!(value(o, 1), [9.0, 2.0, 3.0]);
}

fn scalars_are_weak(worker: &mut Worker) {
    let x = HostArray::from_slice([2], &[1.0f32, 2.0]).unwrap();
    let call_of = |s| Call::Binary { op: BinaryOp::Multiply, x1: Operand::Scalar(s), x2: Operand::Array(0) };
    for s in [Scalar::Float(0.5), Scalar::Int(2)] {
        let o = call(worker, vec![x.clone()], call_of(s), 1);
        assert_eq!(result(&o, 1).dtype(), DType::Float32);
    }
    let o = call(
        worker,
        vec![HostArray::scalar(200u8)],
        Call::Binary { op: BinaryOp::Add, x1: Operand::Array(0), x2: Operand::Scalar(Scalar::Int(100)) },
        1,
    );
    assert_eq!(result(&o, 1).view::<u8>(), Some(&[44][..]));
}

fn errors_are_results(worker: &mut Worker) {
    let v = || array(&[1.0, 2.0]);
    let bad: Vec<(Vec<HostArray>, Call<Var>, ErrorKind)> = vec![
        (vec![v(), array(&[1.0, 2.0, 3.0])], add(0, 1), ErrorKind::Shape),
        (vec![v()], Call::Getitem { x: 0, key: vec![Index::At(5)] }, ErrorKind::Index),
        (vec![v()], Call::Reduce { op: ReduceOp::Sum, x: 0, how: Reduce::over(&[3]) }, ErrorKind::Axis),
        (vec![f64s(&[1, 1], &[0.0]), f64s(&[1], &[1.0])], Call::Solve { x1: 0, x2: 1 }, ErrorKind::Singular),
        (vec![v()], Call::ToDevice { x: 0, device: Device::cuda(9) }, ErrorKind::Device),
    ];
    for (inputs, c, kind) in bad {
        let count = inputs.len();
        let o = call(worker, inputs, c, 1);
        assert_eq!(error(&o.steps[0]).kind, kind, "{o:?}");
        assert_eq!(o.values[count], None);
        assert!(matches!(o.values[0], Some(Ok(_))));
    }
    assert_eq!(worker.starts(), 1);
}

fn threads_agree(worker: &mut Worker) {
    let mut case = Case::single(vec![array(&[1.0, 2.0])], add(0, 0), 1);
    case.threads = 4;
    let o = one(worker, &case);
    assert_eq!((value(&o, 1), o.disagreement.as_deref()), (&[2.0, 4.0][..], None));
}

fn many_programs(worker: &mut Worker) {
    let all: Vec<_> = (0..2000).map(|i| negate(i as f64)).collect();
    for (i, v) in worker.run(&all).iter().enumerate() {
        assert_eq!(value(done(v), 1), [-(i as f64)]);
    }
    assert_eq!(worker.starts(), 1);
}

fn large_arrays(worker: &mut Worker) {
    let values: Vec<f64> = (0..300_000).map(f64::from).collect();
    let large = program(vec![array(&values), array(&[1.0])], vec![step(negative(0), &[2], &[])], &[1, 2, 0]);
    let full = program(vec![], vec![step(Call::Full { how: Full::default().shape([200_000]).value(0.5) }, &[0], &[])], &[0]);
    for v in worker.run(&[large.clone(), negate(1.0), full.clone(), large, full]).iter().filter(|v| done(v).values.len() != 2) {
        match value(done(v), 0) {
            [one] => {
                assert_eq!(*one, 1.0);
                assert!(value(done(v), 1).iter().zip(&values).all(|(a, b)| *a == -b));
                assert_eq!(value(done(v), 2), values);
            }
            all => assert!(all.len() == 200_000 && all.iter().all(|&v| v == 0.5)),
        }
    }
}
