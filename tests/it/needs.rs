//! `needs`: what is built before what, what a plan says of it, and what earlier jobs have built.

use crate::{
    engine::{DIGEST, Executor, docker},
    sandbox::Sandbox,
};

/// A file whose builds go to a registry.
fn with(builds: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!(
            "version = 1\n[defaults]\nexecutor = \"docker\"\n\
             image = \"r.example.com/shop/{{{{ build.name }}}}\"\ntags = [\"1\"]\n{builds}"
        ))
        .file("Dockerfile", "FROM scratch\n")
}

/// The builds of a plan in their order, each with what it comes after.
#[track_caller]
fn order(sandbox: &Sandbox, wanted: &[&str]) -> Vec<(String, Vec<String>)> {
    let ran = sandbox.run(["plan", "--format", "json"].iter().chain(wanted));
    let plan: serde_json::Value = serde_json::from_slice(ran.code(0).told_bytes()).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let builds = plan["builds"].as_array().expect("builds").iter();
    builds
        .map(|build| {
            let needs = build["needs"].as_array().expect("needs").iter();
            (text(&build["name"]), needs.map(text).collect())
        })
        .collect()
}

fn pairs(pairs: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |needs: &&[&str]| needs.iter().map(|name| (*name).to_owned()).collect();
    pairs.iter().map(|(name, needs)| ((*name).to_owned(), owned(needs))).collect()
}

#[test]
fn a_build_comes_after_what_it_needs_and_takes_it_along() {
    let project = with("[builds.web]\nneeds = [\"base\"]\n[builds.docs]\n[builds.base]\n");

    assert_eq!(order(&project, &[]), pairs(&[("base", &[]), ("web", &["base"]), ("docs", &[])]));
    assert_eq!(order(&project, &["web"]), pairs(&[("base", &[]), ("web", &["base"])]));
    project.run(["plan", "web"]).code(0).stdout_contains("  after        base  [kaniko.toml:7]\n");
}

#[test]
fn groups_globs_and_matrices_are_needed_as_what_they_stand_for() {
    let project = with(
        "[groups]\nlibs = [\"lib-*\"]\n\
         [builds.lib-a]\n[builds.lib-b]\nneeds = [\"libs\"]\n\
         [builds.worker]\nmatrix = { python = [\"3.12\", \"3.13\"] }\n\
         needs = [\"lib-{{ 'a' if matrix.python == '3.12' else 'b' }}\"]\n\
         [builds.all]\nneeds = [\"worker\", \"lib-?\"]\n",
    );

    assert_eq!(
        order(&project, &[]),
        pairs(&[
            ("lib-a", &[]),
            ("lib-b", &["lib-a"]),
            ("worker-3.12", &["lib-a"]),
            ("worker-3.13", &["lib-b"]),
            ("all", &["lib-a", "lib-b", "worker-3.12", "worker-3.13"]),
        ])
    );
    assert_eq!(order(&project, &["worker"]).len(), 4, "a matrix is chosen by its name");
}

#[test]
fn a_name_that_is_no_build_is_told_where_it_stands() {
    with("[builds.web]\nneeds = [\"bsae\"]\n[builds.base]\n").run(["plan"]).code(2).stderr(
        r#"error: `web` needs `bsae`, and there is no such build
 --> kaniko.toml:7:10
  |
7 | needs = ["bsae"]
  |          ^^^^^^ no such build
hint: did you mean `base`?"#,
    );
}

#[test]
fn a_circle_is_told_with_its_path_and_where_it_begins() {
    with(
        "[builds.a]\nneeds = [\"b\"]\n[builds.b]\nbuild-args = { C = \"{{ builds.c.image }}\" }\n\
         [builds.c]\nneeds = [\"a\"]\n",
    )
    .run(["plan"])
    .code(2)
    .stdout("")
    .stderr(
        r#"error: builds need one another in a circle: a → b → c → a
 --> kaniko.toml:7:10
  |
7 | needs = ["b"]
  |          ^^^ in the circle
hint: take one of these needs away"#,
    );
    with("[builds.a]\nneeds = [\"a\"]\n")
        .run(["plan"])
        .code(2)
        .stderr_contains("error: builds need one another in a circle: a → a\n");
}

