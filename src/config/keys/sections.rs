//! The keys that are not of a build: sections, reports, registries, executors.

use super::{FILLED, Kind, key};
use crate::config::kind::Key;

/// The sections of a file.
pub(crate) const SECTIONS: &[Key] = &[
    key("version", Kind::Integer, "The version of this format.", "1"),
    key(
        "include",
        Kind::Names,
        "Further files, whose builds join these.",
        "[\"services/*/kaniko.toml\"]",
    ),
    key("vars", Kind::Map(&Kind::Text), "Names for templates.", "{ flavour = \"alpine\" }"),
    key(
        "registries",
        Kind::Map(&Kind::Record(REGISTRY)),
        "Registries and credentials.",
        "{ harbor = { host = \"harbor.example.com\" } }",
    ),
    key(
        "executors",
        Kind::Map(&Kind::Record(EXECUTOR)),
        "Places where builds run.",
        "{ engine = { type = \"podman\" } }",
    ),
    key(
        "defaults",
        Kind::Record(&[]),
        "What every build starts from.",
        "{ executor = \"podman\" }",
    ),
    key(
        "presets",
        Kind::Map(&Kind::Record(&[])),
        "Keys that builds can share by name.",
        "{ rust = { build-args = { PROFILE = \"release\" } } }",
    ),
    key(
        "builds",
        Kind::Map(&Kind::Record(&[])),
        "The image builds, in the order in which they run.",
        "{ api = { context = \"services/api\" } }",
    ),
    key(
        "profiles",
        Kind::Map(&Kind::Record(&[])),
        "Overrides of this file that `--profile` chooses.",
        "{ release = { defaults = { push-retry = 5 } } }",
    ),
    key(
        "groups",
        Kind::Map(&Kind::Names),
        "Names for sets of builds.",
        "{ web = [\"web-*\", \"api\"] }",
    ),
    key(
        "reports",
        Kind::Record(REPORTS),
        "Reports that are always written.",
        "{ json = \"build.json\" }",
    ),
];

/// Keys of `[reports]`: the names of the formats, as `--report` takes them.
pub(crate) const REPORTS: &[Key] = &[
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
    )
    .or_else("on GitHub the step's summary"),
    key(
        "github-output",
        Kind::Path,
        "`image-NAME` and `digest-NAME`; on GitHub the step's outputs by default.",
        "\"outputs\"",
    )
    .or_else("on GitHub the step's outputs"),
];

/// Keys of `[registries.NAME]`.
pub(crate) const REGISTRY: &[Key] = &[
    key("host", Kind::Filled, "The registry's host, with its port.", "\"harbor.example.com\""),
    key("username", Kind::Filled, "Who logs in.", "\"{{ env.HARBOR_USER }}\"")
        .or_else("what the CI, a docker config or a helper has for the host"),
    key("password", Kind::Secret, "The password or token.", "{ env = \"HARBOR_PASSWORD\" }")
        .or_else("what the CI, a docker config or a helper has for the host"),
    key(
        "credential-helper",
        Kind::Filled,
        "A `docker-credential-…` program of this machine, or `executor` to leave it to Kaniko.",
        "\"ecr-login\"",
    )
    .or_else("the helper that a docker config names for the host"),
    key("ca-file", Kind::Path, "Certificates that the registry is trusted by.", "\"corp-ca.pem\"")
        .or_else("the well-known certificates"),
    key("client-cert-file", Kind::Path, "Our certificate for the registry.", "\"client.pem\""),
    key("client-key-file", Kind::Path, "The key of our certificate.", "\"client.key\""),
    key("insecure", Kind::Bool, "Speak plain HTTP.", "true").or("false"),
    key("skip-tls-verify", Kind::Bool, "Trust any certificate.", "true").or("false"),
    key("mirrors", FILLED, "Registries that are asked first.", "[\"mirror.example.com\"]").or("[]"),
    key("mirror-fallback", Kind::Bool, "Ask the registry itself when no mirror has it.", "false")
        .or("true"),
];

/// Keys of `[executors.NAME]`, of all types; [`executor_keys`] says which type takes which.
pub(crate) const EXECUTOR: &[Key] = &[
    key("type", Kind::OneOf(EXECUTOR_TYPES), "How the executor is reached.", "\"cloudfoundry\""),
    key("env", Kind::Map(&Kind::TextOrSecret), "Variables of the executor.", "{ TZ = \"UTC\" }")
        .or("{}"),
    key("lock-timeout", Kind::Duration, "How long to wait for another run.", "\"10m\"")
        .or("\"10m\""),
    key("connect-timeout", Kind::Limit, "How long a connection may take.", "\"60s\"").or("\"60s\""),
    key("proxy", Kind::Bool, "Pass the proxy variables of this job on.", "false").or("true"),
    key("api", Kind::Filled, "Cloud Foundry's API.", "\"https://api.fr.cloud.gov\"")
        .or_else("`VCAP_APPLICATION`'s, or that of a login of `cf`"),
    key("org", Kind::Filled, "The organisation of the app.", "\"my-org\"")
        .or_else("`VCAP_APPLICATION`'s, or that of a login of `cf`"),
    key("space", Kind::Filled, "The space of the app.", "\"my-space\"")
        .or_else("`VCAP_APPLICATION`'s, or that of a login of `cf`"),
    key("app", Kind::Filled, "The Kaniko app.", "\"kaniko\"").or_else("the job's Kaniko service"),
    key(
        "instances",
        Kind::Integer,
        "How many instances the app has: so many builds run there at a time.",
        "2",
    )
    .or("1"),
    key("username", Kind::TextOrSecret, "Who logs in.", "{ env = \"CF_USERNAME\" }")
        .or_else("`CF_USERNAME`, or a login of `cf`"),
    key("password", Kind::Secret, "The password.", "{ env = \"CF_PASSWORD\" }")
        .or_else("`CF_PASSWORD`, or a login of `cf`"),
    key("origin", Kind::Filled, "The identity provider of the login.", "\"uaa\""),
    key("image", Kind::Filled, "Kaniko's image.", "\"ghcr.io/osscontainertools/kaniko:v1.28.3\"")
        .or("\"ghcr.io/osscontainertools/kaniko:v1.28.3\""),
    key("pull", Kind::OneOf(&["missing", "always", "never"]), "When to pull it.", "\"always\"")
        .or("\"missing\""),
    key("network", Kind::Filled, "The container's network.", "\"host\"").or_else("the engine's"),
    key("memory", Kind::Filled, "The container's memory limit.", "\"4g\"").or_else("no limit"),
    key("cpus", Kind::Filled, "The container's share of processors.", "\"2\"").or_else("no limit"),
    key("volumes", FILLED, "Volumes, as the engine's `--volume` takes them.", "[\"cache:/cache\"]")
        .or("[]"),
    key(
        "engine-args",
        FILLED,
        "Further arguments of the engine's `create`.",
        "[\"--ulimit=nofile=1024:1024\"]",
    )
    .or("[]"),
    key(
        "command",
        Kind::Program,
        "A program that runs a shell command, added as its last argument, elsewhere.",
        "[\"ssh\", \"-T\", \"builder.example.com\"]",
    ),
];

/// The values of `type`.
pub(crate) const EXECUTOR_TYPES: &[&str] =
    &["cloudfoundry", "docker", "podman", "command", "local", "builtin"];

/// A type that is reserved and has a message of its own: nobody is advised to write it.
pub(crate) const NOT_YET: &str = "kubernetes";

/// The keys that an executor of this type takes beside `type`.
#[must_use]
pub(crate) fn executor_keys(kind: &str) -> Vec<&'static str> {
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
