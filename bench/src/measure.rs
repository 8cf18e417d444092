//! One row, by all players in turn, round after round.
use crate::clock::Clock;
use crate::digest::Digest;
use crate::inputs::{Datum, Scale};
use crate::players::Player;
use crate::row::Row;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A row, measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Of the row.
    pub name: String,
    /// What rows it stands among.
    pub group: String,
    /// What is computed, in words.
    pub about: String,
    /// Bytes of the inputs.
    pub bytes_in: usize,
    /// Bytes of the result.
    pub bytes_out: usize,
    /// Nanoseconds that the hardware needs at least, by the limits of this run.
    pub bound_ns: Option<f64>,
    /// Who set that bound in the same rounds, where somebody did.
    #[serde(default)]
    pub bound_by: Option<String>,
    /// Of each player.
    pub times: Vec<Times>,
    /// What went wrong, and results that differ.
    pub faults: Vec<String>,
}

/// The times of one player.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Times {
    /// Who.
    pub player: String,
    /// Calls that are timed together.
    pub calls: u64,
    /// Nanoseconds of one call, for each round.
    pub rounds_ns: Vec<f64>,
}

impl Measured {
    /// The median time of a player in nanoseconds.
    pub fn median(&self, player: &str) -> Option<f64> {
        median(self.of(player)?.rounds_ns.clone())
    }

    /// Whether chance may have put two players on the sides they are on: their ratio is within two standard errors of 1.
    pub fn undecided(&self, player: &str, ours: &str) -> bool {
        self.ratio(player, ours).zip(self.ratio_error(player, ours)).is_some_and(|(ratio, error)| ratio.ln().abs() <= 2.0 * error)
    }

    /// The standard error of [`Measured::ratio`], as a part of it.
    pub fn ratio_error(&self, player: &str, ours: &str) -> Option<f64> {
        // That of a normal distribution, its deviation by the median one from the median, which a few slow rounds do not move.
        let logs: Vec<f64> = self.quotients(player, ours)?.into_iter().map(f64::ln).collect();
        let (middle, rounds) = (median(logs.clone())?, logs.len() as f64);
        let deviation = median(logs.into_iter().map(|log| (log - middle).abs()).collect())?;
        Some(1.2533 * 1.4826 * deviation / rounds.sqrt())
    }

    /// How many times as long as `ours` a player took in each round that both have.
    fn quotients(&self, player: &str, ours: &str) -> Option<Vec<f64>> {
        let rounds = self.of(player)?.rounds_ns.iter().zip(&self.of(ours)?.rounds_ns);
        Some(rounds.map(|(theirs, ours)| theirs / ours).collect())
    }

    fn of(&self, player: &str) -> Option<&Times> {
        self.times.iter().find(|t| t.player == player)
    }

    /// Adds the rounds of the same row at another time.
    pub fn add(&mut self, later: Measured) {
        for times in later.times {
            match self.times.iter_mut().find(|t| t.player == times.player) {
                Some(known) => known.rounds_ns.extend(times.rounds_ns),
                None => self.times.push(times),
            }
        }
        self.faults.extend(later.faults.into_iter().filter(|f| !self.faults.contains(f)).collect::<Vec<_>>());
    }

    /// Rounds of the player that has the most.
    pub fn rounds(&self) -> usize {
        self.times.iter().map(|t| t.rounds_ns.len()).max().unwrap_or(0)
    }

    /// How many times as long as `ours` a player takes: the median of the quotients of each round. A machine that is busy for seconds or minutes
    /// has two times for a call, and medians of either kind of round; in one round both players see the same machine.
    pub fn ratio(&self, player: &str, ours: &str) -> Option<f64> {
        median(self.quotients(player, ours)?)
    }

    /// How much of the limit a player reaches.
    pub fn share(&self, player: &str) -> Option<f64> {
        match &self.bound_by {
            Some(who) => self.ratio(who, player),
            None => Some(self.bound_ns? / self.median(player)?),
        }
    }

