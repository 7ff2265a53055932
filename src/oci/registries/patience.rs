//! When to try again, and when no more.

use std::time::Duration;

use tokio::time::sleep;

use crate::oci::OciError;

/// How often one thing is tried, and with which pauses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Tries in all.
    pub(super) tries: u32,
    /// The first pause; each next is twice as long.
    pub(super) pause: Duration,
    /// Who wants us to wait longer is not waited for.
    pub(super) most: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { tries: 5, pause: Duration::from_secs(1), most: Duration::from_mins(2) }
    }
}

/// A failure, and when it may be over.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) error: OciError,
    /// `Retry-After`.
    pub(super) after: Option<Duration>,
    /// The other side has answered; otherwise there was no answer at all.
    pub(super) answered: bool,
}

impl From<OciError> for Trouble {
    fn from(error: OciError) -> Self {
        Self { error, after: None, answered: false }
    }
}

impl Trouble {
    /// Whether what was asked for has not been done, as the other side says. One that fails by
    /// itself may have done it.
    pub(super) fn is_a_refusal(&self) -> bool {
        self.answered && !matches!(self.error, OciError::Server { .. })
    }

    /// Whether there is a server that speaks HTTP, if not as we would like.
    pub(super) fn is_an_answer(&self) -> bool {
        self.answered
    }
}

/// The tries of one thing.
#[derive(Debug)]
pub(super) struct Patience {
    left: u32,
    pause: Duration,
    most: Duration,
}

impl Patience {
    pub(super) fn new(pace: Pace) -> Self {
        Self { left: pace.tries, pause: pace.pause, most: pace.most }
    }

    /// Waits for the next try.
    ///
    /// # Errors
    ///
    /// The trouble's own, if trying again is of no use or has been done enough.
    pub(super) async fn wait(&mut self, trouble: Trouble) -> Result<(), OciError> {
        let Trouble { error, after, .. } = trouble;
        self.left = self.left.saturating_sub(1);
        let pause = after.unwrap_or_default().max(self.pause);
        if self.left == 0 || !error.is_transient() || pause > self.most {
            return Err(match after {
                Some(after) => asking(error, after),
                None => error,
            });
        }
        sleep(pause).await;
        self.pause *= 2;
        Ok(())
    }

    /// What has come since the last try counts as progress: the tries begin anew.
    pub(super) fn renew(&mut self, pace: Pace) {
        *self = Self::new(pace);
    }
}

/// An error with how long the registry wants to be left alone.
fn asking(error: OciError, after: Duration) -> OciError {
    match error {
        OciError::TooMany { host, message } => {
            let seconds = after.as_secs();
            let parts = [message, format!("it asks to wait for {seconds} s")];
            let message = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
            OciError::TooMany { host, message: message.join("; ") }
        }
        other => other,
    }
}
