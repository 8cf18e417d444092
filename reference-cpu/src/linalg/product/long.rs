//! Products of few elements, each of which is a long sum: threads share the sums.
use super::Matrix;
use crate::array::Typed;
use crate::memory::{self, Failure, Means, Store};
use array_protocol::{Error, ErrorKind, LinalgOp, Result};
use std::ops::Add;

/// Elements of the result from which on threads share these.
const FEW: usize = 1 << 16;
/// Multiplications of a part, at least, and products of each sum.
const PART: usize = 1 << 22;
const LONG: usize = 1 << 10;
/// Parts, at most.
const PARTS: usize = 16;

/// How many parts the sums are cut into. That depends on the shape alone: results may not depend on the number of threads.
fn count(m: usize, n: usize, depth: usize) -> usize {
    let results = m.saturating_mul(n);
    if results >= FEW { 1 } else { (results.saturating_mul(depth) / PART).min(depth / LONG).clamp(1, PARTS) }
}

/// `c = a b` by `multiply`, which is called for parts of the sums where these are long.
///
/// # Errors
/// `OutOfMemory`, and those of `multiply`.
pub(super) fn multiply<T: Typed + Add<Output = T>>(
    with: Means<'_>,
    op: LinalgOp,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    c: &mut [T],
    multiply: impl Fn(Matrix<'_, T>, Matrix<'_, T>, &mut [T]) -> Result<()> + Sync,
) -> Result<()> {
    let count = count(a.rows, b.cols, a.cols);
    if count == 1 {
        return multiply(a, b, c);
    }
    let (size, len) = (c.len(), a.cols.div_ceil(count));
    let mut others = Store::<T>::new(with, op, a.cols.div_ceil(len).saturating_sub(1) * size)?;
    let parts: Vec<_> = [&mut *c].into_iter().chain(others.chunks_mut(size)).enumerate().collect();
    let failure = Failure::default();
    memory::spread(parts, true, &|(i, c): (usize, &mut [T])| {
        let along = i * len..a.cols.min((i + 1) * len);
        let parts = a.columns(along.clone()).zip(b.transposed().columns(along));
        let outside = || Error::new(ErrorKind::Backend, op).detail("a part outside of a matrix");
        failure.note(parts.ok_or_else(outside).and_then(|(a, b)| multiply(a, b.transposed(), c)));
    });
    failure.told()?;
    others.chunks(size).for_each(|other| c.iter_mut().zip(other).for_each(|(c, &other)| *c = *c + other));
    Ok(())
}
