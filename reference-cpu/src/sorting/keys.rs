//! Elements as unsigned keys in the same order, so that there is one kernel per width.
#[cfg(target_arch = "x86_64")]
use super::quick::Vectorised;
use crate::array::Typed;
use bytemuck::Pod;

#[cfg(not(target_arch = "x86_64"))]
pub(super) trait Vectorised {}

/// Keys that kernels sort: `u32`, `u64`.
pub(super) trait Key: Typed + Pod + Ord + Default + Send + Sync + Vectorised {
    /// The smallest key.
    const FIRST: Self;
    /// The largest key.
    const LAST: Self;

    /// The key in 64 bits.
    fn wide(self) -> u64;
    /// The lower bits of a number as a key.
    fn from_index(index: usize) -> Self;
    /// Element bits to key.
    fn encode(self, code: Code<Self>) -> Self;
    /// Key to element bits.
    fn decode(self, code: Code<Self>) -> Self;
    /// Element bits to a key that elements share which are equal, and all NaN.
    fn encode_equal(self, code: Code<Self>) -> Self;
}

/// How bits of elements become keys. Nothing is lost: every NaN and both zeros have keys of their own.
///
/// In ascending order a key is `(bits ^ top ^ (negative if the sign is set)) - bias`; for descending order it is complemented.
/// Floats turn their other bits where the sign is set; the bias moves NaN with a sign from the bottom to the top.
#[derive(Clone, Copy)]
pub(super) struct Code<K> {
    top: K,
    negative: K,
    bias: K,
    flip: K,
    /// The key of `-0`, and what leads from it to that of `+0`.
    zero: K,
    step: K,
    /// The key that all NaN share where equal elements share keys.
    cap: K,
}

impl<K: Key> Code<K> {
    /// Bits that are keys already.
    pub(super) fn unsigned() -> Self {
        Code { top: K::FIRST, negative: K::FIRST, bias: K::FIRST, flip: K::FIRST, zero: K::FIRST, step: K::FIRST, cap: K::LAST }
    }

    /// The same for the opposite order, if so wanted.
    pub(super) fn directed(mut self, descending: bool) -> Self {
        self.flip = if descending { K::LAST } else { K::FIRST };
        self
    }
}

macro_rules! key {
    ($($t:ty, $signed:ty, $float:ty);*) => { $(
        impl Key for $t {
            const FIRST: Self = 0;
            const LAST: Self = <$t>::MAX;

            #[inline(always)]
            fn wide(self) -> u64 {
                self.into()
            }
            #[inline(always)]
            fn from_index(index: usize) -> Self {
                index as $t
            }
            #[inline(always)]
            fn encode(self, code: Code<Self>) -> Self {
                let sign = (self as $signed >> (<$t>::BITS - 1)) as $t;
                (self ^ code.top ^ (sign & code.negative)).wrapping_sub(code.bias) ^ code.flip
            }
            #[inline(always)]
            fn decode(self, code: Code<Self>) -> Self {
                let bits = (self ^ code.flip).wrapping_add(code.bias);
                let sign = !((bits as $signed >> (<$t>::BITS - 1)) as $t);
                bits ^ code.top ^ (sign & code.negative)
            }
            #[inline(always)]
            fn encode_equal(self, code: Code<Self>) -> Self {
                let key = self.encode(code) ^ code.flip;
                let key = if key == code.zero { key.wrapping_add(code.step) } else { key };
                key.min(code.cap) ^ code.flip
            }
        }

        impl Code<$t> {
            const SIGN: $t = 1 << (<$t>::BITS - 1);

            fn signed() -> Self {
                Code { top: Self::SIGN, ..Code::unsigned() }
            }
            fn float() -> Self {
                let infinity = <$float>::INFINITY.to_bits();
                // NaN with a sign, of which there are as many as bit patterns above infinity.
                let bias = Self::SIGN - 1 - infinity;
                let code = Code { top: Self::SIGN, negative: !Self::SIGN, bias, ..Code::unsigned() };
                Code { zero: Self::SIGN.encode(code), step: 1, cap: infinity.encode(code) + 1, ..code }
            }
        }
    )* };
}
key!(u32, i32, f32; u64, i64, f64);

/// Elements that have an order.
pub(super) trait Sortable: Typed + Pod + PartialOrd {
    /// The keys: of the same width, or of 32 bits for less.
    type Key: Key;

    fn code() -> Code<Self::Key>;
    fn bits(self) -> Self::Key;
    fn from_bits(bits: Self::Key) -> Self;
    /// Whether elements may be equal and yet differ in bits.
    const FLOAT: bool;
    /// A NaN.
    fn is_nan(self) -> bool;
}
macro_rules! sortable_types {
    ($($t:ty as $key:ty, $code:ident);*) => { $(
        impl Sortable for $t {
            type Key = $key;
            const FLOAT: bool = false;
            fn code() -> Code<$key> {
                Code::<$key>::$code()
            }
            #[inline(always)]
            fn bits(self) -> $key {
                self as $key
            }
            #[inline(always)]
            fn from_bits(bits: $key) -> Self {
                bits as $t
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                false
            }
        }
    )* };
    (float $($t:ty as $key:ty);*) => { $(
        impl Sortable for $t {
            type Key = $key;
            const FLOAT: bool = true;
            fn code() -> Code<$key> {
                Code::<$key>::float()
            }
            #[inline(always)]
            fn bits(self) -> $key {
                self.to_bits()
            }
            #[inline(always)]
            fn from_bits(bits: $key) -> Self {
                <$t>::from_bits(bits)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                self.is_nan()
            }
        }
    )* };
}
sortable_types!(i8 as u32, signed; i16 as u32, signed; i32 as u32, signed; i64 as u64, signed; u8 as u32, unsigned; u16 as u32, unsigned; u32 as u32, unsigned; u64 as u64, unsigned);
sortable_types!(float f32 as u32; f64 as u64);
