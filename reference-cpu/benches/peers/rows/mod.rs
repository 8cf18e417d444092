//! What is measured: one entry per row, which says the same thing to each library.
mod elementwise;
mod fourier;
mod linalg;
mod movement;
mod pictures;
mod reductions;
mod small;
mod sorting;

use crate::inputs::Input;
use crate::players::candle::Candle;
use crate::players::local::Call;
use crate::players::nd::Nd;
use crate::players::ours::Ours;

/// How far sums and samples of two results may lie apart, relative to their size.
const CLOSE_F64: f64 = 1e-9;
const CLOSE_F32: f64 = 1e-4;

/// What the hardware has at least to do.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// Each input is read once, the result is written once.
    Move,
    /// So many multiplications and additions, as a function of the lengths of the first and the last input.
    Flops(fn(&[usize], &[usize]) -> f64),
    /// No bound that means something.
    Unknown,
}

/// How results are held against each other.
#[derive(Clone, Copy)]
pub(crate) enum Check {
    /// Elements agree, within so much relative to the size of all.
    Values(f64),
    /// Their magnitudes agree: signs are free.
    Magnitudes(f64),
    /// Other random numbers of the same distribution: sums agree within so many standard deviations of a mean.
    Distribution(f64),
}

/// One row of the table.
pub(crate) struct Row {
    /// The name, `add_f64_10M`.
    pub name: &'static str,
    /// What is computed, in words.
    pub about: &'static str,
    pub inputs: Vec<Input>,
    pub ours: Call<Ours>,
    /// A Python expression over the names of the inputs.
    pub numpy: &'static str,
    /// The same with the result `o` of an earlier call as the place of the new one.
    pub numpy_out: Option<&'static str>,
    pub ndarray: Option<Call<Nd>>,
    pub candle: Option<Call<Candle>>,
    pub work: Work,
    pub check: Check,
}

impl Row {
    fn new(name: &'static str, about: &'static str, inputs: &[Input], ours: Call<Ours>, numpy: &'static str) -> Row {
        let single = inputs.iter().any(|i| i.dtype.real() == array_protocol::DType::Float32);
        let check = Check::Values(if single { CLOSE_F32 } else { CLOSE_F64 });
        let (numpy_out, ndarray, candle) = (None, None, None);
        Row { name, about, inputs: inputs.to_vec(), ours, numpy, numpy_out, ndarray, candle, work: Work::Move, check }
    }
    fn out(mut self, expression: &'static str) -> Row {
        self.numpy_out = Some(expression);
        self
    }
    fn ndarray(mut self, call: Call<Nd>) -> Row {
        self.ndarray = Some(call);
        self
    }
    fn candle(mut self, call: Call<Candle>) -> Row {
        self.candle = Some(call);
        self
    }
    fn work(mut self, work: Work) -> Row {
        self.work = work;
        self
    }
    fn check(mut self, check: Check) -> Row {
        self.check = check;
        self
    }
}

/// Rows that belong together.
pub(crate) struct Group {
    pub title: &'static str,
    pub rows: Vec<Row>,
}

/// Every row.
pub(crate) fn all() -> Vec<Group> {
    let group = |title, rows| Group { title, rows };
    vec![
        group("Arithmetic and choice", elementwise::arithmetic()),
        group("Elementary functions", elementwise::functions()),
        group("Reductions and scans", reductions::rows()),
        group("Movement", movement::rows()),
        group("Sorting", sorting::rows()),
        group("Linear algebra", linalg::rows()),
        group("Fourier transforms, random numbers", fourier::rows()),
        group("Eight operations on a 1000 x 1000 float64 image", pictures::rows()),
        group("Small calls", small::rows()),
    ]
}
