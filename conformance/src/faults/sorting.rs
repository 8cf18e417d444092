//! Faults of single operations: order, search, sets.
use super::num::{self, Num, Num::Float, Num::Int};
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::options::{Search, Side, Sort};
use array_protocol::{Call, DType, HostArray, Kind, Shape};
use std::cmp::Ordering;

pub(super) const FAULTS: &[Entry] = entries! {
    "argsort.is_rank" Order Wrong(|s| lanes(s, |v, how| inverse(&sorted(v, how)))), "the rank of each element: the inverse permutation";
    "argsort.skips_tail" Order Wrong(|s| lanes(s, all_but_tail)), "the positions after the last full block of 8 stay where they are";
    "argsort.unstable" Order Wrong(|s| lanes(s, |v, how| permutation(v, |a, b| directed(how, v[a], v[b]).then(b.cmp(&a))))), "equal elements in opposite order";
    "argsort.descending_by_flip" Order Wrong(|s| lanes(s, descending_by_flip)), "descending by reversing the ascending result";
    "argsort.ignores_descending" Order Wrong(|s| lanes(s, |v, how| sorted(v, &how.clone().descending(false)))), "always ascending";
    "argsort.nan_first" Special Wrong(|s| lanes(s, nan_first)), "NaN comes first";
    "sort.loses_duplicates" Order Wrong(|s| lanes(s, loses_duplicates)), "equal elements are replaced by their neighbour";
    "sort.skips_tail" Order Wrong(|s| lanes(s, all_but_tail)), "the elements after the last full block of 8 stay where they are";
    "sort.wrong_axis" Indexing Wrong(sort_first_axis), "along the first axis, whatever was asked for";
    "sort.drops_last_of_ties" Order Wrong(|s| lanes(s, drops_last_of_ties)), "the last of several equal elements becomes the next larger one";
    "sort.ignores_descending" Order Wrong(|s| lanes(s, |v, how| sorted(v, &how.clone().descending(false)))), "always ascending";
    "sort.through_float64" Precision Wrong(|s| lanes(s, |v, how| sorted(&v.iter().map(|x| num::lifted(*x, Kind::Float)).collect::<Vec<_>>(), how))), "neighbours above 2^53 are equal";
    "sort.unsigned_as_signed" Value Wrong(unsigned_as_signed), "unsigned integers compared as signed";
    "sort.nan_first" Special Wrong(|s| lanes(s, nan_first)), "NaN comes first";
    "sort.nan_breaks_order" Special Wrong(|s| lanes(s, nan_breaks_order)), "comparisons with NaN are false: what surrounds it is not in order";
    "searchsorted.off_by_one" Value Wrong(|s| s.unary_at(1, |len, _, i| if i == len && i > 0 { i - 1 } else { i })), "one less where the place is the end";
    "searchsorted.insertion_minus_one" Value Wrong(|s| s.unary_at(1, |_, _, i| (i - 1).max(0))), "one less everywhere but at 0";
    "searchsorted.ignores_side" Value Wrong(|s| search(s, |how| how.side(Side::Left))), "always left";
    "searchsorted.sides_swapped" Value Wrong(|s| search(s, |how| { let other = if how.side == Side::Left { Side::Right } else { Side::Left }; how.side(other) })), "left and right change places";
    "searchsorted.flattens" Error Wrong(search_flat), "flattens x1";
    "unique_values.keeps_duplicates" Shape Wrong(|s| unique(s, |v| sorted(v, &Sort::default()))), "as many as x has elements";
    "unique_values.order_of_appearance" Order Wrong(|s| unique(s, |v| (0..v.len()).filter(|&i| !v[..i].iter().any(|x| total(*x, v[i]).is_eq() && !x.is_nan())).collect())), "in the order in which they first appear";
    "unique_values.neighbours_only" Value Wrong(|s| unique(s, |v| (0..v.len()).filter(|&i| i == 0 || v[i - 1] != v[i]).collect())), "an element is left out only where it equals the one before it";
    "unique_values.one_nan" Special Wrong(|s| unique(s, |v| distinct(v, |a, b| total(a, b).is_eq()))), "all NaN become one";
    "unique_values.zeros_distinct" Special Wrong(|s| unique(s, zeros_distinct)), "-0 and +0 are two elements";
};

