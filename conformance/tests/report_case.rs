//! Cases as replay files and as code.
use array_protocol::options::*;
use array_protocol::*;
use conformance::case::{Case, Input, Layout, Replay, Step};
use serde_json::{Value, json};

/// The files under `printed/` are what the printer writes; that they are compiled here is the proof that they compile.
#[allow(dead_code, unused_variables, reason = "compiled, not run")]
mod printed {
    mod short {
        include!("printed/short.rs");
    }
    mod layouts {
        include!("printed/layouts.rs");
    }
    mod calls {
        include!("printed/calls.rs");
    }
}

fn f64s(shape: &[usize], values: &[f64]) -> HostArray {
    HostArray::from_slice(shape, values).unwrap()
}

fn step(call: Call<u32>, out: &[u32], last_use: &[u32]) -> Step {
    Step { call, out: out.to_vec(), last_use: last_use.to_vec() }
}

fn binary(op: BinaryOp, x1: impl Into<Operand<u32>>, x2: impl Into<Operand<u32>>) -> Call<u32> {
    Call::Binary { op, x1: x1.into(), x2: x2.into() }
}

fn short() -> Case {
    let inputs = vec![f64s(&[2], &[-7.5, f64::NAN]), f64s(&[], &[-0.0])];
    Case::single(inputs, binary(BinaryOp::FloorDivide, 0, 1), 1)
}

fn layouts() -> Case {
    let array = || f64s(&[2, 3], &[1.0, 2.0, 3.0, 0.1, 5e-324, f64::NEG_INFINITY]);
    let inputs = Layout::ALL.iter().map(|&layout| Input { array: array(), layout });
    let complex = HostArray::from_slice([2], &[num_complex::Complex::new(1.0f32, -0.0), num_complex::Complex::new(f32::NAN, 0.1)]).unwrap();
    let equal = HostArray::from_slice([100, 4], &[7i16; 400]).unwrap();
    let long = HostArray::from_slice([100], &(0..100u8).collect::<Vec<_>>()).unwrap();
    let more = [(complex, Layout::Step2), (equal, Layout::Transposed), (long, Layout::Plain)];
    let inputs: Vec<Input> = inputs.chain(more.map(|(array, layout)| Input { array, layout })).collect();
    let first = inputs.len() as u32;
    let sum = Call::Concat { arrays: (0..7).collect(), axis: Some(0) };
    Case { inputs, steps: vec![step(sum, &[first], &[])], threads: 4 }
}

