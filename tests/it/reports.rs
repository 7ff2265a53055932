//! Reports of a run in all their formats: whole whatever became of it, and without a secret.

use std::{path::Path, process::Command};

use crate::{
    engine::{DIGEST, Executor, docker},
    machine,
    sandbox::Sandbox,
};

/// Reads as XML, and is in the form that the common schemas take.
const WELL_FORMED: &str = r#"
import sys, xml.etree.ElementTree as tree
suites = tree.parse(sys.argv[1]).getroot()
assert suites.tag == "testsuites" and not suites.attrib
(suite,) = suites
assert [part.tag for part in suite if part.tag != "testcase"] == ["properties", "system-out", "system-err"]
for case in suite.iter("testcase"):
    assert set(case.attrib) == {"name", "classname", "time"}, case.attrib
    float(case.get("time"))
    for end in case:
        assert end.tag in ("failure", "error", "skipped") and end.get("message"), end.tag
        print(case.get("name"), end.tag, end.get("message"), sep=": ")
print(*(suite.get(name) for name in ("tests", "failures", "errors", "skipped")))
"#;

/// What is told of builds that did not end well, and the counts; none where nothing can judge.
fn well_formed(path: &Path) -> Option<Vec<String>> {
    let Ok(ran) = Command::new("python3").arg("-c").arg(WELL_FORMED).arg(path).output() else {
        machine::left_out("there is no python3");
        return None;
    };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Some(String::from_utf8_lossy(&ran.stdout).lines().map(str::to_owned).collect())
}

