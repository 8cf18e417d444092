//! Faults of single operations: Fourier transforms, random streams, devices.
use super::num::{self, Num, Num::Complex, Num::Float};
use super::reductions::along;
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::options::{Fft, Norm};
use array_protocol::{Call, DType, FftOp, HostArray};

pub(super) const FAULTS: &[Entry] = entries! {
    "fft.half_length" Shape Wrong(|s| s.each(|y| resized(y, axis(s), n(s) / 2 + 1, Some))), "n / 2 + 1 elements, as for real input";
    "fft.inverse_sign" Structure Wrong(|s| s.good().map(|_| s.with(conjugated).map(|v| v.iter().map(conjugated).collect()))), "exp(+2 pi i j k / n)";
    "fft.pads_to_power_of_two" Structure Wrong(pads_to_power), "lengths that are no power of two are padded, and the result cut";
    "fft.shifted" Structure Wrong(|s| s.each(|y| along(y, axis(s), |k| Some((k + n(s).div_ceil(2)) % n(s).max(1))))), "the zero frequency in the middle";
    "fft.pads_in_front" Structure Wrong(|s| padded(s, |k, len, n| (k + len).checked_sub(n))), "the zeros come first";
    "fft.repeats_instead_of_padding" Structure Wrong(|s| padded(s, |k, len, _| k.checked_rem(len))), "the elements start again from the first";
    "fft.ignores_norm" Value Wrong(|s| normed(s, |_| Norm::Backward)), "never scaled";
    "fft.ortho_by_n" Value Wrong(|s| normed(s, |norm| if norm == Norm::Ortho { Norm::Forward } else { norm })), "1/n for `ortho`";
    "rfft.full_length" Shape Wrong(full_length), "n elements instead of n / 2 + 1";
    "rfft.inverse_sign" Structure Wrong(|s| s.each(conjugated)), "exp(+2 pi i j k / n)";
    "rfft.loses_nyquist" Structure Wrong(|s| s.each(|y| if n(s).is_multiple_of(2) { along(y, axis(s), |k| (k != n(s) / 2).then_some(k)) } else { y.clone() })), "the last element is 0 where n is even";
    "rfft.pads_in_front" Structure Wrong(|s| padded(s, |k, len, n| (k + len).checked_sub(n))), "the zeros come first";
    "rfft.repeats_instead_of_padding" Structure Wrong(|s| padded(s, |k, len, _| k.checked_rem(len))), "the elements start again from the first";
    "rfft.ignores_norm" Value Wrong(|s| normed(s, |_| Norm::Backward)), "never scaled";
    "rfft.ortho_by_n" Value Wrong(|s| normed(s, |norm| if norm == Norm::Ortho { Norm::Forward } else { norm })), "1/n for `ortho`";

    "philox.nine_rounds" Value Wrong(|s| stream(s, |p, j| p.rounds(9).usual(j))), "nine rounds instead of ten";
    "philox.key_words_swapped" Value Wrong(|s| stream(s, |p, j| Philox { key: [p.key[1], p.key[0]], ..p }.usual(j))), "the key words change places";
    "uniform.counter_in_high_word" Value Wrong(|s| stream(s, |p, j| Philox { high: true, ..p }.usual(j))), "the counter starts in the last word";
    "uniform.float64_words_swapped" Value Wrong(|s| stream(s, |p, j| if p.double { p.usual(j).rotate_left(32) } else { p.usual(j) })), "first word * 2^32 + second word";
    "uniform.block_per_element" Value Wrong(|s| stream(s, |p, j| p.usual(j * p.per_block()))), "each element starts a block of its own";
    "uniform.rounds_to_one" Precision Wrong(rounds_to_one), "(word + 0.5) * 2^-32: rounds up to 1";
    "uniform.depends_on_shape" Value Wrong(depends_on_shape), "rows start new blocks";
    "to_device.float64_to_float32" Precision Wrong(|s| s.each(|y| if y.dtype() == DType::Float64 { num::convert(&num::convert(y, DType::Float32), DType::Float64) } else { y.clone() })), "float64 goes through float32";
};

fn options<'a>(s: &'a Site) -> Option<(FftOp, &'a HostArray, &'a Fft)> {
    if let Call::Fft { op, x, how } = &s.call { Some((*op, x, how)) } else { None }
}

fn axis(s: &Site) -> usize {
    options(s).and_then(|(_, x, how)| x.shape().axis(how.axis)).unwrap_or(0)
}

/// The length of the axis before the transform.
fn given(s: &Site) -> usize {
    options(s).and_then(|(_, x, _)| x.shape().get(axis(s)).copied()).unwrap_or(0)
}

/// The length of the transform.
fn n(s: &Site) -> usize {
    options(s).and_then(|(_, _, how)| how.n).map_or(given(s), |n| n as usize)
}

fn conjugated(x: &HostArray) -> HostArray {
    num::map(x, |_, v| if let Complex(re, im) = v { Complex(re, -im) } else { v })
}

