use crate::{array, kind, shape, values, vector};
use array_protocol::options::{ArgReduce, Reduce, Scan, Search, Side, Sort};
use array_protocol::{Backend, DType, ErrorKind, ReduceOp};
use num_complex::Complex;
use reference_cpu::Cpu;

#[test]
fn sums_have_room() {
    let b = Cpu::new();
    assert_eq!(values::<i64>(b.reduce(ReduceOp::Sum, &vector(&[100i8; 3]), &Reduce::all())), [300]);
    assert_eq!(values::<u64>(b.reduce(ReduceOp::Prod, &vector(&[255u8; 2]), &Reduce::all())), [65025]);
    assert_eq!(values::<i8>(b.reduce(ReduceOp::Sum, &vector(&[100i8; 3]), &Reduce::all().dtype(Some(DType::Int8)))), [44]);
    assert_eq!(values::<f32>(b.reduce(ReduceOp::Sum, &vector(&[1f32; (1 << 24) + 1]), &Reduce::all())), [16_777_216.0]);
    let mut x = vec![0.1f64; 1_000_000];
    x[77] = 1e16;
    let got = values::<f64>(b.reduce(ReduceOp::Sum, &vector(&x), &Reduce::all()))[0];
    assert!((got - 1e16 - 99_999.9).abs() < 200.0);
    assert_eq!(kind(b.reduce(ReduceOp::Sum, &vector(&[true]), &Reduce::all())), ErrorKind::Dtype);
}

#[test]
fn any_axes_go() {
    let b = Cpu::new();
    let x = array([2, 3, 2], &(0..12).collect::<Vec<i32>>());
    assert_eq!(values::<i64>(b.reduce(ReduceOp::Sum, &x, &Reduce::over(&[1]))), [6, 9, 24, 27]);
    assert_eq!(values::<i64>(b.reduce(ReduceOp::Sum, &x, &Reduce::over(&[-1, 0]))), [14, 22, 30]);
    assert_eq!(shape(&b.reduce(ReduceOp::Max, &x, &Reduce::over(&[0, 2]).keepdims(true)).unwrap()), [1, 3, 1]);
    assert_eq!(values::<i32>(b.reduce(ReduceOp::Max, &b.flip(&x, &None).unwrap(), &Reduce::over(&[0]))), [11, 10, 9, 8, 7, 6]);
    assert_eq!(kind(b.reduce(ReduceOp::Sum, &x, &Reduce::over(&[3]))), ErrorKind::Axis);
    assert_eq!(kind(b.reduce(ReduceOp::Sum, &x, &Reduce::over(&[0, -3]))), ErrorKind::Axis);
    assert_eq!(values::<i64>(b.reduce(ReduceOp::Sum, &x, &Reduce::over(&[]))), (0..12).collect::<Vec<i64>>());
}

#[test]
fn nothing_has_a_sum_but_no_largest_element() {
    let b = Cpu::new();
    let x = array([0, 2], &[] as &[f64]);
    assert_eq!(values::<f64>(b.reduce(ReduceOp::Sum, &x, &Reduce::over(&[0]))), [0.0, 0.0]);
    assert!(values::<f64>(b.reduce(ReduceOp::Mean, &x, &Reduce::all()))[0].is_nan());
    assert_eq!(values::<bool>(b.reduce(ReduceOp::All, &x, &Reduce::all())), [true]);
    assert_eq!(kind(b.reduce(ReduceOp::Max, &x, &Reduce::over(&[0]))), ErrorKind::Value);
    assert_eq!(values::<f64>(b.reduce(ReduceOp::Max, &x, &Reduce::over(&[1]))), [0.0; 0]);
    assert_eq!(kind(b.argmax(&x, &ArgReduce::default())), ErrorKind::Value);
}

