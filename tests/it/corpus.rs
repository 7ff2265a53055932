//! Dockerfiles and what becomes of them: the cases below `tests/corpus`, which its README explains.

pub(crate) mod bases;
pub(crate) mod case;
pub(crate) mod image;
pub(crate) mod registry;

use std::path::Path;

use case::Case;
use image::Image;
use registry::Registry;

use crate::sandbox::Sandbox;

/// Lines that only one of two texts has, `-` for the first's.
pub(crate) fn differences(expected: &str, found: &str) -> Vec<String> {
    let without = |lines: &str, others: &str, sign: char| -> Vec<String> {
        let others: Vec<_> = others.lines().collect();
        let lines = lines.lines().filter(|line| !others.contains(line));
        lines.map(|line| format!("  {sign} {line}")).collect()
    };
    [without(expected, found, '-'), without(found, expected, '+')].concat()
}

/// The project of a case: its context, and a config whose build writes its image to `image`.
fn project(case: &Case, registry: &Registry) -> Sandbox {
    let sandbox = Sandbox::new().config(&case.config(registry.host()));
    case.lay_out(&sandbox.path("context"), registry);
    sandbox
}

/// What is wrong with the image that is built of a case.
fn built(case: &Case, registry: &Registry) -> Vec<String> {
    let sandbox = project(case, registry);
    let run = sandbox.run(["run"]);
    if let Err(told) = run.succeeded() {
        return vec![format!("  is not built: {told}")];
    }
    let image = Image::read(&sandbox.path("image"));
    let mut wrong: Vec<_> = image.wrong.iter().map(|wrong| format!("  ! {wrong}")).collect();
    wrong.extend(differences(&case.expected.entries, &image.listing()));
    wrong.extend(differences(&case.expected.config, &image.config()));
    wrong
}

/// What of a context is sent, one path a line.
fn sent(case: &Case, registry: &Registry) -> Vec<String> {
    let sandbox = project(case, registry);
    let executor = "builds.case.executor=podman";
    let run = sandbox.run(["context", "pack", "case", "-o", "sent.tgz", "--set", executor]);
    match run.succeeded() {
        // Nothing is ever sent of what Kaniko gets wrong.
        Err(told) if told.contains(": Kaniko ") => return Vec::new(),
        Err(told) => return vec![format!("  is not packed: {told}")],
        Ok(()) => {}
    }
    differences(&case.expected.sent, &image::paths(&sandbox.path("sent.tgz")))
}

fn all(directory: &str, wrong: impl Fn(&Case, &Registry) -> Vec<String>) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(directory);
    let registry = Registry::start(bases::all());
    let mut report = String::new();
    for case in case::all(&directory) {
        let wrong = wrong(&case, &registry);
        if !wrong.is_empty() {
            report.extend([&case.name, " (", &case.about, "):\n", &wrong.join("\n"), "\n"]);
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn every_dockerfile_without_run_becomes_the_image_that_is_right() {
    all("build", built);
}

#[test]
fn forty_dockerfiles_and_more_become_images_with_each_builder() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/build");
    // That they do, and how else they differ, is what `compared` tries.
    let fails = |case: &Case| case.differs.iter().any(|differs| differs.fails.is_some());
    let built = case::all(&cases).iter().filter(|case| !fails(case)).count();

    assert!(built >= 40, "{built} of them do");
}

#[test]
fn of_every_context_what_its_dockerfile_takes_is_sent() {
    all("run", sent);
}
