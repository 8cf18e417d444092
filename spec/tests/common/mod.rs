//! A backend of primitives alone: slow, element by element through [`V`], so that everything derived is derived.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
use array_protocol::options::{AxisList, Reduce};
use array_protocol::{
    Backend, BinaryOp, DType, Device, Error, ErrorKind, HostArray, Index, IndexingOp, Info, Kind, Operand, ReduceOp, Result, Scalar,
    SelectOp, Shape, ShapeOp, UnaryOp, derived, dlpack,
};
use std::sync::Arc;

/// An element of any dtype.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum V {
    B(bool),
    I(i128),
    F(f64),
    C(f64, f64),
}

#[derive(Clone, Debug, Default)]
pub struct Tiny {
    /// A second device that exists in name only.
    pub two_devices: bool,
}

#[derive(Clone, Debug)]
pub struct TinyArray {
    pub host: Arc<HostArray>,
    pub device: Device,
}

fn wrap(host: HostArray) -> TinyArray {
    TinyArray { host: Arc::new(host), device: Device::CPU }
}

fn load(dtype: DType, b: &[u8]) -> V {
    macro_rules! as_ {
        ($t:ty) => {
            bytemuck::pod_read_unaligned::<$t>(b)
        };
    }
    match dtype {
        DType::Bool => V::B(b[0] == 1),
        DType::Int8 => V::I(as_!(i8).into()),
        DType::Int16 => V::I(as_!(i16).into()),
        DType::Int32 => V::I(as_!(i32).into()),
        DType::Int64 => V::I(as_!(i64).into()),
        DType::UInt8 => V::I(as_!(u8).into()),
        DType::UInt16 => V::I(as_!(u16).into()),
        DType::UInt32 => V::I(as_!(u32).into()),
        DType::UInt64 => V::I(as_!(u64).into()),
        DType::Float16 => V::F(as_!(half::f16).into()),
        DType::BFloat16 => V::F(as_!(half::bf16).into()),
        DType::Float32 => V::F(as_!(f32).into()),
        DType::Float64 => V::F(as_!(f64)),
        DType::Complex64 => V::C(as_!([f32; 2])[0].into(), as_!([f32; 2])[1].into()),
        _ => V::C(as_!([f64; 2])[0], as_!([f64; 2])[1]),
    }
}

fn store(dtype: DType, v: V, to: &mut [u8]) {
    let (re, im) = match v {
        V::B(b) => (f64::from(u8::from(b)), 0.0),
        V::I(i) => (i as f64, 0.0),
        V::F(x) => (x, 0.0),
        V::C(re, im) => (re, im),
    };
    let scalar = match dtype.kind() {
        Kind::Bool => return to[0] = u8::from(re != 0.0 || im != 0.0 || re.is_nan()),
        Kind::Int | Kind::UInt => {
            let i = match v {
                V::B(b) => b.into(),
                V::I(i) => i,
                _ => re as i128,
            };
            // Integers wrap.
            return if cfg!(target_endian = "little") {
                to.copy_from_slice(&i.to_ne_bytes()[..to.len()])
            } else {
                to.copy_from_slice(&i.to_ne_bytes()[16 - to.len()..])
            };
        }
        Kind::Float => Scalar::Float(re),
        Kind::Complex => Scalar::Complex(re, im),
    };
    to.copy_from_slice(scalar.write(dtype, &mut [0; 16]).unwrap());
}

pub fn elements(x: &HostArray) -> Vec<V> {
    x.bytes().chunks_exact(x.dtype().size()).map(|b| load(x.dtype(), b)).collect()
}

fn build(dtype: DType, shape: &Shape, v: impl IntoIterator<Item = V>) -> Result<TinyArray> {
    let mut out = HostArray::zeros(dtype, shape.clone())?;
    out.bytes_mut().chunks_exact_mut(dtype.size()).zip(v).for_each(|(to, v)| store(dtype, v, to));
    Ok(wrap(out))
}

/// Places of the elements of `from` when broadcast to `to`.
fn spread(from: &Shape, to: &Shape) -> Vec<usize> {
    let mut places = vec![0usize];
    let lead = to.rank() - from.rank();
    for (a, &n) in to.iter().enumerate() {
        let len = if a < lead { 1 } else { from[a - lead] };
        places = places.iter().flat_map(|p| (0..n).map(move |i| p * len + if len == 1 { 0 } else { i })).collect();
    }
    places
}

