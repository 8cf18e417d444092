//! Erased arrays: one function object for any backend, chosen by its arguments; hardware picked at run time.
//!
//! An [`AnyArray`] is one `Arc` around a backend and its array. [`call`] runs a [`Call`] on the backend of its arrays;
//! [`AnyBackend`] is for calls without arrays (creation, random numbers) and for code that holds a `Backend`.
use crate::options::*;
use crate::{
    Backend, BinaryOp, Call, DType, Error, ErrorKind, FftOp, HostArray, Index, IndexingOp, Info, InterchangeOp, Op, Operand, RandomOp,
    ReduceOp, Reply, Result, Shape, UnaryOp, dlpack,
};
use smallvec::SmallVec;
use std::any::Any;
use std::sync::Arc;

/// An array of any backend.
#[derive(Clone)]
pub struct AnyArray(Arc<dyn ErasedArray>);

/// A backend of any type.
#[derive(Clone)]
pub struct AnyBackend(Arc<dyn ErasedBackend>);

/// Backend and array in one allocation.
#[derive(Clone)]
struct Held<B: Backend> {
    backend: B,
    raw: B::Array,
}

trait ErasedArray: Any + Send + Sync {
    fn backend(&self) -> &dyn ErasedBackend;
    fn duplicate(&self) -> Box<dyn ErasedArray>;
    fn shape(&self) -> &Shape;
    fn dtype(&self) -> DType;
    fn device(&self) -> Device;
    fn download(&self) -> Result<HostArray>;
    fn to_dlpack(&self) -> Result<dlpack::Tensor>;
    fn setitem(&mut self, key: &[Index<&AnyArray>], value: Operand<&AnyArray>) -> Result<()>;
    fn unary_assign(&mut self, op: UnaryOp) -> Result<()>;
    fn binary_assign(&mut self, op: BinaryOp, x2: Operand<&AnyArray>) -> Result<()>;
}

trait ErasedBackend: Any + Send + Sync {
    fn handle(&self) -> AnyBackend;
    fn info(&self) -> Info;
    fn sync(&self) -> Result<()>;
    fn upload(&self, x: &HostArray, to: Option<Device>) -> Result<AnyArray>;
    fn import(&self, x: dlpack::Tensor) -> Result<AnyArray>;
    fn call(&self, call: Call<&AnyArray>) -> Result<Reply<AnyArray>>;
    // Short cuts past `Call`, for what is called most.
    fn unary(&self, op: UnaryOp, x: &AnyArray) -> Result<AnyArray>;
    fn binary(&self, op: BinaryOp, x1: Operand<&AnyArray>, x2: Operand<&AnyArray>) -> Result<AnyArray>;
    fn getitem(&self, x: &AnyArray, key: &[Index<&AnyArray>]) -> Result<AnyArray>;
}

/// The array of a backend of type `B`.
#[inline]
fn raw<B: Backend>(op: impl Into<Op>, x: &AnyArray) -> Result<&B::Array> {
    match x.held::<B>() {
        Some(held) => Ok(&held.raw),
        None => Err(foreign(op, x)),
    }
}

#[cold]
fn foreign(op: impl Into<Op>, x: &AnyArray) -> Error {
    let name = x.0.backend().info().name;
    Error::new(ErrorKind::Device, op)
        .shapes(&[x.shape()])
        .dtypes(&[x.dtype()])
        .detail(format!("an array of backend `{name}` beside one of another"))
}

#[inline]
fn raw_operand<B: Backend>(op: impl Into<Op>, x: Operand<&AnyArray>) -> Result<Operand<&B::Array>> {
    Ok(match x {
        Operand::Array(x) => Operand::Array(raw::<B>(op, x)?),
        Operand::Scalar(s) => Operand::Scalar(s),
    })
}

type RawKey<'a, B> = SmallVec<[Index<&'a <B as Backend>::Array>; 4]>;

fn raw_key<'a, B: Backend>(op: IndexingOp, key: &[Index<&'a AnyArray>]) -> Result<RawKey<'a, B>> {
    key.iter().map(|entry| entry.clone().try_map(|x| raw::<B>(op, x))).collect()
}

