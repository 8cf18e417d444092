//! Memory that a library computes in, kept for the next call: the pages of a new one cost a decomposition a twentieth of its time.
use super::pool::Pool;
use super::{Means, exhausted};
use array_protocol::{Op, Result};
use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use std::sync::{Arc, Mutex, PoisonError};

/// At most so many bytes wait for their next use.
const KEPT: usize = 1 << 28;

/// What the last library has left.
#[derive(Default)]
pub(super) struct Left(Mutex<Option<MemBuffer>>);

impl Left {
    fn take(&self) -> Option<MemBuffer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn give(&self, buffer: MemBuffer) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let other =
            if buffer.len() <= KEPT && left.as_ref().is_none_or(|b| b.len() < buffer.len()) { left.replace(buffer) } else { Some(buffer) };
        // The system is called without the lock.
        drop(left);
        drop(other);
    }

    /// Gives it back to the system.
    pub(super) fn clear(&self) {
        drop(self.take());
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
        let left = with.pool.and_then(|pool| pool.left().take()).filter(|b| b.len() >= bytes);
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
        pool.clear();
        assert!(pool.left().take().is_none());
    }
}
