//! Against correctly rounded functions: every range, every edge, every path of [`Simd`].
use crate::elementwise::{Kernel1, Kernel2, kernel};
use crate::math::{division, vector};
use crate::simd::Simd;

/// A function of one element: its kernels, their correctly rounded counterparts, and the limits of error: float32 in ULP, float64 as the share
/// of results that may be one float off what rounding demands.
struct Unary {
    name: &'static str,
    short: Kernel1<f32, f32>,
    long: Kernel1<f64, f64>,
    exact_short: fn(f32) -> f32,
    exact: fn(f64) -> f64,
    ulp: f64,
    share: f64,
}

/// The same for two elements.
struct Binary {
    name: &'static str,
    short: Kernel2<f32, f32, f32>,
    long: Kernel2<f64, f64, f64>,
    exact_short: fn(f32, f32) -> f32,
    exact: fn(f64, f64) -> f64,
    ulp: f64,
    share: f64,
}

macro_rules! table {
    ($kind:ident: $($name:literal $kernel:expr, $exact_short:expr, $exact:expr, $ulp:literal, $share:literal;)*) => {
        vec![$($kind {
            name: $name,
            short: $kernel,
            long: $kernel,
            exact_short: $exact_short,
            exact: $exact,
            ulp: $ulp,
            share: $share,
        }),*]
    };
}

fn unary() -> Vec<Unary> {
    table! { Unary:
        "exp" kernel!(|x| vector::exp(x)), core_math::expf, core_math::exp, 0.51, 0.03;
        "expm1" kernel!(|x| vector::expm1(x)), core_math::expm1f, core_math::expm1, 0.64, 0.04;
        "log" kernel!(|x| vector::log(x)), core_math::logf, core_math::log, 0.66, 0.02;
        "log1p" kernel!(|x| vector::log1p(x)), core_math::log1pf, core_math::log1p, 0.68, 0.02;
        "sin" vector::sin, core_math::sinf, core_math::sin, 0.51, 0.04;
        "cos" vector::cos, core_math::cosf, core_math::cos, 0.51, 0.04;
        "tanh" kernel!(|x| vector::tanh(x)), core_math::tanhf, core_math::tanh, 0.58, 0.03;
    }
}

fn binary() -> Vec<Binary> {
    table! { Binary:
        "pow" vector::pow, core_math::powf, core_math::pow, 0.51, 0.03;
        "atan2" kernel!(|y, x| vector::atan2(y, x)), core_math::atan2f, core_math::atan2, 0.51, 0.02;
        "hypot" kernel!(|x, y| vector::hypot(x, y)), core_math::hypotf, core_math::hypot, 0.51, 0.01;
        "floor_divide" vector::floor_divide, division::floor_divide, division::floor_divide, 0.0, 0.0;
        "remainder" vector::remainder, division::remainder, division::remainder, 0.0, 0.0;
    }
}

/// A stream of random words.
struct Words(u64);

impl Words {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * ((self.word() >> 11) as f64 / 9_007_199_254_740_992.0)
    }
    fn many(&mut self, n: usize, mut f: impl FnMut(&mut Words) -> f64) -> Vec<f64> {
        (0..n).map(|_| f(self)).collect()
    }
}

/// Equal to the bit, or both NaN.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// Floats between two of one sign, `None` where the signs, or which is NaN or infinite, differ.
fn steps(a: f64, b: f64) -> Option<u64> {
    if same(a, b) {
        return Some(0);
    }
    let alike = !a.is_nan() && !b.is_nan() && a.is_infinite() == b.is_infinite() && a.is_sign_negative() == b.is_sign_negative();
    alike.then(|| a.to_bits().abs_diff(b.to_bits()))
}

/// The error of a float32 against a float64, in units of the last place of the float32 that would be right.
fn error(y: f32, right: f32, exact: f64) -> f64 {
    if same(y.into(), right.into()) {
        return 0.0;
    }
    if y.is_nan() || right.is_nan() || y.is_infinite() != right.is_infinite() || y.is_sign_negative() != right.is_sign_negative() {
        return f64::INFINITY;
    }
    let exponent = (right.abs().to_bits() >> 23).max(1) as i32;
    (f64::from(y) - exact).abs() / 2f64.powi(exponent - 150)
}

/// Zeros, units, infinity, NaN quiet and signalling, the ends of the ranges of both types and of the functions, and their neighbours.
fn edges() -> Vec<f64> {
    let ends = [0.0, 1.0, 2.0, 3.0, 0.5, 1.5, 2.5, 7.0, f64::MIN_POSITIVE, f64::MAX, f64::INFINITY, 2f64.powi(-1074)];
    let short = [f32::MIN_POSITIVE, f32::MAX, f32::EPSILON, 1e-40, 88.722_83, 103.972_08, 87.336_54].map(f64::from);
    let functions = [
        709.782_712_893_384,
        745.133_219_101_941_2,
        708.396_418_532_264_1,
        37.4,
        20.0,
        1e16,
        2f64.powi(40),
        2f64.powi(52),
        2f64.powi(53),
        1e300,
    ];
    let mut all = vec![f64::NAN, f64::from_bits(0x7FF0_0000_0000_0001), f64::from_bits(0xFFF8_0000_0000_0FFF)];
    for v in ends.into_iter().chain(short).chain(functions) {
        for v in [v.next_down(), v, v.next_up(), f64::from((v as f32).next_down()), f64::from((v as f32).next_up())] {
            all.extend([v, -v]);
        }
    }
    all
}

