//! Memory that a library computes in, kept for the next call: the pages of a new one cost a decomposition a twentieth of its time.
use super::pool::Pool;
use super::{Means, exhausted};
use array_protocol::{Op, Result};
use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use std::sync::{Arc, Mutex, PoisonError};

/// At most so many bytes wait for their next use.
const KEPT: usize = 1 << 28;

/// What libraries have left, one buffer for each thread that was in one.
#[derive(Default)]
pub(super) struct Left(Mutex<Vec<MemBuffer>>);

impl Left {
    /// The smallest that has so many bytes.
    fn take(&self, bytes: usize) -> Option<MemBuffer> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (i, _) = left.iter().enumerate().filter(|(_, b)| b.len() >= bytes).min_by_key(|(_, b)| b.len())?;
        Some(left.swap_remove(i))
    }

    fn give(&self, buffer: MemBuffer) {
        if buffer.len() > KEPT {
            return;
        }
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut dropped = vec![];
        left.push(buffer);
        // The smallest serve the fewest.
        while left.iter().map(|b| b.len()).sum::<usize>() > KEPT
            && let Some((i, _)) = left.iter().enumerate().min_by_key(|(_, b)| b.len())
        {
            dropped.push(left.swap_remove(i));
        }
        // The system is called without the lock.
        drop(left);
        drop(dropped);
    }

    /// Gives all back to the system.
    pub(super) fn clear(&self) {
        let left = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        drop(left);
    }
}

/// Memory for one call.
pub(crate) struct Workspace<'a> {
    /// Always there, until it is dropped.
    buffer: Option<MemBuffer>,
    pool: Option<&'a Arc<Pool>>,
}

impl<'a> Workspace<'a> {
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn new(with: Means<'a>, op: impl Into<Op>, needed: StackReq) -> Result<Self> {
        let bytes = needed.unaligned_bytes_required();
        let left = with.pool.and_then(|pool| pool.left().take(bytes));
        let fresh = || MemBuffer::try_new(StackReq::new::<u8>(bytes)).map_err(|_| exhausted(op, Some(bytes)));
        Ok(Workspace { buffer: Some(left.map_or_else(fresh, Ok)?), pool: with.pool })
    }

    pub(crate) fn stack(&mut self) -> &mut MemStack {
        MemStack::new(self.buffer.as_deref_mut().unwrap_or(&mut []))
    }
}

impl Drop for Workspace<'_> {
    fn drop(&mut self) {
        if let (Some(pool), Some(buffer)) = (self.pool, self.buffer.take()) {
            pool.left().give(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use array_protocol::LinalgOp;

    #[test]
    fn memory_is_used_again_where_it_is_enough() {
        let pool = Arc::new(Pool::default());
        let with = Means { simd: Default::default(), pool: Some(&pool) };
        let of = |n| Workspace::new(with, LinalgOp::Svd, StackReq::new::<f64>(n)).unwrap();
        let place = |s: &mut Workspace<'_>| s.buffer.as_deref_mut().unwrap().as_ptr();
        let mut a = of(10_000);
        let (first, second) = (place(&mut a), place(&mut of(10)));
        assert_ne!(first, second);
        drop(a);
        assert_eq!(place(&mut of(10_000)), first);
        assert_eq!(place(&mut of(9_000)), first);
        assert!(of(20_000).stack().len_bytes() >= 160_000);
        // Two threads, one buffer each.
        let (mut a, mut b) = (of(10_000), of(10_000));
        let places = [place(&mut a), place(&mut b)];
        drop((a, b));
        let (mut a, mut b) = (of(10_000), of(10_000));
        assert!(places.contains(&place(&mut a)) && places.contains(&place(&mut b)));
        drop((a, b));
        pool.clear();
        assert!(pool.left().take(0).is_none());
    }

    #[test]
    fn only_so_much_waits() {
        let left = Left::default();
        let of = |n: usize| MemBuffer::new(StackReq::new::<u8>(n));
        let sizes = || left.0.lock().unwrap().iter().map(|b| b.len() >> 26).collect::<Vec<_>>();
        let after = |size: usize| {
            left.give(of(size << 26));
            sizes()
        };
        assert_eq!((after(1), after(2), after(3)), (vec![1], vec![1, 2], vec![3]));
        assert_eq!((after(5), after(4), after(1)), (vec![3], vec![4], vec![4]));
    }
}
