//! The methods of a backend that are nothing but a call: `forward_calls!(Handle<B::Array>)` inside an `impl Backend`, beside an inherent
//! `fn reply(&self, Call<&A>) -> Result<Reply<A>>`.

macro_rules! forward_calls {
    ($array:ty) => {
        $crate::faults::forward::forward_calls! { @ $array;
            unary(op: UnaryOp, x: &$array) => Call::Unary { op, x };
            binary(op: BinaryOp, x1: Operand<&$array>, x2: Operand<&$array>) => Call::Binary { op, x1, x2 };
            clip(x: &$array, min: Option<Operand<&$array>>, max: Option<Operand<&$array>>) => Call::Clip { x, min, max };
            select(condition: &$array, x1: Operand<&$array>, x2: Operand<&$array>) => Call::Where { condition, x1, x2 };
            reduce(op: ReduceOp, x: &$array, how: &Reduce) => Call::Reduce { op, x, how: how.clone() };
            argmax(x: &$array, how: &ArgReduce) => Call::Argmax { x, how: how.clone() };
            cumulative_sum(x: &$array, how: &Scan) => Call::CumulativeSum { x, how: how.clone() };
            arange(how: &Arange) => Call::Arange { how: how.clone() };
            eye(how: &Eye) => Call::Eye { how: how.clone() };
            full(how: &Full) => Call::Full { how: how.clone() };
            linspace(how: &Linspace) => Call::Linspace { how: how.clone() };
            astype(x: &$array, dtype: &DType) => Call::Astype { x, dtype: *dtype };
            broadcast_to(x: &$array, shape: &Shape) => Call::BroadcastTo { x, shape: shape.clone() };
            concat(arrays: &[&$array], axis: &Option<i64>) => Call::Concat { arrays: arrays.to_vec(), axis: *axis };
            flip(x: &$array, axes: &Axes) => Call::Flip { x, axes: axes.clone() };
            permute_dims(x: &$array, axes: &AxisList) => Call::PermuteDims { x, axes: axes.clone() };
            reshape(x: &$array, shape: &Shape) => Call::Reshape { x, shape: shape.clone() };
            roll(x: &$array, how: &Roll) => Call::Roll { x, how: how.clone() };
            squeeze(x: &$array, axes: &AxisList) => Call::Squeeze { x, axes: axes.clone() };
            tril(x: &$array, k: &i64) => Call::Tril { x, k: *k };
            getitem(x: &$array, key: &[Index<&$array>]) => Call::Getitem { x, key: key.to_vec() };
            with_item(x: &$array, key: &[Index<&$array>], value: Operand<&$array>) => Call::Setitem { x, key: key.to_vec(), value };
            take(x: &$array, indices: &$array, axis: &Option<i64>) => Call::Take { x, indices, axis: *axis };
            sort(x: &$array, how: &Sort) => Call::Sort { x, how: how.clone() };
            argsort(x: &$array, how: &Sort) => Call::Argsort { x, how: how.clone() };
            searchsorted(x1: &$array, x2: &$array, how: &Search) => Call::Searchsorted { x1, x2, how: how.clone() };
            unique_values(x: &$array) => Call::UniqueValues { x };
            matmul(x1: &$array, x2: &$array) => Call::Matmul { x1, x2 };
            solve(x1: &$array, x2: &$array) => Call::Solve { x1, x2 };
            fft(op: FftOp, x: &$array, how: &Fft) => Call::Fft { op, x, how: how.clone() };
            random(op: RandomOp, key: &Key, how: &Random) => Call::Random { op, key: *key, how: how.clone() };
            to_device(x: &$array, device: &Device) => Call::ToDevice { x, device: *device };
            through_dlpack(x: &$array) => Call::FromDlpack { x };
        }

        fn nonzero(&self, x: &$array) -> Result<Vec<$array>> {
            self.reply(Call::Nonzero { x }).map(Reply::into_vec)
        }
        fn qr(&self, x: &$array, how: &Qr) -> Result<($array, $array)> {
            let parts: Result<[$array; 2], _> = self.reply(Call::Qr { x, how: how.clone() })?.into_vec().try_into();
            parts.map(|[q, r]| (q, r)).map_err(|_| Error::new(ErrorKind::Backend, LinalgOp::Qr).detail("not two arrays"))
        }
        fn svd(&self, x: &$array, how: &Svd) -> Result<($array, $array, $array)> {
            let parts: Result<[$array; 3], _> = self.reply(Call::Svd { x, how: how.clone() })?.into_vec().try_into();
            parts.map(|[u, s, vh]| (u, s, vh)).map_err(|_| Error::new(ErrorKind::Backend, LinalgOp::Svd).detail("not three arrays"))
        }
    };
    (@ $array:ty; $( $method:ident($($arg:ident: $ty:ty),*) => $call:expr; )*) => { $(
        fn $method(&self, $($arg: $ty),*) -> Result<$array> { self.reply($call)?.one() }
    )* };
}
pub(super) use forward_calls;
