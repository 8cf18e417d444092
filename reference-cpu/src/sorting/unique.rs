//! Each value once.
use crate::memory::{self, PARALLEL};
use num_complex::Complex;
use std::cmp::Ordering;

/// Brings the first of equal neighbours to the front; returns how many there are. A NaN equals nothing, itself included.
pub(super) fn in_front<T: Copy + PartialEq>(values: &mut [T]) -> usize {
    let Some(&first) = values.first() else { return 0 };
    let (mut last, mut kept) = (first, 1);
    for i in 1..values.len() {
        let v = values[i];
        values[kept] = v;
        kept += usize::from(v != last);
        last = v;
    }
    kept
}

/// The truth values that occur.
pub(super) fn truth(values: &[bool]) -> Vec<bool> {
    [false, true].into_iter().filter(|v| values.contains(v)).collect()
}

/// Complex numbers by real part, then by imaginary part; those with a NaN last.
pub(super) fn complex<T: Copy + PartialOrd + Send>(mut values: Vec<Complex<T>>) -> Vec<Complex<T>> {
    let nan = |x: T| x.partial_cmp(&x).is_none();
    let part = |a: T, b: T| a.partial_cmp(&b).unwrap_or_else(|| nan(a).cmp(&nan(b)));
    let order = |a: &Complex<T>, b: &Complex<T>| -> Ordering {
        let odd = |z: &Complex<T>| nan(z.re) || nan(z.im);
        odd(a).cmp(&odd(b)).then_with(|| part(a.re, b.re)).then_with(|| part(a.im, b.im))
    };
    // Long inputs are sorted in parts, on all threads; the last pass finds the parts in order and merges them.
    if values.len() >= PARALLEL {
        memory::parts(&mut values, PARALLEL / 2, true, &|_, part| part.sort_by(order));
    }
    values.sort_by(order);
    values.dedup_by(|a, b| a.re == b.re && a.im == b.im);
    values
}
