//! From layouts to a launch: which kernel an elementwise operation takes, and with what parameters. The only place that knows.
use crate::array::CudaArray;
use crate::compiler::Family;
use crate::device::Device;
use array_protocol::strided::{Axes, Layout, Lengths, Strides};
use array_protocol::{DType, Error, ErrorKind, Op, Result, Shape};
use smallvec::SmallVec;
use std::sync::Arc;

/// An operand of a kernel.
pub(crate) enum Input<'a> {
    Array(&'a CudaArray),
    /// One element for all, as its bytes.
    Value(DType, [u8; 16]),
}

impl Input<'_> {
    fn dtype(&self) -> DType {
        match self {
            Input::Array(a) => a.dtype,
            Input::Value(dtype, _) => *dtype,
        }
    }
}

/// The name of a dtype in the text of the kernels.
pub(crate) fn type_name(dtype: DType) -> Option<&'static str> {
    Some(match dtype {
        DType::Bool => "bool",
        DType::Int8 => "i8",
        DType::Int16 => "i16",
        DType::Int32 => "i32",
        DType::Int64 => "i64",
        DType::UInt8 => "u8",
        DType::UInt16 => "u16",
        DType::UInt32 => "u32",
        DType::UInt64 => "u64",
        DType::Float16 => "f16",
        DType::BFloat16 => "bf16",
        DType::Float32 => "float",
        DType::Float64 => "double",
        DType::Complex64 => "c64",
        DType::Complex128 => "c128",
        _ => return None,
    })
}

/// [`type_name`], or the error for a dtype of a later version.
pub(crate) fn named(op: Op, dtype: DType) -> Result<&'static str> {
    type_name(dtype).ok_or_else(|| Error::unsupported(op).dtypes(&[dtype]))
}

/// Bytes of a parameter, in the order and alignment that the device expects.
#[derive(Default)]
pub(crate) struct Bytes(SmallVec<[u8; 64]>);

impl Bytes {
    pub(crate) fn push(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A signed integer of 4 or 8 bytes.
    pub(crate) fn integer(&mut self, wide: bool, v: i64) -> &mut Self {
        if wide { self.push(&v.to_ne_bytes()) } else { self.push(&(v as i32).to_ne_bytes()) }
    }

    /// The same integer several times.
    fn repeated(&mut self, wide: bool, v: i64, times: usize) {
        for _ in 0..times {
            self.integer(wide, v);
        }
    }

    /// Aligned for every type.
    pub(crate) fn aligned(&self) -> Vec<u128> {
        let mut out = vec![0u128; self.0.len().div_ceil(16)];
        for (word, chunk) in out.iter_mut().zip(self.0.chunks(16)) {
            let mut bytes = [0; 16];
            bytes[..chunk.len()].copy_from_slice(chunk);
            *word = u128::from_ne_bytes(bytes);
        }
        out
    }
}

/// A `Source` of the kernels.
fn source(data: u64, repeated: bool, value: &[u8; 16]) -> Vec<u128> {
    Bytes::default().push(&data.to_ne_bytes()).push(&i64::from(repeated).to_ne_bytes()).push(value).aligned()
}

/// Up to here 32 bits do: a thread steps over the end by the number of threads at most, which is below this.
const NARROW: u128 = 1 << 30;

/// Axes that the result and all operands are walked along together, the result first.
pub(crate) struct Walked {
    pub(crate) lengths: Lengths,
    pub(crate) strides: SmallVec<[Strides; 4]>,
}

impl Walked {
    /// Merges the axes of layouts that broadcast to the shape; the shape has elements.
    ///
    /// # Errors
    /// `Backend` where they do not, or are too many.
    pub(crate) fn new(op: Op, shape: &Shape, layouts: &[&Layout]) -> Result<Walked> {
        fn merge<const N: usize>(shape: &Shape, layouts: &[&Layout]) -> Option<Walked> {
            let axes = Axes::<N>::new(shape, layouts.try_into().ok()?)?;
            Some(Walked { lengths: axes.lengths, strides: axes.strides.into_iter().collect() })
        }
        let merged = match layouts.len() {
            1 => merge::<1>(shape, layouts),
            2 => merge::<2>(shape, layouts),
            3 => merge::<3>(shape, layouts),
            4 => merge::<4>(shape, layouts),
            _ => None,
        };
        merged.ok_or_else(|| Error::new(ErrorKind::Backend, op).shapes(&[shape]).detail("operands that do not broadcast to the result"))
    }

