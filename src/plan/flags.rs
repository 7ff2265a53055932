//! The flags that a build's keys stand for.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    builtin,
    config::{Mistake, nearest},
    kaniko::flags,
};

use super::{arguments::shown, reader::Reader};

/// As Go reads it. Source: Go's `time.ParseDuration`.
fn go_duration(time: Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{}s", time.as_secs()),
        _ => format!("{}ms", time.as_millis()),
    }
}

/// `custom-platform`, held against what it can be: Kaniko takes `arm64` for a system of that name,
/// and builds an image that no machine runs, or that no base is there for; the original panics.
///
/// Source: go-containerregistry's `ParsePlatform`, which takes any words, and the original's
/// pkg/executor/build.go, which looks for the second of them when all is built.
fn platform(keys: &mut Reader<'_>) -> Option<String> {
    let text = keys.text("custom-platform").filter(|text| !text.is_empty())?;
    // What follows a colon is the version of a system that has versions.
    let named = text.split(':').next().unwrap_or(&text);
    if let Err(error) = builtin::platform(named) {
        let hint = match builtin::platform(&format!("linux/{named}")) {
            Ok(()) if !named.contains('/') && named != "linux" => format!("write `linux/{named}`"),
            _ => "write the system and the architecture".to_owned(),
        };
        keys.wrong("custom-platform", error, "this platform", &hint);
    }
    Some(format!("--custom-platform={text}"))
}

/// Kaniko's own credential helpers. Source: the maintained Kaniko's `--help`.
const HELPERS: [&str; 5] = ["acr", "ecr", "env", "gitlab", "google"];

/// `credential-helpers`; an empty one by itself is none of them.
fn helpers(keys: &mut Reader<'_>) -> Vec<String> {
    let helpers = keys.list("credential-helpers");
    let is_alone = helpers.len() == 1;
    for (place, helper) in &helpers {
        if HELPERS.contains(&helper.as_str()) || helper.is_empty() && is_alone {
            continue;
        }
        let message = format!("Kaniko has no credential helper `{helper}`");
        let hint = match nearest(helper, HELPERS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "it has {}; `[\"\"]` is none of them, and a registry's own stands there as \
                 `credential-helper`",
                HELPERS.map(|name| format!("`{name}`")).join(", ")
            ),
        };
        keys.mistakes.push(Mistake::at(place, message, "no such helper").hint(hint));
    }
    helpers.into_iter().map(|(_, helper)| helper).collect()
}

/// Flags that are handed on, in the order of the table, then `executor-args`.
pub(super) fn flags(keys: &mut Reader<'_>) -> Vec<String> {
    const OURS: &[&str] = &[
        "annotations",
        "build-args",
        "context",
        "destinations",
        "dockerfile",
        "labels",
        "no-push",
        "oci-layout-path",
        "secrets",
        "tar-path",
        "target",
    ];
    let mut flags = Vec::new();
    if keys.has("cache-repo") && !keys.has("cache") {
        flags.push("--cache=true".to_owned());
    }
    let written = keys.table.0.iter().filter_map(|entry| flags::position(&entry.name));
    let written: BTreeSet<_> = written.collect();
    for flag in written.into_iter().map(|position| &flags::FLAGS[position]) {
        let Some(key) = flag.key.filter(|key| !OURS.contains(key)) else { continue };
        if flag.refused_as_key().is_some() {
            continue;
        }
        let name = flag.name;
        match flag.kind {
            flags::Kind::Bool => {
                flags.extend(keys.boolean(key).map(|value| format!("{name}={value}")));
            }
            flags::Kind::Integer => {
                flags.extend(keys.integer(key).map(|value| format!("{name}={value}")));
            }
            flags::Kind::Duration => {
                let time = keys.duration(key);
                flags.extend(time.map(|time| format!("{name}={}", go_duration(time))));
            }
            flags::Kind::OneOf(words) => {
                let words: Vec<_> = words.iter().map(|word| (*word, *word)).collect();
                flags.extend(keys.word(key, &words).map(|word| format!("{name}={word}")));
            }
            flags::Kind::Text if key == "custom-platform" => flags.extend(platform(keys)),
            flags::Kind::Text => {
                flags.extend(keys.text(key).map(|text| format!("{name}={text}")));
            }
            flags::Kind::List => {
                let texts = match key {
                    "credential-helpers" => helpers(keys),
                    // As with tags: what a template leaves nothing of is no path.
                    _ => keys.texts(key).into_iter().filter(|text| !text.is_empty()).collect(),
                };
                flags.extend(texts.into_iter().map(|text| format!("{name}={text}")));
            }
            flags::Kind::Table => {
                let entries = keys.map(key).into_iter();
                flags.extend(
                    entries.map(|(entry, text)| format!("{name}={entry}={}", shown(&text))),
                );
            }
        }
    }
    for (place, argument) in keys.list("executor-args") {
        if let Some(reason) = flags::refused(&argument) {
            let message = format!("`{argument}` cannot be handed to the executor");
            keys.mistakes.push(Mistake::at(&place, message, "not handed on").hint(reason));
        } else {
            if let Some(wanted) = flags::mistaken(&argument) {
                let name = argument.split('=').next().unwrap_or_default();
                let message = format!("`{name}` must be {wanted}");
                let label = "the executor would refuse it";
                keys.mistakes.push(Mistake::at(&place, message, label));
            }
            flags.push(argument);
        }
    }
    flags
}
