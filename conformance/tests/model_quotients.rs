//! Quotients, remainders, casts and products of integers against big integers, which share nothing with the model's way.
use array_protocol::{BinaryOp, Call, DType, HostArray, Operand};
use conformance::model::{Allowed, Elements, Expect, Limits, Model};
use num_bigint::{BigInt, Sign};

struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// `x` in units of `2^-1140`.
fn fixed(x: f64) -> BigInt {
    let bits = x.to_bits();
    let raw = ((bits >> 52) & 0x7ff) as u32;
    let mantissa = (bits & ((1 << 52) - 1)) | if raw == 0 { 0 } else { 1 << 52 };
    let magnitude = BigInt::from(mantissa) << (raw.max(1) - 1 + 1140 - 1074);
    if x.is_sign_negative() { -magnitude } else { magnitude }
}

/// The floor of a quotient of integers.
fn floor(a: &BigInt, b: &BigInt) -> BigInt {
    let (q, r) = (a / b, a % b);
    if r.sign() != Sign::NoSign && r.sign() != b.sign() { q - 1 } else { q }
}

/// Whether `out` is the number of the dtype next to `exact` (in units of `2^-1140`), the even one of two.
fn nearest(exact: &BigInt, out: f64, single: bool) -> bool {
    let largest = if single { f64::from(f32::MAX) } else { f64::MAX };
    let step = |x: f64, up: bool| {
        if single {
            f64::from(if up { (x as f32).next_up() } else { (x as f32).next_down() })
        } else if up {
            x.next_up()
        } else {
            x.next_down()
        }
    };
    // Infinity stands for the first number past the largest.
    let value = |x: f64| {
        if x.is_infinite() { (fixed(largest) + (fixed(largest) - fixed(step(largest, false)))) * x.signum() as i32 } else { fixed(x) }
    };
    let even = |x: f64| if single { (x as f32).to_bits() & 1 == 0 } else { x.to_bits() & 1 == 0 };
    let distance = |x: f64| BigInt::from((exact - value(x)).magnitude().clone());
    let own = distance(out);
    [true, false].into_iter().all(|up| {
        let other = step(out, up);
        if other.abs() == f64::INFINITY && out.abs() == f64::INFINITY {
            return true;
        }
        let there = distance(other);
        own < there || (own == there && even(out))
    })
}

fn results(op: BinaryOp, x: &HostArray, y: &HostArray) -> Vec<Option<f64>> {
    let call = Call::Binary { op, x1: Operand::Array(x), x2: Operand::Array(y) };
    let Some(Expect::Returns(mut out)) = Model::new(Limits::default()).expect(&call) else { panic!("{op:?}: not modelled") };
    match out.remove(0).elements {
        Elements::Bits(a) => match (a.view::<f64>(), a.view::<f32>()) {
            (Some(v), _) => v.iter().map(|&x| Some(x)).collect(),
            (_, Some(v)) => v.iter().map(|&x| Some(x.into())).collect(),
            _ => panic!("{}", a.dtype()),
        },
        Elements::Each(v) => v
            .into_iter()
            .map(|a| match a {
                Allowed::Bits(b) if x.dtype() == DType::Float32 => Some(f32::from_bits(b as u32).into()),
                Allowed::Bits(b) => Some(f64::from_bits(b)),
                _ => None,
            })
            .collect(),
        _ => panic!("{op:?}: elements are expected"),
    }
}

fn pairs(n: usize) -> Vec<(f64, f64)> {
    let mut r = Rng(11);
    let mut out = vec![(1.0, 0.1), (1e308, 1e-308), (5e-324, f64::MAX), (-5e-324, f64::MAX), (6.0, 0.1), (0.3, 0.1), (f64::MAX, 5e-324)];
    for i in 0..n {
        let any = f64::from_bits(r.next());
        let small = (r.next() % 4001) as f64 - 2000.0;
        let y = match i % 6 {
            0 | 1 => f64::from_bits(r.next()),
            2 => small / 10.0,
            3 => any * (1.0 + (r.next() % 5) as f64 * f64::EPSILON),
            // Quotients next to integers of up to 60 bits.
            4 => any / ((r.next() >> (r.next() % 60 + 4)) as f64),
            _ => any * f64::from_bits((1023 - 60 - r.next() % 80) << 52),
        };
        out.push((if i % 6 == 2 { (r.next() % 4001) as f64 - 2000.0 } else { any }, y));
    }
    out.retain(|(x, y)| x.is_finite() && y.is_finite() && *x != 0.0 && *y != 0.0);
    out
}

