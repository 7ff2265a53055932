//! Pipelines that are only imagined: the tags of their kinds, and the labels of their images.
//!
//! `tag_rules.rs` has the other rules of docker's metadata-action.

use crate::sandbox::Sandbox;

/// A build whose `tags` these are.
pub(crate) fn with(tags: &str) -> Sandbox {
    build(&format!("image = \"name/app\"\ntags = [\n{tags}\n]"))
}

fn build(keys: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!("version = 1\n[builds.app]\nexecutor = \"docker\"\n{keys}\n"))
        .file("Dockerfile", "FROM scratch\n")
}

/// The tags of a plan, both on GitLab and on GitHub.
#[track_caller]
pub(crate) fn tags(sandbox: &Sandbox, pipeline: &[&str]) -> Vec<String> {
    let [gitlab, github] = ["gitlab", "github"].map(|ci| tags_on(sandbox, ci, pipeline));
    assert_eq!(gitlab, github, "GitLab and GitHub differ");
    gitlab
}

#[track_caller]
fn tags_on(sandbox: &Sandbox, ci: &str, pipeline: &[&str]) -> Vec<String> {
    let plan = ["plan", "--format", "json", "--ci", ci];
    let ran = sandbox.run(plan.iter().chain(pipeline));
    ran.code(0).stderr("");
    let plan: serde_json::Value = serde_json::from_slice(ran.told_bytes()).expect("it is JSON");
    let destinations = plan["builds"][0]["destinations"].as_array().expect("they are listed");
    let tag = |reference: &serde_json::Value| {
        let reference = reference.as_str().expect("a reference");
        let tag = reference.strip_prefix("index.docker.io/name/app:");
        tag.or_else(|| reference.strip_prefix("name/app:"))
            .unwrap_or_else(|| panic!("`{reference}` is no tag of the image"))
            .to_owned()
    };
    destinations.iter().map(tag).collect()
}

const NONE: &[&str] = &[];

/// README, "Basic".
#[test]
fn a_pull_request_a_branch_and_a_tag_are_named_after_themselves() {
    let rules = with(
        r#"
        { tag = "{{ ci.branch | tag_safe }}", when = "{{ ci.branch }}" },
        { tag = "{{ ci.tag | tag_safe }}", when = "{{ ci.tag }}" },
        { tag = "pr-{{ ci.pull_request }}", when = "{{ ci.pull_request }}" },
        { tag = "latest", when = "{{ ci.tag }}" },
        "#,
    );

    assert_eq!(tags(&rules, &["--pull-request", "2"]), ["pr-2"]);
    assert_eq!(tags(&rules, &["--branch", "master"]), ["master"]);
    assert_eq!(tags(&rules, &["--branch", "releases/v1"]), ["releases-v1"]);
    assert_eq!(tags(&rules, &["--branch", "my/branch"]), ["my-branch"]);
    assert_eq!(tags(&rules, &["--tag", "v1.2.3"]), ["v1.2.3", "latest"]);
    assert_eq!(tags(&rules, &["--tag", "v2.0.8-beta.67"]), ["v2.0.8-beta.67", "latest"]);
}

/// README, "Semver": a pre-release is never `latest` and has no `major.minor`.
#[test]
fn a_version_has_its_parts_and_a_pre_release_is_never_the_latest() {
    let rules = with(
        r#"
        { tag = "{{ ci.branch | tag_safe }}", when = "{{ ci.branch }}" },
        { tag = "pr-{{ ci.pull_request }}", when = "{{ ci.pull_request }}" },
        "{{ ci.tag | semver('{version}') }}",
        "{{ ci.tag | semver('{major}.{minor}') }}",
        { tag = "latest", when = "{{ ci.tag | semver('{major}') }}" },
        "#,
    );

    assert_eq!(tags(&rules, &["--pull-request", "2"]), ["pr-2"]);
    assert_eq!(tags(&rules, &["--branch", "master"]), ["master"]);
    assert_eq!(tags(&rules, &["--branch", "releases/v1"]), ["releases-v1"]);
    assert_eq!(tags(&rules, &["--tag", "v1.2.3"]), ["1.2.3", "1.2", "latest"]);
    assert_eq!(tags(&rules, &["--tag", "v2.0.8-beta.67"]), ["2.0.8-beta.67"]);
}

