//! Values that must be shown nowhere, and the filter that keeps them from being shown.

mod forms;
mod redact;
mod stream;

pub use redact::{Redactor, TooShort};
pub use stream::Redacted;

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
