//! Why a build's value is what it is: every layer that says something, and what has become of it.

mod taken;

pub use taken::explain_var;

use crate::config::{self, Config, Data, Node, Said, Section, nearest};

use super::{
    Build, Facts, Plan,
    arguments::shown,
    known::{Known, Meaning},
    labels::{self, OciLabel},
    make,
    reader::Reader,
};

/// A value with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// `build.key`, or `build.key.entry`.
    pub key: String,
    /// What it has become; none where no layer says anything, or an entry was removed.
    pub value: Option<String>,
    /// What goes where nothing is said.
    pub default: Option<&'static str>,
    /// Why it is that, where no layer says it.
    pub why: Option<String>,
    /// What its template takes: `ci.tag`, `env.NAME`, `vars.NAME`, `builds.NAME`, `build.name`,
    /// `matrix.NAME`.
    pub takes: Vec<String>,
    /// The layer that holds, then those that it lies over, downwards.
    pub layers: Vec<Layer>,
}

/// What one layer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// `kaniko.toml:12 (presets.rust)`, `--set builds.api.target`.
    pub place: String,
    /// As it is written there.
    pub written: String,
}

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
    /// There is no such value in `vars`.
    #[error("there is no `{wanted}`")]
    NoVar {
        /// As it was asked for.
        wanted: String,
        /// What to write instead.
        hint: String,
    },
    /// Builds have no such key.
    #[error("a build has no key `{key}`")]
    NoKey {
        /// As it was asked for.
        key: String,
        /// What to write instead.
        hint: String,
    },
}

impl ExplainError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        let (Self::NoBuild { hint, .. } | Self::NoVar { hint, .. } | Self::NoKey { hint, .. }) =
            self;
        hint
    }
}

/// What is to be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Of these builds this key, or nothing for all that are written.
    Builds(Vec<String>, String),
    /// The value of `vars` by this name.
    Var(String),
}

