//! The loops of all reductions: blocks of elements, and the order in which their partial results are joined.
//!
//! Where the elements of one result lie closer than the results do, each result is made of runs; where it is the other way round, rows
//! of results grow together, column by column. Elements that do not lie side by side are packed block by block. A result of many elements
//! is cut into spans, spans into leaves; leaves and spans are joined pairwise. All sizes are fixed by the shape and the strides, so that
//! the bits depend neither on the number of threads nor on the order in which they work.
use super::fold::{Block, Fold, LEAF};
use super::plan::Plan;
use super::walk::Walk;
use crate::array::Typed;
use crate::memory::{self, PARALLEL};
use array_protocol::{Op, Result};
use smallvec::SmallVec;

/// Leaves of one span, which one task reduces alone: of runs, and of rows.
const LEAVES: usize = 8;
const ROW_LEAVES: usize = 8;
/// Rows with fewer columns are laid together, as one row, until they have `WIDE`.
const NARROW: usize = 64;
const WIDE: usize = 256;
/// Columns that are packed at once.
const PACKED: usize = 256;
/// Elements that are worth a task.
const TASK: usize = 1 << 16;

/// One reduction of one buffer.
struct Drive<'a, T, A> {
    data: &'a [T],
    plan: &'a Plan,
    fold: &'a dyn Fold<T, A>,
    columns: bool,
    /// Elements of a result that one task sees at most.
    span: usize,
}

/// Memory of one task.
struct Scratch<T, A> {
    packed: Vec<T>,
    stack: Vec<A>,
}

/// The results: `finish` makes them of complete partial results.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn fold<T: Typed, A: Copy + Send + Sync, U: Copy + Default + Send>(
    op: impl Into<Op>,
    data: &[T],
    plan: &Plan,
    fold: &dyn Fold<T, A>,
    finish: &(dyn Fn(&[A], &mut [U]) + Sync),
) -> Result<Vec<U>> {
    let op = op.into();
    let mut out = memory::filled(op, plan.outputs, U::default())?;
    if plan.len == 0 || plan.outputs == 0 {
        for o in &mut out {
            finish(&[fold.nothing()], std::slice::from_mut(o));
        }
        return Ok(out);
    }
    // The commonest case first, and with the least to do: all of a short array.
    if let (1, Some(width)) = (plan.outputs, plan.straight().filter(|&n| n <= LEAF)) {
        let mut sum = [fold.nothing()];
        fold.runs(&Block { data, starts: &[plan.start], width, at: 0 }, &mut sum);
        finish(&sum, &mut out);
        return Ok(out);
    }
    let drive = Drive::new(data, plan, fold);
    let parallel = plan.outputs.saturating_mul(plan.len) >= PARALLEL;
    let spans = plan.len.div_ceil(drive.span);
    let tile = if drive.columns { fold.tile() } else { LEAF / 8 };
    let cost = plan.len.min(drive.span);
    let task = if drive.columns { tile * (TASK / (tile * cost)).max(1) } else { (TASK / cost).max(1) };
    if spans == 1 {
        memory::parts(&mut out, task, parallel && plan.outputs > task, &|i, part| {
            let mut scratch = Scratch { packed: Vec::new(), stack: Vec::new() };
            let mut sums: SmallVec<[A; 4]> = smallvec::smallvec![fold.nothing(); tile.min(part.len())];
            for (k, part) in part.chunks_mut(tile).enumerate() {
                let sums = &mut sums[..part.len()];
                drive.piece(0, i * task + k * tile, sums, &mut scratch);
                finish(sums, part);
            }
        });
        return Ok(out);
    }
    let n = plan.outputs;
    let mut sums = memory::filled(op, memory::size(op, &[spans, n].into_iter().collect())?, fold.nothing())?;
    memory::parts(&mut sums, task, parallel, &|i, mut part| {
        let mut scratch = Scratch { packed: Vec::new(), stack: Vec::new() };
        let mut at = i * task;
        while !part.is_empty() {
            let (span, first) = (at / n, at % n);
            let len = (n - first).min(tile).min(part.len());
            let (piece, rest) = part.split_at_mut(len);
            drive.piece(span, first, piece, &mut scratch);
            at += piece.len();
            part = rest;
        }
    });
    let mut step = 1;
    while step < spans {
        for s in (0..spans - step).step_by(2 * step) {
            let (left, right) = sums.split_at_mut((s + step) * n);
            fold.join(&mut left[s * n..][..n], &right[..n]);
        }
        step *= 2;
    }
    finish(&sums[..n], &mut out);
    Ok(out)
}

