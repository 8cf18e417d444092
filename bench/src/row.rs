//! A row of a table, as far as all benches agree on what that is.
use crate::inputs::Input;
use array_protocol::DType;

/// How far sums and samples of two results may lie apart, relative to their size.
pub const CLOSE_F64: f64 = 1e-9;
/// The same in single precision.
pub const CLOSE_F32: f64 = 1e-4;
/// Decompositions of random matrices lose digits to their condition.
pub const CONDITIONED: Check = Check::Values(1e3 * CLOSE_F64);
/// For `m x k` times `k x n`, and for stacks of them.
pub const PRODUCT: Work = Work::Flops(|x, y| 2.0 * x.iter().product::<usize>() as f64 * y.last().copied().unwrap_or(1) as f64);

/// What the hardware has at least to do.
#[derive(Clone, Copy)]
pub enum Work {
    /// Each input is read once, the result is written once.
    Move,
    /// So many multiplications and additions, as a function of the lengths of the first and the last input.
    Flops(fn(&[usize], &[usize]) -> f64),
    /// No bound that means something.
    Unknown,
}

/// How results are held against each other.
#[derive(Clone, Copy)]
pub enum Check {
    /// Elements agree, within so much relative to the size of all.
    Values(f64),
    /// Their magnitudes agree: signs are free.
    Magnitudes(f64),
    /// Other random numbers of the same distribution: sums agree within so many standard deviations of a mean.
    Distribution(f64),
}

impl Check {
    /// Elements agree as far as their dtype allows.
    pub fn close(inputs: &[Input]) -> Check {
        let single = inputs.iter().any(|i| i.dtype.real() == DType::Float32);
        Check::Values(if single { CLOSE_F32 } else { CLOSE_F64 })
    }
}

/// One row of a table. What it says to a library of this process is between the row and [`Library`](crate::players::local::Library).
pub trait Row {
    /// The name, `add_f64_10M`.
    fn name(&self) -> &str;
    /// What is computed, in words.
    fn about(&self) -> &str;
    /// What it is computed from.
    fn inputs(&self) -> &[Input];
    /// How results are compared.
    fn check(&self) -> Check;
    /// A Python expression over the names of the inputs, for a module.
    fn python(&self, module: &str) -> Option<&str>;
    /// The same with the result `o` of an earlier call as the place of the new one.
    fn python_out(&self, module: &str) -> Option<&str>;
}
