//! The CUDA reference beside CuPy, PyTorch, cuBLAS and the CPU reference.
//!
//! `cargo bench -p reference-cuda` measures every row of [`rows`] on the first device and prints tables; `-- --help` lists the options.
//! CuPy and PyTorch take part where a Python with them is found (`CONFORMANCE_PYTHON`, else `python3`).
//!
//! All use the same device and wait for it before they read the clock. Memory comes from the pool that each of them keeps.
mod args;
mod limits;
mod measure;
mod players;
mod report;
mod rows;

use args::Args;
use bench::report::{json, put, read};
use std::process::ExitCode;

/// Why nothing, or not everything, came out.
enum Failure {
    /// What was asked for cannot be.
    Usage(String),
    /// There is no device.
    Unavailable(String),
    /// It could, and did not work.
    Work(String),
}

fn main() -> ExitCode {
    let args = Args::parsed();
    let (text, code) = match bench(&args) {
        Ok(()) => return ExitCode::SUCCESS,
        // A test run, where even the emulator cannot be had.
        Err(Failure::Unavailable(text)) if !args.bench => {
            eprintln!("skipped: {text}");
            return ExitCode::SUCCESS;
        }
        Err(Failure::Work(text)) => (text, 1),
        Err(Failure::Usage(text)) => (text, 2),
        Err(Failure::Unavailable(text)) => (text, 3),
    };
    eprintln!("error: {text}");
    ExitCode::from(code)
}

fn bench(args: &Args) -> Result<(), Failure> {
    let rows = chosen(args)?;
    if args.list {
        for (_, row) in &rows {
            println!("{:<24} {}", row.name, row.about);
        }
        return Ok(());
    }
    let report = match &args.from {
        Some(file) => read(file).map_err(Failure::Usage)?,
        None => measure::run(args, &rows)?,
    };
    let text = report.text();
    print!("{text}");
    if let Some(folder) = &args.write {
        let files = [("txt", text), ("json", json(&report)), ("svg", report.beside_peers()), ("cpu.svg", report.beside_cpu())];
        files.iter().try_for_each(|(end, content)| put(&folder.join(format!("bench.{end}")), content)).map_err(Failure::Work)?;
    }
    match report.faults() {
        0 => Ok(()),
        n => Err(Failure::Work(format!("{n} rows with faults, listed below the tables"))),
    }
}

/// The rows that the filters let through, each with its group.
fn chosen(args: &Args) -> Result<Vec<(String, rows::Row)>, Failure> {
    let all = rows::all(args);
    let hit = |filter: &str, group: &str, row: &rows::Row| row.name.contains(filter) || group.contains(filter);
    if let Some(filter) = args.rows.iter().find(|f| !all.iter().any(|(group, row)| hit(f, group, row))) {
        return Err(Failure::Usage(format!("no row matches {filter:?}; --list shows all")));
    }
    Ok(all.into_iter().filter(|(group, row)| args.rows.is_empty() || args.rows.iter().any(|f| hit(f, group, row))).collect())
}
