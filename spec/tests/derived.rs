//! Derived operations: what they give, what they refuse, and that they call nothing but primitives.
mod common;
use array_protocol::options::*;
use array_protocol::*;
use common::{Tiny, TinyArray};
use smallvec::smallvec;
use std::sync::{Arc, Mutex};

type C = num_complex::Complex<f64>;

/// Writes down the operations it lets through.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Op>>>);
impl Intercept<Tiny> for Recorder {
    fn call(&self, below: &Tiny, call: Call<&TinyArray>) -> Result<Reply<TinyArray>> {
        self.0.lock().unwrap().push(call.op());
        call.apply(below)
    }
}

fn up<T: Element>(shape: &[usize], values: &[T]) -> TinyArray {
    Tiny::default().upload(&HostArray::from_slice(shape, values).unwrap(), None).unwrap()
}
fn host<T: Element>(shape: &[usize], values: &[T]) -> HostArray {
    HostArray::from_slice(shape, values).unwrap()
}
fn down(x: Result<TinyArray>) -> HostArray {
    Tiny::default().download(&x.unwrap()).unwrap()
}
fn shift(by: &[i64], axes: Option<&[i64]>) -> Roll {
    Roll::default().shift(by).axes(axes.map(AxisList::from_slice))
}
fn failed(x: Result<TinyArray>, op: impl Into<Op>) -> ErrorKind {
    let e = x.unwrap_err();
    assert_eq!(e.op(), Some(op.into()), "{e}");
    e.kind()
}

/// Operations with a body in `derived`, beside those that are not of a family.
fn is_derived(op: Op) -> bool {
    matches!(
        op,
        Op::Unary(UnaryOp::Abs | UnaryOp::IsNan | UnaryOp::Negative | UnaryOp::Sign)
            | Op::Binary(BinaryOp::LogicalAnd | BinaryOp::Maximum)
            | Op::Reduce(ReduceOp::All | ReduceOp::CountNonzero | ReduceOp::Mean | ReduceOp::Var | ReduceOp::Std)
            | Op::Select(SelectOp::Clip)
            | Op::Create(_)
            | Op::Shape(ShapeOp::Flip | ShapeOp::Roll | ShapeOp::Squeeze | ShapeOp::Tril)
            | Op::Indexing(IndexingOp::Take)
            | Op::Interchange(InterchangeOp::ToDevice)
    )
}

fn is_primitive(op: Op) -> bool {
    !is_derived(op)
        && matches!(
            op,
            Op::Unary(_)
                | Op::Binary(_)
                | Op::Reduce(_)
                | Op::Select(SelectOp::Where)
                | Op::Shape(ShapeOp::Astype | ShapeOp::Reshape | ShapeOp::PermuteDims | ShapeOp::BroadcastTo | ShapeOp::Concat)
                | Op::Indexing(IndexingOp::Getitem | IndexingOp::Setitem)
        )
}

