//! Every key of the file: the one list that validation, documentation and plans go by.

mod sections;

pub(crate) use sections::{
    EXECUTOR, EXECUTOR_TYPES, NOT_YET, REGISTRY, REPORTS, SECTIONS, executor_keys,
};

use std::sync::LazyLock;

use super::kind::{Key, Kind, Otherwise};
use crate::kaniko::flags;

const TEXTS: Kind = Kind::List(&Kind::Text);
const FILLED: Kind = Kind::List(&Kind::Filled);

const fn key(name: &'static str, kind: Kind, about: &'static str, example: &'static str) -> Key {
    Key { name, kind, about, example, otherwise: Otherwise::Nothing }
}

/// Keys of a build that are no flag of Kaniko's, or mean more than it.
pub(crate) const BUILD: &[Key] = &[
    key(
        "executor",
        Kind::Filled,
        "Where it is built: a name of `executors` or a type.",
        "\"podman\"",
    ).or_else("the only one of `executors`; where there is none, `auto`"),
    key("context", Kind::Path, "The directory that is sent.", "\"services/api\"").or_else("the directory of the file"),
    key(
        "dockerfile",
        Kind::Path,
        "The Dockerfile, relative to the context, then to this file.",
        "\"Dockerfile\"",
    ).or("\"Dockerfile\""),
    key("image", Kind::Text, "The image that `tags` are given to.", "\"{{ ci.registry_image }}\""),
    key(
        "tags",
        Kind::List(&Kind::Tag),
        "Tags of `image`; empty ones are left out.",
        "[\"latest\"]",
    ).or("[]"),
    key(
        "destinations",
        TEXTS,
        "Whole references, beside `image` and `tags`.",
        "[\"mirror.example.com/shop/api:edge\"]",
    ).or("[]"),
    key(
        "build-args",
        Kind::Map(&Kind::Removable(&Kind::Text)),
        "Values of the Dockerfile's `ARG`s.",
        "{ PROFILE = \"release\" }",
    ).or("{}"),
    key(
        "labels",
        Kind::Map(&Kind::Removable(&Kind::Text)),
        "Labels of the image.",
        "{ \"org.opencontainers.image.title\" = \"api\" }",
    ).or("{}"),
    key(
        "oci-labels",
        Kind::Bool,
        "Labels that tell the commit, its time, the repository and the tag: by default, where known.",
        "false",
    ).or("true"),
    key(
        "annotations",
        Kind::Map(&Kind::Removable(&Kind::Text)),
        "Annotations of the image's manifest.",
        "{ \"org.opencontainers.image.title\" = \"api\" }",
    ).or("{}"),
    key(
        "secrets",
        Kind::Map(&Kind::Removable(&Kind::Secret)),
        "Secrets for `RUN --mount=type=secret,id=NAME`.",
        "{ npmrc = { env = \"NPMRC\" } }",
    ).or("{}"),
    key(
        "allow-secret-args",
        TEXTS,
        "Build args that may hold a secret, though the image's history shows it.",
        "[\"TOKEN\"]",
    ).or("[]"),
    key(
        "executor-args",
        TEXTS,
        "Further arguments of Kaniko, each `--flag=value`.",
        "[\"--snapshot-mode=redo\"]",
    ).or("[]"),
    key(
        "modes",
        Kind::OneOf(&["normal", "keep"]),
        "`keep` sends group and other permissions as they are.",
        "\"keep\"",
    ).or("\"normal\""),
    key(
        "timestamps",
        Kind::OneOf(&["fixed", "keep"]),
        "`keep` sends the times of files as they are.",
        "\"keep\"",
    ).or("\"fixed\""),
    key("tar-path", Kind::Path, "A file that the image is also written to.", "\"image.tar\""),
    key("oci-layout-path", Kind::Path, "A directory for an OCI layout.", "\"layout\""),
    key("no-push", Kind::Bool, "Build without pushing.", "true").or("false"),
    key("retry", Kind::Integer, "How often a build is repeated when it is worth it.", "2").or("0"),
    key("timeout", Kind::Limit, "How long a build may take.", "\"1h\"").or("\"1h\""),
    key("presets", Kind::Names, "Presets that it starts from, later ones over earlier.", "[\"rust\"]").or("[]"),
    key(
        "matrix",
        Kind::Matrix,
        "Values by name, of which every combination is a build: `matrix.NAME` in templates.",
        "{ python = [\"3.12\", \"3.13\"] }",
    ),
    key(
        "needs",
        TEXTS,
        "Builds that are built before: names, groups, globs or names of a matrix.",
        "[\"base\"]",
    )
    .or("[]"),
    key(
        "when",
        Kind::Bool,
        "Whether it is built; where it is not, nothing may need it.",
        "\"{{ ci.tag }}\"",
    ).or("true"),
    key("slim", Kind::Bool, "Send only what the Dockerfile takes of the context.", "false").or("true"),
];

