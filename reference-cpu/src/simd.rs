//! Which instructions loops are compiled for: the portable baseline, AVX2 with FMA, or AVX-512, chosen at run time.
//!
//! Kernels are plain loops; [`Simd::run`] compiles the closure that it is given once for each set of instructions, and the compiler
//! vectorises it. So there is one source for all paths, and nothing that needs `unsafe`. What a closure calls has to be
//! `#[inline(always)]`, or it is compiled for the baseline only.
use std::fmt;

/// A set of vector instructions that this machine has.
#[derive(Clone, Copy)]
pub struct Simd(Option<Vectors>);

/// Vector instructions beyond the baseline. Other targets have none.
#[derive(Clone, Copy)]
pub(crate) enum Vectors {
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    #[cfg(target_arch = "x86_64")]
    Avx512(pulp::x86::V4),
}

/// Calls something for the instructions that there are, whichever they are.
#[cfg(target_arch = "x86_64")]
macro_rules! by_vectors {
    ($vectors:expr, $simd:ident => $call:expr) => {
        match $vectors {
            $crate::simd::Vectors::Avx2($simd) => $call,
            $crate::simd::Vectors::Avx512($simd) => $call,
        }
    };
}
#[cfg(target_arch = "x86_64")]
pub(crate) use by_vectors;

impl Simd {
    /// The widest that this machine has.
    pub fn best() -> Simd {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(v4) = pulp::x86::V4::try_new() {
                return Simd(Some(Vectors::Avx512(v4)));
            }
            if let Some(v3) = pulp::x86::V3::try_new() {
                return Simd(Some(Vectors::Avx2(v3)));
            }
        }
        Simd::baseline()
    }

    /// What every machine of the target has.
    pub fn baseline() -> Simd {
        Simd(None)
    }

    /// All that this machine has, the widest last.
    pub fn available() -> Vec<Simd> {
        let mut all = vec![Simd::baseline()];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(pulp::x86::V3::try_new().map(|v3| Simd(Some(Vectors::Avx2(v3)))));
            all.extend(pulp::x86::V4::try_new().map(|v4| Simd(Some(Vectors::Avx512(v4)))));
        }
        all
    }

    /// The name: `baseline`, `avx2`, `avx512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            None => "baseline",
            #[cfg(target_arch = "x86_64")]
            Some(Vectors::Avx2(_)) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Some(Vectors::Avx512(_)) => "avx512",
        }
    }

    /// For the few kernels that name them; `None` on the baseline.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn vectors(self) -> Option<Vectors> {
        self.0
    }

    /// Runs a closure that was compiled for these instructions.
    #[inline(always)]
    pub(crate) fn run<R>(self, f: impl FnOnce() -> R) -> R {
        match self.0 {
            None => f(),
            #[cfg(target_arch = "x86_64")]
            Some(Vectors::Avx2(v3)) => v3.vectorize(f),
            #[cfg(target_arch = "x86_64")]
            Some(Vectors::Avx512(v4)) => v4.vectorize(f),
        }
    }
}

/// Bytes of a line: what a cache takes at once.
pub(crate) const LINE: usize = 64;

/// Bytes between what is read and what is asked for meanwhile: some processors do not look ahead beyond a page.
pub(crate) const AHEAD: usize = 1 << 11;

/// The same where much is read and nothing written: first into the second cache, from so far ahead that memory has the time it needs, then
/// from there into the first, which has few places to wait in. With this one alone sums took 1.2 to 1.4 times as long, with the near one
/// alone longer still.
const FAR: usize = 1 << 14;

/// Whether to read memory in its order, and ask for what is read next. Intel's processors do not look ahead beyond a page. AMD's do, and what
/// they are asked for only keeps them from it: reading took a tenth longer. They look ahead in several places, though: two halves of 32 KiB
/// that are read at once take a quarter less time than one after the other.
#[inline(always)]
pub(crate) fn asks() -> bool {
    #[cfg(target_arch = "x86_64")]
    // Instructions that AMD alone has.
    return !std::is_x86_feature_detected!("sse4a");
    #[cfg(not(target_arch = "x86_64"))]
    true
}

/// Asks for the memory that lies behind this part, which is about to be read: where it goes on as it began.
#[inline(always)]
pub(crate) fn fetch_behind<T>(part: &[T]) {
    fetch_for(part, part.as_ptr().cast::<u8>().wrapping_add(FAR));
}

/// The same where what is read a while later, as many bytes, begins at `later`.
#[inline(always)]
pub(crate) fn fetch_for<T>(part: &[T], later: *const u8) {
    lines(part).for_each(
        #[inline(always)]
        |line| {
            ask::<SECOND>(later.wrapping_add(line as usize - part.as_ptr() as usize));
            fetch(line.wrapping_add(AHEAD));
        },
    );
}

/// Asks for the head of what begins at an address.
#[inline(always)]
pub(crate) fn fetch_at<T>(start: *const T, n: usize) {
    (0..(n * size_of::<T>()).min(AHEAD)).step_by(LINE).for_each(
        #[inline(always)]
        |line| fetch(start.cast::<u8>().wrapping_add(line)),
    );
}

/// The lines of memory that a part takes.
#[inline(always)]
pub(crate) fn lines<T>(part: &[T]) -> impl Iterator<Item = *const u8> {
    let start = part.as_ptr().cast::<u8>();
    (0..size_of_val(part)).step_by(LINE).map(
        #[inline(always)]
        move |at| start.wrapping_add(at),
    )
}

/// Asks for the line of memory at an address, which may be anywhere, where there is such an instruction.
#[inline(always)]
pub(crate) fn fetch(at: *const u8) {
    ask::<FIRST>(at);
}

/// The cache that a line is to come into.
#[cfg(target_arch = "x86_64")]
const FIRST: i32 = std::arch::x86_64::_MM_HINT_T0;
#[cfg(target_arch = "x86_64")]
const SECOND: i32 = std::arch::x86_64::_MM_HINT_T1;
#[cfg(not(target_arch = "x86_64"))]
const FIRST: i32 = 0;
#[cfg(not(target_arch = "x86_64"))]
const SECOND: i32 = 0;

#[inline(always)]
#[allow(unsafe_code, reason = "an intrinsic on a pointer that it does not follow")]
fn ask<const CACHE: i32>(at: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: this instruction reads nothing into the program and fails at no address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<CACHE>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Leaves the vector registers of this thread as compiled code expects them, which kernels in assembly (those of faer) do not: their upper
/// halves, in use, make scalar instructions such as those of `exp` in the C library more than thirty times as slow.
pub(crate) fn settle() {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx") {
        #[allow(unsafe_code, reason = "an intrinsic that only some processors have")]
        // SAFETY: this one has it. Compiled code keeps nothing in these halves over a call.
        unsafe {
            std::arch::x86_64::_mm256_zeroupper();
        }
    }
}

impl fmt::Debug for Simd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Default for Simd {
    fn default() -> Self {
        Simd::best()
    }
}
