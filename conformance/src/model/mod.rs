//! The model: the exact, slow, independent meaning of each operation, as the set of results that are allowed.
//!
//! **Law**: nothing here is shared with a backend, nor with the helpers of the `array_protocol` crate that backends use. Broadcasting, axes,
//! slices, promotion and quotients are written again, on their own. From `array_protocol` come data types only: `Call`, `HostArray`
//! (bytes, dtype, lengths), `DType`, the operation enums and option structs.
mod allow;
mod binary;
mod cast;
mod complex;
#[allow(clippy::approx_constant, clippy::excessive_precision, reason = "two words of a constant belong together")]
mod constants;
mod create;
mod dd;
mod decompose;
mod elementary;
mod expect;
mod fourier;
mod indexing;
mod jacobi;
mod matmul;
mod moves;
mod number;
mod promote;
mod quotient;
mod random;
mod real;
mod reduce;
mod scan;
mod select;
mod shapes;
mod solve;
mod sort;
mod sums;
mod unary;

pub use expect::{Allowed, Elements, Expect, ExpectArray, Limit, Limits, Quantity, Relation};

use array_protocol::{Call, DType, Device, ErrorKind, HostArray, Shape};

/// The meaning of every operation, under the limits of the manifests and the declared choices of one backend.
#[derive(Clone, Debug, Default)]
pub struct Model {
    limits: Limits,
    devices: Option<Vec<Device>>,
}

/// An answer that was reached late (`Ok`) or early (`Err`).
type Said = Result<Expect, Expect>;

impl Model {
    /// The model under these limits and choices.
    pub fn new(limits: Limits) -> Model {
        Model { limits, devices: None }
    }

    /// Names the devices that exist. Without, the model knows only the host, and leaves open whether others exist.
    #[must_use]
    pub fn devices(mut self, devices: Vec<Device>) -> Model {
        self.devices = Some(devices);
        self
    }

    /// The limits and choices.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What a backend may answer to a call; `None` where the model has a gap.
    pub fn expect(&self, call: &Call<&HostArray>) -> Option<Expect> {
        if half_precision(call) {
            return Some(Expect::Unspecified);
        }
        let said = match call {
            Call::Unary { op, x } => unary::unary(self, *op, x),
            Call::Binary { op, x1, x2 } => binary::binary(self, *op, *x1, *x2),
            Call::Clip { x, min, max } => select::clip(x, *min, *max),
            Call::Where { condition, x1, x2 } => select::choose(condition, *x1, *x2),
            Call::Reduce { op, x, how } => reduce::reduce(self, *op, x, how),
            Call::Argmax { x, how } => scan::argmax(x, how),
            Call::CumulativeSum { x, how } => scan::cumulative_sum(self, x, how),
            Call::Arange { how } => create::arange(self, how),
            Call::Eye { how } => create::eye(how),
            Call::Full { how } => create::full(how),
            Call::Linspace { how } => create::linspace(self, how),
            Call::Astype { x, dtype } => cast::astype(x, *dtype),
            Call::BroadcastTo { x, shape } => moves::broadcast_to(x, shape),
            Call::Concat { arrays, axis } => moves::concat(arrays, *axis),
            Call::Flip { x, axes } => moves::flip(x, axes),
            Call::PermuteDims { x, axes } => moves::permute_dims(x, axes),
            Call::Reshape { x, shape } => moves::reshape(x, shape),
            Call::Roll { x, how } => moves::roll(x, how),
            Call::Squeeze { x, axes } => moves::squeeze(x, axes),
            Call::Tril { x, k } => moves::tril(x, *k),
            Call::Getitem { x, key } => indexing::getitem(x, key),
            Call::Setitem { x, key, value } => indexing::setitem(x, key, value),
            Call::Nonzero { x } => indexing::nonzero(x),
            Call::Take { x, indices, axis } => indexing::take(x, indices, *axis),
            Call::Sort { x, how } => sort::sort(x, how),
            Call::Argsort { x, how } => sort::argsort(x, how),
            Call::Searchsorted { x1, x2, how } => sort::searchsorted(x1, x2, how),
            Call::UniqueValues { x } => sort::unique_values(x),
            Call::Matmul { x1, x2 } => matmul::matmul(self, x1, x2),
            Call::Qr { x, how } => decompose::qr(self, x, how),
            Call::Svd { x, how } => decompose::svd(self, x, how),
            Call::Solve { x1, x2 } => solve::solve(self, x1, x2),
            Call::Fft { op, x, how } => fourier::transform(self, *op, x, how),
            Call::Random { op, key, how } => random::random(*op, *key, how),
            Call::ToDevice { x, .. } => Ok(same(x)),
            Call::FromDlpack { x } => Ok(same(x)),
            _ => return None,
        };
        let expect = said.unwrap_or_else(|early| early);
        Some(match device(call) {
            Some(device) => self.placed(device, expect),
            None => expect,
        })
    }

