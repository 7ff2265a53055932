//! The sections of a file: what each holds, what it must have, and what goes with what.

use super::{
    Section,
    check::Check,
    keys::{self, EXECUTOR_TYPES, NOT_YET, executor_keys},
    kind::Key,
    mistake::Mistake,
    node::{Data, Entry, Node, Table},
};

/// The document, for messages.
const FILE: &str = "the file";

impl Check<'_> {
    /// The whole document.
    pub(super) fn sections(&mut self, root: &mut Table) {
        self.all(root, FILE);
        // After the walk: a version from the command line is text up to then.
        self.version(root);
    }

    /// The sections of the file, or of a profile.
    fn all(&mut self, sections: &mut Table, of: &str) {
        for index in 0..sections.0.len() {
            if let Some(meant) = self.top(&mut sections.0[index], of) {
                self.take_for(sections, index, meant, |check, entry| {
                    check.top(entry, of);
                });
            }
        }
    }

    /// One section; of one that nobody knows the one that was meant.
    fn top(&mut self, entry: &mut Entry, of: &str) -> Option<&'static Key> {
        match (entry.name.as_str(), &mut entry.node.data) {
            ("version" | "include" | "profiles", _) if of != FILE => {
                let message = format!("`{}` in {of}", entry.name);
                self.mistakes.push(Mistake::at(&entry.key, message, "not in a profile"));
            }
            ("defaults", Data::Table(table)) => self.defaults(table, "`defaults`"),
            ("builds", Data::Table(builds)) => self.builds(builds),
            ("presets", Data::Table(presets)) => self.presets(presets),
            ("profiles", Data::Table(profiles)) => self.profiles(profiles),
            _ => return self.section(entry, of),
        }
        None
    }

    /// Keys that builds inherit: what makes several builds of one belongs to a build.
    pub(super) fn defaults(&mut self, table: &mut Table, of: &str) {
        self.record(table, keys::build(), of);
        if let Some(entry) = table.entry("matrix") {
            let message = format!("`matrix` in {of}");
            let mistake = Mistake::at(&entry.key, message, "not here");
            self.mistakes.push(mistake.hint("a matrix belongs to one build"));
        }
    }

    fn presets(&mut self, presets: &mut Table) {
        self.names(presets, "a preset");
        for entry in &mut presets.0 {
            let of = format!("`presets.{}`", entry.name);
            let Data::Table(table) = &mut entry.node.data else {
                self.no_table(&format!("presets.{}", entry.name), &entry.node);
                continue;
            };
            self.defaults(table, &of);
            if let Some(entry) = table.entry("presets") {
                let mistake = Mistake::at(&entry.key, format!("`presets` in {of}"), "not here");
                self.mistakes.push(mistake.hint("a build names all of its presets"));
            }
        }
    }

    /// A profile holds what a file holds, but for what decides which texts are read.
    fn profiles(&mut self, profiles: &mut Table) {
        self.names(profiles, "a profile");
        for entry in &mut profiles.0 {
            let of = format!("`profiles.{}`", entry.name);
            let Data::Table(table) = &mut entry.node.data else {
                self.no_table(&format!("profiles.{}", entry.name), &entry.node);
                continue;
            };
            self.all(table, &of);
        }
    }

    pub(super) fn builds(&mut self, builds: &mut Table) {
        self.names(builds, "a build");
        for entry in &mut builds.0 {
            if let Data::Table(table) = &mut entry.node.data {
                self.record(table, keys::build(), "a build");
            } else {
                self.no_table(&format!("builds.{}", entry.name), &entry.node);
            }
        }
    }

    fn section(&mut self, entry: &mut Entry, of: &str) -> Option<&'static Key> {
        let Some(key) = keys::SECTIONS.iter().find(|key| key.name == entry.name) else {
            return self.unknown(entry, keys::SECTIONS, of);
        };
        self.entry(entry, key.kind);
        match (key.name, &entry.node.data) {
            ("registries", Data::Table(table)) => self.names(table, "a registry"),
            ("executors", Data::Table(table)) => self.names(table, "an executor"),
            _ => {}
        }
        None
    }

    fn version(&mut self, root: &Table) {
        let Some(node) = root.get("version") else {
            let message = "the file says no `version`";
            let mistake = match self.sources.top() {
                Some(place) => Mistake::at(&place, message, "before this"),
                None => Mistake::nowhere(message),
            };
            self.mistakes.push(mistake.hint("begin it with `version = 1`"));
            return;
        };
        self.version_of(node);
    }

    /// A version that is there.
    pub(super) fn version_of(&mut self, node: &Node) {
        match &node.data {
            Data::Integer(1) => {}
            Data::Integer(version) if *version >= 0 => {
                let message = format!("version {version} of the file format is not known");
                self.mistakes.push(
                    Mistake::at(&node.place, message, "not 1")
                        .hint("this program reads `version = 1`; a newer one may read more"),
                );
            }
            Data::Text(text) if text.contains("{{") => {
                let mistake = Mistake::at(&node.place, "`version` is no template", "a template");
                self.mistakes.push(mistake.hint("write `version = 1`"));
            }
            // What is no number was told already.
            _ => {}
        }
    }

    /// A group has builds, and a name of its own.
    pub(super) fn groups(&mut self, groups: &Table, builds: &[Section]) {
        self.names(groups, "a group");
        for group in &groups.0 {
            let name = &group.name;
            let other = builds.iter().find_map(|build| match build {
                build if build.name == *name => Some("build"),
                build if build.written == *name => Some("matrix"),
                _ => None,
            });
            if let Some(other) = other {
                let message = format!("`{name}` is a group and a {other}");
                let mistake = Mistake::at(&group.key, message, "two of one name");
                self.mistakes.push(mistake.hint("rename the group"));
            }
            if matches!(&group.node.data, Data::List(members) if members.is_empty()) {
                let message = format!("the group `{name}` has no builds");
                let mistake = Mistake::at(&group.node.place, message, "empty");
                self.mistakes.push(mistake.hint("write names or globs of builds, or leave it out"));
            }
        }
    }

    /// The keys of an executor go with its type.
    pub(super) fn executor(&mut self, executor: &Section) {
        let of = format!("`executors.{}`", executor.name);
        let Some(node) = executor.table.get("type") else {
            self.missing(&executor.key, "type", &of, "\"podman\"");
            return;
        };
        let Data::Text(kind) = &node.data else { return };
        if kind == NOT_YET {
            let message = format!("executors of type `{kind}` are not supported yet");
            self.mistakes
                .push(Mistake::at(&node.place, message, "not supported").hint(
                    "`command` reaches a pod: `[\"kubectl\", \"exec\", \"-i\", \"POD\", …]`",
                ));
            return;
        }
        if !EXECUTOR_TYPES.contains(&kind.as_str()) {
            // What is no type at all was told already; a template would pass for one.
            if kind.contains("{{") {
                let message = "the `type` of an executor is no template";
                let mistake = Mistake::at(&node.place, message, "a template");
                self.mistakes.push(mistake.hint("its keys go with it: write the type itself"));
            }
            return;
        }
        let taken = executor_keys(kind);
        for entry in &executor.table.0 {
            let is_known = keys::EXECUTOR.iter().any(|key| key.name == entry.name);
            if is_known && !taken.contains(&entry.name.as_str()) {
                let message = format!("an executor of type `{kind}` has no `{}`", entry.name);
                self.mistakes.push(
                    Mistake::at(&entry.key, message, "not for this type")
                        .hint(format!("it takes {}", taken.join(", "))),
                );
            }
        }
        if kind == "command" && executor.table.get("command").is_none() {
            self.missing(&executor.key, "command", &of, "[\"ssh\", \"-T\", \"HOST\"]");
        }
    }
}
