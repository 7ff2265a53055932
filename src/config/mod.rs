//! `kaniko.toml` as it was written, with what the environment and the command line lay over it.
//!
//! The way of a value: text → `toml_text` → nodes with places → `layers` (Figment) →
//! `check`, which finds all mistakes of form at once → [`Config`]. Nothing is rendered here:
//! strings are still templates, paths still relative; [`crate::plan`] decides.

mod check;
mod find;
mod keys;
mod kind;
mod layers;
mod mistake;
mod node;
mod sections;
mod source;
mod toml_text;
mod variables;

pub use find::{FindError, find};
pub use keys::executor_keys;
pub use mistake::{Mistake, Mistakes, nearest};
pub use node::{Data, Entry, Node, Table};
pub use source::{Origin, Place, Source, Sources};
pub use variables::PREFIX;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use check::Check;

/// A file with its overrides, in right form.
#[derive(Debug)]
pub struct Config {
    /// The file, absolute.
    pub path: PathBuf,
    /// The texts that all places are in.
    pub sources: Sources,
    /// `vars`, in order.
    pub vars: Table,
    /// `[registries.NAME]`, in order.
    pub registries: Vec<Section>,
    /// `[executors.NAME]`, in order.
    pub executors: Vec<Section>,
    /// `[builds.NAME]` in order, each laid over `defaults`.
    pub builds: Vec<Section>,
}

/// A table that has a name.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub key: Place,
    /// Its keys.
    pub table: Table,
}

/// What a configuration is made from.
#[derive(Debug, Clone, Copy)]
pub struct Layers<'a> {
    /// The file, absolute.
    pub path: &'a Path,
    /// The file as the user would name it.
    pub label: &'a str,
    /// The file's text.
    pub text: &'a str,
    /// The environment; [`PREFIX`] marks what is for us.
    pub environment: &'a BTreeMap<String, String>,
    /// `KEY=VALUE` of each `--set`, in order.
    pub sets: &'a [String],
}

impl Config {
    /// Merges the layers and checks the form of every value.
    ///
    /// # Errors
    ///
    /// All mistakes of all layers at once, each with its place.
    pub fn load(from: Layers<'_>) -> Result<Self, Mistakes> {
        let mut sources = Sources::default();
        let origin = Origin::File(from.path.to_owned());
        let source =
            sources.add(Source { label: from.label.into(), text: from.text.into(), origin });
        let (file, mut mistakes) = layers::file(source, &sources);
        if !mistakes.is_empty() {
            return Err(Mistakes::new(mistakes, &sources));
        }

        let mut layers = layers::Layers::new();
        layers.add(from.label, &file, true);
        let (variables, wrong) = variables::tables(from.environment, &file, &mut sources);
        mistakes.extend(wrong);
        for table in &variables {
            layers.add("environment", table, false);
        }
        for set in from.sets {
            match layers::flag(set, &mut sources) {
                Ok(table) => layers.add("--set", &table, false),
                Err(mistake) => mistakes.push(mistake),
            }
        }

        let mut root = layers.merged();
        let mut check = Check { sources: &sources, mistakes };
        check.sections(&mut root);
        let mut mistakes = check.mistakes;
        let config = Self::assemble(from.path, root, &mut mistakes, &sources);
        if mistakes.is_empty() {
            Ok(Self { sources, ..config })
        } else {
            Err(Mistakes::new(mistakes, &sources))
        }
    }

    fn assemble(
        path: &Path,
        mut root: Table,
        mistakes: &mut Vec<Mistake>,
        sources: &Sources,
    ) -> Self {
        let defaults = table_of(root.remove("defaults"));
        let mut builds = sections(root.remove("builds"));
        for build in &mut builds {
            build.table = build.table.over(&defaults);
        }
        let config = Self {
            path: path.to_owned(),
            sources: Sources::default(),
            vars: table_of(root.remove("vars")),
            registries: sections(root.remove("registries")),
            executors: sections(root.remove("executors")),
            builds,
        };
        let mut check = Check { sources, mistakes: Vec::new() };
        config.check_sections(&mut check);
        mistakes.append(&mut check.mistakes);
        config
    }

    /// What a section must have, and what goes with what.
    fn check_sections(&self, check: &mut Check<'_>) {
        for registry in &self.registries {
            if registry.table.get("host").is_none() {
                let of = format!("`registries.{}`", registry.name);
                check.missing(&registry.key, "host", &of, "\"registry.example.com\"");
            }
        }
        for executor in &self.executors {
            check.executor(executor);
        }
    }

    /// The directory that relative paths at `place` start from.
    ///
    /// A file's own; for the environment and the command line `current`.
    #[must_use]
    pub fn base<'a>(&'a self, place: &Place, current: &'a Path) -> &'a Path {
        match &self.sources.of(place).origin {
            Origin::File(path) => path.parent().unwrap_or(current),
            Origin::Variable | Origin::Flag | Origin::BuiltIn => current,
        }
    }
}

fn table_of(entry: Option<Entry>) -> Table {
    match entry.map(|entry| entry.node.data) {
        Some(Data::Table(table)) => table,
        _ => Table::default(),
    }
}

fn sections(entry: Option<Entry>) -> Vec<Section> {
    let section = |entry: Entry| match entry.node.data {
        Data::Table(table) => Some(Section { name: entry.name, key: entry.key, table }),
        _ => None,
    };
    table_of(entry).0.into_iter().filter_map(section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, sets: &[&str]) -> Result<Config, Vec<String>> {
        let sets: Vec<_> = sets.iter().map(|set| (*set).to_owned()).collect();
        Config::load(Layers {
            path: Path::new("/kaniko.toml"),
            label: "kaniko.toml",
            text,
            environment: &BTreeMap::new(),
            sets: &sets,
        })
        .map_err(|wrong| wrong.mistakes.into_iter().map(|mistake| mistake.message).collect())
    }

    fn told(text: &str, sets: &[&str]) -> Vec<String> {
        load(text, sets).unwrap_err()
    }

    #[test]
    fn a_version_from_the_command_line_is_held_against_the_known_one() {
        assert_eq!(
            told("version = 1\n", &["version=2"]),
            ["version 2 of the file format is not known"]
        );
    }

    #[test]
    fn an_empty_name_is_unknown_wherever_it_stands() {
        assert_eq!(told("version = 1\n", &["\"\"=1"]), ["unknown key `` of the file"]);
        assert_eq!(told("version = 1\n[builds.\"\"]\n", &[]), ["`` is no name of a build"]);
        assert_eq!(
            told("version = 1\n[builds.x.labels]\n\"\" = \"v\"\n\"a=b\" = \"c\"\n", &[]),
            ["`` is no name in `labels`", "`a=b` is no name in `labels`"]
        );
    }

    #[test]
    fn the_type_of_an_executor_is_no_template() {
        assert_eq!(
            told("version = 1\n[executors.e]\ntype = \"{{ vars.kind }}\"\n", &[]),
            ["the `type` of an executor is no template"]
        );
    }

    #[test]
    fn a_later_layer_says_anew_where_a_secret_comes_from() {
        let text = "version = 1\n[builds.x.secrets]\nid = { env = \"A\" }\n";

        let config = load(text, &["builds.x.secrets.id.file=token"]).unwrap();

        let Some(Data::Table(secrets)) =
            config.builds[0].table.get("secrets").map(|node| &node.data)
        else {
            panic!("no secrets")
        };
        let Data::Table(id) = &secrets.0[0].node.data else { panic!("no table") };
        let names: Vec<_> = id.0.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["file"]);
    }
}
