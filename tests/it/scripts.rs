//! Plans as scripts: what they say, and that a shell does it.

use crate::{
    engine::{DIGEST, Executor, docker},
    fake::Fake,
    machine,
    sandbox::Sandbox,
};

/// A build with a Dockerfile and an ignore file outside of its context, and what a container can
/// be given.
fn project(docker: Fake) -> Sandbox {
    Sandbox::new()
        .config(
            r#"version = 1

[executors.d]
type = "docker"
image = "example.com/kaniko:1"
pull = "always"
memory = "4g"
env = { TZ = "it's", TOKEN = { env = "MY_TOKEN" } }

[builds.web]
context = "app"
dockerfile = "docker/web"
tar-path = "web.tar"
destinations = ["r.example.com/shop/web:1"]
"#,
        )
        .file("app/greeting", "hello\n")
        .file("docker/web", "FROM scratch\n")
        .file("docker/web.dockerignore", "nothing\n")
        .env("MY_TOKEN", "hunter2hunter2")
        .fake("docker", docker)
}

fn script(sandbox: &Sandbox) -> String {
    let run = sandbox.run(["plan", "--push", "--format", "shell"]);
    run.code(0).stderr("").never_tells("hunter2");
    run.results().join("\n")
}

/// A docker that keeps where its container's files come from.
fn kept(start: &str) -> Fake {
    let digest = format!("printf %s {DIGEST} >\"$call/digest\"\ntar -C \"$call\" -cf - digest\n");
    docker(&Executor::builds())
        .first("'cp kaniko-'*' -'", Fake::new().does(&digest))
        .first("'cp kaniko-'*/image.tar*", Fake::new().does("echo image >\"$3\""))
        .first(
            "'cp '*'/. kaniko-'*",
            Fake::new().does("cp -r \"$2\" \"$state/sent\"").hears_nothing(),
        )
        .first("'start '*", Fake::new().does(start).hears_nothing())
        .first("'create '*", Fake::new().does("echo 0123456789").hears_nothing())
}

#[test]
fn the_script_of_a_container_sets_what_a_run_sets() {
    let sandbox = project(docker(&Executor::builds()));
    let script = script(&sandbox);
    let dir = sandbox.path("").display().to_string();
    let dir = dir.trim_end_matches('/');

    assert_eq!(
        script.replace(dir, "[DIR]"),
        r#"#!/bin/sh
set -eu
file=[DIR]/kaniko.toml
remove() { :; }
far=$(mktemp -d)
trap 'remove; rm -rf "$far"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# web on d
# sent: no more than the Dockerfile
rm -rf "$far"; far=$(mktemp -d)
(umask 077; mkdir -p "$far"/.kaniko-build/run/docker; kaniko-build auth web --file "$file" -o - > "$far"/.kaniko-build/run/docker/config.json)
(umask 077; mkdir -p "$far"/.kaniko-build/run; cat [DIR]/docker/web > "$far"/.kaniko-build/run/Dockerfile)
(umask 077; mkdir -p "$far"/.kaniko-build/run; kaniko-build context pack web --file "$file" -o - > "$far"/.kaniko-build/run/bundle.tgz)
[ ! -f [DIR]/docker/web.dockerignore ] || cp [DIR]/docker/web.dockerignore "$far"/.kaniko-build/run/Dockerfile.dockerignore
remove() { docker rm --force --volumes "kaniko-web-$$" >/dev/null 2>&1 || :; }
TOKEN="${MY_TOKEN}" docker create --name="kaniko-web-$$" --entrypoint=/kaniko/executor --workdir=/ --log-driver=none --pull=always --memory=4g --env=HOME=/root --env=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/kaniko:/busybox --env=SSL_CERT_DIR=/kaniko/ssl/certs --env=USER=root --env=DOCKER_CONFIG=/kaniko/.kaniko-build/run/docker '--env=TZ=it'\''s' --env=HTTP_PROXY --env=HTTPS_PROXY --env=NO_PROXY --env=ALL_PROXY --env=http_proxy --env=https_proxy --env=no_proxy --env=all_proxy --env=TOKEN example.com/kaniko:1 --context=tar:///kaniko/.kaniko-build/run/bundle.tgz --dockerfile=/kaniko/.kaniko-build/run/Dockerfile --log-format=color --digest-file=/kaniko/.kaniko-build/run/digest --destination=r.example.com/shop/web:1 --tar-path=/kaniko/.kaniko-build/run/image.tar >/dev/null
docker cp "$far"/. "kaniko-web-$$":/kaniko
docker start --attach "kaniko-web-$$" >&2
digest_web=$(docker cp "kaniko-web-$$":/kaniko/.kaniko-build/run/digest - | tar -xO)
docker cp "kaniko-web-$$":/kaniko/.kaniko-build/run/image.tar [DIR]/web.tar
remove; remove() { :; }
echo r.example.com/shop/web:1@"$digest_web""#
    );
}

