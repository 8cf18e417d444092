//! Reductions against plain loops: all layouts, sizes around the blocks, special values at their edges, threads and instructions.
use crate::{array, kind, shape, values, vector};
use array_protocol::options::{ArgReduce, Reduce, Scan};
use array_protocol::{Backend, DType, Element, ErrorKind, Index, ReduceOp, Shape};
use num_complex::Complex;
use reference_cpu::{Cpu, CpuArray, Simd};

/// Views of one array: as it is, transposed, reversed, stepped, repeated.
fn views(x: &CpuArray) -> Vec<CpuArray> {
    let b = Cpu::new();
    let rank = b.shape(x).rank() as i64;
    let step = |step| Index::Slice { start: None, stop: None, step };
    let turned = b.permute_dims(x, &(0..rank).rev().collect()).unwrap();
    let mut wide = vec![2usize];
    wide.extend(b.shape(x).iter());
    let all = b.broadcast_to(x, &wide.iter().copied().collect::<Shape>()).unwrap();
    vec![
        b.flip(x, &None).unwrap(),
        b.getitem(x, &[step(-2)]).unwrap(),
        b.getitem(&turned, &[step(1), step(2)]).unwrap(),
        b.getitem(&turned, &[step(2), step(-1), step(3)]).unwrap(),
        b.permute_dims(&all, &[1, 0, 3, 2].into_iter().collect()).unwrap(),
        turned,
        all,
        x.clone(),
    ]
}

/// Each result's elements in C order, the results in C order.
fn runs<T: Copy>(data: &[T], shape: &[usize], gone: &[usize]) -> Vec<Vec<T>> {
    // How far apart results are along each axis.
    let (mut steps, mut count) = (vec![0; shape.len()], 1);
    for a in (0..shape.len()).rev().filter(|a| !gone.contains(a)) {
        steps[a] = count;
        count *= shape[a];
    }
    let mut out = vec![Vec::new(); count];
    for (i, &v) in data.iter().enumerate() {
        let (mut left, mut at) = (i, 0);
        for (&len, step) in shape.iter().zip(&steps).rev() {
            at += left % len * step;
            left /= len;
        }
        out[at].push(v);
    }
    out
}

/// Small numbers, some of them zero, negative where that is possible.
fn small<T: Element>(n: usize, of: impl Fn(i64) -> T) -> Vec<T> {
    (0..n as i64).map(|i| of((i * 7919 + i * i % 31) % 11 - 5)).collect()
}

const SHAPES: [[usize; 3]; 7] = [[3, 5, 7], [2, 1, 130], [70, 3, 9], [1, 2049, 2], [9, 260, 3], [40, 2, 1030], [0, 3, 2]];
const AXES: [&[usize]; 8] = [&[0, 1, 2], &[0], &[1], &[2], &[0, 2], &[1, 2], &[0, 1], &[]];

/// Compares one reduction of all views with a plain loop.
fn holds<T: Element, U: Element + PartialEq>(op: ReduceOp, of: impl Fn(i64) -> T, plain: impl Fn(&[T]) -> U) {
    let b = Cpu::new();
    for dims in SHAPES {
        let x = array(dims, &small(dims.iter().product(), &of));
        for view in views(&x) {
            let (at, data) = (shape(&view), values::<T>(Ok(view.clone())));
            for gone in AXES {
                let how = Reduce::over(&gone.iter().map(|&a| a as i64).collect::<Vec<_>>());
                if op == ReduceOp::Max && data.is_empty() {
                    continue;
                }
                let expected: Vec<U> = runs(&data, &at, gone).iter().map(|run| plain(run)).collect();
                assert!(values::<U>(b.reduce(op, &view, &how)) == expected, "{op:?} {} of {at:?} over {gone:?}", T::DTYPE);
                let kept: Vec<usize> = at.iter().enumerate().map(|(a, &n)| if gone.contains(&a) { 1 } else { n }).collect();
                assert_eq!(shape(&b.reduce(op, &view, &how.keepdims(true)).unwrap()), kept);
            }
        }
    }
}

macro_rules! each_dtype {
    (integers $test:ident) => { each_dtype!($test, i8 i16 i32 i64 u8 u16 u32 u64); };
    (reals $test:ident) => { each_dtype!(integers $test); each_dtype!($test, f32 f64); };
    ($test:ident, $($t:ident)*) => { $( $test!($t); )* };
}

