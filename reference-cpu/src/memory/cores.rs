//! Which core a thread runs on.
//!
//! A thread that is woken up belongs on a core that is idle. On virtual machines Linux often takes these for busy, since their hosts have
//! taken them away, puts the thread on the core of the one that woke it up, and moves it only some milliseconds later: longer than most
//! operations take.
use std::sync::atomic::{AtomicUsize, Ordering};

/// The core of a thread that others work for.
pub(super) struct Caller(AtomicUsize);

/// Where the system does not tell.
const UNKNOWN: usize = usize::MAX;

impl Caller {
    /// This thread is it.
    pub(super) fn new() -> Self {
        Caller(AtomicUsize::new(current()))
    }

    /// It tells where it is now.
    pub(super) fn is_here(&self) {
        self.0.store(current(), Ordering::Relaxed);
    }

    /// Moves another thread to another core if it is on that one, and may be on others. It may go back at any time.
    pub(super) fn leave(&self) {
        let core = self.0.load(Ordering::Relaxed);
        if core != UNKNOWN && current() == core {
            elsewhere(core);
        }
    }
}

/// That of this thread.
fn current() -> usize {
    #[cfg(target_os = "linux")]
    return rustix::thread::sched_getcpu();
    #[cfg(not(target_os = "linux"))]
    UNKNOWN
}

#[cfg(target_os = "linux")]
#[cold]
fn elsewhere(core: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let Ok(all) = sched_getaffinity(None) else { return };
    let mut others = all;
    if core < CpuSet::MAX_CPU {
        others.unset(core);
    }
    if others.count() > 0 && others != all && sched_setaffinity(None, &others).is_ok() {
        // Were it refused, the thread would stay off that one core.
        let _ = sched_setaffinity(None, &all);
    }
}

#[cfg(not(target_os = "linux"))]
fn elsewhere(_core: usize) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::thread::sched_getaffinity;

    #[test]
    fn threads_leave_a_core_and_may_come_back() {
        std::thread::spawn(|| {
            let before = sched_getaffinity(None).unwrap();
            // The system may have moved it back before it is asked.
            let left = || {
                let here = Caller::new();
                here.leave();
                here.0.load(Ordering::Relaxed) != current()
            };
            assert!(before.count() < 2 || (0..1000).any(|_| left()));
            assert_eq!(sched_getaffinity(None).unwrap(), before);
            Caller(AtomicUsize::new(UNKNOWN)).leave();
            elsewhere(UNKNOWN);
            assert_eq!(sched_getaffinity(None).unwrap(), before);
        })
        .join()
        .unwrap();
    }
}
