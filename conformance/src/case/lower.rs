//! Layouts become calls, so that no worker needs to know what a layout is.
use super::{Case, Layout, Step, Var};
use array_protocol::host::Bytes;
use array_protocol::{Call, HostArray, Index, Shape};

/// What a worker runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Arrays to upload: variables 0, 1, ...
    pub inputs: Vec<HostArray>,
    /// The calls; those that make layouts come first.
    pub steps: Vec<Step>,
    /// The variables to download at the end.
    pub observe: Vec<Var>,
    /// See [`Case::threads`].
    pub threads: u8,
    /// How many of the steps make layouts.
    pub prelude: usize,
}

impl Case {
    /// The program of the case: padded uploads, calls that cut the layouts out of them, then the steps of the case.
    /// Variables of the case keep their numbers, except inputs with a layout, which are represented by new variables.
    pub fn program(&self) -> Program {
        let inputs = self.inputs.len() as Var;
        let highest = self.steps.iter().flat_map(|s| s.out.iter().copied()).max().map_or(inputs, |v| v + 1);
        let mut next = highest.max(inputs);
        let (mut uploads, mut prelude, mut stands) = (vec![], vec![], vec![]);
        for (i, input) in self.inputs.iter().enumerate() {
            let (upload, calls) = spread(&input.array, input.layout);
            uploads.push(upload);
            let mut at = i as Var;
            for call in calls {
                let Ok(call) = call.try_map::<_, ()>(|()| Ok(at)) else { continue };
                // The handle below is given up at once: only the view keeps the memory.
                let last_use = if at < inputs { vec![] } else { vec![at] };
                prelude.push(Step { call, out: vec![next], last_use });
                at = next;
                next += 1;
            }
            stands.push(at);
        }
        let see = |v: Var| stands.get(v as usize).copied().unwrap_or(v);
        let steps = self.steps.iter().map(|s| Step {
            call: s.call.clone().try_map::<_, std::convert::Infallible>(|v| Ok(see(v))).unwrap_or_else(|e| match e {}),
            out: s.out.clone(),
            last_use: s.last_use.iter().map(|&v| see(v)).collect(),
        });
        let count = prelude.len();
        prelude.extend(steps);
        Program {
            inputs: uploads,
            steps: prelude,
            observe: self.observed().into_iter().map(see).collect(),
            threads: self.threads,
            prelude: count,
        }
    }
}

/// The array to upload, and the calls that turn it into `x` with that layout.
pub(super) fn spread(x: &HostArray, layout: Layout) -> (HostArray, Vec<Call<()>>) {
    let rank = x.shape().rank();
    let plain = || (x.clone(), vec![]);
    if rank == 0 || x.size() == 0 {
        return plain();
    }
    let slice = |start, stop, step| Index::Slice { start, stop, step };
    let dims = x.shape();
    match layout {
        Layout::Plain => plain(),
        Layout::Step2 => {
            let mut wide = dims.clone();
            wide[rank - 1] *= 2;
            let y = gather(x, &wide, |at| {
                let mut from = at.to_vec();
                from[rank - 1] /= 2;
                (at[rank - 1] % 2 == 0).then_some(from)
            });
            (y, vec![Call::Getitem { x: (), key: vec![Index::Ellipsis, slice(None, None, 2)] }])
        }
        Layout::Reversed | Layout::ReversedFirst => {
            let axis = if layout == Layout::Reversed { rank - 1 } else { 0 };
            let y = gather(x, dims, |at| {
                let mut from = at.to_vec();
                from[axis] = dims[axis] - 1 - at[axis];
                Some(from)
            });
            let mut key: Vec<Index<()>> = vec![Index::all(); rank];
            key[axis] = slice(None, None, -1);
            (y, vec![Call::Getitem { x: (), key }])
        }
        Layout::Transposed => {
            let turned: Shape = dims.iter().rev().copied().collect();
            let y = gather(x, &turned, |at| Some(at.iter().rev().copied().collect()));
            (y, vec![Call::PermuteDims { x: (), axes: (0..rank as i64).rev().collect() }])
        }
        Layout::Window => {
            let larger: Shape = dims.iter().map(|d| d + 3).collect();
            let y = gather(x, &larger, |at| at.iter().zip(&**dims).map(|(&i, &d)| i.checked_sub(1).filter(|&i| i < d)).collect());
            let key = dims.iter().map(|&d| slice(Some(1), Some(d as i64 + 1), 1)).collect();
            (y, vec![Call::Getitem { x: (), key }])
        }
        Layout::ZeroStride => {
            let small = constant_axes(x);
            if small == *dims {
                return plain();
            }
            let y = gather(x, &small, |at| Some(at.to_vec()));
            (y, vec![Call::BroadcastTo { x: (), shape: dims.clone() }])
        }
    }
}

/// An array of `shape` whose element at `at` is that of `x` at `from(at)`, or a recognisable filler.
fn gather(x: &HostArray, shape: &Shape, from: impl Fn(&[usize]) -> Option<Vec<usize>>) -> HostArray {
    let size = x.dtype().size();
    let mut data = Bytes::zeroed(shape.size() * size);
    let mut at = vec![0; shape.rank()];
    for place in data.as_mut_slice().chunks_exact_mut(size) {
        match from(&at) {
            Some(i) => {
                let flat = i.iter().zip(x.shape().iter()).fold(0, |n, (&i, &d)| n * d + i);
                place.copy_from_slice(&x.bytes()[flat * size..][..size]);
            }
            // What lies between the elements must not leak into results: ones are no neutral element of anything but products.
            None => place.fill(1),
        }
        advance(&mut at, shape);
    }
    HostArray::new(x.dtype(), shape.clone(), data).unwrap_or_else(|_| x.clone())
}

/// The next index in C order.
fn advance(at: &mut [usize], shape: &[usize]) {
    for (i, &d) in at.iter_mut().zip(shape).rev() {
        *i += 1;
        if *i < d {
            return;
        }
        *i = 0;
    }
}

/// The shape with length 1 where all elements along the axis have equal bits.
fn constant_axes(x: &HostArray) -> Shape {
    let size = x.dtype().size();
    let mut small = x.shape().clone();
    for axis in 0..x.shape().rank() {
        let len = x.shape()[axis];
        let inner = x.shape()[axis + 1..].iter().product::<usize>() * size;
        let constant = x.bytes().chunks_exact(len * inner).all(|block| block.chunks_exact(inner).all(|row| row == &block[..inner]));
        if constant {
            small[axis] = 1;
        }
    }
    small
}
