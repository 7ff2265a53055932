//! Which base images the builds of a run that are still to come will ask for, and which those have
//! taken that came.

use std::collections::HashMap;

use crate::{
    builtin::Bases,
    plan::{self, Build, ExecutorKind},
    registry::Reference,
    template::LateValue,
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

/// The images that `build` takes, where `late` tells what others have become, each with its digest
/// where it is among `digests`.
pub(super) fn taken(
    build: &Build,
    mut late: impl FnMut(&LateValue) -> Option<String>,
    digests: &[(Reference, String)],
) -> Vec<String> {
    let with_digest = |text: &str| {
        let named = Reference::parse(text).ok().filter(|named| named.digest().is_none())?;
        let (_, digest) = digests.iter().find(|(known, _)| *known == named)?;
        Some(format!("{text}@{digest}"))
    };
    let bases = plan::taken_bases(build, &mut late).into_iter();
    bases.map(|base| with_digest(&base.reference).unwrap_or(base.reference)).collect()
}

fn names(build: &Build) -> impl Iterator<Item = Reference> {
    let ours = build.executor.kind == ExecutorKind::Builtin;
    let bases = build.bases.iter().filter(move |_| ours);
    bases.filter_map(|base| Reference::parse(&base.reference).ok())
}