/// Keys of a tag that has a condition.
pub(crate) const TAG: &[Key] = &[
    key("tag", Kind::Text, "The tag.", "\"latest\""),
    key("when", Kind::Bool, "Whether it is given.", "\"{{ ci.on_default_branch }}\"").or("true"),
];

/// Keys of a secret's source, of which one is given.
pub(crate) const SECRET: &[Key] = &[
    key("env", Kind::Filled, "A variable of this job.", "\"NPM_TOKEN\""),
    key("file", Kind::Path, "A file of this machine.", "\"token.txt\""),
    key(
        "command",
        Kind::Program,
        "A program that prints it; no shell is used.",
        "[\"pass\", \"npm\"]",
    ),
];

/// Every key of a build: ours, then the flags of Kaniko that are handed on or refused.
#[must_use]
pub(crate) fn build() -> &'static [Key] {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
        let flags = flags::FLAGS.iter().filter_map(of_flag);
        let ours = |key: &Key| BUILD.iter().any(|own| own.name == key.name);
        BUILD.iter().copied().chain(flags.filter(|key| !ours(key))).collect()
    });
    &KEYS
}

/// What counts where a key of a build is not written, in words, for each of ours that has such.
pub(crate) fn build_defaults() -> impl Iterator<Item = (&'static str, &'static str)> {
    defaults(BUILD)
}

/// What counts where one of `keys` is not written, in words, for each that has such.
pub(crate) fn defaults(keys: &'static [Key]) -> impl Iterator<Item = (&'static str, &'static str)> {
    keys.iter().filter_map(|key| match key.otherwise {
        // That there is nothing needs no word.
        Otherwise::Nothing | Otherwise::Value("[]" | "{}") => None,
        Otherwise::Value(text) | Otherwise::Text(text) | Otherwise::Words(text) => {
            Some((key.name, text))
        }
    })
}

/// What the key at this path takes; none where there is no such key.
pub(crate) fn at(path: &[&str]) -> Option<Kind> {
    let (first, rest) = path.split_first()?;
    match *first {
        "defaults" => within(Kind::Record(build()), rest),
        "builds" | "presets" => match rest.split_first() {
            Some((_, rest)) => within(Kind::Record(build()), rest),
            None => Some(Kind::Map(&Kind::Record(&[]))),
        },
        _ => within(Kind::Record(SECTIONS), path),
    }
}

fn within(kind: Kind, path: &[&str]) -> Option<Kind> {
    let Some((name, rest)) = path.split_first() else { return Some(kind) };
    match kind {
        Kind::Record(keys) => within(keys.iter().find(|key| key.name == *name)?.kind, rest),
        Kind::Map(inner) => within(*inner, rest),
        _ => None,
    }
}

fn of_flag(flag: &flags::Flag) -> Option<Key> {
    let kind = match (flag.refused_as_key(), flag.kind) {
        (Some(reason), _) => Kind::Refused(reason),
        (None, flags::Kind::Bool) => Kind::Bool,
        (None, flags::Kind::Integer) => Kind::Integer,
        (None, flags::Kind::Text) => Kind::Text,
        (None, flags::Kind::Duration) => Kind::Duration,
        (None, flags::Kind::OneOf(words)) => Kind::OneOf(words),
        (None, flags::Kind::List) => TEXTS,
        (None, flags::Kind::Table) => Kind::Map(&Kind::Removable(&Kind::Text)),
    };
    let otherwise = match (flag.default, flag.kind) {
        ("", flags::Kind::List) => Otherwise::Value("[]"),
        ("", flags::Kind::Table) => Otherwise::Value("{}"),
        ("", _) => Otherwise::Nothing,
        (value, flags::Kind::Bool | flags::Kind::Integer) => Otherwise::Value(value),
        (text, _) => Otherwise::Text(text),
    };
    Some(Key { name: flag.key?, kind, about: flag.about, example: flag.example, otherwise })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_build_stands_once_and_has_its_sentence() {
        let mut names: Vec<_> = build().iter().map(|key| key.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();

        assert_eq!(names.len(), count);
        assert!(names.contains(&"push-retry"));
        assert!(build().iter().all(|key| key.about.ends_with('.')), "a sentence ends");
    }

    #[test]
    fn what_a_key_takes_is_found_by_its_path() {
        assert_eq!(at(&["defaults", "push-retry"]), Some(Kind::Integer));
        assert_eq!(at(&["builds", "api", "labels"]), at(&["defaults", "labels"]));
        assert_eq!(at(&["builds", "a", "labels", "x"]), Some(Kind::Removable(&Kind::Text)));
        assert_eq!(at(&["executors", "e", "image"]), Some(Kind::Filled));
        assert_eq!(at(&["executors", "e", "nope"]), None);
        assert_eq!(at(&["nope"]), None);
    }

    #[test]
    fn a_flag_that_is_ours_is_a_key_that_is_refused() {
        let key = build().iter().find(|key| key.name == "kaniko-dir").unwrap();

        assert!(matches!(key.kind, Kind::Refused(_)));
    }
}
