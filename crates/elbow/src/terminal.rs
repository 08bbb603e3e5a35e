//! The terminal or the pipe that is written to: colours, widths, wrapping, readers that leave.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use claims::Verdict;

/// Titles.
pub(crate) const TITLE: Style = Style::new().bold();
/// What stands below a row.
pub(crate) const ASIDE: Style = Style::new().dimmed();

/// The colour of a verdict. It is written always; `anstream` takes it out where no terminal reads.
pub(crate) fn colour(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Holds => AnsiColor::Green.on_default(),
        Verdict::Refuted => AnsiColor::Cyan.on_default(),
        Verdict::Failed => AnsiColor::Red.on_default().bold(),
    }
}

/// Columns of the terminal that reads standard output; `None` in a pipe, where nothing is wrapped.
pub(crate) fn width() -> Option<usize> {
    console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns))
}

/// `text` with its white space evened out, wrapped into what `indent` columns leave of the `width`.
pub(crate) fn wrapped(text: &str, indent: usize, width: Option<usize>) -> Vec<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match width {
        // Of a terminal too narrow for any column a few words are still shown on a line.
        Some(width) => {
            let options = textwrap::Options::new(width.saturating_sub(indent).max(20))
                .break_words(false)
                // `1-α_t` is no hyphenated word.
                .word_splitter(textwrap::WordSplitter::NoHyphenation);
            textwrap::wrap(&text, options).into_iter().map(Cow::into_owned).collect()
        }
        None => vec![text],
    }
}

/// A writer that a reader may leave (`elbow check | head`): what is written after that goes nowhere, so that the
/// exit code still says what was found.
#[derive(Debug)]
pub(crate) struct IgnoreClosedPipe<W>(pub(crate) W);

impl<W: Write> Write for IgnoreClosedPipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_left(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_left(self.0.flush(), ())
    }
}

fn unless_left<T>(result: io::Result<T>, otherwise: T) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(otherwise),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_for_a_terminal_only() {
        let text = "ᾱ_t = Π α_s   falls,\n and the signal-to-noise ratio with it";
        assert_eq!(wrapped(text, 0, None), ["ᾱ_t = Π α_s falls, and the signal-to-noise ratio with it"]);
        let lines = wrapped(text, 10, Some(40));
        assert!(
            lines.len() > 1 && lines.iter().all(|line| textwrap::core::display_width(line) <= 30),
            "{lines:?}"
        );
    }

    #[test]
    fn a_difference_is_not_cut_at_its_sign() {
        assert_eq!(
            wrapped("the variance is √(1-α_t)/v here", 0, Some(20)),
            ["the variance is", "√(1-α_t)/v here"]
        );
    }

    #[test]
    fn a_reader_may_leave_but_a_full_disk_is_an_error() {
        struct Fails(io::ErrorKind);
        impl Write for Fails {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Err(self.0.into())
            }
        }
        assert!(writeln!(IgnoreClosedPipe(Fails(io::ErrorKind::BrokenPipe)), "gone").is_ok());
        assert!(writeln!(IgnoreClosedPipe(Fails(io::ErrorKind::StorageFull)), "full").is_err());
    }
}
