//! The layers of settings, later over earlier: file, environment, command line.
//!
//! Figment does the layering. What it merges are tables of handles: each leaf is the number of
//! a [`Node`] in an arena, so a value keeps its place whatever layer it came from, and a list
//! replaces a list. Names stand behind a `=`, so that none is taken for the handles of the table
//! itself, by which an empty table keeps its place, a mistake in one that only a later layer has
//! is underlined there, and the order of the file is restored after the merge.

use std::collections::BTreeMap;

use figment::{
    Figment, Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};

use super::{
    keys,
    kind::Kind,
    mistake::Mistake,
    node::{Data, Entry, Node, Table},
    source::{Origin, Place, Source, Sources},
    toml_text,
};

/// The handle of a table of the file.
const SELF: &str = "file";
/// The handle of a table of a later layer; counts only where the file has no such table.
const LATER: &str = "later";
/// What stands before every name.
const NAME: char = '=';

/// One layer, for Figment.
struct Layer {
    label: String,
    handles: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.label.clone())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Map::from([(Profile::Default, self.handles.clone())]))
    }
}

/// Layers in the making.
pub(super) struct Layers {
    arena: Vec<(Place, Node)>,
    figment: Figment,
}

impl Layers {
    /// No layer at all.
    pub(super) fn new() -> Self {
        Self { arena: Vec::new(), figment: Figment::new() }
    }

    /// Lays `table` over what is there; `places` says whether its tables define the order.
    pub(super) fn add(&mut self, label: &str, table: &Table, places: bool) {
        let handles = self.handles(table, places, &mut Vec::new());
        let layer = Layer { label: label.to_owned(), handles };
        self.figment = std::mem::take(&mut self.figment).merge(layer);
    }

    fn handles<'t>(&mut self, table: &'t Table, places: bool, path: &mut Vec<&'t str>) -> Dict {
        let mut handles = Dict::new();
        for entry in &table.0 {
            path.push(&entry.name);
            let value = if let Data::Table(inner) = &entry.node.data
                && !keys::at(path).is_some_and(Kind::is_one_value)
            {
                let mut inner = self.handles(inner, places, path);
                let own = if places { SELF } else { LATER };
                inner.insert(own.to_owned(), self.handle(entry, Data::Table(Table::default())));
                Value::from(inner)
            } else {
                self.handle(entry, entry.node.data.clone())
            };
            path.pop();
            handles.insert(format!("{NAME}{}", entry.name), value);
        }
        handles
    }

    fn handle(&mut self, entry: &Entry, data: Data) -> Value {
        let node = Node { place: entry.node.place.clone(), data };
        self.arena.push((entry.key.clone(), node));
        Value::from(self.arena.len() - 1)
    }

    /// The merged table, in the order of the first layer, then of the later ones.
    pub(super) fn merged(self) -> Table {
        let Ok(mut profiles) = self.figment.data() else { return Table::default() };
        let root = profiles.remove(&Profile::Default).unwrap_or_default();
        restore(root, &self.arena).0
    }
}

/// The table of `handles`, and the arena's number that says where it stands.
fn restore(handles: Dict, arena: &[(Place, Node)]) -> (Table, usize) {
    let (mut own, mut later) = (None, None);
    let mut entries = BTreeMap::new();
    for (name, value) in handles {
        let name = name.strip_prefix(NAME).map(str::to_owned).ok_or(name);
        if let (Ok(name), Value::Dict(_, inner)) = (&name, &value) {
            let (table, index) = restore(inner.clone(), arena);
            let Some((key, at)) = arena.get(index) else { continue };
            let node = Node { place: at.place.clone(), data: Data::Table(table) };
            entries.insert(index, Entry { name: name.clone(), key: key.clone(), node });
            continue;
        }
        let index = value.to_u128().and_then(|index| usize::try_from(index).ok());
        let Some((index, (key, node))) = index.and_then(|at| Some((at, arena.get(at)?))) else {
            continue;
        };
        match name {
            Ok(name) => {
                entries.insert(index, Entry { name, key: key.clone(), node: node.clone() });
            }
            Err(handle) if handle == SELF => own = Some(index),
            Err(_) => later = Some(index),
        }
    }
    let first = entries.keys().next().copied().unwrap_or_default();
    (Table(entries.into_values().collect()), own.or(later).unwrap_or(first))
}

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
    let value = Place { source, span: equals + 1..text.len() };
    let names: Vec<_> = path.iter().map(|(name, _)| name.as_str()).collect();
    let node = outside(&names, value, sources)?;
    Ok(nested(path.into_iter().map(|(name, span)| (name, Place { source, span })), node))
}

/// A key with quotes about the names that have wildcards, and whether there are such.
fn quoted(key: &str) -> (String, bool) {
    if !key.contains(['*', '?']) || key.contains(['"', '\'']) {
        return (key.to_owned(), false);
    }
    let name = |name: &str| {
        if name.contains(['*', '?']) { format!("\"{name}\"") } else { name.to_owned() }
    };
    (key.split('.').map(name).collect::<Vec<_>>().join("."), true)
}

/// A value of the environment or the command line: a string that its key types later, but for a
/// table, which is laid over what is there key by key, as a table of the file is.
pub(super) fn outside(path: &[&str], place: Place, sources: &Sources) -> Result<Node, Mistake> {
    let text = &sources.of(&place).text[place.span.clone()];
    let is_table = matches!(keys::at(path), Some(Kind::Map(_) | Kind::Record(_)));
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

        let mut layers = Layers::new();
        layers.add("kaniko.toml", &table, true);
        layers.add("--set", &set, false);
        let merged = layers.merged();

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
    fn a_key_with_a_dot_in_a_name_is_quoted() {
        let mut sources = Sources::default();

        let set = flag("builds.\"a.b\".target=x", &mut sources).unwrap();

        assert_eq!(text_of(&set, &["builds", "a.b", "target"]), "x");
    }

    #[test]
    fn an_empty_name_is_a_name_and_not_the_table_itself() {
        let mut sources = Sources::default();
        let set = flag("builds.\"\".target=x", &mut sources).unwrap();

        let mut layers = Layers::new();
        layers.add("--set", &set, false);

        assert_eq!(text_of(&layers.merged(), &["builds", "", "target"]), "x");
    }

    #[test]
    fn a_table_that_only_the_command_line_has_stands_at_its_own_key() {
        let mut sources = Sources::default();
        let set = flag("builds.new.target=x", &mut sources).unwrap();

        let mut layers = Layers::new();
        layers.add("--set", &set, false);
        let merged = layers.merged();

        assert_eq!(merged.entry("builds").unwrap().key.span, 0..6);
    }

    #[test]
    fn a_set_without_a_value_is_refused_with_an_example() {
        let mistake = flag("defaults", &mut Sources::default()).unwrap_err();

        assert_eq!(mistake.message, "`--set` without a value");
        assert!(mistake.hint.unwrap().contains("--set defaults.push-retry=5"));
    }
}
