//! cuSOLVER: decompositions of one matrix, by columns. Of a stack, one after the other.
use crate::driver::{Context, Fault};
use array_protocol::DType;
use cudarc::cusolver::result::CusolverError;
use cudarc::cusolver::sys::{self, cudaDataType_t as Kind};
use std::ffi::{c_int, c_schar};

/// A handle of cuSOLVER, bound to a stream.
pub(crate) struct Solver {
    handle: sys::cusolverDnHandle_t,
    parameters: sys::cusolverDnParams_t,
}

// SAFETY: a handle may be used by any thread, one at a time; it is kept behind a lock.
unsafe impl Send for Solver {}

/// How many bytes a decomposition works with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Room {
    pub(crate) device: usize,
    pub(crate) host: usize,
}

/// What a decomposition works with: memory of the device, of the host, and where it says how it ended.
pub(crate) struct Work {
    /// Address and bytes.
    pub(crate) device: (u64, usize),
    pub(crate) host: Vec<u8>,
    /// Address of an int32.
    pub(crate) info: u64,
}

fn fault(e: CusolverError) -> Fault {
    Fault::said("cuSOLVER", e.0, e.0 == sys::cusolverStatus_t::CUSOLVER_STATUS_ALLOC_FAILED)
}

fn kind(dtype: DType) -> Result<Kind, Fault> {
    Ok(match dtype {
        DType::Float32 => Kind::CUDA_R_32F,
        DType::Float64 => Kind::CUDA_R_64F,
        DType::Complex64 => Kind::CUDA_C_32F,
        DType::Complex128 => Kind::CUDA_C_64F,
        _ => return Err(Fault::new(format!("cuSOLVER: no decompositions of {dtype}"))),
    })
}

fn at<T>(address: u64) -> *mut T {
    address as *mut T
}

/// A length for those entry points that count in 32 bits.
fn short(n: usize) -> Result<c_int, Fault> {
    c_int::try_from(n).map_err(|_| Fault::new(format!("cuSOLVER: a length of {n}")))
}

/// A tall matrix to be decomposed into singular values, and where its factors go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Singular {
    pub(crate) dtype: DType,
    /// Rows, not fewer than columns.
    pub(crate) m: usize,
    pub(crate) n: usize,
    /// Square factors.
    pub(crate) full: bool,
}

impl Solver {
    /// The library is loaded, with all its entry points, and the context current.
    pub(super) fn new(context: &Context) -> Result<Solver, Fault> {
        let mut out = Solver { handle: std::ptr::null_mut(), parameters: std::ptr::null_mut() };
        // SAFETY: the library is loaded; pointers are to handles; the stream is that of the current context and outlives the handle.
        unsafe {
            sys::cusolverDnCreate(&mut out.handle).result().map_err(fault)?;
            sys::cusolverDnCreateParams(&mut out.parameters).result().map_err(fault)?;
            sys::cusolverDnSetStream(out.handle, context.stream().cast()).result().map_err(fault)?;
        }
        Ok(out)
    }

    /// Room for [`svd`](Self::svd).
    ///
    /// # Errors
    /// What cuSOLVER says.
    pub(crate) fn svd_room(&self, how: Singular) -> Result<Room, Fault> {
        let (a, s, job) = (kind(how.dtype)?, kind(how.dtype.real())?, how.job());
        let (m, n, rows) = (how.m as i64, how.n as i64, if how.full { how.n } else { how.m.min(how.n) } as i64);
        let (mut out, none) = (Room::default(), std::ptr::null());
        // SAFETY: the handle is valid; only sizes are asked for, no element is touched.
        unsafe {
            sys::cusolverDnXgesvd_bufferSize(
                self.handle,
                self.parameters,
                job,
                job,
                m,
                n,
                a,
                none,
                m,
                s,
                none,
                a,
                none,
                m,
                a,
                none,
                rows,
                a,
                &mut out.device,
                &mut out.host,
            )
        }
        .result()
        .map_err(fault)?;
        Ok(out)
    }

