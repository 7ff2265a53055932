//! What a build waits for at registries, as events; what several of its requests wait for, once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    event::{Event, What},
    oci::Notice,
    outcome::without_numbers,
    plan::Build,
};

use super::Run;

/// Within so long the same is not told again.
const SAME: Duration = Duration::from_secs(5);

/// Tells of the waits of `build`.
pub(super) fn teller(run: &Run<'_>, build: &Build) -> impl Fn(Notice) + Send + Sync + 'static {
    let (events, name) = (run.hands.events.clone(), Arc::clone(&build.name));
    let told = Mutex::new(Told::default());
    move |notice| {
        if told.lock().unwrap_or_else(PoisonError::into_inner).is_new(&notice, Instant::now()) {
            // Behind a full channel there is more to be told than this.
            let _ = events.try_send(Event { build: Some(Arc::clone(&name)), what: what(notice) });
        }
    }
}

fn what(notice: Notice) -> What {
    match notice {
        Notice::Silent { host, lasting } => What::Silent { host, lasting },
        Notice::Again { after, cause } => {
            What::AskingAgain { after, cause: without_numbers(&cause) }
        }
    }
}

/// What was told, and when.
#[derive(Default)]
struct Told(HashMap<String, Instant>);

impl Told {
    fn is_new(&mut self, notice: &Notice, now: Instant) -> bool {
        let (Notice::Silent { host: about, .. } | Notice::Again { cause: about, .. }) = notice;
        self.0.retain(|_, told| now.duration_since(*told) < SAME);
        let is_new = !self.0.contains_key(about);
        if is_new {
            self.0.insert(about.clone(), now);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_three_layers_wait_for_is_told_once() {
        let now = Instant::now();
        let mut told = Told::default();
        let silent = |host: &str| {
            let lasting = Duration::from_secs(10);
            Notice::Silent { host: host.to_owned(), lasting }
        };

        assert!(told.is_new(&silent("a.io"), now));
        assert!(!told.is_new(&silent("a.io"), now));
        assert!(told.is_new(&silent("b.io"), now));
        assert!(told.is_new(&silent("a.io"), now + SAME));
    }
}
