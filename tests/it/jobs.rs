//! `--jobs`: what runs side by side, as far as executors have room and needs are met.
//!
//! Fakes record how many of them run at once. What must overlap waits for the other, so that a
//! run that did one after the other would never end; nothing is timed.

use std::fs;

use crate::{
    engine::{DIGEST, Executor, docker},
    fake::Fake,
    ran::Ran,
    sandbox::Sandbox,
};

/// Records that `$name` runs, and how many do.
const BEGIN: &str = "mkdir \"$state/running-$name\"\n\
                     ls -d \"$state\"/running-* | wc -l >>\"$state/counts\"\n\
                     : >\"$state/started-$name\"\n";
/// Waits, for two minutes at most, until the shell's condition that comes next holds.
const UNTIL: &str = "patience=2400\nuntil";
const DONE: &str = "do\n  patience=$((patience - 1))\n  [ $patience -gt 0 ] || exit 99\n\
                    sleep 0.05\ndone\n";
/// Records that `$name` has ended.
const END: &str = "rmdir \"$state/running-$name\"\n";

/// Builds in docker whose executors know their names and run `shell` while they are counted.
fn with(builds: &str, shell: &str) -> Sandbox {
    let executor = format!(
        "name=$(printf '%s\\n' \"$argv\" | sed -n 's/^--build-arg=NAME=//p')\n\
         {BEGIN}{shell}\n{END}printf %s {DIGEST} >\"$far/kaniko/.kaniko-build/run/digest\""
    );
    Sandbox::new()
        .config(&format!(
            "version = 1\n[defaults]\nexecutor = \"docker\"\n\
             build-args = {{ NAME = \"{{{{ build.name }}}}\" }}\n\
             destinations = [\"r.example.com/x/{{{{ build.name }}}}:1\"]\n{builds}"
        ))
        .file("Dockerfile", "FROM scratch\n")
        .fake("docker", docker(&Executor::does(&executor)))
}

/// How many ran at once at most.
fn at_once(sandbox: &Sandbox) -> usize {
    let counts = fs::read_to_string(sandbox.state().join("counts")).expect("something ran");
    let counts = counts.lines().map(|line| line.trim().parse().expect("a number"));
    counts.max().expect("something was counted")
}

/// The names of what was pushed, sorted.
fn pushed(ran: &Ran) -> Vec<String> {
    let name = |line: &&str| line.split([':', '/']).nth(2).expect("a name").to_owned();
    let mut names: Vec<_> = ran.results().iter().map(name).collect();
    names.sort_unstable();
    names
}

const FOUR: &str = "[builds.a]\n[builds.b]\n[builds.c]\n[builds.d]\n";

#[test]
fn containers_run_side_by_side_up_to_the_number_of_jobs() {
    for (jobs, most) in [("3", 3), ("2", 2), ("1", 1)] {
        let others =
            format!("{UNTIL} [ $(ls -d \"$state\"/started-* | wc -l) -ge {jobs} ]; {DONE}");
        let sandbox = with(FOUR, &others.replace(" -ge 1 ", " -ge 0 "));

        let run = sandbox.run(["run", "--push", "--jobs", jobs]);

        assert_eq!(pushed(run.code(0)), ["a", "b", "c", "d"]);
        assert_eq!(at_once(&sandbox), most, "--jobs {jobs}");
    }
}

#[test]
fn a_build_begins_as_soon_as_what_it_needs_has_ended() {
    // `a` runs until `c` does, which needs `b` alone.
    let sandbox = with(
        "[builds.a]\n[builds.b]\n[builds.c]\nneeds = [\"b\"]\n[builds.d]\nneeds = [\"a\", \"c\"]\n",
        &format!(
            "if [ $name = a ]; then {UNTIL} [ -e \"$state/started-c\" ]; {DONE}fi\n\
             case $name in c) [ ! -e \"$state/running-b\" ];; \
             d) [ ! -e \"$state/running-a\" ] && [ ! -e \"$state/running-c\" ];; esac || exit 98"
        ),
    );

    let run = sandbox.run(["run", "--push", "--jobs", "2"]);

    assert_eq!(pushed(run.code(0)), ["a", "b", "c", "d"]);
    assert_eq!(at_once(&sandbox), 2);
}

/// `bad` fails while `slow` runs, which ends after that was told; `after` needs `bad`, `free`
/// nothing.
fn failing() -> Sandbox {
    with(
        "[builds.bad]\n[builds.slow]\n[builds.after]\nneeds = [\"bad\"]\n[builds.free]\n",
        &format!(
            "if [ $name = bad ]; then\n  {UNTIL} [ -e \"$state/started-slow\" ]; {DONE}\
             {END}  echo 'error building image: broken' >&2; exit 1\nfi\n\
             if [ $name = slow ]; then {UNTIL} grep -q '^error: bad' \"$state/../stderr\"; {DONE}fi"
        ),
    )
}