#[test]
fn sums_of_any_layout() {
    macro_rules! signed {
        ($t:ident) => {
            holds(ReduceOp::Sum, |v| v as $t, |run| run.iter().map(|&v| v as i64).sum::<i64>());
        };
    }
    macro_rules! unsigned {
        ($t:ident) => {
            holds(ReduceOp::Sum, |v| v as $t, |run| run.iter().fold(0u64, |s, &v| s.wrapping_add(v as u64)));
        };
    }
    macro_rules! float {
        ($t:ident) => {
            holds(ReduceOp::Sum, |v| v as $t, |run| run.iter().sum::<$t>() + 0.0);
        };
    }
    macro_rules! complex {
        ($t:ident) => {
            holds(ReduceOp::Sum, |v| Complex::new(v as $t, 1.0), |run| run.iter().sum::<Complex<$t>>() + Complex::new(0.0, 0.0));
        };
    }
    each_dtype!(signed, i8 i16 i32 i64);
    each_dtype!(unsigned, u8 u16 u32 u64);
    each_dtype!(float, f32 f64);
    each_dtype!(complex, f32 f64);
}

#[test]
fn products_of_any_layout() {
    holds(ReduceOp::Prod, |v| v as i8 | 1, |run| run.iter().fold(1i64, |p, &v| p.wrapping_mul(v.into())));
    holds(ReduceOp::Prod, |v| v as u32 | 1, |run| run.iter().fold(1u64, |p, &v| p.wrapping_mul(v.into())));
    holds(ReduceOp::Prod, |v| if v < 0 { -1f32 } else { 1.0 }, |run| run.iter().product::<f32>());
    holds(
        ReduceOp::Prod,
        |v| if v < 0 { Complex::new(0f64, 1.0) } else { Complex::new(1.0, 0.0) },
        |run| run.iter().product::<Complex<f64>>(),
    );
}

#[test]
fn the_largest_of_any_layout() {
    macro_rules! largest {
        ($t:ident) => {
            holds(ReduceOp::Max, |v| v as $t, |run| run.iter().copied().fold(run[0], |top, v| if v > top { v } else { top }));
        };
    }
    each_dtype!(reals largest);
}

#[test]
fn zeros_of_any_layout() {
    macro_rules! zeros {
        ($t:ident) => {
            holds(ReduceOp::CountNonzero, |v| v as $t, |run| run.iter().filter(|&&v| v != 0 as $t).count() as i64);
            holds(ReduceOp::All, |v| (v + 6) as $t, |run| run.iter().all(|&v| v != 0 as $t));
            holds(ReduceOp::All, |v| v as $t, |run| run.iter().all(|&v| v != 0 as $t));
        };
    }
    each_dtype!(reals zeros);
    holds(ReduceOp::CountNonzero, |v| v > 0, |run| run.iter().filter(|&&v| v).count() as i64);
    holds(ReduceOp::CountNonzero, |v| Complex::new(0.0, v as f32), |run| run.iter().filter(|v| v.im != 0.0).count() as i64);
}

#[test]
fn moments_of_any_layout() {
    macro_rules! moments {
        ($t:ident) => {
            let b = Cpu::new();
            for dims in SHAPES {
                let x = array(dims, &small(dims.iter().product(), |v| 1000.0 + v as $t / 4.0));
                for view in views(&x) {
                    let (at, data) = (shape(&view), values::<$t>(Ok(view.clone())));
                    for gone in AXES {
                        let how = Reduce::over(&gone.iter().map(|&a| a as i64).collect::<Vec<_>>());
                        let means = values::<$t>(b.reduce(ReduceOp::Mean, &view, &how));
                        let spreads = values::<$t>(b.reduce(ReduceOp::Var, &view, &how));
                        for ((run, m), v) in runs(&data, &at, gone).iter().zip(means).zip(spreads) {
                            let n = run.len() as f64;
                            // Quarters, whose sums are exact.
                            let sum = |f: &dyn Fn(i64) -> i64| run.iter().map(|&v| f((v as f64 * 4.0) as i64 - 4000)).sum::<i64>() as f64;
                            let (total, squares) = (sum(&|v| v), sum(&|v| v * v));
                            let (mean, var) = (1000.0 + total / n / 4.0, (n * squares - total * total) / (16.0 * n * n));
                            let near =
                                |a: f64, b: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() <= 8.0 * f64::from($t::EPSILON) * b.abs();
                            assert!(near(m as f64, mean) && near(v as f64, var), "{m} {mean} {v} {var} of {at:?} over {gone:?}");
                        }
                    }
                }
            }
        };
    }
    each_dtype!(moments, f32 f64);
}

#[test]
fn positions_of_any_layout() {
    macro_rules! positions {
        ($t:ident) => {
            let b = Cpu::new();
            for dims in SHAPES {
                let x = array(dims, &small(dims.iter().product(), |v| v as $t));
                for view in views(&x).into_iter().filter(|v| !shape(v).contains(&0)) {
                    let (at, data) = (shape(&view), values::<$t>(Ok(view.clone())));
                    let first = |run: &[$t]| (0..run.len()).fold(0, |best, i| if run[i] > run[best] { i } else { best }) as i64;
                    assert_eq!(values::<i64>(b.argmax(&view, &ArgReduce::default())), [first(&data)]);
                    for axis in 0..at.len() {
                        let expected: Vec<i64> = runs(&data, &at, &[axis]).iter().map(|run| first(run)).collect();
                        assert_eq!(values::<i64>(b.argmax(&view, &ArgReduce::default().axis(axis as i64))), expected);
                    }
                }
            }
        };
    }
    each_dtype!(reals positions);
}

