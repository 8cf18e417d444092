//! Matrix products.
use super::{stacked, threads};
use crate::array::{CpuArray, Typed};
use crate::layout::Layout;
use crate::memory::{self, PARALLEL};
use crate::promote::{converted, promoted};
use array_protocol::{Error, ErrorKind, LinalgOp, Operand, Result, Shape};
use faer::linalg::matmul::matmul as product;
use faer::{Accum, MatMut, MatRef};
use num_complex::Complex;

const OP: LinalgOp = LinalgOp::Matmul;

/// Sizes of one product: `m x k` times `k x n`.
#[derive(Clone, Copy)]
struct Sizes {
    m: usize,
    k: usize,
    n: usize,
}

/// Elements that have a matrix product, `c = a b`; `c` is zero before.
trait Product: Typed {
    fn product(a: &[Self], b: &[Self], c: &mut [Self], s: Sizes);
}

macro_rules! integers {
    ($($t:ty),*) => { $( impl Product for $t {
        fn product(a: &[$t], b: &[$t], c: &mut [$t], s: Sizes) {
            let parallel = s.m.saturating_mul(s.n).saturating_mul(s.k) >= PARALLEL << 2;
            memory::parts(c, s.n, parallel, &|i, c| {
                for (&x, b) in super::nth(a, i, s.k).iter().zip(b.chunks(s.n)) {
                    c.iter_mut().zip(b).for_each(|(c, &y)| *c = c.wrapping_add(x.wrapping_mul(y)));
                }
            });
        }
    } )* };
}
macro_rules! fields {
    ($($t:ty),*) => { $( impl Product for $t {
        fn product(a: &[$t], b: &[$t], c: &mut [$t], s: Sizes) {
            let work = s.m.saturating_mul(s.n).saturating_mul(s.k);
            product(
                MatMut::from_row_major_slice_mut(c, s.m, s.n),
                Accum::Replace,
                MatRef::from_row_major_slice(a, s.m, s.k),
                MatRef::from_row_major_slice(b, s.k, s.n),
                <$t>::from(1.0),
                threads(work),
            );
        }
    } )* };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);
fields!(f32, f64, Complex<f64>);

/// In double precision: complex64 is rare, and the algorithm large.
impl Product for Complex<f32> {
    fn product(a: &[Self], b: &[Self], c: &mut [Self], s: Sizes) {
        let wide = |v: &[Self]| v.iter().map(|z| Complex::new(z.re.into(), z.im.into())).collect::<Vec<Complex<f64>>>();
        let mut out = vec![Complex::new(0.0, 0.0); c.len()];
        Product::product(&wide(a), &wide(b), &mut out, s);
        c.iter_mut().zip(out).for_each(|(c, z)| *c = Complex::new(z.re as f32, z.im as f32));
    }
}

pub(crate) fn matmul(x1: &CpuArray, x2: &CpuArray) -> Result<CpuArray> {
    let wrong = || Error::new(ErrorKind::Shape, OP).shapes(&[x1.shape(), x2.shape()]);
    let dtype = promoted(OP, &[x1, x2])?;
    // A vector is a row on the left and a column on the right.
    let (row, column) = (x1.shape().rank() == 1, x2.shape().rank() == 1);
    let (mut left, mut right) = (x1.shape().clone(), x2.shape().clone());
    if row {
        left.insert(0, 1);
    }
    if column {
        right.push(1);
    }
    let ([s1 @ .., m, k], [s2 @ .., k2, n]) = (&*left, &*right) else { return Err(wrong()) };
    if k != k2 {
        return Err(wrong());
    }
    let (s1, s2) = (Shape::from(s1), Shape::from(s2));
    let stack = s1.broadcast(&s2).ok_or_else(wrong)?;
    let mut shape = stacked(&stack, if row { &[] } else { std::slice::from_ref(m) });
    if !column {
        shape.push(*n);
    }
    let (a, b) = (converted(OP, Operand::Array(x1), dtype)?, converted(OP, Operand::Array(x2), dtype)?);
    let sizes = Sizes { m: *m, k: *k, n: *n };
    array_protocol::dispatch_dtype!(dtype, in [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, Complex<f32>, Complex<f64>],
        T => products::<T>(&a, &b, [s1, s2, stack], sizes, shape),
        else => Err(super::refused(OP, dtype)))
}

fn products<T: Product>(x1: &CpuArray, x2: &CpuArray, [s1, s2, stack]: [Shape; 3], s: Sizes, shape: Shape) -> Result<CpuArray> {
    let size = memory::size(OP, &shape)?;
    let mut out = memory::filled(OP, size, T::default())?;
    if size > 0 && s.k > 0 {
        let (a, b) = (x1.elements::<T>(OP)?, x2.elements::<T>(OP)?);
        let wrong = || Error::new(ErrorKind::Shape, OP).shapes(&[&s1, &s2]);
        // Which matrix of each operand stands at each place of the stack.
        let l1 = Layout::contiguous(s1.clone()).broadcast_to(&stack).ok_or_else(wrong)?;
        let l2 = Layout::contiguous(s2.clone()).broadcast_to(&stack).ok_or_else(wrong)?;
        for ((i, j), c) in l1.offsets().zip(l2.offsets()).zip(out.chunks_mut(s.m * s.n)) {
            T::product(super::nth(&a, i, s.m * s.k), super::nth(&b, j, s.k * s.n), c, s);
        }
    }
    Ok(CpuArray::new(shape, out))
}
