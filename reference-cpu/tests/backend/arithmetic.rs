use crate::{Arg, array, kind, shape, values, vector};
use array_protocol::{Backend, BinaryOp, DType, ErrorKind, Operand, Scalar, Shape, UnaryOp};
use num_complex::Complex;
use reference_cpu::{Cpu, CpuArray};

fn binary(op: BinaryOp, x: &CpuArray, y: &CpuArray) -> Result<CpuArray, array_protocol::Error> {
    Cpu::new().binary(op, Operand::Array(x), Operand::Array(y))
}
fn with(op: BinaryOp, x: &CpuArray, s: impl Into<Scalar>) -> Result<CpuArray, array_protocol::Error> {
    Cpu::new().binary(op, Operand::Array(x), Operand::Scalar(s.into()))
}

#[test]
fn integers_wrap() {
    assert_eq!(values::<i8>(with(BinaryOp::Add, &vector(&[127i8, -128]), 1)), [-128, -127]);
    assert_eq!(values::<u8>(Cpu::new().unary(UnaryOp::Negative, &vector(&[1u8, 0]))), [255, 0]);
    assert_eq!(values::<i64>(Cpu::new().unary(UnaryOp::Abs, &vector(&[i64::MIN]))), [i64::MIN]);
    assert_eq!(values::<i32>(with(BinaryOp::Pow, &vector(&[3i32, -2, 0]), 40)), [3i32.wrapping_pow(40), 0, 0]);
    assert_eq!(values::<i8>(binary(BinaryOp::FloorDivide, &vector(&[-128i8, -7, 7, 5]), &vector(&[-1i8, 2, -2, 0]))), [-128, -4, -4, 0]);
    assert_eq!(values::<i8>(binary(BinaryOp::Remainder, &vector(&[-128i8, -7, 7, 5]), &vector(&[-1i8, 2, -2, 0]))), [0, 1, -1, 0]);
    assert_eq!(
        values::<i16>(binary(BinaryOp::BitwiseLeftShift, &vector(&[1i16, 3, -1, 1]), &vector(&[15i16, 1, 16, 300]))),
        [-32768, 6, 0, 0]
    );
}

#[test]
fn what_integers_do_not_have_is_an_error() {
    let x = vector(&[1i32, 2]);
    assert_eq!(kind(with(BinaryOp::Pow, &x, -1)), ErrorKind::Value);
    assert_eq!(kind(with(BinaryOp::BitwiseLeftShift, &x, -1)), ErrorKind::Value);
    assert_eq!(kind(with(BinaryOp::Divide, &x, 1)), ErrorKind::Dtype);
    assert_eq!(kind(with(BinaryOp::Add, &x, 0.5)), ErrorKind::Dtype);
    assert_eq!(kind(with(BinaryOp::Add, &x, i64::MAX)), ErrorKind::Value);
    assert_eq!(kind(Cpu::new().unary(UnaryOp::Sqrt, &x)), ErrorKind::Dtype);
    assert_eq!(kind(binary(BinaryOp::Add, &x, &vector(&[1f32, 2.0]))), ErrorKind::Dtype);
    assert_eq!(kind(binary(BinaryOp::Add, &x, &vector(&[1i32, 2, 3]))), ErrorKind::Shape);
    // Nothing is raised to the power of -1 where there is nothing.
    assert!(binary(BinaryOp::Pow, &array([0], &[] as &[i32]), &vector(&[-1i32])).is_ok());
}

