//! The singular value decomposition of a tall matrix that need not fit into memory, in blocks of rows, over any backend.
//!
//! The matrix is random, and random numbers of the protocol are a function of a key: each block is made again when it is needed, so
//! that memory holds a few blocks and matrices of `cols x cols`, whatever the number of rows.
//!
//! 1. The first pass finds a square R with `R^T R = A^T A`. By products alone where the first block shows how: it gives a P for which
//!    X = A P^-1 is well conditioned, so that X^T X, summed over the blocks, loses nothing. P changes few directions where few singular
//!    values stand out (one does where all elements have a mean), and X costs little then. Otherwise each block is brought to its
//!    triangular factor, and these together to one (tall-skinny QR, backward stable whatever the blocks hold).
//! 2. The decomposition of the small R gives S and Vh, and W = V / S.
//! 3. The last pass forms U = A W block by block and hands it to a consumer: the checks, a file, or nobody.
//!
//! The columns of A W are orthonormal to about `cond(A) * 1e-16`. Where that is not enough a pass in between finds the triangular
//! factor of A W itself, which is well conditioned, and corrects both factors by it.
use array_protocol::LinalgOp;
use array_protocol::prelude::*;
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use reference_cuda::{Cuda, Options};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Decomposes a tall random matrix, A = U diag(S) Vh, in blocks of rows.
///
/// Examples:
///   large_svd --rows 100000 --cols 1000 --check
///   large_svd --rows 1000000 --cols 1000 --block 10000 --out u.npy
///   large_svd --backend cuda --compare cpu
#[derive(Parser)]
#[command(verbatim_doc_comment)]
struct Args {
    /// Rows of A; no fewer than columns
    #[arg(long, default_value_t = 100_000)]
    rows: usize,
    /// Columns of A
    #[arg(long, default_value_t = 100)]
    cols: usize,
    /// Rows of a block: memory is about ten blocks
    #[arg(long, default_value_t = 10_000)]
    block: usize,
    /// Seed of the random numbers, uniform in [0, 1)
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Scale the columns from 1 down to this fraction, to see ill-conditioned matrices
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Measure |A - U S Vh| / |A| and |U^T U - I|, both in the Frobenius norm
    #[arg(long)]
    check: bool,
    /// Write U to this file, block by block
    #[arg(long, value_name = "FILE.npy")]
    out: Option<PathBuf>,
    /// Threads of the CPU; all cores if not given
    #[arg(long)]
    threads: Option<usize>,
    /// Where to compute
    #[arg(long, value_enum, default_value_t = Name::Cpu)]
    backend: Name,
    /// Compute the singular values here too, and demand that both agree within the bound of the specification
    #[arg(long, value_enum, value_name = "BACKEND")]
    compare: Option<Name>,
}

/// The backends to choose from.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    /// The CPU reference
    Cpu,
    /// The CUDA reference on device 0
    Cuda,
    /// The CUDA reference on a device that the host emulates: slow, for tests
    CudaEmulated,
}

/// Above this condition number the columns of A W are corrected.
const WELL_CONDITIONED: f64 = 1e3;
/// Above this one the smallest singular values are rounding errors, and their vectors are not determined by A W.
const SINGULAR: f64 = 1e13;
/// Singular values that differ by no more are left as they are: their squares lose a digit.
const CLOSE: f64 = 4.0;
/// Up to one in so many may be larger than those, to be made smaller one by one.
const FEW: usize = 16;
/// Triangular factors that are brought together at once.
const GROUP: usize = 16;

type Outcome<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match as_asked(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}

fn as_asked(args: &Args) -> Outcome<()> {
    if args.cols == 0 || args.rows < args.cols || args.block == 0 {
        return Err("there must be a column, a row in a block, and no fewer rows than columns".into());
    }
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let values = on(args.backend, Work::Decompose, args)?;
    match args.compare {
        Some(other) => compare(args, &values, other, &on(other, Work::Values, args)?),
        None => Ok(()),
    }
}

/// What to do on a backend.
#[derive(Clone, Copy)]
enum Work {
    /// All factors, and a report.
    Decompose,
    /// The singular values.
    Values,
}

/// This line chooses the device; nothing below knows of it.
fn on(name: Name, work: Work, args: &Args) -> Outcome<Vec<f64>> {
    match name {
        Name::Cpu => run(&reference_cpu::Cpu::new(), work, args),
        Name::Cuda => run(&Cuda::open(0)?, work, args),
        Name::CudaEmulated => run(&Cuda::emulated(0, Options::default())?, work, args),
    }
}

