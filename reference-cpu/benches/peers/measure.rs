//! One run: every row with as many threads as this process was given, the libraries in turn.
use crate::args::Args;
use crate::digest::Digest;
use crate::inputs::{Datum, Scale};
use crate::limits::Limits;
use crate::players::candle::Candle;
use crate::players::local::Local;
use crate::players::nd::Nd;
use crate::players::numpy::{self, Versions};
use crate::players::ours::Ours;
use crate::players::{OURS, Player};
use crate::rows::{Group, Row};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// What one number of threads gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub threads: u32,
    pub limits: Limits,
    /// `None` where no Python with NumPy was found.
    pub numpy: Option<Versions>,
    pub rows: Vec<Measured>,
}

/// A row, measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub name: String,
    pub group: String,
    pub about: String,
    pub bytes_in: usize,
    pub bytes_out: usize,
    /// Nanoseconds that the hardware needs at least, by the limits of this run.
    pub bound_ns: Option<f64>,
    pub times: Vec<Times>,
    /// What went wrong, and results that differ.
    pub faults: Vec<String>,
}

/// The times of one library.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Times {
    pub player: String,
    /// Calls that are timed together.
    pub calls: u64,
    /// Nanoseconds of one call, for each round.
    pub rounds_ns: Vec<f64>,
}

impl Measured {
    /// The median time of a library in nanoseconds.
    pub(crate) fn median(&self, player: &str) -> Option<f64> {
        let mut rounds = self.times.iter().find(|t| t.player == player)?.rounds_ns.clone();
        rounds.sort_by(f64::total_cmp);
        let (upper, n) = (*rounds.get(rounds.len() / 2)?, rounds.len());
        Some(if n % 2 == 1 { upper } else { (upper + rounds[n / 2 - 1]) / 2.0 })
    }

    /// How many times as long as ours a library takes.
    pub(crate) fn ratio(&self, player: &str) -> Option<f64> {
        Some(self.median(player)? / self.median(OURS)?)
    }
}

/// Shorter calls are timed many at a time, until this many nanoseconds are together.
const BATCH: u64 = 10_000_000;
const ROUNDS: std::ops::RangeInclusive<f64> = 3.0..=9.0;
/// Between two libraries. Threads of a pool (OpenBLAS, rayon) spin for some milliseconds after a call, on the cores that the next one needs.
const REST: Duration = Duration::from_millis(40);

/// A library in a row.
struct Entry<'a> {
    player: &'a mut dyn Player,
    calls: u64,
    /// Nanoseconds of so many calls, at first sight.
    estimate: u64,
    rounds: Vec<f64>,
}

/// Measures part `part` of the numbers of threads. Says on standard error how far it is.
///
/// # Errors
/// Where there is no memory.
pub(crate) fn run(args: &Args, part: usize, groups: &[Group]) -> std::io::Result<Run> {
    let tiny = args.scale == Scale::Tiny;
    let threads = args.threads.get(part).copied().unwrap_or(1);
    let first = Limits::measure(tiny, args.clock)?;
    let mut players: Vec<Box<dyn Player>> = vec![Box::new(Local::new(Ours::default()))];
    let numpy = match numpy::start() {
        Ok((versions, fresh, out)) => {
            players.push(Box::new(fresh));
            players.push(Box::new(out));
            Some(versions)
        }
        Err(e) => {
            eprintln!("without NumPy: {e}");
            None
        }
    };
    players.push(Box::new(Local::new(Nd::default())));
    players.push(Box::new(Local::new(Candle)));

    let all: Vec<(&str, &Row)> = groups.iter().flat_map(|g| g.rows.iter().map(|r| (g.title, r))).collect();
    let budget = args.budget / (args.threads.len() * all.len()).max(1) as f64;
    let start = Instant::now();
    let mut rows = Vec::new();
    for (i, &(group, row)) in all.iter().enumerate() {
        let measured = measure(args, group, row, &mut players, budget);
        let done = i + 1;
        let rest = (all.len() - done) + (args.threads.len() - 1 - part) * all.len();
        let left = start.elapsed().as_secs_f64() / done as f64 * rest as f64;
        eprintln!("{}", progress(&measured, threads, done, all.len(), left));
        rows.push(measured);
    }
    // The limits once more: the machine may have been busy the first time.
    let limits = first.max(Limits::measure(tiny, args.clock)?);
    for (measured, (_, row)) in rows.iter_mut().zip(&all) {
        measured.bound_ns = limits.bound(row, &shapes(row, args.scale), measured.bytes_in, measured.bytes_out);
    }
    Ok(Run { threads, limits, numpy, rows })
}

