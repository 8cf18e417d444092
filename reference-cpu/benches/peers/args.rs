//! The command line.
use bench::clock::Clock;
use bench::inputs::Scale;
use bench::measure::seconds;
use clap::Parser;
use std::path::PathBuf;

/// Times the reference CPU backend beside NumPy, ndarray and candle: every row in interleaved rounds, medians.
#[derive(Clone, Debug, Parser)]
#[command(name = "cargo bench -p reference-cpu --", version)]
pub(crate) struct Args {
    /// Only rows whose name or group contains one of these
    #[arg(long, value_name = "FILTER", value_delimiter = ',')]
    pub rows: Vec<String>,

    /// Numbers of threads, one run each
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,2", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Vec<u32>,

    /// Rounds of each row, in three passes over all rows; without it 9 to 15, as time allows, and more where NumPy is close
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: Option<u32>,

    /// Seconds that all rounds of all rows should take together; setting up comes on top
    #[arg(long, value_name = "SECONDS", default_value_t = 240.0, value_parser = seconds)]
    pub budget: f64,

    /// How long arrays are
    #[arg(long, value_enum, default_value_t)]
    pub scale: Scale,

    /// The same as `--scale quick --budget 20`
    #[arg(long)]
    pub quick: bool,

    /// What times are taken by
    #[arg(long, value_enum, default_value_t)]
    pub clock: Clock,

    /// Writes everything that was measured
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Writes a chart of the ratios to NumPy
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,

    /// Writes the tables that are also printed
    #[arg(long, value_name = "FILE")]
    pub text: Option<PathBuf>,

    /// Writes all three, as `peers.json`, `peers.svg` and `peers.txt`
    #[arg(long, value_name = "FOLDER")]
    pub(crate) write: Option<PathBuf>,

    /// Draws and writes what an earlier `--json` measured instead of measuring
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,

    /// Lists the rows
    #[arg(long)]
    pub list: bool,

    /// Given by `cargo bench`; without it everything is tiny, to see that it works
    #[arg(long, hide = true)]
    pub bench: bool,

    /// Measures this run of those in `--threads`, and prints what came out for the process that started this one
    #[arg(long, hide = true)]
    pub part: Option<usize>,
}

impl Args {
    /// With what short forms stand for.
    pub(crate) fn parsed() -> Args {
        let mut args = Args::parse();
        if args.quick {
            (args.scale, args.budget) = (Scale::Quick, args.budget.min(20.0));
        }
        if let Some(folder) = &args.write {
            let in_folder = |name| Some(folder.join(name));
            args.json = args.json.or_else(|| in_folder("peers.json"));
            args.svg = args.svg.or_else(|| in_folder("peers.svg"));
            args.text = args.text.or_else(|| in_folder("peers.txt"));
        }
        let measures = args.part.is_some() || args.from.is_some() || args.list;
        if !args.bench && !measures {
            (args.scale, args.rounds, args.threads) = (Scale::Tiny, Some(1), vec![1]);
        }
        args
    }

    /// The same for another process, which measures one part.
    pub(crate) fn for_part(&self, part: usize) -> Vec<String> {
        let threads: Vec<String> = self.threads.iter().map(u32::to_string).collect();
        let name = |v: Option<clap::builder::PossibleValue>| v.map(|v| v.get_name().to_string()).unwrap_or_default();
        let (scale, clock) = (name(clap::ValueEnum::to_possible_value(&self.scale)), name(clap::ValueEnum::to_possible_value(&self.clock)));
        let mut out = vec![
            format!("--part={part}"),
            format!("--threads={}", threads.join(",")),
            format!("--budget={}", self.budget),
            format!("--scale={scale}"),
            format!("--clock={clock}"),
        ];
        out.extend(self.rounds.map(|n| format!("--rounds={n}")));
        out.extend(self.rows.iter().map(|r| format!("--rows={r}")));
        out
    }
}
