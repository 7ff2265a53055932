//! Every key of the file: the one list that validation, documentation and plans go by.

use std::sync::LazyLock;

use super::kind::{Key, Kind};
use crate::kaniko::flags;

const TEXTS: Kind = Kind::List(&Kind::Text);
const FILLED: Kind = Kind::List(&Kind::Filled);

const fn key(name: &'static str, kind: Kind, about: &'static str, example: &'static str) -> Key {
    Key { name, kind, about, example }
}

/// The sections of a file.
pub(super) const SECTIONS: &[Key] = &[
    key("version", Kind::Integer, "The version of this format.", "1"),
    key(
        "include",
        TEXTS,
        "Further files, whose builds join these.",
        "[\"services/*/kaniko.toml\"]",
    ),
    key("vars", Kind::Map(&Kind::Text), "Names for templates.", "{ flavour = \"alpine\" }"),
    key("registries", Kind::Map(&Kind::Record(REGISTRY)), "Registries and credentials.", "{}"),
    key("executors", Kind::Map(&Kind::Record(EXECUTOR)), "Places where builds run.", "{}"),
    key("defaults", Kind::Record(&[]), "What every build starts from.", "{}"),
    key("presets", Kind::Map(&Kind::Record(&[])), "Keys that builds can share by name.", "{}"),
    key("builds", Kind::Map(&Kind::Record(&[])), "The image builds.", "{}"),
    key(
        "profiles",
        Kind::Map(&Kind::Record(&[])),
        "Overrides of this file that `--profile` chooses.",
        "{}",
    ),
    key("groups", Kind::Map(&TEXTS), "Names for sets of builds.", "{ web = [\"web-*\", \"api\"] }"),
    key(
        "reports",
        Kind::Record(REPORTS),
        "Reports that are always written.",
        "{ json = \"build.json\" }",
    ),
];

/// Keys of `[reports]`: the names of the formats, as `--report` takes them.
pub(super) const REPORTS: &[Key] = &[
    key("json", Kind::Path, "All about the run and its builds.", "\"build.json\""),
    key(
        "dotenv",
        Kind::Path,
        "`KANIKO_IMAGE_NAME=reference@digest`, for later jobs.",
        "\"build.env\"",
    ),
    key("junit", Kind::Path, "Each build as a test case.", "\"build.xml\""),
    key(
        "markdown",
        Kind::Path,
        "A table; on GitHub the step's summary by default.",
        "\"build.md\"",
    ),
    key(
        "github-output",
        Kind::Path,
        "`image-NAME` and `digest-NAME`; on GitHub the step's outputs by default.",
        "\"outputs\"",
    ),
];

/// Keys of `[registries.NAME]`.
pub(super) const REGISTRY: &[Key] = &[
    key("host", Kind::Filled, "The registry's host, with its port.", "\"harbor.example.com\""),
    key("username", Kind::Filled, "Who logs in.", "\"{{ env.HARBOR_USER }}\""),
    key("password", Kind::Secret, "The password or token.", "{ env = \"HARBOR_PASSWORD\" }"),
    key(
        "credential-helper",
        Kind::Filled,
        "A `docker-credential-…` program of this machine, or `executor` to leave it to Kaniko.",
        "\"ecr-login\"",
    ),
    key("ca-file", Kind::Path, "Certificates that the registry is trusted by.", "\"corp-ca.pem\""),
    key("client-cert-file", Kind::Path, "Our certificate for the registry.", "\"client.pem\""),
    key("client-key-file", Kind::Path, "The key of our certificate.", "\"client.key\""),
    key("insecure", Kind::Bool, "Speak plain HTTP.", "true"),
    key("skip-tls-verify", Kind::Bool, "Trust any certificate.", "true"),
    key("mirrors", FILLED, "Registries that are asked first.", "[\"mirror.example.com\"]"),
    key("mirror-fallback", Kind::Bool, "Ask the registry itself when no mirror has it.", "false"),
];

