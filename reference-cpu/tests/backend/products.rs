//! Products of matrices so large that their operands are packed: edges of panels, blocks and spans; layouts; threads.
use crate::linalg_large::{by_columns, noise, transposed};
use crate::{array, shape, values};
use array_protocol::{Backend, DType, Element, Index, Shape};
use num_complex::Complex;
use reference_cpu::{Cpu, CpuArray, Simd};

/// Integers in [-4, 4) without a pattern: their products are exact in every order.
fn small(shape: [usize; 2]) -> CpuArray {
    array(shape, &(0..shape[0] * shape[1]).map(|i| ((i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61) as i32 - 4).collect::<Vec<_>>())
}

/// These rows and columns.
fn part(x: &CpuArray, rows: [i64; 2], columns: [i64; 2]) -> CpuArray {
    let slice = |[start, stop]: [i64; 2]| Index::Slice { start: Some(start), stop: Some(stop), step: 1 };
    Cpu::new().getitem(x, &[slice(rows), slice(columns)]).unwrap()
}

fn bits(x: CpuArray) -> Vec<u64> {
    values::<f64>(Ok(x)).into_iter().map(f64::to_bits).collect()
}

#[test]
fn they_are_exact_where_sums_are_exact() {
    let one = Cpu::new();
    for (m, k, n) in
        [(128, 64, 128), (128, 513, 128), (131, 480, 137), (150, 450, 129), (300, 1100, 270), (4100, 1030, 130), (130, 70, 4111)]
    {
        let (a, b) = (small([m, k]), small([k, n]));
        let exact = one.matmul(&a, &b).unwrap();
        for dtype in [DType::Float32, DType::Float64] {
            let expected = one.astype(&exact, &dtype).unwrap();
            let (a, b) = (one.astype(&a, &dtype).unwrap(), one.astype(&b, &dtype).unwrap());
            for simd in Simd::available() {
                for (i, (a, b)) in
                    [(a.clone(), b.clone()), (by_columns(&a), b.clone()), (by_columns(&a), by_columns(&b))].iter().enumerate()
                {
                    let got = Cpu::with(simd).matmul(a, b).unwrap();
                    let same = match dtype {
                        DType::Float32 => same::<f32>(got, &expected),
                        _ => same::<f64>(got, &expected),
                    };
                    assert!(same, "{m} x {k} x {n} {dtype} {simd:?}, layout {i}");
                }
            }
        }
    }
}

#[test]
fn a_matrix_times_itself_is_exact_too() {
    let one = Cpu::new();
    for (m, n) in [(5, 3), (20_000, 3), (1, 600), (700, 100), (6_000, 100), (2_100, 130), (1_100, 200), (300, 520)] {
        let all = small([m + 2, n + 3]);
        let inner = |x: &CpuArray| part(x, [1, m as i64 + 1], [2, n as i64 + 2]);
        let exact = one.matmul(&transposed(&inner(&all)), &inner(&all)).unwrap();
        for dtype in [DType::Float32, DType::Float64, DType::Complex64] {
            let (x, expected) = (inner(&one.astype(&all, &dtype).unwrap()), one.astype(&exact, &dtype).unwrap());
            for simd in Simd::available() {
                // Not all of its buffer; all of it, by columns.
                for x in [&x, &by_columns(&x)] {
                    let got = Cpu::with(simd).matmul(&transposed(x), x).unwrap();
                    let same = match dtype {
                        DType::Float32 => same::<f32>(got, &expected),
                        DType::Float64 => same::<f64>(got, &expected),
                        _ => same::<Complex<f32>>(got, &expected),
                    };
                    assert!(same, "{m} x {n} {dtype} {simd:?}");
                }
            }
        }
    }
}

#[test]
fn threads_share_long_sums_and_do_not_show() {
    for (m, k, n) in [(12, 1 << 17, 8), (100, 9_001, 50), (200, 5_000, 150)] {
        let (a, b) = (noise([m, k]), noise([k, n]));
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| [(&a, &b), (&a, &transposed(&a))].map(|(a, b)| bits(Cpu::new().matmul(a, b).unwrap())))
        };
        let alone = run(1);
        assert!([2, 3, 16].iter().all(|&threads| run(threads) == alone), "{m} x {k} x {n}");
    }
    let (a, b) = (small([30, 100_000]), small([100_000, 20]));
    let wide = |x: &CpuArray| Cpu::new().astype(x, &DType::Float64).unwrap();
    assert!(same::<f64>(Cpu::new().matmul(&wide(&a), &wide(&b)).unwrap(), &wide(&Cpu::new().matmul(&a, &b).unwrap())));
}

fn same<T: Element + PartialEq>(x: CpuArray, y: &CpuArray) -> bool {
    shape(&x) == shape(y) && values::<T>(Ok(x)) == values::<T>(Ok(y.clone()))
}

#[test]
fn what_fills_the_edges_does_not_show() {
    let one = Cpu::new();
    let (m, k, n) = (133, 470, 139);
    let mut a: Vec<f64> = values(one.astype(&small([m, k]), &DType::Float64));
    let b: Vec<f64> = values(one.astype(&small([k, n]), &DType::Float64));
    let clean: Vec<f64> = values(one.matmul(&array([m, k], &a), &array([k, n], &b)));
    a[(m - 1) * k + 3] = f64::NAN;
    let mut infinite = b.clone();
    infinite[5 * n + n - 1] = f64::INFINITY;
    for simd in Simd::available() {
        let got: Vec<f64> = values(Cpu::with(simd).matmul(&array([m, k], &a), &array([k, n], &infinite)));
        let touched = |i: usize| i / n == m - 1 || i % n == n - 1;
        assert!(got.iter().zip(&clean).enumerate().all(|(i, (got, clean))| if touched(i) {
            i / n < m - 1 || got.is_nan()
        } else {
            got == clean
        }));
        assert!((0..m - 1).all(|i| !got[i * n + n - 1].is_finite() || a[i * k + 5] == 0.0), "{simd:?}");
    }
}

#[test]
fn an_element_is_summed_alike_wherever_it_lies() {
    let (m, k, n) = (700, 1300, 600);
    let (a, b) = (noise([m, k]), noise([k, n]));
    let columns = |n: usize| [0, n as i64];
    for simd in Simd::available().into_iter().filter(|simd| simd.name() == "avx2") {
        let run = |threads: usize, a: &CpuArray, b: &CpuArray| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Cpu::with(simd).matmul(a, b).unwrap())
        };
        let whole = run(1, &a, &b);
        for threads in [2, 3, 16] {
            assert!(bits(run(threads, &a, &b)) == bits(whole.clone()), "{threads} threads");
        }
        let (rows, strip) = ([7, 391], [13, 447]);
        let got = run(2, &part(&a, rows, columns(k)), &by_columns(&part(&b, columns(k), strip)));
        assert!(bits(got) == bits(part(&whole, rows, strip)));
        let stack: Shape = [1, m, k].into();
        let got = Cpu::with(simd).matmul(&Cpu::new().reshape(&a, &stack).unwrap(), &b).unwrap();
        assert!(bits(got) == bits(whole));
    }
}
