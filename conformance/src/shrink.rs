//! Smaller cases that still fail: proptest's `ValueTree` over whole cases, driven by the harness (its own runner would cost a round
//! trip for every case that passes).
use crate::case::{Case, Layout};
use array_protocol::host::Bytes;
use array_protocol::{DType, HostArray, Shape};
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::VecDeque;

/// A case and the simpler ones that have not been tried yet, the boldest first.
#[derive(Clone, Debug)]
pub struct CaseTree {
    now: Case,
    before: Option<Case>,
    left: VecDeque<Case>,
}

impl CaseTree {
    /// The tree below a case.
    pub fn new(case: Case) -> CaseTree {
        CaseTree { left: simpler(&case), now: case, before: None }
    }

    fn advance(&mut self) -> bool {
        match self.left.pop_front() {
            Some(next) => {
                self.before = Some(std::mem::replace(&mut self.now, next));
                true
            }
            None => false,
        }
    }
}

impl ValueTree for CaseTree {
    type Value = Case;

    fn current(&self) -> Case {
        self.now.clone()
    }

    /// The current case still fails: go on from it.
    fn simplify(&mut self) -> bool {
        if self.before.take().is_some() {
            self.left = simpler(&self.now);
        }
        self.advance()
    }

    /// The current case passes: back to the last that failed, and on to its next simplification.
    fn complicate(&mut self) -> bool {
        let Some(before) = self.before.take() else { return false };
        self.now = before;
        self.advance()
    }
}

/// Cases of a check as a proptest strategy; one random number of the runner makes a case.
pub struct Cases<F>(
    /// From an index to a case.
    pub F,
);

impl<F> std::fmt::Debug for Cases<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cases")
    }
}

impl<F: Fn(u64) -> Option<Case>> Strategy for Cases<F> {
    type Tree = CaseTree;
    type Value = Case;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let index = proptest::prelude::RngExt::random(runner.rng());
        (self.0)(index).map(CaseTree::new).ok_or_else(|| "the check has no such case".into())
    }
}

/// Drives a tree to a minimal failing case. `fails` runs and judges one case. At most `budget` are tried.
/// Returns the case and the number of tries.
pub fn minimize(case: Case, budget: u64, mut fails: impl FnMut(&Case) -> bool) -> (Case, u64) {
    let mut tree = CaseTree::new(case.clone());
    let (mut best, mut tries) = (case, 0);
    let mut more = tree.simplify();
    while more && tries < budget {
        tries += 1;
        let candidate = tree.current();
        more = if fails(&candidate) {
            best = candidate;
            tree.simplify()
        } else {
            tree.complicate()
        };
    }
    (best, tries)
}

/// Simpler cases, the boldest first.
fn simpler(case: &Case) -> VecDeque<Case> {
    let mut out = VecDeque::new();
    let with = |arrays: Vec<HostArray>| {
        let mut c = case.clone();
        for (input, array) in c.inputs.iter_mut().zip(arrays) {
            input.array = array;
        }
        c
    };
    // Shapes first: all axes cut to one element, an axis halved, an axis of length 1 dropped.
    let rank = case.inputs.iter().map(|i| i.array.shape().rank()).max().unwrap_or(0);
    let all_ones: Option<Vec<_>> =
        case.inputs.iter().map(|i| (0..i.array.shape().rank()).try_fold(i.array.clone(), |a, axis| part(&a, axis, 0..1))).collect();
    if let Some(arrays) = all_ones
        && rank > 0
    {
        out.push_back(with(arrays));
    }
    for back in 0..rank {
        for side in [0, 1, 2] {
            let cut: Option<Vec<_>> = case.inputs.iter().map(|i| shorter(&i.array, back, side)).collect();
            if let Some(arrays) = cut {
                out.push_back(with(arrays));
            }
        }
    }
    if rank > 0 && case.inputs.iter().all(|i| i.array.shape().first().is_none_or(|&d| d == 1)) {
        let dropped: Option<Vec<_>> = case
            .inputs
            .iter()
            .map(|i| {
                let shape: Shape = i.array.shape().get(1..).unwrap_or(&[]).into();
                i.array.clone().with_shape(shape).ok()
            })
            .collect();
        out.extend(dropped.map(with));
    }
    for (k, input) in case.inputs.iter().enumerate() {
        if input.layout != Layout::Plain {
            let mut c = case.clone();
            c.inputs[k].layout = Layout::Plain;
            out.push_back(c);
        }
    }
    if case.threads > 2 {
        let mut c = case.clone();
        c.threads = 2;
        out.push_back(c);
    }
    // Then values: blocks become 1, single ones small.
    for (k, input) in case.inputs.iter().enumerate() {
        let n = input.array.size();
        let mut chunk = n;
        while chunk >= 1 {
            for at in (0..n).step_by(chunk) {
                let end = (at + chunk).min(n);
                let mut change = |a: Option<HostArray>| {
                    if let Some(a) = a.filter(|a| *a != input.array) {
                        let mut c = case.clone();
                        c.inputs[k].array = a;
                        out.push_back(c);
                    }
                };
                change(ones(&input.array, at..end));
                if chunk == 1 {
                    change(rounder(&input.array, at));
                }
                if out.len() > 96 {
                    return out;
                }
            }
            chunk /= 2;
        }
    }
    out.retain(|c| c != case);
    out
}

