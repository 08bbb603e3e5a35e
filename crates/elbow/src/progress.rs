//! A bar on a terminal, nothing in a pipe.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `steps` with a message behind it, drawn on standard error if that is a terminal.
pub(crate) fn bar(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32.cyan} {pos:>3}/{len} {elapsed} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ");
    let bar = ProgressBar::new(steps as u64).with_style(style);
    // The clock goes on while a long claim is checked. In a pipe there is no clock, and no thread to turn it.
    if !bar.is_hidden() {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    bar
}

/// Moves a bar on to `done`, unless another thread has moved it further.
pub(crate) fn reach(bar: &ProgressBar, done: u64) {
    bar.set_position(done.max(bar.position()));
}

/// A bar over `samples`, with the time that is left.
pub(crate) fn samples(samples: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32.cyan} {percent:>3} % of the samples, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ");
    ProgressBar::new(samples).with_style(style)
}

/// A bar over the mini-batches of a training, with the terms of the bound behind it.
pub(crate) fn training(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:24.cyan} {pos:>5}/{len} {eta} left  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ");
    ProgressBar::new(steps as u64).with_style(style)
}

/// A bar over what is measured after training, in percent.
pub(crate) fn measuring() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:24.cyan} {percent:>3} % measured")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ");
    ProgressBar::new(100).with_style(style)
}

/// A bar over a table that is being computed.
pub(crate) fn tabulating(work: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:24.cyan} {percent:>3} % computed, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ");
    ProgressBar::new(work).with_style(style)
}