/// Keys of `[executors.NAME]`, of all types; [`executor_keys`] says which type takes which.
pub(super) const EXECUTOR: &[Key] = &[
    key("type", Kind::OneOf(EXECUTOR_TYPES), "How the executor is reached.", "\"cloudfoundry\""),
    key("env", Kind::Map(&Kind::TextOrSecret), "Variables of the executor.", "{ TZ = \"UTC\" }"),
    key("lock-timeout", Kind::Duration, "How long to wait for another run.", "\"10m\""),
    key("connect-timeout", Kind::Limit, "How long a connection may take.", "\"60s\""),
    key("proxy", Kind::Bool, "Pass the proxy variables of this job on.", "false"),
    key("api", Kind::Filled, "Cloud Foundry's API.", "\"https://api.fr.cloud.gov\""),
    key("org", Kind::Filled, "The organisation of the app.", "\"my-org\""),
    key("space", Kind::Filled, "The space of the app.", "\"my-space\""),
    key("app", Kind::Filled, "The Kaniko app.", "\"kaniko\""),
    key(
        "instances",
        Kind::Integer,
        "How many instances the app has: so many builds run there at a time.",
        "2",
    ),
    key("username", Kind::TextOrSecret, "Who logs in.", "{ env = \"CF_USERNAME\" }"),
    key("password", Kind::Secret, "The password.", "{ env = \"CF_PASSWORD\" }"),
    key("origin", Kind::Filled, "The identity provider of the login.", "\"uaa\""),
    key("image", Kind::Filled, "Kaniko's image.", "\"ghcr.io/osscontainertools/kaniko:v1.28.3\""),
    key("pull", Kind::OneOf(&["missing", "always", "never"]), "When to pull it.", "\"always\""),
    key("network", Kind::Filled, "The container's network.", "\"host\""),
    key("memory", Kind::Filled, "The container's memory limit.", "\"4g\""),
    key("cpus", Kind::Filled, "The container's share of processors.", "\"2\""),
    key("volumes", FILLED, "Volumes, as the engine's `--volume` takes them.", "[\"cache:/cache\"]"),
    key(
        "engine-args",
        FILLED,
        "Further arguments of the engine's `create`.",
        "[\"--ulimit=nofile=1024:1024\"]",
    ),
    key(
        "command",
        Kind::Program,
        "A program that runs a shell command, added as its last argument, elsewhere.",
        "[\"ssh\", \"-T\", \"builder.example.com\"]",
    ),
];

/// The values of `type`.
pub(super) const EXECUTOR_TYPES: &[&str] =
    &["cloudfoundry", "docker", "podman", "command", "local", "kubernetes", "builtin"];

/// The keys that an executor of this type takes beside `type`.
#[must_use]
pub fn executor_keys(kind: &str) -> Vec<&'static str> {
    if kind == "builtin" {
        return vec!["type", "proxy"];
    }
    let common = ["type", "env", "lock-timeout", "connect-timeout", "proxy"];
    let own: &[&str] = match kind {
        "cloudfoundry" => {
            &["api", "org", "space", "app", "instances", "username", "password", "origin"]
        }
        "docker" | "podman" => {
            &["image", "pull", "network", "memory", "cpus", "volumes", "engine-args"]
        }
        "command" => &["command"],
        _ => &[],
    };
    common.into_iter().chain(own.iter().copied()).collect()
}

