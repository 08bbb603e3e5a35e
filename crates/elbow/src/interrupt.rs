//! Ctrl-C: what is being written is finished, and then it stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::refusal::Refusal;

/// Whether somebody asked to stop.
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From here on the first Ctrl-C only says that it was pressed; the second ends the program at once.
    pub(crate) fn watch() -> Self {
        let pressed = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&pressed);
        // Where it cannot be heard, Ctrl-C ends the program at once, as it does elsewhere.
        let _ = ctrlc::set_handler(move || {
            if heard.swap(true, Ordering::Relaxed) {
                std::process::exit(STOPPED.into());
            }
        });
        Self(pressed)
    }

    /// Stops here if that was asked for.
    ///
    /// # Errors
    /// [`Refusal::Interrupted`] with what is done.
    pub(crate) fn check(&self, done: impl FnOnce() -> String) -> Result<(), Refusal> {
        if self.0.load(Ordering::Relaxed) { Err(Refusal::Interrupted(done())) } else { Ok(()) }
    }
}

/// Exit code of a program that Ctrl-C ended, as shells give it.
pub(crate) const STOPPED: u8 = 130;
