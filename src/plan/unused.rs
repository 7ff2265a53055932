//! Build args that no Dockerfile takes.

use std::collections::BTreeMap;

use crate::{
    config::{Config, Data, Entry, Mistake, nearest},
    dockerfile::{Dockerfile, PLATFORM_ARGUMENTS, What},
};

use super::{Build, environment::PROXIES};

/// Build args that every Dockerfile takes, or whoever reads it, beside those of proxies and of
/// the platform.
///
/// Source: Dockerfile reference, "Predefined ARGs".
const PREDEFINED: [&str; 3] = ["FTP_PROXY", "SOURCE_DATE_EPOCH", "ftp_proxy"];

/// How those begin that speak to `BuildKit`.
const OF_BUILDKIT: &str = "BUILDKIT_";

/// A build arg as it is written once, and what its builds do with it.
struct Written<'a> {
    entry: &'a Entry,
    /// The builds whose Dockerfiles do not know it.
    lacking: Vec<&'a Build>,
    used: bool,
    builds: usize,
}

/// A warning for each that none of its builds takes. `defaults` and presets are shared: of one
/// that further builds have, which were not read, nothing is known.
pub(super) fn warnings(config: &Config, builds: &BTreeMap<usize, Box<Build>>) -> Vec<Mistake> {
    let mut all: BTreeMap<(usize, usize), Written<'_>> = BTreeMap::new();
    for (index, build) in builds {
        for entry in arguments(config, *index) {
            let place = &entry.node.place;
            let written = all.entry((place.source, place.span.start)).or_insert_with(|| Written {
                entry,
                lacking: Vec::new(),
                used: false,
                builds: 0,
            });
            written.builds += 1;
            if takes(&build.instructions, &entry.name) {
                written.used = true;
            } else {
                written.lacking.push(build);
            }
        }
    }
    let mut unused: Vec<_> = all.into_values().filter(|written| !written.used).collect();
    if unused.is_empty() {
        return Vec::new();
    }
    let mut having: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for index in 0..config.builds.len() {
        for entry in arguments(config, index) {
            let place = &entry.node.place;
            *having.entry((place.source, place.span.start)).or_default() += 1;
        }
    }
    unused.retain(|written| {
        let place = &written.entry.node.place;
        having.get(&(place.source, place.span.start)) == Some(&written.builds)
    });
    unused.iter().map(warning).collect()
}

/// The build args of a build that are written and not taken out again.
fn arguments(config: &Config, index: usize) -> impl Iterator<Item = &Entry> {
    let table = match config.builds[index].table.get("build-args").map(|node| &node.data) {
        Some(Data::Table(table)) => &table.0[..],
        _ => &[],
    };
    table.iter().filter(|entry| entry.node.data != Data::Bool(false))
}

fn warning(written: &Written<'_>) -> Mistake {
    let name = &written.entry.name;
    let first = written.lacking.first();
    let label = first.map_or("Dockerfile", |build| build.dockerfile_label.as_str());
    let is_alone = written.lacking.iter().all(|build| build.dockerfile_label == label);
    let who = if is_alone {
        format!("`{label}` has no")
    } else {
        format!("neither `{label}` nor another has an")
    };
    let message = format!("{who} `ARG {name}`: the build arg has no effect");
    let declared = first.map(|build| declared(&build.instructions).collect::<Vec<_>>());
    let declared = declared.unwrap_or_default();
    let same = declared.iter().copied().find(|known| known.eq_ignore_ascii_case(name));
    let hint = match same.or_else(|| nearest(name, declared)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "declare it where it is used, `ARG {name}` after `FROM`, or leave it out; an `ONBUILD \
             ARG` of a base image is not seen here"
        ),
    };
    Mistake::at(&written.entry.key, message, "no such `ARG`").hint(hint)
}

/// Whether the Dockerfile, as far as can be told, does something with it.
fn takes(file: &Dockerfile, name: &str) -> bool {
    let is_predefined = PREDEFINED.contains(&name)
        || PLATFORM_ARGUMENTS.contains(&name)
        || name.starts_with(OF_BUILDKIT)
        || PROXIES.contains(&name);
    is_predefined || file.foreign_frontend().is_some() || declared(file).any(|known| known == name)
}

fn declared(file: &Dockerfile) -> impl Iterator<Item = &str> {
    let instructions = file.stages.iter().flat_map(|stage| &stage.instructions);
    let inner = instructions.filter_map(|instruction| match instruction.plain() {
        What::Arg(arguments) => Some(arguments),
        _ => None,
    });
    file.arguments.iter().chain(inner.flatten()).map(|argument| argument.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_arg_is_taken_by_any_declaration_and_by_what_is_predefined() {
        let file = "ARG BASE\nFROM $BASE\nARG A B=1\nFROM scratch\nONBUILD ARG C\n";
        let file = Dockerfile::parse(file).unwrap();

        for name in ["BASE", "A", "B", "C", "https_proxy", "BUILDKIT_INLINE_CACHE", "TARGETARCH"] {
            assert!(takes(&file, name), "{name}");
        }
        assert!(!takes(&file, "D"));
        assert!(!takes(&file, "a"));
    }
}