    /// Another player has done no more than has to be done.
    pub fn bounded_by(&mut self, player: &str) {
        (self.bound_ns, self.bound_by) = (self.median(player), self.of(player).map(|times| times.player.clone()));
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (upper, n) = (*values.get(values.len() / 2)?, values.len());
    Some(if n % 2 == 1 { upper } else { (upper + values[n / 2 - 1]) / 2.0 })
}

/// How a row is measured.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// What times are taken by.
    pub clock: Clock,
    /// How long inputs are.
    pub scale: Scale,
    /// How many.
    pub rounds: Rounds,
    /// Seconds that all rounds of the row should take together.
    pub budget: f64,
    /// Elements of a result beyond which only some are compared.
    pub compared: usize,
    /// Rounds of the row that came before: whose turn it is goes on from there.
    pub earlier: usize,
    /// Whether first calls do what later ones find done, such as compiling: their time says nothing.
    pub warm: bool,
}

/// A time on a command line.
///
/// # Errors
/// What is expected instead.
pub fn seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|s: &f64| s.is_finite() && *s > 0.0).ok_or_else(|| "a positive number of seconds is expected".into())
}

/// How often each player runs a row.
#[derive(Clone, Copy, Debug)]
pub enum Rounds {
    /// So many times.
    Exactly(u32),
    /// As many as time allows, so many at least and at the most, all the same.
    AllTheSame(u32, u32),
    /// As many as its own part of the time allows, 1 to 9: one that takes far longer does not take the rounds of the others.
    EachItsOwn,
}

/// Shorter calls are timed many at a time, until this many nanoseconds are together.
const BATCH: u64 = 10_000_000;
/// Between two players. Threads of a pool (rayon) spin for some milliseconds after a call, on the cores that the next one needs; who spins
/// longer says when it is over ([`Player::rest`]).
const REST: Duration = Duration::from_millis(40);

/// Calls shorter than this many nanoseconds are preceded by some that are not timed: the rest has put the threads of pools to sleep, and
/// on a virtual machine the system may take milliseconds to spread them over the cores again.
const WOKEN: u64 = 100_000_000;
/// Nanoseconds of such calls of the first player, and how many at least. The others have as many, and none takes longer than the above: how
/// often memory was read says how much of it a cache has kept. Of 64 MiB, in a last cache with room for them, nothing is there in the first
/// call, half in the third and all in the eighth; with as much time for each, who is fast would find more.
const WAKING: u64 = 30_000_000;
const SETTLED: u64 = 12;

/// A player in a row.
struct Entry<'a, R> {
    player: &'a mut dyn Player<R>,
    calls: u64,
    /// Nanoseconds of so many calls, at first sight.
    estimate: u64,
    rounds: Vec<f64>,
}

impl Rounds {
    /// For a call of `estimate` nanoseconds, of `all` in a round, when so many seconds are there for `players` of them.
    fn of(self, estimate: u64, all: u64, players: usize, seconds: f64) -> usize {
        let affordable = |ns: u64, part: f64, least: u32, most: u32| {
            let rounds = seconds * part * 1e9 / ns.max(1) as f64;
            rounds.min(f64::from(most)).max(f64::from(least)) as usize
        };
        match self {
            Rounds::Exactly(n) => n as usize,
            Rounds::AllTheSame(least, most) => affordable(all, 1.0, least, most),
            Rounds::EachItsOwn => affordable(estimate, 1.0 / players.max(1) as f64, 1, 9),
        }
    }
}

/// The inputs of a row.
pub fn data<R: Row>(row: &R, scale: Scale) -> Vec<Datum> {
    row.inputs().iter().enumerate().map(|(slot, input)| Datum::new(input, slot, scale)).collect()
}

