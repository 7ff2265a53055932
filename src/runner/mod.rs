//! Running a plan: each build told as events and ended as an outcome.
//!
//! It prints nothing. What one build needs of another's end it keeps; what fails stops what
//! needs it and, unless told otherwise, everything after it.

mod attempt;
mod bases;
mod builtin;
mod bundles;
mod contexts;
mod doctor;
mod job;
mod prepared;
mod programs;
mod reach;
mod registries;
mod schedule;
mod slim;
mod spool;
mod standing;
mod waits;

pub(crate) use attempt::spec;
pub use prepared::{PrepareError, Prepared, Tried};
pub use programs::LocalPrograms;
pub(crate) use slim::sent;
pub use standing::Standing;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};

use crate::{
    event::{Event, What},
    outcome::{End, Outcome, chain},
    plan::{Build, ExecutorKind, Plan},
    registry::Reference,
    template::LateValue,
    transport::{Hands, container},
};

use attempt::Attempt;
use bases::Waiting;
use contexts::Contexts;
use reach::Reach;
use schedule::{Next, Schedule};

/// What a run goes by beside its plan.
pub struct Run<'a> {
    /// The builds.
    pub plan: &'a Plan,
    /// Secrets and credentials.
    pub prepared: &'a Prepared,
    /// This job's environment, for proxies.
    pub environment: &'a BTreeMap<String, String>,
    /// How many builds run at a time, at least one.
    pub jobs: usize,
    /// Go on with other builds after one has failed.
    pub keep_going: bool,
    /// Where events go, and whether the run is to end.
    pub hands: Hands,
    /// Who runs it, for those who wait for the same executor meanwhile.
    pub owner: String,
    /// What is kept of each build for whoever cuts the run short.
    pub standing: &'a Standing,
    /// The engine that images which we build ourselves are loaded into.
    pub load: Option<container::Kind>,
    /// This program, for the guard.
    pub program: std::path::PathBuf,
}

