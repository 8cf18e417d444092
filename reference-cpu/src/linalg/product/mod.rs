//! Matrix products.
pub(super) mod float;
mod integer;
mod long;
mod matrix;
#[cfg(target_arch = "x86_64")]
mod packed;
pub(super) mod update;

use super::refused;
use crate::array::{CpuArray, Typed};
use crate::backend::Cpu;
use crate::memory::{self, Failure, Means, PARALLEL, Store};
use crate::promote::{converted, promoted};
#[cfg(target_arch = "x86_64")]
use crate::simd::by_vectors;
use array_protocol::strided::{Layout, Products};
use array_protocol::{Error, ErrorKind, LinalgOp, Operand, Result, Shape};
use faer::MatMut;
use faer::traits::ComplexField;
use float::Part;
use matrix::{Matrix, Order};
use num_complex::Complex;

const OP: LinalgOp = LinalgOp::Matmul;

/// Elements that have a matrix product, `c = a b` with `c` in C order; no matrix is empty.
trait Product: Typed {
    fn product(with: Means<'_>, op: LinalgOp, a: Matrix<'_, Self>, b: Matrix<'_, Self>, c: &mut [Self]) -> Result<()>;
}

macro_rules! products {
    ($product:expr; $($t:ty)*) => { $( impl Product for $t {
        fn product(with: Means<'_>, op: LinalgOp, a: Matrix<'_, $t>, b: Matrix<'_, $t>, c: &mut [$t]) -> Result<()> { $product(with, op, a, b, c) }
    } )* };
}
products! {
    |with: Means<'_>, op, a, b, c: &mut [_]| {
        c.fill(0);
        integer::multiply(op, with.simd, a, b, c)
    };
    i8 i16 i32 i64 u8 u16 u32 u64
}
products! {
    |with: Means<'_>, op, a, b, c: &mut [_]| {
        long::multiply(with, op, a, b, c, |a: Matrix<'_, _>, b, c: &mut [_]| {
            let part = part(a, b);
            #[cfg(target_arch = "x86_64")]
            if let Some(vectors) = packed::pays(with.simd, &a, &b) {
                by_vectors!(vectors, simd => packed::multiply(with, simd, op, a, b, c, part))?;
                completed(c, a.rows, part);
                return Ok(());
            }
            unpacked(a, b, c, part);
            Ok(())
        })
    };
    f32 f64
}
products! {
    |with: Means<'_>, op, a, b, c: &mut [_]| {
        long::multiply(with, op, a, b, c, |a: Matrix<'_, _>, b, c: &mut [_]| {
            unpacked(a, b, c, part(a, b));
            Ok(())
        })
    };
    Complex<f32> Complex<f64>
}

/// `c = a b^T` inside of a decomposition: `a` in C order, with rows of so many elements; of `b` as many elements of each row, which are so
/// far apart, and so many rows.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn by_rows(
    with: Means<'_>,
    op: LinalgOp,
    (a, depth): (&[f64], usize),
    (b, stride, count): (&[f64], usize, usize),
    c: &mut [f64],
) -> Result<()> {
    if c.is_empty() {
        return Ok(());
    }
    let rows = a.len() / depth.max(1);
    let outside = || Error::new(ErrorKind::Backend, op).detail("a view outside of its buffer");
    let order = Order::new([count, depth], [stride as isize, 1]);
    let b = order.and_then(|order| Matrix::new(b, 0, [count, depth], order)).ok_or_else(outside)?.transposed();
    f64::product(with, op, Matrix::contiguous(a, rows, depth), b, c)
}

/// What has to be computed.
fn part<T: Copy>(a: Matrix<'_, T>, b: Matrix<'_, T>) -> Part {
    if a.is_transpose_of(b) { Part::Upper } else { Part::Whole }
}

/// `c = a b` by faer.
fn unpacked<T: ComplexField + Copy>(a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T], part: Part) {
    float::multiply_part(MatMut::from_row_major_slice_mut(c, a.rows, b.cols), a.view(), b.view(), part);
    completed(c, a.rows, part);
}

/// Fills in the rest of a symmetric matrix in C order.
fn completed<T: Copy>(c: &mut [T], n: usize, computed: Part) {
    /// Rows and columns that are worked on at once: their lines stay in the cache.
    const TILE: usize = 32;
    if computed == Part::Whole {
        return;
    }
    for top in (0..n).step_by(TILE) {
        for left in (0..=top).step_by(TILE) {
            for i in top..n.min(top + TILE) {
                let (above, row) = c.split_at_mut(i * n);
                for j in left..i.min(left + TILE) {
                    row[j] = above[j * n + i];
                }
            }
        }
    }
}