impl<B: Backend> ErasedArray for Held<B> {
    fn backend(&self) -> &dyn ErasedBackend {
        &self.backend
    }
    fn duplicate(&self) -> Box<dyn ErasedArray> {
        Box::new(self.clone())
    }
    fn shape(&self) -> &Shape {
        self.backend.shape(&self.raw)
    }
    fn dtype(&self) -> DType {
        self.backend.dtype(&self.raw)
    }
    fn device(&self) -> Device {
        self.backend.device(&self.raw)
    }
    fn download(&self) -> Result<HostArray> {
        self.backend.download(&self.raw)
    }
    fn to_dlpack(&self) -> Result<dlpack::Tensor> {
        self.backend.to_dlpack(&self.raw)
    }
    fn setitem(&mut self, key: &[Index<&AnyArray>], value: Operand<&AnyArray>) -> Result<()> {
        let (key, value) = (raw_key::<B>(IndexingOp::Setitem, key)?, raw_operand::<B>(IndexingOp::Setitem, value)?);
        self.backend.setitem(&mut self.raw, &key, value)
    }
    fn unary_assign(&mut self, op: UnaryOp) -> Result<()> {
        self.backend.unary_assign(op, &mut self.raw)
    }
    fn binary_assign(&mut self, op: BinaryOp, x2: Operand<&AnyArray>) -> Result<()> {
        self.backend.binary_assign(op, &mut self.raw, raw_operand::<B>(op, x2)?)
    }
}

impl<B: Backend> ErasedBackend for B {
    fn handle(&self) -> AnyBackend {
        AnyBackend::new(self.clone())
    }
    fn info(&self) -> Info {
        Backend::info(self)
    }
    fn sync(&self) -> Result<()> {
        Backend::sync(self)
    }
    fn upload(&self, x: &HostArray, to: Option<Device>) -> Result<AnyArray> {
        Ok(AnyArray::new(self.clone(), Backend::upload(self, x, to)?))
    }
    fn import(&self, x: dlpack::Tensor) -> Result<AnyArray> {
        Ok(AnyArray::new(self.clone(), Backend::from_dlpack(self, x)?))
    }
    fn call(&self, call: Call<&AnyArray>) -> Result<Reply<AnyArray>> {
        let op = call.op();
        let reply = call.try_map(|x| raw::<B>(op, x))?.apply(self)?;
        Ok(reply.map(|raw| AnyArray::new(self.clone(), raw)))
    }
    fn unary(&self, op: UnaryOp, x: &AnyArray) -> Result<AnyArray> {
        Ok(AnyArray::new(self.clone(), Backend::unary(self, op, raw::<B>(op, x)?)?))
    }
    fn binary(&self, op: BinaryOp, x1: Operand<&AnyArray>, x2: Operand<&AnyArray>) -> Result<AnyArray> {
        let out = Backend::binary(self, op, raw_operand::<B>(op, x1)?, raw_operand::<B>(op, x2)?)?;
        Ok(AnyArray::new(self.clone(), out))
    }
    fn getitem(&self, x: &AnyArray, key: &[Index<&AnyArray>]) -> Result<AnyArray> {
        let op = IndexingOp::Getitem;
        Ok(AnyArray::new(self.clone(), Backend::getitem(self, raw::<B>(op, x)?, &raw_key::<B>(op, key)?)?))
    }
}

impl AnyArray {
    /// Erases the type of a backend's array.
    pub fn new<B: Backend>(backend: B, raw: B::Array) -> AnyArray {
        // An erased array of the erased backend is itself: no shell around a shell.
        if let Some(inner) = (&raw as &dyn Any).downcast_ref::<AnyArray>() {
            return inner.clone();
        }
        AnyArray(Arc::new(Held { backend, raw }))
    }

    #[inline]
    fn held<B: Backend>(&self) -> Option<&Held<B>> {
        (&*self.0 as &dyn Any).downcast_ref()
    }

    /// Backend and array, if they are of that type.
    pub fn downcast<B: Backend>(&self) -> Option<(&B, &B::Array)> {
        self.held::<B>().map(|held| (&held.backend, &held.raw))
    }

    /// Its backend.
    pub fn backend(&self) -> AnyBackend {
        self.0.backend().handle()
    }

    /// The lengths of the axes.
    pub fn shape(&self) -> &Shape {
        self.0.shape()
    }

    /// The dtype.
    pub fn dtype(&self) -> DType {
        self.0.dtype()
    }