/// The array with its axis (counted from the end) halved: the front, the back, or all but the last element. Arrays without that axis, or
/// with length 1 there, stay as they are.
fn shorter(x: &HostArray, back: usize, side: u8) -> Option<HostArray> {
    let Some(axis) = x.shape().rank().checked_sub(back + 1) else { return Some(x.clone()) };
    let len = x.shape()[axis];
    if len <= 1 {
        return Some(x.clone());
    }
    let range = match side {
        0 => 0..len / 2,
        1 => len / 2..len,
        _ => 0..len - 1,
    };
    part(x, axis, range)
}

/// The elements of a range of positions along an axis.
fn part(x: &HostArray, axis: usize, range: std::ops::Range<usize>) -> Option<HostArray> {
    let len = *x.shape().get(axis)?;
    let range = range.start.min(len)..range.end.min(len);
    let inner = x.shape()[axis + 1..].iter().product::<usize>() * x.dtype().size();
    let mut shape = x.shape().clone();
    shape[axis] = range.len();
    let mut bytes = vec![];
    if inner > 0 && len > 0 {
        for block in x.bytes().chunks_exact(len * inner) {
            bytes.extend_from_slice(&block[range.start * inner..range.end * inner]);
        }
    }
    HostArray::new(x.dtype(), shape, Bytes::from_slice(&bytes)).ok()
}

/// The bytes of a small number.
fn encode(v: f64, dtype: DType) -> Option<Vec<u8>> {
    Some(match dtype {
        DType::Bool => vec![u8::from(v != 0.0)],
        DType::Float32 => (v as f32).to_le_bytes().to_vec(),
        DType::Float64 => v.to_le_bytes().to_vec(),
        _ if dtype.is_integer() => (v as i64).to_le_bytes()[..dtype.size()].to_vec(),
        _ if dtype.is_complex() => [encode(v, dtype.real())?, encode(0.0, dtype.real())?].concat(),
        _ => return None,
    })
}

fn ones(x: &HostArray, range: std::ops::Range<usize>) -> Option<HostArray> {
    let one = encode(1.0, x.dtype())?;
    let mut y = x.clone();
    y.bytes_mut()[range.start * one.len()..range.end * one.len()].chunks_exact_mut(one.len()).for_each(|c| c.copy_from_slice(&one));
    Some(y)
}

/// One float pulled to an integer of at most 16.
fn rounder(x: &HostArray, at: usize) -> Option<HostArray> {
    let size = x.dtype().size();
    let bytes = &x.bytes()[at * size..][..size];
    let v = match x.dtype() {
        DType::Float32 => f64::from(f32::from_le_bytes(bytes.try_into().ok()?)),
        DType::Float64 => f64::from_le_bytes(bytes.try_into().ok()?),
        _ => return None,
    };
    if !v.is_finite() {
        return None;
    }
    let small = v.clamp(-16.0, 16.0).round();
    // Zero is a special value of its own.
    let small = if small == 0.0 { 1.0f64.copysign(v) } else { small };
    let mut y = x.clone();
    y.bytes_mut()[at * size..][..size].copy_from_slice(&encode(small, x.dtype())?);
    Some(y)
}
