//! A plan as a script that does the same by hand, for whom no runner will do.
//!
//! It calls `kaniko-build context pack` and `kaniko-build auth`, and nothing else of ours, and
//! holds no secret. What it does not do is what a runner is for: no lock, no check of what
//! arrived, no cleaning between builds.

use std::fmt::Write as _;

use crate::{
    context::Dockerfile,
    plan::{self, Build, CloudFoundry, ExecutorKind, Plan, Value, arguments},
    secret::Source,
    shell::{join, quote},
    transport::{BUNDLE, FAR_DIR, container},
};

/// The whole script.
#[must_use]
pub fn shell(plan: &Plan) -> String {
    let file = quote(&plan.file.display().to_string());
    let mut text = format!("#!/bin/sh\nset -eu\nfile={file}\n");
    for build in &plan.builds {
        let _ = write!(text, "\n# {} on {}\n", build.name, build.executor.name);
        match &build.executor.kind {
            ExecutorKind::CloudFoundry(app) => {
                login(&mut text, app);
                let far = format!("cf ssh {} -T -c", quote(&app.app));
                through_shell(&mut text, build, &far);
            }
            ExecutorKind::Command(words) => {
                through_shell(&mut text, build, &join(words.iter().map(String::as_str)));
            }
            ExecutorKind::Local => through_shell(&mut text, build, "/busybox/sh -c"),
            ExecutorKind::Container(container) => in_container(&mut text, build, container),
        }
    }
    text.trim_end().to_owned()
}

fn login(text: &mut String, app: &CloudFoundry) {
    if let Some(api) = &app.api {
        let _ = writeln!(text, "cf api {}", quote(api));
    }
    if let Some((username, password)) = &app.login {
        let username = match username {
            Value::Plain(text) => quote(text),
            Value::Secret(source) => value_of(source),
        };
        let origin = app.origin.as_ref().map(|it| format!(" --origin {}", quote(it)));
        let _ = writeln!(
            text,
            "CF_USERNAME={username} CF_PASSWORD={} cf auth{}",
            value_of(password),
            origin.unwrap_or_default()
        );
    }
    let target = [("-o", &app.org), ("-s", &app.space)];
    let target: Vec<_> = target
        .into_iter()
        .filter_map(|(flag, value)| Some(format!(" {flag} {}", quote(value.as_ref()?))))
        .collect();
    if !target.is_empty() {
        let _ = writeln!(text, "cf target{}", target.concat());
    }
}

/// A secret as a word of the script: the script names where it is, never what it is.
fn value_of(source: &Source) -> String {
    match source {
        Source::Env(name) => format!("\"${{{name}}}\""),
        Source::File(path) => format!("\"$(cat {})\"", quote(&path.display().to_string())),
        Source::Command(words) => format!("\"$({})\"", join(words.iter().map(String::as_str))),
    }
}

/// What writes a build secret to stdout.
fn writes(source: &Source) -> String {
    match source {
        Source::Env(name) => format!("printf %s \"${{{name}}}\""),
        Source::File(path) => format!("cat {}", quote(&path.display().to_string())),
        Source::Command(words) => join(words.iter().map(String::as_str)),
    }
}

/// The small files of a build: what writes each, and where it goes below [`FAR_DIR`].
fn files(build: &Build) -> Vec<(String, String)> {
    let name = quote(&build.name);
    let mut files = vec![(
        format!("kaniko-build auth {name} --file \"$file\" -o -"),
        "docker/config.json".to_owned(),
    )];
    for file in &build.access.files {
        files.push((format!("cat {}", quote(&file.local.display().to_string())), file.far.clone()));
    }
    for (id, source) in &build.secrets {
        files.push((writes(source), format!("{}/{id}", plan::SECRETS)));
    }
    if let Dockerfile::Outside(path) = &build.dockerfile {
        let write = format!("cat {}", quote(&path.display().to_string()));
        files.push((write, plan::DOCKERFILE.to_owned()));
    }
    let write = format!("kaniko-build context pack {name} --file \"$file\" -o -");
    files.push((write, BUNDLE.to_owned()));
    files
}

fn executor(build: &Build) -> Vec<String> {
    let late = |late: &crate::template::LateValue| Some(format!("{{{{ {} }}}}", late.build()));
    arguments(build, late).unwrap_or_default()
}

fn through_shell(text: &mut String, build: &Build, far: &str) {
    for (write, path) in files(build) {
        let path = format!("{FAR_DIR}/{path}");
        let directory = path.rsplit_once('/').map_or("/", |(directory, _)| directory);
        let command = format!("umask 077; mkdir -p {directory} && cat > {}", quote(&path));
        let _ = writeln!(text, "{write} | {far} {}", quote(&command));
    }
    let arguments = executor(build);
    let run = format!(
        "cd / && DOCKER_CONFIG={FAR_DIR}/docker SSL_CERT_DIR=/kaniko/ssl/certs /kaniko/executor {}",
        join(arguments.iter().map(String::as_str))
    );
    let _ = writeln!(text, "{far} {} </dev/null", quote(&run));
    let _ = writeln!(text, "{far} {} </dev/null", quote(&format!("rm -rf {FAR_DIR}")));
    for output in &build.outputs {
        let _ = writeln!(text, "# {} stays there: fetch it before the last line", output.flag);
    }
}

fn in_container(text: &mut String, build: &Build, container: &container::Settings) {
    let program = container.kind.name();
    let name = quote(&format!("kaniko-{}", build.name));
    let mut create = vec![program.to_owned(), "create".into(), format!("--name={name}")];
    let options = [
        ("--network", &container.network),
        ("--memory", &container.memory),
        ("--cpus", &container.cpus),
    ];
    for (flag, value) in options {
        create.extend(value.iter().map(|value| format!("{flag}={}", quote(value))));
    }
    create.extend(container.volumes.iter().map(|volume| format!("--volume={}", quote(volume))));
    create.extend(container.engine_args.iter().map(|argument| quote(argument)));
    create.push(format!("--env=DOCKER_CONFIG={FAR_DIR}/docker --workdir=/"));
    create.push(quote(&container.image));
    create.extend(executor(build).iter().map(|argument| quote(argument)));
    let _ = writeln!(text, "{}", create.join(" "));
    let _ = writeln!(text, "far=$(mktemp -d)");
    let inner = FAR_DIR.strip_prefix("/kaniko/").unwrap_or(FAR_DIR);
    for (write, path) in files(build) {
        let path = format!("{inner}/{path}");
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let _ = writeln!(
            text,
            "(umask 077; mkdir -p \"$far\"/{}; {write} > \"$far\"/{})",
            quote(directory),
            quote(&path)
        );
    }
    let _ = writeln!(text, "{program} cp \"$far\"/. {name}:/kaniko; rm -rf \"$far\"");
    let _ = writeln!(text, "{program} start --attach {name}");
    let _ = writeln!(text, "{program} rm -f {name}");
}
