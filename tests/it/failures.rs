//! Builds that fail in their executors: why, in words, and what becomes of the others.

use crate::{
    engine::{Executor, docker},
    executors::pushed,
    fake::Fake,
    ran::Ran,
    sandbox::Sandbox,
};

#[test]
fn a_run_that_fails_is_told_with_its_command() {
    let executor = Executor::fails(
        3,
        "\u{1b}[36mINFO\u{1b}[0m[0003] Running: [/bin/sh -c make]\n\
         make: *** No targets specified and no makefile found.  Stop.\n\
         error building image: error building stage: failed to execute command: waiting for \
         process to exit: exit status 3",
    );

    pushed().fake("docker", docker(&executor)).run(["run", "--push"]).code(1).stdout("").stderr(
        r"web | building with docker
web | sending the context
web | building
web | INFO[0003] Running: [/bin/sh -c make]
web | make: *** No targets specified and no makefile found.  Stop.
web | error building image: error building stage: failed to execute command: waiting for process to exit: exit status 3
error: web: `RUN` `make` ended with 3

build  result  time  sent  digest or cause
web  failed  [TIME]  [SIZE]  `RUN` `make` ended with 3",
    );
}

#[test]
fn a_base_image_that_is_missing_is_told_with_its_line() {
    let executor = Executor::fails(
        1,
        "INFO[0000] Retrieving image manifest r.example.com/base/alpine:3\n\
         error building image: unable to complete operation after 0 attempts, last error: GET \
         https://r.example.com/v2/base/alpine/manifests/3: MANIFEST_UNKNOWN: manifest unknown; \
         map[Tag:3]",
    );

    pushed().fake("docker", docker(&executor)).run(["run", "--push"]).code(1).stdout("").stderr(
        r"web | building with docker
web | sending the context
web | building
web | INFO[0000] Retrieving image manifest r.example.com/base/alpine:3
web | error building image: unable to complete operation after 0 attempts, last error: GET https://r.example.com/v2/base/alpine/manifests/3: MANIFEST_UNKNOWN: manifest unknown; map[Tag:3]
error: web: the base image `r.example.com/base/alpine:3` does not exist ([DIR]/Dockerfile:1)

build  result  time  sent  digest or cause
web  failed  [TIME]  [SIZE]  the base image `r.example.com/base/alpine:3` does not exist …",
    );
}

const DENIED: &str = "error checking push permissions: checking push permission for \
                      \"r.example.com/shop/web:1\": POST \
                      https://r.example.com/v2/shop/web/blobs/uploads/: UNAUTHORIZED: \
                      authentication required";

#[test]
fn a_push_that_is_denied_names_the_registry_and_the_want_of_credentials() {
    let docker = docker(&Executor::fails(1, DENIED));

    pushed().fake("docker", docker).run(["run", "--push"]).code(1).stdout("").stderr(
        r#"web | building with docker
web | sending the context
web | building
web | error checking push permissions: checking push permission for "r.example.com/shop/web:1": POST https://r.example.com/v2/shop/web/blobs/uploads/: UNAUTHORIZED: authentication required
error: web: `r.example.com` denies pushing to `r.example.com/shop/web:1`; there are no credentials for `r.example.com`

build  result  time  sent  digest or cause
web  failed  [TIME]  [SIZE]  `r.example.com` denies pushing to …"#,
    );
}

