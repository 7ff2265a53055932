//! Builds through a real podman, with a stand-in for the executor in an image without a shell.

use std::{fs, path::PathBuf};

use crate::{container, sandbox::Sandbox};

/// A build with podman that also writes its image to a file.
fn project(dockerfile: &str) -> Option<Sandbox> {
    container::podman(
        Sandbox::new()
            .config(&format!(
                "version = 1\n[executors.p]\ntype = \"podman\"\nimage = \"{}\"\npull = \"never\"\n\
                 network = \"host\"\n{}\n[builds.web]\nno-push = true\ntar-path = \"image.tar\"\n\
                 context = \"app\"\n",
                container::IMAGE,
                container::ENGINE_ARGS,
            ))
            .file("app/Dockerfile", dockerfile)
            .file("app/greeting", "hello\n"),
    )
}

#[test]
fn a_build_is_fed_run_and_brought_back_and_its_container_goes() {
    let Some(sandbox) = project("FROM scratch\nCOPY greeting /srv\nRUN echo made > /made\n") else {
        return;
    };
    let run = sandbox.run(["run"]);

    run.code(0).stdout("").stderr_contains(
        "web | sending the context\nweb | building\nweb | INFO[0000] unpacking\n\
         web | INFO[0001] Running: echo made > /made\n",
    );
    let image = fs::File::open(sandbox.path("image.tar")).unwrap();
    let mut names: Vec<_> = tar::Archive::new(image)
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().into_owned())
        .collect();
    names.retain(|name| name.ends_with("made") || name.ends_with("greeting"));
    names.sort();
    assert_eq!(names, ["made", "srv/greeting"].map(PathBuf::from));
    assert_eq!(container::containers(&sandbox), [""; 0]);
    assert_eq!(run.left_behind(), Vec::<PathBuf>::new());
}

#[test]
fn a_run_that_fails_is_told_and_its_container_goes() {
    let Some(sandbox) = project("FROM scratch\nRUN exit 7\n") else { return };
    let run = sandbox.run(["run"]);

    run.code(1).stdout("").stderr_contains("error: web: `RUN` ended with 7\n");
    assert!(!sandbox.path("image.tar").exists());
    assert_eq!(container::containers(&sandbox), [""; 0]);
}

#[test]
fn an_interrupted_build_ends_and_its_container_goes() {
    let Some(sandbox) = project("FROM scratch\nRUN sleep 1000\n") else { return };
    let run = sandbox.start(["run"]).until_told("Running: sleep").terminate().end();

    run.code(130).stdout("").stderr_contains("error: web: interrupted\n");
    assert_eq!(container::containers(&sandbox), [""; 0]);
    assert_eq!(run.left_behind(), Vec::<PathBuf>::new());
}

#[test]
fn the_container_of_a_run_that_is_killed_goes_all_the_same() {
    let Some(sandbox) = project("FROM scratch\nRUN sleep 1000\n") else { return };
    sandbox.start(["run"]).until_told("Running: sleep").kill();

    sandbox.patiently("the container goes", || container::containers(&sandbox).is_empty());
}

#[test]
fn a_look_at_the_engine_keeps_no_container() {
    let Some(sandbox) = project("FROM scratch\nCOPY greeting /srv\n") else { return };

    let run = sandbox.run(["doctor"]);

    run.code(0).stdout_contains(
        "  ok       container: can be made, with all its settings\n  \
         ok       version: v0.0.0-stand-in, the archived original\n",
    );
    run.stdout_contains(" where it keeps containers; the largest context, of `web`, has 38 B\n");
    assert_eq!(container::containers(&sandbox), [""; 0]);
    assert_eq!(run.left_behind(), Vec::<PathBuf>::new());
}
