//! Where secrets may be, and where they never are.
//!
//! Each canary is a value that stands nowhere else: in the environment of a run, in a file, or
//! printed by a command. What is looked through is all that a run leaves: what it tells, its
//! plan, its report, the arguments of what it starts, and its directory for temporary files.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::{
    engine::{DIGEST, Executor, docker},
    fake::Fake,
    ran::Ran,
    sandbox::Sandbox,
};

const PASSWORD: &str = "canary-Pa55/word+1";
const TOKEN: &str = "canary-t0ken\"2";
const KEY: &str = "canary-k3y-first\ncanary-k3y-second";
const PRINTED: &str = "canary-pr1nted-3";

/// A password from a variable, build secrets from a variable, a file and a command, and a
/// variable of the executor.
fn project(executor: &Executor) -> Sandbox {
    Sandbox::new()
        .config(
            r#"version = 1

[registries.r]
host = "r.example.com"
username = "bob"
password = { env = "PW" }

[executors.d]
type = "docker"
env = { TOKEN = { env = "TOKEN" } }

[builds.web]
destinations = ["r.example.com/shop/web:1"]

[builds.web.secrets]
token = { env = "TOKEN" }
key = { file = "../home/key" }
printed = { command = ["vault", "read", "npm"] }
"#,
        )
        .file("Dockerfile", "FROM scratch\n")
        .file("../home/key", KEY)
        .env("PW", PASSWORD)
        .env("TOKEN", TOKEN)
        .fake("vault", Fake::new().prints(PRINTED))
        .fake("docker", docker(executor))
}

/// An executor that prints all that it was given, whole and in pieces, to both of its outputs.
fn talkative() -> Executor {
    Executor::does(
        "run=$far/kaniko/.kaniko-build/run\n\
         find \"$run\" -type f ! -name 'bundle*' -exec cat {} +; echo\n\
         find \"$run\" -type f ! -name 'bundle*' -exec cat {} + >&2; echo >&2\n\
         printf 'canary-Pa55'; sleep 0.1; printf '/word+1\\n'\n\
         printf %s 'canary-Pa55/word+1' | base64\n\
         printf %s 'bob:canary-Pa55/word+1' | base64\n\
         printf %s sha256:2222222222222222222222222222222222222222222222222222222222222222 \
         >\"$run/digest\"\n",
    )
}

/// Every form in which a canary could show, as far as nothing else looks like it.
fn canaries() -> Vec<String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let mut forms: Vec<String> =
        [PASSWORD, TOKEN, PRINTED].into_iter().chain(KEY.lines()).map(str::to_owned).collect();
    forms.push("canary".to_owned());
    forms.push(STANDARD.encode(PASSWORD));
    forms.push(STANDARD.encode(format!("bob:{PASSWORD}")));
    forms
}

#[track_caller]
fn tells_no_canary(run: &Ran) {
    for canary in canaries() {
        run.never_tells(&canary);
    }
}

#[track_caller]
fn gives_no_canary_to(program: &str, run: &Ran) {
    for argv in run.sent_to(program).argvs() {
        for canary in canaries() {
            assert!(!argv.contains(&canary), "`{canary}` is in `{program} {argv}`");
        }
    }
}

#[test]
fn no_secret_is_told_by_a_build_even_where_the_executor_prints_it() {
    for level in [&[][..], &["-v"], &["-q"]] {
        let run = project(&talkative()).run([level, &["run", "--push"]].concat());
        tells_no_canary(run.code(0));
    }
}

#[test]
fn no_secret_is_told_by_a_build_that_fails_with_it() {
    let executor = Executor::does(
        "cat \"$far/kaniko/.kaniko-build/run/docker/config.json\" >&2; \
                                   echo 'error building image: canary-Pa55/word+1' >&2; exit 1",
    );
    let run = project(&executor).run(["-v", "run", "--push", "--report", "json=report.json"]);

    tells_no_canary(run.code(1));
    assert!(!run.file("report.json").contains("canary"), "{}", run.file("report.json"));
}

#[test]
fn no_secret_is_on_a_command_line() {
    let run = project(&talkative()).run(["run", "--push"]);

    gives_no_canary_to("docker", run.code(0));
    gives_no_canary_to("vault", &run);
}

