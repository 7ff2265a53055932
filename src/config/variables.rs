//! Settings from the environment: `KANIKO_BUILD__DEFAULTS__PUSH_RETRY=5`.
//!
//! `__` stands between levels and `_` for `-`. Known keys of sections, registries, executors
//! and defaults are reached, and `vars`; builds are set by `--set` alone, since the names of
//! builds cannot be told from a variable's name.

use super::{
    layers,
    mistake::Mistake,
    node::{Data, Table},
    source::{Origin, Place, Source, Sources},
};

/// What the name of such a variable begins with.
pub const PREFIX: &str = "KANIKO_BUILD__";

/// The tables of all variables that are settings, in the order of their names.
///
/// `file` is consulted for names that the user has chosen: `vars.my_var` and `vars.my-var` are
/// the same variable's.
pub(super) fn tables<'a>(
    environment: impl IntoIterator<Item = (&'a String, &'a String)>,
    file: &Table,
    sources: &mut Sources,
) -> (Vec<Table>, Vec<Mistake>) {
    let (mut tables, mut mistakes) = (Vec::new(), Vec::new());
    for (name, value) in environment {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let source = sources.add(Source {
            label: name.clone(),
            text: value.clone(),
            origin: Origin::Variable,
        });
        let place = Place { source, span: 0..value.len() };
        let levels: Vec<_> = rest.split("__").collect();
        if levels[0].eq_ignore_ascii_case("builds") {
            let mistake = Mistake::at(&place, format!("`{name}` sets a key of a build"), "")
                .hint("builds are overridden on the command line: `--set builds.NAME.KEY=VALUE`")
                .concealed();
            mistakes.push(mistake);
            continue;
        }
        let path = path(&levels, file);
        let names: Vec<_> = path.iter().map(String::as_str).collect();
        // The name is no part of the text: what is wrong with it must not show the value.
        let key = Place { source, span: 0..0 };
        match layers::outside(&names, place.clone(), sources) {
            Ok(node) => {
                let path = path.into_iter().map(|name| (name, key.clone()));
                tables.push(layers::nested(path, node));
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    (tables, mistakes)
}

/// The key's path; a level that the file has in another spelling is spelt as there.
fn path(levels: &[&str], file: &Table) -> Vec<String> {
    let mut here = Some(file);
    let mut path: Vec<String> = Vec::new();
    for level in levels {
        let alike = |name: &str| name.replace(['-', '.'], "_").eq_ignore_ascii_case(level);
        let written = here.and_then(|table| table.0.iter().find(|entry| alike(&entry.name)));
        let chosen_by_user = path.last().is_some_and(|above| CASE_COUNTS.contains(&&**above));
        path.push(match written {
            Some(entry) => entry.name.clone(),
            None if chosen_by_user => (*level).to_owned(),
            None if path.last().is_some_and(|above| above == "vars") => level.to_lowercase(),
            None => level.to_lowercase().replace('_', "-"),
        });
        here = match written.map(|entry| &entry.node.data) {
            Some(Data::Table(table)) => Some(table),
            _ => None,
        };
    }
    path
}

/// Tables whose names are taken as they are.
const CASE_COUNTS: &[&str] = &["build-args", "env", "labels", "annotations", "secrets"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::node::Node;

    fn paths(names: &[&str]) -> Vec<Vec<String>> {
        let place = Place { source: 0, span: 0..0 };
        let node = Node { data: Data::Text(String::new()), place: place.clone() };
        let file = layers::nested(
            [("vars", &place), ("my-var", &place)]
                .into_iter()
                .map(|(name, place)| (name.to_owned(), place.clone())),
            node,
        );
        names.iter().map(|name| path(&name.split("__").collect::<Vec<_>>(), &file)).collect()
    }

    #[test]
    fn names_become_keys_and_keep_the_spelling_of_the_file() {
        assert_eq!(
            paths(&["DEFAULTS__PUSH_RETRY", "VARS__MY_VAR", "DEFAULTS__BUILD_ARGS__HTTP_PROXY"]),
            [
                vec!["defaults", "push-retry"],
                vec!["vars", "my-var"],
                vec!["defaults", "build-args", "HTTP_PROXY"],
            ]
        );
    }

    #[test]
    fn a_build_cannot_be_set_by_a_variable() {
        let environment = [("KANIKO_BUILD__BUILDS__API__TARGET".to_owned(), "x".to_owned())];

        let (tables, mistakes) = tables(
            environment.iter().map(|(name, value)| (name, value)),
            &Table::default(),
            &mut Sources::default(),
        );

        assert_eq!(tables, []);
        assert!(mistakes[0].hint.as_ref().unwrap().contains("--set builds.NAME.KEY=VALUE"));
    }
}