/// Shape of `x[key]` and the places its elements come from.
fn places(shape: &Shape, key: &[Index<&TinyArray>]) -> Result<(Shape, Vec<usize>)> {
    let bad = |kind, text: &str| Err(Error::new(kind, IndexingOp::Getitem).shapes(&[shape]).detail(text));
    let uses = |k: &Index<&TinyArray>| match k {
        Index::NewAxis | Index::Ellipsis => 0,
        Index::Array(m) if m.host.dtype() == DType::Bool => m.host.shape().rank(),
        _ => 1,
    };
    let used: usize = key.iter().map(uses).sum();
    if used > shape.rank() || key.iter().filter(|k| matches!(k, Index::Ellipsis)).count() > 1 {
        return bad(ErrorKind::Index, "key");
    }
    let mut full: Vec<Index<&TinyArray>> = key.to_vec();
    let rest = vec![Index::all(); shape.rank() - used];
    match key.iter().position(|k| matches!(k, Index::Ellipsis)) {
        Some(p) => drop(full.splice(p..=p, rest)),
        None => full.extend(rest),
    }
    let (mut out, mut found, mut axis) = (Shape::scalar(), vec![0usize], 0);
    for k in full {
        let n: usize = shape[axis..axis + uses(&k)].iter().product();
        let at =
            |i: i128| if (-(n as i128)..n as i128).contains(&i) { Ok((if i < 0 { i + n as i128 } else { i }) as usize) } else { Err(()) };
        let chosen: Vec<usize> = match &k {
            Index::NewAxis => {
                out.push(1);
                continue;
            }
            Index::At(i) => match at((*i).into()) {
                Ok(i) => vec![i],
                Err(()) => return bad(ErrorKind::Index, "out of bounds"),
            },
            Index::Slice { start, stop, step } => {
                let Some((first, count)) = array_protocol::index::resolve_slice(*start, *stop, *step, n) else {
                    return bad(ErrorKind::Index, "step 0");
                };
                out.push(count);
                (0..count as i64).map(|i| (first as i64 + i * step) as usize).collect()
            }
            Index::Array(m) if m.host.dtype() == DType::Bool => {
                if shape[axis..axis + uses(&k)] != m.host.shape()[..] {
                    return bad(ErrorKind::Shape, "mask");
                }
                let v: Vec<usize> = elements(&m.host).iter().enumerate().filter(|(_, v)| **v == V::B(true)).map(|(i, _)| i).collect();
                out.push(v.len());
                v
            }
            Index::Array(m) => {
                let read = |v: V| if let V::I(i) = v { at(i) } else { Err(()) };
                let Ok(v) = elements(&m.host).into_iter().map(read).collect() else { return bad(ErrorKind::Index, "out of bounds") };
                m.host.shape().iter().for_each(|&n| out.push(n));
                v
            }
            _ => return bad(ErrorKind::Unsupported, "key"),
        };
        axis += uses(&k);
        found = found.iter().flat_map(|p| chosen.iter().map(move |c| p * n + c)).collect();
    }
    Ok((out, found))
}

impl Tiny {
    /// dtype, shape and broadcast elements of operands.
    fn operands(&self, op: impl Into<array_protocol::Op>, xs: &[Operand<&TinyArray>]) -> Result<(DType, Shape, Vec<Vec<V>>)> {
        let op = op.into();
        let arrays: Vec<&TinyArray> = xs.iter().filter_map(|x| x.array().copied()).collect();
        let dtypes: Vec<DType> = arrays.iter().map(|x| x.host.dtype()).collect();
        let dtype_error = || Error::new(ErrorKind::Dtype, op).dtypes(&dtypes);
        let mut found = dtypes.first().copied();
        for d in &dtypes {
            found = found.and_then(|f| f.promote(*d));
        }
        for x in xs {
            if let Operand::Scalar(s) = x {
                found = match found {
                    None if dtypes.is_empty() => Some(DType::default_of(s.kind())),
                    found => found.and_then(|f| f.with_scalar(*s)),
                };
            }
        }
        let dtype = found.ok_or_else(dtype_error)?;
        let mut shape = Shape::scalar();
        for x in &arrays {
            shape = shape.broadcast(x.host.shape()).ok_or_else(|| Error::new(ErrorKind::Shape, op).shapes(&[&shape, x.host.shape()]))?;
        }
        let mut columns = vec![];
        for x in xs {
            columns.push(match x {
                Operand::Array(x) => {
                    let mut converted = HostArray::zeros(dtype, x.host.shape().clone())?;
                    let size = dtype.size();
                    converted.bytes_mut().chunks_exact_mut(size).zip(elements(&x.host)).for_each(|(to, v)| store(dtype, v, to));
                    let v = elements(&converted);
                    spread(x.host.shape(), &shape).into_iter().map(|i| v[i]).collect()
                }
                Operand::Scalar(s) => {
                    let mut bytes = [0; 16];
                    let v = load(dtype, s.write(dtype, &mut bytes).map_err(|e| e.as_op(op))?);
                    vec![v; shape.size()]
                }
            });
        }
        Ok((dtype, shape, columns))
    }
}

