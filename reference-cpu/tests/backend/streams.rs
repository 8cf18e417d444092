use crate::{array, kind, shape, values, vector};
use array_protocol::options::{Fft, Key, Norm, Random};
use array_protocol::{Backend, DType, Device, ErrorKind, FftOp, HostArray, RandomOp};
use half::f16;
use num_complex::Complex;
use reference_cpu::Cpu;

#[test]
fn transforms_match_their_definition() {
    let b = Cpu::new();
    for n in [1usize, 2, 3, 8, 17, 60] {
        let x: Vec<Complex<f64>> = (0..n).map(|i| Complex::new((i * i % 7) as f64, (i % 3) as f64)).collect();
        let real: Vec<f64> = x.iter().map(|z| z.re).collect();
        let term = |z: Complex<f64>, j: usize, k: usize| {
            z * Complex::from_polar(1.0, -2.0 * std::f64::consts::PI * ((j * k) % n) as f64 / n as f64)
        };
        let got = values::<Complex<f64>>(b.fft(FftOp::Fft, &vector(&x), &Fft::default()));
        let half = values::<Complex<f64>>(b.fft(FftOp::Rfft, &vector(&real), &Fft::default().norm(Norm::Forward)));
        assert_eq!((got.len(), half.len()), (n, n / 2 + 1));
        for k in 0..n {
            let want: Complex<f64> = (0..n).map(|j| term(x[j], j, k)).sum();
            assert!((got[k] - want).norm() < 1e-12);
            if k <= n / 2 {
                let want: Complex<f64> = (0..n).map(|j| term(real[j].into(), j, k)).sum();
                assert!((half[k] - want / n as f64).norm() < 1e-12);
            }
        }
    }
}

#[test]
fn transforms_cut_and_pad_along_any_axis() {
    let b = Cpu::new();
    let x = array([3, 2], &[1f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let got = b.fft(FftOp::Rfft, &x, &Fft::default().axis(0).n(4u64)).unwrap();
    assert_eq!(shape(&got), [3, 2]);
    assert_eq!(values::<Complex<f32>>(Ok(got))[..2], [Complex::new(9.0, 0.0), Complex::new(12.0, 0.0)]);
    let cut = b.fft(FftOp::Rfft, &x, &Fft::default().axis(0).n(1u64));
    assert_eq!(values::<Complex<f32>>(cut), [Complex::new(1.0, 0.0), Complex::new(2.0, 0.0)]);
    assert_eq!(kind(b.fft(FftOp::Fft, &x, &Fft::default())), ErrorKind::Dtype);
    assert_eq!(kind(b.fft(FftOp::Rfft, &x, &Fft::default().n(0u64))), ErrorKind::Value);
    assert_eq!(kind(b.fft(FftOp::Rfft, &x, &Fft::default().axis(2))), ErrorKind::Axis);
    assert_eq!(kind(b.fft(FftOp::Rfft, &x, &Fft::default().n(1u64 << 45))), ErrorKind::OutOfMemory);
    assert_eq!(kind(b.fft(FftOp::Rfft, &array([0], &[] as &[f64]), &Fft::default())), ErrorKind::Value);
}

#[test]
fn random_numbers_are_a_function_of_the_key() {
    let b = Cpu::new();
    let draw = |n: usize, dtype: DType| b.random(RandomOp::Uniform, &Key([0, 0]), &Random::default().shape([n]).dtype(dtype));
    // The first block for key 0 is 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
    let f = values::<f32>(draw(5, DType::Float32));
    assert_eq!(f[..2], [(0x6627_e8d5u32 >> 8) as f32 / 16_777_216.0, (0xe169_c58du32 >> 8) as f32 / 16_777_216.0]);
    let d = values::<f64>(draw(3, DType::Float64));
    assert_eq!(d[0], (0xe169_c58d_6627_e8d5u64 >> 11) as f64 / 9_007_199_254_740_992.0);
    let long = values::<f64>(draw(100_001, DType::Float64));
    assert!(long[..3] == d[..] && long.iter().all(|v| (0.0..1.0).contains(v)));
    assert_eq!(kind(draw(1, DType::Int32)), ErrorKind::Dtype);
    assert_eq!(kind(draw(1 << 45, DType::Float64)), ErrorKind::OutOfMemory);
}

#[test]
fn arrays_go_in_and_out() {
    let b = Cpu::new();
    let nan = f64::from_bits(0x7ff8_dead_beef_0001);
    let x = HostArray::from_slice([2, 1], &[nan, -0.0]).unwrap();
    let there = b.upload(&x, Some(Device::CPU)).unwrap();
    assert_eq!(b.download(&b.to_device(&there, &Device::CPU).unwrap()).unwrap(), x);
    assert_eq!(kind(b.upload(&x, Some(Device::cuda(0)))), ErrorKind::Device);
    assert_eq!(kind(b.to_device(&there, &Device { kind: 1, index: 1 })), ErrorKind::Device);
    assert_eq!(kind(b.upload(&HostArray::scalar(f16::ONE), None)), ErrorKind::Unsupported);
}

#[test]
fn dlpack_carries_any_strides() {
    let b = Cpu::new();
    let x = array([2, 3], &[1i16, 2, 3, 4, 5, 6]);
    let back = b.flip(&b.permute_dims(&x, &[1, 0].as_slice().into()).unwrap(), &None).unwrap();
    let tensor = b.to_dlpack(&back).unwrap();
    assert_eq!((tensor.shape().to_vec(), tensor.strides().to_vec()), (vec![3, 2], vec![-1, -3]));
    drop((x, back));
    assert_eq!(values::<i16>(b.from_dlpack(tensor)), [6, 3, 5, 2, 4, 1]);
    let wide = b.broadcast_to(&vector(&[true]), &[2, 2].into()).unwrap();
    assert_eq!(values::<bool>(b.through_dlpack(&wide)), [true; 4]);
    let none = b.getitem(&vector(&[1f64, 2.0]), &array_protocol::idx![2..]).unwrap();
    assert_eq!(shape(&b.through_dlpack(&none).unwrap()), [0]);
}
