//! Positions in order: key and position share 64 bits, and these are sorted. Positions make all of them distinct, so that the order is
//! stable whatever sorts them.
use super::keys::{Code, Key, Sortable};
use super::runs;
use crate::memory::{self, Means, PARALLEL, Store};
use crate::simd::Simd;
use array_protocol::{Op, Result};

/// Keys and positions in one word: the leading bits of the key above those of the position.
#[derive(Clone, Copy)]
struct Packing<K> {
    code: Code<K>,
    low: u64,
    /// Bits of a key that are left out.
    dropped: u32,
    /// Bits of a position.
    position: u32,
}

impl<K: Key> Packing<K> {
    /// For runs of `len` of these elements.
    fn new(op: Op, simd: Simd, bits: &(dyn Fn(usize, &mut [K]) + Sync), n: usize, len: usize, code: Code<K>) -> Result<Self> {
        const PIECE: usize = 1 << 16;
        let mut ends = memory::filled(op, n.div_ceil(PIECE), (K::LAST, K::FIRST))?;
        memory::parts(&mut ends, 1, n >= PARALLEL, &|i, ends| {
            let mut block = [K::FIRST; memory::BLOCK];
            let stop = n.min((i + 1) * PIECE);
            for start in (i * PIECE..stop).step_by(block.len()) {
                let block = &mut block[..memory::BLOCK.min(stop - start)];
                bits(start, block);
                simd.run(
                    #[inline(always)]
                    || {
                        for key in block.iter() {
                            let key = key.encode_equal(code);
                            ends[0] = (ends[0].0.min(key), ends[0].1.max(key));
                        }
                    },
                );
            }
        });
        let (low, high) = ends.into_iter().fold((K::LAST, K::FIRST), |(a, b), (c, d)| (a.min(c), b.max(d)));
        let used = 64 - high.wide().saturating_sub(low.wide()).leading_zeros();
        let position = 64 - (len as u64).leading_zeros();
        Ok(Packing { code, low: low.wide(), dropped: (used + position).saturating_sub(64), position })
    }

    #[inline(always)]
    fn pack(self, bits: K, position: usize) -> u64 {
        (((bits.encode_equal(self.code).wide() - self.low) >> self.dropped) << self.position) | position as u64
    }

    fn position(self, packed: u64) -> usize {
        (packed & ((1 << self.position) - 1)) as usize
    }

    /// Puts into order what the dropped bits tell apart.
    fn settle(self, bits: impl Fn(usize) -> K, packed: &mut [u64]) {
        let same = |a: &u64, b: &u64| a >> self.position == b >> self.position;
        for tied in packed.chunk_by_mut(same).filter(|tied| tied.len() > 1) {
            tied.sort_unstable_by_key(|&p| (bits(self.position(p)).encode_equal(self.code), p));
        }
    }
}

/// For each run of `len` elements the positions that sort it.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn argsort<T: Sortable>(with: Means<'_>, op: Op, from: &[T], len: usize, code: Code<T::Key>) -> Result<Store<i64>> {
    let simd = with.simd;
    let bits = |start: usize, block: &mut [T::Key]| {
        block.iter_mut().zip(&from[start..]).for_each(|(bits, element)| *bits = element.bits());
    };
    let packing = Packing::new(op, simd, &bits, from.len(), len, code)?;
    let packed = memory::produce(with, op, from.len(), &|start, block: &mut [u64]| {
        simd.run(
            #[inline(always)]
            || {
                let (mut from, mut block, mut position) = (&from[start..], block, start % len);
                // A block may hold the end of one run and more runs behind it.
                while !block.is_empty() {
                    let count = block.len().min(len - position);
                    let (now, later) = block.split_at_mut(count);
                    for (i, (packed, element)) in now.iter_mut().zip(from).enumerate() {
                        *packed = packing.pack(element.bits(), position + i);
                    }
                    (from, block, position) = (&from[count..], later, 0);
                }
            },
        );
    })?;
    let mut out = Store::<i64>::new(with, op, from.len())?;
    let sorted: &mut [u64] = bytemuck::cast_slice_mut(&mut out);
    runs::sort(simd, &packed, sorted, len, Code::unsigned());
    drop(packed);
    if packing.dropped > 0 {
        memory::parts(sorted, len, from.len() >= PARALLEL && from.len() > len, &|i, run| {
            packing.settle(|position| from[i * len + position].bits(), run);
        });
    }
    memory::rewrite(sorted, &|_, block| block.iter_mut().for_each(|p| *p = packing.position(*p) as u64));
    Ok(out)
}
