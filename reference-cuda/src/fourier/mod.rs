//! Discrete Fourier transforms along one axis, by cuFFT, in the precision of the elements.
//!
//! Lines of any stride are read where they lie as long as the other axes merge to one; else they are copied. Results lie line by line, and
//! come back as a view.
use crate::array::{CudaArray, wrong_dtype};
use crate::elementwise::cast;
use crate::launch::{self, Input};
use crate::libraries::Lines;
use crate::memory::{Buffer, exhausted};
use array_protocol::options::{Fft, Norm};
use array_protocol::strided::{Axes, Layout, axis};
use array_protocol::{DType, Error, ErrorKind, FftOp, Result, Shape};

pub(crate) fn fft(op: FftOp, x: &CudaArray, how: &Fft) -> Result<CudaArray> {
    let at = axis(op, x.shape(), how.axis)?;
    let len = x.shape()[at];
    let n = how.n.map_or(Some(len), |n| usize::try_from(n).ok()).ok_or_else(|| exhausted(op, None))?;
    match (op, x.dtype) {
        (FftOp::Fft, DType::Complex64 | DType::Complex128) | (FftOp::Rfft, DType::Float32 | DType::Float64) => {}
        (FftOp::Rfft, DType::Float16 | DType::BFloat16) => return Err(Error::unsupported(op).dtypes(&[x.dtype])),
        (FftOp::Fft | FftOp::Rfft, other) => return Err(wrong_dtype(op, &[other])),
        _ => return Err(Error::unsupported(op)),
    }
    if n == 0 || len == 0 {
        return Err(Error::new(ErrorKind::Value, op).shapes(&[x.shape()]).detail("a transform of length 0"));
    }
    let (real, complex) = match x.dtype.real() {
        DType::Float32 => (DType::Float32, DType::Complex64),
        _ => (DType::Float64, DType::Complex128),
    };
    let made = if op == FftOp::Rfft { n / 2 + 1 } else { n };
    let lines = padded(op, &x.with(x.layout.axis_last(at)), n)?;
    let mut shape = lines.shape().clone();
    let last = shape.rank() - 1;
    shape[last] = made;
    let out = if n == 1 {
        // A transform of one element is that element; scaled by 1 in every manner.
        cast(op, &lines, complex)?
    } else {
        let out = CudaArray::empty(op, x.device(), complex, shape)?;
        if out.size() > 0 {
            transform(op, &lines, &out, n)?;
            scale(op, &out, real, how.norm, n)?;
        }
        out
    };
    Ok(out.with(out.layout.last_to(at)))
}

/// The first `n` elements along the last axis, followed by zeros where there are fewer.
fn padded(op: FftOp, x: &CudaArray, n: usize) -> Result<CudaArray> {
    let last = x.shape().rank() - 1;
    let len = x.shape()[last];
    if n <= len {
        let mut layout = x.layout.clone();
        layout.slice(last, 0, n, 1);
        return Ok(x.with(layout));
    }
    let (mut shape, device) = (x.shape().clone(), x.device());
    shape[last] = n;
    let out = CudaArray::empty(op, device, x.dtype, shape)?;
    if out.size() > 0 {
        device.context.fill(out.start(), 0, out.size() * x.dtype.size()).map_err(|fault| device.error(op, &fault))?;
        let mut place = out.layout.clone();
        place.slice(last, 0, len, 1);
        launch::write(op, "Copy", &out.with(place), &[Input::Array(x)])?;
    }
    Ok(out)
}

/// How the lines along the last axis lie, where cuFFT reads them as they are.
fn lying(x: &CudaArray) -> Option<Lines> {
    let last = x.shape().rank() - 1;
    let outer = Layout { shape: Shape::from(&x.shape()[..last]), strides: x.layout.strides[..last].into(), offset: 0 };
    let axes = Axes::<1>::new(&outer.shape, [&outer])?;
    let [count] = axes.lengths[..] else { return None };
    let positive = |distance: isize| usize::try_from(distance).ok().filter(|&d| d > 0);
    let step = if count == 1 { 1 } else { positive(axes.strides[0][0])? };
    // Real elements are read as pairs.
    let aligned = x.start().is_multiple_of(2 * x.dtype.real().size() as u64);
    aligned.then_some(Lines { dtype: x.dtype, n: x.shape()[last], count, stride: positive(x.layout.strides[last])?, step })
}

/// Transforms the lines along the last axis, unscaled; `out` is in C order and has elements.
fn transform(op: FftOp, x: &CudaArray, out: &CudaArray, n: usize) -> Result<()> {
    let (from, lines) = match lying(x) {
        Some(lines) => (x.clone(), lines),
        None => {
            let copy = x.copied(op)?;
            let lines = Lines { dtype: x.dtype, n, count: copy.size() / n, stride: 1, step: n };
            (copy, lines)
        }
    };
    let device = out.device();
    let said = |fault| device.error(op, &fault);
    let room = device.libraries.plans(&device.context, |plans| plans.room(lines)).map_err(said)?;
    let work = Buffer::new(op, device, room)?;
    device.libraries.plans(&device.context, |plans| plans.forward(lines, from.start(), out.start(), work.pointer)).map_err(said)?;
    if device.options.checked { device.synchronise(op) } else { Ok(()) }
}

/// Multiplies both parts of every element.
fn scale(op: FftOp, out: &CudaArray, real: DType, norm: Norm, n: usize) -> Result<()> {
    if norm == Norm::Backward {
        return Ok(());
    }
    let factor = norm.factor(n);
    let mut bytes = [0; 16];
    match real {
        DType::Float32 => bytes[..4].copy_from_slice(&(factor as f32).to_ne_bytes()),
        _ => bytes[..8].copy_from_slice(&factor.to_ne_bytes()),
    }
    let parts = CudaArray { buffer: out.buffer.clone(), dtype: real, layout: Layout::contiguous(Shape::from([2 * out.size()])) };
    launch::write(op, "Multiply", &parts, &[Input::Array(&parts), Input::Value(real, bytes)])
}
