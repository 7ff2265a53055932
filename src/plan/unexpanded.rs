//! Variables as a shell or a CI's file has them, where they are taken as they are written.
//!
//! Only what is likely to be meant for us is told: a `$HOME` can be meant for the image.

use std::{borrow::Cow, collections::BTreeSet, fmt::Display};

use crate::config::{Config, Data, Mistake, Node, Place, Table};

use super::{Facts, misnamed::misnamed, reader::within};

/// How the variables of CIs begin.
const OF_A_CI: [&str; 9] = [
    "BITBUCKET_",
    "BUILDKITE_",
    "CIRCLE_",
    "CI_",
    "DRONE_",
    "GITHUB_",
    "GITLAB_",
    "SYSTEM_",
    "TRAVIS_",
];

/// Variables that every shell has, an image's too.
const OF_A_SHELL: [&str; 12] = [
    "HOME", "HOSTNAME", "LANG", "LOGNAME", "OLDPWD", "PATH", "PWD", "SHELL", "SHLVL", "TERM",
    "TMPDIR", "USER",
];

/// Keys of a build whose texts are free: whatever they hold, nothing fails.
const FREE: [&str; 3] = ["annotations", "build-args", "labels"];

/// The key of an executor whose table holds texts.
const ENVIRONMENT: &str = "env";

/// A warning for each text of `vars`, of registries and executors, and of the builds at these
/// indexes that holds such a variable; and for each variable that is misnamed.
pub(super) fn warnings<'i>(
    config: &Config,
    facts: &Facts<'_>,
    indexes: impl Iterator<Item = &'i usize>,
) -> Vec<Mistake> {
    let of_builds = indexes.flat_map(|index| {
        let table = &config.builds[*index].table;
        FREE.into_iter().filter_map(|key| Some((Cow::from(key), texts(table, key)?)))
    });
    let sections = [("registries", &config.registries), ("executors", &config.executors)];
    let of_sections = sections.into_iter().flat_map(|(name, sections)| {
        sections
            .iter()
            .map(move |section| (Cow::from(format!("{name}.{}", section.name)), &*section.table))
    });
    let mut found = Found { config, facts, warnings: Vec::new(), seen: BTreeSet::new() };
    let tables = std::iter::once((Cow::from("vars"), &config.vars));
    for (key, table) in tables.chain(of_sections).chain(of_builds) {
        found.table(&key, table);
    }
    found.warnings.extend(misnamed(&facts.environment));
    found.warnings
}

struct Found<'a> {
    config: &'a Config,
    facts: &'a Facts<'a>,
    warnings: Vec<Mistake>,
    seen: BTreeSet<(usize, usize)>,
}

impl Found<'_> {
    fn table(&mut self, above: &dyn Display, table: &Table) {
        for entry in &table.0 {
            let key = format_args!("{above}.{}", entry.name);
            match &entry.node.data {
                Data::Table(table) if entry.name == ENVIRONMENT => self.table(&key, table),
                Data::List(items) if !is_a_script(items) => {
                    for item in items {
                        self.text(&key, item);
                    }
                }
                _ => self.text(&key, &entry.node),
            }
        }
    }

    fn text(&mut self, key: &dyn Display, node: &Node) {
        let Data::Text(text) = &node.data else { return };
        let place = &node.place;
        let is_outside = self.config.sources.of(place).origin.is_outside();
        // Builds share what stands in `defaults`.
        if is_outside || !self.seen.insert((place.source, place.span.start)) {
            return;
        }
        let meant = variables(text).find(|one| is_meant(one.name, self.facts));
        self.warnings.extend(meant.map(|one| {
            let place = within(self.config, place, text, &one.range);
            warning(key, &text[one.range], one.name, &place)
        }));
    }
}

/// A shell that is given its script replaces variables itself.
fn is_a_script(command: &[Node]) -> bool {
    command.iter().any(|word| matches!(&word.data, Data::Text(word) if word == "-c"))
}

fn texts<'t>(table: &'t Table, key: &str) -> Option<&'t Table> {
    match &table.get(key)?.data {
        Data::Table(texts) => Some(texts),
        _ => None,
    }
}

fn warning(key: &dyn Display, written: &str, name: &str, place: &Place) -> Mistake {
    let message = format!("`{key}` holds the text `{written}`, and not the variable's value");
    Mistake::at(place, message, "not replaced").hint(advice(name))
}

/// What to write for the first variable of a text that names nothing: any can be meant.
pub(super) fn hint(text: &str) -> Option<String> {
    variables(text).next().map(|variable| advice(variable.name))
}

/// The name of the variable that is all of `text`.
pub(super) fn only(text: &str) -> Option<&str> {
    variables(text).find(|one| one.range == (0..text.len())).map(|one| one.name)
}

fn advice(name: &str) -> String {
    format!("a variable stands in a template: `{{{{ env.{name} }}}}`")
}

fn is_meant(name: &str, facts: &Facts<'_>) -> bool {
    OF_A_CI.iter().any(|prefix| name.starts_with(prefix))
        || facts.environment.contains_key(name) && !OF_A_SHELL.contains(&name)
}

/// `$NAME` or `${NAME…}`.
struct Variable<'t> {
    name: &'t str,
    range: std::ops::Range<usize>,
}

/// Those outside of templates; one behind a `\` or a `$` is escaped.
fn variables(text: &str) -> impl Iterator<Item = Variable<'_>> {
    text.match_indices('$').filter_map(|(start, _)| {
        let before = &text[..start];
        let is_in_a_template =
            before.rfind("{{").is_some_and(|open| !before[open..].contains("}}"));
        if is_in_a_template || before.ends_with(['\\', '$']) {
            return None;
        }
        let rest = &text[start + 1..];
        let braced = rest.strip_prefix('{');
        let rest = braced.unwrap_or(rest);
        let is_of_a_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let name = &rest[..rest.find(|letter| !is_of_a_name(letter)).unwrap_or(rest.len())];
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        let end = start + 1 + usize::from(braced.is_some()) + name.len();
        let end = match braced {
            Some(_) => end + text[end..].find('}')? + 1,
            None => end,
        };
        Some(Variable { name, range: start..end })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<&str> {
        variables(text).map(|one| &text[one.range]).collect()
    }

    #[test]
    fn a_variable_is_found_in_both_of_its_forms() {
        assert_eq!(written("v$TAG-${REF:-main}."), ["$TAG", "${REF:-main}"]);
    }

    #[test]
    fn what_is_escaped_or_in_a_template_or_has_no_name_is_no_variable() {
        assert_eq!(written(r"\$A $$B $1 ${ $ {{ env.X | match('$END') }} ${{ x }}"), [""; 0]);
    }
}
