//! Decompositions by blocks of columns: what a block does to the columns behind it is done in pieces, on all threads. Nobody waits for a
//! block to be through with all pieces: as soon as the next block is, it is decomposed, while other threads still work on the pieces behind.
use super::{Pieces, Wide};
use crate::memory::{self, Failure};
use array_protocol::Result;
use faer::MatMut;
use faer::prelude::ReborrowMut;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Blocks of columns that one task works on.
const PIECE: usize = 2;
/// Looks at what another thread is about to finish before the system may give the core to somebody else.
const LOOKS: usize = 1 << 12;

/// What is done to a matrix, block by block. Blocks and pieces are given with the rows from the block's diagonal on.
pub(super) struct Steps<'a, W: Wide, B> {
    /// Columns of a block.
    pub(super) width: usize,
    /// Decomposes a block.
    pub(super) decompose: &'a (dyn Fn(MatMut<'_, W>) -> Result<B> + Sync),
    /// Does what a block does to columns behind it.
    pub(super) apply: &'a (dyn Fn(&B, MatMut<'_, W>) -> Result<()> + Sync),
}

/// A piece of the columns, and how many blocks have been applied to it.
struct Piece<'a, W: Wide> {
    columns: Mutex<MatMut<'a, W>>,
    done: AtomicUsize,
}

/// Decomposes the first `n` columns, block by block.
///
/// Tasks are taken in order, block by block and piece by piece in each, so that what a task waits for is in the hands of a thread that
/// works on it. They are short, hence nobody sleeps: to wake up takes longer on many machines.
///
/// # Errors
/// Those of the steps.
pub(super) fn run<W: Wide, B: Send + Sync>(matrix: MatMut<'_, W>, n: usize, parallel: bool, steps: &Steps<'_, W, B>) -> Result<Vec<B>> {
    let (total, length) = (matrix.ncols(), PIECE * steps.width);
    let piece = |columns| Piece { columns: Mutex::new(columns), done: AtomicUsize::new(0) };
    let pieces: Vec<_> = Pieces(matrix, length).map(piece).collect();
    let count = n.div_ceil(steps.width);
    let blocks: Vec<OnceLock<Result<B>>> = (0..count).map(|_| OnceLock::new()).collect();
    let decompose = |block: usize, columns: MatMut<'_, W>| {
        let start = block * steps.width;
        let width = steps.width.min(n - start);
        let at = start % length;
        let result = (steps.decompose)(columns.get_mut(start.., at..at + width));
        // Nobody else decomposes it.
        let _ = blocks[block].set(result);
    };
    if let (Some(first), true) = (pieces.first(), count > 0) {
        decompose(0, first.columns.lock().unwrap_or_else(PoisonError::into_inner).rb_mut());
    }
    let tasks = (0..count).flat_map(|block| {
        let behind = ((block + 1) * steps.width).min(n);
        (behind / length..total.div_ceil(length)).map(move |piece| (block, piece, behind.saturating_sub(piece * length)))
    });
    let failure = Failure::default();
    memory::spread(tasks.collect(), parallel, &|(block, piece, from): (usize, usize, usize)| {
        let Piece { columns, done } = &pieces[piece];
        let result = awaited(|| blocks[block].get());
        awaited(|| (done.load(Ordering::Acquire) == block).then_some(()));
        let mut columns = columns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(result) = result
            && from < columns.ncols()
        {
            failure.note((steps.apply)(result, columns.rb_mut().get_mut(block * steps.width.., from..)));
        }
        let next = block + 1;
        if next < count && next / PIECE == piece {
            decompose(next, columns.rb_mut());
        }
        done.store(next, Ordering::Release);
    });
    failure.told()?;
    blocks.into_iter().filter_map(OnceLock::into_inner).collect()
}

/// What a look finds at last.
fn awaited<R>(look: impl Fn() -> Option<R>) -> R {
    loop {
        for _ in 0..LOOKS {
            if let Some(found) = look() {
                return found;
            }
            spin_loop();
        }
        std::thread::yield_now();
    }
}
