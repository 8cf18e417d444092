//! What a fault sees: one call on host arrays, the right answer, and a way to make other calls.
use super::num::{self, Num};
use crate::model::Limits;
use array_protocol::{Call, DType, Error, HostArray, Operand, Result, Shape};
use std::cell::OnceCell;

/// What a call gives, on the host.
pub(super) type Answer = Result<Vec<HostArray>>;
/// A way to run a call on the good backend.
pub(super) type Run<'a> = &'a dyn Fn(Call<&HostArray>) -> Answer;

/// One call of the operation that has the fault.
pub(super) struct Site<'a> {
    /// The call.
    pub(super) call: Call<&'a HostArray>,
    /// The published limits of accuracy.
    pub(super) limits: &'a Limits,
    /// How many calls of the operation came before, on this backend.
    pub(super) before: u64,
    run: Run<'a>,
    right: OnceCell<Answer>,
    first: &'a dyn Fn() -> Answer,
}

impl<'a> Site<'a> {
    pub(super) fn new(call: Call<&'a HostArray>, limits: &'a Limits, before: u64, run: Run<'a>, first: &'a dyn Fn() -> Answer) -> Site<'a> {
        Site { call, limits, before, run, right: OnceCell::new(), first }
    }

    /// What the good backend answers.
    pub(super) fn right(&self) -> &Answer {
        self.right.get_or_init(self.first)
    }

    /// The right results, if the call has any.
    pub(super) fn good(&self) -> Option<&[HostArray]> {
        self.right().as_deref().ok()
    }

    /// The right error, if the call has to fail (and is not merely absent).
    pub(super) fn error(&self) -> Option<&Error> {
        self.right().as_ref().err().filter(|e| e.kind() != array_protocol::ErrorKind::Unsupported)
    }

    /// Another call on the good backend.
    pub(super) fn run(&self, call: Call<&HostArray>) -> Answer {
        (self.run)(call)
    }

    /// The same call on changed arguments.
    pub(super) fn with(&self, change: impl Fn(&HostArray) -> HostArray) -> Answer {
        let mut changed = vec![];
        self.call.arrays(|x| changed.push(change(x)));
        let mut next = changed.iter();
        let fallback = num::zeros(DType::UInt8, &Shape::scalar());
        let call = self.call.clone().try_map::<_, Error>(|_| Ok(next.next().unwrap_or(&fallback)))?;
        self.run(call)
    }

    /// The array arguments, in order.
    pub(super) fn arguments(&self) -> Vec<&'a HostArray> {
        let mut all = vec![];
        self.call.arrays(|&x| all.push(x));
        all
    }

    /// Every result through `f`.
    pub(super) fn each(&self, f: impl Fn(&HostArray) -> HostArray) -> Option<Answer> {
        Some(Ok(self.good()?.iter().map(f).collect()))
    }

    /// Every element of every result through `f(index, element)`.
    pub(super) fn elements(&self, f: impl Fn(usize, Num) -> Num) -> Option<Answer> {
        self.each(|x| num::map(x, &f))
    }

    /// The results with the one at `position` replaced.
    pub(super) fn replace(&self, position: usize, f: impl Fn(&HostArray) -> HostArray) -> Option<Answer> {
        let mut all = self.good()?.to_vec();
        let changed = f(all.get(position)?);
        all[position] = changed;
        Some(Ok(all))
    }

    /// An elementwise operation on one array: `f(argument, right result)`.
    pub(super) fn unary(&self, f: impl Fn(Num, Num) -> Num) -> Option<Answer> {
        let x = *self.arguments().first()?;
        self.elements(|i, good| f(num::get(x, i), good))
    }

    /// Part by part: `f(part of the argument, part of the right result)`; integers stay.
    pub(super) fn unary_parts(&self, f: impl Fn(f64, f64) -> f64) -> Option<Answer> {
        self.unary(|x, good| match (x, good) {
            (Num::Float(x), Num::Float(y)) => Num::Float(f(x, y)),
            (Num::Complex(a, b), Num::Complex(re, im)) => Num::Complex(f(a, re), f(b, im)),
            _ => good,
        })
    }

    /// An elementwise operation on two operands: `f(first, second, right result)`, both operands of the kind of the wider one.
    pub(super) fn binary(&self, f: impl Fn(Num, Num, Num) -> Num) -> Option<Answer> {
        let operands = self.operands();
        let (x1, x2) = (operands.first()?, operands.get(1)?);
        let kind = operands.iter().map(|o| match o {
            Operand::Array(x) => x.dtype().kind(),
            Operand::Scalar(s) => s.kind(),
        });
        let kind = kind.max()?;
        let shape = self.good()?.first()?.shape().clone();
        let at = |x: &Operand<&HostArray>, i| num::lifted(num::operand(x, i, &shape), kind);
        self.elements(|i, good| f(at(x1, i), at(x2, i), good))
    }

    /// As [`binary`](Self::binary), for real floating point only.
    pub(super) fn floats(&self, f: impl Fn(f64, f64, Num) -> Num) -> Option<Answer> {
        self.binary(|a, b, good| if let (Num::Float(a), Num::Float(b)) = (a, b) { f(a, b, good) } else { good })
    }

    /// As [`binary`](Self::binary), for integers and truth values only.
    pub(super) fn integers(&self, f: impl Fn(i128, i128, Num) -> Num) -> Option<Answer> {
        self.binary(|a, b, good| if let (Num::Int(a), Num::Int(b)) = (a, b) { f(a, b, good) } else { good })
    }

    /// The widest dtype among the array arguments.
    pub(super) fn dtype(&self) -> DType {
        self.arguments().into_iter().map(HostArray::dtype).max_by_key(|d| (d.kind(), d.size())).unwrap_or(DType::Float64)
    }

    /// Real floating point, one argument: `f(argument, right result)`.
    pub(super) fn real(&self, f: impl Fn(f64, f64) -> f64) -> Option<Answer> {
        self.unary(|x, good| if let (Num::Float(x), Num::Float(y)) = (x, good) { Num::Float(f(x, y)) } else { good })
    }

    /// Complex, one argument: `f(re, im, right result)`.
    pub(super) fn complex(&self, f: impl Fn(f64, f64, Num) -> Num) -> Option<Answer> {
        self.unary(|x, good| if let Num::Complex(re, im) = x { f(re, im, good) } else { good })
    }

    /// The operands of a call that has two or three of them beside each other.
    pub(super) fn operands(&self) -> Vec<Operand<&'a HostArray>> {
        match &self.call {
            Call::Binary { x1, x2, .. } | Call::Where { x1, x2, .. } => vec![*x1, *x2],
            Call::Clip { x, min, max } => [Some(Operand::Array(*x)), *min, *max].into_iter().flatten().collect(),
            Call::Setitem { value, .. } => vec![*value],
            _ => vec![],
        }
    }
}

/// How many arrays a call answers with, where that does not depend on its arguments.
pub(super) fn results(call: &Call<&HostArray>) -> usize {
    match call {
        Call::Qr { .. } => 2,
        Call::Svd { .. } => 3,
        _ => 1,
    }
}
