//! What each provider tells, from the variables that its documentation gives.

mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod drone;
mod git;
mod github;
mod gitlab;
mod jenkins;
mod sample;
mod teamcity;
mod travis;
mod woodpecker;

use std::collections::BTreeMap;
use std::io;

use super::{Ci, Fact, FactValue, Field, Sources};

/// A pipeline with these variables, no repository, and `event` as GitHub's event file.
fn pipeline(variables: &[(&str, &str)], event: &'static str) -> Ci {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Ci::detect(Sources {
        env: variables.iter().map(pair).collect::<BTreeMap<_, _>>(),
        directory: None,
        read_file: Box::new(move |_| match event {
            "" => Err(io::Error::from(io::ErrorKind::NotFound)),
            content => Ok(content.into()),
        }),
    })
}

/// What a pipeline tells, one a line: `event push`, `fork true`. A field that has no value has `-`,
/// one that can't be told `?`.
fn told(ci: &Ci, fields: &[Field]) -> Vec<String> {
    let value = |field: &Field| match ci.fact(*field) {
        Fact::Known(FactValue::Text(text)) => text,
        Fact::Known(FactValue::Flag(flag)) => flag.to_string(),
        Fact::Known(FactValue::Number(number)) => number.to_string(),
        Fact::Absent(_) => "-".to_owned(),
        Fact::Unknown(_) => "?".to_owned(),
    };
    fields.iter().map(|field| format!("{} {}", field.name(), value(field))).collect()
}

/// What a run is for.
fn run(ci: &Ci) -> Vec<String> {
    let fields = [
        Field::Event,
        Field::Branch,
        Field::Tag,
        Field::Ref,
        Field::PullRequest,
        Field::OnDefaultBranch,
        Field::Fork,
    ];
    told(ci, &fields)
}

/// What surrounds it.
fn around(ci: &Ci) -> Vec<String> {
    let fields = [
        Field::Provider,
        Field::Commit,
        Field::DefaultBranch,
        Field::Repository,
        Field::RepositoryUrl,
        Field::PipelineId,
        Field::PipelineUrl,
        Field::JobUrl,
        Field::Actor,
    ];
    told(ci, &fields)
}

fn text(ci: &Ci, field: Field) -> String {
    match ci.fact(field) {
        Fact::Known(_) => ci.fact(field).as_text().expect("the field is text").to_owned(),
        other => panic!("{} is {other:?}", field.name()),
    }
}

fn flag(ci: &Ci, field: Field) -> bool {
    ci.fact(field).as_flag().expect("the field is yes or no")
}

fn why_absent(ci: &Ci, field: Field) -> String {
    match ci.fact(field) {
        Fact::Absent(reason) => reason,
        other => panic!("{} is {other:?}", field.name()),
    }
}

fn why_unknown(ci: &Ci, field: Field) -> String {
    match ci.fact(field) {
        Fact::Unknown(reason) => reason,
        other => panic!("{} is {other:?}", field.name()),
    }
}

#[test]
fn a_ci_without_an_environment_is_git_alone() {
    let ci = pipeline(&[], "");

    assert_eq!(text(&ci, Field::Provider), "git");
    assert_eq!(why_absent(&ci, Field::Commit), "no git repository is looked at");
}

#[test]
fn the_time_is_that_of_the_pipeline_or_else_of_the_run() {
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_772_330_401);
    let gitlab = [("GITLAB_CI", "true"), ("CI_PIPELINE_CREATED_AT", "2026-02-28T22:59:59Z")];

    assert_eq!(text(&pipeline(&gitlab, "").at(now), Field::Time), "2026-02-28T22:59:59Z");
    assert_eq!(text(&pipeline(&gitlab[..1], "").at(now), Field::Time), "2026-03-01T02:00:01Z");
    assert_eq!(why_absent(&pipeline(&[], ""), Field::Time), "no clock is looked at");
}

#[test]
fn nothing_of_the_environment_is_in_the_debug_form() {
    let ci = pipeline(&[("GITLAB_CI", "true"), ("CI_JOB_TOKEN", "s3cret")], "");
    assert_eq!(format!("{ci:?}"), "Ci { provider: GitLab, .. }");
}
