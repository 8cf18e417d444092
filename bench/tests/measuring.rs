//! Rows by players that are right, wrong, slow, or absent.
use array_protocol::HostArray;
use bench::clock::Clock;
use bench::digest::{Digest, step};
use bench::inputs::{Datum, Input, Scale, f64};
use bench::measure::{Measured, Rounds, Settings, Times, measure};
use bench::players::Player;
use bench::players::local::{Call, Library, Local};
use bench::row::{Check, Row};
use std::thread::sleep;
use std::time::Duration;

/// Twice the input.
struct Twice(Vec<Input>);

impl Row for Twice {
    fn name(&self) -> &str {
        "twice"
    }
    fn about(&self) -> &str {
        "x + x"
    }
    fn inputs(&self) -> &[Input] {
        &self.0
    }
    fn check(&self) -> Check {
        Check::close(&self.0)
    }
    fn python(&self, _: &str) -> Option<&str> {
        None
    }
    fn python_out(&self, _: &str) -> Option<&str> {
        None
    }
}

fn times(x: &[HostArray], by: f64) -> Result<HostArray, String> {
    let values: Vec<f64> = x[0].view::<f64>().ok_or("no float64")?.iter().map(|v| v * by).collect();
    HostArray::from_slice(x[0].shape().clone(), &values).map_err(|e| e.to_string())
}

/// A library on host arrays that says one thing to the row.
macro_rules! library {
    ($name:ident, $call:expr) => {
        struct $name;
        impl Library<Twice> for $name {
            const NAME: &'static str = stringify!($name);
            type Array = HostArray;
            type Error = String;
            fn upload(&self, x: &HostArray) -> Result<HostArray, String> {
                Ok(x.clone())
            }
            fn download(x: &HostArray) -> Result<HostArray, String> {
                Ok(x.clone())
            }
            fn call(_: &Twice) -> Option<Call<HostArray, String>> {
                $call
            }
        }
    };
}
library!(Right, Some(|x| times(x, 2.0)));
library!(Wrong, Some(|x| times(x, 2.0 + 1e-6)));
library!(Broken, Some(|_| Err("out of order".into())));
library!(Absent, None);
library!(
    Slow,
    Some(|x| {
        sleep(Duration::from_millis(60));
        times(x, 2.0)
    })
);

fn players(all: Vec<Box<dyn Player<Twice>>>) -> Vec<Box<dyn Player<Twice>>> {
    all
}

fn settings(rounds: Rounds, scale: Scale) -> Settings {
    Settings { clock: Clock::Wall, scale, rounds, budget: 0.2, compared: usize::MAX, earlier: 0, warm: false }
}

fn row() -> Twice {
    Twice(vec![f64("x", &[100, 30], -1.0, 1.0)])
}

#[test]
fn what_differs_or_fails_is_told_and_the_rest_is_timed() {
    let mut all =
        players(vec![Box::new(Local::new(Right)), Box::new(Local::new(Wrong)), Box::new(Local::new(Broken)), Box::new(Local::new(Absent))]);
    let out = measure(&settings(Rounds::Exactly(3), Scale::Tiny), "group", &row(), &mut all);
    assert_eq!(out.faults.len(), 2, "{:?}", out.faults);
    assert!(out.faults[0].contains("Right and Wrong differ") && out.faults[1].contains("Broken: out of order"), "{:?}", out.faults);
    let timed: Vec<_> = out.times.iter().map(|t| (t.player.as_str(), t.rounds_ns.len())).collect();
    assert_eq!(timed, [("Right", 3), ("Wrong", 3)]);
    assert_eq!((out.bytes_in, out.bytes_out), (8 * 32 * 30, 8 * 32 * 30));
    assert!(out.median("Absent").is_none() && out.ratio("Wrong", "Right").is_some_and(|r| r > 0.0));
}

