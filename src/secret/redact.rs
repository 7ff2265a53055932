//! The filter over everything that is shown.

/// Finds known secrets in text; to be written.
#[derive(Debug, Clone, Default)]
pub struct Redactor;

/// A stream through a redactor.
#[derive(Debug)]
pub struct Redacted;
