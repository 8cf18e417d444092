//! From a check to its cases. A case is a pure function of suite, seed, check and index.
mod along;
mod create;
mod draw;
mod elementwise;
mod linalg;
mod movement;
mod order;
mod programs;
mod shapes;
mod values;
mod wrong;

pub use draw::{Drawn, Draws};
pub use programs::case;
pub use shapes::Size;

use crate::model::Model;
use array_protocol::{Info, Op};

/// What cases depend on beside check and index.
pub struct Ground<'a> {
    /// The seed of the run.
    pub seed: u64,
    /// SHA-256 of the manifests.
    pub suite: &'a str,
    /// Who is tested: what it does not have is not sent.
    pub info: &'a Info,
    /// For the shapes of selections, and for the declared choices.
    pub model: &'a Model,
    /// How many cases a check has.
    pub cases: u64,
    /// Whether one of them is large.
    pub large: bool,
}

/// A valid call of an operation.
pub fn valid(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    match op {
        Op::Unary(_) | Op::Binary(_) | Op::Select(_) => elementwise::draw(d, op),
        Op::Reduce(_) | Op::Scan(_) | Op::Sort(_) | Op::Fft(_) => along::draw(d, op),
        Op::Create(_) | Op::Random(_) => create::draw(d, op),
        Op::Shape(_) | Op::Indexing(_) | Op::Interchange(_) => movement::draw(d, op),
        Op::Linalg(op) => linalg::draw(d, op),
        // A later version's family: its checks find no case and say so.
        _ => None,
    }
}
