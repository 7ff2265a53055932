//! Which build is next: pure, from what has ended and what runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    outcome::{End, Outcome},
    plan::{Build, ExecutorKind},
};

/// The builds of a plan on their way.
pub(super) struct Schedule<'a> {
    builds: &'a [Build],
    jobs: usize,
    keep_going: bool,
    /// By place in the plan; none: waiting, or running.
    ended: Vec<Option<Outcome>>,
    /// The executor and the seat there of each that runs.
    running: BTreeMap<usize, (&'a str, usize)>,
    waiting: BTreeSet<usize>,
    names: BTreeMap<&'a str, usize>,
    stopped: Option<String>,
}

/// What to do with a build.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Start it, on this seat of its executor, from 0.
    Start(usize, usize),
    /// It is not started.
    End(usize, End),
}

impl<'a> Schedule<'a> {
    /// Nothing has begun. `jobs` is at least one.
    pub(super) fn new(builds: &'a [Build], jobs: usize, keep_going: bool) -> Self {
        Self {
            builds,
            jobs: jobs.max(1),
            keep_going,
            ended: builds.iter().map(|_| None).collect(),
            running: BTreeMap::new(),
            waiting: (0..builds.len()).collect(),
            names: builds.iter().enumerate().map(|(index, one)| (&*one.name, index)).collect(),
            stopped: None,
        }
    }

    /// What can be done now; none when something must end before, or all is done.
    pub(super) fn next(&mut self, cancelled: bool) -> Option<Next> {
        let mut found = None;
        for index in self.waiting.iter().copied() {
            let build = &self.builds[index];
            let unmet = || {
                let of = |name: &&str| self.names.get(name).and_then(|at| self.ended[*at].as_ref());
                let failed = |outcome: &Outcome| !matches!(outcome.end, End::Built { .. });
                let needs = || build.after.iter().map(|name| &**name);
                match needs().find(|name| of(name).is_some_and(failed)) {
                    Some(name) => Some(Some(name)),
                    None => needs().any(|name| of(&name).is_none()).then_some(None),
                }
            };
            if cancelled {
                found = Some(Next::End(index, End::Interrupted));
                break;
            }
            match (unmet(), &self.stopped) {
                (Some(Some(name)), _) => {
                    let cause = format!("it needs `{name}`, which was not built");
                    found = Some(Next::End(index, End::Skipped { cause }));
                    break;
                }
                (_, Some(cause)) => {
                    found = Some(Next::End(index, End::Skipped { cause: cause.clone() }));
                    break;
                }
                (Some(None), None) => {}
                (None, None) => {
                    if self.running.len() < self.jobs
                        && let Some(seat) = self.seat(build)
                    {
                        found = Some(Next::Start(index, seat));
                        break;
                    }
                }
            }
        }
        match &found {
            Some(Next::Start(index, seat)) => {
                self.waiting.remove(index);
                self.running.insert(*index, (&self.builds[*index].executor.name, *seat));
            }
            Some(Next::End(index, _)) => {
                self.waiting.remove(index);
            }
            None => {}
        }
        found
    }

    /// The first seat that is free where `build` runs.
    fn seat(&self, build: &Build) -> Option<usize> {
        let room = room(&build.executor.kind);
        let taken = |seat: &usize| {
            self.running.values().any(|there| *there == (&*build.executor.name, *seat))
        };
        (0..room).find(|seat| !taken(seat))
    }

    /// `index` has ended.
    pub(super) fn end(&mut self, index: usize, outcome: Outcome) {
        self.running.remove(&index);
        if !matches!(outcome.end, End::Built { .. }) && !self.keep_going {
            self.stopped.get_or_insert_with(|| format!("`{}` was not built", outcome.build));
        }
        self.ended[index] = Some(outcome);
    }

    /// What has become of the builds that `build` needs.
    pub(super) fn ended_before(&self, build: &Build) -> Vec<Outcome> {
        let outcome = |name| self.ended[*self.names.get(name)?].clone();
        build.after.iter().filter_map(|name| outcome(&**name)).collect()
    }

    /// All outcomes, in the order of the plan.
    pub(super) fn outcomes(self) -> Vec<Outcome> {
        self.ended.into_iter().flatten().collect()
    }
}

/// How many builds an executor can have at a time.
fn room(kind: &ExecutorKind) -> usize {
    match kind {
        ExecutorKind::CloudFoundry(app) => app.instances,
        ExecutorKind::Command(_) | ExecutorKind::Local => 1,
        ExecutorKind::Container(_) | ExecutorKind::Builtin => usize::MAX,
    }
}
