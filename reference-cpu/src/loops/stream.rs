//! The result of a loop: written where it is, or sent past the caches.
//!
//! A store to a line that is not in a cache reads the line first. Results larger than the caches are made block by block in the first
//! level and leave it by non-temporal stores, which do not read: a third less traffic for `add`.
#![allow(unsafe_code, reason = "non-temporal stores are intrinsics on pointers; each block states its condition")]
use super::grid::Tile;
use super::operand::Scratch;
use crate::memory::Plain;
#[cfg(target_arch = "x86_64")]
use crate::simd::Vectors;
use crate::simd::{LINE, Simd, fetch};

/// Memory that will be read: while results wait to be written, nothing else would be.
#[derive(Clone, Copy)]
pub(crate) struct Next {
    pub(super) at: *const u8,
    /// Of what is read for one element of the result.
    pub(super) bytes: usize,
}

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
    pub(crate) fn run<const N: usize, const M: usize>(&mut self, tile: &Tile<N>, k: usize, next: [Next; M], f: &mut dyn FnMut(&mut [U])) {
        let place = &mut self.out[tile.out + k * tile.pitch..][..tile.length];
        match &mut self.streams {
            Some((simd, scratch)) => {
                let block = scratch.slice(tile.length);
                f(block);
                send(*simd, block, place, next);
            }
            None => f(place),
        }
    }

    /// Writes run `k` of a tile: what `from` holds. Asks meanwhile for as much from `next` on, where that is given.
    #[inline]
    pub(crate) fn copy<const N: usize>(&mut self, tile: &Tile<N>, k: usize, from: &[U], next: Option<(Simd, *const U)>) {
        let place = &mut self.out[tile.out + k * tile.pitch..][..tile.length];
        match (&self.streams, next) {
            (Some((simd, _)), None) => send(*simd, from, place, []),
            (Some((simd, _)), Some((_, next))) => send(*simd, from, place, [Next { at: next.cast(), bytes: size_of::<U>() }]),
            (None, None) => place.copy_from_slice(from),
            (None, Some((simd, next))) => copy_before(simd, from, place, next.cast()),
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

/// Copies, line by line, and asks for as much from `next` on meanwhile. As long as each other.
fn copy_before<T: Plain>(simd: Simd, from: &[T], to: &mut [T], next: *const u8) {
    simd.run(
        #[inline(always)]
        || {
            let line = LINE / size_of::<T>().clamp(1, LINE);
            let lines = from.len() / line;
            let ((from, rest), (to, end)) = (from.split_at(lines * line), to.split_at_mut(lines * line));
            for (i, (to, from)) in to.chunks_exact_mut(line).zip(from.chunks_exact(line)).enumerate() {
                fetch(next.wrapping_add(LINE * i));
                to.copy_from_slice(from);
            }
            end.copy_from_slice(rest);
        },
    );
}

/// Copies past the caches, and asks for what is read next meanwhile. As long as each other.
fn send<T: Plain, const M: usize>(simd: Simd, from: &[T], to: &mut [T], next: [Next; M]) {
    #[cfg(target_arch = "x86_64")]
    {
        let start = to.as_ptr().align_offset(LINE).min(to.len());
        let lines = (to.len() - start) * size_of::<T>() / LINE;
        let end = start + lines * LINE / size_of::<T>();
        to[..start].copy_from_slice(&from[..start]);
        to[end..].copy_from_slice(&from[end..]);
        let (source, target) = (from[start..end].as_ptr().cast::<u8>(), to[start..end].as_mut_ptr().cast::<u8>());
        // For each line that is sent: how many bytes of each operand its elements were made of.
        let next = next.map(|n| Next { bytes: n.bytes * LINE / size_of::<T>(), ..n });
        // SAFETY: `target` is aligned to 64 bytes, both are `lines * 64` bytes long and do not overlap, for one is borrowed mutably.
        // `simd` proves that the processor has the instructions.
        unsafe {
            match simd.vectors() {
                Some(Vectors::Avx512(_)) => send_512(source, target, lines, next),
                _ => send_256(source, target, lines, next),
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (simd, next.map(|n| (n.at, n.bytes)));
        to.copy_from_slice(from);
    }
}

/// Asks for what is read for line `i`.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn ask<const M: usize>(next: [Next; M], i: usize) {
    for Next { at, bytes } in next {
        let start = at.wrapping_add(i * bytes);
        // Without a question for the commonest case, which took a fifteenth of `where`.
        fetch(start);
        let mut line = 64;
        while line < bytes {
            fetch(start.wrapping_add(line));
            line += 64;
        }
    }
}

/// # Safety
/// `to` is aligned to 64 bytes; both are valid for `lines * 64` bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn send_512<const M: usize>(from: *const u8, to: *mut u8, lines: usize, next: [Next; M]) {
    use std::arch::x86_64::{_mm512_loadu_si512, _mm512_stream_si512};
    for i in 0..lines {
        ask(next, i);
        // SAFETY: inside of both, by the condition of this function.
        unsafe { _mm512_stream_si512(to.add(64 * i).cast(), _mm512_loadu_si512(from.add(64 * i).cast())) }
    }
}

/// # Safety
/// As of [`send_512`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
unsafe fn send_256<const M: usize>(from: *const u8, to: *mut u8, lines: usize, next: [Next; M]) {
    use std::arch::x86_64::{_mm256_loadu_si256, _mm256_stream_si256};
    for i in 0..lines {
        ask(next, i);
        for at in [64 * i, 64 * i + 32] {
            // SAFETY: inside of both, by the condition of this function.
            unsafe { _mm256_stream_si256(to.add(at).cast(), _mm256_loadu_si256(from.add(at).cast())) }
        }
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
                let next = [Next { at: from.as_ptr().cast(), bytes: 1 }, Next { at: to.as_ptr().cast(), bytes: 8 }];
                send(simd, &from[start..start + len], &mut to[start..start + len], next);
                assert!((0..1000).all(|i| to[i] == if (start..start + len).contains(&i) { i as u16 } else { 0 }), "{simd:?} {start} {len}");
            }
        }
    }
}
