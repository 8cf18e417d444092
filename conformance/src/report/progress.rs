//! How far a run is: a bar on a terminal, a line now and then elsewhere. Always on standard error; results go to standard output.
use super::text::one_line;
use crate::journal::{CheckRecord, Status};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// The progress of one run.
pub struct Progress {
    state: State,
    face: Face,
}

/// What is known.
struct State {
    planned: u64,
    done: u64,
    failures: u64,
    operation: String,
    started: Instant,
}

enum Face {
    Bar(ProgressBar),
    Lines { out: Box<dyn Write + Send>, last: Instant, every: Duration },
    Silent,
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Progress({})", self.state.text())
    }
}

impl Progress {
    /// The progress of a run of so many steps (checks, mostly), on standard error.
    pub fn new(planned: u64) -> Progress {
        if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(Some(planned), ProgressDrawTarget::stderr_with_hz(10));
            if let Ok(style) = ProgressStyle::with_template("{bar:28} {human_pos}/{human_len}  {elapsed_precise}, {eta} left  {wide_msg}") {
                bar.set_style(style.progress_chars("━╸ "));
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            Progress { state: State::new(planned), face: Face::Bar(bar) }
        } else {
            Progress::lines(planned, Box::new(std::io::stderr()), EVERY)
        }
    }

    /// Nothing is shown.
    pub fn silent(planned: u64) -> Progress {
        Progress { state: State::new(planned), face: Face::Silent }
    }

    /// A line at most once in `every`, for logs.
    pub fn lines(planned: u64, out: Box<dyn Write + Send>, every: Duration) -> Progress {
        Progress { state: State::new(planned), face: Face::Lines { out, last: Instant::now(), every } }
    }

    /// Work on an operation begins.
    pub fn begin(&mut self, operation: &str) {
        if operation != self.state.operation {
            self.state.operation = operation.into();
        }
        if let Face::Bar(bar) = &self.face {
            bar.set_message(self.state.message());
        }
    }

    /// A check has its verdict.
    pub fn check(&mut self, record: &CheckRecord) {
        self.state.failures += u64::from(matches!(record.status, Status::Fail | Status::Incident));
        self.begin(record.operation.as_deref().unwrap_or(&record.clause));
        self.advance(1);
    }

    /// So many more are done.
    pub fn advance(&mut self, steps: u64) {
        self.at(self.state.done + steps);
    }

    /// So many are done.
    pub fn at(&mut self, done: u64) {
        self.state.done = done;
        match &mut self.face {
            Face::Bar(bar) => bar.set_position(done),
            Face::Lines { out, last, every } if last.elapsed() >= *every => {
                *last = Instant::now();
                // Progress that cannot be shown is no reason to stop a run.
                let _ = writeln!(out, "{}", self.state.text());
            }
            Face::Lines { .. } | Face::Silent => {}
        }
    }

    /// Writes a line above the bar, where there is one.
    pub fn note(&mut self, text: &str) {
        let text = one_line(text);
        match &mut self.face {
            Face::Bar(bar) => bar.println(text),
            Face::Lines { out, .. } => drop(writeln!(out, "{text}")),
            Face::Silent => {}
        }
    }

    /// The run is over: the bar goes away, a log gets its last line.
    pub fn finish(mut self) {
        match &mut self.face {
            Face::Bar(bar) => bar.finish_and_clear(),
            Face::Lines { out, .. } => drop(writeln!(out, "{}", self.state.text())),
            Face::Silent => {}
        }
    }
}

impl State {
    fn new(planned: u64) -> State {
        State { planned, done: 0, failures: 0, operation: String::new(), started: Instant::now() }
    }

    fn message(&self) -> String {
        let failures = match self.failures {
            0 => String::new(),
            1 => ", 1 failure".into(),
            n => format!(", {n} failures"),
        };
        format!("{}{failures}", one_line(&self.operation)).trim_start_matches(", ").into()
    }

    fn text(&self) -> String {
        let elapsed = self.started.elapsed();
        let left = match left(elapsed, self.done, self.planned) {
            Some(left) if self.done < self.planned => format!(", about {} left", seconds(left)),
            _ => format!(", {}", seconds(elapsed)),
        };
        let message = self.message();
        let colon = if message.is_empty() { "" } else { ": " };
        format!("{}/{}{left}{colon}{message}", self.done, self.planned)
    }
}

/// The time that is left at the pace so far.
fn left(elapsed: Duration, done: u64, planned: u64) -> Option<Duration> {
    let share = planned.saturating_sub(done) as f64 / (done > 0).then_some(done)? as f64;
    Duration::try_from_secs_f64(elapsed.as_secs_f64() * share).ok()
}

fn seconds(time: Duration) -> String {
    let s = time.as_secs();
    if s < 60 { format!("{s} s") } else { format!("{} min {:02} s", s / 60, s % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_the_beginning() {
        assert_eq!(left(Duration::from_secs(30), 100, 400), Some(Duration::from_secs(90)));
        assert_eq!(left(Duration::from_secs(30), 0, 400), None);
        assert_eq!(left(Duration::from_secs(30), 400, 400), Some(Duration::ZERO));
        assert_eq!((seconds(Duration::from_secs(59)), seconds(Duration::from_secs(125))), ("59 s".into(), "2 min 05 s".into()));
    }
}
