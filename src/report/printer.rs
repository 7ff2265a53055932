//! The one writer to stdout and stderr, through one redactor.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
};

use crate::{outcome::chain, secret::Redactor};

use super::redacted;

/// How much is told, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Colour on stderr.
    pub colour: bool,
    /// Stderr is a terminal: bars are drawn there.
    pub terminal: bool,
    /// How much.
    pub level: Level,
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Results, warnings and errors.
    Quiet,
    /// The executor's log as well.
    Normal,
    /// Each part of a build as well.
    Verbose,
}

impl Style {
    /// Decides once, from what was asked for and from what stderr is.
    ///
    /// Source: <https://no-color.org>: any value but an empty one switches colour off.
    #[must_use]
    pub fn decide(colour: Option<bool>, no_colour: bool, level: Level) -> Self {
        let terminal = io::stderr().is_terminal();
        let colour = colour.unwrap_or(terminal && !no_colour);
        Self { colour, terminal, level }
    }
}

/// Writes results to stdout and everything else to stderr.
#[derive(Debug, Clone)]
pub struct Printer {
    /// How.
    pub style: Style,
    redactor: Redactor,
}

impl Printer {
    /// A printer through this redactor.
    #[must_use]
    pub fn new(style: Style, redactor: Redactor) -> Self {
        Self { style, redactor }
    }

    /// What all that is told goes through.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// How many columns stderr has, where it is a terminal.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        let size = rustix::termios::tcgetwinsize(io::stderr()).ok();
        let columns = size.filter(|_| self.style.terminal).map(|size| usize::from(size.ws_col));
        columns.filter(|columns| *columns > 0)
    }

    /// Whether more than results, warnings and errors is told.
    #[must_use]
    pub fn talks(&self) -> bool {
        self.style.level > Level::Quiet
    }

    /// A result, for other programs to read; a closed pipe is no error.
    ///
    /// # Errors
    ///
    /// When stdout takes no more for another reason, such as a full disk.
    pub fn result(&self, text: &str) -> io::Result<()> {
        self.document(&redacted::data(text, &self.redactor))
    }

    /// As [`Self::result`], of a document that is without secrets already.
    ///
    /// # Errors
    ///
    /// As [`Self::result`].
    pub fn document(&self, text: &str) -> io::Result<()> {
        self.written(|stdout| stdout.write_all(text.as_bytes()))
    }

    /// As [`Self::document`], of one that is written as it is made.
    ///
    /// # Errors
    ///
    /// As [`Self::result`].
    pub fn written(
        &self,
        write: impl FnOnce(&mut io::StdoutLock<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        let written =
            write(&mut stdout).and_then(|()| stdout.write_all(b"\n")).and_then(|()| stdout.flush());
        quiet_when_closed(written)
    }

    /// A line, or several, to stderr. What cannot be told there cannot be told at all.
    pub fn tell(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        let text = self.redactor.text(text);
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.write_all(b"\n"));
    }

    /// An error with its causes and, below it, what to do.
    pub fn error(&self, error: &dyn std::error::Error, hint: Option<&str>) {
        self.problem(&chain(error), hint);
    }

    /// The same of one in words.
    pub(super) fn problem(&self, error: &str, hint: Option<&str>) {
        self.tell(&format!("{}: {}", self.paint("error", "1;31"), in_a_line(error)));
        if let Some(hint) = hint {
            self.tell(&format!("hint: {}", in_a_line(hint)));
        }
    }

    /// Something that stops nothing.
    pub fn warning(&self, text: &str) {
        self.tell(&format!("{}: {}", self.paint("warning", "1;33"), in_a_line(text)));
    }

    /// The text in a colour, where there is colour.
    #[must_use]
    pub fn paint(&self, text: &str, code: &str) -> String {
        if self.style.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The text with its control characters written out: a file may be called anything, and what comes
/// from its name must neither begin a line, which a CI could take for its own, nor reach a terminal.
#[must_use]
pub fn in_a_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    Cow::Owned(line)
}

fn quiet_when_closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::in_a_line;

    #[test]
    fn what_a_name_brings_along_begins_no_line_and_colours_nothing() {
        assert_eq!(in_a_line("p\n::error::boo\u{1b}[31m"), "p\\n::error::boo\\u{1b}[31m");
        assert_eq!(in_a_line("gr\u{fc}n `a b`"), "gr\u{fc}n `a b`");
    }
}