#[test]
fn bodies_call_primitives_only() {
    let recorder = Recorder::default();
    let b = Via(Tiny { two_devices: true }, recorder.clone());
    let (ints, floats) = (up(&[2, 1], &[3i32, -4]), up(&[2, 3], &[1.0, f64::NAN, -2.0, 0.0, 5.0, -0.0]));
    let (bools, wide) = (up(&[3], &[true, false, true]), up(&[2, 3], &[C::new(1.0, 2.0); 6]));
    let halves = up(&[3], &[half::f16::ONE; 3]);
    let at = up(&[2], &[1i64, 0]);
    let mut bodies: Vec<(String, Result<TinyArray>)> = vec![];
    for x in [&ints, &floats, &bools, &wide, &halves] {
        bodies.extend(UnaryOp::ALL.iter().map(|&op| (op.name().into(), derived::unary(&b, op, x))));
        bodies.extend(ReduceOp::ALL.iter().map(|&op| (op.name().into(), derived::reduce(&b, op, x, &Reduce::all()))));
        for scalar in [Scalar::Int(2), Scalar::Float(f64::NAN), Scalar::Bool(true), Scalar::Bool(false)] {
            for op in BinaryOp::ALL {
                bodies.push((op.name().into(), derived::binary(&b, *op, Operand::Array(x), Operand::Scalar(scalar))));
                bodies.push((op.name().into(), derived::binary(&b, *op, Operand::Scalar(scalar), Operand::Array(x))));
                bodies.push((op.name().into(), derived::binary(&b, *op, Operand::Array(x), Operand::Array(x))));
            }
            bodies.push(("clip".into(), derived::clip(&b, x, Some(Operand::Scalar(scalar)), Some(Operand::Array(x)))));
        }
        bodies.push(("flip".into(), derived::flip(&b, x, &None)));
        bodies.push(("roll".into(), derived::roll(&b, x, &shift(&[1], None))));
        bodies.push(("roll".into(), derived::roll(&b, x, &shift(&[1], Some(&[0])))));
        bodies.push(("tril".into(), derived::tril(&b, x, 0)));
        bodies.push(("take".into(), derived::take(&b, x, &at, Some(0))));
        bodies.push(("to_device".into(), derived::to_device(&b, x, Device::cuda(0))));
    }
    bodies.push(("squeeze".into(), derived::squeeze(&b, &ints, &smallvec![1])));
    bodies.push(("full".into(), derived::full(&b, &Full::default().shape([2]))));
    bodies.push(("arange".into(), derived::arange(&b, &Arange::default().stop(3))));
    bodies.push(("linspace".into(), derived::linspace(&b, &Linspace::default().num(3u64))));
    bodies.push(("eye".into(), derived::eye(&b, &Eye::default().rows(3u64))));
    // Each body ran to its end at least once, on arguments of its domain.
    let names: std::collections::BTreeSet<&str> = bodies.iter().filter(|(_, r)| r.is_ok()).map(|(n, _)| n.as_str()).collect();
    for op in Op::all().filter(|&op| is_derived(op)) {
        assert!(names.contains(op.name()), "{op} never succeeded");
    }
    let seen = recorder.0.lock().unwrap();
    assert!(!seen.is_empty());
    for &op in seen.iter() {
        assert!(is_primitive(op), "a derived body calls {op}");
    }
}

#[test]
fn signs_and_zeros() {
    let b = &Tiny::default();
    let x = up(&[5], &[0.0, -0.0, f64::NAN, -2.5, f64::INFINITY]);
    let negative = down(b.unary(UnaryOp::Negative, &x));
    let bits = |x: &HostArray| x.view::<f64>().unwrap().iter().map(|v| (v.is_nan(), v.to_bits())).collect::<Vec<_>>();
    assert_eq!(bits(&negative)[..2], bits(&host(&[2], &[-0.0, 0.0]))[..]);
    assert_eq!(negative.view::<f64>().unwrap()[3..], [2.5, f64::NEG_INFINITY]);
    let abs = down(b.unary(UnaryOp::Abs, &x));
    assert_eq!(bits(&abs)[..2], bits(&host(&[2], &[0.0, 0.0]))[..]);
    assert!(abs.view::<f64>().unwrap()[2].is_nan());
    let sign = down(b.unary(UnaryOp::Sign, &x));
    assert_eq!((sign.view::<f64>().unwrap()[0], sign.view::<f64>().unwrap()[3..].to_vec()), (0.0, vec![-1.0, 1.0]));
    assert!(sign.view::<f64>().unwrap()[2].is_nan());
    assert_eq!(down(b.unary(UnaryOp::IsNan, &x)), host(&[5], &[false, false, true, false, false]));
    let z = up(&[1], &[C::new(f64::INFINITY, -0.0)]);
    assert_eq!(down(b.unary(UnaryOp::Negative, &z)), host(&[1], &[C::new(f64::NEG_INFINITY, 0.0)]));
    assert_eq!(down(b.unary(UnaryOp::Abs, &up(&[3], &[i8::MIN, -5, 7]))), host(&[3], &[i8::MIN, 5, 7]));
    assert_eq!(down(b.unary(UnaryOp::Negative, &up(&[2], &[i8::MIN, 5]))), host(&[2], &[i8::MIN, -5]));
    assert_eq!(down(b.unary(UnaryOp::Sign, &up(&[2], &[0u8, 200]))), host(&[2], &[0u8, 1]));
    assert_eq!(failed(b.unary(UnaryOp::Negative, &up(&[1], &[true])), UnaryOp::Negative), ErrorKind::Dtype);
    assert_eq!(failed(b.unary(UnaryOp::Tanh, &x), UnaryOp::Tanh), ErrorKind::Unsupported);
}

