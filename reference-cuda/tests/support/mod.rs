//! What the tests share.
#[allow(dead_code, reason = "not every test file runs it")]
mod matrices;
#[allow(dead_code, reason = "not every test file runs it")]
pub(crate) mod workload;

use reference_cuda::{Cuda, Options, Unavailable};

/// An emulated device; `None`, with the reason said, where it cannot be built here.
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
