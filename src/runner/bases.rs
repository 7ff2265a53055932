//! Which base images the builds of a run that are still to come will ask for.

use std::collections::HashMap;

use crate::{
    builtin::Bases,
    plan::{Build, ExecutorKind},
    registry::Reference,
};

/// How many builds that have not ended name each base image.
pub(super) struct Waiting(HashMap<Reference, usize>);

impl Waiting {
    pub(super) fn new(builds: &[Build]) -> Self {
        let mut waiting = HashMap::new();
        for name in builds.iter().flat_map(names) {
            *waiting.entry(name).or_default() += 1;
        }
        Self(waiting)
    }

    /// `build` has ended: what no other build waits for is forgotten.
    pub(super) fn ended(&mut self, build: &Build, bases: &Bases) {
        for name in names(build) {
            if let Some(builds) = self.0.get_mut(&name) {
                *builds -= 1;
                if *builds == 0 {
                    bases.forget(&name);
                    self.0.remove(&name);
                }
            }
        }
    }
}

fn names(build: &Build) -> impl Iterator<Item = Reference> {
    let ours = build.executor.kind == ExecutorKind::Builtin;
    let bases = build.bases.iter().filter(move |_| ours);
    bases.filter_map(|base| Reference::parse(&base.reference).ok())
}
