//! Linear algebra over the last two axes; the axes in front are a stack.
mod ahead;
mod bidiagonal;
mod element;
mod lu;
pub(crate) mod product;
pub(crate) mod qr;
mod reflections;
mod rows;
pub(crate) mod solve;
pub(crate) mod svd;
mod tall;

use crate::array::{Typed, wrong_dtype};
use crate::memory::{self, Means, Store};
use crate::simd::{Simd, settle};
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

/// Columns that one task works on, where they do not depend on each other.
const PIECE: usize = 128;

/// Columns, in pieces of so many: their size does not depend on the number of threads.
struct Pieces<'a, W>(MatMut<'a, W>, usize);

impl<'a, W> Iterator for Pieces<'a, W> {
    type Item = MatMut<'a, W>;

    fn next(&mut self) -> Option<MatMut<'a, W>> {
        let rest = std::mem::replace(&mut self.0, MatMut::from_column_major_slice_mut(&mut [], 0, 0));
        let width = self.1.min(rest.ncols());
        let (piece, rest) = rest.split_at_col_mut(width);
        self.0 = rest;
        (width > 0).then_some(piece)
    }
}

/// Runs a decomposition of about that many multiplications, on all threads if they pay from `enough` on.
///
/// It then runs on a thread of rayon's: there the threads of faer, which wait for each other thousands of times, find one another awake.
fn threaded<R: Send>(work: usize, enough: usize, f: impl FnOnce(Par) -> R + Send) -> R {
    if work < enough {
        return f(Par::Seq);
    }
    rayon::scope(|_| {
        let out = settled(|| f(Par::rayon(0)));
        // The others when they come to it.
        rayon::spawn_broadcast(|_| settle());
        out
    })
}

/// An operation that calls the kernels of faer on this thread.
pub(crate) fn settled<R>(operation: impl FnOnce() -> R) -> R {
    let out = operation();
    settle();
    out
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

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use crate::Cpu;
    use array_protocol::options::{Qr, Svd};
    use array_protocol::{Backend, HostArray};
    use rayon::ThreadPoolBuilder;

    /// Whether the upper halves of vector registers are in use; `None`: the processor does not tell.
    #[allow(unsafe_code, reason = "the instruction that tells")]
    fn in_use() -> Option<bool> {
        use std::arch::x86_64::{__cpuid_count, _xgetbv};
        /// # Safety
        /// The processor has XGETBV, and tells by it what is in use.
        #[target_feature(enable = "xsave")]
        unsafe fn tell() -> u64 {
            // SAFETY: by the condition of this function.
            unsafe { _xgetbv(1) }
        }
        let told = std::is_x86_feature_detected!("xsave") && std::is_x86_feature_detected!("avx") && __cpuid_count(0xD, 1).eax & 4 != 0;
        // SAFETY: just checked.
        told.then(|| unsafe { tell() } & 4 != 0)
    }

    #[test]
    fn no_operation_leaves_registers_in_use() {
        let b = Cpu::new();
        for n in [3, 60, 300] {
            let values: Vec<f64> = (0..n * n).map(|i| ((i * i) % 97) as f64 - 48.0 + if i % (n + 1) == 0 { 500.0 } else { 0.0 }).collect();
            let x = b.upload(&HostArray::from_slice([n, n], &values).unwrap(), None).unwrap();
            let tall = b.upload(&HostArray::from_slice([n * n / 3, 3], &values).unwrap(), None).unwrap();
            let calls: [(&str, &(dyn Fn() + Sync)); 5] = [
                ("matmul", &|| drop(b.matmul(&x, &x).unwrap())),
                ("qr", &|| drop(b.qr(&x, &Qr::default()).unwrap())),
                ("svd", &|| drop(b.svd(&x, &Svd::default()).unwrap())),
                ("tall svd", &|| drop(b.svd(&tall, &Svd::default().full_matrices(false)).unwrap())),
                ("solve", &|| drop(b.solve(&x, &x).unwrap())),
            ];
            // Not more than there are cores, which faer would wait for.
            for threads in [1, 2] {
                let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                for (name, call) in calls {
                    pool.install(call);
                    let left = pool.broadcast(|_| in_use());
                    assert!(!left.contains(&Some(true)), "{name} of {n} on {threads} threads: {left:?}");
                    call();
                    assert_ne!(in_use(), Some(true), "{name} of {n} outside");
                }
            }
        }
    }
}