fn run<B: Backend>(backend: &B, work: Work, args: &Args) -> Outcome<Vec<f64>> {
    match work {
        Work::Decompose => decompose(backend, args),
        Work::Values => {
            let blocks = Blocks::new(backend, args)?;
            let Factors { s, .. } = factors(&blocks)?;
            blocks.bar.finish_and_clear();
            Ok(s.to_vec()?)
        }
    }
}

/// Demands that two backends found the same singular values: each of them within the bound of clause `svd.singular_values`.
fn compare(args: &Args, ours: &[f64], other: Name, theirs: &[f64]) -> Outcome<()> {
    let suite = array_protocol::manifest::load()?;
    let (.., limit) = suite.limits().find(|(of, ..)| *of == (LinalgOp::Svd.into(), DType::Float64)).ok_or("svd has no limit")?;
    let bound = 2.0 * limit * args.rows as f64 * f64::EPSILON;
    let apart = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / ours[0];
    println!("beside {other:?}: singular values differ by at most {apart:.1e} of the largest (allowed: {bound:.1e})");
    if apart <= bound && ours.len() == theirs.len() { Ok(()) } else { Err("the backends do not agree".into()) }
}

/// The matrix, made block by block, and the clock of the passes over it.
struct Blocks<'a, B: Backend> {
    backend: &'a B,
    args: &'a Args,
    scale: Option<Array<B>>,
    bar: ProgressBar,
}

impl<'a, B: Backend> Blocks<'a, B> {
    fn new(backend: &'a B, args: &'a Args) -> Outcome<Self> {
        let powers: Vec<f64> = (0..args.cols).map(|j| args.scale.powf(j as f64 / (args.cols.max(2) - 1) as f64)).collect();
        let scale = if args.scale == 1.0 { None } else { Some(Array::from_slice(backend, [args.cols], &powers)?) };
        let style = "{msg:9} [{bar:40}] {pos}/{len} blocks, {elapsed} gone, {eta} left";
        let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?.progress_chars("=> "));
        Ok(Blocks { backend, args, scale, bar })
    }

    fn count(&self) -> usize {
        self.args.rows.div_ceil(self.args.block)
    }

    fn block(&self, i: usize) -> Result<Array<B>> {
        let rows = self.args.block.min(self.args.rows - i * self.args.block);
        let x = Array::uniform(self.backend, Key([i as u32, self.args.seed]), [rows, self.args.cols], DType::Float64)?;
        if let Some(scale) = &self.scale { x * scale } else { Ok(x) }
    }

    /// The blocks of one pass, each counted when the next is asked for.
    fn pass(&self, name: &'static str) -> impl Iterator<Item = Result<Array<B>>> + '_ {
        self.bar.set_message(name);
        self.bar.inc_length(self.count() as u64);
        (0..self.count()).map(|i| {
            self.bar.inc(u64::from(i > 0));
            self.block(i)
        })
    }
}

/// The triangular factor of the matrix that has these blocks of rows.
fn triangle<B: Backend>(blocks: impl Iterator<Item = Result<Array<B>>>) -> Result<Array<B>> {
    let mut factors: Vec<Array<B>> = Vec::new();
    let join = |factors: &mut Vec<Array<B>>| -> Result<()> {
        let all = Array::concat(&factors.iter().collect::<Vec<_>>(), 0)?;
        *factors = vec![all.qr(Qr::default())?.1];
        Ok(())
    };
    for block in blocks {
        factors.push(block?.qr(Qr::default())?.1);
        if factors.len() > GROUP {
            join(&mut factors)?;
        }
    }
    join(&mut factors)?;
    factors.pop().ok_or_else(|| Error::outside_op(ErrorKind::Value).detail("no blocks"))
}

fn transposed<B: Backend>(x: &Array<B>) -> Result<Array<B>> {
    x.permute_dims(&[1, 0])
}

fn gram<B: Backend>(x: &Array<B>) -> Result<Array<B>> {
    transposed(x)?.matmul(x)
}

fn decomposed<B: Backend>(x: &Array<B>) -> Result<(Array<B>, Array<B>, Array<B>)> {
    x.svd(Svd::default().full_matrices(false))
}

