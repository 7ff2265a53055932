//! The examples as their users run them: each job planned, its commands taken, the first built.

use std::{fs, os::unix::fs::symlink};

use serde_json::Value;

use crate::{container, documents, fake::Fake, repository, sandbox::Sandbox};

/// An example with the variables of its CI.
pub(crate) fn job(example: &str) -> Sandbox {
    let variables = repository::variables(&format!("examples/{example}/ci.env"));
    let project = repository::with(Sandbox::new(), &format!("examples/{example}"));
    variables.iter().fold(project, |project, (name, value)| project.env(name, value))
}

/// The plan of a job, by build.
pub(crate) fn plan(project: &Sandbox) -> Vec<Value> {
    let run = project.run(["plan", "--format", "json"]);
    let plan: Value = serde_json::from_slice(run.code(0).stderr("").told_bytes()).expect("JSON");
    plan["builds"].as_array().expect("builds").clone()
}

/// By build, where it is pushed to.
fn destinations(project: &Sandbox) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let build = |build: &Value| {
        let pushed = build["push"].as_bool().expect("yes or no");
        let references = build["destinations"].as_array().expect("a list");
        let references = references.iter().filter(|_| pushed).map(text).collect();
        (text(&build["name"]), references)
    };
    plan(project).iter().map(build).collect()
}

fn all(builds: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |list: &[&str]| list.iter().map(|&item| item.to_owned()).collect();
    builds.iter().map(|(name, list)| ((*name).to_owned(), owned(list))).collect()
}

#[test]
fn cloud_foundry_pushes_the_commit_and_latest() {
    let project = job("cloud-foundry");

    assert_eq!(
        destinations(&project),
        all(&[(
            "app",
            &[
                "registry.example.com/my-group/site:1f6b2a7c",
                "registry.example.com/my-group/site:latest"
            ]
        )])
    );
    let build = &plan(&project)[0];
    assert_eq!(build["executor"]["type"], "cloudfoundry");
    assert_eq!(build["credentials"]["registry.example.com"], "CI_REGISTRY_PASSWORD");
}

#[test]
fn gitlab_local_pushes_the_versions_of_a_tag() {
    let project = job("gitlab-local");

    assert_eq!(
        destinations(&project),
        all(&[(
            "app",
            &[
                "registry.example.com/my-group/clock:1.4.2",
                "registry.example.com/my-group/clock:1.4"
            ]
        )])
    );
    let build = &plan(&project)[0];
    assert_eq!(build["executor"]["type"], "local");
    assert_eq!(build["build_args"]["VERSION"], "v1.4.2");
    assert_eq!(build["credentials"]["registry.example.com"], "CI_JOB_TOKEN");
}

#[test]
fn gitlab_local_pushes_branches_by_their_names_and_the_default_one_as_latest() {
    let on = |branch: &str, slug: &str| {
        let project = job("gitlab-local").env("CI_COMMIT_TAG", "").env("CI_COMMIT_BRANCH", branch);
        project.env("CI_COMMIT_REF_NAME", branch).env("CI_COMMIT_REF_SLUG", slug)
    };

    assert_eq!(
        destinations(&on("feature/Faster", "feature-faster")),
        all(&[("app", &["registry.example.com/my-group/clock:feature-faster"])])
    );
    assert_eq!(
        destinations(&on("main", "main")),
        all(&[(
            "app",
            &[
                "registry.example.com/my-group/clock:main",
                "registry.example.com/my-group/clock:latest"
            ]
        )])
    );
}

#[test]
fn github_docker_pushes_the_default_branch_as_edge() {
    let project = job("github-docker");

    assert_eq!(
        destinations(&project),
        all(&[("app", &["ghcr.io/my-org/echo:7c9d0e4f", "ghcr.io/my-org/echo:edge"])])
    );
    assert_eq!(plan(&project)[0]["credentials"]["ghcr.io"], "GITHUB_TOKEN");
}