#[test]
fn what_is_laid_over_the_file_holds_in_its_script_too() {
    let sandbox =
        project(docker(&Executor::builds())).env("KANIKO_BUILD__DEFAULTS__TIMESTAMPS", "keep");
    let file = std::fs::read_to_string(sandbox.path("kaniko.toml")).expect("it is text");
    let file = file + "[profiles.lab]\nbuilds.web.context = \".\"\n";
    let sandbox = sandbox.config(&file);

    let flags = ["--profile", "lab", "--set", "builds.web.modes=keep"];
    let run = sandbox.run([&["plan", "--push", "--format", "shell"][..], &flags].concat());

    let script = run.code(0).results().join("\n");
    assert!(script.contains("\nexport KANIKO_BUILD__DEFAULTS__TIMESTAMPS=keep\n"), "{script}");
    let pack = "kaniko-build context pack web --file \"$file\" --profile lab --set \
                builds.web.modes=keep -o -";
    assert!(script.contains(pack), "{script}");
}

#[test]
fn a_script_pushes_to_an_insecure_registry_as_a_run_does() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[registries.lab]\nhost = \"lab.example.com:5000\"\ninsecure = true\n\
             [builds.web]\nexecutor = \"builtin\"\n\
             destinations = [\"lab.example.com:5000/web/a:1\", \"r.example.com/web/a:1\"]\n",
        )
        .file("Dockerfile", "FROM scratch\n");

    let script = script(&sandbox);

    let push = "buildah push --tls-verify=false --digestfile \"$far\"/digest kaniko-build/web \
                docker://lab.example.com:5000/web/a:1";
    assert!(script.contains(push), "{script}");
    assert!(script.contains("buildah push --digestfile"), "{script}");
}

