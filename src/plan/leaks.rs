//! Secrets where they would stay, in an image's history, its labels, its annotations, or be seen,
//! on the executor's command line.

use crate::{
    config::Mistake,
    kaniko::flags,
    secret::{Redactor, Source},
};

use super::{Build, ExecutorKind, Plan, Value, arguments::shown};

/// Every place that a secret of the plan comes from.
#[must_use]
pub fn sources(plan: &Plan) -> Vec<&Source> {
    let mut sources = Vec::new();
    for build in &plan.builds {
        sources.extend(build.secrets.iter().map(|(_, source)| source));
        let mut values: Vec<&Value> =
            build.executor.environment.iter().map(|(_, value)| value).collect();
        if let ExecutorKind::CloudFoundry(app) = &build.executor.kind
            && let Some((username, password)) = &app.login
        {
            values.push(username);
            sources.push(password);
        }
        sources.extend(values.into_iter().filter_map(|value| match value {
            Value::Plain(_) => None,
            Value::Secret(source) => Some(source),
        }));
    }
    sources.extend(plan.registries.iter().filter_map(|registry| registry.password.as_ref()));
    sources
}

/// Build args, labels, annotations and other arguments that hold a secret that `redactor` knows, which
/// is to show the places of these mistakes.
#[must_use]
pub fn leaks(plan: &Plan, redactor: &Redactor) -> Vec<Mistake> {
    if redactor.knows_nothing() {
        return Vec::new();
    }
    plan.builds.iter().flat_map(|build| of_build(build, redactor)).collect()
}

fn of_build(build: &Build, redactor: &Redactor) -> Vec<Mistake> {
    let maps = [
        ("build-args", &build.build_args),
        ("labels", &build.labels),
        ("annotations", &build.annotations),
    ];
    let mut mistakes = Vec::new();
    for (key, entries) in maps {
        for (name, text) in entries {
            let allowed = key == "build-args" && build.allow_secret_args.contains(name);
            if allowed || !redactor.finds_in(&shown(text)) {
                continue;
            }
            let message = format!("`{key}.{name}` of `{}` holds a secret", build.name);
            let mistake = match build.origin(&format!("{key}.{name}")) {
                Some(place) => Mistake::at(place, message, "a secret"),
                None => Mistake::nowhere(message),
            };
            let hint = match key {
                "build-args" => {
                    "it would stay in the image's history: use `secrets` and `RUN \
                     --mount=type=secret`, or name it in `allow-secret-args`"
                }
                _ => "it would stay in the image for all to read: leave it out",
            };
            mistakes.push(mistake.hint(hint));
        }
    }
    for (key, what) in keys(build, redactor) {
        let message = format!("`{what}` of `{}` holds a secret", build.name);
        let mistake = match key.and_then(|key| build.origin(key)) {
            Some(place) => Mistake::at(place, message, "a secret"),
            None => Mistake::nowhere(message),
        };
        let hint = match what {
            "image" | "tags" | "destinations" => {
                "all who can read an image's name would have it: leave it out"
            }
            _ => "a command line is no place for one: others can read it",
        };
        mistakes.push(mistake.hint(hint));
    }
    mistakes
}

/// The values of keys that become arguments of the executor with a secret in them, each once: the
/// key where it stands, and how it is called, for one of `executor-args` by its own name.
fn keys<'b>(build: &'b Build, redactor: &Redactor) -> Vec<(Option<&'static str>, &'b str)> {
    let mut keys = Vec::new();
    let mut found = |key: Option<&'static str>, what: &'b str| {
        if !keys.contains(&(key, what)) {
            keys.push((key, what));
        }
    };
    let is_written = |key: &&'static str| build.origin(key).is_some();
    for destination in build.destinations.iter().filter(|one| redactor.finds_in(&one.to_string())) {
        let is_in_tag = destination.tag().is_some_and(|tag| redactor.finds_in(tag));
        let likely = if is_in_tag { ["tags", "image"] } else { ["image", "tags"] };
        let key = likely.into_iter().chain(["destinations"]).find(is_written);
        found(key, key.unwrap_or("--destination"));
    }
    for argument in build.flags.iter().filter(|argument| redactor.finds_in(argument)) {
        let flag = argument.split('=').next().unwrap_or_default();
        match flags::find(flag).and_then(|flag| flag.key).filter(is_written) {
            Some(key) => found(Some(key), key),
            None => found(Some("executor-args"), flag),
        }
    }
    keys
}
