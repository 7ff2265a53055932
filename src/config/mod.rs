//! `kaniko.toml` as it was written, with what the environment and the command line lay over it.
//!
//! The way of a value: text → `toml_text` → nodes with places → `layers` (Figment) →
//! `check`, which finds all mistakes of form at once → [`Config`]. Nothing is rendered here:
//! strings are still templates, paths still relative; [`crate::plan`] decides.

mod advice;
mod builds;
mod check;
mod find;
mod given;
mod history;
mod include;
pub(crate) mod keys;
pub(crate) mod kind;
mod layers;
mod matrix;
mod merge;
mod mistake;
mod node;
mod over;
mod sections;
mod set;
mod source;
mod time;
mod toml_text;
mod variables;
mod whole;
mod wildcard;
mod written;

pub use find::{FindError, Found, find};
pub use given::Given;
pub use history::{Aside, Described, Said, Step};
pub(crate) use keys::build_defaults;
pub use mistake::{Mistake, Mistakes, nearest};
pub use node::{Data, Entry, Node, Section, Table};
pub use source::{Origin, Place, Shown, Source, Sources};
pub use time::time;
pub(crate) use toml_text::literal;
pub use variables::PREFIX;
pub use whole::bytes;
pub use wildcard::wildcard;
pub use written::Written;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use builds::Laid;
use check::Check;
use history::{History, Layer};

/// A file with its overrides, in right form.
#[derive(Debug)]
pub struct Config {
    /// The file, absolute; none where the command line says all.
    pub path: Option<PathBuf>,
    /// The texts that all places are in.
    pub sources: Sources,
    /// `vars`, in order.
    pub vars: Table,
    /// `[registries.NAME]`, in order.
    pub registries: Vec<Section>,
    /// `[executors.NAME]`, in order.
    pub executors: Vec<Section>,
    /// `reports`.
    pub reports: Table,
    /// `groups`, in order: lists of names and globs of builds.
    pub groups: Table,
    /// The builds in order, each laid over its presets and `defaults`.
    pub builds: Vec<Section>,
    /// The included file that we are in the directory of, among the sources: where no builds
    /// are named, its own are meant.
    pub member: Option<usize>,
    /// The profile that is laid over the file.
    pub profile: Option<String>,
    /// Whether there may be more builds, of which what is written is wrong.
    pub(crate) lacks_builds: bool,
    /// What the user should know of its form and that stops nothing.
    pub warnings: Vec<Mistake>,
    history: History,
}

/// What a configuration is made from.
#[derive(Debug, Clone, Copy)]
pub struct Layers<'a> {
    /// The file, absolute; none for a text that stands for one.
    pub path: Option<&'a Path>,
    /// The file as the user would name it.
    pub label: &'a str,
    /// The file's text.
    pub text: &'a str,
    /// The environment; [`PREFIX`] marks what is for us.
    pub environment: &'a BTreeMap<String, String>,
    /// `KEY=VALUE` of each `--set`, in order.
    pub sets: &'a [String],
    /// The profile that is laid over the file.
    pub profile: Option<&'a str>,
    /// The included file that the search began at.
    pub member: Option<&'a Path>,
}

impl<'a> Layers<'a> {
    /// An empty text that stands for a file, under `environment`.
    #[must_use]
    pub fn of(environment: &'a BTreeMap<String, String>) -> Self {
        Self {
            path: None,
            label: given::LABEL,
            text: "",
            environment,
            sets: &[],
            profile: None,
            member: None,
        }
    }
}

impl Config {
    /// The file that includes others, or the only one, among the sources.
    pub const ROOT: usize = 0;

    /// Merges the layers and checks the form of every value.
    ///
    /// # Errors
    ///
    /// All mistakes of all layers at once, each with its place.
    pub fn load(from: Layers<'_>) -> Result<Self, Mistakes> {
        Self::load_with(from, |_| Vec::new())
    }

