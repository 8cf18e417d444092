//! cuBLAS: products of stacks of matrices.
use crate::driver::{Context, Fault};
use array_protocol::DType;
use cudarc::cublas::result::CublasError;
use cudarc::cublas::sys::{self, cublasComputeType_t as Compute, cublasOperation_t as Transposition, cudaDataType_t as Kind};
use std::ffi::c_void;

/// A handle of cuBLAS, bound to a stream.
pub(crate) struct Blas {
    handle: sys::cublasHandle_t,
    /// In double precision too.
    pedantic: bool,
}

// SAFETY: a handle may be used by any thread, one at a time; it is kept behind a lock.
unsafe impl Send for Blas {}

/// A stack of matrices of which rows or columns lie without gaps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix {
    /// Where the first element lies.
    pub(crate) start: u64,
    /// Whether the columns, not the rows, are without gaps.
    pub(crate) by_columns: bool,
    /// From one row (or column) to the next, in elements.
    pub(crate) leading: usize,
    /// From one matrix of the stack to the next, in elements.
    pub(crate) step: isize,
}

fn fault(e: CublasError) -> Fault {
    Fault::said("cuBLAS", e.0, e.0 == sys::cublasStatus_t::CUBLAS_STATUS_ALLOC_FAILED)
}

/// What the names of variables begin with by which the environment lets cuBLAS make products of narrower ones.
const EMULATION: &str = "CUBLAS_EMULAT";

/// Whether the environment has such a variable.
fn narrowed() -> bool {
    std::env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with(EMULATION))
}

/// The element and the arithmetic of a dtype.
///
/// *Pedantic*: the arithmetic of the dtype itself, whatever the environment allows cuBLAS to save. In single precision that may always be
/// something; in double only if it is asked for, and the pedantic kernels take up to a quarter longer.
fn kind(dtype: DType, pedantic: bool) -> Option<(Kind, Compute)> {
    let double = if pedantic { Compute::CUBLAS_COMPUTE_64F_PEDANTIC } else { Compute::CUBLAS_COMPUTE_64F };
    Some(match dtype {
        DType::Float32 => (Kind::CUDA_R_32F, Compute::CUBLAS_COMPUTE_32F_PEDANTIC),
        DType::Float64 => (Kind::CUDA_R_64F, double),
        DType::Complex64 => (Kind::CUDA_C_32F, Compute::CUBLAS_COMPUTE_32F_PEDANTIC),
        DType::Complex128 => (Kind::CUDA_C_64F, double),
        _ => return None,
    })
}

impl Blas {
    /// Whether there are products of this dtype.
    pub(crate) fn has(dtype: DType) -> bool {
        kind(dtype, true).is_some()
    }

    /// The library is loaded, with all its entry points, and the context current.
    pub(super) fn new(context: &Context) -> Result<Blas, Fault> {
        let mut handle = std::ptr::null_mut();
        // SAFETY: the library is loaded; the pointer is to a handle.
        unsafe { sys::cublasCreate_v2(&mut handle) }.result().map_err(fault)?;
        let out = Blas { handle, pedantic: narrowed() };
        // SAFETY: the handle was just made; the stream is that of the current context and outlives the handle.
        unsafe {
            sys::cublasSetStream_v2(handle, context.stream().cast()).result().map_err(fault)?;
            let mode = if out.pedantic { sys::cublasMath_t::CUBLAS_PEDANTIC_MATH } else { sys::cublasMath_t::CUBLAS_DEFAULT_MATH };
            sys::cublasSetMathMode(handle, mode).result().map_err(fault)?;
        }
        Ok(out)
    }

    /// `c = a b` for `count` matrices in C order without gaps, `a` of `m x k` and `b` of `k x n`. No length is 0.
    ///
    /// # Errors
    /// What cuBLAS says; a dtype that it has not.
    pub(crate) fn product(
        &self,
        dtype: DType,
        [m, n, k]: [usize; 3],
        a: Matrix,
        b: Matrix,
        (c, step): (u64, isize),
        count: usize,
    ) -> Result<(), Fault> {
        let (kind, compute) = kind(dtype, self.pedantic).ok_or_else(|| Fault::new(format!("cuBLAS: no products of {dtype}")))?;
        // cuBLAS reads by columns: what it takes for B^T A^T = C^T is A B = C in C order.
        let transposition = |x: &Matrix| if x.by_columns { Transposition::CUBLAS_OP_T } else { Transposition::CUBLAS_OP_N };
        // 1 and 0 in every dtype: complex128 is the widest, and float32 differs in its bytes.
        let single = matches!(dtype, DType::Float32 | DType::Complex64);
        let (narrow, wide) = ([1f32, 0.0], [1f64, 0.0]);
        let one: *const c_void = if single { narrow.as_ptr().cast() } else { wide.as_ptr().cast() };
        let zeros = [0f64; 2];
        let pointer = |p: u64| p as *mut c_void;
        // SAFETY: the handle is valid and its context current; both factors live as long as the call; the caller promises that the
        // addresses reach over all that lengths, distances and count name.
        unsafe {
            sys::cublasGemmStridedBatchedEx_64(
                self.handle,
                transposition(&b),
                transposition(&a),
                n as i64,
                m as i64,
                k as i64,
                one,
                pointer(b.start),
                kind,
                b.leading as i64,
                b.step as i64,
                pointer(a.start),
                kind,
                a.leading as i64,
                a.step as i64,
                zeros.as_ptr().cast(),
                pointer(c),
                kind,
                n as i64,
                step as i64,
                count as i64,
                compute,
                sys::cublasGemmAlgo_t::CUBLAS_GEMM_DFALT,
            )
        }
        .result()
        .map_err(fault)
    }
}

impl Drop for Blas {
    fn drop(&mut self) {
        // SAFETY: made by `new`, destroyed once. A device that is lost answers with an error, which changes nothing.
        let _ = unsafe { sys::cublasDestroy_v2(self.handle) };
    }
}