fn progress(row: &Measured, threads: u32, done: usize, all: usize, left: f64) -> String {
    let times: Vec<String> =
        row.times.iter().filter_map(|t| Some(format!("{} {}", t.player, crate::report::time(row.median(&t.player)?)))).collect();
    let faults: String = row.faults.iter().map(|f| format!("\n    {f}")).collect();
    let (minutes, seconds) = (left as u64 / 60, left as u64 % 60);
    format!("[{threads}T {done}/{all}, {minutes}:{seconds:02} left] {}: {}{faults}", row.name, times.join(", "))
}

fn data(row: &Row, scale: Scale) -> Vec<Datum> {
    row.inputs.iter().enumerate().map(|(slot, input)| Datum::new(input, slot, scale)).collect()
}

fn shapes(row: &Row, scale: Scale) -> Vec<Vec<usize>> {
    data(row, scale).into_iter().map(|d| d.shape).collect()
}

fn measure(args: &Args, group: &str, row: &Row, players: &mut [Box<dyn Player>], budget: f64) -> Measured {
    let data = data(row, args.scale);
    let mut faults = Vec::new();
    let mut entries: Vec<Entry> = Vec::new();
    let mut ours: Option<Digest> = None;
    for player in players {
        let name = player.name();
        match enter(args, row, &data, player.as_mut()) {
            Ok(None) => {}
            Ok(Some((entry, digest))) => {
                match &ours {
                    None => ours = Some(digest),
                    Some(ours) => faults.extend(ours.differs(&digest, row.check).map(|d| format!("{} and {name} differ: {d}", OURS))),
                }
                entries.push(entry);
            }
            Err(e) => faults.push(format!("{name}: {e}")),
        }
    }
    let round: u64 = entries.iter().map(|e| e.estimate).sum();
    let affordable = (budget * 1e9 / round.max(1) as f64).clamp(*ROUNDS.start(), *ROUNDS.end()) as u32;
    for turn in 0..args.rounds.unwrap_or(affordable) as usize {
        // Each starts once: nobody always runs in the caches that the same neighbour leaves.
        for k in 0..entries.len() {
            let n = entries.len();
            let entry = &mut entries[(turn + k) % n];
            if args.scale != Scale::Tiny {
                std::thread::sleep(REST);
            }
            match entry.player.time(entry.calls, args.clock) {
                Ok(ns) => entry.rounds.push(ns as f64 / entry.calls as f64),
                Err(e) => faults.push(format!("{}: {e}", entry.player.name())),
            }
        }
    }
    let times = entries.into_iter().map(|e| Times { player: e.player.name().into(), calls: e.calls, rounds_ns: e.rounds }).collect();
    Measured {
        name: row.name.into(),
        group: group.into(),
        about: row.about.into(),
        bytes_in: data.iter().map(Datum::bytes).sum(),
        bytes_out: ours.map_or(0, |d| d.bytes),
        bound_ns: None,
        times,
        faults,
    }
}

/// Runs a row once for its result, then until it is known how many calls fill a batch. `None` where the library cannot.
fn enter<'a>(args: &Args, row: &Row, data: &[Datum], player: &'a mut dyn Player) -> Result<Option<(Entry<'a>, Digest)>, String> {
    if !player.prepare(row, data)? {
        return Ok(None);
    }
    let (digest, first) = player.digest(args.clock)?;
    let batch = if args.scale == Scale::Tiny { 1 } else { BATCH };
    let (mut calls, mut estimate) = (1, first);
    // A first call says little about short ones: three steps towards a batch.
    for _ in 0..if first < 10 * batch { 3 } else { 0 } {
        calls = (calls * batch / estimate.max(1)).clamp(1, batch);
        estimate = player.time(calls, args.clock)?;
        if estimate >= batch / 2 {
            break;
        }
    }
    Ok(Some((Entry { player, calls, estimate, rounds: Vec::new() }, digest)))
}
