//! Executors that are reached through a shell: `cf ssh`, `command`.

use super::lines;
use crate::{container, fake::Fake, ran::Ran, sandbox::Sandbox};

/// What the far side of a session begins with.
const GREETING: &str = "say() { sum=$(printf %s \"$*\" | sha256sum); echo \"$* ${sum%% *}\"; }\n\
    echo 'kaniko-build hello 1'; say version v1.28.3; say flags --context --secret\n";

/// A far side that has so much room, in KiB, and says these lines after its greeting.
fn says(room: u64, then: &str) -> Fake {
    let shell = format!("{GREETING}say room {room}; say greeted\n{then}\nsay bye\n");
    Fake::new().hears_nothing().does(&shell)
}

fn project(executor: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!(
            "version = 1\n[executors.far]\n{executor}\n[builds.web]\nno-push = true\n"
        ))
        .file("Dockerfile", "FROM scratch\nCOPY page /page\n")
        .file("page", vec![b'x'; 3 << 20])
}

fn command() -> Sandbox {
    project("type = \"command\"\ncommand = [\"far\"]\n")
}

fn cloud() -> Sandbox {
    project(
        "type = \"cloudfoundry\"\napi = \"https://api.example.com\"\norg = \"acme\"\n\
         space = \"dev\"\napp = \"kaniko\"\nusername = \"ci\"\npassword = { env = \"CF_PASS\" }\n",
    )
    .env("CF_PASS", "canary-password")
}

/// A cf whose `ssh` is `far`.
fn cf(far: Fake) -> Fake {
    Fake::new().when("'ssh '*", far)
}

/// What was found of the executor: all but the builds.
fn found(run: &Ran) -> String {
    let lines = run.results();
    let from = lines.iter().position(|line| line.starts_with("executor ")).expect("its heading");
    lines[from..].join("\n")
}

const ROOM: u64 = 50 << 20;

