//! Positions by one array: how kernels walk them.
use super::positions;
use crate::array::CudaArray;
use crate::compiler::Family;
use crate::launch::{self, Indices, Walked, address, long, named};
use array_protocol::strided::{Layout, Picked, Strides};
use array_protocol::{DType, Error, ErrorKind, IndexingOp, Op, Result, Shape};

/// The chosen part of an array, with the positions along its axes `over`.
pub(super) struct Chosen {
    op: Op,
    /// Of the chosen part.
    pub(super) shape: Shape,
    positions: CudaArray,
    /// The chosen part in the array that it is chosen from, but for the positions.
    outer: Layout,
    /// The array of positions, repeated along the other axes.
    index: Layout,
    over: Layout,
}

impl Chosen {
    /// Fails for positions outside of the array, so it waits for them.
    ///
    /// # Errors
    /// `Index`, `OutOfMemory`, `Backend`.
    pub(super) fn new(op: IndexingOp, whole: &Shape, picked: &Picked<&CudaArray>) -> Result<Chosen> {
        let op = Op::from(op);
        let positions = if picked.mask { positions::nonzero_flat(op, picked.array)? } else { picked.array.clone() };
        if !picked.mask {
            inside(op, &positions, picked.over.size()).map_err(|e| e.shapes(&[whole, positions.shape()]))?;
        }
        let shape = picked.shape(positions.shape());
        let (before, behind, own) = (&picked.before.strides, &picked.after.strides, &positions.layout.strides);
        let joined = |a: &[isize], b: &[isize], c: &[isize]| a.iter().chain(b).chain(c).copied().collect::<Strides>();
        let none = |n: usize| Strides::from_elem(0, n);
        let outer = joined(before, &none(own.len()), behind);
        let index = joined(&none(before.len()), own, &none(behind.len()));
        Ok(Chosen {
            op,
            outer: Layout { shape: shape.clone(), strides: outer, offset: picked.before.offset },
            index: Layout { shape: shape.clone(), strides: index, offset: positions.layout.offset },
            over: picked.over.clone(),
            shape,
            positions,
        })
    }

    /// The chosen elements of `x`.
    ///
    /// # Errors
    /// `OutOfMemory`, `Backend`.
    pub(super) fn gather(&self, x: &CudaArray) -> Result<CudaArray> {
        let out = CudaArray::empty(self.op, x.device(), x.dtype, self.shape.clone())?;
        self.launch("gather", x, &out)?;
        Ok(out)
    }

    /// Overwrites the chosen elements of `x`, whose memory nobody shares, by `values` of their shape.
    ///
    /// # Errors
    /// `Backend`.
    pub(super) fn scatter(&self, x: &CudaArray, values: &CudaArray) -> Result<()> {
        self.launch("scatter", x, values)
    }

    fn launch(&self, kernel: &str, x: &CudaArray, other: &CudaArray) -> Result<()> {
        let (op, n, device) = (self.op, self.shape.size(), x.device());
        if n == 0 {
            return Ok(());
        }
        let walked = Walked::new(op, &self.shape, &[&self.outer, &other.layout, &self.index])?;
        let over = Walked::new(op, &self.over.shape, &[&self.over])?;
        let indices = Indices::new(device, n, &[&walked, &over]);
        let (rank, axes) = (walked.class(op)?, over.class(op)?);
        let (dtype, index) = (named(op, x.dtype)?, named(op, self.positions.dtype)?);
        let expression = format!("{kernel}<{dtype}, {index}, {rank}, {axes}, {}>", indices.name());
        let data = address(indices.base(x.with(self.outer.clone()).start(), x.dtype));
        let others = address(indices.base(other.start(), other.dtype));
        // The one that is written comes first.
        let (to, from) = if kernel == "gather" { (others, data) } else { (data, others) };
        let function = device.kernel(op, Family::Gather, expression)?;
        let index = address(indices.base(self.positions.start(), self.positions.dtype));
        let (walk, over_walk) = (indices.walk(&walked, rank), indices.inner_walk(&over, axes));
        device.launch(op, function, n, &mut [to, indices.number(n), walk, from, index, over_walk, indices.number(self.over.size())])
    }
}

/// Fails where an index is outside of `[-length, length)`. Waits.
fn inside(op: Op, index: &CudaArray, length: usize) -> Result<()> {
    match any_outside(op, index, length)? {
        false => Ok(()),
        true => Err(Error::new(ErrorKind::Index, op).detail(format!("an index outside of an axis of length {length}"))),
    }
}

/// Whether an integer is outside of `[-length, length)`. Waits.
///
/// # Errors
/// `OutOfMemory`, `Backend`.
pub(crate) fn any_outside(op: Op, index: &CudaArray, length: usize) -> Result<bool> {
    let index = index.compact(op)?;
    let n = index.size();
    if n == 0 {
        return Ok(false);
    }
    let device = index.device();
    let found = launch::flag(op, device)?;
    let indices = Indices::new(device, n, &[]);
    let expression = format!("any_outside<{}, {}>", named(op, index.dtype)?, indices.name());
    let function = device.kernel(op, Family::Gather, expression)?;
    let parameters = &mut [address(found.start()), address(index.start()), indices.number(n), long(length)];
    device.launch(op, function, n, parameters)?;
    launch::raised(op, &found)
}

/// The dtype of positions that a mask stands for.
pub(super) const POSITION: DType = DType::Int64;
