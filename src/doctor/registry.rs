//! Registries: what their answers mean for a run.

use crate::{
    oci::OciError,
    outcome::chain,
    plan::{ExecutorKind, Plan},
    registry::Reference,
};

use super::{About, Deed, Fault, Finding, Question, Topic};

/// Who logs in at a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// As builds name it.
    pub host: String,
    /// Who, and where that is from; or why that could not be had.
    pub finding: Finding,
    /// Whether the registry can be asked as a build would ask it.
    pub asks: bool,
}

/// What a registry has answered.
#[derive(Debug)]
pub enum Answer {
    /// It may be done.
    Yes,
    /// It may not, or nobody can tell.
    No(OciError),
    /// It was not asked: there is no login to ask with, or the host did not answer before.
    NotAsked,
    /// A file or a setting that it takes to ask is wrong: what, and what to do.
    Unable(String, Option<String>),
}

/// What there is to say of each registry, in the order in which the builds name them.
#[must_use]
pub fn registries(plan: &Plan, logins: &[Login], answers: &[(Question, Answer)]) -> Vec<Topic> {
    let mut topics: Vec<Topic> = Vec::new();
    for build in &plan.builds {
        for needed in &build.registries {
            if !topics.iter().any(|topic| topic.name == needed.host) {
                let (about, name) = (About::Registry, needed.host.clone());
                topics.push(Topic { about, name, kind: None, findings: Vec::new() });
            }
        }
    }
    for topic in &mut topics {
        let here = |login: &&Login| login.host == topic.name;
        for login in logins.iter().filter(here) {
            if !topic.findings.contains(&login.finding) {
                topic.findings.push(login.finding.clone());
            }
        }
        let here = |(question, _): &&(Question, Answer)| question.reference.host() == topic.name;
        for (question, answer) in answers.iter().filter(here) {
            topic.findings.extend(finding(plan, question, answer, answers));
        }
    }
    topics
}

fn finding(
    plan: &Plan,
    question: &Question,
    answer: &Answer,
    all: &[(Question, Answer)],
) -> Option<Finding> {
    let why = question.why();
    let (check, of) = match question.deed {
        Deed::Push => ("push", question.reference.repository().to_owned()),
        Deed::Pull => ("pull", within(&question.reference)),
    };
    let error = match answer {
        Answer::Yes => {
            let says = match question.deed {
                Deed::Push => format!("an upload may begin; {why}"),
                Deed::Pull => format!("it is there; {why}"),
            };
            return Some(Finding::ok(check, says).of(of));
        }
        Answer::NotAsked => return None,
        Answer::Unable(says, hint) => {
            let finding = Finding::failed(check, Fault::Input, says.clone()).of(of);
            return Some(finding.hint(hint.clone().unwrap_or_default()));
        }
        Answer::No(error) => error,
    };
    let says = format!("{}; {why}", chain(error));
    // A mirror, or what it stands for, has it.
    let had = |(other, answer): &(Question, Answer)| {
        other.deed == Deed::Pull
            && other.original == question.original
            && matches!(answer, Answer::Yes)
    };
    let finding = if question.deed == Deed::Pull && all.iter().any(had) {
        Finding::warning(check, says).hint("it is pulled from where it is: see `mirrors`")
    } else if never_answered(error) && is_far_away(plan, question) {
        Finding::warning(check, says).hint(
            "this was asked from here, and its executor is elsewhere: it may reach what we do not",
        )
    } else {
        Finding::failed(check, Fault::Other, says).hint(remedy(error))
    };
    Some(finding.of(of))
}

/// Repository, tag and digest.
fn within(reference: &Reference) -> String {
    let text = reference.to_string();
    match text.split_once('/') {
        Some((_, rest)) => rest.to_owned(),
        None => text,
    }
}

/// Whether all who use it build where the network may be another than ours.
fn is_far_away(plan: &Plan, question: &Question) -> bool {
    let builds = plan.builds.iter().filter(|build| {
        build.registries.iter().any(|needed| needed.host == question.reference.host())
    });
    let far = |kind: &ExecutorKind| {
        matches!(kind, ExecutorKind::CloudFoundry(_) | ExecutorKind::Command(_))
    };
    builds.into_iter().all(|build| far(&build.executor.kind))
}

/// Whether nobody at its host has said a word.
pub(crate) fn never_answered(error: &OciError) -> bool {
    matches!(
        error,
        OciError::NoHost { .. }
            | OciError::Unreachable { .. }
            | OciError::Silent { .. }
            | OciError::Lost { .. }
            | OciError::Proxy { .. }
    )
}

/// What to do about it.
fn remedy(error: &OciError) -> &'static str {
    if let Some(hint) = error.hint() {
        return hint;
    }
    match error {
        // As a first file has it outside of a CI.
        OciError::Unreachable { host, .. } if host == "localhost" => {
            "no registry is on this machine: name yours in `image`"
        }
        OciError::Unreachable { .. } | OciError::Silent { .. } | OciError::Lost { .. } => {
            "is it up, and can it be reached from this machine?"
        }
        OciError::Server { .. } => "ask whoever runs it, or try again later",
        OciError::TooMany { .. } => "wait, log in, or name `mirrors` of it",
        OciError::Proxy { .. } => "look at `HTTPS_PROXY` and `NO_PROXY`",
        OciError::Denied { .. } => "let this user do so there, or log in as another one",
        OciError::ReadOnly { .. } => "push elsewhere, or let it take pushes again",
        OciError::NotFound { .. } => "make the repository or project there first",
        OciError::NoImage { .. } => {
            "check the reference; some registries say so of images that the login may not see"
        }
        OciError::Untrusted { .. } | OciError::Tls { .. } => {
            "look at its certificate and at `ca-file` and `client-cert-file`"
        }
        OciError::Setting { .. } => "correct it in its `[registries.NAME]`",
        _ => "is it a registry, and is its address right?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_named_no_registry_yet_is_told_to() {
        let unreachable = |host: &str| {
            let source = std::io::ErrorKind::ConnectionRefused.into();
            OciError::Unreachable { host: host.to_owned(), source }
        };

        assert_eq!(
            remedy(&unreachable("localhost")),
            "no registry is on this machine: name yours in `image`"
        );
        assert_eq!(
            remedy(&unreachable("localhost:5000")),
            "is it up, and can it be reached from this machine?"
        );
    }
}
