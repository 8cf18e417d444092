//! How axes are walked: tasks for the threads, tiles for the first-level cache.
use super::operand::Mode;
use super::stream::Writer;
use crate::memory::{self, Plain};
use crate::simd::Simd;
use array_protocol::strided::{Axes, Lengths, Strides};

/// Elements that a tile has at most, and that one call of a kernel sees where an operand has to be packed.
pub(crate) const BLOCK: usize = 1 << 10;
/// Elements of one call where all operands lie as they are needed.
const DIRECT: usize = 1 << 12;
/// Bytes of one call whose result is sent past the caches: it waits in the first level for that, and nothing is read meanwhile.
const STREAMED: usize = 1 << 12;
/// Elements of a task.
const TASK: usize = 1 << 16;
/// Rows and columns of a tile where an operand lies across: 1,024 elements, two cache lines of 4-byte elements a row.
const SIDE: usize = 32;
/// Rows shorter than this are taken several at a time.
const SHORT: usize = 64;
/// Results of more bytes than this will not be in a cache when they are read next.
const BEYOND_CACHE: usize = 16 << 20;

/// The order in which the elements are walked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Walk {
    /// Along the last axis.
    Rows,
    /// Several rows of the last axis as one run.
    Folded,
    /// Tiles of the last axis and this one.
    Tiles(usize),
}

/// A part of the result, contiguous in it, that one thread writes.
pub(crate) struct Task<const N: usize> {
    lengths: Lengths,
    at: [usize; N],
}

/// A part of a task: `runs` runs of `length` elements. Run `k` is at `out + k * pitch` of the task's part of the result.
pub(crate) struct Tile<const N: usize> {
    /// Where each operand's first element is.
    pub(crate) at: [usize; N],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) runs: usize,
    pub(crate) length: usize,
    pub(super) out: usize,
    pub(super) pitch: usize,
}

/// The plan of a loop.
pub(crate) struct Grid<const N: usize> {
    axes: Axes<N>,
    walk: Walk,
    /// How each operand is read, and its distances between rows and between columns.
    pub(super) operands: [(Mode, isize, isize); N],
    columns: usize,
    pub(super) stream: bool,
}

impl<const N: usize> Grid<N> {
    /// The plan for these axes and a result of `bytes` an element.
    pub(crate) fn new(axes: Axes<N>, bytes: usize) -> Grid<N> {
        let last = axes.lengths.len() - 1;
        let length = axes.lengths[last];
        let walk = if last > 0 && length < SHORT { Walk::Folded } else { across(&axes).map_or(Walk::Rows, Walk::Tiles) };
        let operands = std::array::from_fn(|i| {
            let strides = &axes.strides[i];
            let column = strides[last];
            let row = match walk {
                Walk::Rows => 0,
                Walk::Folded => strides[last - 1],
                Walk::Tiles(axis) => strides[axis],
            };
            let folds = |wanted| walk != Walk::Folded || row == wanted;
            let mode = match column {
                1 if folds(length as isize) => Mode::Direct,
                0 if folds(0) && (walk == Walk::Folded || row == 0) => Mode::Constant,
                _ => Mode::Packed,
            };
            (mode, row, column)
        });
        let stream = axes.size().saturating_mul(bytes) > BEYOND_CACHE;
        let direct = operands.iter().all(|&(mode, ..)| mode == Mode::Direct);
        let columns = match walk {
            Walk::Tiles(_) => SIDE,
            _ if stream => (STREAMED / bytes.max(1)).clamp(1, BLOCK),
            _ if direct => DIRECT,
            _ => BLOCK,
        };
        Grid { axes, walk, operands, columns, stream }
    }

