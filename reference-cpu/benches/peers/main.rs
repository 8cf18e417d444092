//! The reference CPU backend beside NumPy, ndarray and candle.
//!
//! `cargo bench -p reference-cpu` measures every row of [`rows`] with 1 and with 2 threads and prints tables; `-- --help` lists the options.
//! NumPy takes part where a Python with it is found (`CONFORMANCE_PYTHON`, else `python3`).
//!
//! Each number of threads is a process of its own, so that thread pools are as large as they are said to be. In it, every row is run by
//! all libraries in turn, round after round, so that what else the machine does meets all of them. All see the same inputs, and results
//! are compared. A result is dropped as soon as it is there, inside of the timed part.
mod args;
mod limits;
mod measure;
mod players;
mod report;
mod rows;

use args::Args;
use bench::report::{json, put, read};
use measure::Run;
use report::Report;
use std::process::{Command, ExitCode, Stdio};

/// Why nothing, or not everything, came out.
enum Failure {
    /// What was asked for cannot be.
    Usage(String),
    /// It could, and did not work.
    Work(String),
}

fn main() -> ExitCode {
    match bench(&Args::parsed()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(text)) => {
            eprintln!("error: {text}");
            ExitCode::from(2)
        }
        Err(Failure::Work(text)) => {
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
    }
}

fn bench(args: &Args) -> Result<(), Failure> {
    let groups = chosen(args)?;
    if args.list {
        for row in groups.iter().flat_map(|g| &g.rows) {
            println!("{:<24} {}", row.name, row.about);
        }
        return Ok(());
    }
    if let Some(part) = args.part {
        let run = measure::run(args, part, &groups).map_err(|e| Failure::Work(e.to_string()))?;
        let text = serde_json::to_string(&run).map_err(|e| Failure::Work(e.to_string()))?;
        println!("{text}");
        return Ok(());
    }
    let report = match &args.from {
        Some(file) => read(file).map_err(Failure::Usage)?,
        None => {
            let runs = (0..args.threads.len()).map(|part| child(args, part)).collect::<Result<Vec<_>, _>>()?;
            Report::new(args, runs)
        }
    };
    let text = report.text();
    print!("{text}");
    let write = |file: &Option<std::path::PathBuf>, content: &dyn Fn() -> String| match file {
        Some(file) => put(file, &content()).map_err(Failure::Work),
        None => Ok(()),
    };
    write(&args.text, &|| text.clone())?;
    write(&args.json, &|| json(&report))?;
    write(&args.svg, &|| report.svg())?;
    match report.faults() {
        0 => Ok(()),
        n => Err(Failure::Work(format!("{n} rows with faults, listed below the tables"))),
    }
}

/// The rows that the filters let through.
fn chosen(args: &Args) -> Result<Vec<rows::Group>, Failure> {
    let mut groups = rows::all();
    for filter in &args.rows {
        if !groups.iter().any(|g| g.title.contains(filter.as_str()) || g.rows.iter().any(|r| r.name.contains(filter.as_str()))) {
            return Err(Failure::Usage(format!("no row matches {filter:?}; --list shows all")));
        }
    }
    if !args.rows.is_empty() {
        for group in &mut groups {
            group.rows.retain(|r| args.rows.iter().any(|f| r.name.contains(f.as_str()) || group.title.contains(f.as_str())));
        }
        groups.retain(|g| !g.rows.is_empty());
    }
    Ok(groups)
}

/// Measures one number of threads in a process of its own, where the size of each thread pool is set before anything starts.
fn child(args: &Args, part: usize) -> Result<Run, Failure> {
    let failed = |e: String| Failure::Work(format!("the process that measures: {e}"));
    let mut command = Command::new(std::env::current_exe().map_err(|e| failed(e.to_string()))?);
    command.args(args.for_part(part)).stdin(Stdio::null()).stdout(Stdio::piped());
    for pool in ["RAYON", "OPENBLAS", "OMP", "MKL", "MATMUL"] {
        command.env(format!("{pool}_NUM_THREADS"), args.threads[part].to_string());
    }
    let out = command.spawn().and_then(|c| c.wait_with_output()).map_err(|e| failed(e.to_string()))?;
    if !out.status.success() {
        return Err(failed(out.status.to_string()));
    }
    serde_json::from_slice(&out.stdout).map_err(|e| failed(e.to_string()))
}