    /// Where it lives.
    pub fn device(&self) -> Device {
        self.0.device()
    }

    /// Copies to the host.
    ///
    /// # Errors
    /// `Backend`, `OutOfMemory`.
    pub fn download(&self) -> Result<HostArray> {
        self.0.download()
    }

    /// Exports through DLPack.
    ///
    /// # Errors
    /// `Unsupported`.
    pub fn to_dlpack(&self) -> Result<dlpack::Tensor> {
        self.0.to_dlpack()
    }

    /// `x[key] = value`, in place where nobody shares the memory. On error the array is unchanged.
    ///
    /// # Errors
    /// Those of [`Backend::setitem`]; `Device` for arrays of another backend.
    pub fn setitem(&mut self, key: &[Index<&AnyArray>], value: Operand<&AnyArray>) -> Result<()> {
        self.change(|x| x.setitem(key, value))
    }

    /// `x = op(x)`, reusing the memory where it can.
    ///
    /// # Errors
    /// Those of [`Backend::unary`].
    pub fn unary_assign(&mut self, op: UnaryOp) -> Result<()> {
        self.change(|x| x.unary_assign(op))
    }

    /// `x = op(x, x2)`, reusing the memory where it can.
    ///
    /// # Errors
    /// Those of [`Backend::binary`]; `Device` for arrays of another backend.
    pub fn binary_assign(&mut self, op: BinaryOp, x2: Operand<&AnyArray>) -> Result<()> {
        self.change(|x| x.binary_assign(op, x2))
    }

    /// Changes this handle's own shell. Shared memory stays shared: the backend copies it when it must.
    fn change(&mut self, f: impl FnOnce(&mut dyn ErasedArray) -> Result<()>) -> Result<()> {
        if let Some(own) = Arc::get_mut(&mut self.0) {
            return f(own);
        }
        let mut copy = self.0.duplicate();
        f(&mut *copy)?;
        self.0 = copy.into();
        Ok(())
    }
}

impl std::fmt::Debug for AnyArray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{} of `{}`", self.dtype(), self.shape(), self.0.backend().info().name)
    }
}

impl<B: Backend> crate::Array<B> {
    /// The same array as one of [`AnyBackend`].
    pub fn erase(self) -> crate::Array<AnyBackend> {
        let backend = AnyBackend::new(self.backend().clone());
        let raw = AnyArray::new(self.backend().clone(), self.into_raw());
        crate::Array::from_raw(backend, raw)
    }
}

/// Runs a call on the backend of its arrays.
///
/// # Errors
/// Those of the call; `Device` where arrays of several backends meet; `Value` for a call without arrays, which nobody can be chosen by
/// (use [`AnyBackend::call`]).
pub fn call(call: Call<&AnyArray>) -> Result<Reply<AnyArray>> {
    // What is called most goes past the general way: the same result, some tens of nanoseconds sooner.
    match call {
        Call::Unary { op, x } => unary(op, x).map(Reply::One),
        Call::Binary { op, x1, x2 } => binary(op, x1, x2).map(Reply::One),
        Call::Getitem { x, key } => x.0.backend().getitem(x, &key).map(Reply::One),
        call => {
            let mut first = None;
            call.arrays(|x| {
                first.get_or_insert(*x);
            });
            match first {
                Some(x) => x.0.backend().call(call),
                None => Err(Error::new(ErrorKind::Value, call.op()).detail("no array to choose a backend by")),
            }
        }
    }
}

/// [`call`] for an elementwise operation on one array.
///
/// # Errors
/// Those of [`Backend::unary`].
pub fn unary(op: UnaryOp, x: &AnyArray) -> Result<AnyArray> {
    x.0.backend().unary(op, x)
}

/// [`call`] for an elementwise operation on two operands.
///
/// # Errors
/// Those of [`Backend::binary`]; `Device` for arrays of two backends, `Value` for two scalars.
pub fn binary(op: BinaryOp, x1: Operand<&AnyArray>, x2: Operand<&AnyArray>) -> Result<AnyArray> {
    match (&x1, &x2) {
        (Operand::Array(x), _) | (_, Operand::Array(x)) => x.0.backend().binary(op, x1, x2),
        _ => Err(Error::new(ErrorKind::Value, op).detail("no array to choose a backend by")),
    }
}

