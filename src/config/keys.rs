//! Every key of the file: the one list that validation, documentation and plans go by.

use std::sync::LazyLock;

use super::kind::{Key, Kind};
use crate::kaniko::flags;

const TEXTS: Kind = Kind::List(&Kind::Text);

const fn key(name: &'static str, kind: Kind, about: &'static str, example: &'static str) -> Key {
    Key { name, kind, about, example }
}

/// The sections of a file.
pub(super) const SECTIONS: &[Key] = &[
    key("version", Kind::Integer, "The version of this format.", "1"),
    key(
        "include",
        Kind::Later("`include` comes in a later version: write all builds in this file for now"),
        "Further files, whose builds join these.",
        "[\"services/*/kaniko.toml\"]",
    ),
    key("vars", Kind::Map(&Kind::Text), "Names for templates.", "{ flavour = \"alpine\" }"),
    key("registries", Kind::Map(&Kind::Record(REGISTRY)), "Registries and credentials.", "{}"),
    key("executors", Kind::Map(&Kind::Record(EXECUTOR)), "Places where builds run.", "{}"),
    key("defaults", Kind::Record(&[]), "What every build starts from.", "{}"),
    key(
        "presets",
        Kind::Later("`presets` come in a later version: use `defaults`, or repeat the keys"),
        "Keys that builds can share by name.",
        "{}",
    ),
    key("builds", Kind::Map(&Kind::Record(&[])), "The image builds.", "{}"),
    key(
        "profiles",
        Kind::Later("`profiles` come in a later version: use `--set` for now"),
        "Sets of overrides that `--profile` chooses.",
        "{}",
    ),
    key(
        "groups",
        Kind::Later("`groups` come in a later version: name the builds, or use a glob"),
        "Names for sets of builds.",
        "{}",
    ),
    key(
        "reports",
        Kind::Later("`[reports]` comes in a later version: use `--report json=PATH`"),
        "Reports that are always written.",
        "{}",
    ),
];

/// Keys of `[registries.NAME]`.
pub(super) const REGISTRY: &[Key] = &[
    key("host", Kind::Text, "The registry's host, with its port.", "\"harbor.example.com\""),
    key("username", Kind::Text, "Who logs in.", "\"{{ env.HARBOR_USER }}\""),
    key("password", Kind::Secret, "The password or token.", "{ env = \"HARBOR_PASSWORD\" }"),
    key(
        "credential-helper",
        Kind::Text,
        "A `docker-credential-…` program of this machine, or `executor` to leave it to Kaniko.",
        "\"ecr-login\"",
    ),
    key("ca-file", Kind::Path, "Certificates that the registry is trusted by.", "\"corp-ca.pem\""),
    key("client-cert-file", Kind::Path, "Our certificate for the registry.", "\"client.pem\""),
    key("client-key-file", Kind::Path, "The key of our certificate.", "\"client.key\""),
    key("insecure", Kind::Bool, "Speak plain HTTP.", "true"),
    key("skip-tls-verify", Kind::Bool, "Trust any certificate.", "true"),
    key("mirrors", TEXTS, "Registries that are asked first.", "[\"mirror.example.com\"]"),
    key("mirror-fallback", Kind::Bool, "Ask the registry itself when no mirror has it.", "false"),
];

/// Keys of `[executors.NAME]`, of all types; [`executor_keys`] says which type takes which.
pub(super) const EXECUTOR: &[Key] = &[
    key("type", Kind::OneOf(EXECUTOR_TYPES), "How the executor is reached.", "\"cloudfoundry\""),
    key("env", Kind::Map(&Kind::TextOrSecret), "Variables of the executor.", "{ TZ = \"UTC\" }"),
    key("lock-timeout", Kind::Duration, "How long to wait for another run.", "\"10m\""),
    key("connect-timeout", Kind::Duration, "How long a connection may take.", "\"60s\""),
    key("proxy", Kind::Bool, "Pass the proxy variables of this job on.", "false"),
    key("api", Kind::Text, "Cloud Foundry's API.", "\"https://api.fr.cloud.gov\""),
    key("org", Kind::Text, "The organisation of the app.", "\"my-org\""),
    key("space", Kind::Text, "The space of the app.", "\"my-space\""),
    key("app", Kind::Text, "The Kaniko app.", "\"kaniko\""),
    key(
        "instances",
        Kind::Later("`instances` comes in a later version: builds run one after the other"),
        "How many instances the app has.",
        "1",
    ),
    key("username", Kind::TextOrSecret, "Who logs in.", "{ env = \"CF_USERNAME\" }"),
    key("password", Kind::Secret, "The password.", "{ env = \"CF_PASSWORD\" }"),
    key("origin", Kind::Text, "The identity provider of the login.", "\"uaa\""),
    key("image", Kind::Text, "Kaniko's image.", "\"ghcr.io/osscontainertools/kaniko:v1.28.3\""),
    key("pull", Kind::OneOf(&["missing", "always", "never"]), "When to pull it.", "\"always\""),
    key("network", Kind::Text, "The container's network.", "\"host\""),
    key("memory", Kind::Text, "The container's memory limit.", "\"4g\""),
    key("cpus", Kind::Text, "The container's share of processors.", "\"2\""),
    key("volumes", TEXTS, "Volumes, as the engine's `--volume` takes them.", "[\"cache:/cache\"]"),
    key(
        "engine-args",
        TEXTS,
        "Further arguments of the engine's `create`.",
        "[\"--ulimit=nofile=1024:1024\"]",
    ),
    key(
        "command",
        TEXTS,
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
        Kind::Text,
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
    key("timeout", Kind::Duration, "How long a build may take.", "\"1h\""),
    key(
        "presets",
        Kind::Later("`presets` come in a later version: use `defaults`, or repeat the keys"),
        "Presets that it starts from.",
        "[\"rust\"]",
    ),
    key(
        "matrix",
        Kind::Later("`matrix` comes in a later version: write one build for each value"),
        "Values that give a build each.",
        "{ python = [\"3.12\", \"3.13\"] }",
    ),
    key(
        "needs",
        Kind::Later("`needs` comes in a later version: builds run in the order of the file"),
        "Builds that must be done before.",
        "[\"base\"]",
    ),
    key(
        "when",
        Kind::Later("`when` of a build comes in a later version: name the builds to run"),
        "Whether there is such a build.",
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
    key("env", Kind::Text, "A variable of this job.", "\"NPM_TOKEN\""),
    key("file", Kind::Path, "A file of this machine.", "\"token.txt\""),
    key("command", TEXTS, "A program that prints it; no shell is used.", "[\"pass\", \"npm\"]"),
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
    fn a_flag_that_is_ours_is_a_key_that_is_refused() {
        let key = build().iter().find(|key| key.name == "kaniko-dir").unwrap();

        assert!(matches!(key.kind, Kind::Refused(_)));
    }
}
