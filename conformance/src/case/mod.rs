//! A case: a small straight-line program of calls, as data. One file replays anywhere.
mod json;
mod lower;
mod outcome;
mod print;

pub use json::{CaseError, REPLAY_FORMAT, Replay};
pub use lower::Program;
pub use outcome::{Failed, Incident, Outcome, StepResult, Verdict};

use array_protocol::{Call, HostArray};
use serde::{Deserialize, Serialize};

/// A variable of a case: inputs come first (0, 1, ...), results are numbered by the steps.
pub type Var = u32;

/// How an input lies in the backend's memory. Lowered to calls before a worker sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// As uploaded: C order.
    #[default]
    Plain,
    /// A view of every second element of the last axis of a wider array.
    Step2,
    /// The last axis runs backwards.
    Reversed,
    /// The first axis runs backwards.
    ReversedFirst,
    /// The axes of the uploaded array are in opposite order.
    Transposed,
    /// A window inside a larger array: starts at an offset, rows are padded.
    Window,
    /// Stride 0 where the data allows it: axes along which all elements are equal are broadcast from length 1; else as `Plain`.
    ZeroStride,
}

impl Layout {
    /// Every layout.
    pub const ALL: &'static [Layout] =
        &[Layout::Plain, Layout::Step2, Layout::Reversed, Layout::ReversedFirst, Layout::Transposed, Layout::Window, Layout::ZeroStride];
}

/// An input array and its layout.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The values.
    pub array: HostArray,
    /// How they lie in memory.
    pub layout: Layout,
}

/// One call, and the variables that take its results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The call.
    pub call: Call<Var>,
    /// Where the results go.
    pub out: Vec<Var>,
    /// Variables whose last use this is. The worker gives up its handle, so that a backend may reuse the memory: a unary or binary
    /// call whose first operand is listed runs as `*_assign`, `setitem` in place. They cannot be observed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_use: Vec<Var>,
}

/// A program of calls, with what it starts from. Every variable that is not dropped by `last_use` is observed.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The inputs.
    pub inputs: Vec<Input>,
    /// The calls, in order.
    pub steps: Vec<Step>,
    /// How many threads run the program at the same time over the same inputs (0 and 1: one). All outcomes have to be equal.
    pub threads: u8,
}

impl Case {
    /// One call on plain inputs; results get the next variables.
    pub fn single(inputs: Vec<HostArray>, call: Call<Var>, results: u32) -> Case {
        let first = inputs.len() as Var;
        Case {
            inputs: inputs.into_iter().map(|array| Input { array, layout: Layout::Plain }).collect(),
            steps: vec![Step { call, out: (first..first + results).collect(), last_use: vec![] }],
            threads: 1,
        }
    }

    /// The variables that can be observed when the program is over.
    pub fn observed(&self) -> Vec<Var> {
        let inputs = 0..self.inputs.len() as Var;
        let made = self.steps.iter().flat_map(|s| s.out.iter().copied());
        inputs.chain(made).filter(|v| !self.steps.iter().any(|s| s.last_use.contains(v))).collect()
    }
}
