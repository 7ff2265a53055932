//! What is to be explained, by the words that it is asked for with.

use crate::{
    config::{Config, Section, keys, kind::Key, nearest},
    plan::known::{Known, Meaning},
};

use super::has_entries;

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The key begins with no build.
    #[error("`{wanted}` begins with no build")]
    NoBuild {
        /// As it was asked for.
        wanted: String,
        /// What to write instead.
        hint: String,
    },
    /// There is no such value in `vars`, or no such executor or registry.
    #[error("there is no `{wanted}`")]
    NoSuch {
        /// As it was asked for.
        wanted: String,
        /// What to write instead.
        hint: String,
    },
    /// It has no such key.
    #[error("{of} has no key `{key}`")]
    NoKey {
        /// What has not.
        of: &'static str,
        /// As it was asked for.
        key: String,
        /// What to write instead.
        hint: String,
    },
    /// The value is none that has entries.
    #[error("`{key}` has no part `{entry}`")]
    NoEntry {
        /// Of this key.
        key: String,
        /// As it was asked for.
        entry: String,
        /// What to write instead.
        hint: String,
    },
}

impl ExplainError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        let (Self::NoBuild { hint, .. }
        | Self::NoSuch { hint, .. }
        | Self::NoKey { hint, .. }
        | Self::NoEntry { hint, .. }) = self;
        hint
    }
}

/// What is to be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Of these builds this key, or nothing for all that are written.
    Builds(Vec<String>, String),
    /// Of a section that is of no build this key, or nothing for all that are written.
    Section {
        /// `vars`, `registries`, `executors` or `reports`.
        section: &'static str,
        /// The registry or executor; none for all.
        name: Option<String>,
        /// The key, and perhaps an entry of its table.
        key: String,
    },
}

/// Sections of which each entry is a value.
const OF_VALUES: [(&str, &[Key]); 2] = [("vars", &[]), ("reports", keys::REPORTS)];

/// What `wanted` is about: `api.target`, `builds.api.labels.stage`, `web-*.tags`, `vars.flavour`,
/// `executors.engine.memory`, `reports.json`.
///
/// # Errors
///
/// [`ExplainError`] where it names no build and no such section, or no key of one.
pub fn explained(config: &Config, wanted: &str) -> Result<Asked, ExplainError> {
    // Mistakes in groups are told when the plan is made.
    let known = Known::of(config, &mut Vec::new());
    let path = wanted.strip_prefix("builds.").unwrap_or(wanted);
    for (build, key) in splits(path) {
        let builds = match known.meaning(build) {
            Meaning::One(one) => vec![one],
            Meaning::Several(several) => several,
            Meaning::Nothing => continue,
        };
        has_key(wanted, ("a build", keys::build()), key)?;
        let names = builds.into_iter().map(|one| known.names[one].to_owned());
        return Ok(Asked::Builds(names.collect(), key.to_owned()));
    }
    let (section, rest) = wanted.split_once('.').unwrap_or((wanted, ""));
    if let Some((section, known)) = OF_VALUES.into_iter().find(|(name, _)| *name == section) {
        let key = rest.trim_matches('"');
        let table = if section == "vars" { &config.vars } else { &config.reports };
        return match section {
            _ if key.is_empty() && table.0.is_empty() => Err(none_of(section)),
            "vars" if !key.is_empty() && config.vars.get(key).is_none() => {
                let names = config.vars.0.iter().map(|entry| entry.name.as_str());
                Err(no_such(section, key, names))
            }
            "vars" => Ok(Asked::Section { section, name: None, key: key.to_owned() }),
            _ => {
                has_key(wanted, ("`reports`", known), key)?;
                Ok(Asked::Section { section, name: None, key: key.to_owned() })
            }
        };
    }
    match section {
        "registries" => {
            let known = ("a registry", keys::REGISTRY);
            named(wanted, ("registries", &config.registries), rest, known)
        }
        "executors" => {
            let known = ("an executor", keys::EXECUTOR);
            named(wanted, ("executors", &config.executors), rest, known)
        }
        _ => {
            let hint = format!("write `BUILD.KEY`, as in `api.target`; {}", known.hint(path));
            Err(ExplainError::NoBuild { wanted: wanted.to_owned(), hint })
        }
    }
}

/// A name with what stands behind it; names have dots too, so the longest comes first.
fn splits(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let dots: Vec<_> = path.match_indices('.').map(|(at, _)| at).chain([path.len()]).collect();
    dots.into_iter()
        .rev()
        .map(|end| (path[..end].trim_matches('"'), path[end..].trim_start_matches('.')))
}

/// One of the sections that have this name before theirs.
fn named(
    wanted: &str,
    (section, all): (&'static str, &[Section]),
    path: &str,
    known: (&'static str, &[Key]),
) -> Result<Asked, ExplainError> {
    for (name, key) in splits(path) {
        if all.iter().any(|one| one.name == name) {
            has_key(wanted, known, key)?;
            let (name, key) = (Some(name.to_owned()), key.to_owned());
            return Ok(Asked::Section { section, name, key });
        }
    }
    let name = path.split('.').next().unwrap_or_default();
    if name.is_empty() && all.is_empty() {
        return Err(none_of(section));
    }
    if name.is_empty() {
        return Ok(Asked::Section { section, name: None, key: String::new() });
    }
    Err(no_such(section, name, all.iter().map(|one| one.name.as_str())))
}

fn none_of(section: &str) -> ExplainError {
    let hint = format!("nothing is written in `[{section}]`, nor laid over it");
    ExplainError::NoSuch { wanted: section.to_owned(), hint }
}

fn no_such<'a>(
    section: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> ExplainError {
    let hint = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{section}.{near}`?"),
        None => match &known.map(|known| format!("`{section}.{known}`")).collect::<Vec<_>>()[..] {
            [] => format!("the file has no `{section}`"),
            all => format!("there are {}", all.join(", ")),
        },
    };
    ExplainError::NoSuch { wanted: format!("{section}.{name}"), hint }
}

/// Whether there can be such a key, which may name an entry of its table as well.
fn has_key(
    wanted: &str,
    (of, known): (&'static str, &[Key]),
    key: &str,
) -> Result<(), ExplainError> {
    let (name, entry) = super::parts(key);
    if name.is_empty() {
        return Ok(());
    }
    let names = || known.iter().map(|known| known.name);
    if !names().any(|known| known == name) {
        let hint = nearest(name, names()).map_or_else(
            || "`kaniko.toml.example` has every key".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(ExplainError::NoKey { of, key: name.to_owned(), hint });
    }
    match entry {
        Some(entry) if !has_entries(known, name) => Err(ExplainError::NoEntry {
            key: name.to_owned(),
            entry: entry.to_owned(),
            hint: match wanted.strip_suffix(entry).and_then(|rest| rest.strip_suffix('.')) {
                Some(whole) => format!("`{whole}` is explained as a whole"),
                None => format!("leave out what stands behind `{name}`"),
            },
        }),
        _ => Ok(()),
    }
}
