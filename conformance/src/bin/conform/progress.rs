//! Progress on standard error, from several threads.
use conformance::journal::{CheckRecord, Start};
use conformance::report::Progress;
use conformance::run::Watch;
use std::sync::{Mutex, PoisonError};

/// The progress of a run; nothing until it is known how long the run is.
#[derive(Default)]
pub(crate) struct Bar(Mutex<Option<Progress>>);

impl Bar {
    /// Clears the line.
    pub(crate) fn finish(&self) {
        let progress = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(progress) = progress {
            progress.finish();
        }
    }

    /// So many of so many.
    pub(crate) fn at(&self, done: usize, all: usize) {
        self.with(all as u64, |progress| progress.at(done as u64));
    }

    fn with(&self, planned: u64, f: impl FnOnce(&mut Progress)) {
        f(self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| Progress::new(planned)));
    }

    fn if_known(&self, f: impl FnOnce(&mut Progress)) {
        if let Some(progress) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            f(progress);
        }
    }
}

impl Watch for Bar {
    fn planned(&self, _: &Start, steps: u64) {
        self.with(steps, |_| {});
    }
    fn begin(&self, operation: &str) {
        self.if_known(|progress| progress.begin(operation));
    }
    fn advance(&self, steps: u64) {
        self.if_known(|progress| progress.advance(steps));
    }
    fn done(&self, check: &CheckRecord) {
        self.if_known(|progress| progress.check(check));
    }
}
