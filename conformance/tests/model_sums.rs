//! Sums, products, means, variances and matrix products against big integers and fractions; Fourier transforms and singular values
//! against multiple precision (`data/linear.tsv`).
use array_protocol::manifest::Measure;
use array_protocol::options::{Fft, Reduce, Scan, Svd};
use array_protocol::{Call, DType, FftOp, HostArray, Op, ReduceOp};
use conformance::model::{Allowed, Elements, Expect, Limit, Limits, Model};
use num_bigint::BigInt;
use num_complex::Complex;

const POINT: u32 = 1140;

struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Of many magnitudes.
    fn float(&mut self, spread: u64) -> f64 {
        let e = 1023 - spread / 2 + self.next() % spread.max(1);
        f64::from_bits((e << 52) | (self.next() >> 12) | (self.next() << 63))
    }
}

/// `x` in units of `2^-POINT`.
fn fixed(x: f64) -> BigInt {
    let bits = x.to_bits();
    let raw = ((bits >> 52) & 0x7ff) as u32;
    let mantissa = (bits & ((1 << 52) - 1)) | if raw == 0 { 0 } else { 1 << 52 };
    let magnitude = BigInt::from(mantissa) << (raw.max(1) - 1 + POINT - 1074);
    if x.is_sign_negative() { -magnitude } else { magnitude }
}

fn model() -> Model {
    let all = Op::all().flat_map(|op| DType::ALL.iter().map(move |&d| ((op, d), Limit { measure: Measure::Forward, value: 1.0 })));
    Model::new(Limits::new(all, Default::default()))
}

fn sets(call: &Call<&HostArray>) -> Vec<Allowed> {
    let Some(Expect::Returns(mut out) | Expect::Either(_, mut out)) = model().expect(call) else { panic!("{}: not modelled", call.op()) };
    match out.remove(0).elements {
        Elements::Each(v) => v,
        _ => panic!("{}: one set per element is expected", call.op()),
    }
}

/// The middle of the set is `n / d` (in units of `2^-POINT`) to a millionth of the bound; the bound is returned.
fn centred(what: &str, set: &Allowed, n: &BigInt, d: &BigInt) -> f64 {
    let Allowed::Within { hi, lo, abs } = set else { panic!("{what}: {set:?}") };
    let off = (fixed(*hi) + fixed(*lo)) * d - n;
    let bound = fixed(*abs) * BigInt::from(d.magnitude().clone());
    assert!(off.magnitude() * 1_000_000u32 <= *bound.magnitude(), "{what}: {hi:e} + {lo:e} with bound {abs:e} is off the exact value");
    *abs
}

fn array(v: &[f64], single: bool) -> HostArray {
    if single {
        HostArray::from_slice([v.len()], &v.iter().map(|&x| x as f32).collect::<Vec<_>>()).unwrap()
    } else {
        HostArray::from_slice([v.len()], v).unwrap()
    }
}

fn samples(single: bool) -> Vec<Vec<f64>> {
    let mut r = Rng(17);
    let mut out = vec![];
    for n in [2usize, 3, 8, 33, 127, 1000] {
        for spread in [1, 20, 60] {
            let mut v: Vec<f64> = (0..n).map(|_| r.float(spread)).map(|x| if single { f64::from(x as f32) } else { x }).collect();
            out.push(v.clone());
            // Almost everything cancels.
            for i in 0..n / 2 {
                v[n - 1 - i] = -v[i];
            }
            out.push(v);
            out.push((0..n).map(|_| 1000.0 + f64::from(r.float(1) as f32)).map(|x| if single { f64::from(x as f32) } else { x }).collect());
        }
    }
    out
}