#[test]
fn dtypes_promote_and_scalars_are_weak() {
    assert_eq!(values::<i16>(binary(BinaryOp::Add, &vector(&[-1i8]), &vector(&[255u8]))), [254]);
    assert_eq!(
        values::<Complex<f64>>(binary(BinaryOp::Multiply, &vector(&[2f64]), &vector(&[Complex::new(0f32, 1.0)]))),
        [Complex::new(0.0, 2.0)]
    );
    assert_eq!(values::<f32>(with(BinaryOp::Multiply, &vector(&[1f32]), 0.1)), [0.1f32]);
    assert_eq!(values::<bool>(with(BinaryOp::Less, &vector(&[1u64, u64::MAX]), 2)), [true, false]);
    assert_eq!(kind(binary(BinaryOp::Add, &vector(&[1i8]), &vector(&[1u64]))), ErrorKind::Dtype);
    let left = Cpu::new().binary(BinaryOp::Subtract, Operand::Scalar(Scalar::Int(1)), Operand::Array(&vector(&[3u8])));
    assert_eq!(values::<u8>(left), [254]);
    assert_eq!(kind(Cpu::new().binary(BinaryOp::Add, Operand::Scalar(1.into()), Operand::Scalar(1.into()))), ErrorKind::Dtype);
}

#[test]
fn floats_keep_their_special_values() {
    let inf = f64::INFINITY;
    let m = values::<f64>(binary(BinaryOp::Maximum, &vector(&[1.0, f64::NAN, 2.0]), &vector(&[f64::NAN, 1.0, 3.0])));
    assert!(m[0].is_nan() && m[1].is_nan() && m[2] == 3.0);
    assert_eq!(values::<f64>(binary(BinaryOp::Hypot, &vector(&[inf, 3.0, 1e300]), &vector(&[f64::NAN, 4.0, 1e300])))[..2], [inf, 5.0]);
    let signalling = f64::from_bits(0x7ff0_0000_0000_0001);
    assert_eq!(values::<f64>(binary(BinaryOp::Hypot, &vector(&[signalling]), &vector(&[-inf]))), [inf]);
    assert_eq!(values::<f64>(binary(BinaryOp::Pow, &vector(&[signalling, 1.0]), &vector(&[-0.0, signalling]))), [1.0, 1.0]);
    assert_eq!(values::<f64>(Cpu::new().unary(UnaryOp::Round, &vector(&[0.5, 1.5, 2.5, -0.5]))), [0.0, 2.0, 2.0, -0.0]);
    assert_eq!(values::<f32>(Cpu::new().unary(UnaryOp::Sign, &vector(&[-0.0f32, -1e-45, 3.0]))), [0.0, -1.0, 1.0]);
}

#[test]
fn the_floor_is_that_of_the_exact_quotient() {
    let inf = f64::INFINITY;
    let cases = [
        // 0.1 is a little more than a tenth.
        (1.0, 0.1, 9.0),
        (-1.0, 0.1, -10.0),
        (6.0, 0.1, 59.0),
        (-6.0, 2.0, -3.0),
        (f64::MIN_POSITIVE, f64::MAX, 0.0),
        (-f64::MIN_POSITIVE, f64::MAX, -1.0),
        (f64::MAX, 5e-324, inf),
        (1e300, 1.0, 1e300),
        (-1e300, 1e-5, -1e300 / 1e-5),
        (-0.0, 5.0, -0.0),
        (-3.0, inf, -0.0),
        (3.0, inf, 0.0),
        (inf, -2.0, -inf),
        (1.0, -0.0, -inf),
        // The quotient is just above the middle between two floats, its floor is the middle: ties go to the even one.
        (27021597764222980.0, 3.0, 9007199254740992.0),
    ];
    let (x, y): (Vec<f64>, Vec<f64>) = cases.iter().map(|c| (c.0, c.1)).unzip();
    let got = values::<f64>(binary(BinaryOp::FloorDivide, &vector(&x), &vector(&y)));
    for (c, got) in cases.iter().zip(got) {
        assert_eq!(got.to_bits(), c.2.to_bits(), "{} // {} gives {got}", c.0, c.1);
    }
    assert_eq!(values::<f32>(binary(BinaryOp::FloorDivide, &vector(&[1f32, 6.0]), &vector(&[0.1f32, 0.1]))), [9.0, 59.0]);
}

