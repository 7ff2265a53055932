//! Telling what happens to one build.

use std::sync::Arc;

use crate::{
    event::{Event, Events, Stage, What},
    transport::{Hands, Job},
};

/// Tells events of one build; that nobody listens is no reason to stop it.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    events: Events,
    build: Arc<str>,
}

impl Teller {
    pub(super) fn new(job: &Job, hands: &Hands) -> Self {
        Self { events: hands.events.clone(), build: job.build.clone() }
    }

    pub(super) async fn tell(&self, what: What) {
        let _ = self.events.send(Event { build: Some(self.build.clone()), what }).await;
    }

    pub(super) async fn stage(&self, stage: Stage) {
        self.tell(What::Stage(stage)).await;
    }

    /// From a thread that may wait.
    pub(super) fn sent(&self, bytes: u64) {
        let _ = self
            .events
            .blocking_send(Event { build: Some(self.build.clone()), what: What::Sent { bytes } });
    }
}