fn complex(v: V) -> (f64, f64) {
    match v {
        V::C(re, im) => (re, im),
        V::F(x) => (x, 0.0),
        V::I(i) => (i as f64, 0.0),
        V::B(b) => (f64::from(u8::from(b)), 0.0),
    }
}

fn apply(op: BinaryOp, a: V, b: V) -> Option<V> {
    Some(match (op, a, b) {
        (BinaryOp::Equal, a, b) => V::B(a == b),
        (BinaryOp::Less, V::I(a), V::I(b)) => V::B(a < b),
        (BinaryOp::Less, V::F(a), V::F(b)) => V::B(a < b),
        (BinaryOp::Add, V::I(a), V::I(b)) => V::I(a + b),
        (BinaryOp::Add, V::F(a), V::F(b)) => V::F(a + b),
        (BinaryOp::Add, V::C(a, c), V::C(b, d)) => V::C(a + b, c + d),
        (BinaryOp::Subtract, V::I(a), V::I(b)) => V::I(a - b),
        (BinaryOp::Subtract, V::F(a), V::F(b)) => V::F(a - b),
        (BinaryOp::Subtract, V::C(a, c), V::C(b, d)) => V::C(a - b, c - d),
        (BinaryOp::Multiply, V::I(a), V::I(b)) => V::I(a.wrapping_mul(b)),
        (BinaryOp::Multiply, V::F(a), V::F(b)) => V::F(a * b),
        (BinaryOp::Multiply, V::C(a, c), V::C(b, d)) => V::C(a * b - c * d, a * d + c * b),
        (BinaryOp::Divide, V::F(a), V::F(b)) => V::F(a / b),
        (BinaryOp::Divide, V::C(a, c), V::C(b, _)) => V::C(a / b, c / b),
        (BinaryOp::FloorDivide, V::I(a), V::I(b)) => {
            V::I(if b == 0 { 0 } else { (a - a.rem_euclid(b.abs())).wrapping_div(b.abs()) * b.signum() })
        }
        (BinaryOp::Remainder, V::I(a), V::I(b)) => V::I(if b == 0 { 0 } else { ((a % b) + b) % b }),
        (BinaryOp::Pow, V::F(a), V::F(b)) => V::F(a.powf(b)),
        (BinaryOp::Pow, V::I(a), V::I(b)) => V::I(a.wrapping_pow(u32::try_from(b).ok()?)),
        (BinaryOp::Copysign, V::F(a), V::F(b)) => V::F(a.copysign(b)),
        (BinaryOp::BitwiseXor, V::I(a), V::I(b)) => V::I(a ^ b),
        (BinaryOp::BitwiseLeftShift, V::I(a), V::I(b)) => V::I(if (0..64).contains(&b) { a << b } else { 0 }),
        _ => return None,
    })
}

impl Backend for Tiny {
    type Array = TinyArray;