/// Both elements of a result, as float64.
fn run(f: Kernel1<f64, f64>, simd: Simd, a: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; a.len()];
    f(simd, a, &mut out);
    out
}

fn run_short(f: Kernel1<f32, f32>, simd: Simd, a: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; a.len()];
    f(simd, a, &mut out);
    out
}

fn run2<T: Copy + Default>(f: Kernel2<T, T, T>, simd: Simd, a: &[T], b: &[T]) -> Vec<T> {
    let mut out = vec![T::default(); a.len()];
    f(simd, a, b, &mut out);
    out
}

fn shorten(a: &[f64]) -> Vec<f32> {
    a.iter().map(|&x| x as f32).collect()
}

#[test]
fn float32_over_all_bit_patterns() {
    let stride: usize = 4093;
    let all: Vec<f32> = (0..=u32::MAX).step_by(stride).map(f32::from_bits).collect();
    for f in unary() {
        for (&x, y) in all.iter().zip(run_short(f.short, Simd::best(), &all)) {
            let e = error(y, (f.exact_short)(x), (f.exact)(x.into()));
            assert!(e <= f.ulp, "{}({x:e}) = {y:e}: {e} ULP", f.name);
        }
    }
}

#[test]
fn float64_ranges_and_bit_patterns() {
    let mut words = Words(1);
    let ranges = [(-1.0, 1.0), (-10.0, 10.0), (-750.0, 720.0), (0.5, 2.0), (-1e-8, 1e-8), (0.0, 1e-300), (-1e12, 1e12)];
    for f in unary() {
        let mut groups: Vec<Vec<f64>> = ranges.iter().map(|&(low, high)| words.many(20_000, |w| w.between(low, high))).collect();
        groups.push(words.many(50_000, |w| f64::from_bits(w.word())));
        for a in groups {
            let mut off = 0;
            for (&x, y) in a.iter().zip(run(f.long, Simd::best(), &a)) {
                let s = steps(y, (f.exact)(x));
                assert!(s.is_some_and(|s| s <= 1), "{}({x:e}) = {y:e}: {s:?} floats off", f.name);
                off += s.unwrap_or(0);
            }
            assert!(off as f64 <= f.share * a.len() as f64, "{}: {off} of {} not the nearest float", f.name, a.len());
        }
    }
}

#[test]
fn edges_of_one_operand() {
    let a = edges();
    for f in unary() {
        // Alone, and inside of a vector.
        for simd in Simd::available() {
            for (&x, y) in a.iter().zip(run(f.long, simd, &a)) {
                let right = (f.exact)(x);
                assert!(steps(y, right).is_some_and(|s| s <= 1), "{}({x:e}) = {y:e}, not {right:e}, with {simd:?}", f.name);
                assert!(same(run(f.long, simd, &[x])[0], y), "{}({x:e}) alone, with {simd:?}", f.name);
            }
            let a = shorten(&a);
            for (&x, y) in a.iter().zip(run_short(f.short, simd, &a)) {
                let right = (f.exact_short)(x);
                assert!(error(y, right, (f.exact)(x.into())) <= f.ulp, "{}({x:e}) = {y:e}, not {right:e}, with {simd:?}", f.name);
            }
        }
    }
}

/// Pairs for `f`: of edges, of random numbers, of random bits, of results near the ends of the range, of quotients next to integers, of
/// subnormal numbers whose quotients are normal.
fn pairs(words: &mut Words) -> Vec<(Vec<f64>, Vec<f64>)> {
    let edges = edges();
    let both = edges.iter().flat_map(|&x| edges.iter().map(move |&y| (x, y))).unzip();
    let n = 20_000;
    let bits = |w: &mut Words| f64::from_bits(w.word());
    let wide = |w: &mut Words| w.between(-700.0, 700.0).exp2();
    let bases = words.many(n, wide);
    let ends = bases.iter().map(|x| words.between(-1100.0, 1100.0) / x.log2()).collect();
    let divisors = words.many(n, |w| w.between(-10.0, 10.0));
    let multiples: Vec<f64> = divisors.iter().map(|y| y * words.between(-1e3, 1e3).round()).collect();
    vec![
        both,
        (words.many(n, |w| w.between(0.0, 10.0)), words.many(n, |w| w.between(-10.0, 10.0))),
        (words.many(n, |w| w.between(-10.0, 10.0)), words.many(n, |w| w.between(-10.0, 10.0).round())),
        (words.many(n, |w| w.between(-10.0, 10.0)), vec![2.0; n]),
        (words.many(n, |w| w.between(0.999, 1.001)), words.many(n, |w| w.between(-7e5, 7e5))),
        (words.many(n, bits), words.many(n, bits)),
        (bases, ends),
        (words.many(n, wide), words.many(n, wide)),
        (multiples, divisors),
        (words.many(n, |w| w.between(-1074.0, -1000.0).exp2()), words.many(n, |w| w.between(-1000.0, -60.0).exp2())),
    ]
}

