//! Matrix products, decompositions and transforms: what the conformance suite does not ask for. On an emulated device, or with
//! `REFERENCE_CUDA_TESTS=device` on a real one. Without either these tests are skipped, and say so.
mod support;

use array_protocol::options::{Fft, Norm, Qr, QrMode, Svd};
use array_protocol::{Backend, BinaryOp, DType, Element, ErrorKind, FftOp, HostArray, Index, Operand, Shape, idx};
use half::f16;
use num_complex::Complex;
use reference_cuda::{Cuda, CudaArray, Options};

fn host<T: Element>(shape: impl Into<Shape>, values: &[T]) -> HostArray {
    HostArray::from_slice(shape, values).unwrap()
}

/// One element of every `step`, from the end where that is negative.
fn every<R>(step: i64) -> Index<R> {
    Index::Slice { start: None, stop: None, step }
}

/// Small integers, from a congruence.
fn numbers(n: usize, mut state: u64) -> Vec<i64> {
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i64 % 19 - 9
    };
    (0..n).map(|_| next()).collect()
}

fn floats(n: usize, seed: u64) -> Vec<f64> {
    numbers(n, seed).into_iter().map(|v| v as f64).collect()
}

/// Checked, so that every library call is waited for and its reads and writes are looked at.
fn device() -> Option<Cuda> {
    support::device(Options::default().checked(true))
}

/// The product of two matrices through every kind of layout: the library reads some as they are, others are copied first.
#[test]
fn products_of_views() {
    let Some(b) = device() else { return };
    let cpu = reference_cpu::Cpu::new();
    let x = host([6, 8, 10], &floats(480, 1));
    let (g, c) = (b.upload(&x, None).unwrap(), cpu.upload(&x, None).unwrap());
    macro_rules! agree {
        ($($left:expr, $right:expr, $transposed:expr;)*) => {$(
            let (l, r) = (b.getitem(&g, &$left).unwrap(), b.getitem(&g, &$right).unwrap());
            let (lc, rc) = (cpu.getitem(&c, &$left).unwrap(), cpu.getitem(&c, &$right).unwrap());
            let order: &[i64] = if b.shape(&r).rank() == 3 { &[0, 2, 1] } else { &[1, 0] };
            let (r, rc) = match $transposed {
                true => (b.permute_dims(&r, &order.into()).unwrap(), cpu.permute_dims(&rc, &order.into()).unwrap()),
                false => (r, rc),
            };
            let got = b.download(&b.matmul(&l, &r).unwrap()).unwrap();
            let wanted = cpu.download(&cpu.matmul(&lc, &rc).unwrap()).unwrap();
            // Small integers: every order of summation is exact, but for the sign of a zero.
            let said = format!("{} {}", stringify!($left), stringify!($right));
            assert_eq!((got.shape(), got.view::<f64>().unwrap()), (wanted.shape(), wanted.view::<f64>().unwrap()), "{said}");
        )*};
    }
    agree! {
        idx![.., .., ..], idx![.., .., ..], true;
        idx![0], idx![.., .., ..], true;
        idx![.., .., ..], idx![0], true;
        idx![.., 1..3, ..], idx![.., 0..5, ..], true;
        idx![.., .., 0..8], idx![.., .., 1..4], false;
        idx![.., .., 2..10], idx![.., .., ..], false;
        idx![every(-2), .., 0..8], idx![every(2), .., ..], false;
        idx![every(-1), .., every(-1)], idx![.., every(-1), ..], true;
        idx![.., every(3), every(3)], idx![.., 0..4, ..], false;
        idx![.., 0..1, 0..1], idx![.., 0..1, ..], false;
        idx![2, 0..1, every(2)], idx![.., 3..8, 4..5], false;
    }
}

