//! A fault sits in one operation, does what it says there, and leaves everything else as it was.
#![cfg(feature = "reference-cpu")]

use array_protocol::{Backend, BinaryOp, HostArray, Index, IndexingOp, InterchangeOp, Op, Operand, ReduceOp, Scalar, UnaryOp};
use conformance::faults::{self, Faulty, WorstLegal};
use conformance::model::Limits;
use reference_cpu::Cpu;

fn with(id: &str, op: impl Into<Op>) -> Faulty<Cpu> {
    faults::inject(Cpu::new(), id, Some(op.into()), &Limits::default()).expect("a fault of the catalogue")
}

fn floats<B: Backend>(b: &B, values: &[f64]) -> B::Array {
    b.upload(&HostArray::from_slice([values.len()], values).unwrap(), None).unwrap()
}

fn values<B: Backend>(b: &B, x: &B::Array) -> Vec<f64> {
    b.download(x).unwrap().view::<f64>().unwrap().to_vec()
}

#[test]
fn an_unknown_fault_is_not_injected() {
    assert!(faults::inject(Cpu::new(), "generic.no_such_thing", None, &Limits::default()).is_none());
}

#[test]
fn a_fault_stays_in_its_operation() {
    let b = with("generic.zeros", BinaryOp::Add);
    let x = floats(&b, &[1.0, 2.0]);
    assert_eq!(values(&b, &b.binary(BinaryOp::Add, (&x).into(), (&x).into()).unwrap()), [0.0, 0.0]);
    assert_eq!(values(&b, &b.binary(BinaryOp::Multiply, (&x).into(), (&x).into()).unwrap()), [1.0, 4.0]);
}

#[test]
fn a_specific_fault_knows_its_operation() {
    let b = faults::inject(Cpu::new(), "subtract.operands_swapped", None, &Limits::default()).unwrap();
    let (x, y) = (floats(&b, &[5.0]), floats(&b, &[3.0]));
    assert_eq!(values(&b, &b.binary(BinaryOp::Subtract, (&x).into(), (&y).into()).unwrap()), [-2.0]);
}

#[test]
fn a_write_to_shared_memory_shows_in_handles_and_views_only_where_it_is_the_fault() {
    for (op, shown) in [(IndexingOp::Setitem, 9.0), (IndexingOp::Take, 1.0)] {
        let b = with("generic.writes_shared", op);
        let mut x = floats(&b, &[1.0, 2.0, 3.0]);
        let (copy, view) = (x.clone(), b.getitem(&x, &[Index::Slice { start: None, stop: None, step: -1 }]).unwrap());
        b.setitem(&mut x, &[Index::At(0)], Operand::Scalar(Scalar::Float(9.0))).unwrap();
        assert_eq!(values(&b, &x), [9.0, 2.0, 3.0]);
        assert_eq!(values(&b, &copy), [shown, 2.0, 3.0]);
        assert_eq!(values(&b, &view), [3.0, 2.0, shown]);
    }
}

#[test]
fn strides_are_ignored_by_the_operation_and_by_no_other() {
    let b = with("generic.ignores_strides", UnaryOp::Negative);
    let x = floats(&b, &[1.0, 2.0, 3.0, 4.0]);
    let view = b.getitem(&x, &[Index::Slice { start: None, stop: None, step: 2 }]).unwrap();
    assert_eq!(values(&b, &view), [1.0, 3.0]);
    assert_eq!(values(&b, &b.unary(UnaryOp::Negative, &view).unwrap()), [-1.0, -2.0]);
    assert_eq!(values(&b, &b.unary(UnaryOp::Abs, &view).unwrap()), [1.0, 3.0]);
}

#[test]
fn an_argument_is_overwritten_for_every_handle() {
    let b = with("generic.writes_input", UnaryOp::Negative);
    let x = floats(&b, &[1.0, 2.0]);
    let copy = x.clone();
    assert_eq!(values(&b, &b.unary(UnaryOp::Negative, &x).unwrap()), [-1.0, -2.0]);
    assert_eq!(values(&b, &copy), [-1.0, -2.0]);
}

#[test]
fn transport_loses_a_bit_once() {
    let b = with("generic.flips_a_bit", InterchangeOp::Upload);
    let x = b.upload(&HostArray::from_slice([2], &[7i32, 7]).unwrap(), None).unwrap();
    assert_eq!(b.download(&x).unwrap().view::<i32>().unwrap(), [7, 6]);
}

#[test]
fn the_worst_legal_backend_errs_and_says_what_it_declares() {
    let suite = array_protocol::manifest::load().unwrap();
    let b = WorstLegal::new(Cpu::new(), &suite);
    let declared = b.info().declared;
    for (key, (choices, _)) in suite.declarations() {
        assert_eq!(declared.get(key).map(String::as_str), choices.last().copied(), "{key}");
    }
    let x = floats(&b, &[0.3]);
    assert_ne!(values(&b, &b.unary(UnaryOp::Exp, &x).unwrap()), [0.3f64.exp()]);
    let two = floats(&b, &[0.3, 0.4]);
    assert_ne!(values(&b, &b.reduce(ReduceOp::Sum, &two, &Default::default()).unwrap()), [0.7]);
    assert_eq!(values(&b, &b.unary(UnaryOp::Negative, &x).unwrap()), [-0.3], "what is exact has no limit to err up to");
}
