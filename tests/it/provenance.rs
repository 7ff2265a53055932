//! Where values come from, what differs in another pipeline, and what needs what.

use crate::sandbox::Sandbox;

const FILE: &str = r#"version = 1
include = ["lib/kaniko.toml"]

[vars]
flavour = "alpine"

[defaults]
executor = "docker"
target = "base"
image = "{{ ci.registry_image or 'r.example.com/shop' }}/{{ build.name }}"
tags = [
  "{{ ci.tag or ci.commit_short }}",
  { tag = "latest", when = "{{ ci.tag }}" },
]
labels = { team = "shop", stage = "test" }

[presets.rust]
target = "rust"

[builds.api]
presets = ["rust"]
target = "runtime"
labels = { stage = false }
build-args = { FLAVOUR = "{{ vars.flavour }}-{{ env.SUFFIX }}" }

[builds.web]

[profiles.release]
builds.api.target = "release"
"#;

fn shop() -> Sandbox {
    let stages = ["base", "rust", "runtime", "release", "debug"];
    let stages = stages.map(|stage| format!("FROM scratch AS {stage}\n")).concat();
    let stages = format!("ARG FLAVOUR\n{stages}");
    Sandbox::new()
        .config(FILE)
        .file("Dockerfile", &stages)
        .file("lib/kaniko.toml", "version = 1\n[defaults]\ntarget = \"rust\"\n[builds.lib]\n")
        .file("lib/Dockerfile", &stages)
        .env("SUFFIX", "3")
        .env("KANIKO_BUILD__DEFAULTS__TARGET", "debug")
}

const ON_GITLAB: [&str; 6] =
    ["plan", "--ci", "gitlab", "--env", "SUFFIX=3", "--env=KANIKO_BUILD__DEFAULTS__TARGET=debug"];

#[test]
fn a_value_is_explained_by_every_layer_that_says_something() {
    let explain = ["--explain", "builds.api.target", "--profile", "release"];
    let set = ["--set", "builds.api.target=rust"];
    let ran = shop().run(ON_GITLAB.iter().chain(&explain).chain(&set));

    ran.code(0).stderr("").stdout(
        r#"api.target = "rust"
  from   --set builds.api.target: "rust"
  over   kaniko.toml:29 (profiles.release, builds.api): "release"
  over   kaniko.toml:22 (builds.api): "runtime"
  over   kaniko.toml:18 (presets.rust): "rust"
  over   KANIKO_BUILD__DEFAULTS__TARGET (defaults): "debug"
  over   kaniko.toml:9 (defaults): "base""#,
    );
}

#[test]
fn templates_tables_removals_and_defaults_are_explained() {
    let explain = |key: &str| {
        let ran = shop().run(ON_GITLAB.iter().chain(&["--tag", "v1", "--explain", key]));
        ran.code(0).stderr("").told().to_owned()
    };

    assert_eq!(
        explain("api.build-args"),
        "api.build-args.FLAVOUR = \"alpine-3\"\n\
         \x20 from   kaniko.toml:24 (builds.api): \"{{ vars.flavour }}-{{ env.SUFFIX }}\"\n\
         \x20 takes  env.SUFFIX, vars.flavour\n\
         vars.flavour = \"alpine\"\n  from   kaniko.toml:5 (vars): \"alpine\"\n"
    );
    assert!(explain("api.labels").ends_with(
        "api.labels.team = \"shop\"\n  from   kaniko.toml:15 (defaults): \"shop\"\n\
         api.labels.stage = removed\n  from   kaniko.toml:23 (builds.api): false\n\
         \x20 over   kaniko.toml:15 (defaults): \"test\"\n\
         api.build.name = \"api\"\n  from   kaniko.toml:20 (builds): \"api\"\n"
    ));
    assert_eq!(explain("api.retry"), "api.retry = 0  [default]\n");
    assert!(explain("api.tags").starts_with(
        "api.tags = [\"v1\", { tag = \"latest\", when = \"v1\" }]\n  from   kaniko.toml:11 (defaults)"
    ));
    assert!(explain("lib.target").contains(
        "  from   KANIKO_BUILD__DEFAULTS__TARGET (defaults): \"debug\"\n\
             \x20 over   lib/kaniko.toml:3 (defaults of the included file): \"rust\"\n"
    ));
    assert!(
        explain("api").contains("api.image = \"registry.gitlab.example.com/group/project/api\"")
    );
}

#[test]
fn labels_that_go_without_saying_are_explained_by_the_facts_that_they_come_from() {
    let explain = |arguments: &[&str]| {
        let ran = shop().run(ON_GITLAB.iter().chain(&["--tag", "v1.2"]).chain(arguments));
        ran.code(0).stderr("").told().to_owned()
    };
    let version = ["--explain", "api.labels.org.opencontainers.image.version"];

    assert_eq!(
        explain(&version),
        "api.labels.org.opencontainers.image.version = \"1.2\"\n\
         \x20 why    by default, as `oci-labels` is not false\n  takes  ci.tag\n"
    );
    assert!(explain(&["--explain", "api"]).contains("image.title = \"api\"\n"));
    let off = ["--explain", "api.labels", "--set", "defaults.oci-labels=false"];
    assert!(explain(&off).starts_with(
        "api.labels.org.opencontainers.image.* = nothing\n  why    `oci-labels` is false\n"
    ));
}

