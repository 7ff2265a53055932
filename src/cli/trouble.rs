//! Why a command has nothing to go on with: told to people, or handed to `check`'s formats.

use crate::{
    config::Mistakes,
    outcome::chain,
    report::{Printer, snippet},
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

/// What there is to go on with; none when it was told why there is nothing.
pub(super) fn told<T>(found: Result<T, Trouble>, printer: &Printer) -> Option<T> {
    found.map_err(|trouble| trouble.tell(printer)).ok()
}
