//! Text of arrays. The expected strings are NumPy's, with `true` and `false` for `True` and `False`.
mod common;
use array_protocol::{Array, DType, Element, HostArray};
use common::Tiny;

type C = num_complex::Complex<f64>;

fn check<T: Element>(shape: &[usize], values: &[T], expected: &str) {
    let x = HostArray::from_slice(shape, values).unwrap();
    assert_eq!(x.to_string(), expected, "{x:?}");
    assert_eq!(Array::from_host(&Tiny::default(), &x).unwrap().to_string(), expected);
}

#[test]
fn like_numpy() {
    check::<f64>(&[3], &[1.0, 2.5, 3.25], "[1.   2.5  3.25]");
    check::<f64>(&[2], &[1.0, 2.0], "[1. 2.]");
    check::<f64>(&[5], &[-1.5, 22.75, f64::NAN, f64::INFINITY, f64::NEG_INFINITY], "[-1.5  22.75   nan   inf  -inf]");
    check::<f64>(&[2], &[f64::NAN, f64::NAN], "[nan nan]");
    check::<f64>(&[2], &[10000000000.0, 1.5], "[1.0e+10 1.5e+00]");
    check::<f64>(&[1], &[10000000000.0], "[1.e+10]");
    check::<f64>(&[2], &[1e-05, 1.0], "[1.e-05 1.e+00]");
    check::<f64>(&[2], &[0.3333333333333333, 0.6666666666666666], "[0.33333333 0.66666667]");
    check::<f64>(&[2], &[100000.0, 0.1], "[1.e+05 1.e-01]");
    check::<f64>(&[2], &[999.0, 1.0], "[999.   1.]");
    check::<f64>(&[2], &[0.0, -0.0], "[ 0. -0.]");
    check::<f64>(&[5], &[1e+300, 1e-300, 0.0, f64::NAN, f64::NEG_INFINITY], "[1.e+300 1.e-300 0.e+000     nan    -inf]");
    check::<f64>(&[2], &[1.123456789123, 2.0], "[1.12345679 2.        ]");
    check::<f64>(&[1], &[99999999.0], "[99999999.]");
    check::<f64>(&[2], &[123456789.0, 1.0], "[1.23456789e+08 1.00000000e+00]");
    check::<f64>(&[2], &[0.00012345678912, 0.1], "[0.00012346 0.1       ]");
    check::<f64>(&[2, 2], &[1.0, -2.0, 30.5, 4.0], "[[ 1.  -2. ]\n [30.5  4. ]]");
    check::<f32>(&[3], &[0.1, 0.2, 1.0 / 3.0], "[0.1        0.2        0.33333334]");
    check::<f32>(&[2], &[16777216.0, 0.1], "[1.6777216e+07 1.0000000e-01]");
    check::<f32>(&[2], &[1e-45, 1.0], "[1.e-45 1.e+00]");
    check::<half::f16>(
        &[3],
        &[half::f16::from_f64(0.0999755859375), half::f16::from_f64(65504.0), half::f16::from_f64(0.333251953125)],
        "[9.998e-02 6.550e+04 3.333e-01]",
    );
    check::<half::f16>(&[2], &[half::f16::from_f64(0.0999755859375), half::f16::from_f64(0.199951171875)], "[0.1 0.2]");
    check::<i64>(&[3], &[1, -20, 300], "[  1 -20 300]");
    check::<u8>(&[2, 2], &[1, 2, 3, 200], "[[  1   2]\n [  3 200]]");
    check::<bool>(&[2], &[true, false], "[ true false]");
    check::<i32>(&[2, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 8], "[[[1 2]\n  [3 4]]\n\n [[5 6]\n  [7 8]]]");
    check::<C>(&[2], &[C::new(1.0, 2.0), C::new(3.5, -4.0)], "[1. +2.j 3.5-4.j]");
    check::<C>(&[2], &[C::new(f64::NAN, f64::INFINITY), C::new(f64::NEG_INFINITY, -0.0)], "[ nan+infj -inf -0.j]");
    check::<C>(&[2], &[C::new(10000000000.0, 1.0), C::new(1.5, -2.25)], "[1.0e+10+1.j   1.5e+00-2.25j]");
    check::<num_complex::Complex<f32>>(
        &[2, 1],
        &[num_complex::Complex::new(0.1, 0.2), num_complex::Complex::new(1.0 / 3.0, -1.0)],
        "[[0.1       +0.2j]\n [0.33333334-1.j ]]",
    );
    check::<f64>(&[], &[5.0], "5.0");
    check::<f64>(&[], &[0.1], "0.1");
    check::<f64>(&[], &[1e+20], "1e+20");
    check::<f64>(&[], &[f64::NAN], "nan");
    check::<i64>(&[], &[-7], "-7");
    check::<bool>(&[], &[true], "true");
    check::<f64>(&[1], &[0.30000000000000004], "[0.3]");
    check::<f64>(&[], &[0.3333333333333333], "0.3333333333333333");
    check::<f64>(&[2], &[0.0003, 0.3], "[0.0003 0.3   ]");
    check::<f64>(&[2], &[0.30000000000000004, 1e-09], "[3.e-01 1.e-09]");
    check::<f64>(&[2], &[1e-100, 1e-99], "[1.e-100 1.e-099]");
    check::<f64>(&[1], &[12345678.12345679], "[12345678.12345679]");
}

