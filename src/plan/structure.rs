//! Syntax and names of all templates, whatever is built of them and whatever their values are.

use std::{collections::BTreeMap, fmt, sync::Arc};

use foldhash::{HashMap, HashSet};

use crate::{
    config::{Aside, Config, Data, Mistake, Node, Place, Table},
    template::{self, Engine, Names, Value},
};

use super::{
    Facts, cores,
    make::{engine_of, template_names},
    reader::Reader,
};

/// Syntax and names of every template, also of builds that were not chosen; the first engine
/// renders those of builds, the second all others.
pub(super) fn mistakes(
    config: &Config,
    facts: &Facts<'_>,
    (engine, plain): (&Engine, &Engine),
) -> Vec<Mistake> {
    let check = |engine: &Engine, table: &Table, texts: Vec<(String, &Node)>| {
        let mut keys = Reader::new(config, engine, table, facts.current);
        for (key, node) in texts {
            keys.check(&key, node);
        }
        keys.mistakes
    };
    // What stands in `defaults` and presets is looked at once for all builds that can name the
    // same in it.
    let mut seen: HashMap<Vec<&str>, HashSet<(usize, usize)>> = HashMap::default();
    let mut new = Vec::new();
    for section in &config.builds {
        let axes = section.matrix.iter().map(|(name, _)| name.as_str()).collect();
        let seen = seen.entry(axes).or_default();
        let is_new = |place: &Place| seen.insert((place.source, place.span.start));
        let texts = texts(&section.table, is_new);
        if !texts.is_empty() {
            new.push((section, texts));
        }
    }
    let of_builds = cores::each(new, |(section, texts)| {
        check(&engine_of(section, engine), &section.table, texts)
    });
    let mut mistakes: Vec<_> = of_builds.into_iter().flatten().collect();
    let is_left = |place: &Place| {
        let place = (place.source, place.span.start);
        !seen.values().any(|seen| seen.contains(&place))
    };
    let mut of_any = None;
    for Aside { table, of_builds } in config.aside() {
        let texts = texts(table, is_left);
        if texts.is_empty() {
            continue;
        }
        let engine = if of_builds {
            of_any.get_or_insert_with(|| engine_of_any(config, facts, engine))
        } else {
            plain
        };
        mistakes.extend(check(engine, table, texts));
    }
    let others = config.executors.iter().chain(&config.registries);
    for table in others.map(|section| &*section.table).chain([&config.vars]) {
        mistakes.extend(check(plain, table, texts(table, |_| true)));
    }
    mistakes
}

/// What is known of what no build takes: all that some build, or some profile, has.
fn engine_of_any(config: &Config, facts: &Facts<'_>, engine: &Engine) -> Engine {
    let axes = config.builds.iter().flat_map(|build| &build.matrix);
    let mut matrix: BTreeMap<_, _> =
        axes.map(|(name, value)| (name.clone(), Value::Text(value.clone()))).collect();
    if matrix.is_empty() {
        // Of a file without a matrix an axis is as unknown, but of no build.
        matrix.insert(String::new(), Value::Bool(false));
    }
    let own = config.registries.iter().map(|one| one.name.clone());
    let registries = config.names_in_profiles("registries").chain(own);
    let names = Names {
        registries: Arc::new(registries.map(|name| (name, String::new())).collect()),
        matrix,
        build: Some(String::new()),
        ..template_names(config, facts)
    };
    engine.with(names)
}

/// The texts of `table` that can be templates and are `wanted`, with their keys.
fn texts(table: &Table, mut wanted: impl FnMut(&Place) -> bool) -> Vec<(String, &Node)> {
    let mut texts = Vec::new();
    for entry in &table.0 {
        add_texts(&entry.name, &entry.node, &mut wanted, &mut texts);
    }
    texts
}

fn add_texts<'c>(
    key: &dyn fmt::Display,
    node: &'c Node,
    wanted: &mut impl FnMut(&Place) -> bool,
    texts: &mut Vec<(String, &'c Node)>,
) {
    match &node.data {
        Data::Text(text) => {
            if !template::is_text(text) && wanted(&node.place) {
                texts.push((key.to_string(), node));
            }
        }
        Data::List(items) => {
            for item in items {
                add_texts(key, item, wanted, texts);
            }
        }
        Data::Table(table) => {
            for entry in &table.0 {
                let key = format_args!("{key}.{}", entry.name);
                add_texts(&key, &entry.node, wanted, texts);
            }
        }
        Data::Bool(_) | Data::Integer(_) | Data::Other(_) => {}
    }
}
