//! The handle, and the trait's methods handed to the families.
use crate::array::{CpuArray, DTYPES};
use crate::fourier::Plans;
use crate::memory::{Means, Pool};
use crate::simd::Simd;
use crate::{creation, elementwise, fourier, indexing, interchange, linalg, random, reduction, shape, sorting};
use array_protocol::options::*;
use array_protocol::{
    Backend, BinaryOp, DType, FftOp, HostArray, Index, Info, Operand, RandomOp, ReduceOp, Result, Shape, UnaryOp, dlpack, strided,
};
use std::sync::Arc;

/// The reference CPU backend: a handle that is cheap to clone. Clones share the plans of Fourier transforms, and freed memory.
#[derive(Clone, Default)]
pub struct Cpu(Arc<Shared>);

#[derive(Default)]
struct Shared {
    plans: Plans,
    simd: Simd,
    pool: Arc<Pool>,
}

impl Cpu {
    /// A handle that uses the widest vector instructions of this machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// A handle that uses these instructions. Results differ from those of other handles at most within the limits of error.
    pub fn with(simd: Simd) -> Self {
        Cpu(Arc::new(Shared { simd, ..Shared::default() }))
    }

    /// What its operations work with.
    #[inline]
    pub(crate) fn means(&self) -> Means<'_> {
        Means { simd: self.0.simd, pool: Some(&self.0.pool) }
    }

    /// The instructions of its loops.
    #[inline]
    pub(crate) fn simd(&self) -> Simd {
        self.0.simd
    }

    /// Its plans of Fourier transforms.
    pub(crate) fn plans(&self) -> &Plans {
        &self.0.plans
    }
}

type Arg<'a> = Operand<&'a CpuArray>;

impl Backend for Cpu {
    type Array = CpuArray;