#[test]
fn an_executor_that_was_chosen_is_explained_by_the_choice() {
    let explain = |set: &[&str]| {
        let asked = ["plan", "--ci", "gitlab", "--explain", "api.executor"];
        let sandbox = Sandbox::new()
            .config("version = 1\n[builds.api]\nimage = \"r.example.com/api\"\n")
            .file("Dockerfile", "FROM scratch\n");
        sandbox.run(asked.iter().chain(set)).code(0).stderr("").told().to_owned()
    };

    assert_eq!(
        explain(&[]),
        "api.executor = \"builtin\"\n  why    its Dockerfile needs no executor\n"
    );
    assert_eq!(
        explain(&["--set", "defaults.executor=auto"]),
        "api.executor = \"builtin\"\n  from   --set defaults.executor: \"auto\"\n\
         \x20 why    its Dockerfile needs no executor\n"
    );
    assert_eq!(
        explain(&["--set", "executors.engine.type=podman"]),
        "api.executor = \"engine\"\n  why    the only one of `executors`\n"
    );
}

#[test]
fn what_a_template_takes_of_its_build_is_explained_with_it() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[vars]\nbase = \"py\"\n[defaults]\n\
             image = \"r.example.com/{{ build.name }}\"\ntags = [\"{{ vars.base }}{{ matrix.v }}\"]\n\
             [builds.web]\nmatrix = { v = [\"3.12\", \"3.13\"] }\n",
        )
        .file("Dockerfile", "FROM scratch\n");
    let explain =
        |key: &str| sandbox.run(["plan", "--explain", key]).code(0).stderr("").told().to_owned();

    assert_eq!(
        explain("web-3.12.image"),
        "web-3.12.image = \"r.example.com/web-3.12\"\n\
         \x20 from   kaniko.toml:5 (defaults): \"r.example.com/{{ build.name }}\"\n\
         \x20 takes  build.name\n\
         web-3.12.build.name = \"web-3.12\"\n  from   kaniko.toml:7 (builds): \"web\"\n\
         \x20 why    with the values of its `matrix`\n"
    );
    assert_eq!(
        explain("web-3.13.tags"),
        "web-3.13.tags = [\"py3.13\"]\n  from   kaniko.toml:6 (defaults): \
         [\"{{ vars.base }}{{ matrix.v }}\"]\n\
         \x20 takes  vars.base, matrix.v\n\
         vars.base = \"py\"\n  from   kaniko.toml:3 (vars): \"py\"\n\
         web-3.13.matrix.v = \"3.13\"\n  from   kaniko.toml:8 (builds.web): [\"3.12\", \"3.13\"]\n"
    );
}

#[test]
fn a_value_of_vars_is_explained_by_itself() {
    let explain = ["--explain", "vars.flavour", "--set", "vars.flavour=slim"];

    shop().run(ON_GITLAB.iter().chain(&explain)).code(0).stderr("").stdout(
        "vars.flavour = \"slim\"\n  from   --set vars.flavour: \"slim\"\n\
         \x20 over   kaniko.toml:5 (vars): \"alpine\"",
    );
    shop()
        .run(["plan", "--explain", "vars.flavuor"])
        .code(2)
        .stderr("error: there is no `vars.flavuor`\nhint: did you mean `vars.flavour`?");
}

#[test]
fn what_is_no_value_of_a_build_cannot_be_explained() {
    let told = |key: &str| shop().run(["plan", "--explain", key]);

    told("apii.target")
        .code(2)
        .stdout("")
        .stderr_contains("error: `apii.target` begins with no build\n");
    told("api.tagret")
        .code(2)
        .stdout("")
        .stderr("error: a build has no key `tagret`\nhint: did you mean `target`?");
}

#[test]
fn the_json_plan_has_the_layers_of_each_value() {
    let ran = shop().run(ON_GITLAB.iter().chain(&["--format", "json", "api"]));
    let plan: serde_json::Value = serde_json::from_slice(ran.code(0).told_bytes()).expect("JSON");

    let layers = &plan["builds"][0]["layers"];
    let target = [
        "kaniko.toml:22 (builds.api)",
        "kaniko.toml:18 (presets.rust)",
        "KANIKO_BUILD__DEFAULTS__TARGET (defaults)",
        "kaniko.toml:9 (defaults)",
    ];
    assert_eq!(layers["target"], serde_json::json!(target));
    assert_eq!(layers["labels.team"], serde_json::json!(["kaniko.toml:15 (defaults)"]));
    assert_eq!(layers["retry"], serde_json::json!(["default"]));
}