#[test]
fn the_remainder_has_the_sign_of_the_divisor() {
    let inf = f64::INFINITY;
    let got = values::<f64>(binary(BinaryOp::Remainder, &vector(&[-1.0, 5.5, 3.0, -0.0, 6.0]), &vector(&[3.0, -2.0, -inf, inf, -3.0])));
    assert_eq!(got.iter().map(|v| v.to_bits()).collect::<Vec<_>>(), [2.0, -0.5, -inf, 0.0, -0.0].map(f64::to_bits));
    assert!(values::<f64>(binary(BinaryOp::Remainder, &vector(&[1.0, inf]), &vector(&[0.0, 1.0]))).iter().all(|v| v.is_nan()));
}

#[test]
fn complex_functions_do_not_overflow_or_cancel() {
    let unary = |op, z: Complex<f64>| values::<Complex<f64>>(Cpu::new().unary(op, &vector(&[z])))[0];
    let close = |a: Complex<f64>, b: Complex<f64>| assert!((a - b).norm() <= 4.0 * f64::EPSILON * b.norm(), "{a} instead of {b}");
    close(unary(UnaryOp::Sqrt, Complex::new(-3e307, 4e307)), Complex::new(1e153f64 * 10f64.sqrt(), 2e153 * 10f64.sqrt()));
    close(unary(UnaryOp::Log, Complex::new(1.0, 1e-20)), Complex::new(5e-41, 1e-20));
    close(unary(UnaryOp::Log1p, Complex::new(1e-20, 1e-20)), Complex::new(1e-20, 1e-20));
    close(unary(UnaryOp::Expm1, Complex::new(1e-20, -1e-20)), Complex::new(1e-20, -1e-20));
    close(unary(UnaryOp::Tanh, Complex::new(800.0, 1.0)), Complex::new(1.0, 0.0));
    close(unary(UnaryOp::Sign, Complex::new(3e-320, -4e-320)), Complex::new(0.6, -0.8));
    let big = Complex::new(1e308, 1e308);
    let quotient = values::<Complex<f64>>(binary(BinaryOp::Divide, &vector(&[big]), &vector(&[big])));
    close(quotient[0], Complex::new(1.0, 0.0));
    let i = vector(&[Complex::new(0.0f64, 1.0)]);
    close(values::<Complex<f64>>(binary(BinaryOp::Pow, &i, &i))[0], Complex::new((-std::f64::consts::FRAC_PI_2).exp(), 0.0));
}

#[test]
fn operands_of_any_layout_broadcast() {
    let b = Cpu::new();
    let x = array([2, 3], &[1i32, 2, 3, 4, 5, 6]);
    let turned = b.permute_dims(&x, &[1, 0].as_slice().into()).unwrap();
    let column = array([3, 1], &[10i32, 20, 30]);
    let sum = binary(BinaryOp::Add, &turned, &column).unwrap();
    assert_eq!(shape(&sum), [3, 2]);
    assert_eq!(values::<i32>(Ok(sum)), [11, 14, 22, 25, 33, 36]);
    let backwards = b.flip(&x, &None).unwrap();
    assert_eq!(values::<i32>(binary(BinaryOp::Subtract, &backwards, &vector(&[1i32, 2, 3]))), [5, 3, 1, 2, 0, -2]);
    let one = b.reshape(&vector(&[7i32]), &Shape::scalar()).unwrap();
    assert_eq!(shape(&binary(BinaryOp::Add, &one, &one).unwrap()), [0usize; 0]);
    assert_eq!(shape(&binary(BinaryOp::Add, &array([0, 1], &[] as &[i32]), &array([1, 4], &[1i32; 4])).unwrap()), [0, 4]);
}

#[test]
fn long_operands_give_what_short_ones_give() {
    let n = 200_003;
    let x: Vec<f32> = (0..n).map(|i| i as f32).collect();
    let row = array([1, n], &x);
    let sum = binary(BinaryOp::Add, &row, &array([2, 1], &[1f32, 2.0]));
    let got = values::<f32>(sum);
    assert!((0..2 * n).all(|i| got[i] == x[i % n] + 1.0 + (i / n) as f32));
}