#[test]
fn statistics_are_accurate() {
    let b = Cpu::new();
    let x = vector(&[1e9f64 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]);
    assert_eq!(values::<f64>(b.reduce(ReduceOp::Var, &x, &Reduce::all().correction(1.0))), [30.0]);
    assert_eq!(values::<f64>(b.reduce(ReduceOp::Mean, &vector(&[f64::MAX, f64::MAX]), &Reduce::all())), [f64::MAX]);
    assert!(values::<f32>(b.reduce(ReduceOp::Std, &vector(&[1f32]), &Reduce::all().correction(1.0)))[0].is_nan());
    assert_eq!(
        values::<Complex<f32>>(b.reduce(ReduceOp::Mean, &vector(&[Complex::new(1f32, 2.0), Complex::new(3.0, 4.0)]), &Reduce::all())),
        [Complex::new(2.0, 3.0)]
    );
    assert!(values::<f64>(b.reduce(ReduceOp::Max, &vector(&[1.0, f64::NAN, 3.0]), &Reduce::all()))[0].is_nan());
    assert_eq!(values::<i64>(b.reduce(ReduceOp::CountNonzero, &vector(&[0.0, -0.0, f64::NAN]), &Reduce::all())), [1]);
}

#[test]
fn running_sums_and_positions() {
    let b = Cpu::new();
    let x = array([2, 2], &[1i8, 2, 3, 4]);
    assert_eq!(values::<i64>(b.cumulative_sum(&x, &Scan::default().axis(0).include_initial(true))), [0, 0, 1, 2, 4, 6]);
    assert_eq!(kind(b.cumulative_sum(&x, &Scan::default())), ErrorKind::Axis);
    assert_eq!(values::<i64>(b.argmax(&vector(&[1.0, f64::NAN, 3.0, f64::NAN]), &ArgReduce::default())), [1]);
    assert_eq!(values::<i64>(b.argmax(&x, &ArgReduce::default().axis(0).keepdims(true))), [1, 1]);
    assert_eq!(values::<i64>(b.argmax(&vector(&[2u8, 7, 7]), &ArgReduce::default())), [1]);
}

#[test]
fn order_is_stable_and_nan_is_largest() {
    let b = Cpu::new();
    let x = vector(&[2.0, f64::NAN, -0.0, 0.0, 1.0]);
    let bits = |v: Vec<f64>| v.into_iter().map(f64::to_bits).collect::<Vec<_>>();
    assert_eq!(bits(values(b.sort(&x, &Sort::default())))[..4], bits(vec![-0.0, 0.0, 1.0, 2.0])[..]);
    assert_eq!(values::<i64>(b.argsort(&x, &Sort::default())), [2, 3, 4, 0, 1]);
    assert_eq!(values::<i64>(b.argsort(&x, &Sort::default().descending(true))), [1, 0, 4, 2, 3]);
    let m = array([2, 2], &[3i32, 1, 2, 5]);
    assert_eq!(values::<i32>(b.sort(&m, &Sort::default().axis(0))), [2, 1, 3, 5]);
    assert_eq!(kind(b.sort(&vector(&[true]), &Sort::default())), ErrorKind::Dtype);
    let (sorted, wanted) = (vector(&[1i8, 2, 2, 3]), vector(&[2i16, 0, 9]));
    assert_eq!(values::<i64>(b.searchsorted(&sorted, &wanted, &Search::default())), [1, 0, 4]);
    assert_eq!(values::<i64>(b.searchsorted(&sorted, &wanted, &Search::default().side(Side::Right))), [3, 0, 4]);
    assert_eq!(kind(b.searchsorted(&m, &wanted, &Search::default())), ErrorKind::Shape);
    let u = values::<f64>(b.unique_values(&vector(&[f64::NAN, 1.0, 0.0, -0.0, f64::NAN, 1.0])));
    let z = [Complex::new(1f32, 2.0), Complex::new(f32::NAN, 0.0), Complex::new(1.0, -2.0), Complex::new(1.0, 2.0)];
    assert_eq!(values::<Complex<f32>>(b.unique_values(&vector(&z)))[..2], [z[2], z[0]]);
    assert!(u[..2] == [0.0, 1.0] && u.len() == 4 && u[2].is_nan() && u[3].is_nan());
}
