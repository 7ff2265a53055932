//! Where a build's values come from: every layer that says something, as it was before they
//! became one.
//!
//! The order is that of the merge: within a section layer after layer, `defaults` of an included
//! file behind those of the file that includes it; then `defaults`, presets in their order, the
//! build's own section, and what `--set` says of builds by a glob.

use std::{borrow::Cow, collections::BTreeMap, fmt, ops::RangeBounds, sync::OnceLock};

use foldhash::HashMap;

use super::{
    Config, Section, builds,
    merge::PROFILES,
    node::{Data, Entry, Node, Table},
    source::{Origin, Place, Shown, Source},
    wildcard::wildcard,
};

/// The layers of a configuration, each as it was read.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The file with its includes, then what lies over it, in order.
    pub(super) layers: Vec<Layer>,
    /// `[defaults]` of included files, by source.
    pub(super) inherited: BTreeMap<usize, Table>,
    /// `--set`s of builds by a glob or of a matrix.
    pub(super) sets: Vec<builds::Set>,
    /// The builds of the first layer, by their names.
    pub(super) builds: OnceLock<HashMap<String, usize>>,
}

/// One layer.
#[derive(Debug)]
pub(super) struct Layer {
    /// The profile that it is.
    pub(super) profile: Option<String>,
    /// What it says.
    pub(super) table: Table,
}

/// What one layer says of a value.
#[derive(Debug, Clone, Copy)]
pub struct Step<'s> {
    /// In words: `defaults`, `presets.rust`, `profiles.release, builds.api`.
    pub section: &'s str,
    /// What it says, and where.
    pub node: &'s Node,
}

impl<'s> Step<'s> {
    /// Where the value stands.
    #[must_use]
    pub fn place(&self) -> &'s Place {
        &self.node.place
    }
}

/// The sections of all layers that can say something of a build, the one that holds last.
#[derive(Debug)]
pub struct Said<'c>(Vec<(Cow<'c, str>, &'c Table)>);

impl Said<'_> {
    /// What they say of the value at `path`.
    ///
    /// `path` is a key, or a key and the name of an entry, as in `labels`, `stage`.
    #[must_use]
    pub fn of<'s>(&'s self, path: &'s [&'s str]) -> impl DoubleEndedIterator<Item = Step<'s>> {
        self.0
            .iter()
            .filter_map(move |(section, table)| Some(Step { section, node: table.at(path)? }))
    }
}

/// A table that there may be nothing to make of.
#[derive(Debug, Clone, Copy)]
pub struct Aside<'c> {
    /// What it says.
    pub table: &'c Table,
    /// Whether it has keys of builds.
    pub of_builds: bool,
}

/// A step as it is told.
#[derive(Debug, Clone, Copy)]
pub struct Described<'s> {
    place: Shown<'s>,
    /// Of a flag: the key that it sets.
    key: Option<&'s str>,
    section: &'s str,
}

impl fmt::Display for Described<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, section } = self;
        // In pieces: plans have ten thousands of these.
        place.fmt(formatter)?;
        if let Some(key) = key {
            formatter.write_str(" ")?;
            formatter.write_str(key)
        } else {
            formatter.write_str(" (")?;
            formatter.write_str(section)?;
            formatter.write_str(")")
        }
    }
}

