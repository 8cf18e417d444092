//! The face: operators, weak scalars, indexing, iteration, values that stay values.
mod common;
use array_protocol::prelude::*;
use array_protocol::{BinaryOp, Call, Op};
use common::Tiny;
use num_complex::Complex;

type A = Array<Tiny>;

fn arr<T: Element>(shape: &[usize], values: &[T]) -> A {
    Array::from_slice(&Tiny::default(), shape, values).unwrap()
}

#[test]
fn operators_give_results_and_take_them() -> Result<()> {
    let (a, b) = (arr(&[2], &[1.0, 2.0]), arr(&[2], &[10.0, 20.0]));
    assert_eq!((&a + &b)?.to_vec::<f64>()?, [11.0, 22.0]);
    assert_eq!((&a + &b + &a - (&b * &a)?)?.to_vec::<f64>()?, [2.0, -16.0]);
    assert_eq!((a.clone() + &b)?.to_vec::<f64>()?, [11.0, 22.0]);
    assert_eq!((a.clone() - b.clone())?.to_vec::<f64>()?, [-9.0, -18.0]);
    assert_eq!((&a - b.clone())?.to_vec::<f64>()?, [-9.0, -18.0]);
    assert_eq!((&a * (&a + &b))?.to_vec::<f64>()?, [11.0, 44.0]);
    assert_eq!((a.clone() * (&a + &b))?.to_vec::<f64>()?, [11.0, 44.0]);
    assert_eq!(((&a + &b) / b.clone())?.to_vec::<f64>()?, [1.1, 1.1]);
    assert_eq!((-&a)?.to_vec::<f64>()?, [-1.0, -2.0]);
    assert_eq!((-a.clone())?.to_vec::<f64>()?, [-1.0, -2.0]);
    assert_eq!((&a / &b)?.to_vec::<f64>()?, [0.1, 0.1]);
    let (i, j) = (arr(&[2], &[7i32, -7]), arr(&[2], &[3i32, 2]));
    assert_eq!((&i % &j)?.to_vec::<i32>()?, [1, 1]);
    assert_eq!((&i ^ &j)?.to_vec::<i32>()?, [7 ^ 3, -7 ^ 2]);
    assert_eq!((&i << &j)?.to_vec::<i32>()?, [56, -28]);
    // Nothing that was borrowed has changed.
    assert_eq!((a.to_vec::<f64>()?, b.to_vec::<f64>()?), (vec![1.0, 2.0], vec![10.0, 20.0]));
    Ok(())
}

