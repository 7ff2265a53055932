//! What a Dockerfile copies and is not there: told before an executor is started.

use crate::{
    engine::{Executor, docker},
    sandbox::Sandbox,
};

/// A build of `app`, whose context has `src/a` and an ignored `out`.
fn app(dockerfile: &str) -> Sandbox {
    Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
             context = \"app\"\n",
        )
        .file("app/Dockerfile", dockerfile)
        .file("app/src/a", "text\n")
        .file("app/out", "text\n")
        .file("app/.dockerignore", "out\n")
        .fake("docker", docker(&Executor::builds()))
}

#[test]
fn a_source_that_is_missing_is_told_and_nothing_is_started() {
    let sandbox = app("FROM scratch\nCOPY src/a src/b /\n");

    let run = sandbox.run(["run"]);

    run.code(2).stderr_contains(
        "error: web: app/Dockerfile:2: there is no `src/b` in the context `[DIR]/app`\n\
         hint: sources are relative to the context; what an earlier job makes must be there \
         before the run\n",
    );
    assert_eq!(run.sent_to("docker").argvs(), Vec::<String>::new());
}

#[test]
fn it_ends_alike_where_no_executor_is_needed() {
    let sandbox = app("FROM scratch\nCOPY src/a src/b /\n");

    let run = sandbox.run(["run", "--set", "builds.web.executor=builtin"]);

    run.code(2).stderr_contains(
        "error: web: app/Dockerfile:2:12: there is no `src/b` in the context; did you mean \
         `src/a`?\n",
    );
}

#[test]
fn what_another_stage_lacks_is_no_mistake_of_the_context() {
    let sandbox = app("FROM scratch AS made\nCOPY src/a /\nFROM scratch\nCOPY --from=made /b /\n");

    sandbox.run(["run", "--set", "builds.web.executor=builtin"]).code(1);
}

#[test]
fn a_source_that_is_ignored_is_told_with_the_file_that_does_it() {
    let sandbox = app("FROM scratch\nCOPY . /\nCOPY out /\n");

    sandbox.run(["run"]).code(2).stderr_contains(
        "error: web: app/Dockerfile:3: `out` is left out of the context by \
         `[DIR]/app/.dockerignore`\n\
         hint: take it back in with a last line `!PATH` there\n",
    );
}

#[test]
fn beside_wildcards_a_source_may_be_missing_as_for_kaniko() {
    app("FROM scratch\nCOPY src/* nope.lock /\n").run(["run"]).code(0);
}

#[test]
fn a_stage_that_is_not_built_may_name_what_is_not_there() {
    let sandbox = app("FROM scratch AS other\nCOPY nope /\nFROM scratch\nCOPY src/a /\n");

    sandbox.run(["run"]).code(0);
    // Of another image than ours it is not known whether it builds that stage.
    let other = ["run", "--set", "executors.d={type=\"docker\",image=\"kaniko\"}"];
    sandbox.run(other.iter().chain(&["--set", "builds.web.executor=d"])).code(0);
}

#[test]
fn looking_at_such_a_context_warns() {
    let sandbox = app("FROM scratch\nCOPY nope /\n");

    let run = sandbox.run(["context", "ls", "web"]);

    run.code(0).stderr_contains(
        "warning: app/Dockerfile:2: there is no `nope` in the context `[DIR]/app`\n",
    );
}

#[test]
fn doctor_tells_it_too() {
    let run = app("FROM scratch\nCOPY nope /\n").run(["doctor"]);

    run.code(2).stdout_contains(
        "  failed   context `web`: app/Dockerfile:2: there is no `nope` in the context \
         `[DIR]/app`\n",
    );
}

#[test]
fn what_no_base_image_can_make_another_name_is_told_behind_one_that_is_not_known() {
    let sandbox = app("FROM 127.0.0.1:1/base:1\nCOPY src/a $OUT/b /\nCOPY nope /\n");
    let lacks = "app/Dockerfile:3: there is no `nope` in the context `[DIR]/app`\n";

    let doctor = sandbox.run(["doctor"]);
    sandbox.forget_calls("docker");
    let run = sandbox.run(["run"]);

    doctor.stdout_contains(&format!("  failed   context `web`: {lacks}"));
    run.code(2).stderr_contains(&format!("error: web: {lacks}"));
    assert_eq!(run.sent_to("docker").argvs(), Vec::<String>::new());
}

#[test]
fn what_a_base_image_may_make_another_name_is_not_told() {
    let run = app("FROM 127.0.0.1:1/base:1\nCOPY $OUT/b /\n").run(["doctor"]);

    run.stdout_contains("  ok       context `web`: app, ");
}
