//! The executor's command line for a build: pure, so that a plan shows it and a job has it.

use std::fmt;

use crate::{
    context::Dockerfile as DockerfileAt,
    template::{LateValue, Part, Rendered},
    transport::{BUNDLE, FAR_DIR},
};

use super::Build;

/// Each argument whole, `--flag=value`.
///
/// `late` gives what only other builds' ends can tell; none where one is not known.
///
/// Source: executor-facts: bare values after a boolean flag are refused, a relative Dockerfile
/// is looked for in the working directory first, the digest is written before the push.
pub fn arguments(
    build: &Build,
    mut late: impl FnMut(&LateValue) -> Option<String>,
) -> Option<Vec<String>> {
    // No `..` here: a new field does not compile until it has its argument or its reason.
    let Build {
        name: _,
        place: _,
        executor: _,
        chosen: _,
        context: _,
        dockerfile,
        dockerfile_label: _,
        instructions: _,
        slim: _,
        modes: _,
        timestamps: _,
        target,
        destinations,
        push,
        push_withheld: _,
        build_args,
        labels,
        labels_withheld: _,
        annotations,
        secrets,
        allow_secret_args: _,
        outputs,
        flags,
        registries: _,
        access,
        bases: _,
        needs: _,
        after: _,
        retry: _,
        timeout: _,
        needed_at: _,
        written: _,
    } = build;

    let mut arguments = vec![
        format!("--context=tar://{FAR_DIR}/{BUNDLE}"),
        far_dockerfile(dockerfile),
        "--log-format=color".to_owned(),
        format!("--digest-file={FAR_DIR}/{DIGEST}"),
    ];
    arguments.extend(target.iter().map(|target| format!("--target={target}")));
    arguments.extend(destinations.iter().map(|one| format!("--destination={one}")));
    if !push {
        arguments.push("--no-push=true".to_owned());
    }
    let maps: [(&str, &Vec<(String, Rendered)>); 3] =
        [("--build-arg", build_args), ("--label", labels), ("--annotation", annotations)];
    for (flag, entries) in maps {
        for (name, text) in entries {
            arguments.push([flag, "=", name, "=", &resolve(text, &mut late)?].concat());
        }
    }
    for (id, _) in secrets {
        arguments.push(format!("--secret=id={id},src={FAR_DIR}/{SECRETS}/{id}"));
    }
    for output in outputs {
        arguments.push(format!("{}={FAR_DIR}/{}", output.flag, far_output(output.flag)));
    }
    arguments.extend(flags.iter().cloned());
    arguments.extend(access.flags.iter().map(ToString::to_string));
    Some(arguments)
}

/// The digest file's name below [`FAR_DIR`].
pub(crate) const DIGEST: &str = "digest";
/// The directory of build secrets below [`FAR_DIR`].
pub(crate) const SECRETS: &str = "secrets";
/// The Dockerfile from outside of the context, below [`FAR_DIR`].
pub(crate) const DOCKERFILE: &str = "Dockerfile";

/// Where an output is written below [`FAR_DIR`].
#[must_use]
pub(crate) fn far_output(flag: &str) -> &'static str {
    if flag == "--tar-path" { "image.tar" } else { "layout" }
}

/// The flag for it. The bundle is unpacked to `/kaniko/buildcontext`.
///
/// Source: Kaniko's pkg/constants, `BuildContextDir`.
fn far_dockerfile(dockerfile: &DockerfileAt) -> String {
    match dockerfile {
        DockerfileAt::Inside(path) => {
            format!("--dockerfile=/kaniko/buildcontext/{}", path.display())
        }
        DockerfileAt::Outside(_) => format!("--dockerfile={FAR_DIR}/{DOCKERFILE}"),
    }
}

/// The text with its late values; none when one is not known.
pub fn resolve(
    text: &Rendered,
    late: &mut impl FnMut(&LateValue) -> Option<String>,
) -> Option<String> {
    let part = |part: &Part| match part {
        Part::Literal(text) => Some(text.clone()),
        Part::Late(value) => late(value),
    };
    text.parts.iter().map(part).collect()
}

/// The text as a plan shows it: late values as the templates that they are.
#[must_use]
pub fn shown(text: &Rendered) -> String {
    Printed(text).to_string()
}

/// As [`shown`], written where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Printed<'a>(pub &'a Rendered);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => formatter.write_str(text),
            Part::Late(late) => formatter.write_str(&shown_late(late)),
        })
    }
}

/// A late value as the template that it is.
#[must_use]
pub fn shown_late(late: &LateValue) -> String {
    match late {
        LateValue::Image(build) => format!("{{{{ builds.{build}.image }}}}"),
        LateValue::Digest(build) => format!("{{{{ builds.{build}.digest }}}}"),
    }
}
