//! Memory that may run out: every allocation that grows with the input goes through here and fails as a typed error.
mod cores;
mod pages;
mod pool;
mod workspace;

pub(crate) use pages::Plain;
pub(crate) use pool::{Elements, Pool, Store};
pub(crate) use workspace::Workspace;

use crate::array::Typed;
use crate::simd::{Simd, settle};
use array_protocol::{Error, ErrorKind, Op, Result, Shape};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What an operation works with: instructions, and memory for its result.
#[derive(Clone, Copy, Default)]
pub(crate) struct Means<'a> {
    pub(crate) simd: Simd,
    /// `None`: results come from the general allocator.
    pub(crate) pool: Option<&'a Arc<Pool>>,
}

/// From here on a loop over elements is worth splitting over threads.
pub(crate) const PARALLEL: usize = 1 << 16;
/// Elements of one task. A multiple of [`BLOCK`], so that results do not depend on the number of threads.
const TASK: usize = 1 << 14;
/// Elements that one call of a kernel sees.
pub(crate) const BLOCK: usize = 1 << 10;

/// Requests above this many bytes are held against the memory that is left: the kernel grants more than there is, and kills later.
const SUSPICIOUS: usize = 1 << 28;

/// The error of an allocation that cannot be met.
#[cold]
pub(crate) fn exhausted(op: impl Into<Op>, bytes: Option<usize>) -> Error {
    let detail = bytes.map_or_else(|| "more bytes than can be addressed".to_string(), |n| format!("{n} bytes"));
    Error::new(ErrorKind::OutOfMemory, op).detail(detail)
}

/// The number of elements of a shape.
///
/// # Errors
/// `OutOfMemory` where it cannot be addressed.
pub(crate) fn size(op: impl Into<Op>, shape: &Shape) -> Result<usize> {
    let op = op.into();
    shape.checked_size().ok_or_else(|| exhausted(op, None).shapes(&[shape]))
}

/// Says whether `n` values of `T` can be had, for libraries that would abort.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn probe<T>(op: impl Into<Op>, n: usize) -> Result<()> {
    let op = op.into();
    let bytes = n.checked_mul(size_of::<T>()).filter(|&b| isize::try_from(b).is_ok()).ok_or_else(|| exhausted(op, None))?;
    let refused = || available().is_some_and(|left| bytes > left) || Vec::<u8>::new().try_reserve_exact(bytes).is_err();
    if bytes >= SUSPICIOUS && refused() {
        return Err(exhausted(op, Some(bytes)));
    }
    Ok(())
}

/// Bytes that the system can still give; `None` where it does not tell.
fn available() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

/// An empty vector with room for `n` values.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn room<T>(op: impl Into<Op>, n: usize) -> Result<Vec<T>> {
    let op = op.into();
    probe::<T>(op, n)?;
    let mut v = Vec::new();
    v.try_reserve_exact(n).map_err(|_| exhausted(op, n.checked_mul(size_of::<T>())))?;
    Ok(v)
}

/// `n` copies of a value.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn filled<T: Copy>(op: impl Into<Op>, n: usize, value: T) -> Result<Vec<T>> {
    let mut v = room(op, n)?;
    v.resize(n, value);
    Ok(v)
}

/// A copy of a slice.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn copied<T: Copy>(op: impl Into<Op>, values: &[T]) -> Result<Vec<T>> {
    let mut v = room(op, values.len())?;
    v.extend_from_slice(values);
    Ok(v)
}

/// `n` values made by `kernel(start, block)`, which fills the block that begins at element `start`. Large results on all threads.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn generate<T: Copy + Default + Send>(op: impl Into<Op>, n: usize, kernel: &(dyn Fn(usize, &mut [T]) + Sync)) -> Result<Vec<T>> {
    let mut out = filled(op, n, T::default())?;
    rewrite(&mut out, kernel);
    Ok(out)
}

/// The same as the elements of an array.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn produce<T: Typed>(
    with: Means<'_>,
    op: impl Into<Op>,
    n: usize,
    kernel: &(dyn Fn(usize, &mut [T]) + Sync),
) -> Result<Store<T>> {
    let mut out = Store::new(with, op, n)?;
    rewrite(&mut out, kernel);
    Ok(out)
}

/// Overwrites values by `kernel(start, block)`.
pub(crate) fn rewrite<T: Send>(out: &mut [T], kernel: &(dyn Fn(usize, &mut [T]) + Sync)) {
    let parallel = out.len() >= PARALLEL;
    parts(out, TASK, parallel, &|i, part| {
        for (j, block) in part.chunks_mut(BLOCK).enumerate() {
            kernel(i * TASK + j * BLOCK, block);
        }
    });
}

/// Hands each part of `len` elements to `f(number, part)`, on all threads where that is worth while.
///
/// Everything that is parallel goes through here, behind a virtual call, so that it is compiled once per element type.
pub(crate) fn parts<T: Send>(out: &mut [T], len: usize, parallel: bool, f: &(dyn Fn(usize, &mut [T]) + Sync)) {
    let parts = out.chunks_mut(len.max(1)).enumerate();
    share(parts, parallel, &|(i, part)| f(i, part));
}

/// Hands each item to `f`, on all threads where that is worth while.
pub(crate) fn spread<T: Send>(items: Vec<T>, parallel: bool, f: &(dyn Fn(T) + Sync)) {
    share(items.into_iter(), parallel, f);
}

/// What went wrong in work that threads share. The others go on; of several failures any one is told.
#[derive(Default)]
pub(crate) struct Failure(OnceLock<Error>);

impl Failure {
    /// Takes note of a failure.
    pub(crate) fn note(&self, result: Result<()>) {
        if let Err(e) = result {
            let _ = self.0.set(e);
        }
    }

    /// # Errors
    /// What was noted.
    pub(crate) fn told(self) -> Result<()> {
        self.0.into_inner().map_or(Ok(()), Err)
    }
}

/// The calling thread works too, from the start: others join it when they have woken up.
fn share<T: Send>(items: impl ExactSizeIterator<Item = T> + Send, parallel: bool, f: &(dyn Fn(T) + Sync)) {
    let alone = !parallel || items.len() < 2;
    // Who asks for the number of threads starts them.
    let helpers = if alone { 0 } else { rayon::current_num_threads().min(items.len()).saturating_sub(1) };
    if helpers == 0 {
        return items.for_each(f);
    }
    let (left, caller) = (Mutex::new(items), cores::Caller::new());
    let work = |before: &dyn Fn()| {
        while let Some(item) = next(&left) {
            before();
            f(item);
        }
        settle();
    };
    rayon::in_place_scope(|scope| {
        let help = |_: &_| work(&|| caller.leave());
        (0..helpers).for_each(|_| scope.spawn(help));
        work(&|| caller.is_here());
    });
}

/// The lock is held for this alone, and nothing panics meanwhile.
fn next<I: Iterator>(items: &Mutex<I>) -> Option<I::Item> {
    items.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// `out[i] = f(i)` where one `f` costs as much as `cost` elements.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn each<T: Copy + Default + Send>(op: impl Into<Op>, n: usize, cost: usize, f: &(dyn Fn(usize) -> T + Sync)) -> Result<Vec<T>> {
    let mut out = filled(op, n, T::default())?;
    let task = (TASK / cost.max(1)).max(1);
    parts(&mut out, task, n > 1 && n.saturating_mul(cost) >= PARALLEL, &|i, part| {
        part.iter_mut().enumerate().for_each(|(j, o)| *o = f(i * task + j));
    });
    Ok(out)
}
