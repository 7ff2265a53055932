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
    template::LateValue,
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
                through_shell(&mut text, plan, build, &far);
            }
            ExecutorKind::Command(words) => {
                through_shell(&mut text, plan, build, &join(words.iter().map(String::as_str)));
            }
            ExecutorKind::Local => through_shell(&mut text, plan, build, "/busybox/sh -c"),
            ExecutorKind::Container(container) => in_container(&mut text, plan, build, container),
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

/// The tools of Kaniko's debug image; an app's own shells start with less.
const FAR_PATH: &str = "PATH=/busybox:$PATH";

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

/// Where the script puts what another build's end tells; no text of a user holds these bytes.
fn mark(plan: &Plan, late: &LateValue) -> String {
    let digest = format!("\u{1}{}\u{2}", late.build());
    let needed = plan.builds.iter().find(|build| *build.name == *late.build());
    match (late, needed.and_then(|build| build.destinations.first())) {
        (LateValue::Image(_), Some(reference)) => format!("{reference}@{digest}"),
        _ => digest,
    }
}

/// The script's variable that holds a build's digest.
fn variable(build: &str) -> String {
    let plain = |one: char| if one.is_ascii_alphanumeric() { one } else { '_' };
    format!("digest_{}", build.chars().map(plain).collect::<String>())
}

/// Marks stand within single quotes, whatever is quoted within: these end there for a variable.
fn filled(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1}') {
        let (build, after) = after.split_once('\u{2}').unwrap_or((after, ""));
        let _ = write!(text, "{before}'\"${}\"'", variable(build));
        rest = after;
    }
    text + rest
}

fn executor(plan: &Plan, build: &Build) -> Vec<String> {
    arguments(build, |late| Some(mark(plan, late))).unwrap_or_default()
}

fn through_shell(text: &mut String, plan: &Plan, build: &Build, far: &str) {
    for (write, path) in files(build) {
        let path = format!("{FAR_DIR}/{path}");
        let directory = path.rsplit_once('/').map_or("/", |(directory, _)| directory);
        let command =
            format!("{FAR_PATH}; umask 077; mkdir -p {directory} && cat > {}", quote(&path));
        let _ = writeln!(text, "{write} | {far} {}", quote(&command));
    }
    let arguments = executor(plan, build);
    let run = format!(
        "{FAR_PATH}; cd / && DOCKER_CONFIG={FAR_DIR}/docker SSL_CERT_DIR=/kaniko/ssl/certs /kaniko/executor {}",
        join(arguments.iter().map(String::as_str))
    );
    let _ = writeln!(text, "{} </dev/null", filled(&format!("{far} {}", quote(&run))));
    let read = format!("{FAR_PATH}; cat {FAR_DIR}/digest");
    let _ = writeln!(text, "{}=$({far} {} </dev/null)", variable(&build.name), quote(&read));
    let remove = format!("{FAR_PATH}; rm -rf {FAR_DIR}");
    let _ = writeln!(text, "{far} {} </dev/null", quote(&remove));
    for output in &build.outputs {
        let _ = writeln!(text, "# {} stays there: fetch it before the last line", output.flag);
    }
}

fn in_container(text: &mut String, plan: &Plan, build: &Build, container: &container::Settings) {
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
    create.extend(executor(plan, build).iter().map(|argument| quote(argument)));
    let _ = writeln!(text, "{}", filled(&create.join(" ")));
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
    let digest = variable(&build.name);
    let _ = writeln!(text, "{digest}=$({program} cp {name}:{FAR_DIR}/digest - | tar -xO)");
    let _ = writeln!(text, "{program} rm -f {name}");
}
