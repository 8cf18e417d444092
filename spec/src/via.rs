//! A backend by one method, for everything that treats calls alike: fault injection, tracing, routing.
use crate::options::*;
use crate::{
    Backend, BinaryOp, Call, DType, FftOp, HostArray, Index, Info, Operand, RandomOp, ReduceOp, Reply, Result, Shape, UnaryOp, dlpack,
};

/// What happens between a call and the backend below. Every method has a default that goes straight through.
pub trait Intercept<B: Backend>: Clone + Send + Sync + 'static {
    /// One call. `call.apply(below)` runs it.
    ///
    /// # Errors
    /// Those of the call, or the interceptor's own.
    fn call(&self, below: &B, call: Call<&B::Array>) -> Result<Reply<B::Array>> {
        call.apply(below)
    }
    /// What the backend says of itself.
    fn info(&self, below: &B) -> Info {
        below.info()
    }
    /// A host array on its way in.
    ///
    /// # Errors
    /// Those of the backend, or the interceptor's own.
    fn upload(&self, below: &B, x: &HostArray, to: Option<Device>) -> Result<B::Array> {
        below.upload(x, to)
    }
    /// An array on its way out.
    ///
    /// # Errors
    /// Those of the backend, or the interceptor's own.
    fn download(&self, below: &B, x: &B::Array) -> Result<HostArray> {
        below.download(x)
    }
    /// `x[key] = value` in place. The default goes through [`call`](Self::call), on a copy.
    ///
    /// # Errors
    /// Those of the call.
    fn setitem(&self, below: &B, x: &mut B::Array, key: &[Index<&B::Array>], value: Operand<&B::Array>) -> Result<()> {
        *x = self.call(below, Call::Setitem { x, key: key.to_vec(), value })?.one()?;
        Ok(())
    }
    /// `x = op(x)` in place. The default goes through [`call`](Self::call).
    ///
    /// # Errors
    /// Those of the call.
    fn unary_assign(&self, below: &B, op: UnaryOp, x: &mut B::Array) -> Result<()> {
        *x = self.call(below, Call::Unary { op, x })?.one()?;
        Ok(())
    }
    /// `x = op(x, x2)` in place. The default goes through [`call`](Self::call).
    ///
    /// # Errors
    /// Those of the call.
    fn binary_assign(&self, below: &B, op: BinaryOp, x: &mut B::Array, x2: Operand<&B::Array>) -> Result<()> {
        *x = self.call(below, Call::Binary { op, x1: Operand::Array(x), x2 })?.one()?;
        Ok(())
    }
}

/// A backend seen through an interceptor.
#[derive(Clone)]
pub struct Via<B, I>(
    /// The backend below.
    pub B,
    /// What stands in front of it.
    pub I,
);

impl<B: Backend, I: Intercept<B>> Via<B, I> {
    #[inline]
    fn one(&self, call: Call<&B::Array>) -> Result<B::Array> {
        self.1.call(&self.0, call)?.one()
    }

    fn several<const N: usize>(&self, call: Call<&B::Array>) -> Result<[B::Array; N]> {
        let op = call.op();
        self.1
            .call(&self.0, call)?
            .into_vec()
            .try_into()
            .map_err(|v: Vec<_>| crate::Error::new(crate::ErrorKind::Backend, op).detail(format!("{} arrays instead of {N}", v.len())))
    }
}

/// Methods that become a call with one array in reply.
macro_rules! forward {
    ($( fn $method:ident($($arg:ident: $ty:ty),*) => $call:expr; )*) => { $(
        fn $method(&self, $($arg: $ty),*) -> Result<B::Array> { self.one($call) }
    )* };
}

impl<B: Backend, I: Intercept<B>> Backend for Via<B, I> {
    type Array = B::Array;

