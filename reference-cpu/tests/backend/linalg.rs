use crate::{array, kind, shape, values, vector};
use array_protocol::options::{Qr, QrMode, Svd};
use array_protocol::{Backend, BinaryOp, DType, Error, ErrorKind, Operand};
use num_complex::Complex;
use reference_cpu::{Cpu, CpuArray};

fn matmul(x: &CpuArray, y: &CpuArray) -> Result<CpuArray, Error> {
    Cpu::new().matmul(x, y)
}

/// Largest distance between two results.
fn distance(x: Result<CpuArray, Error>, y: &CpuArray) -> f64 {
    let b = Cpu::new();
    let d = b.binary(BinaryOp::Subtract, Operand::Array(&x.unwrap()), Operand::Array(y));
    let d = b.unary(array_protocol::UnaryOp::Abs, &d.unwrap()).unwrap();
    values::<f64>(b.astype(&d, &DType::Float64)).into_iter().fold(0.0, f64::max)
}

/// Some numbers without a pattern.
fn noise(n: usize) -> Vec<f64> {
    (0..n as u64)
        .map(|i| {
            (i.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ i << 40).wrapping_mul(0xBF58_476D_1CE4_E5B9) as i64 as f64
                / 2f64.powi(63)
        })
        .collect()
}

#[test]
fn products_have_the_shapes_of_the_standard() {
    let (m, v) = (array([2, 3], &[1i8, 2, 3, 4, 5, 6]), vector(&[1i8, 0, -1]));
    assert_eq!(values::<i8>(matmul(&m, &v)), [-2, -2]);
    assert_eq!((shape(&matmul(&v, &v).unwrap()), values::<i8>(matmul(&v, &v))), (vec![], vec![2]));
    let stack = array([2, 1, 3, 1], &[1i8; 6]);
    assert_eq!(shape(&matmul(&m, &stack).unwrap()), [2, 1, 2, 1]);
    assert_eq!(values::<f32>(matmul(&array([2, 0], &[] as &[f32]), &array([0, 1], &[] as &[f32]))), [0.0, 0.0]);
    assert_eq!(values::<u8>(matmul(&vector(&[200u8, 100]), &vector(&[2u8, 1]))), [(500 % 256) as u8]);
    assert_eq!(kind(matmul(&m, &m)), ErrorKind::Shape);
    assert_eq!(kind(matmul(&m, &array([], &[1i8]))), ErrorKind::Shape);
    assert_eq!(kind(matmul(&vector(&[true]), &vector(&[true]))), ErrorKind::Dtype);
    let i = array([1, 1], &[Complex::new(0f64, 1.0)]);
    assert_eq!(values::<Complex<f64>>(matmul(&i, &i)), [Complex::new(-1.0, 0.0)]);
}

#[test]
fn large_products_agree_with_small_ones() {
    let n = 150;
    let b = Cpu::new();
    let x = array([n, n], &noise(n * n));
    let turned = b.permute_dims(&x, &[1, 0].as_slice().into()).unwrap();
    let whole = values::<f64>(matmul(&x, &turned));
    let v = noise(n * n);
    for (i, j) in [(0, 0), (3, 149), (149, 148)] {
        let want: f64 = (0..n).map(|k| v[i * n + k] * v[j * n + k]).sum();
        assert!((whole[i * n + j] - want).abs() < 1e-12);
    }
}