#[test]
fn all_is_well_with_an_app_of_cloud_foundry() {
    let run = cloud().fake("cf", cf(says(ROOM, ""))).run(["doctor"]);

    run.code(0).never_tells("canary");
    assert_eq!(
        found(&run),
        "executor far (cloudfoundry)\n  \
         ok       secret `password`: from the variable `CF_PASS`\n  \
         ok       login: `ci` at https://api.example.com in acme/dev\n  \
         ok       connection: through `cf ssh kaniko`\n  \
         ok       shell: a busybox with all that a build takes\n  \
         ok       version: v1.28.3, the maintained fork\n  \
         ok       flags: no build needs more than every Kaniko has\n  \
         ok       lock: free\n  \
         ok       room: 50.00 GiB at /kaniko; the largest context, of `web`, has 3.00 MiB"
    );
    assert_eq!(run.sent_to("cf").verbs(), ["api", "auth", "target", "ssh"]);
    assert_eq!(run.left_behind(), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn a_missing_cf_and_a_refused_login_are_told_with_what_to_do() {
    cloud().run(["doctor"]).code(3).stdout_contains(
        "  failed   login: logging in failed: there is no `cf` on PATH\n           \
         hint: run in an image that has the cf command line, such as cloudfoundry/cli, or choose \
         another executor",
    );
    let refuses =
        Fake::new().when("auth", Fake::new().prints("Credentials were rejected").exits(1));
    let run = cloud().fake("cf", refuses).run(["doctor"]);
    run.code(3).stdout_contains(
        "  failed   login: logging in failed: `cf auth` ended with 1: Credentials were rejected\n",
    );
    assert_eq!(run.left_behind(), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn without_the_password_nobody_logs_in() {
    let run = cloud().env("CF_PASS", "").fake("cf", cf(says(ROOM, ""))).run(["doctor"]);

    run.code(2);
    assert_eq!(
        found(&run),
        "executor far (cloudfoundry)\n  \
         failed   secret `password`: the variable `CF_PASS` is empty\n           \
         hint: is it misspelt, or a protected variable in a pipeline of an unprotected branch or tag?"
    );
    assert_eq!(run.sent_to("cf").verbs(), [""; 0]);
}

#[test]
fn an_app_that_is_not_there_is_told_with_what_to_do() {
    let absent = Fake::new().hears_nothing().tells("App 'kaniko' not found.").exits(1);

    cloud().fake("cf", cf(absent)).run(["doctor"]).code(3).stdout_contains(
        "  failed   connection: `cf` ended with exit code 1: App 'kaniko' not found.\n           \
         hint: is it running, and is its name right?",
    );
}

#[test]
fn each_instance_of_an_app_is_looked_at_and_one_login_does() {
    let run = cloud().fake("cf", cf(says(ROOM, ""))).run([
        "doctor",
        "--set",
        "executors.far.instances=2",
    ]);

    run.code(0).stdout_contains("  ok       lock `instance 0`: free\n");
    run.stdout_contains("  ok       lock `instance 1`: free\n");
    assert_eq!(lines(&run, "ok       login").len(), 1);
    assert_eq!(run.sent_to("cf").of("auth").len(), 1);
    assert_eq!(run.sent_to("cf").of("ssh").len(), 2);
}

#[test]
fn an_executor_in_use_is_a_warning_and_is_not_waited_for() {
    let busy = says(ROOM, "say waiting 1700000000 api https://ci.example/7");

    let run = command().fake("far", busy).run(["doctor"]);

    run.code(0).stderr("7 checks, 1 warning").stdout_contains(
        "  warning  lock: in use by `api` of https://ci.example/7 since 2023-11-14T22:13:20Z\n           \
         hint: a run waits for it, 10m at most (`lock-timeout`)",
    );
}

#[test]
fn places_where_no_build_may_run_are_told_with_what_to_do() {
    for (refusal, failed, hint) in [
        (
            "used /kaniko/Dockerfile is there",
            "something else has built there before: /kaniko/Dockerfile is there",
            "restart it, so that builds begin in a fresh container",
        ),
        (
            "tools there is no busybox",
            "there is no busybox",
            "use a Kaniko image with a shell of its own: one with `debug` in its tag",
        ),
    ] {
        let far =
            Fake::new().hears_nothing().prints(&format!("kaniko-build refused {refusal}")).exits(3);
        let run = command().fake("far", far).run(["doctor"]);
        run.code(3);
        assert_eq!(
            found(&run),
            format!(
                "executor far (command)\n  ok       connection: through `far`\n  \
                 failed   place: {failed}\n           hint: {hint}"
            )
        );
    }
}

#[test]
fn an_image_without_a_shell_is_told_with_what_to_do() {
    let far = Fake::new()
        .hears_nothing()
        .tells("exec: \"/bin/sh\": executable file not found in $PATH")
        .exits(127);

    command().fake("far", far).run(["doctor"]).code(3).stdout_contains(
        "  failed   connection: no shell could be started at the far side: `far` ended with exit \
         code 127: exec: \"/bin/sh\": executable file not found in $PATH\n           \
         hint: either a build of another run uses it",
    );
}

#[test]
fn an_executor_that_never_answers_is_given_up_after_its_time() {
    let far = Fake::new().hears_nothing().does("exec sleep 1000");
    let once = ["doctor", "--set", "executors.far.connect-timeout=1s"];

    command().fake("far", far).run(once).code(3).stdout_contains(
        "  failed   connection: `far` brought no answer within 1s\n           \
         hint: does it wait for a password, or is the machine down?",
    );
}

#[test]
fn little_room_is_a_warning_and_less_than_the_context_a_failure() {
    let room = |kib| command().fake("far", says(kib, "")).run(["doctor"]);

    room(500 << 10).code(0).stdout_contains(
        "  warning  room: only 500.00 MiB at /kaniko; the largest context, of `web`, has 3.00 MiB\n",
    );
    room(2 << 10).code(3).stdout_contains(
        "  failed   room: 2.00 MiB at /kaniko; the largest context, of `web`, has 3.00 MiB\n           \
         hint: make room there, or send less: `.dockerignore`, `kaniko-build context ls`",
    );
}

#[test]
fn a_missing_flag_of_a_container_that_lives_on_is_found_in_an_image_with_a_shell() {
    let far = says(ROOM, "");
    let run = command().fake("far", far).run(["doctor", "--set", "builds.web.image-format=oci"]);

    run.code(1).stdout_contains(
        "  failed   flags: it has no `--image-format`, and `image-format` (--set) of `web` needs it\n           \
         hint: the maintained fork can: ghcr.io/osscontainertools/kaniko:v1.28.3-debug",
    );
}

#[test]
fn an_interrupted_question_ends_at_once() {
    let far = Fake::new().hears_nothing().does(": >\"$state/asked\"; exec sleep 1000");

    let run = command().fake("far", far).start(["doctor"]).until("asked").terminate().end();

    run.code(130).stderr("");
}

#[test]
fn a_real_far_side_is_found_and_left_as_it_was() {
    let into = "type = \"command\"\ncommand = [\"podman\", \"exec\", \"-i\", \"-w\", \"/\", \"far\", \
                \"/bin/sh\", \"-c\"]";
    let Some(sandbox) = container::podman(project(into)) else { return };
    let far = container::far(&sandbox);
    let before = far.files();

    let run = sandbox.run(["doctor"]);

    run.code(0).stdout_contains("  ok       lock: free\n  ok       room: ");
    assert_eq!(far.files(), before);
    assert_eq!(far.ask("ls -A /kaniko | grep kaniko-build; true"), "");
}