#[test]
fn github_docker_pushes_no_pull_request() {
    let event = r#"{
      "pull_request": {
        "number": 7,
        "head": { "sha": "7c9d0e4f53a8b1c2d3e4f5061728394a5b1f6b2a", "ref": "fix",
                  "repo": { "full_name": "someone/echo" } },
        "base": { "ref": "main", "repo": { "full_name": "My-Org/Echo" } }
      },
      "repository": { "full_name": "My-Org/Echo", "default_branch": "main" }
    }"#;
    let project = job("github-docker")
        .file("event.json", event)
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_REF", "refs/pull/7/merge")
        .env("GITHUB_REF_NAME", "7/merge")
        .env("GITHUB_HEAD_REF", "fix")
        .env("GITHUB_BASE_REF", "main");

    assert_eq!(destinations(&project), all(&[("app", &[])]));
    assert_eq!(plan(&project)[0]["destinations"][0], "ghcr.io/my-org/echo:pr-7");
}

#[test]
fn three_images_start_from_what_the_first_has_become() {
    let project = job("three-images");

    assert_eq!(
        destinations(&project),
        all(&[
            ("base", &["registry.example.com/my-group/shop/base:9d0e4f53"]),
            ("api", &["registry.example.com/my-group/shop/api:9d0e4f53"]),
            ("web", &["registry.example.com/my-group/shop/web:9d0e4f53"]),
        ])
    );
    for build in &plan(&project)[1..] {
        assert_eq!(build["build_args"]["BASE"], "{{ builds.base.image }}");
        assert_eq!(build["needs"][0], "base");
    }
}

#[test]
fn private_ca_pushes_to_the_sites_registry_and_pulls_from_its_mirror_alone() {
    let project = job("private-ca");

    assert_eq!(
        destinations(&project),
        all(&[(
            "app",
            &["harbor.example.com/shop/app:0e4f53a8", "harbor.example.com/shop/app:main"]
        )])
    );
    let arguments = &plan(&project)[0]["arguments"];
    let arguments: Vec<_> = arguments.as_array().expect("a list").iter().collect();
    for wanted in [
        "--registry-mirror=mirror.example.com/hub",
        "--skip-default-registry-fallback=true",
        "--secret=id=token,src=/kaniko/.kaniko-build/run/secrets/token",
    ] {
        assert!(arguments.iter().any(|argument| *argument == wanted), "{arguments:?}");
    }
}

/// The monorepo with its services, as its script makes them.
fn monorepo() -> Sandbox {
    let project = job("monorepo").with_the_machines_programs();
    let made = project.command("/bin/sh").arg("generate.sh").status().expect("a shell");
    assert!(made.success());
    project
}

#[test]
fn a_monorepo_describes_a_hundred_images_in_a_few_lines() {
    let files = ["kaniko.toml", "teams/shop/kaniko.toml", "teams/data/kaniko.toml"];
    let files = files.map(|file| repository::text(&format!("examples/monorepo/{file}")));
    assert!(files.concat().lines().count() <= 60);

    let plan = plan(&monorepo());

    assert_eq!(plan.len(), 100);
    assert_eq!(plan[0]["name"], "schema");
    for service in &plan[1..] {
        assert_eq!(service["needs"], serde_json::json!(["schema"]));
        assert_eq!(service["executor"]["type"], "builtin");
    }
    let last = &plan[99]["destinations"][0];
    assert!(last.as_str().expect("text").starts_with("registry.example.com/my-group/shop/"));
}

#[test]
fn a_monorepo_has_the_same_images_one_at_a_time_and_side_by_side() {
    let project = monorepo();
    let digests = |jobs: &str| {
        let run = ["run", "--set", "defaults.no-push=true", "--jobs", jobs];
        let ran = project.run(run.iter().chain(&["--report", "json=build.json"]));
        let report: Value = serde_json::from_str(&ran.code(0).file("build.json")).expect("JSON");
        let builds = report["builds"].as_array().expect("builds").iter();
        let digest = |build: &Value| (build["name"].to_string(), build["digest"].to_string());
        builds.map(digest).collect::<Vec<_>>()
    };

    let one_at_a_time = digests("1");

    assert_eq!(one_at_a_time.len(), 100);
    assert!(one_at_a_time.iter().all(|(_, digest)| digest.starts_with("\"sha256:")));
    assert_eq!(one_at_a_time, digests("2"));
}

