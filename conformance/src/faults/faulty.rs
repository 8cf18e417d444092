//! A good backend with one bug. Its arrays are handles to cells, so that bugs of memory can be played: sharing, views, writes.
use super::forward::forward_calls;
use super::num;
use super::site::{Answer, Site};
use super::{Bug, Entry, entries};
use crate::model::Limits;
use array_protocol::options::*;
use array_protocol::{
    Backend, BinaryOp, Call, DType, Error, ErrorKind, FftOp, HostArray, Index, Info, InterchangeOp, LinalgOp, Op, Operand, RandomOp,
    ReduceOp, Reply, Result, Shape, UnaryOp, dlpack,
};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(super) const FAULTS: &[Entry] = entries! {
    "generic.ignores_strides" Layout Bug::Misreads(Misread::InOrder), "reads the memory of a view as if it were an array in C order";
    "reshape.memory_order" Layout Bug::Misreads(Misread::InOrder), "the elements as they lie in memory";
    "from_dlpack.ignores_strides" Layout Bug::Misreads(Misread::InOrder), "the memory in order";
    "from_dlpack.ignores_offset" Layout Bug::Misreads(Misread::FromStart), "from the start of the memory";
    "from_dlpack.absolute_strides" Layout Bug::Misreads(Misread::Absolute), "negative strides are taken for positive";
    "generic.writes_input" Aliasing Bug::WritesInput, "uses the memory of its first argument for its result";
    "generic.writes_shared" Aliasing Bug::WritesShared, "an assignment writes into memory that other handles and views share";
    "generic.assign_differs" Aliasing Bug::AssignDiffers, "the assigning form gets the last element wrong";
    "generic.race" State Bug::Race, "two calls at the same time share a work buffer: the last element is wrong";
};

/// How long a call with a race waits for another one: threads of a busy machine start one after the other.
const MEET: Duration = Duration::from_millis(4);

/// An array of a [`Faulty`] backend.
pub struct Handle<A> {
    memory: Arc<Memory<A>>,
    shape: Shape,
    dtype: DType,
    /// For bugs of layout: what the array is a view of.
    base: Option<Arc<Base>>,
}

/// The memory under a view, and which of its elements the view shows, in C order.
struct Base {
    memory: HostArray,
    places: HostArray,
}

/// How code that does not understand strides reads a view.
#[derive(Clone, Copy)]
pub(super) enum Misread {
    /// The first elements of the memory.
    InOrder,
    /// With the right strides, but from the start of the memory.
    FromStart,
    /// From the right place, but upwards only.
    Absolute,
}

impl<A> Clone for Handle<A> {
    fn clone(&self) -> Self {
        Handle { memory: self.memory.clone(), shape: self.shape.clone(), dtype: self.dtype, base: self.base.clone() }
    }
}

/// What handles share.
enum Memory<A> {
    /// An array.
    Own(Mutex<A>),
    /// Part of the memory of another array: a call that moves elements, computed when it is read.
    View(Handle<A>, Call<()>),
}

/// A backend with one bug in one operation, see [`inject`](super::inject).
#[derive(Clone)]
pub struct Faulty<B> {
    below: B,
    bug: Arc<Injected>,
}

struct Injected {
    entry: &'static Entry,
    op: Option<Op>,
    limits: Limits,
    calls: AtomicU64,
    in_flight: AtomicUsize,
}

impl<B: Backend> Faulty<B> {
    pub(super) fn new(below: B, entry: &'static Entry, op: Option<Op>, limits: Limits) -> Self {
        Faulty { below, bug: Arc::new(Injected { entry, op, limits, calls: AtomicU64::new(0), in_flight: AtomicUsize::new(0) }) }
    }

    /// The bug, if this operation has it.
    fn bug(&self, op: impl Into<Op>) -> Option<Bug> {
        (self.bug.op.is_none() || self.bug.op == Some(op.into())).then_some(self.bug.entry.bug)
    }

    fn hold(&self, x: B::Array) -> Handle<B::Array> {
        let (shape, dtype) = (self.below.shape(&x).clone(), self.below.dtype(&x));
        Handle { memory: Arc::new(Memory::Own(Mutex::new(x))), shape, dtype, base: None }
    }

