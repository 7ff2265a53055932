//! How long each side waits for the other.

use std::time::Duration;

/// The times of a session. Both sides keep the same: the far side gets them first of all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// A side that has nothing to say says `beat` so often. Whole seconds.
    pub(super) beat: Duration,
    /// A side that is not heard for so long is gone. Whole seconds.
    pub(super) silence: Duration,
    /// How long the far side has for its clean end once it is told to stop.
    pub(super) parting: Duration,
    /// The first pause before a shell that could not be started is tried again; it doubles.
    pub(super) retry: Duration,
}

impl Pace {
    /// What real builds take: two lost beats and some seconds are forgiven.
    pub(super) const USUAL: Self = Self {
        beat: Duration::from_secs(15),
        silence: Duration::from_mins(1),
        parting: Duration::from_secs(20),
        retry: Duration::from_secs(2),
    };
}