#[test]
fn what_its_when_leaves_out_may_be_needed_by_a_group_and_not_by_name() {
    let project = |needs: &str| {
        with(&format!(
            "[builds.a]\n[builds.b]\nwhen = false\n[builds.web]\nneeds = [\"{needs}\"]\n"
        ))
    };

    assert_eq!(order(&project("?"), &[]), pairs(&[("a", &[]), ("web", &["a"])]));
    project("b")
        .run(["plan"])
        .code(2)
        .stderr_contains("error: `web` needs `b`, which its `when` leaves out\n")
        .stderr_contains("hint: give both the same `when`; or name a group of builds in `needs`");
}

#[test]
fn a_build_that_pushes_nothing_may_come_before_and_has_no_image() {
    let project =
        |web: &str| with(&format!("[builds.test]\nno-push = true\n[builds.web]\n{web}\n"));

    assert_eq!(
        order(&project("needs = [\"test\"]"), &[]),
        pairs(&[("test", &[]), ("web", &["test"])])
    );
    project("labels = { t = \"{{ builds.test.image }}\" }")
        .run(["plan"])
        .code(2)
        .stderr_contains("error: `web` takes the image of `test`, which pushes none\n");
}

#[test]
fn the_image_of_a_needed_build_is_in_build_args_and_labels_by_its_digest() {
    let project = with(
        "[builds.base]\n[builds.web]\nbuild-args = { BASE = \"{{ builds.base.image }}\" }\n\
         labels = { \"org.opencontainers.image.base.digest\" = \"{{ builds.base.digest }}\" }\n",
    )
    .fake("docker", docker(&Executor::builds()));

    let run = project.run(["run", "--push"]);

    let calls = run.code(0).sent_to("docker").argvs().join("\n");
    let base = format!("r.example.com/shop/base:1@{DIGEST}");
    assert!(calls.contains(&format!("--build-arg=BASE={base}")), "{calls}");
    let label = format!("--label=org.opencontainers.image.base.digest={DIGEST}");
    assert!(calls.contains(&label), "{calls}");
}

/// A build that takes the image of another, and one that only comes after it.
fn shop() -> Sandbox {
    with(
        "[builds.base]\n[builds.web]\nbuild-args = { BASE = \"{{ builds.base.image }}\" }\n\
         [builds.docs]\nneeds = [\"base\"]\n",
    )
    .file("Dockerfile", "ARG BASE=alpine\nFROM $BASE\n")
}

