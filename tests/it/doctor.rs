//! `doctor`: executors as they are found, each line with what to do.

mod sessions;

use std::fs;

use crate::{
    engine::{Executor, docker},
    fake::Fake,
    ran::Ran,
    sandbox::Sandbox,
    schemas::Judge,
};

/// A build with docker that takes a secret.
fn with_docker() -> Sandbox {
    Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
             secrets = { npmrc = { env = \"NPMRC\" } }\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .env("NPMRC", "canary-secret")
}

/// A docker that does not get beyond its version.
fn dead(says: &str) -> Fake {
    Fake::new()
        .when("--version", Fake::new().prints("Docker version 28.2.2, build e6534b4"))
        .tells(says)
        .exits(1)
}

fn lines<'a>(run: &'a Ran, word: &str) -> Vec<&'a str> {
    let lines = run.results().into_iter();
    lines.filter(|line| line.trim_start().starts_with(word)).map(str::trim_start).collect()
}

#[test]
fn all_is_well_with_an_engine_that_has_the_image() {
    let run = with_docker().fake("docker", docker(&Executor::builds())).run(["doctor"]);

    run.code(0).never_tells("canary").stderr("7 checks, all is well").stdout(
        "builds of kaniko.toml\n  \
         ok       context `web`: ., 1 entry, 13 B; Dockerfile\n  \
         ok       secret `npmrc`: from the variable `NPMRC`; for `web`\n\
         executor docker\n  \
         ok       engine: Docker version 28.2.2, build e6534b4\n  \
         ok       image: `ghcr.io/osscontainertools/kaniko:v1.28.3`, which the engine has\n  \
         ok       container: can be made, with all its settings\n  \
         ok       version: v1.28.3, the maintained fork\n  \
         ok       flags: it has all that the builds need",
    );
    assert_eq!(
        run.sent_to("docker").verbs(),
        ["--version", "ps", "image", "run", "run", "create", "rm", "info"]
    );
    assert_eq!(run.left_behind(), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn what_the_original_lacks_is_told_with_the_key_that_wants_it() {
    let original = Executor::builds().of_the_original();
    let project =
        with_docker().file("Dockerfile", "FROM scratch\nRUN --mount=type=secret,id=npmrc npm ci\n");

    let run = project.fake("docker", docker(&original)).run(["doctor"]);

    run.code(1).stderr("8 checks, 2 failed");
    assert_eq!(
        lines(&run, "failed"),
        [
            "failed   flags: it has no `--secret`, and `secrets` (kaniko.toml:5) of `web` needs it",
            "failed   flags: it ignores `--mount=type=secret`, and `RUN --mount` (Dockerfile:2) of \
             `web` needs it",
        ]
    );
    let hint = "hint: the maintained fork can: ghcr.io/osscontainertools/kaniko:v1.28.3";
    assert_eq!(lines(&run, "hint:"), [hint, hint]);
    run.stdout_contains("ok       version: v1.24.0, the archived original\n");
}

#[test]
fn an_engine_that_is_not_there_is_told_with_what_to_do() {
    let run = with_docker().run(["doctor"]);

    run.code(3).stdout_contains(
        "executor docker\n  \
         failed   engine: `docker` could not be started: No such file or directory\n           \
         hint: install docker, or choose another executor",
    );
}

#[test]
fn an_engine_that_does_not_answer_is_told_with_what_to_do() {
    let silent = dead("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.");

    with_docker().fake("docker", silent).run(["doctor"]).code(3).stdout_contains(
        "executor docker\n  \
         failed   engine: `docker ps` failed: Cannot connect to the Docker daemon at \
         unix:///var/run/docker.sock.\n           \
         hint: start its daemon, point DOCKER_HOST or CONTAINER_HOST at it, or choose another \
         executor than docker",
    );
}

#[test]
fn an_image_that_is_missing_is_told_with_what_to_do() {
    let bare = dead("Error: No such image").when("'ps '*", Fake::new());
    let never = ["doctor", "--set", "executors.docker.pull=never"];
    let project = || {
        let text = "version = 1\n[executors.docker]\ntype = \"docker\"\nimage = \"k:1\"\n\
                    [builds.web]\nno-push = true\n";
        with_docker().config(text)
    };

    let run = project().fake("docker", bare.clone()).run(never);
    run.code(3).stdout_contains(
        "  failed   image: there is no image k:1 here, and `pull` is `never`\n           \
         hint: run `docker pull k:1`, or set `pull = \"missing\"`",
    );
    let missing = Fake::new().tells("Error response from daemon: manifest unknown").exits(1);
    let run = project().fake("docker", bare.when("'pull '*", missing)).run(["doctor"]);
    run.code(3).stdout_contains(
        "  failed   image: `docker pull` failed: manifest unknown\n           \
         hint: check the reference in `image`",
    );
}

#[test]
fn an_image_that_has_to_be_fetched_is_fetched() {
    let fetches = docker(&Executor::builds())
        .first(
            "'image inspect'*",
            Fake::new().does("[ -e \"$state/fetched\" ] || exit 1; echo '[\"PATH=/kaniko\"]'"),
        )
        .first("'pull '*", Fake::new().does(": >\"$state/fetched\""));

    let run = with_docker().fake("docker", fetches).run(["doctor"]);

    run.code(0).stdout_contains(
        "  ok       image: `ghcr.io/osscontainertools/kaniko:v1.28.3`, fetched just now\n",
    );
}

#[test]
fn the_room_of_an_engine_on_this_machine_is_told() {
    let here = docker(&Executor::builds())
        .first("'info '*", Fake::new().does("echo \"$(cat /proc/sys/kernel/hostname) $state\""));
    let run = with_docker().fake("docker", here).run(["doctor"]);
    assert_eq!(run.code(0).results().len(), 10);
    run.stdout_contains(" where it keeps containers; the largest context, of `web`, has 13 B");

    let elsewhere = docker(&Executor::builds())
        .first("'info '*", Fake::new().does("echo \"another.machine $state\""));
    let run = with_docker().fake("docker", elsewhere).run(["doctor"]);
    assert_eq!(run.code(0).results().len(), 9);
}

#[test]
fn settings_that_the_engine_does_not_take_are_told_and_nothing_is_left() {
    let refuses = docker(&Executor::builds()).first(
        "'create '*",
        Fake::new().tells("Error response from daemon: network nonet not found").exits(1),
    );

    let run = with_docker().fake("docker", refuses).run(["doctor"]);

    run.code(3).stdout_contains(
        "  failed   container: `docker create` failed: network nonet not found\n           \
         hint: give a `network` that `docker network ls` lists",
    );
    assert_eq!(run.sent_to("docker").verbs().last(), Some(&"rm"));
}

#[test]
fn a_secret_that_is_not_at_hand_keeps_nothing_else_from_being_looked_at() {
    let project = with_docker().env("NPMRC", "").fake("docker", docker(&Executor::builds()));

    let run = project.run(["doctor"]);

    run.code(2).stderr("7 checks, 1 failed").stdout_contains("  ok       version: v1.28.3");
    assert_eq!(
        lines(&run, "failed"),
        ["failed   secret `npmrc`: the variable `NPMRC` is empty; for `web`"]
    );
}

#[test]
fn a_context_that_cannot_be_sent_is_told() {
    let project = with_docker().fake("docker", docker(&Executor::builds()));
    let project = project.file("Dockerfile", "FROM scratch\nCOPY . /\n");
    std::os::unix::net::UnixListener::bind(project.path("socket")).expect("a socket");

    let run = project.run(["doctor"]);

    run.code(2);
    let failed = lines(&run, "failed");
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].starts_with("failed   context `web`: `"), "{failed:?}");
    assert!(failed[0].ends_with("socket` is a socket, which cannot be sent"), "{failed:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_told_without_reading_any() {
    use std::os::unix::fs::PermissionsExt;
    let project = with_docker().fake("docker", docker(&Executor::builds()));
    let project = project.file("Dockerfile", "FROM scratch\nCOPY key /\n").file("key", "k");
    fs::set_permissions(project.path("key"), fs::Permissions::from_mode(0o000)).expect("its mode");

    let run = project.with_an_ordinary_user().run(["doctor"]);

    run.code(2).stdout_contains(
        "  failed   context `web`: `[DIR]/key` cannot be read: Permission denied\n",
    );
}

#[test]
fn what_needs_no_executor_says_so() {
    let project = Sandbox::new()
        .config("version = 1\n[builds.web]\nno-push = true\n[builds.api]\nno-push = true\n")
        .file("Dockerfile", "FROM scratch\n");

    let run = project.run(["doctor", "web"]);

    run.code(0).stdout_contains("builds of kaniko.toml\n  ok       context `web`");
    run.never_tells("`api`").stdout_contains(
        "executor builtin\n  \
         ok       choice: by `auto` for `web`: its Dockerfile needs no executor\n  \
         ok       needs: no Kaniko: this program builds by itself\n",
    );
}

#[test]
fn a_local_executor_is_missed_outside_of_its_container() {
    let project = Sandbox::new()
        .config("version = 1\n[builds.web]\nexecutor = \"local\"\nno-push = true\n")
        .file("Dockerfile", "FROM scratch\n");

    project.run(["doctor"]).code(3).stdout_contains(
        "executor local\n  failed   connection: there is no `/kaniko/executor` here\n",
    );
}

#[test]
fn mistakes_of_the_file_are_told_as_ever() {
    let project = Sandbox::new().config("version = 1\n[builds.web]\nexecutor = \"nowhere\"\n");

    let run = project.file("Dockerfile", "FROM scratch\n").run(["doctor"]);

    run.code(2).stdout("").stderr_contains("there is no executor `nowhere`");
}

#[test]
fn a_document_is_as_its_schema_says_whatever_was_found() {
    let Some(judge) = Judge::of("doctor") else { return };
    let project = with_docker().fake("docker", docker(&Executor::builds().of_the_original()));

    for (project, code, result) in
        [(project.clone(), 1, "failed"), (project.env("NPMRC", ""), 1, "failed")]
    {
        let run = project.run(["doctor", "--format", "json"]);
        let document: serde_json::Value =
            serde_json::from_slice(run.code(code).told_bytes()).expect("JSON");
        assert_eq!(judge.says_of_each(std::slice::from_ref(&document)), [[""; 0]]);
        assert_eq!(document["result"], result);
        assert_eq!(document["topics"][1]["name"], "docker");
    }
}

#[test]
fn an_interrupted_look_leaves_nothing() {
    let slow = docker(&Executor::builds())
        .first("run*' version'", Fake::new().does(": >\"$state/asked\"; exec sleep 1000"));
    let project = with_docker().fake("docker", slow);

    let run = project.start(["doctor"]).until("asked").terminate().end();

    run.code(130);
    // The guard does it once the program has ended.
    project.patiently("what was begun is removed", || {
        run.sent_to("docker").verbs().last() == Some(&"rm")
    });
    assert_eq!(run.left_behind(), [""; 0].map(std::path::PathBuf::from));
}
