//! The report of a run as JSON: the audit trail. Versioned; whole even after a failure.

use std::{borrow::Cow, collections::HashMap, time::SystemTime};

use serde::Serialize;

use crate::{
    ci::{Ci, Fact, FactValue, Field},
    hex::hex,
    outcome::{End, Outcome},
    plan::Build,
};

use super::{Ended, redacted};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    program: &'static str,
    started: String,
    ended: String,
    provider: String,
    commit: Option<String>,
    dirty: Option<bool>,
    actor: Option<String>,
    job_url: Option<String>,
    file: Option<String>,
    overrides: &'a [String],
    builds: Vec<BuildReport<'a>>,
}

#[derive(Serialize)]
struct BuildReport<'a> {
    name: &'a str,
    executor: &'a str,
    executor_type: &'static str,
    executor_version: Option<&'a str>,
    result: &'static str,
    cause: Option<Cow<'a, str>>,
    exit_code: Option<i32>,
    digest: Option<&'a str>,
    images: &'a [String],
    destinations: Vec<DestinationReport>,
    bases: Vec<&'a str>,
    bundle_sha256: Option<String>,
    bundle_bytes: Option<u64>,
    attempts: u32,
    seconds: f64,
}

#[derive(Serialize)]
struct DestinationReport {
    reference: String,
    /// `yes`, `no` or `unknown`: Kaniko stops at the first that fails and does not say which, and
    /// an answer may be lost.
    pushed: &'static str,
}

/// The whole report without what its redactor knows, with an end of line.
#[must_use]
pub(super) fn json(run: &Ended<'_>) -> String {
    let Ended { plan, outcomes, ci, started, signal, tails: _, redactor } = *run;
    let time = |time| humantime::format_rfc3339_seconds(time).to_string();
    let by_name: HashMap<&str, &Outcome> =
        outcomes.iter().map(|outcome| (&*outcome.build, outcome)).collect();
    let report = Report {
        version: 1,
        program: env!("CARGO_PKG_VERSION"),
        started: time(started),
        ended: time(SystemTime::now()),
        provider: ci.provider().name().to_owned(),
        commit: text(ci, Field::Commit),
        dirty: match ci.fact(Field::Dirty) {
            Fact::Known(FactValue::Flag(dirty)) => Some(dirty),
            _ => None,
        },
        actor: text(ci, Field::Actor),
        job_url: text(ci, Field::JobUrl),
        file: plan.file.as_ref().map(|file| file.display().to_string()),
        overrides: &plan.overrides,
        builds: plan
            .builds
            .iter()
            .filter_map(|build| Some(of_build(build, by_name.get(&*build.name)?, signal)))
            .collect(),
    };
    let mut text = redacted::document(&report, redactor);
    text.push('\n');
    text
}

fn text(ci: &Ci, field: Field) -> Option<String> {
    match ci.fact(field) {
        Fact::Known(FactValue::Text(text)) => Some(text),
        _ => None,
    }
}

fn of_build<'a>(build: &'a Build, outcome: &'a Outcome, signal: Option<&str>) -> BuildReport<'a> {
    // No `..` here: a new field does not compile until it is reported.
    let Outcome { build: _, end, duration, attempts, bundle, executor_version, bases, pushed } =
        outcome;
    let (result, cause, exit_code, digest, images): (_, Option<Cow<'a, str>>, _, _, &[String]) =
        match end {
            End::Built { digest, images } => {
                ("built", None, Some(0), Some(digest.as_str()), images)
            }
            End::Failed { exit_code, cause } => {
                ("failed", Some(cause.into()), Some(*exit_code), None, &[])
            }
            End::Unreached { cause, hint: _ } | End::Unpacked { cause, hint: _ } => {
                ("not-built", Some(cause.into()), None, None, &[])
            }
            End::Skipped { cause } => ("skipped", Some(cause.into()), None, None, &[]),
            End::Interrupted => {
                ("interrupted", Some(outcome.interruption(signal).into()), None, None, &[])
            }
        };
    let destinations = build.destinations.iter().zip(pushed).map(|(reference, pushed)| {
        DestinationReport { reference: reference.to_string(), pushed: pushed.name() }
    });
    BuildReport {
        name: &build.name,
        executor: &build.executor.name,
        executor_type: build.executor.kind.name(),
        executor_version: executor_version.as_deref(),
        result,
        cause,
        exit_code,
        digest,
        images,
        destinations: destinations.collect(),
        bases: if bases.is_empty() {
            build.bases.iter().map(|base| base.reference.as_str()).collect()
        } else {
            bases.iter().map(String::as_str).collect()
        },
        bundle_sha256: bundle.map(|bundle| hex(&bundle.sha256)),
        bundle_bytes: bundle.map(|bundle| bundle.bytes),
        attempts: *attempts,
        seconds: duration.as_secs_f64(),
    }
}
