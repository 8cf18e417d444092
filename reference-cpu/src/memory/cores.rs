//! Which core a thread runs on.
//!
//! A thread that is woken up belongs on a core that is idle. On virtual machines Linux often takes these for busy, since their hosts have
//! taken them away, puts the thread on the core of the one that woke it up, and moves it only some milliseconds later: longer than most
//! operations take.

/// That of this thread; `None` where the system does not tell.
pub(super) fn current() -> Option<usize> {
    #[cfg(target_os = "linux")]
    return Some(rustix::thread::sched_getcpu());
    #[cfg(not(target_os = "linux"))]
    None
}

/// Moves this thread to another core if it is on that one, and may be on others. It may go back at any time.
pub(super) fn leave(core: Option<usize>) {
    if core.is_none() || current() != core {
        return;
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
        let (Some(core), Ok(all)) = (core.filter(|&core| core < CpuSet::MAX_CPU), sched_getaffinity(None)) else {
            return;
        };
        let mut others = all;
        others.unset(core);
        if others.count() > 0 && sched_setaffinity(None, &others).is_ok() {
            // Were it refused, the thread would stay off that one core.
            let _ = sched_setaffinity(None, &all);
        }
    }
}

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
                let here = current();
                leave(here);
                current() != here
            };
            assert!(before.count() < 2 || (0..1000).any(|_| left()));
            assert_eq!(sched_getaffinity(None).unwrap(), before);
            leave(None);
            assert_eq!(sched_getaffinity(None).unwrap(), before);
        })
        .join()
        .unwrap();
    }
}
