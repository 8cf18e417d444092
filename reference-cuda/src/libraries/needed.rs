//! The libraries that single operations need: looked for when the first of them is called.
use super::load::load;
use crate::driver::Fault;
use std::path::PathBuf;

/// A library that some operations need.
#[derive(Clone, Copy)]
pub(super) enum Needed {
    Blas,
    Solver,
    Fft,
}

/// What is known of a library: its name, the files that are tried, in groups that are loaded one after the other, and the entry points that
/// are called. A missing entry point would be a panic of the bindings.
struct Facts {
    name: &'static str,
    package: &'static str,
    files: &'static [&'static [&'static str]],
    entries: &'static [&'static str],
}

const CUBLAS_LT: &[&str] = &["libcublasLt.so", "libcublasLt.so.13"];
const CUBLAS: &[&str] = &["libcublas.so", "libcublas.so.13"];

impl Needed {
    fn facts(self) -> Facts {
        match self {
            Needed::Blas => Facts {
                name: "cuBLAS (libcublas.so.13)",
                package: "nvidia-cublas",
                files: &[CUBLAS_LT, CUBLAS],
                entries: &[
                    "cublasCreate_v2",
                    "cublasDestroy_v2",
                    "cublasSetStream_v2",
                    "cublasSetMathMode",
                    "cublasGemmStridedBatchedEx_64",
                ],
            },
            Needed::Solver => Facts {
                name: "cuSOLVER (libcusolver.so.12)",
                package: "nvidia-cusolver",
                files: &[
                    &["libnvJitLink.so", "libnvJitLink.so.13"],
                    CUBLAS_LT,
                    CUBLAS,
                    &["libcusparse.so", "libcusparse.so.12"],
                    &["libcusolver.so", "libcusolver.so.12"],
                ],
                entries: &[
                    "cusolverDnCreate",
                    "cusolverDnDestroy",
                    "cusolverDnSetStream",
                    "cusolverDnCreateParams",
                    "cusolverDnDestroyParams",
                    "cusolverDnXgesvd_bufferSize",
                    "cusolverDnXgesvd",
                    "cusolverDnXgeqrf_bufferSize",
                    "cusolverDnXgeqrf",
                    "cusolverDnSorgqr_bufferSize",
                    "cusolverDnSorgqr",
                    "cusolverDnDorgqr_bufferSize",
                    "cusolverDnDorgqr",
                    "cusolverDnCungqr_bufferSize",
                    "cusolverDnCungqr",
                    "cusolverDnZungqr_bufferSize",
                    "cusolverDnZungqr",
                    "cusolverDnXgetrf_bufferSize",
                    "cusolverDnXgetrf",
                    "cusolverDnXgetrs",
                ],
            },
            Needed::Fft => Facts {
                name: "cuFFT (libcufft.so.12)",
                package: "nvidia-cufft",
                files: &[&["libcufft.so", "libcufft.so.12"]],
                entries: &[
                    "cufftCreate",
                    "cufftDestroy",
                    "cufftSetAutoAllocation",
                    "cufftSetStream",
                    "cufftSetWorkArea",
                    "cufftMakePlanMany64",
                    "cufftExecC2C",
                    "cufftExecZ2Z",
                    "cufftExecR2C",
                    "cufftExecD2Z",
                ],
            },
        }
    }

    fn is_present(self) -> bool {
        // SAFETY: only tries to load the library by its names.
        unsafe {
            match self {
                Needed::Blas => cudarc::cublas::sys::is_culib_present(),
                Needed::Solver => cudarc::cusolver::sys::is_culib_present(),
                Needed::Fft => cudarc::cufft::sys::is_culib_present(),
            }
        }
    }

    /// Whether the library, which is present, has an entry point of that name.
    fn has(self, entry: &str) -> bool {
        // SAFETY: the library is present, so that the bindings find it; the symbol is only looked for, never called.
        unsafe {
            let library = match self {
                Needed::Blas => cudarc::cublas::sys::culib(),
                Needed::Solver => cudarc::cusolver::sys::culib(),
                Needed::Fft => cudarc::cufft::sys::culib(),
            };
            library.get::<*const ()>(entry.as_bytes()).is_ok()
        }
    }
}

/// Makes sure that there is a library with all entry points that are called.
///
/// # Errors
/// What is missing, and how to get it.
pub(super) fn library(which: Needed, folders: &[PathBuf]) -> Result<(), Fault> {
    let Facts { name, package, files, entries } = which.facts();
    for names in files {
        load(folders, names);
    }
    if !which.is_present() {
        let looked: Vec<_> = folders.iter().map(|f| f.display().to_string()).collect();
        return Err(Fault::missing(format!(
            "the library {name} is missing: install the CUDA 13 toolkit, or the Python package {package}, and name the folder in {}; looked \
             into the folders of the system{}{}",
            crate::LIBRARIES_ENV,
            if looked.is_empty() { "" } else { " and " },
            looked.join(", ")
        )));
    }
    match entries.iter().find(|entry| !which.has(entry)) {
        None => Ok(()),
        Some(entry) => Err(Fault::missing(format!("the library {name} has no {entry}: a version of CUDA 13 is needed"))),
    }
}