/// Stacks of which axes are walked one by one, and integers through the kernel, in all tiles' corners.
#[test]
fn integers_and_broadcast_stacks() {
    let Some(b) = device() else { return };
    let cpu = reference_cpu::Cpu::new();
    for (s1, s2) in [
        (vec![3, 1, 17, 33], vec![2, 33, 5]),
        (vec![2, 1, 1, 4], vec![1, 3, 4, 1]),
        (vec![2, 3, 4, 5], vec![5]),
        (vec![4], vec![2, 3, 4, 2]),
        (vec![16, 16], vec![16, 16]),
    ] {
        let count = |s: &[usize]| s.iter().product::<usize>();
        let (v1, v2) = (numbers(count(&s1), 3), numbers(count(&s2), 4));
        for dtype in [DType::Int8, DType::UInt16, DType::Int64, DType::Float32, DType::Complex128] {
            let operand = |s: &[usize], v: &[i64]| cpu.astype(&cpu.upload(&host(s.to_vec(), v), None).unwrap(), &dtype).unwrap();
            let (x, y) = (operand(&s1, &v1), operand(&s2, &v2));
            let up = |a| b.upload(&cpu.download(a).unwrap(), None).unwrap();
            let got = b.download(&b.matmul(&up(&x), &up(&y)).unwrap()).unwrap();
            assert_eq!(got, cpu.download(&cpu.matmul(&x, &y).unwrap()).unwrap(), "{s1:?} {s2:?} {dtype}");
        }
    }
}

#[test]
fn half_precision_products_are_rounded_once() {
    let Some(b) = device() else { return };
    let ones = b.upload(&host([1, 4096], &[f16::ONE; 4096]), None).unwrap();
    let column = b.permute_dims(&ones, &[1, 0].as_slice().into()).unwrap();
    // 4096 additions in float16 would end at 2048.
    let out = b.download(&b.matmul(&ones, &column).unwrap()).unwrap();
    assert_eq!(out.view::<f16>().unwrap(), [f16::from_f32(4096.0)]);
}

/// Beyond the kernel for small systems: cuSOLVER, on matrices with every reason to be refused or scaled.
#[test]
fn large_systems() {
    let Some(b) = device() else { return };
    let n = 61;
    let mut a = floats(n * n, 5);
    (0..n).for_each(|i| a[i * n + i] += 100.0);
    let x: Vec<f64> = floats(n * 2, 6);
    for scale in [1.0, 1e300, 1e-300] {
        let scaled: Vec<f64> = a.iter().map(|v| v * scale).collect();
        let (m, want) = (b.upload(&host([n, n], &scaled), None).unwrap(), b.upload(&host([n, 2], &x), None).unwrap());
        let plain = b.upload(&host([n, n], &a), None).unwrap();
        let sides = b.binary(BinaryOp::Multiply, Operand::Array(&b.matmul(&plain, &want).unwrap()), Operand::Scalar(scale.into())).unwrap();
        let got = b.download(&b.solve(&m, &sides).unwrap()).unwrap();
        assert!(got.view::<f64>().unwrap().iter().zip(&x).all(|(p, q)| (p - q).abs() < 1e-12), "{scale}");
    }
    let sides = b.upload(&host([n], &x[..n]), None).unwrap();
    let solve = |a: &[f64]| b.solve(&b.upload(&host([n, n], a), None).unwrap(), &sides);
    // Two equal rows of which elimination with reciprocals leaves a little, a row and a column of zeros.
    let mut equal = floats(n * n, 7).iter().map(|v| v / 3.0 + 1e-3).collect::<Vec<_>>();
    equal.copy_within(3 * n..4 * n, 50 * n);
    let mut row = a.clone();
    row[7 * n..8 * n].fill(0.0);
    let mut column = a.clone();
    (0..n).for_each(|i| column[i * n + 9] = 0.0);
    for singular in [equal, row, column] {
        assert_eq!(solve(&singular).map(|_| ()).unwrap_err().kind(), ErrorKind::Singular);
    }
    let lost = b.upload(&host([n], &[f64::NAN; 61]), None).unwrap();
    let zeros = b.upload(&host([n, n], &vec![0.0; n * n]), None).unwrap();
    assert!(b.download(&b.solve(&zeros, &lost).unwrap()).unwrap().view::<f64>().unwrap().iter().all(|v| v.is_nan()));
    let mut open = a.clone();
    open[5] = f64::INFINITY;
    assert!(b.download(&solve(&open).unwrap()).unwrap().view::<f64>().unwrap().iter().all(|v| v.is_nan()));
}

