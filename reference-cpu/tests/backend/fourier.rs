//! Fourier transforms along any axis of any layout, against the plain sum; lines that lie across the memory, against lines along it.
use crate::array;
use array_protocol::options::{AxisList, Fft, Norm};
use array_protocol::{Backend, DType, FftOp, Index, Shape};
use num_complex::Complex;
use reference_cpu::{Cpu, CpuArray};

type C = Complex<f64>;

/// The elements as complex numbers in double precision.
fn down(b: &Cpu, x: &CpuArray) -> Vec<C> {
    let x = b.download(x).unwrap();
    let single = |v: &[Complex<f32>]| v.iter().map(|z| C::new(z.re.into(), z.im.into())).collect();
    match x.dtype() {
        DType::Complex128 => x.view::<C>().unwrap().to_vec(),
        DType::Complex64 => single(x.view().unwrap()),
        DType::Float64 => x.view::<f64>().unwrap().iter().map(|&v| v.into()).collect(),
        _ => x.view::<f32>().unwrap().iter().map(|&v| f64::from(v).into()).collect(),
    }
}

fn noise(i: usize) -> f64 {
    let z = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((z >> 40) as f64 / (1 << 24) as f64 - 0.5) * 20.0
}

/// An array of noise.
fn noisy(dtype: DType, shape: &[usize]) -> CpuArray {
    let n: usize = shape.iter().product();
    let double: Vec<C> = (0..n).map(|i| C::new(noise(2 * i), noise(2 * i + 1))).collect();
    match dtype {
        DType::Complex128 => array(shape, &double),
        DType::Complex64 => array(shape, &double.iter().map(|z| Complex::new(z.re as f32, z.im as f32)).collect::<Vec<_>>()),
        DType::Float64 => array(shape, &double.iter().map(|z| z.re).collect::<Vec<_>>()),
        _ => array(shape, &double.iter().map(|z| z.re as f32).collect::<Vec<_>>()),
    }
}

fn op(dtype: DType) -> FftOp {
    if dtype.is_complex() { FftOp::Fft } else { FftOp::Rfft }
}

const DTYPES: [DType; 4] = [DType::Complex64, DType::Complex128, DType::Float32, DType::Float64];

/// Every element within the manifest's bound of the sum that defines it.
fn check(b: &Cpu, x: &CpuArray, axis: usize, n: Option<u64>, norm: Norm) {
    let (shape, dtype) = (b.shape(x).to_vec(), b.dtype(x));
    let how = Fft::default().axis(axis as i64).norm(norm);
    let how = match n {
        Some(n) => how.n(n),
        None => how,
    };
    let out = b.fft(op(dtype), x, &how).unwrap();
    let n = n.map_or(shape[axis], |n| n as usize);
    let m = if dtype.is_complex() { n } else { n / 2 + 1 };
    let (outer, len, inner) = (shape[..axis].iter().product::<usize>(), shape[axis], shape[axis + 1..].iter().product::<usize>());
    let mut expected = shape;
    expected[axis] = m;
    assert_eq!(b.shape(&out).to_vec(), expected);
    let (x, out) = (down(b, x), down(b, &out));
    let scale = match norm {
        Norm::Backward => 1.0,
        Norm::Ortho => 1.0 / (n as f64).sqrt(),
        Norm::Forward => 1.0 / n as f64,
    };
    let roundoff = if matches!(dtype, DType::Complex64 | DType::Float32) { 2f64.powi(-24) } else { 2f64.powi(-53) };
    for o in 0..outer {
        for i in 0..inner {
            let line: Vec<C> = (0..n).map(|j| if j < len { x[(o * len + j) * inner + i] } else { C::default() }).collect();
            let length = line.iter().map(|z| z.norm_sqr()).sum::<f64>().sqrt();
            let bound = 8.0 * (1.0 + (n as f64).log2()) * roundoff * length * scale;
            for k in 0..m {
                let turn = |j: usize| C::from_polar(1.0, -std::f64::consts::TAU * (j * k % n) as f64 / n as f64);
                let sum: C = line.iter().enumerate().map(|(j, &z)| z * turn(j)).sum();
                let got = out[(o * m + k) * inner + i];
                assert!((got - sum * scale).norm() <= bound, "{dtype} n {n} axis {axis}: element {k} is {got}, not {}", sum * scale);
            }
        }
    }
}

