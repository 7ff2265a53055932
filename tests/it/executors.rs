//! Executors that cannot be reached, and builds that fail in them.

use crate::{
    engine::{DIGEST, Executor, docker},
    fake::Fake,
    ran::Ran,
    sandbox::Sandbox,
};

/// A build with docker that pushes.
fn pushed() -> Sandbox {
    Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\n\
             destinations = [\"r.example.com/shop/web:1\"]\n",
        )
        .file("Dockerfile", "FROM r.example.com/base/alpine:3\nRUN make\nCOPY . .\n")
}

/// A build on Cloud Foundry with a login.
fn cloud() -> Sandbox {
    Sandbox::new()
        .config(
            "version = 1\n[executors.cf]\ntype = \"cloudfoundry\"\napi = \"https://api.example.com\"\n\
             org = \"acme\"\nspace = \"dev\"\napp = \"kaniko\"\nusername = \"ci\"\n\
             password = { env = \"CF_PASS\" }\n[builds.web]\nno-push = true\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .env("CF_PASS", "hunter2hunter2")
}

#[test]
fn a_build_sends_its_context_and_prints_what_was_pushed() {
    let run = pushed().fake("docker", docker(&Executor::builds())).run(["run", "--push"]);

    run.code(0).stdout(&format!("r.example.com/shop/web:1@{DIGEST}")).stderr(&format!(
        "web | building with docker\n\
         web | sending the context\n\
         web | building\n\
         \n\
         build  result  time  sent  digest or cause\n\
         web  built  [TIME]  [SIZE]  {DIGEST}"
    ));
    assert_eq!(run.sent_to("docker").entries(), ["./", "Dockerfile", "kaniko.toml"]);
    assert_eq!(run.left_behind(), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn the_engine_is_called_in_order_and_its_container_removed_last() {
    let run = pushed().fake("docker", docker(&Executor::builds())).run(["run", "--push"]);

    assert_eq!(
        run.code(0).sent_to("docker").verbs(),
        ["--version", "ps", "image", "run", "create", "cp", "cp", "start", "container", "cp", "rm"]
    );
}

#[test]
fn outside_of_ci_nothing_is_pushed_and_that_is_said() {
    let run = pushed().fake("docker", docker(&Executor::builds())).run(["run"]);

    run.code(0)
        .stdout("")
        .stderr_contains("warning: nothing was pushed: outside of CI add `--push`");
    let created = &run.sent_to("docker");
    assert!(created.of("create")[0].argv.contains(&"--no-push=true".to_owned()));
}

#[test]
fn an_engine_that_is_not_installed_is_told_with_what_to_do() {
    pushed().run(["run"]).code(3).stdout("").stderr(
        r"web | building with docker
error: web: `docker` could not be started: No such file or directory
hint: install docker, or choose another executor

build  result  time  sent  digest or cause
web  not built  [TIME]  `docker` could not be started: No such file or directory",
    );
}

#[test]
fn a_daemon_that_does_not_answer_is_told_with_what_to_do() {
    let silent = Fake::new()
        .when("--version", Fake::new().prints("Docker version 28.2.2, build e6534b4"))
        .tells(
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker \
             daemon running?",
        )
        .exits(1);

    pushed().fake("docker", silent).run(["run", "--push"]).code(3).stdout("").stderr(
        r"web | building with docker
error: web: `docker ps` failed: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?
hint: start its daemon, point DOCKER_HOST or CONTAINER_HOST at it, or choose another executor than docker

build  result  time  sent  digest or cause
web  not built  [TIME]  `docker ps` failed: Cannot connect to the Docker daemon at …",
    );
}

#[test]
fn an_executor_image_that_is_not_there_is_told_with_what_to_do() {
    let bare = Fake::new()
        .when("--version", Fake::new().prints("Docker version 28.2.2, build e6534b4"))
        .when("'ps '*", Fake::new())
        .when(
            "'pull '*",
            Fake::new()
                .tells("Error response from daemon: manifest for example.com/kaniko:9 not found: manifest unknown: manifest unknown")
                .exits(1),
        )
        .tells("Error: No such image: example.com/kaniko:9")
        .exits(1);
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[executors.d]\ntype = \"docker\"\nimage = \"example.com/kaniko:9\"\n\
             [builds.web]\nno-push = true\n",
        )
        .file("Dockerfile", "FROM scratch\n");

    sandbox.fake("docker", bare).run(["run"]).code(3).stdout("").stderr(
        r"web | building with d (docker)
web | fetching the image example.com/kaniko:9
error: web: `docker pull` failed: manifest for example.com/kaniko:9 not found: manifest unknown: manifest unknown
hint: check the reference in `image`

build  result  time  sent  digest or cause
web  not built  [TIME]  `docker pull` failed: manifest for example.com/kaniko:9 not …",
    );
}

#[test]
fn local_outside_of_kanikos_image_is_told_with_what_to_do() {
    Sandbox::new()
        .config("version = 1\n[builds.web]\nexecutor = \"local\"\nno-push = true\n")
        .file("Dockerfile", "FROM scratch\n")
        .run(["run"])
        .code(3)
        .stdout("")
        .stderr(
            r"web | building with local
error: web: there is no `/kaniko/executor` here
hint: `local` runs inside of Kaniko's debug image; elsewhere choose podman, docker or cloudfoundry

build  result  time  sent  digest or cause
web  not built  [TIME]  there is no `/kaniko/executor` here",
        );
}

#[test]
fn a_command_that_is_not_there_is_told_by_its_name() {
    Sandbox::new()
        .config(
            "version = 1\n[executors.far]\ntype = \"command\"\ncommand = [\"ssh\", \"-T\", \"far\"]\n\
             [builds.web]\nno-push = true\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .run(["run"])
        .code(3)
        .stdout("")
        .stderr(
            r"web | building with far (command)
error: web: `ssh` could not be started: No such file or directory
hint: is it installed, and in `PATH`?

build  result  time  sent  digest or cause
web  not built  [TIME]  `ssh` could not be started: No such file or directory",
        );
}

#[test]
fn without_cf_on_the_path_the_login_says_so() {
    cloud().run(["run"]).code(3).stdout("").stderr(
        r"web | building with cf (cloudfoundry)
error: web: logging in failed: there is no `cf` on PATH
hint: run in an image that has the cf command line, such as cloudfoundry/cli, or choose another executor

build  result  time  sent  digest or cause
web  not built  [TIME]  logging in failed: there is no `cf` on PATH",
    );
}

#[test]
fn a_rejected_login_is_told_in_the_words_of_cf() {
    let cf = Fake::new().when(
        "auth*",
        Fake::new()
            .prints("API endpoint: https://api.example.com\n\nAuthenticating...\nFAILED")
            .tells("Credentials were rejected, please try again.")
            .exits(1),
    );
    let run = cloud().fake("cf", cf).run(["run"]);

    run.code(3).stdout("").never_tells("hunter2").stderr(
        r"web | building with cf (cloudfoundry)
error: web: logging in failed: `cf auth` ended with 1: API endpoint: https://api.example.com; Authenticating...; FAILED; Credentials were rejected, please try again.
hint: check `api`, `org`, `space` and the credentials; the same commands by hand are in `kaniko-build plan --format shell`

build  result  time  sent  digest or cause
web  not built  [TIME]  logging in failed: `cf auth` ended with 1: API endpoint …",
    );
    assert_eq!(run.sent_to("cf").argvs(), ["api https://api.example.com", "auth"]);
    assert_eq!(run.left_behind(), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn an_app_that_is_stopped_is_told_in_the_words_of_cf() {
    let cf = Fake::new().when(
        "ssh*",
        Fake::new()
            .prints("FAILED")
            .tells("Error opening SSH connection: App kaniko is not in running state")
            .exits(1)
            .hears_nothing(),
    );
    let run = cloud().fake("cf", cf).run(["run"]);

    run.code(3).stdout("").stderr(
        r"web | building with cf (cloudfoundry)
error: web: `cf` ended with exit code 1: FAILED; Error opening SSH connection: App kaniko is not in running state
hint: is it running, and is its name right?

build  result  time  sent  digest or cause
web  not built  [TIME]  `cf` ended with exit code 1: FAILED; Error opening SSH …",
    );
    assert_eq!(run.sent_to("cf").verbs(), ["api", "auth", "target", "ssh"]);
}

#[test]
fn where_no_shell_can_be_started_both_causes_are_named_at_the_limit() {
    let cf = Fake::new().when("ssh*", Fake::new().exits(255).hears_nothing());
    let sandbox = cloud().fake("cf", cf);
    let run = sandbox.run(["run", "--set", "executors.cf.lock-timeout=3s"]);

    run.code(3).stdout("").stderr(
        r"web | building with cf (cloudfoundry)
web | waiting for the executor: a shell at the far side (`cf` ended with exit code 255)
error: web: no shell could be started at the far side within 3s: either a build of another run uses it, or one was killed there with all that watched over it and it must be restarted, or its image has none and its `debug` form is needed; `cf` ended with exit code 255

build  result  time  sent  digest or cause
web  not built  [TIME]  no shell could be started at the far side within 3s: either …",
    );
    assert!(run.sent_to("cf").of("ssh").len() > 1, "it was tried once only");
}

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
            "FROM scratch\nARG TARGETOS\nARG TARGETVARIANT\nARG TARGETARCH\n\
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

/// A build that takes another's image.
fn pair() -> Sandbox {
    Sandbox::new()
        .config(
            "version = 1\n[defaults]\nexecutor = \"docker\"\n[builds.base]\n\
             destinations = [\"r.example.com/shop/base:1\"]\n[builds.web]\n\
             build-args = { BASE = \"{{ builds.base.image }}\" }\n\
             destinations = [\"r.example.com/shop/web:1\"]\n",
        )
        .file("Dockerfile", "ARG BASE=alpine\nFROM $BASE\n")
}

#[test]
fn a_plan_shows_what_a_run_outside_of_ci_refuses() {
    pair()
        .run(["plan"])
        .code(0)
        .stderr("")
        .stdout_contains(
            "  no push      r.example.com/shop/base:1  [outside of CI without `--push`]\n",
        )
        .stdout_contains("  build-arg    BASE={{ builds.base.image }}  [kaniko.toml:7]\n");
    pair().run(["check"]).code(0).stdout("").stderr("2 builds, no mistakes");
    let run = pair().fake("docker", docker(&Executor::builds())).run(["run"]);

    run.code(2).stdout("").stderr(
        r#"error: `web` takes the image of `base`, which is not pushed
 --> kaniko.toml:7:23
  |
7 | build-args = { BASE = "{{ builds.base.image }}" }
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^ needs an image
hint: outside of CI nothing is pushed without `--push`"#,
    );
    assert_eq!(run.sent_to("docker").argvs(), [""; 0]);
}

#[test]
fn a_build_that_never_pushes_has_no_image_for_others() {
    pair().run(["plan", "--set", "builds.base.no-push=true"]).code(2).stdout("").stderr(
        r#"error: `web` takes the image of `base`, which pushes none
 --> kaniko.toml:7:23
  |
7 | build-args = { BASE = "{{ builds.base.image }}" }
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^ needs an image
hint: an executor can only pull what was pushed: give it a destination, and no `no-push`"#,
    );
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

#[test]
fn a_secret_of_digits_breaks_no_document_and_no_digest() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\n\
             destinations = [\"r.example.com/shop/web:1\"]\nsecrets = { pin = { env = \"PIN\" } }\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .env("PIN", "1111")
        .fake("docker", docker(&Executor::builds()));
    let run = sandbox.run(["run", "--push", "--report", "json=report.json"]);

    run.code(0).stdout(&format!("r.example.com/shop/web:1@{DIGEST}"));
    let report: serde_json::Value = serde_json::from_str(&run.file("report.json")).unwrap();
    assert_eq!(report["builds"][0]["digest"], DIGEST);
    assert_eq!(report["builds"][0]["images"][0], format!("r.example.com/shop/web:1@{DIGEST}"));
}

#[test]
fn a_plan_shows_what_is_said_of_the_executor() {
    let sandbox = cloud();
    let run = sandbox.run([
        "plan",
        "--set",
        "executors.cf.lock-timeout=1m",
        "--set",
        "builds.web.timeout=2h",
    ]);

    run.code(0).stderr("").never_tells("hunter2").stdout(
        r"override: --set executors.cf.lock-timeout
override: --set builds.web.timeout

web on cf (cloudfoundry)
  app          kaniko
  api          https://api.example.com
  org          acme
  space        dev
  login        ci, password from the variable `CF_PASS`
  lock-timeout 1m
  context      [DIR]
  dockerfile   Dockerfile
  sent         no more than the Dockerfile
  timeout      2h  [--set]
    --context=tar:///kaniko/.kaniko-build/run/bundle.tgz
    --dockerfile=/kaniko/buildcontext/Dockerfile
    --log-format=color
    --digest-file=/kaniko/.kaniko-build/run/digest
    --no-push=true",
    );
}
