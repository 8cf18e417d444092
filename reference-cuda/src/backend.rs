//! The handle, and the trait's methods handed to the families.
use crate::array::CudaArray;
use crate::device::{self, Device};
use crate::{Unavailable, creation, elementwise, emulator, fourier, indexing, interchange, linalg, random, reduction, shape, sorting};
use array_protocol::options::*;
use array_protocol::{
    Backend, BinaryOp, DType, Error, ErrorKind, FftOp, HostArray, Index, Info, Op, Operand, RandomOp, ReduceOp, Result, Shape, ShapeOp,
    UnaryOp, dlpack, strided,
};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// How a handle works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Wait after every launch, so that an error surfaces at the call that caused it, and keep no memory back, so that a memory checker
    /// sees each overrun. Slow; conformance runs do so.
    pub checked: bool,
    /// Use the kernels with 64-bit index arithmetic also where 32 bits would do, and far from 0, so that a test on small arrays sees an index
    /// that was cut off. Slower.
    pub wide: bool,
}

impl Options {
    /// Sets `checked`.
    #[must_use]
    pub fn checked(mut self, checked: bool) -> Self {
        self.checked = checked;
        self
    }

    /// Sets `wide`.
    #[must_use]
    pub fn wide(mut self, wide: bool) -> Self {
        self.wide = wide;
        self
    }
}

/// The CUDA devices of this machine, one of them the default: a handle that is cheap to clone. Clones share devices, kernels, and freed
/// memory.
///
/// Work of one device happens in the order of the calls, whichever thread makes them. Without [`Options::checked`], an error of a kernel
/// surfaces at the next call that waits: [`download`](Backend::download), [`sync`](Backend::sync), or an operation that has to know values.
///
/// An error of kind [`Lost`](ErrorKind::Lost) is the end of a device in this process: whatever needs it fails so from then on.
#[derive(Clone)]
pub struct Cuda(Arc<Shared>);

struct Shared {
    ordinal: u32,
    options: Options,
    /// The folder to look for libraries in before all others.
    first: Option<PathBuf>,
    /// By number; opened on first use.
    devices: Vec<OnceLock<Result<Arc<Device>, Unavailable>>>,
}

impl Cuda {
    /// Opens the device of that number, counted from 0.
    ///
    /// # Errors
    /// What is missing: driver, compiler, device, or a new enough version of one.
    pub fn open(ordinal: u32) -> Result<Cuda, Unavailable> {
        Cuda::with(ordinal, Options::default())
    }

    /// [`open`](Self::open), with options.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn with(ordinal: u32, options: Options) -> Result<Cuda, Unavailable> {
        Cuda::find(ordinal, options, None)
    }

    /// Opens an emulated device, in a process that has not opened a real one: the same kernels and the same host code, run by the host, checked
    /// by the way. Needs a C++ compiler. It is a test tool.
    ///
    /// # Errors
    /// `Emulator` where it cannot be built.
    pub fn emulated(ordinal: u32, options: Options) -> Result<Cuda, Unavailable> {
        let folder = emulator::build().map_err(Unavailable::Emulator)?;
        let out = Cuda::find(ordinal, options, Some(&folder))?;
        match out.is_emulated() {
            true => Ok(out),
            false => Err(Unavailable::Emulator("this process has loaded the driver of a real device already".into())),
        }
    }

    fn find(ordinal: u32, options: Options, first: Option<&Path>) -> Result<Cuda, Unavailable> {
        let count = device::prepare(first)?;
        if ordinal >= count {
            return Err(Unavailable::NoDevice { ordinal, count });
        }
        let devices = (0..count).map(|_| OnceLock::new()).collect();
        let out = Cuda(Arc::new(Shared { ordinal, options, first: first.map(Path::to_path_buf), devices }));
        out.open_device(ordinal).cloned()?;
        Ok(out)
    }

    fn open_device(&self, ordinal: u32) -> Result<&Arc<Device>, Unavailable> {
        let none = Unavailable::NoDevice { ordinal, count: self.0.devices.len() as u32 };
        let slot = self.0.devices.get(ordinal as usize).ok_or(none)?;
        slot.get_or_init(|| Device::open(ordinal, self.0.options, self.0.first.as_deref())).as_ref().map_err(Clone::clone)
    }

    /// Whether the devices are emulated by the host.
    pub fn is_emulated(&self) -> bool {
        self.open_device(self.0.ordinal).is_ok_and(|d| d.emulated)
    }

    /// What the default device calls itself.
    pub fn device_name(&self) -> String {
        self.open_device(self.0.ordinal).map_or_else(|e| e.to_string(), |d| d.name.clone())
    }

    /// Gives memory that is kept for later arrays back to the driver: for other programs on the device. Waits for all work.
    ///
    /// # Errors
    /// Those of the work.
    pub fn trim(&self) -> Result<()> {
        let mut open = self.0.devices.iter().filter_map(|slot| slot.get()?.as_ref().ok());
        open.try_for_each(|device| {
            let given = device.pool.empty(&device.context).and_then(|()| device.context.synchronise());
            given.map_err(|fault| device.fault(&fault))
        })
    }

    /// The device that a call names, or the default one.
    ///
    /// # Errors
    /// `Device` where there is no such device.
    pub(crate) fn device_for(&self, op: impl Into<Op>, pair: Option<array_protocol::Device>) -> Result<Arc<Device>> {
        let wanted = pair.unwrap_or(array_protocol::Device::cuda(self.0.ordinal));
        let known = wanted == array_protocol::Device::cuda(wanted.index);
        let error = |text: String| Error::new(ErrorKind::Device, op).detail(text);
        if !known {
            return Err(error(format!("there is no device {wanted}")));
        }
        self.open_device(wanted.index).cloned().map_err(|e| error(e.to_string()))
    }
}

