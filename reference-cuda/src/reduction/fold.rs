//! How a reduction is cut into units of work and launched. The cut depends on the layout alone, so the result is the same on every device.
use crate::array::CudaArray;
use crate::compiler::Family;
use crate::device::THREADS;
use crate::launch::{Indices, Walked, address, double, named};
use crate::memory::Buffer;
use array_protocol::strided::Layout;
use array_protocol::{DType, Op, Result, Shape};

/// Elements of a part that a block takes, at least.
const PART: usize = 8192;
/// Elements of a part that a thread takes, at least.
const SHORT_PART: usize = 64;
/// Units of work that fill a device.
const MANY: usize = 1 << 16;
/// Parts, at most: those that one block joins.
pub(super) const PARTS: usize = 1024;
/// The largest partial result, in bytes.
pub(super) const PARTIAL: usize = 64;

/// A fold over axes of an array.
pub(super) struct Job<'a> {
    pub(super) op: Op,
    pub(super) x: &'a CudaArray,
    /// In the text of the kernels.
    pub(super) fold: &'a str,
    pub(super) result: DType,
    pub(super) option: f64,
}

/// The axes of a layout that `choose` names.
pub(super) fn part_of(layout: &Layout, choose: impl Fn(usize) -> bool) -> Layout {
    let axes = || (0..layout.rank()).filter(|&a| choose(a));
    Layout { shape: axes().map(|a| layout.shape[a]).collect(), strides: axes().map(|a| layout.strides[a]).collect(), offset: 0 }
}

/// Threads of a block for a line of elements: a power of two.
pub(super) fn threads_for(length: usize) -> u32 {
    (length.min(THREADS as usize).next_power_of_two() as u32).clamp(32, THREADS)
}

/// Into how many parts of what length a line is cut.
pub(super) fn cut(length: usize, lines: usize, shortest: usize, enough: usize) -> (usize, usize) {
    let wanted = (length / shortest).min(enough / lines.max(1)).clamp(1, PARTS);
    let part = length.div_ceil(wanted).max(1);
    (length.div_ceil(part).max(1), part)
}

impl Job<'_> {
    /// Folds along the axes `gone`.
    ///
    /// # Errors
    /// `OutOfMemory`, `Backend`.
    pub(super) fn run(&self, gone: &[usize], keepdims: bool) -> Result<CudaArray> {
        let (op, x, device) = (self.op, self.x, self.x.device());
        let shape: Shape = (0..x.shape().rank())
            .filter(|a| keepdims || !gone.contains(a))
            .map(|a| if gone.contains(&a) { 1 } else { x.shape()[a] })
            .collect();
        let out = CudaArray::empty(op, device, self.result, shape)?;
        let outputs = out.size();
        if outputs == 0 {
            return Ok(out);
        }
        let (kept, gone) = (part_of(&x.layout, |a| !gone.contains(&a)), part_of(&x.layout, |a| gone.contains(&a)));
        let length = gone.size();
        let kept = Walked::new(op, &kept.shape, &[&kept])?;
        // Nothing is read where there are no elements.
        let nothing = Layout::contiguous(Shape::scalar());
        let gone = if length == 0 { &nothing } else { &gone };
        let gone = Walked::new(op, &gone.shape, &[gone])?;
        // A thread for each output where its elements are few, or further from each other than from those of its neighbour.
        let inner = |w: &Walked| w.strides[0].last().map_or(0, |s| s.unsigned_abs());
        let columns = length <= 32 || (outputs > 1 && inner(&kept) < inner(&gone) && outputs >= 32);
        let (parts, part) = if columns { cut(length, outputs, SHORT_PART, MANY) } else { cut(length, outputs, PART, 1 << 12) };
        let indices = Indices::new(device, (outputs * parts).max(length), &[&kept, &gone]);
        let partial = if parts > 1 { Some(Buffer::new(op, device, outputs * parts * PARTIAL)?) } else { None };
        let (classes, name) = ((kept.class(op)?, gone.class(op)?), if columns { "columns" } else { "rows" });
        let (own, result) = (named(op, x.dtype)?, named(op, self.result)?);
        let expression = format!("{name}<{}, {own}, {result}, {}, {}, {}>", self.fold, classes.0, classes.1, indices.name());
        let function = device.kernel(op, Family::Reduce, expression)?;
        let number = |v| indices.number(v);
        let parameters = &mut [
            address(out.start()),
            address(partial.as_ref().map_or(0, |p| p.pointer)),
            address(indices.base(x.start(), x.dtype)),
            number(outputs),
            number(parts),
            number(length),
            number(part),
            indices.walk(&kept, classes.0),
            indices.inner_walk(&gone, classes.1),
            double(self.option),
        ];
        match columns {
            true => device.launch(op, function, outputs * parts, parameters)?,
            false => device.launch_blocks(op, function, outputs * parts, threads_for(part), parameters)?,
        }
        if let Some(partial) = partial {
            let function = device.kernel(op, Family::Reduce, format!("join_parts<{}, {result}, {}>", self.fold, indices.name()))?;
            let parameters =
                &mut [address(out.start()), address(partial.pointer), number(outputs), number(parts), number(length), double(self.option)];
            device.launch_blocks(op, function, outputs, threads_for(parts), parameters)?;
        }
        Ok(out)
    }
}
