//! Flags that we set ourselves, or that mean nothing where we run.

use super::{Flag, Kind};

const CLEANING: &str =
    "every build starts and ends on a clean executor, also after a failure; nothing need be said";
const CONTEXT: &str = "the context is a local directory that is sent: write `context`";
const NAMES: &str = "each destination with its digest is printed at the end and stands in the report: see `--report`";

pub(super) const FLAGS: &[Flag] = &[
    Flag::new("--digest-file", "digest-file", Kind::Text, "A file that gets the image's digest.")
        .ours("the digest is read there, printed at the end and stands in the report: see `--report`"),
    Flag::new("--image-name-with-digest-file", "image-name-with-digest-file", Kind::Text, "A file that gets destinations with digest.")
        .ours(NAMES),
    Flag::new("--image-name-tag-with-digest-file", "image-name-tag-with-digest-file", Kind::Text, "A file that gets destinations with tag and digest.")
        .ours(NAMES),
    Flag::new("--kaniko-dir", "kaniko-dir", Kind::Text, "Where Kaniko keeps its files.")
        .default("/kaniko")
        .ours("what is sent lies below `/kaniko`, and a moved one cannot be built in again"),
    Flag::new("--cleanup", "cleanup", Kind::Bool, "Remove the image's files after a build that did well.").ours(CLEANING),
    Flag::new("--pre-cleanup", "pre-cleanup", Kind::Bool, "Remove the executor image's files before the build.")
        .fork_only("1.25.4")
        .ours(CLEANING),
    Flag::new("--preserve-context", "preserve-context", Kind::Bool, "Save the executor's file system and restore it between stages.")
        .fork_only("1.24.1")
        .ours("the context lies below `/kaniko`, where no stage removes it; nothing need be said"),
    Flag::new("--force", "force", Kind::Bool, "Build outside of a container.")
        .ours("a build replaces the root file system: it runs in a container or not at all"),
    Flag::new("--dryrun", "dryrun", Kind::Bool, "Plan and build nothing.")
        .fork_only("1.26.6")
        .ours("it gives no image, so there is no digest to report; `kaniko-build plan` shows what would be built"),
    Flag::new("--log-format", "log-format", Kind::OneOf(&["text", "color", "json"]), "The form of the executor's log.")
        .default("color")
        .ours("the log is read to tell why a build failed; `kaniko-build` has `--color` for its own"),
    Flag::new("--bucket", "bucket", Kind::Text, "A Google Cloud Storage bucket with the context.")
        .short('b')
        .ours(CONTEXT),
    Flag::new("--context-sub-path", "context-sub-path", Kind::Text, "A directory in the context that is built from.")
        .ours("write that directory as `context`: only it is sent then"),
    Flag::new("--git", "git", Kind::Table, "How a Git context is cloned.")
        .ours("the context is a local directory that is sent: check the repository out and write `context`"),
    Flag::new("--skip-tls-verify-pull", "skip-tls-verify-pull", Kind::Bool, "Parsed by every executor and read by none.")
        .ours("no executor heeds it: write `skip-tls-verify = true` in `[registries.NAME]`"),
    Flag::new("--customPlatform", "", Kind::Text, "Kaniko's former spelling of `--custom-platform`.")
        .without_key()
        .ours("write `custom-platform`"),
    Flag::new("--snapshotMode", "", Kind::Text, "Kaniko's former spelling of `--snapshot-mode`.")
        .without_key()
        .ours("write `snapshot-mode`"),
    Flag::new("--tarPath", "", Kind::Text, "Kaniko's former spelling of `--tar-path`.")
        .without_key()
        .ours("write `tar-path`"),
    Flag::new("--whitelist-var-run", "whitelist-var-run", Kind::Bool, "Kaniko's former name of `--ignore-var-run`.")
        .default("true")
        .ours("write `ignore-var-run`"),
];