    /// The matrix at `a`, which is overwritten, becomes `u diag(s) vh`, all by columns without gaps.
    ///
    /// `gesvd`: the bidiagonal form by reflections, then QR steps. Of the algorithms at hand it is the one that is backward stable without
    /// conditions and whose factors are orthonormal also where singular values vanish; Jacobi's stops by a tolerance, and the polar one
    /// names an error that it may have.
    ///
    /// # Errors
    /// What cuSOLVER says; whether it converged is told by `work.info`.
    pub(crate) fn svd(&self, how: Singular, a: u64, [u, s, vh]: [u64; 3], work: &mut Work) -> Result<(), Fault> {
        let (of, values, job) = (kind(how.dtype)?, kind(how.dtype.real())?, how.job());
        let (m, n, rows) = (how.m as i64, how.n as i64, if how.full { how.n } else { how.m.min(how.n) } as i64);
        // SAFETY: the handle is valid and its context current; the caller promises room for the matrix and its factors; `work` is as large as
        // the library asked for.
        unsafe {
            sys::cusolverDnXgesvd(
                self.handle,
                self.parameters,
                job,
                job,
                m,
                n,
                of,
                at(a),
                m,
                values,
                at(s),
                of,
                at(u),
                m,
                of,
                at(vh),
                rows,
                of,
                at(work.device.0),
                work.device.1,
                work.host.as_mut_ptr().cast(),
                work.host.len(),
                at(work.info),
            )
        }
        .result()
        .map_err(fault)
    }

    /// Room for [`qr`](Self::qr) of `m x n`.
    ///
    /// # Errors
    /// What cuSOLVER says.
    pub(crate) fn qr_room(&self, dtype: DType, [m, n]: [usize; 2]) -> Result<Room, Fault> {
        let (of, mut out) = (kind(dtype)?, Room::default());
        let none = std::ptr::null();
        // SAFETY: the handle is valid; only sizes are asked for.
        unsafe {
            sys::cusolverDnXgeqrf_bufferSize(
                self.handle,
                self.parameters,
                m as i64,
                n as i64,
                of,
                none,
                m as i64,
                of,
                none,
                of,
                &mut out.device,
                &mut out.host,
            )
        }
        .result()
        .map_err(fault)?;
        Ok(out)
    }

    /// The matrix at `a` becomes R, with reflections below its diagonal; what else belongs to those goes to `tau`.
    ///
    /// # Errors
    /// What cuSOLVER says.
    pub(crate) fn qr(&self, dtype: DType, [m, n]: [usize; 2], a: u64, tau: u64, work: &mut Work) -> Result<(), Fault> {
        let of = kind(dtype)?;
        // SAFETY: the handle is valid and its context current; the caller promises room for the matrix and for min(m, n) elements of `tau`;
        // `work` is as large as the library asked for.
        unsafe {
            sys::cusolverDnXgeqrf(
                self.handle,
                self.parameters,
                m as i64,
                n as i64,
                of,
                at(a),
                m as i64,
                of,
                at(tau),
                of,
                at(work.device.0),
                work.device.1,
                work.host.as_mut_ptr().cast(),
                work.host.len(),
                at(work.info),
            )
        }
        .result()
        .map_err(fault)
    }

    /// Room for [`orthonormal`](Self::orthonormal).
    ///
    /// # Errors
    /// What cuSOLVER says.
    pub(crate) fn orthonormal_room(&self, dtype: DType, size: [usize; 3]) -> Result<Room, Fault> {
        let [m, n, k] = [short(size[0])?, short(size[1])?, short(size[2])?];
        let mut elements = 0;
        macro_rules! ask {
            ($f:ident) => {
                sys::$f(self.handle, m, n, k, std::ptr::null(), m, std::ptr::null(), &mut elements)
            };
        }
        // SAFETY: the handle is valid; only sizes are asked for.
        let status = unsafe {
            match dtype {
                DType::Float32 => ask!(cusolverDnSorgqr_bufferSize),
                DType::Float64 => ask!(cusolverDnDorgqr_bufferSize),
                DType::Complex64 => ask!(cusolverDnCungqr_bufferSize),
                DType::Complex128 => ask!(cusolverDnZungqr_bufferSize),
                _ => return kind(dtype).map(|_| Room::default()),
            }
        };
        status.result().map_err(fault)?;
        Ok(Room { device: elements.max(0) as usize * dtype.size(), host: 0 })
    }

