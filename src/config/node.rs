//! A setting as it was written: its value, and the place where it stands.

use std::sync::Arc;

use super::source::Place;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value stands.
    pub place: Place,
    /// The value.
    pub data: Data,
}

/// What TOML can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// A string: a template, unless the key says otherwise.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Anything that no key takes: a float, a date; as it is written.
    Other(&'static str),
    /// An array.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

impl Data {
    /// What it is, in words, for messages.
    #[must_use]
    pub fn described(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "a whole number",
            Self::Other(what) => what,
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Entries in the order in which they are written; names are unique.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table(pub Vec<Entry>);

/// One `name = value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's name.
    pub name: String,
    /// Where the key stands.
    pub key: Place,
    /// Its value.
    pub node: Node,
}

/// A table that has a name.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Its name in the file: of a build of a matrix that of the matrix, else its name.
    pub written: String,
    /// Where the name stands.
    pub key: Place,
    /// Its keys.
    pub table: Arc<Table>,
    /// Of a build of a matrix: its values by name.
    pub matrix: Vec<(String, String)>,
}

impl Table {
    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|entry| &entry.node)
    }

    /// The entry called `name`.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.name == name)
    }

    /// The value at `path`: a key, the name of an entry in its table, and so on.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        let (first, rest) = path.split_first()?;
        let node = self.get(first)?;
        match &node.data {
            _ if rest.is_empty() => Some(node),
            Data::Table(table) => table.at(rest),
            _ => None,
        }
    }

    /// Takes `name` out.
    pub fn remove(&mut self, name: &str) -> Option<Entry> {
        let index = self.0.iter().position(|entry| entry.name == name)?;
        Some(self.0.remove(index))
    }

    /// Its tables, each as a section; what is no table has been told.
    pub(super) fn into_sections(self) -> Vec<Section> {
        let section = |Entry { name, key, node }: Entry| match node.data {
            Data::Table(table) => {
                let (written, table) = (name.clone(), Arc::new(table));
                Some(Section { name, written, key, table, matrix: Vec::new() })
            }
            _ => None,
        };
        self.0.into_iter().filter_map(section).collect()
    }

    /// This table laid over `base`: tables merge, everything else replaces, and what only
    /// `base` has comes first.
    ///
    /// Tables within those tables replace too: they are single values, such as the place that a
    /// secret comes from.
    #[must_use]
    pub fn over(&self, base: Self) -> Self {
        self.laid_over(base, 1)
    }

    fn laid_over(&self, mut base: Self, levels: u32) -> Self {
        for entry in &self.0 {
            match base.0.iter_mut().find(|under| under.name == entry.name) {
                Some(under) => {
                    under.key = entry.key.clone();
                    under.node = match (&entry.node.data, &mut under.node.data) {
                        (Data::Table(upper), Data::Table(lower)) if levels > 0 => Node {
                            place: entry.node.place.clone(),
                            data: Data::Table(upper.laid_over(std::mem::take(lower), levels - 1)),
                        },
                        _ => entry.node.clone(),
                    };
                }
                None => base.0.push(entry.clone()),
            }
        }
        base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(entries: &[(&str, Data)]) -> Table {
        let place = Place { source: 0, span: 0..0 };
        Table(
            entries
                .iter()
                .map(|(name, data)| Entry {
                    name: (*name).into(),
                    key: place.clone(),
                    node: Node { place: place.clone(), data: data.clone() },
                })
                .collect(),
        )
    }

    #[test]
    fn the_place_of_a_secret_replaces_an_inherited_one_of_another_form() {
        let from = |form: &str| Data::Table(table(&[(form, Data::Text("x".into()))]));
        let secrets = |form: &str| table(&[("secrets", Data::Table(table(&[("id", from(form))])))]);

        assert_eq!(secrets("file").over(secrets("env")), secrets("file"));
    }

    #[test]
    fn tables_merge_and_lists_replace() {
        let text = |text: &str| Data::Text(text.into());
        let base = table(&[
            ("build-args", Data::Table(table(&[("A", text("1")), ("B", text("2"))]))),
            ("tags", Data::List(vec![])),
        ]);
        let upper = table(&[
            ("build-args", Data::Table(table(&[("B", Data::Bool(false))]))),
            ("tags", text("x")),
        ]);

        let merged = upper.over(base);

        assert_eq!(
            merged,
            table(&[
                ("build-args", Data::Table(table(&[("A", text("1")), ("B", Data::Bool(false))]))),
                ("tags", text("x")),
            ])
        );
    }
}
