//! The recipes of `examples/images`, built by a real podman on a stand-in, and used.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::{container, container::ask, repository, sandbox::Sandbox};

const PROGRAM: &str = env!("CARGO_BIN_EXE_kaniko-build");

/// Builds the image `localhost/NAME:1` by a recipe, on a base with the paths of Kaniko's own.
fn build(sandbox: &Sandbox, name: &str) {
    let place = |directory: &str| sandbox.path(directory).display().to_string();
    fs::create_dir(place("base")).expect("a directory");
    let base = format!("FROM {}\nENV PATH=/usr/local/bin:/kaniko:/busybox\n", container::IMAGE);
    fs::write(sandbox.path("base/Dockerfile"), base).expect("a Dockerfile");
    ask(sandbox, &["build", "--tag=localhost/base:1", &place("base")], b"").expect("a base");
    repository::copy(&repository::path(&format!("examples/images/{name}")), &sandbox.path(name));
    fs::copy(PROGRAM, sandbox.path(name).join("kaniko-build")).expect("a copy of the program");
    // What the recipe must not take with it.
    fs::write(sandbox.path(name).join("stray"), "").expect("a file");
    let (tag, context) = (format!("--tag=localhost/{name}:1"), place(name));
    ask(sandbox, &["build", &tag, "--build-arg=BASE=localhost/base:1", &context], b"")
        .expect("it is built");
}

/// Mounts of the libraries that the program under test needs and a release's does not.
fn libraries() -> Vec<String> {
    let needed = Command::new("ldd").arg(PROGRAM).output().expect("ldd is there");
    String::from_utf8_lossy(&needed.stdout)
        .split_whitespace()
        .filter(|word| Path::new(word).is_absolute())
        .map(|path| format!("--volume={path}:{path}:ro"))
        .collect()
}

/// What a shell prints in a new container of the image, with `more` said of that container.
fn within(sandbox: &Sandbox, image: &str, more: &[String], shell: &str) -> Result<String, String> {
    let limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--network=none"];
    let libraries = libraries();
    let said = libraries.iter().chain(more).map(String::as_str);
    let arguments = ["run", "--rm"].into_iter().chain(limits).chain(said);
    ask(sandbox, &arguments.chain([image, "/busybox/sh", "-c", shell]).collect::<Vec<_>>(), b"")
}

#[test]
fn the_image_for_cloud_foundry_has_the_program_on_its_path() {
    let Some(sandbox) = container::podman(Sandbox::new()) else { return };
    build(&sandbox, "cf-cli");

    let said = within(&sandbox, "localhost/cf-cli:1", &[], "kaniko-build --version; ls /stray");

    assert_eq!(said.unwrap_err(), "ls: /stray: No such file or directory");
    let said = within(&sandbox, "localhost/cf-cli:1", &[], "kaniko-build --version");
    assert_eq!(said.unwrap(), concat!("kaniko-build ", env!("CARGO_PKG_VERSION"), "\n"));
}

/// All that is there but mounts, the stand-in's tools and what is ours.
const LIST: &str = "find / -xdev ! -path '/kaniko/.kaniko-build*' ! -path '/kaniko/stand-in/*' \
                    ! -path '/busybox/*' ! -path '/builds/*' ! -path '/run*' ! -path '/tmp*' | sort";

#[test]
fn a_job_within_kanikos_image_builds_its_example_and_leaves_the_container_as_it_was() {
    let Some(sandbox) = container::podman(Sandbox::new()) else { return };
    build(&sandbox, "kaniko");
    let example = "examples/gitlab-local";
    repository::copy(&repository::path(example), &sandbox.path("checkout"));
    let job = repository::commands(&repository::text(&format!("{example}/.gitlab-ci.yml")));
    let variables = repository::variables(&format!("{example}/ci.env"));
    let more: Vec<String> = [
        format!("--volume={}:/builds/clock", sandbox.path("checkout").display()),
        "--workdir=/builds/clock".to_owned(),
    ]
    .into_iter()
    .chain(variables.iter().map(|(name, value)| format!("--env={name}={value}")))
    .collect();

    let said = within(
        &sandbox,
        "localhost/kaniko:1",
        &more,
        &format!(
            "{LIST} >/builds/clock/before; {} && {LIST} >/builds/clock/after",
            job[0].join(" ")
        ),
    )
    .expect("it builds");

    let pushed: Vec<_> = said.lines().filter_map(|line| line.split('@').next()).collect();
    assert_eq!(
        pushed,
        ["registry.example.com/my-group/clock:1.4.2", "registry.example.com/my-group/clock:1.4"]
    );
    let read =
        |name: &str| fs::read_to_string(sandbox.path("checkout").join(name)).expect("a file");
    assert_eq!(read("after"), read("before"));
    assert!(read("before").lines().any(|line| line == "/kaniko/kaniko-build"));
    let report: Value = serde_json::from_str(&read("kaniko-build.json")).expect("JSON");
    assert_eq!(report["builds"][0]["result"], "built");
    assert_eq!(report["builds"][0]["executor_version"], "v0.0.0-stand-in");
}
