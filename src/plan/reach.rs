//! The registries that a build speaks to, and how its executor reaches them.

use std::collections::BTreeSet;

use foldhash::HashMap;

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
    let images: HashMap<&str, &Reference> = builds.iter().filter_map(image).collect();
    let pulled = pulled(builds);
    let reached = cores::each(builds.iter().collect(), |build: &Build| {
        let taken: BTreeSet<&str> = build.takes().collect();
        let taken = taken.into_iter().filter_map(|name| images.get(name).copied());
        let pulled = texts(build).filter_map(|text| pulled.get(text));
        let needed = Needed::by(build.destinations.iter().chain(pulled).chain(taken));
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

/// What others take of a build, by its name.
fn image(build: &Build) -> Option<(&str, &Reference)> {
    Some((&build.name, build.destinations.first()?))
}

/// What builds are cached in and pulled from, as it is written: many of them name the same.
fn pulled(builds: &[Build]) -> HashMap<String, Reference> {
    let mut pulled = HashMap::default();
    for text in builds.iter().flat_map(texts) {
        if !pulled.contains_key(text)
            && let Ok(reference) = Reference::parse(text)
        {
            pulled.insert(text.to_owned(), reference);
        }
    }
    pulled
}

/// What a build names beside its destinations: its cache and its bases.
fn texts(build: &Build) -> impl Iterator<Item = &str> {
    let cache = build.flags.iter().find_map(|flag| flag.strip_prefix("--cache-repo="));
    let bases = build.bases.iter().map(|base| base.reference.as_str());
    cache.into_iter().chain(bases)
}
