//! Sorting against a plain stable sort, bit for bit: all dtypes, patterns, lengths around the thresholds, all instruction sets.
use crate::draw::Draw;
use crate::{array, kind, shape, values, vector};
use array_protocol::options::{Search, Side, Sort};
use array_protocol::{Backend, Element, ErrorKind};
use num_complex::Complex;
use reference_cpu::{Cpu, Simd};
use std::cmp::Ordering;

/// Elements made from random words, with the order of the specification.
trait Sample: Element + Copy + PartialOrd + std::fmt::Debug {
    /// Any bits, special values often.
    fn any(word: u64) -> Self;
    /// The `i`-th of a rising sequence.
    fn rising(i: usize) -> Self;
    fn bits(self) -> u64;

    fn order(&self, other: &Self) -> Ordering {
        let nan = |x: &Self| x.partial_cmp(x).is_none();
        self.partial_cmp(other).unwrap_or_else(|| nan(self).cmp(&nan(other)))
    }
}
macro_rules! sample {
    ($($t:ty),*; $($f:ident $as:ty),*) => {
        $( impl Sample for $t {
            fn any(word: u64) -> Self {
                match word % 16 {
                    0 => <$t>::MAX,
                    1 => <$t>::MIN,
                    _ => (word >> 8) as $t,
                }
            }
            fn rising(i: usize) -> Self {
                i as $t
            }
            fn bits(self) -> u64 {
                self as u64
            }
        } )*
        $( impl Sample for $f {
            fn any(word: u64) -> Self {
                match word % 32 {
                    0 => <$f>::NAN,
                    1 => -<$f>::NAN,
                    2 => <$f>::from_bits(<$f>::NAN.to_bits() + 5),
                    3 => <$f>::INFINITY,
                    4 => <$f>::NEG_INFINITY,
                    5..=8 => 0.0,
                    9..=12 => -0.0,
                    13..=16 => <$f>::from_bits((word >> 5) as $as),
                    _ => (word >> 40) as $f / 1024.0 - 8000.0,
                }
            }
            fn rising(i: usize) -> Self {
                i as $f - 100.0
            }
            fn bits(self) -> u64 {
                self.to_bits().into()
            }
        } )*
    };
}
sample!(i8, i16, i32, i64, u8, u16, u32, u64; f32 u32, f64 u64);

/// `n` elements in each of several patterns.
fn patterns<T: Sample>(n: usize) -> Vec<Vec<T>> {
    let draw = |seed| {
        let mut draw = Draw(seed);
        std::iter::repeat_with(move || draw.word()).take(n)
    };
    let of = |f: &dyn Fn(usize) -> T| (0..n).map(f).collect();
    vec![
        draw(1).map(T::any).collect(),
        draw(2).map(|w| T::rising((w % 5) as usize)).collect(),
        draw(3).map(|w| T::any(w % 64)).collect(),
        draw(4).map(|w| T::rising((w >> 20) as usize)).collect(),
        of(&T::rising),
        of(&|i| T::rising(n - i)),
        of(&|_| T::rising(3)),
        of(&|i| T::rising(i.min(n - i))),
        of(&|i| if i % 7 == 0 { T::any(0) } else { T::rising(i / 2) }),
    ]
}

/// Positions by a plain stable sort.
fn expected<T: Sample>(x: &[T], descending: bool) -> Vec<usize> {
    let mut at: Vec<usize> = (0..x.len()).collect();
    at.sort_by(|&a, &b| if descending { x[b].order(&x[a]) } else { x[a].order(&x[b]) });
    at
}

fn bits<T: Sample>(x: &[T]) -> Vec<u64> {
    x.iter().map(|v| v.bits()).collect()
}

