//! Memory from the system: aligned, zeroed, in huge pages where it is large. The only place that handles raw memory.
#![allow(unsafe_code, reason = "the edge to the allocator and to mmap; each block states its condition")]
use std::alloc::{self, Layout};
use std::ptr::NonNull;

/// Alignment of all memory, in bytes: a cache line, which is also the widest vector.
const LINE: usize = 64;
/// A huge page, in bytes.
pub(super) const HUGE: usize = 2 << 20;
/// From this many bytes on memory is mapped, in huge pages: page faults on small pages cost more than a pass over the data.
pub(super) const MAPPED: usize = HUGE;

/// Types any bytes of which are a value, and `bool`, whose memory is never mixed with that of others (see `Pool`).
///
/// # Safety
/// No padding, no destructor, alignment at most 64; all-zero bytes are a value.
pub(crate) unsafe trait Plain: Copy + Send + Sync + 'static {}
macro_rules! plain {
    ($($t:ty),*) => { $(
        // SAFETY: numbers, and `bool` of which 0 is a value.
        unsafe impl Plain for $t {}
    )* };
}
plain!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, num_complex::Complex<f32>, num_complex::Complex<f64>);

/// A piece of memory. Its bytes are initialised: zero at first, then what its users left in it.
pub(super) struct Pages {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: `Pages` owns its memory and gives it out by the rules of borrowing.
unsafe impl Send for Pages {}
// SAFETY: as above.
unsafe impl Sync for Pages {}

impl Pages {
    /// Zeroed memory; `bytes` is not 0, and a multiple of 2 MiB from [`MAPPED`] on. `None`: there is none.
    pub(super) fn new(bytes: usize) -> Option<Pages> {
        let start = if bytes >= MAPPED { map(bytes)? } else { Self::heap(bytes)? };
        Some(Pages { start, bytes })
    }

    fn heap(bytes: usize) -> Option<NonNull<u8>> {
        let layout = Layout::from_size_align(bytes, LINE).ok().filter(|l| l.size() > 0)?;
        // SAFETY: the size is not 0.
        NonNull::new(unsafe { alloc::alloc_zeroed(layout) })
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The first `len` values.
    ///
    /// # Panics
    /// If there are not so many.
    pub(super) fn values<T: Plain>(&self, len: usize) -> &[T] {
        assert!(len <= self.bytes / size_of::<T>());
        // SAFETY: the memory is aligned for every `Plain` type, long enough, initialised, and its bytes are values of `T`: any bytes
        // are, and the pool hands memory of `bool` to `bool` only. `self` is borrowed as long as the slice.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().cast(), len) }
    }

    /// The first `len` values, to write.
    ///
    /// # Panics
    /// If there are not so many.
    pub(super) fn values_mut<T: Plain>(&mut self, len: usize) -> &mut [T] {
        assert!(len <= self.bytes / size_of::<T>());
        // SAFETY: as in `values`; `self` is borrowed mutably as long as the slice.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr().cast(), len) }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        if self.bytes >= MAPPED {
            unmap(self.start, self.bytes);
        } else if let Ok(layout) = Layout::from_size_align(self.bytes, LINE) {
            // SAFETY: `heap` got it with this layout.
            unsafe { alloc::dealloc(self.start.as_ptr(), layout) }
        }
    }
}

#[cfg(unix)]
mod mapped {
    use super::HUGE;
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
    use std::ptr::{NonNull, null_mut};

    /// Zeroed memory that starts at a multiple of a huge page.
    pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
        let whole = bytes.checked_add(HUGE)?;
        // SAFETY: a new private mapping at an address of the system's choice touches no memory of anybody.
        let start = unsafe { mmap_anonymous(null_mut(), whole, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) }.ok()?;
        let ahead = start.align_offset(HUGE);
        if ahead >= HUGE {
            return None;
        }
        let start = start.cast::<u8>();
        for (from, length) in [(0, ahead), (ahead + bytes, HUGE - ahead)] {
            if length > 0 {
                // SAFETY: the two ends of the mapping, outside of the part that is kept; `bytes` is a multiple of the page.
                let _ = unsafe { munmap(start.wrapping_add(from).cast(), length) };
            }
        }
        let kept = NonNull::new(start.wrapping_add(ahead))?;
        #[cfg(target_os = "linux")]
        // SAFETY: advice on the mapping that was just made; a kernel without huge pages refuses it, which changes nothing.
        let _ = unsafe { rustix::mm::madvise(kept.as_ptr().cast(), bytes, rustix::mm::Advice::LinuxHugepage) };
        Some(kept)
    }

    pub(super) fn unmap(start: NonNull<u8>, bytes: usize) {
        // SAFETY: `map` made this mapping, and its owner goes away.
        let _ = unsafe { munmap(start.as_ptr().cast(), bytes) };
    }
}

#[cfg(not(unix))]
mod mapped {
    use super::{HUGE, Layout, NonNull, alloc};

    pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
        let layout = Layout::from_size_align(bytes, HUGE).ok().filter(|l| l.size() > 0)?;
        // SAFETY: the size is not 0.
        NonNull::new(unsafe { alloc::alloc_zeroed(layout) })
    }

    pub(super) fn unmap(start: NonNull<u8>, bytes: usize) {
        if let Ok(layout) = Layout::from_size_align(bytes, HUGE) {
            // SAFETY: `map` got it with this layout.
            unsafe { alloc::dealloc(start.as_ptr(), layout) }
        }
    }
}
use mapped::{map, unmap};
