//! The example of a monorepo: a hundred images of three languages from few lines, in a registry.

use serde_json::{Value, json};

use crate::{
    examples::{job, plan},
    registry::{Registry, Setup, skopeo},
    repository,
    sandbox::Sandbox,
};

/// With its services, as its script makes them.
fn monorepo() -> Sandbox {
    let project = job("monorepo").with_the_machines_programs();
    let made = project.command("/bin/sh").arg("generate.sh").status().expect("a shell");
    assert!(made.success());
    project
}

#[test]
fn a_hundred_images_are_described_in_a_few_lines() {
    let files = ["kaniko.toml", "go/kaniko.toml", "node/kaniko.toml", "python/kaniko.toml"];
    let files = files.map(|file| repository::text(&format!("examples/monorepo/{file}")));
    assert!(files.concat().lines().count() <= 60);

    let plan = plan(&monorepo());

    assert_eq!(plan.len(), 100);
    assert_eq!(plan[0]["name"], "base");
    assert_eq!(plan[99]["name"], "python-feed-15-3.13");
    for service in &plan[1..] {
        assert_eq!(service["needs"], json!(["base"]));
        assert_eq!(service["executor"]["type"], "builtin");
    }
}

/// The builds of a run into `registry` as its report has them.
fn built(project: &Sandbox, registry: &Registry, jobs: &str) -> Vec<Value> {
    let host = registry.host();
    let project = project
        .clone()
        .env("CI_REGISTRY", &host)
        .env("CI_REGISTRY_IMAGE", format!("{host}/{jobs}"));
    let ran = project.run(["run", "--jobs", jobs, "--report", "json=build.json"]);
    assert_eq!(ran.code(0).results().len(), 200, "two tags each");
    let base = format!("{host}/{jobs}/base:");
    assert!(ran.results()[..2].iter().all(|line| line.starts_with(&base)), "the base comes first");
    let report: Value = serde_json::from_str(&ran.file("build.json")).expect("JSON");
    report["builds"].as_array().expect("builds").clone()
}

#[test]
fn every_image_is_in_a_registry_with_the_digest_of_its_base() {
    let Some(registry) = Setup::default().start() else { return };
    let project = monorepo();

    let one_at_a_time = built(&project, &registry, "1");
    let side_by_side = built(&project, &registry, "2");

    let named = |builds: &[Value]| -> Vec<(Value, Value)> {
        builds.iter().map(|build| (build["name"].clone(), build["digest"].clone())).collect()
    };
    assert_eq!(named(&one_at_a_time), named(&side_by_side));
    assert_eq!(one_at_a_time.len(), 100);
    let base = &one_at_a_time[0]["digest"];
    for build in &one_at_a_time {
        let name = build["name"].as_str().expect("a name");
        let reference = format!("docker://{}/1/{name}:latest", registry.host());
        let Some(seen) = skopeo(&["inspect", "--tls-verify=false", &reference]) else { return };
        let seen: Value = serde_json::from_str(&seen).expect("JSON");
        assert_eq!(seen["Digest"], build["digest"], "{name}");
        if name != "base" {
            assert_eq!(&seen["Labels"]["org.opencontainers.image.base.digest"], base, "{name}");
        }
    }
}
