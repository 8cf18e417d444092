//! Each family of kernels against the CPU reference, under all orders of threads and blocks, and with 64-bit index arithmetic.
mod support;

use reference_cuda::Options;
use std::time::Instant;
use support::{child, device, workload};

/// Every part, in a process of its own for the order.
fn all_parts(order: &str, wide: &str) {
    child("parts", &[("EMULATED_ORDER", order), ("TEST_WIDE", wide)]);
}

#[test]
#[ignore = "run by the tests of this file, and on real devices"]
fn parts() {
    let wide = std::env::var("TEST_WIDE").is_ok_and(|v| v == "yes");
    let chosen = std::env::var("TEST_PARTS").ok();
    let chosen = chosen.as_deref().map_or_else(|| workload::PARTS.to_vec(), |list| list.split(',').collect());
    let b = device(Options::default().checked(true).wide(wide)).expect("a device");
    for part in chosen {
        let start = Instant::now();
        workload::run(&b, part);
        eprintln!("{part}: {:.1} s", start.elapsed().as_secs_f64());
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
