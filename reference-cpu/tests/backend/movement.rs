use crate::{array, kind, shape, values, vector};
use array_protocol::options::{Arange, Axes, Eye, Full, Linspace, Roll};
use array_protocol::{Backend, DType, Device, ErrorKind, Scalar, Shape};
use num_complex::Complex;
use reference_cpu::Cpu;

fn axes(list: &[i64]) -> Axes {
    Some(list.into())
}

#[test]
fn views_and_copies_hold_the_same_elements() {
    let b = Cpu::new();
    let x = array([2, 3], &[1i16, 2, 3, 4, 5, 6]);
    let turned = b.permute_dims(&x, &[1, 0].as_slice().into()).unwrap();
    assert_eq!(values::<i16>(Ok(turned.clone())), [1, 4, 2, 5, 3, 6]);
    assert_eq!(values::<i16>(b.reshape(&turned, &Shape::from([6]))), [1, 4, 2, 5, 3, 6]);
    assert_eq!(values::<i16>(b.flip(&turned, &axes(&[-1]))), [4, 1, 5, 2, 6, 3]);
    let wide = b.broadcast_to(&vector(&[1i16, 2]), &Shape::from([2, 2])).unwrap();
    assert_eq!(values::<i16>(b.concat(&[&wide, &x], &None)), [1, 2, 1, 2, 1, 2, 3, 4, 5, 6]);
    assert_eq!(values::<i16>(b.concat(&[&wide, &x], &Some(1))), [1, 2, 1, 2, 3, 1, 2, 4, 5, 6]);
    assert_eq!(values::<i16>(b.roll(&x, &Roll::default().shift([1].as_slice()))), [6, 1, 2, 3, 4, 5]);
    assert_eq!(values::<i16>(b.roll(&x, &Roll::default().shift([1, -1].as_slice()).axes(axes(&[0, 1])))), [5, 6, 4, 2, 3, 1]);
    assert_eq!(values::<i16>(b.tril(&x, &0)), [1, 0, 0, 4, 5, 0]);
    assert_eq!(values::<i16>(b.tril(&x, &i64::MIN)), [0; 6]);
    let one = array([1, 2, 1], &[1i16, 2]);
    assert_eq!(shape(&b.squeeze(&one, &[0, -1].as_slice().into()).unwrap()), [2]);
}

#[test]
fn shapes_and_axes_are_checked() {
    let b = Cpu::new();
    let x = array([2, 3], &[0u8; 6]);
    assert_eq!(kind(b.reshape(&x, &Shape::from([5]))), ErrorKind::Shape);
    assert_eq!(kind(b.reshape(&x, &Shape::from([usize::MAX, 3]))), ErrorKind::Shape);
    assert_eq!(kind(b.permute_dims(&x, &[0].as_slice().into())), ErrorKind::Axis);
    assert_eq!(kind(b.permute_dims(&x, &[0, 0].as_slice().into())), ErrorKind::Axis);
    assert_eq!(kind(b.flip(&x, &axes(&[2]))), ErrorKind::Axis);
    assert_eq!(kind(b.squeeze(&x, &[0].as_slice().into())), ErrorKind::Shape);
    assert_eq!(kind(b.broadcast_to(&x, &Shape::from([3]))), ErrorKind::Shape);
    assert_eq!(kind(b.broadcast_to(&vector(&[1u8]), &Shape::from([usize::MAX, 2]))), ErrorKind::Shape);
    assert_eq!(kind(b.concat(&[], &None)), ErrorKind::Value);
    assert_eq!(kind(b.concat(&[&x, &vector(&[1u8])], &Some(0))), ErrorKind::Shape);
    assert_eq!(kind(b.concat(&[&x, &vector(&[1f32])], &None)), ErrorKind::Dtype);
    assert_eq!(kind(b.roll(&x, &Roll::default().shift([1, 2].as_slice()).axes(axes(&[0])))), ErrorKind::Value);
    assert_eq!(kind(b.tril(&vector(&[1u8]), &0)), ErrorKind::Shape);
}

