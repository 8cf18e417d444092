//! Faults of single operations: creation.
use super::num::{self, Num, Num::Float, Num::Int};
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::options::{Arange, Eye, Linspace};
use array_protocol::{Call, DType, HostArray, Scalar};

pub(super) const FAULTS: &[Entry] = entries! {
    "arange.length_by_floor" Shape Wrong(|s| arange(s, |how, n| if exact_count(how).fract() != 0.0 { n - 1 } else { n })), "one element short where stop is not reached exactly";
    "arange.includes_stop" Shape Wrong(|s| arange(s, |how, n| if exact_count(how) == n as f64 { n + 1 } else { n })), "one element more where stop is reached exactly";
    "arange.always_float" Dtype Wrong(|s| s.each(|y| if unasked(s) { num::convert(y, DType::Float64) } else { y.clone() })), "float64 where no dtype is given, integers too";
    "arange.accumulates" Precision Wrong(arange_accumulates), "adds step again and again";
    "arange.ignores_sign_of_step" Value Wrong(upwards), "counts upwards for negative steps";
    "linspace.one_more" Shape Wrong(|s| linspace(s, |how| if how.endpoint { how } else { let num = how.num + 1; how.num(num).endpoint(true) })), "one element more where the end is left out";
    "linspace.ignores_endpoint" Value Wrong(|s| linspace(s, |how| how.endpoint(true))), "the end always belongs to the result";
    "linspace.accumulates" Precision Wrong(linspace_accumulates), "adds the step again and again";
    "linspace.misses_stop" Precision Wrong(misses_stop), "the last element is computed in lower precision";
    "eye.square" Shape Wrong(|s| eye(s, |how| { let rows = how.rows; how.cols(rows) })), "as many columns as rows";
    "eye.wrong_diagonal" Value Wrong(|s| eye(s, |how| { let k = how.k.saturating_neg(); how.k(k) })), "the diagonal -k";
    "eye.ignores_k" Value Wrong(|s| eye(s, |how| how.k(0))), "the main diagonal";
    "full.default_float_is_float32" Dtype Wrong(|s| s.each(|y| if unasked(s) && y.dtype() == DType::Float64 { num::convert(y, DType::Float32) } else { y.clone() })), "float32 where no dtype is given";
    "full.only_first_element" Value Wrong(|s| s.elements(|i, v| if i == 0 { v } else { zero(v) })), "the elements after the first are 0";
    "full.truncates_to_integer" Value Wrong(|s| s.elements(|_, v| v.parts(f64::trunc))), "the fraction of the value is lost";
};

fn zero(v: Num) -> Num {
    if let Int(_) = v { Int(0) } else { v.parts(|_| 0.0) }
}

/// Whether the call leaves the dtype to the backend.
fn unasked(s: &Site) -> bool {
    match &s.call {
        Call::Arange { how } => how.dtype.is_none(),
        Call::Full { how } => how.dtype.is_none(),
        Call::Linspace { how } => how.dtype.is_none(),
        _ => false,
    }
}

fn real(s: Scalar) -> f64 {
    Num::from(s).real()
}

/// The number of steps from start to stop, before rounding up.
fn exact_count(how: &Arange) -> f64 {
    (real(how.stop) - real(how.start)) / real(how.step)
}

/// Another number of elements, at least 0.
fn arange(s: &Site, count: impl Fn(&Arange, usize) -> usize) -> Option<Answer> {
    let Call::Arange { how } = &s.call else { return None };
    s.each(|y| match y.size() {
        0 => y.clone(),
        n => num::from_nums(y.dtype(), &[count(how, n)].into(), |i| if i < n { num::get(y, i) } else { element(how, i) }),
    })
}

fn element(how: &Arange, i: usize) -> Num {
    match (Num::from(how.start), Num::from(how.step)) {
        (Int(a), Int(b)) => Int(a + b * i as i128),
        (a, b) => Float(a.real() + b.real() * i as f64),
    }
}

/// A running sum in the precision of the dtype.
fn running(y: &HostArray, start: f64, step: f64) -> HostArray {
    let mut sum = num::rounded(y.dtype(), start);
    let mut all = vec![];
    for _ in 0..y.size() {
        all.push(Float(sum));
        sum = num::rounded(y.dtype(), sum + num::rounded(y.dtype(), step));
    }
    num::from_nums(y.dtype(), y.shape(), |i| all[i])
}

fn arange_accumulates(s: &Site) -> Option<Answer> {
    let Call::Arange { how } = &s.call else { return None };
    s.each(|y| if y.dtype().is_float() { running(y, real(how.start), real(how.step)) } else { y.clone() })
}

fn upwards(s: &Site) -> Option<Answer> {
    let Call::Arange { how } = &s.call else { return None };
    (real(how.step) < 0.0).then_some(())?;
    s.elements(|i, v| match (v, Num::from(how.start), Num::from(how.step)) {
        (Int(_), Int(a), Int(b)) => Int(a - b * i as i128),
        (_, a, b) => Float(a.real() - b.real() * i as f64),
    })
}

fn linspace(s: &Site, change: impl Fn(Linspace) -> Linspace) -> Option<Answer> {
    s.good()?;
    let Call::Linspace { how } = &s.call else { return None };
    Some(s.run(Call::Linspace { how: change(how.clone()) }))
}

/// Distance between elements; 0 for a single one.
fn step(how: &Linspace, part: fn(Num) -> f64) -> f64 {
    let gaps = if how.endpoint { how.num.saturating_sub(1) } else { how.num };
    if gaps == 0 { 0.0 } else { (part(how.stop.into()) - part(how.start.into())) / gaps as f64 }
}

fn linspace_accumulates(s: &Site) -> Option<Answer> {
    let Call::Linspace { how } = &s.call else { return None };
    s.each(|y| if y.dtype().is_float() { running(y, real(how.start), step(how, Num::real)) } else { y.clone() })
}

fn misses_stop(s: &Site) -> Option<Answer> {
    let Call::Linspace { how } = &s.call else { return None };
    (how.endpoint && how.num > 1).then_some(())?;
    // Half of the digits of the dtype.
    let short = |dtype: DType, x: f64| match dtype.real() {
        DType::Float32 => f64::from_bits(x.to_bits() & !((1 << 40) - 1)),
        _ => f64::from(x as f32),
    };
    let gaps = (how.num - 1) as f64;
    s.each(|y| {
        num::map(y, |i, v| match v {
            _ if i as u64 + 1 != how.num => v,
            Float(_) => Float(real(how.start) + gaps * short(y.dtype(), step(how, Num::real))),
            Num::Complex(_, im) => Num::Complex(real(how.start) + gaps * short(y.dtype(), step(how, Num::real)), im),
            Int(_) => v,
        })
    })
}

fn eye(s: &Site, change: impl Fn(Eye) -> Eye) -> Option<Answer> {
    s.good()?;
    let Call::Eye { how } = &s.call else { return None };
    Some(s.run(Call::Eye { how: change(how.clone()) }))
}