#[test]
fn the_report_tells_the_base_that_another_build_has_made_by_its_digest() {
    let project = shop().fake("docker", docker(&Executor::builds()));

    project.run(["run", "--push", "--report", "json=build.json"]).code(0);

    let report = std::fs::read(project.path("build.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    let bases = |index: usize| report["builds"][index]["bases"].clone();
    assert_eq!(bases(0), serde_json::json!(["alpine"]));
    assert_eq!(bases(1), serde_json::json!([format!("r.example.com/shop/base:1@{DIGEST}")]));
}

#[test]
fn a_later_job_takes_what_an_earlier_one_has_built() {
    let project = shop().fake("docker", docker(&Executor::builds()));
    project.run(["run", "--push", "base", "--report", "json=build.json"]).code(0);
    let base = format!("r.example.com/shop/base:1@{DIGEST}");
    project.forget_calls("docker");

    project
        .run(["plan", "web", "docs", "--from-report", "build.json"])
        .code(0)
        .stdout_contains(&format!("built before: base ({base})  [build.json]\n"))
        .stdout_contains(&format!("  from         {base} (line 2)\n"));
    let run = project.run(["run", "--push", "web", "--from-report", "build.json"]);

    let web = format!("r.example.com/shop/web:1@{DIGEST}");
    assert_eq!(run.code(0).results(), [web]);
    let calls = run.sent_to("docker").argvs().join("\n");
    assert!(calls.contains(&format!("--build-arg=BASE={base}")), "{calls}");
    assert!(!calls.contains("--destination=r.example.com/shop/base"), "{calls}");
    // Without a push of its own it is as without a CI: what it takes was pushed before.
    project.run(["run", "web", "--from-report", "build.json"]).code(0);
}

#[test]
fn a_report_that_does_not_have_what_is_needed_is_refused_with_the_place_of_the_need() {
    let report = |build: &str, result: &str| {
        format!(
            "{{ \"version\": 1, \"builds\": [{{ \"name\": \"{build}\", \"result\": \"{result}\", \
             \"digest\": null, \"images\": [] }}] }}"
        )
    };
    let project = shop().file("build.json", report("other", "built"));
    project.run(["plan", "web", "--from-report", "build.json"]).code(2).stdout("").stderr(
        r#"error: `web` needs `base`, which `build.json` does not have
 --> kaniko.toml:8:23
  |
8 | build-args = { BASE = "{{ builds.base.image }}" }
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^ needed here
hint: build it too, as in `run base web`, or take the report of the job that built it"#,
    );
    let project = shop().file("build.json", report("base", "failed"));
    project
        .run(["run", "docs", "--from-report", "build.json"])
        .code(2)
        .stderr_contains(
            "error: `docs` needs `base`, which was not built: `build.json` says `failed`",
        )
        .stderr_contains(" --> kaniko.toml:10:10\n");
    let project = shop().file("build.json", report("base", "built"));
    project.run(["plan", "web", "--from-report", "build.json"]).code(2).stderr_contains(
        "error: `web` takes the image of `base`, of which `build.json` has none pushed\n",
    );
}

#[test]
fn what_is_no_report_is_refused_with_its_place() {
    let told = |text: &str| {
        let project = shop().file("build.json", text);
        project.run(["plan", "web", "--from-report", "build.json"])
    };

    told("{\n  \"version\": 2\n}\n").code(2).stdout("").stderr(
        r#"error: version 2 of the report is not known
 --> build.json:2:4
  |
2 |   "version": 2
  |    ^^^^^^^ not 1
hint: this program reads version 1: let the same one build and take"#,
    );
    told("<html>")
        .code(2)
        .stderr_contains("error: this is no report of a run\n --> build.json:1:1\n");
    shop().run(["plan", "web", "--from-report", "build.json"]).code(2).stderr(
        "error: the report `build.json` cannot be read: No such file or directory\n\
         hint: an earlier job writes it with `run --report json=PATH`, and hands it on as an \
         artifact",
    );
}

/// A build that takes another's image.
fn pair() -> Sandbox {
    Sandbox::new()
        .config(
            "version = 1\n[defaults]\nexecutor = \"docker\"\n[builds.base]\n\
             destinations = [\"r.example.com/shop/base:1\"]\n[builds.web]\n\
             build-args = { BASE = \"{{ builds.base.image }}\" }\n\
             destinations = [\"r.example.com/shop/web:1\"]\n",
        )
        .file("Dockerfile", "ARG BASE=alpine\nFROM $BASE\n")
}

#[test]
fn a_plan_shows_what_a_run_outside_of_ci_refuses() {
    pair()
        .run(["plan"])
        .code(0)
        .stderr("")
        .stdout_contains(
            "  no push      r.example.com/shop/base:1  [outside of CI without `--push`]\n",
        )
        .stdout_contains("  build-arg    BASE={{ builds.base.image }}  [kaniko.toml:7]\n");
    pair().run(["check"]).code(0).stdout("").stderr("2 builds, no mistakes");
    let run = pair().fake("docker", docker(&Executor::builds())).run(["run"]);

    run.code(2).stdout("").stderr(
        r#"error: `web` takes the image of `base`, which is not pushed
 --> kaniko.toml:7:23
  |
7 | build-args = { BASE = "{{ builds.base.image }}" }
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^ needs an image
hint: outside of CI nothing is pushed without `--push`"#,
    );
    assert_eq!(run.sent_to("docker").argvs(), [""; 0]);
}

#[test]
fn a_build_that_never_pushes_has_no_image_for_others() {
    pair().run(["plan", "--set", "builds.base.no-push=true"]).code(2).stdout("").stderr(
        r#"error: `web` takes the image of `base`, which pushes none
 --> kaniko.toml:7:23
  |
7 | build-args = { BASE = "{{ builds.base.image }}" }
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^ needs an image
hint: an executor can only pull what was pushed: give it a destination, and no `no-push`"#,
    );
}
