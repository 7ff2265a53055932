//! `TeamCity`. Source: its documentation, "List of predefined build parameters" and "Pull
//! requests".

use std::collections::BTreeMap;
use std::io;

use super::super::{Ci, Field, Sources};
use super::{around, pipeline, run, told, why_absent};

const BUILD: &[(&str, &str)] = &[
    ("TEAMCITY_VERSION", "2025.11 (build 207946)"),
    ("TEAMCITY_BUILD_PROPERTIES_FILE", "/agent/temp/build.properties"),
    ("BUILD_NUMBER", "14"),
    ("BUILD_VCS_NUMBER", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("BUILD_URL", "https://teamcity.example.com/buildConfiguration/Shop_Api/1001"),
];

const ROOT: &str = "teamcity.build.id=1001\n\
    vcsroot.url=https\\://git.example.com/shop/api.git\n\
    vcsroot.branch=refs/heads/main\n\
    teamcity.build.triggeredBy.username=ada\n";

const MAIN: &str = "teamcity.build.branch=main\n\
    teamcity.build.branch.is_default=true\n\
    teamcity.build.vcs.branch.Shop_Api=refs/heads/main\n";

const REQUEST: &str = "teamcity.build.branch=pull/7\n\
    teamcity.build.branch.is_default=false\n\
    teamcity.build.vcs.branch.Shop_Api=refs/pull/7/head\n\
    teamcity.pullRequest.number=7\n\
    teamcity.pullRequest.target.branch=main\n";

fn with(variables: &[(&str, &str)], parameters: &str) -> Ci {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let configuration = format!("{ROOT}{parameters}");
    Ci::detect(Sources {
        env: [BUILD, variables].concat().iter().map(pair).collect::<BTreeMap<_, _>>(),
        directory: None,
        read_file: Box::new(move |path| match path.to_str() {
            Some("/agent/temp/build.properties") => {
                Ok("teamcity.configuration.properties.file=/agent/temp/config.properties\n".into())
            }
            Some("/agent/temp/config.properties") => Ok(configuration.clone().into_bytes()),
            _ => Err(io::Error::from(io::ErrorKind::NotFound)),
        }),
    })
}

#[test]
fn the_default_branch() {
    let ci = with(&[], MAIN);

    assert_eq!(
        run(&ci),
        [
            "event -",
            "branch main",
            "tag -",
            "ref main",
            "pull_request -",
            "on_default_branch true",
            "fork false",
        ]
    );
    assert_eq!(
        around(&ci),
        [
            "provider teamcity",
            "commit 7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
            "default_branch main",
            "repository shop/api",
            "repository_url https://git.example.com/shop/api",
            "pipeline_id 1001",
            "pipeline_url https://teamcity.example.com/buildConfiguration/Shop_Api/1001",
            "job_url https://teamcity.example.com/buildConfiguration/Shop_Api/1001",
            "actor ada",
        ]
    );
}

#[test]
fn the_default_branch_without_a_name_has_that_of_the_root() {
    let ci = with(&[], "teamcity.build.branch=<default>\nteamcity.build.branch.is_default=true\n");
    assert_eq!(
        told(&ci, &[Field::Branch, Field::OnDefaultBranch]),
        ["branch main", "on_default_branch true"]
    );
}

#[test]
fn another_branch_is_not_the_default_one() {
    let ci = with(
        &[],
        "teamcity.build.branch=develop\nteamcity.build.branch.is_default=false\n\
         teamcity.build.vcs.branch.Shop_Api=refs/heads/develop\n",
    );
    assert_eq!(
        told(&ci, &[Field::Branch, Field::OnDefaultBranch]),
        ["branch develop", "on_default_branch false"]
    );
}

#[test]
fn a_personal_build_is_not_on_the_default_branch() {
    let ci = with(&[("BUILD_IS_PERSONAL", "true")], MAIN);
    assert_eq!(told(&ci, &[Field::OnDefaultBranch]), ["on_default_branch false"]);
}

#[test]
fn a_tag_is_told_by_the_branch_of_version_control() {
    let ci = with(
        &[],
        "teamcity.build.branch=v1.2.3\nteamcity.build.vcs.branch.Shop_Api=refs/tags/v1.2.3\n",
    );

    assert_eq!(
        run(&ci),
        [
            "event tag",
            "branch -",
            "tag v1.2.3",
            "ref v1.2.3",
            "pull_request -",
            "on_default_branch false",
            "fork false",
        ]
    );
}

#[test]
fn a_pull_request_that_tells_its_source_branch_is_of_this_repository() {
    let ci = with(&[], &format!("{REQUEST}teamcity.pullRequest.source.branch=refs/heads/main\n"));

    assert_eq!(
        run(&ci),
        [
            "event pull_request",
            "branch -",
            "tag -",
            "ref main",
            "pull_request 7",
            "on_default_branch false",
            "fork false",
        ]
    );
}

#[test]
fn a_pull_request_without_a_source_branch_is_from_a_fork() {
    assert_eq!(
        told(&with(&[], REQUEST), &[Field::Ref, Field::PullRequest, Field::Fork]),
        ["ref -", "pull_request 7", "fork true"]
    );
}

#[test]
fn a_pull_request_by_its_ref_alone_may_be_from_a_fork() {
    let ci = with(&[], "teamcity.build.vcs.branch.Shop_Api=refs/pull/7/merge\n");
    assert_eq!(told(&ci, &[Field::Event, Field::Fork]), ["event pull_request", "fork ?"]);
}

#[test]
fn files_that_can_t_be_read_leave_the_branch_untold() {
    let ci = pipeline(BUILD, "");

    assert_eq!(
        why_absent(&ci, Field::Branch),
        "TeamCity's file of parameters `/agent/temp/build.properties` can't be read: entity not \
         found"
    );
    assert_eq!(
        told(&ci, &[Field::OnDefaultBranch, Field::Fork]),
        ["on_default_branch false", "fork ?"]
    );
}