    /// Whether 64 bits are needed to tell where elements lie.
    fn wide(&self) -> bool {
        let reach = |strides: &Strides| {
            self.lengths
                .iter()
                .zip(strides)
                .map(|(&n, &s)| (n as u128).saturating_mul(s.unsigned_abs() as u128))
                .fold(0, u128::saturating_add)
        };
        let size = self.lengths.iter().fold(1u128, |n, &l| n.saturating_mul(l as u128));
        size > NARROW || self.strides.iter().any(|s| reach(s) > NARROW)
    }

    /// The rank class of the kernel: ranks are rounded up, so that few kernels serve all.
    ///
    /// # Errors
    /// `Unsupported` beyond 64 axes that do not merge.
    pub(crate) fn class(&self, op: Op) -> Result<usize> {
        let rank = self.lengths.len();
        let class = [1, 2, 3, 4, 8, 16, 64].into_iter().find(|&c| c >= rank);
        class.ok_or_else(|| Error::unsupported(op).detail(format!("{rank} axes that cannot be merged")))
    }

    /// A `Walk` of the kernels, filled up with axes of length 1 in front.
    fn parameter(&self, class: usize, wide: bool, start: usize) -> Vec<u128> {
        let missing = class - self.lengths.len();
        let mut out = Bytes::default();
        out.repeated(wide, 1, missing);
        for &length in &self.lengths {
            out.integer(wide, length as i64);
        }
        for strides in &self.strides {
            out.repeated(wide, 0, missing);
            for &stride in strides {
                out.integer(wide, stride as i64);
            }
        }
        out.repeated(wide, start as i64, self.strides.len());
        out.aligned()
    }
}

/// The index arithmetic of one launch.
#[derive(Clone, Copy)]
pub(crate) struct Indices {
    wide: bool,
    /// What is added to every place, and taken off every address: 0, or too much for 32 bits.
    far: usize,
}

impl Indices {
    /// For a kernel that counts up to `largest` and walks along these.
    pub(crate) fn new(device: &Device, largest: usize, walks: &[&Walked]) -> Indices {
        let far = if device.options.wide { 1 << 33 } else { 0 };
        Indices { wide: far > 0 || largest as u128 > NARROW || walks.iter().any(|w| w.wide()), far }
    }

    /// The type in the text of the kernels.
    pub(crate) fn name(self) -> &'static str {
        if self.wide { "i64" } else { "i32" }
    }

    /// A number of that type, as a parameter.
    pub(crate) fn number(self, v: usize) -> Vec<u128> {
        self.signed(v as i64)
    }

    /// A number of that type, as a parameter.
    pub(crate) fn signed(self, v: i64) -> Vec<u128> {
        Bytes::default().integer(self.wide, v).aligned()
    }

    /// The address that places of a [`walk`](Self::walk) count from, for memory that begins at `start`.
    pub(crate) fn base(self, start: u64, dtype: DType) -> u64 {
        start.wrapping_sub((self.far * dtype.size()) as u64)
    }

    /// The walk, as a parameter.
    pub(crate) fn walk(self, walked: &Walked, class: usize) -> Vec<u128> {
        walked.parameter(class, self.wide, self.far)
    }

    /// A walk whose places are added to those of another.
    pub(crate) fn inner_walk(self, walked: &Walked, class: usize) -> Vec<u128> {
        walked.parameter(class, self.wide, 0)
    }
}

/// A number of 8 bytes, as a parameter.
pub(crate) fn long(v: usize) -> Vec<u128> {
    Bytes::default().integer(true, v as i64).aligned()
}

/// A number of type `u32`, as a parameter.
pub(crate) fn word(v: u32) -> Vec<u128> {
    Bytes::default().push(&v.to_ne_bytes()).aligned()
}

/// A number of type `double`, as a parameter.
pub(crate) fn double(v: f64) -> Vec<u128> {
    Bytes::default().push(&v.to_ne_bytes()).aligned()
}

/// An address, as a parameter.
pub(crate) fn address(v: u64) -> Vec<u128> {
    Bytes::default().push(&v.to_ne_bytes()).aligned()
}