#[test]
fn running_sums_of_any_layout() {
    macro_rules! running {
        ($t:ident) => {
            let b = Cpu::new();
            for dims in [[3, 5, 7], [130, 3, 2], [2, 300, 3], [1, 2, 2100], [0, 2, 3], [2, 0, 3]] {
                let x = array(dims, &small(dims.iter().product(), |v| v as $t));
                for view in views(&x) {
                    let (at, data) = (shape(&view), values::<$t>(Ok(view.clone())));
                    for axis in 0..at.len() {
                        for initial in [false, true] {
                            let how = Scan::default().axis(axis as i64).include_initial(initial).dtype(Some(<$t>::DTYPE));
                            let got = b.cumulative_sum(&view, &how).unwrap();
                            let mut longer = at.clone();
                            longer[axis] += usize::from(initial);
                            assert_eq!(shape(&got), longer);
                            let sums: Vec<Vec<$t>> = runs(&data, &at, &[axis])
                                .iter()
                                .map(|run| {
                                    let mut sum = 0 as $t;
                                    let rest = run
                                        .iter()
                                        .map(|&v| {
                                            sum = add(sum, v);
                                            sum
                                        })
                                        .collect::<Vec<_>>();
                                    if initial { [vec![0 as $t], rest].concat() } else { rest }
                                })
                                .collect();
                            if longer.iter().product::<usize>() > 0 {
                                assert_eq!(runs(&values::<$t>(Ok(got)), &longer, &[axis]), sums);
                            }
                        }
                    }
                }
            }
        };
    }
    each_dtype!(reals running);
}

/// Addition that wraps.
trait Wrapping: Sized {
    fn plus(self, other: Self) -> Self;
}
macro_rules! wrapping {
    ($($t:ident)*) => { $( impl Wrapping for $t { fn plus(self, other: Self) -> Self { self.wrapping_add(other) } } )* };
}
wrapping!(i8 i16 i32 i64 u8 u16 u32 u64);
impl Wrapping for f32 {
    fn plus(self, other: Self) -> Self {
        self + other
    }
}
impl Wrapping for f64 {
    fn plus(self, other: Self) -> Self {
        self + other
    }
}
fn add<T: Wrapping>(a: T, b: T) -> T {
    a.plus(b)
}

/// Random numbers of very different sizes.
fn noise(n: usize) -> Vec<f64> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / 16_777_216.0 - 0.5
    };
    (0..n).map(|_| next() * (next() * 60.0).exp2()).collect()
}

fn bits<T: Element>(x: Result<CpuArray, array_protocol::Error>, of: impl Fn(T) -> u64) -> Vec<u64> {
    values::<T>(x).into_iter().map(of).collect()
}

/// The bits of many results of one backend.
fn everything(b: &Cpu, x: &CpuArray, narrow: &CpuArray) -> Vec<Vec<u64>> {
    let mut out = Vec::new();
    for how in [Reduce::all(), Reduce::over(&[0]), Reduce::over(&[1])] {
        for op in [ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Var, ReduceOp::Std, ReduceOp::Max] {
            out.push(bits::<f64>(b.reduce(op, x, &how), f64::to_bits));
            out.push(bits::<f32>(b.reduce(op, narrow, &how), |v| v.to_bits().into()));
        }
        out.push(bits::<i64>(b.reduce(ReduceOp::CountNonzero, x, &how), |v| v as u64));
    }
    for axis in [0, 1] {
        out.push(bits::<f64>(b.cumulative_sum(x, &Scan::default().axis(axis)), f64::to_bits));
        out.push(bits::<f32>(b.cumulative_sum(narrow, &Scan::default().axis(axis)), |v| v.to_bits().into()));
        out.push(bits::<i64>(b.argmax(x, &ArgReduce::default().axis(axis)), |v| v as u64));
    }
    out.push(bits::<i64>(b.argmax(narrow, &ArgReduce::default()), |v| v as u64));
    out
}

#[test]
fn bits_depend_neither_on_threads_nor_on_instructions() {
    for dims in [[1, 200_003], [3, 140_000], [5000, 70], [70_000, 3], [300, 2500]] {
        let x = noise(dims[0] * dims[1]);
        let narrow: Vec<f32> = x.iter().map(|&v| v as f32).collect();
        let (x, narrow) = (array(dims, &x), array(dims, &narrow));
        let mut first = None;
        for simd in Simd::available() {
            for threads in [1, 2, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let got = pool.install(|| everything(&Cpu::with(simd), &x, &narrow));
                assert!(*first.get_or_insert_with(|| got.clone()) == got, "{simd:?} {threads} {dims:?}");
            }
        }
    }
}

