//! `doctor`: what registries let us do, asked of real ones; nothing is pushed.

use std::{fs, path::Path};

use crate::{
    fake::Fake,
    logins::docker_config,
    ran::Ran,
    registry::{PASSWORD, Setup},
    sandbox::Sandbox,
};

/// A project with one build that needs no executor and is pushed to `host`.
fn project(host: &str, registry: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!(
            "version = 1\n[registries.shop]\nhost = \"{host}\"\ninsecure = true\n{registry}\
             [builds.web]\ndestinations = [\"{host}/shop/web:1\", \"{host}/shop/web:latest\"]\n"
        ))
        .file("Dockerfile", "FROM scratch\n")
        .env("PASSWORD", PASSWORD)
}

const LOGIN: &str = "username = \"bob\"\npassword = { env = \"PASSWORD\" }\n";

/// What was found of registries, without what a port makes of it.
fn found(run: &Ran, host: &str) -> String {
    let lines = run.results();
    let from = lines.iter().position(|line| line.starts_with("registry ")).expect("its heading");
    lines[from..].join("\n").replace(host, "HOST")
}

/// Uploads that are under way in a registry.
fn uploads(directory: &Path) -> usize {
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    let count = |path: std::path::PathBuf| {
        if path.is_dir() { uploads(&path) } else { usize::from(path.ends_with("startedat")) }
    };
    entries.map(|entry| count(entry.expect("an entry").path())).sum()
}

#[test]
fn a_registry_that_takes_uploads_is_well_and_none_is_left_there() {
    let Some(registry) = (Setup { login: true, ..Setup::default() }).start() else { return };

    let run = project(&registry.host(), LOGIN).run(["doctor"]);

    run.code(0).never_tells(PASSWORD);
    assert_eq!(
        found(&run, &registry.host()),
        "registry HOST\n  \
         ok       login: `bob`, from [registries.shop]\n  \
         ok       push `shop/web`: an upload may begin; a destination of `web`"
    );
    assert_eq!(uploads(registry.storage()), 0);
}

#[test]
fn a_wrong_password_is_told_with_what_to_do() {
    let Some(registry) = (Setup { login: true, ..Setup::default() }).start() else { return };

    let run = project(&registry.host(), LOGIN).env("PASSWORD", "canary-password").run(["doctor"]);

    run.code(1).never_tells("canary");
    assert_eq!(
        found(&run, &registry.host()),
        "registry HOST\n  \
         ok       login: `bob`, from [registries.shop]\n  \
         failed   push `shop/web`: `HOST` refuses the login of `bob`: authentication required; a \
         destination of `web`\n           \
         hint: is the password right, and has it not run out?"
    );
}

#[test]
fn a_registry_that_wants_a_login_is_told_where_there_is_none() {
    let Some(registry) = (Setup { login: true, ..Setup::default() }).start() else { return };

    let run = project(&registry.host(), "").run(["doctor"]);

    run.code(1);
    assert_eq!(
        found(&run, &registry.host()),
        "registry HOST\n  \
         ok       login: none is known: asked without one\n  \
         failed   push `shop/web`: `HOST` wants a login: authentication required; a destination of \
         `web`\n           \
         hint: `username` and `password` in a `[registries.NAME]` of this host log in"
    );
}

#[test]
fn a_login_says_where_it_is_from() {
    let Some(registry) = (Setup { login: true, ..Setup::default() }).start() else { return };
    let host = registry.host();
    let config = docker_config(&host, PASSWORD);

    let of_docker = project(&host, "").file("../home/.docker/config.json", &config);
    of_docker.run(["doctor"]).code(0).stdout_contains("login: `bob`, from ~/.docker/config.json\n");
    let of_ci = project(&host, "").env("DOCKER_AUTH_CONFIG", &config);
    of_ci.run(["doctor"]).code(0).stdout_contains("login: `bob`, from DOCKER_AUTH_CONFIG\n");
}

#[test]
fn a_credential_command_is_run_once_and_its_failure_keeps_nothing_else_from_being_asked() {
    let Some(registry) = (Setup { login: true, ..Setup::default() }).start() else { return };
    let host = registry.host();
    let login = "username = \"bob\"\npassword = { command = [\"vault\", \"read\"] }\n";

    let run = project(&host, login).fake("vault", Fake::new().prints(PASSWORD)).run(["doctor"]);
    run.code(0).never_tells(PASSWORD);
    assert_eq!(run.sent_to("vault").argvs(), ["read"]);

    let sealed = Fake::new().tells("it is sealed").exits(2);
    let run = project(&host, login).fake("vault", sealed).run(["doctor"]);
    run.code(2);
    assert_eq!(
        found(&run, &host),
        "registry HOST\n  \
         failed   login: no password for `HOST` from `[registries.shop]`: the command `vault` ended \
         with exit code 2: it is sealed\n           \
         hint: run the command by hand in this job to see what it lacks"
    );
}

#[test]
fn a_registry_that_is_read_only_is_told_with_what_to_do() {
    let Some(registry) = (Setup { read_only: true, ..Setup::default() }).start() else { return };

    let run = project(&registry.host(), "").run(["doctor"]);

    run.code(1);
    assert_eq!(
        found(&run, &registry.host()),
        "registry HOST\n  \
         ok       login: none is known: asked without one\n  \
         failed   push `shop/web`: `HOST` takes no pushes: it is read-only; a destination of `web`\n           \
         hint: push elsewhere, or let it take pushes again"
    );
}

