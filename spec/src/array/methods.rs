//! One method for each operation. The lists below are held complete by the compiler: each expands to a `match` over its family.
use super::{Array, raw};
use crate::options::*;
use crate::{Backend, BinaryOp, DType, FftOp, Operand, ReduceOp, Result, Shape, UnaryOp, dlpack};

macro_rules! unary {
    ($($method:ident = $op:ident),* $(,)?) => {
        impl<B: Backend> Array<B> { $(
            #[doc = concat!("`", stringify!($method), "` of each element.")]
            ///
            /// # Errors
            /// `Dtype`, `Unsupported`.
            #[inline]
            pub fn $method(&self) -> Result<Self> {
                self.unary(UnaryOp::$op)
            }
        )* }
        const _: fn(UnaryOp) = |op| match op { $(UnaryOp::$op => ()),* };
    };
}
unary! {
    abs = Abs, cos = Cos, exp = Exp, expm1 = Expm1, isnan = IsNan, log = Log, log1p = Log1p, negative = Negative, round = Round,
    sign = Sign, sin = Sin, sqrt = Sqrt, tanh = Tanh,
}

macro_rules! binary {
    ($($method:ident = $op:ident),* $(,)?) => {
        impl<B: Backend> Array<B> { $(
            #[doc = concat!("`", stringify!($method), "` of each element and that of `other`, broadcast.")]
            ///
            /// # Errors
            /// `Shape`, `Dtype`, `Device`, `Unsupported`.
            #[inline]
            pub fn $method<'a>(&self, other: impl Into<Operand<&'a Self>>) -> Result<Self> {
                self.binary(BinaryOp::$op, other)
            }
        )* }
        const _: fn(BinaryOp) = |op| match op { $(BinaryOp::$op => ()),* };
    };
}
binary! {
    add = Add, atan2 = Atan2, bitwise_left_shift = BitwiseLeftShift, bitwise_xor = BitwiseXor, copysign = Copysign, divide = Divide,
    equal = Equal, floor_divide = FloorDivide, hypot = Hypot, less = Less, logical_and = LogicalAnd, maximum = Maximum,
    multiply = Multiply, pow = Pow, remainder = Remainder, subtract = Subtract,
}

macro_rules! reduce {
    ($($method:ident = $op:ident),* $(,)?) => {
        impl<B: Backend> Array<B> { $(
            #[doc = concat!("`", stringify!($method), "` over all axes (`()`), one (`0`), some (`[0, 2]`), or as [`Reduce`] says.")]
            ///
            /// # Errors
            /// `Axis`, `Dtype`, `Value`, `Unsupported`.
            pub fn $method(&self, how: impl Into<Reduce>) -> Result<Self> {
                self.reduce(ReduceOp::$op, &how.into())
            }
        )* }
        const _: fn(ReduceOp) = |op| match op { $(ReduceOp::$op => ()),* };
    };
}
reduce! {
    all = All, count_nonzero = CountNonzero, max = Max, mean = Mean, prod = Prod, std = Std, sum = Sum, var = Var,
}

macro_rules! fft {
    ($($method:ident = $op:ident),* $(,)?) => {
        impl<B: Backend> Array<B> { $(
            #[doc = concat!("`", stringify!($method), "` along the last axis (`()`), one, or as [`Fft`] says.")]
            ///
            /// # Errors
            /// `Axis`, `Dtype`, `Value`, `Unsupported`.
            pub fn $method(&self, how: impl Into<Fft>) -> Result<Self> {
                self.made(|b| b.fft(FftOp::$op, &self.raw, &how.into()))
            }
        )* }
        const _: fn(FftOp) = |op| match op { $(FftOp::$op => ()),* };
    };
}
fft! { fft = Fft, rfft = Rfft }

