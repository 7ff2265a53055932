//! What the templates of explained values take, explained in turn: `vars`, and what a build says
//! of itself.

use crate::{
    config::{Config, Section},
    plan::reader::Reader,
};

use super::{Explained, Layer, Subject, one, sections};

/// Adds what those that are explained take, and what that takes.
pub(super) fn follow(
    explained: &mut Vec<Explained>,
    config: &Config,
    build: Option<&Section>,
    keys: &mut Reader<'_>,
) {
    let mut at = 0;
    while let Some(Explained { takes, .. }) = explained.get(at) {
        for name in takes.clone() {
            let taken = match (name.split_once('.'), build) {
                (Some(("vars", name)), _) => var(config, name, keys),
                (Some(("registries", name)), _) => host(config, name, keys),
                (Some(("matrix", name)), Some(build)) => Some(axis(config, build, name, keys)),
                (Some(("build", "name")), Some(build)) => Some(self::name(config, build)),
                _ => None,
            };
            let is_new = |taken: &Explained| !explained.iter().any(|one| one.key == taken.key);
            explained.extend(taken.filter(is_new));
        }
        at += 1;
    }
}

fn var(config: &Config, name: &str, keys: &mut Reader<'_>) -> Option<Explained> {
    let mut var = one(config, &sections::subject(config, "vars", None)?, &[name], keys);
    var.takes.retain(|taken| *taken != var.key);
    Some(var)
}

/// The host of the registry that `NAME.host` names, `-` and `.` perhaps as `_`.
fn host(config: &Config, path: &str, keys: &mut Reader<'_>) -> Option<Explained> {
    let name = path.strip_suffix(".host")?;
    let names = || config.registries.iter().map(|one| one.name.as_str());
    let name = names()
        .find(|known| *known == name)
        .or_else(|| names().find(|known| known.replace(['-', '.'], "_") == name))?;
    let registry = sections::subject(config, "registries", Some(name))?;
    Some(one(config, &registry, &["host"], keys))
}

/// The value of the matrix that a build has.
fn axis(config: &Config, build: &Section, name: &str, keys: &mut Reader<'_>) -> Explained {
    let mut axis = one(config, &Subject::of(build, config), &["matrix", name], keys);
    tell_of_axis(&mut axis, build);
    axis
}

/// Of an axis the value that the build has of it.
pub(super) fn tell_of_axis(explained: &mut Explained, build: &Section) {
    let name = explained.key.strip_prefix(&build.name);
    let Some(name) = name.and_then(|rest| rest.strip_prefix(".matrix.")) else { return };
    if let Some((_, value)) = build.matrix.iter().find(|(axis, _)| axis == name) {
        explained.value = Some(format!("{value:?}"));
    }
}

/// The name of a build.
fn name(config: &Config, build: &Section) -> Explained {
    let place = format!("{} (builds)", config.sources.shown(&build.key));
    let values = "with the values of its `matrix`".to_owned();
    Explained {
        key: format!("{}.build.name", build.name),
        value: Some(format!("{:?}", build.name)),
        default: None,
        why: (!build.matrix.is_empty()).then_some(values),
        takes: Vec::new(),
        layers: vec![Layer { place, written: format!("{:?}", build.written) }],
    }
}
