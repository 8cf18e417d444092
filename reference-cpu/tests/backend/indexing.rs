use crate::{Arg, array, kind, shape, values, vector};
use array_protocol::{Backend, Element, ErrorKind, Index, Shape, idx};
use num_complex::Complex;
use reference_cpu::{Cpu, CpuArray};

fn slice(start: Option<i64>, stop: Option<i64>, step: i64) -> Index<&'static CpuArray> {
    Index::Slice { start, stop, step }
}

#[test]
fn basic_keys_are_views() {
    let b = Cpu::new();
    let x = array([3, 4], &(0..12).collect::<Vec<i32>>());
    assert_eq!(values::<i32>(b.getitem(&x, &idx![-1])), [8, 9, 10, 11]);
    assert_eq!(values::<i32>(b.getitem(&x, &[slice(None, None, -2), slice(Some(3), Some(0), -2)])), [11, 9, 3, 1]);
    assert_eq!(values::<i32>(b.getitem(&x, &[Index::Ellipsis, Index::At(1)])), [1, 5, 9]);
    assert_eq!(shape(&b.getitem(&x, &[Index::NewAxis, Index::Ellipsis, Index::NewAxis]).unwrap()), [1, 3, 4, 1]);
    assert_eq!(values::<i32>(b.getitem(&x, &[slice(Some(-100), Some(100), i64::MAX), Index::At(0)])), [0]);
    assert_eq!(values::<i32>(b.getitem(&x, &idx![5.., 0])), [0; 0]);
    assert_eq!(values::<i32>(b.getitem(&x, &[])), (0..12).collect::<Vec<i32>>());
}

/// Copies of rows that lie apart, in lines of a cache and what is left over.
#[test]
fn rows_apart_are_copied() {
    fn copied<T: Element + PartialEq + std::fmt::Debug>(rows: usize, columns: usize, element: impl Fn(usize) -> T) {
        let b = Cpu::new();
        let all: Vec<T> = (0..rows * columns).map(element).collect();
        let x = array([rows, columns], &all);
        for step in [3i64, -2] {
            let view = b.getitem(&x, &[slice(None, None, step), slice(Some(1), None, 1)]).unwrap();
            let count = b.shape(&view)[0];
            let chosen = (0..count).map(|r| if step > 0 { 3 * r } else { rows - 1 - 2 * r });
            let expected: Vec<T> = chosen.flat_map(|r| &all[r * columns + 1..][..columns - 1]).copied().collect();
            let got = values::<T>(b.reshape(&view, &Shape::from([expected.len()])));
            assert!(got == expected, "{} {rows} {columns} {step}", T::DTYPE);
        }
    }
    copied(7, 1031, |i| i as u8);
    copied(7, 67, |i| i as i16);
    copied(5, 2100, |i| i as f32);
    copied(7, 1031, |i| Complex::new(i as f64, -1.0));
    // Beyond the caches.
    copied(6000, 1001, |i| i as f64);
}

#[test]
fn one_array_may_choose() {
    let b = Cpu::new();
    let x = array([3, 4], &(0..12).collect::<Vec<i32>>());
    let rows = array([2, 2], &[0i8, -1, 1, 1]);
    let got = b.getitem(&x, &[Index::Array(&rows), slice(None, None, -3)]).unwrap();
    assert_eq!(shape(&got), [2, 2, 2]);
    assert_eq!(values::<i32>(Ok(got)), [3, 0, 11, 8, 7, 4, 7, 4]);
    let mask = array([3, 4], &[false, true, false, false, true, false, false, false, false, false, false, true]);
    assert_eq!(values::<i32>(b.getitem(&x, &[Index::Array(&mask)])), [1, 4, 11]);
    let columns = vector(&[true, false, false, true]);
    assert_eq!(values::<i32>(b.getitem(&x, &[Index::At(1), Index::Array(&columns)])), [4, 7]);
    let (yes, no) = (array([], &[true]), array([], &[false]));
    assert_eq!(shape(&b.getitem(&x, &[Index::Array(&yes)]).unwrap()), [1, 3, 4]);
    assert_eq!(shape(&b.getitem(&x, &[Index::Array(&no)]).unwrap()), [0, 3, 4]);
    assert_eq!(values::<i32>(b.take(&x, &vector(&[3u64, 0]), &Some(1))), [3, 0, 7, 4, 11, 8]);
    let found = b.nonzero(&array([2, 2], &[0f32, 1.0, f32::NAN, -0.0])).unwrap();
    assert_eq!(found.into_iter().map(|a| values::<i64>(Ok(a))).collect::<Vec<_>>(), [[0, 1], [1, 0]]);
}

