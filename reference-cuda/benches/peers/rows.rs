//! What is measured: one entry per row, which says the same thing to each library.
use crate::args::Args;
use crate::players::{CUPY, NUMPY, TORCH};
use array_protocol::{Array, Error};
use bench::inputs::{Input, f32, f64};
use bench::pictures::{self, ELEMENTWISE, FFT, MATMUL, Picture, SLICE, STD, STENCIL, SUM, SVD};
use bench::players::local::Call;
use bench::row::{self, CONDITIONED, Check};
use reference_cpu::Cpu;
use reference_cuda::Cuda;

/// The least share of the copy bandwidth, for rows that only move elements.
const BANDWIDTH: f64 = 0.85;
/// The least share of the rate of cuBLAS.
const PRODUCTS: f64 = 0.95;
/// Columns of the matrices that are decomposed, at most.
const COLUMNS: usize = 1000;

/// What bounds the time of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Inputs and result, at the rate of a copy.
    Copy,
    /// cuBLAS, which takes part.
    Blas,
    /// Nothing that means something.
    None,
}

/// One row of the table.
pub(crate) struct Row {
    /// The name, `fft_1000`.
    pub name: String,
    pub about: &'static str,
    pub inputs: Vec<Input>,
    pub cuda: Call<Array<Cuda>, Error>,
    /// `None` where it would take too long.
    pub cpu: Option<Call<Array<Cpu>, Error>>,
    numpy: &'static str,
    torch: &'static str,
    pub limit: Limit,
    /// How many times its inputs it may need of the device in each library.
    pub room: usize,
    /// The least share of the limit that is aimed at.
    pub target: Option<f64>,
    check: Check,
}

impl row::Row for Row {
    fn name(&self) -> &str {
        &self.name
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
        match module {
            NUMPY | CUPY => Some(self.numpy),
            TORCH => Some(self.torch),
            _ => None,
        }
    }
    fn python_out(&self, _: &str) -> Option<&str> {
        None
    }
}

/// Every row, with the name of its group: what is to be known first comes first.
pub(crate) fn all(args: &Args) -> Vec<(String, Row)> {
    let mut out: Vec<(String, Row)> = streams(args).into_iter().map(|row| (format!("{} elements", args.elements), row)).collect();
    for &n in &args.sizes {
        out.extend(pictures(args, n).into_iter().map(|row| (format!("{n} x {n} float64"), row)));
    }
    out
}

/// The same call to both references.
macro_rules! both {
    ($f:expr) => {{
        let (cuda, cpu): (Call<Array<Cuda>, Error>, Call<Array<Cpu>, Error>) = ($f, $f);
        (cuda, cpu)
    }};
}

/// Rows that read and write long vectors.
fn streams(args: &Args) -> Vec<Row> {
    let n = vec![args.elements as usize];
    let mut out = vec![];
    let mut add = |name: &str, input: fn(&'static str, Vec<usize>) -> Input| {
        let (x, y) = (input("x", n.clone()), input("y", n.clone()));
        let one = vec![x.clone()];
        let rows = [
            ("add", "x + y", vec![x, y], both!(|x| &x[0] + &x[1]), "x + y", "x + y"),
            ("exp", "exp(x)", one.clone(), both!(|x| x[0].exp()), "np.exp(x)", "torch.exp(x)"),
            ("sum", "sum", one.clone(), both!(|x| x[0].sum(())), "x.sum()", "x.sum()"),
            ("max", "largest element", one, both!(|x| x[0].max(())), "x.max()", "x.max()"),
        ];
        out.extend(rows.into_iter().map(|(what, about, inputs, (cuda, cpu), numpy, torch)| Row {
            name: format!("{what}_{name}"),
            about,
            check: Check::close(&inputs),
            inputs,
            cuda,
            cpu: Some(cpu),
            numpy,
            torch,
            limit: Limit::Copy,
            room: 2,
            target: Some(BANDWIDTH),
        }));
    };
    add("float32", |name, n| f32(name, n, 0.0, 1.0));
    add("float64", |name, n| f64(name, n, 0.0, 1.0));
    out
}

/// The eight operations at one size.
fn pictures(args: &Args, n: u32) -> Vec<Row> {
    let side = n as usize;
    let matrix = |name, columns| f64(name, vec![side, columns], -1.0, 1.0);
    let (x, y, tall) = (matrix("x", side), matrix("y", side), matrix("x", side.min(COLUMNS)));
    let row = |name: &str, picture: Picture, inputs: Vec<Input>, (cuda, cpu), torch, limit| Row {
        name: format!("{name}_{n}"),
        about: picture.about,
        check: Check::close(&inputs),
        inputs,
        cuda,
        cpu: Some(cpu).filter(|_| n <= args.cpu_size),
        numpy: picture.numpy,
        torch,
        limit,
        room: 4,
        target: None,
    };
    let one = || vec![x.clone()];
    let mut out = vec![
        // The input, the same as complex numbers, the result, and as much again to work with.
        Row { room: 7, ..row("fft", FFT, one(), both!(pictures::fft), "torch.fft.fft(x)", Limit::Copy) },
        row("sum", SUM, one(), both!(pictures::sum), "x.sum()", Limit::Copy),
        row("std", STD, one(), both!(pictures::std), "x.std(correction=0)", Limit::Copy),
        Row {
            room: 6,
            ..row("elementwise", ELEMENTWISE, one(), both!(pictures::elementwise), "torch.sin(x)**2 + torch.cos(x)**2", Limit::Copy)
        },
        row("slice", SLICE, one(), both!(pictures::slice), "x[::3].clone()", Limit::None),
        row("stencil", STENCIL, one(), both!(pictures::stencil), STENCIL.numpy, Limit::Copy),
        Row { room: 2, target: Some(PRODUCTS), ..row("matmul", MATMUL, vec![x.clone(), y], both!(pictures::matmul), "x @ y", Limit::Blas) },
        row("svd", SVD, vec![tall], both!(pictures::svd), "torch.linalg.svd(x, full_matrices=False)[1]", Limit::None),
    ];
    if let Some(svd) = out.last_mut() {
        svd.check = CONDITIONED;
    }
    out
}