#[test]
fn the_executor_gets_its_secrets_by_stdin_and_environment() {
    let run = project(&talkative()).run(["run", "--push"]);

    let calls = run.code(0).sent_to("docker");
    let secrets: Vec<_> = calls
        .far_files()
        .into_iter()
        .filter(|(path, _)| path.contains("/secrets/"))
        .map(|(path, content)| {
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            (name, String::from_utf8(content).unwrap())
        })
        .collect();
    let expected = [("key", KEY), ("printed", "canary-pr1nted-3\n"), ("token", TOKEN)]
        .map(|(name, content)| (name.to_owned(), content.to_owned()));
    let mut sorted = secrets;
    sorted.sort();
    assert_eq!(sorted, expected);
    assert!(calls.of("create")[0].names.contains(&"TOKEN".to_owned()));
    assert!(calls.of("create")[0].argv.contains(&"--env=TOKEN".to_owned()));
}

#[test]
fn no_secret_is_in_a_plan() {
    for format in ["text", "json", "shell"] {
        let run = project(&Executor::builds()).run(["plan", "--push", "--format", format]);

        tells_no_canary(run.code(0));
        assert_eq!(run.sent_to("vault").argvs(), [""; 0], "a plan runs no command");
        assert_eq!(run.sent_to("docker").argvs(), [""; 0], "a plan runs no engine");
    }
}

