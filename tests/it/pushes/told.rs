//! What the JSON report says of each destination whose push did not go well.

use crate::{ran::Ran, registry::Setup};

use super::{
    flaky::{Flaky, Step},
    project,
};

const FIRST: &str = "PUT /v2/shop/web/manifests/1";
const SECOND: &str = "PUT /v2/shop/web/manifests/latest";
const IMMUTABLE: &str = r#"{"errors":[{"code":"TAG_INVALID","message":"the tag is immutable"}]}"#;

/// `pushed` of both destinations, in their order.
fn pushed(run: &Ran) -> Vec<String> {
    let report = run.file("build.json");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let destinations = report["builds"][0]["destinations"].as_array().expect("a list").clone();
    let text = |one: serde_json::Value| one["pushed"].as_str().expect("text").to_owned();
    destinations.into_iter().map(text).collect()
}

/// The run before whose registry `step` stands, with the program's `arguments` beside.
fn run(
    arguments: &[&str],
    step: impl Fn(&str, usize) -> Step + Send + Sync + 'static,
) -> Option<Ran> {
    let registry = Setup::default().start()?;
    let flaky = Flaky::before(registry.host(), step);
    let project = project(flaky.host(), "insecure = true\n");
    let run = ["run", "--push", "--report", "json=build.json"];
    Some(project.run([&run, arguments].concat()))
}

#[test]
fn a_destination_that_a_manifest_was_lost_on_the_way_to_is_unknown() {
    let lost = |asked: &str, before: usize| match (asked, before) {
        (FIRST, 0) => Step::Lose,
        (FIRST, _) => Step::Answer("403 Forbidden", ""),
        _ => Step::Pass,
    };
    let Some(run) = run(&[], lost) else { return };

    run.code(1).stdout("");
    assert_eq!(pushed(&run), ["unknown", "no"]);
}

#[test]
fn a_destination_whose_manifest_came_by_half_is_unknown() {
    let cut = |asked: &str, before: usize| match (asked, before) {
        (FIRST, 0) => Step::Cut,
        (FIRST, _) => Step::Answer("403 Forbidden", ""),
        _ => Step::Pass,
    };
    let Some(run) = run(&[], cut) else { return };

    run.code(1).stdout("");
    assert_eq!(pushed(&run), ["unknown", "no"]);
}

#[test]
fn a_destination_that_is_refused_after_another_is_no_and_the_other_yes() {
    let refused = |asked: &str, _| match asked {
        SECOND => Step::Answer("403 Forbidden", ""),
        _ => Step::Pass,
    };
    let Some(run) = run(&[], refused) else { return };

    run.code(1).stdout("");
    assert_eq!(pushed(&run), ["yes", "no"]);
}

#[test]
fn a_lost_answer_that_a_second_try_gets_leaves_no_doubt() {
    let lost = |asked: &str, before: usize| match (asked, before) {
        (FIRST, 0) => Step::Lose,
        (SECOND, _) => Step::Answer("403 Forbidden", ""),
        _ => Step::Pass,
    };
    let Some(run) = run(&[], lost) else { return };

    run.code(1).stdout("");
    assert_eq!(pushed(&run), ["yes", "no"]);
}

#[test]
fn an_immutable_tag_that_is_refused_and_passed_over_is_no() {
    let immutable = |asked: &str, _| match asked {
        SECOND => Step::Say("400 Bad Request", IMMUTABLE),
        _ => Step::Pass,
    };
    let ignored = ["--set", "builds.web.push-ignore-immutable-tag-errors=true"];
    let Some(run) = run(&ignored, immutable) else { return };

    run.code(0);
    assert_eq!(run.results().len(), 1);
    assert_eq!(pushed(&run), ["yes", "no"]);
}

#[test]
fn what_was_pushed_before_the_time_was_over_is_told() {
    let slow = |asked: &str, _| {
        if asked == SECOND {
            std::thread::sleep(std::time::Duration::from_secs(30));
        }
        Step::Pass
    };
    let Some(run) = run(&["--set", "builds.web.timeout=4s"], slow) else { return };

    run.code(1).stdout("");
    assert_eq!(pushed(&run), ["yes", "unknown"]);
}
