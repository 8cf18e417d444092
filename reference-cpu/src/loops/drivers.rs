//! The loops, by the number of their operands.
use super::operand::{Reader, Scratch};
use super::{Axes, Grid};
use crate::array::{Buffer, CpuArray, Typed};
use crate::elementwise::{Kernel1, Kernel2};
use crate::memory::{self, Means, PARALLEL, Store};
use crate::simd::{Simd, fetch_at};
use array_protocol::strided::Layout;
use array_protocol::{Error, ErrorKind, Op, Result, Shape};
use std::hint::select_unpredictable;

#[cold]
fn clash(op: Op, shape: &Shape, layouts: &[&Layout]) -> Error {
    let shapes: Vec<&Shape> = layouts.iter().map(|l| &l.shape).chain([shape]).collect();
    Error::new(ErrorKind::Shape, op).shapes(&shapes)
}

/// The plan of a loop over layouts that broadcast to a shape; `None` for no elements.
fn grid<const N: usize>(op: Op, shape: &Shape, layouts: [&Layout; N], bytes: usize) -> Result<Option<Grid<N>>> {
    if shape.contains(&0) {
        return Ok(None);
    }
    let axes = Axes::new(shape, layouts).ok_or_else(|| clash(op, shape, &layouts))?;
    Ok(Some(Grid::new(axes, bytes)))
}

/// Elements that are moved in less time than a thread takes to wake up.
const MOVED: usize = 1 << 18;

/// The elements of a layout in C order; as many as `out` takes.
///
/// # Errors
/// `Shape` where there are not so many.
pub(crate) fn copy<T: Typed>(simd: Simd, op: impl Into<Op>, data: &[T], layout: &Layout, out: &mut [T]) -> Result<()> {
    let op = op.into();
    if layout.size() != out.len() {
        return Err(clash(op, &layout.shape, &[]));
    }
    if let Some(grid) = grid(op, &layout.shape, [layout], size_of::<T>())? {
        grid.run(simd, out, MOVED, &|task, writer| {
            let mut a = Reader::new(simd, &grid, 0, data);
            grid.each(task, &mut |tile| a.copy(0, tile, writer));
        });
    }
    Ok(())
}

/// Contiguous operands of up to so many elements take no plan.
pub(crate) const SMALL: usize = 1 << 12;

/// An operand: a buffer, and which of its elements.
#[derive(Clone, Copy)]
pub(crate) struct View<'a, T> {
    pub(crate) data: &'a [T],
    pub(crate) layout: &'a Layout,
}

impl<'a, T: Typed> View<'a, T> {
    /// # Errors
    /// `Dtype`.
    pub(crate) fn of(op: impl Into<Op>, x: &'a CpuArray) -> Result<Self> {
        Ok(View { data: x.data(op)?, layout: &x.layout })
    }

    /// The elements, if they are few, and `n` in a row or one that repeats.
    #[inline]
    fn few(self, n: usize) -> Option<Few<'a, T>> {
        let run = self.data.get(self.layout.run()?)?;
        match run {
            &[one] if n != 1 => Some(Few::Same(one)),
            _ => (run.len() == n && n <= SMALL).then_some(Few::Run(run)),
        }
    }
}

/// Operands that take no plan.
enum Few<'a, T> {
    Run(&'a [T]),
    Same(T),
}

/// Copies of a scalar beside a small array, at most.
const COPIES: usize = 64;

/// `kernel` over two operands of few elements. Says whether they are.
#[inline]
fn briefly<A: Typed, B: Typed, U: Typed>(simd: Simd, x: View<'_, A>, y: View<'_, B>, out: &mut [U], kernel: Kernel2<A, B, U>) -> bool {
    let n = out.len();
    match (x.few(n), y.few(n)) {
        (Some(Few::Run(a)), Some(Few::Run(b))) => kernel(simd, a, b, out),
        (Some(Few::Run(a)), Some(Few::Same(b))) if n <= COPIES => kernel(simd, a, &[b; COPIES][..n], out),
        (Some(Few::Same(a)), Some(Few::Run(b))) if n <= COPIES => kernel(simd, &[a; COPIES][..n], b, out),
        _ => return false,
    }
    true
}

/// `kernel` over one array.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn map<A: Typed, U: Typed>(with: Means<'_>, op: impl Into<Op>, x: &CpuArray, kernel: Kernel1<A, U>) -> Result<CpuArray> {
    let (op, simd) = (op.into(), with.simd);
    if let Some(few) = x.few::<A>() {
        let mut out = Store::<U>::new(with, op, few.len())?;
        kernel(simd, few, &mut out);
        return x.around(U::wrap(out.share()));
    }
    let data = x.data::<A>(op)?;
    let mut out = Store::<U>::new(with, op, x.size())?;
    if let Some(grid) = grid(op, x.shape(), [&x.layout], size_of::<U>())? {
        grid.run(simd, &mut out, PARALLEL, &|task, writer| {
            let mut a = Reader::new(simd, &grid, 0, data);
            grid.each(task, &mut |tile| {
                a.load(0, tile);
                for k in 0..tile.runs {
                    let a = a.run(tile, k);
                    writer.run(tile, k, [], &mut |out| kernel(simd, a, out));
                }
            });
        });
    }
    Ok(CpuArray::new(x.shape().clone(), out))
}