impl AnyBackend {
    /// Erases the type of a backend.
    pub fn new<B: Backend>(backend: B) -> AnyBackend {
        match (&backend as &dyn Any).downcast_ref::<AnyBackend>() {
            Some(already) => already.clone(),
            None => AnyBackend(Arc::new(backend)),
        }
    }

    /// The backend, if it is of that type.
    pub fn downcast<B: Backend>(&self) -> Option<&B> {
        (&*self.0 as &dyn Any).downcast_ref()
    }

    /// Runs a call, creation included.
    ///
    /// # Errors
    /// Those of the call; `Device` for arrays of another backend.
    pub fn call(&self, call: Call<&AnyArray>) -> Result<Reply<AnyArray>> {
        self.0.call(call)
    }

    fn one(&self, call: Call<&AnyArray>) -> Result<AnyArray> {
        self.0.call(call)?.one()
    }

    fn several<const N: usize>(&self, call: Call<&AnyArray>) -> Result<[AnyArray; N]> {
        let op = call.op();
        let wrong = |v: Vec<_>| Error::new(ErrorKind::Backend, op).detail(format!("{} arrays instead of {N}", v.len()));
        self.0.call(call)?.into_vec().try_into().map_err(wrong)
    }

    /// Refuses the arrays of backends of other types.
    fn own<'a>(&self, op: impl Into<Op>, x: &'a AnyArray) -> Result<&'a AnyArray> {
        let (mine, theirs): (&dyn Any, &dyn Any) = (&*self.0, x.0.backend());
        if mine.type_id() == theirs.type_id() { Ok(x) } else { Err(foreign(op, x)) }
    }
}

impl std::fmt::Debug for AnyBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AnyBackend(`{}`)", self.0.info().name)
    }
}

/// Methods that become a call with one array in reply.
macro_rules! forward {
    ($( fn $method:ident($($arg:ident: $ty:ty),*) => $call:expr; )*) => { $(
        fn $method(&self, $($arg: $ty),*) -> Result<AnyArray> { self.one($call) }
    )* };
}

/// Hardware picked at run time: `Array<AnyBackend>` is an array of whichever backend.
impl Backend for AnyBackend {
    type Array = AnyArray;