impl<'a, T: Copy + Default, A: Copy> Drive<'a, T, A> {
    fn new(data: &'a [T], plan: &'a Plan, fold: &'a dyn Fold<T, A>) -> Self {
        let near = |dims: &[(usize, isize)]| dims.last().map_or(usize::MAX, |&(_, s)| if s == 0 { usize::MAX } else { s.unsigned_abs() });
        let run = plan.gone.last().map_or(1, |&(n, _)| n);
        let row = plan.kept.last().map_or(1, |&(n, _)| n);
        // Short runs cost more than packed rows.
        let columns = !plan.gone.is_empty() && (near(&plan.kept) < near(&plan.gone) || run < 8 && row >= NARROW);
        let mut drive = Drive { data, plan, fold, columns, span: LEAVES * LEAF };
        if columns {
            drive.span = ROW_LEAVES * fold.rows() * drive.together(row);
        }
        drive
    }

    /// Rows of all columns that are laid together as one. One where the order or the strides forbid it.
    fn together(&self, row: usize) -> usize {
        let flat = self.plan.kept.last() == Some(&(row, 1)) && self.plan.gone.last().is_some_and(|&(_, s)| s == row as isize);
        if row < NARROW && flat && self.plan.gone.len() == 1 && !self.plan.ordered { WIDE / row } else { 1 }
    }

    /// The partial results of one span of neighbouring results, the first of which has number `first`.
    fn piece(&self, span: usize, first: usize, out: &mut [A], scratch: &mut Scratch<T, A>) {
        let (from, to) = (span * self.span, self.plan.len.min((span + 1) * self.span));
        if !self.columns {
            return self.runs(from, to, first, out, scratch);
        }
        let row = self.plan.kept.last().map_or(1, |&(n, _)| n);
        let (mut at, mut left) = (first, out);
        while !left.is_empty() {
            let (out, rest) = left.split_at_mut((row - at % row).min(left.len()));
            let base = self.plan.base(at).step();
            at += out.len();
            left = rest;
            let m = self.together(row);
            // All columns, or the rows that are laid together would not be what lies between.
            if m == 1 || out.len() < row {
                self.rows(from, to, base, out, scratch);
            } else {
                self.wide_rows(from, to, m, base, out, scratch);
            }
        }
    }

    /// Results of elements `from..to` each, as runs.
    fn runs(&self, from: usize, to: usize, first: usize, out: &mut [A], scratch: &mut Scratch<T, A>) {
        let mut bases = self.plan.base(first);
        let len = to - from;
        if let Some(width) = self.plan.straight().map(|_| len).filter(|&n| n <= LEAF) {
            for out in out.chunks_mut(NARROW) {
                let starts: SmallVec<[usize; NARROW]> = out.iter().map(|_| bases.step() + from).collect();
                self.fold.runs(&Block { data: self.data, starts: &starts, width, at: from }, out);
            }
            return;
        }
        let Scratch { packed, stack } = scratch;
        for out in out.chunks_mut(1) {
            let base = bases.step();
            tree(self.fold, len.div_ceil(LEAF), stack, out, &mut |k, earlier, out| {
                let at = from + k * LEAF;
                let width = LEAF.min(to - at);
                let starts = self.straight(base, at, width);
                let (data, start) = starts.map_or_else(|| (self.pack(base, at, width, packed), 0), |start| (self.data, start));
                let block = Block { data, starts: &[start], width, at };
                match earlier {
                    Some(earlier) => self.fold.runs_after(&block, &earlier, out),
                    None => self.fold.runs(&block, out),
                }
            });
        }
    }

    /// Where `width` elements of a result from number `at` on begin, if they lie side by side.
    fn straight(&self, base: usize, at: usize, width: usize) -> Option<usize> {
        let (&(n, stride), outer) = self.plan.gone.split_last()?;
        (stride == 1 && at % n + width <= n).then(|| Walk::new(outer, base, at / n).step() + at % n)
    }

