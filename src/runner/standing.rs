//! How each build stands at any moment, for the reports of a run that is cut short.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::{
    outcome::{End, Outcome, Pushed},
    plan::Plan,
};

/// Builds by their names, with when those began that run.
type Builds = BTreeMap<Arc<str>, (Option<Instant>, Outcome)>;

/// How each build of a plan stands.
#[derive(Debug)]
pub struct Standing {
    /// The plan's.
    order: Vec<Arc<str>>,
    builds: Mutex<Builds>,
}

impl Standing {
    /// None has begun.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let unstarted = plan.builds.iter().map(|build| super::unstarted(build, End::Interrupted));
        let builds = unstarted.map(|outcome| (Arc::clone(&outcome.build), (None, outcome)));
        let order = plan.builds.iter().map(|build| Arc::clone(&build.name)).collect();
        Self { order, builds: Mutex::new(builds.collect()) }
    }

    /// An attempt at a build begins, which itself began at `start`: from now on what it pushes is
    /// not known.
    pub(super) fn begun(&self, start: Instant, outcome: &Outcome) {
        let mut outcome = Outcome { end: End::Interrupted, ..outcome.clone() };
        for pushed in &mut outcome.pushed {
            *pushed = (*pushed).max(Pushed::Unknown);
        }
        self.builds().insert(Arc::clone(&outcome.build), (Some(start), outcome));
    }

    /// A build has ended.
    pub(super) fn ended(&self, outcome: Outcome) {
        self.builds().insert(Arc::clone(&outcome.build), (None, outcome));
    }

    /// The outcome of each build in the plan's order, were all that have not ended interrupted now.
    #[must_use]
    pub fn outcomes(&self) -> Vec<Outcome> {
        let builds = self.builds();
        let outcome = |name| {
            let (start, outcome) = builds.get(name)?;
            let duration = start.map_or(outcome.duration, |start| start.elapsed());
            Some(Outcome { duration, ..outcome.clone() })
        };
        self.order.iter().filter_map(outcome).collect()
    }

    fn builds(&self) -> MutexGuard<'_, Builds> {
        self.builds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
