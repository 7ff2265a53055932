//! The layers of settings, later over earlier: file, environment, command line.
//!
//! Figment does the layering. What it merges are tables of handles: each leaf is the number of
//! a [`Node`] in an arena, so a value keeps its place whatever layer it came from, and a list
//! replaces a list. Names stand behind a `=`, so that none is taken for the handles of the table
//! itself, by which an empty table keeps its place, a mistake in one that only a later layer has
//! is underlined there, and the order of the file is restored after the merge.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
};

use figment::{
    Figment, Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};
use foldhash::HashMap;

use super::{
    keys,
    kind::Kind,
    mistake::Mistake,
    node::{Data, Entry, Node, Table},
    source::{Place, Sources},
    toml_text,
};

/// The handle of a table of the file.
const SELF: &str = "file";
/// The handle of a table of a later layer; counts only where the file has no such table.
const LATER: &str = "later";
/// What stands before every name.
const NAME: char = '=';

/// One layer, for Figment, which asks it once.
struct Layer<'t> {
    label: &'t str,
    handles: Cell<Dict>,
}

impl Provider for Layer<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.label.to_owned())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Map::from([(Profile::Default, self.handles.take())]))
    }
}

/// Layers, each with its name, the first of which defines the order, merged.
pub(super) fn merged(layers: &[(&str, &Table)]) -> Table {
    let mut arena = Vec::new();
    let mut figment = Figment::new();
    for (index, (label, table)) in layers.iter().enumerate() {
        let others = layers.iter().enumerate().filter(|(other, _)| *other != index);
        let others: Vec<_> = others.map(|(_, (_, table))| *table).collect();
        let own = if index == 0 { SELF } else { LATER };
        let handles = handles(table, &others, own, &mut Vec::new(), &mut arena);
        figment = figment.merge(Layer { label, handles: Cell::new(handles) });
    }
    let Ok(mut profiles) = figment.data() else { return Table::default() };
    let root = profiles.remove(&Profile::Default).unwrap_or_default();
    let mut merged = restore(root, &mut arena).0;
    let tables: Vec<_> = layers.iter().map(|(_, table)| *table).collect();
    keep_places(&mut merged, &tables);
    merged
}

/// Puts what a later layer says anew where the first that has it says it, and what only later ones
/// have behind that. Tables of one layer are in its order already.
fn keep_places(merged: &mut Table, layers: &[&Table]) {
    let Some((_, later)) = layers.split_first().filter(|(_, later)| !later.is_empty()) else {
        return;
    };
    let mut places: HashMap<&str, usize> = HashMap::default();
    for entry in layers.iter().flat_map(|layer| &layer.0) {
        let next = places.len();
        places.entry(&entry.name).or_insert(next);
    }
    merged.0.sort_by_key(|entry| places.get(entry.name.as_str()).copied());
    let touched: BTreeSet<_> =
        later.iter().flat_map(|layer| &layer.0).map(|entry| entry.name.as_str()).collect();
    for name in touched {
        let entry = merged.0.iter_mut().find(|entry| entry.name == name);
        let Some(Data::Table(table)) = entry.map(|entry| &mut entry.node.data) else { continue };
        let layers: Vec<_> = layers.iter().filter_map(|layer| within(layer, name)).collect();
        keep_places(table, &layers);
    }
}

/// The table of this name in `table`.
fn within<'t>(table: &'t Table, name: &str) -> Option<&'t Table> {
    match &table.get(name)?.data {
        Data::Table(table) => Some(table),
        _ => None,
    }
}