fn floats(single: bool) {
    let narrow = |x: f64| if single { f64::from(x as f32) } else { x };
    let mut v: Vec<(f64, f64)> = pairs(6000).into_iter().map(|(x, y)| (narrow(x), narrow(y))).collect();
    if single {
        let mut r = Rng(5);
        v.extend((0..3000).map(|_| (f32::from_bits(r.next() as u32).into(), f32::from_bits(r.next() as u32).into())));
    }
    v.retain(|(x, y)| x.is_finite() && y.is_finite() && *x != 0.0 && *y != 0.0);
    let array = |f: fn(&(f64, f64)) -> f64| {
        if single {
            HostArray::from_slice([v.len()], &v.iter().map(|p| f(p) as f32).collect::<Vec<_>>()).unwrap()
        } else {
            HostArray::from_slice([v.len()], &v.iter().map(f).collect::<Vec<_>>()).unwrap()
        }
    };
    let (x, y) = (array(|p| p.0), array(|p| p.1));
    let (q, r) = (results(BinaryOp::FloorDivide, &x, &y), results(BinaryOp::Remainder, &x, &y));
    for (i, &(a, b)) in v.iter().enumerate() {
        let (fa, fb) = (fixed(a), fixed(b));
        let exact = floor(&fa, &fb);
        let quotient = q[i].unwrap();
        assert!(nearest(&(&exact << 1140), quotient, single), "{a:e} // {b:e}: {quotient:e}, exactly {exact}");
        if quotient == 0.0 {
            assert_eq!(quotient.is_sign_negative(), a.is_sign_negative() != b.is_sign_negative(), "{a:e} // {b:e}: sign of zero");
        }
        let rest = r[i].unwrap();
        assert!(nearest(&(fa - &exact * fb), rest, single), "{a:e} % {b:e}: {rest:e}");
        assert_eq!(rest.is_sign_negative(), b.is_sign_negative(), "{a:e} % {b:e}: sign");
    }
}

#[test]
fn quotients_of_float64_are_exact_then_rounded() {
    floats(false);
}

#[test]
fn quotients_of_float32_are_exact_then_rounded() {
    floats(true);
}

#[test]
fn ieee_operations_round_once() {
    let v = pairs(3000);
    for single in [false, true] {
        let narrow = |x: f64| if single { f64::from(x as f32) } else { x };
        let v: Vec<(f64, f64)> =
            v.iter().map(|&(x, y)| (narrow(x), narrow(y))).filter(|(x, y)| x.is_finite() && y.is_finite() && *y != 0.0).collect();
        let array = |f: fn(&(f64, f64)) -> f64| {
            if single {
                HostArray::from_slice([v.len()], &v.iter().map(|p| f(p) as f32).collect::<Vec<_>>()).unwrap()
            } else {
                HostArray::from_slice([v.len()], &v.iter().map(f).collect::<Vec<_>>()).unwrap()
            }
        };
        let (x, y) = (array(|p| p.0), array(|p| p.1));
        let [sums, products, quotients] = [BinaryOp::Add, BinaryOp::Multiply, BinaryOp::Divide].map(|op| results(op, &x, &y));
        for (i, &(a, b)) in v.iter().enumerate() {
            let (fa, fb) = (fixed(a), fixed(b));
            assert!(nearest(&(&fa + &fb), sums[i].unwrap(), single), "{a:e} + {b:e}");
            // What is lost by the division decides ties. A bit of 2^-1140, far below half of the smallest number, stands for it.
            let sticky = |n: BigInt, d: &BigInt| {
                let whole = floor(&n, d);
                if &whole * d == n || whole.bit(0) { whole } else { whole + 1 }
            };
            let product = sticky(&fa * &fb, &(BigInt::from(1) << 1140));
            assert!(nearest(&product, products[i].unwrap(), single), "{a:e} * {b:e}: {:e}", products[i].unwrap());
            let quotient = sticky(&fa << 1140, &fb);
            assert!(nearest(&quotient, quotients[i].unwrap(), single), "{a:e} / {b:e}: {:e}", quotients[i].unwrap());
        }
    }
}