/// What `wanted` is about: `api.target`, `builds.api.labels.stage`, `web-*.tags`, `vars.flavour`.
///
/// # Errors
///
/// [`ExplainError`] where it names no build, or no key of one.
pub fn explained(config: &Config, wanted: &str) -> Result<Asked, ExplainError> {
    // Mistakes in groups are told when the plan is made.
    let known = Known::of(config, &mut Vec::new());
    let path = wanted.strip_prefix("builds.").unwrap_or(wanted);
    let dots = path.match_indices('.').map(|(at, _)| at);
    // Names of builds have dots too: the longest that means something is meant.
    for end in dots.chain([path.len()]).collect::<Vec<_>>().into_iter().rev() {
        let (build, key) = (path[..end].trim_matches('"'), path[end..].trim_start_matches('.'));
        let builds = match known.meaning(build) {
            Meaning::One(one) => vec![one],
            Meaning::Several(several) => several,
            Meaning::Nothing => continue,
        };
        let name = key.split('.').next().unwrap_or_default();
        if !key.is_empty() && !config::build_keys().any(|known| known == name) {
            let hint = nearest(name, config::build_keys()).map_or_else(
                || "`kaniko.toml.example` has every key".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(ExplainError::NoKey { key: name.to_owned(), hint });
        }
        let names = builds.into_iter().map(|one| known.names[one].to_owned());
        return Ok(Asked::Builds(names.collect(), key.to_owned()));
    }
    if let Some(name) = wanted.strip_prefix("vars.") {
        return var_called(config, name.trim_matches('"'));
    }
    let hint = format!("write `BUILD.KEY`, as in `api.target`; {}", known.hint(path));
    Err(ExplainError::NoBuild { wanted: wanted.to_owned(), hint })
}

fn var_called(config: &Config, name: &str) -> Result<Asked, ExplainError> {
    if config.vars.get(name).is_some() {
        return Ok(Asked::Var(name.to_owned()));
    }
    let known = config.vars.0.iter().map(|entry| entry.name.as_str());
    let hint = nearest(name, known).map_or_else(
        || "the file's `vars` have other names".to_owned(),
        |near| format!("did you mean `vars.{near}`?"),
    );
    Err(ExplainError::NoVar { wanted: format!("vars.{name}"), hint })
}

/// Keys of which every build has something.
const DECIDED: [&str; 2] = ["executor", "labels"];

/// Explains `key` of `build`, each entry of a table by itself; for none all keys that are written
/// or decided. What they take of `vars`, and of the build itself, comes after them. `plan` says
/// where it runs.
#[must_use]
pub fn explain(
    config: &Config,
    facts: &Facts<'_>,
    build: &Section,
    plan: &Plan,
    key: &str,
) -> Vec<Explained> {
    let engine = make::engine(build, config, facts);
    let mut keys = Reader::new(config, &engine, &build.table, facts.current);
    let (first, entry) = match key.split_once('.') {
        Some((first, entry)) => (first, Some(entry.trim_matches('"'))),
        None => (key, None),
    };
    let written = build.table.0.iter().map(|entry| entry.name.as_str());
    // Of these something is decided also where nothing is written.
    let decided = DECIDED.into_iter().filter(|key| build.table.get(key).is_none());
    let wanted = if first.is_empty() { written.chain(decided).collect() } else { vec![first] };
    let mut explained = Vec::new();
    for key in wanted {
        let first = explained.len();
        if key == "labels" {
            explained.extend(oci_labels(build, entry, &mut keys, facts));
        }
        match entry {
            // Of a label that goes without saying nothing is written.
            Some(_) if explained.len() > first => {}
            Some(entry) => explained.push(one(config, build, &[key, entry], &mut keys)),
            None => {
                for entry in entries(&config.said(build), key) {
                    explained.push(one(config, build, &[key, &entry], &mut keys));
                }
                if explained.len() == first {
                    explained.push(one(config, build, &[key], &mut keys));
                }
            }
        }
        if key == "executor" {
            let planned = plan.builds.iter().find(|planned| *planned.name == *build.name);
            explained[first..].iter_mut().for_each(|one| tell_of_choice(one, planned));
        }
        if key == "cache" && build.table.get("cache").is_none() && keys.has("cache-repo") {
            for one in &mut explained[first..] {
                (one.value, one.default) = (Some("true".to_owned()), None);
                one.why = Some("`cache-repo` says where".to_owned());
            }
        }
    }
    taken::follow(&mut explained, config, Some(build), &mut keys);
    explained
}

/// What is said of the value at `path`, the layer that holds first.
fn layers(config: &Config, said: &Said<'_>, path: &[&str]) -> Vec<Layer> {
    said.of(path)
        .rev()
        .map(|step| Layer {
            place: config.described(&step).to_string(),
            written: written(step.node),
        })
        .collect()
}

/// The labels that `build` has by default, or why it has none.
fn oci_labels(
    build: &Section,
    entry: Option<&str>,
    keys: &mut Reader<'_>,
    facts: &Facts<'_>,
) -> Vec<Explained> {
    let explained = |name: &str, value, takes, why| Explained {
        key: format!("{}.labels.{name}", build.name),
        value,
        default: None,
        why: Some(why),
        takes,
        layers: Vec::new(),
    };
    match labels::oci(keys, &build.name, &facts.ci) {
        Ok(labels) => labels
            .into_iter()
            .filter(|label| entry.is_none_or(|entry| entry == label.name))
            .map(|OciLabel { name, value, fact }| {
                let why = "by default, as `oci-labels` is not false".to_owned();
                explained(&name, Some(format!("{value:?}")), vec![fact.to_owned()], why)
            })
            .collect(),
        Err(_) if entry.is_some() => Vec::new(),
        Err(why) => {
            vec![explained("org.opencontainers.image.*", None, Vec::new(), why.why().to_owned())]
        }
    }
}

/// The executor that was taken, where the file leaves the choice.
fn tell_of_choice(explained: &mut Explained, planned: Option<&Build>) {
    let Some(planned) = planned else { return };
    if planned.chosen.is_some() || explained.layers.is_empty() {
        explained.value = Some(format!("{:?}", planned.executor.name));
        explained.default = None;
        let only = || "the only one of `executors`".to_owned();
        explained.why = Some(planned.chosen.clone().unwrap_or_else(only));
    }
}

/// The names that a table has in any layer, in the order in which they come up.
fn entries(said: &Said<'_>, key: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for step in said.of(&[key]) {
        let Data::Table(table) = &step.node.data else { continue };
        for entry in &table.0 {
            if !names.contains(&entry.name) {
                names.push(entry.name.clone());
            }
        }
    }
    names
}

