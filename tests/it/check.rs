//! `check --format`: the mistakes of a file for editors and CIs, on stdout alone.

use serde_json::{Value, json};

use crate::{ran::Ran, sandbox::Sandbox, schemas::Judge};

/// A project with two mistakes, one of them in an included file, within a repository.
fn wrong() -> Sandbox {
    Sandbox::new()
        .config(
            "version = 1\ninclude = [\"services/*/kaniko.toml\"]\n[defaults]\nexecutor = \"docker\"\n\
             no-push = true\n[builds.web]\nlables = { a = \"1:2, 100%\" }\n",
        )
        .file("services/api/kaniko.toml", "[builds.api]\ntarget = 1\n")
        .file("Dockerfile", "FROM scratch\n")
        .file(".git/HEAD", "ref: refs/heads/main\n")
}

/// What people are told of it, whatever the format is.
const TOLD: &str = "error: unknown key `lables` of a build
 --> kaniko.toml:7:1
  |
7 | lables = { a = \"1:2, 100%\" }
  | ^^^^^^ unknown key
hint: did you mean `labels`?

error: `target` must be a string
 --> services/api/kaniko.toml:2:10
  |
2 | target = 1
  |          ^ a whole number here
hint: put it into quotes";

fn document(ran: &Ran) -> Value {
    serde_json::from_slice(ran.told_bytes()).expect("JSON")
}

#[test]
fn json_has_every_mistake_with_its_place_and_people_are_told_as_ever() {
    let run = wrong().run(["check", "--format", "json"]);

    run.code(2).stderr(TOLD);
    let path = |name: &str| wrong_path(&run, name);
    let expected = json!({
        "version": 1,
        "program": env!("CARGO_PKG_VERSION"),
        "findings": [
            {
                "severity": "error",
                "message": "unknown key `lables` of a build",
                "label": "unknown key",
                "hint": "did you mean `labels`?",
                "place": {
                    "in": "file", "name": "kaniko.toml", "path": path("kaniko.toml"),
                    "line": 7, "column": 1, "end_line": 7, "end_column": 7,
                },
                "also": null,
            },
            {
                "severity": "error",
                "message": "`target` must be a string",
                "label": "a whole number here",
                "hint": "put it into quotes",
                "place": {
                    "in": "file", "name": "services/api/kaniko.toml",
                    "path": path("services/api/kaniko.toml"),
                    "line": 2, "column": 10, "end_line": 2, "end_column": 11,
                },
                "also": null,
            },
        ],
        "left_out": 0,
    });
    assert_eq!(document(&run), expected);
}

#[test]
fn without_a_git_directory_paths_begin_where_the_ci_has_checked_out_or_at_the_file() {
    let path = |variables: &[&str], directory: &str| {
        let mut project = Sandbox::new()
            .config("version = 1\ninclude = [\"inc/a.toml\"]\n")
            .file("inc/a.toml", "[builds.api]\ntarget = 1\n")
            .file("Dockerfile", "FROM scratch\n");
        let top = project.path(directory).display().to_string();
        for name in variables {
            project = project.env(name, &top);
        }
        let told = document(project.run(["check", "--format", "gitlab"]).code(2));
        told[0]["location"]["path"].as_str().expect("a path").to_owned()
    };

    assert_eq!(path(&[], "."), "inc/a.toml");
    assert_eq!(path(&["CI_PROJECT_DIR"], "."), "inc/a.toml");
    assert_eq!(path(&["GITHUB_WORKSPACE"], "inc"), "a.toml");
    assert_eq!(path(&["CI_PROJECT_DIR"], "elsewhere"), "inc/a.toml");
}

#[test]
fn in_a_string_of_several_lines_a_place_is_that_of_the_very_letters() {
    let run = Sandbox::new()
        .config(
            "version = 1\r\n[builds.web]\r\nexecutor = \"docker\"\r\nno-push = true\r\n\
             labels.a = \"\"\"\r\none\r\n\u{e9}\\t {{ ci.tga }}\r\n\"\"\"\r\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .run(["check", "--format", "json"]);

    let place = &document(&run)["findings"][0]["place"];
    let [line, column] = ["line", "column"].map(|key| place[key].as_u64().expect("a number"));
    let [end_line, end_column] =
        ["end_line", "end_column"].map(|key| place[key].as_u64().expect("a number"));
    assert_eq!([(line, column), (end_line, end_column)], [(7, 8), (7, 14)]);
}

/// The absolute path of a file of the project, as the program tells it.
fn wrong_path(run: &Ran, name: &str) -> String {
    let told = document(run);
    let places = told["findings"].as_array().expect("a list").iter();
    let path = places
        .filter(|finding| finding["place"]["name"] == name)
        .find_map(|finding| finding["place"]["path"].as_str().map(str::to_owned));
    let path = path.expect("it has a path");
    assert!(path.starts_with('/') && path.ends_with(&format!("/work/{name}")), "{path}");
    path
}

#[test]
fn gitlab_gets_a_code_quality_report_with_paths_from_the_top_of_the_repository() {
    let run = wrong().run(["check", "--format", "gitlab"]);

    run.code(2).stderr(TOLD);
    let report = document(&run);
    let expected = json!([
        {
            "description": "unknown key `lables` of a build; did you mean `labels`?",
            "check_name": "kaniko-build check",
            "fingerprint": "b71cffd07d6e31cacb11503878d2ae90",
            "severity": "critical",
            "location": { "path": "kaniko.toml", "lines": { "begin": 7 } },
        },
        {
            "description": "`target` must be a string; put it into quotes",
            "check_name": "kaniko-build check",
            "fingerprint": "6b47598ef7adbb0db0fdabaa55e957b4",
            "severity": "critical",
            "location": { "path": "services/api/kaniko.toml", "lines": { "begin": 2 } },
        },
    ]);
    assert_eq!(report, expected);
}

#[test]
fn github_gets_a_workflow_command_for_each_mistake() {
    wrong().run(["check", "--format", "github"]).code(2).stderr(TOLD).stdout(
        "::error file=kaniko.toml,line=7,col=1,endColumn=7,title=kaniko-build check::unknown key \
         `lables` of a build%0Ahint: did you mean `labels`?\n\
         ::error file=services/api/kaniko.toml,line=2,col=10,endColumn=11,title=kaniko-build \
         check::`target` must be a string%0Ahint: put it into quotes",
    );
}

#[test]
fn what_stands_in_no_file_is_told_with_where_it_stands() {
    let good = || Sandbox::new().config("version = 1\n[builds.web]\nno-push = true\n");
    let run = |format: &str| good().run(["check", "--format", format, "--set", "nope=1"]);

    let told = document(&run("json"));
    assert_eq!(
        told["findings"][0]["place"],
        json!({
            "in": "option", "name": "--set", "path": null,
            "line": 1, "column": 1, "end_line": 1, "end_column": 5,
        })
    );
    run("github").code(2).stdout(
        "::error title=kaniko-build check::--set: unknown key `nope` of the file%0Ahint: there are \
         version, include, vars, registries, executors, defaults, presets, builds, profiles, \
         groups, reports",
    );
    let told = document(&run("gitlab"));
    assert!(
        told[0]["description"].as_str().expect("a text").starts_with("--set: unknown key `nope`")
    );
    assert_eq!(told[0]["location"], json!({ "path": "kaniko.toml", "lines": { "begin": 1 } }));
}

/// A project whose only mistake is of two places.
fn left_out() -> Sandbox {
    Sandbox::new()
        .config(
            "version = 1\n[defaults]\nexecutor = \"docker\"\nno-push = true\n\
             [builds.base]\nwhen = \"{{ false }}\"\n[builds.web]\nneeds = [\"base\"]\n",
        )
        .file("Dockerfile", "FROM scratch\n")
}

#[test]
fn a_second_place_is_in_every_format() {
    let run = |format: &str| left_out().run(["check", "--format", format]);

    let told = run("json");
    let finding = &document(told.code(2))["findings"][0];
    assert_eq!(finding["place"]["line"], 8);
    assert_eq!(finding["also"]["label"], "does not hold");
    let also = &finding["also"]["place"];
    assert_eq!(
        (&also["line"], &also["column"], &also["end_column"]),
        (&json!(6), &json!(8), &json!(21))
    );
    assert_eq!(also["path"], finding["place"]["path"]);
    let told = document(run("gitlab").code(2));
    assert_eq!(told[0]["location"]["lines"]["begin"], 8);
    let words = told[0]["description"].as_str().expect("a text");
    assert!(words.ends_with("; kaniko.toml:6:8: does not hold"), "{words}");
    let told = run("github");
    told.code(2).stdout_contains("%0Akaniko.toml:6:8: does not hold");
}

#[test]
fn a_file_that_is_not_there_is_a_finding_without_a_place() {
    let run = Sandbox::new().run(["check", "--format", "json", "--file", "x.toml"]);

    run.code(2).stderr("error: no config file at `x.toml`\nhint: check the path after `--file`");
    assert_eq!(
        document(&run)["findings"],
        json!([{
            "severity": "error",
            "message": "no config file at `x.toml`",
            "label": null,
            "hint": "check the path after `--file`",
            "place": null,
            "also": null,
        }])
    );
}

#[test]
fn a_warning_is_a_finding_and_no_failure() {
    let warned = || {
        Sandbox::new()
            .config("version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n")
            .file("Dockerfile", "FROM scratch\nCOPY --link a /\n")
    };

    warned().run(["check", "--format", "github"]).code(0).stdout_contains("::warning file=");
    let told = document(warned().run(["check", "--format", "gitlab"]).code(0));
    assert_eq!(told[0]["severity"], "minor");
    let told = document(warned().run(["check", "--format", "json"]).code(0));
    assert_eq!(told["findings"][0]["severity"], "warning");
}

#[test]
fn where_all_is_well_each_format_says_so_in_its_way() {
    let good = || {
        Sandbox::new()
            .config("version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n")
            .file("Dockerfile", "FROM scratch\n")
    };
    let run = |format: &str| good().run(["check", "--format", format]);

    run("text").code(0).stdout("").stderr("1 build, no mistakes");
    run("github").code(0).stdout("").stderr("1 build, no mistakes");
    run("gitlab").code(0).stdout("[]").stderr("1 build, no mistakes");
    assert_eq!(document(run("json").code(0))["findings"], json!([]));
}

#[test]
fn a_secret_in_plain_sight_is_in_no_format() {
    let plain = || {
        Sandbox::new().config(
            "version = 1\n[registries.r]\nhost = \"r.example.com\"\npassword = \"hunter2hunter2\"\n",
        )
    };
    for format in ["json", "gitlab", "github"] {
        plain().run(["check", "--format", format]).code(2).never_tells("hunter2");
    }
}

#[test]
fn every_document_is_as_its_schema_says() {
    let Some(judge) = Judge::of("check") else { return };
    let nowhere = Sandbox::new();
    let documents = [
        document(&wrong().run(["check", "--format", "json"])),
        document(&wrong().run(["check", "--format", "json", "--set", "x=1"])),
        document(&nowhere.run(["check", "--format", "json"])),
        document(&left_out().run(["check", "--format", "json"])),
    ];

    for (document, wrong) in documents.iter().zip(judge.says_of_each(&documents)) {
        assert_eq!(wrong, [""; 0], "{document:#}");
    }
}

/// A file that includes others, each with a build; there is no context for that of `s/b`.
fn with_members(root: &str) -> Sandbox {
    let config = format!(
        "version = 1\ninclude = [\"s/*/kaniko.toml\"]\n[defaults]\nexecutor = \"docker\"\n\
         no-push = true\n{root}"
    );
    Sandbox::new()
        .directory(".git")
        .config(&config)
        .file("Dockerfile", "FROM scratch\n")
        .file("s/a/kaniko.toml", "[builds.a]\n")
        .file("s/a/Dockerfile", "FROM scratch\n")
        .file("s/b/kaniko.toml", "[builds.b]\n")
}

#[test]
fn beside_an_included_file_it_says_which_builds_were_checked() {
    let checked = |root| with_members(root).sh("cd s/a && kaniko-build check");

    checked("").code(0).stderr("1 build of 2 (those of s/a/kaniko.toml), no mistakes");
    checked("[builds.base]\n")
        .code(0)
        .stderr("2 builds of 3 (those of s/a/kaniko.toml and kaniko.toml), no mistakes");
}

#[test]
fn beside_an_included_file_mistakes_of_the_file_above_are_told() {
    let root = with_members("[builds.base]\ncontext = \"none\"\n");

    root.sh("cd s/a && kaniko-build check").code(2).stderr(
        "error: the context `[DIR]/none` is not there
 --> [DIR]/kaniko.toml:7:11
  |
7 | context = \"none\"
  |           ^^^^^^ is not there
hint: `context` is the directory that is sent",
    );
}