#[test]
fn rounds_of_another_time_are_added() {
    let measured = |rounds, library: Box<dyn Player<Twice>>| {
        let mut all = players(vec![Box::new(Local::new(Right)), Box::new(Local::new(Wrong)), library]);
        measure(&settings(Rounds::Exactly(rounds), Scale::Tiny), "group", &row(), &mut all)
    };
    let mut out = measured(3, Box::new(Local::new(Absent)));
    assert_eq!(out.rounds(), 3);
    out.add(measured(2, Box::new(Local::new(Slow))));
    let timed: Vec<_> = out.times.iter().map(|t| (t.player.as_str(), t.rounds_ns.len())).collect();
    assert_eq!(timed, [("Right", 5), ("Wrong", 5), ("Slow", 2)]);
    assert_eq!((out.rounds(), out.faults.len()), (5, 1), "{:?}", out.faults);
}

#[test]
fn rounds_that_vary_more_than_players_differ_tell_nothing() {
    let measured = |ours: &[f64], theirs: &[f64]| {
        let mut out: Measured = measure(&settings(Rounds::Exactly(1), Scale::Tiny), "group", &row(), &mut []);
        let times = |player: &str, rounds: &[f64]| Times { player: player.into(), calls: 1, rounds_ns: rounds.to_vec() };
        out.times = vec![times("ours", ours), times("theirs", theirs)];
        out
    };
    let (steady, slower) = ([100.0, 101.0, 99.0, 100.0, 102.0], [110.0, 111.0, 109.0, 110.0, 112.0]);
    let unsteady = [70.0, 140.0, 90.0, 110.0, 130.0];
    assert!(!measured(&steady, &slower).undecided("theirs", "ours") && !measured(&slower, &steady).undecided("theirs", "ours"));
    assert!(measured(&unsteady, &slower).undecided("theirs", "ours") && measured(&steady, &steady).undecided("theirs", "ours"));
    // More of the same rounds decide.
    let (ours, theirs): (Vec<f64>, Vec<f64>) = (0..200).map(|i| (unsteady[i % 5], slower[i % 5] * 1.3)).unzip();
    assert!(measured(&unsteady, &slower.map(|ns| ns * 1.3)).undecided("theirs", "ours"));
    assert!(!measured(&ours, &theirs).undecided("theirs", "ours"));
    // A machine that is busy now and then: ours is ahead in six rounds of nine, and met the busy ones more often.
    let (ours, theirs) = ([5.0, 5.1, 5.2, 5.3, 9.0, 9.1, 9.2, 9.3, 9.4], [5.5, 5.6, 5.7, 5.8, 9.9, 10.0, 6.0, 6.1, 6.2]);
    let busy = measured(&ours, &theirs);
    assert!(busy.median("theirs").zip(busy.median("ours")).is_some_and(|(theirs, ours)| theirs < 0.7 * ours));
    assert!(busy.ratio("theirs", "ours").is_some_and(|r| (1.05..1.11).contains(&r)));
    // What is left out of rounds at the end does not count.
    assert!(measured(&ours, &theirs[..4]).ratio("theirs", "ours").is_some_and(|r| r > 1.09));
    assert!(!measured(&steady, &[]).undecided("theirs", "ours") && !measured(&steady, &steady).undecided("nobody", "ours"));
}

#[test]
fn a_slow_player_does_not_take_the_rounds_of_others() {
    let all = || players(vec![Box::new(Local::new(Right)), Box::new(Local::new(Slow))]);
    let rounds = |rounds| {
        let out = measure(&settings(rounds, Scale::Full), "group", &row(), &mut all());
        out.times.iter().map(|t| t.rounds_ns.len()).collect::<Vec<_>>()
    };
    let (same, own) = (rounds(Rounds::AllTheSame(3, 9)), rounds(Rounds::EachItsOwn));
    assert_eq!(same[0], same[1]);
    assert!((3..=9).contains(&same[0]), "{same:?}");
    assert!(own[0] > own[1] && own[1] >= 1, "{own:?}");
}

#[test]
fn long_results_are_compared_in_part_and_counted_whole() {
    assert_eq!((step(100, 100), step(101, 100), step(1000, 100), step(5, usize::MAX)), (1, 2, 10, 1));
    let datum = Datum::new(&f64("x", &[10], 0.0, 1.0), 0, Scale::Full);
    let digest = Digest::of(datum.host().unwrap(), 12_345).unwrap();
    assert_eq!((digest.shape.clone(), digest.bytes), (vec![10], 12_345));
    assert!(digest.differs(&digest.clone(), Check::Values(0.0)).is_none());
}