#[test]
fn creation_rounds_once_and_ends_right() {
    let b = Cpu::new();
    assert_eq!(values::<i64>(b.arange(&Arange::default().start(5).stop(-6).step(-5))), [5, 0, -5]);
    assert_eq!(values::<f32>(b.arange(&Arange::default().stop(3).dtype(DType::Float32))), [0.0, 1.0, 2.0]);
    assert_eq!(values::<f64>(b.arange(&Arange::default().start(1.0).stop(2.0).step(0.25))), [1.0, 1.25, 1.5, 1.75]);
    let line = values::<f64>(b.linspace(&Linspace::default().start(0.1).stop(0.7).num(11u64)));
    assert_eq!((line.len(), line[0], line[10]), (11, 0.1, 0.7));
    assert_eq!(values::<f64>(b.linspace(&Linspace::default().start(-1.7e308).stop(1.7e308).num(3u64))), [-1.7e308, 0.0, 1.7e308]);
    assert_eq!(values::<f64>(b.linspace(&Linspace::default().stop(4).num(4u64).endpoint(false))), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(values::<f64>(b.linspace(&Linspace::default().start(3).num(1u64))), [3.0]);
    assert_eq!(
        values::<Complex<f64>>(b.linspace(&Linspace::default().stop(Scalar::Complex(0.0, 2.0)).num(2u64))),
        [Complex::new(0.0, 0.0), Complex::new(0.0, 2.0)]
    );
    assert_eq!(
        values::<bool>(b.eye(&Eye::default().rows(2u64).cols(3u64).k(1).dtype(DType::Bool))),
        [false, true, false, false, false, true]
    );
    assert_eq!(values::<f64>(b.eye(&Eye::default().rows(2u64).k(-1))), [0.0, 0.0, 1.0, 0.0]);
    assert_eq!(values::<f64>(b.eye(&Eye::default().rows(2u64).k(i64::MAX))), [0.0; 4]);
    assert_eq!(values::<i64>(b.full(&Full::default().shape([2]).value(7))), [7, 7]);
}

#[test]
fn creation_refuses_what_does_not_fit() {
    let b = Cpu::new();
    let full = |value: Scalar, dtype: DType| kind(b.full(&Full::default().value(value).dtype(dtype)));
    assert_eq!(full(300.into(), DType::Int8), ErrorKind::Value);
    assert_eq!(full(f64::NAN.into(), DType::Int8), ErrorKind::Value);
    assert_eq!(full(0.5.into(), DType::Int8), ErrorKind::Dtype);
    assert_eq!(full(true.into(), DType::Float32), ErrorKind::Dtype);
    assert_eq!(full(1.into(), DType::Bool), ErrorKind::Dtype);
    assert_eq!(full(Scalar::Complex(1.0, 0.0), DType::Float64), ErrorKind::Dtype);
    assert_eq!(kind(b.full(&Full::default().shape([usize::MAX / 16, 3]))), ErrorKind::OutOfMemory);
    assert_eq!(kind(b.full(&Full::default().shape([1usize << 45]))), ErrorKind::OutOfMemory);
    assert_eq!(kind(b.eye(&Eye::default().rows(1u64 << 40))), ErrorKind::OutOfMemory);
    assert_eq!(kind(b.arange(&Arange::default().stop(1).step(0))), ErrorKind::Value);
    assert_eq!(kind(b.arange(&Arange::default().stop(f64::NAN))), ErrorKind::Value);
    assert_eq!(kind(b.arange(&Arange::default().stop(1e300))), ErrorKind::OutOfMemory);
    assert_eq!(kind(b.arange(&Arange::default().stop(1.5).dtype(DType::Int32))), ErrorKind::Dtype);
    assert_eq!(kind(b.arange(&Arange::default().stop(300).dtype(DType::UInt8))), ErrorKind::Value);
    assert_eq!(kind(b.linspace(&Linspace::default().num(3u64).dtype(DType::Int32))), ErrorKind::Dtype);
    assert_eq!(kind(b.full(&Full::default().device(Device::cuda(0)))), ErrorKind::Device);
}

#[test]
fn a_view_that_is_too_large_to_hold_can_still_be_made() {
    let b = Cpu::new();
    let huge = b.broadcast_to(&vector(&[1f64]), &Shape::from([1usize << 46])).unwrap();
    assert_eq!(kind(b.download(&huge)), ErrorKind::OutOfMemory);
    assert_eq!(kind(b.unary(array_protocol::UnaryOp::Exp, &huge)), ErrorKind::OutOfMemory);
    assert!(b.reshape(&huge, &Shape::from([1usize << 45, 2])).is_ok(), "another view");
}