    /// As [`Self::load`]. Where the form is wrong, `more` finds what else is, in what there is of
    /// the configuration; of lines that are wrong already it is not told.
    ///
    /// # Errors
    ///
    /// As [`Self::load`], with those of `more`.
    pub fn load_with(
        from: Layers<'_>,
        more: impl FnOnce(&Self) -> Vec<Mistake>,
    ) -> Result<Self, Mistakes> {
        Self::layered(from, |_| Vec::new(), more)
    }

    /// As [`Self::load_with`], with tables that come between the file and the environment.
    fn layered(
        from: Layers<'_>,
        given: impl FnOnce(&mut Sources) -> Vec<Table>,
        more: impl FnOnce(&Self) -> Vec<Mistake>,
    ) -> Result<Self, Mistakes> {
        let mut sources = Sources::default();
        let origin = match from.path {
            Some(path) => Origin::File(path.to_owned()),
            None => Origin::BuiltIn,
        };
        let source =
            sources.add(Source { label: from.label.into(), text: from.text.into(), origin });
        let (mut file, mut mistakes) = layers::file(source, &sources);
        let is_toml = mistakes.is_empty();
        let mut warnings = Vec::new();
        let fragments = match from.path {
            Some(path) => {
                let told = (&mut mistakes, &mut warnings);
                include::fragments(&file, path, from.label, &mut sources, told)
            }
            None => Vec::new(),
        };
        if !is_toml {
            return Err(Mistakes::new(mistakes, &sources));
        }
        let mut lacks_fragments = !mistakes.is_empty();
        let member = fragments.iter().find(|fragment| {
            let place = Place { source: fragment.source, span: 0..0 };
            let origin = &sources.of(&place).origin;
            matches!((origin, from.member), (Origin::File(path), Some(member)) if path == member)
        });
        let member = member.map(|fragment| fragment.source);
        let mut inherited = BTreeMap::new();
        for fragment in fragments {
            merge::join(&mut file, fragment, &mut inherited, &mut mistakes);
        }

        let mut unknown = over::profiles(&file, &sources, &mut mistakes);
        let profile = from.profile.map(|name| merge::profile(&file, name, &mut sources));
        let profile = profile.and_then(|found| found.map_err(|wrong| mistakes.push(wrong)).ok());
        let mut over: Vec<_> =
            given(&mut sources).into_iter().map(|table| ("command line", table)).collect();
        let (variables, wrong) = variables::tables(from.environment, &file, &mut sources);
        mistakes.extend(wrong);
        over.extend(variables.into_iter().map(|table| ("environment", table)));
        let mut sets = Vec::new();
        for set in from.sets {
            match set::flag(set, &mut sources) {
                Ok(table) => match merge::late(table, &file) {
                    Ok(set) => sets.push(set),
                    Err(table) => over.push(("--set", table)),
                },
                Err(mistake) => mistakes.push(mistake),
            }
        }
        mistakes.extend(over.iter().flat_map(|(_, table)| layers::of_the_file(table)));
        let tables: Vec<_> = over.iter().map(|(_, table)| table).collect();
        let below: Vec<_> = std::iter::once(&file).chain(profile).collect();
        unknown.extend(over::unknown(&tables, &below, &sources, (&mut mistakes, &mut warnings)));
        let under = std::iter::once((from.label, &file));
        let under = under.chain(profile.map(|table| ("profile", table)));
        let layers: Vec<_> =
            under.chain(over.iter().map(|(label, table)| (*label, table))).collect();

        let mut root = layers::merged(&layers);
        let mut defaults = table_of(layers::merged(&layers[1..]).remove("defaults"));
        let mut check = Check { sources: &sources, mistakes };
        check.sections(&mut root);
        for unknown in unknown {
            unknown.leave_out(&mut root);
        }
        lacks_fragments |= root.get("include").is_some() && file.get("include").is_none();
        for table in inherited.values_mut().chain([&mut defaults]) {
            check.defaults(table, "`defaults`");
        }
        for set in &mut sets {
            check.record(&mut set.table, keys::build(), "a build");
        }
        let mut mistakes = check.mistakes;
        let laid = Laid { inherited: &inherited, defaults: &defaults, sets: &sets };
        let config = Self::assemble(from.path, root, &laid, &mut mistakes, &sources);
        let profiled = profile
            .map(|table| Layer { profile: from.profile.map(str::to_owned), table: table.clone() });
        let layer = |table| Layer { profile: None, table };
        let over = over.into_iter().map(|(_, table)| layer(table));
        let layers = std::iter::once(layer(file)).chain(profiled).chain(over).collect();
        let history = History { layers, inherited, sets, ..History::default() };
        let config = Self { sources, member, history, ..config };
        if mistakes.is_empty() {
            let profile = from.profile.map(str::to_owned);
            Ok(Self { profile, warnings, ..config })
        } else {
            let lacks_builds = config.lacks_builds || lacks_fragments;
            let config = Self { lacks_builds, ..config };
            let more = more(&config);
            Err(Mistakes::new(mistakes, &config.sources).and(more))
        }
    }

