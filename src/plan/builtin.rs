//! What the executor of our own can't do, and which options of a build mean something to it.

use crate::{
    builtin::{self, Unsupported},
    config::Mistake,
    kaniko::flags,
};

use super::{Build, ExecutorKind, dockerfile::Read, reader::Reader};

/// Instructions of the needed stages that only an executor can follow.
pub(super) fn unsupported(read: &Read) -> Vec<Unsupported> {
    builtin::check(&read.file, &read.reach, &read.values)
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
        "--compression"
        | "--compression-level"
        | "--custom-platform"
        | "--image-format"
        | "--reproducible"
        | "--skip-unused-stages"
        | "--push-ignore-immutable-tag-errors"
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
        if let Some((label, hint)) = wrong_value(flag) {
            let value = flag.split_once('=').map_or("", |(_, value)| value);
            let message = format!("`{key} = {value}` can't be done with `builtin`");
            keys.mistakes.push(told(message, label).hint(hint));
            continue;
        }
        match meaning(name) {
            // Who leaves the choice of the executor to us has written it for the others.
            Meaning::PassedOver if keys.place(key).is_some() && build.chosen.is_none() => {
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

/// Why a value of a flag that means something can't be had: what is wrong, and what to do.
fn wrong_value(flag: &str) -> Option<(&'static str, &'static str)> {
    let (name, value) = flag.split_once('=')?;
    match name {
        "--compression" if value != "gzip" => Some((
            "it compresses with gzip alone",
            "leave it out, or choose another `executor`: there is no zstd in this program that \
             compresses well enough to be worth a layer which older engines can't read",
        )),
        "--custom-platform" if value.contains(':') => Some((
            "it knows no versions of a system",
            "leave out what follows the colon, or choose another `executor`",
        )),
        "--compression-level" => {
            let known = value.parse::<i32>().is_ok_and(|level| (-1..=9).contains(&level));
            (!known).then_some((
                "gzip has no such level",
                "levels are 1 (fast) to 9 (small), 0 compresses nothing, -1 leaves it to us",
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_with_its_levels_is_all_that_layers_are_compressed_with() {
        for works in ["--compression=gzip", "--compression-level=-1", "--compression-level=9"] {
            assert_eq!(wrong_value(works), None);
        }
        for wrong in ["--compression=zstd", "--compression-level=10", "--compression-level=x"] {
            assert!(wrong_value(wrong).is_some(), "{wrong}");
        }
    }
}