    fn info(&self) -> Info {
        self.0.info()
    }
    fn shape<'a>(&self, x: &'a AnyArray) -> &'a Shape {
        x.shape()
    }
    fn dtype(&self, x: &AnyArray) -> DType {
        x.dtype()
    }
    fn device(&self, x: &AnyArray) -> Device {
        x.device()
    }
    fn upload(&self, x: &HostArray, to: Option<Device>) -> Result<AnyArray> {
        self.0.upload(x, to)
    }
    fn download(&self, x: &AnyArray) -> Result<HostArray> {
        self.own(InterchangeOp::Download, x)?.download()
    }
    fn sync(&self) -> Result<()> {
        self.0.sync()
    }
    #[inline]
    fn unary(&self, op: UnaryOp, x: &AnyArray) -> Result<AnyArray> {
        self.0.unary(op, x)
    }
    #[inline]
    fn binary(&self, op: BinaryOp, x1: Operand<&AnyArray>, x2: Operand<&AnyArray>) -> Result<AnyArray> {
        self.0.binary(op, x1, x2)
    }
    fn getitem(&self, x: &AnyArray, key: &[Index<&AnyArray>]) -> Result<AnyArray> {
        self.0.getitem(x, key)
    }
    fn setitem(&self, x: &mut AnyArray, key: &[Index<&AnyArray>], value: Operand<&AnyArray>) -> Result<()> {
        self.own(IndexingOp::Setitem, x)?;
        x.setitem(key, value)
    }
    fn unary_assign(&self, op: UnaryOp, x: &mut AnyArray) -> Result<()> {
        self.own(op, x)?;
        x.unary_assign(op)
    }
    fn binary_assign(&self, op: BinaryOp, x: &mut AnyArray, x2: Operand<&AnyArray>) -> Result<()> {
        self.own(op, x)?;
        x.binary_assign(op, x2)
    }
    fn qr(&self, x: &AnyArray, how: &Qr) -> Result<(AnyArray, AnyArray)> {
        self.several(Call::Qr { x, how: how.clone() }).map(|[q, r]| (q, r))
    }
    fn svd(&self, x: &AnyArray, how: &Svd) -> Result<(AnyArray, AnyArray, AnyArray)> {
        self.several(Call::Svd { x, how: how.clone() }).map(|[u, s, vh]| (u, s, vh))
    }
    fn nonzero(&self, x: &AnyArray) -> Result<Vec<AnyArray>> {
        self.call(Call::Nonzero { x }).map(Reply::into_vec)
    }
    fn to_dlpack(&self, x: &AnyArray) -> Result<dlpack::Tensor> {
        self.own(InterchangeOp::FromDlpack, x)?.to_dlpack()
    }
    fn from_dlpack(&self, x: dlpack::Tensor) -> Result<AnyArray> {
        self.0.import(x)
    }

    forward! {
        fn clip(x: &AnyArray, min: Option<Operand<&AnyArray>>, max: Option<Operand<&AnyArray>>) => Call::Clip { x, min, max };
        fn select(condition: &AnyArray, x1: Operand<&AnyArray>, x2: Operand<&AnyArray>) => Call::Where { condition, x1, x2 };
        fn reduce(op: ReduceOp, x: &AnyArray, how: &Reduce) => Call::Reduce { op, x, how: how.clone() };
        fn argmax(x: &AnyArray, how: &ArgReduce) => Call::Argmax { x, how: how.clone() };
        fn cumulative_sum(x: &AnyArray, how: &Scan) => Call::CumulativeSum { x, how: how.clone() };
        fn arange(how: &Arange) => Call::Arange { how: how.clone() };
        fn eye(how: &Eye) => Call::Eye { how: how.clone() };
        fn full(how: &Full) => Call::Full { how: how.clone() };
        fn linspace(how: &Linspace) => Call::Linspace { how: how.clone() };
        fn astype(x: &AnyArray, dtype: &DType) => Call::Astype { x, dtype: *dtype };
        fn broadcast_to(x: &AnyArray, shape: &Shape) => Call::BroadcastTo { x, shape: shape.clone() };
        fn concat(arrays: &[&AnyArray], axis: &Option<i64>) => Call::Concat { arrays: arrays.to_vec(), axis: *axis };
        fn flip(x: &AnyArray, axes: &Axes) => Call::Flip { x, axes: axes.clone() };
        fn permute_dims(x: &AnyArray, axes: &AxisList) => Call::PermuteDims { x, axes: axes.clone() };
        fn reshape(x: &AnyArray, shape: &Shape) => Call::Reshape { x, shape: shape.clone() };
        fn roll(x: &AnyArray, how: &Roll) => Call::Roll { x, how: how.clone() };
        fn squeeze(x: &AnyArray, axes: &AxisList) => Call::Squeeze { x, axes: axes.clone() };
        fn tril(x: &AnyArray, k: &i64) => Call::Tril { x, k: *k };
        fn with_item(x: &AnyArray, key: &[Index<&AnyArray>], value: Operand<&AnyArray>) => Call::Setitem { x, key: key.to_vec(), value };
        fn take(x: &AnyArray, indices: &AnyArray, axis: &Option<i64>) => Call::Take { x, indices, axis: *axis };
        fn sort(x: &AnyArray, how: &Sort) => Call::Sort { x, how: how.clone() };
        fn argsort(x: &AnyArray, how: &Sort) => Call::Argsort { x, how: how.clone() };
        fn searchsorted(x1: &AnyArray, x2: &AnyArray, how: &Search) => Call::Searchsorted { x1, x2, how: how.clone() };
        fn unique_values(x: &AnyArray) => Call::UniqueValues { x };
        fn matmul(x1: &AnyArray, x2: &AnyArray) => Call::Matmul { x1, x2 };
        fn solve(x1: &AnyArray, x2: &AnyArray) => Call::Solve { x1, x2 };
        fn fft(op: FftOp, x: &AnyArray, how: &Fft) => Call::Fft { op, x, how: how.clone() };
        fn random(op: RandomOp, key: &Key, how: &Random) => Call::Random { op, key: *key, how: how.clone() };
        fn to_device(x: &AnyArray, device: &Device) => Call::ToDevice { x, device: *device };
        fn through_dlpack(x: &AnyArray) => Call::FromDlpack { x };
    }
}