#[test]
fn assignment_changes_one_handle() {
    let b = Cpu::new();
    let mut x = vector(&[1f64, 2.0]);
    let before = x.clone();
    b.binary_assign(BinaryOp::Add, &mut x, Arg::Scalar(1.into())).unwrap();
    b.unary_assign(UnaryOp::Negative, &mut x).unwrap();
    assert_eq!((values::<f64>(Ok(x.clone())), values::<f64>(Ok(before.clone()))), (vec![-2.0, -3.0], vec![1.0, 2.0]));
    drop(before);
    // On an error the handle keeps its value, on a comparison it changes its dtype, beside a longer operand its shape.
    assert_eq!(kind(b.binary_assign(BinaryOp::Add, &mut x, Arg::Array(&vector(&[1f64, 2.0, 3.0])))), ErrorKind::Shape);
    assert_eq!(values::<f64>(Ok(x.clone())), [-2.0, -3.0]);
    let copy = x.clone();
    b.binary_assign(BinaryOp::Multiply, &mut x, Arg::Array(&copy)).unwrap();
    assert_eq!(values::<f64>(Ok(x.clone())), [4.0, 9.0]);
    b.binary_assign(BinaryOp::Less, &mut x, Arg::Scalar(5.0.into())).unwrap();
    assert_eq!((b.dtype(&x), values::<bool>(Ok(x))), (DType::Bool, vec![true, false]));
    let mut one = vector(&[1i8]);
    b.binary_assign(BinaryOp::Add, &mut one, Arg::Array(&vector(&[1i16, 2]))).unwrap();
    assert_eq!(values::<i16>(Ok(one)), [2, 3]);
}

#[test]
fn elements_are_selected_and_limited() {
    let b = Cpu::new();
    let c = vector(&[true, false]);
    assert_eq!(values::<f32>(b.select(&c, Arg::Scalar(1.5.into()), Arg::Array(&vector(&[f32::NAN, 2.0])))), [1.5, 2.0]);
    assert_eq!(kind(b.select(&vector(&[1i8]), Arg::Scalar(1.into()), Arg::Array(&vector(&[1i8])))), ErrorKind::Dtype);
    let x = vector(&[1f64, 5.0, f64::NAN]);
    let y = values::<f64>(b.clip(&x, Some(Arg::Scalar(2.into())), Some(Arg::Scalar(3.into()))));
    assert!(y[..2] == [2.0, 3.0] && y[2].is_nan());
    assert!(values::<f64>(b.clip(&x, Some(Arg::Scalar(f64::NAN.into())), None)).iter().all(|v| v.is_nan()));
    assert_eq!(values::<i32>(b.clip(&vector(&[-5i32, 5]), None, Some(Arg::Array(&vector(&[0i32]))))), [-5, 0]);
}

#[test]
fn casts_follow_the_kinds() {
    let b = Cpu::new();
    assert_eq!(values::<i8>(b.astype(&vector(&[300i64, -129]), &DType::Int8)), [44, 127]);
    assert_eq!(values::<i32>(b.astype(&vector(&[-1.9f64, 1.9]), &DType::Int32)), [-1, 1]);
    assert_eq!(values::<bool>(b.astype(&vector(&[0.0f32, -0.0, f32::NAN]), &DType::Bool)), [false, false, true]);
    assert_eq!(values::<Complex<f32>>(b.astype(&vector(&[true]), &DType::Complex64)), [Complex::new(1.0, 0.0)]);
    assert_eq!(kind(b.astype(&vector(&[Complex::new(1f64, 0.0)]), &DType::Float64)), ErrorKind::Dtype);
    assert_eq!(kind(b.astype(&vector(&[Complex::new(1f32, 0.0)]), &DType::Bool)), ErrorKind::Dtype);
    assert_eq!(kind(b.astype(&vector(&[1f32]), &DType::Float16)), ErrorKind::Unsupported);
}
