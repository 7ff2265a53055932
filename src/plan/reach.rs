//! The registries that a build speaks to, and how its executor reaches them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    config::{Config, Mistake, Section},
    registry::{self, Reference, Registry, credentials::Needed},
    transport::FAR_DIR,
};

use super::{Build, cores};

/// Decides it for every build, once all are known: a base can be another build's image.
pub(super) fn reach(
    builds: &mut [Build],
    registries: &[Registry],
    config: &Config,
    mistakes: &mut Vec<Mistake>,
) {
    let wrong = |error: String| {
        let is_of = |section: &&Section| error.contains(&format!("[registries.{}]", section.name));
        match config.registries.iter().find(is_of) {
            Some(section) => Mistake::at(&section.key, error, "this registry"),
            None => Mistake::nowhere(error),
        }
    };
    let first =
        |build: &Build| Some((Arc::clone(&build.name), build.destinations.first()?.clone()));
    let images: HashMap<Arc<str>, Reference> = builds.iter().filter_map(first).collect();
    let reached = cores::each(builds.iter().collect(), |build: &Build| {
        let taken: BTreeSet<&str> = build.takes().collect();
        let taken = taken.into_iter().filter_map(|name| images.get(name).cloned());
        let references: Vec<_> = references(build).into_iter().chain(taken).collect();
        let needed = Needed::by(&references);
        let hosts: Vec<&str> = needed.iter().map(|needed| needed.host.as_str()).collect();
        let access = registry::access(registries, &hosts, FAR_DIR);
        (access, registry::with_mirrors(&needed, registries))
    });
    for (build, (access, with_mirrors)) in builds.iter_mut().zip(reached) {
        match access {
            Ok(access) => build.access = access,
            Err(error) => mistakes.push(wrong(error.to_string())),
        }
        match with_mirrors {
            Ok(with_mirrors) => build.registries = with_mirrors,
            Err(error) => mistakes.push(wrong(error.to_string())),
        }
    }
}

/// What a build speaks of: where it is pushed, cached and pulled from.
fn references(build: &Build) -> Vec<Reference> {
    let cache = build.flags.iter().find_map(|flag| flag.strip_prefix("--cache-repo="));
    let bases = build.bases.iter().map(|base| base.reference.as_str());
    let texts = cache.into_iter().chain(bases);
    let parsed = texts.filter_map(|text| Reference::parse(text).ok());
    build.destinations.iter().cloned().chain(parsed).collect()
}
