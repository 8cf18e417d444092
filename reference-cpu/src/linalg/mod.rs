//! Linear algebra over the last two axes; the axes in front are a stack.
mod element;
pub(crate) mod product;
pub(crate) mod qr;
mod reflections;
pub(crate) mod solve;
pub(crate) mod svd;
mod tall;

use crate::array::{Typed, wrong_dtype};
use crate::memory::{self, Means, Store};
use crate::simd::Simd;
use array_protocol::strided::{stack, stacked};
use array_protocol::{DType, Error, LinalgOp, Result};
use element::{Field, Wide};
use faer::{MatMut, MatRef, Par};
use std::borrow::Cow;

/// Runs the body for the dtypes of decompositions.
macro_rules! field {
    ($op:expr, $dtype:expr, $alias:ident => $body:expr) => {
        array_protocol::dispatch_dtype!($dtype, in [f32, f64, num_complex::Complex<f32>, num_complex::Complex<f64>], $alias => $body,
            else => Err($crate::linalg::refused($op, $dtype)))
    };
}
use field;

/// A dtype that the backend has not, or that the operation does not take.
#[cold]
fn refused(op: LinalgOp, dtype: DType) -> Error {
    if crate::array::DTYPES.contains(&dtype) { wrong_dtype(op, &[dtype]) } else { Error::unsupported(op).dtypes(&[dtype]) }
}

/// Multiplications from which on threads share most decompositions.
const SHARED: usize = 1 << 21;

/// Runs a decomposition of about that many multiplications, on all threads if they pay from `enough` on.
///
/// It then runs on a thread of rayon's: there the threads of faer, which wait for each other thousands of times, find one another awake.
fn threaded<R: Send>(work: usize, enough: usize, f: impl FnOnce(Par) -> R + Send) -> R {
    if work >= enough { rayon::scope(|_| f(Par::rayon(0))) } else { f(Par::Seq) }
}

/// Exponents of largest elements that need no scaling: sums of squares of matrices in this range neither overflow nor vanish.
const SAFE: std::ops::RangeInclusive<i32> = -100..=100;

/// A matrix in double precision, and the exponent that was taken out of it.
type Balanced<'a, W> = (Cow<'a, [W]>, i32);

/// A matrix in double precision, scaled where that is needed. `None`: an element is not finite.
///
/// Where the largest element is huge or tiny the matrix is scaled by a power of two that brings it near 1, so that norms inside of a
/// decomposition neither overflow nor vanish.
///
/// # Errors
/// `OutOfMemory`.
fn balanced<T: Field>(op: LinalgOp, simd: Simd, matrix: &[T]) -> Result<Option<Balanced<'_, T::Wide>>> {
    const CHUNK: usize = 1 << 12;
    let largest = |chunk: &[T]| {
        simd.run(
            #[inline(always)]
            || chunk.iter().fold(0u64, |max, v| max.max(v.bits())),
        )
    };
    let maxima =
        memory::each(op, matrix.len().div_ceil(CHUNK), CHUNK, &|i| largest(&matrix[i * CHUNK..matrix.len().min((i + 1) * CHUNK)]))?;
    let largest = f64::from_bits(maxima.into_iter().max().unwrap_or(0));
    if !largest.is_finite() {
        return Ok(None);
    }
    let exponent = if largest > 0.0 { largest.log2().floor() as i32 } else { 0 };
    let e = if SAFE.contains(&exponent) { 0 } else { exponent };
    if e == 0
        && let Some(wide) = T::as_wide(matrix)
    {
        return Ok(Some((Cow::Borrowed(wide), 0)));
    }
    let wide = memory::generate(op, matrix.len(), &|start, block: &mut [T::Wide]| {
        let source = &matrix[start..start + block.len()];
        simd.run(
            #[inline(always)]
            || block.iter_mut().zip(source).for_each(|(o, v)| *o = v.widen(-e)),
        );
    })?;
    Ok(Some((Cow::Owned(wide), e)))
}

/// A matrix times `2^n` in C order.
///
/// # Errors
/// `OutOfMemory`.
fn dense<T: Field>(with: Means<'_>, op: LinalgOp, m: MatRef<'_, T::Wide>, n: i32) -> Result<Store<T>> {
    let mut out = Store::new(with, op, m.nrows().saturating_mul(m.ncols()))?;
    MatMut::from_row_major_slice_mut(&mut out, m.nrows(), m.ncols()).copy_from(m);
    T::narrowed(with, op, out, n)
}

/// The matrices of a stack, one after the other; the only one of a stack is moved.
struct Results<T: Typed> {
    all: Option<Store<T>>,
    done: usize,
    total: usize,
}

impl<T: Typed> Results<T> {
    /// For `total` elements.
    fn new(total: usize) -> Self {
        Results { all: None, done: 0, total }
    }

    /// # Errors
    /// `OutOfMemory`.
    fn push(&mut self, with: Means<'_>, op: LinalgOp, matrix: Store<T>) -> Result<()> {
        if self.done == 0 && matrix.len() == self.total {
            self.done = self.total;
            self.all = Some(matrix);
            return Ok(());
        }
        let all = match &mut self.all {
            Some(all) => all,
            none => none.insert(Store::new(with, op, self.total)?),
        };
        all[self.done..self.done + matrix.len()].copy_from_slice(&matrix);
        self.done += matrix.len();
        Ok(())
    }

    /// All of them.
    fn finish(self) -> Store<T> {
        // Without a matrix there is no element.
        self.all.unwrap_or_else(|| Store::from(Vec::new()))
    }
}

/// `rows x columns` of an identity matrix.
///
/// # Errors
/// `OutOfMemory`.
fn identity<T: Field>(op: LinalgOp, rows: usize, columns: usize) -> Result<Store<T>> {
    let mut out = memory::filled(op, memory::size(op, &[rows, columns].into())?, T::ZERO)?;
    out.chunks_mut(columns.max(1)).enumerate().filter(|(i, _)| *i < columns).for_each(|(i, row)| row[i] = T::ONE);
    Ok(out.into())
}

/// The `i`-th matrix of a stack in C order.
fn nth<T>(data: &[T], i: usize, len: usize) -> &[T] {
    if len == 0 { &[] } else { &data[i * len..(i + 1) * len] }
}