#[test]
fn two_operands() {
    let pairs = pairs(&mut Words(2));
    for f in binary() {
        for (group, (a, b)) in pairs.iter().enumerate() {
            let mut off = 0;
            for ((&x, &y), z) in a.iter().zip(b).zip(run2(f.long, Simd::best(), a, b)) {
                let right = (f.exact)(x, y);
                // What C leaves open about signalling NaN: here they are like the others.
                let right = if f.name == "pow" && (y == 0.0 || x == 1.0) { 1.0 } else { right };
                let right = if f.name == "hypot" && (x.is_infinite() || y.is_infinite()) { f64::INFINITY } else { right };
                let s = steps(z, right);
                let most = u64::from(f.share > 0.0);
                assert!(s.is_some_and(|s| s <= most), "{}({x:e}, {y:e}) = {z:e}, not {right:e}: {s:?} floats off", f.name);
                off += s.unwrap_or(0);
            }
            assert!(off as f64 <= f.share * a.len() as f64, "{}: {off} of {} in group {group} not the nearest float", f.name, a.len());
            let (a, b) = (shorten(a), shorten(b));
            for ((&x, &y), z) in a.iter().zip(&b).zip(run2(f.short, Simd::best(), &a, &b)) {
                let (right, exact) = ((f.exact_short)(x, y), (f.exact)(x.into(), y.into()));
                let e = error(z, right, exact);
                assert!(e <= f.ulp, "{}({x:e}, {y:e}) = {z:e}, not {right:e}: {e} ULP", f.name);
            }
        }
    }
}

#[test]
fn all_instructions_give_the_same_bits() {
    let mut words = Words(3);
    let mut a = edges();
    a.extend(words.many(3000, |w| w.between(-20.0, 20.0)));
    a.extend(words.many(3001, |w| f64::from_bits(w.word())));
    let mut b = a.clone();
    b.rotate_left(1237);
    let equal = |name: &str, simd: Simd, x: Vec<f64>, y: Vec<f64>| {
        for (i, (x, y)) in x.iter().zip(&y).enumerate() {
            assert!(same(*x, *y), "{name} of element {i}, {:e}, {:e}: {x:e} with {simd:?}, {y:e} without", a[i], b[i]);
        }
    };
    let long = |v: Vec<f32>| v.into_iter().map(f64::from).collect::<Vec<f64>>();
    let (c, d) = (shorten(&a), shorten(&b));
    let base = Simd::baseline();
    for simd in Simd::available() {
        for f in unary() {
            equal(f.name, simd, run(f.long, simd, &a), run(f.long, base, &a));
            equal(f.name, simd, long(run_short(f.short, simd, &c)), long(run_short(f.short, base, &c)));
        }
        for f in binary() {
            equal(f.name, simd, run2(f.long, simd, &a, &b), run2(f.long, base, &a, &b));
            equal(f.name, simd, long(run2(f.short, simd, &c, &d)), long(run2(f.short, base, &c, &d)));
        }
    }
}

#[test]
fn a_large_argument_does_not_touch_its_neighbours() {
    let mut a = Words(4).many(2000, |w| w.between(-100.0, 100.0));
    let alone = run(vector::sin, Simd::best(), &a);
    for i in [0, 511, 512, 1999] {
        a[i] = 1e300;
    }
    for (i, (y, quiet)) in run(vector::sin, Simd::best(), &a).into_iter().zip(alone).enumerate() {
        let right = if a[i] == 1e300 { 1e300f64.sin() } else { quiet };
        assert!(same(y, right), "element {i}");
    }
}

#[test]
fn neighbours_do_not_change_a_power() {
    let mut words = Words(5);
    let a = words.many(1000, |w| w.between(0.01, 10.0));
    for exponents in [vec![2.0; 1000], words.many(1000, |w| w.between(-10.0, 10.0))] {
        // The last pair decides which way all others are computed.
        let (mut x, mut y) = (a.clone(), exponents.clone());
        (x[999], y[999]) = (-1.0, 3.0);
        let (apart, beside) = (run2(vector::pow, Simd::best(), &a, &exponents), run2(vector::pow, Simd::best(), &x, &y));
        for i in 0..999 {
            assert!(same(apart[i], beside[i]), "{:e}^{:e}", a[i], exponents[i]);
        }
        let (short, exponents) = (shorten(&a), shorten(&exponents));
        let (apart, beside) =
            (run2(vector::pow, Simd::best(), &short, &exponents), run2(vector::pow, Simd::best(), &shorten(&x), &shorten(&y)));
        assert_eq!(apart[..999], beside[..999]);
    }
}
