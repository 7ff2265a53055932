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
        Self::of(plan.builds.iter().map(|build| super::unstarted(build, End::Interrupted)))
    }

    fn of(unstarted: impl Iterator<Item = Outcome>) -> Self {
        let mut order = Vec::new();
        let mut builds = Builds::new();
        for outcome in unstarted {
            order.push(Arc::clone(&outcome.build));
            builds.insert(Arc::clone(&outcome.build), (None, outcome));
        }
        Self { order, builds: Mutex::new(builds) }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn outcome(name: &str, end: End, pushed: &[Pushed]) -> Outcome {
        let unstarted = Outcome::unstarted(name.into(), end, pushed.len());
        Outcome { pushed: pushed.to_vec(), ..unstarted }
    }

    fn standing() -> Standing {
        let names = ["web", "api", "base"].into_iter();
        Standing::of(names.map(|name| outcome(name, End::Interrupted, &[Pushed::No; 2])))
    }

    fn told(standing: &Standing) -> Vec<(String, End, Vec<Pushed>)> {
        let outcomes = standing.outcomes().into_iter();
        outcomes.map(|one| (one.build.to_string(), one.end, one.pushed)).collect()
    }

    #[test]
    fn builds_stand_in_the_plans_order_whatever_the_order_of_their_ends() {
        let standing = standing();
        let failed = End::Skipped { cause: "why".to_owned() };
        standing.ended(outcome("base", failed.clone(), &[Pushed::No; 2]));
        let no = vec![Pushed::No; 2];
        assert_eq!(
            told(&standing),
            [
                ("web".to_owned(), End::Interrupted, no.clone()),
                ("api".to_owned(), End::Interrupted, no.clone()),
                ("base".to_owned(), failed, no),
            ]
        );
    }

    #[test]
    fn of_what_is_under_way_nobody_knows_what_it_has_pushed() {
        let standing = standing();
        let start = Instant::now().checked_sub(Duration::from_secs(5)).unwrap();
        let again = outcome("api", End::Interrupted, &[Pushed::Yes, Pushed::No]);
        standing.begun(start, &again);

        let api = &standing.outcomes()[1];
        assert_eq!(api.pushed, [Pushed::Yes, Pushed::Unknown]);
        assert!(api.duration >= Duration::from_secs(5), "{:?}", api.duration);

        standing.ended(Outcome { duration: Duration::from_secs(1), ..again });
        let api = &standing.outcomes()[1];
        assert_eq!(api.pushed, [Pushed::Yes, Pushed::No]);
        assert_eq!(api.duration, Duration::from_secs(1));
    }
}
