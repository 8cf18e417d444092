//! Matrices large enough for blocks, tasks and the methods of tall matrices; views; instructions; threads.
use crate::{array, shape, values};
use array_protocol::options::{Qr, Svd};
use array_protocol::{Backend, BinaryOp, DType, ErrorKind, Index, Operand, ReduceOp, UnaryOp};
use num_complex::Complex;
use reference_cpu::{Cpu, CpuArray, Simd};

/// Some integers without a pattern.
fn integers(n: usize) -> Vec<i64> {
    (0..n as u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ i << 40).wrapping_mul(0xBF58_476D_1CE4_E5B9) as i64).collect()
}

/// Numbers in [-1, 1) without a pattern.
pub(super) fn noise(shape: [usize; 2]) -> CpuArray {
    array(shape, &integers(shape[0] * shape[1]).iter().map(|&v| v as f64 / 2f64.powi(63)).collect::<Vec<_>>())
}

pub(super) fn transposed(x: &CpuArray) -> CpuArray {
    Cpu::new().permute_dims(x, &[1, 0].as_slice().into()).unwrap()
}

fn times(x: &CpuArray, y: &CpuArray) -> CpuArray {
    Cpu::new().binary(BinaryOp::Multiply, Operand::Array(x), Operand::Array(y)).unwrap()
}

/// The Frobenius norm of `x - y`.
fn distance(x: &CpuArray, y: &CpuArray) -> f64 {
    let b = Cpu::new();
    let d = b.binary(BinaryOp::Subtract, Operand::Array(x), Operand::Array(y)).unwrap();
    let d = b.astype(&b.unary(UnaryOp::Abs, &d).unwrap(), &DType::Float64).unwrap();
    values::<f64>(b.reduce(ReduceOp::Sum, &times(&d, &d), &array_protocol::options::Reduce::all()))[0].sqrt()
}

/// How far the columns of `q` are from orthonormal ones.
fn skew(q: &CpuArray) -> f64 {
    let b = Cpu::new();
    let q = b.astype(q, &DType::Complex128).unwrap();
    let conjugate: Vec<Complex<f64>> = values(Ok(q.clone())).into_iter().map(|z: Complex<f64>| z.conj()).collect();
    let gram = b.matmul(&transposed(&array(shape(&q), &conjugate)), &q).unwrap();
    let one = b.eye(&array_protocol::options::Eye::default().rows(shape(&q)[1] as u64)).unwrap();
    distance(&gram, &b.astype(&one, &DType::Complex128).unwrap())
}

/// The same elements in column order.
pub(super) fn by_columns(x: &CpuArray) -> CpuArray {
    let b = Cpu::new();
    transposed(&b.upload(&b.download(&transposed(x)).unwrap(), None).unwrap())
}

/// Views of equal elements: as they are, copied in column order, every other column of a wider array, backwards twice.
fn views(x: &CpuArray) -> Vec<CpuArray> {
    let b = Cpu::new();
    let copy = |x: &CpuArray| b.upload(&b.download(x).unwrap(), None).unwrap();
    let wide = transposed(&b.concat(&[&transposed(x), &transposed(x)], &Some(0)).unwrap());
    let columns = shape(x)[1] as i64;
    let left = b.getitem(&copy(&wide), &[Index::all(), Index::Slice { start: None, stop: Some(columns), step: 1 }]).unwrap();
    let stepped: Vec<i64> = (0..2 * columns).map(|i| i / 2).collect();
    let stepped = b.take(x, &array([stepped.len()], &stepped), &Some(1)).unwrap();
    let stepped = b.getitem(&stepped, &[Index::all(), Index::Slice { start: None, stop: None, step: 2 }]).unwrap();
    let reversed = b.flip(&copy(&b.flip(x, &None).unwrap()), &None).unwrap();
    vec![x.clone(), by_columns(x), left, stepped, reversed]
}