/// The dtypes, in the order of the standard.
const DTYPES: &[DType] = DType::ALL;

type Arg<'a> = Operand<&'a CudaArray>;

impl Backend for Cuda {
    type Array = CudaArray;

    fn info(&self) -> Info {
        let mut info = Info::new("reference-cuda", env!("CARGO_PKG_VERSION"))
            .profiles(&["core", "linalg", "fft", "random", "interchange"])
            .dtypes(DTYPES)
            .emulated(self.is_emulated())
            .declare("floor_div_inf", "floor")
            .declare("int_div_zero", "zero")
            .declare("int_pow_negative", "error")
            .declare("linalg_nonfinite", "nan")
            .declare("shift_negative", "zero");
        let own = self.0.ordinal;
        let others = (0..self.0.devices.len() as u32).filter(|&i| i != own);
        info.devices = std::iter::once(own).chain(others).map(array_protocol::Device::cuda).collect();
        info
    }
    fn shape<'a>(&self, x: &'a CudaArray) -> &'a Shape {
        x.shape()
    }
    fn dtype(&self, x: &CudaArray) -> DType {
        x.dtype
    }
    fn device(&self, x: &CudaArray) -> array_protocol::Device {
        x.device().pair
    }

    fn upload(&self, x: &HostArray, to: Option<array_protocol::Device>) -> Result<CudaArray> {
        interchange::upload(self, x, to)
    }
    fn download(&self, x: &CudaArray) -> Result<HostArray> {
        interchange::download(x)
    }
    fn sync(&self) -> Result<()> {
        let mut open = self.0.devices.iter().filter_map(|slot| slot.get()?.as_ref().ok());
        open.try_for_each(|device| device.context.synchronise().map_err(|fault| device.fault(&fault)))
    }
    fn to_device(&self, x: &CudaArray, device: &array_protocol::Device) -> Result<CudaArray> {
        interchange::to_device(self, x, *device)
    }
    fn to_dlpack(&self, x: &CudaArray) -> Result<dlpack::Tensor> {
        interchange::to_dlpack(x)
    }
    fn from_dlpack(&self, x: dlpack::Tensor) -> Result<CudaArray> {
        interchange::from_dlpack(self, x)
    }

    fn unary(&self, op: UnaryOp, x: &CudaArray) -> Result<CudaArray> {
        elementwise::unary(self, op, x)
    }
    fn unary_assign(&self, op: UnaryOp, x: &mut CudaArray) -> Result<()> {
        elementwise::unary_assign(self, op, x)
    }
    fn binary(&self, op: BinaryOp, x1: Arg, x2: Arg) -> Result<CudaArray> {
        elementwise::binary(self, op, x1, x2)
    }
    fn binary_assign(&self, op: BinaryOp, x: &mut CudaArray, x2: Arg) -> Result<()> {
        elementwise::binary_assign(self, op, x, x2)
    }
    fn select(&self, condition: &CudaArray, x1: Arg, x2: Arg) -> Result<CudaArray> {
        elementwise::select(condition, x1, x2)
    }
    fn clip(&self, x: &CudaArray, min: Option<Arg>, max: Option<Arg>) -> Result<CudaArray> {
        elementwise::clip(x, min, max)
    }
    fn astype(&self, x: &CudaArray, dtype: &DType) -> Result<CudaArray> {
        elementwise::cast(ShapeOp::Astype, x, *dtype)
    }

    fn reduce(&self, op: ReduceOp, x: &CudaArray, how: &Reduce) -> Result<CudaArray> {
        reduction::reduce(self, op, x, how)
    }
    fn argmax(&self, x: &CudaArray, how: &ArgReduce) -> Result<CudaArray> {
        reduction::argmax(x, how)
    }
    fn cumulative_sum(&self, x: &CudaArray, how: &Scan) -> Result<CudaArray> {
        reduction::cumulative_sum(x, how)
    }

    fn sort(&self, x: &CudaArray, how: &Sort) -> Result<CudaArray> {
        sorting::sort(x, how)
    }
    fn argsort(&self, x: &CudaArray, how: &Sort) -> Result<CudaArray> {
        sorting::argsort(x, how)
    }
    fn searchsorted(&self, x1: &CudaArray, x2: &CudaArray, how: &Search) -> Result<CudaArray> {
        sorting::searchsorted(x1, x2, how)
    }
    fn unique_values(&self, x: &CudaArray) -> Result<CudaArray> {
        sorting::unique_values(x)
    }

    fn random(&self, op: RandomOp, key: &Key, how: &Random) -> Result<CudaArray> {
        random::random(self, op, *key, how)
    }

    fn full(&self, how: &Full) -> Result<CudaArray> {
        creation::full(self, how)
    }

    fn reshape(&self, x: &CudaArray, to: &Shape) -> Result<CudaArray> {
        shape::reshape(x, to)
    }
    fn permute_dims(&self, x: &CudaArray, axes: &AxisList) -> Result<CudaArray> {
        strided::permute_dims(&x.layout, axes).map(|layout| x.with(layout))
    }
    fn broadcast_to(&self, x: &CudaArray, to: &Shape) -> Result<CudaArray> {
        strided::broadcast_to(&x.layout, to).map(|layout| x.with(layout))
    }
    fn flip(&self, x: &CudaArray, axes: &Axes) -> Result<CudaArray> {
        strided::flip(&x.layout, axes).map(|layout| x.with(layout))
    }
    fn squeeze(&self, x: &CudaArray, axes: &AxisList) -> Result<CudaArray> {
        strided::squeeze(&x.layout, axes).map(|layout| x.with(layout))
    }
    fn concat(&self, arrays: &[&CudaArray], axis: &Option<i64>) -> Result<CudaArray> {
        shape::concat(arrays, *axis)
    }

    fn getitem(&self, x: &CudaArray, key: &[Index<&CudaArray>]) -> Result<CudaArray> {
        indexing::getitem(x, key)
    }
    fn setitem(&self, x: &mut CudaArray, key: &[Index<&CudaArray>], value: Arg) -> Result<()> {
        indexing::setitem(x, key, value)
    }
    fn nonzero(&self, x: &CudaArray) -> Result<Vec<CudaArray>> {
        indexing::nonzero(x)
    }

    fn matmul(&self, x1: &CudaArray, x2: &CudaArray) -> Result<CudaArray> {
        linalg::matmul(x1, x2)
    }
    fn qr(&self, x: &CudaArray, how: &Qr) -> Result<(CudaArray, CudaArray)> {
        linalg::qr(x, how)
    }
    fn solve(&self, x1: &CudaArray, x2: &CudaArray) -> Result<CudaArray> {
        linalg::solve(x1, x2)
    }
    fn svd(&self, x: &CudaArray, how: &Svd) -> Result<(CudaArray, CudaArray, CudaArray)> {
        linalg::svd(x, how)
    }
    fn fft(&self, op: FftOp, x: &CudaArray, how: &Fft) -> Result<CudaArray> {
        fourier::fft(op, x, how)
    }
}
