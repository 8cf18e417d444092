//! The interpreter: what becomes of steps, handles, panics and threads.
mod worker_support;
use array_protocol::{Call, Error, ErrorKind, HostArray, Index, Intercept, Operand, Reply, Result, Scalar, UnaryOp, Via};
use conformance::case::{Failed, Incident, Program, StepResult};
use conformance::worker::{InProcess, Runner, execute};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use worker_support::*;

fn tiny() -> Tiny {
    Tiny::new("tiny", None)
}

#[test]
fn steps_run_in_order_and_every_observed_variable_comes_back() {
    let p = program(vec![array(&[1.0, 2.0])], vec![step(negative(0), &[1], &[]), step(add(0, 1), &[2], &[])], &[0, 1, 2]);
    let o = execute(&tiny(), &p);
    assert_eq!(o.steps, [StepResult::Ok, StepResult::Ok]);
    assert_eq!([value(&o, 0), value(&o, 1), value(&o, 2)], [[1.0, 2.0], [-1.0, -2.0], [0.0, 0.0]]);
    assert_eq!(o.disagreement, None);
}

#[test]
fn what_depends_on_a_failure_is_skipped() {
    let call = Call::Unary { op: UnaryOp::Exp, x: 0 };
    let steps = vec![step(call, &[1], &[]), step(add(0, 1), &[2], &[]), step(negative(0), &[3], &[])];
    let o = execute(&tiny(), &program(vec![array(&[1.0])], steps, &[0, 1, 2, 3]));
    assert_eq!(error(&o.steps[0]).kind, ErrorKind::Unsupported);
    assert_eq!(o.steps[1..], [StepResult::Skipped, StepResult::Ok]);
    assert!(o.values[1].is_none() && o.values[2].is_none());
    assert_eq!(value(&o, 3), [-1.0]);
}

#[test]
fn a_panic_is_a_result() {
    let call = Call::Unary { op: UnaryOp::Sqrt, x: 0 };
    let o = execute(&tiny(), &program(vec![array(&[1.0])], vec![step(call, &[1], &[]), step(negative(0), &[2], &[])], &[1, 2]));
    assert!(matches!(&o.steps[0], StepResult::Panic(text) if text.contains("sqrt of [1.0]")), "{:?}", o.steps);
    assert!(o.values[0].is_none());
    assert_eq!(value(&o, 1), [-1.0]);
}

#[test]
fn transfers_that_fail_or_panic_are_told_at_the_variable() {
    let inputs = vec![HostArray::scalar(1i8), HostArray::scalar(1i16), HostArray::scalar(1i32), HostArray::scalar(1i64)];
    let o = execute(&tiny(), &program(inputs, vec![step(negative(0), &[4], &[])], &[0, 1, 2, 3, 4]));
    let failed = |i: usize| -> Failed { o.values[i].clone().unwrap().unwrap_err() };
    assert_eq!(failed(0).kind, ErrorKind::Unsupported);
    assert_eq!(failed(1), Failed { kind: ErrorKind::Backend, text: "panicked: no int16".into() });
    assert!(failed(2).text.contains("the bus is down"));
    assert_eq!(failed(3).text, "panicked: no way out");
    assert_eq!(o.steps, [StepResult::Skipped]);
    assert!(o.values[4].is_none());
}

#[test]
fn the_last_handle_is_written_in_place() {
    let backend = tiny();
    let set = Call::Setitem { x: 2, key: vec![Index::At(0)], value: Operand::Scalar(Scalar::Float(9.0)) };
    let steps = vec![step(negative(0), &[1], &[0]), step(add(1, 1), &[2], &[]), step(set, &[3], &[2]), step(add(3, 1), &[4], &[3])];
    let o = execute(&backend, &program(vec![array(&[1.0, 2.0])], steps, &[1, 4]));
    assert_eq!(o.steps, vec![StepResult::Ok; 4]);
    assert_eq!([value(&o, 0), value(&o, 1)], [[-1.0, -2.0], [8.0, -6.0]]);
    assert_eq!(backend.reused(), 3);
}

#[test]
fn an_array_in_two_places_is_shared_even_at_its_last_use() {
    let backend = tiny();
    let o = execute(&backend, &program(vec![array(&[1.0])], vec![step(add(0, 0), &[1], &[0])], &[1]));
    assert_eq!(value(&o, 0), [2.0]);
    assert_eq!(backend.reused(), 0);
}

