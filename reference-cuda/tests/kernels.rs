//! Kernels that a run asks for, compiled by the real run-time compiler where there is one. Skipped, with the reason said, where there is none.
mod support;

use array_protocol::options::{Full, Svd};
use array_protocol::{Backend, DType};
use reference_cuda::kernels::{Choice, KERNELS_ENV, compiler, report};
use reference_cuda::{Options, emulator};
use std::path::Path;
use std::process::Command;
use support::emulated;

/// This process loads the real compiler, so another one runs the emulator.
#[test]
fn what_a_run_asks_for_compiles() {
    if let Err(why) = emulator::build() {
        return eprintln!("skipped: {why}");
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernels");
    let _ = std::fs::remove_dir_all(&folder);
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", "some_work", "--ignored"]).env(KERNELS_ENV, &folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let list = std::fs::read_to_string(folder.join("Linalg.list")).unwrap();
    assert!(list.lines().any(|l| l == "prepare<c64>") && list.lines().any(|l| l == "prepare<double>"), "{list}");
    if let Err(why) = compiler() {
        return eprintln!("skipped: {why}");
    }
    let once = report(&folder, &["sm_90"], Choice::EachOnce).unwrap();
    let prepare: Vec<_> = once.iter().filter(|u| u.kernel() == "prepare").collect();
    assert_eq!(prepare.len(), 1);
    let all = report(&folder, &["sm_80"], Choice::All).unwrap();
    assert!(all.len() > once.len() && all.iter().all(|u| u.registers > 0 && u.architecture == "sm_80"));
    assert!(all.iter().any(|u| u.kernel() == "product" && u.shared > 0), "{all:?}");
    // A text that does not compile is told with the compiler's words.
    std::fs::write(folder.join("Broken.cu"), "template<class T> __global__ void broken(T* x) { nonsense }").unwrap();
    std::fs::write(folder.join("Broken.list"), "broken<int>\n").unwrap();
    assert!(report(&folder, &["sm_90"], Choice::All).unwrap_err().contains("nonsense"));
}

#[test]
#[ignore = "run by the test above"]
fn some_work() {
    let b = emulated(Options::default()).unwrap();
    for dtype in [DType::Float64, DType::Complex64] {
        let x = b.full(&Full::default().shape([3, 2]).value(1).dtype(dtype)).unwrap();
        b.svd(&x, &Svd::default()).unwrap();
    }
    let x = b.full(&Full::default().shape([3, 3]).value(1).dtype(DType::Int16)).unwrap();
    b.matmul(&x, &x).unwrap();
}