/// The order of the specification: NaN is the largest, both zeros are equal.
fn total(a: Num, b: Num) -> Ordering {
    match (a, b) {
        (Int(a), Int(b)) => a.cmp(&b),
        _ => a.is_nan().cmp(&b.is_nan()).then(a.real().partial_cmp(&b.real()).unwrap_or(Ordering::Equal)),
    }
}

fn directed(how: &Sort, a: Num, b: Num) -> Ordering {
    if how.descending { total(b, a) } else { total(a, b) }
}

fn permutation(v: &[Num], order: impl Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut p: Vec<usize> = (0..v.len()).collect();
    p.sort_by(|&a, &b| order(a, b));
    p
}

/// The positions that sort, equal elements in their order.
fn sorted(v: &[Num], how: &Sort) -> Vec<usize> {
    permutation(v, |a, b| directed(how, v[a], v[b]))
}

fn inverse(p: &[usize]) -> Vec<usize> {
    let mut q = vec![0; p.len()];
    p.iter().enumerate().for_each(|(i, &j)| q[j] = i);
    q
}

/// `sort` or `argsort`, line by line: `f(line, options)` gives the positions that stand in the result. Lines that it would order rightly
/// keep what the backend gave.
fn lanes(s: &Site, f: impl Fn(&[Num], &Sort) -> Vec<usize>) -> Option<Answer> {
    let (x, how, positions) = match &s.call {
        Call::Sort { x, how } => (*x, how, false),
        Call::Argsort { x, how } => (*x, how, true),
        _ => return None,
    };
    let good = s.good()?.first()?;
    let shape = x.shape();
    let axis = shape.axis(how.axis)?;
    let inner: usize = shape[axis + 1..].iter().product();
    let len = shape[axis];
    let mut from: Vec<usize> = vec![0; x.size()];
    let mut changed = vec![false; x.size()];
    for start in (0..x.size()).filter(|i| (i / inner.max(1)).is_multiple_of(len.max(1))) {
        let line: Vec<usize> = (0..len).map(|k| start + k * inner).collect();
        let values: Vec<Num> = line.iter().map(|&i| num::get(x, i)).collect();
        let (wrong, right) = (f(&values, how), sorted(&values, how));
        for (k, &i) in line.iter().enumerate() {
            from[i] = if positions { wrong[k] } else { line[wrong[k]] };
            changed[i] = wrong != right;
        }
    }
    if positions {
        return s.elements(|i, y| if changed[i] { Int(from[i] as i128) } else { y });
    }
    Some(Ok(vec![num::map(good, |i, y| if changed[i] { num::get(x, from[i]) } else { y })]))
}

fn all_but_tail(v: &[Num], how: &Sort) -> Vec<usize> {
    let full = if v.len() > 8 { v.len() - v.len() % 8 } else { v.len() };
    sorted(&v[..full], how).into_iter().chain(full..v.len()).collect()
}

fn descending_by_flip(v: &[Num], how: &Sort) -> Vec<usize> {
    let mut p = sorted(v, &how.clone().descending(false));
    if how.descending {
        p.reverse();
    }
    p
}

fn nan_first(v: &[Num], how: &Sort) -> Vec<usize> {
    permutation(v, |a, b| {
        let nan = v[b].is_nan().cmp(&v[a].is_nan());
        (if how.descending { nan.reverse() } else { nan }).then(directed(how, v[a], v[b]))
    })
}

fn loses_duplicates(v: &[Num], how: &Sort) -> Vec<usize> {
    let p = sorted(v, how);
    let other = |i: usize| (0..i).rev().chain(i + 1..p.len()).find(|&j| v[p[j]] != v[p[i]]).unwrap_or(i);
    (0..p.len()).map(|i| if i > 0 && v[p[i]] == v[p[i - 1]] { p[other(i)] } else { p[i] }).collect()
}

fn drops_last_of_ties(v: &[Num], how: &Sort) -> Vec<usize> {
    let p = sorted(v, how);
    let last = |i: usize| i > 0 && i + 1 < p.len() && v[p[i]] == v[p[i - 1]] && v[p[i]] != v[p[i + 1]];
    (0..p.len()).map(|i| if last(i) { p[i + 1] } else { p[i] }).collect()
}

/// Insertion by comparisons that are false for NaN.
fn nan_breaks_order(v: &[Num], how: &Sort) -> Vec<usize> {
    let mut p: Vec<usize> = (0..v.len()).collect();
    let before = |a: usize, b: usize| if how.descending { v[a].real() > v[b].real() } else { v[a].real() < v[b].real() };
    if !v.iter().any(|x| x.is_nan()) {
        return sorted(v, how);
    }
    for i in 1..p.len() {
        let mut j = i;
        while j > 0 && before(p[j], p[j - 1]) {
            p.swap(j, j - 1);
            j -= 1;
        }
    }
    p
}