#[test]
fn maximum_and_clip_pass_nan_on() {
    let b = &Tiny::default();
    let nan = f64::NAN;
    let (x, y) = (up(&[4], &[1.0, nan, 3.0, nan]), up(&[4], &[2.0, 5.0, nan, nan]));
    let out = down(b.binary(BinaryOp::Maximum, (&x).into(), (&y).into()));
    let v = out.view::<f64>().unwrap();
    assert!(v[0] == 2.0 && v[1].is_nan() && v[2].is_nan() && v[3].is_nan());
    let scalar = |s: f64| Operand::Scalar(Scalar::Float(s));
    let out = down(b.binary(BinaryOp::Maximum, scalar(2.0), (&x).into()));
    assert!(out.view::<f64>().unwrap()[1].is_nan() && out.view::<f64>().unwrap()[0] == 2.0);

    let clipped = down(b.clip(&x, Some(scalar(1.5)), Some(scalar(2.5))));
    let v = clipped.view::<f64>().unwrap();
    assert!(v[0] == 1.5 && v[1].is_nan() && v[2] == 2.5);
    assert_eq!(down(b.clip(&up(&[1], &[9.0]), Some(scalar(5.0)), Some(scalar(2.0)))).view::<f64>().unwrap(), [2.0]);
    assert!(down(b.clip(&up(&[1], &[9.0]), Some(scalar(nan)), None)).view::<f64>().unwrap()[0].is_nan());
    assert!(down(b.clip(&x, None, Some((&y).into()))).view::<f64>().unwrap()[2].is_nan());
    assert_eq!(down(b.clip(&up(&[3], &[1i8, 5, 9]), None, Some(Operand::Scalar(Scalar::Int(6))))), host(&[3], &[1i8, 5, 6]));
    let wide = up(&[2], &[-300i64, 300]);
    assert_eq!(down(b.clip(&up(&[1], &[7i8]), Some((&wide).into()), Some(Operand::Scalar(Scalar::Int(200))))), host(&[2], &[7i64, 200]));
    let signed = up(&[1], &[1i64]);
    assert_eq!(failed(b.clip(&up(&[1], &[1u64]), Some((&signed).into()), None), SelectOp::Clip), ErrorKind::Dtype);
    assert_eq!(failed(b.clip(&up(&[1], &[1i8]), Some(scalar(1.0)), None), SelectOp::Clip), ErrorKind::Dtype);
    let long = up(&[3], &[1i8; 3]);
    assert_eq!(failed(b.clip(&up(&[2], &[1i8, 2]), Some((&long).into()), None), SelectOp::Clip), ErrorKind::Shape);
}

#[test]
fn truth_values() {
    let b = &Tiny::default();
    let (x, y) = (up(&[2, 1], &[true, false]), up(&[2], &[true, false]));
    assert_eq!(down(b.binary(BinaryOp::LogicalAnd, (&x).into(), (&y).into())), host(&[2, 2], &[true, false, false, false]));
    for s in [true, false] {
        let out = down(b.binary(BinaryOp::LogicalAnd, Operand::Scalar(s.into()), (&y).into()));
        assert_eq!(out, host(&[2], &[s, false]));
    }
    assert_eq!(down(b.binary(BinaryOp::BitwiseXor, (&x).into(), (&y).into())), host(&[2, 2], &[false, true, true, false]));
    let ints = up(&[1], &[1i32]);
    assert_eq!(failed(b.binary(BinaryOp::LogicalAnd, (&ints).into(), (&ints).into()), BinaryOp::LogicalAnd), ErrorKind::Dtype);
}

