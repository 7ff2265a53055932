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
fn what_is_no_toml_is_shown_where_it_stops_being_any() {
    Sandbox::new().config("version = 1\nthis is not\n").run(["run"]).code(2).stdout("").stderr(
        r"error: invalid TOML
 --> kaniko.toml:2:6
  |
2 | this is not
  |      ^ key with no value, expected `=`",
    );
}

#[test]
fn an_unknown_key_is_told_with_the_nearest_one() {
    with("destination = [\"registry.example.com/api:1\"]\n")
        .run(["run"])
        .code(2)
        .stdout("")
        .stderr(
            r#"error: unknown key `destination` of a build
 --> kaniko.toml:4:1
  |
4 | destination = ["registry.example.com/api:1"]
  | ^^^^^^^^^^^ unknown key
hint: did you mean `destinations`?"#,
        );
}

#[test]
fn a_value_of_the_wrong_type_is_told_with_the_right_one() {
    with("destinations = \"registry.example.com/api:1\"\n").run(["run"]).code(2).stdout("").stderr(
        r#"error: `destinations` must be a list of strings
 --> kaniko.toml:4:16
  |
4 | destinations = "registry.example.com/api:1"
  |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a string here
hint: put it into brackets"#,
    );
}

#[test]
fn a_key_that_is_ours_is_refused_with_the_reason() {
    with("no-push = true\ncleanup = true\n").run(["run"]).code(2).stdout("").stderr(
        r"error: `cleanup` cannot be set
 --> kaniko.toml:5:1
  |
5 | cleanup = true
  | ^^^^^^^ cannot be set
hint: every build starts and ends on a clean executor, also after a failure; nothing need be said",
    );
}

#[test]
fn an_argument_that_is_ours_is_refused_with_the_reason() {
    with("no-push = true\nexecutor-args = [\"--kaniko-dir=/x\"]\n")
        .run(["run"])
        .code(2)
        .stdout("")
        .stderr(
            r#"error: `--kaniko-dir=/x` cannot be handed to the executor
 --> kaniko.toml:5:18
  |
5 | executor-args = ["--kaniko-dir=/x"]
  |                  ^^^^^^^^^^^^^^^^^ not handed on
hint: what is sent lies below `/kaniko`, and a moved one cannot be built in again"#,
        );
}

#[test]
fn five_mistakes_are_told_at_once_in_their_order() {
    with(
        "no-push = \"perhaps\"\ncontxt = \"x\"\nkaniko-dir = \"/x\"\npush-retry = \"often\"\n\
         timeout = 5\n",
    )
    .run(["run"])
    .code(2)
    .stdout("")
    .stderr(
        r#"error: `no-push` must be `true` or `false`
 --> kaniko.toml:4:11
  |
4 | no-push = "perhaps"
  |           ^^^^^^^^^ a string here

error: unknown key `contxt` of a build
 --> kaniko.toml:5:1
  |
5 | contxt = "x"
  | ^^^^^^ unknown key
hint: did you mean `context`?

error: `kaniko-dir` cannot be set
 --> kaniko.toml:6:1
  |
6 | kaniko-dir = "/x"
  | ^^^^^^^^^^ cannot be set
hint: what is sent lies below `/kaniko`, and a moved one cannot be built in again

error: `push-retry` must be a whole number
 --> kaniko.toml:7:14
  |
7 | push-retry = "often"
  |              ^^^^^^^ a string here

error: `timeout` must be a time such as `"90s"`, `"15m"` or `"1h30m"`
 --> kaniko.toml:8:11
  |
8 | timeout = 5
  |           ^ a whole number here
hint: put it into quotes"#,
    );
}

#[test]
fn a_file_without_a_version_is_told_how_to_begin() {
    Sandbox::new().config("[builds.web]\nno-push = true\n").run(["run"]).code(2).stdout("").stderr(
        r"error: the file says no `version`
 --> kaniko.toml:1:1
  |
1 | [builds.web]
  | ^^^^^^^^^^^^ before this
hint: begin it with `version = 1`",
    );
}

#[test]
fn a_newer_file_is_refused() {
    Sandbox::new().config("version = 2\n").run(["run"]).code(2).stdout("").stderr(
        r"error: version 2 of the file format is not known
 --> kaniko.toml:1:11
  |
1 | version = 2
  |           ^ not 1
hint: this program reads `version = 1`; a newer one may read more",
    );
}

#[test]
fn a_build_without_an_executor_is_asked_for_one_of_several() {
    Sandbox::new()
        .config(
            "version = 1\n[executors.a]\ntype = \"podman\"\n[executors.b]\ntype = \"docker\"\n\
             [builds.web]\nno-push = true\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .run(["run"])
        .code(2)
        .stdout("")
        .stderr(
            r"error: build `web` has no `executor`
 --> kaniko.toml:6:9
  |
6 | [builds.web]
  |         ^^^ built where?
hint: several are declared: write `executor` as one of a, b",
        );
}

#[test]
fn an_unknown_executor_is_told_with_the_nearest_one() {
    Sandbox::new()
        .config("version = 1\n[builds.web]\nexecutor = \"dokcer\"\nno-push = true\n")
        .file("Dockerfile", "FROM scratch\n")
        .run(["run"])
        .code(2)
        .stdout("")
        .stderr(
            r#"error: there is no executor `dokcer`
 --> kaniko.toml:3:12
  |
3 | executor = "dokcer"
  |            ^^^^^^^^ unknown executor
hint: did you mean `docker`?"#,
        );
}

#[test]
fn a_mistake_on_the_command_line_is_shown_there() {
    with("no-push = true\n")
        .run(["check", "--set", "nope=1", "--set", "builds.web.push-retry=x"])
        .code(2)
        .stdout("")
        .stderr(
            r"error: unknown key `nope` of the file
 --> --set:1:1
  |
1 | nope=1
  | ^^^^ unknown key

error: `push-retry` must be a whole number
 --> --set:1:23
  |
1 | builds.web.push-retry=x
  |                       ^ a string here",
        );
}

#[test]
fn what_is_no_reference_is_told_once() {
    with("destinations = [\"Not A Ref\"]\n").run(["run"]).code(2).stdout("").stderr(
        r#"error: `Not A Ref` is no image reference: it contains white space
 --> kaniko.toml:4:17
  |
4 | destinations = ["Not A Ref"]
  |                 ^^^^^^^^^^^ this reference"#,
    );
}

#[test]
fn a_build_that_is_not_in_the_file_is_told_with_those_that_are() {
    with("no-push = true\n")
        .run(["plan", "wbe"])
        .code(2)
        .stdout("")
        .stderr("error: no build is called `wbe`\nhint: there is only `web`");
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
    sandbox.run(["context", "ls", "w*"]).code(0).stderr_contains("1 entries");
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
