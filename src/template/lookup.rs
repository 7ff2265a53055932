//! Which names exist: the same answer for a name that is written and for one that is computed.

use std::collections::BTreeMap;

use crate::ci::Field;

use super::error::Problem;
use super::meant;
use super::names::{Names, with_underscores};
use super::nearest::{did_you_mean, nearest};

/// The names that templates start from, but for functions.
pub(super) const ROOTS: [&str; 7] =
    ["build", "builds", "ci", "env", "matrix", "registries", "vars"];

/// What may be called.
pub(super) const FUNCTIONS: [&str; 4] = ["dict", "file", "git_describe", "range"];

/// The field of `ci` of that name.
pub(super) fn ci_field(name: &str) -> Result<Field, Problem> {
    Field::named(name).ok_or_else(|| {
        let names = Field::ALL.iter().map(|field| field.name());
        let hint = match meant::field(name) {
            Some(field) => Some(format!("did you mean `ci.{}`?", field.name())),
            None => did_you_mean("ci.", name, names),
        };
        Problem::new(format!("`ci.{name}` does not exist")).hint(hint)
    })
}

/// That `vars.NAME` exists.
pub(super) fn var(names: &Names, name: &str) -> Result<(), Problem> {
    if names.vars.contains_key(name) {
        return Ok(());
    }
    let known = names.vars.keys().map(String::as_str);
    Err(Problem::new(format!("`{}` does not exist", spelt("vars", name)))
        .hint(meant_of("vars", name, known)))
}

/// That `matrix.NAME` exists for this build.
pub(super) fn matrix(names: &Names, name: &str) -> Result<(), Problem> {
    if names.matrix.contains_key(name) {
        return Ok(());
    }
    let path = spelt("matrix", name);
    let message = match &names.build {
        None => format!("`{path}` exists only within a build"),
        Some(_) if names.matrix.is_empty() => {
            format!("`{path}` does not exist: this build has no matrix")
        }
        Some(_) => format!("`{path}` does not exist"),
    };
    let known = names.matrix.keys().map(String::as_str);
    Err(Problem::new(message).hint(meant_of("matrix", name, known)))
}

/// The name of this build.
pub(super) fn build_name(names: &Names) -> Result<&str, Problem> {
    names.build.as_deref().ok_or_else(|| Problem::new("`build.name` exists only within a build"))
}

/// The field of `build`, `registries.X` or `builds.X` of that name, which are so few that each
/// is a mistake's hint.
pub(super) fn field<'a>(path: &str, fields: &[&'a str], name: &str) -> Result<&'a str, Problem> {
    fields.iter().find(|field| **field == name).copied().ok_or_else(|| {
        let all: Vec<_> = fields.iter().map(|field| format!("`{path}.{field}`")).collect();
        Problem::new(format!("`{path}.{name}` does not exist"))
            .hint(format!("there is {}", all.join(" and ")))
    })
}

/// The build that `builds.NAME` or `builds["NAME"]` means.
pub(super) fn build<'a>(names: &'a Names, name: &str) -> Result<&'a str, Problem> {
    let builds = &names.builds;
    if let Some(exact) = builds.names.get(name) {
        return Ok(exact);
    }
    let alike = builds.alike.get(name).map(Vec::as_slice).unwrap_or_default();
    let alike: Vec<_> = alike.iter().map(String::as_str).collect();
    // Those of a matrix have its name before their own part.
    let begins =
        |build: &&&String| build.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    let parts: Vec<_> = builds.names.iter().filter(|build| begins(&build)).take(3).collect();
    if alike.is_empty() && !parts.is_empty() {
        let spelt: Vec<_> =
            parts.iter().map(|part| format!("`{}`", spelt("builds", part))).collect();
        let problem = Problem::new(format!("`{}` does not exist", self::spelt("builds", name)));
        return Err(problem.hint(format!("name one build: {}", spelt.join(", "))));
    }
    only("builds", &alike, name, || builds.names.iter().map(String::as_str))
}

/// The registry that `registries.NAME` means, and its host.
pub(super) fn registry<'a>(names: &'a Names, name: &str) -> Result<(&'a str, &'a str), Problem> {
    let hosts: &BTreeMap<String, String> = &names.registries;
    let found = one_of("registries", &hosts.keys().map(String::as_str).collect::<Vec<_>>(), name)?;
    Ok((found, hosts.get(found).map_or("", String::as_str)))
}

/// The candidate of that name, or the only one that is it with `_` for `-` and `.`.
fn one_of<'a>(root: &str, candidates: &[&'a str], name: &str) -> Result<&'a str, Problem> {
    if let Some(exact) = candidates.iter().find(|candidate| **candidate == name) {
        return Ok(exact);
    }
    let alike = candidates.iter().filter(|candidate| with_underscores(candidate) == name);
    let alike: Vec<_> = alike.copied().collect();
    only(root, &alike, name, || candidates.iter().copied())
}

/// The only one that is alike.
fn only<'a, 'c, C: Iterator<Item = &'c str>>(
    root: &str,
    alike: &[&'a str],
    name: &str,
    candidates: impl FnOnce() -> C,
) -> Result<&'a str, Problem> {
    match *alike {
        [only] => Ok(only),
        [] => Err(Problem::new(format!("`{}` does not exist", spelt(root, name))).hint(meant_of(
            root,
            name,
            candidates(),
        ))),
        [first, ..] => Err(Problem::new(format!("`{root}.{name}` may mean several"))
            .hint(format!("name one: `{}`", spelt(root, first)))),
    }
}

/// The nearest of `candidates` as advice, spelt so that it is well-formed.
fn meant_of<'c>(
    root: &str,
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    nearest(name, candidates).map(|near| format!("did you mean `{}`?", spelt(root, near)))
}

/// `root.name`, or `root["name"]` where only that is well-formed.
pub(super) fn spelt(root: &str, name: &str) -> String {
    let is_plain = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if is_plain { format!("{root}.{name}") } else { format!("{root}[\"{name}\"]") }
}