/// A stack of matrices that need no copy: where each starts, their sizes, and how each lies in memory.
struct Stack {
    starts: Layout,
    sizes: [usize; 2],
    order: Order,
}

impl Stack {
    /// `None`: the matrices have to be copied into C order.
    fn new(layout: &Layout) -> Option<Stack> {
        let outer = layout.rank().checked_sub(2)?;
        let sizes = [layout.shape[outer], layout.shape[outer + 1]];
        let order = Order::new(sizes, [layout.strides[outer], layout.strides[outer + 1]])?;
        let starts = Layout { shape: Shape::from(&layout.shape[..outer]), strides: layout.strides[..outer].into(), offset: layout.offset };
        Some(Stack { starts, sizes, order })
    }
}

pub(crate) fn matmul(b: &Cpu, x1: &CpuArray, x2: &CpuArray) -> Result<CpuArray> {
    let dtype = promoted(OP, &[x1, x2])?;
    let p = Products::new(x1.shape(), x2.shape())?;
    let (mut a, mut c) = (converted(OP, Operand::Array(x1), dtype)?, converted(OP, Operand::Array(x2), dtype)?);
    if p.row {
        a.layout.insert(0);
    }
    if p.column {
        c.layout.insert(1);
    }
    let count = p.stack.size();
    if count > 1 && p.one_right() && a.layout.is_contiguous() {
        a = a.with(a.layout.with_shape([count * p.m, p.k].into()));
        (0..p.right.rank()).for_each(|_| c.layout.remove(0));
        let shape = [count * p.m, p.n].into();
        return typed(b.means(), &a, &c, &Shape::scalar(), shape).map(|out| out.with(Layout::contiguous(p.shape)));
    }
    typed(b.means(), &a, &c, &p.stack, p.shape)
}

fn typed(with: Means<'_>, a: &CpuArray, b: &CpuArray, stack: &Shape, shape: Shape) -> Result<CpuArray> {
    array_protocol::dispatch_dtype!(a.dtype(), in [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, Complex<f32>, Complex<f64>],
        T => stacks::<T>(with, a, b, stack, shape),
        else => Err(refused(OP, a.dtype())))
}

fn stacks<T: Product>(with: Means<'_>, x1: &CpuArray, x2: &CpuArray, stack: &Shape, shape: Shape) -> Result<CpuArray> {
    let size = memory::size(OP, &shape)?;
    let mut out = Store::new(with, OP, size)?;
    if size == 0 || x1.size() == 0 {
        out.fill(T::default());
        return Ok(CpuArray::new(shape, out));
    }
    let wrong = || Error::new(ErrorKind::Shape, OP).shapes(&[x1.shape(), x2.shape()]);
    let (mut x1, mut x2) = (x1.clone(), x2.clone());
    let (s1, s2) = (readable(with, &mut x1)?, readable(with, &mut x2)?);
    let (l1, l2) = (s1.starts.broadcast_to(stack).ok_or_else(wrong)?, s2.starts.broadcast_to(stack).ok_or_else(wrong)?);
    let ([m, k], [_, n]) = (s1.sizes, s2.sizes);
    let mut starts = memory::room(OP, stack.size())?;
    starts.extend(l1.offsets().zip(l2.offsets()));
    let (a, b) = (x1.data::<T>(OP)?, x2.data::<T>(OP)?);
    let parallel = starts.len() > 1 && size.saturating_mul(k) >= PARALLEL << 2;
    let failure = Failure::default();
    memory::parts(&mut out, m * n, parallel, &|at, c| {
        let (i, j) = starts[at];
        let matrices = Matrix::new(a, i, s1.sizes, s1.order).zip(Matrix::new(b, j, s2.sizes, s2.order));
        let outside = || Error::new(ErrorKind::Backend, OP).detail("a view outside of its buffer");
        failure.note(matrices.ok_or_else(outside).and_then(|(a, b)| T::product(with, OP, a, b, c)));
    });
    failure.told()?;
    Ok(CpuArray::new(shape, out))
}

/// How the matrices of an array are read; copies it where that takes a copy.
///
/// # Errors
/// `OutOfMemory`.
fn readable(with: Means<'_>, x: &mut CpuArray) -> Result<Stack> {
    if let Some(stack) = Stack::new(&x.layout) {
        return Ok(stack);
    }
    *x = x.compact(with, OP)?;
    Stack::new(&x.layout).ok_or_else(|| Error::new(ErrorKind::Shape, OP).shapes(&[x.shape()]))
}
