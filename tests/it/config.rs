//! Mistakes in the file: all at once, each where it stands.

use crate::sandbox::Sandbox;

/// A project whose only build is good but for what is added to it.
fn with(build: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!("version = 1\n[builds.web]\nexecutor = \"docker\"\n{build}"))
        .file("Dockerfile", "FROM scratch\n")
}

#[test]
fn without_a_file_the_user_is_told_how_to_begin_one() {
    Sandbox::new().run(["run"]).code(2).stdout("").stderr(
        r"error: no `kaniko.toml` in `[DIR]` or above it
hint: write one, beginning with `version = 1` and `[builds.NAME]`; `kaniko.toml.example` has every key; where there is a Dockerfile, `-d REFERENCE` does without",
    );
}

#[test]
fn a_file_that_is_named_and_not_there_is_told_as_it_was_named() {
    Sandbox::new().run(["check", "--file", "ci/kaniko.toml"]).code(2).stdout("").stderr(
        r"error: no config file at `ci/kaniko.toml`
hint: check the path after `--file`",
    );
}

#[test]
fn an_unknown_command_is_told_by_the_nearest_usage() {
    Sandbox::new().run(["rnu"]).code(2).stdout("").stderr(
        r"error: unrecognized subcommand 'rnu'

Usage: kaniko-build [OPTIONS] <COMMAND>

For more information, try '--help'.",
    );
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_anything_starts() {
    with("no-push = true\n")
        .run(["run", "--report", "json=reports/web.json"])
        .code(2)
        .stdout("")
        .stderr(
            r"error: the report's directory `[DIR]/reports` is not there
hint: make it first: reports make no directories",
        );
}

#[test]
fn a_report_of_another_format_is_refused() {
    with("no-push = true\n").run(["run", "--report", "xml=x"]).code(2).stdout("").stderr(
        r"error: `--report xml=x` is no report
hint: write `--report FORMAT=PATH`, with json, dotenv, junit, markdown, github-output for FORMAT",
    );
}

#[test]
fn a_good_file_has_no_mistakes() {
    with("no-push = true\n").run(["check"]).code(0).stdout("").stderr("1 build, no mistakes");
}

#[test]
fn a_glob_means_one_build_where_one_is_wanted() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[defaults]\nexecutor = \"docker\"\nno-push = true\n\
             [builds.api]\n[builds.app]\n[builds.web]\n",
        )
        .file("Dockerfile", "FROM scratch\n");

    sandbox
        .run(["auth", "a*", "-o", "-"])
        .code(2)
        .stdout("")
        .stderr("error: `a*` means 2 builds, and one is wanted\nhint: name one: `api`, `app`");
    sandbox
        .run(["context", "ls", "x*"])
        .code(2)
        .stdout("")
        .stderr("error: no build has a name like `x*`\nhint: there are `api`, `app`, `web`");
    sandbox.run(["context", "ls", "w*"]).code(0).stderr_contains("1 entry");
    sandbox.run(["auth", "w?b", "-o", "-"]).code(0).stdout("{\"auths\":{}}").stderr("");
    sandbox
        .run(["run", "x*"])
        .code(2)
        .stdout("")
        .stderr("error: no build has a name like `x*`\nhint: there are `api`, `app`, `web`");
}

#[test]
fn what_is_written_where_there_is_no_directory_is_told_with_its_path() {
    let sandbox = with("no-push = true\n");

    sandbox
        .run(["auth", "web", "-o", "no/config.json"])
        .code(1)
        .stdout("")
        .stderr_contains("error: the docker config could not be written to `no/config.json`: ");
    sandbox
        .run(["context", "pack", "web", "-o", "no/web.tgz"])
        .code(1)
        .stdout("")
        .stderr_contains("error: the bundle could not be written to `[DIR]/no/web.tgz`: ");
}

#[test]
fn what_no_kaniko_does_is_refused_or_warned_about_with_its_lines() {
    let sandbox = |dockerfile: &str| {
        Sandbox::new()
            .config("version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n")
            .file("Dockerfile", dockerfile)
    };

    sandbox("FROM scratch\nCOPY --parents a b /\n").run(["check"]).code(2).stdout("").stderr_contains(
        "error: Dockerfile:2: `COPY --parents`: Kaniko copies without the directories, or fails",
    );
    sandbox("FROM scratch\nCOPY --link a /\nUSER a\nCOPY --link b /\n")
        .run(["check"])
        .code(0)
        .stderr_contains("warning: Dockerfile:2, 4: `COPY --link`: Kaniko copies as without it");
}

#[test]
fn a_dockerfile_for_another_reader_is_warned_about_whatever_builds_it() {
    for executor in ["docker", "builtin"] {
        Sandbox::new()
            .config(&format!(
                "version = 1\n[builds.web]\nexecutor = \"{executor}\"\nno-push = true\n"
            ))
            .file("Dockerfile", "# syntax=devthefuture/dockerfile-x\nFROM scratch\n")
            .run(["check"])
            .code(0)
            .stderr_contains(
                "warning: Dockerfile: `# syntax=devthefuture/dockerfile-x`: only BuildKit has other \
                 readers; it is read as Docker's own form",
            );
    }
}

#[test]
fn a_mistake_in_a_dockerfile_is_told_with_its_place() {
    Sandbox::new()
        .config("version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n")
        .file("Dockerfile", "FROM scratch\nCOPY \\\n  --form=x a /\n")
        .run(["check"])
        .code(2)
        .stdout("")
        .stderr_contains(
            "error: Dockerfile:3:3: `COPY` has no flag `--form`; did you mean `--from`?",
        );
}

#[test]
fn a_run_of_which_nothing_is_left_says_why() {
    Sandbox::new()
        .config("version = 1\n[builds.web]\nexecutor = \"builtin\"\nno-push = true\nwhen = false\n")
        .file("Dockerfile", "FROM scratch\n")
        .run(["run"])
        .code(0)
        .stdout("")
        .stderr("warning: nothing was built: the `when` of `web` does not hold");
}

#[test]
fn a_file_that_is_not_utf_8_is_told_with_its_line() {
    Sandbox::new()
        .file("kaniko.toml", b"version = 1\n[builds.web]\n# caf\xe9\n")
        .run(["check"])
        .code(2)
        .stdout("")
        .stderr(
            "error: `[DIR]/kaniko.toml` cannot be read: line 3 is no UTF-8 at its column 6\n\
             hint: save it as UTF-8",
        );
}
