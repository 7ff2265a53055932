//! Executors: how they are called, and what is told of one that cannot be reached.

use crate::{
    engine::{DIGEST, Executor, docker},
    fake::Fake,
    sandbox::Sandbox,
};

/// A build with docker that pushes.
pub(crate) fn pushed() -> Sandbox {
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