#[test]
fn special_values_at_the_edges_of_blocks() {
    let n = 131_075;
    for simd in Simd::available() {
        let b = Cpu::with(simd);
        for at in [0, 1, 15, 16, 63, 64, 511, 512, 2047, 2048, 4095, 65_535, 65_536, n - 1] {
            for nan in [f64::NAN, -f64::NAN] {
                let mut x = vec![-1.0f64; n];
                x[at] = nan;
                x[n - 1] = nan;
                let narrow: Vec<f32> = x.iter().map(|&v| v as f32).collect();
                let column = array([n, 1], &x);
                for x in [vector(&x), column] {
                    assert!(values::<f64>(b.reduce(ReduceOp::Max, &x, &Reduce::all()))[0].is_nan());
                    assert!(values::<f64>(b.reduce(ReduceOp::Sum, &x, &Reduce::over(&[0])))[0].is_nan());
                    assert!(values::<f64>(b.reduce(ReduceOp::Var, &x, &Reduce::over(&[0])))[0].is_nan());
                    assert_eq!(values::<i64>(b.argmax(&x, &ArgReduce::default())), [at as i64]);
                    let sums = values::<f64>(b.cumulative_sum(&x, &Scan::default().axis(0)));
                    assert!(sums.iter().enumerate().all(|(i, s)| if i < at { *s == -(i as f64) - 1.0 } else { s.is_nan() }));
                }
                assert!(values::<f32>(b.reduce(ReduceOp::Max, &vector(&narrow), &Reduce::all()))[0].is_nan());
                assert_eq!(values::<i64>(b.argmax(&vector(&narrow), &ArgReduce::default())), [at as i64]);
            }
            let mut x = vec![f64::NEG_INFINITY; n];
            x[at] = -0.0;
            x[n - 1] = 0.0;
            assert_eq!(values::<i64>(b.argmax(&vector(&x), &ArgReduce::default())), [at as i64]);
            assert_eq!(values::<f64>(b.reduce(ReduceOp::Max, &vector(&x), &Reduce::all())), [0.0]);
            x[at] = f64::INFINITY;
            assert!(values::<f64>(b.reduce(ReduceOp::Sum, &vector(&x), &Reduce::all()))[0].is_nan());
        }
        assert_eq!(values::<f64>(b.reduce(ReduceOp::Max, &vector(&[-0.0; 70]), &Reduce::all()))[0].to_bits(), (-0.0f64).to_bits());
    }
}

#[test]
fn nothing_overflows_on_the_way() {
    let b = Cpu::new();
    let big = f64::MAX / 2.0;
    for n in [4usize, 3000, 200_000] {
        // Multiples of a power of two are exact, and so is the mean.
        let level = vector(&vec![f64::powi(2.0, 1023); n]);
        assert_eq!(values::<f64>(b.reduce(ReduceOp::Mean, &level, &Reduce::all())), [f64::powi(2.0, 1023)]);
        assert_eq!(values::<f64>(b.reduce(ReduceOp::Var, &level, &Reduce::all())), [0.0]);
        let mut swing = vec![0.0; n];
        for (i, v) in swing.iter_mut().enumerate() {
            *v = if i % 4 < 2 { big } else { -big };
        }
        assert_eq!(values::<f64>(b.reduce(ReduceOp::Var, &vector(&swing), &Reduce::all())), [f64::INFINITY]);
        let sums = values::<f64>(b.cumulative_sum(&vector(&swing), &Scan::default()));
        assert!(sums.iter().enumerate().all(|(i, &s)| s == [big, f64::MAX, big, 0.0][i % 4]));
    }
    // Far from zero, and the mean is not a number of the dtype.
    let x: Vec<f64> = (0..100_001).map(|i| 1e12 + f64::from(i % 3)).collect();
    let exact = {
        let d: Vec<f64> = x.iter().map(|v| v - 1e12).collect();
        let m = d.iter().sum::<f64>() / d.len() as f64;
        d.iter().map(|v| (v - m).powi(2)).sum::<f64>() / d.len() as f64
    };
    let got = values::<f64>(b.reduce(ReduceOp::Var, &vector(&x), &Reduce::all()))[0];
    assert!((got / exact - 1.0).abs() < 1e-12, "{got} {exact}");
    assert_eq!(kind(b.reduce(ReduceOp::Max, &array([0, 2], &[] as &[i8]), &Reduce::over(&[0]))), ErrorKind::Value);
    assert_eq!(values::<u8>(b.reduce(ReduceOp::Sum, &vector(&[-1i8; 3]), &Reduce::all().dtype(Some(DType::UInt8)))), [253]);
}
