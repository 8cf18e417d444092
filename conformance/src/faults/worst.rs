//! The backend that errs as far as every clause allows, and has to pass.
//!
//! Each answer is as far from the exact one as the model allows, every NaN has a sign and a payload, vectors with a free sign have the
//! other one, positions with a free order come in another, and declared choices are the last that the manifests name. It proves that the
//! judge honours the limits at their edge, and every freedom.
use super::extreme;
use super::forward::forward_calls;
use super::matrix::{Matrix, from_matrices, matrices};
use super::{num, sorting};
use crate::model::{Elements, Expect, ExpectArray, Limit, Limits, Model};
use array_protocol::manifest::Suite;
use array_protocol::options::*;
use array_protocol::{
    Backend, BinaryOp, Call, DType, Error, ErrorKind, FftOp, HostArray, Index, IndexingOp, Info, InterchangeOp, LinalgOp, Operand,
    RandomOp, ReduceOp, Reply, Result, Shape, UnaryOp, dlpack,
};
use num_complex::Complex64;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A backend that takes every freedom. Decompositions come from a good one, with their free signs changed.
#[derive(Clone)]
pub struct WorstLegal<B> {
    good: B,
    model: Arc<Model>,
    declared: Arc<BTreeMap<String, String>>,
}

impl<B: Backend> WorstLegal<B> {
    /// The worst backend that a suite allows.
    pub fn new(good: B, suite: &Suite) -> Self {
        let choices = suite.declarations().into_iter();
        let last = choices.filter_map(|(key, (choices, _))| Some((key.to_owned(), (*choices.last()?).to_owned())));
        let declared: BTreeMap<String, String> = last.collect();
        let limits = suite.limits().map(|(of, measure, value)| (of, Limit { measure, value }));
        let model = Model::new(Limits::new(limits, declared.clone())).devices(good.info().devices);
        WorstLegal { good, model: Arc::new(model), declared: Arc::new(declared) }
    }

    /// What the good backend answers.
    fn good(&self, call: &Call<&HostArray>) -> Result<Vec<HostArray>> {
        let mut arrays = vec![];
        call.arrays(|x| arrays.push(self.good.upload(x, None)));
        let arrays = arrays.into_iter().collect::<Result<Vec<_>>>()?;
        let mut next = arrays.iter();
        let short = || Error::new(ErrorKind::Backend, call.op()).detail("too few arrays");
        let call = call.clone().try_map(|_| next.next().ok_or_else(short))?;
        call.apply(&self.good)?.into_vec().iter().map(|x| self.good.download(x)).collect()
    }

    fn reply(&self, call: Call<&Arc<HostArray>>) -> Result<Reply<Arc<HostArray>>> {
        let call = call.try_map::<_, Error>(|x| Ok(&**x))?;
        let fail = |kinds: &[ErrorKind]| {
            let kind = kinds.last().copied().unwrap_or(ErrorKind::Backend);
            Err(Error::new(kind, call.op()).detail("the model allows an error here"))
        };
        let arrays = match self.model.expect(&call) {
            // A gap of the model is reported elsewhere.
            None => self.good(&call)?,
            Some(Expect::Fails(kinds) | Expect::Either(kinds, _)) => return fail(&kinds),
            Some(Expect::Unspecified) => return fail(&[ErrorKind::Value]),
            Some(Expect::Returns(out)) => self.worst(&call, &out)?,
        };
        Ok(Reply::Many(arrays.into_iter().map(Arc::new).collect()))
    }

    fn worst(&self, call: &Call<&HostArray>, expected: &[ExpectArray]) -> Result<Vec<HostArray>> {
        let related = expected.iter().any(|e| matches!(e.elements, Elements::Related(_) | Elements::Free));
        let free = if related { self.freed(call, expected)? } else { vec![] };
        let one = |(i, e): (usize, &ExpectArray)| match &e.elements {
            Elements::Bits(x) => Ok(extreme::odd_nans(x)),
            Elements::Each(all) => {
                let mut x = HostArray::zeros(e.dtype, e.shape.clone())?;
                all.iter().enumerate().for_each(|(k, allowed)| extreme::store(&mut x, k, allowed));
                Ok(x)
            }
            Elements::Related(_) | Elements::Free => {
                free.get(i).cloned().ok_or_else(|| Error::new(ErrorKind::Backend, call.op()).detail("too few arrays"))
            }
        };
        expected.iter().enumerate().map(one).collect()
    }