#[test]
fn a_mistake_that_has_a_secret_in_it_is_told_without_it() {
    for line in [
        "image = \"-- {{ env.TOKEN }}\"",
        "executor-args = [\"--kaniko-dir={{ env.TOKEN }}\"]",
        "executor-args = [\"--snapshot-mode={{ env.TOKEN }}\"]",
        "context = \"{{ env.TOKEN }}\"",
        "dockerfile = \"{{ env.TOKEN }}\"",
        "target = \"{{ env.TOKEN }}\"",
        "push-retry = \"{{ env.TOKEN }}\"",
        "timeout = \"{{ env.TOKEN }}\"",
    ] {
        let run = Sandbox::new()
            .config(&format!(
                "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
                 secrets = {{ token = {{ env = \"TOKEN\" }} }}\n{line}\n"
            ))
            .file("Dockerfile", "FROM scratch\n")
            .env("TOKEN", TOKEN)
            .run(["plan"]);

        tells_no_canary(run.code(2).stdout(""));
    }
}

#[test]
fn all_secrets_that_cannot_be_had_are_told_at_once() {
    let run = Sandbox::new()
        .config(
            r#"version = 1

[registries.a]
host = "a.example.com"
username = "bob"
password = { env = "PW_A" }

[registries.b]
host = "b.example.com"
username = "bob"
password = { command = ["vault"] }

[executors.d]
type = "docker"
env = { TOKEN = { env = "TOKEN" } }

[defaults]
secrets = { npm = { env = "NPM" } }

[builds.web]
destinations = ["a.example.com/web:1", "b.example.com/web:1"]

[builds.api]
destinations = ["a.example.com/api:1", "b.example.com/api:1"]
"#,
        )
        .file("Dockerfile", "FROM scratch\n")
        .fake("vault", Fake::new().tells("sealed").exits(1))
        .fake("docker", docker(&Executor::builds()))
        .run(["run", "--push", "--report", "json=build.json"]);

    run.code(2).stdout("").stderr(
        "error: secret `npm` of `web`: the variable `NPM` is not set\n\
         error: executor `d`, env.TOKEN: the variable `TOKEN` is not set\n\
         error: no password for `a.example.com` from `[registries.a]`: the variable `PW_A` is not \
         set\n\
         hint: is it misspelt, or a protected variable in a pipeline of an unprotected branch or \
         tag?\n\
         error: no password for `b.example.com` from `[registries.b]`: the command `vault` ended \
         with exit code 1: sealed\n\
         hint: run the command by hand in this job to see what it lacks",
    );
    assert_eq!(run.sent_to("vault").argvs().len(), 1);
    let report: serde_json::Value = serde_json::from_str(&run.file("build.json")).expect("JSON");
    assert_eq!(
        report["builds"][1]["cause"],
        "secret `npm` of `web`: the variable `NPM` is not set; executor `d`, env.TOKEN: the \
         variable `TOKEN` is not set; no password for `a.example.com` from `[registries.a]`: the \
         variable `PW_A` is not set; no password for `b.example.com` from `[registries.b]`: the \
         command `vault` ended with exit code 1: sealed"
    );
}

#[test]
fn no_secret_is_in_a_report() {
    let run = project(&talkative()).run(["run", "--push", "--report", "json=report.json"]);

    let report = run.code(0).file("report.json");
    assert!(report.contains("\"result\": \"built\""), "{report}");
    for canary in canaries() {
        assert!(!report.contains(&canary), "`{canary}` is in {report}");
    }
}

#[test]
fn the_docker_config_is_a_file_for_its_owner_alone() {
    let sandbox = project(&Executor::builds());
    fs::write(sandbox.path("config.json"), "old").unwrap();
    fs::set_permissions(sandbox.path("config.json"), fs::Permissions::from_mode(0o666)).unwrap();

    let run = sandbox.run(["auth", "web", "-o", "config.json"]);

    tells_no_canary(run.code(0).stdout("").stderr(""));
    assert_eq!(run.mode("config.json"), 0o600);
    assert_eq!(
        run.file("config.json").trim_end(),
        r#"{"auths":{"r.example.com":{"auth":"Ym9iOmNhbmFyeS1QYTU1L3dvcmQrMQ=="}}}"#
    );
}

#[test]
fn the_docker_config_goes_to_stdout_where_that_is_asked_for() {
    project(&Executor::builds())
        .run(["auth", "web", "-o", "-"])
        .code(0)
        .stderr("")
        .stdout(r#"{"auths":{"r.example.com":{"auth":"Ym9iOmNhbmFyeS1QYTU1L3dvcmQrMQ=="}}}"#);
}

#[test]
fn the_docker_config_asks_for_no_other_secret_than_its_logins() {
    Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\n\
             destinations = [\"r.example.com/web:1\"]\n\
             secrets = { token = { env = \"NOT_SET\" } }\n",
        )
        .file("Dockerfile", "FROM scratch\nRUN --mount=type=secret,id=token true\n")
        .run(["auth", "web", "-o", "-"])
        .code(0)
        .stderr("")
        .stdout("{\"auths\":{}}");
}

#[test]
fn nothing_is_left_of_a_build_that_ended_well_or_failed() {
    for executor in [talkative(), Executor::fails(1, "error building image: broken")] {
        let run = project(&executor).run(["run", "--push"]);

        assert_eq!(run.left_behind(), Vec::<PathBuf>::new());
        assert_eq!(run.sent_to("docker").verbs().last(), Some(&"rm"));
    }
}

#[test]
fn nothing_is_left_of_a_build_that_was_interrupted() {
    let executor = Executor::does("touch \"$state/building\"; sleep 60");
    let sandbox = project(&executor);
    let mut started = sandbox.start(["run", "--push", "--report", "json=report.json"]);
    let run = started.until("building").terminate().end();

    tells_no_canary(run.code(130).stdout(""));
    run.stderr_contains("error: web: interrupted\n");
    assert_eq!(run.left_behind(), Vec::<PathBuf>::new());
    assert!(run.file("report.json").contains("\"result\": \"interrupted\""));
    let calls = run.sent_to("docker");
    let verbs = calls.verbs();
    let killed = verbs.iter().position(|verb| *verb == "kill");
    let removed = verbs.iter().rposition(|verb| *verb == "rm");
    assert!(killed < removed && killed.is_some(), "{verbs:?}");
}

#[test]
fn the_login_of_a_run_is_its_own_and_gone_with_it() {
    let cf = Fake::new()
        .when(
            "auth*",
            Fake::new().does("printf %s \"$CF_HOME\" >\"$state/home\"; echo >\"$CF_HOME/token\""),
        )
        .when("ssh*", Fake::new().tells("FAILED").exits(1).hears_nothing());
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[executors.cf]\ntype = \"cloudfoundry\"\napi = \"https://api.example.com\"\n\
             org = \"acme\"\nspace = \"dev\"\napp = \"kaniko\"\nusername = \"ci\"\n\
             password = { env = \"PW\" }\n[builds.web]\nno-push = true\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .env("PW", PASSWORD)
        .fake("cf", cf);
    let run = sandbox.run(["-v", "run"]);

    tells_no_canary(run.code(3));
    gives_no_canary_to("cf", &run);
    let home = fs::read_to_string(sandbox.state().join("home")).unwrap();
    assert!(home.contains("/tmp/kaniko-build-cf-"), "{home}");
    assert_eq!(run.left_behind(), Vec::<PathBuf>::new());
    assert!(run.sent_to("cf").of("auth")[0].names.contains(&"CF_PASSWORD".to_owned()));
    assert!(!run.sent_to("cf").of("ssh")[0].names.contains(&"CF_PASSWORD".to_owned()));
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