    fn assemble(
        path: Option<&Path>,
        mut root: Table,
        laid: &Laid<'_>,
        mistakes: &mut Vec<Mistake>,
        sources: &Sources,
    ) -> Self {
        let defaults = table_of(root.remove("defaults"));
        let presets = table_of(root.remove("presets")).into_sections();
        let written = table_of(root.remove("builds"));
        let count = written.0.len();
        let mut written = written.into_sections();
        written.retain(|build| check::is_name(&build.name));
        let config = Self {
            path: path.map(Path::to_owned),
            sources: Sources::default(),
            member: None,
            profile: None,
            lacks_builds: false,
            warnings: Vec::new(),
            history: History::default(),
            vars: table_of(root.remove("vars")),
            registries: table_of(root.remove("registries")).into_sections(),
            executors: table_of(root.remove("executors")).into_sections(),
            reports: table_of(root.remove("reports")),
            groups: table_of(root.remove("groups")),
            builds: Vec::new(),
        };
        let base = |place: &Place| match &sources.of(place).origin {
            Origin::File(path) => path.parent().map(Path::to_owned).unwrap_or_default(),
            _ => path.and_then(Path::parent).map(Path::to_owned).unwrap_or_default(),
        };
        let given = builds::Given { defaults: &defaults, presets: &presets, laid, base: &base };
        // Sections that nobody knows may have been meant to hold builds.
        let is_unknown =
            |entry: &Entry| matches!(entry.node.data, Data::Table(_)) && entry.name != "profiles";
        let mut lacks_builds = count > written.len() || root.0.iter().any(is_unknown);
        let builds = builds::builds(written, &given, mistakes, &mut lacks_builds);
        let config = Self { builds, lacks_builds, ..config };
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
        check.groups(&self.groups, &self.builds);
    }

    /// The directory that relative paths at `place` start from.
    ///
    /// A file's own; for the environment and the command line `current`.
    #[must_use]
    pub fn base<'a>(&'a self, place: &Place, current: &'a Path) -> &'a Path {
        match &self.sources.of(place).origin {
            Origin::File(path) => path.parent().unwrap_or(current),
            Origin::Variable | Origin::Flag | Origin::Given | Origin::BuiltIn => current,
        }
    }
}

fn table_of(entry: Option<Entry>) -> Table {
    match entry.map(|entry| entry.node.data) {
        Some(Data::Table(table)) => table,
        _ => Table::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, sets: &[&str]) -> Result<Config, Vec<String>> {
        let sets: Vec<_> = sets.iter().map(|set| (*set).to_owned()).collect();
        let environment = BTreeMap::new();
        Config::load(Layers { text, sets: &sets, ..Layers::of(&environment) })
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