/// Sorts runs of `n` elements, `runs` of them, along either axis, and compares.
fn agrees<T: Sample>(runs: usize, n: usize) {
    for data in patterns::<T>(runs * n) {
        for descending in [false, true] {
            let at: Vec<usize> = data.chunks(n.max(1)).flat_map(|run| expected(run, descending)).collect();
            let sorted: Vec<T> = at.iter().enumerate().map(|(i, &p)| data[i / n.max(1) * n + p]).collect();
            for simd in Simd::available() {
                let b = Cpu::with(simd);
                let how = Sort::default().descending(descending);
                let x = array([runs, n], &data);
                let name = format!("{} {runs} x {n} {descending} {simd:?}", T::DTYPE);
                assert!(bits(&values::<T>(b.sort(&x, &how))) == bits(&sorted), "sort {name}");
                let got = values::<i64>(b.argsort(&x, &how));
                assert!(got.iter().map(|&p| p as usize).eq(at.iter().copied()), "argsort {name}");
                if T::DTYPE.is_float() {
                    let loose = values::<T>(b.sort(&x, &how.clone().stable(false)));
                    let same = |a: &T, b: &T| a.order(b) == Ordering::Equal;
                    assert!(loose.iter().zip(&sorted).all(|(a, b)| same(a, b)), "unstable sort {name}");
                }
                let turned = b.permute_dims(&x, &[1, 0].as_slice().into()).unwrap();
                let along = b.sort(&turned, &how.axis(0)).and_then(|y| b.permute_dims(&y, &[1, 0].as_slice().into()));
                assert!(bits(&values::<T>(along)) == bits(&sorted), "axis 0 {name}");
            }
        }
    }
}

macro_rules! for_all {
    ($f:ident $args:tt) => {
        for_all!($f $args; i8, i16, i32, i64, u8, u16, u32, u64, f32, f64)
    };
    ($f:ident $args:tt; $($t:ty),*) => { {
        $( $f::<$t> $args; )*
    } };
}

#[test]
fn short_runs() {
    fn lengths<T: Sample>() {
        (0..70).chain([127, 128, 129, 255, 256, 257, 300, 513, 1025, 4097]).for_each(|n| agrees::<T>(1, n));
    }
    for_all!(lengths());
}

#[test]
fn many_runs() {
    fn lengths<T: Sample>() {
        [(0, 3), (3, 0), (3, 5), (200, 17), (70, 1000), (2, 40_000)].into_iter().for_each(|(runs, n)| agrees::<T>(runs, n));
    }
    for_all!(lengths());
}

#[test]
fn long_runs() {
    for_all!(agrees(1, 16_384); i16, u16);
    // Beyond what several threads share, and in several pieces.
    for_all!(agrees(1, 140_001));
}

/// Several threads share a long run; a single one splits what outgrows its caches.
#[test]
fn long_runs_on_any_number_of_threads() {
    let n = (1 << 23) + 3;
    let mut draw = Draw(5);
    let data: Vec<f64> = (0..n).map(|_| f64::any(draw.word())).collect();
    let at = expected(&data, true);
    let sorted: Vec<f64> = at.iter().map(|&i| data[i]).collect();
    let how = Sort::default().descending(true);
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for simd in Simd::available() {
            let (x, b) = (vector(&data), Cpu::with(simd));
            assert!(bits(&values::<f64>(pool.install(|| b.sort(&x, &how)))) == bits(&sorted), "{threads} {simd:?}");
        }
        let got = values::<i64>(pool.install(|| Cpu::new().argsort(&vector(&data), &how)));
        assert!(got.iter().map(|&p| p as usize).eq(at.iter().copied()), "{threads}");
    }
}