/// Measures a row. The results of all players are compared with that of the first, but for bare loops.
pub fn measure<R: Row>(settings: &Settings, group: &str, row: &R, players: &mut [Box<dyn Player<R>>]) -> Measured {
    let data = data(row, settings.scale);
    let mut faults = Vec::new();
    let mut entries: Vec<Entry<R>> = Vec::new();
    let mut first: Option<(&str, Digest)> = None;
    for player in players {
        let (name, bare) = (player.name(), player.bare(first.as_ref().map_or(0, |(_, digest)| digest.bytes)));
        match enter(settings, row, &data, player.as_mut()) {
            Ok(None) => {}
            Ok(Some((entry, digest))) => {
                match &first {
                    _ if bare => {}
                    None => first = Some((name, digest)),
                    Some((who, of)) => faults.extend(of.differs(&digest, row.check()).map(|d| format!("{who} and {name} differ: {d}"))),
                }
                entries.push(entry);
            }
            Err(e) => faults.push(format!("{name}: {e}")),
        }
    }
    let round: u64 = entries.iter().map(|e| e.estimate).sum();
    let wanted: Vec<usize> = entries.iter().map(|e| settings.rounds.of(e.estimate, round, entries.len(), settings.budget)).collect();
    let waking = entries.first().map_or(1, |e| (WAKING / (e.estimate / e.calls).max(1)).max(SETTLED));
    for turn in 0..wanted.iter().copied().max().unwrap_or(0) {
        // Each starts once: nobody always runs in the caches that the same neighbour leaves.
        for k in 0..entries.len() {
            let i = (settings.earlier + turn + k) % entries.len();
            if turn >= wanted[i] {
                continue;
            }
            let entry = &mut entries[i];
            if settings.scale != Scale::Tiny {
                std::thread::sleep(REST);
            }
            let each = (entry.estimate / entry.calls).max(1);
            let asleep = settings.scale != Scale::Tiny && each < WOKEN;
            let woken = if asleep { entry.player.time(waking.min(WOKEN / each), settings.clock).map(drop) } else { Ok(()) };
            match woken.and_then(|()| entry.player.time(entry.calls, settings.clock)) {
                Ok(ns) => entry.rounds.push(ns as f64 / entry.calls as f64),
                Err(e) => faults.push(format!("{}: {e}", entry.player.name())),
            }
            if settings.scale != Scale::Tiny
                && let Err(e) = entry.player.rest()
            {
                faults.push(format!("{}: {e}", entry.player.name()));
            }
        }
    }
    let times = entries.into_iter().map(|e| Times { player: e.player.name().into(), calls: e.calls, rounds_ns: e.rounds }).collect();
    Measured {
        name: row.name().into(),
        group: group.into(),
        about: row.about().into(),
        bytes_in: data.iter().map(Datum::bytes).sum(),
        bytes_out: first.map_or(0, |(_, d)| d.bytes),
        bound_ns: None,
        bound_by: None,
        times,
        faults,
    }
}

type Entered<'a, R> = Option<(Entry<'a, R>, Digest)>;

/// Runs a row once for its result, then until it is known how many calls fill a batch. `None` where the player cannot.
fn enter<'a, R>(settings: &Settings, row: &R, data: &[Datum], player: &'a mut dyn Player<R>) -> Result<Entered<'a, R>, String> {
    if !player.prepare(row, data)? {
        return Ok(None);
    }
    let (digest, mut first) = player.digest(settings.clock, settings.compared)?;
    if settings.warm {
        first = player.time(1, settings.clock)?;
    }
    let batch = if settings.scale == Scale::Tiny { 1 } else { BATCH };
    let (mut calls, mut estimate) = (1, first);
    // A first call says little about short ones: three steps towards a batch.
    for _ in 0..if first < 10 * batch { 3 } else { 0 } {
        calls = (calls * batch / estimate.max(1)).clamp(1, batch);
        estimate = player.time(calls, settings.clock)?;
        if estimate >= batch / 2 {
            break;
        }
    }
    Ok(Some((Entry { player, calls, estimate, rounds: Vec::new() }, digest)))
}
