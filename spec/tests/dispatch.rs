//! Erased arrays: chosen by the arguments, strict about strangers, values like all others.
mod common;
use array_protocol::prelude::*;
use array_protocol::{BinaryOp, Call, Intercept, Op, Reply, UnaryOp, Via, dispatch};
use common::{Tiny, TinyArray};

/// Another backend: the same one under another type.
#[derive(Clone)]
struct Other;
impl Intercept<Tiny> for Other {}

fn any<T: Element>(values: &[T]) -> AnyArray {
    let b = Tiny::default();
    let raw = b.upload(&HostArray::from_slice([values.len()], values).unwrap(), None).unwrap();
    AnyArray::new(b, raw)
}

fn stranger() -> AnyArray {
    let b = Via(Tiny::default(), Other);
    let raw = b.upload(&HostArray::from_slice([2], &[1.0, 2.0]).unwrap(), None).unwrap();
    AnyArray::new(b, raw)
}

fn values(x: &AnyArray) -> Vec<f64> {
    x.download().unwrap().view::<f64>().unwrap().to_vec()
}

#[test]
fn one_function_object_for_any_backend() -> Result<()> {
    for x in [any(&[1.0, 4.0]), stranger()] {
        let twice = dispatch::call(Call::Binary { op: BinaryOp::Add, x1: Operand::Array(&x), x2: Operand::Array(&x) })?.one()?;
        assert_eq!(values(&twice), values(&x).iter().map(|v| 2.0 * v).collect::<Vec<_>>());
        assert_eq!(twice.downcast::<Tiny>().is_some(), x.downcast::<Tiny>().is_some());
        assert_eq!(values(&dispatch::binary(BinaryOp::Multiply, Scalar::Int(2).into_operand(), (&x).into())?), values(&twice));
        assert_eq!(values(&dispatch::unary(UnaryOp::Negative, &x)?), values(&x).iter().map(|v| -v).collect::<Vec<_>>());
    }
    Ok(())
}

trait IntoOperand {
    fn into_operand<'a>(self) -> Operand<&'a AnyArray>;
}
impl IntoOperand for Scalar {
    fn into_operand<'a>(self) -> Operand<&'a AnyArray> {
        Operand::Scalar(self)
    }
}

#[test]
fn strangers_are_a_device_error() {
    let (x, y) = (any(&[1.0, 2.0]), stranger());
    let call = |a, b| Call::Binary { op: BinaryOp::Add, x1: Operand::Array(a), x2: Operand::Array(b) };
    for result in [dispatch::call(call(&x, &y)), dispatch::call(call(&y, &x)), x.backend().call(call(&y, &y))] {
        let e = result.unwrap_err();
        assert_eq!((e.kind(), e.op()), (ErrorKind::Device, Some(Op::Binary(BinaryOp::Add))), "{e}");
    }
    let b = x.backend();
    assert_eq!(b.download(&y).unwrap_err().kind(), ErrorKind::Device);
    assert_eq!(b.to_dlpack(&y).unwrap_err().kind(), ErrorKind::Device);
    assert_eq!(b.unary(UnaryOp::Sqrt, &y).unwrap_err().kind(), ErrorKind::Device);
    assert_eq!(b.getitem(&x, &[Index::Array(&y)]).unwrap_err().kind(), ErrorKind::Device);
    let mut z = x.clone();
    assert_eq!(z.setitem(&[Index::all()], Operand::Array(&y)).unwrap_err().kind(), ErrorKind::Device);
    assert_eq!(z.binary_assign(BinaryOp::Add, Operand::Array(&y)).unwrap_err().kind(), ErrorKind::Device);
    assert_eq!(y.backend().unary_assign(UnaryOp::Sqrt, &mut z).unwrap_err().kind(), ErrorKind::Device);
    assert_eq!(values(&z), [1.0, 2.0]);
}

#[test]
fn creation_needs_a_backend() -> Result<()> {
    let call = || Call::Full { how: Full::default().shape([2]).value(1.5) };
    assert_eq!(dispatch::call(call()).unwrap_err().kind(), ErrorKind::Value);
    let x = any(&[0.0]).backend().call(call())?.one()?;
    assert_eq!(values(&x), [1.5, 1.5]);
    let two = Operand::Scalar(Scalar::Int(2));
    assert_eq!(dispatch::binary(BinaryOp::Add, two, two).unwrap_err().kind(), ErrorKind::Value);
    Ok(())
}

