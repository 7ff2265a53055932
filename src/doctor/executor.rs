//! An executor: what its answers mean for the builds that it is to run.

use std::time::Duration;

use indicatif::HumanBytes;

use crate::{
    kaniko::version::{Ability, Executor as Kaniko, Flavour},
    outcome::chain,
    plan::{Build, Executor, ExecutorKind, IMAGE, Value},
    transport::{Found, Probed, TransportError},
};

use super::{Fault, Finding, named};

/// Less room than this is little for any image, in bytes.
const LITTLE: u64 = 1 << 30;

/// What was looked at, for which builds.
#[derive(Debug)]
pub struct Look<'a> {
    /// The executor.
    pub executor: &'a Executor,
    /// Those that run there.
    pub builds: Vec<&'a Build>,
    /// The largest context of theirs, as it is unpacked: whose, and its bytes.
    pub largest: Option<(&'a str, u64)>,
}

/// What there is to say of it.
#[must_use]
pub fn executor(look: &Look<'_>, probed: Probed) -> Vec<Finding> {
    let Probed { steps, found } = probed;
    let mut findings = Vec::new();
    for (check, result) in steps {
        findings.extend(match result {
            Ok(says) => Some(Finding::ok(check, says)),
            Err(error) => failure(check, &error),
        });
    }
    let Some(Found { executor, in_use, room }) = found else { return findings };
    findings.push(version(&executor));
    findings.extend(look.abilities(&executor));
    if look.lives_on() {
        findings.push(match in_use {
            None => Finding::ok("lock", "free"),
            Some(who) => Finding::warning("lock", format!("in use by {who}"))
                .hint(waits(look.executor.lock_timeout)),
        });
    }
    findings.extend(look.room(room));
    findings
}

/// What keeps builds from running there; none where only the end of this program does.
fn failure(check: &'static str, error: &TransportError) -> Option<Finding> {
    let hint = match error {
        TransportError::Interrupted => return None,
        TransportError::Unreachable { hint, .. } | TransportError::Refused { hint, .. } => hint,
        TransportError::Feed { .. } => "make room there, or restart it",
        TransportError::Lost { .. } => "try again",
        TransportError::Busy { .. }
        | TransportError::Lacks { .. }
        | TransportError::Context(_)
        | TransportError::Output { .. } => "",
    };
    Some(Finding::failed(check, Fault::Unreached, chain(error)).hint(hint))
}

fn version(executor: &Kaniko) -> Finding {
    let version = match executor.version.as_str() {
        "" | "unset" => "no version told",
        version => version,
    };
    let whose = match executor.flavour {
        Flavour::Fork => "the maintained fork",
        Flavour::Original => "the archived original",
    };
    Finding::ok("version", format!("{version}, {whose}"))
}

fn waits(limit: Duration) -> String {
    if limit.is_zero() {
        return "a run does not wait for it, as `lock-timeout` says".to_owned();
    }
    format!("a run waits for it, {} at most (`lock-timeout`)", humantime::format_duration(limit))
}

impl Look<'_> {
    /// Whether others may build there as well.
    fn lives_on(&self) -> bool {
        match self.executor.kind {
            ExecutorKind::CloudFoundry(_) | ExecutorKind::Command(_) | ExecutorKind::Local => true,
            ExecutorKind::Container(_) | ExecutorKind::Builtin => false,
        }
    }

    /// What the builds need and it cannot do, each once.
    fn abilities(&self, executor: &Kaniko) -> Vec<Finding> {
        let is_one = |name: &str| {
            let variables = self.executor.environment.iter();
            let is_it = |(known, value): &(String, Value)| {
                known == name && *value == Value::Plain("1".to_owned())
            };
            variables.clone().any(is_it)
        };
        let mut lacks: Vec<(String, &Ability, &str, Vec<&str>)> = Vec::new();
        for build in &self.builds {
            for need in &build.needs {
                let Some(lacking) = executor.lacks(&need.ability, is_one) else { continue };
                let same = |(known, _, reason, _): &&mut (String, _, &str, _)| {
                    *known == lacking && *reason == need.reason
                };
                match lacks.iter_mut().find(same) {
                    Some((.., builds)) => builds.push(&build.name),
                    None => {
                        lacks.push((lacking, &need.ability, &need.reason, vec![&build.name]));
                    }
                }
            }
        }
        if lacks.is_empty() {
            let says = if self.builds.iter().all(|build| build.needs.is_empty()) {
                "no build needs more than every Kaniko has"
            } else {
                "it has all that the builds need"
            };
            return vec![Finding::ok("flags", says)];
        }
        let told = lacks.into_iter().map(|(lacking, ability, reason, builds)| {
            let says = format!("it {lacking}, and {reason} of {} needs it", named(builds));
            Finding::failed("flags", Fault::Other, says).hint(self.remedy(ability))
        });
        told.collect()
    }

    /// Where there is an executor that can.
    fn remedy(&self, ability: &Ability) -> String {
        match ability {
            Ability::Mount(kind) if !matches!(kind.as_str(), "secret" | "cache" | "bind") => {
                "no Kaniko can: change that line".to_owned()
            }
            _ => {
                let shell = if self.lives_on() { "-debug" } else { "" };
                format!("the maintained fork can: {IMAGE}{shell}")
            }
        }
    }

    /// What fits there, and whether that is enough; none where it cannot be told.
    #[must_use]
    pub fn room(&self, room: Option<u64>) -> Option<Finding> {
        let at = match self.executor.kind {
            ExecutorKind::Container(_) => "where it keeps containers",
            ExecutorKind::Builtin => "for temporary files",
            _ => "at /kaniko",
        };
        let room = room?;
        let context = match self.largest {
            Some((build, bytes)) if bytes > 0 => {
                format!("; the largest context, of `{build}`, has {}", HumanBytes(bytes))
            }
            _ => String::new(),
        };
        let says = format!("{} {at}{context}", HumanBytes(room));
        // It lies there packed and unpacked.
        let (least, enough) = match self.largest {
            Some((_, bytes)) => (bytes, bytes.saturating_mul(2).max(LITTLE)),
            None => (0, LITTLE),
        };
        let hint = "make room there, or send less: `.dockerignore`, `kaniko-build context ls`";
        Some(if room < least {
            Finding::failed("room", Fault::Unreached, says).hint(hint)
        } else if room < enough {
            Finding::warning("room", format!("only {says}"))
                .hint("images are unpacked there: large ones may not fit")
        } else {
            Finding::ok("room", says)
        })
    }
}
