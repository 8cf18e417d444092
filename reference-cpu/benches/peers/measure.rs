//! One run: every row with as many threads as this process was given, the libraries in turn.
use crate::args::Args;
use crate::limits::Limits;
use crate::players::bare::Bare;
use crate::players::candle::Candle;
use crate::players::nd::Nd;
use crate::players::{NUMPY, NUMPY_OUT, OURS};
use crate::rows::{Group, Row};
use bench::inputs::Scale;
use bench::measure::{Measured, Rounds, Settings, data, measure};
use bench::players::local::Local;
use bench::players::protocol::Protocol;
use bench::players::{Player, python};
use bench::report::text::time;
use reference_cpu::Cpu;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// All rows are measured so many times over, minutes apart: a machine that is busy for one of them slows a part of the rounds only.
const PASSES: u32 = 3;
/// Rounds of a row in each, as time allows.
const EACH: Rounds = Rounds::AllTheSame(3, 5);
/// Passes of this library and NumPy alone over the rows in which rounds vary more than the two differ, whoever is ahead.
const CLOSE: u32 = 9;

/// What one number of threads gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub threads: u32,
    pub limits: Limits,
    /// `None` where no Python with NumPy was found.
    pub numpy: Option<Versions>,
    pub rows: Vec<Measured>,
}

/// What takes part.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Versions {
    pub numpy: String,
    pub python: String,
    pub blas: String,
}

/// Measures part `part` of the numbers of threads. Says on standard error how far it is.
///
/// # Errors
/// Where there is no memory.
pub(crate) fn run(args: &Args, part: usize, groups: &[Group]) -> std::io::Result<Run> {
    let tiny = args.scale == Scale::Tiny;
    let threads = args.threads.get(part).copied().unwrap_or(1);
    let first = Limits::measure(tiny, args.clock)?;
    let mut players: Vec<Box<dyn Player<Row>>> = vec![Box::new(Local::new(Protocol(Cpu::new())))];
    let numpy = match python::start(NUMPY) {
        Ok((versions, fresh)) => {
            let out = fresh.writing(NUMPY_OUT);
            players.push(Box::new(fresh));
            players.push(Box::new(out));
            Some(Versions { numpy: versions.module, python: versions.python, blas: versions.with })
        }
        Err(e) => {
            eprintln!("without NumPy: {e}");
            None
        }
    };
    players.push(Box::new(Local::new(Nd::default())));
    players.push(Box::new(Local::new(Candle)));
    players.push(Box::new(Bare::default()));

    let all: Vec<(&str, &Row)> = groups.iter().flat_map(|g| g.rows.iter().map(|r| (g.title, r))).collect();
    let passes = args.rounds.map_or(PASSES, |n| n.min(PASSES));
    let budget = args.budget / (args.threads.len() * passes as usize * all.len()).max(1) as f64;
    let settings =
        |rounds, earlier| Settings { clock: args.clock, scale: args.scale, rounds, budget, compared: usize::MAX, earlier, warm: false };
    let start = Instant::now();
    let mut rows: Vec<Measured> = Vec::new();
    for pass in 0..passes {
        // The first passes take what does not come out even.
        let rounds = args.rounds.map_or(EACH, |n| Rounds::Exactly(n / passes + u32::from(pass < n % passes)));
        for (i, &(group, row)) in all.iter().enumerate() {
            let earlier = rows.get(i).map_or(0, Measured::rounds);
            let measured = measure(&settings(rounds, earlier), group, row, &mut players);
            let (done, whole) = (pass as usize * all.len() + i + 1, passes as usize * all.len());
            let rest = (whole - done) + (args.threads.len() - 1 - part) * whole;
            let left = start.elapsed().as_secs_f64() / done as f64 * rest as f64;
            eprintln!("{}", progress(&measured, threads, done, whole, left));
            match rows.get_mut(i) {
                Some(row) => row.add(measured),
                None => rows.push(measured),
            }
        }
    }
    let two = if numpy.is_some() { 2 } else { 0 };
    for pass in 0..if args.rounds.is_none() && args.scale == Scale::Full { CLOSE } else { 0 } {
        let close: Vec<usize> = (0..all.len()).filter(|&i| rows[i].undecided(NUMPY, OURS)).collect();
        for (done, &i) in close.iter().enumerate() {
            let ((group, row), earlier) = (all[i], rows[i].rounds());
            rows[i].add(measure(&settings(EACH, earlier), group, row, &mut players[..two]));
            eprintln!("[{threads}T, close ones again {}/{CLOSE}: {}/{}] {}", pass + 1, done + 1, close.len(), told(&rows[i]));
        }
    }
    // The limits once more: the machine may have been busy the first time.
    let limits = first.max(&Limits::measure(tiny, args.clock)?);
    for (measured, (_, row)) in rows.iter_mut().zip(&all) {
        let shapes: Vec<Vec<usize>> = data(*row, args.scale).into_iter().map(|d| d.shape).collect();
        limits.bound(row, &shapes, measured);
    }
    Ok(Run { threads, limits, numpy, rows })
}

fn progress(row: &Measured, threads: u32, done: usize, all: usize, left: f64) -> String {
    let (minutes, seconds) = (left as u64 / 60, left as u64 % 60);
    format!("[{threads}T {done}/{all}, {minutes}:{seconds:02} left] {}", told(row))
}

fn told(row: &Measured) -> String {
    let times: Vec<String> = row.times.iter().filter_map(|t| Some(format!("{} {}", t.player, time(row.median(&t.player)?)))).collect();
    let faults: String = row.faults.iter().map(|f| format!("\n    {f}")).collect();
    format!("{}: {}{faults}", row.name, times.join(", "))
}
