//! That an image is the same from what its Dockerfile takes as from the whole context: every case
//! of the corpus, built twice by a real executor that writes reproducible images.
//!
//! Ignored by default; [`crate::real`] says what it needs.

use std::{fmt::Write, fs, path::Path};

use serde_json::Value;

use crate::{
    corpus::{
        bases,
        case::{self, Case},
        registry::Registry,
    },
    real,
    sandbox::Sandbox,
};

/// Cases that must become images with any executor.
const ENOUGH: usize = 60;

/// How one of the two builds of a case ended.
#[derive(Debug, PartialEq)]
struct Built {
    digest: Option<String>,
    bytes: u64,
    cause: String,
}

/// The project of a case: its context with something that no case names, and a build that sends
/// what is taken beside one that sends all.
fn project(case: &Case, registry: &Registry) -> Sandbox {
    let build = |name: &str, slim: bool| format!("[builds.{name}]\nslim = {slim}\n{}", case.keys());
    let config = format!(
        "version = 1\n[registries.test]\nhost = \"{}\"\ninsecure = true\n{}{}\
         [defaults]\ncontext = \"context\"\nexecutor = \"real\"\nno-push = true\n\
         reproducible = true\n{}{}",
        registry.host(),
        real::registry_of_the_base(),
        real::executor(),
        build("slim", true),
        build("whole", false),
    );
    let sandbox = real::with_the_engine(Sandbox::new().config(&config));
    case.lay_out(&sandbox.path("context"), registry);
    sandbox.file("context/nobody names/this", "4e5f90d63e4a2b6c\n".repeat(5000))
}

/// How both builds of a case ended; none where the executor is known to get the case wrong, so
/// that nothing is sent to it.
fn built(case: &Case, registry: &Registry) -> Option<[Built; 2]> {
    let sandbox = project(case, registry);
    let arguments = ["run", "--jobs", "2", "--keep-going", "--report", "json=report"];
    let run = sandbox.run(arguments);
    let report = sandbox.path("report");
    if !report.exists() {
        let told = run.tells();
        assert!(told.contains(": Kaniko ") || told.contains("the original Kaniko"), "{told}");
        return None;
    }
    let report: Value = serde_json::from_slice(&fs::read(report).expect("a report")).expect("JSON");
    let build = |number: usize| {
        let build = &report["builds"][number];
        Built {
            digest: build["digest"].as_str().map(str::to_owned),
            bytes: build["bundle_bytes"].as_u64().unwrap_or_default(),
            cause: build["cause"].as_str().unwrap_or_default().to_owned(),
        }
    };
    Some([build(0), build(1)])
}

#[test]
#[ignore = "needs an engine, an executor's image and a registry"]
fn every_image_is_the_same_from_what_is_taken_as_from_the_whole_context() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let (mut alike, mut smaller, mut wrong) = (0, 0, String::new());
    for (directory, with_a_shell) in [("build", false), ("run", true)] {
        let mut registry = Registry::start(bases::all());
        if with_a_shell {
            registry = registry.instead_of("busybox", &real::variable("BASE"));
        }
        for case in case::all(&corpus.join(directory)) {
            let name = format!("{directory}/{}", case.name);
            let Some([slim, whole]) = built(&case, &registry) else {
                real::tell(&format!("{name}: not sent to this executor"));
                continue;
            };
            if (&slim.digest, &slim.cause) != (&whole.digest, &whole.cause) {
                writeln!(wrong, "{name}: {slim:?}, and of all {whole:?}").expect("it takes all");
            } else if slim.digest.is_some() {
                alike += 1;
                smaller += usize::from(slim.bytes < whole.bytes);
                real::tell(&format!("{name}: alike, {} bytes of {}", slim.bytes, whole.bytes));
            } else {
                real::tell(&format!("{name}: not built of either: {}", slim.cause));
            }
        }
    }
    real::tell(&format!("{alike} images are alike, {smaller} of them of less than all"));
    assert!(wrong.is_empty(), "{wrong}");
    assert!(smaller >= ENOUGH, "{alike} images, {smaller} of them of less than all");
}