/// The largest singular value over the smallest.
fn condition<B: Backend>(s: &Array<B>) -> Result<f64> {
    let s = s.to_vec::<f64>()?;
    Ok(s[0] / s[s.len() - 1])
}

/// `diag(s) vh`
fn scaled<B: Backend>(s: &Array<B>, vh: &Array<B>) -> Result<Array<B>> {
    transposed(&(transposed(vh)? * s)?)
}

/// `(s, vh)` for a symmetric `g = vh^T diag(s)^2 vh`; `None` above that condition number of `g`.
fn root<B: Backend>(g: &Array<B>, most: f64) -> Result<Option<(Array<B>, Array<B>)>> {
    let (_, squares, vh) = decomposed(g)?;
    // Not the other way round: a NaN is no small one.
    if condition(&squares)? <= most { Ok(Some((squares.sqrt()?, vh))) } else { Ok(None) }
}

/// A square matrix that others are multiplied with.
enum Square<B: Backend> {
    /// Whatever it is.
    Whole(Array<B>),
    /// `I + v w`, where `v` has few columns.
    Near { v: Array<B>, w: Array<B> },
    /// The unit matrix.
    One,
}

impl<B: Backend> Square<B> {
    /// `a` times this one.
    fn behind(&self, a: Array<B>) -> Result<Array<B>> {
        match self {
            Square::Whole(x) => a.matmul(x),
            Square::Near { v, w } => {
                let along = a.matmul(v)?;
                a + along.matmul(w)?
            }
            Square::One => Ok(a),
        }
    }
}

/// P, for which `A P^-1` is well conditioned if `A = U diag(s) vh`, and its inverse. Where few singular values are large, these alone are
/// made smaller.
fn conditioner<B: Backend>(s: &Array<B>, vh: &Array<B>) -> Result<[Square<B>; 2]> {
    let values = s.to_vec::<f64>()?;
    let (n, least) = (values.len(), values.last().copied().unwrap_or_default());
    let large = values.iter().take_while(|&&value| value > CLOSE * least).count();
    if large == 0 {
        return Ok([Square::One, Square::One]);
    }
    if large > n / FEW {
        return Ok([Square::Whole(scaled(s, vh)?), Square::Whole((transposed(vh)? / s)?)]);
    }
    let (some, vh) = (s.get(&idx![..large as i64])?, vh.get(&idx![..large as i64])?);
    let near = |times: Array<B>| Ok::<_, Error>(Square::Near { v: transposed(&vh)?, w: scaled(&(times - 1.0)?, &vh)? });
    Ok([near((&some / values[large])?)?, near((values[large] / &some)?)?])
}

/// R by products: `X = A P^-1` with a P from the first block, and `R = root(X^T X) P`. `None` where X would not be well conditioned.
///
/// P need not be accurate for what it stands for: what counts is that it is the inverse of what the blocks are multiplied with.
fn by_products<B: Backend>(blocks: &Blocks<'_, B>) -> Result<Option<Array<B>>> {
    let Some((s, vh)) = root(&gram(&blocks.block(0)?)?, WELL_CONDITIONED.powi(2))? else { return Ok(None) };
    let [p, inverse] = conditioner(&s, &vh)?;
    let mut sum = None;
    for x in blocks.pass("factor") {
        let next = gram(&inverse.behind(x?)?)?;
        sum = Some(if let Some(sum) = sum { (sum + next)? } else { next });
    }
    let Some(sum) = sum else { return Ok(None) };
    let Some((s, vh)) = root(&sum, WELL_CONDITIONED)? else { return Ok(None) };
    Ok(Some(p.behind(scaled(&s, &vh)?)?))
}

/// U = A w (w2), S and Vh.
struct Factors<B: Backend> {
    w: Array<B>,
    w2: Option<Array<B>>,
    s: Array<B>,
    vh: Array<B>,
    condition: f64,
    how: &'static str,
}

fn factors<B: Backend>(blocks: &Blocks<'_, B>) -> Outcome<Factors<B>> {
    let (r, how) = match by_products(blocks)? {
        Some(r) => (r, "products"),
        None => (triangle(blocks.pass("factor"))?, "tall-skinny QR"),
    };
    let (_, s, vh) = decomposed(&r)?;
    let condition = condition(&s)?;
    if !(condition < SINGULAR) {
        return Err(format!("the matrix is singular to working precision: condition number {condition:.1e}").into());
    }
    let w = (transposed(&vh)? / &s)?;
    if condition <= WELL_CONDITIONED {
        return Ok(Factors { w, w2: None, s, vh, condition, how });
    }
    let r = triangle(blocks.pass("correct").map(|x| x?.matmul(&w)))?;
    let (u, s, vh) = decomposed(&(&r * &s)?.matmul(&vh)?)?;
    Ok(Factors { w, w2: Some(r.solve(&u)?), s, vh, condition, how })
}

