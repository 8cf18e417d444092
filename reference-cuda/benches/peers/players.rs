//! Who takes part.
use crate::rows::{Limit, Row};
use array_protocol::{Array, Backend, DType, Error, HostArray, Result};
use bench::clock::Clock;
use bench::digest::{Digest, step, thinned};
use bench::inputs::Datum;
use bench::players::Player;
use bench::players::local::{Call, Library};
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

/// The CUDA reference, through the public face.
pub(crate) struct Device(pub Cuda);

impl Library<Row> for Device {
    const NAME: &'static str = OURS;
    type Array = Array<Cuda>;
    type Error = Error;

    fn upload(&self, x: &HostArray) -> Result<Array<Cuda>> {
        Array::from_host(&self.0, x)
    }
    fn download(x: &Array<Cuda>) -> Result<HostArray> {
        x.to_host()
    }
    fn compared(x: &Array<Cuda>, most: usize) -> Result<(HostArray, usize)> {
        thinned(x, most)
    }
    fn wait(&self) -> Result<()> {
        self.0.sync()
    }
    fn tidy(&self) -> Result<()> {
        self.0.trim()
    }
    fn call(row: &Row) -> Option<Call<Array<Cuda>, Error>> {
        Some(row.cuda)
    }
}

/// The CPU reference.
#[derive(Default)]
pub(crate) struct Host(Cpu);

impl Library<Row> for Host {
    const NAME: &'static str = CPU;
    type Array = Array<Cpu>;
    type Error = Error;

    fn upload(&self, x: &HostArray) -> Result<Array<Cpu>> {
        Array::from_host(&self.0, x)
    }
    fn download(x: &Array<Cpu>) -> Result<HostArray> {
        x.to_host()
    }
    fn compared(x: &Array<Cpu>, most: usize) -> Result<(HostArray, usize)> {
        thinned(x, most)
    }
    fn call(row: &Row) -> Option<Call<Array<Cpu>, Error>> {
        row.cpu
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
