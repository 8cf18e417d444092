//! Opening a device never panics, and says what is missing. This process must not load the emulator.
use reference_cuda::{Cuda, Unavailable};

#[test]
fn what_is_missing_is_said() {
    match Cuda::open(0) {
        Ok(b) => assert!(!b.is_emulated()),
        Err(e) => {
            let text = e.to_string();
            assert!(text.len() > 40, "{text}");
            if e == Unavailable::NoDriver {
                assert!(text.contains("libcuda") && text.contains("install"), "{text}");
            }
        }
    }
    if let Err(e) = Cuda::open(100_000) {
        assert!(!e.to_string().is_empty());
    }
}

#[test]
fn every_reason_says_what_to_do() {
    let reasons = [
        (Unavailable::NoDriver, "install the driver"),
        (Unavailable::DriverTooOld { found: 12_040, wanted: 13_000 }, "CUDA 12.4, and 13.0 is needed"),
        (Unavailable::NoDevice { ordinal: 0, count: 0 }, "CUDA_VISIBLE_DEVICES"),
        (Unavailable::NoDevice { ordinal: 3, count: 2 }, "there is no device 3"),
        (Unavailable::DeviceTooOld { name: "Tesla P100".into(), found: (6, 0), wanted: (7, 5) }, "Tesla P100 has compute capability 6.0"),
        (Unavailable::NoCompiler { searched: vec!["/opt/here".into()] }, "/opt/here"),
        (Unavailable::CompilerTooOld { found: (12, 9), wanted: (13, 0) }, "version 12.9"),
    ];
    for (reason, part) in reasons {
        assert!(reason.to_string().contains(part), "{reason}");
    }
}
