//! Who takes part.
use crate::rows::{Limit, Row};
use array_protocol::{Array, DType, Error, HostArray, Result};
use bench::clock::Clock;
use bench::digest::{Digest, step};
use bench::inputs::Datum;
use bench::players::Player;
use bench::players::local::Call;
use bench::players::protocol::Says;
use cudarc::cublas::sys::cublasOperation_t::CUBLAS_OP_N;
use cudarc::cublas::{CudaBlas, Gemm, GemmConfig};
use cudarc::driver::{CudaSlice, CudaStream};
use reference_cpu::Cpu;
use reference_cuda::Cuda;
use std::sync::Arc;

/// The name that our own times go under.
pub(crate) const OURS: &str = "reference-cuda";
/// The same code on the host.
pub(crate) const CPU: &str = "reference-cpu";
/// What products are handed to, called directly.
pub(crate) const CUBLAS: &str = "cuBLAS";
/// Python modules.
pub(crate) const CUPY: &str = "cupy";
pub(crate) const TORCH: &str = "torch";
pub(crate) const NUMPY: &str = "numpy";

impl Says<Cuda> for Row {
    const NAME: &'static str = OURS;

    fn call(&self) -> Option<Call<Array<Cuda>, Error>> {
        Some(self.cuda)
    }
    fn tidy(backend: &Cuda) -> Result<()> {
        backend.trim()
    }
}

impl Says<Cpu> for Row {
    const NAME: &'static str = CPU;

    fn call(&self) -> Option<Call<Array<Cpu>, Error>> {
        self.cpu
    }
}

/// Products of square matrices by cuBLAS, with nothing around them.
pub(crate) struct Blas {
    handle: CudaBlas,
    stream: Arc<CudaStream>,
    /// Two factors, the product, and their side.
    matrices: Option<([CudaSlice<f64>; 3], usize)>,
}

impl Blas {
    /// cuBLAS is loaded.
    pub(crate) fn new(stream: &Arc<CudaStream>) -> std::result::Result<Blas, String> {
        let handle = CudaBlas::new(stream.clone()).map_err(|e| e.to_string())?;
        Ok(Blas { handle, stream: stream.clone(), matrices: None })
    }

    fn run(&mut self) -> std::result::Result<(), String> {
        let ([x, y, out], n) = self.matrices.as_mut().ok_or("nothing to run")?;
        let side = i32::try_from(*n).map_err(|e| e.to_string())?;
        let (no, one) = (CUBLAS_OP_N, 1.0);
        let how = GemmConfig { transa: no, transb: no, m: side, n: side, k: side, alpha: one, lda: side, ldb: side, beta: 0.0, ldc: side };
        // SAFETY: all three hold `side` times `side` elements. cuBLAS counts by columns: y x by columns is x y by rows.
        unsafe { self.handle.gemm(how, y, x, out) }.map_err(|e| e.to_string())
    }

    fn wait(&self) -> std::result::Result<(), String> {
        self.stream.synchronize().map_err(|e| e.to_string())
    }
}

impl Player<Row> for Blas {
    fn name(&self) -> &'static str {
        CUBLAS
    }

    fn prepare(&mut self, row: &Row, data: &[Datum]) -> std::result::Result<bool, String> {
        self.matrices = None;
        let (Limit::Blas, [x, y]) = (row.limit, data) else { return Ok(false) };
        let upload = |datum: &Datum| {
            let host = datum.host().map_err(|e| e.to_string())?;
            self.stream.clone_htod(host.view::<f64>().unwrap_or_default()).map_err(|e| e.to_string())
        };
        let n = x.shape.first().copied().unwrap_or(0);
        let out = self.stream.alloc_zeros(n * n).map_err(|e| e.to_string())?;
        self.matrices = Some(([upload(x)?, upload(y)?, out], n));
        Ok(true)
    }

    fn digest(&mut self, clock: Clock, most: usize) -> std::result::Result<(Digest, u64), String> {
        let ns = self.time(1, clock)?;
        let ([.., out], n) = self.matrices.as_ref().ok_or("nothing to run")?;
        let rows = (0..*n).step_by(step(n * n, most));
        let shape = [rows.len(), *n];
        let rows = rows.map(|i| self.stream.clone_dtoh(&out.slice(i * n..(i + 1) * n))).collect::<std::result::Result<Vec<_>, _>>();
        let some = HostArray::from_slice(shape, &rows.map_err(|e| e.to_string())?.concat()).map_err(|e| e.to_string())?;
        Ok((Digest::of(&some, n * n * DType::Float64.size())?, ns))
    }

    fn time(&mut self, calls: u64, clock: Clock) -> std::result::Result<u64, String> {
        self.wait()?;
        let start = clock.now();
        (0..calls).try_for_each(|_| self.run())?;
        self.wait()?;
        Ok(clock.now() - start)
    }
}
