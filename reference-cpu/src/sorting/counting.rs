//! Sorts elements of 8 and 16 bits: by counting where a run is long enough, else as wider keys.
use super::keys::{Code, Key, Sortable};
use super::runs;
use crate::memory::{self, Means, PARALLEL, Store};
use array_protocol::{Op, Result};

/// Sorts each run of `len` elements from one place to another.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn sort<T: Sortable>(with: Means<'_>, op: Op, from: &[T], to: &mut [T], len: usize, code: Code<T::Key>) -> Result<()> {
    let values = 1 << (8 * size_of::<T>());
    if len < values / 4 {
        return sort_widened(with, op, from, to, len, code);
    }
    // Keys are consecutive; the smallest is that of an end of the range of signed or unsigned numbers.
    let ends = [0, values / 2 - 1, values / 2, values - 1].map(|bits| T::from_bits(T::Key::from_index(bits)).bits().encode(code));
    let low = ends.into_iter().fold(T::Key::LAST, T::Key::min).wide() as usize;
    let place = |element: T| (element.bits().encode(code).wide() as usize).wrapping_sub(low) % values;
    for (from, to) in from.chunks(len).zip(to.chunks_mut(len)) {
        let mut pieces: Vec<(&[T], Vec<u32>)> = Vec::new();
        let piece = len.div_ceil(rayon::current_num_threads()).max(PARALLEL).min(u32::MAX as usize);
        for from in from.chunks(piece) {
            pieces.push((from, memory::filled(op, values, 0u32)?));
        }
        memory::parts(&mut pieces, 1, len > piece, &|_, pieces| {
            for (from, counts) in pieces {
                from.iter().for_each(|&element| counts[place(element)] += 1);
            }
        });
        let mut rest = to;
        for i in 0..values {
            let count = pieces.iter().map(|(_, counts)| counts[i] as usize).sum::<usize>().min(rest.len());
            let (equal, after) = rest.split_at_mut(count);
            equal.fill(T::from_bits(T::Key::from_index(low + i).decode(code)));
            rest = after;
        }
    }
    Ok(())
}

fn sort_widened<T: Sortable>(with: Means<'_>, op: Op, from: &[T], to: &mut [T], len: usize, code: Code<T::Key>) -> Result<()> {
    let wide = memory::produce(with, op, from.len(), &|start, block: &mut [T::Key]| {
        block.iter_mut().zip(&from[start..]).for_each(|(wide, &element)| *wide = element.bits());
    })?;
    let mut sorted = Store::new(with, op, from.len())?;
    runs::sort(with.simd, &wide, &mut sorted, len, code);
    memory::rewrite(to, &|start, block| {
        block.iter_mut().zip(&sorted[start..]).for_each(|(element, &bits)| *element = T::from_bits(bits));
    });
    Ok(())
}