/// README, "type=semver".
#[test]
fn each_pattern_of_a_version_has_its_form() {
    for (pattern, tag) in [
        ("{version}", "1.2.3"),
        ("{major}.{minor}", "1.2"),
        ("{major}", "1"),
        ("v{major}", "v1"),
        ("{minor}", "2"),
        ("{patch}", "3"),
    ] {
        let rule = with(&format!("\"{{{{ ci.tag | semver('{pattern}') }}}}\""));
        assert_eq!(tags(&rule, &["--tag", "v1.2.3"]), [tag], "{pattern}");
    }
    let raw = with(r#"{ tag = "{{ ci.tag }}", when = "{{ ci.tag | semver('{version}') }}" }"#);
    assert_eq!(tags(&raw, &["--tag", "v1.2.3"]), ["v1.2.3"]);
}

/// README, "Major version zero".
#[test]
fn major_zero_alone_is_no_tag() {
    let rules = with(
        r#"
        "{{ ci.tag | semver('{version}') }}",
        "{{ ci.tag | semver('{major}.{minor}') }}",
        { tag = "{{ ci.tag | semver('{major}') }}", when = "{{ ci.tag | semver('{major}') != '0' }}" },
        "#,
    );

    assert_eq!(tags(&rules, &["--tag", "v0.1.2"]), ["0.1.2", "0.1"]);
    assert_eq!(tags(&rules, &["--tag", "v1.1.2"]), ["1.1.2", "1.1", "1"]);
}

/// README, "type=match".
#[test]
fn a_part_of_a_tag_is_matched() {
    for (tag, pattern, expected) in [
        ("v1.2.3", r"\\d.\\d.\\d", "1.2.3"),
        ("v2.0.8-beta.67", "v(.*)", "2.0.8-beta.67"),
        ("v2.0.8-beta.67", r"v(\\d.\\d)", "2.0"),
        ("20200110-RC2", r"\\d+", "20200110"),
        ("p1/v1.2.3", r"p1/v(\\d.\\d.\\d)", "1.2.3"),
    ] {
        let rule = build(&format!(
            "image = \"name/app\"\ntags = [\"{{{{ ci.tag | match('{pattern}') }}}}\"]"
        ));
        assert_eq!(tags(&rule, &["--tag", tag]), [expected], "{pattern}");
    }
    let rules = with(r#""{{ ci.tag | match('v(.*)') }}", "always""#);
    assert_eq!(tags(&rules, &["--branch", "main"]), ["always"]);
    assert_eq!(tags(&rules, &["--tag", "nightly"]), ["always"]);
}

/// README, "type=edge".
#[test]
fn the_default_branch_or_another_is_the_edge() {
    let rules = with(
        r#"
        { tag = "edge", when = "{{ ci.on_default_branch }}" },
        { tag = "next", when = "{{ ci.branch == 'develop' }}" },
        "always",
        "#,
    );

    assert_eq!(tags(&rules, &["--branch", "main"]), ["edge", "always"]);
    assert_eq!(tags(&rules, &["--branch", "develop"]), ["next", "always"]);
    assert_eq!(tags(&rules, &["--tag", "v1.2.3"]), ["always"]);
    assert_eq!(tags(&rules, &["--pull-request", "7"]), ["always"]);
    assert_eq!(tags(&rules, NONE), ["edge", "always"]);
}

/// README, "Basic": `push: ${{ github.event_name != 'pull_request' }}`.
#[test]
fn a_pull_request_is_built_and_not_pushed() {
    let rule = build("image = \"name/app\"\nno-push = \"{{ ci.event == 'pull_request' }}\"");
    let pushes = |pipeline: &[&str]| {
        let ran = rule.run(["plan", "--ci", "github"].iter().chain(pipeline));
        ran.code(0).results().iter().any(|line| line.starts_with("  push "))
    };

    assert!(!pushes(&["--pull-request", "7"]));
    assert!(pushes(&["--branch", "main"]));
}

#[test]
fn an_imagined_pipeline_knows_nothing_of_the_real_one() {
    let rule = with(r#""{{ ci.commit_short }}", "{{ env.WHERE | default('nowhere') }}""#)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_SHA", "0000000000000000000000000000000000000000")
        .env("WHERE", "here")
        .env("KANIKO_BUILD__BUILDS__APP__TARGET", "nope");

    assert_eq!(tags(&rule, &["--branch", "main"]), ["7f3a1c9e", "nowhere"]);
    assert_eq!(tags(&rule, &["--branch", "main", "--env", "WHERE=there"]), ["7f3a1c9e", "there"]);
}

#[test]
fn an_imagined_pipeline_runs_on_a_machine_with_an_engine() {
    let sandbox = Sandbox::new()
        .config("version = 1\n[builds.app]\nimage = \"name/app\"\n")
        .file("Dockerfile", "FROM alpine\nRUN true\n");

    let ran = sandbox.run(["plan", "--ci", "gitlab"]);

    assert!(ran.code(0).results()[0].starts_with("app on docker"), "{:?}", ran.results());
}

#[test]
fn secrets_of_an_imagined_pipeline_are_dummies() {
    build("image = \"{{ ci.registry_image }}\"\ntags = [\"{{ ci.commit_short }}\"]")
        .run(["check", "--ci", "gitlab", "--tag", "v1.2.3"])
        .code(0)
        .stdout("");
    build("image = \"{{ ci.registry_image }}\"\nsecrets = { token = { env = \"CI_JOB_TOKEN\" } }")
        .run(["plan", "--ci", "gitlab"])
        .code(0)
        .never_tells("dummy");
}

#[test]
fn an_event_that_is_not_of_such_a_run_is_refused() {
    with("\"1\"")
        .run(["plan", "--ci", "gitlab", "--tag", "v1", "--event", "push"])
        .code(2)
        .stdout("")
        .stderr(
            "error: a run for a tag is not set off by the event `push`\n\
             hint: add `--branch`, `--tag` or `--pull-request`, or leave `--event` out",
        );
}

#[test]
fn an_event_that_no_job_of_that_ci_is_told_of_changes_nothing() {
    let warns = |ci: &str, event: &str, expected: &str| {
        with("\"1\"").run(["plan", "--ci", ci, "--event", event]).code(0).stderr(expected);
    };
    warns(
        "jenkins",
        "schedule",
        "warning: `--event schedule` changes nothing: Jenkins does not tell a job what set it off",
    );
    warns(
        "git",
        "schedule",
        "warning: `--event schedule` changes nothing: without a CI each run is set off by hand",
    );
    warns("git", "manual", "");
    warns("gitlab", "schedule", "");
}

#[test]
fn a_number_that_is_none_is_told_in_words() {
    let told = |arguments: &[&str], why: &str| {
        let expected = format!("error: invalid value {why}\n\nFor more information, try '--help'.");
        with("\"1\"").run(arguments.iter().copied()).code(2).stdout("").stderr(&expected);
    };
    let jobs = "for '--jobs <N>': write a whole number from 1 to 65535, such as `--jobs 2`";
    told(&["run", "--jobs", "abc"], &format!("'abc' {jobs}"));
    told(&["run", "-j", "99999999999999999999"], &format!("'99999999999999999999' {jobs}"));
    told(
        &["plan", "--ci", "gitlab", "--pull-request", "!7"],
        "'!7' for '--pull-request <NUMBER>': write its number, such as `--pull-request 7`",
    );
}

#[test]
fn a_ci_that_is_not_known_is_told_with_all_that_are() {
    with("\"1\"").run(["plan", "--ci", "hudson"]).code(2).stderr_contains(
        "[possible values: gitlab, github, azure, bitbucket, buildkite, circleci, travis, \
         woodpecker, drone, teamcity, jenkins, git]",
    );
}

#[test]
fn a_branch_without_a_ci_to_imagine_is_a_mistake() {
    with("\"1\"")
        .run(["plan", "--branch", "main"])
        .code(2)
        .stdout("")
        .stderr_contains("--ci <NAME>");
}

/// The labels of a plan.
fn labels(keys: &str, pipeline: &[&str]) -> Vec<String> {
    let sandbox = build(&format!("image = \"name/app\"\n{keys}"));
    let ran = sandbox.run(["plan", "--ci", "gitlab"].iter().chain(pipeline));
    let results = ran.code(0).results();
    let labels = results.iter().filter_map(|line| line.strip_prefix("  label        "));
    labels.map(|label| label.split("  [").next().unwrap_or(label).to_owned()).collect()
}

#[test]
fn an_image_tells_what_it_was_built_from() {
    assert_eq!(
        labels("", &["--tag", "v1.2.3"]),
        [
            "org.opencontainers.image.created=2026-02-28T22:30:00Z",
            "org.opencontainers.image.revision=7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
            "org.opencontainers.image.source=https://gitlab.example.com/group/project",
            "org.opencontainers.image.url=https://gitlab.example.com/group/project",
            "org.opencontainers.image.version=1.2.3",
            "org.opencontainers.image.title=app",
        ]
    );
}

#[test]
fn an_image_tells_the_licence_that_github_has_found() {
    let ran = build("image = \"name/app\"")
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_SHA", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c")
        .env("GITHUB_REF", "refs/heads/main")
        .env("GITHUB_EVENT_PATH", "event.json")
        .file("event.json", r#"{"repository": {"license": {"spdx_id": "Apache-2.0"}}}"#)
        .run(["plan"]);

    ran.code(0).stdout_contains("org.opencontainers.image.licenses=Apache-2.0");
}

#[test]
fn labels_are_overridden_and_left_out_one_by_one_and_a_branch_has_no_version() {
    let keys = "[builds.app.labels]\n\
        \"org.opencontainers.image.title\" = \"MyCustomTitle\"\n\
        \"org.opencontainers.image.url\" = false\n\
        \"org.opencontainers.image.created\" = false\n\
        maintainer = \"CrazyMax\"\n";

    assert_eq!(
        labels(keys, &["--branch", "main"]),
        [
            "org.opencontainers.image.revision=7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
            "org.opencontainers.image.source=https://gitlab.example.com/group/project",
            "org.opencontainers.image.title=MyCustomTitle",
            "maintainer=CrazyMax",
        ]
    );
}

#[test]
fn without_oci_labels_there_are_those_that_are_written() {
    assert_eq!(
        labels("oci-labels = false\nlabels = { stage = \"test\" }", &["--tag", "v1.2.3"]),
        ["stage=test"]
    );
}

#[test]
fn where_no_commit_is_known_no_label_is_made_up() {
    let ran = build("image = \"name/app\"").run(["plan"]);
    assert!(!ran.code(0).results().iter().any(|line| line.starts_with("  label")));
}