    /// Writes the result, which is as large as the axes say: `body` gets each task, and where to write. Threads share it from
    /// `enough` elements on.
    pub(crate) fn run<U: Plain + Default>(
        &self,
        simd: Simd,
        out: &mut [U],
        enough: usize,
        body: &(dyn Fn(&Task<N>, &mut Writer<'_, U>) + Sync),
    ) {
        let stream = self.stream;
        let parallel = out.len() >= enough && rayon::current_num_threads() > 1;
        if !parallel {
            return body(&self.whole(), &mut Writer::new(simd, out, stream));
        }
        let mut rest = out;
        let mut items = vec![];
        for task in self.tasks() {
            let (part, others) = rest.split_at_mut(task.lengths.iter().product::<usize>().min(rest.len()));
            rest = others;
            items.push((task, part));
        }
        memory::spread(items, true, &|(task, part)| body(&task, &mut Writer::new(simd, part, stream)));
    }

    fn whole(&self) -> Task<N> {
        Task { lengths: self.axes.lengths.clone(), at: self.axes.offsets }
    }

    /// The tasks, in the order of the result.
    fn tasks(&self) -> Vec<Task<N>> {
        let lengths = &self.axes.lengths;
        let last = lengths.len() - 1;
        let inner = |axis: usize| lengths[axis + 1..].iter().product::<usize>();
        let mut axis = (0..last).find(|&a| inner(a) <= TASK).unwrap_or(last);
        let mut unit = if axis == last { BLOCK } else { 1 };
        if let Walk::Tiles(row) = self.walk
            && row <= axis
        {
            // A tile needs its rows inside of one task.
            (axis, unit) = (row, SIDE);
        }
        let step = (TASK / inner(axis).max(1)).max(1).next_multiple_of(unit);
        let mut tasks = vec![];
        let mut index = Lengths::from_elem(0, axis);
        loop {
            let mut at = self.moved(self.axes.offsets, &index);
            for start in (0..lengths[axis]).step_by(step) {
                let mut part = lengths.clone();
                part[..axis].fill(1);
                part[axis] = step.min(lengths[axis] - start);
                tasks.push(Task { lengths: part, at });
                at = self.step(at, axis, step);
            }
            if !advance(&mut index, &lengths[..axis]) {
                return tasks;
            }
        }
    }

    fn moved(&self, at: [usize; N], index: &[usize]) -> [usize; N] {
        index.iter().enumerate().fold(at, |at, (axis, &i)| self.step(at, axis, i))
    }

    /// `count` steps along an axis. Past the end of an axis the result may be anywhere, and is not used.
    fn step(&self, at: [usize; N], axis: usize, count: usize) -> [usize; N] {
        std::array::from_fn(|i| at[i].wrapping_add_signed(self.axes.strides[i][axis].wrapping_mul(count as isize)))
    }

    /// Hands each tile of a task to `f`.
    pub(crate) fn each(&self, task: &Task<N>, f: &mut dyn FnMut(&Tile<N>)) {
        let lengths = &task.lengths;
        let last = lengths.len() - 1;
        let columns = lengths[last];
        let (row, rows, width) = match self.walk {
            Walk::Rows => (last.checked_sub(1), 1, self.columns),
            Walk::Folded => (Some(last - 1), (self.columns.min(BLOCK) / columns).max(1), columns),
            Walk::Tiles(axis) => (Some(axis), SIDE, SIDE),
        };
        let pitch = row.map_or(0, |axis| lengths[axis + 1..].iter().product());
        let count = row.map_or(1, |axis| lengths[axis]);
        // The axes that are neither rows nor columns.
        let others: Lengths = lengths[..last].iter().enumerate().map(|(axis, &n)| if Some(axis) == row { 1 } else { n }).collect();
        let mut index = Lengths::from_elem(0, last);
        loop {
            let at = self.moved(task.at, &index);
            let out = index.iter().zip(lengths).fold(0, |out, (i, n)| out * n + i) * columns;
            for r in (0..count).step_by(rows) {
                let at = row.map_or(at, |axis| self.step(at, axis, r));
                let rows = rows.min(count - r);
                for c in (0..columns).step_by(width) {
                    let width = width.min(columns - c);
                    let (runs, length) = if self.walk == Walk::Folded { (1, rows * width) } else { (rows, width) };
                    let (at, out) = (self.step(at, last, c), out + r * pitch + c);
                    f(&Tile { at, rows, columns: width, runs, length, out, pitch });
                }
            }
            if !advance(&mut index, &others) {
                return;
            }
        }
    }
}

/// The axis that an operand runs along more closely than along the last, the closest if there are several.
fn across<const N: usize>(axes: &Axes<N>) -> Option<usize> {
    let last = axes.lengths.len() - 1;
    let closest = |strides: &Strides| {
        let outer = (0..last).filter(|&a| strides[a] != 0 && axes.lengths[a] >= SIDE / 4);
        let best = outer.min_by_key(|&a| strides[a].unsigned_abs())?;
        (strides[best].unsigned_abs() < strides[last].unsigned_abs()).then_some((strides[last].unsigned_abs(), best))
    };
    axes.strides.iter().filter_map(closest).max().map(|(_, axis)| axis)
}

/// The next index in C order; false after the last.
fn advance(index: &mut [usize], lengths: &[usize]) -> bool {
    for (i, &n) in index.iter_mut().zip(lengths).rev() {
        *i += 1;
        if *i < n {
            return true;
        }
        *i = 0;
    }
    false
}
