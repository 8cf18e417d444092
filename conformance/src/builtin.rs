//! The built-in backends under test: the one table that knows backends by name.
use crate::worker::Runner;
#[cfg(feature = "reference-cpu")]
use crate::worker::{InProcess, serve};
use std::io;

/// A backend that comes with this program.
struct BuiltIn {
    name: &'static str,
    serve: fn() -> io::Result<()>,
    in_process: fn() -> Box<dyn Runner>,
}

const TABLE: &[BuiltIn] = &[
    #[cfg(feature = "reference-cpu")]
    BuiltIn {
        name: "reference-cpu",
        serve: || serve(reference_cpu::Cpu::new()),
        in_process: || Box::new(InProcess::new(reference_cpu::Cpu::new())),
    },
];

/// Their names.
pub fn names() -> Vec<&'static str> {
    TABLE.iter().map(|b| b.name).collect()
}

/// Serves one as a worker; `None` where there is no such backend.
pub fn serve_named(name: &str) -> Option<io::Result<()>> {
    TABLE.iter().find(|b| b.name == name).map(|b| (b.serve)())
}

/// One in this process; `None` where there is no such backend.
pub fn in_process(name: &str) -> Option<Box<dyn Runner>> {
    TABLE.iter().find(|b| b.name == name).map(|b| (b.in_process)())
}
