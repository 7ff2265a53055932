//! What needs no executor is built by hand with buildah, which needs none either.

use std::fmt::Write as _;

use crate::{
    context::Dockerfile,
    plan::{self, Build, Plan},
    shell::{join, quote},
    template::LateValue,
};

use super::{filled, mark, named, variable};

/// Lets buildah take plain HTTP, and certificates that nobody vouches for.
const INSECURE: &str = "--tls-verify=false";

fn is_insecure(build: &Build, host: &str) -> bool {
    let names = ["--insecure-registry", "--skip-tls-verify-registry"];
    build.access.flags.iter().any(|flag| names.contains(&flag.name) && flag.value == host)
}

/// Writes a build.
pub(super) fn build(text: &mut String, plan: &Plan, build: &Build) {
    let name = named(plan, build);
    let dockerfile = match &build.dockerfile {
        Dockerfile::Inside(path) => build.context.join(path),
        Dockerfile::Outside(path) => path.clone(),
    };
    let image = format!("kaniko-build/{}", build.name);
    let mut words = vec!["buildah".to_owned(), "build".into(), format!("--tag={image}")];
    // It says so of all registries that it pulls from, or of none.
    if build.registries.iter().any(|needed| is_insecure(build, &needed.host)) {
        words.push(INSECURE.to_owned());
    }
    words.push(format!("--file={}", dockerfile.display()));
    words.extend(build.target.iter().map(|target| format!("--target={target}")));
    let late = |value: &LateValue| Some(mark(plan, value));
    let maps = [
        ("build-arg", &build.build_args),
        ("label", &build.labels),
        ("annotation", &build.annotations),
    ];
    for (flag, entries) in maps {
        for (name, value) in entries {
            let value = plan::resolve(value, &mut { late }).unwrap_or_default();
            words.push(format!("--{flag}={name}={value}"));
        }
    }
    words.push(build.context.display().to_string());
    let _ = writeln!(text, "rm -rf \"$far\"; far=$(mktemp -d)");
    let _ = writeln!(text, "kaniko-build auth {name} -o \"$far\"/config.json");
    let _ = writeln!(text, "export REGISTRY_AUTH_FILE=\"$far\"/config.json");
    let _ = writeln!(text, "{}", filled(&join(words.iter().map(String::as_str))));
    for destination in build.destinations.iter().filter(|_| build.push) {
        let insecure = is_insecure(build, destination.host()).then(|| format!(" {INSECURE}"));
        let insecure = insecure.unwrap_or_default();
        let destination = quote(&format!("docker://{destination}"));
        let _ = writeln!(
            text,
            "buildah push{insecure} --digestfile \"$far\"/digest {} {destination}",
            quote(&image)
        );
    }
    if build.push && !build.destinations.is_empty() {
        let _ = writeln!(text, "{}=$(cat \"$far\"/digest)", variable(&build.name));
    }
    for output in &build.outputs {
        let form = if output.flag == "--tar-path" { "docker-archive" } else { "oci" };
        let to = quote(&format!("{form}:{}", output.local.display()));
        let _ = writeln!(text, "buildah push {} {to}", quote(&image));
    }
    let _ = writeln!(text, "rm -rf \"$far\"");
}