#[test]
fn sums_means_and_variances_are_exact() {
    for single in [false, true] {
        let u = if single { 2f64.powi(-24) } else { 2f64.powi(-53) };
        for v in samples(single) {
            let x = array(&v, single);
            let n = v.len();
            let one = |op, how| sets(&Call::Reduce { op, x: &x, how }).remove(0);
            let sum: BigInt = v.iter().map(|&x| fixed(x)).sum();
            let bound = centred("sum", &one(ReduceOp::Sum, Reduce::all()), &sum, &1.into());
            let magnitude: f64 = v.iter().map(|x| x.abs()).sum();
            let growth = 32.0 + (n as f64).log2().ceil();
            assert!((bound / (growth * u * magnitude) - 1.0).abs() < 1e-9, "the bound of a sum of {n} terms is {bound:e}");
            centred("mean", &one(ReduceOp::Mean, Reduce::all()), &sum, &n.into());
            // n sum x^2 - (sum x)^2 over n (n - c), in units of 2^-(2 POINT)
            let squares: BigInt = v.iter().map(|&x| fixed(x) * fixed(x)).sum();
            for correction in [0u32, 1] {
                let top = &squares * n - &sum * &sum;
                let below = (BigInt::from(n) * (n - correction as usize)) << POINT;
                let set = one(ReduceOp::Var, Reduce::all().correction(f64::from(correction)));
                centred("var", &set, &top, &below);
            }
        }
    }
}

#[test]
fn running_sums_are_exact() {
    for v in samples(false) {
        let x = array(&v, false);
        let mut sum = BigInt::from(0);
        for (set, &x) in sets(&Call::CumulativeSum { x: &x, how: Scan::default().axis(0) }).iter().zip(&v) {
            sum += fixed(x);
            centred("cumulative_sum", set, &sum, &1.into());
        }
    }
}

#[test]
fn products_are_exact() {
    let mut r = Rng(3);
    for n in [1usize, 2, 5, 17, 40] {
        let v: Vec<f64> = (0..n).map(|_| r.float(20)).collect();
        let set = sets(&Call::Reduce { op: ReduceOp::Prod, x: &array(&v, false), how: Reduce::all() }).remove(0);
        let product = v.iter().fold(BigInt::from(1), |p, &x| p * fixed(x));
        // One factor's unit stays.
        centred("prod", &set, &product, &(BigInt::from(1) << (POINT as usize * (n - 1))));
    }
}

#[test]
fn products_that_may_leave_the_range_are_left_open() {
    let prod = |v: &[f64]| sets(&Call::Reduce { op: ReduceOp::Prod, x: &array(v, false), how: Reduce::all() }).remove(0);
    assert_eq!(prod(&[1e200, 1e200, 1e-300]), Allowed::Anything);
    assert_eq!(prod(&[1e-200, 1e-200, 1e300]), Allowed::Anything);
    assert_eq!(prod(&[f64::INFINITY, -2.0]), Allowed::Bits(f64::NEG_INFINITY.to_bits()));
    assert_eq!(prod(&[f64::INFINITY, 0.0]), Allowed::Nan);
    assert_eq!(prod(&[-3.0, 0.0, 2.0]), Allowed::Bits((-0.0f64).to_bits()));
}

#[test]
fn matrix_products_are_exact() {
    let mut r = Rng(9);
    let (m, k, n) = (4usize, 37usize, 3usize);
    let a: Vec<f64> = (0..m * k).map(|_| r.float(40)).collect();
    let b: Vec<f64> = (0..k * n).map(|_| r.float(40)).collect();
    let x1 = HostArray::from_slice([m, k], &a).unwrap();
    let x2 = HostArray::from_slice([k, n], &b).unwrap();
    for (i, set) in sets(&Call::Matmul { x1: &x1, x2: &x2 }).iter().enumerate() {
        let terms = (0..k).map(|l| (a[i / n * k + l], b[l * n + i % n]));
        let exact: BigInt = terms.clone().map(|(x, y)| fixed(x) * fixed(y)).sum();
        let bound = centred("matmul", set, &exact, &(BigInt::from(1) << POINT));
        let magnitude: f64 = terms.map(|(x, y)| (x * y).abs()).sum();
        assert!((bound / ((k + 1) as f64 * 2f64.powi(-53) * magnitude) - 1.0).abs() < 1e-9);
    }
}

