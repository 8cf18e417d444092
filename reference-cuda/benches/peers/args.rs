//! The command line.
use crate::players::{CUPY, NUMPY, TORCH};
use bench::measure::seconds;
use clap::Parser;
use std::path::PathBuf;

/// Times the reference CUDA backend beside CuPy, PyTorch, cuBLAS and the CPU reference: every row in interleaved rounds, medians.
///
/// Ends with 1 where results differ or something went wrong, with 2 for wrong use, with 3 where there is no device.
#[derive(Clone, Debug, Parser)]
#[command(name = "cargo bench -p reference-cuda --", version)]
pub(crate) struct Args {
    /// Only rows whose name or group contains one of these
    #[arg(long, value_name = "FILTER", value_delimiter = ',')]
    pub rows: Vec<String>,

    /// Rows and columns of the matrices; what the device has no memory for is left out
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1000,10000,20000", value_parser = clap::value_parser!(u32).range(3..=100_000))]
    pub sizes: Vec<u32>,

    /// Elements of the vectors that are held against the copy bandwidth
    #[arg(long, value_name = "N", default_value_t = 100_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub elements: u32,

    /// The largest matrices that the CPU reference takes part with
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub cpu_size: u32,

    /// Python modules that take part: cupy, torch; numpy, which computes on the host
    #[arg(long, value_name = "MODULE", value_delimiter = ',', default_value = "cupy,torch", value_parser = ["cupy", "torch", "numpy"])]
    pub peers: Vec<String>,

    /// Rounds of each row; without it 1 to 9 for each library, as time allows
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: Option<u32>,

    /// Seconds for everything: rows that have not begun by then are left out
    #[arg(long, value_name = "SECONDS", default_value_t = 300.0, value_parser = seconds)]
    pub budget: f64,

    /// On a device that the host emulates, everything tiny: to see that it works
    #[arg(long)]
    pub emulated: bool,

    /// Writes `bench.txt`, `bench.json`, and two charts: `bench.svg` beside the peers, `bench.cpu.svg` beside the CPU reference
    #[arg(long, value_name = "FOLDER")]
    pub write: Option<PathBuf>,

    /// Draws and writes what an earlier `bench.json` has instead of measuring
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,

    /// Lists the rows
    #[arg(long)]
    pub list: bool,

    /// Given by `cargo bench`; without it everything is tiny and emulated, to see that it works
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl Args {
    /// The Python modules that take part: on an emulated device only what computes on the host as well.
    pub(crate) fn peers(&self) -> Vec<&'static str> {
        let known = [CUPY, TORCH, NUMPY];
        known.into_iter().filter(|module| self.peers.iter().any(|p| p == module) && (!self.emulated || *module == NUMPY)).collect()
    }

    /// With what short forms stand for.
    pub(crate) fn parsed() -> Args {
        let mut args = Args::parse();
        args.emulated |= !args.bench && !args.list && args.from.is_none();
        if args.emulated {
            (args.sizes, args.elements, args.rounds) = (vec![24], 1000, Some(1));
        }
        args
    }
}