#[test]
fn factors_multiply_to_the_matrix() {
    let b = Cpu::new();
    for (m, n) in [(1, 1), (3, 5), (5, 3), (40, 33), (0, 3), (3, 0)] {
        let x = array([2, m, n], &noise(2 * m * n).iter().map(|v| v * 1e-300).collect::<Vec<_>>());
        let k = m.min(n);
        for full in [false, true] {
            let (u, s, vh) = b.svd(&x, &Svd::default().full_matrices(full)).unwrap();
            assert_eq!((shape(&u), shape(&s)), (vec![2, m, if full { m } else { k }], vec![2, k]));
            assert_eq!(shape(&vh), [2, if full { n } else { k }, n]);
            let sv = values::<f64>(Ok(s.clone()));
            assert!(sv.iter().all(|&v| v >= 0.0) && sv.chunks(k.max(1)).all(|c| c.is_sorted_by(|a, b| a >= b)));
            if !full && k > 0 {
                let scaled =
                    b.binary(BinaryOp::Multiply, Operand::Array(&u), Operand::Array(&b.reshape(&s, &[2, 1, k].into()).unwrap())).unwrap();
                assert!(distance(matmul(&scaled, &vh), &x) < 1e-312);
            }
        }
        for mode in [QrMode::Reduced, QrMode::Complete] {
            let (q, r) = b.qr(&x, &Qr::default().mode(mode)).unwrap();
            let columns = if mode == QrMode::Complete { m } else { k };
            assert_eq!((shape(&q), shape(&r)), (vec![2, m, columns], vec![2, columns, n]));
            if k > 0 {
                assert!(distance(matmul(&q, &r), &x) < 1e-312);
            }
        }
    }
    let z = array([2, 2], &[Complex::new(1f64, 1.0), Complex::new(0.0, 2.0), Complex::new(3.0, 0.0), Complex::new(0.5, -1.0)]);
    let (u, s, vh) = b.svd(&z, &Svd::default()).unwrap();
    let scaled = b.binary(BinaryOp::Multiply, Operand::Array(&u), Operand::Array(&s)).unwrap();
    assert!(distance(matmul(&scaled, &vh), &z) < 1e-14);
    let (q, r) = b.qr(&z, &Qr::default()).unwrap();
    assert!(distance(matmul(&q, &r), &z) < 1e-14);
}

#[test]
fn systems_are_solved_or_singular() {
    let b = Cpu::new();
    let a = array([2, 2], &[2f64, 1.0, 1.0, 3.0]);
    assert!(distance(b.solve(&a, &vector(&[3.0, 5.0])), &vector(&[0.8, 1.4])) < 1e-15);
    for n in [30, 60] {
        let (big, rhs) = (array([n, n], &noise(n * n)), array([3, n, 2], &noise(6 * n)));
        let x = b.solve(&big, &rhs).unwrap();
        assert_eq!(shape(&x), [3, n, 2]);
        assert!(distance(matmul(&big, &x), &rhs) < 1e-11);
    }
    assert_eq!(kind(b.solve(&array([2, 2], &[1f32, 2.0, 2.0, 4.0]), &vector(&[1f32, 1.0]))), ErrorKind::Singular);
    let z = |re: f32, im: f32| Complex::new(re, im);
    let twins = array(
        [3, 3],
        &[z(49.0, 7.0), z(3.0, 1.0), z(1.0, -6.0), z(2.0, 0.0), z(0.0, 5.0), z(7.0, 0.0), z(49.0, 7.0), z(3.0, 1.0), z(1.0, -6.0)],
    );
    assert_eq!(kind(b.solve(&twins, &array([3], &[z(1.0, 0.0); 3]))), ErrorKind::Singular);
    assert_eq!(kind(b.solve(&array([3, 3], &[0f64; 9]), &vector(&[0f64; 3]))), ErrorKind::Singular);
    assert_eq!(kind(b.solve(&array([1, 2], &[1f64, 2.0]), &vector(&[1f64]))), ErrorKind::Shape);
    assert_eq!(kind(b.solve(&vector(&[1f64]), &vector(&[1f64]))), ErrorKind::Shape);
    assert_eq!(kind(b.solve(&array([1, 1], &[1i32]), &vector(&[1i32]))), ErrorKind::Dtype);
    assert_eq!(shape(&b.solve(&array([0, 0], &[] as &[f64]), &array([0, 4], &[] as &[f64])).unwrap()), [0, 4]);
}

#[test]
fn what_is_not_finite_gives_nan() {
    let b = Cpu::new();
    let x = array([2, 2, 2], &[1.0, f64::NAN, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
    let (_, s, _) = b.svd(&x, &Svd::default()).unwrap();
    let s = values::<f64>(Ok(s));
    assert!(s[0].is_nan() && s[1].is_nan() && s[2..] == [1.0, 1.0]);
    let (q, r) = b.qr(&x, &Qr::default()).unwrap();
    assert!(values::<f64>(Ok(q))[..4].iter().chain(&values::<f64>(Ok(r))[..4]).all(|v| v.is_nan()));
    assert!(values::<f64>(b.solve(&x, &vector(&[1.0, 1.0])))[..2].iter().all(|v| v.is_nan()));
    assert_eq!(kind(b.svd(&vector(&[1f64]), &Svd::default())), ErrorKind::Shape);
    assert_eq!(kind(b.qr(&array([1, 1], &[1i8]), &Qr::default())), ErrorKind::Dtype);
}