macro_rules! integers {
    ($($name:ident: $t:ty),*) => { $(
        #[test]
        fn $name() {
            let mut r = Rng(<$t>::BITS.into());
            let special = [<$t>::MIN, <$t>::MIN + 1, 0, 1, <$t>::MAX, <$t>::MAX - 1, (0 as $t).wrapping_sub(1), 7, 3];
            let mut v: Vec<($t, $t)> = special.iter().flat_map(|&a| special.iter().map(move |&b| (a, b))).collect();
            v.extend((0..2000).map(|_| (r.next() as $t, (r.next() >> (r.next() % 60)) as $t)));
            v.retain(|p| p.1 != 0);
            let n = v.len();
            let x = HostArray::from_slice([n], &v.iter().map(|p| p.0).collect::<Vec<_>>()).unwrap();
            let y = HostArray::from_slice([n], &v.iter().map(|p| p.1).collect::<Vec<_>>()).unwrap();
            let run = |op| {
                let call = Call::Binary { op, x1: Operand::Array(&x), x2: Operand::Array(&y) };
                let Some(Expect::Returns(mut out)) = Model::new(Limits::default()).expect(&call) else { panic!("{op:?}") };
                let Elements::Bits(a) = out.remove(0).elements else { panic!("{op:?}") };
                a.view::<$t>().unwrap().to_vec()
            };
            let modulus = BigInt::from(1) << <$t>::BITS;
            let wraps = |exact: BigInt, out: $t| floor(&(exact - BigInt::from(out)), &modulus) * &modulus;
            let checks: [(BinaryOp, fn(BigInt, BigInt) -> BigInt); 5] = [
                (BinaryOp::FloorDivide, |a, b| floor(&a, &b)),
                (BinaryOp::Remainder, |a, b| &a - floor(&a, &b) * &b),
                (BinaryOp::Multiply, |a, b| a * b),
                (BinaryOp::Add, |a, b| a + b),
                (BinaryOp::Subtract, |a, b| a - b),
            ];
            for (op, exact) in checks {
                for (out, &(a, b)) in run(op).into_iter().zip(&v) {
                    let e = exact(a.into(), b.into());
                    let difference = e.clone() - BigInt::from(out);
                    assert_eq!(wraps(e.clone(), out), difference, "{op:?}({a}, {b}): {out}, exactly {e}");
                }
            }
        }
    )* };
}
integers!(int8: i8, int16: i16, int32: i32, int64: i64, uint8: u8, uint16: u16, uint32: u32, uint64: u64);

#[test]
fn casts_of_integers_round_once() {
    let mut r = Rng(3);
    let mut v: Vec<i64> = vec![i64::MIN, i64::MAX, (1 << 53) + 1, (1 << 24) + 1, -(1 << 24) - 1, (1 << 62) + (1 << 38) + 1, 0];
    v.extend((0..4000).map(|_| (r.next() >> (r.next() % 63)) as i64 * if r.next() & 1 == 0 { 1 } else { -1 }));
    let x = HostArray::from_slice([v.len()], &v).unwrap();
    for (to, single) in [(DType::Float32, true), (DType::Float64, false)] {
        let Some(Expect::Returns(mut out)) = Model::new(Limits::default()).expect(&Call::Astype { x: &x, dtype: to }) else {
            panic!("{to}")
        };
        let Elements::Bits(a) = out.remove(0).elements else { panic!("{to}") };
        for (i, &exact) in v.iter().enumerate() {
            let out = if single { a.view::<f32>().unwrap()[i].into() } else { a.view::<f64>().unwrap()[i] };
            assert!(nearest(&(BigInt::from(exact) << 1140), out, single), "{exact} as {to}: {out}");
        }
    }
}
