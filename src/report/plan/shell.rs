//! A plan as a script that does the same by hand, for whom no runner will do.
//!
//! It calls `kaniko-build context pack` and `kaniko-build auth`, and nothing else of ours, and
//! holds no secret. What it does not do is what a runner is for: no lock, no limit of time, no
//! check of what arrived, no cleaning between builds.

mod buildah;

use std::fmt::Write as _;

use crate::{
    config::Origin,
    context::Dockerfile,
    plan::{self, Build, CloudFoundry, ENVIRONMENT, ExecutorKind, PROXIES, Plan, Value, arguments},
    secret::Source,
    shell::{ASSIGN, is_variable, join, quote},
    template::LateValue,
    transport::{BUNDLE, FAR_DIR, OutputKind, container},
};

use super::sent::sent;

/// What every script begins with. `far` is a directory of this machine with what is sent;
/// `remove` takes away what a build has left, also when it fails.
const HEAD: &str = r#"remove() { :; }
far=$(mktemp -d)
trap 'remove; rm -rf "$far"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM"#;

/// A script that is to be shown without the secrets that are in it: it must not be run so.
#[must_use]
pub fn without_secrets(script: &str) -> String {
    let stop =
        "echo 'put a secret in place of each [secret] here, and take this line out' >&2; exit 2";
    script.replacen(OPTIONS, &format!("{OPTIONS}{stop}\n"), 1)
}

/// How the shell goes on.
const OPTIONS: &str = "set -eu\n";

/// The whole script.
#[must_use]
pub fn shell(plan: &Plan) -> String {
    let mut text = format!("#!/bin/sh\n{OPTIONS}");
    if let Some(file) = &plan.file {
        let _ = writeln!(text, "file={}", quote(&file.display().to_string()));
    }
    for variable in plan.sources.overrides().filter(|one| one.origin == Origin::Variable) {
        let _ = writeln!(text, "export {}={}", variable.label, quote(&variable.text));
    }
    let _ = writeln!(text, "{HEAD}");
    if plan.builds.iter().any(|build| environment(build).is_some()) {
        let _ = writeln!(text, "{ASSIGN}");
    }
    for build in &plan.builds {
        let _ = write!(text, "\n# {} on {}\n", build.name, build.executor.name);
        if let Some(sent) = sent(build) {
            // A comment ends where a line does.
            let _ = writeln!(text, "# sent: {}", sent.replace(char::is_control, " "));
        }
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
            ExecutorKind::Builtin => buildah::build(&mut text, plan, build),
        }
        for reference in build.destinations.iter().filter(|_| build.push) {
            let image = quote(&reference.to_string());
            let _ = writeln!(text, "echo {image}@\"${}\"", variable(&build.name));
        }
    }
    text.trim_end().to_owned()
}

