//! Progress on the terminal, from several threads.
use conformance::journal::{CheckRecord, Start};
use conformance::run::Watch;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::OnceLock;

/// The progress of a run.
#[derive(Default)]
pub(crate) struct Bar(OnceLock<ProgressBar>);

impl Bar {
    /// Clears the line.
    pub(crate) fn finish(&self) {
        if let Some(bar) = self.0.get() {
            bar.finish_and_clear();
        }
    }

    /// So many of so many.
    pub(crate) fn at(&self, done: usize, all: usize) {
        self.0.get_or_init(|| bar(all as u64)).set_position(done as u64);
    }
}

fn bar(planned: u64) -> ProgressBar {
    let bar = ProgressBar::new(planned);
    if let Ok(style) = ProgressStyle::with_template("{bar:28} {human_pos}/{human_len}  {elapsed_precise}, {eta} left  {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

impl Watch for Bar {
    fn planned(&self, start: &Start) {
        self.0.get_or_init(|| bar(start.planned));
    }
    fn begin(&self, operation: &str) {
        if let Some(bar) = self.0.get() {
            bar.set_message(operation.to_string());
        }
    }
    fn done(&self, _: &CheckRecord) {
        if let Some(bar) = self.0.get() {
            bar.inc(1);
        }
    }
}