impl Run<'_> {
    /// Runs the builds, each as soon as those that it needs are built and its executor has room,
    /// at most `jobs` at a time and else in the plan's order; an outcome for each of them in that
    /// order, whatever happens.
    ///
    /// # Errors
    ///
    /// [`PrepareError`] when a file that must travel cannot be read; nothing was started then.
    pub async fn run(&self) -> Result<Vec<Outcome>, PrepareError> {
        self.check()?;
        let reach = Reach::new(self);
        let contexts = Contexts::new(self);
        let mut schedule = Schedule::new(&self.plan.builds, self.jobs, self.keep_going);
        let mut bases = Waiting::new(&self.plan.builds);
        let mut running = FuturesUnordered::new();
        loop {
            while let Some(next) = schedule.next(*self.hands.cancelled.borrow()) {
                match next {
                    Next::End(index, end) => {
                        let build = &self.plan.builds[index];
                        self.ended(&mut schedule, index, unstarted(build, end)).await;
                        bases.ended(build, &reach.bases);
                    }
                    Next::Start(index, seat) => {
                        let build = &self.plan.builds[index];
                        let ended = schedule.ended_before(build);
                        let (reach, contexts) = (&reach, &contexts);
                        running.push(async move {
                            let outcome = self.build(build, &ended, (reach, contexts), seat).await;
                            contexts.ended(build).await;
                            (index, outcome)
                        });
                    }
                }
            }
            match running.next().await {
                Some((index, outcome)) => {
                    self.ended(&mut schedule, index, outcome).await;
                    bases.ended(&self.plan.builds[index], &reach.bases);
                }
                None => break,
            }
        }
        drop(running);
        reach.close().await;
        Ok(schedule.outcomes())
    }

    async fn ended(&self, schedule: &mut Schedule<'_>, index: usize, outcome: Outcome) {
        let build = &self.plan.builds[index];
        self.standing.ended(outcome.clone());
        self.tell(build, What::Ended(Box::new(outcome.clone()))).await;
        schedule.end(index, outcome);
    }

    /// Whether every file that must travel can be read, while nothing has been started.
    fn check(&self) -> Result<(), PrepareError> {
        for build in &self.plan.builds {
            let late = |_: &LateValue| Some(String::new());
            job::job(build, self.prepared, self.environment, &self.owner, late)?;
        }
        Ok(())
    }

    async fn build(
        &self,
        build: &Build,
        outcomes: &[Outcome],
        (reach, contexts): (&Reach, &Contexts),
        seat: usize,
    ) -> Outcome {
        let start = Instant::now();
        let late = |value: &LateValue| late(value, outcomes, self.plan);
        let job = match job::job(build, self.prepared, self.environment, &self.owner, late) {
            Ok(Some(job)) => job,
            Ok(None) => {
                let cause = "a build that it takes the image of pushed none".to_owned();
                return unstarted(build, End::Skipped { cause });
            }
            // It could be read when the run began: the builds before this one still count.
            Err(error) => {
                let hint = error.hint();
                return unstarted(build, End::Unreached { cause: chain(&error), hint });
            }
        };
        let mut outcome = unstarted(build, End::Interrupted);
        let mut bundle = None;
        loop {
            outcome.attempts += 1;
            self.standing.begun(start, &outcome);
            let mut executor = build.executor.to_string();
            // That nothing is needed for it surprises nobody.
            let is_builtin = build.executor.kind == ExecutorKind::Builtin;
            if let Some(why) = build.chosen.as_ref().filter(|_| !is_builtin) {
                executor = format!("{executor}: {why}");
            }
            let started = What::Started { attempt: outcome.attempts, executor };
            self.tell(build, started).await;
            let attempt = if is_builtin {
                self.without_executor(build, outcomes, reach).await
            } else {
                let found = match &bundle {
                    Some(bundle) => Ok(Some(Arc::clone(bundle))),
                    None => contexts.bundle(self, build, outcomes, reach).await,
                };
                match found {
                    Ok(Some(found)) => {
                        bundle = Some(Arc::clone(&found));
                        attempt::attempt(self, build, &job, found, reach, seat).await
                    }
                    Ok(None) => Attempt::unstarted(End::Interrupted),
                    Err(error) => attempt::unpacked(&error),
                }
            };
            outcome.bundle = attempt.bundle.or(outcome.bundle);
            outcome.executor_version = attempt.version.or(outcome.executor_version);
            outcome.bases = bases::taken(build, late, &attempt.digests);
            outcome.end = attempt.end;
            // What an earlier attempt has pushed is still there, whatever became of this one.
            for (told, pushed) in outcome.pushed.iter_mut().zip(attempt.pushed) {
                *told = (*told).max(pushed);
            }
            outcome.duration = start.elapsed();
            if !attempt.worth_repeating || outcome.attempts > build.retry {
                return outcome;
            }
            let after = pause(outcome.attempts);
            let cause = match &outcome.end {
                End::Failed { cause, .. }
                | End::Unreached { cause, .. }
                | End::Unpacked { cause, .. } => cause.clone(),
                _ => String::new(),
            };
            self.tell(build, What::Retrying { after, cause }).await;
            if self.interrupted_within(after).await {
                outcome.end = End::Interrupted;
                outcome.duration = start.elapsed();
                return outcome;
            }
        }
    }

    async fn without_executor(
        &self,
        build: &Build,
        outcomes: &[Outcome],
        reach: &Reach,
    ) -> Attempt {
        let reached = reach.registries(self, build).await;
        match reached {
            Ok(registries) => {
                let late = |value: &LateValue| late(value, outcomes, self.plan);
                builtin::attempt(self, build, (&registries, &reach.bases), late).await
            }
            Err(error) => Attempt::unstarted(End::Unreached { cause: chain(&error), hint: None }),
        }
    }

    async fn interrupted_within(&self, pause: Duration) -> bool {
        let mut cancelled = self.hands.cancelled.clone();
        let waited = tokio::time::timeout(pause, cancelled.wait_for(|cancelled| *cancelled));
        matches!(waited.await, Ok(Ok(_)))
    }

    async fn tell(&self, build: &Build, what: What) {
        let event = Event { build: Some(Arc::clone(&build.name)), what };
        // Nobody listens any more when the printer has gone, and then nobody needs to be told.
        let _ = self.hands.events.send(event).await;
    }
}

/// 2 s, 4 s, 8 s … a minute at most.
fn pause(attempts: u32) -> Duration {
    Duration::from_secs(2_u64.saturating_pow(attempts).min(60))
}

fn unstarted(build: &Build, end: End) -> Outcome {
    Outcome::unstarted(Arc::clone(&build.name), end, build.destinations.len())
}

/// `reference@digest`, or the digest alone, of a build that has ended well.
fn late(value: &LateValue, outcomes: &[Outcome], plan: &Plan) -> Option<String> {
    let outcome = outcomes.iter().find(|outcome| &*outcome.build == value.build())?;
    let End::Built { digest, .. } = &outcome.end else { return None };
    match value {
        LateValue::Digest(_) => Some(digest.clone()),
        LateValue::Image(name) => {
            let build = plan.builds.iter().find(|build| *build.name == **name)?;
            with_digest(build.destinations.first()?, digest)
        }
    }
}

/// `reference@digest`.
pub(super) fn with_digest(reference: &Reference, digest: &str) -> Option<String> {
    reference.with_digest(digest).ok().map(|reference| reference.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pauses: Vec<_> = [1, 2, 3, 6, 90].map(pause).iter().map(Duration::as_secs).collect();

        assert_eq!(pauses, [2, 4, 8, 60, 60]);
    }
}