#[test]
fn reductions() {
    let b = &Tiny::default();
    let x = up(&[2, 3], &[1.0f32, 2.0, 3.0, 4.0, 5.0, 9.0]);
    let over = |a: i64| Reduce::over(&[a]);
    assert_eq!(down(b.reduce(ReduceOp::Mean, &x, &over(-1))), host(&[2], &[2.0f32, 6.0]));
    assert_eq!(down(b.reduce(ReduceOp::Mean, &x, &Reduce::all().keepdims(true))), host(&[1, 1], &[4.0f32]));
    assert_eq!(down(b.reduce(ReduceOp::Var, &x, &over(1))), host(&[2], &[2.0f32 / 3.0, 14.0 / 3.0]));
    assert_eq!(down(b.reduce(ReduceOp::Var, &x, &over(1).correction(1.0))), host(&[2], &[1.0f32, 7.0]));
    assert_eq!(down(b.reduce(ReduceOp::Std, &x, &over(1).correction(2.0))), host(&[2], &[2.0f32.sqrt(), 14.0f32.sqrt()]));
    let far = up(&[3], &[1e8f64, 1e8 + 1.0, 1e8 + 2.0]);
    assert_eq!(down(b.reduce(ReduceOp::Var, &far, &Reduce::all())).view::<f64>().unwrap(), [2.0 / 3.0]);
    let few = down(b.reduce(ReduceOp::Var, &x, &Reduce::all().correction(7.0)));
    assert!(few.view::<f32>().unwrap()[0].is_nan());
    assert!(down(b.reduce(ReduceOp::Mean, &up::<f64>(&[0], &[]), &Reduce::all())).view::<f64>().unwrap()[0].is_nan());
    let large = up(&[4], &[1e308, 1.5e308, 1e308, 1.5e308]);
    assert_eq!(down(b.reduce(ReduceOp::Mean, &large, &Reduce::all())), host(&[], &[1.25e308]));
    let infinite = up(&[2, 2], &[f64::INFINITY, 1.0, f64::INFINITY, f64::NEG_INFINITY]);
    let out = down(b.reduce(ReduceOp::Mean, &infinite, &over(1)));
    assert!(out.view::<f64>().unwrap()[0] == f64::INFINITY && out.view::<f64>().unwrap()[1].is_nan());
    let many = up(&[70_000], &vec![half::f16::from_f32(2.0); 70_000]);
    assert_eq!(down(b.reduce(ReduceOp::Mean, &many, &Reduce::all())), host(&[], &[half::f16::from_f32(2.0)]));
    let mixed = up(&[2, 2], &[0.0, f64::NAN, -0.0, 3.0]);
    assert_eq!(down(b.reduce(ReduceOp::CountNonzero, &mixed, &over(1))), host(&[2], &[1i64, 1]));
    assert_eq!(down(b.reduce(ReduceOp::All, &mixed, &over(0))), host(&[2], &[false, true]));
    assert_eq!(down(b.reduce(ReduceOp::All, &up::<bool>(&[0], &[]), &Reduce::all())), host(&[], &[true]));
    assert_eq!(failed(b.reduce(ReduceOp::Mean, &x, &over(2)), ReduceOp::Mean), ErrorKind::Axis);
    let twice = Reduce::over(&[1, -1]);
    assert_eq!(failed(b.reduce(ReduceOp::Var, &x, &twice), ReduceOp::Var), ErrorKind::Axis);
    assert_eq!(failed(b.reduce(ReduceOp::CountNonzero, &x, &over(5)), ReduceOp::CountNonzero), ErrorKind::Axis);
    assert_eq!(failed(b.reduce(ReduceOp::Mean, &up(&[1], &[1i32]), &Reduce::all()), ReduceOp::Mean), ErrorKind::Dtype);
}