/// What a layer over the file says that can only be said in it.
pub(super) fn of_the_file(over: &Table) -> impl Iterator<Item = Mistake> {
    let told = |entry: &Entry, place: &Place, hint: String| {
        let message = format!("`{}` can be written in the file alone", entry.name);
        Mistake::at(place, message, "not from here").hint(hint)
    };
    let include = over.entry("include").map(|entry| {
        let hint = "the files are read before anything is laid over them".to_owned();
        told(entry, &entry.node.place, hint)
    });
    let profiles = over.entry("profiles").map(|entry| {
        let mut names = Vec::new();
        let mut node = &entry.node;
        while let Data::Table(table) = &node.data
            && let [inner] = &table.0[..]
        {
            names.push(inner.name.as_str());
            node = &inner.node;
        }
        let chosen = "`--profile NAME` lays one over it";
        told(
            entry,
            &entry.key,
            match names.split_first() {
                Some((_, key)) if !key.is_empty() => {
                    format!("{chosen}; set `{}` itself", key.join("."))
                }
                _ => chosen.to_owned(),
            },
        )
    });
    include.into_iter().chain(profiles)
}

/// A key's place and its value.
type Arena = Vec<(Place, Node)>;

/// A table that none of the `others` has as well is one value: nothing of it can be merged.
fn handles<'t>(
    table: &'t Table,
    others: &[&'t Table],
    own: &str,
    path: &mut Vec<&'t str>,
    arena: &mut Arena,
) -> Dict {
    let handle = |entry: &Entry, data: Data, arena: &mut Arena| {
        let node = Node { place: entry.node.place.clone(), data };
        arena.push((entry.key.clone(), node));
        Value::from(arena.len() - 1)
    };
    let mut handles_of = Dict::new();
    for entry in &table.0 {
        path.push(&entry.name);
        let others: Vec<_> = others.iter().filter_map(|it| within(it, &entry.name)).collect();
        let value = if let Data::Table(inner) = &entry.node.data
            && !others.is_empty()
            && !keys::at(path).is_some_and(Kind::is_one_value)
        {
            let mut inner = handles(inner, &others, own, path, arena);
            inner.insert(own.to_owned(), handle(entry, Data::Table(Table::default()), arena));
            Value::from(inner)
        } else {
            handle(entry, entry.node.data.clone(), arena)
        };
        path.pop();
        handles_of.insert(format!("{NAME}{}", entry.name), value);
    }
    handles_of
}

/// The table of `handles`, and the arena's number that says where it stands.
fn restore(handles: Dict, arena: &mut Arena) -> (Table, usize) {
    let (mut own, mut later) = (None, None);
    let mut entries = BTreeMap::new();
    for (handle, value) in handles {
        let name = handle.strip_prefix(NAME).map(str::to_owned);
        let (name, value) = match (name, value) {
            (Some(name), Value::Dict(_, inner)) => {
                let (table, index) = restore(inner, arena);
                let Some((key, at)) = arena.get(index) else { continue };
                let node = Node { place: at.place.clone(), data: Data::Table(table) };
                entries.insert(index, Entry { name, key: key.clone(), node });
                continue;
            }
            other => other,
        };
        let index = value.to_u128().and_then(|index| usize::try_from(index).ok());
        let Some((index, (key, node))) = index.and_then(|at| Some((at, arena.get_mut(at)?))) else {
            continue;
        };
        match name {
            Some(name) => {
                // Each is asked for once.
                let data = std::mem::replace(&mut node.data, Data::Bool(false));
                let node = Node { place: node.place.clone(), data };
                entries.insert(index, Entry { name, key: key.clone(), node });
            }
            None if handle == SELF => own = Some(index),
            None => later = Some(index),
        }
    }
    let first = entries.keys().next().copied().unwrap_or_default();
    (Table(entries.into_values().collect()), own.or(later).unwrap_or(first))
}

/// A value of the environment or the command line: a string that its key types later, but for a
/// table, which is laid over what is there key by key, as a table of the file is.
pub(super) fn outside(path: &[&str], place: Place, sources: &Sources) -> Result<Node, Mistake> {
    let text = &sources.of(&place).text[place.span.clone()];
    let is_axis = || path.split_last().is_some_and(|(_, of)| keys::at(of) == Some(Kind::Matrix));
    let is_table = match keys::at(path) {
        Some(kind) => matches!(kind, Kind::Map(_) | Kind::Record(_) | Kind::Matrix),
        None => is_axis(),
    };
    if is_table && text.trim_start().starts_with('{') {
        return toml_text::value(&place, sources);
    }
    Ok(Node { data: Data::Text(text.to_owned()), place })
}

