//! Flags that shape how a build runs: cache, snapshots, retries, log.

use super::{Flag, Kind};

pub(super) const FLAGS: &[Flag] = &[
    Flag::new("--cache", "cache", Kind::Bool, "Reuse layers of earlier builds and keep new ones."),
    Flag::new("--cache-repo", "cache-repo", Kind::Text, "The repository of cached layers; implies `cache`. Without it Kaniko takes the first destination's, with `/cache`.")
        .example("\"{{ ci.registry_image }}/cache\"")
        .by_key("its registry's credentials must travel; write `cache-repo`"),
    Flag::new("--cache-dir", "cache-dir", Kind::Text, "A directory of the executor's with base images that Kaniko's warmer put there.")
        .default("/cache")
        .example("\"/cache\""),
    Flag::new("--cache-ttl", "cache-ttl", Kind::Duration, "How old a cached layer may be.")
        .default("336h0m0s")
        .example("\"168h\""),
    Flag::new("--cache-copy-layers", "cache-copy-layers", Kind::Bool, "Cache layers of `COPY` too."),
    Flag::new("--cache-run-layers", "cache-run-layers", Kind::Bool, "Cache layers of `RUN`.")
        .default("true")
        .example("false"),
    Flag::new("--compressed-caching", "compressed-caching", Kind::Bool, "Compress cached layers; false takes less memory and more time.")
        .default("true")
        .example("false"),
    Flag::new("--no-push-cache", "no-push-cache", Kind::Bool, "Read the cache and write nothing to it."),
    Flag::new("--snapshot-mode", "snapshot-mode", Kind::OneOf(&["full", "redo", "time"]), "What tells a changed file: content and metadata, metadata alone, or its time alone.")
        .default("full")
        .example("\"redo\""),
    Flag::new("--single-snapshot", "single-snapshot", Kind::Bool, "One layer for all that a stage does, taken at its end."),
    Flag::new("--use-new-run", "use-new-run", Kind::Bool, "Find what `RUN` changed without a snapshot of the whole file system; experimental."),
    Flag::new("--ignore-path", "ignore-paths", Kind::List, "Paths that no layer takes up; empty ones are left out.")
        .example("[\"/var/tmp\"]"),
    Flag::new("--ignore-var-run", "ignore-var-run", Kind::Bool, "Leave `/var/run` out of layers.")
        .default("true")
        .example("false"),
    Flag::new("--push-retry", "push-retry", Kind::Integer, "How often Kaniko repeats a failed push, whatever failed it.")
        .default("0")
        .example("3"),
    Flag::new("--image-download-retry", "image-download-retry", Kind::Integer, "How often Kaniko repeats a failed pull, whatever failed it.")
        .default("0")
        .example("3")
        .original_since("1.19.0"),
    Flag::new("--image-fs-extract-retry", "image-fs-extract-retry", Kind::Integer, "How often Kaniko repeats unpacking a base image.")
        .default("0")
        .example("3"),
    Flag::new("--push-ignore-immutable-tag-errors", "push-ignore-immutable-tag-errors", Kind::Bool, "Take a push that an immutable tag refuses for done.")
        .original_since("1.21.0"),
    Flag::new("--skip-push-permission-check", "skip-push-permission-check", Kind::Bool, "Do not ask before the build whether the push is allowed.")
        .original_since("1.14.0"),
    Flag::new("--credential-helpers", "credential-helpers", Kind::List, "Which of Kaniko's own credential helpers (env, google, ecr, acr, gitlab) may be asked; all without it.")
        .example("[\"google\"]")
        .fork_only("1.25.2"),
    Flag::new("--verbosity", "verbosity", Kind::OneOf(&["trace", "debug", "info", "warn", "error", "fatal", "panic"]), "How much the executor tells.")
        .short('v')
        .default("info")
        .example("\"debug\""),
    Flag::new("--log-timestamp", "log-timestamp", Kind::Bool, "Times in the executor's log."),
];
