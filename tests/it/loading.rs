//! `--load`: an image that was built without an executor, in an engine of this machine.

use std::fs;

use serde_json::Value;

use crate::{container, fake::Fake, machine, ran::Ran, sandbox::Sandbox};

const DOCKERFILE: &str = "FROM scratch\nCOPY greeting /greeting\nCMD [\"cat\"]\n";

fn project(build: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!("version = 1\n[builds.web]\nexecutor = \"builtin\"\n{build}"))
        .file("Dockerfile", DOCKERFILE)
        .file("greeting", "hello\n")
}

/// A docker with a daemon somewhere, that keeps what it loads.
fn docker(sandbox: Sandbox) -> Sandbox {
    let keeps = Fake::new().hears_nothing().does("cp \"$3\" \"$state/loaded.tar\"\n");
    sandbox.fake("docker", keeps).env("DOCKER_HOST", "tcp://127.0.0.1:2375")
}

/// The names that the image has in the archive that docker loaded.
fn names(sandbox: &Sandbox) -> Value {
    let archive = fs::File::open(sandbox.state().join("loaded.tar")).expect("it was loaded");
    let mut archive = tar::Archive::new(archive);
    let manifest = archive
        .entries()
        .expect("a tar")
        .map(|entry| entry.expect("an entry"))
        .find(|entry| entry.path().expect("a path").ends_with("manifest.json"))
        .expect("a manifest");
    let manifest: Value = serde_json::from_reader(manifest).expect("JSON");
    manifest[0]["RepoTags"].clone()
}

/// One call, `load --input FILE`, of a file that is gone afterwards.
fn loaded_once(run: &Ran) {
    let calls = run.sent_to("docker").argvs();
    let [call] = &calls[..] else { panic!("{calls:?}") };
    let path = call.strip_prefix("load --input ").expect("a path");
    assert!(!fs::exists(path).expect("it can be looked for"), "{path}");
}

#[test]
fn docker_gets_the_image_under_all_its_names_and_nothing_is_pushed() {
    let sandbox = docker(project(
        "destinations = [\"r.example.com:5000/team/a__b.c-d:1_2.3-x\", \"alpine:edge\", \
         \"r.example.com/team/web\"]\n",
    ));

    let run = sandbox.run(["run", "--load"]);

    run.code(0)
        .stdout("")
        .stderr_contains("docker has now: `web`\n")
        .never_tells("nothing was pushed");
    loaded_once(&run);
    assert_eq!(
        names(&sandbox),
        serde_json::json!([
            "r.example.com:5000/team/a__b.c-d:1_2.3-x",
            "docker.io/library/alpine:edge",
            "r.example.com/team/web:latest"
        ])
    );
}

#[test]
fn what_is_never_pushed_is_loaded_by_the_name_of_its_build() {
    let sandbox = docker(project("no-push = true\n"));

    let run = sandbox.run(["run", "--load=docker"]);

    run.code(0).stdout("");
    loaded_once(&run);
    assert_eq!(names(&sandbox), serde_json::json!(["docker.io/library/web:latest"]));
}

#[test]
fn an_engine_that_does_not_take_it_fails_the_build_in_its_own_words() {
    let refuses = Fake::new().hears_nothing().tells("no space left on device").exits(1);
    let sandbox = project("no-push = true\n")
        .fake("docker", refuses)
        .env("DOCKER_HOST", "tcp://127.0.0.1:2375");

    let run = sandbox.run(["run", "--load"]);

    run.code(1)
        .stdout("")
        .stderr_contains("error: web: `docker load` ended with 1: no space left on device\n");
}

#[test]
fn a_build_that_fails_in_the_end_replaces_no_output_of_an_earlier_one() {
    let refuses = Fake::new().hears_nothing().exits(1);
    let sandbox = project("no-push = true\ntar-path = \"image.tar\"\noci-layout-path = \"oci\"\n")
        .file("image.tar", "of an earlier build")
        .fake("docker", refuses)
        .env("DOCKER_HOST", "tcp://127.0.0.1:2375");

    let run = sandbox.run(["run", "--load"]);

    run.code(1);
    assert_eq!(fs::read_to_string(sandbox.path("image.tar")).unwrap(), "of an earlier build");
    assert!(!sandbox.path("oci").exists());
}

