//! `--set KEY=VALUE`, read as a table of the file is.

use std::ops::Range;

use super::{
    keys,
    kind::Key,
    layers,
    mistake::{Mistake, nearest},
    node::Table,
    source::{Origin, Place, Source, Sources},
    wildcard,
};

/// `--set KEY=VALUE` as a table of one value, a string that its key types later.
pub(super) fn flag(text: &str, sources: &mut Sources) -> Result<Table, Mistake> {
    let origin = Origin::Flag;
    let source = sources.add(Source { label: "--set".into(), text: text.into(), origin });
    let all = Place { source, span: 0..text.len() };
    let Some(equals) = text.find('=') else {
        return Err(Mistake::at(&all, "`--set` without a value", "has no `=`")
            .hint("write `--set defaults.push-retry=5`"));
    };
    let wrong = |_| {
        Mistake::at(&Place { source, span: 0..equals }, "`--set` of what is no key", "no key")
            .hint("write keys as in the file, with dots: `--set builds.api.target=debug`")
    };
    let (document, moved) = quoted(&text[..equals]);
    let document = format!("{document} = 0");
    let keys = toml::de::DeTable::parse(&document).map_err(wrong)?;
    let mut path = Vec::new();
    let mut table = keys.get_ref();
    while let Some((name, value)) = table.iter().next() {
        let span = if moved { 0..equals } else { name.span() };
        path.push((name.get_ref().to_string(), span));
        match value.get_ref().as_table() {
            Some(inner) => table = inner,
            None => break,
        }
    }
    let path = whole_name(path);
    let value = Place { source, span: equals + 1..text.len() };
    let names: Vec<_> = path.iter().map(|(name, _)| name.as_str()).collect();
    let node = layers::outside(&names, value, sources)?;
    Ok(layers::nested(path.into_iter().map(|(name, span)| (name, Place { source, span })), node))
}

/// A key with quotes about the names that have wildcards, and whether there are such.
fn quoted(key: &str) -> (String, bool) {
    if !wildcard::is_glob(key) || key.contains(['"', '\'']) {
        return (key.to_owned(), false);
    }
    let mut open = false;
    let is_between = |letter: char| {
        open = letter == '{' || open && letter != '}';
        letter == '.' && !open
    };
    let name = |name: &str| {
        if wildcard::is_glob(name) { format!("\"{name}\"") } else { name.to_owned() }
    };
    (key.split(is_between).map(name).collect::<Vec<_>>().join("."), true)
}

/// The path with a name that has dots in one piece, as `worker-3.12`: it ends where a key follows,
/// or what is near to one.
fn whole_name(mut path: Vec<(String, Range<usize>)>) -> Vec<(String, Range<usize>)> {
    let known: &[Key] = match path.first().map(|(section, _)| section.as_str()) {
        Some("builds" | "presets") => keys::build(),
        Some("executors") => keys::EXECUTOR,
        Some("registries") => keys::REGISTRY,
        _ => return path,
    };
    let is_key = |(name, _): &(String, _)| known.iter().any(|key| key.name == *name);
    let is_near =
        |(name, _): &(String, _)| nearest(name, known.iter().map(|key| key.name)).is_some();
    let Some(behind) = path.get(2..) else { return path };
    let key = behind.iter().position(is_key).or_else(|| behind.iter().position(is_near));
    if let Some(more) = key.filter(|more| *more > 0) {
        let parts: Vec<_> = path.drain(1..2 + more).collect();
        let span = parts[0].1.start..parts[more].1.end;
        let names: Vec<_> = parts.into_iter().map(|(name, _)| name).collect();
        path.insert(1, (names.join("."), span));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::node::Data;

    fn path(text: &str) -> Vec<String> {
        let mut table = flag(text, &mut Sources::default()).unwrap();
        let mut path = Vec::new();
        while let Some(entry) = table.0.pop() {
            path.push(entry.name);
            match entry.node.data {
                Data::Table(inner) => table = inner,
                _ => break,
            }
        }
        path
    }

    #[test]
    fn a_key_with_a_dot_in_a_name_is_quoted() {
        assert_eq!(path("builds.\"a.b\".target=x"), ["builds", "a.b", "target"]);
    }

    #[test]
    fn a_name_with_dots_ends_where_a_key_follows() {
        let paths = [
            "builds.w-1.10-al.retry=2",
            "builds.w-{1.9,1.10}-*.retry=2",
            "builds.w-1.10-*.labels.a.b=2",
            "builds.w-1.10-al.retyr=2",
            "builds.api.labels.retry.target=2",
            "presets.v1.2.retry=2",
            "executors.pool.eu.memory=4g",
            "vars.a.retry=2",
        ]
        .map(|text| path(text).join(" "));

        assert_eq!(
            paths,
            [
                "builds w-1.10-al retry",
                "builds w-{1.9,1.10}-* retry",
                "builds w-1.10-* labels a b",
                "builds w-1.10-al retyr",
                "builds api labels retry target",
                "presets v1.2 retry",
                "executors pool.eu memory",
                "vars a retry",
            ]
        );
    }

    #[test]
    fn a_set_without_a_value_is_refused_with_an_example() {
        let mistake = flag("defaults", &mut Sources::default()).unwrap_err();

        assert_eq!(mistake.message, "`--set` without a value");
        assert!(mistake.hint.unwrap().contains("--set defaults.push-retry=5"));
    }
}
