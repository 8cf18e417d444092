//! Loops over elements: the one place where layouts are walked.
//!
//! A loop over operands of any layouts and a fresh result in C order is cut as follows.
//!
//! 1. [`Axes`](array_protocol::strided::Axes) merges axes that all operands walk through without a jump, and drops those of length 1.
//! 2. [`Grid`] decides how the axes are walked: along rows, in square tiles where an operand lies across (transposed), or with several
//!    short rows taken as one.
//! 3. The grid gives [`Task`]s, which write disjoint parts of the result and run on all threads, and these give [`Tile`]s, which fit
//!    into the first-level cache.
//! 4. A [`Reader`] hands out each run of a tile as a slice: the operand itself where it lies so, else a packed copy.
//! 5. [`Writer`] gives the slice to write, and sends it past the caches where the result is larger than they are.
//!
//! So kernels see plain slices, whatever the layouts, and none is written twice. A new elementwise operation gives a kernel to [`map`]
//! or [`zip`]; an operation that moves elements gives a layout to [`copy`].
mod drivers;
mod grid;
mod operand;
mod stream;

use array_protocol::strided::Axes;
use grid::Grid;

pub(crate) use drivers::{SMALL, View, choose, copy, map, rewrite, update, zip, zip_few};