#[test]
fn full_adopts_or_refuses() {
    let b = &Tiny::default();
    let full = |v: Scalar, d: Option<DType>| b.full(&Full::default().shape([2]).value(v).dtype(d));
    assert_eq!(down(full(Scalar::Int(7), None)), host(&[2], &[7i64; 2]));
    assert_eq!(down(full(Scalar::Float(0.5), None)), host(&[2], &[0.5f64; 2]));
    assert_eq!(down(full(Scalar::Bool(true), None)), host(&[2], &[true; 2]));
    assert_eq!(down(full(Scalar::Complex(1.0, -2.0), None)), host(&[2], &[C::new(1.0, -2.0); 2]));
    assert_eq!(down(full(Scalar::Int(-3), Some(DType::Complex64))), host(&[2], &[num_complex::Complex::new(-3.0f32, 0.0); 2]));
    assert_eq!(down(full(Scalar::UInt(u64::MAX), Some(DType::UInt64))), host(&[2], &[u64::MAX; 2]));
    assert_eq!(down(full(Scalar::Float(-0.0), Some(DType::Float32))), host(&[2], &[-0.0f32; 2]));
    assert_eq!(failed(full(Scalar::Int(300), Some(DType::UInt8)), CreateOp::Full), ErrorKind::Value);
    assert_eq!(failed(full(Scalar::UInt(u64::MAX), None), CreateOp::Full), ErrorKind::Value);
    assert_eq!(failed(full(Scalar::Float(1.0), Some(DType::Int32)), CreateOp::Full), ErrorKind::Dtype);
    assert_eq!(failed(full(Scalar::Float(f64::NAN), Some(DType::Int32)), CreateOp::Full), ErrorKind::Value);
    assert_eq!(failed(full(Scalar::Float(-1.0), Some(DType::UInt64)), CreateOp::Full), ErrorKind::Value);
    assert_eq!(failed(full(Scalar::Bool(true), Some(DType::Int32)), CreateOp::Full), ErrorKind::Dtype);
    assert_eq!(failed(full(Scalar::Int(1), Some(DType::Bool)), CreateOp::Full), ErrorKind::Dtype);
    let huge = Full::default().shape([usize::MAX, 2]);
    assert_eq!(failed(b.full(&huge), CreateOp::Full), ErrorKind::Shape);
}

#[test]
fn arange_lengths_and_elements() {
    let b = &Tiny::default();
    let range = |a: Scalar, z: Scalar, s: Scalar| Arange::default().start(a).stop(z).step(s);
    let ints = |a: i64, z: i64, s: i64| range(a.into(), z.into(), s.into());
    assert_eq!(down(b.arange(&ints(0, 5, 2))), host(&[3], &[0i64, 2, 4]));
    assert_eq!(down(b.arange(&ints(5, 0, -2))), host(&[3], &[5i64, 3, 1]));
    assert_eq!(down(b.arange(&ints(0, 5, -1))), host::<i64>(&[0], &[]));
    assert_eq!(down(b.arange(&ints(i64::MAX - 1, i64::MAX, 1))), host(&[1], &[i64::MAX - 1]));
    assert_eq!(down(b.arange(&ints(i64::MIN, i64::MAX, i64::MAX))), host(&[3], &[i64::MIN, -1, i64::MAX - 1]));
    let top = range(Scalar::UInt(u64::MAX - 2), Scalar::UInt(u64::MAX), Scalar::Int(1)).dtype(DType::UInt64);
    assert_eq!(down(b.arange(&top)), host(&[2], &[u64::MAX - 2, u64::MAX - 1]));
    let exact = ints((1 << 53) + 1, (1 << 53) + 3, 1).dtype(DType::Float64);
    assert_eq!(down(b.arange(&exact)), host(&[2], &[9007199254740992.0, 9007199254740994.0]));
    assert_eq!(down(b.arange(&range(0.5.into(), 2.0.into(), Scalar::Int(1)))), host(&[2], &[0.5, 1.5]));
    assert_eq!(down(b.arange(&range(1.0.into(), 0.0.into(), (-0.25).into()))), host(&[4], &[1.0, 0.75, 0.5, 0.25]));
    assert_eq!(failed(b.arange(&ints(0, 5, 0)), CreateOp::Arange), ErrorKind::Value);
    assert_eq!(failed(b.arange(&range(0.0.into(), 5.0.into(), f64::NAN.into())), CreateOp::Arange), ErrorKind::Value);
    assert_eq!(failed(b.arange(&range(0.0.into(), f64::INFINITY.into(), 1.0.into())), CreateOp::Arange), ErrorKind::Value);
    assert_eq!(failed(b.arange(&range(0.0.into(), 5.0.into(), 1.0.into()).dtype(DType::Int64)), CreateOp::Arange), ErrorKind::Dtype);
    assert_eq!(failed(b.arange(&ints(0, 5, 1).dtype(DType::Bool)), CreateOp::Arange), ErrorKind::Dtype);
    assert_eq!(failed(b.arange(&ints(0, 300, 1).dtype(DType::Int8)), CreateOp::Arange), ErrorKind::Value);
    assert_eq!(failed(b.arange(&ints(0, i64::MAX, 1)), CreateOp::Arange), ErrorKind::OutOfMemory);
    assert_eq!(failed(b.arange(&range(0.0.into(), 1e300.into(), 1e-300.into())), CreateOp::Arange), ErrorKind::OutOfMemory);
    assert_eq!(failed(b.arange(&range(Scalar::Complex(0.0, 1.0), 5.0.into(), 1.0.into())), CreateOp::Arange), ErrorKind::Dtype);
}

