//! Vectors of sort keys in registers of AVX2 or AVX-512.
mod avx2;
mod avx512;

/// Instructions that work on several keys at a time.
pub(super) trait Lanes<K>: Copy {
    /// A register of keys.
    type Vector: Copy;
    /// One answer for each lane.
    type Mask: Copy;
    /// Lanes of a register.
    const LANES: usize;

    /// Runs a function that was compiled for these instructions.
    fn vectorize<F: pulp::NullaryFnOnce>(self, f: F) -> F::Output;
    /// A register from the first `LANES` keys.
    #[inline(always)]
    fn load(self, from: &[K]) -> Self::Vector {
        self.load_by(
            from,
            #[inline(always)]
            |key| key,
        )
    }
    /// The same of what a function makes of them.
    fn load_by(self, from: &[K], f: impl Fn(K) -> K) -> Self::Vector;
    /// Writes a register over the first `LANES` keys.
    fn store(self, to: &mut [K], v: Self::Vector);
    /// A register from `LANES` keys at any address.
    ///
    /// # Safety
    /// The keys are there to be read.
    unsafe fn load_at(self, from: *const K) -> Self::Vector;
    /// Writes a register over `LANES` keys at any address.
    ///
    /// # Safety
    /// The keys are there to be written.
    unsafe fn store_at(self, to: *mut K, v: Self::Vector);
    /// The key in lane 0.
    fn first(self, v: Self::Vector) -> K;
    fn splat(self, key: K) -> Self::Vector;
    fn smaller(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn larger(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// The smaller and the larger of each lane.
    fn ordered(self, a: Self::Vector, b: Self::Vector) -> (Self::Vector, Self::Vector);
    /// Lanes where `a < b`.
    fn less(self, a: Self::Vector, b: Self::Vector) -> Self::Mask;
    /// A mask from one bit per lane, the lowest for lane 0.
    fn mask(self, lanes: u32) -> Self::Mask;
    /// The way back.
    fn lanes(self, mask: Self::Mask) -> u32;
    /// The opposite answer in the lanes given.
    fn turned(self, mask: Self::Mask, lanes: u32) -> Self::Mask;
    /// Lanes of `a`, or of `b` where the mask says so.
    fn blend(self, mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// The lanes given in front, the others behind them.
    fn divide(self, lanes: u32, v: Self::Vector) -> Self::Vector;
    /// Lane `i` of the result is lane `i ^ D`.
    fn exchange<const D: usize>(self, v: Self::Vector) -> Self::Vector;
    /// Lane `i` of the result is lane `i + by`, modulo `LANES`.
    fn rotate(self, v: Self::Vector, by: usize) -> Self::Vector;
    /// The lanes of two registers in turn: those of the first halves, those of the second halves.
    fn zip(self, a: Self::Vector, b: Self::Vector) -> (Self::Vector, Self::Vector);
}

/// The lanes that a permutation takes, as a constant.
macro_rules! index {
    ($t:ty, $n:literal, |$i:ident| $f:expr) => {{
        let mut index = [0 as $t; $n];
        let mut $i = 0;
        while $i < $n {
            index[$i] = ($f) as $t;
            $i += 1;
        }
        index
    }};
}
use index;

/// By the mask: lanes in it, then the others.
static DIVISIONS: [[u8; 8]; 256] = {
    let mut all = [[0; 8]; 256];
    let mut mask = 0u32;
    while mask < 256 {
        let (mut front, mut behind, mut lane) = (0, mask.count_ones(), 0);
        while lane < 8 {
            let to = if mask >> lane & 1 == 1 { &mut front } else { &mut behind };
            all[mask as usize][*to as usize] = lane;
            *to += 1;
            lane += 1;
        }
        mask += 1;
    }
    all
};
