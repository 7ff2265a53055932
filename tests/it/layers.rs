//! Saying much with little: presets, matrices, profiles, included files, groups and conditions.

use crate::{ran::Ran, sandbox::Sandbox};

/// Builds with podman that push nothing, and `rest`.
fn with(rest: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!("version = 1\n[defaults]\nexecutor = \"podman\"\nno-push = true\n{rest}"))
        .file("Dockerfile", "FROM scratch\nCOPY . /\n")
}

/// A value of each build of a plan, by the path of its keys.
#[track_caller]
fn values(run: &Ran, path: &[&str]) -> Vec<(String, String)> {
    let plan: serde_json::Value = serde_json::from_str(run.code(0).told()).expect("it is JSON");
    let builds = plan["builds"].as_array().expect("builds").iter();
    builds
        .map(|build| {
            let value = path.iter().fold(build, |value, key| &value[key]);
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (build["name"].as_str().expect("a name").to_owned(), text)
        })
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

#[test]
fn presets_lie_over_defaults_and_under_a_builds_own_keys() {
    let project = with(
        "build-args = { A = \"default\", B = \"default\", C = \"default\" }\n\
         [presets.one]\nbuild-args = { B = \"one\", C = \"one\", D = \"one\" }\n\
         [presets.two]\nbuild-args = { C = \"two\" }\n\
         [builds.web]\npresets = [\"one\", \"two\"]\nbuild-args = { D = \"own\" }\n",
    );

    let run = project.run(["plan", "--format", "json"]);

    assert_eq!(
        values(&run, &["build_args"]),
        pairs(&[("web", r#"{"A":"default","B":"one","C":"two","D":"own"}"#)])
    );
}

#[test]
fn a_matrix_gives_a_build_for_each_combination_and_set_reaches_them_by_a_glob() {
    let project = with(
        "[builds.worker]\nbuild-args = { PY = \"{{ matrix.python }}\" }\n\
         matrix = { python = [\"3.12\", \"3.13\"], os = [\"a\", \"b\"], \
         exclude = [{ python = \"3.13\", os = \"b\" }] }\n",
    );

    let run = project.run(["plan", "--format", "json", "--set", "builds.nope-*.target=x"]);
    assert_eq!(run.code(2).told(), "");

    let run = project.run(["plan", "--format", "json", "--set", "builds.\"*-3.12-*\".retry=4"]);
    assert_eq!(
        values(&run, &["build_args", "PY"]),
        pairs(&[("worker-3.12-a", "3.12"), ("worker-3.12-b", "3.12"), ("worker-3.13-a", "3.13")])
    );
    assert_eq!(
        values(&run, &["retry"]),
        pairs(&[("worker-3.12-a", "4"), ("worker-3.12-b", "4"), ("worker-3.13-a", "0")])
    );
}

#[test]
fn a_matrix_takes_its_values_from_directories() {
    let project = with(
        "[builds.svc]\ncontext = \"services/{{ matrix.service }}\"\n\
         matrix.service = { directories = \"services/*\" }\n",
    )
    .file("services/web/Dockerfile", "FROM scratch\nCOPY . /\n")
    .file("services/api/Dockerfile", "FROM scratch\nCOPY . /\n")
    .file("services/README", "no directory\n");

    let run = project.run(["list"]);

    assert_eq!(run.code(0).results(), ["svc-api", "svc-web"]);
}

#[test]
fn a_profile_is_laid_over_the_file_before_defaults_reach_the_builds() {
    let project = with(
        "retry = 1\n[builds.web]\n[builds.api]\nretry = 2\n\
         [profiles.release]\ndefaults.retry = 5\nbuilds.api.retry = 6\n",
    );

    let retries = |arguments: &[&str]| {
        values(&project.run([&["plan", "--format", "json"], arguments].concat()), &["retry"])
    };

    assert_eq!(retries(&[]), pairs(&[("web", "1"), ("api", "2")]));
    assert_eq!(retries(&["--profile", "release"]), pairs(&[("web", "5"), ("api", "6")]));
}

#[test]
fn included_files_add_builds_with_paths_and_defaults_of_their_own() {
    let project = Sandbox::new()
        .config(
            "version = 1\ninclude = [\"services/*/kaniko.toml\"]\n[defaults]\nretry = 1\n\
             executor = \"podman\"\nno-push = true\n[builds.base]\n",
        )
        .file("Dockerfile", "FROM scratch\nCOPY . /\n")
        .file("services/a/kaniko.toml", "version = 1\n[defaults]\nretry = 2\n[builds.a]\n")
        .file("services/a/Dockerfile", "FROM scratch\nCOPY . /\n")
        .file("services/b/kaniko.toml", "[builds.b]\ncontext = \".\"\n")
        .file("services/b/Dockerfile", "FROM scratch\nCOPY . /\n");

    let run = project.run(["plan", "--format", "json"]);

    assert_eq!(values(&run, &["retry"]), pairs(&[("base", "1"), ("a", "2"), ("b", "1")]));
    let contexts = values(&run, &["context"]);
    assert!(contexts[1].1.ends_with("/work/services/a"), "{contexts:?}");
    assert!(contexts[2].1.ends_with("/work/services/b"), "{contexts:?}");
}

#[test]
fn what_is_laid_over_all_builds_lies_over_the_defaults_of_included_files_too() {
    let project = Sandbox::new()
        .config(
            "version = 1\ninclude = [\"a/kaniko.toml\"]\n[defaults]\nretry = 1\n\
             executor = \"podman\"\nno-push = true\n[builds.base]\n\
             [profiles.p.defaults]\nretry = 3\n",
        )
        .file("Dockerfile", "FROM scratch\nCOPY . /\n")
        .file("a/kaniko.toml", "[defaults]\nretry = 2\n[builds.a]\n[builds.own]\nretry = 9\n")
        .file("a/Dockerfile", "FROM scratch\nCOPY . /\n");
    let retries = |project: &Sandbox, arguments: &[&str]| {
        values(&project.run([&["plan", "--format", "json"], arguments].concat()), &["retry"])
    };
    let all = |retry| pairs(&[("base", retry), ("a", retry), ("own", "9")]);
    let variable = project.clone().env("KANIKO_BUILD__DEFAULTS__RETRY", "4");

    assert_eq!(retries(&project, &["--profile", "p"]), all("3"));
    assert_eq!(retries(&variable, &["--profile", "p"]), all("4"));
    assert_eq!(retries(&variable, &["--set", "defaults.retry=5"]), all("5"));
    let explained = variable.run([
        "plan",
        "--explain",
        "a.retry",
        "--profile",
        "p",
        "--set",
        "defaults.retry=5",
    ]);
    assert_eq!(
        explained.code(0).told(),
        "a.retry = 5\n  \
           from   --set defaults.retry: \"5\"\n  \
           over   KANIKO_BUILD__DEFAULTS__RETRY (defaults): \"4\"\n  \
           over   kaniko.toml:9 (profiles.p, defaults): 3\n  \
           over   a/kaniko.toml:2 (defaults of the included file): 2\n  \
           over   kaniko.toml:4 (defaults): 1\n"
    );
}

#[test]
fn a_build_whose_condition_does_not_hold_is_left_out() {
    let project = with(
        "[builds.web]\n[builds.docs]\nwhen = \"{{ env.DOCS }}\"\n\
         build-args = { X = \"{{ env.NOT_SET }}\" }\n",
    );

    let plan = project.run(["plan"]);

    assert!(plan.code(0).told().starts_with("left out: docs (its `when` does not hold)\n"));
    assert_eq!(project.run(["list"]).code(0).results(), ["web", "docs"]);
}

#[test]
fn a_build_that_is_left_out_may_not_be_needed() {
    with(
        "[builds.base]\nwhen = \"{{ env.NEVER }}\"\n\
         [builds.web]\nbuild-args = { BASE = \"{{ builds.base.image }}\" }\n",
    )
    .run(["plan"])
    .code(2)
    .stdout("")
    .stderr_contains("error: `web` needs `base`, which its `when` leaves out\n");
}

#[test]
fn a_group_stands_for_its_builds() {
    let project =
        with("[builds.web]\n[builds.api-one]\n[builds.api-two]\n[groups]\napis = [\"api-*\"]\n");

    let run = project.run(["plan", "apis", "--format", "json"]);

    assert_eq!(values(&run, &["retry"]), pairs(&[("api-one", "0"), ("api-two", "0")]));
}

#[test]
fn braces_choose_and_set_several_builds() {
    let project = with("[builds.a]\n[builds.t]\nmatrix = { v = [\"1.0\", \"1.1\", \"2\"] }\n");

    let run = project.run(["plan", "t-{1.0,2}", "--format", "json"]);
    assert_eq!(values(&run, &["target"]), pairs(&[("t-1.0", "null"), ("t-2", "null")]));

    let set = "builds.t-{1.0,2}.build-args.X=1";
    let run = project.run(["plan", "t", "--format", "json", "--set", set]);
    assert_eq!(
        values(&run, &["build_args", "X"]),
        pairs(&[("t-1.0", "1"), ("t-1.1", "null"), ("t-2", "1")])
    );
}