#[test]
fn a_handle_given_up_is_gone_whatever_the_call_does() {
    let set = Call::Setitem { x: 0, key: vec![Index::At(7)], value: Operand::Scalar(Scalar::Float(9.0)) };
    let o = execute(&tiny(), &program(vec![array(&[1.0])], vec![step(set, &[1], &[0]), step(negative(0), &[2], &[])], &[0, 1, 2]));
    assert_eq!(error(&o.steps[0]).kind, ErrorKind::Index);
    assert_eq!(o.steps[1], StepResult::Skipped);
    assert_eq!(o.values, [None, None, None]);
}

#[test]
fn a_reply_of_another_length_is_an_error() {
    let o = execute(&tiny(), &program(vec![array(&[1.0])], vec![step(Call::Nonzero { x: 0 }, &[1], &[])], &[1]));
    assert!(error(&o.steps[0]).text.contains("3 arrays where 1 were expected"));
}

#[test]
fn variables_of_any_number_do() {
    let o = execute(&tiny(), &program(vec![array(&[1.0])], vec![step(negative(0), &[u32::MAX], &[])], &[u32::MAX, 77]));
    assert_eq!(value(&o, 0), [-1.0]);
    assert_eq!(o.values[1], None);
}

#[test]
fn threads_that_agree_and_threads_that_do_not() {
    static FLIP: AtomicBool = AtomicBool::new(false);
    let mut p = negate(TRIGGER);
    p.threads = 4;
    assert_eq!(execute(&tiny(), &p).disagreement, None);
    // Panics every second time.
    let odd = Tiny::new("odd", Some(|| assert!(!FLIP.fetch_xor(true, Ordering::SeqCst), "odd")));
    let o = execute(&odd, &p);
    assert_eq!(o.steps, [StepResult::Ok]);
    let text = o.disagreement.expect("a disagreement");
    assert!(text.starts_with("thread ") && text.contains("step 0 ends in Panic(\"odd\")"), "{text}");
}

#[test]
fn in_process_runs_the_same_programs() {
    let mut runner = InProcess::new(tiny());
    assert_eq!(runner.hello().info.name, "tiny");
    let verdicts = runner.run(&[negate(1.0), negate(2.0)]);
    assert_eq!(value(done(&verdicts[1]), 1), [-2.0]);
}

#[test]
fn a_device_that_is_lost_is_told_wherever_it_happens() {
    let lost = |p: &Program| execute(&tiny(), p).lost().map(str::to_string);
    let reason = Some("lost error, it fell off the bus".to_string());
    assert_eq!(lost(&negate(1.0)), None);
    assert_eq!(lost(&negate(LOSS)), reason);
    // At the upload of an input that is observed, and of one that is not.
    let x = HostArray::from_slice([1, 1], &[LOSS]).unwrap();
    assert_eq!(lost(&program(vec![x.clone()], vec![], &[0])), reason);
    assert_eq!(lost(&program(vec![x], vec![step(negative(0), &[1], &[0])], &[1])), reason);
}

/// Loses the device at the second call.
#[derive(Clone, Default)]
struct Later(Arc<AtomicUsize>);
impl Intercept<Tiny> for Later {
    fn call(&self, below: &Tiny, call: Call<&Arc<HostArray>>) -> Result<Reply<Arc<HostArray>>> {
        if self.0.fetch_add(1, Ordering::SeqCst) == 1 { Err(Error::new(ErrorKind::Lost, call.op())) } else { call.apply(below) }
    }
}

#[test]
fn a_device_that_is_lost_in_one_of_several_threads() {
    let backend = Via(tiny(), Later::default());
    let o = execute(&backend, &Program { threads: 3, ..negate(1.0) });
    assert_eq!((o.lost(), &o.disagreement), (Some("negative: lost error"), &None));
    assert_eq!(backend.1.0.load(Ordering::SeqCst), 4);
}

#[test]
fn in_process_a_loss_is_the_end() {
    let mut runner = InProcess::new(tiny());
    let verdicts = runner.run(&[negate(1.0), negate(LOSS), negate(2.0)]);
    assert_eq!(value(done(&verdicts[0]), 1), [-1.0]);
    for v in verdicts[1..].iter().chain(&runner.run(&[negate(3.0)])) {
        assert_eq!(incident(v), &Incident::Lost("lost error, it fell off the bus".into()));
    }
}