    fn info(&self) -> Info {
        self.1.info(&self.0)
    }
    fn shape<'a>(&self, x: &'a B::Array) -> &'a Shape {
        self.0.shape(x)
    }
    fn dtype(&self, x: &B::Array) -> DType {
        self.0.dtype(x)
    }
    fn device(&self, x: &B::Array) -> Device {
        self.0.device(x)
    }
    fn upload(&self, x: &HostArray, to: Option<Device>) -> Result<B::Array> {
        self.1.upload(&self.0, x, to)
    }
    fn download(&self, x: &B::Array) -> Result<HostArray> {
        self.1.download(&self.0, x)
    }
    fn sync(&self) -> Result<()> {
        self.0.sync()
    }
    fn setitem(&self, x: &mut B::Array, key: &[Index<&B::Array>], value: Operand<&B::Array>) -> Result<()> {
        self.1.setitem(&self.0, x, key, value)
    }
    fn unary_assign(&self, op: UnaryOp, x: &mut B::Array) -> Result<()> {
        self.1.unary_assign(&self.0, op, x)
    }
    fn binary_assign(&self, op: BinaryOp, x: &mut B::Array, x2: Operand<&B::Array>) -> Result<()> {
        self.1.binary_assign(&self.0, op, x, x2)
    }
    fn qr(&self, x: &B::Array, how: &Qr) -> Result<(B::Array, B::Array)> {
        self.several(Call::Qr { x, how: how.clone() }).map(|[q, r]| (q, r))
    }
    fn svd(&self, x: &B::Array, how: &Svd) -> Result<(B::Array, B::Array, B::Array)> {
        self.several(Call::Svd { x, how: how.clone() }).map(|[u, s, vh]| (u, s, vh))
    }
    fn nonzero(&self, x: &B::Array) -> Result<Vec<B::Array>> {
        self.1.call(&self.0, Call::Nonzero { x }).map(Reply::into_vec)
    }
    fn to_dlpack(&self, x: &B::Array) -> Result<dlpack::Tensor> {
        self.0.to_dlpack(x)
    }
    fn from_dlpack(&self, x: dlpack::Tensor) -> Result<B::Array> {
        self.0.from_dlpack(x)
    }

    forward! {
        fn unary(op: UnaryOp, x: &B::Array) => Call::Unary { op, x };
        fn binary(op: BinaryOp, x1: Operand<&B::Array>, x2: Operand<&B::Array>) => Call::Binary { op, x1, x2 };
        fn clip(x: &B::Array, min: Option<Operand<&B::Array>>, max: Option<Operand<&B::Array>>) => Call::Clip { x, min, max };
        fn select(condition: &B::Array, x1: Operand<&B::Array>, x2: Operand<&B::Array>) => Call::Where { condition, x1, x2 };
        fn reduce(op: ReduceOp, x: &B::Array, how: &Reduce) => Call::Reduce { op, x, how: how.clone() };
        fn argmax(x: &B::Array, how: &ArgReduce) => Call::Argmax { x, how: how.clone() };
        fn cumulative_sum(x: &B::Array, how: &Scan) => Call::CumulativeSum { x, how: how.clone() };
        fn arange(how: &Arange) => Call::Arange { how: how.clone() };
        fn eye(how: &Eye) => Call::Eye { how: how.clone() };
        fn full(how: &Full) => Call::Full { how: how.clone() };
        fn linspace(how: &Linspace) => Call::Linspace { how: how.clone() };
        fn astype(x: &B::Array, dtype: &DType) => Call::Astype { x, dtype: *dtype };
        fn broadcast_to(x: &B::Array, shape: &Shape) => Call::BroadcastTo { x, shape: shape.clone() };
        fn concat(arrays: &[&B::Array], axis: &Option<i64>) => Call::Concat { arrays: arrays.to_vec(), axis: *axis };
        fn flip(x: &B::Array, axes: &Axes) => Call::Flip { x, axes: axes.clone() };
        fn permute_dims(x: &B::Array, axes: &AxisList) => Call::PermuteDims { x, axes: axes.clone() };
        fn reshape(x: &B::Array, shape: &Shape) => Call::Reshape { x, shape: shape.clone() };
        fn roll(x: &B::Array, how: &Roll) => Call::Roll { x, how: how.clone() };
        fn squeeze(x: &B::Array, axes: &AxisList) => Call::Squeeze { x, axes: axes.clone() };
        fn tril(x: &B::Array, k: &i64) => Call::Tril { x, k: *k };
        fn getitem(x: &B::Array, key: &[Index<&B::Array>]) => Call::Getitem { x, key: key.to_vec() };
        fn with_item(x: &B::Array, key: &[Index<&B::Array>], value: Operand<&B::Array>) => Call::Setitem { x, key: key.to_vec(), value };
        fn take(x: &B::Array, indices: &B::Array, axis: &Option<i64>) => Call::Take { x, indices, axis: *axis };
        fn sort(x: &B::Array, how: &Sort) => Call::Sort { x, how: how.clone() };
        fn argsort(x: &B::Array, how: &Sort) => Call::Argsort { x, how: how.clone() };
        fn searchsorted(x1: &B::Array, x2: &B::Array, how: &Search) => Call::Searchsorted { x1, x2, how: how.clone() };
        fn unique_values(x: &B::Array) => Call::UniqueValues { x };
        fn matmul(x1: &B::Array, x2: &B::Array) => Call::Matmul { x1, x2 };
        fn solve(x1: &B::Array, x2: &B::Array) => Call::Solve { x1, x2 };
        fn fft(op: FftOp, x: &B::Array, how: &Fft) => Call::Fft { op, x, how: how.clone() };
        fn random(op: RandomOp, key: &Key, how: &Random) => Call::Random { op, key: *key, how: how.clone() };
        fn to_device(x: &B::Array, device: &Device) => Call::ToDevice { x, device: *device };
        fn through_dlpack(x: &B::Array) => Call::FromDlpack { x };
    }
}
