//! What is measured: one entry per row, which says the same thing to each library.
mod elementwise;
mod fourier;
mod linalg;
mod movement;
mod pictures;
mod reductions;
mod small;
mod sorting;

use crate::players::nd::Nd;
use crate::players::{NUMPY, OURS};
use array_protocol::{Array, Error};
use bench::inputs::Input;
use bench::players::local::Call;
use bench::players::protocol::Says;
use bench::row::{self, Check, Work};
use candle_core::Tensor;
use reference_cpu::Cpu;

/// What a row says to each library.
type OursCall = Call<Array<Cpu>, Error>;
type NdCall = Call<Nd, String>;
type CandleCall = Call<Tensor, candle_core::Error>;

/// One row of the table.
pub(crate) struct Row {
    /// The name, `add_f64_10M`.
    pub name: &'static str,
    /// What is computed, in words.
    pub about: &'static str,
    pub inputs: Vec<Input>,
    pub ours: OursCall,
    /// A Python expression over the names of the inputs.
    pub numpy: &'static str,
    /// The same with the result `o` of an earlier call as the place of the new one.
    pub numpy_out: Option<&'static str>,
    pub ndarray: Option<NdCall>,
    pub candle: Option<CandleCall>,
    pub work: Work,
    pub check: Check,
}

impl Row {
    fn new(name: &'static str, about: &'static str, inputs: &[Input], ours: OursCall, numpy: &'static str) -> Row {
        let check = Check::close(inputs);
        let (numpy_out, ndarray, candle) = (None, None, None);
        Row { name, about, inputs: inputs.to_vec(), ours, numpy, numpy_out, ndarray, candle, work: Work::Move, check }
    }
    fn out(mut self, expression: &'static str) -> Row {
        self.numpy_out = Some(expression);
        self
    }
    fn ndarray(mut self, call: NdCall) -> Row {
        self.ndarray = Some(call);
        self
    }
    fn candle(mut self, call: CandleCall) -> Row {
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

impl row::Row for Row {
    fn name(&self) -> &str {
        self.name
    }
    fn about(&self) -> &str {
        self.about
    }
    fn inputs(&self) -> &[Input] {
        &self.inputs
    }
    fn check(&self) -> Check {
        self.check
    }
    fn python(&self, module: &str) -> Option<&str> {
        (module == NUMPY).then_some(self.numpy)
    }
    fn python_out(&self, module: &str) -> Option<&str> {
        self.numpy_out.filter(|_| module == NUMPY)
    }
}

impl Says<Cpu> for Row {
    const NAME: &'static str = OURS;

    fn call(&self) -> Option<OursCall> {
        Some(self.ours)
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