#[test]
fn keys_are_checked() {
    let b = Cpu::new();
    let x = array([3, 4], &[0i32; 12]);
    let get = |key: &[Index<&CpuArray>]| kind(b.getitem(&x, key));
    assert_eq!(get(&idx![3]), ErrorKind::Index);
    assert_eq!(get(&idx![i64::MIN]), ErrorKind::Index);
    assert_eq!(get(&idx![0, 0, 0]), ErrorKind::Index);
    assert_eq!(get(&[slice(None, None, 0)]), ErrorKind::Index);
    assert_eq!(get(&[Index::Ellipsis, Index::Ellipsis]), ErrorKind::Index);
    assert_eq!(get(&[Index::Array(&vector(&[true; 4]))]), ErrorKind::Index);
    assert_eq!(get(&[Index::Array(&vector(&[u64::MAX]))]), ErrorKind::Index);
    assert_eq!(get(&[Index::Array(&vector(&[0.0f64]))]), ErrorKind::Dtype);
    assert_eq!(kind(b.take(&x, &vector(&[4i64]), &Some(1))), ErrorKind::Index);
    assert_eq!(kind(b.take(&x, &vector(&[0i64]), &None)), ErrorKind::Axis);
    assert_eq!(kind(b.nonzero(&array([], &[1i8]))), ErrorKind::Shape);
}

#[test]
fn writing_changes_one_handle() {
    let b = Cpu::new();
    let mut x = array([2, 3], &[0i32; 6]);
    let (copy, row) = (x.clone(), b.getitem(&x, &idx![0]).unwrap());
    b.setitem(&mut x, &[Index::Ellipsis, slice(None, None, -1)], Arg::Array(&vector(&[1i32, 2, 3]))).unwrap();
    assert_eq!(values::<i32>(Ok(x.clone())), [3, 2, 1, 3, 2, 1]);
    assert_eq!(values::<i32>(Ok(copy)), [0; 6]);
    assert_eq!(values::<i32>(Ok(row)), [0; 3]);
    // The value is a view of what is written.
    let backwards = b.flip(&x, &None).unwrap();
    b.setitem(&mut x, &[], Arg::Array(&backwards)).unwrap();
    assert_eq!(values::<i32>(Ok(x.clone())), [1, 2, 3, 1, 2, 3]);
    let mask = array([2, 3], &[true, false, false, false, false, true]);
    b.setitem(&mut x, &[Index::Array(&mask)], Arg::Scalar(9.into())).unwrap();
    assert_eq!(values::<i32>(Ok(x.clone())), [9, 2, 3, 1, 2, 9]);
    b.setitem(&mut x, &[Index::At(0), Index::Array(&vector(&[2i64, 0]))], Arg::Array(&vector(&[7i8, 8]))).unwrap();
    assert_eq!(values::<i32>(Ok(x)), [8, 2, 7, 1, 2, 9]);
}

#[test]
fn writing_goes_to_views_and_repeated_elements_alike() {
    let b = Cpu::new();
    let mut wide = b.broadcast_to(&vector(&[1f32, 2.0]), &[2, 2].into()).unwrap();
    b.setitem(&mut wide, &idx![0, 0], Arg::Scalar(5.into())).unwrap();
    assert_eq!(values::<f32>(Ok(wide)), [5.0, 2.0, 1.0, 2.0]);
    let mut turned = b.permute_dims(&array([2, 2], &[1u8, 2, 3, 4]), &[1, 0].as_slice().into()).unwrap();
    b.setitem(&mut turned, &idx![0], Arg::Array(&vector(&[8u8, 9]))).unwrap();
    assert_eq!(values::<u8>(Ok(turned)), [8, 9, 2, 4]);
}

#[test]
fn a_failed_write_changes_nothing() {
    let b = Cpu::new();
    let mut x = vector(&[1i32, 2, 3]);
    assert_eq!(kind(b.setitem(&mut x, &[], Arg::Array(&vector(&[1i32, 2])))), ErrorKind::Shape);
    assert_eq!(kind(b.setitem(&mut x, &[], Arg::Array(&vector(&[1i64; 3])))), ErrorKind::Dtype);
    assert_eq!(kind(b.setitem(&mut x, &[], Arg::Scalar(0.5.into()))), ErrorKind::Dtype);
    assert_eq!(kind(b.setitem(&mut x, &idx![3], Arg::Scalar(0.into()))), ErrorKind::Index);
    assert_eq!(kind(b.setitem(&mut x, &[Index::Array(&vector(&[0i64, 5]))], Arg::Scalar(0.into()))), ErrorKind::Index);
    // Far behind what is written first.
    let far: Vec<i8> = (0..100_000).map(|i| if i == 99_999 { -4 } else { 0 }).collect();
    assert_eq!(kind(b.setitem(&mut x, &[Index::Array(&vector(&far))], Arg::Scalar(0.into()))), ErrorKind::Index);
    assert_eq!(values::<i32>(Ok(x)), [1, 2, 3]);
}

#[test]
fn the_first_position_outside_is_named() {
    let b = Cpu::new();
    let x = array([7, 0], &[0f32; 0]);
    assert_eq!(kind(b.take(&x, &vector(&[7u8]), &Some(0))), ErrorKind::Index);
    let mut positions: Vec<i64> = (0..300_000).map(|i| i % 14 - 7).collect();
    let x = vector(&[0f32; 7]);
    assert_eq!(b.take(&x, &vector(&positions), &None).map(|y| shape(&y)).unwrap(), [300_000]);
    (positions[123_456], positions[250_000]) = (-8, 7);
    let error = b.take(&x, &vector(&positions), &None).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Index);
    assert!(error.to_string().contains("index -8 on an axis of length 7"), "{error}");
    assert!(kind(b.take(&array([], &[1f32]), &vector(&[0i64]), &Some(0))) == ErrorKind::Axis);
}
