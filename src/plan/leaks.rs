//! Secrets where they would stay, in an image's history, its labels, its annotations, or be seen,
//! on the executor's command line.

use crate::{
    config::Mistake,
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

/// Build args, labels, annotations and other arguments that hold a secret that `redactor` knows.
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
                Some(place) => Mistake::at(place, message, "a secret").concealed(),
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
    let destinations = build.destinations.iter().map(|one| format!("--destination={one}"));
    for argument in build.flags.iter().cloned().chain(destinations) {
        if redactor.finds_in(&argument) {
            let flag = argument.split('=').next().unwrap_or_default();
            let message = format!("`{flag}` of `{}` holds a secret", build.name);
            let hint = "a command line is no place for one: others can read it";
            mistakes.push(Mistake::nowhere(message).hint(hint));
        }
    }
    mistakes
}