#[test]
fn in_place_changes_one_handle() -> Result<()> {
    let x = any(&[1.0, 2.0, 3.0]);
    let mut y = x.clone();
    y.setitem(&[Index::At(0)], Operand::Scalar(Scalar::Int(9)))?;
    assert_eq!((values(&x), values(&y)), (vec![1.0, 2.0, 3.0], vec![9.0, 2.0, 3.0]));
    let mut z = y.clone();
    z.binary_assign(BinaryOp::Multiply, Operand::Array(&x))?;
    z.unary_assign(UnaryOp::Negative)?;
    assert_eq!((values(&y), values(&z)), (vec![9.0, 2.0, 3.0], vec![-9.0, -4.0, -9.0]));
    assert_eq!(z.setitem(&[Index::At(7)], Operand::Scalar(Scalar::Int(0))).unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(values(&z), [-9.0, -4.0, -9.0]);
    Ok(())
}

#[test]
fn a_unique_handle_is_written_in_place() -> Result<()> {
    let address = |x: &AnyArray| x.downcast::<Tiny>().unwrap().1.host.bytes().as_ptr();
    let mut x = any(&[1.0; 100]);
    let before = address(&x);
    x.setitem(&[Index::At(3)], Operand::Scalar(Scalar::Int(5)))?;
    assert_eq!(address(&x), before);
    let other = x.clone();
    x.setitem(&[Index::At(3)], Operand::Scalar(Scalar::Int(6)))?;
    assert_ne!(address(&x), address(&other));
    Ok(())
}

#[test]
fn hardware_picked_at_run_time() -> Result<()> {
    fn norm<B: Backend>(x: &Array<B>) -> Result<f64> {
        (x * x)?.sum(())?.sqrt()?.item()
    }
    let backends = [AnyBackend::new(Tiny::default()), AnyBackend::new(Via(Tiny::default(), Other))];
    for b in &backends {
        let x = Array::from_slice(b, [2], &[3.0, 4.0])?;
        assert_eq!(norm(&x)?, 5.0);
        assert_eq!((x.clone() + &x)?.get(&idx![1])?.item::<f64>()?, 8.0);
        assert_eq!((2.0 * &x)?.to_string(), "[6. 8.]");
        assert_eq!(Array::linspace(b, 0.0, 1.0, 3)?.flip(None)?.to_vec::<f64>()?, [1.0, 0.5, 0.0]);
        assert_eq!(Array::from_dlpack(b, x.to_dlpack()?)?.to_vec::<f64>()?, [3.0, 4.0]);
        assert_eq!(x.concat_self()?, 4);
    }
    let typed = Array::from_slice(&Tiny::default(), [2], &[3.0, 4.0])?;
    let erased = typed.clone().erase();
    assert_eq!(norm(&typed)?, norm(&erased)?);
    // No shell around a shell.
    assert!(erased.clone().erase().raw().downcast::<Tiny>().is_some());
    assert!(AnyBackend::new(erased.backend().clone()).downcast::<Tiny>().is_some());
    let (a, b) = (Array::from_slice(&backends[0], [1], &[1.0])?, Array::from_slice(&backends[1], [1], &[1.0])?);
    assert_eq!((&a + &b).unwrap_err().kind(), ErrorKind::Device);
    assert_eq!((a.clone() + &b).unwrap_err().kind(), ErrorKind::Device);
    Ok(())
}

trait ConcatSelf {
    fn concat_self(&self) -> Result<usize>;
}
impl ConcatSelf for Array<AnyBackend> {
    fn concat_self(&self) -> Result<usize> {
        Ok(Array::concat(&[self, self], 0)?.size())
    }
}

/// Erased calls keep the replies of operations with several results.
#[test]
fn several_results() -> Result<()> {
    #[derive(Clone)]
    struct Split;
    impl Intercept<Tiny> for Split {
        fn call(&self, below: &Tiny, call: Call<&TinyArray>) -> Result<Reply<TinyArray>> {
            match call {
                Call::Qr { x, .. } => Ok(Reply::Many(vec![x.clone(), x.clone()])),
                Call::Svd { x, .. } => Ok(Reply::Many(vec![x.clone()])),
                Call::Nonzero { x } => Ok(Reply::Many(vec![x.clone(), x.clone(), x.clone()])),
                call => call.apply(below),
            }
        }
    }
    let x = Array::from_slice(&AnyBackend::new(Via(Tiny::default(), Split)), [1], &[1.0])?;
    let (q, r) = x.qr(())?;
    assert_eq!((q.size(), r.size()), (1, 1));
    assert_eq!(x.svd(()).unwrap_err().kind(), ErrorKind::Backend);
    assert_eq!(x.nonzero()?.len(), 3);
    Ok(())
}