    /// What is expected of a call that names a device.
    fn placed(&self, device: Device, expect: Expect) -> Expect {
        let exists = match &self.devices {
            Some(known) => Some(known.contains(&device)),
            None => (device == Device::CPU).then_some(true),
        };
        let with_device = |mut kinds: Vec<ErrorKind>| {
            kinds.push(ErrorKind::Device);
            kinds
        };
        match (exists, expect) {
            (Some(true), expect) => expect,
            (_, Expect::Unspecified) => Expect::Unspecified,
            (_, Expect::Fails(kinds)) => Expect::Fails(with_device(kinds)),
            (Some(false), _) => fails(ErrorKind::Device),
            (None, Expect::Returns(out)) => Expect::Either(vec![ErrorKind::Device], out),
            (None, Expect::Either(kinds, out)) => Expect::Either(with_device(kinds), out),
        }
    }
}

/// The device that a call asks for.
fn device(call: &Call<&HostArray>) -> Option<Device> {
    match call {
        Call::Arange { how } => how.device,
        Call::Eye { how } => how.device,
        Call::Full { how } => how.device,
        Call::Linspace { how } => how.device,
        Call::Random { how, .. } => how.device,
        Call::ToDevice { device, .. } => Some(*device),
        _ => None,
    }
}

/// Whether a dtype occurs that no operation of this version is specified for.
fn half_precision(call: &Call<&HostArray>) -> bool {
    let half = |d: DType| matches!(d, DType::Float16 | DType::BFloat16);
    let mut found = false;
    call.arrays(|a| found |= half(a.dtype()));
    let asked = match call {
        Call::Astype { dtype, .. } => Some(*dtype),
        Call::Reduce { how, .. } => how.dtype,
        Call::CumulativeSum { how, .. } => how.dtype,
        Call::Arange { how } => how.dtype,
        Call::Eye { how } => how.dtype,
        Call::Full { how } => how.dtype,
        Call::Linspace { how } => how.dtype,
        Call::Random { how, .. } => how.dtype,
        _ => None,
    };
    found || asked.is_some_and(half)
}

fn fails(kind: ErrorKind) -> Expect {
    Expect::Fails(vec![kind])
}

fn fails_any(kinds: &[ErrorKind]) -> Expect {
    Expect::Fails(kinds.to_vec())
}

/// One array, called `out`.
fn one(dtype: DType, shape: &Shape, elements: Elements) -> Expect {
    Expect::Returns(vec![array("out", dtype, shape, elements)])
}

fn array(name: &'static str, dtype: DType, shape: &Shape, elements: Elements) -> ExpectArray {
    ExpectArray { name, dtype, shape: shape.clone(), elements }
}

/// One array to the bit.
fn exactly(x: HostArray) -> Expect {
    one(x.dtype(), &x.shape().clone(), Elements::Bits(x))
}

/// The argument to the bit.
fn same(x: &HostArray) -> Expect {
    exactly(x.clone())
}