fn unsigned_as_signed(s: &Site) -> Option<Answer> {
    let (low, high) = num::range(s.dtype());
    (low == 0 && s.dtype().is_integer()).then_some(())?;
    let turned = |n: &Num| if let Int(i) = *n { Int(if i > high / 2 { i - high - 1 } else { i }) } else { *n };
    lanes(s, |v, how| sorted(&v.iter().map(turned).collect::<Vec<_>>(), how))
}

/// Positions that sort, equal elements in opposite order unless they have to be stable.
pub(super) fn any_order(x: &HostArray, how: &Sort) -> HostArray {
    let axis = x.shape().axis(how.axis).unwrap_or(0);
    let inner: usize = x.shape().iter().skip(axis + 1).product();
    let len = x.shape().get(axis).copied().unwrap_or(1);
    let mut out = num::zeros(DType::Int64, x.shape());
    for start in (0..x.size()).filter(|i| (i / inner.max(1)).is_multiple_of(len.max(1))) {
        let v: Vec<Num> = (0..len).map(|k| num::get(x, start + k * inner)).collect();
        let ties = |a: usize, b: usize| if how.stable { a.cmp(&b) } else { b.cmp(&a) };
        let line = permutation(&v, |a, b| directed(how, v[a], v[b]).then(ties(a, b)));
        line.iter().enumerate().for_each(|(k, &p)| num::put(&mut out, start + k * inner, Int(p as i128)));
    }
    out
}

fn sort_first_axis(s: &Site) -> Option<Answer> {
    s.good()?;
    let Call::Sort { x, how } = &s.call else { return None };
    Some(s.run(Call::Sort { x, how: how.clone().axis(0) }))
}

impl Site<'_> {
    /// Integer results: `f(length of the first argument, element of the argument at `argument`, right result)`.
    fn unary_at(&self, argument: usize, f: impl Fn(i128, Num, i128) -> i128) -> Option<Answer> {
        let all = self.arguments();
        let (first, x) = (*all.first()?, *all.get(argument)?);
        self.elements(|i, y| if let Int(good) = y { Int(f(first.size() as i128, num::get(x, i), good)) } else { y })
    }
}

fn search(s: &Site, change: impl Fn(Search) -> Search) -> Option<Answer> {
    s.good()?;
    let Call::Searchsorted { x1, x2, how } = &s.call else { return None };
    Some(s.run(Call::Searchsorted { x1, x2, how: change(how.clone()) }))
}

fn search_flat(s: &Site) -> Option<Answer> {
    s.error()?;
    let Call::Searchsorted { x1, x2, how } = &s.call else { return None };
    let flat = num::reshaped(x1, [x1.size()]);
    (x1.shape().rank() != 1).then(|| s.run(Call::Searchsorted { x1: &flat, x2, how: how.clone() }))
}

/// The elements that `f` chooses from all of them.
fn unique(s: &Site, f: impl Fn(&[Num]) -> Vec<usize>) -> Option<Answer> {
    s.good()?;
    let x = *s.arguments().first()?;
    let all: Vec<Num> = num::nums(x).collect();
    let (chosen, right): (Vec<usize>, Vec<usize>) = (f(&all), distinct(&all, |a, b| a == b));
    let same = chosen.len() == right.len() && chosen.iter().zip(&right).all(|(&a, &b)| total(all[a], all[b]).is_eq());
    (!same).then(|| Ok(vec![num::gather(x, &Shape::from([chosen.len()]), |i| chosen.get(i).copied())]))
}

/// One position for each class of equal elements, in ascending order.
fn distinct(v: &[Num], equal: impl Fn(Num, Num) -> bool) -> Vec<usize> {
    let mut p = sorted(v, &Sort::default());
    p.dedup_by(|b, a| equal(v[*a], v[*b]));
    p
}

fn zeros_distinct(v: &[Num]) -> Vec<usize> {
    let mut p = permutation(v, |a, b| total(v[a], v[b]).then(v[a].real().total_cmp(&v[b].real())));
    p.dedup_by(|b, a| match (v[*a], v[*b]) {
        (Float(x), Float(y)) => !x.is_nan() && x.to_bits() == y.to_bits(),
        (x, y) => x == y,
    });
    p
}