const PLANNED: &str = "version = 1
[reports]
dotenv = \"build.env\"
junit = \"build.xml\"
markdown = \"build.md\"
[defaults]
executor = \"docker\"
image = \"registry.example.com/shop/{{ build.name }}\"
tags = [\"1\"]
";

fn planned(builds: &str) -> Sandbox {
    Sandbox::new().config(&format!("{PLANNED}{builds}")).file("Dockerfile", "FROM scratch\n")
}

#[test]
fn two_builds_of_one_variable_are_refused_when_planning() {
    planned("[builds.a-b]\n[builds.\"a.b\"]\n").run(["plan", "--push"]).code(2).stdout("").stderr(
        "error: the dotenv report has one name for `a-b` and `a.b`: `KANIKO_IMAGE_A_B`\n  \
         --> kaniko.toml:11:9\n   |\n11 | [builds.\"a.b\"]\n   |         ^^^^^ the second\n\
         hint: rename one: `-` and `.` are `_` in the names of variables",
    );
}

#[test]
fn more_than_gitlab_takes_is_refused_when_planning_for_it() {
    let builds: Vec<_> = (100..140).map(|number| format!("[builds.image-{number}]")).collect();
    let builds = builds.join("\n") + "\n";
    let sandbox = planned(&builds);

    sandbox.run(["check", "--ci", "gitlab"]).code(2).stdout("").stderr(
        "error: the dotenv report would have 5320 bytes, and GitLab takes 5120\n \
         --> kaniko.toml:3:10\n  |\n3 | dotenv = \"build.env\"\n  |          ^^^^^^^^^^^ too large\n\
         hint: run groups of builds in jobs of their own, or hand on the JSON report instead",
    );
    sandbox.run(["check", "--ci", "github"]).code(0);
}

#[test]
fn a_report_that_would_replace_a_source_is_refused_when_planning() {
    let reports = "[reports]\njson = \"kaniko.toml\"\nmarkdown = \"web/../linked\"\n";
    let sandbox = Sandbox::new()
        .config(&format!("version = 1\n{reports}[builds.api]\nno-push = true\n"))
        .file("Dockerfile", "FROM scratch\n")
        .directory("web");
    std::os::unix::fs::symlink("Dockerfile", sandbox.path("linked")).unwrap();
    let hint = "hint: give each report a file of its own";

    for command in ["check", "plan", "run"] {
        sandbox.run([command]).code(2).stdout("").stderr(&format!(
            "error: `reports.json` would replace `kaniko.toml`, a file of the configuration\n \
             --> kaniko.toml:3:8\n  |\n3 | json = \"kaniko.toml\"\n  |        ^^^^^^^^^^^^^ is there \
             already\n{hint}\n\n\
             error: `reports.markdown` would replace `Dockerfile`, the Dockerfile of `api`\n \
             --> kaniko.toml:4:12\n  |\n4 | markdown = \"web/../linked\"\n  |            \
             ^^^^^^^^^^^^^^^ is there already\n{hint}",
        ));
    }
}

#[test]
fn an_included_file_and_an_output_are_not_replaced_by_an_option_either() {
    let build = "[builds.api]\nexecutor = \"docker\"\nno-push = true\n";
    let sandbox = Sandbox::new()
        .config("version = 1\ninclude = [\"sub/kaniko.toml\"]\n")
        .file("sub/kaniko.toml", format!("version = 1\n{build}tar-path = \"api.tar\"\n"))
        .file("sub/Dockerfile", "FROM scratch\n");

    sandbox.run(["run", "--report", "json=sub/kaniko.toml"]).code(2).stderr(
        "error: `--report json=sub/kaniko.toml` would replace `sub/kaniko.toml`, a file of the \
         configuration\nhint: give each report a file of its own",
    );
    sandbox.run(["run", "--report", "json=sub/api.tar"]).code(2).stderr(
        "error: `--report json=sub/api.tar` would replace the `tar-path` of `api`\n\
         hint: give each report a file of its own",
    );
}

#[test]
fn two_reports_of_one_file_are_refused() {
    let sandbox = planned("[builds.api]\n");

    sandbox.run(["run", "--report", "json=x.out", "--report", "junit=./x.out"]).code(2).stderr(
        "error: `--report json=x.out` and `--report junit=./x.out` are one file, and one would be \
         lost\nhint: give each report a file of its own",
    );
    sandbox.run(["run", "--report", "json=build.md"]).code(2).stderr(
        "error: `--report json=build.md` and `reports.markdown` are one file, and one would be \
         lost\n --> kaniko.toml:5:12\n  |\n5 | markdown = \"build.md\"\n  |            ^^^^^^^^^^ the \
         same file\nhint: give each report a file of its own",
    );
}

#[test]
fn a_reports_directory_that_is_not_there_is_told_where_it_stands() {
    let sandbox = planned("[builds.api]\n");
    let sandbox = sandbox.config(&format!("{PLANNED}[builds.api]\n").replace("build.md", "x/y"));

    sandbox.run(["run", "--push"]).code(2).stderr(
        "error: the report's directory `[DIR]/x` is not there\n --> kaniko.toml:5:12\n  |\n5 | markdown = \
         \"x/y\"\n  |            ^^^^^ goes there\nhint: make it first: reports make no directories",
    );
}

#[test]
fn a_directory_is_no_report() {
    let sandbox = planned("[builds.api]\n").directory("out");

    sandbox.run(["run", "--report", "json=out"]).code(2).stderr(
        "error: `--report json=out` names a directory, `[DIR]/out`\nhint: name a file in it",
    );
}

#[test]
fn a_report_without_a_path_or_of_no_format_is_a_mistake() {
    planned("[builds.api]\n")
        .run(["check", "--set", "reports.xml=x"])
        .code(2)
        .stderr_contains("unknown key `xml`");
    planned("[builds.api]\n").run(["run", "--report", "xml=x"]).code(2).stderr(
        "error: `--report xml=x` is no report\n\
             hint: write `--report FORMAT=PATH`, with json, dotenv, junit, markdown, github-output \
             for FORMAT",
    );
}

/// A password that XML, Markdown and URLs would escape.
const PASSWORD: &str = "canary<&\"|Pa55>";

/// Three builds, of which the first is pushed and the second fails with the password in its log.
fn project() -> Sandbox {
    let executor = Executor::does(&format!(
        "if [ -e \"$state/second\" ]; then\n\
           printf '\\033[36mINFO\\033[0m logging in as bob with {PASSWORD}\\n' >&2\n\
           printf 'error building image: cannot log in with {PASSWORD}: a | b & c\\n' >&2\n\
           exit 1\n\
         fi\n\
         touch \"$state/second\"\n\
         printf %s {DIGEST} >\"$far/kaniko/.kaniko-build/run/digest\""
    ));
    planned(
        "[registries.r]\nhost = \"registry.example.com\"\nusername = \"bob\"\n\
         password = { env = \"PW\" }\n[builds.api]\n[builds.web]\n[builds.docs]\n",
    )
    .env("PW", PASSWORD)
    .fake("docker", docker(&executor))
}

const API: &str = "registry.example.com/shop/api:1@\
    sha256:1111111111111111111111111111111111111111111111111111111111111111";

#[test]
fn each_report_of_the_file_is_whole_after_a_failure_and_without_a_secret() {
    let sandbox = project();
    let run = sandbox.run(["run", "--push", "--report", "json=build.json"]);

    run.code(1);
    assert_eq!(run.file("build.env"), format!("KANIKO_IMAGE_API={API}\n"));
    if let Some(told) = well_formed(&sandbox.path("build.xml")) {
        assert_eq!(
            told,
            [
                "web: failure: error building image: cannot log in with [secret]: a | b & c",
                "docs: skipped: `web` was not built",
                "3 1 0 1",
            ]
        );
    }
    let xml = run.file("build.xml");
    assert!(xml.contains("INFO logging in as bob with [secret]"), "{xml}");
    let markdown = run.file("build.md");
    assert!(markdown.contains("| api | built | "), "{markdown}");
    assert!(markdown.contains(&format!("| `{API}` |\n")), "{markdown}");
    assert!(markdown.contains("| web | **failed** | "), "{markdown}");
    assert!(markdown.contains("a \\| b &amp; c"), "{markdown}");
    assert!(markdown.contains("| docs | skipped |  | "), "{markdown}");
    // What is in a cell neither ends it nor the table.
    let rows: Vec<_> = markdown.lines().filter(|line| line.starts_with('|')).collect();
    let bars = |row: &&str| row.replace("\\|", "").matches('|').count();
    assert_eq!(rows.iter().map(bars).collect::<Vec<_>>(), [5, 5, 5, 5, 5], "{markdown}");
    assert!(markdown.contains("<summary>The last lines of web</summary>"), "{markdown}");
    assert!(run.file("build.json").contains("\"result\": \"failed\""));
    for name in ["build.env", "build.xml", "build.md", "build.json"] {
        for canary in ["canary", "Pa55"] {
            assert!(!run.file(name).contains(canary), "{name}: {}", run.file(name));
        }
    }
}

#[test]
fn a_shell_reads_the_dotenv_file() {
    let sandbox = project();
    sandbox.run(["run", "--push"]).code(1);

    let script = ". ./build.env && printf %s \"$KANIKO_IMAGE_API\"";
    let ran = Command::new("sh").args(["-euc", script]).current_dir(sandbox.path("")).output();

    assert_eq!(String::from_utf8_lossy(&ran.expect("sh starts").stdout), API);
}

#[test]
fn on_github_the_summary_and_the_outputs_of_the_step_are_added_to() {
    let sandbox = project()
        .config(
            &PLANNED
                .replace("markdown = \"build.md\"\n", "")
                .replace("[defaults]", "[builds.api]\n[defaults]"),
        )
        .file("summary", "what was there\n")
        .file("outputs", "other=1\n")
        .env("GITHUB_ACTIONS", "true");
    let sandbox = sandbox.clone().env("GITHUB_STEP_SUMMARY", sandbox.path("summary"));
    let sandbox = sandbox.clone().env("GITHUB_OUTPUT", sandbox.path("outputs"));
    let run = sandbox.run(["run"]);

    run.code(0);
    let summary = run.file("summary");
    assert!(summary.starts_with("what was there\n### Images\n"), "{summary}");
    assert!(summary.contains(&format!("`{API}`")), "{summary}");
    let digest = API.split('@').nth(1).unwrap();
    assert_eq!(run.file("outputs"), format!("other=1\nimage-api={API}\ndigest-api={digest}\n"));
}

#[test]
fn a_summary_that_cannot_be_written_is_no_failure_of_the_run() {
    let run = project()
        .config(&PLANNED.replace("[defaults]", "[builds.api]\n[defaults]"))
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_OUTPUT", "/nowhere/outputs")
        .run(["run"]);

    run.code(0).stderr_contains("the report `/nowhere/outputs` could not be written");
}

#[test]
fn reports_are_whole_after_an_interruption() {
    let executor = Executor::does("touch \"$state/building\"; sleep 60");
    let sandbox = planned("[builds.api]\n[builds.web]\n").fake("docker", docker(&executor));
    let mut started = sandbox.start(["run", "--push"]);
    let run = started.until("building").terminate().end();

    run.code(130);
    if let Some(told) = well_formed(&sandbox.path("build.xml")) {
        assert_eq!(told[0], "api: error: interrupted by SIGTERM");
        assert_eq!(told[1], "web: error: interrupted by SIGTERM before it began");
    }
    assert_eq!(run.file("build.env"), "");
    let markdown = run.file("build.md");
    assert!(markdown.contains("| api | **interrupted** | "), "{markdown}");
    assert!(markdown.contains(" | interrupted by SIGTERM while it was built |\n"), "{markdown}");
    assert!(
        markdown.contains("| web | **not built** |  | interrupted by SIGTERM before it began |"),
        "{markdown}"
    );
    run.stderr_contains("web | interrupted before it began\n");
}

/// A project with a build that is pushed, by an executor that does so.
fn pushed() -> Sandbox {
    Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\n\
             destinations = [\"r.example.com/web:1\"]\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .fake("docker", docker(&Executor::builds()))
}

#[test]
fn images_that_stdout_does_not_take_are_a_failure() {
    for output in ["text", "json"] {
        let script = format!("exec kaniko-build run -q --push --output {output} >/dev/full\n");

        let run = pushed().sh(&script);

        run.code(1).stderr("error: stdout takes no more: No space left on device");
    }
}

#[test]
fn a_report_goes_into_what_is_no_file_and_through_links() {
    // Who reads the pipe is there before the run, and what is in it waits for one look.
    let script = "set -e\nmkfifo pipe\nmkdir d\nln -s d/build.json link\nexec 3<>pipe\n\
                  kaniko-build run -q --push --report json=link --report junit=/dev/null \\\n\
                    --report dotenv=/dev/stderr --report markdown=pipe >images\n\
                  dd if=pipe of=markdown bs=60000 count=1 2>/dev/null\n\
                  [ -L link ]\n[ -c /dev/null ]\n[ -p pipe ]\n\
                  grep -o '\"result\": \"built\"' d/build.json\ngrep -c 'web' markdown\n";

    let run = pushed().sh(script);

    run.code(0).stderr_contains("KANIKO_IMAGE_WEB=r.example.com/web:1@sha256:");
    run.stdout("\"result\": \"built\"\n1");
}

#[test]
fn a_report_to_a_dash_is_refused() {
    let run = pushed().run(["run", "--report", "json=-"]);

    run.code(2).stdout("").stderr(
        "error: `--report json=-`: a report goes to a file\n\
         hint: `--output json` writes the one in JSON to stdout; `/dev/stdout` takes any",
    );
}
