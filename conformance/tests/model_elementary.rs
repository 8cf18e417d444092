//! The model's real functions against CORE-MATH, which rounds correctly: with a limit of 0 the model allows the nearest number alone.
use array_protocol::{BinaryOp, Call, DType, HostArray, Operand, UnaryOp};
use conformance::model::{Allowed, Elements, Expect, Limits, Model};

/// splitmix64
struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In [-1, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// Numbers of every magnitude, of moderate size, close to 1 and to multiples of pi/2, next to overflow and underflow.
fn inputs(n: usize, seed: u64) -> Vec<f64> {
    let mut r = Rng(seed);
    let mut out = vec![
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        2.0,
        3.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        -f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        -5e-324,
        1e22,
        1e300,
        709.782712893384,
        709.7827128933841,
        -745.1332191019411,
        -745.1332191019412,
        -708.4,
        -740.0,
        0.34,
        0.4054651081081644,
        f64::from_bits(0x7506_ac5b_262c_a1ff),
        f64::from_bits(0x4002_1fb5_4442_d18b),
        1e-160,
        -1e-160,
        1e-8,
        -36.7,
        40.0,
        41.0,
        -40.1,
    ];
    for i in 0..n {
        let u = r.unit();
        out.push(match i % 8 {
            0 | 1 => f64::from_bits(r.next()),
            2 => u * 10.0,
            3 => u * 800.0,
            4 => 1.0 + u * 2f64.powi(-((r.next() % 52) as i32)),
            5 => ((r.next() % 1_000_000) as f64 * std::f64::consts::FRAC_PI_2) * (1.0 + u * 1e-15),
            6 => u * 2f64.powi(-((r.next() % 1074) as i32)),
            _ => (u * 37.0 - 708.4) * if r.next() & 1 == 0 { 1.0 } else { -1.0 },
        });
    }
    out.retain(|x| !x.is_nan());
    out
}

fn sets(call: &Call<&HostArray>) -> Vec<Allowed> {
    match Model::new(Limits::default()).expect(call) {
        Some(Expect::Returns(mut out)) => match out.remove(0).elements {
            Elements::Each(v) => v,
            _ => panic!("{}: one set per element is expected", call.op()),
        },
        _ => panic!("{}: not modelled", call.op()),
    }
}

fn judge(what: &str, inputs: &str, set: &Allowed, exact: u64, nan: bool) {
    let right = if nan { *set == Allowed::Nan } else { *set == Allowed::Bits(exact) };
    assert!(right, "{what}({inputs}): the model says {set:x?}, CORE-MATH {exact:x}");
}

type Unary64 = fn(f64) -> f64;
type Unary32 = fn(f32) -> f32;

#[test]
fn unary_functions_round_correctly() {
    let functions: [(UnaryOp, Unary64, Unary32); 7] = [
        (UnaryOp::Exp, core_math::exp, core_math::expf),
        (UnaryOp::Expm1, core_math::expm1, core_math::expm1f),
        (UnaryOp::Log, core_math::log, core_math::logf),
        (UnaryOp::Log1p, core_math::log1p, core_math::log1pf),
        (UnaryOp::Sin, core_math::sin, core_math::sinf),
        (UnaryOp::Cos, core_math::cos, core_math::cosf),
        (UnaryOp::Tanh, core_math::tanh, core_math::tanhf),
    ];
    let wide = inputs(40_000, 1);
    let narrow: Vec<f32> = wide.iter().map(|&x| x as f32).collect();
    let x64 = HostArray::from_slice([wide.len()], &wide).unwrap();
    let x32 = HostArray::from_slice([narrow.len()], &narrow).unwrap();
    for (op, f64s, f32s) in functions {
        for (x, set) in wide.iter().zip(sets(&Call::Unary { op, x: &x64 })) {
            let y = f64s(*x);
            judge(op.name(), &format!("{x:e}"), &set, y.to_bits(), y.is_nan());
        }
        for (x, set) in narrow.iter().zip(sets(&Call::Unary { op, x: &x32 })) {
            let y = f32s(*x);
            judge(op.name(), &format!("{x:e}"), &set, y.to_bits().into(), y.is_nan());
        }
    }
}

/// Pairs for `pow`: results between underflow and overflow, and next to them.
fn powers(n: usize) -> Vec<(f64, f64)> {
    let mut r = Rng(3);
    (0..n)
        .map(|i| {
            let x = match i % 4 {
                0 => f64::from_bits(r.next() >> 1),
                1 => 1.0 + r.unit() * 2f64.powi(-((r.next() % 50) as i32)),
                _ => r.unit().abs() * 100.0,
            };
            let y = match i % 5 {
                0 => (r.next() % 41) as f64 - 20.0,
                1 => f64::from_bits(r.next()),
                2 => 709.78 / x.ln() * (1.0 + r.unit() * 1e-6),
                3 => -720.0 / x.ln() * (1.0 + r.unit() * 0.03),
                _ => r.unit() * 30.0,
            };
            (if i % 3 == 0 && y == y.trunc() { -x } else { x }, y)
        })
        .filter(|(x, y)| !x.is_nan() && !y.is_nan())
        .collect()
}

#[test]
fn binary_functions_round_correctly() {
    type Binary64 = fn(f64, f64) -> f64;
    type Binary32 = fn(f32, f32) -> f32;
    let functions: [(BinaryOp, Binary64, Binary32); 3] = [
        (BinaryOp::Atan2, core_math::atan2, core_math::atan2f),
        (BinaryOp::Hypot, core_math::hypot, core_math::hypotf),
        (BinaryOp::Pow, core_math::pow, core_math::powf),
    ];
    let (a, b) = (inputs(30_000, 5), inputs(30_000, 7));
    let mut pairs: Vec<(f64, f64)> = a.iter().copied().zip(b.iter().copied()).collect();
    // Every special value beside every other, and numbers of similar size.
    pairs.extend(a[..34].iter().flat_map(|&x| b[..34].iter().map(move |&y| (x, y))));
    pairs.extend(a.iter().zip(&b).map(|(&x, &y)| (x, x * (1.0 + (y % 1.0)))));
    pairs.extend(powers(30_000));
    // Roots of the largest number lie 2^-109 of themselves beside the middle of two float64: no double-double can tell.
    pairs.retain(|(x, y)| !(x.is_nan() || y.is_nan() || x.abs() == f64::MAX && y.abs() == 0.5));
    for (op, f64s, f32s) in functions {
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let (hx, hy) = (HostArray::from_slice([x.len()], &x).unwrap(), HostArray::from_slice([y.len()], &y).unwrap());
        for (i, set) in sets(&Call::Binary { op, x1: Operand::Array(&hx), x2: Operand::Array(&hy) }).iter().enumerate() {
            let exact = f64s(x[i], y[i]);
            judge(op.name(), &format!("{:e}, {:e}", x[i], y[i]), set, exact.to_bits(), exact.is_nan());
        }
        let (x, y): (Vec<f32>, Vec<f32>) = pairs.iter().map(|&(x, y)| (x as f32, y as f32)).unzip();
        let (hx, hy) = (HostArray::from_slice([x.len()], &x).unwrap(), HostArray::from_slice([y.len()], &y).unwrap());
        assert_eq!(hx.dtype(), DType::Float32);
        for (i, set) in sets(&Call::Binary { op, x1: Operand::Array(&hx), x2: Operand::Array(&hy) }).iter().enumerate() {
            let exact = f32s(x[i], y[i]);
            judge(op.name(), &format!("{:e}, {:e}", x[i], y[i]), set, exact.to_bits().into(), exact.is_nan());
        }
    }
}
