//! The built-in backends under test: the one table that knows backends by name.
use crate::worker::Runner;
#[cfg(any(feature = "reference-cpu", feature = "reference-cuda"))]
use crate::worker::{InProcess, serve_with};
#[cfg(any(feature = "reference-cpu", feature = "reference-cuda"))]
use array_protocol::Backend;
use std::io;

/// A backend that comes with this program.
struct BuiltIn {
    name: &'static str,
    /// Whether every machine has what it needs: then `cargo test` tests it without being asked.
    everywhere: bool,
    /// The environment variable of a seed that the backend itself has.
    seed: Option<&'static str>,
    serve: fn() -> io::Result<()>,
    in_process: fn() -> Result<Box<dyn Runner>, String>,
}

#[cfg(any(feature = "reference-cpu", feature = "reference-cuda"))]
fn boxed<B: Backend, E: std::fmt::Display>(opened: Result<B, E>) -> Result<Box<dyn Runner>, String> {
    opened.map(|b| Box::new(InProcess::new(b)) as Box<dyn Runner>).map_err(|e| e.to_string())
}

#[cfg(feature = "reference-cpu")]
fn cpu() -> Result<reference_cpu::Cpu, std::convert::Infallible> {
    Ok(reference_cpu::Cpu::new())
}

/// Errors surface at the call that caused them.
#[cfg(feature = "reference-cuda")]
fn checked() -> reference_cuda::Options {
    reference_cuda::Options::default().checked(true)
}

#[cfg(feature = "reference-cuda")]
fn cuda() -> Result<reference_cuda::Cuda, reference_cuda::Unavailable> {
    reference_cuda::Cuda::with(0, checked())
}

/// `EMULATED_WIDE=1`: with the kernels that arrays of more than a billion elements have.
#[cfg(feature = "reference-cuda")]
fn emulated_cuda() -> Result<reference_cuda::Cuda, reference_cuda::Unavailable> {
    let wide = std::env::var_os("EMULATED_WIDE").is_some_and(|v| v == "1");
    reference_cuda::Cuda::emulated(0, checked().wide(wide))
}

const TABLE: &[BuiltIn] = &[
    #[cfg(feature = "reference-cpu")]
    BuiltIn { name: "reference-cpu", everywhere: true, seed: None, serve: || serve_with(cpu), in_process: || boxed(cpu()) },
    #[cfg(feature = "reference-cuda")]
    BuiltIn { name: "reference-cuda", everywhere: false, seed: None, serve: || serve_with(cuda), in_process: || boxed(cuda()) },
    #[cfg(feature = "reference-cuda")]
    BuiltIn {
        name: "reference-cuda-emulated",
        everywhere: false,
        seed: Some(reference_cuda::emulator::SEED_ENV),
        serve: || serve_with(emulated_cuda),
        in_process: || boxed(emulated_cuda()),
    },
];

/// Their names.
pub fn names() -> Vec<&'static str> {
    TABLE.iter().map(|b| b.name).collect()
}

/// The names of those that every machine can run.
pub fn everywhere() -> Vec<&'static str> {
    TABLE.iter().filter(|b| b.everywhere).map(|b| b.name).collect()
}

/// The name of the backend with its device emulated by the host; `None` where there is no such thing.
pub fn emulated(name: &str) -> Option<String> {
    let emulated = format!("{}-emulated", name.trim_end_matches("-emulated"));
    TABLE.iter().any(|b| b.name == emulated).then_some(emulated)
}

/// What the environment of a worker for this backend holds, so that the seed of a run is that of the backend's own choices too: the emulated
/// device orders threads and blocks by it. Nothing where the variable is set already.
pub fn variables(name: &str, seed: u64) -> Vec<(String, String)> {
    let variable = TABLE.iter().find(|b| b.name == name).and_then(|b| b.seed);
    let unset = variable.filter(|v| std::env::var_os(v).is_none());
    unset.map(|v| (v.to_string(), seed.to_string())).into_iter().collect()
}

/// Serves one as a worker; `None` where there is no such backend.
pub fn serve_named(name: &str) -> Option<io::Result<()>> {
    TABLE.iter().find(|b| b.name == name).map(|b| (b.serve)())
}

/// One in this process.
///
/// # Errors
/// Why there is none.
pub fn in_process(name: &str) -> Result<Box<dyn Runner>, String> {
    let found = TABLE.iter().find(|b| b.name == name).ok_or("it is not built in")?;
    (found.in_process)()
}