#[test]
fn where_there_is_no_engine_nothing_is_built() {
    let run = project("no-push = true\ntar-path = \"image.tar\"\n").run(["run", "--load"]);

    run.code(2).stdout("").stderr(
        "error: `--load` finds neither docker nor podman here\n\
         hint: start docker, or install podman; `tar-path` gives a file",
    );
}

#[test]
fn an_engine_that_is_named_and_not_there_is_told() {
    let run = project("no-push = true\n").run(["run", "--load=podman"]);

    run.code(1)
        .stdout("")
        .stderr_contains("error: web: `podman load` can't be run: it is not on PATH\n");
}

#[test]
fn what_an_executor_builds_is_not_loaded() {
    let run = Sandbox::new()
        .config("version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n")
        .file("Dockerfile", DOCKERFILE)
        .run(["run", "--load"]);

    run.code(2).stdout("").stderr(
        "error: `--load` of `web`, which `docker` builds\n\
         hint: only `builtin` loads; `tar-path` gives a file for `docker load`",
    );
}

#[test]
fn podman_has_the_image_under_the_names_that_it_is_pushed_to() {
    let project = project("destinations = [\"alpine:edge\", \"r.example.com:5000/team/web:1\"]\n");
    let Some(sandbox) = container::podman(project) else { return };

    sandbox.run(["run", "--load=podman"]).code(0).stdout("");

    let listed = sandbox
        .command("podman")
        .args(["image", "ls", "--format={{.Repository}}:{{.Tag}}", "--filter=dangling=false"])
        .output()
        .expect("podman");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut listed: Vec<_> = listed.lines().filter(|name| *name != container::IMAGE).collect();
    listed.sort_unstable();
    assert_eq!(listed, ["docker.io/library/alpine:edge", "r.example.com:5000/team/web:1"]);
}

#[test]
fn podman_runs_what_is_loaded_as_the_dockerfile_says() {
    let Some(busybox) =
        ["/bin/busybox", "/usr/bin/busybox"].into_iter().find_map(|path| fs::read(path).ok())
    else {
        return machine::left_out("there is no busybox");
    };
    let dockerfile = "FROM scratch AS tools\nCOPY --chmod=755 busybox /bin/busybox\n\
         FROM tools\nCOPY <<EOF /etc/passwd\napp:x:7:8:An App:/home/app:/bin/sh\nEOF\n\
         ENV GREETING=hello PATH=/bin\nUSER app\nWORKDIR /home/app\n\
         COPY --chown=app --chmod=640 greeting mine\n\
         ENTRYPOINT [\"busybox\", \"sh\", \"-c\"]\n\
         CMD [\"busybox id -u; busybox id -g; echo $GREETING; busybox pwd; busybox cat mine; \
         busybox stat -c '%a %u:%g' . mine; echo x > new && echo may write\"]\n";
    let project = Sandbox::new()
        .config("version = 1\n[builds.web]\nexecutor = \"builtin\"\ndestinations = [\"r.example.com/web:1\"]\n")
        .file("Dockerfile", dockerfile)
        .file("busybox", busybox)
        .file("greeting", "from the context\n");
    let Some(sandbox) = container::podman(project) else { return };
    sandbox.run(["run", "--load=podman"]).code(0);

    let limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--network=none"];
    let run = [&["run", "--rm"], &limits[..], &["r.example.com/web:1"]].concat();

    assert_eq!(
        container::ask(&sandbox, &run, b"").expect("it runs"),
        "7\n8\nhello\n/home/app\nfrom the context\n755 7:8\n640 7:8\nmay write\n"
    );
}
