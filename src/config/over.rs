//! Whether what lies over a file names what is there: profiles, variables and `--set` change what
//! the file has. Of their own they can have executors and registries alone, and whole ones.

use super::{
    advice::is_secret_name,
    check::is_name,
    keys,
    mistake::{Mistake, nearest},
    node::{Data, Entry, Node, Table},
    source::{Origin, Sources},
};

/// A section with names of the user's own.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    section: &'static str,
    /// What one of its entries is called.
    one: &'static str,
    /// The key with which a layer over the file has a whole new one.
    whole: Option<&'static str>,
    /// What to do where no name is near.
    hint: &'static str,
}

const NAMED: [Named; 5] = [
    Named {
        section: "vars",
        one: "value of `vars`",
        whole: None,
        hint: "write it in `[vars]` of the file, with the value that counts otherwise",
    },
    Named {
        section: "registries",
        one: "registry",
        whole: Some("host"),
        hint: "a new one needs its `host` as well",
    },
    Named {
        section: "executors",
        one: "executor",
        whole: Some("type"),
        hint: "a new one needs its `type` as well",
    },
    Named {
        section: "presets",
        one: "preset",
        whole: None,
        hint: "no build takes one by this name: write it in `[presets]` of the file",
    },
    Named {
        section: "groups",
        one: "group",
        whole: None,
        hint: "write it in `[groups]` of the file",
    },
];

/// A name that is not there.
pub(super) struct Unknown<'t> {
    named: &'static Named,
    name: &'t str,
}

impl Unknown<'_> {
    /// Takes it out of `root` where more would be told of it: that it is not whole.
    pub(super) fn leave_out(&self, root: &mut Table) {
        let Named { section, whole: Some(key), .. } = self.named else { return };
        let entry = root.0.iter_mut().find(|entry| entry.name == *section);
        if let Some(Data::Table(table)) = entry.map(|entry| &mut entry.node.data)
            && table.at(&[self.name, key]).is_none()
        {
            table.remove(self.name);
        }
    }
}

/// What the profiles of `file` name and it has not.
pub(super) fn profiles<'t>(
    file: &'t Table,
    sources: &Sources,
    mistakes: &mut Vec<Mistake>,
) -> Vec<Unknown<'t>> {
    let mut unknown = Vec::new();
    let empty = Table::default();
    let builds = inner(file, "builds").unwrap_or(&empty);
    for Entry { name: profile, node, .. } in
        inner(file, "profiles").into_iter().flat_map(|it| &it.0)
    {
        let Data::Table(table) = &node.data else { continue };
        let changed = inner(table, "builds").into_iter().flat_map(|it| &it.0);
        mistakes.extend(changed.filter_map(|build| build_of_a_profile(profile, build, builds)));
        // All of them are in the file.
        unknown.extend(self::unknown(&[table], &[file], sources, (mistakes, &mut Vec::new())));
    }
    unknown
}

/// A profile changes builds and adds none.
fn build_of_a_profile(profile: &str, build: &Entry, builds: &Table) -> Option<Mistake> {
    if builds.get(&build.name).is_some() {
        return None;
    }
    let message = format!("`profiles.{profile}` changes a build `{}`", build.name);
    let mistake = Mistake::at(&build.key, message, "no build of the file");
    let names = builds.0.iter().map(|build| build.name.as_str());
    Some(match nearest(&build.name, names) {
        Some(near) => mistake.hint(format!("did you mean `{near}`?")),
        None => mistake.hint("a profile adds no builds: `when` of a build leaves one out"),
    })
}

/// What `layers` name and none of the tables `under` them has. A variable may be there for many
/// repositories: of one that is near to no name is only warned, where it says what counts for nothing.
pub(super) fn unknown<'t>(
    layers: &[&'t Table],
    under: &[&Table],
    sources: &Sources,
    (mistakes, warnings): (&mut Vec<Mistake>, &mut Vec<Mistake>),
) -> Vec<Unknown<'t>> {
    let mut unknown = Vec::new();
    for (layer, named) in layers.iter().flat_map(|layer| NAMED.iter().map(move |it| (*layer, it))) {
        let Some(theirs) = inner(layer, named.section) else { continue };
        for entry in &theirs.0 {
            let name = entry.name.as_str();
            let is_whole =
                |key| layers.iter().any(|it| it.at(&[named.section, name, key]).is_some());
            let is_taken = || layers.iter().chain(under).any(|layer| takes_preset(layer, name));
            // What no name can be is told with the form.
            if under.iter().any(|under| has(under, named.section, name))
                || named.whole.is_some_and(is_whole)
                || named.section == "presets" && is_taken()
                || named.section != "vars" && !is_name(name)
            {
                continue;
            }
            let near = named.nearest(name, under);
            let mistake = named.mistake(entry, near, sources);
            if near.is_some() || sources.of(&entry.key).origin != Origin::Variable {
                mistakes.push(mistake);
            } else if named.whole.is_some() {
                warnings.push(mistake);
            }
            unknown.push(Unknown { named, name });
        }
    }
    unknown
}