/// Keys that agree in more leading bits than stand beside a position.
#[test]
fn argsort_sees_the_last_bit() {
    let mut draw = Draw(9);
    let near: Vec<f64> =
        (0..5000).map(|i| f64::from_bits(1.5f64.to_bits() + draw.word() % 50) * if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
    let wide: Vec<u64> = (0..5000).map(|i| if i % 3 == 0 { draw.word() } else { u64::MAX - draw.word() % 300 }).collect();
    for descending in [false, true] {
        let how = Sort::default().descending(descending);
        let at = |x: Vec<usize>| x.into_iter().map(|p| p as i64).collect::<Vec<_>>();
        assert_eq!(values::<i64>(Cpu::new().argsort(&vector(&near), &how)), at(expected(&near, descending)));
        assert_eq!(values::<i64>(Cpu::new().argsort(&vector(&wide), &how)), at(expected(&wide, descending)));
    }
}

fn searches<T: Sample>() {
    for n in [0, 1, 2, 3, 15, 16, 17, 100, 1025, 70_000] {
        for mut sorted in patterns::<T>(n) {
            sorted.sort_by(T::order);
            let mut draw = Draw(n as u64);
            let mut wanted: Vec<T> = (0..500).map(|_| T::any(draw.word())).collect();
            wanted.extend(sorted.iter().take(100));
            for simd in Simd::available() {
                for (side, before) in [(Side::Left, Ordering::Less), (Side::Right, Ordering::Equal)] {
                    let got = Cpu::with(simd).searchsorted(&vector(&sorted), &vector(&wanted), &Search::default().side(side));
                    let want = wanted.iter().map(|x| sorted.partition_point(|v| v.order(x) <= before) as i64);
                    assert!(values::<i64>(got).into_iter().eq(want), "{} {n} {side:?}", T::DTYPE);
                }
            }
        }
    }
}

#[test]
fn search() {
    for_all!(searches());
}

fn distinct<T: Sample>(n: usize) {
    for data in patterns::<T>(n) {
        let mut want = data.clone();
        want.sort_by(T::order);
        want.dedup_by(|a, b| a == b);
        for simd in Simd::available() {
            let got = values::<T>(Cpu::with(simd).unique_values(&vector(&data)));
            assert_eq!(got.len(), want.len());
            assert!(got.iter().zip(&want).all(|(a, b)| a.order(b) == Ordering::Equal), "{} {n}", T::DTYPE);
        }
    }
}

#[test]
fn unique() {
    for n in [0, 1, 2, 17, 300, 5000, 300_001] {
        for_all!(distinct(n));
    }
}

#[test]
fn unique_truth_and_complex() {
    let b = Cpu::new();
    assert_eq!(values::<bool>(b.unique_values(&vector(&[true, true]))), [true]);
    assert_eq!(values::<bool>(b.unique_values(&array([2, 2], &[true, false, true, true]))), [false, true]);
    assert_eq!(values::<bool>(b.unique_values(&vector::<bool>(&[]))), [false; 0]);
    let z = |re, im| Complex::<f64>::new(re, im);
    let got = values::<Complex<f64>>(b.unique_values(&vector(&[
        z(1.0, 2.0),
        z(0.0, f64::NAN),
        z(1.0, -2.0),
        z(1.0, 2.0),
        z(-0.0, 0.0),
        z(0.0, -0.0),
    ])));
    assert_eq!(got[..3], [z(0.0, 0.0), z(1.0, -2.0), z(1.0, 2.0)]);
    assert!(got.len() == 4 && got[3].im.is_nan());
}

#[test]
fn wrong_arguments() {
    let b = Cpu::new();
    let z = vector(&[Complex::new(1f32, 0.0)]);
    assert_eq!(kind(b.sort(&z, &Sort::default())), ErrorKind::Dtype);
    assert_eq!(kind(b.argsort(&z, &Sort::default())), ErrorKind::Dtype);
    assert_eq!(kind(b.sort(&vector(&[1i32]), &Sort::default().axis(1))), ErrorKind::Axis);
    assert_eq!(kind(b.argsort(&array([], &[1i32]), &Sort::default())), ErrorKind::Axis);
    assert_eq!(shape(&b.sort(&array([2, 0, 3], &[] as &[i8]), &Sort::default().axis(1)).unwrap()), [2, 0, 3]);
}