fn login(text: &mut String, app: &CloudFoundry) {
    if let Some(api) = &app.api {
        let _ = writeln!(text, "cf api {} >&2", quote(api));
    }
    if let Some((username, password)) = &app.login {
        let origin = app.origin.as_ref().map(|it| format!(" --origin {}", quote(it)));
        let _ = writeln!(
            text,
            "CF_USERNAME={} CF_PASSWORD={} cf auth{} >&2",
            word_of(username),
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
        let _ = writeln!(text, "cf target{} >&2", target.concat());
    }
}

/// The tools of Kaniko's debug image; an app's own shells start with less.
const FAR_PATH: &str = "PATH=/busybox:$PATH";

/// The file below [`FAR_DIR`] that sets variables.
const VARIABLES: &str = "environment";

/// A secret as a word of the script: the script names where it is, never what it is.
fn value_of(source: &Source) -> String {
    match source {
        Source::Env(name) => format!("\"${{{name}}}\""),
        Source::File(path) => format!("\"$(cat {})\"", quote(&path.display().to_string())),
        Source::Command(words) => format!("\"$({})\"", join(words.iter().map(String::as_str))),
    }
}

fn word_of(value: &Value) -> String {
    match value {
        Value::Plain(text) => quote(text),
        Value::Secret(source) => value_of(source),
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

/// What names the build to ourselves.
fn named(plan: &Plan, build: &Build) -> String {
    let name = quote(&build.name);
    if plan.file.is_some() {
        let over = plan.laid_over.iter().flat_map(|word| [" ".to_owned(), quote(word)]);
        let over: String = over.collect();
        return format!("{name} --file \"$file\"{over}");
    }
    let dockerfile = match &build.dockerfile {
        Dockerfile::Inside(path) => build.context.join(path),
        Dockerfile::Outside(path) => path.clone(),
    };
    let mut words = vec![
        "--context".to_owned(),
        build.context.display().to_string(),
        "--dockerfile".to_owned(),
        dockerfile.display().to_string(),
    ];
    for destination in &build.destinations {
        words.extend(["--destination".to_owned(), destination.to_string()]);
    }
    format!("{name} {}", join(words.iter().map(String::as_str)))
}

/// What prints lines that set the executor's variables for a shell; none without any.
fn environment(build: &Build) -> Option<String> {
    if matches!(build.executor.kind, ExecutorKind::Container(_) | ExecutorKind::Builtin) {
        return None;
    }
    let assign = |(name, value): &(String, Value)| format!("assign {name} {}", word_of(value));
    let variables = build.executor.environment.iter().filter(|(name, _)| is_variable(name));
    let mut lines: Vec<String> = variables.map(assign).collect();
    if build.executor.proxy {
        lines.push(format!(
            "for name in {}; do eval \"value=\\${{$name-}}\"; [ -z \"$value\" ] || assign $name \
             \"$value\"; done",
            PROXIES.join(" ")
        ));
    }
    (!lines.is_empty()).then(|| format!("{{ {}; }}", lines.join("; ")))
}

/// Writes the files of a build below `directory` of a new `$far`.
fn stage(text: &mut String, plan: &Plan, build: &Build, directory: &str) {
    let name = named(plan, build);
    let of = |path: &std::path::Path| quote(&path.display().to_string());
    let mut files =
        vec![(format!("kaniko-build auth {name} -o -"), "docker/config.json".to_owned())];
    let sent =
        |file: &crate::registry::AccessFile| (format!("cat {}", of(&file.local)), file.far.clone());
    files.extend(build.access.files.iter().map(sent));
    let secret =
        |(id, source): &(String, Source)| (writes(source), format!("{}/{id}", plan::SECRETS));
    files.extend(build.secrets.iter().map(secret));
    files.extend(environment(build).map(|write| (write, VARIABLES.to_owned())));
    let outside = match &build.dockerfile {
        Dockerfile::Outside(path) => Some(path),
        Dockerfile::Inside(_) => None,
    };
    files.extend(outside.map(|path| (format!("cat {}", of(path)), plan::DOCKERFILE.to_owned())));
    let write = format!("kaniko-build context pack {name} -o -");
    files.push((write, BUNDLE.to_owned()));

    let _ = writeln!(text, "rm -rf \"$far\"; far=$(mktemp -d)");
    for (write, path) in files {
        let path = format!("{directory}{path}");
        let above = path.rsplit_once('/').map(|(above, _)| quote(above));
        let above = above.map(|above| format!("mkdir -p \"$far\"/{above}; ")).unwrap_or_default();
        let _ = writeln!(text, "(umask 077; {above}{write} > \"$far\"/{})", quote(&path));
    }
    if let Some(path) = outside {
        let mut ignore = path.clone().into_os_string();
        ignore.push(".dockerignore");
        let here = of(std::path::Path::new(&ignore));
        let there = quote(&format!("{directory}{}.dockerignore", plan::DOCKERFILE));
        let _ = writeln!(text, "[ ! -f {here} ] || cp {here} \"$far\"/{there}");
    }
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
    stage(text, plan, build, "");
    let tools = |command: &str| quote(&format!("{FAR_PATH}; {command}"));
    let remove = tools(&format!("rm -rf {FAR_DIR}"));
    let _ = writeln!(text, "remove() {{ {far} {remove} </dev/null; }}");
    let take = format!("umask 077; rm -rf {FAR_DIR}; mkdir -p {FAR_DIR} && tar -C {FAR_DIR} -xf -");
    let _ = writeln!(text, "tar -C \"$far\" -cf - . | {far} {}", tools(&take));

    let mut own: Vec<_> =
        ENVIRONMENT.iter().map(|(name, value)| format!("{name}={value}")).collect();
    own.push(format!("DOCKER_CONFIG={FAR_DIR}/docker"));
    let own = own.join(" ");
    let words = executor(plan, build);
    let words = join(words.iter().map(String::as_str));
    let run = match environment(build) {
        // Its own variables first, so that those of the file count.
        Some(_) => {
            format!("export {own}; . {FAR_DIR}/{VARIABLES}; cd / && /kaniko/executor {words}")
        }
        None => format!("cd / && {own} /kaniko/executor {words}"),
    };
    let _ = writeln!(text, "{} </dev/null >&2", filled(&format!("{far} {}", tools(&run))));
    let read = tools(&format!("cat {FAR_DIR}/digest"));
    let _ = writeln!(text, "{}=$({far} {read} </dev/null)", variable(&build.name));
    for output in &build.outputs {
        let (there, here) = (plan::far_output(output.flag), output.local.display().to_string());
        let here = quote(&here);
        let _ = match output.kind {
            OutputKind::File => {
                let send = tools(&format!("cat {FAR_DIR}/{there}"));
                writeln!(text, "{far} {send} </dev/null > {here}")
            }
            OutputKind::Directory => {
                let send = tools(&format!("tar -C {FAR_DIR}/{there} -cf - ."));
                writeln!(text, "mkdir -p {here}; {far} {send} </dev/null | tar -C {here} -xf -")
            }
        };
    }
    let _ = writeln!(text, "remove; remove() {{ :; }}");
}

/// The variables of a container: what the shell sets for the engine's client, and arguments.
fn variables(build: &Build) -> (Vec<String>, Vec<String>) {
    let (mut set, mut arguments) = (Vec::new(), Vec::new());
    let mut given = |name: &str, value: &str| {
        arguments.push(quote(&format!("--env={name}={value}")));
    };
    for (name, value) in ENVIRONMENT {
        given(name, value);
    }
    given("DOCKER_CONFIG", &format!("{FAR_DIR}/docker"));
    for (name, value) in &build.executor.environment {
        match value {
            Value::Plain(text) => given(name, text),
            Value::Secret(_) => {}
        }
    }
    if build.executor.proxy {
        // Named alone, a variable has the value that the client has, or none.
        arguments.extend(PROXIES.iter().map(|name| format!("--env={name}")));
    }
    for (name, value) in &build.executor.environment {
        if let (Value::Secret(source), true) = (value, is_variable(name)) {
            set.push(format!("{name}={} ", value_of(source)));
            arguments.push(format!("--env={name}"));
        }
    }
    (set, arguments)
}

fn in_container(text: &mut String, plan: &Plan, build: &Build, container: &container::Settings) {
    let program = container.kind.name();
    // A name of a build needs no quotes; `$$` lets two scripts run side by side.
    let name = format!("\"kaniko-{}-$$\"", build.name);
    let inner = FAR_DIR.strip_prefix("/kaniko/").unwrap_or(FAR_DIR);
    stage(text, plan, build, &format!("{inner}/"));
    let _ = writeln!(
        text,
        "remove() {{ {program} rm --force --volumes {name} >/dev/null 2>&1 || :; }}"
    );

    let (set, variables) = variables(build);
    let mut create = vec![format!("{}{program} create --name={name}", set.concat())];
    create.push("--entrypoint=/kaniko/executor --workdir=/ --log-driver=none".to_owned());
    if container.kind == container::Kind::Podman {
        create.push("--http-proxy=false".to_owned());
    }
    match container.pull {
        container::Pull::Missing => {}
        container::Pull::Always => create.push("--pull=always".to_owned()),
        container::Pull::Never => create.push("--pull=never".to_owned()),
    }
    let options = [
        ("--network", &container.network),
        ("--memory", &container.memory),
        ("--cpus", &container.cpus),
    ];
    for (flag, value) in options {
        create.extend(value.iter().map(|value| format!("{flag}={}", quote(value))));
    }
    create.extend(container.volumes.iter().map(|volume| format!("--volume={}", quote(volume))));
    create.extend(variables);
    create.extend(container.engine_args.iter().map(|argument| quote(argument)));
    create.push(quote(&container.image));
    create.extend(executor(plan, build).iter().map(|argument| quote(argument)));
    let _ = writeln!(text, "{} >/dev/null", filled(&create.join(" ")));
    let _ = writeln!(text, "{program} cp \"$far\"/. {name}:/kaniko");
    let _ = writeln!(text, "{program} start --attach {name} >&2");
    let digest = variable(&build.name);
    let _ = writeln!(text, "{digest}=$({program} cp {name}:{FAR_DIR}/digest - | tar -xO)");
    for output in &build.outputs {
        let (there, here) = (plan::far_output(output.flag), output.local.display().to_string());
        let here = quote(&here);
        let _ = match output.kind {
            OutputKind::File => writeln!(text, "{program} cp {name}:{FAR_DIR}/{there} {here}"),
            OutputKind::Directory => {
                writeln!(text, "mkdir -p {here}; {program} cp {name}:{FAR_DIR}/{there}/. {here}")
            }
        };
    }
    let _ = writeln!(text, "remove; remove() {{ :; }}");
}