impl Config {
    /// The sections that can say something of `build`.
    #[must_use]
    pub fn said<'c>(&'c self, build: &Section) -> Said<'c> {
        let mut said = Vec::new();
        let history = &self.history;
        let mut add = |section: Cow<'c, str>, table: Option<&'c Table>| {
            said.extend(table.map(|table| (section, table)));
        };
        self.in_layers(..1, "defaults", None, &mut add);
        let inherited = history.inherited.get(&build.key.source);
        add("defaults of the included file".into(), inherited);
        self.in_layers(1.., "defaults", None, &mut add);
        for preset in presets(build) {
            self.in_layers(.., "presets", Some(preset), &mut add);
        }
        self.in_layers(.., "builds", Some(&build.written), &mut add);
        for set in &history.sets {
            if wildcard(&set.pattern, &build.name) {
                add(format!("builds.{}", set.pattern).into(), Some(&set.table));
            }
        }
        Said(said)
    }

    /// The sections that can say something of this one, or of the one in it that is called `name`.
    #[must_use]
    pub fn said_of(&self, section: &'static str, name: Option<&str>) -> Said<'_> {
        let mut said = Vec::new();
        self.in_layers(.., section, name, &mut |section, table| {
            said.extend(table.map(|table| (section, table)));
        });
        Said(said)
    }

    /// What of the file builds may take nothing of, as it is written: `defaults`, presets and all
    /// that profiles hold.
    #[must_use]
    pub fn aside(&self) -> Vec<Aside<'_>> {
        let Some(Layer { table: file, .. }) = self.history.layers.first() else {
            return Vec::new();
        };
        let of_builds = |table| Aside { table, of_builds: true };
        let mut aside: Vec<_> = self.history.inherited.values().map(of_builds).collect();
        aside.extend(inner(file.get("defaults")).map(of_builds));
        aside.extend(tables(file, "presets").map(|(_, table)| of_builds(table)));
        for (_, profile) in tables(file, PROFILES) {
            for Entry { name, node, .. } in &profile.0 {
                let Some(table) = inner(Some(node)) else { continue };
                match name.as_str() {
                    "builds" | "presets" => {
                        aside.extend(tables(profile, name).map(|(_, table)| of_builds(table)));
                    }
                    "groups" => {}
                    name => aside.push(Aside { table, of_builds: name == "defaults" }),
                }
            }
        }
        aside
    }

    /// The names that profiles have in this section, whichever is chosen.
    pub fn names_in_profiles(&self, section: &str) -> impl Iterator<Item = String> {
        let file = self.history.layers.first().map(|layer| &layer.table);
        let profiles = file.into_iter().flat_map(|file| tables(file, PROFILES));
        let sections = profiles.filter_map(move |(_, profile)| inner(profile.get(section)));
        sections.flat_map(|table| &table.0).map(|entry| entry.name.clone())
    }

    /// A step as it is told: where the value stands, and in which section.
    #[must_use]
    pub fn described<'s>(&'s self, step: &Step<'s>) -> Described<'s> {
        let key = match self.sources.of(step.place()) {
            Source { origin: Origin::Flag, text, .. } => text.split_once('='),
            _ => None,
        };
        Described {
            place: self.sources.shown(step.place()),
            key: key.map(|(key, _)| key),
            section: step.section,
        }
    }

    /// The table of this section, `defaults` where it has no name, in each of these layers that
    /// has it.
    fn in_layers<'c>(
        &'c self,
        layers: impl RangeBounds<usize>,
        section: &'static str,
        name: Option<&str>,
        add: &mut impl FnMut(Cow<'c, str>, Option<&'c Table>),
    ) {
        let all = self.history.layers.iter().enumerate();
        for (index, layer) in all.filter(|(index, _)| layers.contains(index)) {
            let Some(table) = inner(layer.table.get(section)) else { continue };
            let table = match name {
                None => Some(table),
                Some(name) if index == 0 && section == "builds" => self.first(table, name),
                Some(name) => inner(table.get(name)),
            };
            let own: Cow<'_, str> = match name {
                Some(name) => [section, ".", name].concat().into(),
                None => section.into(),
            };
            add(
                match &layer.profile {
                    Some(profile) => format!("profiles.{profile}, {own}").into(),
                    None => own,
                },
                table,
            );
        }
    }

    /// The build called `name` among the file's.
    fn first<'c>(&self, builds: &'c Table, name: &str) -> Option<&'c Table> {
        let places = self.history.builds.get_or_init(|| {
            let names = builds.0.iter().enumerate();
            names.map(|(index, entry)| (entry.name.clone(), index)).collect()
        });
        inner(Some(&builds.0[*places.get(name)?].node))
    }
}

/// The presets that a build starts from, by name.
fn presets(build: &Section) -> impl Iterator<Item = &str> {
    let items = match build.table.get("presets").map(|node| &node.data) {
        Some(Data::List(items)) => &items[..],
        _ => &[],
    };
    items.iter().filter_map(|item| match &item.data {
        Data::Text(name) => Some(name.as_str()),
        _ => None,
    })
}

/// The tables in the section of this name, each with its own name.
fn tables<'c>(table: &'c Table, section: &str) -> impl Iterator<Item = (&'c str, &'c Table)> {
    let entries = inner(table.get(section)).into_iter().flat_map(|section| &section.0);
    entries.filter_map(|entry| Some((entry.name.as_str(), inner(Some(&entry.node))?)))
}

fn inner(node: Option<&Node>) -> Option<&Table> {
    match &node?.data {
        Data::Table(table) => Some(table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Layers};

    fn steps(text: &str, sets: &[&str], build: &str, path: &[&str]) -> Vec<String> {
        let sets: Vec<_> = sets.iter().map(|set| (*set).to_owned()).collect();
        let environment = [("KANIKO_BUILD__DEFAULTS__TARGET".to_owned(), "env".to_owned())].into();
        let layers = Layers { text, sets: &sets, profile: Some("p"), ..Layers::of(&environment) };
        let config = Config::load(layers).unwrap();
        let build = config.builds.iter().find(|one| one.name == build).unwrap();
        config.said(build).of(path).map(|step| step.section.to_owned()).collect()
    }

    const FILE: &str = "version = 1\n[defaults]\ntarget = \"a\"\nlabels = { x = \"1\" }\n\
        [presets.one]\ntarget = \"b\"\n[presets.two]\nlabels = { y = \"2\" }\n\
        [builds.m]\npresets = [\"two\", \"one\"]\nmatrix = { n = [1, 2] }\n\
        [profiles.p]\nbuilds.m.target = \"c\"\ndefaults.target = \"d\"\n";

    #[test]
    fn every_layer_that_says_something_is_told_in_the_order_in_which_they_lie() {
        assert_eq!(
            steps(FILE, &["builds.m-?.target=e", "builds.m.target=f"], "m-2", &["target"]),
            [
                "defaults",
                "profiles.p, defaults",
                "defaults",
                "presets.one",
                "profiles.p, builds.m",
                "builds.m",
                "builds.m-?"
            ]
        );
    }

    #[test]
    fn an_entry_of_a_table_has_a_history_of_its_own() {
        assert_eq!(steps(FILE, &[], "m-1", &["labels", "y"]), ["presets.two"]);
        assert_eq!(steps(FILE, &[], "m-1", &["labels", "z"]), [""; 0]);
        assert_eq!(steps(FILE, &[], "m-1", &["labels"]), ["defaults", "presets.two"]);
    }
}
