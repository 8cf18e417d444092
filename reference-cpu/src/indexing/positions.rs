//! Positions on one axis by an array of integers, checked as they are read: who reads gives up at the first that is outside, who writes
//! has all of them checked before.
use crate::Cpu;
use crate::array::{CpuArray, wrong_dtype};
use crate::memory::BLOCK;
use crate::simd::{Simd, fetch_at};
use array_protocol::{Error, ErrorKind, IndexingOp, Result, Shape};
use std::borrow::Cow;
use std::fmt::Display;

/// An axis that positions lie on.
#[derive(Clone, Copy)]
pub(super) struct Along {
    pub(super) len: usize,
    pub(super) stride: isize,
}

/// An array of positions.
pub(super) trait Positions: Sync {
    /// Overwrites a block by the places of the positions from number `start` on. `false`: one is outside of the axis, and the places are none.
    fn places(&self, start: usize, block: &mut [isize]) -> bool;

    /// The error of the first position that is outside of the axis.
    fn outside(&self) -> Option<Error>;
}

/// # Errors
/// `Dtype`, `OutOfMemory`.
pub(super) fn positions<'a>(b: &Cpu, op: IndexingOp, indices: &'a CpuArray, along: Along, of: &Shape) -> Result<Box<dyn Positions + 'a>> {
    array_protocol::dispatch_dtype!(indices.dtype(), in [i8, i16, i32, i64, u8, u16, u32, u64],
        T => Ok(Box::new(Entries { simd: b.simd(), op, entries: indices.elements::<T>(op)?, along, of: of.clone() })),
        else => Err(wrong_dtype(op, &[indices.dtype()]).detail("an index array holds integers or truth values")))
}

/// An integer as a position; negative ones count from the end.
trait Entry: Copy + Display + Sync {
    fn inside(self, len: usize) -> bool;
    fn place(self, along: Along) -> isize;
}

macro_rules! entries {
    ($($t:ty)*) => { $( impl Entry for $t {
        #[inline(always)]
        #[allow(clippy::unnecessary_cast, reason = "one of them is the type that it is cast to")]
        fn inside(self, len: usize) -> bool {
            if <$t>::MIN == 0 {
                (self as u64) < len as u64
            } else {
                len > 0 && (self as i64).wrapping_add(len as i64) as u64 <= (len as u64 * 2).wrapping_sub(1)
            }
        }
        #[inline(always)]
        #[allow(clippy::unnecessary_cast, reason = "one of them is the type that it is cast to")]
        fn place(self, along: Along) -> isize {
            let i = self as isize;
            along.stride.wrapping_mul(if i < 0 { i.wrapping_add(along.len as isize) } else { i })
        }
    } )* };
}
entries! { i8 i16 i32 i64 u8 u16 u32 u64 }

struct Entries<'a, T: Copy> {
    simd: Simd,
    op: IndexingOp,
    entries: Cow<'a, [T]>,
    along: Along,
    /// The shape of the array that is indexed.
    of: Shape,
}

impl<T: Entry> Positions for Entries<'_, T> {
    fn places(&self, start: usize, block: &mut [isize]) -> bool {
        if let Some(next) = self.entries.get(start + block.len()..) {
            fetch_at(next.as_ptr(), next.len());
        }
        self.simd.run(
            #[inline(always)]
            || {
                let mut good = true;
                for (p, &i) in block.iter_mut().zip(&self.entries[start..]) {
                    good &= i.inside(self.along.len);
                    *p = i.place(self.along);
                }
                good
            },
        )
    }

    fn outside(&self) -> Option<Error> {
        let len = self.along.len;
        let inside = |block: &[T]| {
            self.simd.run(
                #[inline(always)]
                || block.iter().fold(true, |good, i| good & i.inside(len)),
            )
        };
        let block = self.entries.chunks(BLOCK).find(|block| !inside(block))?;
        let i = block.iter().find(|i| !i.inside(len))?;
        Some(Error::new(ErrorKind::Index, self.op).shapes(&[&self.of]).detail(format!("index {i} on an axis of length {len}")))
    }
}
