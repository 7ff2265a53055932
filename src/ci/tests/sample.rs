//! Pipelines that are only imagined: each provider reads its own sample.

use super::super::{Ci, Event, Field, Imagined, Provider, RunsFor};
use super::{told, why_unknown};

fn imagined(provider: Provider, runs_for: RunsFor) -> Ci {
    let imagined = Imagined::new(provider, Some(runs_for), None).expect("it can be");
    imagined.ci(imagined.environment())
}

const FIELDS: [Field; 6] =
    [Field::Branch, Field::Tag, Field::Ref, Field::PullRequest, Field::CommitShort, Field::Dirty];

#[test]
fn the_environment_of_a_sample_tells_of_its_provider() {
    for provider in Provider::ALL {
        let imagined = Imagined::new(provider, None, None).expect("it can be");
        assert_eq!(Provider::of(&imagined.environment()), provider);
    }
}

#[test]
fn a_branch_is_told_by_every_provider() {
    for provider in Provider::ALL {
        assert_eq!(
            told(&imagined(provider, RunsFor::Branch("topic".into())), &FIELDS),
            [
                "branch topic",
                "tag -",
                "ref topic",
                "pull_request -",
                "commit_short 7f3a1c9e",
                "dirty false",
            ],
            "{provider:?}"
        );
    }
}

#[test]
fn a_tag_is_told_by_every_provider() {
    for provider in Provider::ALL {
        assert_eq!(
            told(&imagined(provider, RunsFor::Tag("v1.2.3".into())), &FIELDS),
            [
                "branch -",
                "tag v1.2.3",
                "ref v1.2.3",
                "pull_request -",
                "commit_short 7f3a1c9e",
                "dirty false",
            ],
            "{provider:?}"
        );
    }
}

#[test]
fn a_pull_request_is_told_by_every_provider_and_is_never_on_the_default_branch() {
    for provider in Provider::ALL.into_iter().filter(|provider| *provider != Provider::Git) {
        let ci = imagined(provider, RunsFor::PullRequest(7));

        assert_eq!(
            told(&ci, &[Field::PullRequest, Field::Ref, Field::OnDefaultBranch]),
            ["pull_request 7", "ref feature/login", "on_default_branch false"],
            "{provider:?}"
        );
    }
}

#[test]
fn a_push_to_main_is_on_the_default_branch_where_that_can_be_told() {
    for provider in Provider::ALL.into_iter().filter(|provider| *provider != Provider::Azure) {
        let ci = imagined(provider, RunsFor::Branch("main".into()));
        assert_eq!(
            told(&ci, &[Field::OnDefaultBranch]),
            ["on_default_branch true"],
            "{provider:?}"
        );
    }
    assert_eq!(
        why_unknown(
            &imagined(Provider::Azure, RunsFor::Branch("main".into())),
            Field::OnDefaultBranch
        ),
        "Azure Pipelines does not name the default branch, nor does the repository; compare \
         `ci.branch` with its name"
    );
}

#[test]
fn schedules_and_manual_runs_are_told_by_those_who_tell_events() {
    for provider in [
        Provider::GitLab,
        Provider::GitHub,
        Provider::Azure,
        Provider::Buildkite,
        Provider::Travis,
        Provider::Woodpecker,
        Provider::Drone,
    ] {
        for (event, expected) in
            [(Event::Schedule, "event schedule"), (Event::Manual, "event manual")]
        {
            let imagined = Imagined::new(provider, None, Some(event)).expect("it can be");
            let ci = imagined.ci(imagined.environment());

            assert_eq!(told(&ci, &[Field::Event, Field::Branch]), [expected, "branch main"]);
        }
    }
}

#[test]
fn an_event_that_is_not_of_such_a_run_is_refused() {
    let refused =
        |runs_for, event| Imagined::new(Provider::GitLab, runs_for, Some(event)).unwrap_err();

    assert_eq!(
        refused(Some(RunsFor::Tag("v1".into())), Event::Push),
        "a run for a tag is not set off by the event `push`"
    );
    assert_eq!(
        refused(Some(RunsFor::PullRequest(7)), Event::Schedule),
        "a run for a pull request is not set off by the event `schedule`"
    );
    assert_eq!(
        refused(None, Event::PullRequest),
        "a run for a branch is not set off by the event `pull_request`"
    );
}

#[test]
fn git_alone_has_no_pull_requests() {
    assert_eq!(
        Imagined::new(Provider::Git, Some(RunsFor::PullRequest(7)), None).unwrap_err(),
        "where there is no CI there are no pull requests"
    );
}

#[test]
fn a_sample_describes_its_commit_by_its_tag_or_by_the_last_one() {
    assert_eq!(
        imagined(Provider::GitLab, RunsFor::Tag("v1.2.3".into())).git_describe().as_text(),
        Some("v1.2.3")
    );
    assert_eq!(
        imagined(Provider::GitLab, RunsFor::Branch("main".into())).git_describe().as_text(),
        Some("v1.0.0-4-g7f3a1c9e")
    );
}
