//! What is compared of two results: lengths, sums, and elements here and there.
use crate::row::Check;
use array_protocol::{Array, Backend, DType, HostArray, Index, dispatch_dtype};
use num_complex::Complex;
use serde::Deserialize;

/// How many elements are compared one by one. The NumPy side takes the same.
const SAMPLES: usize = 33;

/// Of how many rows one is compared, where a result of `size` elements has more than `most`.
pub fn step(size: usize, most: usize) -> usize {
    size.div_ceil(most.max(1)).max(1)
}

/// What is compared of a result with more than `most` elements: some rows, from the first to the end. And the bytes of all.
///
/// # Errors
/// Those of the backend.
pub fn thinned<B: Backend>(x: &Array<B>, most: usize) -> array_protocol::Result<(HostArray, usize)> {
    let size = x.shape().iter().product::<usize>();
    let bytes = size * x.dtype().size();
    let some = match step(size, most) {
        1 => x.to_host()?,
        step => x.get(&[Index::all().step(step as i64)])?.to_host()?,
    };
    Ok((some, bytes))
}

/// A result in short. Complex numbers count as two.
#[derive(Clone, Debug, Deserialize)]
pub struct Digest {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// Bytes of all elements.
    pub bytes: usize,
    numbers: usize,
    sum: f64,
    magnitude: f64,
    samples: Vec<f64>,
}

impl Digest {
    /// That of nothing.
    pub fn none() -> Digest {
        Digest { shape: Vec::new(), bytes: 0, numbers: 0, sum: 0.0, magnitude: 0.0, samples: Vec::new() }
    }

    /// That of a result, or of some rows of it, which has so many bytes in all.
    ///
    /// # Errors
    /// For a dtype that no row gives.
    #[allow(clippy::unnecessary_cast, reason = "one of the types is float64 already")]
    pub fn of(x: &HostArray, bytes: usize) -> Result<Digest, String> {
        let unknown = || format!("no digest of {}", x.dtype().name());
        let mut out = Digest { shape: x.shape().to_vec(), bytes, ..Digest::none() };
        if x.dtype() == DType::Complex128 {
            let parts: Vec<f64> = x.view::<Complex<f64>>().ok_or_else(unknown)?.iter().flat_map(|z| [z.re, z.im]).collect();
            out.add(parts.len(), |i| parts[i]);
            return Ok(out);
        }
        dispatch_dtype!(x.dtype(), in [i32, i64, u32, f32, f64], T => {
            let numbers = x.view::<T>().ok_or_else(unknown)?;
            out.add(numbers.len(), |i| numbers[i] as f64);
            Ok(out)
        }, else => Err(unknown()))
    }

    fn add(&mut self, n: usize, number: impl Fn(usize) -> f64) {
        self.numbers = n;
        for v in (0..n).map(&number) {
            self.sum += v;
            self.magnitude += v.abs();
        }
        if n > 0 {
            self.samples = (0..SAMPLES).map(|k| number(k * (n - 1) / (SAMPLES - 1))).collect();
        }
    }

    /// Says where two results differ by more than a check allows.
    pub fn differs(&self, other: &Digest, check: Check) -> Option<String> {
        if self.shape != other.shape || self.numbers != other.numbers {
            return Some(format!("shape {:?} beside {:?}", self.shape, other.shape));
        }
        let size = self.magnitude.max(other.magnitude);
        let mean = size / self.numbers.max(1) as f64;
        let apart = |what: &str, a: f64, b: f64, allowed: f64| {
            // Written so that a NaN differs.
            (!((a - b).abs() <= allowed)).then(|| format!("{what} {a:e} beside {b:e}"))
        };
        let (signed, limit) = match check {
            Check::Values(limit) => (true, limit),
            Check::Magnitudes(limit) => (false, limit),
            Check::Distribution(deviations) => {
                return apart("mean", self.magnitude, other.magnitude, deviations * size / (self.numbers.max(1) as f64).sqrt());
            }
        };
        let sign = |v: f64| if signed { v } else { v.abs() };
        let sums = signed.then(|| apart("sum", self.sum, other.sum, limit * size)).flatten();
        sums.or_else(|| apart("sum of magnitudes", self.magnitude, other.magnitude, limit * size)).or_else(|| {
            let pairs = self.samples.iter().zip(&other.samples).enumerate();
            pairs.into_iter().find_map(|(k, (&a, &b))| apart(&format!("sample {k}"), sign(a), sign(b), limit * mean.max(b.abs())))
        })
    }
}
