//! Discrete Fourier transforms in double-double: recursively by the prime factors of the length, with exact angles.
use super::allow::{below, limits_of, roundoff, unit, within_disc};
use super::constants::PI;
use super::dd::Dd;
use super::elementary::sin_cos_small;
use super::expect::{Allowed, Elements, Expect};
use super::number::parts;
use super::shapes::{axis, countable, lines, steps};
use super::{Model, Said, fails_any, one};
use array_protocol::options::{Fft, Norm};
use array_protocol::{ErrorKind, FftOp, HostArray, Shape};

type Pair = (Dd, Dd);

fn times(a: Pair, b: Pair) -> Pair {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// `e^(-2 pi i j / n)`: the angle is reduced to an eighth of a turn in integers.
fn root(j: usize, n: usize) -> Pair {
    // 8 j / n = eighths + rest / n
    let (eighths, rest) = (8 * j / n, 8 * j % n);
    let quarter = |num: usize| PI * (Dd::new(num as f64) / Dd::new(4.0 * n as f64));
    // Odd eighths are measured back from the next one.
    let (c, s) = if eighths % 2 == 0 {
        let (s, c) = sin_cos_small(quarter(rest));
        (c, s)
    } else {
        let (s, c) = sin_cos_small(quarter(n - rest));
        (s, c)
    };
    let (c, s) = match eighths / 2 {
        0 => (c, s),
        1 => (-s, c),
        2 => (-c, -s),
        _ => (s, -c),
    };
    (c, -s)
}

/// The transform of `x`; `roots` are those of a multiple of its length.
fn dft(x: &[Pair], roots: &[Pair]) -> Vec<Pair> {
    let n = x.len();
    if n == 1 {
        return x.to_vec();
    }
    let p = (2..).find(|p| n.is_multiple_of(*p) || p * p > n).filter(|p| n.is_multiple_of(*p)).unwrap_or(n);
    let (m, stride) = (n / p, roots.len() / n);
    let parts: Vec<Vec<Pair>> = (0..p).map(|r| dft(&x.iter().skip(r).step_by(p).copied().collect::<Vec<_>>(), roots)).collect();
    (0..n)
        .map(|k| {
            let mut sum = (Dd::ZERO, Dd::ZERO);
            for (r, part) in parts.iter().enumerate() {
                let t = times(part[k % m], roots[(k * r % n) * stride]);
                sum = (sum.0 + t.0, sum.1 + t.1);
            }
            sum
        })
        .collect()
}

/// Each element within `c (1 + log2 n) u` times the largest modulus of its exact line.
pub(super) fn transform(model: &Model, op: FftOp, x: &HostArray, how: &Fft) -> Said {
    let rank = x.shape().rank();
    let at = axis(how.axis, rank);
    let mut kinds = vec![];
    let accepted = x.dtype().is_float() || (op == FftOp::Fft && x.dtype().is_complex());
    if !accepted {
        kinds.push(ErrorKind::Dtype);
    }
    if at.is_none() {
        kinds.push(ErrorKind::Axis);
    }
    let length = at.map(|a| how.n.unwrap_or(x.shape()[a] as u64));
    if length == Some(0) {
        kinds.push(ErrorKind::Value);
    }
    let (Some(at), Some(n), true) = (at, length, kinds.is_empty()) else { return Err(fails_any(&kinds)) };
    let dtype = x.dtype().complex().ok_or(Expect::Unspecified)?;
    let n = usize::try_from(n).ok().filter(|&n| n <= 1 << 16).ok_or(Expect::Unspecified)?;
    let mut shape = x.shape().to_vec();
    shape[at] = if op == FftOp::Rfft { n / 2 + 1 } else { n };
    let total = countable(&shape, dtype.size())?;
    // The manifests list `fft` by its complex dtype, also where a real array is taken.
    let c = model.limits.of(op, if op == FftOp::Fft { dtype } else { x.dtype() }).value;
    let real = dtype.real();
    let roots: Vec<Pair> = (0..n).map(|j| root(j, n)).collect();
    let values = parts(x);
    let (before, after, own) = (lines(x.shape(), at), lines(&shape, at), steps(&shape));
    let scale = match how.norm {
        Norm::Backward => Dd::ONE,
        Norm::Forward => Dd::ONE / Dd::new(n as f64),
        Norm::Ortho => Dd::ONE / Dd::new(n as f64).sqrt(),
    };
    let mut out = vec![Allowed::Anything; total];
    let count = if total == 0 { 0 } else { before.starts.len() };
    for line in 0..count {
        let mut terms: Vec<(f64, f64)> = before.of(line).map(|j| values[j]).take(n).collect();
        terms.resize(n, (0.0, 0.0));
        let sum: f64 = terms.iter().map(|z| z.0.abs() + z.1.abs()).sum();
        // NaN, infinities and possible overflow leave the line open.
        if !below(sum, limits_of(real).0 / 8.0) {
            continue;
        }
        let result = dft(&terms.iter().map(|z| (Dd::new(z.0), Dd::new(z.1))).collect::<Vec<_>>(), &roots);
        let largest = result.iter().map(|z| z.0.hi.hypot(z.1.hi)).fold(0.0, f64::max);
        let abs = c * (1.0 + (n as f64).log2()) * roundoff(real) * largest * scale.hi + 2.0 * unit(real, 0.0);
        for i in 0..shape[at] {
            let (re, im) = (result[i].0 * scale, result[i].1 * scale);
            out[after.starts[line] + i * own[at] as usize] = within_disc(re, im, abs, c);
        }
    }
    let elements = Elements::Each(out);
    let answer = one(dtype, &Shape::from(shape), elements);
    // The standard's `fft` is defined for complex arrays; real ones are taken or refused.
    Ok(match answer {
        Expect::Returns(v) if op == FftOp::Fft && x.dtype() != dtype => Expect::Either(vec![ErrorKind::Dtype], v),
        other => other,
    })
}