/// Methods that pass their arguments on to one of the trait, which documents them.
macro_rules! forward {
    ($($(#[$doc:meta])* fn $method:ident($($arg:ident: $ty:ty),*) = $trait_method:ident($($pass:expr),*); $errors:literal)*) => {
        impl<B: Backend> Array<B> { $(
            $(#[$doc])*
            ///
            #[doc = concat!("# Errors\n", $errors)]
            pub fn $method(&self, $($arg: $ty),*) -> Result<Self> {
                self.made(|b| b.$trait_method(&self.raw, $($pass),*))
            }
        )* }
    };
}
forward! {
    /// The position of the first largest element: of all (`()`), along an axis, or as [`ArgReduce`] says.
    fn argmax(how: impl Into<ArgReduce>) = argmax(&how.into()); "`Axis`, `Dtype`, `Value`, `Unsupported`."
    /// Running sums along an axis, or as [`Scan`] says.
    fn cumulative_sum(how: impl Into<Scan>) = cumulative_sum(&how.into()); "`Axis`, `Dtype`, `Unsupported`."
    /// The same values in another dtype.
    fn astype(dtype: DType) = astype(&dtype); "`Dtype` (complex to real)."
    /// The same elements in C order under another shape of the same size.
    fn reshape(shape: impl Into<Shape>) = reshape(&shape.into()); "`Shape`."
    /// Axis `i` of the result is axis `axes[i]`.
    fn permute_dims(axes: &[i64]) = permute_dims(&axes.into()); "`Axis`."
    /// Repeats axes of length 1, and adds axes in front.
    fn broadcast_to(shape: impl Into<Shape>) = broadcast_to(&shape.into()); "`Shape`."
    /// Reverses axes (`None`: all).
    fn flip(axes: Option<&[i64]>) = flip(&axes.map(AxisList::from_slice)); "`Axis`."
    /// Moves elements along axes; those that leave come in at the other end.
    fn roll(how: impl Into<Roll>) = roll(&how.into()); "`Axis`, `Value`."
    /// Removes axes of length 1.
    fn squeeze(axes: &[i64]) = squeeze(&axes.into()); "`Axis`, `Shape`."
    /// Zeroes what lies above diagonal `k` of the last two axes.
    fn tril(k: i64) = tril(&k); "`Shape`."
    /// The elements at `indices` along an axis (`None` only for rank 1).
    fn take(indices: &Self, axis: impl Into<Option<i64>>) = take(&indices.raw, &axis.into()); "`Axis`, `Index`, `Dtype`, `Shape`."
    /// Sorts along the last axis (`()`), one, or as [`Sort`] says.
    fn sort(how: impl Into<Sort>) = sort(&how.into()); "`Axis`, `Dtype`, `Unsupported`."
    /// The positions that sort.
    fn argsort(how: impl Into<Sort>) = argsort(&how.into()); "`Axis`, `Dtype`, `Unsupported`."
    /// Where each element of `x2` would go in this sorted array.
    fn searchsorted(x2: &Self, how: impl Into<Search>) = searchsorted(&x2.raw, &how.into()); "`Shape`, `Dtype`, `Unsupported`."
    /// The distinct elements, ascending.
    fn unique_values() = unique_values(); "`Dtype`, `Unsupported`."
    /// Matrix product over the last two axes.
    fn matmul(x2: &Self) = matmul(&x2.raw); "`Shape`, `Dtype`, `Unsupported`."
    /// The solution of `self @ out = x2`.
    fn solve(x2: &Self) = solve(&x2.raw); "`Shape`, `Dtype`, `Singular`, `Unsupported`."
    /// The same array on a device.
    fn to_device(device: Device) = to_device(&device); "`Device`."
}

impl<B: Backend> Array<B> {
    /// An elementwise operation, by name.
    ///
    /// # Errors
    /// Those of [`Backend::unary`].
    #[inline]
    pub fn unary(&self, op: UnaryOp) -> Result<Self> {
        self.made(|b| b.unary(op, &self.raw))
    }

    /// An elementwise operation on two operands, by name.
    ///
    /// # Errors
    /// Those of [`Backend::binary`].
    #[inline]
    pub fn binary<'a>(&self, op: BinaryOp, other: impl Into<Operand<&'a Self>>) -> Result<Self> {
        self.made(|b| b.binary(op, Operand::Array(&self.raw), raw(other.into())))
    }

    /// A reduction, by name.
    ///
    /// # Errors
    /// Those of [`Backend::reduce`].
    pub fn reduce(&self, op: ReduceOp, how: &Reduce) -> Result<Self> {
        self.made(|b| b.reduce(op, &self.raw, how))
    }

    /// `self = op(self)`, reusing the memory where it can. On error the array is unchanged.
    ///
    /// # Errors
    /// Those of [`Backend::unary`].
    pub fn unary_assign(&mut self, op: UnaryOp) -> Result<()> {
        self.backend.unary_assign(op, &mut self.raw)
    }

    /// `self = op(self, other)`, reusing the memory where it can. On error the array is unchanged.
    ///
    /// # Errors
    /// Those of [`Backend::binary`].
    #[inline]
    pub fn binary_assign<'a>(&mut self, op: BinaryOp, other: impl Into<Operand<&'a Self>>) -> Result<()>
    where
        B: 'a,
    {
        self.backend.binary_assign(op, &mut self.raw, raw(other.into()))
    }

    /// `where` of the standard: `x1` where this array of truth values is true, else `x2`.
    ///
    /// # Errors
    /// `Shape`, `Dtype`, `Device`.
    pub fn select<'a>(&self, x1: impl Into<Operand<&'a Self>>, x2: impl Into<Operand<&'a Self>>) -> Result<Self> {
        self.made(|b| b.select(&self.raw, raw(x1.into()), raw(x2.into())))
    }

    /// Limits elements to `[min, max]`.
    ///
    /// # Errors
    /// `Shape`, `Dtype`.
    pub fn clip<'a>(&self, min: impl Into<Operand<&'a Self>>, max: impl Into<Operand<&'a Self>>) -> Result<Self> {
        self.made(|b| b.clip(&self.raw, Some(raw(min.into())), Some(raw(max.into()))))
    }

    /// Joins arrays along an axis (`None`: flattened first).
    ///
    /// # Errors
    /// `Shape`, `Axis`, `Dtype`, `Value` (no arrays), `Device`.
    pub fn concat(arrays: &[&Self], axis: impl Into<Option<i64>>) -> Result<Self> {
        let Some(first) = arrays.first() else {
            return Err(crate::Error::new(crate::ErrorKind::Value, crate::ShapeOp::Concat).detail("no arrays"));
        };
        let raws: smallvec::SmallVec<[&B::Array; 8]> = arrays.iter().map(|x| &x.raw).collect();
        Ok(first.beside(first.backend.concat(&raws, &axis.into())?))
    }

    /// Positions of the elements that are not zero, one array per axis.
    ///
    /// # Errors
    /// `Shape` (rank 0), `Unsupported`.
    pub fn nonzero(&self) -> Result<Vec<Self>> {
        Ok(self.backend.nonzero(&self.raw)?.into_iter().map(|x| self.beside(x)).collect())
    }

    /// `(Q, R)`.
    ///
    /// # Errors
    /// `Shape`, `Dtype`, `Unsupported`.
    pub fn qr(&self, how: impl Into<Qr>) -> Result<(Self, Self)> {
        let (q, r) = self.backend.qr(&self.raw, &how.into())?;
        Ok((self.beside(q), self.beside(r)))
    }

    /// `(U, S, Vh)`.
    ///
    /// # Errors
    /// `Shape`, `Dtype`, `NotConverged`, `Unsupported`.
    pub fn svd(&self, how: impl Into<Svd>) -> Result<(Self, Self, Self)> {
        let (u, s, vh) = self.backend.svd(&self.raw, &how.into())?;
        Ok((self.beside(u), self.beside(s), self.beside(vh)))
    }

    /// Exports through DLPack, without a copy where the layout allows.
    ///
    /// # Errors
    /// `Unsupported`.
    pub fn to_dlpack(&self) -> Result<dlpack::Tensor> {
        self.backend.to_dlpack(&self.raw)
    }

    /// Imports a DLPack tensor.
    ///
    /// # Errors
    /// `Device`, `Dtype`, `Unsupported`.
    pub fn from_dlpack(backend: &B, x: dlpack::Tensor) -> Result<Self> {
        Ok(Array { backend: backend.clone(), raw: backend.from_dlpack(x)? })
    }
}
