//! Devices that are missing, old, or several. What the emulated driver pretends is read from the environment, so each case runs in a
//! process of its own: this program again, on the one test named.
mod support;

use array_protocol::options::{Device, Full};
use array_protocol::{Backend, BinaryOp, ErrorKind, Index, Operand, UnaryOp};
use reference_cuda::{Cuda, Options, Unavailable};
use support::{child, emulated};

fn refused() -> Unavailable {
    match Cuda::emulated(0, Options::default()) {
        Ok(b) => panic!("{} was opened", b.device_name()),
        Err(e) => e,
    }
}

#[test]
fn an_old_driver() {
    child("old_driver", &[("EMULATED_VERSION", "12040")]);
}
#[test]
#[ignore = "run by the test above"]
fn old_driver() {
    assert_eq!(refused(), Unavailable::DriverTooOld { found: 12_040, wanted: 13_000 });
}

#[test]
fn no_device_at_all() {
    child("no_device", &[("EMULATED_DEVICES", "0")]);
}
#[test]
#[ignore = "run by the test above"]
fn no_device() {
    assert_eq!(refused(), Unavailable::NoDevice { ordinal: 0, count: 0 });
}

#[test]
fn an_old_device() {
    child("old_device", &[("EMULATED_CAPABILITY", "70")]);
}
#[test]
#[ignore = "run by the test above"]
fn old_device() {
    assert!(matches!(refused(), Unavailable::DeviceTooOld { found: (7, 0), wanted: (7, 5), .. }));
}

#[test]
fn two_devices() {
    for peers in ["1", "0"] {
        child("on_two_devices", &[("EMULATED_DEVICES", "2"), ("EMULATED_PEERS", peers)]);
    }
}
#[test]
#[ignore = "run by the test above"]
fn on_two_devices() {
    let b = Cuda::emulated(1, Options::default()).unwrap();
    assert_eq!(b.info().devices, [Device::cuda(1), Device::cuda(0)]);
    let x = b.full(&Full::default().shape([5]).value(3.0)).unwrap();
    assert_eq!(b.device(&x), Device::cuda(1));
    let y = b.to_device(&x, &Device::cuda(0)).unwrap();
    assert_eq!(b.device(&y), Device::cuda(0));
    let stepped = b.getitem(&x, &[Index::Slice { start: None, stop: None, step: -2 }]).unwrap();
    assert_eq!(b.download(&b.to_device(&stepped, &Device::cuda(0)).unwrap()).unwrap().view::<f64>().unwrap(), &[3.0; 3][..]);
    let e = b.binary(BinaryOp::Add, Operand::Array(&x), Operand::Array(&y)).map(|_| ()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Device, "{e}");
    let z = b.unary(UnaryOp::Negative, &y).unwrap();
    assert_eq!((b.device(&z), b.download(&z).unwrap().view::<f64>().unwrap()), (Device::cuda(0), &[-3.0; 5][..]));
}

#[test]
fn threads_in_any_order() {
    for order in ["1", "2", "3"] {
        child("any_order", &[("EMULATED_ORDER", order)]);
    }
}
#[test]
#[ignore = "run by the test above"]
fn any_order() {
    let b = Cuda::emulated(0, Options::default()).unwrap();
    let x = b.arange(&array_protocol::options::Arange::default().stop(3000)).unwrap();
    let odd = b.binary(BinaryOp::Remainder, Operand::Array(&x), Operand::Scalar(2.into())).unwrap();
    let found = b.nonzero(&odd).unwrap();
    let want: Vec<i64> = (0..1500).map(|i| 2 * i + 1).collect();
    assert_eq!(b.download(&found[0]).unwrap().view::<i64>().unwrap(), want);
}

