//! The model has an answer for every operation of the list.
use array_protocol::options::*;
use array_protocol::{Call, Device, HostArray, Index, Key, Op, Operand, Scalar, Shape};
use conformance::model::{Expect, Limits, Model};

/// A valid call of each operation, on float64 where the operation takes floats.
fn call<'a>(op: Op, f: &'a HostArray, i: &'a HostArray, b: &'a HostArray) -> Option<Call<&'a HostArray>> {
    let integers = matches!(op.name(), "bitwise_xor" | "bitwise_left_shift");
    let x = if integers {
        i
    } else if op.name() == "logical_and" {
        b
    } else {
        f
    };
    Some(match op {
        Op::Unary(op) => Call::Unary { op, x },
        Op::Binary(op) => Call::Binary { op, x1: Operand::Array(x), x2: Operand::Array(x) },
        Op::Reduce(op) => Call::Reduce { op, x, how: Reduce::all() },
        Op::Fft(op) => Call::Fft { op, x, how: Fft::default() },
        Op::Random(op) => Call::Random { op, key: Key::new(1), how: Random::default().shape([3]) },
        _ => match op.name() {
            "clip" => Call::Clip { x, min: Some(Operand::Scalar(Scalar::Float(0.0))), max: None },
            "where" => Call::Where { condition: b, x1: Operand::Array(x), x2: Operand::Scalar(Scalar::Int(1)) },
            "argmax" => Call::Argmax { x, how: ArgReduce::default() },
            "cumulative_sum" => Call::CumulativeSum { x, how: Scan::default().axis(0) },
            "arange" => Call::Arange { how: Arange::default().stop(5) },
            "eye" => Call::Eye { how: Eye::default().rows(2u64) },
            "full" => Call::Full { how: Full::default().shape([2]).value(1.5) },
            "linspace" => Call::Linspace { how: Linspace::default().num(5u64) },
            "astype" => Call::Astype { x, dtype: array_protocol::DType::Int8 },
            "broadcast_to" => Call::BroadcastTo { x, shape: Shape::from([3, 2, 2]) },
            "concat" => Call::Concat { arrays: vec![x, x], axis: Some(0) },
            "flip" => Call::Flip { x, axes: None },
            "permute_dims" => Call::PermuteDims { x, axes: AxisList::from_slice(&[1, 0]) },
            "reshape" => Call::Reshape { x, shape: Shape::from([4]) },
            "roll" => Call::Roll { x, how: Roll::default().shift(AxisList::from_slice(&[1])) },
            "squeeze" => Call::Squeeze { x, axes: AxisList::new() },
            "tril" => Call::Tril { x, k: 0 },
            "getitem" => Call::Getitem { x, key: vec![Index::At(0)] },
            "setitem" => Call::Setitem { x, key: vec![Index::At(0)], value: Operand::Scalar(Scalar::Int(1)) },
            "nonzero" => Call::Nonzero { x },
            "take" => Call::Take { x, indices: i, axis: Some(0) },
            "sort" => Call::Sort { x, how: Sort::default() },
            "argsort" => Call::Argsort { x, how: Sort::default().stable(false) },
            "searchsorted" => Call::Searchsorted { x1: i, x2: i, how: Search::default() },
            "unique_values" => Call::UniqueValues { x },
            "matmul" => Call::Matmul { x1: x, x2: x },
            "qr" => Call::Qr { x, how: Qr::default() },
            "svd" => Call::Svd { x, how: Svd::default() },
            "solve" => Call::Solve { x1: x, x2: x },
            "to_device" => Call::ToDevice { x, device: Device::CPU },
            "from_dlpack" => Call::FromDlpack { x },
            // Not calls: the worker moves these arrays itself.
            "upload" | "download" => return None,
            other => panic!("a call of `{other}` belongs into this test"),
        },
    })
}

#[test]
fn every_operation_is_modelled() {
    let f = HostArray::from_slice([2, 2], &[1.0, 2.0, -3.0, 0.5]).unwrap();
    let i = HostArray::from_slice([2], &[0i64, 1]).unwrap();
    let b = HostArray::from_slice([2], &[true, false]).unwrap();
    let model = Model::new(Limits::default());
    for op in Op::all() {
        let Some(call) = call(op, &f, &i, &b) else { continue };
        assert_eq!(call.op(), op);
        match model.expect(&call) {
            None => panic!("{op}: no model"),
            Some(Expect::Unspecified | Expect::Fails(_)) => panic!("{op}: a plain call is not modelled"),
            Some(Expect::Returns(out) | Expect::Either(_, out)) => assert!(!out.is_empty(), "{op}"),
        }
    }
}
