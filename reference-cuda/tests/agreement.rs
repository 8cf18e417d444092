//! Each family of kernels against the CPU reference, under all orders of threads and blocks, and with 64-bit index arithmetic.
mod support;

use reference_cuda::Options;
use std::process::Command;
use support::{device, emulated, workload};

/// Every part, in a process of its own for the order.
fn all_parts(order: &str, wide: &str) {
    if emulated(Options::default()).is_none() {
        return;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "parts", "--ignored", "--nocapture"]).env("EMULATED_ORDER", order).env("TEST_WIDE", wide);
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "order {order}, wide {wide}: {text}");
}

#[test]
#[ignore = "run by the tests of this file, and on real devices"]
fn parts() {
    let wide = std::env::var("TEST_WIDE").is_ok_and(|v| v == "yes");
    let b = device(Options::default().checked(true).wide(wide)).expect("a device");
    for part in workload::PARTS {
        workload::run(&b, part);
    }
}

#[test]
fn in_every_order() {
    for order in ["0", "1", "2", "3", "4"] {
        all_parts(order, "no");
    }
}

#[test]
fn with_wide_indices() {
    all_parts("4", "yes");
}