    /// The array below. Its clone is O(1).
    fn get(&self, x: &Handle<B::Array>) -> Result<B::Array> {
        match &*x.memory {
            Memory::Own(cell) => Ok(cell.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            Memory::View(of, how) => {
                let of = self.get(of)?;
                how.clone().try_map::<_, Error>(|()| Ok(&of))?.apply(&self.below)?.one()
            }
        }
    }

    fn host(&self, x: &Handle<B::Array>) -> Result<HostArray> {
        self.below.download(&self.get(x)?)
    }

    /// Writes into the memory of a handle: every handle that shares it sees the new value.
    fn overwrite(&self, x: &Handle<B::Array>, new: B::Array) -> Result<()> {
        match &*x.memory {
            Memory::Own(cell) => *cell.lock().unwrap_or_else(PoisonError::into_inner) = new,
            Memory::View(of, how) => {
                let mut whole = self.host(of)?;
                let places = num::from_nums(DType::Int64, &of.shape, |i| num::Num::Int(i as i128));
                let places = self.below.upload(&places, None)?;
                let places = how.clone().try_map::<_, Error>(|()| Ok(&places))?.apply(&self.below)?.one()?;
                let (places, new) = (self.below.download(&places)?, self.below.download(&new)?);
                for i in 0..new.size() {
                    num::put(&mut whole, num::get(&places, i).real() as usize, num::get(&new, i));
                }
                self.overwrite(of, self.below.upload(&whole, None)?)?;
            }
        }
        Ok(())
    }

    /// The call on the good backend.
    fn plain(&self, call: &Call<&Handle<B::Array>>) -> Result<Reply<B::Array>> {
        let mut raw = vec![];
        call.arrays(|x| raw.push(self.get(x)));
        let raw = raw.into_iter().collect::<Result<Vec<_>>>()?;
        self.on(call, &raw)
    }

    /// The call on these arrays instead of its own.
    fn on(&self, call: &Call<&Handle<B::Array>>, arrays: &[B::Array]) -> Result<Reply<B::Array>> {
        let mut next = arrays.iter();
        let call = call.clone().try_map(|_| next.next().ok_or_else(|| Error::outside_op(ErrorKind::Backend).detail("too few arrays")))?;
        call.apply(&self.below)
    }

    fn reply(&self, call: Call<&Handle<B::Array>>) -> Result<Reply<Handle<B::Array>>> {
        let reply = match self.bug(call.op()) {
            None | Some(Bug::AssignDiffers) => self.plain(&call)?,
            Some(Bug::WritesShared) => {
                if let Call::Setitem { x, key, value } = &call {
                    let mut same = (*x).clone();
                    self.setitem(&mut same, key, *value)?;
                    return Ok(Reply::One(same));
                }
                self.plain(&call)?
            }
            Some(Bug::Answer(wrong)) => self.answer(&call, wrong)?,
            Some(Bug::Misreads(how)) => {
                let mut raw = vec![];
                call.arrays(|x| raw.push(self.misread(x, how).and_then(|x| self.below.upload(&x, None))));
                let raw = raw.into_iter().collect::<Result<Vec<_>>>()?;
                self.on(&call, &raw)?
            }
            Some(Bug::WritesInput) => {
                let reply = self.plain(&call)?;
                let mut first = None;
                call.arrays(|&x| first = first.or(Some(x)));
                if let Some(x) = first {
                    self.scribble(x, &reply)?;
                }
                reply
            }
            Some(Bug::Race) => {
                let (reply, met) = self.in_flight(|| self.plain(&call));
                if met { self.reply_with(reply?, spoil_last)? } else { reply? }
            }
        };
        Ok(self.wrap(&call, reply))
    }

    /// Handles for the results; views remember what they are views of where the bug wants to know.
    fn wrap(&self, call: &Call<&Handle<B::Array>>, reply: Reply<B::Array>) -> Reply<Handle<B::Array>> {
        let of = match call {
            Call::Getitem { x, key } if !key.iter().any(|i| matches!(i, Index::Array(_))) => Some(*x),
            Call::PermuteDims { x, .. } | Call::BroadcastTo { x, .. } | Call::Reshape { x, .. } => Some(*x),
            Call::Flip { x, .. } | Call::Squeeze { x, .. } => Some(*x),
            _ => None,
        };
        let bug = self.bug.entry.bug;
        reply.map(|raw| {
            let mut made = self.hold(raw);
            let Some(of) = of else { return made };
            match bug {
                Bug::WritesShared => {
                    if let Ok(how) = call.clone().try_map::<_, Error>(|_| Ok(())) {
                        made.memory = Arc::new(Memory::View(of.clone(), how));
                    }
                }
                Bug::Misreads(_) => made.base = self.base(call, of).map(Arc::new),
                _ => {}
            }
            made
        })
    }

    /// What the result of a call that makes a view is a view of.
    fn base(&self, call: &Call<&Handle<B::Array>>, of: &Handle<B::Array>) -> Option<Base> {
        let (memory, places) = match &of.base {
            Some(base) => (base.memory.clone(), base.places.clone()),
            None => (self.host(of).ok()?, num::from_nums(DType::Int64, &of.shape, |i| num::Num::Int(i as i128))),
        };
        let places = self.below.upload(&places, None).ok()?;
        let places = call.clone().try_map::<_, Error>(|_| Ok(&places)).ok()?.apply(&self.below).ok()?.one().ok()?;
        Some(Base { memory, places: self.below.download(&places).ok()? })
    }

    /// The value that code blind to strides sees.
    fn misread(&self, x: &Handle<B::Array>, how: Misread) -> Result<HostArray> {
        let Some(base) = &x.base else { return self.host(x) };
        let place = |i| num::get(&base.places, i).real() as i64;
        let size = base.memory.size() as i64;
        let from = |i: usize| match how {
            Misread::InOrder => i as i64,
            Misread::FromStart => place(i) - place(0),
            Misread::Absolute => {
                let at = num::unravel(i, &x.shape);
                let steps = at.iter().enumerate().map(|(axis, &k)| {
                    let mut one = vec![0; at.len()];
                    one[axis] = k.min(1);
                    k as i64 * (place(num::ravel(&one, &x.shape)) - place(0)).abs()
                });
                place(0) + steps.sum::<i64>()
            }
        };
        Ok(num::gather(&base.memory, &x.shape, |i| from(i).checked_rem_euclid(size).map(|p| p as usize)))
    }

    /// Leaves the result, or zeros where it does not fit, in the memory of an argument.
    fn scribble(&self, x: &Handle<B::Array>, reply: &Reply<B::Array>) -> Result<()> {
        let old = self.host(x)?;
        let result = match reply {
            Reply::One(y) => Some(self.below.download(y)?),
            Reply::Many(_) => None,
        };
        let new = match result {
            Some(y) if (y.dtype(), y.shape()) == (old.dtype(), old.shape()) && y != old => y,
            _ => num::map(&old, |_, v| if v.is_zero() { v.spoilt() } else { num::Num::Int(0) }),
        };
        self.overwrite(x, self.below.upload(&new, None)?)
    }

    /// Runs `work` and says whether another call was on its way meanwhile.
    fn in_flight<T>(&self, work: impl FnOnce() -> T) -> (T, bool) {
        let count = &self.bug.in_flight;
        let mut met = count.fetch_add(1, Ordering::SeqCst) > 0;
        let start = Instant::now();
        while !met && start.elapsed() < MEET {
            std::thread::sleep(Duration::from_micros(100));
            met = count.load(Ordering::SeqCst) > 1;
        }
        let done = work();
        (done, count.fetch_sub(1, Ordering::SeqCst) > 1 || met)
    }

    /// The answer of a fault that works on host arrays.
    fn answer(&self, call: &Call<&Handle<B::Array>>, wrong: fn(&Site) -> Option<Answer>) -> Result<Reply<B::Array>> {
        let mut raw = vec![];
        call.arrays(|x| raw.push(self.get(x)));
        let raw = raw.into_iter().collect::<Result<Vec<_>>>()?;
        let hosts = raw.iter().map(|x| self.below.download(x)).collect::<Result<Vec<_>>>()?;
        let mut next = hosts.iter();
        let seen = call.clone().try_map(|_| next.next().ok_or_else(|| Error::outside_op(ErrorKind::Backend).detail("too few arrays")))?;
        let reply = std::cell::OnceCell::new();
        let first = || {
            let right = reply.get_or_init(|| self.on(call, &raw)).as_ref().map_err(Error::clone)?;
            self.hosts(right.clone().into_vec())
        };
        let run = |call: Call<&HostArray>| self.run(call);
        let site = Site::new(seen, &self.bug.limits, self.bug.calls.fetch_add(1, Ordering::SeqCst), &run, &first);
        match wrong(&site) {
            Some(Ok(arrays)) if site.good() != Some(&arrays) => {
                let arrays = arrays.iter().map(|x| self.below.upload(x, None)).collect::<Result<Vec<_>>>()?;
                Ok(Reply::Many(arrays))
            }
            Some(Err(e)) => Err(e),
            // As the good backend answers: the array itself, so that nothing else about it changes.
            _ => reply.into_inner().unwrap_or_else(|| self.on(call, &raw)),
        }
    }

    fn hosts(&self, arrays: Vec<B::Array>) -> Answer {
        arrays.iter().map(|x| self.below.download(x)).collect()
    }

    /// A call on host arrays.
    fn run(&self, call: Call<&HostArray>) -> Answer {
        let mut arrays = vec![];
        call.arrays(|x| arrays.push(self.below.upload(x, None)));
        let arrays = arrays.into_iter().collect::<Result<Vec<_>>>()?;
        let mut next = arrays.iter();
        let call = call.try_map(|_| next.next().ok_or_else(|| Error::outside_op(ErrorKind::Backend).detail("too few arrays")))?;
        self.hosts(call.apply(&self.below)?.into_vec())
    }

    fn reply_with(&self, reply: Reply<B::Array>, change: fn(&HostArray) -> HostArray) -> Result<Reply<B::Array>> {
        let changed = self.hosts(reply.into_vec())?;
        Ok(Reply::Many(changed.iter().map(|x| self.below.upload(&change(x), None)).collect::<Result<_>>()?))
    }

    /// A host array on its way in or out. To a fault it looks like a call that gives back its argument.
    fn transfer(&self, op: InterchangeOp, x: HostArray) -> Result<HostArray> {
        match self.bug(op) {
            Some(Bug::Answer(wrong)) => {
                let first = || Ok(vec![x.clone()]);
                let run = |call: Call<&HostArray>| {
                    let mut all = vec![];
                    call.arrays(|&x| all.push(x.clone()));
                    Ok(all)
                };
                let before = self.bug.calls.fetch_add(1, Ordering::SeqCst);
                let call = Call::ToDevice { x: &x, device: Device::CPU };
                let wrong = wrong(&Site::new(call, &self.bug.limits, before, &run, &first)).transpose()?;
                Ok(wrong.and_then(|v| v.into_iter().next()).unwrap_or(x))
            }
            Some(Bug::Race) => {
                let ((), met) = self.in_flight(|| ());
                Ok(if met { spoil_last(&x) } else { x })
            }
            _ => Ok(x),
        }
    }

    /// An assignment: `direct` works in place on the good backend, `call` is the same as a function.
    fn assign(
        &self,
        op: impl Into<Op>,
        x: &mut Handle<B::Array>,
        direct: impl FnOnce(&mut B::Array) -> Result<()>,
        call: impl FnOnce(&Self, &Handle<B::Array>) -> Result<Handle<B::Array>>,
    ) -> Result<()> {
        match self.bug(op) {
            None => {
                // In place below when nobody else holds the cell, as the good backend would.
                if let Some(Memory::Own(cell)) = Arc::get_mut(&mut x.memory) {
                    let raw = cell.get_mut().unwrap_or_else(PoisonError::into_inner);
                    direct(raw)?;
                    (x.shape, x.dtype, x.base) = (self.below.shape(raw).clone(), self.below.dtype(raw), None);
                } else {
                    let mut raw = self.get(x)?;
                    direct(&mut raw)?;
                    *x = self.hold(raw);
                }
            }
            Some(Bug::WritesShared) => {
                let mut raw = self.get(x)?;
                direct(&mut raw)?;
                if (self.below.shape(&raw), self.below.dtype(&raw)) == (&x.shape, x.dtype) {
                    self.overwrite(x, raw)?;
                } else {
                    *x = self.hold(raw);
                }
            }
            Some(Bug::AssignDiffers) => {
                let mut raw = self.get(x)?;
                direct(&mut raw)?;
                *x = self.hold(self.reply_with(Reply::One(raw), spoil_last)?.one()?);
            }
            Some(_) => *x = call(self, x)?,
        }
        Ok(())
    }
}

fn spoil_last(x: &HostArray) -> HostArray {
    num::map(x, |i, v| if i + 1 == x.size() { v.spoilt() } else { v })
}

impl<B: Backend> Backend for Faulty<B> {
    type Array = Handle<B::Array>;

