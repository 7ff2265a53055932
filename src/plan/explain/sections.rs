//! Why values are what they are that belong to no build: `vars`, `registries`, `executors` and
//! `reports`.

use crate::{
    config::{Config, Section, Table, keys, kind::Key},
    plan::{Facts, make, reader::Reader},
};

use super::{Explained, Subject, add, parts, taken};

/// Explains `key` of a section, of the one called `name` where there are several; for no key, or no
/// name, all that are written. What they take comes after them.
#[must_use]
pub fn explain_section(
    config: &Config,
    facts: &Facts<'_>,
    (section, name): (&'static str, Option<&str>),
    key: &str,
) -> Vec<Explained> {
    let (engine, none) = (make::engine_of_none(config, facts), Table::default());
    let mut keys = Reader::new(config, &engine, &none, facts.current);
    let named = match section {
        "registries" => &config.registries[..],
        "executors" => &config.executors[..],
        _ => &[],
    };
    let subjects: Vec<_> = match name {
        None if !named.is_empty() => {
            named.iter().filter_map(|one| subject(config, section, Some(&one.name))).collect()
        }
        name => subject(config, section, name).into_iter().collect(),
    };
    let mut explained = Vec::new();
    for subject in &subjects {
        let all = subject.table.0.iter().map(|entry| (entry.name.as_str(), None));
        let wanted = match section {
            _ if key.is_empty() => all.collect(),
            // Of these each entry is one value.
            "vars" => vec![(key, None)],
            _ => vec![parts(key)],
        };
        for key in wanted {
            add(&mut explained, config, subject, key, &mut keys);
        }
    }
    taken::follow(&mut explained, config, None, &mut keys);
    explained
}

/// A section, or the one in it that is called `name`.
pub(super) fn subject<'c>(
    config: &'c Config,
    section: &'static str,
    name: Option<&str>,
) -> Option<Subject<'c>> {
    let called = |all: &'c [Section]| {
        let name = name?;
        Some(&*all.iter().find(|one| one.name == name)?.table)
    };
    let (table, known): (&Table, &'static [Key]) = match section {
        "vars" => (&config.vars, &[]),
        "reports" => (&config.reports, keys::REPORTS),
        "registries" => (called(&config.registries)?, keys::REGISTRY),
        "executors" => (called(&config.executors)?, keys::EXECUTOR),
        _ => return None,
    };
    let said = config.said_of(section, name);
    let name = match name {
        Some(name) => [section, ".", name].concat(),
        None => section.to_owned(),
    };
    Some(Subject { name, table, said, known, defaults: known })
}