/// `norm(x - product)` and `norm(q^H q - 1)` where `q` has orthonormal columns.
fn far(b: &Cuda, x: &CudaArray, y: &CudaArray) -> f64 {
    let difference = b.download(&b.binary(BinaryOp::Subtract, Operand::Array(x), Operand::Array(y)).unwrap()).unwrap();
    difference.view::<f64>().unwrap().iter().fold(0.0, |most: f64, v| most.max(v.abs()))
}

#[test]
fn decompositions_of_views_and_of_stacks_with_one_that_is_not_finite() {
    let Some(b) = device() else { return };
    let mut values = floats(3 * 7 * 4, 8);
    values[28] = f64::NAN;
    let x = b.upload(&host([3, 7, 4], &values), None).unwrap();
    let turn = |a: &CudaArray| b.permute_dims(a, &[0, 2, 1].as_slice().into()).unwrap();
    for x in [x.clone(), turn(&x)] {
        for full in [false, true] {
            let (u, s, vh) = b.svd(&x, &Svd::default().full_matrices(full)).unwrap();
            let (q, r) = b.qr(&x, &Qr::default().mode(if full { QrMode::Complete } else { QrMode::Reduced })).unwrap();
            for part in [&u, &s, &vh, &q, &r] {
                let host = b.download(&b.getitem(part, &idx![1]).unwrap()).unwrap();
                assert!(host.view::<f64>().unwrap().iter().all(|v| v.is_nan()));
            }
            for i in [0, 2] {
                let of = |a: &CudaArray| b.getitem(a, &idx![i]).unwrap();
                let (x, u, s, vh, q, r) = (of(&x), of(&u), of(&s), of(&vh), of(&q), of(&r));
                let columns =
                    b.binary(BinaryOp::Multiply, Operand::Array(&b.getitem(&u, &idx![.., 0..4]).unwrap()), Operand::Array(&s)).unwrap();
                let again = b.matmul(&columns, &b.getitem(&vh, &idx![0..4]).unwrap()).unwrap();
                assert!(far(&b, &x, &again) < 1e-13);
                assert!(far(&b, &x, &b.matmul(&q, &r).unwrap()) < 1e-13);
            }
        }
    }
}

#[test]
fn singular_values_of_huge_and_tiny_matrices() {
    let Some(b) = device() else { return };
    for scale in [1e37f32, 1e-37] {
        let x = b.upload(&host([2, 2], &[3.0 * scale, 0.0, 0.0, -4.0 * scale]), None).unwrap();
        let (_, s, _) = b.svd(&x, &Svd::default()).unwrap();
        let s = b.download(&s).unwrap();
        let s = s.view::<f32>().unwrap();
        assert!((s[0] / scale - 4.0).abs() < 1e-5 && (s[1] / scale - 3.0).abs() < 1e-5, "{s:?}");
        let (_, r) = b.qr(&x, &Qr::default()).unwrap();
        let r = b.download(&r).unwrap();
        assert!((r.view::<f32>().unwrap()[0].abs() / scale - 3.0).abs() < 1e-5);
    }
}

