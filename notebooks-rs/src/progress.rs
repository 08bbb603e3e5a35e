//! A bar on a terminal, nothing in a pipe.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `steps` with a message behind it, drawn on standard error if that is a terminal.
pub fn bar(steps: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32.cyan} {percent:>3}% {elapsed} {msg}")
        .expect("a template that was tried")
        .progress_chars("━╸ ");
    ProgressBar::new(steps).with_style(style)
}
