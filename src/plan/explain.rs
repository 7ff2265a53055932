//! Why a build's value is what it is: every layer that says something, and what has become of it.

mod asked;
mod sections;
mod taken;

pub use asked::{Asked, ExplainError, explained};
pub use sections::explain_section;

use crate::config::{
    Config, Data, Node, Said, Section, Table,
    keys::{self, BUILD},
    kind::{Key, Kind},
};

use super::{
    Build, Facts, Plan,
    arguments::shown,
    labels::{self, OciLabel},
    make, needs,
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
    /// What its template takes: `ci.tag`, `env.NAME`, `vars.NAME`, `builds.NAME`,
    /// `registries.NAME.host`, `build.name`, `matrix.NAME`.
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

/// Keys of which every build has something.
const DECIDED: [&str; 2] = ["executor", "labels"];

/// What values belong to: a build, or a section that is there for all builds.
struct Subject<'c> {
    /// What stands before their keys.
    name: String,
    /// What it has come to.
    table: &'c Table,
    /// What has made it that.
    said: Said<'c>,
    /// The keys that there can be.
    known: &'static [Key],
    /// Those of which it is told what counts where they are not written.
    defaults: &'static [Key],
}

impl<'c> Subject<'c> {
    fn of(build: &'c Section, config: &'c Config) -> Self {
        let (name, said) = (build.name.clone(), config.said(build));
        Self { name, table: &build.table, said, known: keys::build(), defaults: BUILD }
    }
}

/// Whether what stands under this key are entries with names of their own.
fn has_entries(known: &[Key], key: &str) -> bool {
    let kind = known.iter().find(|known| known.name == key).map(|known| known.kind);
    matches!(kind, Some(Kind::Map(_) | Kind::Matrix))
}

/// Explains `key` of `build`, each entry of a table by itself; for none all keys that are written
/// or decided. What they take of `vars`, of `registries` and of the build itself comes after
/// them. `plan` says where it runs and what it needs.
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
    let subject = Subject::of(build, config);
    let planned = plan.builds.iter().find(|planned| *planned.name == *build.name);
    let (first, entry) = parts(key);
    let written = build.table.0.iter().map(|entry| entry.name.as_str());
    // Of these something is decided also where nothing is written.
    let needs = planned.filter(|planned| !planned.after.is_empty()).map(|_| needs::KEY);
    let decided = DECIDED.into_iter().chain(needs);
    let decided = decided.filter(|key| build.table.get(key).is_none());
    let wanted = if first.is_empty() { written.chain(decided).collect() } else { vec![first] };
    let mut explained = Vec::new();
    for key in wanted {
        let first = explained.len();
        if key == "labels" {
            explained.extend(oci_labels(build, entry, &mut keys, facts));
        }
        // Of a label that goes without saying nothing is written.
        if entry.is_none() || explained.len() == first {
            add(&mut explained, config, &subject, (key, entry), &mut keys);
        }
        let new = &mut explained[first..];
        match key {
            "executor" => new.iter_mut().for_each(|one| tell_of_choice(one, planned)),
            "matrix" => new.iter_mut().for_each(|one| taken::tell_of_axis(one, build)),
            needs::KEY => new.iter_mut().for_each(|one| tell_of_needs(one, planned)),
            "cache" if build.table.get("cache").is_none() && keys.has("cache-repo") => {
                for one in new {
                    (one.value, one.default) = (Some("true".to_owned()), None);
                    one.why = Some("`cache-repo` says where".to_owned());
                }
            }
            _ => {}
        }
    }
    taken::follow(&mut explained, config, Some(build), &mut keys);
    explained
}

/// A key, and the entry of its table that is meant.
fn parts(key: &str) -> (&str, Option<&str>) {
    match key.split_once('.') {
        Some((first, entry)) => (first, Some(entry.trim_matches('"'))),
        None => (key, None),
    }
}

/// Adds the value of a key, of a table each entry. Nothing is added where there is no entry and
/// some value of the key was told before.
fn add(
    explained: &mut Vec<Explained>,
    config: &Config,
    subject: &Subject<'_>,
    (key, entry): (&str, Option<&str>),
    keys: &mut Reader<'_>,
) {
    if let Some(entry) = entry {
        explained.push(one(config, subject, &[key, entry], keys));
        return;
    }
    let names = if has_entries(subject.known, key) { entries(&subject.said, key) } else { vec![] };
    for name in &names {
        explained.push(one(config, subject, &[key, name], keys));
    }
    let is_told = |one: &Explained| {
        let rest = one.key.strip_prefix(&subject.name).and_then(|rest| rest.strip_prefix('.'));
        rest.and_then(|rest| rest.strip_prefix(key)).is_some_and(|rest| rest.starts_with('.'))
    };
    if names.is_empty() && !explained.iter().any(is_told) {
        explained.push(one(config, subject, &[key], keys));
    }
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

/// The builds that are needed, also by the images that are taken of them.
fn tell_of_needs(explained: &mut Explained, planned: Option<&Build>) {
    let Some(planned) = planned.filter(|planned| !planned.after.is_empty()) else { return };
    let names: Vec<_> = planned.after.iter().map(|name| format!("{name:?}")).collect();
    explained.value = Some(format!("[{}]", names.join(", ")));
    explained.default = None;
    let taken = planned.texts().flat_map(|(key, name, text)| {
        text.late().map(move |late| format!("`{key}.{name}` takes `{}`", late.build()))
    });
    let taken = taken.collect::<Vec<_>>().join(", ");
    explained.why = (!taken.is_empty()).then_some(taken);
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

fn one(config: &Config, subject: &Subject<'_>, path: &[&str], keys: &mut Reader<'_>) -> Explained {
    let node = subject.table.at(path);
    let is_removed = path.len() > 1 && node.is_some_and(|node| node.data == Data::Bool(false));
    let value = node.filter(|_| !is_removed).map(|node| rendered(path[0], node, keys));
    let mut takes = Vec::new();
    if let Some(node) = node {
        add_uses(node, keys, &mut takes);
    }
    Explained {
        key: [&[&*subject.name], path].concat().join("."),
        value,
        default: if node.is_none() { default(subject, path[0]) } else { None },
        why: None,
        takes,
        layers: layers(config, &subject.said, path),
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

fn default(subject: &Subject<'_>, key: &str) -> Option<&'static str> {
    let mut defaults = keys::defaults(subject.defaults);
    defaults.find(|(known, _)| *known == key).map(|(_, default)| default)
}
