//! What the executor of our own can't do, and which options of a build mean something to it.

use crate::{
    builtin::{self, Unsupported},
    config::Mistake,
    kaniko::flags,
};

use super::{Build, ExecutorKind, dockerfile::Read, reader::Reader};

/// Instructions of the needed stages that only an executor can follow.
pub(super) fn unsupported(read: &Read, target: Option<&str>) -> Vec<Unsupported> {
    // An unknown target was told when the Dockerfile was read.
    builtin::check(&read.file, target, &read.values).unwrap_or_default()
}

/// What Kaniko's flags mean to the executor of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It does as they say.
    Works,
    /// Nothing: they tell Kaniko how to do what is not done here.
    PassedOver,
    /// They ask for what it can't do.
    Refused,
}

/// What this flag, `--cache`, means to the executor of our own.
pub(crate) fn meaning(flag: &str) -> Meaning {
    match flag {
        "--custom-platform"
        | "--image-format"
        | "--reproducible"
        | "--skip-unused-stages"
        | "--push-retry"
        | "--image-download-retry" => Meaning::Works,
        "--cache"
        | "--cache-repo"
        | "--cache-dir"
        | "--cache-ttl"
        | "--cache-copy-layers"
        | "--cache-run-layers"
        | "--no-push-cache"
        | "--compressed-caching"
        | "--force-build-metadata"
        | "--image-fs-extract-retry"
        | "--ignore-var-run"
        | "--log-timestamp"
        | "--materialize"
        | "--single-snapshot"
        | "--skip-push-permission-check"
        | "--snapshot-mode"
        | "--use-new-run"
        | "--verbosity" => Meaning::PassedOver,
        _ => Meaning::Refused,
    }
}

/// Refuses what the executor of our own can't do; what it passes over is a warning.
pub(super) fn check(
    build: &Build,
    read: &Read,
    unsupported: &[Unsupported],
    keys: &mut Reader<'_>,
) {
    if build.executor.kind != ExecutorKind::Builtin {
        return;
    }
    for Unsupported { line, what, hint } in unsupported {
        let message = format!("{}:{line}: {what}", read.label);
        keys.wrong("executor", message, "builds no such Dockerfile", hint);
    }
    for flag in &build.flags {
        let name = flag.split('=').next().unwrap_or(flag);
        let known = flags::FLAGS.iter().find(|known| known.name == name);
        let key = known.and_then(|known| known.key).unwrap_or(&name[2..]);
        let place = keys.place(key).or_else(|| keys.place("executor-args"));
        let told = |message: String, label: &str| match place {
            Some(place) => Mistake::at(place, message, label),
            None => Mistake::nowhere(message),
        };
        match meaning(name) {
            Meaning::PassedOver if keys.place(key).is_some() => {
                let message =
                    format!("`{key}` means nothing to `builtin`, which has no need of it");
                keys.warnings.push(told(message, "passed over"));
            }
            Meaning::Works | Meaning::PassedOver => {}
            Meaning::Refused => {
                let message = format!("`{key}` is Kaniko's, and `builtin` can't do it");
                let mistake = told(message, "not with `builtin`");
                keys.mistakes.push(mistake.hint("leave it out, or choose another `executor`"));
            }
        }
    }
}