    fn info(&self) -> Info {
        self.below.info()
    }
    fn shape<'a>(&self, x: &'a Self::Array) -> &'a Shape {
        &x.shape
    }
    fn dtype(&self, x: &Self::Array) -> DType {
        x.dtype
    }
    fn device(&self, x: &Self::Array) -> Device {
        self.get(x).map_or(Device::CPU, |x| self.below.device(&x))
    }
    fn upload(&self, x: &HostArray, to: Option<Device>) -> Result<Self::Array> {
        let sent = if self.bug(InterchangeOp::Upload).is_some() { &self.transfer(InterchangeOp::Upload, x.clone())? } else { x };
        self.below.upload(sent, to).map(|x| self.hold(x))
    }
    fn download(&self, x: &Self::Array) -> Result<HostArray> {
        match self.bug(InterchangeOp::Download) {
            Some(Bug::Misreads(how)) => self.misread(x, how),
            Some(_) => self.transfer(InterchangeOp::Download, self.host(x)?),
            None => self.host(x),
        }
    }
    fn sync(&self) -> Result<()> {
        self.below.sync()
    }
    fn setitem(&self, x: &mut Self::Array, key: &[Index<&Self::Array>], value: Operand<&Self::Array>) -> Result<()> {
        use array_protocol::call::Place;
        let raw_key = key.to_vec().place(&mut |x: &Self::Array| self.get(x))?;
        let raw_value = value.place(&mut |x: &Self::Array| self.get(x))?;
        let direct = |raw: &mut B::Array| {
            let key: Vec<Index<&B::Array>> = raw_key.iter().map(borrow_index).collect();
            self.below.setitem(raw, &key, borrow(&raw_value))
        };
        self.assign(array_protocol::IndexingOp::Setitem, x, direct, |b, x| b.reply(Call::Setitem { x, key: key.to_vec(), value })?.one())
    }
    fn unary_assign(&self, op: UnaryOp, x: &mut Self::Array) -> Result<()> {
        self.assign(op, x, |raw| self.below.unary_assign(op, raw), |b, x| b.reply(Call::Unary { op, x })?.one())
    }
    fn binary_assign(&self, op: BinaryOp, x: &mut Self::Array, x2: Operand<&Self::Array>) -> Result<()> {
        use array_protocol::call::Place;
        let raw_x2 = x2.place(&mut |x: &Self::Array| self.get(x))?;
        let direct = |raw: &mut B::Array| self.below.binary_assign(op, raw, borrow(&raw_x2));
        self.assign(op, x, direct, |b, x| b.reply(Call::Binary { op, x1: Operand::Array(x), x2 })?.one())
    }
    fn to_dlpack(&self, x: &Self::Array) -> Result<dlpack::Tensor> {
        self.below.to_dlpack(&self.get(x)?)
    }
    fn from_dlpack(&self, x: dlpack::Tensor) -> Result<Self::Array> {
        self.below.from_dlpack(x).map(|x| self.hold(x))
    }

    forward_calls!(Handle<B::Array>);
}

fn borrow<A>(x: &Operand<A>) -> Operand<&A> {
    match x {
        Operand::Array(a) => Operand::Array(a),
        Operand::Scalar(s) => Operand::Scalar(*s),
    }
}

fn borrow_index<A>(i: &Index<A>) -> Index<&A> {
    match i {
        Index::At(i) => Index::At(*i),
        Index::Slice { start, stop, step } => Index::Slice { start: *start, stop: *stop, step: *step },
        Index::NewAxis => Index::NewAxis,
        Index::Array(a) => Index::Array(a),
        _ => Index::Ellipsis,
    }
}