/// Every variant of a call, most of them with options that are not the default.
fn calls() -> Case {
    let x = f64s(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let at = HostArray::from_slice([2], &[1i64, 0]).unwrap();
    let mask = HostArray::from_slice([2], &[true, false]).unwrap();
    let key = vec![Index::NewAxis, Index::At(-1), Index::Slice { start: Some(0), stop: None, step: 2 }];
    let key2 = vec![Index::Ellipsis, Index::Slice { start: None, stop: None, step: -1 }];
    let scalar = |s: f64| Operand::Scalar(Scalar::Float(s));
    let axes = |a: &[i64]| AxisList::from_slice(a);
    let calls: Vec<(Call<u32>, usize)> = vec![
        (Call::Unary { op: UnaryOp::IsNan, x: 0 }, 1),
        (binary(BinaryOp::Atan2, 0, scalar(f64::INFINITY)), 1),
        (Call::Clip { x: 0, min: None, max: Some(scalar(1.5)) }, 1),
        (Call::Where { condition: 2, x1: Operand::Array(0), x2: Operand::Scalar(Scalar::Complex(0.0, -1.0)) }, 1),
        (Call::Reduce { op: ReduceOp::Var, x: 0, how: Reduce::over(&[-1]).keepdims(true).correction(1.0) }, 1),
        (Call::Reduce { op: ReduceOp::Sum, x: 0, how: Reduce::all().dtype(DType::Float32) }, 1),
        (Call::Argmax { x: 0, how: ArgReduce::default().axis(1i64).keepdims(true) }, 1),
        (Call::CumulativeSum { x: 1, how: Scan::default().axis(0i64).dtype(DType::Int8).include_initial(true) }, 1),
        (Call::Arange { how: Arange::default().start(Scalar::Int(-3)).stop(Scalar::UInt(u64::MAX)).step(Scalar::Float(0.5)) }, 1),
        (Call::Eye { how: Eye::default().rows(3u64).cols(2u64).k(-1i64).dtype(DType::Bool) }, 1),
        (Call::Full { how: Full::default().shape([2, 0]).value(Scalar::Bool(true)).device(Device::CPU) }, 1),
        (Call::Linspace { how: Linspace::default().stop(Scalar::Float(f64::NAN)).num(5u64).endpoint(false) }, 1),
        (Call::Astype { x: 0, dtype: DType::BFloat16 }, 1),
        (Call::BroadcastTo { x: 0, shape: [3, 2, 2].into() }, 1),
        (Call::Concat { arrays: vec![0, 0], axis: None }, 1),
        (Call::Flip { x: 0, axes: Some(axes(&[0])) }, 1),
        (Call::Flip { x: 0, axes: None }, 1),
        (Call::PermuteDims { x: 0, axes: axes(&[1, 0]) }, 1),
        (Call::Reshape { x: 0, shape: [4].into() }, 1),
        (Call::Roll { x: 0, how: Roll::default().shift(axes(&[1])).axes(axes(&[0])) }, 1),
        (Call::Squeeze { x: 0, axes: axes(&[]) }, 1),
        (Call::Tril { x: 0, k: 1 }, 1),
        (Call::Getitem { x: 0, key: key.clone() }, 1),
        (Call::Getitem { x: 1, key: vec![Index::Array(2)] }, 1),
        (Call::Setitem { x: 0, key: key2, value: scalar(0.0) }, 1),
        (Call::Nonzero { x: 0 }, 2),
        (Call::Take { x: 0, indices: 1, axis: Some(0) }, 1),
        (Call::Sort { x: 0, how: Sort::default().descending(true) }, 1),
        (Call::Argsort { x: 0, how: Sort::default().axis(0i64).stable(false) }, 1),
        (Call::Searchsorted { x1: 1, x2: 1, how: Search::default().side(Side::Right) }, 1),
        (Call::UniqueValues { x: 0 }, 1),
        (Call::Matmul { x1: 0, x2: 0 }, 1),
        (Call::Qr { x: 0, how: Qr::default().mode(QrMode::Complete) }, 2),
        (Call::Solve { x1: 0, x2: 0 }, 1),
        (Call::Svd { x: 0, how: Svd::default().full_matrices(false) }, 3),
        (Call::Fft { op: FftOp::Rfft, x: 0, how: Fft::default().n(3u64).axis(0i64).norm(Norm::Ortho) }, 1),
        (Call::Random { op: RandomOp::Uniform, key: Key([1, 2]), how: Random::default().shape([3]).dtype(DType::Float32) }, 1),
        (Call::ToDevice { x: 0, device: Device::cuda(1) }, 1),
        (Call::FromDlpack { x: 0 }, 1),
    ];
    let mut next = 3;
    let mut steps = vec![];
    for (call, results) in calls {
        let out: Vec<u32> = (next..next + results as u32).collect();
        next += results as u32;
        steps.push(Step { call, out, last_use: vec![] });
    }
    // In place: the first operand is given up.
    steps.push(step(binary(BinaryOp::Add, 0, scalar(1.0)), &[next], &[0]));
    steps.push(step(Call::Unary { op: UnaryOp::Exp, x: next }, &[next + 1], &[next]));
    steps.push(step(Call::Setitem { x: next + 1, key, value: Operand::Array(1) }, &[next + 2], &[next + 1, 2]));
    let inputs = [x, at, mask].map(|array| Input { array, layout: Layout::Plain }).to_vec();
    Case { inputs, steps, threads: 1 }
}

#[test]
fn printed_code_is_the_code_that_is_compiled_here() {
    for (file, case) in [("short", short()), ("layouts", layouts()), ("calls", calls())] {
        for (ending, text) in [("rs", case.to_rust()), ("py", case.to_python())] {
            let path = format!("{}/tests/printed/{file}.{ending}", env!("CARGO_MANIFEST_DIR"));
            if std::env::var_os("UPDATE_PRINTED").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            let there = std::fs::read_to_string(&path).unwrap();
            assert_eq!(text, there, "{path} is old: run with UPDATE_PRINTED=1 and look at the difference");
        }
    }
}

#[test]
fn a_case_survives_its_replay_file() {
    for case in [short(), layouts(), calls()] {
        let replay =
            Replay { suite: Some("ab".into()), check: Some("add.value@add@float64".into()), seed: Some(u64::MAX), index: Some(3), case };
        let text = serde_json::to_string(&replay.to_json()).unwrap();
        // As documents: among the scalars are NaNs, which are not equal to themselves.
        assert_eq!(Replay::parse(&text).unwrap().to_json(), replay.to_json());
        assert_eq!(Case::from_json(&replay.case.to_json()).unwrap().inputs, replay.case.inputs);
    }
}

#[test]
fn data_is_in_c_order_little_endian() {
    let case = Case::single(vec![HostArray::from_slice([2], &[1u16, 0xff02]).unwrap()], Call::Unary { op: UnaryOp::Abs, x: 0 }, 1);
    assert_eq!(case.to_json()["inputs"][0]["data"], "010002ff");
}

/// The error of a document that differs in one place from a good one.
fn error(change: impl FnOnce(&mut Value)) -> String {
    let mut document = short().to_json();
    change(&mut document);
    Case::from_json(&document).unwrap_err().to_string()
}

fn add(last_use: &[u32], x1: u32, out: u32) -> Value {
    json!({ "call": { "call": "binary", "op": "add", "x1": x1, "x2": 1 }, "out": [out], "last_use": last_use })
}

#[test]
fn a_malformed_file_is_told_where() {
    let cases: Vec<(String, &[&str])> = vec![
        (error(|d| d["format"] = json!(2)), &["format", "format 1"]),
        (error(|d| *d = json!([1])), &["expected an object"]),
        (error(|d| d["inputs"][1]["dtype"] = json!("f64")), &["inputs[1].dtype", "unknown dtype `f64`", "float64"]),
        (error(|d| d["inputs"][0]["shape"] = json!([3])), &["inputs[0].data", "16 bytes", "float64(3,) has 24"]),
        (error(|d| d["inputs"][0]["shape"] = json!([-1])), &["inputs[0].shape", "list of lengths"]),
        (error(|d| d["inputs"][0]["shape"] = json!([u64::MAX, 2])), &["inputs[0].shape", "more elements"]),
        (error(|d| d["inputs"][0]["shape"] = json!(vec![1; 40])), &["inputs[0].shape", "at most 32"]),
        (error(|d| d["inputs"][0]["data"] = json!("0x")), &["inputs[0].data", "character 1"]),
        (error(|d| d["inputs"][0]["data"] = json!("000")), &["inputs[0].data", "two a byte"]),
        (error(|d| d["inputs"][0]["layout"] = json!("sideways")), &["inputs[0].layout", "sideways", "reversed"]),
        (error(|d| d["inputs"][0]["strides"] = json!([1])), &["inputs[0]", "unknown key `strides`"]),
        (error(|d| d["inputs"][0] = json!({ "dtype": "bool", "shape": [1], "data": "02" })), &["inputs[0].data", "neither 0 nor 1"]),
        (error(|d| d["steps"][0]["call"]["op"] = json!("pluss")), &["steps[0].call", "pluss"]),
        (error(|d| d["steps"][0]["call"]["call"] = json!("tertiary")), &["steps[0].call", "tertiary", "binary"]),
        (error(|d| d["steps"][0]["call"]["x2"] = json!(-1)), &["steps[0].call.x2", "expected a variable"]),
        (error(|d| d["steps"][0]["call"]["x2"] = json!("f:12")), &["steps[0].call.x2", "f:12"]),
        (error(|d| d["steps"][0]["call"]["axis"] = json!(0)), &["steps[0].call.axis", "unknown key"]),
        (error(|d| d["steps"][0]["call"]["x1"] = json!(9)), &["steps[0].call", "variable 9 is used before it is made"]),
        (error(|d| d["steps"][0]["out"] = json!([0])), &["steps[0].out", "variable 0 is made a second time"]),
        (error(|d| d["steps"][0]["out"] = json!([u32::MAX])), &["steps[0].out", "at most 65536"]),
        (error(|d| d["steps"][0]["out"] = json!("2")), &["steps[0].out"]),
        (error(|d| d["steps"] = json!([add(&[0], 0, 2), add(&[], 0, 3)])), &["steps[1].call", "given up in steps[0]"]),
        (error(|d| d["steps"] = json!([add(&[7], 0, 2)])), &["steps[0].last_use", "variable 7"]),
        (error(|d| d["threads"] = json!(1000)), &["threads", "255"]),
        (error(|d| d["seed"] = json!("x")), &["seed", "integer"]),
        (error(|d| d["sed"] = json!(1)), &["unknown key `sed`"]),
        (Replay::parse("{\"format\": 1,\n oops}").unwrap_err().to_string(), &["not JSON", "line 2"]),
        (Replay::read("no/such/file.json".as_ref()).unwrap_err().to_string(), &["no/such/file.json"]),
    ];
    for (message, parts) in cases {
        for part in parts {
            assert!(message.contains(part), "`{message}` does not say `{part}`");
        }
    }
}

#[test]
fn a_layout_that_would_fill_the_memory_is_refused() {
    let message = error(|d| {
        d["inputs"][0] = json!({ "dtype": "float64", "shape": vec![1; 20], "layout": "window", "data": "0000000000000000" });
    });
    assert!(message.contains("inputs[0].layout"), "{message}");
}

#[test]
fn every_truncation_of_a_file_is_an_error_and_no_panic() {
    let text = serde_json::to_string(&calls().to_json()).unwrap();
    for end in (0..text.len()).filter(|&i| text.is_char_boundary(i)) {
        assert!(Replay::parse(&text[..end]).is_err());
    }
}

#[test]
fn floats_print_exactly() {
    let payload = f64::from_bits(0x7ff8_0000_0000_0001);
    let case = Case::single(vec![f64s(&[3], &[-f64::NAN, payload, 0.1 + 0.2])], Call::Unary { op: UnaryOp::Sign, x: 0 }, 1);
    let rust = case.to_rust();
    assert!(rust.contains("f64::from_bits(0xfff8000000000000), f64::from_bits(0x7ff8000000000001), 0.30000000000000004"), "{rust}");
    assert!(case.to_python().contains("[-xp.nan, xp.nan, 0.30000000000000004]"));
    // The shortest decimal of each float32 gives it back in Python too, where it is rounded to float64 on the way.
    for bits in (0..=0x7f7f_ffffu32).step_by(40_961) {
        let value = f32::from_bits(bits);
        let case = Case::single(vec![HostArray::scalar(value)], Call::Unary { op: UnaryOp::Sign, x: 0 }, 1);
        let text = case.to_python();
        let literal = text.split("asarray(").nth(1).and_then(|t| t.split(',').next()).unwrap();
        assert_eq!(literal.parse::<f64>().unwrap() as f32, value, "{literal}");
    }
}