#[test]
fn a_script_builds_prints_what_was_pushed_and_leaves_nothing() {
    let sandbox = project(kept("echo building"));
    let run = sandbox.sh(&script(&sandbox));

    run.code(0).stdout(&format!("r.example.com/shop/web:1@{DIGEST}")).stderr_contains("building\n");
    let sent = |path: &str| {
        std::fs::read_to_string(sandbox.state().join("sent/.kaniko-build/run").join(path)).unwrap()
    };
    assert_eq!(sent("Dockerfile.dockerignore"), "nothing\n");
    assert_eq!(sent("docker/config.json").trim_end(), "{\"auths\":{}}");
    assert_eq!(run.file("web.tar"), "image\n");
    assert!(run.sent_to("docker").of("create")[0].names.contains(&"TOKEN".to_owned()));
    assert_eq!(run.sent_to("docker").verbs(), ["create", "cp", "start", "cp", "cp", "rm"]);
    assert_eq!(run.left_behind(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_script_whose_build_fails_ends_with_its_code_and_leaves_no_container() {
    let sandbox = project(kept("echo broken >&2; exit 3"));
    let run = sandbox.sh(&script(&sandbox));

    run.code(3).stdout("").stderr_contains("broken\n");
    assert_eq!(run.sent_to("docker").verbs(), ["create", "cp", "start", "rm"]);
    assert_eq!(run.left_behind(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_script_whose_terminal_goes_leaves_no_credentials_behind() {
    if !machine::hears_hangups() {
        return;
    }
    let waits = "touch \"$state/building\"\npatience=2400\nuntil [ -e \"$state/go-on\" ]; do\n  \
                 patience=$((patience - 1))\n  [ $patience -gt 0 ] || exit 99\n  sleep 0.05\ndone";
    let sandbox = project(kept(waits));

    let mut started = sandbox.start_sh(&script(&sandbox));
    started.until("building").signal(rustix::process::Signal::HUP);
    std::fs::write(sandbox.state().join("go-on"), "").expect("the executor goes on");
    let run = started.end();

    assert_eq!(run.ended_with(), 129);
    assert_eq!(run.left_behind(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_script_that_lacks_a_secret_starts_nothing() {
    let sandbox = project(kept("echo building"));
    let script = script(&sandbox).replace("${MY_TOKEN}", "${NO_TOKEN}");
    let run = sandbox.sh(&script);

    run.code(2).stdout("").stderr_contains("NO_TOKEN");
    assert_eq!(run.sent_to("docker").of("start").len(), 0);
}

#[test]
fn a_script_that_cannot_show_a_secret_does_nothing_before_it_is_put_there() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
             build-args = { GITHUB_TOKEN = \"{{ env.GITHUB_TOKEN }}\" }\n\
             allow-secret-args = [\"GITHUB_TOKEN\"]\n",
        )
        .file("Dockerfile", "FROM scratch\nARG GITHUB_TOKEN\n")
        .env("GITHUB_TOKEN", "some-canary-word")
        .fake("docker", docker(&Executor::builds()));
    let planned = sandbox.run(["plan", "--format", "shell"]);

    planned.code(0).never_tells("canary").stdout_contains("--build-arg=GITHUB_TOKEN=[secret] ");
    planned.stderr(
        "warning: where a secret stands in plain sight the script has `[secret]`, and ends before \
         it does anything: put the secret there",
    );
    let run = sandbox.sh(planned.told());
    run.code(2)
        .stdout("")
        .stderr("put a secret in place of each [secret] here, and take this line out");
    assert_eq!(run.sent_to("docker").argvs().len(), 0);
}

#[test]
fn a_script_through_a_shell_sends_all_at_once_and_sets_what_a_run_sets() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[executors.far]\ntype = \"command\"\ncommand = [\"far\"]\n\
             env = { TZ = \"it's\", TOKEN = { env = \"MY_TOKEN\" } }\n[builds.web]\n\
             destinations = [\"r.example.com/shop/web:1\"]\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .env("MY_TOKEN", "hunter'2hunter")
        .env("HTTPS_PROXY", "http://proxy:3128")
        .fake(
            "far",
            // The far side is a directory, and its executor says what it was given.
            Fake::new()
                .does(&format!(
                    "mkdir -p \"$state/kaniko\"\n\
                     printf '%s\\n' '#!/bin/sh' 'echo \"$TZ $TOKEN $HTTPS_PROXY $HOME\"' \
                     \"printf %s {DIGEST} >'$state/kaniko/.kaniko-build/run/digest'\" \
                     >\"$state/kaniko/executor\"\nchmod +x \"$state/kaniko/executor\"\n\
                     command=$(printf %s \"$1\" | sed \"s| /kaniko| $state/kaniko|g\")\n\
                     exec sh -c \"$command\""
                ))
                .hears_nothing(),
        );
    let run = sandbox.sh(&script(&sandbox));

    run.code(0)
        .stdout(&format!("r.example.com/shop/web:1@{DIGEST}"))
        .stderr_contains("it's hunter'2hunter http://proxy:3128 /root\n");
    assert!(!sandbox.state().join("kaniko/.kaniko-build/run").exists());
    assert_eq!(run.sent_to("far").argvs().len(), 4);
    assert!(!run.sent_to("far").argvs().concat().contains("hunter"));
}