#[test]
fn linspace_ends_are_exact() {
    let b = &Tiny::default();
    let lin = |a: Scalar, z: Scalar, n: u64| Linspace::default().start(a).stop(z).num(n);
    assert_eq!(down(b.linspace(&lin(0.0.into(), 1.0.into(), 5))), host(&[5], &[0.0, 0.25, 0.5, 0.75, 1.0]));
    assert_eq!(down(b.linspace(&lin(0.0.into(), 1.0.into(), 4).endpoint(false))), host(&[4], &[0.0, 0.25, 0.5, 0.75]));
    assert_eq!(down(b.linspace(&lin(Scalar::Int(3), Scalar::Int(7), 1))), host(&[1], &[3.0]));
    assert_eq!(down(b.linspace(&lin(3.0.into(), 7.0.into(), 0))), host::<f64>(&[0], &[]));
    for (a, z) in [(0.1, 0.7), (-1e308, 1.7e308), (f64::MIN, f64::MAX), (1e-320, 3.0)] {
        let x = down(b.linspace(&lin(a.into(), z.into(), 50)));
        let v = x.view::<f64>().unwrap();
        assert_eq!((v[0], v[49]), (a, z));
        assert!(v.iter().all(|x| x.is_finite()) && v.windows(2).all(|w| w[0] < w[1]), "{v:?}");
    }
    let z = down(b.linspace(&lin(Scalar::Complex(0.0, 2.0), Scalar::Int(2), 3)));
    assert_eq!(z, host(&[3], &[C::new(0.0, 2.0), C::new(1.0, 1.0), C::new(2.0, 0.0)]));
    assert_eq!(failed(b.linspace(&lin(0.0.into(), 1.0.into(), 3).dtype(DType::Int32)), CreateOp::Linspace), ErrorKind::Dtype);
    assert_eq!(
        failed(b.linspace(&lin(Scalar::Complex(0.0, 1.0), 1.0.into(), 3).dtype(DType::Float64)), CreateOp::Linspace),
        ErrorKind::Dtype
    );
    assert_eq!(failed(b.linspace(&lin(0.0.into(), 1.0.into(), u64::MAX)), CreateOp::Linspace), ErrorKind::OutOfMemory);
}