    fn info(&self) -> Info {
        Info::new("reference-cpu", env!("CARGO_PKG_VERSION"))
            .profiles(&["core", "linalg", "fft", "random", "interchange"])
            .dtypes(DTYPES)
            .declare("floor_div_inf", "floor")
            .declare("int_div_zero", "zero")
            .declare("int_pow_negative", "error")
            .declare("linalg_nonfinite", "nan")
            .declare("shift_negative", "error")
    }
    fn shape<'a>(&self, x: &'a CpuArray) -> &'a Shape {
        x.shape()
    }
    fn dtype(&self, x: &CpuArray) -> DType {
        x.dtype()
    }

    fn upload(&self, x: &HostArray, to: Option<Device>) -> Result<CpuArray> {
        interchange::upload(self.means(), x, to)
    }
    fn download(&self, x: &CpuArray) -> Result<HostArray> {
        interchange::download(x)
    }
    fn to_device(&self, x: &CpuArray, device: &Device) -> Result<CpuArray> {
        interchange::to_device(x, *device)
    }
    fn to_dlpack(&self, x: &CpuArray) -> Result<dlpack::Tensor> {
        interchange::to_dlpack(x)
    }
    fn from_dlpack(&self, x: dlpack::Tensor) -> Result<CpuArray> {
        interchange::from_dlpack(self.means(), x)
    }

    fn unary(&self, op: UnaryOp, x: &CpuArray) -> Result<CpuArray> {
        elementwise::unary::unary(self, op, x)
    }
    fn unary_assign(&self, op: UnaryOp, x: &mut CpuArray) -> Result<()> {
        elementwise::unary::unary_assign(self, op, x)
    }
    fn binary(&self, op: BinaryOp, x1: Arg, x2: Arg) -> Result<CpuArray> {
        elementwise::binary::binary(self, op, x1, x2)
    }
    fn binary_assign(&self, op: BinaryOp, x: &mut CpuArray, x2: Arg) -> Result<()> {
        elementwise::binary::binary_assign(self, op, x, x2)
    }
    fn select(&self, condition: &CpuArray, x1: Arg, x2: Arg) -> Result<CpuArray> {
        elementwise::select::select(self, condition, x1, x2)
    }
    fn clip(&self, x: &CpuArray, min: Option<Arg>, max: Option<Arg>) -> Result<CpuArray> {
        elementwise::clip::clip(self, x, min, max)
    }

    fn reduce(&self, op: ReduceOp, x: &CpuArray, how: &Reduce) -> Result<CpuArray> {
        reduction::reduce(self, op, x, how)
    }
    fn argmax(&self, x: &CpuArray, how: &ArgReduce) -> Result<CpuArray> {
        reduction::argmax(self, x, how)
    }
    fn cumulative_sum(&self, x: &CpuArray, how: &Scan) -> Result<CpuArray> {
        reduction::scan::cumulative_sum(self, x, how)
    }

    fn full(&self, how: &Full) -> Result<CpuArray> {
        creation::full(self, how)
    }
    fn arange(&self, how: &Arange) -> Result<CpuArray> {
        creation::arange(self, how)
    }
    fn linspace(&self, how: &Linspace) -> Result<CpuArray> {
        creation::linspace(self, how)
    }
    fn eye(&self, how: &Eye) -> Result<CpuArray> {
        creation::eye(self, how)
    }

    fn astype(&self, x: &CpuArray, dtype: &DType) -> Result<CpuArray> {
        elementwise::cast::cast(self.means(), array_protocol::ShapeOp::Astype, x, *dtype)
    }
    fn reshape(&self, x: &CpuArray, to: &Shape) -> Result<CpuArray> {
        shape::reshape(self.means(), x, to)
    }
    fn permute_dims(&self, x: &CpuArray, axes: &AxisList) -> Result<CpuArray> {
        strided::permute_dims(&x.layout, axes).map(|layout| x.with(layout))
    }
    fn broadcast_to(&self, x: &CpuArray, to: &Shape) -> Result<CpuArray> {
        strided::broadcast_to(&x.layout, to).map(|layout| x.with(layout))
    }
    fn concat(&self, arrays: &[&CpuArray], axis: &Option<i64>) -> Result<CpuArray> {
        shape::concat(self.means(), arrays, *axis)
    }
    fn tril(&self, x: &CpuArray, k: &i64) -> Result<CpuArray> {
        shape::tril(x, *k)
    }
    fn flip(&self, x: &CpuArray, axes: &Axes) -> Result<CpuArray> {
        strided::flip(&x.layout, axes).map(|layout| x.with(layout))
    }
    fn roll(&self, x: &CpuArray, how: &Roll) -> Result<CpuArray> {
        shape::roll(self.means(), x, how)
    }
    fn squeeze(&self, x: &CpuArray, axes: &AxisList) -> Result<CpuArray> {
        strided::squeeze(&x.layout, axes).map(|layout| x.with(layout))
    }

    fn getitem(&self, x: &CpuArray, key: &[Index<&CpuArray>]) -> Result<CpuArray> {
        indexing::getitem(self, x, key)
    }
    fn setitem(&self, x: &mut CpuArray, key: &[Index<&CpuArray>], value: Arg) -> Result<()> {
        indexing::set::setitem(self, x, key, value)
    }
    fn take(&self, x: &CpuArray, indices: &CpuArray, axis: &Option<i64>) -> Result<CpuArray> {
        indexing::take(self, x, indices, *axis)
    }
    fn nonzero(&self, x: &CpuArray) -> Result<Vec<CpuArray>> {
        indexing::nonzero::nonzero(self, x)
    }

    fn sort(&self, x: &CpuArray, how: &Sort) -> Result<CpuArray> {
        sorting::sort(self, x, how)
    }
    fn argsort(&self, x: &CpuArray, how: &Sort) -> Result<CpuArray> {
        sorting::argsort(self, x, how)
    }
    fn searchsorted(&self, x1: &CpuArray, x2: &CpuArray, how: &Search) -> Result<CpuArray> {
        sorting::searchsorted(self, x1, x2, how)
    }
    fn unique_values(&self, x: &CpuArray) -> Result<CpuArray> {
        sorting::unique_values(self, x)
    }

    fn matmul(&self, x1: &CpuArray, x2: &CpuArray) -> Result<CpuArray> {
        linalg::settled(|| linalg::product::matmul(self, x1, x2))
    }
    fn qr(&self, x: &CpuArray, how: &Qr) -> Result<(CpuArray, CpuArray)> {
        linalg::settled(|| linalg::qr::qr(self, x, how))
    }
    fn solve(&self, x1: &CpuArray, x2: &CpuArray) -> Result<CpuArray> {
        linalg::settled(|| linalg::solve::solve(self, x1, x2))
    }
    fn svd(&self, x: &CpuArray, how: &Svd) -> Result<(CpuArray, CpuArray, CpuArray)> {
        linalg::settled(|| linalg::svd::svd(self, x, how))
    }
    fn fft(&self, op: FftOp, x: &CpuArray, how: &Fft) -> Result<CpuArray> {
        fourier::fft(self, op, x, how)
    }
    fn random(&self, op: RandomOp, key: &Key, how: &Random) -> Result<CpuArray> {
        random::random(self, op, *key, how)
    }
}
