//! Devices that are lost, and memory that runs out: typed errors or right results, whatever else goes on, and nothing stays behind.
mod support;

use array_protocol::options::{Arange, ArgReduce, Fft, Full, Qr, Reduce, Scan, Sort, Svd};
use array_protocol::{Backend, BinaryOp, Error, ErrorKind, FftOp, HostArray, Operand, Result, UnaryOp};
use reference_cuda::{Cuda, CudaArray, Options, Unavailable};
use support::child;

fn open(device: u32) -> Cuda {
    let checked = std::env::var("TEST_CHECKED").is_ok_and(|v| v == "yes");
    Cuda::emulated(device, Options::default().checked(checked)).unwrap()
}

fn square(b: &Cuda, n: usize) -> CudaArray {
    let values: Vec<f64> = (0..n * n).map(|i| (i * i % 101) as f64 - 50.0).collect();
    b.upload(&HostArray::from_slice([n, n], &values).unwrap(), None).unwrap()
}

/// An operation whose result does not matter.
type Operation = fn(&Cuda, &CudaArray) -> Result<()>;
/// Operations that take different ways to the device: kernels of several launches, libraries, memory to work with.
const OPERATIONS: &[(&str, Operation)] = &[
    ("exp", |b, x| b.unary(UnaryOp::Exp, x).map(drop)),
    ("add", |b, x| b.binary(BinaryOp::Add, Operand::Array(x), Operand::Array(x)).map(drop)),
    ("sum", |b, x| b.reduce(array_protocol::ReduceOp::Sum, x, &Reduce::default()).map(drop)),
    ("argmax", |b, x| b.argmax(x, &ArgReduce::default()).map(drop)),
    ("cumulative_sum", |b, x| b.cumulative_sum(x, &Scan::default().axis(0)).map(drop)),
    ("sort", |b, x| b.sort(x, &Sort::default()).map(drop)),
    ("unique_values", |b, x| b.unique_values(x).map(drop)),
    ("nonzero", |b, x| b.nonzero(x).map(drop)),
    ("concat", |b, x| b.concat(&[x, x], &Some(0)).map(drop)),
    ("matmul", |b, x| b.matmul(x, x).map(drop)),
    ("svd", |b, x| b.svd(x, &Svd::default()).map(drop)),
    ("qr", |b, x| b.qr(x, &Qr::default()).map(drop)),
    ("solve", |b, x| b.solve(x, x).map(drop)),
    ("rfft", |b, x| b.fft(FftOp::Rfft, x, &Fft::default()).map(drop)),
    ("dlpack", |b, x| b.to_dlpack(x).map(drop)),
    ("upload", |b, _| b.upload(&HostArray::scalar(1.0), None).map(drop)),
    ("download", |b, x| b.download(x).map(drop)),
    ("sync", |b, _| b.sync()),
];

#[track_caller]
fn is_lost(e: &Error) {
    assert!(e.kind() == ErrorKind::Lost && e.to_string().contains("ILLEGAL_ADDRESS") && e.to_string().contains("new one"), "{e}");
}

#[test]
fn every_call_after_a_loss() {
    for checked in ["yes", "no"] {
        child("after_a_loss", &[("EMULATED_FAIL_LAUNCH", "3"), ("TEST_CHECKED", checked)]);
    }
}
#[test]
#[ignore = "run by the test above"]
fn after_a_loss() {
    let b = open(0);
    let x = b.full(&Full::default().shape([5, 5]).value(3.0)).unwrap();
    let y = b.unary(UnaryOp::Exp, &x).unwrap();
    is_lost(&b.unary(UnaryOp::Exp, &y).map(drop).unwrap_err());
    for (name, operation) in OPERATIONS {
        is_lost(&operation(&b, &x).expect_err(name));
    }
    // Another handle of the device in this process has the same context.
    drop((x, y, b));
    match Cuda::emulated(0, Options::default()) {
        Err(Unavailable::Driver { error, .. }) => assert!(error.contains("ILLEGAL_ADDRESS"), "{error}"),
        Err(e) => panic!("{e}"),
        Ok(_) => panic!("a lost device was opened"),
    }
}

/// Whichever launch of an operation breaks. A library only says that its work failed; the context says why.
#[test]
fn a_loss_anywhere_in_an_operation() {
    for (operation, library) in [("matmul", "cuBLAS"), ("rfft", "cuFFT"), ("qr", "cuSOLVER")] {
        let said = ["1", "2", "3", "4", "5", "6"].map(|launch| {
            child("anywhere_in_an_operation", &[("TEST_OPERATION", operation), ("EMULATED_FAIL_LAUNCH", launch)]).unwrap_or_default()
        });
        let emulated = !said[0].is_empty();
        assert!(!emulated || said.iter().any(|text| text.contains(library)), "{library} is never blamed: {said:?}");
    }
}
#[test]
#[ignore = "run by the test above"]
fn anywhere_in_an_operation() {
    let name = std::env::var("TEST_OPERATION").unwrap();
    let (b, operation) = (open(0), OPERATIONS.iter().find(|(n, _)| *n == name).unwrap().1);
    let x = square(&b, 8);
    if let Err(e) = operation(&b, &x) {
        println!("{e}");
        is_lost(&e);
        is_lost(&operation(&b, &x).unwrap_err());
    }
}

