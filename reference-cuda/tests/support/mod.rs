//! What the tests share.
#[allow(dead_code, reason = "not every test file runs it")]
mod matrices;
#[allow(dead_code, reason = "not every test file runs it")]
pub(crate) mod workload;

use reference_cuda::{Cuda, Options, Unavailable};
use std::process::Command;

/// `device`: tests run on the first device of this machine. Otherwise on an emulated one.
const DEVICE_ENV: &str = "REFERENCE_CUDA_TESTS";

/// The device that is asked for: real, or emulated as below.
#[allow(dead_code, reason = "not every test file means something on a real device")]
pub(crate) fn device(options: Options) -> Option<Cuda> {
    match std::env::var(DEVICE_ENV) {
        Ok(v) if v == "device" => Some(Cuda::with(0, options).unwrap_or_else(|e| panic!("{e}"))),
        _ => emulated(options),
    }
}

/// An emulated device; `None`, with the reason said, where it cannot be built here.
#[allow(dead_code, reason = "some test files run on any device")]
pub(crate) fn emulated(options: Options) -> Option<Cuda> {
    match Cuda::emulated(0, options) {
        Ok(b) => Some(b),
        Err(Unavailable::Emulator(why)) if why.contains("cannot be executed") || why.contains("only") => {
            eprintln!("skipped: {why}");
            None
        }
        Err(e) => panic!("{e}"),
    }
}

/// Runs a test of this file that is ignored otherwise, in a new process with these variables: what the emulated driver pretends is read from
/// the environment. What it said; `None` where there is no emulator.
#[allow(dead_code, reason = "not every test file runs it")]
pub(crate) fn child(test: &str, variables: &[(&str, &str)]) -> Option<String> {
    emulated(Options::default())?;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{variables:?}: {text}");
    assert!(!text.contains("never freed"), "{variables:?}: {text}");
    Some(text)
}
