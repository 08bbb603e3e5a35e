//! Work whose panics say nothing on standard error.

use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whose panics are expected, and told in another way. Of the whole program: a claim's work is spread over threads that know
/// nothing of who asked for it.
static EXPECTED: Quiet = Quiet::new();

/// `work` without the message of every panic on standard error: shrinking a problem may panic hundreds of times, and
/// the last message stands in the finding.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !EXPECTED.is_on() {
                usual(info);
            }
        }));
    });
    EXPECTED.during(work)
}

/// How many have asked for quiet and are not done.
struct Quiet(AtomicUsize);

impl Quiet {
    const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    fn is_on(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

    /// Quiet until `work` is done, whether it returns or panics.
    fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Leave<'a>(&'a Quiet);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.0.fetch_add(1, Ordering::SeqCst);
        let _leave = Leave(self);
        work()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;
    use std::thread;

    /// The first to come is the first to go: it is quiet until the last has gone, and not after.
    #[test]
    fn it_is_quiet_until_the_last_is_done() {
        let (quiet, step) = (Quiet::new(), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                quiet.during(|| {
                    step.wait();
                    step.wait();
                });
                step.wait();
            });
            step.wait();
            quiet.during(|| {
                step.wait();
                step.wait();
                assert!(quiet.is_on());
            });
        });
        assert!(!quiet.is_on());
    }

    #[test]
    fn work_that_panics_leaves_no_quiet_behind() {
        let quiet = Quiet::new();
        let work = || quiet.during(|| panic::resume_unwind(Box::new("no message")));
        assert!(catch_unwind(AssertUnwindSafe(work)).is_err());
        assert!(!quiet.is_on());
    }
}