    /// A copy of `width` elements of a result from number `at` on.
    fn pack<'p>(&self, base: usize, at: usize, width: usize, packed: &'p mut Vec<T>) -> &'p [T] {
        packed.clear();
        let Some((&(n, stride), outer)) = self.plan.gone.split_last() else { return packed };
        let mut outer = Walk::new(outer, base, at / n);
        let mut skip = at % n;
        while packed.len() < width {
            let take = (n - skip).min(width - packed.len());
            let start = outer.step().wrapping_add_signed(stride.wrapping_mul(skip as isize));
            extend(packed, self.data, start, stride, take);
            skip = 0;
        }
        packed
    }

    /// Results of elements `from..to` each, as rows of columns from `base` on.
    fn rows(&self, from: usize, to: usize, base: usize, out: &mut [A], scratch: &mut Scratch<T, A>) {
        let stride = self.plan.kept.last().map_or(1, |&(_, s)| s);
        let mut walk = Walk::new(&self.plan.gone, base, from);
        let (tile, rows) = (if stride == 1 { out.len() } else { PACKED }, self.fold.rows());
        let Scratch { packed, stack } = scratch;
        for (t, out) in out.chunks_mut(tile).enumerate() {
            let shift = stride.wrapping_mul((t * tile) as isize);
            if t > 0 {
                walk = Walk::new(&self.plan.gone, base, from);
            }
            let width = out.len();
            tree(self.fold, (to - from).div_ceil(rows), stack, out, &mut |k, _, out| {
                let at = from + k * rows;
                let mut starts: SmallVec<[usize; 32]> = (at..to.min(at + rows)).map(|_| walk.step().wrapping_add_signed(shift)).collect();
                let mut data = self.data;
                if stride != 1 {
                    packed.clear();
                    for (i, start) in starts.iter_mut().enumerate() {
                        extend(packed, self.data, *start, stride, width);
                        *start = i * width;
                    }
                    data = packed;
                }
                self.fold.columns(&Block { data, starts: &starts, width, at }, out);
            });
        }
    }

    /// As `rows`, where `m` rows are as good as one of `m` times the columns.
    fn wide_rows(&self, from: usize, to: usize, m: usize, base: usize, out: &mut [A], scratch: &mut Scratch<T, A>) {
        let row = out.len();
        let (width, count, rows) = (m * row, (to - from) / m, self.fold.rows());
        let rest = from + count * m;
        if rest < to || count == 0 {
            self.rows(rest, to, base, out, scratch);
        }
        if count == 0 {
            return;
        }
        let mut wide = vec![self.fold.nothing(); width];
        let first = base + from * row;
        tree(self.fold, count.div_ceil(rows), &mut scratch.stack, &mut wide, &mut |k, _, out| {
            let starts: SmallVec<[usize; 32]> = (k * rows..count.min((k + 1) * rows)).map(|i| first + i * width).collect();
            self.fold.columns(&Block { data: self.data, starts: &starts, width, at: from }, out);
        });
        let mut m = m;
        while m > 1 {
            let half = m / 2;
            let (left, right) = wide.split_at_mut((m - half) * row);
            self.fold.join(&mut left[..half * row], &right[..half * row]);
            m -= half;
        }
        wide.truncate(row);
        if rest < to {
            self.fold.join(&mut wide, out);
        }
        out.copy_from_slice(&wide);
    }
}

/// Appends `n` elements.
fn extend<T: Copy>(packed: &mut Vec<T>, data: &[T], start: usize, stride: isize, n: usize) {
    if stride == 1 {
        packed.extend_from_slice(&data[start..start + n]);
    } else {
        packed.extend((0..n as isize).map(|i| data[start.wrapping_add_signed(stride.wrapping_mul(i))]));
    }
}

/// Reduces leaf number `k`.
type Leaf<'a, A> = dyn FnMut(usize, Option<A>, &mut [A]) + 'a;

/// Joins leaves pairwise. A leaf is told a partial result of the first column that comes before it.
///
/// Neighbours are joined first, then pairs of neighbours, and so on.
fn tree<T, A: Copy>(fold: &dyn Fold<T, A>, leaves: usize, stack: &mut Vec<A>, out: &mut [A], leaf: &mut Leaf<'_, A>) {
    if leaves <= 1 {
        return leaf(0, None, out);
    }
    let n = out.len();
    let join = |stack: &mut Vec<A>| {
        let at = stack.len() - n;
        let (left, right) = stack.split_at_mut(at);
        fold.join(&mut left[at - n..], right);
        stack.truncate(at);
    };
    stack.clear();
    for k in 0..leaves {
        let (at, earlier) = (stack.len(), stack.first().copied());
        stack.resize(at + n, fold.nothing());
        leaf(k, earlier, &mut stack[at..]);
        for _ in 0..k.trailing_ones() {
            join(stack);
        }
    }
    while stack.len() > n {
        join(stack);
    }
    out.copy_from_slice(stack);
}