#[test]
fn eye_and_tril() {
    let b = &Tiny::default();
    let eye = |r: u64, c: Option<u64>, k: i64| b.eye(&Eye::default().rows(r).cols(c).k(k).dtype(DType::Int8));
    assert_eq!(down(eye(2, None, 0)), host(&[2, 2], &[1i8, 0, 0, 1]));
    assert_eq!(down(eye(2, Some(3), 1)), host(&[2, 3], &[0i8, 1, 0, 0, 0, 1]));
    assert_eq!(down(eye(3, Some(2), -1)), host(&[3, 2], &[0i8, 0, 1, 0, 0, 1]));
    assert_eq!(down(eye(2, None, i64::MAX)), host(&[2, 2], &[0i8; 4]));
    assert_eq!(down(eye(2, None, i64::MIN)), host(&[2, 2], &[0i8; 4]));
    assert_eq!(down(eye(3, Some(0), 0)), host::<i8>(&[3, 0], &[]));
    assert_eq!(down(b.eye(&Eye::default().rows(1u64))), host(&[1, 1], &[1.0]));
    assert_eq!(failed(eye(u64::MAX, None, 0), CreateOp::Eye), ErrorKind::OutOfMemory);

    let x = up(&[2, 2, 2], &[f64::NAN; 8]);
    let low = down(b.tril(&x, &0));
    assert_eq!(
        low.view::<f64>().unwrap().iter().map(|v| v.is_nan()).collect::<Vec<_>>(),
        [true, false, true, true, true, false, true, true]
    );
    let y = up(&[2, 3], &[1i8, 2, 3, 4, 5, 6]);
    assert_eq!(down(b.tril(&y, &1)), host(&[2, 3], &[1i8, 2, 0, 4, 5, 6]));
    assert_eq!(down(b.tril(&y, &-1)), host(&[2, 3], &[0i8, 0, 0, 4, 0, 0]));
    assert_eq!(down(b.tril(&y, &i64::MIN)), host(&[2, 3], &[0i8; 6]));
    assert_eq!(down(b.tril(&up(&[2, 2], &[true; 4]), &0)), host(&[2, 2], &[true, false, true, true]));
    assert_eq!(failed(b.tril(&up(&[2], &[1, 2]), &0), ShapeOp::Tril), ErrorKind::Shape);
}

#[test]
fn elements_move() {
    let b = &Tiny::default();
    let x = up(&[2, 3], &[1i32, 2, 3, 4, 5, 6]);
    assert_eq!(down(b.flip(&x, &None)), host(&[2, 3], &[6i32, 5, 4, 3, 2, 1]));
    assert_eq!(down(b.flip(&x, &Some(smallvec![-1]))), host(&[2, 3], &[3i32, 2, 1, 6, 5, 4]));
    assert_eq!(failed(b.flip(&x, &Some(smallvec![2])), ShapeOp::Flip), ErrorKind::Axis);
    assert_eq!(failed(b.flip(&x, &Some(smallvec![0, -2])), ShapeOp::Flip), ErrorKind::Axis);

    let roll = |shift: &[i64], axes: Option<&[i64]>| b.roll(&x, &self::shift(shift, axes));
    assert_eq!(down(roll(&[1], None)), host(&[2, 3], &[6i32, 1, 2, 3, 4, 5]));
    assert_eq!(down(roll(&[-7], None)), host(&[2, 3], &[2i32, 3, 4, 5, 6, 1]));
    assert_eq!(down(roll(&[1, -1], Some(&[0, 1]))), host(&[2, 3], &[5i32, 6, 4, 2, 3, 1]));
    // -2^63 is 1 modulo 3.
    assert_eq!(down(roll(&[i64::MIN], Some(&[1]))), host(&[2, 3], &[3i32, 1, 2, 6, 4, 5]));
    assert_eq!(failed(roll(&[1, 2], Some(&[0])), ShapeOp::Roll), ErrorKind::Value);
    assert_eq!(down(roll(&[1, 1], Some(&[1, -1]))), down(roll(&[2], Some(&[1]))));
    assert_eq!(failed(roll(&[1, 2], None), ShapeOp::Roll), ErrorKind::Value);
    assert_eq!(failed(roll(&[1], Some(&[3])), ShapeOp::Roll), ErrorKind::Axis);
    let empty = up::<i32>(&[0, 3], &[]);
    assert_eq!(down(b.roll(&empty, &shift(&[2], Some(&[0])))), host::<i32>(&[0, 3], &[]));
    assert_eq!(down(b.roll(&up(&[], &[4i32]), &shift(&[2], None))), host(&[], &[4i32]));

    let y = up(&[1, 2, 1], &[1i32, 2]);
    assert_eq!(down(b.squeeze(&y, &smallvec![0, -1])), host(&[2], &[1i32, 2]));
    assert_eq!(down(b.squeeze(&y, &smallvec![])), host(&[1, 2, 1], &[1i32, 2]));
    assert_eq!(failed(b.squeeze(&y, &smallvec![1]), ShapeOp::Squeeze), ErrorKind::Shape);
    assert_eq!(failed(b.squeeze(&y, &smallvec![0, 0]), ShapeOp::Squeeze), ErrorKind::Axis);
    assert_eq!(failed(b.squeeze(&y, &smallvec![-4]), ShapeOp::Squeeze), ErrorKind::Axis);

    let at = up(&[3], &[2i64, 0, 2]);
    assert_eq!(down(b.take(&x, &at, &Some(1))), host(&[2, 3], &[3i32, 1, 3, 6, 4, 6]));
    assert_eq!(down(b.take(&at, &up(&[1], &[1u8]), &None)), host(&[1], &[0i64]));
    assert_eq!(failed(b.take(&x, &at, &None), IndexingOp::Take), ErrorKind::Axis);
    assert_eq!(failed(b.take(&x, &at, &Some(2)), IndexingOp::Take), ErrorKind::Axis);
    assert_eq!(failed(b.take(&x, &at, &Some(0)), IndexingOp::Take), ErrorKind::Index);
    assert_eq!(failed(b.take(&x, &up(&[1], &[0.0]), &Some(0)), IndexingOp::Take), ErrorKind::Dtype);
    assert_eq!(failed(b.take(&x, &up(&[1, 1], &[0]), &Some(0)), IndexingOp::Take), ErrorKind::Shape);

    let two = Tiny { two_devices: true };
    assert_eq!(two.device(&two.to_device(&x, &Device::cuda(0)).unwrap()), Device::cuda(0));
    assert_eq!(failed(two.to_device(&x, &Device::cuda(1)), InterchangeOp::ToDevice), ErrorKind::Device);
}

