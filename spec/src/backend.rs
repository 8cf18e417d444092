//! The contract. ONE trait, methods by family: a tree of supertraits would break every backend when a family is added.
use crate::options::*;
use crate::{BinaryOp, DType, Error, FftOp, HostArray, Index, Info, InterchangeOp, LinalgOp, Operand, RandomOp};
use crate::{ReduceOp, Result, ScanOp, Shape, SortOp, UnaryOp, derived, dlpack};

/// An array backend: a cheap handle (a unit struct, or an `Arc` around a device context).
///
/// Required: [`info`](Self::info), [`shape`](Self::shape), [`dtype`](Self::dtype), [`upload`](Self::upload),
/// [`download`](Self::download) and the primitives under "families". Everything else has a default: a *derived* operation
/// built from primitives, or `Unsupported`.
///
/// End the `match` over an operation enum with `_ => derived::unary(self, op, x)` (the enums are `#[non_exhaustive]`, so the
/// compiler demands an arm): derived operations and those of later minor versions land there.
///
/// **Arrays are values.** No operation changes what another handle observes. `setitem` and the `*_assign` methods change the
/// handle they are given, in place when nobody shares the memory, else on a copy.
///
/// **Errors, not panics.** Every method returns a typed error on bad input: shape, dtype, axis and index errors at the call;
/// errors of asynchronous devices at [`download`](Self::download) or [`sync`](Self::sync).
pub trait Backend: Clone + Send + Sync + 'static {
    /// An array: an immutable value whose `clone` is O(1). Layout (strides, views, device memory) is private.
    type Array: Clone + Send + Sync + 'static;

    /// Who this is and what it claims.
    fn info(&self) -> Info;

    // -- what every array tells ----------------------------------------------------------------------------------------

    /// The lengths of the axes.
    fn shape<'a>(&self, x: &'a Self::Array) -> &'a Shape;
    /// The dtype.
    fn dtype(&self, x: &Self::Array) -> DType;
    /// Where the array lives.
    fn device(&self, x: &Self::Array) -> Device {
        let _ = x;
        Device::CPU
    }

    // -- transfer ------------------------------------------------------------------------------------------------------

    /// Copies a host array to a device (`None`: the default one).
    ///
    /// # Errors
    /// `Unsupported` (dtype), `Device`, `OutOfMemory`.
    fn upload(&self, x: &HostArray, to: Option<Device>) -> Result<Self::Array>;
    /// Copies an array to the host. Waits; errors of asynchronous work surface here.
    ///
    /// # Errors
    /// `Backend`, `OutOfMemory`.
    fn download(&self, x: &Self::Array) -> Result<HostArray>;
    /// Waits for all work that was started through this handle.
    ///
    /// # Errors
    /// Those of the work.
    fn sync(&self) -> Result<()> {
        Ok(())
    }

    // -- families: the primitives every backend gives ------------------------------------------------------------------

    /// An elementwise operation on one array.
    ///
    /// # Errors
    /// `Dtype`, `Unsupported`.
    fn unary(&self, op: UnaryOp, x: &Self::Array) -> Result<Self::Array>;
    /// An elementwise operation on two broadcast operands, at least one of them an array.
    ///
    /// # Errors
    /// `Shape`, `Dtype`, `Device`, `Unsupported`.
    fn binary(&self, op: BinaryOp, x1: Operand<&Self::Array>, x2: Operand<&Self::Array>) -> Result<Self::Array>;
    /// `where` of the standard: elements of `x1` where `condition` (bool) is true, else of `x2`; all three broadcast.
    ///
    /// # Errors
    /// `Shape`, `Dtype`, `Device`.
    fn select(&self, condition: &Self::Array, x1: Operand<&Self::Array>, x2: Operand<&Self::Array>) -> Result<Self::Array>;
    /// A reduction over axes.
    ///
    /// # Errors
    /// `Axis`, `Dtype`, `Value` (`max` over nothing), `Unsupported`.
    fn reduce(&self, op: ReduceOp, x: &Self::Array, how: &Reduce) -> Result<Self::Array>;
    /// Converts to another dtype.
    ///
    /// # Errors
    /// `Dtype` (complex to real).
    fn astype(&self, x: &Self::Array, dtype: &DType) -> Result<Self::Array>;
    /// The same elements in C order under another shape of the same size.
    ///
    /// # Errors
    /// `Shape`.
    fn reshape(&self, x: &Self::Array, shape: &Shape) -> Result<Self::Array>;
    /// Axis `i` of the result is axis `axes[i]` of `x`.
    ///
    /// # Errors
    /// `Axis`.
    fn permute_dims(&self, x: &Self::Array, axes: &AxisList) -> Result<Self::Array>;
    /// Repeats axes of length 1, and adds axes in front.
    ///
    /// # Errors
    /// `Shape`.
    fn broadcast_to(&self, x: &Self::Array, shape: &Shape) -> Result<Self::Array>;
    /// Joins arrays along an axis (`None`: flattened first); dtypes promote.
    ///
    /// # Errors
    /// `Shape`, `Axis`, `Dtype`, `Value` (no arrays), `Device`.
    fn concat(&self, arrays: &[&Self::Array], axis: &Option<i64>) -> Result<Self::Array>;
    /// Indexing by integers, slices, new axes, ellipsis, or one array of integers or truth values.
    ///
    /// # Errors
    /// `Index`, `Shape` (mask), `Dtype`, `Unsupported`.
    fn getitem(&self, x: &Self::Array, key: &[Index<&Self::Array>]) -> Result<Self::Array>;
    /// `x[key] = value`, `value` broadcast and converted to the dtype of `x`. On error `x` is unchanged.
    ///
    /// # Errors
    /// `Index`, `Shape`, `Dtype`, `Unsupported`.
    fn setitem(&self, x: &mut Self::Array, key: &[Index<&Self::Array>], value: Operand<&Self::Array>) -> Result<()>;

    // -- assignment: `&mut` is exclusive access to the handle, never to another handle of the same value -----------------

    /// `x = op(x)`; may reuse the memory of `x`. On error `x` is unchanged.
    ///
    /// # Errors
    /// Those of [`unary`](Self::unary).
    fn unary_assign(&self, op: UnaryOp, x: &mut Self::Array) -> Result<()> {
        *x = self.unary(op, x)?;
        Ok(())
    }
    /// `x = op(x, x2)`; may reuse the memory of `x`. On error `x` is unchanged.
    ///
    /// # Errors
    /// Those of [`binary`](Self::binary).
    fn binary_assign(&self, op: BinaryOp, x: &mut Self::Array, x2: Operand<&Self::Array>) -> Result<()> {
        *x = self.binary(op, Operand::Array(x), x2)?;
        Ok(())
    }
    /// [`setitem`](Self::setitem) as a function: the changed array is returned, `x` stays as it was.
    ///
    /// # Errors
    /// Those of [`setitem`](Self::setitem).
    fn with_item(&self, x: &Self::Array, key: &[Index<&Self::Array>], value: Operand<&Self::Array>) -> Result<Self::Array> {
        let mut y = x.clone();
        self.setitem(&mut y, key, value)?;
        Ok(y)
    }

    // -- derived unless overridden ---------------------------------------------------------------------------------------

    /// Limits elements to `[min, max]`; a missing bound does not limit.
    ///
    /// # Errors
    /// `Shape`, `Dtype`.
    fn clip(&self, x: &Self::Array, min: Option<Operand<&Self::Array>>, max: Option<Operand<&Self::Array>>) -> Result<Self::Array> {
        derived::clip(self, x, min, max)
    }
    /// `full` of the standard.
    ///
    /// # Errors
    /// `Dtype`, `Shape`, `OutOfMemory`, `Device`.
    fn full(&self, how: &Full) -> Result<Self::Array> {
        derived::full(self, how)
    }
    /// `arange` of the standard.
    ///
    /// # Errors
    /// `Value` (step 0, NaN), `Dtype`, `OutOfMemory`, `Device`.
    fn arange(&self, how: &Arange) -> Result<Self::Array> {
        derived::arange(self, how)
    }
    /// `linspace` of the standard.
    ///
    /// # Errors
    /// `Dtype`, `OutOfMemory`, `Device`.
    fn linspace(&self, how: &Linspace) -> Result<Self::Array> {
        derived::linspace(self, how)
    }
    /// `eye` of the standard.
    ///
    /// # Errors
    /// `Dtype`, `OutOfMemory`, `Device`.
    fn eye(&self, how: &Eye) -> Result<Self::Array> {
        derived::eye(self, how)
    }
    /// Zeroes what lies above diagonal `k` of the last two axes.
    ///
    /// # Errors
    /// `Shape` (rank below 2).
    fn tril(&self, x: &Self::Array, k: &i64) -> Result<Self::Array> {
        derived::tril(self, x, *k)
    }
    /// Reverses axes (`None`: all).
    ///
    /// # Errors
    /// `Axis`.
    fn flip(&self, x: &Self::Array, axes: &Axes) -> Result<Self::Array> {
        derived::flip(self, x, axes)
    }
    /// Moves elements along axes; those that leave come in at the other end.
    ///
    /// # Errors
    /// `Axis`, `Value` (numbers of shifts and axes differ).
    fn roll(&self, x: &Self::Array, how: &Roll) -> Result<Self::Array> {
        derived::roll(self, x, how)
    }
    /// Removes axes of length 1.
    ///
    /// # Errors
    /// `Axis`, `Shape` (an axis that is not of length 1).
    fn squeeze(&self, x: &Self::Array, axes: &AxisList) -> Result<Self::Array> {
        derived::squeeze(self, x, axes)
    }
    /// Elements at `indices` (integers, rank 1) along an axis (`None` only for rank 1).
    ///
    /// # Errors
    /// `Axis`, `Index`, `Dtype`, `Shape`.
    fn take(&self, x: &Self::Array, indices: &Self::Array, axis: &Option<i64>) -> Result<Self::Array> {
        derived::take(self, x, indices, *axis)
    }

    // -- profiles and optional operations: `Unsupported` unless overridden -------------------------------------------------

    /// Position of the first largest element (a NaN is the largest); int64.
    ///
    /// # Errors
    /// `Axis`, `Dtype`, `Value` (over nothing), `Unsupported`.
    fn argmax(&self, x: &Self::Array, how: &ArgReduce) -> Result<Self::Array> {
        let _ = (x, how);
        Err(Error::unsupported(ScanOp::Argmax))
    }
    /// Running sums along an axis.
    ///
    /// # Errors
    /// `Axis`, `Dtype`, `Unsupported`.
    fn cumulative_sum(&self, x: &Self::Array, how: &Scan) -> Result<Self::Array> {
        let _ = (x, how);
        Err(Error::unsupported(ScanOp::CumulativeSum))
    }
    /// Positions of the elements that are not zero, one int64 array per axis, in C order.
    ///
    /// # Errors
    /// `Shape` (rank 0), `Unsupported`.
    fn nonzero(&self, x: &Self::Array) -> Result<Vec<Self::Array>> {
        let _ = x;
        Err(Error::unsupported(crate::IndexingOp::Nonzero))
    }
    /// Sorts along an axis; NaN last (first if descending).
    ///
    /// # Errors
    /// `Axis`, `Dtype`, `Unsupported`.
    fn sort(&self, x: &Self::Array, how: &Sort) -> Result<Self::Array> {
        let _ = (x, how);
        Err(Error::unsupported(SortOp::Sort))
    }
    /// The positions that sort; int64.
    ///
    /// # Errors
    /// `Axis`, `Dtype`, `Unsupported`.
    fn argsort(&self, x: &Self::Array, how: &Sort) -> Result<Self::Array> {
        let _ = (x, how);
        Err(Error::unsupported(SortOp::Argsort))
    }
    /// For each element of `x2` the place in the sorted rank-1 `x1` where it would go; int64.
    ///
    /// # Errors
    /// `Shape`, `Dtype`, `Unsupported`.
    fn searchsorted(&self, x1: &Self::Array, x2: &Self::Array, how: &Search) -> Result<Self::Array> {
        let _ = (x1, x2, how);
        Err(Error::unsupported(SortOp::Searchsorted))
    }
    /// The distinct elements of the flattened array, ascending; each NaN is distinct; rank 1.
    ///
    /// # Errors
    /// `Dtype`, `Unsupported`.
    fn unique_values(&self, x: &Self::Array) -> Result<Self::Array> {
        let _ = x;
        Err(Error::unsupported(SortOp::UniqueValues))
    }
    /// Matrix product over the last two axes, stacks broadcast; vectors as in the standard.
    ///
    /// # Errors
    /// `Shape`, `Dtype`, `Unsupported`.
    fn matmul(&self, x1: &Self::Array, x2: &Self::Array) -> Result<Self::Array> {
        let _ = (x1, x2);
        Err(Error::unsupported(LinalgOp::Matmul))
    }
    /// `x = Q R` of each matrix: `(Q, R)`.
    ///
    /// # Errors
    /// `Shape` (rank below 2), `Dtype`, `Unsupported`.
    fn qr(&self, x: &Self::Array, how: &Qr) -> Result<(Self::Array, Self::Array)> {
        let _ = (x, how);
        Err(Error::unsupported(LinalgOp::Qr))
    }
    /// The solution of `x1 @ out = x2` for each square matrix; `x2` a vector only if of rank 1.
    ///
    /// # Errors
    /// `Shape`, `Dtype`, `Singular`, `Unsupported`.
    fn solve(&self, x1: &Self::Array, x2: &Self::Array) -> Result<Self::Array> {
        let _ = (x1, x2);
        Err(Error::unsupported(LinalgOp::Solve))
    }
    /// `x = U diag(S) Vh` of each matrix: `(U, S, Vh)`, `S` descending.
    ///
    /// # Errors
    /// `Shape` (rank below 2), `Dtype`, `NotConverged`, `Unsupported`.
    fn svd(&self, x: &Self::Array, how: &Svd) -> Result<(Self::Array, Self::Array, Self::Array)> {
        let _ = (x, how);
        Err(Error::unsupported(LinalgOp::Svd))
    }
    /// A discrete Fourier transform along an axis.
    ///
    /// # Errors
    /// `Axis`, `Dtype`, `Value` (length 0), `Unsupported`.
    fn fft(&self, op: FftOp, x: &Self::Array, how: &Fft) -> Result<Self::Array> {
        let _ = (x, how);
        Err(Error::unsupported(op))
    }
    /// Random numbers that depend on nothing but operation, key and options.
    ///
    /// # Errors
    /// `Dtype`, `Device`, `Unsupported`.
    fn random(&self, op: RandomOp, key: &Key, how: &Random) -> Result<Self::Array> {
        let _ = (key, how);
        Err(Error::unsupported(op))
    }

    // -- interchange -------------------------------------------------------------------------------------------------------

    /// The same array on a device.
    ///
    /// # Errors
    /// `Device` where there is no such device.
    fn to_device(&self, x: &Self::Array, device: &Device) -> Result<Self::Array> {
        derived::to_device(self, x, *device)
    }
    /// Exports through DLPack, without a copy where the layout allows. The tensor keeps the memory alive.
    ///
    /// # Errors
    /// `Unsupported`.
    fn to_dlpack(&self, x: &Self::Array) -> Result<dlpack::Tensor> {
        let _ = x;
        Err(Error::unsupported(InterchangeOp::FromDlpack))
    }
    /// Imports a DLPack tensor: any strides, also negative and zero ones.
    ///
    /// # Errors
    /// `Device`, `Dtype`, `Unsupported`.
    #[allow(clippy::wrong_self_convention, reason = "the name in the standard; `self` is the library, not the array")]
    fn from_dlpack(&self, x: dlpack::Tensor) -> Result<Self::Array> {
        let _ = x;
        Err(Error::unsupported(InterchangeOp::FromDlpack))
    }
    /// Export followed by import: what `from_dlpack` means as a call.
    ///
    /// # Errors
    /// Those of [`to_dlpack`](Self::to_dlpack) and [`from_dlpack`](Self::from_dlpack).
    fn through_dlpack(&self, x: &Self::Array) -> Result<Self::Array> {
        self.from_dlpack(self.to_dlpack(x)?)
    }
}
