//! The examples as their users run them: each job planned, its commands taken, the first built.

use std::{fs, os::unix::fs::symlink};

use serde_json::Value;

use crate::{
    documents,
    fake::Fake,
    logins::docker_config,
    registry::{PASSWORD, Setup, skopeo},
    repository,
    sandbox::Sandbox,
};

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
            "from-artifacts",
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
fn the_first_example_lands_in_a_file_with_nothing_but_the_program() {
    let sandbox = try_it(Sandbox::new());

    let (well, said) = script(&sandbox);

    assert!(well, "{said}");
    let archive = sandbox.state().join("target/first/hello.tar");
    let listed = sandbox.command("tar").arg("-tf").arg(archive).output().expect("tar");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("manifest.json\n"), "{listed}");
    assert!(said.contains("warning: nothing was pushed: outside of CI add `--push`"), "{said}");
}

#[test]
fn the_first_example_is_pushed_as_the_readme_has_it() {
    let Some(registry) = (Setup { login: true, ..Setup::default() }).start() else { return };
    let readme = repository::text("README.md");
    let line = readme.lines().find(|line| line.starts_with("EXAMPLE_IMAGE=")).expect("a line");
    assert_eq!(line, "EXAMPLE_IMAGE=registry.example.com/me/hello sh examples/first/try.sh --push");
    let sandbox = try_it(Sandbox::new())
        .env("EXAMPLE_IMAGE", format!("{}/me/hello", registry.host()))
        .file("../home/.docker/config.json", docker_config(&registry.host(), PASSWORD));

    let output = sandbox.command("/bin/sh").args(["try.sh", "--push"]).output().expect("a shell");

    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    for tag in ["1.0", "latest"] {
        let reference = format!("docker://{}/me/hello:{tag}", registry.host());
        let credentials = format!("--creds=bob:{PASSWORD}");
        let Some(seen) = skopeo(&["inspect", "--tls-verify=false", &credentials, &reference])
        else {
            return;
        };
        let seen: Value = serde_json::from_str(&seen).expect("JSON");
        let digest = seen["Digest"].as_str().expect("a digest");
        let told = format!("{}/me/hello:{tag}@{digest}\n", registry.host());
        assert!(said.contains(&told), "{said}");
        assert_eq!(seen["Labels"]["version"], "1.0");
    }
}

#[test]
fn from_artifacts_makes_three_images_without_an_executor() {
    let Some(registry) = Setup::default().start() else { return };
    let host = registry.host();
    let project = job("from-artifacts")
        .file("dist/api", "#!/bin/sh\n")
        .env("CI_REGISTRY", &host)
        .env("CI_REGISTRY_IMAGE", format!("{host}/shop"))
        .env("BASE", "scratch");

    let run = project.run(["run", "--jobs", "2", "--report", "dotenv=images.env"]);

    let variables = run.code(0).file("images.env");
    let pushed: Vec<_> = variables.lines().filter_map(|line| line.split_once('=')).collect();
    let names: Vec<_> = pushed.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["KANIKO_IMAGE_API", "KANIKO_IMAGE_WEB", "KANIKO_IMAGE_MIGRATIONS"]);
    let mut layers = Vec::new();
    for (_, image) in pushed {
        let (repository, digest) = image.split_once(":9d0e4f53@").expect("a tag and a digest");
        let reference = format!("docker://{repository}@{digest}");
        let Some(seen) = skopeo(&["inspect", "--tls-verify=false", &reference]) else { return };
        let seen: Value = serde_json::from_str(&seen).expect("JSON");
        layers.push(seen["Layers"].as_array().expect("a list").clone());
    }
    assert_eq!(layers[2][..1], layers[0][..], "migrations starts from what api has become");
}
