//! Freed memory kept for the next result. Fresh pages cost more than most operations: the system clears them, page by page.
use super::pages::{HUGE, MAPPED, Pages, Plain};
use super::workspace::Left;
use super::{Means, exhausted, probe};
use crate::array::Typed;
use array_protocol::{DType, Op, Result};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{self, Mutex, PoisonError};
use triomphe::{Arc, UniqueArc};

/// At most so many bytes wait for their next use.
const KEPT: usize = 1 << 30;
/// Smaller results, in bytes, come from the general allocator, which has them in a few nanoseconds.
const POOLED: usize = 1 << 10;
/// Results of so many elements live beside their count of references: of float64, in what is moved without a call, 128 bytes.
const INLINE: usize = 12;

/// Memory by size. `bool` has its own: not all bytes are values of it.
type Key = (bool, usize);

/// The memory that arrays of one backend handle, and of its clones, have given back.
#[derive(Default)]
pub(crate) struct Pool(Mutex<Free>, Left);

#[derive(Default)]
struct Free {
    pages: BTreeMap<Key, Vec<Pages>>,
    bytes: usize,
}

impl Pool {
    fn take(&self, key: Key) -> Option<Pages> {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = free.pages.get_mut(&key)?.pop()?;
        free.bytes -= pages.bytes();
        Some(pages)
    }

    fn give(&self, key: Key, pages: Pages) {
        let bytes = pages.bytes();
        if bytes > KEPT {
            return;
        }
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut dropped = vec![];
        while free.bytes + bytes > KEPT {
            // The largest that is not of this size goes first.
            let Some(other) = free.pages.iter().rev().find(|(k, list)| **k != key && !list.is_empty()).map(|(k, _)| *k) else { return };
            if let Some(old) = free.pages.get_mut(&other).and_then(Vec::pop) {
                free.bytes -= old.bytes();
                dropped.push(old);
            }
        }
        free.bytes += bytes;
        free.pages.entry(key).or_default().push(pages);
        // The system is called without the lock.
        drop(free);
        drop(dropped);
    }

    /// What libraries have computed in.
    pub(super) fn left(&self) -> &Left {
        &self.1
    }

    /// Gives all back to the system.
    pub(super) fn clear(&self) {
        self.left().clear();
        let free = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        drop(free);
    }
}

/// Bytes to ask for: sizes in steps of an eighth, so that nearly equal results share their memory.
fn rounded(bytes: usize) -> Option<usize> {
    let step = (bytes.checked_next_power_of_two()? / 16).max(64);
    let bytes = bytes.checked_next_multiple_of(step)?;
    if bytes >= MAPPED { bytes.checked_next_multiple_of(HUGE) } else { Some(bytes) }
}

/// Memory from a pool, which it goes back to.
pub(crate) struct Block<T: Plain> {
    /// Always there, until it is dropped.
    pages: Option<Pages>,
    len: usize,
    key: Key,
    pool: sync::Arc<Pool>,
    values: PhantomData<T>,
}

impl<T: Plain> Drop for Block<T> {
    fn drop(&mut self) {
        if let Some(pages) = self.pages.take() {
            self.pool.give(self.key, pages);
        }
    }
}

/// The elements of an array, shared by its views.
pub(crate) enum Elements<T: Typed> {
    /// Few, or made by a library.
    Heap(SmallVec<[T; INLINE]>),
    /// From a pool.
    Block(Block<T>),
}

/// The elements of an array that is being made, at the place in memory where they are shared later.
pub(crate) struct Store<T: Typed>(UniqueArc<Elements<T>>);

impl<T: Typed> Store<T> {
    /// Room for `n` elements, for an operation that writes each: what is in them now is any value.
    ///
    /// # Errors
    /// `OutOfMemory`.
    #[inline]
    pub(crate) fn new(with: Means<'_>, op: impl Into<Op>, n: usize) -> Result<Store<T>> {
        if n <= INLINE {
            return Ok(Store::heap(SmallVec::from_buf_and_len([T::default(); INLINE], n)));
        }
        let op = op.into();
        let bytes = n.checked_mul(size_of::<T>()).ok_or_else(|| exhausted(op, None))?;
        match with.pool {
            Some(pool) if bytes >= POOLED => Store::pooled(pool, op, n, bytes),
            _ => Ok(Store::from(super::filled(op, n, T::default())?)),
        }
    }