/// Sums over the blocks, and the time that they took.
struct Checks<B: Backend> {
    gram: Array<B>,
    residual: f64,
    norm: f64,
    time: Duration,
}

fn squares<B: Backend>(x: &Array<B>) -> Result<f64> {
    (x * x)?.sum(())?.item()
}

fn decompose<B: Backend>(backend: &B, args: &Args) -> Outcome<Vec<f64>> {
    let blocks = Blocks::new(backend, args)?;
    let mut out = args.out.as_ref().map(|path| header(path, args)).transpose()?;
    let n = args.cols;
    let mut checks = Checks { gram: Array::zeros(backend, [n, n], DType::Float64)?, residual: 0.0, norm: 0.0, time: Duration::ZERO };
    let start = Instant::now();
    let Factors { w, w2, s, vh, condition, how } = factors(&blocks)?;
    for x in blocks.pass("U") {
        let x = x?;
        let mut u = x.matmul(&w)?;
        if let Some(w2) = &w2 {
            u = u.matmul(w2)?;
        }
        // Devices work behind: their work on U is not the checks'.
        backend.sync()?;
        let begin = Instant::now();
        if args.check {
            checks.gram = (checks.gram + gram(&u)?)?;
            checks.residual += squares(&((&u * &s)?.matmul(&vh)? - &x)?)?;
            checks.norm += squares(&x)?;
        }
        if let Some(out) = &mut out {
            for v in u.to_vec::<f64>()? {
                out.write_all(&v.to_le_bytes())?;
            }
        }
        checks.time += begin.elapsed();
    }
    if let Some(out) = &mut out {
        out.flush()?;
    }
    blocks.bar.finish_and_clear();
    let s = s.to_vec()?;
    report(args, start.elapsed().saturating_sub(checks.time), (condition, how), &s, checks)?;
    Ok(s)
}

fn report<B: Backend>(args: &Args, time: Duration, (condition, how): (f64, &str), s: &[f64], checks: Checks<B>) -> Outcome<()> {
    let seconds = time.as_secs_f64();
    let flops = 4.0 * args.rows as f64 * (args.cols as f64).powi(2);
    println!(
        "A               {} x {} float64, {:.2} GiB, blocks of {} rows",
        args.rows,
        args.cols,
        gib(args.rows * args.cols * 8),
        args.block
    );
    println!("singular values {:.6e} to {:.6e}, condition number {condition:.1e}, by {how}", s[0], s[s.len() - 1]);
    println!(
        "time            {seconds:.3} s, {:.1} GFLOP/s (4 m n^2 in all), random numbers included, checks and output not",
        flops / seconds * 1e-9
    );
    if let Some(peak) = peak() {
        println!("peak memory     {:.3} GiB", gib(peak));
    }
    if args.check {
        let one = Array::eye(checks.gram.backend(), args.cols as u64)?;
        println!("residual        {:.1e}  |A - U S Vh| / |A|", (checks.residual / checks.norm).sqrt());
        println!("orthonormality  {:.1e}  |U^T U - I|", squares(&(&checks.gram - &one)?)?.sqrt());
        println!("checks          {:.3} s", checks.time.as_secs_f64());
    }
    Ok(())
}

fn gib(bytes: usize) -> f64 {
    bytes as f64 / (1u64 << 30) as f64
}

/// The largest resident memory of this process so far, in bytes, where the system tells.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

/// A `.npy` file of version 1.0 for U, ready for its elements.
fn header(path: &PathBuf, args: &Args) -> Outcome<BufWriter<File>> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, {}), }}", args.rows, args.cols);
    // Magic, version, length and text together are a multiple of 64 bytes, the last a newline.
    let len = (10 + text.len() + 1).next_multiple_of(64) - 10;
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&u16::try_from(len)?.to_le_bytes())?;
    writeln!(out, "{text:width$}", width = len - 1)?;
    Ok(out)
}