fn one(config: &Config, build: &Section, path: &[&str], keys: &mut Reader<'_>) -> Explained {
    let node = match (path, build.table.get(path[0]).map(|node| &node.data)) {
        ([_, entry], Some(Data::Table(table))) => table.get(entry),
        ([_], _) => build.table.get(path[0]),
        _ => None,
    };
    let is_removed = path.len() > 1 && node.is_some_and(|node| node.data == Data::Bool(false));
    let value = node.filter(|_| !is_removed).map(|node| rendered(path[0], node, keys));
    let mut takes = Vec::new();
    if let Some(node) = node {
        add_uses(node, keys, &mut takes);
    }
    Explained {
        key: [&[&*build.name], path].concat().join("."),
        value,
        default: if node.is_none() { default(path[0]) } else { None },
        why: None,
        takes,
        layers: layers(config, &config.said(build), path),
    }
}

/// As a value of the file.
fn written(node: &Node) -> String {
    as_toml(node, &mut |text, _| format!("{text:?}"))
}

/// As [`written`], with the templates rendered; one that cannot be stays as it is written.
fn rendered(key: &str, node: &Node, keys: &mut Reader<'_>) -> String {
    as_toml(node, &mut |text, node| {
        let mistakes = keys.mistakes.len();
        let becomes = keys.late_of(&key, node);
        keys.mistakes.truncate(mistakes);
        becomes.map_or_else(|| format!("{text:?}"), |text| format!("{:?}", shown(&text)))
    })
}

fn as_toml(node: &Node, text: &mut dyn FnMut(&str, &Node) -> String) -> String {
    match &node.data {
        Data::Text(it) => text(it, node),
        Data::Bool(value) => value.to_string(),
        Data::Integer(number) => number.to_string(),
        Data::Other(what) => (*what).to_owned(),
        Data::List(items) => {
            let items: Vec<_> = items.iter().map(|item| as_toml(item, text)).collect();
            format!("[{}]", items.join(", "))
        }
        Data::Table(table) => {
            let entries = table.0.iter();
            let entries =
                entries.map(|entry| format!("{} = {}", entry.name, as_toml(&entry.node, text)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn add_uses(node: &Node, keys: &Reader<'_>, takes: &mut Vec<String>) {
    match &node.data {
        Data::Text(_) if keys.is_outside(node) => {}
        Data::Text(template) => {
            let uses = keys.engine.uses(template);
            let roots = [("ci", uses.ci), ("env", uses.env), ("vars", uses.vars)];
            let roots = roots.into_iter().chain([("builds", uses.builds)]);
            let names = roots.flat_map(|(root, names)| {
                names.into_iter().map(move |name| format!("{root}.{name}"))
            });
            for name in names.chain(uses.own) {
                if !takes.contains(&name) {
                    takes.push(name);
                }
            }
        }
        Data::List(items) => items.iter().for_each(|item| add_uses(item, keys, takes)),
        Data::Table(table) => {
            table.0.iter().for_each(|entry| add_uses(&entry.node, keys, takes));
        }
        Data::Bool(_) | Data::Integer(_) | Data::Other(_) => {}
    }
}

fn default(key: &str) -> Option<&'static str> {
    config::build_defaults().find(|(known, _)| *known == key).map(|(_, default)| default)
}