#[test]
fn integer_products_are_exact_in_every_layout_on_every_path() {
    for (m, k, n) in [(1, 7, 70), (5, 9, 1), (70, 6, 3), (3, 300, 65), (66, 13, 530), (4, 4, 4)] {
        let (x, y) = (integers(m * k), integers(k * n));
        let want: Vec<i64> =
            (0..m * n).map(|at| (0..k).fold(0i64, |sum, l| sum.wrapping_add(x[at / n * k + l].wrapping_mul(y[l * n + at % n])))).collect();
        let (x, y) = (array([m, k], &x), array([k, n], &y));
        for b in Simd::available().into_iter().map(Cpu::with) {
            for (x, y) in views(&x).iter().flat_map(|x| views(&y).into_iter().map(move |y| (x.clone(), y))) {
                assert_eq!(values::<i64>(b.matmul(&x, &y)), want);
                // Modulo 2^8, too: the low bits of a product depend on low bits alone.
                let low = |x: &CpuArray| b.astype(x, &DType::UInt8).unwrap();
                assert_eq!(values::<u8>(b.matmul(&low(&x), &low(&y))), want.iter().map(|&v| v as u8).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn products_read_views_and_stacks() {
    let b = Cpu::new();
    for (m, k, n) in [(400, 30, 390), (1, 500, 40), (40, 500, 1), (9, 1, 9)] {
        let (x, y) = (noise([m, k]), noise([k, n]));
        let want = b.matmul(&x, &y).unwrap();
        for (x, y) in views(&x).iter().flat_map(|x| views(&y).into_iter().map(move |y| (x.clone(), y))) {
            assert!(distance(&b.matmul(&x, &y).unwrap(), &want) < 1e-11);
        }
    }
    let stack = b.reshape(&noise([6, 20]), &[3, 2, 4, 5].into()).unwrap();
    let (one, column) = (noise([5, 3]), b.reshape(&noise([1, 10]), &[2, 5, 1].into()).unwrap());
    for right in [one, column] {
        let got = b.matmul(&stack, &right).unwrap();
        let n = shape(&right)[shape(&right).len() - 1];
        assert_eq!(shape(&got), [3, 2, 4, n]);
        for (i, j) in [(0, 0), (1, 1), (2, 0)] {
            let at = |x: &CpuArray, key: &[Index<&CpuArray>]| b.getitem(x, key).unwrap();
            let partner = if shape(&right).len() == 2 { right.clone() } else { at(&right, &[Index::At(j)]) };
            let alone = b.matmul(&at(&stack, &[Index::At(i), Index::At(j)]), &partner).unwrap();
            assert!(distance(&at(&got, &[Index::At(i), Index::At(j)]), &alone) < 1e-14);
        }
    }
}

/// Tall matrices of all kinds, by name: what they are, and the exponent of their largest elements.
fn tall() -> Vec<(&'static str, CpuArray)> {
    let b = Cpu::new();
    let (m, n) = (1500, 24);
    let good = noise([m, n]);
    let row = |f: &dyn Fn(usize) -> f64| array([1, n], &(0..n).map(f).collect::<Vec<_>>());
    let scaled = |factor: f64| times(&good, &row(&|_| factor));
    let copied = |from: usize, to: usize| {
        let order: Vec<i64> = (0..n).map(|j| if j == to { from as i64 } else { j as i64 }).collect();
        b.take(&good, &array([n], &order), &Some(1)).unwrap()
    };
    // Columns that differ by 1e-10 from multiples of the first.
    let close = b.binary(
        BinaryOp::Add,
        Operand::Array(&times(&good, &row(&|_| 1e-10))),
        Operand::Array(&b.getitem(&good, &[Index::all(), Index::Slice { start: None, stop: Some(1), step: 1 }]).unwrap()),
    );
    vec![
        ("noise", good.clone()),
        ("columns of sizes from 1 to 1e-23", times(&good, &row(&|j| 0.1f64.powi(j as i32)))),
        ("huge", scaled(1e300)),
        ("tiny", scaled(1e-300)),
        ("equal columns", copied(3, 17)),
        ("nearly equal columns", close.unwrap()),
        ("a column of zeros", times(&good, &row(&|j| f64::from(u8::from(j != 5))))),
        ("zeros", scaled(0.0)),
    ]
}

#[test]
fn tall_and_wide_matrices_are_factored_whatever_they_are() {
    let b = Cpu::new();
    for (name, x) in tall() {
        let size = distance(&x, &times(&x, &array([1], &[0.0])));
        for wide in [false, true] {
            let x = if wide { transposed(&x) } else { x.clone() };
            let (u, s, vh) = b.svd(&x, &Svd::default().full_matrices(false)).unwrap();
            let scaled = times(&u, &s);
            assert!(distance(&b.matmul(&scaled, &vh).unwrap(), &x) <= 1e-14 * size, "{name}: residual");
            assert!(skew(&u) < 1e-13 && skew(&transposed(&vh)) < 1e-13, "{name}: {} {}", skew(&u), skew(&transposed(&vh)));
            assert!(values::<f64>(Ok(s)).is_sorted_by(|a, b| a >= b), "{name}");
        }
        let (q, r) = b.qr(&x, &Qr::default()).unwrap();
        assert!(distance(&b.matmul(&q, &r).unwrap(), &x) <= 1e-14 * size, "{name}: residual");
        assert!(skew(&q) < 1e-13, "{name}: {}", skew(&q));
        assert_eq!(distance(&b.tril(&r, &-1).unwrap(), &array([1], &[0.0])), 0.0, "{name}: below the diagonal");
    }
}

/// Matrices that are not tall, of a size from which on they are divided. In the norm of Frobenius LAPACK's own tests allow 30 n units;
/// vectors whose length is a unit off for each row were 1e-13 apart.
#[test]
fn square_matrices_of_any_dtype_are_factored() {
    let b = Cpu::new();
    for (m, n) in [(150, 140), (200, 200)] {
        let (re, im) = (values::<f64>(Ok(noise([m, n]))), values::<f64>(Ok(noise([n, m]))));
        let z: Vec<Complex<f64>> = re.iter().zip(im).map(|(&re, im)| Complex::new(re, im)).collect();
        let z = array([m, n], &z);
        let (real, none) = (noise([m, n]), array([m, n], &vec![0.0; m * n]));
        let pattern: Vec<f64> = (0..m * n).map(|i| f64::from(u8::from(i / n == i % n)) + (i / n % 2) as f64).collect();
        let cases = [
            (b.astype(&real, &DType::Float32).unwrap(), 1e-5),
            (b.astype(&z, &DType::Complex64).unwrap(), 1e-5),
            (real, 7e-14),
            (z, 7e-14),
            (none, 7e-14),
            (array([m, n], &pattern), 7e-14),
        ];
        for (case, (x, eps)) in cases.into_iter().enumerate() {
            for x in [x.clone(), transposed(&x)] {
                let dtype = b.dtype(&x);
                let (u, s, vh) = b.svd(&x, &Svd::default().full_matrices(false)).unwrap();
                assert!(skew(&u) < eps && skew(&transposed(&vh)) < eps, "{case} {dtype} {} {}", skew(&u), skew(&transposed(&vh)));
                let s = b.astype(&s, &dtype).unwrap();
                assert!(distance(&b.matmul(&times(&u, &s), &vh).unwrap(), &x) < eps * 20.0, "{dtype}");
                let (u, _, vh) = b.svd(&x, &Svd::default()).unwrap();
                assert_eq!((b.shape(&u)[1], b.shape(&vh)[0]), (b.shape(&x)[0], b.shape(&x)[1]));
                assert!(skew(&u) < eps && skew(&transposed(&vh)) < eps, "{dtype}, full");
            }
        }
    }
}

#[test]
fn tall_matrices_of_other_dtypes() {
    let b = Cpu::new();
    let (re, im) = (values::<f64>(Ok(noise([900, 10]))), values::<f64>(Ok(noise([10, 900]))));
    let z: Vec<Complex<f64>> = re.iter().zip(im).map(|(&re, im)| Complex::new(re, im)).collect();
    let z = array([900, 10], &z);
    for (dtype, eps) in [(DType::Float32, 1e-5), (DType::Complex64, 1e-5), (DType::Complex128, 1e-13)] {
        let x = if dtype == DType::Float32 { b.astype(&noise([900, 10]), &dtype) } else { b.astype(&z, &dtype) }.unwrap();
        for x in [x.clone(), transposed(&x)] {
            let (u, s, vh) = b.svd(&x, &Svd::default().full_matrices(false)).unwrap();
            let s = b.astype(&s, &dtype).unwrap();
            assert!(distance(&b.matmul(&times(&u, &s), &vh).unwrap(), &x) < eps * 100.0);
            assert!(skew(&u) < eps && skew(&transposed(&vh)) < eps, "{dtype}");
        }
        let (q, r) = b.qr(&x, &Qr::default()).unwrap();
        assert!(distance(&b.matmul(&q, &r).unwrap(), &x) < eps * 100.0 && skew(&q) < eps, "{dtype}");
    }
}

#[test]
fn large_systems_are_solved_in_blocks() {
    let b = Cpu::new();
    for n in [49, 64, 65, 127, 129, 193, 320] {
        for k in [1, 3, 130] {
            let (a, rhs) = (noise([n, n]), noise([n, k]));
            let x = b.solve(&a, &rhs).unwrap();
            let allowed = 1e-15 * n as f64 * distance(&x, &array([1], &[0.0])) * distance(&a, &array([1], &[0.0]));
            assert!(distance(&b.matmul(&a, &x).unwrap(), &rhs) <= allowed, "{n} with {k}");
            // A column that is zero leaves no pivot, wherever it stands.
            for zero in [0, n / 2, n - 1] {
                let scale: Vec<f64> = (0..n).map(|j| f64::from(u8::from(j != zero))).collect();
                let singular = times(&a, &array([1, n], &scale));
                assert_eq!(b.solve(&singular, &rhs).err().map(|e| e.kind()), Some(ErrorKind::Singular), "{n}, column {zero}");
            }
        }
    }
    // Each pivot is in the last row: every step exchanges.
    let n = 200;
    let rows: Vec<f64> = (0..n * n).map(|i| f64::from(u8::from((i / n + i % n) % n == n - 1)) * (1 + i % n) as f64).collect();
    let x = b.solve(&array([n, n], &rows), &array([n], &vec![1.0; n])).unwrap();
    assert_eq!(values::<f64>(Ok(x)), (1..=n).map(|j| 1.0 / j as f64).collect::<Vec<_>>());
    let z = b.astype(&noise([100, 100]), &DType::Complex64).unwrap();
    let z = times(&z, &array([1], &[Complex::new(0.5f32, 2.0)]));
    let x = b.solve(&z, &transposed(&z)).unwrap();
    assert!(distance(&b.matmul(&z, &x).unwrap(), &transposed(&z)) < 1e-2);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let b = Cpu::new();
            let (x, y, v) = (noise([900, 500]), noise([500, 1100]), noise([500, 1]));
            let (u, s, vh) = b.svd(&noise([40_000, 30]), &Svd::default().full_matrices(false)).unwrap();
            let (q, r) = b.qr(&noise([9_000, 200]), &Qr::default()).unwrap();
            let solution = b.solve(&noise([500, 500]), &noise([500, 150]));
            let floats = [b.matmul(&x, &y), b.matmul(&x, &v), b.matmul(&transposed(&v), &y), Ok(u), Ok(s), Ok(vh), Ok(q), Ok(r), solution];
            floats.map(|x| values::<f64>(x).into_iter().map(f64::to_bits).collect::<Vec<_>>())
        })
    };
    assert!(run(1) == run(3));
}