/// `kernel` over two operands broadcast to `shape`.
///
/// # Errors
/// `Shape`, `OutOfMemory`.
pub(crate) fn zip<A: Typed, B: Typed, U: Typed>(
    with: Means<'_>,
    op: impl Into<Op>,
    x: View<'_, A>,
    y: View<'_, B>,
    shape: Shape,
    kernel: Kernel2<A, B, U>,
) -> Result<CpuArray> {
    let (op, simd) = (op.into(), with.simd);
    let n = memory::size(op, &shape)?;
    let mut out = Store::<U>::new(with, op, n)?;
    if briefly(simd, x, y, &mut out, kernel) {
        return Ok(CpuArray::new(shape, out));
    }
    if let Some(grid) = grid(op, &shape, [x.layout, y.layout], size_of::<U>())? {
        grid.run(simd, &mut out, PARALLEL, &|task, writer| {
            let (mut a, mut b) = (Reader::new(simd, &grid, 0, x.data), Reader::new(simd, &grid, 1, y.data));
            grid.each(task, &mut |tile| {
                a.load(0, tile);
                b.load(1, tile);
                for k in 0..tile.runs {
                    let (x, y) = (a.run(tile, k), b.run(tile, k));
                    writer.run(tile, k, [a.next(x), b.next(y)], &mut |out| kernel(simd, x, y, out));
                }
            });
        });
    }
    Ok(CpuArray::new(shape, out))
}

/// `kernel` over as many elements of one as of the other.
///
/// # Errors
/// `OutOfMemory`.
#[inline(always)]
pub(crate) fn zip_few<A: Typed, U: Typed>(
    with: Means<'_>,
    op: impl Into<Op>,
    x: &[A],
    y: &[A],
    kernel: Kernel2<A, A, U>,
) -> Result<Buffer> {
    let mut out = Store::<U>::new(with, op, x.len())?;
    kernel(with.simd, x, y, &mut out);
    Ok(U::wrap(out.share()))
}

/// One of two arrays, element by element, by a third; all broadcast to `shape`.
///
/// # Errors
/// `Shape`, `OutOfMemory`.
pub(crate) fn choose<T: Typed>(
    with: Means<'_>,
    op: impl Into<Op>,
    condition: View<'_, bool>,
    [x, y]: [View<'_, T>; 2],
    shape: Shape,
) -> Result<CpuArray> {
    let (op, simd) = (op.into(), with.simd);
    let mut out = Store::<T>::new(with, op, memory::size(op, &shape)?)?;
    if let Some(grid) = grid(op, &shape, [condition.layout, x.layout, y.layout], size_of::<T>())? {
        grid.run(simd, &mut out, PARALLEL, &|task, writer| {
            let mut c = Reader::new(simd, &grid, 0, condition.data);
            let (mut a, mut b) = (Reader::new(simd, &grid, 1, x.data), Reader::new(simd, &grid, 2, y.data));
            grid.each(task, &mut |tile| {
                c.load(0, tile);
                a.load(1, tile);
                b.load(2, tile);
                for k in 0..tile.runs {
                    let (condition, x, y) = (c.run(tile, k), a.run(tile, k), b.run(tile, k));
                    writer.run(tile, k, [c.next(condition), a.next(x), b.next(y)], &mut |out| {
                        simd.run(
                            #[inline(always)]
                            || {
                                for (((o, &c), &a), &b) in out.iter_mut().zip(condition).zip(x).zip(y) {
                                    // A branch would be mispredicted every second time.
                                    *o = select_unpredictable(c, a, b);
                                }
                            },
                        );
                    });
                }
            });
        });
    }
    Ok(CpuArray::new(shape, out))
}

/// The elements of an array, to write, where the memory is shared with nobody and lies in C order.
fn own<A: Typed>(x: &mut CpuArray) -> Option<&mut [A]> {
    let (data, layout) = x.unique::<A>()?;
    data.get_mut(layout.run()?)
}

/// Overwrites the elements of an array by `kernel` of them. Says whether it could.
pub(crate) fn rewrite<A: Typed>(simd: Simd, x: &mut CpuArray, kernel: Kernel1<A, A>) -> bool {
    let Some(out) = own::<A>(x) else { return false };
    memory::rewrite(out, &|_, block| {
        let mut scratch = Scratch::<A>::new();
        let old = scratch.slice(block.len());
        old.copy_from_slice(block);
        kernel(simd, old, block);
    });
    true
}

/// Elements that are overwritten at once.
const PART: usize = 128;
/// Bytes of an array that lies beyond the second cache.
const FAR: usize = 1 << 20;

/// The same with a second operand that broadcasts to the array.
///
/// # Errors
/// `Shape`.
pub(crate) fn update<A: Typed, B: Typed>(
    simd: Simd,
    op: impl Into<Op>,
    x: &mut CpuArray,
    y: View<'_, B>,
    kernel: Kernel2<A, B, A>,
) -> Result<bool> {
    let op = op.into();
    let shape = x.shape().clone();
    let Some(out) = own::<A>(x) else { return Ok(false) };
    let far = size_of_val(out) >= FAR;
    if let Some(grid) = grid(op, &shape, [y.layout], 0)? {
        grid.run(simd, out, PARALLEL, &|task, writer| {
            let mut b = Reader::new(simd, &grid, 0, y.data);
            let mut scratch = Scratch::<A>::new();
            grid.each(task, &mut |tile| {
                b.load(0, tile);
                for k in 0..tile.runs {
                    let (run, other) = (writer.old(tile, k), b.run(tile, k));
                    for (run, other) in run.chunks_mut(PART).zip(other.chunks(PART)) {
                        if far {
                            // Else memory would wait: the copy reads one operand, the kernel the other. It takes a third less time.
                            fetch_at(run.as_ptr_range().end, PART);
                            fetch_at(other.as_ptr_range().end, PART);
                        }
                        let old = scratch.slice(run.len());
                        old.copy_from_slice(run);
                        kernel(simd, old, other, run);
                    }
                }
            });
        });
    }
    Ok(true)
}
