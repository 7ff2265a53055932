//! Dockerfiles whose `FROM` or `COPY` name what is not there, or can't be.

use crate::sandbox::Sandbox;

fn project(executor: &str, dockerfile: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!("version = 1\n[builds.web]\nexecutor = \"{executor}\"\nno-push = true\n"))
        .file("Dockerfile", dockerfile)
        .file("f", "f\n")
}

/// The plan is refused with this, on all executors alike.
fn refused(dockerfile: &str, message: &str, hint: &str) {
    for executor in ["builtin", "docker"] {
        let run = project(executor, dockerfile).run(["check"]);
        run.code(2).stdout("").stderr_contains(&format!("error: Dockerfile:{message}\n"));
        run.stderr_contains(&format!("hint: {hint}"));
    }
}

#[test]
fn a_base_that_no_variable_names_is_told_when_planning() {
    refused(
        "ARG BASE\nFROM $BASE\nCOPY f /\n",
        "2: `FROM $BASE` names nothing",
        "`BASE` has no value: give it a default, `ARG BASE=…` before the first `FROM`, or a value \
         in `build-args`\n",
    );
    refused(
        "FROM alpine:$TAG\nCOPY f /\n",
        "1: `FROM alpine:$TAG`: `alpine:` is no image reference: the tag `` must have 1 to 128 \
         characters: letters, digits, `_`, `.` and `-`, the first no `.` or `-`",
        "`TAG` has no value",
    );
}

#[test]
fn a_base_in_capitals_is_told_when_planning() {
    let rule = "is no image reference: the repository `Ubuntu` must be lower case";
    refused("FROM Ubuntu\n", &format!("1: `FROM Ubuntu`: `Ubuntu` {rule}"), "write `ubuntu`\n");
    refused(
        "ARG BASE=Ubuntu\nFROM $BASE\n",
        &format!("2: `FROM $BASE`: `Ubuntu` {rule}"),
        "`ARG` or `build-args` should make it `ubuntu`\n",
    );
}

#[test]
fn what_can_be_an_image_is_none_of_these() {
    let stages = "FROM scratch AS Base\nFROM Base\nCOPY f /\n";
    let platform = "FROM scratch-$TARGETARCH\nCOPY f /\n";
    let unused = "FROM Ubuntu AS unused\nFROM scratch\nCOPY f /\n";
    for dockerfile in [stages, platform, unused] {
        project("builtin", dockerfile).run(["check"]).code(0);
    }
    Sandbox::new()
        .config(
            "version = 1\n[builds.base]\ndestinations = [\"r.example.com/base:1\"]\n\
             context = \"base\"\n[builds.web]\nno-push = true\n\
             build-args = { BASE = \"{{ builds.base.image }}\" }\n",
        )
        .file("base/Dockerfile", "FROM scratch\n")
        .file("Dockerfile", "ARG BASE\nFROM $BASE\n")
        .run(["check"])
        .code(0);
}

#[test]
fn a_wildcard_that_matches_nothing_is_a_source_that_lacks() {
    project("builtin", "FROM scratch\nCOPY nope* /\n").run(["run"]).code(2).stderr_contains(
        "error: web: Dockerfile:2: nothing in the context matches `nope*`\n\
         hint: see with `kaniko-build context ls` what the context holds\n",
    );
}

#[test]
fn a_source_that_leads_out_is_one_of_the_context_without_an_executor() {
    project("builtin", "FROM scratch\nCOPY ../f /\n").run(["run"]).code(0);
    project("builtin", "FROM scratch\nCOPY ../g /\n").run(["run"]).code(2).stderr_contains(
        "error: web: Dockerfile:2:6: there is no `g` in the context, and `../g` leads no further \
         out\n",
    );
}

#[test]
fn a_source_that_leads_out_is_refused_where_kaniko_would_follow_it() {
    project("docker", "FROM scratch\nCOPY ../f /\n").run(["check"]).code(2).stderr_contains(
        "error: Dockerfile:2: `COPY ../f`: Kaniko takes what stands there in the executor, beside \
         the context\n",
    );
}

#[test]
fn a_variable_that_must_have_a_value_is_told_with_what_gives_it_one() {
    project("builtin", "FROM scratch\nCOPY ${F:?} /\n").run(["run"]).code(1).stderr_contains(
        "error: web: Dockerfile:2: `F` has no value; declare it with `ARG`, with a \
         default or a value in `build-args`\n",
    );
    let run = project("builtin", "FROM scratch\nCOPY ${F!} /\n").run(["run"]);
    run.code(1).stderr_contains("error: web: Dockerfile:2: `${F!…}` is no form of a variable\n");
}
