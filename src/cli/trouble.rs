//! Why a command has nothing to go on with: told to people, or handed to `check`'s formats.

use crate::{
    config::Mistakes,
    outcome::chain,
    report::{Printer, snippet},
    runner::PrepareError,
};

/// What was found before anything was started.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Mistakes, each with its place.
    Mistakes(Mistakes),
    /// Something else.
    Plain {
        /// What could not be done, with its causes.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl Trouble {
    /// An error with its causes, and what to do about it.
    pub(super) fn of(error: &dyn std::error::Error, hint: Option<&str>) -> Self {
        Self::Plain { message: chain(error), hint: hint.map(str::to_owned) }
    }

    /// A sentence, and what to do about it.
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Plain { message: message.into(), hint: Some(hint.into()) }
    }

    /// Tells people.
    pub(super) fn tell(&self, printer: &Printer) {
        match self {
            Self::Mistakes(mistakes) => {
                printer.tell(&snippet::mistakes(mistakes, printer.style.colour));
            }
            Self::Plain { message, hint } => {
                printer.tell(&format!("{}: {message}", printer.paint("error", "1;31")));
                if let Some(hint) = hint {
                    printer.tell(&format!("hint: {hint}"));
                }
            }
        }
    }
}

impl From<Mistakes> for Trouble {
    fn from(mistakes: Mistakes) -> Self {
        Self::Mistakes(mistakes)
    }
}

/// Tells what a run lacks, advice that serves several things once below the last; all of it as
/// one cause.
pub(super) fn unprepared(errors: &[PrepareError], printer: &Printer) -> String {
    let mut errors = errors.iter().map(|error| (error, error.hint())).peekable();
    let mut causes = Vec::new();
    while let Some((error, hint)) = errors.next() {
        let again = errors.peek().is_some_and(|(_, next)| *next == hint);
        printer.error(error, hint.as_deref().filter(|_| !again));
        causes.push(chain(error));
    }
    causes.join("; ")
}

/// What there is to go on with; none when it was told why there is nothing.
pub(super) fn told<T>(found: Result<T, Trouble>, printer: &Printer) -> Option<T> {
    found.map_err(|trouble| trouble.tell(printer)).ok()
}