#[test]
fn a_host_that_nobody_knows_is_told_with_what_to_do() {
    let run = project("registry.invalid", "").run(["doctor"]);

    run.code(1);
    assert_eq!(
        found(&run, "registry.invalid"),
        "registry HOST\n  \
         ok       login: none is known: asked without one\n  \
         failed   push `shop/web`: there is no host `HOST`; a destination of `web`\n           \
         hint: is its name right, and known to this machine's DNS?"
    );
}

#[test]
fn a_host_that_an_executor_elsewhere_may_reach_is_a_warning() {
    let far = "say() { sum=$(printf %s \"$*\" | sha256sum); echo \"$* ${sum%% *}\"; }\n\
               echo 'kaniko-build hello 1'; say version v1.28.3; say greeted; say bye\n";
    let project =
        project("registry.invalid", "[executors.far]\ntype = \"command\"\ncommand = [\"far\"]\n")
            .fake("far", Fake::new().hears_nothing().does(far));

    let run = project.run(["doctor"]);

    run.code(0);
    assert!(
        found(&run, "registry.invalid").ends_with(
            "warning  push `shop/web`: there is no host `HOST`; a destination of `web`\n           \
             hint: this was asked from here, and its executor is elsewhere: it may reach what we do \
             not"
        ),
        "{}",
        found(&run, "registry.invalid")
    );
}

#[test]
fn a_base_image_is_looked_for_and_so_is_the_cache() {
    let Some(registry) = Setup::default().start() else { return };
    let host = registry.host();
    let project = project(&host, "").file("Dockerfile", format!("FROM {host}/base/alpine:3\n"));
    let here = |key: &str, value: &str| ["--set".to_owned(), format!("builds.web.{key}={value}")];
    let sets = [here("executor", "podman"), here("cache-repo", &format!("{host}/cache"))].concat();

    let run = project.run(["doctor".to_owned()].into_iter().chain(sets));

    run.code(1);
    assert_eq!(
        found(&run, &host),
        "registry HOST\n  \
         ok       login: none is known: asked without one\n  \
         ok       push `shop/web`: an upload may begin; a destination of `web`\n  \
         ok       push `cache`: an upload may begin; the cache of `web`\n  \
         failed   pull `base/alpine:3`: there is no `HOST/base/alpine:3`; taken by `web` \
         (Dockerfile:1)\n           \
         hint: check the reference; some registries say so of images that the login may not see"
    );
}

#[test]
fn a_host_that_is_left_to_the_executor_is_not_asked() {
    let run = project("registry.invalid", "credential-helper = \"executor\"\n").run(["doctor"]);

    run.code(0);
    assert_eq!(
        found(&run, "registry.invalid"),
        "registry HOST\n  \
         ok       login: left to the executor's own credential helper: not asked from here"
    );
}

#[test]
fn what_another_build_makes_is_not_looked_for() {
    let Some(registry) = Setup::default().start() else { return };
    let host = registry.host();
    let project = Sandbox::new()
        .config(&format!(
            "version = 1\n[builds.base]\ndestinations = [\"{host}/base:1\"]\n[builds.web]\n\
             context = \"web\"\nneeds = [\"base\"]\ndestinations = [\"{host}/web:1\"]\n"
        ))
        .file("Dockerfile", "FROM scratch\n")
        .file("web/Dockerfile", format!("FROM {host}/base:1\n"));

    let run = project.run(["doctor"]);

    run.code(0);
    assert_eq!(
        found(&run, &host),
        "registry HOST\n  \
         ok       login: none is known: asked without one\n  \
         ok       push `base`: an upload may begin; a destination of `base`\n  \
         ok       push `web`: an upload may begin; a destination of `web`"
    );
}

#[test]
fn a_mirror_that_lacks_an_image_is_a_warning_where_another_place_has_it() {
    let (Some(registry), Some(mirror)) = (Setup::default().start(), Setup::default().start())
    else {
        return;
    };
    let (host, there) = (registry.host(), mirror.host());
    let pushed = project(&host, "").run(["run", "--push"]);
    pushed.code(0);
    let project = project(&host, &format!("mirrors = [\"{there}/hub\"]\n"))
        .file("Dockerfile", format!("FROM {host}/shop/web:1\n"));

    let run = project.run(["doctor", "--set", "builds.web.no-push=true"]);

    run.code(0).stdout_contains(&format!(
        "  warning  pull `hub/shop/web:1`: there is no `{there}/hub/shop/web:1`; a mirror of \
         `{host}/shop/web:1`, taken by `web` (Dockerfile:1)\n"
    ));
    run.stdout_contains(
        "  ok       pull `shop/web:1`: it is there; taken by `web` (Dockerfile:1)\n",
    );
    let alone = project.run([
        "doctor",
        "--set",
        "builds.web.no-push=true",
        "--set",
        "registries.shop.mirror-fallback=false",
    ]);
    alone
        .code(1)
        .stdout_contains(&format!("  failed   pull `hub/shop/web:1`: there is no `{there}"));
}