/// A table of tables around `node`.
pub(super) fn nested(path: impl DoubleEndedIterator<Item = (String, Place)>, node: Node) -> Table {
    let mut node = node;
    for (name, key) in path.rev() {
        let place = node.place.clone();
        let table = Table(vec![Entry { name, key, node }]);
        node = Node { place, data: Data::Table(table) };
    }
    match node.data {
        Data::Table(table) => table,
        _ => Table::default(),
    }
}

/// The file's table, with its syntax errors.
pub(super) fn file(source: usize, sources: &Sources) -> (Table, Vec<Mistake>) {
    toml_text::document(source, sources)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{
        set::flag,
        source::{Origin, Source},
    };

    fn text_of<'a>(table: &'a Table, path: &[&str]) -> &'a str {
        let mut table = table;
        for name in &path[..path.len() - 1] {
            let Some(Data::Table(inner)) = table.get(name).map(|node| &node.data) else {
                panic!("no table {name}")
            };
            table = inner;
        }
        match table.get(path[path.len() - 1]).map(|node| &node.data) {
            Some(Data::Text(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn later_layers_win_and_the_order_of_the_file_stays() {
        let mut sources = Sources::default();
        let source = sources.add(Source {
            label: "kaniko.toml".into(),
            text: "[builds.z]\n[builds.a]\ntarget = \"one\"\n[defaults]\nimage = \"x\"\n".into(),
            origin: Origin::File("/kaniko.toml".into()),
        });
        let (table, _) = file(source, &sources);
        let set = flag("builds.a.target=two=2", &mut sources).unwrap();

        let merged = merged(&[("kaniko.toml", &table), ("--set", &set)]);

        assert_eq!(text_of(&merged, &["builds", "a", "target"]), "two=2");
        assert_eq!(text_of(&merged, &["defaults", "image"]), "x");
        let Some(Data::Table(builds)) = merged.get("builds").map(|node| &node.data) else {
            panic!("no builds")
        };
        let names: Vec<_> = builds.0.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["z", "a"]);
        let target = builds.0[1].node.clone();
        assert_eq!(sources.show(&target.place), "kaniko.toml:2");
    }

    #[test]
    fn what_is_said_anew_keeps_its_place_and_what_is_new_comes_last() {
        let mut sources = Sources::default();
        let source = sources.add(Source {
            label: "kaniko.toml".into(),
            text: "[builds.w]\nmatrix = { z = [\"1\"], y = [\"x\"] }\ntarget = \"t\"\n".into(),
            origin: Origin::File("/kaniko.toml".into()),
        });
        let (table, _) = file(source, &sources);
        let sets = ["builds.w.matrix.new=a", "builds.w.matrix.z=b"]
            .map(|set| flag(set, &mut sources).unwrap());

        let merged = merged(&[("file", &table), ("--set", &sets[0]), ("--set", &sets[1])]);

        let Data::Table(matrix) = &merged.at(&["builds", "w", "matrix"]).unwrap().data else {
            panic!("no matrix")
        };
        let axes: Vec<_> = matrix.0.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(axes, ["z", "y", "new"]);
    }

    #[test]
    fn an_empty_name_is_a_name_and_not_the_table_itself() {
        let mut sources = Sources::default();
        let set = flag("builds.\"\".target=x", &mut sources).unwrap();

        let merged = merged(&[("kaniko.toml", &Table::default()), ("--set", &set)]);

        assert_eq!(text_of(&merged, &["builds", "", "target"]), "x");
    }

    #[test]
    fn a_table_that_only_the_command_line_has_stands_at_its_own_key() {
        let mut sources = Sources::default();
        let set = flag("builds.new.target=x", &mut sources).unwrap();

        let merged = merged(&[("kaniko.toml", &Table::default()), ("--set", &set)]);

        assert_eq!(merged.entry("builds").unwrap().key.span, 0..6);
    }
}