/// The emulated driver and compiler, without the libraries beside them.
#[test]
fn libraries_that_are_missing() {
    let Some(_) = emulated(Options::default()) else { return };
    let whole = reference_cuda::emulator::build().unwrap();
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("without-libraries");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["libcuda.so", "libnvrtc.so", "kernel.h", "machine.h"] {
        std::fs::copy(whole.join(name), folder.join(name)).unwrap();
    }
    child("missing_libraries", &[(reference_cuda::LIBRARIES_ENV, folder.to_str().unwrap())]);
}
#[test]
#[ignore = "run by the test above"]
fn missing_libraries() {
    use array_protocol::options::{Fft, Svd};
    let b = Cuda::open(0).unwrap();
    assert!(b.is_emulated());
    let x = b.full(&Full::default().shape([2, 2]).value(1.0)).unwrap();
    let errors = [
        (b.matmul(&x, &x).map(|_| ()), "libcublas"),
        (b.svd(&x, &Svd::default()).map(|_| ()), "libcusolver"),
        (b.fft(array_protocol::FftOp::Rfft, &x, &Fft::default()).map(|_| ()), "libcufft"),
    ];
    for (answer, name) in errors {
        let e = answer.unwrap_err();
        // Where CUDA is installed its libraries are found, and have nothing to say to this driver.
        let missing = e.kind() == ErrorKind::Unsupported && e.to_string().contains(name);
        assert!(missing || e.kind() == ErrorKind::Backend, "{e}");
    }
    // The rest goes on.
    assert!(b.download(&b.unary(UnaryOp::Exp, &x).unwrap()).is_ok());
}

/// A barrier that not all threads reach is an error of the call, and the device is lost.
#[test]
fn a_kernel_that_breaks_a_rule() {
    let edit = ("own = block_scan<Fold>(own, room);", "if (k < to) own = block_scan<Fold>(own, room);");
    child("broken_rule", &[("EMULATED_EDIT_FROM", edit.0), ("EMULATED_EDIT_TO", edit.1)]);
}
#[test]
#[ignore = "run by the test above"]
fn broken_rule() {
    let b = Cuda::emulated(0, Options::default().checked(true)).unwrap();
    let x = b.full(&Full::default().shape([100]).value(3.0)).unwrap();
    let e = b.cumulative_sum(&x, &array_protocol::options::Scan::default()).map(|_| ()).unwrap_err();
    assert!(e.kind() == ErrorKind::Lost && e.to_string().contains("LAUNCH_FAILED"), "{e}");
    assert_eq!(b.download(&x).unwrap_err().kind(), ErrorKind::Lost);
}

#[test]
fn more_shared_memory_than_there_is() {
    child(
        "too_much_shared",
        &[
            (
                "EMULATED_EDIT_FROM",
                "__shared__ i64 room[THREADS];\n    for (I tile = blockIdx.x; tile < tiles; tile += gridDim.x) {\n        I from = tile * TILE, to = n - from < TILE ? n : from + TILE;\n        i64 count",
            ),
            (
                "EMULATED_EDIT_TO",
                "__shared__ i64 room[THREADS * 25];\n    for (I tile = blockIdx.x; tile < tiles; tile += gridDim.x) {\n        I from = tile * TILE, to = n - from < TILE ? n : from + TILE;\n        i64 count",
            ),
        ],
    );
}
#[test]
#[ignore = "run by the test above"]
fn too_much_shared() {
    let b = Cuda::emulated(0, Options::default().checked(true)).unwrap();
    let x = b.full(&Full::default().shape([100]).value(3.0)).unwrap();
    let e = b.nonzero(&x).map(|_| ()).unwrap_err();
    assert!(e.kind() == ErrorKind::Backend && e.to_string().contains("INVALID_IMAGE"), "{e}");
    // The device goes on.
    assert_eq!(b.download(&x).unwrap().size(), 100);
}

/// A write beside an allocation is an error of the call that made it.
#[test]
fn a_kernel_that_writes_too_far() {
    let edit = ("for (I p = first<I>(); p < packs;", "for (I p = first<I>(); p <= packs;");
    child("written_too_far", &[("EMULATED_EDIT_FROM", edit.0), ("EMULATED_EDIT_TO", edit.1)]);
}
#[test]
#[ignore = "run by the test above"]
fn written_too_far() {
    let b = Cuda::emulated(0, Options::default().checked(true)).unwrap();
    let x = b.upload(&array_protocol::HostArray::from_slice([64], &[1.0f32; 64]).unwrap(), None).unwrap();
    let e = b.unary(UnaryOp::Negative, &x).map(|_| ()).unwrap_err();
    assert!(e.kind() == ErrorKind::Lost && e.to_string().contains("ILLEGAL_ADDRESS"), "{e}");
}