    /// The `k` reflections in the columns of the `m x n` matrix at `q` become its first `n` orthonormal columns; `k <= n <= m`.
    ///
    /// # Errors
    /// What cuSOLVER says.
    pub(crate) fn orthonormal(&self, dtype: DType, size: [usize; 3], q: u64, tau: u64, work: &mut Work) -> Result<(), Fault> {
        let [m, n, k] = [short(size[0])?, short(size[1])?, short(size[2])?];
        let elements = short(work.device.1 / dtype.size())?;
        macro_rules! run {
            ($f:ident) => {
                sys::$f(self.handle, m, n, k, at(q), m, at(tau), at(work.device.0), elements, at(work.info))
            };
        }
        // SAFETY: the handle is valid and its context current; the caller promises room for the matrix and `k` elements of `tau`; `work` is as
        // large as the library asked for.
        let status = unsafe {
            match dtype {
                DType::Float32 => run!(cusolverDnSorgqr),
                DType::Float64 => run!(cusolverDnDorgqr),
                DType::Complex64 => run!(cusolverDnCungqr),
                DType::Complex128 => run!(cusolverDnZungqr),
                _ => return kind(dtype).map(|_| ()),
            }
        };
        status.result().map_err(fault)
    }

    /// Room for [`lu`](Self::lu).
    ///
    /// # Errors
    /// What cuSOLVER says.
    pub(crate) fn lu_room(&self, dtype: DType, n: usize) -> Result<Room, Fault> {
        let (of, n, mut out) = (kind(dtype)?, n as i64, Room::default());
        // SAFETY: the handle is valid; only sizes are asked for.
        unsafe {
            sys::cusolverDnXgetrf_bufferSize(
                self.handle,
                self.parameters,
                n,
                n,
                of,
                std::ptr::null(),
                n,
                of,
                &mut out.device,
                &mut out.host,
            )
        }
        .result()
        .map_err(fault)?;
        Ok(out)
    }

    /// The square matrix at `a` becomes its factors L and U, with `n` row exchanges (int64) at `exchanges`. A pivot of 0 is told by `work.info`.
    ///
    /// # Errors
    /// What cuSOLVER says.
    pub(crate) fn lu(&self, dtype: DType, n: usize, a: u64, exchanges: u64, work: &mut Work) -> Result<(), Fault> {
        let (of, n) = (kind(dtype)?, n as i64);
        // SAFETY: the handle is valid and its context current; the caller promises room for matrix and exchanges; `work` is as large as the
        // library asked for.
        unsafe {
            sys::cusolverDnXgetrf(
                self.handle,
                self.parameters,
                n,
                n,
                of,
                at(a),
                n,
                at(exchanges),
                of,
                at(work.device.0),
                work.device.1,
                work.host.as_mut_ptr().cast(),
                work.host.len(),
                at(work.info),
            )
        }
        .result()
        .map_err(fault)
    }

    /// The `k` right sides at `b` become solutions, with the factors that [`lu`](Self::lu) left at `a`.
    ///
    /// # Errors
    /// What cuSOLVER says.
    pub(crate) fn solve(&self, dtype: DType, [n, k]: [usize; 2], a: u64, exchanges: u64, b: u64, info: u64) -> Result<(), Fault> {
        let (of, n, k) = (kind(dtype)?, n as i64, k as i64);
        let plain = sys::cublasOperation_t::CUBLAS_OP_N;
        // SAFETY: the handle is valid and its context current; the caller promises factors, exchanges and right sides of these sizes.
        unsafe { sys::cusolverDnXgetrs(self.handle, self.parameters, plain, n, k, of, at(a), n, at(exchanges), of, at(b), n, at(info)) }
            .result()
            .map_err(fault)
    }
}

impl Singular {
    fn job(self) -> c_schar {
        (if self.full { b'A' } else { b'S' }) as c_schar
    }
}

impl Drop for Solver {
    fn drop(&mut self) {
        // SAFETY: made by `new`, destroyed once. A device that is lost answers with an error, which changes nothing.
        unsafe {
            if !self.parameters.is_null() {
                let _ = sys::cusolverDnDestroyParams(self.parameters);
            }
            if !self.handle.is_null() {
                let _ = sys::cusolverDnDestroy(self.handle);
            }
        }
    }
}