/// Lines along every axis, cut and padded, through views that are read in place and views that are copied.
#[test]
fn transforms_along_every_axis() {
    let Some(b) = device() else { return };
    let cpu = reference_cpu::Cpu::new();
    let values: Vec<Complex<f64>> = floats(240, 9).chunks(2).map(|p| Complex::new(p[0], p[1])).collect();
    let x = host([4, 5, 6], &values);
    let (g, c) = (b.upload(&x, None).unwrap(), cpu.upload(&x, None).unwrap());
    macro_rules! agree {
        ($($key:expr;)*) => {$({
            let (g, c) = (b.getitem(&g, &$key).unwrap(), cpu.getitem(&c, &$key).unwrap());
            for axis in 0..b.shape(&g).rank() as i64 {
                for (n, norm) in [(None, Norm::Backward), (Some(1), Norm::Ortho), (Some(3), Norm::Forward), (Some(9), Norm::Ortho)] {
                    let mut how = Fft::default();
                    (how.n, how.axis, how.norm) = (n, axis, norm);
                    let (got, want) = (b.fft(FftOp::Fft, &g, &how).unwrap(), cpu.fft(FftOp::Fft, &c, &how).unwrap());
                    let (got, want) = (b.download(&got).unwrap(), cpu.download(&want).unwrap());
                    assert_eq!(got.shape(), want.shape());
                    let (got, want) = (got.view::<Complex<f64>>().unwrap(), want.view::<Complex<f64>>().unwrap());
                    assert!(got.iter().zip(want).all(|(p, q)| (p - q).norm() < 1e-12), "{} {n:?} {axis} {norm:?}", stringify!($key));
                }
            }
        })*};
    }
    agree! {
        idx![.., .., ..];
        idx![every(-1), .., every(2)];
        idx![2, .., ..];
        idx![.., 3, 1..6];
        idx![.., .., 5];
        idx![1, 2, 1..];
    }
    // Real lines that start beside what is aligned for pairs, twice: the second time the plan is there.
    let real = host([3, 7], &floats(21, 10).iter().map(|&v| v as f32).collect::<Vec<_>>());
    let (g, c) = (b.upload(&real, None).unwrap(), cpu.upload(&real, None).unwrap());
    for _ in 0..2 {
        let (g, c) = (b.getitem(&g, &idx![.., 1..]).unwrap(), cpu.getitem(&c, &idx![.., 1..]).unwrap());
        let how = Fft::default();
        let (got, want) = (b.fft(FftOp::Rfft, &g, &how).unwrap(), cpu.fft(FftOp::Rfft, &c, &how).unwrap());
        let (got, want) = (b.download(&got).unwrap(), cpu.download(&want).unwrap());
        let (got, want) = (got.view::<Complex<f32>>().unwrap(), want.view::<Complex<f32>>().unwrap());
        assert!(got.iter().zip(want).all(|(p, q)| (p - q).norm() < 1e-5));
    }
}

#[test]
fn nothing_is_handed_to_a_library_that_has_no_elements() {
    let Some(b) = device() else { return };
    let empty = |shape: &[usize]| b.upload(&HostArray::zeros(DType::Float64, shape).unwrap(), None).unwrap();
    assert_eq!(**b.shape(&b.matmul(&empty(&[3, 0, 4]), &empty(&[4, 2])).unwrap()), [3, 0, 2]);
    assert_eq!(b.download(&b.matmul(&empty(&[2, 0]), &empty(&[0, 2])).unwrap()).unwrap().view::<f64>().unwrap(), [0.0; 4]);
    let (u, s, vh) = b.svd(&empty(&[2, 0, 3]), &Svd::default()).unwrap();
    assert_eq!((&**b.shape(&u), &**b.shape(&s), &**b.shape(&vh)), (&[2, 0, 0][..], &[2, 0][..], &[2, 3, 3][..]));
    assert_eq!(b.download(&vh).unwrap().view::<f64>().unwrap()[..9], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let (q, r) = b.qr(&empty(&[0, 3, 2]), &Qr::default()).unwrap();
    assert_eq!((&**b.shape(&q), &**b.shape(&r)), (&[0, 3, 2][..], &[0, 2, 2][..]));
    assert_eq!(**b.shape(&b.solve(&empty(&[0, 0]), &empty(&[0])).unwrap()), [0]);
    let complex = b.astype(&empty(&[0, 4]), &DType::Complex128).unwrap();
    assert_eq!(**b.shape(&b.fft(FftOp::Fft, &complex, &Fft::default()).unwrap()), [0, 4]);
}