#[test]
fn a_failure_lets_what_runs_end_and_skips_the_rest_by_name_and_reason() {
    let run = failing().run(["run", "--push", "--jobs", "2", "--report", "json=build.json"]);

    assert_eq!(pushed(run.code(1)), ["slow"]);
    assert_eq!(
        run.reported(),
        [
            "bad: failed: error building image: broken",
            "slow: built: -",
            "after: skipped: it needs `bad`, which was not built",
            "free: skipped: `bad` was not built",
        ]
    );
}

#[test]
fn with_keep_going_only_what_needs_the_failed_one_is_skipped() {
    let run = failing().run(["run", "--push", "-j2", "-k", "--report", "json=build.json"]);

    assert_eq!(pushed(run.code(1)), ["free", "slow"]);
    assert_eq!(
        run.reported(),
        [
            "bad: failed: error building image: broken",
            "slow: built: -",
            "after: skipped: it needs `bad`, which was not built",
            "free: built: -",
        ]
    );
    run.stderr_contains("after | skipped: it needs `bad`, which was not built\n");
}

#[test]
fn a_signal_ends_all_that_runs_and_starts_nothing_more() {
    // A container that is removed ends.
    let sandbox = with(FOUR, &format!("{UNTIL} [ ! -d \"${{far%/far}}\" ]; {DONE}exit 137"));

    let mut started = sandbox.start(["run", "--push", "-j2", "--report", "json=build.json"]);
    let run = started.until("started-a").until("started-b").terminate().end();

    run.code(130).stdout("");
    assert_eq!(
        run.reported(),
        [
            "a: interrupted: interrupted by SIGTERM",
            "b: interrupted: interrupted by SIGTERM",
            "c: interrupted: interrupted by SIGTERM before it began",
            "d: interrupted: interrupted by SIGTERM before it began",
        ]
    );
    assert!(!sandbox.state().join("started-c").exists());
    let containers = fs::read_dir(sandbox.state()).expect("a directory").filter(|entry| {
        let name = entry.as_ref().expect("an entry").file_name();
        name.to_string_lossy().starts_with("kaniko-build-")
    });
    assert_eq!(containers.count(), 0, "every container is removed");
}

/// Three builds on an executor that cannot be reached, by a program that counts those of it that
/// run at once and waits until `together` of them have run.
fn reached(executor: &str, program: &str, together: usize) -> Sandbox {
    let counted = format!(
        "name=$$\n{BEGIN}{UNTIL} [ $(ls -d \"$state\"/started-* | wc -l) -ge {together} ]; {DONE}\
         {END}exit 1"
    );
    Sandbox::new()
        .config(&format!(
            "version = 1\n[executors.far]\n{executor}\n[defaults]\nno-push = true\n\
             [builds.a]\n[builds.b]\n[builds.c]\n"
        ))
        .file("Dockerfile", "FROM scratch\n")
        .fake(program, Fake::new().when("*'ssh '*|sh*", Fake::new().hears_nothing().does(&counted)))
}

#[test]
fn an_app_has_room_for_as_many_builds_as_it_has_instances() {
    let executor = "type = \"cloudfoundry\"\napp = \"kaniko\"\ninstances = 2";
    let sandbox = reached(executor, "cf", 2);

    let run = sandbox.run(["run", "--jobs", "3", "--keep-going"]);

    run.code(3);
    assert_eq!(at_once(&sandbox), 2);
    let calls = run.sent_to("cf").argvs();
    for instance in ["-i 0", "-i 1"] {
        assert!(calls.iter().any(|argv| argv.contains(instance)), "{instance}: {calls:?}");
    }
    assert!(!calls.iter().any(|argv| argv.contains("-i 2")), "{calls:?}");
}

#[test]
fn a_command_has_room_for_one() {
    let sandbox = reached("type = \"command\"\ncommand = [\"far\", \"sh\", \"-c\"]", "far", 1);

    sandbox.run(["run", "--jobs", "3", "--keep-going"]).code(3);

    assert_eq!(at_once(&sandbox), 1);
}

#[test]
fn lines_of_builds_that_run_side_by_side_say_whose_they_are_and_sections_are_of_one_at_a_time() {
    let on_gitlab = |jobs: &str| {
        let sandbox = with(
            "[builds.a]\n[builds.longer]\n",
            "echo \"INFO one of $name\" >&2\necho \"INFO two of $name\" >&2",
        );
        let sandbox = sandbox.env("GITLAB_CI", "true").env("CI_PROJECT_DIR", "/x");
        let run = sandbox.run(["run", "--jobs", jobs]);
        run.code(0);
        run
    };

    let run = on_gitlab("2");
    run.stderr_contains("a      | INFO one of a\n")
        .stderr_contains("longer | INFO two of longer\n");
    run.never_tells("section_start");
    let run = on_gitlab("1");
    run.stderr_contains("section_start").stderr_contains("a | INFO one of a\n");
}