#[test]
fn every_job_runs_a_command_that_is_taken() {
    let mut jobs = Vec::new();
    for example in fs::read_dir(repository::path("examples")).expect("examples") {
        let example = example.expect("an entry").path();
        let name = example.file_name().expect("a name").to_string_lossy().into_owned();
        let mut files = vec![format!("examples/{name}/.gitlab-ci.yml")];
        if let Ok(workflows) = fs::read_dir(example.join(".github/workflows")) {
            let file = |entry: std::io::Result<fs::DirEntry>| {
                let file = entry.expect("an entry").file_name().to_string_lossy().into_owned();
                format!("examples/{name}/.github/workflows/{file}")
            };
            files.extend(workflows.map(file));
        }
        files.retain(|file| repository::path(file).exists());
        assert!(
            files.is_empty() != example.join("ci.env").exists(),
            "{name}: a job comes with its variables"
        );
        for file in files {
            let commands = repository::commands(&repository::text(&file));
            assert!(!commands.is_empty(), "{file} runs no kaniko-build");
            for words in &commands {
                documents::takes(words);
            }
            jobs.push(name.clone());
        }
    }
    jobs.sort();
    assert_eq!(
        jobs,
        [
            "cloud-foundry",
            "github-docker",
            "gitlab-local",
            "monorepo",
            "private-ca",
            "three-images"
        ]
    );
}

/// The first of the README's two commands, with a cargo that has built already.
fn try_it(sandbox: Sandbox) -> Sandbox {
    let sandbox = repository::with(sandbox, "examples/first")
        .with_the_machines_programs()
        .fake("cargo", Fake::new())
        .fake("cc", Fake::new());
    let target = sandbox.state().join("target/debug");
    fs::create_dir_all(&target).expect("a directory");
    symlink(env!("CARGO_BIN_EXE_kaniko-build"), target.join("kaniko-build")).expect("a link");
    let target = sandbox.state().join("target");
    sandbox.env("CARGO_TARGET_DIR", target)
}

/// What the script says on stdout, and whether it ends well.
fn script(sandbox: &Sandbox) -> (bool, String) {
    let output = sandbox.command("/bin/sh").arg("try.sh").output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), said + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_first_example_shows_its_plan_where_there_is_no_engine() {
    let none = || Fake::new().tells("no daemon").exits(1);
    let sandbox = try_it(Sandbox::new()).fake("podman", none()).fake("docker", none());

    let (well, said) = script(&sandbox);

    assert!(well, "{said}");
    assert!(said.contains("== NOTHING IS BUILT: there is no engine to run Kaniko in."), "{said}");
    assert!(said.contains("no push      localhost/kaniko-build/hello:latest"), "{said}");
    assert!(said.contains(" greeting.txt\n"), "{said}");
}

#[test]
fn the_first_example_is_built_where_there_is_an_engine() {
    let Some(sandbox) = container::podman(Sandbox::new()) else { return };
    let sandbox = try_it(sandbox).env("EXAMPLE_KANIKO", container::IMAGE);
    let settings = repository::text("examples/first/kaniko.toml").replace(
        "type = \"podman\"\n",
        &format!("type = \"podman\"\nnetwork = \"host\"\n{}\n", container::ENGINE_ARGS),
    );
    let sandbox = sandbox.config(&settings);

    let (well, said) = script(&sandbox);

    assert!(well, "{said}");
    assert!(said.contains("hello | building\n"), "{said}");
    assert!(sandbox.state().join("target/first/hello.tar").exists(), "{said}");
    assert_eq!(container::containers(&sandbox), [""; 0]);
}
