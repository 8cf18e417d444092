//! `Array<B>`: the face that people write against. Values with methods and operators; every failure is a `Result`.
mod args;
mod format;
mod methods;
mod operators;

use crate::options::{Arange, Eye, Full, Linspace, Random};
use crate::{
    Backend, Call, DType, Device, Element, Error, ErrorKind, HostArray, Index, Key, Operand, RandomOp, Reply, Result, Scalar, Shape,
};
use smallvec::SmallVec;

/// An array together with the backend that computes on it.
///
/// It is a value: cloning shares memory, and no operation changes what another clone sees.
///
/// - `&a + &b`, `&a + 2.0` and `2.0 + &a` make a new array; `a + &b` consumes `a` and reuses its memory where it can.
/// - Operators give a `Result`, and take one beside an array: `(&a + &b + &c)?`.
/// - A scalar adopts the dtype of the array beside it: `&x + 2.0` is float32 if `x` is.
#[derive(Clone)]
pub struct Array<B: Backend> {
    backend: B,
    raw: B::Array,
}

/// A key as a backend takes it.
type RawKey<'a, B> = SmallVec<[Index<&'a <B as Backend>::Array>; 4]>;

impl<B: Backend> Array<B> {
    /// From a backend's own array.
    pub fn from_raw(backend: B, raw: B::Array) -> Self {
        Array { backend, raw }
    }

    /// The backend's own array.
    pub fn raw(&self) -> &B::Array {
        &self.raw
    }

    /// The backend's own array, alone.
    pub fn into_raw(self) -> B::Array {
        self.raw
    }

    /// The backend.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// Another array, which the same backend makes. It is moved once less where the handle is copied first, which small arrays feel.
    #[inline]
    fn made(&self, make: impl FnOnce(&B) -> Result<B::Array>) -> Result<Self> {
        Ok(Array { backend: self.backend.clone(), raw: make(&self.backend)? })
    }

    /// Another array of the same backend.
    #[inline]
    fn beside(&self, raw: B::Array) -> Self {
        Array { backend: self.backend.clone(), raw }
    }

    // -- creation ------------------------------------------------------------------------------------------------------

    /// Copies values in C order to the backend's default device.
    ///
    /// # Errors
    /// `Value` where the number of values is not that of the shape, `Unsupported` (dtype), `OutOfMemory`.
    pub fn from_slice<T: Element>(backend: &B, shape: impl Into<Shape>, values: &[T]) -> Result<Self> {
        Self::from_host(backend, &HostArray::from_slice(shape, values)?)
    }

    /// Copies a host array to the backend's default device.
    ///
    /// # Errors
    /// `Unsupported` (dtype), `OutOfMemory`.
    pub fn from_host(backend: &B, x: &HostArray) -> Result<Self> {
        Ok(Array { backend: backend.clone(), raw: backend.upload(x, None)? })
    }

    /// An array of one value. Options beyond shape and value: [`Array::create`].
    ///
    /// # Errors
    /// `Shape`, `OutOfMemory`.
    pub fn full(backend: &B, shape: impl Into<Shape>, value: impl Into<Scalar>) -> Result<Self> {
        Self::create(backend, Call::Full { how: Full::default().shape(shape).value(value) })
    }

    /// Zeros, or `false`.
    ///
    /// # Errors
    /// `Shape`, `OutOfMemory`, `Unsupported` (dtype).
    pub fn zeros(backend: &B, shape: impl Into<Shape>, dtype: DType) -> Result<Self> {
        let zero = if dtype == DType::Bool { Scalar::Bool(false) } else { Scalar::Int(0) };
        Self::create(backend, Call::Full { how: Full::default().shape(shape).value(zero).dtype(dtype) })
    }

    /// Ones, or `true`.
    ///
    /// # Errors
    /// `Shape`, `OutOfMemory`, `Unsupported` (dtype).
    pub fn ones(backend: &B, shape: impl Into<Shape>, dtype: DType) -> Result<Self> {
        let one = if dtype == DType::Bool { Scalar::Bool(true) } else { Scalar::Int(1) };
        Self::create(backend, Call::Full { how: Full::default().shape(shape).value(one).dtype(dtype) })
    }

    /// Equal steps: `0..10`, `0.0..1.0`, or [`Arange`] with a step and a dtype.
    ///
    /// # Errors
    /// `Value` (step 0), `Dtype`, `OutOfMemory`.
    pub fn arange(backend: &B, how: impl Into<Arange>) -> Result<Self> {
        Self::create(backend, Call::Arange { how: how.into() })
    }

    /// `num` numbers from `start` to `stop`, both included.
    ///
    /// # Errors
    /// `Dtype`, `OutOfMemory`.
    pub fn linspace(backend: &B, start: impl Into<Scalar>, stop: impl Into<Scalar>, num: u64) -> Result<Self> {
        Self::create(backend, Call::Linspace { how: Linspace::default().start(start).stop(stop).num(num) })
    }

