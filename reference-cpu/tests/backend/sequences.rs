//! Numbers that are a function of their position: random ones and evenly spaced ones, the same on all paths and in all sizes.
use crate::{kind, values};
use array_protocol::options::{Arange, Key, Linspace, Random};
use array_protocol::{Backend, DType, ErrorKind, RandomOp, Scalar, Shape};
use num_complex::Complex;
use reference_cpu::{Cpu, Simd};

/// Block `number` of Philox4x32-10, word by word.
fn block(key: [u32; 2], number: u64) -> [u32; 4] {
    let (mut c, mut k) = ([number as u32, (number >> 32) as u32, 0, 0], key);
    for _ in 0..10 {
        let (p, q) = (u64::from(c[0]) * 0xD251_1F53, u64::from(c[2]) * 0xCD9E_8D57);
        c = [(q >> 32) as u32 ^ c[1] ^ k[0], q as u32, (p >> 32) as u32 ^ c[3] ^ k[1], p as u32];
        k = [k[0].wrapping_add(0x9E37_79B9), k[1].wrapping_add(0xBB67_AE85)];
    }
    c
}

/// The vectors that Random123 publishes for Philox4x32-10 and a counter of two words.
#[test]
fn known_answers() {
    assert_eq!(block([0, 0], 0), [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]);
}

#[test]
fn uniform_is_the_stream_at_any_size() {
    let key = [0x1234_5678, 0xFFFF_FFFE];
    for b in Simd::available().into_iter().map(Cpu::with) {
        for n in [0, 1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 65, 66, 67, 1023, 1024, 1025, 70_003] {
            let how = |dtype: DType| Random::default().shape(Shape::from([n])).dtype(dtype);
            let random = |dtype: DType| b.random(RandomOp::Uniform, &Key(key), &how(dtype));
            let single = |j: usize| (block(key, j as u64 / 4)[j % 4] >> 8) as f32 * 2f32.powi(-24);
            let double = |j: usize| {
                let [a, b, c, d] = block(key, j as u64 / 2).map(u64::from);
                let word = if j.is_multiple_of(2) { b << 32 | a } else { d << 32 | c };
                (word >> 11) as f64 * 2f64.powi(-53)
            };
            assert_eq!(values::<f32>(random(DType::Float32)), (0..n).map(single).collect::<Vec<_>>());
            assert_eq!(values::<f64>(random(DType::Float64)), (0..n).map(double).collect::<Vec<_>>());
        }
    }
}

#[test]
fn integers_are_exact() {
    for b in Simd::available().into_iter().map(Cpu::with) {
        let range = |start: Scalar, stop: Scalar, step: i64, dtype: DType| {
            b.arange(&Arange::default().start(start).stop(stop).step(Scalar::Int(step)).dtype(dtype))
        };
        let up = range(Scalar::Int(i64::MAX - 70_000), Scalar::Int(i64::MAX), 1, DType::Int64);
        assert_eq!(values::<i64>(up), (i64::MAX - 70_000..i64::MAX).collect::<Vec<_>>());
        let whole = range(Scalar::Int(i64::MIN), Scalar::Int(i64::MAX), i64::MAX, DType::Int64);
        assert_eq!(values::<i64>(whole), [i64::MIN, -1, i64::MAX - 1]);
        let large = range(Scalar::UInt(u64::MAX), Scalar::UInt(u64::MAX - 5000), -7, DType::UInt64);
        assert_eq!(values::<u64>(large), (0..715).map(|i| u64::MAX - 7 * i).collect::<Vec<_>>());
        // Rounded once, from the exact integer.
        let big = (1i64 << 53) + 1;
        let rounded = range(Scalar::Int(big), Scalar::Int(big + 3000), 3, DType::Float64);
        assert_eq!(values::<f64>(rounded), (0..1000).map(|i| (big + 3 * i) as f64).collect::<Vec<_>>());
        let beyond = range(Scalar::UInt(u64::MAX - 2000), Scalar::UInt(u64::MAX), 1, DType::Float32);
        assert_eq!(values::<f32>(beyond), (0..2000).map(|i| (u64::MAX - 2000 + i) as f32).collect::<Vec<_>>());
        assert_eq!(kind(range(Scalar::Int(0), Scalar::Int(129), 1, DType::Int8)), ErrorKind::Value);
        assert_eq!(kind(range(Scalar::Int(-1), Scalar::Int(4), 1, DType::UInt16)), ErrorKind::Value);
    }
}

#[test]
fn lines_are_the_same_on_all_paths() {
    let ends = [(0.0, 1.0), (-3.7, 1e3), (1e308, -1e308), (5e-324, 1e-310), (2.5, 2.5), (f64::NEG_INFINITY, 1.0)];
    for (start, stop) in ends {
        for (num, endpoint) in [(1u64, true), (1, false), (2, true), (1000, true), (70_001, true), (70_001, false)] {
            let how = Linspace::default().num(num).endpoint(endpoint);
            let real = how.clone().start(Scalar::Float(start)).stop(Scalar::Float(stop));
            let bits = |b: &Cpu| values::<f64>(b.linspace(&real)).into_iter().map(f64::to_bits).collect::<Vec<_>>();
            let base = bits(&Cpu::with(Simd::baseline()));
            for simd in Simd::available() {
                assert!(bits(&Cpu::with(simd)) == base, "{start} to {stop} by {num} with {}", simd.name());
            }
            assert_eq!(f64::from_bits(base[0]), start);
            if endpoint && num > 1 {
                assert_eq!(f64::from_bits(base[num as usize - 1]), stop);
            }
        }
    }
    let b = Cpu::new();
    let how = Linspace::default().num(5u64).start(Scalar::Float(1.0)).stop(Scalar::Complex(3.0, 4.0));
    let expected: Vec<Complex<f64>> = (0..5).map(|i| Complex::new(1.0 + 0.5 * f64::from(i), f64::from(i))).collect();
    assert_eq!(values::<Complex<f64>>(b.linspace(&how)), expected);
}
