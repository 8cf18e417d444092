//! Scaling by powers of two, so that squares inside of a decomposition neither overflow nor vanish; and what becomes of matrices that are not
//! finite. All on the device: nobody waits.
use super::{BLOCK, run};
use crate::array::CudaArray;
use crate::compiler::Family;
use crate::launch::{Bytes, address, long, named};
use array_protocol::{DType, LinalgOp, Result, Shape};

/// Exponents of largest elements that need no scaling.
fn safe(dtype: DType) -> i64 {
    if dtype.real() == DType::Float32 { 30 } else { 300 }
}

fn small(v: i64) -> Vec<u128> {
    Bytes::default().integer(false, v).aligned()
}

/// A stack of matrices in memory of its own, and what was done to each.
pub(super) struct Balanced {
    op: LinalgOp,
    /// int32, one for each matrix.
    exponents: CudaArray,
}

impl Balanced {
    /// Scales `count` matrices of `size` elements in place; those that are not finite become identities of columns of length `rows`. There
    /// are elements.
    ///
    /// # Errors
    /// `OutOfMemory`, `Backend`.
    pub(super) fn new(op: LinalgOp, x: &CudaArray, count: usize, size: usize, rows: usize) -> Result<Balanced> {
        let device = x.device();
        let exponents = CudaArray::empty(op, device, DType::Int32, Shape::from([count]))?;
        let parameters = &mut [address(exponents.start()), address(x.start()), long(count), long(size), small(safe(x.dtype))];
        let function = device.kernel(op.into(), Family::Linalg, format!("exponents<{}>", named(op.into(), x.dtype)?))?;
        device.launch_blocks(op.into(), function, count, BLOCK, parameters)?;
        let n = count * size;
        let parameters = &mut [address(x.start()), address(exponents.start()), long(n), long(size), long(rows)];
        run(op, device, "prepare", x.dtype, n, parameters)?;
        Ok(Balanced { op, exponents })
    }

    /// Where the exponents lie.
    pub(super) fn start(&self) -> u64 {
        self.exponents.start()
    }

    /// Scales what was made of the matrices, `size` elements of each, back; NaN where they were not finite. `less`: what divided it.
    ///
    /// # Errors
    /// `Backend`.
    pub(super) fn restore(&self, x: &CudaArray, size: usize, less: Option<&Balanced>) -> Result<()> {
        self.put(x, size, less.map_or(0, Balanced::start), 1)
    }

    /// NaN where the matrices were not finite; the rest stays.
    ///
    /// # Errors
    /// `Backend`.
    pub(super) fn mark(&self, x: &CudaArray, size: usize) -> Result<()> {
        self.put(x, size, 0, 0)
    }

    /// Clears what infos say of singular matrices where these right sides were not finite. `infos` holds as many for each, or several times.
    ///
    /// # Errors
    /// `Backend`.
    pub(super) fn forgive(&self, infos: &CudaArray) -> Result<()> {
        let parameters = &mut [address(infos.start()), address(self.start()), long(infos.size()), long(self.exponents.size())];
        run(self.op, infos.device(), "forgive", infos.dtype, infos.size(), parameters)
    }

    fn put(&self, x: &CudaArray, size: usize, less: u64, scales: i64) -> Result<()> {
        let n = self.exponents.size() * size;
        if n == 0 {
            return Ok(());
        }
        let parameters = &mut [address(x.start()), address(self.start()), address(less), long(n), long(size), small(scales)];
        run(self.op, x.device(), "restore", x.dtype, n, parameters)
    }
}
