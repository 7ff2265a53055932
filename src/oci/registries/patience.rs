//! When to try again, and when no more.

use std::time::Duration;

use tokio::time::sleep;

use crate::oci::{
    OciError,
    notice::{Listener, Notice},
};

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
    pace: Pace,
    listener: Listener,
    tried: u32,
    pause: Duration,
    /// How long there was nothing to be heard, in all tries.
    silent: Duration,
}

/// Of silence so much is waited for in all; what is silent for longer at once has a second try.
const SILENCE: Duration = Duration::from_mins(2);

impl Patience {
    pub(super) fn new(pace: Pace, listener: Listener) -> Self {
        Self { pace, listener, tried: 0, pause: pace.pause, silent: Duration::ZERO }
    }

    /// Waits for the next try.
    ///
    /// # Errors
    ///
    /// The trouble's own, if trying again is of no use or has been done enough.
    pub(super) async fn wait(&mut self, trouble: Trouble) -> Result<(), OciError> {
        let Trouble { error, after, .. } = trouble;
        self.tried += 1;
        if let OciError::Silent { limit, .. } = &error {
            self.silent += *limit;
        }
        let enough = self.tried >= self.pace.tries || (self.silent >= SILENCE && self.tried > 1);
        let pause = after.unwrap_or_default().max(self.pause);
        if enough || !error.is_transient() || pause > self.pace.most {
            return Err(match after {
                Some(after) => asking(error, after),
                None => error,
            });
        }
        self.listener.tell(|| Notice::Again { after: pause, cause: error.told() });
        sleep(pause).await;
        self.pause *= 2;
        Ok(())
    }

    /// What has come since the last try counts as progress: the tries begin anew.
    pub(super) fn renew(&mut self) {
        *self = Self::new(self.pace, self.listener.clone());
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

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a host is tried that is silent for so long each time.
    async fn tries(seconds: u64) -> u32 {
        let pace = Pace { pause: Duration::ZERO, ..Pace::default() };
        let mut patience = Patience::new(pace, Listener::default());
        let limit = Duration::from_secs(seconds);
        let silent = || OciError::Silent { host: "a.io".to_owned(), limit };
        while patience.wait(silent().into()).await.is_ok() {}
        patience.tried
    }

    #[tokio::test]
    async fn the_longer_a_host_is_silent_the_less_often_it_is_tried() {
        assert_eq!(tries(10).await, 5);
        assert_eq!(tries(30).await, 4);
        assert_eq!(tries(90).await, 2);
        assert_eq!(tries(600).await, 2);
    }
}