#[test]
fn any_axis_of_any_layout() {
    let b = Cpu::new();
    for dtype in DTYPES {
        for n in [1, 2, 3, 8, 17, 30] {
            for axis in 0..3 {
                let mut shape = vec![3, 4, 19];
                shape[axis] = n;
                let mut turned = shape.clone();
                turned.rotate_left(1);
                let turn: AxisList = [2, 0, 1].into_iter().collect();
                let wide: Vec<usize> = shape.iter().map(|n| 2 * n).collect();
                let mut one = shape.clone();
                one[(axis + 1) % 3] = 1;
                let arrays = [
                    noisy(dtype, &shape),
                    b.permute_dims(&noisy(dtype, &turned), &turn).unwrap(),
                    b.getitem(&noisy(dtype, &wide), &vec![Index::all().step(-2); 3]).unwrap(),
                    b.broadcast_to(&noisy(dtype, &one), &Shape::from(&shape[..])).unwrap(),
                ];
                for x in arrays {
                    check(&b, &x, axis, None, Norm::Backward);
                    check(&b, &x, axis, Some(n as u64 + 5), Norm::Ortho);
                    check(&b, &x, axis, Some(n as u64 / 2 + 1), Norm::Forward);
                }
            }
        }
    }
}

/// Many groups of lines, in bands and in rows, shorter and longer than a group: the same bits as line by line.
#[test]
fn lines_across_the_memory() {
    let b = Cpu::new();
    for dtype in DTYPES {
        for shape in [[1, 2048, 37], [3, 500, 41], [2000, 12, 5], [5, 20_000, 6], [1, 70_000, 1]] {
            let x = noisy(dtype, &shape);
            let swap: AxisList = [0, 2, 1].into_iter().collect();
            let along = b.permute_dims(&x, &swap).unwrap();
            let copy = b.reshape(&b.reshape(&along, &Shape::from([shape.iter().product()])).unwrap(), b.shape(&along)).unwrap();
            let expected = b.permute_dims(&b.fft(op(dtype), &copy, &Fft::default()).unwrap(), &swap).unwrap();
            let expected = down(&b, &expected);
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let got = pool.install(|| b.fft(op(dtype), &x, &Fft::default().axis(1)).unwrap());
                assert!(down(&b, &got) == expected, "{dtype} {shape:?} on {threads} threads");
                let viewed = pool.install(|| b.fft(op(dtype), &along, &Fft::default().axis(-1)).unwrap());
                let viewed = b.permute_dims(&viewed, &swap).unwrap();
                assert!(down(&b, &viewed) == expected, "{dtype} {shape:?} from a view on {threads} threads");
            }
        }
    }
}

/// Other axes may be empty; plans that were dropped are made again.
#[test]
fn empty_and_repeated() {
    let b = Cpu::new();
    let x = noisy(DType::Complex128, &[0, 4]);
    assert_eq!(b.shape(&b.fft(FftOp::Fft, &x, &Fft::default()).unwrap()).to_vec(), [0, 4]);
    let first = noisy(DType::Float64, &[6]);
    let before = down(&b, &b.fft(FftOp::Rfft, &first, &Fft::default()).unwrap());
    for n in [1u64 << 21, (1 << 21) + 1, (1 << 20) + 3, 1 << 21] {
        b.fft(FftOp::Rfft, &first, &Fft::default().n(n)).unwrap();
    }
    assert_eq!(down(&b, &b.fft(FftOp::Rfft, &first, &Fft::default()).unwrap()), before);
}
