//! `setitem`: in place where nobody shares the memory, else on a copy.
use super::key::{Selected, select};
use super::mask;
use super::places::{Picked, TASK};
use super::views::{view, view_mut};
use crate::Cpu;
use crate::array::{CpuArray, Typed, any_dtype, gather, wrong_dtype};
use crate::memory::{self, BLOCK, PARALLEL};
use crate::promote::{converted, scalar_array};
use array_protocol::strided::Layout;
use array_protocol::{Error, ErrorKind, Index, IndexingOp, Operand, Result, Shape};
use ndarray::Axis;
use std::borrow::Cow;

const OP: IndexingOp = IndexingOp::Setitem;

pub(crate) fn setitem(b: &Cpu, x: &mut CpuArray, key: &[Index<&CpuArray>], value: Operand<&CpuArray>) -> Result<()> {
    let dtype = x.dtype();
    let value = match value {
        Operand::Array(v) if dtype.promote(v.dtype()) != Some(dtype) => return Err(wrong_dtype(OP, &[dtype, v.dtype()])),
        Operand::Scalar(s) => scalar_array(OP, s, dtype)?,
        array => converted(OP, array, dtype)?,
    };
    any_dtype!(OP, dtype, T => assign::<T>(b, x, key, &value))
}

fn assign<T: Typed>(b: &Cpu, x: &mut CpuArray, key: &[Index<&CpuArray>], value: &CpuArray) -> Result<()> {
    // Everything that can fail comes before the first write.
    let mut selected = select(b, OP, &x.layout, key)?;
    if let Selected::Picked(picked) = &selected {
        picked.places.check()?;
    }
    let shape = match &selected {
        Selected::View(layout) => &layout.shape,
        Selected::Picked(picked) => &picked.shape,
    };
    let wrong = || Error::new(ErrorKind::Shape, OP).shapes(&[shape, value.shape()]);
    let source = value.layout.broadcast_to(shape).ok_or_else(wrong)?;
    if shape.contains(&0) {
        return Ok(());
    }
    if x.unique::<T>().is_none() {
        x.own::<T>(b.means(), OP)?;
        selected = select(b, OP, &x.layout, key)?;
    }
    match selected {
        Selected::View(target) => copy::<T>(x, &target, value, &source),
        Selected::Picked(picked) => {
            let values = Values::new(value, source)?;
            let (data, _) = x.unique::<T>().ok_or_else(shared)?;
            match picked.chooses_among() {
                Some(range) => choose(b, &picked, data.get_mut(range).ok_or_else(shared)?, &values),
                None => scatter(&picked, data, &values),
            }
            Ok(())
        }
    }
}

/// Writes `value` under the layout `source` to the elements of `x` under the layout `target`.
fn copy<T: Typed>(x: &mut CpuArray, target: &Layout, value: &CpuArray, source: &Layout) -> Result<()> {
    let from = view(source, value.data::<T>(OP)?).ok_or_else(shared)?;
    let (data, _) = x.unique::<T>().ok_or_else(shared)?;
    let to = view_mut(target, data).ok_or_else(shared)?;
    if to.shape() != from.shape() {
        return Err(shared());
    }
    // Long arrays are cut along their longest axis.
    let n = to.len();
    let axis = Axis((0..to.ndim()).max_by_key(|&i| to.shape()[i]).unwrap_or(0));
    let len = if n < PARALLEL { 1 } else { to.len_of(axis) };
    let rows = (TASK / (n / len)).max(1);
    let mut jobs = memory::room(OP, len.div_ceil(rows))?;
    let mut rest = Some((to, from));
    while let Some((to, from)) = rest.take() {
        if len <= rows || to.len_of(axis) <= rows {
            jobs.push((to, from));
        } else {
            let ((to, to_rest), (from, from_rest)) = (to.split_at(axis, rows), from.split_at(axis, rows));
            jobs.push((to, from));
            rest = Some((to_rest, from_rest));
        }
    }
    memory::parts(&mut jobs, 1, len > rows, &|_, jobs| jobs.iter_mut().for_each(|(to, from)| to.assign(from)));
    Ok(())
}

/// Overwrites the elements that a mask chooses among those that lie side by side.
fn choose<T: Typed>(b: &Cpu, picked: &Picked<'_>, data: &mut [T], values: &Values<'_, T>) {
    let len = picked.places.piece();
    let task = (TASK / len).max(1);
    memory::parts(data, task * len, data.len() >= PARALLEL, &|t, part| {
        let mut next = [T::default(); BLOCK];
        for (i, block) in part.chunks_mut(len).enumerate() {
            let piece = t * task + i;
            let Some((mask, _)) = picked.places.straight(piece) else { return };
            let range = picked.places.range(piece..piece + 1);
            values.copy(range.start, &mut next[..range.len()]);
            mask::expand(b.simd(), mask, block, &next);
        }
    });
}

/// Overwrites the elements at all places, one after the other: two of them may be the same.
fn scatter<T: Typed>(picked: &Picked<'_>, data: &mut [T], values: &Values<'_, T>) {
    let (count, run) = (picked.places.count(), picked.after.size());
    let (mut space, mut block) = ([0; BLOCK], [T::default(); BLOCK]);
    for piece in 0..picked.places.pieces() {
        let mut first = picked.places.range(piece..piece + 1).start * run;
        // All of them were checked.
        let Some(places) = picked.places.fill(piece, &mut space) else { return };
        picked.before.each(0..picked.before.size(), |base| {
            if run == 1 {
                let block = &mut block[..places.len()];
                values.copy(first, block);
                places.iter().zip(block).for_each(|(&p, v)| data[base.wrapping_add_signed(p)] = *v);
            } else {
                for (i, &p) in places.iter().enumerate() {
                    let (start, mut next) = (base.wrapping_add_signed(p), first + i * run);
                    picked.after.runs(0..run, |at, stride, n| {
                        let at = start.wrapping_add(at);
                        if stride == 1 {
                            values.copy(next, &mut data[at..at + n]);
                        } else {
                            (0..n).for_each(|j| data[at.wrapping_add_signed(stride.wrapping_mul(j as isize))] = values.at(next + j));
                        }
                        next += n;
                    });
                }
            }
            first += count * run;
        });
    }
}

/// Cannot be: the array was made unique, and views lie inside of their buffers.
#[cold]
fn shared() -> Error {
    Error::new(ErrorKind::Backend, OP).detail("the memory cannot be written")
}

/// The values in C order, as a run that repeats; it is not empty.
struct Values<'a, T: Typed>(Cow<'a, [T]>);

impl<'a, T: Typed> Values<'a, T> {
    /// # Errors
    /// `OutOfMemory`.
    fn new(value: &'a CpuArray, mut layout: Layout) -> Result<Self> {
        if let Some(period) = layout.period() {
            // Only the run itself: the repeated axes in front carry nothing new.
            layout.shape = Shape::from([period]);
            layout.strides = smallvec::smallvec![1];
        }
        Ok(Values(gather(OP, value.data::<T>(OP)?, &layout)?))
    }

    /// Value number `i`.
    fn at(&self, i: usize) -> T {
        self.0[i % self.0.len()]
    }

    /// Copies the values from number `start` on.
    fn copy(&self, start: usize, out: &mut [T]) {
        if let [value] = *self.0 {
            return out.fill(value);
        }
        let (mut at, mut rest) = (start % self.0.len(), out);
        while !rest.is_empty() {
            let n = rest.len().min(self.0.len() - at);
            let (part, others) = rest.split_at_mut(n);
            part.copy_from_slice(&self.0[at..at + n]);
            (at, rest) = (0, others);
        }
    }
}
