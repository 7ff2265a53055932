//! Values that must be shown nowhere, and the filter that keeps them from being shown.

mod forms;
mod programs;
mod redact;
mod source;
mod stream;

pub use programs::{Answer, NoAnswer, PROGRAM_LIMIT, Programs};
pub use redact::{Redactor, TooShort};
pub use source::{Purpose, Source, SourceError, SourceWarning, Sourced};
pub use stream::Redacted;

#[cfg(test)]
pub(crate) use programs::tests::Fake as FakePrograms;
pub(crate) use source::{colon, cut_newline};

use std::fmt;

use zeroize::Zeroizing;

/// Bytes that are never printed, logged or serialised.
///
/// `Debug` shows `[secret]`; there is no `Display`. The memory is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes `bytes` over; the caller keeps no copy of its own.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves, for the one place that sends them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether it has too few bytes to be found in what is shown ([`TooShort`]).
    #[must_use]
    pub fn is_short(&self) -> bool {
        forms::length(&self.0) < forms::SHORTEST
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}