#[test]
fn two_pipelines_are_compared_build_by_build() {
    let diff = ["--branch", "main", "--diff", "tag=v1.2.3", "api", "web"];
    let ran = shop().run(ON_GITLAB.iter().chain(&diff));

    let told = ran.code(0).stderr("").told();
    assert!(
        told.starts_with(
            "--- --ci gitlab --branch main --env SUFFIX --env KANIKO_BUILD__DEFAULTS__TARGET\n\
             +++ --ci gitlab --tag v1.2.3 --env SUFFIX --env KANIKO_BUILD__DEFAULTS__TARGET\n"
        ),
        "{told}"
    );
    for line in [
        "\nweb:\n",
        "\n-   push         registry.gitlab.example.com/group/project/web:7f3a1c9e  [kaniko.toml:11]\n",
        "\n+   push         registry.gitlab.example.com/group/project/web:v1.2.3  [kaniko.toml:11]\n",
        "\n+   push         registry.gitlab.example.com/group/project/web:latest  [kaniko.toml:11]\n",
        "\n+   label        org.opencontainers.image.version=1.2.3\n",
    ] {
        assert!(told.contains(line), "{line} is not in {told}");
    }
    assert!(told.ends_with("\n0 builds are the same\n"), "{told}");
    assert!(!told.contains("context"), "what is the same is not told: {told}");
    assert!(!told.contains("--destination"), "what is told is not told again: {told}");
}

#[test]
fn a_profile_and_a_set_are_compared_without_another_pipeline() {
    let ran = shop().run([
        "plan",
        "--diff",
        "profile=release",
        "--diff",
        "set=builds.web.no-push=true",
        "--set",
        "defaults.tags=1",
    ]);

    let told = ran.code(0).told();
    assert!(told.starts_with("--- --set defaults.tags=1\n+++ --profile release --set"), "{told}");
    assert!(told.contains("-   target       runtime  [kaniko.toml:22]\n"), "{told}");
    assert!(told.contains("+   target       release  [kaniko.toml:29]\n"), "{told}");
    assert!(told.contains("\n1 build is the same\n"), "{told}");
}

#[test]
fn a_change_that_is_none_is_refused_with_the_forms_there_are() {
    let told = |change: &str| shop().run(["plan", "--diff", change]);

    told("tag=v1").code(2).stdout("").stderr_contains(
        "error: `--diff tag=v1` is of another pipeline, and without `--ci` there is none to compare \
         it with\nhint: say which, as in `plan --ci gitlab --branch main --diff tag=v1`",
    );
    told("tga=v1").code(2).stderr_contains(
        "error: `--diff tga=v1` changes nothing\nhint: write branch=NAME, tag=NAME",
    );
    told("event=never").code(2).stderr_contains("hint: events are push, tag,");
}

#[test]
fn what_builds_need_is_drawn() {
    let project = Sandbox::new()
        .config(
            "version = 1\n[defaults]\nexecutor = \"docker\"\nno-push = true\n[builds.base]\n\
             [builds.api]\nneeds = [\"base\"]\n[builds.all]\nneeds = [\"base\", \"api\"]\n",
        )
        .file("Dockerfile", "FROM scratch\n");

    project.run(["graph"]).code(0).stdout("base\napi ← base\nall ← api, base");
    project.run(["graph", "api", "--format", "dot"]).code(0).stdout(
        "digraph builds {\n  rankdir = LR\n  node [shape = box]\n  \"base\"\n  \"api\"\n\
         \x20 \"base\" -> \"api\"\n}",
    );
    project
        .run(["graph", "api", "--format", "mermaid"])
        .code(0)
        .stdout("flowchart LR\n  b0[\"base\"]\n  b1[\"api\"]\n  b0 --> b1");
}

/// A repository with a commit of all that is in the project.
fn committed(project: &Sandbox) {
    let repository = git2::Repository::init(project.path("")).expect("a repository");
    let mut index = repository.index().expect("its index");
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).expect("all is added");
    index.write().expect("the index is written");
    let tree = index.write_tree().and_then(|tree| repository.find_tree(tree)).expect("a tree");
    let ada = git2::Signature::new("Ada", "ada@example.com", &git2::Time::new(0, 0));
    let ada = ada.expect("a signature");
    repository.commit(Some("HEAD"), &ada, &ada, "All", &tree, &[]).expect("a commit");
}

#[test]
fn that_changed_files_leave_the_labels_of_the_commit_out_is_said() {
    let project = Sandbox::new()
        .config("version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n")
        .file("Dockerfile", "FROM scratch\n");
    committed(&project);
    let told = "no labels of the commit: files that git tracks have changed since";

    let before = project.run(["plan"]).code(0).told().contains(told);
    let changed = project.file("Dockerfile", "FROM scratch\nCOPY . /\n");

    assert!(!before);
    changed.run(["plan"]).code(0).stdout_contains(told);
    let none = changed.run(["plan", "--set", "defaults.oci-labels=false"]);
    assert!(!none.code(0).told().contains(told));
}
