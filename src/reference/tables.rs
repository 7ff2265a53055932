//! The tables of the reference of `kaniko.toml`, as Markdown.

use std::fmt::Write as _;

use crate::{
    config::{
        keys::{self, EXECUTOR_TYPES, SECTIONS},
        kind::{Key, Kind, Otherwise},
    },
    kaniko::flags::{self, Availability},
    plan::{Meaning, meaning},
};

/// The tables of the reference by name, each without an end of line.
#[must_use]
pub fn tables() -> Vec<(&'static str, String)> {
    let build = keys::build();
    let is_own = |key: &&Key| keys::BUILD.iter().any(|own| own.name == key.name);
    let taken = |key: &&Key| !matches!(key.kind, Kind::Refused(_));
    let own: Vec<_> = build.iter().filter(taken).filter(is_own).collect();
    let flags: Vec<_> = build.iter().filter(taken).filter(|key| !is_own(key)).collect();
    vec![
        ("sections", table(SECTIONS.iter(), |_| None)),
        ("registries", table(keys::REGISTRY.iter(), |_| None)),
        ("executors", table(keys::EXECUTOR.iter(), types)),
        ("builds", table(own.into_iter(), since)),
        ("flags", table(flags.into_iter(), executors)),
        ("tag", table(keys::TAG.iter(), |_| None)),
        ("secret", table(keys::SECRET.iter(), |_| None)),
        ("reports", table(keys::REPORTS.iter(), |_| None)),
        ("refused", refused()),
    ]
}

/// Keys that are known and not taken, with what to write instead.
fn refused() -> String {
    let mut text = "| key | why, or what to write |\n|---|---|".to_owned();
    for key in keys::build() {
        if let Kind::Refused(why) = key.kind {
            let _ = write!(text, "\n| `{}` | {} |", key.name, cell(why));
        }
    }
    text
}

/// A row for each key; `note` adds whom it concerns.
fn table<'k>(keys: impl Iterator<Item = &'k Key>, note: fn(&Key) -> Option<String>) -> String {
    let mut text =
        "| key, with an example | takes | without it | does |\n|---|---|---|---|".to_owned();
    for key in keys {
        let takes = takes(key);
        let otherwise = match key.otherwise {
            Otherwise::Nothing => String::new(),
            Otherwise::Value(value) => format!("`{value}`"),
            Otherwise::Text(value) => format!("`\"{value}\"`"),
            Otherwise::Words(words) => words.to_owned(),
        };
        let about = match note(key) {
            Some(note) => format!("{} {note}", key.about),
            None => key.about.to_owned(),
        };
        let example = format!("`{} = {}`", key.name, key.example);
        let cells = [&example, &takes, &otherwise, &about].map(|text| cell(text));
        let row =
            cells.map(|cell| if cell.is_empty() { " |".into() } else { format!(" {cell} |") });
        let _ = write!(text, "\n|{}", row.concat());
    }
    text
}

/// What a key takes, where more is to be said of it elsewhere by a link.
fn takes(key: &Key) -> String {
    match (key.kind, key.name) {
        (Kind::OneOf(_), "type") => types_taken().collect::<Vec<_>>().join(", "),
        (Kind::OneOf(words), _) => {
            let words: Vec<_> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
            words.join(", ")
        }
        (Kind::Duration | Kind::Limit, _) => "a time".to_owned(),
        (Kind::Map(inner) | Kind::Removable(inner) | Kind::List(inner), _)
            if !matches!(inner, Kind::Record(_)) =>
        {
            let form = match key.kind {
                Kind::List(_) => "a list of",
                _ => "a table of",
            };
            format!("{form} {}", several(*inner))
        }
        (Kind::Secret, _) => "[a secret](#a-secret)".to_owned(),
        (Kind::TextOrSecret, _) => "a string or [a secret](#a-secret)".to_owned(),
        (Kind::Matrix, _) => "[a matrix](#a-matrix)".to_owned(),
        (Kind::Names, _) => "a list of strings".to_owned(),
        (kind, _) => kind.described(),
    }
}

/// Several of a kind.
fn several(kind: Kind) -> String {
    match kind {
        Kind::Removable(inner) => format!("{}, or `false`", several(*inner)),
        Kind::Secret => "[secrets](#a-secret)".to_owned(),
        Kind::TextOrSecret => "strings or [secrets](#a-secret)".to_owned(),
        Kind::Tag => "strings or [tags with a condition](#a-tag-with-a-condition)".to_owned(),
        Kind::List(_) | Kind::Names => "lists of strings".to_owned(),
        _ => "strings".to_owned(),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The types of executors, as they are written.
fn types_taken() -> impl Iterator<Item = String> {
    EXECUTOR_TYPES.iter().map(|kind| format!("`\"{kind}\"`"))
}

/// The types of executors that take a key, where not all do.
fn types(key: &Key) -> Option<String> {
    let has = |kind: &str| keys::executor_keys(kind).contains(&key.name);
    let all = EXECUTOR_TYPES.iter();
    let (takers, others): (Vec<&str>, Vec<&str>) = all.partition(|kind| has(kind));
    let shown = |kinds: &[&str]| {
        let kinds: Vec<_> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
        kinds.join(", ")
    };
    match others.len() {
        0 => None,
        1 => Some(format!("For all but {}.", shown(&others))),
        _ => Some(format!("For {}.", shown(&takers))),
    }
}

/// Which executors have a flag.
fn since(key: &Key) -> Option<String> {
    let flag = flags::key(key.name)?;
    match (flag.since_original, flag.since_fork) {
        (Availability::Never, Availability::Since(version)) => {
            Some(format!("Of Kaniko's only the maintained fork has it, since {version}."))
        }
        (Availability::Since(version), _) => {
            Some(format!("The original Kaniko has it since {version}."))
        }
        _ => None,
    }
}

/// As [`since`], and what it means to the executor of our own.
fn executors(key: &Key) -> Option<String> {
    let flag = flags::key(key.name)?;
    let builtin = match meaning(flag.name) {
        // Which stage is built is not a flag there.
        _ if key.name == "target" => None,
        Meaning::Works if key.name == "compression" => Some("`builtin` has gzip alone."),
        Meaning::Works => None,
        Meaning::PassedOver => Some("It means nothing to `builtin`."),
        Meaning::Refused => Some("Not with `builtin`."),
    };
    let notes: Vec<_> = since(key).into_iter().chain(builtin.map(str::to_owned)).collect();
    (!notes.is_empty()).then(|| notes.join(" "))
}