/// A fresh array of `function` of each group of elements. The inputs broadcast to the shape.
///
/// # Errors
/// `OutOfMemory`, `Backend`.
pub(crate) fn map(
    op: impl Into<Op>,
    device: &Arc<Device>,
    function: &str,
    dtype: DType,
    shape: Shape,
    inputs: &[Input<'_>],
) -> Result<CudaArray> {
    let op = op.into();
    let out = CudaArray::empty(op, device, dtype, shape)?;
    write(op, function, &out, inputs)?;
    Ok(out)
}

/// Overwrites the elements of `out` by `function` of each group of elements. The inputs broadcast to its shape.
///
/// Nobody else may observe the memory of `out`, except an input that is `out` itself.
///
/// # Errors
/// `Backend`.
pub(crate) fn write(op: impl Into<Op>, function: &str, out: &CudaArray, inputs: &[Input<'_>]) -> Result<()> {
    let (op, n) = (op.into(), out.size());
    if n == 0 {
        return Ok(());
    }
    let scalar = Layout::contiguous(Shape::scalar());
    let mut layouts: SmallVec<[&Layout; 4]> = SmallVec::from_slice(&[&out.layout]);
    layouts.extend(inputs.iter().map(|i| match i {
        Input::Array(a) => &a.layout,
        Input::Value(..) => &scalar,
    }));
    let walked = Walked::new(op, out.shape(), &layouts)?;
    let device = out.device();
    let indices = Indices::new(device, n, &[&walked]);
    let mut types = vec![named(op, out.dtype)?, indices.name()];
    for input in inputs {
        types.push(named(op, input.dtype())?);
    }
    // In C order without gaps, or one element.
    let straight = |strides: &Strides| matches!(strides[..], [0 | 1]);
    let flat = walked.strides.iter().all(straight) && walked.strides[0][..] == [1];
    let base = |a: &CudaArray| if flat { a.start() } else { indices.base(a.start(), a.dtype) };
    let mut parameters = vec![address(base(out)), indices.number(n)];
    let expression = if flat {
        let packs = packs(n, out, inputs, &walked);
        parameters.push(indices.number(packs));
        format!("flat<{function}, {}>", types.join(", "))
    } else {
        let class = walked.class(op)?;
        parameters.push(indices.walk(&walked, class));
        format!("strided<{function}, {}, {class}, {}>", types[0], types[1..].join(", "))
    };
    for (input, strides) in inputs.iter().zip(&walked.strides[1..]) {
        parameters.push(match input {
            Input::Array(a) => source(base(a), flat && strides[0] == 0, &[0; 16]),
            Input::Value(_, bytes) => source(0, false, bytes),
        });
    }
    let kernel = device.kernel(op, Family::Elementwise, expression)?;
    device.launch(op, kernel, n, &mut parameters)
}

/// How many groups of elements can be loaded and stored as 16 bytes: none where an operand is not aligned for that.
fn packs(n: usize, out: &CudaArray, inputs: &[Input<'_>], walked: &Walked) -> usize {
    let largest = inputs.iter().map(|i| i.dtype().size()).chain([out.dtype.size()]).max().unwrap_or(16);
    let width = (16 / largest).max(1);
    let fits = |a: &CudaArray| a.start().is_multiple_of((width * a.dtype.size()) as u64);
    let all = inputs.iter().zip(&walked.strides[1..]).all(|(input, strides)| match input {
        Input::Array(a) if strides[0] != 0 => fits(a),
        _ => true,
    });
    if all && fits(out) { n / width } else { 0 }
}

/// A uint32 that is 0, for a kernel to raise.
///
/// # Errors
/// `OutOfMemory`, `Backend`.
pub(crate) fn flag(op: Op, device: &Arc<Device>) -> Result<CudaArray> {
    let out = CudaArray::empty(op, device, DType::UInt32, Shape::scalar())?;
    device.context.fill(out.start(), 0, 4).map_err(|fault| device.error(op, &fault))?;
    Ok(out)
}

/// Whether a kernel raised the flag. Waits.
///
/// # Errors
/// Those of the work so far.
pub(crate) fn raised(op: Op, flag: &CudaArray) -> Result<bool> {
    let mut bytes = [0; 4];
    let device = flag.device();
    device.context.download(&mut bytes, flag.start()).map_err(|fault| device.error(op, &fault))?;
    Ok(u32::from_ne_bytes(bytes) != 0)
}
