//! What goes without saying: a build without a file, and an executor that nobody names.

use crate::{
    engine::{DIGEST, Executor, docker},
    sandbox::Sandbox,
};

/// A directory with a Dockerfile that needs an executor, and no `kaniko.toml`.
fn plain() -> Sandbox {
    Sandbox::new().file("Dockerfile", "FROM r.example.com/alpine:3\nRUN make\nCOPY . .\n")
}

#[test]
fn a_dockerfile_and_a_destination_are_enough() {
    let run = plain().fake("docker", docker(&Executor::builds())).run([
        "run",
        "-d",
        "r.example.com/shop:1",
        "--executor",
        "docker",
        "--push",
        "-q",
    ]);

    run.code(0).stdout(&format!("r.example.com/shop:1@{DIGEST}")).stderr("");
}

#[test]
fn in_ci_not_even_a_destination_is_needed() {
    let run = plain()
        .env("GITLAB_CI", "true")
        .env("CI_PROJECT_PATH", "acme/Web-Shop")
        .env("CI_COMMIT_SHA", "0123456789abcdef0123456789abcdef01234567")
        .env("CI_COMMIT_SHORT_SHA", "01234567")
        .env("CI_COMMIT_BRANCH", "main")
        .env("CI_REGISTRY_IMAGE", "r.example.com/acme/web-shop")
        .run(["plan", "--executor", "podman"]);

    let plan = run.code(0).told();
    assert!(plan.starts_with("web-shop on podman\n"), "{plan}");
    assert!(
        plan.contains("  push         r.example.com/acme/web-shop:01234567  [default]\n"),
        "{plan}"
    );
}

#[test]
fn a_tag_of_git_that_no_image_can_have_becomes_one_that_it_can() {
    for (tag, expected) in [("v1.0+b", "v1.0-b"), ("api/v1.0", "api-v1.0"), ("v1.2.3", "v1.2.3")] {
        let run = plain().run(["plan", "--executor", "docker", "--ci", "gitlab", "--tag", tag]);

        let image =
            format!("  push         registry.gitlab.example.com/group/project:{expected}  ");
        assert!(run.code(0).told().contains(&image), "{}", run.told());
    }
}

#[test]
fn where_the_ci_has_no_registry_the_option_is_advised_that_names_one() {
    plain().run(["plan", "--ci", "circleci", "--branch", "main"]).code(2).stdout("").stderr(
        "error: `image`: `ci.registry_image` has no value: CircleCI has no registry of its own\n \
         --> default:3:13\n  |\n3 | image = \"{{ ci.registry_image }}\"\n  |             \
         ^^^^^^^^^^^^^^^^^ here\nhint: say what it is pushed as: `-d \
         registry.example.com/shop:1.0`",
    );
}

#[test]
fn without_a_file_and_without_a_destination_the_user_is_told_of_it() {
    plain().run(["run"]).code(2).stdout("").stderr(
        "error: there is no `kaniko.toml` here, and no destination was given\n\
         hint: `kaniko-build run -d REFERENCE` builds the Dockerfile that is here",
    );
}

#[test]
fn options_that_stand_for_a_file_are_refused_beside_one() {
    plain()
        .config("version = 1\n[builds.web]\nno-push = true\n")
        .run(["run", "--target", "web"])
        .code(2)
        .stdout("")
        .stderr(
            "error: `--target` is for a build without a file, and here is `kaniko.toml`\n\
             hint: override its keys, as in `--set builds.NAME.target=debug`",
        );
}

#[test]
fn what_the_command_line_gives_is_no_template_and_its_mistakes_are_shown_there() {
    plain()
        .run(["plan", "-d", "r.example.com/{{ x }}", "--executor", "podman"])
        .code(2)
        .stdout("")
        .stderr_contains(" --> --destination:1:1\n  |\n1 | r.example.com/{{ x }}");
}

#[test]
fn a_dockerfile_that_only_copies_needs_no_executor() {
    let run = Sandbox::new().file("Dockerfile", "FROM scratch\nCOPY . /\n").run([
        "plan",
        "-d",
        "r.example.com/shop:1",
    ]);

    let plan = run.code(0).told();
    assert!(plan.contains(" on builtin\n"), "{plan}");
    assert!(plan.contains("  chosen       its Dockerfile needs no executor\n"), "{plan}");
}

#[test]
fn what_runs_programs_goes_to_an_engine_that_answers() {
    let run = plain().fake("podman", docker(&Executor::builds())).run([
        "plan",
        "-d",
        "r.example.com/shop:1",
    ]);

    let plan = run.code(0).told();
    assert!(plan.contains(" on podman\n"), "{plan}");
    assert!(
        plan.contains(
            "  chosen       `RUN` runs a program, which the builtin executor cannot (Dockerfile:2), and podman answers here\n"
        ),
        "{plan}"
    );
}

#[test]
fn a_job_with_a_kaniko_service_builds_there() {
    let run = plain().env("WSR_SERVICE_ID_kaniko", "glrw-7-kaniko").run([
        "plan",
        "-d",
        "r.example.com/shop:1",
    ]);

    let plan = run.code(0).told();
    assert!(plan.contains("this job has the Kaniko service `glrw-7-kaniko`"), "{plan}");
}

#[test]
fn where_nothing_can_build_it_is_said_what_could() {
    plain()
        .config("version = 1\n[builds.web]\nno-push = true\n")
        .run(["run"])
        .code(2)
        .stdout("")
        .stderr(
            "error: nothing here can build `web`: `RUN` runs a program, which the builtin executor cannot (Dockerfile:2)\n \
             --> kaniko.toml:2:9\n  |\n2 | [builds.web]\n  |         ^^^ built where?\n\
             hint: start docker, or install podman; or run inside of Kaniko's debug image; or \
             declare where Kaniko runs as `[executors.NAME]`",
        );
}

#[test]
fn builtin_says_which_line_it_cannot_build() {
    plain()
        .config("version = 1\n[builds.web]\nexecutor = \"builtin\"\nno-push = true\ncache = true\nsnapshot-mode = \"redo\"\n")
        .run(["check"])
        .code(2)
        .stdout("")
        .stderr_contains("error: Dockerfile:2: `RUN` runs a program, which the builtin executor cannot\n");
}

#[test]
fn a_config_file_behind_the_flag_of_a_dockerfile_is_told_apart() {
    let run = Sandbox::new().file("Dockerfile", "FROM scratch\n").run(["check", "-f", "k.toml"]);

    run.code(2).stderr(
        "error: there is no `kaniko.toml` here, and `k.toml` is no Dockerfile\n\
         hint: `-f` names a Dockerfile, as docker's does: a config file stands after `--file`",
    );
}
