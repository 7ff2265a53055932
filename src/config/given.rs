//! One build without a file: what the command line says, over what goes without saying.

use std::collections::BTreeMap;

use super::{
    Config, Layers, Mistakes,
    layers::nested,
    node::{Data, Node, Table},
    source::{Origin, Place, Source, Sources},
};

/// The name of what goes without saying, where a mistake is in it.
pub(super) const LABEL: &str = "default";

/// A build as the command line gives it.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Its name; anything is made a name of.
    pub name: &'a str,
    /// `--destination`, each. None: the CI's image and tag.
    pub destinations: &'a [String],
    /// `--context`.
    pub context: Option<&'a str>,
    /// `--dockerfile`.
    pub dockerfile: Option<&'a str>,
    /// `--target`.
    pub target: Option<&'a str>,
    /// `--build-arg`, each `NAME=VALUE`; a `NAME` alone has its value from the environment.
    pub build_args: &'a [String],
    /// `--executor`.
    pub executor: Option<&'a str>,
}

impl Config {
    /// The configuration of one build without a file, under the environment and `--set`.
    ///
    /// # Errors
    ///
    /// All mistakes at once, each with its place on the command line.
    pub fn given(
        given: Given<'_>,
        environment: &BTreeMap<String, String>,
        sets: &[String],
    ) -> Result<Self, Mistakes> {
        let name = name(given.name);
        let mut text = format!("version = 1\n[builds.\"{name}\"]\n");
        if given.destinations.is_empty() {
            text.push_str("image = \"{{ ci.registry_image }}\"\n");
            // A tag of git may hold what no tag of an image may.
            text.push_str("tags = [\"{{ (ci.tag or ci.commit_short) | tag_safe }}\"]\n");
        }
        let layers = Layers { text: &text, sets, ..Layers::of(environment) };
        Self::layered(layers, |sources| given.tables(&name, environment, sources), |_| Vec::new())
    }
}

impl Given<'_> {
    /// A table for each option, each value a text of the command line.
    fn tables(
        &self,
        build: &str,
        environment: &BTreeMap<String, String>,
        sources: &mut Sources,
    ) -> Vec<Table> {
        // No `..` here: a new option does not compile until it has its key.
        let Self { name: _, destinations, context, dockerfile, target, build_args, executor } =
            *self;
        let mut tables = Vec::new();
        let single = [
            ("context", context),
            ("dockerfile", dockerfile),
            ("target", target),
            ("executor", executor),
        ];
        for (key, value) in single {
            let Some(value) = value else { continue };
            let node = text(&format!("--{key}"), value, sources);
            tables.push(table(&["builds", build, key], node));
        }
        if let Some(first) = destinations.first() {
            let place = text("--destination", first, sources).place;
            let each = destinations.iter().map(|one| text("--destination", one, sources));
            let node = Node { data: Data::List(each.collect()), place };
            tables.push(table(&["builds", build, "destinations"], node));
        }
        for argument in build_args {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, value),
                None => match environment.get(argument) {
                    Some(value) => (argument.as_str(), value.as_str()),
                    None => continue,
                },
            };
            let node = text("--build-arg", value, sources);
            tables.push(table(&["builds", build, "build-args", name], node));
        }
        tables
    }
}

fn text(option: &str, value: &str, sources: &mut Sources) -> Node {
    let source = Source { label: option.into(), text: value.into(), origin: Origin::Given };
    let place = Place { source: sources.add(source), span: 0..value.len() };
    Node { data: Data::Text(value.to_owned()), place }
}

fn table(path: &[&str], node: Node) -> Table {
    let place = node.place.clone();
    nested(path.iter().map(|name| ((*name).to_owned(), place.clone())), node)
}

/// A name of a build: lower case, and `-` for what names don't have.
fn name(text: &str) -> String {
    let lower = text.to_lowercase();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let name: String = lower.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    let name = name.trim_matches(['.', '_', '-']);
    if name.is_empty() { "image".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const NOTHING: Given<'static> = Given {
        name: "shop",
        destinations: &[],
        context: None,
        dockerfile: None,
        target: None,
        build_args: &[],
        executor: None,
    };

    fn build(given: Given<'_>) -> (String, Table) {
        let environment = BTreeMap::from([("FROM_JOB".to_owned(), "{{ x }}".to_owned())]);
        let mut config = Config::given(given, &environment, &[]).unwrap();
        let build = config.builds.remove(0);
        (build.name, Arc::unwrap_or_clone(build.table))
    }

    fn keys(table: &Table) -> Vec<&str> {
        table.0.iter().map(|entry| entry.name.as_str()).collect()
    }

    #[test]
    fn without_a_destination_it_is_the_image_and_the_tag_of_the_ci() {
        let (name, table) = build(NOTHING);

        assert_eq!(name, "shop");
        assert_eq!(keys(&table), ["image", "tags"]);
    }

    #[test]
    fn options_are_keys_of_the_build_and_no_templates() {
        let destinations = ["r.example.com/a:1".to_owned(), "b".to_owned()];
        let build_args = ["A={{ b }}=c".to_owned(), "FROM_JOB".to_owned(), "UNSET".to_owned()];
        let (_, table) = build(Given {
            destinations: &destinations,
            target: Some("run"),
            build_args: &build_args,
            ..NOTHING
        });

        assert_eq!(keys(&table), ["target", "destinations", "build-args"]);
        let Some(Data::Table(args)) = table.get("build-args").map(|node| &node.data) else {
            panic!("no table")
        };
        let values: Vec<_> =
            args.0.iter().map(|entry| (entry.name.as_str(), &entry.node.data)).collect();
        assert_eq!(
            values,
            [("A", &Data::Text("{{ b }}=c".into())), ("FROM_JOB", &Data::Text("{{ x }}".into()))]
        );
    }

    #[test]
    fn anything_is_made_a_name_of() {
        let names = ["My Shop", "-.-", "Ünï", "a_b"].map(name);

        assert_eq!(names, ["my-shop", "image", "n", "a_b"]);
    }
}