#[test]
fn errors_travel_through_expressions() {
    let (a, b) = (arr(&[2], &[1.0, 2.0]), arr(&[3], &[1.0; 3]));
    let e = (&a + &b + &a).unwrap_err();
    assert_eq!((e.kind(), e.op()), (ErrorKind::Shape, Some(Op::Binary(BinaryOp::Add))));
    assert_eq!((&a * (&a + &b)).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!((a.clone() + &b).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!((&arr(&[1], &[1i8]) + &a).unwrap_err().kind(), ErrorKind::Dtype);
}

#[test]
fn scalars_are_weak() -> Result<()> {
    let x = arr(&[2], &[1f32, 2.0]);
    for y in [(&x + 2.0)?, (&x + 2)?, (2.0 + &x)?, (x.clone() + Scalar::from(2u8))?, (2i64 + x.clone())?, x.add(2.0)?, x.add(2f32)?] {
        assert_eq!((y.dtype(), y.to_vec::<f32>()?), (DType::Float32, vec![3.0, 4.0]));
    }
    assert_eq!((1.0 - &x)?.to_vec::<f32>()?, [0.0, -1.0]);
    assert_eq!((&x + 1)?.to_vec::<f32>()?, [2.0, 3.0]);
    assert_eq!((8.0 / &x)?.to_vec::<f32>()?, [8.0, 4.0]);
    assert_eq!((&x * Complex::new(0.0, 1.0))?.dtype(), DType::Complex64);
    assert_eq!((&arr(&[1], &[1i8]) + 1)?.dtype(), DType::Int8);
    assert_eq!((&arr(&[1], &[1i8]) + 1.5).unwrap_err().kind(), ErrorKind::Dtype);
    assert_eq!((&arr(&[1], &[1i8]) + 300).unwrap_err().kind(), ErrorKind::Value);
    Ok(())
}

#[test]
fn creation() -> Result<()> {
    let b = &Tiny::default();
    assert_eq!(A::arange(b, 0..4)?.to_vec::<i64>()?, [0, 1, 2, 3]);
    assert_eq!(A::arange(b, 0.0..2.0)?.to_vec::<f64>()?, [0.0, 1.0]);
    assert_eq!(A::arange(b, Arange::default().stop(6).step(2).dtype(DType::Float32))?.to_vec::<f32>()?, [0.0, 2.0, 4.0]);
    assert_eq!(A::linspace(b, 0, 1, 3)?.to_vec::<f64>()?, [0.0, 0.5, 1.0]);
    assert_eq!(A::full(b, [2], 1.5)?.to_vec::<f64>()?, [1.5, 1.5]);
    assert_eq!(A::zeros(b, [2], DType::Bool)?.to_vec::<bool>()?, [false, false]);
    assert_eq!(A::ones(b, [1], DType::Complex64)?.to_vec::<Complex<f32>>()?, [Complex::new(1.0, 0.0)]);
    assert_eq!(A::eye(b, 2)?.to_vec::<f64>()?, [1.0, 0.0, 0.0, 1.0]);
    let wide = A::create(b, Call::Eye { how: Eye::default().rows(1u64).cols(2).dtype(DType::Int8) })?;
    assert_eq!(wide.to_vec::<i8>()?, [1, 0]);
    assert_eq!(A::uniform(b, Key::new(1), [2], DType::Float32).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(A::from_slice(b, [3], &[1, 2]).unwrap_err().kind(), ErrorKind::Value);
    Ok(())
}

#[test]
fn indexing() -> Result<()> {
    let x = arr(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    assert_eq!(x.get(&idx![1])?.to_vec::<i32>()?, [4, 5, 6]);
    assert_eq!(x.get(&idx![-1, 0])?.item::<i32>()?, 4);
    assert_eq!(x.get(&idx![.., 1..])?.to_vec::<i32>()?, [2, 3, 5, 6]);
    assert_eq!(x.get(&idx![.., Index::all().step(-2)])?.to_vec::<i32>()?, [3, 1, 6, 4]);
    assert_eq!(x.get(&idx![Index::Ellipsis, Index::NewAxis])?.shape()[..], [2, 3, 1]);
    let mask = arr(&[2, 3], &[true, false, false, false, false, true]);
    assert_eq!(x.get(&idx![&mask])?.to_vec::<i32>()?, [1, 6]);
    assert_eq!(x.get(&idx![.., &arr(&[2], &[2i64, 0])])?.to_vec::<i32>()?, [3, 1, 6, 4]);
    assert_eq!(x.get(&idx![2]).unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(x.get(&idx![0, 0, 0]).unwrap_err().kind(), ErrorKind::Index);
    Ok(())
}

#[test]
fn setting_changes_one_handle() -> Result<()> {
    let x = arr(&[2, 2], &[1, 2, 3, 4]);
    let mut y = x.clone();
    y.set(&idx![0], 9)?;
    y.set(&idx![.., 1], &arr(&[2], &[7, 8]))?;
    assert_eq!((x.to_vec::<i32>()?, y.to_vec::<i32>()?), (vec![1, 2, 3, 4], vec![9, 7, 3, 8]));
    let before = y.to_vec::<i32>()?;
    assert_eq!(y.set(&idx![5], 0).unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(y.set(&idx![0], &arr(&[3], &[0; 3])).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(y.to_vec::<i32>()?, before);
    y.binary_assign(BinaryOp::Add, 1)?;
    assert_eq!(y.to_vec::<i32>()?, [10, 8, 4, 9]);
    assert_eq!(y.binary_assign(BinaryOp::Add, &arr(&[3], &[0; 3])).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(y.to_vec::<i32>()?, [10, 8, 4, 9]);
    Ok(())
}

#[test]
fn iteration_over_the_first_axis() -> Result<()> {
    let x = arr(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    let rows: Vec<A> = x.iter().collect::<Result<_>>()?;
    assert_eq!(rows.len(), x.iter().len());
    assert_eq!((rows[0].to_vec::<i32>()?, rows[1].to_vec::<i32>()?), (vec![1, 2, 3], vec![4, 5, 6]));
    let mut sum = 0;
    for row in &x {
        for item in &row? {
            sum += item?.item::<i32>()?;
        }
    }
    assert_eq!(sum, 21);
    let lone: Vec<Result<A>> = arr(&[], &[1.0]).iter().collect();
    assert!(lone.len() == 1 && lone[0].as_ref().unwrap_err().kind() == ErrorKind::Shape);
    assert_eq!(arr::<f64>(&[0, 2], &[]).iter().count(), 0);
    Ok(())
}

#[test]
fn out_to_the_host() -> Result<()> {
    let x = arr(&[1, 1], &[5i16]);
    assert_eq!(x.item::<i16>()?, 5);
    assert_eq!(x.item::<i32>().unwrap_err().kind(), ErrorKind::Dtype);
    assert_eq!(arr(&[2], &[1, 2]).item::<i32>().unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(x.to_vec::<u16>().unwrap_err().kind(), ErrorKind::Dtype);
    assert_eq!(x.to_host()?, HostArray::from_slice([1, 1], &[5i16])?);
    Ok(())
}

#[test]
fn methods_reach_their_operations() -> Result<()> {
    let x = arr(&[2, 2], &[1.0, 4.0, 9.0, 16.0]);
    assert_eq!(x.sqrt()?.to_vec::<f64>()?, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(x.sum(())?.item::<f64>()?, 30.0);
    assert_eq!(x.mean(0)?.to_vec::<f64>()?, [5.0, 10.0]);
    assert_eq!(x.sum([0, 1])?.item::<f64>()?, 30.0);
    assert_eq!(x.sum(Reduce::over(&[1]).keepdims(true))?.shape()[..], [2, 1]);
    assert_eq!(x.less(&x.permute_dims(&[1, 0])?)?.to_vec::<bool>()?, [false, true, false, false]);
    assert_eq!(x.less(5)?.select(0.0, &x)?.to_vec::<f64>()?, [0.0, 0.0, 9.0, 16.0]);
    assert_eq!(x.clip(2, 10)?.to_vec::<f64>()?, [2.0, 4.0, 9.0, 10.0]);
    assert_eq!(x.flip(None)?.reshape([4])?.to_vec::<f64>()?, [16.0, 9.0, 4.0, 1.0]);
    assert_eq!(x.roll(1)?.tril(0)?.to_vec::<f64>()?, [16.0, 0.0, 4.0, 9.0]);
    assert_eq!(Array::concat(&[&x, &x], 1)?.shape()[..], [2, 4]);
    assert_eq!(Array::<Tiny>::concat(&[], None).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(x.astype(DType::Int8)?.to_vec::<i8>()?, [1, 4, 9, 16]);
    assert_eq!(x.take(&arr(&[1], &[1i64]), 0)?.to_vec::<f64>()?, [9.0, 16.0]);
    assert_eq!(x.sort(()).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(x.svd(()).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(A::from_dlpack(&Tiny::default(), x.to_dlpack()?)?.to_vec::<f64>()?, x.to_vec::<f64>()?);
    assert_eq!(x.call(Call::Flip { x: &x, axes: None })?.one()?.to_vec::<f64>()?, [16.0, 9.0, 4.0, 1.0]);
    Ok(())
}