/// Another length along an axis: element `from(k)` at `k`, zeros elsewhere.
fn resized(y: &HostArray, axis: usize, len: usize, from: impl Fn(usize) -> Option<usize>) -> HostArray {
    let mut shape = y.shape().clone();
    let Some(place) = shape.get_mut(axis) else { return y.clone() };
    *place = len;
    num::gather(y, &shape, |i| {
        let mut at = num::unravel(i, &shape);
        at[axis] = from(at[axis]).filter(|&k| k < y.shape()[axis])?;
        Some(num::ravel(&at, y.shape()))
    })
}

fn transform(s: &Site, x: &HostArray, how: Fft) -> Option<Answer> {
    let (op, _, _) = options(s)?;
    Some(s.run(Call::Fft { op, x, how }))
}

fn pads_to_power(s: &Site) -> Option<Answer> {
    s.good()?;
    let (_, x, how) = options(s)?;
    let exact = resized(x, axis(s), n(s), Some);
    let longer = transform(s, &exact, how.clone().n(n(s).next_power_of_two() as u64))?;
    Some(longer.map(|v| v.iter().map(|y| resized(y, axis(s), n(s), Some)).collect()))
}

/// The transform of arguments that are padded in another way: `from(k, length, padded length)`.
fn padded(s: &Site, from: impl Fn(usize, usize, usize) -> Option<usize>) -> Option<Answer> {
    s.good()?;
    let (_, x, how) = options(s)?;
    let (len, n) = (given(s), n(s));
    (n > len).then(|| transform(s, &resized(x, axis(s), n, |k| from(k, len, n)), how.clone())).flatten()
}

fn normed(s: &Site, f: impl Fn(Norm) -> Norm) -> Option<Answer> {
    s.good()?;
    let (_, x, how) = options(s)?;
    transform(s, x, how.clone().norm(f(how.norm)))
}

fn full_length(s: &Site) -> Option<Answer> {
    s.good()?;
    let (_, x, how) = options(s)?;
    let x = num::convert(x, x.dtype().complex()?);
    Some(s.run(Call::Fft { op: FftOp::Fft, x: &x, how: how.clone() }))
}

/// A stream of random words, right but for what a fault changes.
#[derive(Clone, Copy)]
struct Philox {
    key: [u32; 2],
    rounds: u32,
    /// The counter in the last word instead of the first.
    high: bool,
    /// Two words an element.
    double: bool,
}

impl Philox {
    fn rounds(self, rounds: u32) -> Philox {
        Philox { rounds, ..self }
    }

    fn per_block(self) -> u64 {
        if self.double { 2 } else { 4 }
    }

    fn block(self, b: u64) -> [u32; 4] {
        let (low, high) = (b as u32, (b >> 32) as u32);
        let mut c = if self.high { [0, 0, high, low] } else { [low, high, 0, 0] };
        let mut k = self.key;
        for _ in 0..self.rounds {
            let (p0, p1) = (u64::from(c[0]) * 0xd251_1f53, u64::from(c[2]) * 0xcd9e_8d57);
            c = [(p1 >> 32) as u32 ^ c[1] ^ k[0], p1 as u32, (p0 >> 32) as u32 ^ c[3] ^ k[1], p0 as u32];
            k = [k[0].wrapping_add(0x9e37_79b9), k[1].wrapping_add(0xbb67_ae85)];
        }
        c
    }

    /// The word, or the two words, of element `j`.
    fn usual(self, j: u64) -> u64 {
        let c = self.block(j / self.per_block());
        let at = (j % self.per_block()) as usize;
        if self.double { u64::from(c[2 * at + 1]) << 32 | u64::from(c[2 * at]) } else { c[at].into() }
    }

    fn unit(self, word: u64) -> f64 {
        if self.double { (word >> 11) as f64 * 2f64.powi(-53) } else { (word >> 8) as f64 * 2f64.powi(-24) }
    }
}

fn philox(s: &Site) -> Option<Philox> {
    let Call::Random { key, .. } = &s.call else { return None };
    Some(Philox { key: key.0, rounds: 10, high: false, double: s.good()?.first()?.dtype() == DType::Float64 })
}

/// Element `j` from the words that `f` gives.
fn stream(s: &Site, f: impl Fn(Philox, u64) -> u64) -> Option<Answer> {
    let p = philox(s)?;
    s.elements(|j, _| Float(p.unit(f(p, j as u64))))
}

fn rounds_to_one(s: &Site) -> Option<Answer> {
    let p = philox(s)?;
    let scale = if p.double { 2f64.powi(-64) } else { 2f64.powi(-32) };
    s.elements(|j, _| Num::Float((p.usual(j as u64) as f64 + 0.5) * scale))
}

fn depends_on_shape(s: &Site) -> Option<Answer> {
    let p = philox(s)?;
    let row = s.good()?.first()?.shape().last().copied().unwrap_or(1).max(1) as u64;
    let start = |j: u64| j / row * row.div_ceil(p.per_block()) * p.per_block();
    stream(s, |p, j| p.usual(start(j) + j % row))
}
