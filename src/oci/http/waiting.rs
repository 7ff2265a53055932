//! Waiting for others: up to a limit, and not without a word.

use std::{pin::pin, time::Duration};

use tokio::time::timeout;

use crate::oci::{
    OciError,
    notice::{Listener, Notice},
};

/// After so long it is told that there is no answer; and then again after each minute.
const FIRST: Duration = Duration::from_secs(10);
const NEXT: Duration = Duration::from_mins(1);

/// So often it is looked whether anything has come.
const TICK: Duration = Duration::from_secs(1);

/// One wait for a host.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    host: &'a str,
    listener: &'a Listener,
    silent: Duration,
    /// When it is told of.
    next: Duration,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(host: &'a str, listener: &'a Listener) -> Self {
        Self { host, listener, silent: Duration::ZERO, next: FIRST }
    }

    /// What comes within `limit`; else it has been silent for so long.
    pub(super) async fn within<T>(
        &mut self,
        limit: Duration,
        coming: impl Future<Output = T>,
    ) -> Result<T, OciError> {
        let mut coming = pin!(coming);
        loop {
            if let Ok(come) = timeout(self.step(limit), &mut coming).await {
                return Ok(come);
            }
            self.nothing_came(limit)?;
        }
    }

    /// How long to wait before it is to be looked again.
    pub(super) fn step(&self, limit: Duration) -> Duration {
        TICK.min(limit.saturating_sub(self.silent))
    }

    /// A step is over, and nothing has come.
    ///
    /// # Errors
    ///
    /// [`OciError::Silent`] at the limit.
    pub(super) fn nothing_came(&mut self, limit: Duration) -> Result<(), OciError> {
        self.silent += self.step(limit);
        if self.silent >= limit {
            return Err(OciError::Silent { host: self.host.to_owned(), limit });
        }
        if self.silent >= self.next {
            self.next = self.silent + NEXT;
            let (host, lasting) = (self.host.to_owned(), self.silent);
            self.listener.tell(|| Notice::Silent { host, lasting });
        }
        Ok(())
    }

    /// Something has come.
    pub(super) fn goes_on(&mut self) {
        (self.silent, self.next) = (Duration::ZERO, FIRST);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_silence_is_told_of_after_ten_seconds_and_then_each_minute() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let listener = Listener::new(move |notice| heard.lock().unwrap().push(notice));
        let limit = Duration::from_secs(100);

        let mut waiting = Waiting::new("a.io", &listener);
        let ended = (0..100).find_map(|_| waiting.nothing_came(limit).err()).unwrap();

        assert_eq!(ended.to_string(), "`a.io` has been silent for 100 s");
        let silent = |seconds| {
            let lasting = Duration::from_secs(seconds);
            Notice::Silent { host: "a.io".to_owned(), lasting }
        };
        assert_eq!(*told.lock().unwrap(), [silent(10), silent(70)]);
    }
}
