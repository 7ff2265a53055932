//! What `doctor` has found: lines to read, or a document.

use std::fmt::Write as _;

use serde::Serialize;

use crate::{
    doctor::{About, Finding, State, Topic},
    secret::Redactor,
};

use super::redacted;

/// A heading, and a line for each finding with what to do below it; without an end of line.
#[must_use]
pub fn text(topic: &Topic) -> String {
    let Topic { about, name, kind, findings } = topic;
    let mut text = match about {
        About::Builds => format!("builds of {name}"),
        About::Executor => format!("executor {name}"),
        About::Registry => format!("registry {name}"),
    };
    if let Some(kind) = kind.filter(|kind| kind != name) {
        let _ = write!(text, " ({kind})");
    }
    for Finding { check, of, state, says, hint } in findings {
        let of = of.as_ref().map(|of| format!(" `{of}`")).unwrap_or_default();
        // Lines of others would look like lines of ours.
        let says = says.replace('\n', "; ");
        let _ = write!(text, "\n  {:<7}  {check}{of}: {says}", word(*state));
        if let Some(hint) = hint {
            let _ = write!(text, "\n           hint: {}", hint.replace('\n', "; "));
        }
    }
    text
}

/// How many checks there were, and how many of them did not go well.
#[must_use]
pub fn summary(topics: &[Topic]) -> String {
    let states = || topics.iter().flat_map(|topic| &topic.findings).map(|finding| finding.state);
    let warnings = states().filter(|state| *state == State::Warning).count();
    let failed = states().filter(|state| matches!(state, State::Failed(_))).count();
    let checks = states().count();
    let noun = if checks == 1 { "check" } else { "checks" };
    let plural = if warnings == 1 { "" } else { "s" };
    match (warnings, failed) {
        (0, 0) => format!("{checks} {noun}, all is well"),
        (_, 0) => format!("{checks} {noun}, {warnings} warning{plural}"),
        (0, _) => format!("{checks} {noun}, {failed} failed"),
        _ => format!("{checks} {noun}, {failed} failed, {warnings} warning{plural}"),
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Warning => "warning",
        State::Failed(_) => "failed",
    }
}

/// The document of `--format json`.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    program: &'static str,
    result: &'static str,
    topics: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    about: &'static str,
    name: &'a str,
    r#type: Option<&'static str>,
    checks: Vec<Looked<'a>>,
}

#[derive(Serialize)]
struct Looked<'a> {
    check: &'static str,
    of: Option<&'a str>,
    result: &'static str,
    message: &'a str,
    hint: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn of(topic: &'a Topic) -> Self {
        let Topic { about, name, kind, findings } = topic;
        let about = match about {
            About::Builds => "builds",
            About::Executor => "executor",
            About::Registry => "registry",
        };
        Self { about, name, r#type: *kind, checks: findings.iter().map(Looked::of).collect() }
    }
}

impl<'a> Looked<'a> {
    fn of(finding: &'a Finding) -> Self {
        // No `..` here: a new field does not compile until it is shown.
        let Finding { check, of, state, says, hint } = finding;
        let (of, hint) = (of.as_deref(), hint.as_deref());
        Self { check, of, result: word(*state), message: says, hint }
    }
}

/// As `schemas/doctor.schema.json` says.
#[must_use]
pub fn json(topics: &[Topic], redactor: &Redactor) -> String {
    let states = topics.iter().flat_map(|topic| &topic.findings).map(|finding| finding.state);
    let worst = |worst, state| match (worst, state) {
        (State::Failed(_), _) | (State::Warning, State::Ok) => worst,
        _ => state,
    };
    let document = Document {
        version: 1,
        program: env!("CARGO_PKG_VERSION"),
        result: word(states.fold(State::Ok, worst)),
        topics: topics.iter().map(Shown::of).collect(),
    };
    redacted::document(&document, redactor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Fault;

    fn topic() -> Topic {
        let findings = vec![
            Finding::ok("version", "v1.28.3, the maintained fork"),
            Finding::warning("lock", "in use by `api`").hint("a run waits for it"),
            Finding::failed("push", Fault::Other, "denied:\nnobody").of("shop/api"),
        ];
        Topic { about: About::Executor, name: "far".into(), kind: Some("command"), findings }
    }

    #[test]
    fn each_finding_is_a_line_that_says_how_it_is_without_colour() {
        assert_eq!(
            text(&topic()),
            "executor far (command)\n  \
             ok       version: v1.28.3, the maintained fork\n  \
             warning  lock: in use by `api`\n           \
             hint: a run waits for it\n  \
             failed   push `shop/api`: denied:; nobody"
        );
    }

    #[test]
    fn an_executor_that_is_called_as_its_type_is_called_so_once() {
        let topic =
            Topic { name: "podman".into(), kind: Some("podman"), findings: vec![], ..topic() };
        assert_eq!(text(&topic), "executor podman");
    }

    #[test]
    fn the_summary_counts_what_did_not_go_well() {
        let of =
            |findings: &[Finding]| summary(&[Topic { findings: findings.to_vec(), ..topic() }]);
        let [ok, warning, failed] = topic().findings.try_into().unwrap();

        assert_eq!(of(std::slice::from_ref(&ok)), "1 check, all is well");
        assert_eq!(of(&[ok.clone(), warning.clone()]), "2 checks, 1 warning");
        assert_eq!(of(&[ok.clone(), failed.clone()]), "2 checks, 1 failed");
        assert_eq!(of(&[ok, warning.clone(), warning, failed]), "4 checks, 1 failed, 2 warnings");
    }
}