#[test]
fn promotion_follows_the_table() {
    use DType::*;
    let table: &[(DType, DType, Option<DType>)] = &[
        (Int8, UInt8, Some(Int16)),
        (Int8, UInt16, Some(Int32)),
        (Int8, UInt32, Some(Int64)),
        (Int16, UInt8, Some(Int16)),
        (Int16, UInt16, Some(Int32)),
        (Int32, UInt8, Some(Int32)),
        (Int32, UInt16, Some(Int32)),
        (Int32, UInt32, Some(Int64)),
        (Int64, UInt8, Some(Int64)),
        (Int64, UInt32, Some(Int64)),
        (Int64, UInt64, None),
        (Int8, UInt64, None),
        (UInt8, UInt32, Some(UInt32)),
        (Int8, Int64, Some(Int64)),
        (Float32, Float64, Some(Float64)),
        (Float32, Complex64, Some(Complex64)),
        (Float64, Complex64, Some(Complex128)),
        (Float32, Complex128, Some(Complex128)),
        (Complex64, Complex128, Some(Complex128)),
        (Float16, BFloat16, Some(Float32)),
        (Float16, Float32, Some(Float32)),
        (BFloat16, Complex64, Some(Complex64)),
        (Bool, Int8, None),
        (Int64, Float64, None),
        (UInt8, Complex64, None),
        (Bool, Bool, Some(Bool)),
    ];
    for &(a, b, expected) in table {
        assert_eq!((a.promote(b), b.promote(a)), (expected, expected), "{a} with {b}");
    }
    for &a in DType::ALL {
        assert_eq!(a.promote(a), Some(a));
    }
    assert_eq!(Float32.with_scalar(Scalar::Float(2.0)), Some(Float32));
    assert_eq!(Float32.with_scalar(Scalar::Complex(0.0, 2.0)), Some(Complex64));
    assert_eq!(Int8.with_scalar(Scalar::Int(2)), Some(Int8));
    assert_eq!(Int8.with_scalar(Scalar::Float(2.0)), None);
    assert_eq!(Bool.with_scalar(Scalar::Int(1)), None);
    assert_eq!(Int8.with_scalar(Scalar::Bool(true)), None);
    assert_eq!(Complex64.with_scalar(Scalar::Int(1)), Some(Complex64));
    assert_eq!(Scalar::UInt(u64::MAX).element::<f32>().unwrap(), 18446744073709551615.0f32);
    assert_eq!(Scalar::Int(-1).element::<u8>().unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(Scalar::Float(1.0).element::<i8>().unwrap_err().kind(), ErrorKind::Dtype);
}