/// Keys of a build that are no flag of Kaniko's, or mean more than it.
pub(super) const BUILD: &[Key] = &[
    key(
        "executor",
        Kind::Filled,
        "Where it is built: a name of `executors` or a type.",
        "\"podman\"",
    ),
    key("context", Kind::Path, "The directory that is sent.", "\"services/api\""),
    key(
        "dockerfile",
        Kind::Path,
        "The Dockerfile, relative to the context, then to this file.",
        "\"Dockerfile\"",
    ),
    key("image", Kind::Text, "The image that `tags` are given to.", "\"{{ ci.registry_image }}\""),
    key(
        "tags",
        Kind::List(&Kind::Tag),
        "Tags of `image`; empty ones are left out.",
        "[\"latest\"]",
    ),
    key(
        "destinations",
        TEXTS,
        "Whole references, beside `image` and `tags`.",
        "[\"mirror.example.com/shop/api:edge\"]",
    ),
    key(
        "build-args",
        Kind::Map(&Kind::Removable(&Kind::Text)),
        "Values of the Dockerfile's `ARG`s.",
        "{ PROFILE = \"release\" }",
    ),
    key(
        "labels",
        Kind::Map(&Kind::Removable(&Kind::Text)),
        "Labels of the image.",
        "{ \"org.opencontainers.image.title\" = \"api\" }",
    ),
    key(
        "oci-labels",
        Kind::Bool,
        "Labels that tell the commit, its time, the repository and the tag: by default, where known.",
        "false",
    ),
    key(
        "annotations",
        Kind::Map(&Kind::Removable(&Kind::Text)),
        "Annotations of the image's manifest.",
        "{ \"org.opencontainers.image.title\" = \"api\" }",
    ),
    key(
        "secrets",
        Kind::Map(&Kind::Removable(&Kind::Secret)),
        "Secrets for `RUN --mount=type=secret,id=NAME`.",
        "{ npmrc = { env = \"NPMRC\" } }",
    ),
    key(
        "allow-secret-args",
        TEXTS,
        "Build args that may hold a secret, though the image's history shows it.",
        "[\"TOKEN\"]",
    ),
    key(
        "executor-args",
        TEXTS,
        "Further arguments of Kaniko, each `--flag=value`.",
        "[\"--snapshot-mode=redo\"]",
    ),
    key(
        "modes",
        Kind::OneOf(&["normal", "keep"]),
        "`keep` sends group and other permissions as they are.",
        "\"keep\"",
    ),
    key(
        "timestamps",
        Kind::OneOf(&["fixed", "keep"]),
        "`keep` sends the times of files as they are.",
        "\"keep\"",
    ),
    key("tar-path", Kind::Path, "A file that the image is also written to.", "\"image.tar\""),
    key("oci-layout-path", Kind::Path, "A directory for an OCI layout.", "\"layout\""),
    key("no-push", Kind::Bool, "Build without pushing.", "true"),
    key("retry", Kind::Integer, "How often a build is repeated when it is worth it.", "2"),
    key("timeout", Kind::Limit, "How long a build may take.", "\"1h\""),
    key("presets", TEXTS, "Presets that it starts from, later ones over earlier.", "[\"rust\"]"),
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
    ),
    key(
        "when",
        Kind::Bool,
        "Whether it is built; where it is not, nothing may need it.",
        "\"{{ ci.tag }}\"",
    ),
    key(
        "slim",
        Kind::Later("`slim` comes in a later version: the whole context is sent"),
        "Send only what the Dockerfile takes.",
        "false",
    ),
];

/// Keys of a tag that has a condition.
pub(super) const TAG: &[Key] = &[
    key("tag", Kind::Text, "The tag.", "\"latest\""),
    key("when", Kind::Bool, "Whether it is given.", "\"{{ ci.on_default_branch }}\""),
];

/// Keys of a secret's source, of which one is given.
pub(super) const SECRET: &[Key] = &[
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
pub(super) fn build() -> &'static [Key] {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
        let flags = flags::FLAGS.iter().filter_map(of_flag);
        let ours = |key: &Key| BUILD.iter().any(|own| own.name == key.name);
        BUILD.iter().copied().chain(flags.filter(|key| !ours(key))).collect()
    });
    &KEYS
}

/// The names of the keys of a build.
pub fn build_keys() -> impl Iterator<Item = &'static str> {
    build().iter().map(|key| key.name)
}

/// What the key at this path takes; none where there is no such key.
pub(super) fn at(path: &[&str]) -> Option<Kind> {
    let (first, rest) = path.split_first()?;
    match *first {
        "defaults" => within(Kind::Record(build()), rest),
        "builds" => match rest.split_first() {
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
    Some(Key { name: flag.key?, kind, about: flag.about, example: flag.example })
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