#[test]
fn half_precision() {
    let h = half::f16::from_f64;
    check(&[4], &[h(0.1), h(65504.0), h(1.0 / 3.0), h(1e-7)], "[9.998e-02 6.550e+04 3.333e-01 1.192e-07]");
    check(&[2], &[half::bf16::from_f64(0.1), half::bf16::from_f64(256.0)], "[1.00e-01 2.56e+02]");
}

fn count(n: usize) -> Vec<i64> {
    (0..n as i64).collect()
}

#[test]
fn long_lines_wrap() {
    let expected =
        "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39]";
    check(&[40], &count(40), expected);
}

#[test]
fn the_middle_of_large_arrays_is_left_out() {
    check(&[2000], &count(2000), "[   0    1    2 ... 1997 1998 1999]");
    assert!(!HostArray::from_slice([1000], &count(1000)).unwrap().to_string().contains("..."));
    let wide: Vec<f64> = (0..1200).map(f64::from).collect();
    let expected = "[[0.000e+00 1.000e+00 2.000e+00 ... 3.700e+01 3.800e+01 3.900e+01]\n [4.000e+01 4.100e+01 4.200e+01 ... 7.700e+01 7.800e+01 7.900e+01]\n [8.000e+01 8.100e+01 8.200e+01 ... 1.170e+02 1.180e+02 1.190e+02]\n ...\n [1.080e+03 1.081e+03 1.082e+03 ... 1.117e+03 1.118e+03 1.119e+03]\n [1.120e+03 1.121e+03 1.122e+03 ... 1.157e+03 1.158e+03 1.159e+03]\n [1.160e+03 1.161e+03 1.162e+03 ... 1.197e+03 1.198e+03 1.199e+03]]";
    check(&[30, 40], &wide, expected);
    let deep = HostArray::from_slice([5, 7, 40], &count(1400)).unwrap().to_string();
    assert!(deep.starts_with("[[[   0    1    2 ...   37   38   39]\n  [  40   41"), "{deep}");
    assert!(deep.contains("\n  ...\n  [ 160  161  162"), "{deep}");
    assert!(deep.contains("277  278  279]]\n\n [[ 280"), "{deep}");
    assert!(deep.ends_with("1397 1398 1399]]]"), "{deep}");
}

#[test]
fn nothing_and_repr() {
    check::<f64>(&[0, 3], &[], "[]");
    let b = Tiny::default();
    let x = Array::from_slice(&b, [2, 2], &[1f32, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!(format!("{x:?}"), "array([[1., 2.],\n       [3., 4.]], dtype=float32)");
    assert_eq!(format!("{:?}", Array::zeros(&b, [0, 3], DType::Bool).unwrap()), "array([], shape=(0, 3), dtype=bool)");
}
