//! The test of the tests: deliberate bugs that sit between a good backend and the harness.
//!
//! Every clause that gates a badge names the faults that its check has to catch. [`inject`] puts exactly one of them into exactly one
//! operation of a backend; the check that names it has to fail. [`WorstLegal`] is the other half: a backend that errs as
//! far as every clause allows, and has to pass.
//!
//! A fault is a function from a call on host arrays and its right answer to a wrong answer, so that it depends on no backend. Where a bug
//! concerns memory (handles that share, views, calls in flight) the wrapper [`Faulty`] plays it.
mod accuracy;
mod arithmetic;
mod create;
mod error;
mod extreme;
mod faulty;
mod forward;
mod functions;
mod indexing;
mod linalg;
mod logic;
mod matrix;
mod moves;
mod num;
mod reductions;
mod shape;
mod site;
mod sorting;
mod transforms;
mod value;
mod worst;

pub use faulty::{Faulty, Handle};
pub use worst::WorstLegal;

use crate::model::Limits;
use array_protocol::{Backend, Op};
use site::{Answer, Site};

/// What kind of mistake a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultClass {
    /// A wrong shape, or elements at wrong places for their shape.
    Shape,
    /// A wrong dtype.
    Dtype,
    /// A wrong value.
    Value,
    /// A wrong value for NaN, infinities, signed zeros or other values that have a row of their own.
    Special,
    /// A missing error, a wrong one, or a panic.
    Error,
    /// A wrong value for an argument that does not lie in C order.
    Layout,
    /// A write that other handles see.
    Aliasing,
    /// A result that depends on earlier or concurrent calls.
    State,
    /// Damage on the way in or out.
    Transport,
    /// Too little precision.
    Precision,
    /// Elements taken from the wrong position.
    Indexing,
    /// Wrong order.
    Order,
    /// A decomposition or transform that breaks a relation between its parts.
    Structure,
}

impl FaultClass {
    /// For tables.
    pub const fn name(self) -> &'static str {
        match self {
            FaultClass::Shape => "shape",
            FaultClass::Dtype => "dtype",
            FaultClass::Value => "value",
            FaultClass::Special => "special",
            FaultClass::Error => "error",
            FaultClass::Layout => "layout",
            FaultClass::Aliasing => "aliasing",
            FaultClass::State => "state",
            FaultClass::Transport => "transport",
            FaultClass::Precision => "precision",
            FaultClass::Indexing => "indexing",
            FaultClass::Order => "order",
            FaultClass::Structure => "structure",
        }
    }
}

impl std::fmt::Display for FaultClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One deliberate bug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `generic.<slug>`, or `<operation>.<slug>`.
    pub id: String,
    /// What kind of mistake it is.
    pub class: FaultClass,
    /// The mistake, in words.
    pub about: &'static str,
    /// The operation that has it; generic faults can be put into any.
    pub op: Option<Op>,
}

/// An entry of the catalogue.
struct Entry {
    id: &'static str,
    class: FaultClass,
    about: &'static str,
    bug: Bug,
}

/// How a fault does its work.
#[derive(Clone, Copy)]
enum Bug {
    /// Instead of the right answer to a call (`None`: the right one).
    Answer(fn(&Site) -> Option<Answer>),
    /// The operation does not understand how a view lies in memory.
    Misreads(faulty::Misread),
    /// The operation leaves its result in the memory of its first argument.
    WritesInput,
    /// An assignment writes into memory that other handles share.
    WritesShared,
    /// Assignment by another way gives another value.
    AssignDiffers,
    /// Two calls at the same time disturb each other.
    Race,
}

/// Entries, one a line: `id, class, how, what`.
macro_rules! entries {
    ($( $id:literal $class:ident $bug:expr, $about:literal; )*) => {
        &[$( $crate::faults::Entry { id: $id, class: $crate::faults::FaultClass::$class, about: $about, bug: $bug } ),*]
    };
}
use entries;

/// The catalogue, file by file.
const GROUPS: &[&[Entry]] = &[
    shape::FAULTS,
    value::FAULTS,
    accuracy::FAULTS,
    error::FAULTS,
    faulty::FAULTS,
    arithmetic::FAULTS,
    functions::FAULTS,
    logic::FAULTS,
    reductions::FAULTS,
    create::FAULTS,
    moves::FAULTS,
    indexing::FAULTS,
    sorting::FAULTS,
    linalg::FAULTS,
    transforms::FAULTS,
];

fn entry_list() -> impl Iterator<Item = &'static Entry> {
    GROUPS.iter().copied().flatten()
}

impl Entry {
    fn op(&self) -> Option<Op> {
        self.id.split_once('.').and_then(|(op, _)| Op::from_name(op))
    }
}

/// Every fault.
pub fn catalogue() -> Vec<Fault> {
    entry_list().map(|e| Fault { id: e.id.into(), class: e.class, about: e.about, op: e.op() }).collect()
}

/// The backend with one bug in one operation.
///
/// A generic fault goes into `op` (`None`: into every operation), a specific one into its own, whatever `op` says. `limits` tell faults of
/// accuracy how far off is too far. `None` if there is no fault of that name.
pub fn inject<B: Backend>(backend: B, id: &str, op: Option<Op>, limits: &Limits) -> Option<Faulty<B>> {
    let entry = entry_list().find(|e| e.id == id)?;
    Some(Faulty::new(backend, entry, entry.op().or(op), limits.clone()))
}