    fn info(&self) -> Info {
        let mut info = Info::new("tiny", "0.1.0").profiles(&["core"]).dtypes(DType::ALL);
        if self.two_devices {
            info.devices.push(Device::cuda(0));
        }
        info
    }
    fn shape<'a>(&self, x: &'a TinyArray) -> &'a Shape {
        x.host.shape()
    }
    fn dtype(&self, x: &TinyArray) -> DType {
        x.host.dtype()
    }
    fn device(&self, x: &TinyArray) -> Device {
        x.device
    }
    fn upload(&self, x: &HostArray, to: Option<Device>) -> Result<TinyArray> {
        let device = to.unwrap_or(Device::CPU);
        if !self.info().devices.contains(&device) {
            return Err(Error::outside_op(ErrorKind::Device));
        }
        Ok(TinyArray { host: Arc::new(x.clone()), device })
    }
    fn download(&self, x: &TinyArray) -> Result<HostArray> {
        Ok((*x.host).clone())
    }
    fn unary(&self, op: UnaryOp, x: &TinyArray) -> Result<TinyArray> {
        let f: fn(f64) -> f64 = match op {
            UnaryOp::Sqrt => f64::sqrt,
            UnaryOp::Exp => f64::exp,
            UnaryOp::Log => f64::ln,
            _ => return derived::unary(self, op, x),
        };
        let map = |v| if let V::F(x) = v { Ok(V::F(f(x))) } else { Err(Error::new(ErrorKind::Dtype, op).dtypes(&[x.host.dtype()])) };
        build(x.host.dtype(), x.host.shape(), elements(&x.host).into_iter().map(map).collect::<Result<Vec<V>>>()?)
    }
    fn binary(&self, op: BinaryOp, x1: Operand<&TinyArray>, x2: Operand<&TinyArray>) -> Result<TinyArray> {
        if matches!(op, BinaryOp::Maximum | BinaryOp::LogicalAnd) {
            return derived::binary(self, op, x1, x2);
        }
        let (dtype, shape, v) = self.operands(op, &[x1, x2])?;
        if op == BinaryOp::BitwiseXor && dtype == DType::Bool {
            return derived::binary(self, op, x1, x2);
        }
        let out: Option<Vec<V>> = v[0].iter().zip(&v[1]).map(|(&a, &b)| apply(op, a, b)).collect();
        let Some(out) = out else { return Err(Error::new(ErrorKind::Dtype, op).dtypes(&[dtype])) };
        build(if matches!(op, BinaryOp::Equal | BinaryOp::Less) { DType::Bool } else { dtype }, &shape, out)
    }
    fn select(&self, condition: &TinyArray, x1: Operand<&TinyArray>, x2: Operand<&TinyArray>) -> Result<TinyArray> {
        if condition.host.dtype() != DType::Bool {
            return Err(Error::new(ErrorKind::Dtype, SelectOp::Where));
        }
        let (dtype, inner, v) = self.operands(SelectOp::Where, &[x1, x2])?;
        let mismatch = || Error::new(ErrorKind::Shape, SelectOp::Where).shapes(&[condition.host.shape(), &inner]);
        let shape = inner.broadcast(condition.host.shape()).ok_or_else(mismatch)?;
        let (c, at) = (elements(&condition.host), spread(condition.host.shape(), &shape));
        let pick = |(i, p): (usize, usize)| if c[at[i]] == V::B(true) { v[0][p] } else { v[1][p] };
        build(dtype, &shape, spread(&inner, &shape).into_iter().enumerate().map(pick))
    }
    fn reduce(&self, op: ReduceOp, x: &TinyArray, how: &Reduce) -> Result<TinyArray> {
        let shape = x.host.shape();
        let start = match op {
            ReduceOp::Sum => 0,
            ReduceOp::Prod => 1,
            _ => return derived::reduce(self, op, x, how),
        };
        let all: AxisList = (0..shape.rank() as i64).collect();
        let given = how.axes.clone().unwrap_or(all);
        let axes: Option<Vec<usize>> = given.iter().map(|&a| shape.axis(a)).collect();
        let Some(axes) = axes else { return Err(Error::new(ErrorKind::Axis, op)) };
        let kept: Shape = shape.iter().enumerate().map(|(a, &n)| if axes.contains(&a) { 1 } else { n }).collect();
        let dtype = how.dtype.unwrap_or(match x.host.dtype().kind() {
            Kind::Int => DType::Int64,
            Kind::UInt => DType::UInt64,
            _ => x.host.dtype(),
        });
        if dtype == DType::Bool {
            return Err(Error::new(ErrorKind::Dtype, op).dtypes(&[dtype]));
        }
        let zero = match dtype.kind() {
            Kind::Float => V::F(f64::from(start)),
            Kind::Complex => V::C(f64::from(start), 0.0),
            _ => V::I(start.into()),
        };
        let mut out = vec![zero; kept.size()];
        let step = if op == ReduceOp::Sum { BinaryOp::Add } else { BinaryOp::Multiply };
        for (v, p) in elements(&x.host).into_iter().zip(spread(&kept, shape)) {
            out[p] = apply(step, out[p], v).ok_or_else(|| Error::new(ErrorKind::Dtype, op))?;
        }
        let lean: Shape = shape.iter().enumerate().filter(|(a, _)| !axes.contains(a)).map(|(_, &n)| n).collect();
        build(dtype, if how.keepdims { &kept } else { &lean }, out)
    }
    fn astype(&self, x: &TinyArray, dtype: &DType) -> Result<TinyArray> {
        build(*dtype, x.host.shape(), elements(&x.host))
    }
    fn reshape(&self, x: &TinyArray, shape: &Shape) -> Result<TinyArray> {
        if shape.checked_size() != Some(x.host.size()) {
            return Err(Error::new(ErrorKind::Shape, ShapeOp::Reshape).shapes(&[x.host.shape(), shape]));
        }
        Ok(wrap((*x.host).clone().with_shape(shape.clone())?))
    }
    fn permute_dims(&self, x: &TinyArray, axes: &AxisList) -> Result<TinyArray> {
        let shape = x.host.shape();
        let found: Option<Vec<usize>> = axes.iter().map(|&a| shape.axis(a)).collect();
        let found = found.filter(|f| f.len() == shape.rank() && (0..shape.rank()).all(|a| f.contains(&a)));
        let Some(axes) = found else { return Err(Error::new(ErrorKind::Axis, ShapeOp::PermuteDims).shapes(&[shape])) };
        let step = |a: usize| shape[a + 1..].iter().product::<usize>();
        let mut from = vec![0];
        for &a in &axes {
            from = from.iter().flat_map(|p| (0..shape[a]).map(move |i| p + i * step(a))).collect();
        }
        let v = elements(&x.host);
        build(x.host.dtype(), &axes.iter().map(|&a| shape[a]).collect(), from.into_iter().map(|p| v[p]))
    }
    fn broadcast_to(&self, x: &TinyArray, shape: &Shape) -> Result<TinyArray> {
        if x.host.shape().broadcast(shape).as_ref() != Some(shape) {
            return Err(Error::new(ErrorKind::Shape, ShapeOp::BroadcastTo).shapes(&[x.host.shape(), shape]));
        }
        let v = elements(&x.host);
        build(x.host.dtype(), shape, spread(x.host.shape(), shape).into_iter().map(|p| v[p]))
    }
    fn concat(&self, arrays: &[&TinyArray], axis: &Option<i64>) -> Result<TinyArray> {
        let error = |kind| Error::new(kind, ShapeOp::Concat);
        let first = arrays.first().ok_or_else(|| error(ErrorKind::Value))?;
        let flat: Vec<TinyArray> = match axis {
            Some(_) => arrays.iter().map(|&x| x.clone()).collect(),
            None => arrays.iter().map(|x| self.reshape(x, &[x.host.size()].into())).collect::<Result<_>>()?,
        };
        let mut shape = flat[0].host.shape().clone();
        let a = shape.axis(axis.unwrap_or(0)).ok_or_else(|| error(ErrorKind::Axis))?;
        shape[a] = flat.iter().map(|x| x.host.shape()[a]).sum();
        let outer: usize = shape[..a].iter().product();
        let dtype = arrays.iter().try_fold(first.host.dtype(), |d, x| d.promote(x.host.dtype())).ok_or_else(|| error(ErrorKind::Dtype))?;
        let parts: Vec<Vec<V>> = flat.iter().map(|x| elements(&x.host)).collect();
        let rows = (0..outer).flat_map(|i| parts.iter().flat_map(move |p| p[i * p.len() / outer..(i + 1) * p.len() / outer].to_vec()));
        build(dtype, &shape, rows)
    }
    fn getitem(&self, x: &TinyArray, key: &[Index<&TinyArray>]) -> Result<TinyArray> {
        let (shape, from) = places(x.host.shape(), key)?;
        let v = elements(&x.host);
        build(x.host.dtype(), &shape, from.into_iter().map(|p| v[p]))
    }
    fn setitem(&self, x: &mut TinyArray, key: &[Index<&TinyArray>], value: Operand<&TinyArray>) -> Result<()> {
        let (shape, to) = places(x.host.shape(), key).map_err(|e| e.as_op(IndexingOp::Setitem))?;
        let (dtype, size) = (x.host.dtype(), x.host.dtype().size());
        let value = match value {
            Operand::Array(v) => self.broadcast_to(v, &shape).map_err(|e| e.as_op(IndexingOp::Setitem))?,
            Operand::Scalar(s) => {
                let mut bytes = [0; 16];
                let v = load(dtype, s.write(dtype, &mut bytes).map_err(|e| e.as_op(IndexingOp::Setitem))?);
                build(dtype, &shape, vec![v; shape.size()])?
            }
        };
        let bytes = Arc::make_mut(&mut x.host).bytes_mut();
        elements(&value.host).into_iter().zip(to).for_each(|(v, p)| store(dtype, v, &mut bytes[p * size..][..size]));
        Ok(())
    }
    fn to_dlpack(&self, x: &TinyArray) -> Result<dlpack::Tensor> {
        dlpack::Tensor::from_host((*x.host).clone())
    }
    fn from_dlpack(&self, x: dlpack::Tensor) -> Result<TinyArray> {
        Ok(wrap(x.to_host()?))
    }
}
