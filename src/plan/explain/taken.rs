//! What the templates of explained values take, explained in turn: `vars`, and what a build says
//! of itself.

use crate::{
    config::{Config, Section, Table},
    plan::{Facts, make, reader::Reader},
};

use super::{Explained, Layer, add_uses, layers, one, rendered};

/// Explains a value of `vars` by itself, and those that it takes.
#[must_use]
pub fn explain_var(config: &Config, facts: &Facts<'_>, name: &str) -> Vec<Explained> {
    let (engine, none) = (make::engine_of_none(config, facts), Table::default());
    let mut keys = Reader::new(config, &engine, &none, facts.current);
    let mut explained = vec![var(config, name, &mut keys)];
    follow(&mut explained, config, None, &mut keys);
    explained
}

/// Adds what those that are explained take, and what that takes.
pub(super) fn follow(
    explained: &mut Vec<Explained>,
    config: &Config,
    build: Option<&Section>,
    keys: &mut Reader<'_>,
) {
    let mut at = 0;
    while let Some(Explained { takes, .. }) = explained.get(at) {
        for name in takes.clone() {
            let taken = match (name.split_once('.'), build) {
                (Some(("vars", name)), _) => var(config, name, keys),
                (Some(("matrix", name)), Some(build)) => axis(config, build, name, keys),
                (Some(("build", "name")), Some(build)) => self::name(config, build),
                _ => continue,
            };
            if !explained.iter().any(|one| one.key == taken.key) {
                explained.push(taken);
            }
        }
        at += 1;
    }
}

fn var(config: &Config, name: &str, keys: &mut Reader<'_>) -> Explained {
    let key = format!("vars.{name}");
    let node = config.vars.get(name);
    let mut takes = Vec::new();
    if let Some(node) = node {
        add_uses(node, keys, &mut takes);
    }
    takes.retain(|taken| *taken != key);
    Explained {
        value: node.map(|node| rendered(&key, node, keys)),
        default: None,
        why: None,
        takes,
        layers: layers(config, &config.said_of_vars(), &[name]),
        key,
    }
}

/// The value of the matrix that a build has.
fn axis(config: &Config, build: &Section, name: &str, keys: &mut Reader<'_>) -> Explained {
    let value = build.matrix.iter().find(|(axis, _)| axis == name);
    let value = value.map(|(_, value)| format!("{value:?}"));
    Explained { value, ..one(config, build, &["matrix", name], keys) }
}

/// The name of a build.
fn name(config: &Config, build: &Section) -> Explained {
    let place = format!("{} (builds)", config.sources.shown(&build.key));
    let values = "with the values of its `matrix`".to_owned();
    Explained {
        key: format!("{}.build.name", build.name),
        value: Some(format!("{:?}", build.name)),
        default: None,
        why: (!build.matrix.is_empty()).then_some(values),
        takes: Vec::new(),
        layers: vec![Layer { place, written: format!("{:?}", build.written) }],
    }
}
