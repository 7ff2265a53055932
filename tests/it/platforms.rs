//! Platforms that are asked for, and images that are for another one.

use crate::{registry::Setup, sandbox::Sandbox};

/// A project with a build `web` from a base image that is for `linux/arm64` alone.
fn project(host: &str, from: &str, platform: &str) -> Sandbox {
    let sandbox = Sandbox::new()
        .config(&format!(
            "version = 1\n[registries.shop]\nhost = \"{host}\"\ninsecure = true\n\
             [builds.base]\ncontext = \"base\"\ncustom-platform = \"linux/arm64\"\n\
             destinations = [\"{host}/shop/base:1\"]\n\
             [builds.web]\ncontext = \"web\"\n{platform}tar-path = \"web.tar\"\nno-push = true\n"
        ))
        .file("base/Dockerfile", "FROM scratch\nCOPY f /f\n")
        .file("base/f", "f\n")
        .file("web/Dockerfile", format!("FROM {from}{host}/shop/base:1\nCOPY g /g\n"))
        .file("web/g", "g\n");
    sandbox.run(["run", "base", "--push"]).code(0);
    sandbox
}

#[test]
fn a_base_that_is_not_for_the_platform_asked_for_is_warned_about() {
    let Some(registry) = Setup::default().start() else { return };
    let host = registry.host();
    let asked = project(&host, "", "custom-platform = \"linux/amd64\"\n");
    let named = project(&host, "--platform=linux/arm/v7 ", "");

    asked.run(["run", "web"]).code(0).stderr_contains(&format!(
        "warning: web: web/Dockerfile:1: `{host}/shop/base:1` is for linux/arm64 alone, and \
         `custom-platform` asks for linux/amd64\n"
    ));
    named.run(["run", "web"]).code(0).stderr_contains(&format!(
        "warning: web: web/Dockerfile:1: `{host}/shop/base:1` is for linux/arm64 alone, and \
         `--platform` asks for linux/arm/v7\n"
    ));
}

#[test]
fn a_base_that_is_for_the_platform_asked_for_is_not_warned_about() {
    let Some(registry) = Setup::default().start() else { return };
    let host = registry.host();
    let asked = project(&host, "", "custom-platform = \"linux/arm64/v8\"\n");
    let cross = project(&host, "--platform=linux/arm64 ", "custom-platform = \"linux/amd64\"\n");
    let nothing = project(&host, "", "");

    for project in [asked, cross, nothing] {
        let told = project.run(["run", "web"]).code(0).tells();
        assert!(!told.contains("linux/arm64"), "{told}");
    }
}

#[test]
fn a_platform_that_cannot_be_one_is_a_mistake_of_the_file() {
    let project = |platform: &str| {
        Sandbox::new()
            .config(&format!(
                "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
                 custom-platform = \"{platform}\"\n"
            ))
            .file("Dockerfile", "FROM scratch\n")
            .run(["check"])
    };

    project("arm64").code(2).stdout("").stderr(
        "error: `arm64` is no platform: those are like `linux/amd64` and `linux/arm/v7`\n \
         --> kaniko.toml:5:19\n  |\n5 | custom-platform = \"arm64\"\n  |                   ^^^^^^^ this platform\n\
         hint: write `linux/arm64`",
    );
    project("linux/").code(2).stderr_contains("hint: write the system and the architecture");
    project("linux/arm64/v8").code(0);
    project("windows/amd64:10.0.14393").code(0);
}