/// `-(i + 1)` for the numbers from 0 on, again and again: how often until the device was lost, and the error.
fn work(b: &Cuda, x: &CudaArray, rounds: usize) -> (usize, Option<Error>) {
    for round in 0..rounds {
        let one = || {
            let sum = b.binary(BinaryOp::Add, Operand::Array(x), Operand::Scalar(1.into()))?;
            b.download(&b.unary(UnaryOp::Negative, &sum)?)
        };
        match one() {
            Ok(y) => assert!(y.view::<i64>().unwrap().iter().zip(1..).all(|(&y, i)| y == -i), "a wrong result in round {round}"),
            Err(e) => return (round, Some(e)),
        }
    }
    (rounds, None)
}

#[test]
fn two_backends_in_two_threads() {
    for checked in ["yes", "no"] {
        child("in_two_threads", &[("TEST_CHECKED", checked)]);
        child("in_two_threads", &[("TEST_CHECKED", checked), ("EMULATED_FAIL_LAUNCH", "60"), ("TEST_LOST", "2")]);
        child("in_two_threads", &[("TEST_CHECKED", checked), ("EMULATED_DEVICES", "2")]);
        child(
            "in_two_threads",
            &[("TEST_CHECKED", checked), ("EMULATED_DEVICES", "2"), ("EMULATED_FAIL_LAUNCH", "60"), ("TEST_LOST", "1")],
        );
    }
}
#[test]
#[ignore = "run by the test above"]
fn in_two_threads() {
    let devices = std::env::var("EMULATED_DEVICES").map_or(1, |n| n.parse().unwrap());
    let backends = [open(0), open(devices - 1)];
    let numbers = backends.each_ref().map(|b| b.arange(&Arange::default().stop(300)).unwrap());
    let gate = std::sync::Barrier::new(2);
    let ended = std::thread::scope(|scope| {
        let running = [0, 1].map(|i| {
            let (b, x, gate) = (&backends[i], &numbers[i], &gate);
            scope.spawn(move || {
                gate.wait();
                work(b, x, 50)
            })
        });
        running.map(|thread| thread.join().unwrap())
    });
    // Of one device both handles are lost, of two one; the other is right to the end.
    let lost: Vec<&Error> = ended.iter().filter_map(|(_, e)| e.as_ref()).collect();
    lost.iter().for_each(|e| is_lost(e));
    let expected = std::env::var("TEST_LOST").map_or(0, |n| n.parse().unwrap());
    assert_eq!(lost.len(), expected, "{ended:?}");
    for (b, (rounds, error)) in backends.iter().zip(&ended) {
        assert_eq!((b.sync().is_err(), *rounds < 50), (error.is_some(), error.is_some()));
    }
}

/// Memory runs out at one allocation of an operation after the other, and each time all of it comes back.
#[test]
fn memory_that_runs_out_anywhere() {
    for checked in ["yes", "no"] {
        child("runs_out_anywhere", &[("EMULATED_MEMORY", "65536"), ("TEST_CHECKED", checked)]);
    }
}
#[test]
#[ignore = "run by the test above"]
fn runs_out_anywhere() {
    let b = open(0);
    let bytes = |n: usize| b.upload(&HostArray::from_slice([n], &vec![1u8; n]).unwrap(), None);
    const BLOCK: usize = 512;
    for (name, operation) in OPERATIONS {
        let (mut fine, mut short) = (0, 0);
        for left in [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96] {
            let x = square(&b, 32);
            let held: Vec<CudaArray> = (left..(65_536 - 32 * 32 * 8) / BLOCK).map(|_| bytes(BLOCK).unwrap()).collect();
            match operation(&b, &x) {
                Ok(()) => fine += 1,
                Err(e) => {
                    assert!(e.kind() == ErrorKind::OutOfMemory, "{name}: {e}");
                    short += 1;
                }
            }
            // What was there is whole.
            drop(held);
            assert_eq!(b.download(&x).unwrap().size(), 32 * 32, "{name}");
        }
        let frugal = ["dlpack", "upload", "download", "sync"].contains(name);
        assert!(fine > 0 && (short > 0 || frugal), "{name}: {fine} times memory was enough, {short} times not");
    }
    drop(bytes(65_536).unwrap());
}

/// The pool gives what waits in it back for another size.
#[test]
fn a_small_device() {
    child("small_device", &[("EMULATED_MEMORY", "100000")]);
}
#[test]
#[ignore = "run by the test above"]
fn small_device() {
    let b = open(0);
    let of = |n: usize| b.full(&Full::default().shape([n]).value(1.0));
    let x = of(8000).unwrap();
    assert_eq!(of(8000).map(drop).unwrap_err().kind(), ErrorKind::OutOfMemory);
    drop(x);
    assert_eq!(b.download(&of(9000).unwrap()).unwrap().size(), 9000);
}

/// What waits in the pool of one handle is for others once it is trimmed.
#[test]
fn memory_for_others() {
    child("others", &[("EMULATED_MEMORY", "100000")]);
}
#[test]
#[ignore = "run by the test above"]
fn others() {
    let (b, other) = (open(0), open(0));
    let full = |n: usize| Full::default().shape([n]).value(1.0);
    drop(b.full(&full(5000)).unwrap());
    assert_eq!(other.full(&full(8000)).map(drop).unwrap_err().kind(), ErrorKind::OutOfMemory);
    b.trim().unwrap();
    assert_eq!(other.download(&other.full(&full(8000)).unwrap()).unwrap().size(), 8000);
}