/// What bob is told when his push ends so.
fn denied_to_bob(end: &str) -> Ran {
    let run = Sandbox::new()
        .config(
            "version = 1\n[registries.r]\nhost = \"r.example.com\"\nusername = \"bob\"\n\
             password = { env = \"PW\" }\n[builds.web]\nexecutor = \"docker\"\n\
             destinations = [\"r.example.com/shop/web:1\"]\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .env("PW", "hunter2hunter2")
        .fake("docker", docker(&Executor::fails(1, end)))
        .run(["run", "--push"]);
    run.code(1).stdout("").never_tells("hunter2");
    run
}

#[test]
fn a_push_that_is_denied_names_the_user() {
    let denied =
        DENIED.replace("UNAUTHORIZED: authentication required", "DENIED: access is denied");

    denied_to_bob(&denied).stderr_contains(
        "error: web: `r.example.com` denies pushing to `r.example.com/shop/web:1`; logged in to \
         `r.example.com` as `bob`\n",
    );
}

#[test]
fn a_login_that_is_refused_is_told_with_its_user_and_what_to_look_at() {
    denied_to_bob(DENIED).stderr_contains(
        "error: web: `r.example.com` refuses the login of `bob`, or that it pushes to \
         `r.example.com/shop/web:1`; is the password right, and has it not run out?\n",
    );
}

#[test]
fn a_flag_that_the_executor_lacks_is_told_before_the_bundle_is_sent() {
    let docker = docker(&Executor::builds().of_the_original());
    let run = Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
             secrets = { npm = { env = \"NPM\" } }\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .env("NPM", "hunter2hunter2")
        .fake("docker", docker)
        .run(["run"]);

    run.code(1).stdout("").stderr(
        r"web | building with docker
error: web: the executor (v1.24.0) has no `--secret`, and `secrets` (kaniko.toml:5) needs it; the maintained fork's current version can more

build  result  time  sent  digest or cause
web  failed  [TIME]  the executor (v1.24.0) has no `--secret`, and `secrets` …",
    );
    assert_eq!(run.sent_to("docker").verbs(), ["--version", "ps", "image", "run", "run"]);
}

#[test]
fn a_mount_that_the_executor_ignores_is_told_with_its_line_before_the_bundle_is_sent() {
    let docker = docker(&Executor::builds().of_the_original());
    let run = Sandbox::new()
        .config("version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n")
        .file("Dockerfile", "FROM scratch\n\nRUN --mount=type=cache,target=/c make\n")
        .fake("docker", docker)
        .run(["run"]);

    run.code(1).stdout("").stderr(
        r"web | building with docker
error: web: the executor (v1.24.0) ignores `--mount=type=cache`, and `RUN --mount` (Dockerfile:3) needs it; the maintained fork's current version can more

build  result  time  sent  digest or cause
web  failed  [TIME]  the executor (v1.24.0) ignores `--mount=type=cache`, and …",
    );
    assert_eq!(run.sent_to("docker").verbs(), ["--version", "ps", "image", "run", "run"]);
}

#[test]
fn what_the_executor_leaves_empty_or_drops_in_silence_is_told_with_its_line() {
    let docker = docker(&Executor::builds().of_the_original());
    let run = Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
             build-args = { TARGETOS = \"linux\" }\n",
        )
        .file(
            "Dockerfile",
            "FROM scratch\nARG TARGETOS\nARG TARGETVARIANT TARGETOSVERSION\nARG TARGETARCH\n\
             COPY --chmod=0755 x /x\nCOPY --chmod=4755 x /y\n",
        )
        .file("x", "x")
        .fake("docker", docker)
        .run(["run"]);

    run.code(0).stderr_contains(
        "warning: web: `ARG TARGETARCH` (Dockerfile:4): the executor (v1.24.0) has no value for it: \
         it stays empty unless `build-args` has one\n",
    );
    run.stderr_contains(
        "warning: web: `--chmod=4755` (Dockerfile:6): the executor (v1.24.0) drops setuid, setgid \
         and sticky bits\n",
    );
    run.never_tells("Dockerfile:2)");
}

#[test]
fn an_executor_that_was_killed_most_likely_was_out_of_memory() {
    let docker = docker(&Executor::fails(137, "INFO[0001] Taking snapshot of full filesystem..."));
    let run = pushed().fake("docker", docker).run(["run", "--push"]);

    run.code(1).stdout("").stderr(
        r"web | building with docker
web | sending the context
web | building
web | INFO[0001] Taking snapshot of full filesystem...
error: web: the executor was killed (137), most likely out of memory

build  result  time  sent  digest or cause
web  failed  [TIME]  [SIZE]  the executor was killed (137), most likely out of memory",
    );
    assert_eq!(run.sent_to("docker").verbs().last(), Some(&"rm"));
}

#[test]
fn a_full_disk_on_the_far_side_is_no_failure_of_the_build() {
    let full = Fake::new()
        .when("--version", Fake::new().prints("Docker version 28.2.2, build e6534b4"))
        .when("'image inspect'*", Fake::new().prints("[]"))
        .when("run*' version'", Fake::new().prints("Kaniko version :  v1.28.3"))
        .when(
            "'cp - '*",
            Fake::new()
                .tells("Error response from daemon: write /kaniko/x: no space left on device")
                .exits(1),
        );
    let run = pushed().fake("docker", full).run(["run", "--push"]);

    run.code(3).stdout("").stderr(
        r"web | building with docker
web | sending the context
error: web: `docker cp` failed: write /kaniko/x: no space left on device

build  result  time  sent  digest or cause
web  not built  [TIME]  `docker cp` failed: write /kaniko/x: no space left on device",
    );
    assert_eq!(run.sent_to("docker").verbs().last(), Some(&"rm"));
}

#[test]
fn an_executor_that_ends_well_without_a_digest_has_not_built() {
    let docker = docker(&Executor::does(":"));

    pushed()
        .fake("docker", docker)
        .run(["run", "--push"])
        .code(1)
        .stdout("")
        .stderr_contains("error: web: the executor ended well, but its digest could not be read");
}

#[test]
fn after_a_failed_build_the_others_are_skipped_unless_told_to_go_on() {
    let two = || {
        Sandbox::new()
            .config(
                "version = 1\n[defaults]\nexecutor = \"docker\"\nno-push = true\n\
                 [builds.api]\n[builds.web]\n",
            )
            .file("Dockerfile", "FROM scratch\n")
            .fake("docker", docker(&Executor::fails(1, "error building image: broken")))
    };

    two().run(["run"]).code(1).stdout("").stderr_contains("web | skipped: `api` was not built\n");
    let run = two().run(["run", "--keep-going"]);
    run.code(1).stderr_contains("web  failed  [TIME]  [SIZE]  error building image: broken");
    assert_eq!(run.sent_to("docker").of("start").len(), 2);
}

#[test]
fn after_a_failed_build_nobody_is_told_to_push() {
    pushed()
        .fake("docker", docker(&Executor::fails(1, "error building image: broken")))
        .run(["run"])
        .code(1)
        .never_tells("--push");
    pushed().run(["run", "--set", "builds.web.no-push=true"]).code(3).never_tells("--push");
}