    /// The unit matrix of `n` rows, float64.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn eye(backend: &B, n: u64) -> Result<Self> {
        Self::create(backend, Call::Eye { how: Eye::default().rows(n) })
    }

    /// Random numbers in [0, 1), the same for the same key.
    ///
    /// # Errors
    /// `Dtype`, `Unsupported`.
    pub fn uniform(backend: &B, key: Key, shape: impl Into<Shape>, dtype: DType) -> Result<Self> {
        let how = Random::default().shape(shape).dtype(dtype);
        Self::create(backend, Call::Random { op: RandomOp::Uniform, key, how })
    }

    /// Runs a call that needs no arrays, with all of its options.
    ///
    /// # Errors
    /// Those of the call.
    pub fn create(backend: &B, call: Call<&Self>) -> Result<Self> {
        let raw = call.try_map(|x| Ok::<_, Error>(&x.raw))?.apply(backend)?.one()?;
        Ok(Array { backend: backend.clone(), raw })
    }

    /// Runs a call on the backend of this array.
    ///
    /// # Errors
    /// Those of the call.
    pub fn call(&self, call: Call<&Self>) -> Result<Reply<Self>> {
        let reply = call.try_map(|x| Ok::<_, Error>(&x.raw))?.apply(&self.backend)?;
        Ok(reply.map(|raw| self.beside(raw)))
    }

    // -- what it tells -------------------------------------------------------------------------------------------------

    /// The lengths of the axes.
    pub fn shape(&self) -> &Shape {
        self.backend.shape(&self.raw)
    }

    /// The dtype.
    pub fn dtype(&self) -> DType {
        self.backend.dtype(&self.raw)
    }

    /// Where it lives.
    pub fn device(&self) -> Device {
        self.backend.device(&self.raw)
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.shape().rank()
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.shape().size()
    }

    // -- out -----------------------------------------------------------------------------------------------------------

    /// Copies to the host. Waits; errors of asynchronous work surface here.
    ///
    /// # Errors
    /// `Backend`, `OutOfMemory`.
    pub fn to_host(&self) -> Result<HostArray> {
        self.backend.download(&self.raw)
    }

    /// The elements in C order.
    ///
    /// # Errors
    /// `Dtype` where `T` is not the element type; those of [`to_host`](Self::to_host).
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        if T::DTYPE != self.dtype() {
            let asked = format!("{} asked for", T::DTYPE);
            return Err(Error::outside_op(ErrorKind::Dtype).dtypes(&[self.dtype()]).detail(asked));
        }
        let host = self.to_host()?;
        let bad = || Error::outside_op(ErrorKind::Backend).dtypes(&[T::DTYPE]).detail("bytes that are no elements");
        Ok(host.view::<T>().ok_or_else(bad)?.to_vec())
    }

    /// The one element of an array of size 1.
    ///
    /// # Errors
    /// `Shape` where there is not exactly one, `Dtype` where `T` is not its type; those of [`to_host`](Self::to_host).
    pub fn item<T: Element>(&self) -> Result<T> {
        let one = || Error::outside_op(ErrorKind::Shape).shapes(&[self.shape()]).detail("one element expected");
        if self.size() != 1 {
            return Err(one());
        }
        self.to_vec()?.first().copied().ok_or_else(one)
    }

    // -- indexing ------------------------------------------------------------------------------------------------------

    /// `x[key]`: `x.get(&idx![0, 1.., Index::NewAxis])`, `x.get(&idx![&mask])`.
    ///
    /// # Errors
    /// `Index`, `Shape` (mask), `Dtype`, `Unsupported`.
    #[inline]
    pub fn get(&self, key: &[Index<&Self>]) -> Result<Self> {
        self.made(|b| b.getitem(&self.raw, &raw_key(key)))
    }

    /// `x[key] = value`, in place where nobody shares the memory. On error the array is unchanged.
    ///
    /// # Errors
    /// `Index`, `Shape`, `Dtype`, `Unsupported`.
    pub fn set<'a>(&mut self, key: &[Index<&Self>], value: impl Into<Operand<&'a Self>>) -> Result<()> {
        self.backend.setitem(&mut self.raw, &raw_key(key), raw(value.into()))
    }

    /// The parts along the first axis, as Python's `__iter__`. An array of rank 0 gives one error.
    pub fn iter(&self) -> Iter<'_, B> {
        Iter { array: self, next: 0, end: self.shape().first().map_or(1, |&n| n) }
    }
}

/// An operand as a backend takes it.
#[inline]
fn raw<B: Backend>(x: Operand<&Array<B>>) -> Operand<&B::Array> {
    match x {
        Operand::Array(x) => Operand::Array(&x.raw),
        Operand::Scalar(s) => Operand::Scalar(s),
    }
}

fn raw_key<'a, B: Backend>(key: &[Index<&'a Array<B>>]) -> RawKey<'a, B> {
    key.iter()
        .map(|entry| match entry {
            Index::At(i) => Index::At(*i),
            Index::Slice { start, stop, step } => Index::Slice { start: *start, stop: *stop, step: *step },
            Index::NewAxis => Index::NewAxis,
            Index::Ellipsis => Index::Ellipsis,
            Index::Array(x) => Index::Array(&x.raw),
        })
        .collect()
}

/// The parts of an array along its first axis.
pub struct Iter<'a, B: Backend> {
    array: &'a Array<B>,
    next: usize,
    end: usize,
}

impl<B: Backend> Iterator for Iter<'_, B> {
    type Item = Result<Array<B>>;

    fn next(&mut self) -> Option<Result<Array<B>>> {
        if self.next >= self.end {
            return None;
        }
        let at = self.next;
        self.next += 1;
        if self.array.rank() == 0 {
            return Some(Err(Error::outside_op(ErrorKind::Shape).shapes(&[self.array.shape()]).detail("no axis to iterate over")));
        }
        // An index fits: a length with elements fits `isize`, and one without is not indexed.
        Some(self.array.get(&[Index::At(i64::try_from(at).unwrap_or(i64::MAX))]))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.end - self.next, Some(self.end - self.next))
    }
}
impl<B: Backend> ExactSizeIterator for Iter<'_, B> {}

impl<'a, B: Backend> IntoIterator for &'a Array<B> {
    type Item = Result<Array<B>>;
    type IntoIter = Iter<'a, B>;
    fn into_iter(self) -> Iter<'a, B> {
        self.iter()
    }
}