    /// One element.
    #[inline]
    pub(crate) fn of(value: T) -> Store<T> {
        Store::heap(SmallVec::from_buf_and_len([value; INLINE], 1))
    }

    #[inline]
    fn heap(values: SmallVec<[T; INLINE]>) -> Store<T> {
        Store(UniqueArc::new(Elements::Heap(values)))
    }

    /// The same, for all who want it.
    #[inline]
    pub(crate) fn share(self) -> Arc<Elements<T>> {
        self.0.shareable()
    }

    fn pooled(pool: &sync::Arc<Pool>, op: Op, n: usize, bytes: usize) -> Result<Store<T>> {
        let size = rounded(bytes).ok_or_else(|| exhausted(op, Some(bytes)))?;
        let key = (T::DTYPE == DType::Bool, size);
        let pages = match pool.take(key) {
            Some(pages) => pages,
            None => {
                if probe::<T>(op, n).is_err() {
                    pool.clear();
                    probe::<T>(op, n)?;
                }
                Pages::new(size)
                    .or_else(|| {
                        pool.clear();
                        Pages::new(size)
                    })
                    .ok_or_else(|| exhausted(op, Some(bytes)))?
            }
        };
        let block = Block { pages: Some(pages), len: n, key, pool: pool.clone(), values: PhantomData };
        Ok(Store(UniqueArc::new(Elements::Block(block))))
    }
}

impl<T: Typed> From<Vec<T>> for Store<T> {
    fn from(values: Vec<T>) -> Self {
        Store::heap(if values.len() <= INLINE { SmallVec::from_slice(&values) } else { SmallVec::from_vec(values) })
    }
}

impl<T: Typed> Deref for Elements<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Elements::Heap(values) => values,
            Elements::Block(block) => block.pages.as_ref().map_or(&[], |p| p.values(block.len)),
        }
    }
}

impl<T: Typed> DerefMut for Elements<T> {
    // Not left to the compiler, which calls it: small arrays feel that.
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Elements::Heap(values) => values,
            Elements::Block(block) => {
                let len = block.len;
                block.pages.as_mut().map_or(&mut [], |p| p.values_mut(len))
            }
        }
    }
}

impl<T: Typed> Deref for Store<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Typed> DerefMut for Store<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use array_protocol::UnaryOp;

    #[test]
    fn memory_is_used_again_and_bool_has_its_own() {
        let pool = sync::Arc::new(Pool::default());
        let with = Means { simd: Default::default(), pool: Some(&pool) };
        let mut a = Store::<u8>::new(with, UnaryOp::Abs, 5000).unwrap();
        a.fill(7);
        let place = a.as_ptr();
        drop(a);
        // A u8 of 7 is no bool.
        let b = Store::<bool>::new(with, UnaryOp::Abs, 5000).unwrap();
        assert!(b.iter().all(|&v| !v));
        let c = Store::<f64>::new(with, UnaryOp::Abs, 620).unwrap();
        assert_eq!((c.as_ptr().cast::<u8>(), c.len()), (place, 620));
        assert_eq!(c.as_ptr() as usize % 64, 0);
    }

    #[test]
    fn large_memory_starts_at_a_huge_page_and_is_zero() {
        let pool = sync::Arc::new(Pool::default());
        let with = Means { simd: Default::default(), pool: Some(&pool) };
        let a = Store::<f32>::new(with, UnaryOp::Abs, 3_000_001).unwrap();
        assert_eq!(a.len(), 3_000_001);
        assert!(a.iter().all(|&v| v == 0.0));
        assert_eq!(a.as_ptr() as usize % (2 << 20), 0);
        drop(a);
        assert_eq!(pool.0.lock().unwrap().bytes, rounded(4 * 3_000_001).unwrap());
        pool.clear();
        assert_eq!(pool.0.lock().unwrap().bytes, 0);
    }

    #[test]
    fn what_cannot_be_had_is_an_error() {
        let pool = sync::Arc::new(Pool::default());
        let with = Means { simd: Default::default(), pool: Some(&pool) };
        for n in [usize::MAX / 2, usize::MAX / 8, 1 << 50] {
            let error = Store::<f64>::new(with, UnaryOp::Abs, n).err().unwrap();
            assert_eq!(error.kind(), array_protocol::ErrorKind::OutOfMemory, "{n}");
        }
    }
}
