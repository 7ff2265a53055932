//! Secrets where others would read them: refused, or where they may be, shown nowhere.

use crate::{
    engine::{Executor, docker},
    sandbox::Sandbox,
};

#[test]
fn a_secret_in_an_argument_is_refused() {
    let run = Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
             secrets = { token = { env = \"TOKEN\" } }\n\
             executor-args = [\"--label=a={{ env.TOKEN }}\", \"--snapshot-mode=x{{ env.TOKEN }}\"]\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .env("TOKEN", "hunter2hunter2")
        .run(["run"]);

    run.code(2).stdout("").never_tells("hunter2").stderr(
        r#"error: `--label` of `web` holds a secret
 --> kaniko.toml:6:17
  |
6 | executor-args = ["--label=a={{ env.TOKEN }}", "--snapshot-mode=x{{ env.TOKEN }}"]
  |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a secret
hint: a command line is no place for one: others can read it

error: `--snapshot-mode` of `web` holds a secret
 --> kaniko.toml:6:17
  |
6 | executor-args = ["--label=a={{ env.TOKEN }}", "--snapshot-mode=x{{ env.TOKEN }}"]
  |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a secret
hint: a command line is no place for one: others can read it"#,
    );
}

#[test]
fn a_build_arg_that_may_have_a_secret_shows_it_nowhere() {
    let project = || {
        Sandbox::new()
            .config(
                "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
                 build-args = { NPM = \"{{ env.NPM_AUTH }}\" }\nallow-secret-args = [\"NPM\"]\n",
            )
            .file("Dockerfile", "FROM scratch\nARG NPM\n")
            .env("NPM_AUTH", "canary-of-npm")
            .fake("docker", docker(&Executor::fails(1, "it was canary-of-npm")))
    };

    for arguments in [
        &["plan"][..],
        &["plan", "--format", "json"],
        &["plan", "--format", "shell"],
        &["plan", "--explain", "web.build-args"],
    ] {
        project().run(arguments).code(0).never_tells("canary");
    }
    project().run(["run"]).code(1).never_tells("canary").stderr_contains("it was [secret]");
}
