//! Signals: what runs is stopped and cleaned, and the reports are there, whole.

use std::fs;

use rustix::process::Signal;

use crate::{
    engine::{DIGEST, Executor, docker},
    fake::Fake,
    machine,
    sandbox::Sandbox,
};

const RUN: [&str; 4] = ["run", "--push", "--report", "json=build.json"];

/// Two builds in docker, of which the first goes on until its container is removed.
fn project(docker: Fake) -> Sandbox {
    Sandbox::new()
        .config(
            "version = 1\n[defaults]\nexecutor = \"docker\"\n\
             destinations = [\"r.example.com/x/{{ build.name }}:1\"]\n[builds.api]\n[builds.web]\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .fake("docker", docker)
}

/// Goes on until its container is removed, for two minutes at most.
fn endless() -> Executor {
    Executor::does(
        "touch \"$state/building\"\npatience=2400\n\
         until [ ! -d \"${far%/far}\" ]; do\n  patience=$((patience - 1))\n  \
         [ $patience -gt 0 ] || exit 99\n  sleep 0.05\ndone\nexit 137",
    )
}

/// How many containers there are.
fn containers(sandbox: &Sandbox) -> usize {
    let entries = fs::read_dir(sandbox.state()).expect("a directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names.filter(|name| name.to_string_lossy().starts_with("kaniko-build-")).count()
}

#[test]
fn a_terminal_that_goes_ends_a_run_as_other_signals_do() {
    if !machine::hears_hangups() {
        return;
    }
    let sandbox = project(docker(&endless()));

    let run = sandbox.start(RUN).until("building").signal(Signal::HUP).end();

    run.code(130);
    assert_eq!(
        run.reported(),
        [
            "api: interrupted: interrupted by SIGHUP",
            "web: interrupted: interrupted by SIGHUP before it began"
        ]
    );
    assert_eq!(containers(&sandbox), 0);
}

#[test]
fn a_run_that_was_started_to_ignore_a_terminals_going_goes_on() {
    let executor = Executor::does(&format!(
        "touch \"$state/building\"\npatience=2400\n\
         until [ -e \"$state/go-on\" ]; do\n  patience=$((patience - 1))\n  \
         [ $patience -gt 0 ] || exit 99\n  sleep 0.05\ndone\n\
         printf %s {DIGEST} >\"$far/kaniko/.kaniko-build/run/digest\""
    ));
    let sandbox = project(docker(&executor));

    let script = format!("trap '' HUP\nexec kaniko-build {}\n", RUN.join(" "));
    let mut started = sandbox.start_sh(&script);
    started.until("building").signal(Signal::HUP);
    fs::write(sandbox.state().join("go-on"), "").expect("the executor goes on");
    let run = started.end();

    run.code(0);
    assert_eq!(run.reported(), ["api: built: -", "web: built: -"]);
}

/// A docker that takes very long to remove a container that runs.
fn slow_to_clean() -> Fake {
    let removal = "touch \"$state/cleaning\"\nsleep 60\n";
    docker(&endless()).first("'rm '*", Fake::new().hears_nothing().does(removal))
}

#[test]
fn what_a_second_signal_cuts_short_is_reported() {
    let sandbox = project(slow_to_clean());

    let mut started = sandbox.start(RUN.iter().chain(&["--report", "markdown=build.md"]));
    started.until("building").signal(Signal::INT).until("cleaning");
    let run = started.signal(Signal::TERM).end();

    run.code(130);
    assert_eq!(
        run.reported(),
        [
            "api: interrupted: interrupted by SIGINT",
            "web: interrupted: interrupted by SIGINT before it began"
        ]
    );
    let markdown = run.file("build.md");
    assert!(markdown.contains("| interrupted by SIGINT while it was built |\n"), "{markdown}");
}

#[test]
fn a_kill_after_a_signal_finds_the_reports_written() {
    let sandbox = project(slow_to_clean());

    let mut started = sandbox.start(RUN);
    started.until("building").signal(Signal::TERM).until("cleaning");
    sandbox.patiently("a report", || sandbox.path("build.json").exists());
    started.kill();

    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(sandbox.path("build.json")).expect("a file"))
            .expect("JSON");
    assert_eq!(json["builds"][0]["cause"], "interrupted by SIGTERM");
    assert_eq!(json["builds"][0]["destinations"][0]["pushed"], "unknown");
}

#[test]
fn a_step_of_github_gets_its_summary_once_and_whole_after_two_signals() {
    let sandbox = project(slow_to_clean()).env("GITHUB_ACTIONS", "true");
    let sandbox = sandbox.clone().env("GITHUB_STEP_SUMMARY", sandbox.path("summary"));

    let mut started = sandbox.start(RUN);
    started.until("building").signal(Signal::INT).until("cleaning");
    let run = started.signal(Signal::TERM).end();

    assert_eq!(run.file("summary").matches("### Images").count(), 1);
}
