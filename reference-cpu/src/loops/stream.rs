//! The result of a loop: written where it is, or sent past the caches.
//!
//! A store to a line that is not in a cache reads the line first. Results larger than the caches are made block by block in the first
//! level and leave it by non-temporal stores, which do not read: a third less traffic for `add`.
#![allow(unsafe_code, reason = "non-temporal stores are intrinsics on pointers; each block states its condition")]
use super::grid::Tile;
use super::operand::Scratch;
use crate::memory::Plain;
use crate::simd::Simd;

/// The part of a result that a task writes.
pub(crate) struct Writer<'a, U> {
    out: &'a mut [U],
    streams: Option<(Simd, Box<Scratch<U>>)>,
}

impl<'a, U: Plain + Default> Writer<'a, U> {
    pub(super) fn new(simd: Simd, out: &'a mut [U], stream: bool) -> Self {
        Writer { out, streams: (stream && streams(simd)).then(|| (simd, Box::new(Scratch::new()))) }
    }

    /// Lets `f` write run `k` of a tile: all of it.
    #[inline]
    pub(crate) fn run<const N: usize>(&mut self, tile: &Tile<N>, k: usize, f: &mut dyn FnMut(&mut [U])) {
        let place = &mut self.out[tile.out + k * tile.pitch..][..tile.length];
        match &mut self.streams {
            Some((simd, scratch)) => {
                let block = scratch.slice(tile.length);
                f(block);
                send(*simd, block, place);
            }
            None => f(place),
        }
    }

    /// Writes run `k` of a tile: what `from` holds.
    #[inline]
    pub(crate) fn copy<const N: usize>(&mut self, tile: &Tile<N>, k: usize, from: &[U]) {
        let place = &mut self.out[tile.out + k * tile.pitch..][..tile.length];
        match &self.streams {
            Some((simd, _)) => send(*simd, from, place),
            None => place.copy_from_slice(from),
        }
    }

    /// The run itself, to be overwritten.
    pub(crate) fn old<const N: usize>(&mut self, tile: &Tile<N>, k: usize) -> &mut [U] {
        &mut self.out[tile.out + k * tile.pitch..][..tile.length]
    }
}

impl<U> Drop for Writer<'_, U> {
    fn drop(&mut self) {
        #[cfg(target_arch = "x86_64")]
        if self.streams.is_some() {
            // What was sent is seen by other threads before they hear that it is done.
            // SAFETY: every x86-64 processor has this instruction.
            unsafe { std::arch::x86_64::_mm_sfence() }
        }
    }
}

/// Whether there are non-temporal stores on this path.
fn streams(simd: Simd) -> bool {
    cfg!(target_arch = "x86_64") && simd.name() != Simd::baseline().name()
}

/// Copies past the caches. As long as each other.
fn send<T: Plain>(simd: Simd, from: &[T], to: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    {
        let start = to.as_ptr().align_offset(64).min(to.len());
        let lines = (to.len() - start) * size_of::<T>() / 64;
        let end = start + lines * 64 / size_of::<T>();
        to[..start].copy_from_slice(&from[..start]);
        to[end..].copy_from_slice(&from[end..]);
        let (source, target) = (from[start..end].as_ptr().cast::<u8>(), to[start..end].as_mut_ptr().cast::<u8>());
        // SAFETY: `target` is aligned to 64 bytes, both are `lines * 64` bytes long and do not overlap, for one is borrowed mutably.
        // `simd` proves that the processor has the instructions.
        unsafe {
            match simd.avx512() {
                Some(_) => send_512(source, target, lines),
                None => send_256(source, target, 2 * lines),
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = simd;
        to.copy_from_slice(from);
    }
}

/// # Safety
/// `to` is aligned to 64 bytes; both are valid for `lines * 64` bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn send_512(from: *const u8, to: *mut u8, lines: usize) {
    use std::arch::x86_64::{_mm512_loadu_si512, _mm512_stream_si512};
    for i in 0..lines {
        // SAFETY: inside of both, by the condition of this function.
        unsafe { _mm512_stream_si512(to.add(64 * i).cast(), _mm512_loadu_si512(from.add(64 * i).cast())) }
    }
}

/// # Safety
/// `to` is aligned to 32 bytes; both are valid for `halves * 32` bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
unsafe fn send_256(from: *const u8, to: *mut u8, halves: usize) {
    use std::arch::x86_64::{_mm256_loadu_si256, _mm256_stream_si256};
    for i in 0..halves {
        // SAFETY: inside of both, by the condition of this function.
        unsafe { _mm256_stream_si256(to.add(32 * i).cast(), _mm256_loadu_si256(from.add(32 * i).cast())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bytes_arrive() {
        let from: Vec<u16> = (0..1000).collect();
        for simd in Simd::available().into_iter().filter(|&s| streams(s)) {
            for (start, len) in [(0, 1000), (1, 999), (31, 40), (33, 3), (5, 0), (32, 32)] {
                let mut to = vec![0u16; 1000];
                send(simd, &from[start..start + len], &mut to[start..start + len]);
                assert!((0..1000).all(|i| to[i] == if (start..start + len).contains(&i) { i as u16 } else { 0 }), "{simd:?} {start} {len}");
            }
        }
    }
}