fn words(line: &str) -> (Vec<usize>, Vec<f64>) {
    let fields = line.split('\t').skip(1);
    let (numbers, rest): (Vec<&str>, Vec<&str>) = fields.partition(|f| f.len() < 16);
    (
        numbers.iter().map(|f| f.parse().unwrap()).collect(),
        rest.iter().map(|f| f64::from_bits(u64::from_str_radix(f, 16).unwrap())).collect(),
    )
}

#[test]
fn fourier_transforms_agree_with_multiple_precision() {
    for line in include_str!("data/linear.tsv").lines().filter(|l| l.starts_with("fft")) {
        let (sizes, v) = words(line);
        let n = sizes[0];
        let x: Vec<Complex<f64>> = v[..2 * n].chunks(2).map(|z| Complex::new(z[0], z[1])).collect();
        let norm = x.iter().map(|z| z.norm_sqr()).sum::<f64>().sqrt();
        let largest = v[2 * n..].chunks(4).map(|e| (e[0] + e[1]).hypot(e[2] + e[3])).fold(0.0, f64::max);
        let x = HostArray::from_slice([n], &x).unwrap();
        let out = sets(&Call::Fft { op: FftOp::Fft, x: &x, how: Fft::default() });
        for (k, (set, e)) in out.iter().zip(v[2 * n..].chunks(4)).enumerate() {
            let Allowed::Disc { re, im, abs, .. } = set else { panic!("{set:?}") };
            let off = ((re.0 - e[0]) + (re.1 - e[1])).hypot((im.0 - e[2]) + (im.1 - e[3]));
            assert!(off <= 2f64.powi(-90) * norm, "length {n}, element {k}: off by {off:e}");
            assert!((abs / ((1.0 + (n as f64).log2()) * 2f64.powi(-53) * largest) - 1.0).abs() < 1e-9);
        }
    }
}

/// The exact singular values fulfil the model's demand by a wide margin, wrong ones do not.
#[test]
fn singular_values_agree_with_multiple_precision() {
    for line in include_str!("data/linear.tsv").lines().filter(|l| l.starts_with("svd")) {
        let (sizes, v) = words(line);
        let [m, n, complex] = sizes[..] else { panic!("{line}") };
        let k = m.min(n);
        let (entries, s) = v.split_at(2 * m * n);
        let x = if complex == 1 {
            let z: Vec<Complex<f64>> = entries.chunks(2).map(|z| Complex::new(z[0], z[1])).collect();
            HostArray::from_slice([m, n], &z).unwrap()
        } else {
            HostArray::from_slice([m, n], &entries.chunks(2).map(|z| z[0]).collect::<Vec<_>>()).unwrap()
        };
        let call = Call::Svd { x: &x, how: Svd::default().full_matrices(false) };
        let Some(Expect::Returns(out)) = model().expect(&call) else { panic!("{line}") };
        let Elements::Related(judge) = &out[0].elements else { panic!("{line}") };
        let (u, vh) = (HostArray::zeros(x.dtype(), [m, k]).unwrap(), HostArray::zeros(x.dtype(), [k, n]).unwrap());
        let off = |shift: f64| {
            let s: Vec<f64> = s.chunks(2).map(|w| w[0] + shift).collect();
            let found = judge(&[u.clone(), HostArray::from_slice([k], &s).unwrap(), vh.clone()]);
            found.iter().find(|q| q.name == "singular_values").unwrap().of_bound
        };
        // The bound is max(m, n) eps s_0: rounding the exact values to float64 takes half an eps at most.
        assert!(off(0.0) <= 0.51 / m.max(n) as f64, "{m} x {n}: {}", off(0.0));
        // Half an eps more, for the rounding of the shifted value.
        assert!(off((1.01 * m.max(n) as f64 + 0.51) * f64::EPSILON * s[0]) > 1.0, "{m} x {n}");
        assert!(off(f64::NAN).is_nan());
    }
}
