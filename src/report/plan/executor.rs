//! An executor in lines of a plan: what it is, and what of it is not as it always is.

use crate::{
    plan::{CONNECT_TIMEOUT, CloudFoundry, Executor, ExecutorKind, LOCK_TIMEOUT, Value},
    shell::join,
    transport::container,
};

/// A name and a value each.
pub(super) fn lines(executor: &Executor) -> Vec<(&'static str, String)> {
    // No `..` here: what is new must be shown.
    let Executor { name: _, kind, environment, lock_timeout, connect_timeout, proxy } = executor;
    let mut lines = match kind {
        ExecutorKind::CloudFoundry(app) => cloud_foundry(app),
        ExecutorKind::Container(settings) => in_container(settings),
        ExecutorKind::Command(words) => {
            vec![("command", join(words.iter().map(String::as_str)))]
        }
        ExecutorKind::Local | ExecutorKind::Builtin => Vec::new(),
    };
    for (name, value) in environment {
        lines.push(("env", with_name(name, value)));
    }
    for (name, time, usual) in [
        ("lock-timeout", lock_timeout, LOCK_TIMEOUT),
        ("connect-timeout", connect_timeout, CONNECT_TIMEOUT),
    ] {
        if *time != usual {
            lines.push((name, humantime::format_duration(*time).to_string()));
        }
    }
    if !proxy {
        lines.push(("proxy", "false".to_owned()));
    }
    lines
}

fn with_name(name: &str, value: &Value) -> String {
    match value {
        Value::Plain(text) => format!("{name}={text}"),
        Value::Secret(source) => format!("{name} from {source}"),
    }
}

fn cloud_foundry(app: &CloudFoundry) -> Vec<(&'static str, String)> {
    let CloudFoundry { api, org, space, app, login, origin, instances } = app;
    let mut lines = vec![("app", app.clone())];
    if *instances > 1 {
        lines.push(("instances", instances.to_string()));
    }
    for (name, value) in [("api", api), ("org", org), ("space", space), ("origin", origin)] {
        lines.extend(value.iter().map(|value| (name, value.clone())));
    }
    lines.push((
        "login",
        match login {
            Some((Value::Plain(user), password)) => format!("{user}, password from {password}"),
            Some((Value::Secret(user), password)) => {
                format!("user from {user}, password from {password}")
            }
            None => "as cf is logged in already".to_owned(),
        },
    ));
    lines
}

fn in_container(settings: &container::Settings) -> Vec<(&'static str, String)> {
    let container::Settings {
        kind: _,
        program: _,
        image,
        pull,
        network,
        memory,
        cpus,
        volumes,
        engine_args,
    } = settings;
    let mut lines = vec![("image", image.clone())];
    match pull {
        container::Pull::Missing => {}
        container::Pull::Always => lines.push(("pull", "always".to_owned())),
        container::Pull::Never => lines.push(("pull", "never".to_owned())),
    }
    for (name, value) in [("network", network), ("memory", memory), ("cpus", cpus)] {
        lines.extend(value.iter().map(|value| (name, value.clone())));
    }
    lines.extend(volumes.iter().map(|volume| ("volume", volume.clone())));
    lines.extend(engine_args.iter().map(|argument| ("engine-arg", argument.clone())));
    lines
}