    /// Results that are judged together: those of the good backend, with what is free changed. What is not finite is not shown to it:
    /// matrices that hold such an element give NaN throughout, which is the choice that `new` declares.
    fn freed(&self, call: &Call<&HostArray>, expected: &[ExpectArray]) -> Result<Vec<HostArray>> {
        let mut tame = vec![];
        call.arrays(|x| tame.push(tamed(x)));
        let mut next = tame.iter().map(|(x, _)| x);
        let short = || Error::new(ErrorKind::Backend, call.op()).detail("too few arrays");
        let decomposes = matches!(call, Call::Svd { .. } | Call::Qr { .. } | Call::Solve { .. });
        let shown = if decomposes { call.clone().try_map(|_| next.next().ok_or_else(short))? } else { call.clone() };
        let mut good = self.good(&shown)?;
        if decomposes {
            for (y, e) in good.iter_mut().zip(expected) {
                *y = with_nan(y, e, &tame);
            }
        }
        let good: Vec<HostArray> = good.iter().map(extreme::odd_nans).collect();
        Ok(match (call, &*good) {
            (Call::Svd { .. }, [u, s, vh]) => {
                let (u, vh) = turned(u, vh, s.shape().last().copied().unwrap_or(0));
                vec![u, s.clone(), vh]
            }
            (Call::Qr { x, .. }, [q, r]) => {
                let k = x.shape().iter().rev().take(2).min().copied().unwrap_or(0);
                let (q, r) = turned(q, r, k);
                vec![q, r]
            }
            (Call::Argsort { x, how }, [_]) => vec![sorting::any_order(x, how)],
            _ => good,
        })
    }
}

/// An argument with an identity for each matrix that is not finite, and where those were, with the shape of the stack.
fn tamed(x: &HostArray) -> (HostArray, (Shape, Vec<bool>)) {
    let stack: Shape = x.shape().iter().take(x.shape().rank().saturating_sub(2)).copied().collect();
    let size = x.size().checked_div(stack.size()).unwrap_or(0).max(1);
    let columns = x.shape().last().copied().unwrap_or(1).max(1);
    let odd: Vec<bool> =
        (0..stack.size()).map(|s| (s * size..(s + 1) * size).any(|i| i < x.size() && !num::get(x, i).is_finite())).collect();
    let tame = num::map(x, |i, v| match odd.get(i / size) {
        Some(true) => num::lifted(num::Num::Int((i % size / columns == i % columns).into()), x.dtype().kind()),
        _ => v,
    });
    (tame, (stack, odd))
}

/// A result with NaN throughout for each part of its stack that depends on a matrix which was not finite.
fn with_nan(y: &HostArray, e: &ExpectArray, arguments: &[(HostArray, (Shape, Vec<bool>))]) -> HostArray {
    let stack = arguments.iter().map(|(_, (stack, _))| stack.clone()).reduce(|a, b| a.broadcast(&b).unwrap_or(a)).unwrap_or_default();
    let size = y.size().checked_div(stack.size()).unwrap_or(0).max(1);
    let odd = |s: usize| arguments.iter().any(|(_, (own, odd))| odd.get(num::broadcast_index(s, &stack, own)) == Some(&true));
    let free = matches!(e.elements, Elements::Related(_) | Elements::Free);
    num::map(y, |i, v| if free && odd(i / size) { v.parts(|_| f64::NAN) } else { v })
}

/// Columns of the first factor and rows of the second, of which `k` belong together, with other signs (phases).
fn turned(left: &HostArray, right: &HostArray, k: usize) -> (HostArray, HostArray) {
    let phase = if left.dtype().is_complex() { Complex64::I } else { -Complex64::ONE };
    let (mut a, mut b) = (matrices(left), matrices(right));
    let scale = |m: &mut Matrix, i, j, by| m.set(i, j, m.at(i, j) * by);
    for m in &mut a {
        // Columns beyond the common ones are free on their own.
        (0..m.rows).for_each(|i| (0..m.cols).for_each(|j| scale(m, i, j, phase)));
    }
    for m in &mut b {
        (0..k.min(m.rows)).for_each(|i| (0..m.cols).for_each(|j| scale(m, i, j, phase.conj())));
    }
    (from_matrices(left, &a), from_matrices(right, &b))
}

impl<B: Backend> Backend for WorstLegal<B> {
    type Array = Arc<HostArray>;

    fn info(&self) -> Info {
        let mut info = self.good.info();
        info.name = "worst-legal".into();
        info.declared = (*self.declared).clone();
        info
    }
    fn shape<'a>(&self, x: &'a Self::Array) -> &'a Shape {
        x.shape()
    }
    fn dtype(&self, x: &Self::Array) -> DType {
        x.dtype()
    }
    fn upload(&self, x: &HostArray, to: Option<Device>) -> Result<Self::Array> {
        if to.is_some_and(|d| d != Device::CPU) {
            return Err(Error::new(ErrorKind::Device, InterchangeOp::Upload));
        }
        Ok(Arc::new(x.clone()))
    }
    fn download(&self, x: &Self::Array) -> Result<HostArray> {
        Ok((**x).clone())
    }
    fn setitem(&self, x: &mut Self::Array, key: &[Index<&Self::Array>], value: Operand<&Self::Array>) -> Result<()> {
        let short = |_| Error::new(ErrorKind::Backend, IndexingOp::Setitem);
        *x = self.reply(Call::Setitem { x, key: key.to_vec(), value })?.one().map_err(short)?;
        Ok(())
    }
    fn to_dlpack(&self, x: &Self::Array) -> Result<dlpack::Tensor> {
        self.good.to_dlpack(&self.good.upload(x, None)?)
    }
    fn from_dlpack(&self, x: dlpack::Tensor) -> Result<Self::Array> {
        self.good.download(&self.good.from_dlpack(x)?).map(Arc::new)
    }

    forward_calls!(Arc<HostArray>);
}