impl Named {
    /// The name of its section that is nearest to `name`.
    fn nearest<'u>(&self, name: &str, under: &[&'u Table]) -> Option<&'u str> {
        let known = under.iter().flat_map(|under| sections(under, self.section));
        let known = known.flat_map(|node| match &node.data {
            Data::Table(Table(entries)) => entries.as_slice(),
            _ => &[],
        });
        nearest(name, known.map(|entry| entry.name.as_str()))
    }

    fn mistake(&self, entry: &Entry, near: Option<&str>, sources: &Sources) -> Mistake {
        let (name, one) = (entry.name.as_str(), self.one);
        let message = match self.section {
            "vars" => format!("there is no `vars.{name}`"),
            _ => format!("there is no {one} `{name}`"),
        };
        let mistake = Mistake::at(&entry.key, message, format!("no {one}"));
        let mistake = match near {
            Some(near) => mistake.hint(format!("did you mean `{near}`?")),
            None => mistake.hint(self.hint),
        };
        let may_be_secret = matches!(self.section, "executors" | "registries")
            || is_secret_name(name)
            || near.is_some_and(is_secret_name);
        if may_be_secret && sources.of(&entry.key).origin.is_outside() {
            mistake.concealing(&entry.node.place)
        } else {
            mistake
        }
    }
}

/// Whether `table` has this name in this section, or something is wrong with the section itself.
fn has(table: &Table, section: &str, name: &str) -> bool {
    sections(table, section).any(|node| match &node.data {
        Data::Table(table) => table.get(name).is_some(),
        _ => true,
    })
}

/// The section of this name, and others that are misspelt for it, which is told.
pub(super) fn sections<'t>(table: &'t Table, section: &str) -> impl Iterator<Item = &'t Node> {
    let known = || keys::SECTIONS.iter().map(|key| key.name);
    let is_it = move |name: &str| {
        let is_known = known().any(|known| known == name);
        name == section || !is_known && nearest(name, known()) == Some(section)
    };
    table.0.iter().filter(move |entry| is_it(&entry.name)).map(|entry| &entry.node)
}

/// Whether builds of `layer`, or all, start from this preset.
fn takes_preset(layer: &Table, name: &str) -> bool {
    let builds = inner(layer, "builds").into_iter().flat_map(|builds| &builds.0);
    let builds = builds.filter_map(|build| match &build.node.data {
        Data::Table(table) => Some(table),
        _ => None,
    });
    let mut named = builds.chain(inner(layer, "defaults")).filter_map(|it| it.get("presets"));
    let is_it = |node: &Node| matches!(&node.data, Data::Text(text) if text == name);
    named.any(|node| match &node.data {
        Data::List(items) => items.iter().any(is_it),
        // Of a variable or a `--set`, which is typed later.
        Data::Text(text) => text.contains(name),
        _ => false,
    })
}

fn inner<'t>(table: &'t Table, name: &str) -> Option<&'t Table> {
    match &table.get(name)?.data {
        Data::Table(table) => Some(table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Layers};

    const FILE: &str = "version = 1\n[builds.web]\n[profiles.p]\npresets.debug.target = \"x\"\n\
        builds.web.presets = [\"debug\"]\nexecutors.e.type = \"podman\"\n";

    fn told(text: &str, sets: &[&str], profile: Option<&str>) -> Vec<String> {
        let sets: Vec<_> = sets.iter().map(|set| (*set).to_owned()).collect();
        let environment = std::collections::BTreeMap::new();
        let layers = Layers { text, sets: &sets, profile, ..Layers::of(&environment) };
        let told = |wrong: super::super::Mistakes| {
            wrong.mistakes.into_iter().map(|mistake| mistake.message).collect()
        };
        Config::load(layers).err().map(told).unwrap_or_default()
    }

    #[test]
    fn a_preset_that_builds_take_may_come_from_where_they_take_it() {
        let set = ["presets.new.retry=1", "builds.web.presets=[\"new\"]"];

        assert_eq!(told(FILE, &[], Some("p")), [""; 0]);
        assert_eq!(told(FILE, &set, None), [""; 0]);
    }

    #[test]
    fn a_whole_executor_or_registry_may_come_in_pieces() {
        let executor = ["executors.gpu.memory=4g", "executors.gpu.type=podman"];
        let registry = ["registries.r={ host = \"r.example.com\" }"];

        assert_eq!(told(FILE, &executor, None), [""; 0]);
        assert_eq!(told(FILE, &registry, None), [""; 0]);
    }

    #[test]
    fn what_the_chosen_profile_brings_can_be_set() {
        let set = ["executors.e.memory=4g"];

        assert_eq!(told(FILE, &set, Some("p")), [""; 0]);
        assert_eq!(told(FILE, &set, None), ["there is no executor `e`"]);
    }

    #[test]
    fn of_a_section_that_is_misspelt_in_the_file_only_that_is_told() {
        let text = "version = 1\n[builds.web]\n[var]\nflavour = \"a\"\n";

        let set = ["vars.flavour=b"];

        assert_eq!(told(text, &set, None), ["unknown key `var` of the file"]);
    }
}
