//! The rules of docker's metadata-action, each one line of a file, case by case as its README has
//! them, on GitLab and on GitHub. `pipelines.rs` has the basic ones.

use crate::{
    pipelines::{tags, with},
    repository,
};

/// The tags that `pipeline` gives by these rules.
#[track_caller]
fn by(rules: &str, pipeline: &[&str], expected: &[&str]) {
    assert_eq!(tags(&with(rules), pipeline), expected, "{rules}");
}

/// README, "type=schedule": the pipeline's own time, in UTC.
#[test]
fn the_clock_has_tags_of_its_own() {
    let rules = r#"
        { tag = "nightly", when = "{{ ci.event == 'schedule' }}" },
        { tag = "{{ ci.time[:10] | replace('-', '') }}", when = "{{ ci.event == 'schedule' }}" },
        { tag = "{{ ci.time | match('^[^Z]*') | replace('-', '') | replace(':', '') | replace('T', '-') }}", when = "{{ ci.event == 'schedule' }}" },
        "always",
        "#;

    by(rules, &["--event", "schedule"], &["nightly", "20260301", "20260301-020000", "always"]);
    by(rules, &["--event", "manual"], &["always"]);
    by(rules, &["--branch", "main"], &["always"]);
}

/// README, "type=semver": with `match`, and with a value of its own in place of the tag.
#[test]
fn a_version_is_a_part_of_a_tag_or_of_another_value() {
    by(
        r#""{{ ci.tag | semver('{version}', prefix='p1/') }}""#,
        &["--tag", "p1/v1.2.3"],
        &["1.2.3"],
    );
    by(
        r#""{{ ci.tag | match('v(\\d.\\d.\\d)$') | semver('{major}.{minor}') }}""#,
        &["--tag", "p1/v1.2.3"],
        &["1.2"],
    );
    by(r#""{{ 'v1.0.0' | semver('{version}') }}""#, &["--branch", "main"], &["1.0.0"]);
    by(
        r#""{{ 'p1/v1.0.0' | match('v(\\d.\\d.\\d)$') | semver('{version}') }}""#,
        &["--pull-request", "2"],
        &["1.0.0"],
    );
}

/// README, "type=semver": what a pre-release extends.
#[test]
fn a_pre_release_is_its_version_and_its_tag_and_nothing_shorter() {
    let rules = r#"
        { tag = "{{ ci.tag }}", when = "{{ ci.tag | semver('{version}') }}" },
        "{{ ci.tag | semver('{version}') }}",
        "{{ ci.tag | semver('{major}') }}",
        "{{ ci.tag | semver('{major}.{minor}') }}",
        "#;

    by(rules, &["--tag", "v2.0.8-beta.67"], &["v2.0.8-beta.67", "2.0.8-beta.67"]);
}

/// README, "type=pep440".
#[test]
fn a_version_of_python_has_its_form() {
    for (tag, pattern, expected) in [
        ("1.2.3", "{version}", "1.2.3"),
        ("v1.2.3", "{version}", "1.2.3"),
        ("1.2.3", "{major}.{minor}", "1.2"),
        ("1.2.3", "v{major}", "v1"),
        ("1.2.3rc2", "{version}", "1.2.3rc2"),
        ("1.2.3post1", "{version}", "1.2.3.post1"),
        ("1.2.3beta2", "{version}", "1.2.3b2"),
        ("1.0dev4", "{version}", "1.0.dev4"),
    ] {
        by(&format!("\"{{{{ ci.tag | pep440('{pattern}') }}}}\""), &["--tag", tag], &[expected]);
    }
    let raw = r#"{ tag = "{{ ci.tag }}", when = "{{ ci.tag | pep440('{version}') }}" }"#;
    by(raw, &["--tag", "v1.2.3rc2"], &["v1.2.3rc2"]);
    let matched = r#""{{ ci.tag | match('v(\\d.\\d.\\d)$') | pep440('{version}') }}""#;
    by(matched, &["--tag", "p1/v1.2.3"], &["1.2.3"]);
    let latest = r#"{ tag = "latest", when = "{{ ci.tag | pep440('{major}') }}" }, "always""#;
    by(latest, &["--tag", "1.2.3"], &["latest", "always"]);
    by(latest, &["--tag", "1.2.3rc2"], &["always"]);
    by(latest, &["--branch", "main"], &["always"]);
}

/// README, "type=match": a whole match, a group, a value of its own; nothing where nothing matches.
#[test]
fn a_match_takes_another_value_too() {
    by(r#""{{ 'v1.0.0' | match('v(.*)') }}""#, &["--branch", "main"], &["1.0.0"]);
    by(r#""{{ env.RELEASE | match('v(.*)') }}", "always""#, &["--branch", "main"], &["always"]);
    by(
        r#""{{ env.RELEASE | match('v(.*)') }}", "always""#,
        &["--branch", "main", "--env", "RELEASE=v3"],
        &["3", "always"],
    );
}

/// README, "flavor": a prefix and a suffix are written where they belong, also at `latest`.
#[test]
fn a_flavour_is_written_out() {
    let rules = r#"
        { tag = "foo-{{ ci.tag | semver('{version}') }}-alpine", when = "{{ ci.tag | semver('{version}') }}" },
        { tag = "foo-latest-alpine", when = "{{ ci.tag | semver('{major}') }}" },
        { tag = "latest", when = "{{ ci.tag | semver('{major}') }}" },
        { tag = "foo-{{ ci.branch | tag_safe }}-alpine", when = "{{ ci.branch }}" },
        "#;

    by(rules, &["--tag", "v1.2.3"], &["foo-1.2.3-alpine", "foo-latest-alpine", "latest"]);
    by(rules, &["--tag", "v1.2.3-rc.1"], &["foo-1.2.3-rc.1-alpine"]);
    by(rules, &["--branch", "my/branch"], &["foo-my-branch-alpine"]);
}

/// README, "Latest tag": `true`, `false`, and for one branch alone.
#[test]
fn latest_is_a_tag_as_any_other() {
    by(r#""latest""#, &["--pull-request", "2"], &["latest"]);
    let of_branch = r#"{ tag = "latest", when = "{{ ci.branch == 'release' }}" }, "always""#;
    by(of_branch, &["--branch", "release"], &["latest", "always"]);
    by(of_branch, &["--branch", "main"], &["always"]);
    by(of_branch, &["--tag", "v1.2.3"], &["always"]);
    let of_default = r#"{ tag = "latest", when = "{{ ci.on_default_branch }}" }, "always""#;
    by(of_default, &["--branch", "main"], &["latest", "always"]);
    by(of_default, &["--pull-request", "2"], &["always"]);
}

/// README, "type=raw": `enable`; and "priority": the order is that of the file.
#[test]
fn a_text_is_a_tag_where_it_is_switched_on() {
    let rules = r#"
        { tag = "foo", when = true },
        { tag = "bar", when = false },
        { tag = "baz", when = "{{ env.EXTRA }}" },
        "#;

    by(rules, &["--branch", "main"], &["foo"]);
    by(rules, &["--branch", "main", "--env", "EXTRA=1"], &["foo", "baz"]);
}

/// README, "type=sha": short, of another length, long; with and without a prefix.
#[test]
fn a_commit_is_a_tag_of_any_length() {
    by(
        r#"
        "sha-{{ ci.commit | short(7) }}",
        "{{ ci.commit | short(12) }}",
        "sha-{{ ci.commit }}",
        { tag = "{{ ci.branch | tag_safe }}-{{ ci.commit | short(7) }}", when = "{{ ci.branch }}" },
        "#,
        &["--branch", "my/branch"],
        &[
            "sha-7f3a1c9",
            "7f3a1c9e5b2d",
            "sha-7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
            "my-branch-7f3a1c9",
        ],
    );
}

/// README, "Global expressions": `{{branch}}`, `{{tag}}`, `{{sha}}`, `{{base_ref}}`,
/// `{{is_default_branch}}`, `{{is_not_default_branch}}`, `{{date}}`, `{{commit_date}}`.
#[test]
fn what_is_told_of_the_pipeline_is_written_into_a_tag() {
    let rules = r#"
        { tag = "mytag-{{ ci.branch | tag_safe }}-{{ ci.commit | short(7) }}", when = "{{ ci.branch }}" },
        { tag = "of-{{ ci.tag }}", when = "{{ ci.tag }}" },
        { tag = "into-{{ env.GITHUB_BASE_REF or env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME }}", when = "{{ ci.pull_request }}" },
        { tag = "other", when = "{{ not ci.on_default_branch }}" },
        "on-{{ ci.time[:10] }}",
        "of-{{ ci.commit_time[:10] | replace('-', '') }}",
        "#;

    let dates = ["on-2026-03-01", "of-20260228"];
    by(rules, &["--branch", "main"], &["mytag-main-7f3a1c9", dates[0], dates[1]]);
    by(
        rules,
        &["--branch", "my/branch"],
        &["mytag-my-branch-7f3a1c9", "other", dates[0], dates[1]],
    );
    by(rules, &["--tag", "v1.2.3"], &["of-v1.2.3", "other", dates[0], dates[1]]);
    by(rules, &["--pull-request", "2"], &["into-main", "other", dates[0], dates[1]]);
}

/// README, "Image name and tag sanitization".
#[test]
fn a_tag_is_made_of_what_a_tag_may_have() {
    by(r#""{{ ci.branch | tag_safe }}""#, &["--branch", "feat/ä+b"], &["feat-b"]);
    by(r#""{{ ci.branch | tag_safe }}""#, &["--branch", ".hidden"], &["hidden"]);
}

#[test]
fn every_line_of_the_page_is_taken_in_every_pipeline() {
    let page = repository::text("docs/tags.md");
    let rows = page.lines().skip_while(|line| *line != "| tag | line |").skip(2);
    let spans = rows.take_while(|row| row.starts_with('|')).flat_map(|row| {
        row.split('`').skip(1).step_by(2).map(|span| span.replace("\\|", "|")).collect::<Vec<_>>()
    });
    let lines: Vec<_> = spans.filter(|span| span.starts_with(['"', '{'])).collect();

    assert!(lines.len() >= 14, "{lines:?}");
    for line in &lines {
        for pipeline in [["--branch", "main"], ["--tag", "v1.2.3"], ["--pull-request", "2"]] {
            let tags = tags(&with(&format!("{line}, \"always\"")), &pipeline);
            assert_eq!(tags.last().map(String::as_str), Some("always"), "{line}");
        }
    }
}
