//! The positions of what is not 0.
use super::mask;
use super::places::{TASK, sums};
use crate::Cpu;
use crate::array::{CpuArray, Typed, any_dtype};
use crate::memory::{self, BLOCK, PARALLEL};
use array_protocol::{Error, ErrorKind, IndexingOp, Result, Shape};
use smallvec::SmallVec;

const OP: IndexingOp = IndexingOp::Nonzero;

pub(crate) fn nonzero(b: &Cpu, x: &CpuArray) -> Result<Vec<CpuArray>> {
    if x.shape().rank() == 0 {
        return Err(Error::new(ErrorKind::Shape, OP).shapes(&[x.shape()]).detail("the rank is 0"));
    }
    any_dtype!(OP, x.dtype(), T => positions(b, &x.elements::<T>(OP)?, x.shape()))
}

/// Says of the elements of a block whether they are not 0.
fn truths<'a, T: Typed>(b: &Cpu, block: &[T], space: &'a mut [bool; BLOCK]) -> &'a [bool] {
    b.simd().run(
        #[inline(always)]
        || space.iter_mut().zip(block).for_each(|(m, &v)| *m = v != T::default()),
    );
    &space[..block.len().min(BLOCK)]
}

/// What one task finds: so many positions, one slice per axis.
type Found<'a> = SmallVec<[&'a mut [i64]; 4]>;

/// The positions of the elements that are not 0: one vector per axis.
fn positions<T: Typed>(b: &Cpu, elements: &[T], shape: &Shape) -> Result<Vec<CpuArray>> {
    let tasks = elements.len().div_ceil(TASK);
    let task = |i: usize| &elements[i * TASK..elements.len().min((i + 1) * TASK)];
    let counts = memory::each(OP, tasks, TASK, &|i| {
        let mut space = [false; BLOCK];
        task(i).chunks(BLOCK).map(|block| mask::count(b.simd(), truths(b, block, &mut space))).sum::<usize>()
    })?;
    let total = sums(OP, &counts)?[tasks];
    let mut axes: Vec<Vec<i64>> = Vec::with_capacity(shape.rank());
    for _ in shape.iter() {
        axes.push(memory::filled(OP, total, 0)?);
    }
    let mut found = memory::room(OP, tasks)?;
    found.extend((0..tasks).map(|_| Found::new()));
    for axis in &mut axes {
        let mut rest = &mut axis[..];
        for (found, &n) in found.iter_mut().zip(&counts) {
            let (part, others) = rest.split_at_mut(n);
            found.push(part);
            rest = others;
        }
    }
    memory::parts(&mut found, 1, elements.len() >= PARALLEL, &|i, found| {
        found.iter_mut().for_each(|found| search(b, task(i), i * TASK, shape, found));
    });
    drop(found);
    Ok(axes.into_iter().map(|axis| CpuArray::new(Shape::from([total]), axis)).collect())
}

/// Writes the positions of a part of the elements, the first of which is number `start` in C order.
fn search<T: Typed>(b: &Cpu, elements: &[T], start: usize, shape: &Shape, found: &mut Found<'_>) {
    let mut index: SmallVec<[usize; 6]> = smallvec::smallvec![0; shape.rank()];
    let mut rest = start;
    for (i, &len) in index.iter_mut().zip(shape.iter()).rev() {
        (*i, rest) = (rest % len, rest / len);
    }
    let Some((last, before)) = index.split_last_mut() else { return };
    let Some((columns, found)) = found.split_last_mut() else { return };
    let (len, mut at, mut space) = (shape[before.len()], 0, [false; BLOCK]);
    for block in elements.chunks(BLOCK) {
        let mut mask = truths(b, block, &mut space);
        while !mask.is_empty() {
            // Along the last axis, as far as the row and the block reach; all other indices stay.
            let (here, others) = mask.split_at(mask.len().min(len - *last));
            let range = at..at + mask::count(b.simd(), here);
            mask::compress(here, &mut columns[range.clone()], |i| (*last + i) as i64);
            found.iter_mut().zip(&*before).for_each(|(along, &i)| along[range.clone()].fill(i as i64));
            *last += here.len();
            (at, mask) = (range.end, others);
            if *last == len {
                *last = 0;
                for (i, &len) in before.iter_mut().zip(shape.iter()).rev() {
                    *i += 1;
                    if *i < len {
                        break;
                    }
                    *i = 0;
                }
            }
        }
    }
}
