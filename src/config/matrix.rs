//! The combinations of a matrix: the product of its axes without what is excluded.

use std::path::Path;

use super::{
    include,
    mistake::{Mistake, nearest},
    node::{Data, Entry, Node, Table},
};

/// The key that is no axis.
const EXCLUDE: &str = "exclude";
/// The form of an axis that reads its values from the repository.
const DIRECTORIES: &str = "directories";

/// Values by axis, in the order of the axes.
pub(super) type Values = Vec<(String, String)>;

/// Every combination of `matrix`, the last axis fastest.
///
/// Directories of an axis are looked for below `base`. Each list has at least one value.
///
/// # Errors
///
/// An axis that has no values, an exclusion that excludes nothing, more than `most`.
pub(super) fn combinations(
    matrix: &Entry,
    base: &Path,
    most: usize,
) -> Result<Vec<Values>, Mistake> {
    let Data::Table(table) = &matrix.node.data else { return Ok(Vec::new()) };
    let mut axes = Vec::new();
    for axis in table.0.iter().filter(|entry| entry.name != EXCLUDE) {
        axes.push((axis.name.as_str(), values(axis, base)?));
    }
    if axes.is_empty() {
        return Err(Mistake::at(&matrix.node.place, "a `matrix` without values", "empty")
            .hint("write lists by name: `matrix = { python = [\"3.12\", \"3.13\"] }`"));
    }
    let count = axes.iter().try_fold(1_usize, |count, (_, values)| {
        count.checked_mul(values.len()).filter(|count| *count <= most)
    });
    if count.is_none() {
        let message = format!("a `matrix` of more than {most} builds");
        return Err(Mistake::at(&matrix.node.place, message, "too many combinations"));
    }
    let mut combinations: Vec<Values> = vec![Vec::new()];
    for (name, values) in &axes {
        let extended = |so_far: &Values| {
            let so_far = so_far.clone();
            values.iter().map(move |value| {
                let mut next = so_far.clone();
                next.push(((*name).to_owned(), value.clone()));
                next
            })
        };
        combinations = combinations.iter().flat_map(extended).collect();
    }
    if let Some(exclude) = table.get(EXCLUDE) {
        self::exclude(&mut combinations, exclude, &axes)?;
    }
    if combinations.is_empty() {
        let message = "a `matrix` whose `exclude` leaves nothing";
        return Err(Mistake::at(&matrix.node.place, message, "no combination is left"));
    }
    Ok(combinations)
}

fn exclude(
    combinations: &mut Vec<Values>,
    exclude: &Node,
    axes: &[(&str, Vec<String>)],
) -> Result<(), Mistake> {
    let Data::List(items) = &exclude.data else { return Err(no_exclusion(exclude)) };
    for item in items {
        let Data::Table(Table(wanted)) = &item.data else { return Err(no_exclusion(item)) };
        if wanted.is_empty() {
            let mistake = Mistake::at(&item.place, "an exclusion without values", "empty");
            return Err(mistake.hint(EXAMPLE));
        }
        let mut excluded = Vec::new();
        for entry in wanted {
            if !axes.iter().any(|(name, _)| *name == entry.name) {
                let message = format!("the matrix has no `{}`", entry.name);
                let mistake = Mistake::at(&entry.key, message, "not in the matrix");
                let near = nearest(&entry.name, axes.iter().map(|(name, _)| *name));
                return Err(match near {
                    Some(near) => mistake.hint(format!("did you mean `{near}`?")),
                    None => mistake,
                });
            }
            excluded.push((entry.name.as_str(), value(&entry.node)?));
        }
        let before = combinations.len();
        combinations.retain(|values| {
            let has = |(name, value): &(&str, String)| {
                values.iter().any(|(axis, own)| axis == name && own == value)
            };
            !excluded.iter().all(has)
        });
        if combinations.len() == before {
            let message = "an exclusion that excludes nothing";
            return Err(Mistake::at(&item.place, message, "matches no combination"));
        }
    }
    Ok(())
}

const EXAMPLE: &str = "write `exclude = [{ python = \"3.12\", os = \"alpine\" }]`";

fn no_exclusion(node: &Node) -> Mistake {
    let message = "`exclude` must be a list of tables";
    Mistake::at(&node.place, message, format!("{} here", node.data.described())).hint(EXAMPLE)
}

/// The values of an axis: a list, or the names of directories.
fn values(axis: &Entry, base: &Path) -> Result<Vec<String>, Mistake> {
    let values = match &axis.node.data {
        Data::List(items) => items.iter().map(value).collect::<Result<Vec<_>, _>>()?,
        Data::Table(table) => match table.0.as_slice() {
            [Entry { name, node: Node { data: Data::Text(glob), place }, .. }]
                if name == DIRECTORIES =>
            {
                let found = include::directories(glob, base)
                    .map_err(|why| Mistake::at(place, why, "this glob"))?;
                if found.is_empty() {
                    let message =
                        format!("`matrix.{}` has no values: no directory is there", axis.name);
                    let mistake = Mistake::at(place, message, "matches no directory");
                    return Err(mistake.hint(include::why_nothing(glob, base)));
                }
                found
            }
            _ => return Err(no_axis(axis)),
        },
        _ => return Err(no_axis(axis)),
    };
    if values.is_empty() {
        let message = format!("`matrix.{}` has no values", axis.name);
        return Err(Mistake::at(&axis.node.place, message, "nothing to build"));
    }
    Ok(values)
}

fn no_axis(axis: &Entry) -> Mistake {
    let message = format!("`matrix.{}` must be a list of values", axis.name);
    Mistake::at(&axis.node.place, message, format!("{} here", axis.node.data.described()))
        .hint("write `[\"3.12\", \"3.13\"]`, or `{ directories = \"services/*\" }` for their names")
}

fn value(node: &Node) -> Result<String, Mistake> {
    match &node.data {
        Data::Text(text) if !text.is_empty() && !text.contains("{{") => Ok(text.clone()),
        Data::Integer(number) => Ok(number.to_string()),
        Data::Bool(value) => Ok(value.to_string()),
        Data::Text(text) if text.is_empty() => {
            Err(Mistake::at(&node.place, "a value of a `matrix` must not be empty", "empty"))
        }
        Data::Text(_) => {
            let message = "the values of a `matrix` are no templates";
            let mistake = Mistake::at(&node.place, message, "a template");
            Err(mistake.hint("they make the names of builds, before there are values"))
        }
        other => {
            let message = "a value of a `matrix` must be a string";
            let mistake = Mistake::at(&node.place, message, format!("{} here", other.described()));
            Err(mistake.hint("put it into quotes"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Layers};

    fn names(matrix: &str) -> Result<Vec<String>, Vec<String>> {
        names_with(matrix, &[])
    }

    fn names_with(matrix: &str, sets: &[&str]) -> Result<Vec<String>, Vec<String>> {
        let text = format!("version = 1\n[builds.x]\nmatrix = {matrix}\n");
        let environment = std::collections::BTreeMap::new();
        let sets: Vec<_> = sets.iter().map(|set| (*set).to_owned()).collect();
        let config = Config::load(Layers { text: &text, sets: &sets, ..Layers::of(&environment) });
        config
            .map(|config| config.builds.into_iter().map(|build| build.name).collect())
            .map_err(|wrong| wrong.mistakes.into_iter().map(|one| one.message).collect())
    }

    #[test]
    fn every_combination_is_a_build_and_the_last_axis_runs_fastest() {
        assert_eq!(
            names("{ python = [\"3.12\", \"3.13\"], os = [\"Alpine\", \"deb ian\"] }").unwrap(),
            ["x-3.12-alpine", "x-3.12-deb-ian", "x-3.13-alpine", "x-3.13-deb-ian"]
        );
    }

    #[test]
    fn of_the_command_line_a_table_merges_and_an_axis_has_each_of_its_forms() {
        let with = |set| names_with("{ a = [\"1\"], b = [\"2\"] }", &[set]).unwrap();

        assert_eq!(with("builds.x.matrix={ b = [\"8\", \"9\"] }"), ["x-1-8", "x-1-9"]);
        assert_eq!(with("builds.x.matrix.a=[\"8\", \"9\"]"), ["x-8-2", "x-9-2"]);
        assert_eq!(with("builds.x.matrix.a=1.10"), ["x-1.10-2"]);
        assert_eq!(
            names_with("{ a = [\"1\"] }", &["builds.x.matrix.a={ directories = \"none/*\" }"]),
            Err(vec!["`matrix.a` has no values: no directory is there".to_owned()])
        );
    }

    #[test]
    fn exclusions_take_out_what_has_all_of_their_values() {
        assert_eq!(
            names("{ a = [1, 2], b = [1, 2], exclude = [{ a = 1, b = 2 }, { b = 1 }] }").unwrap(),
            ["x-2-2"]
        );
    }

    #[test]
    fn what_makes_no_matrix_is_told() {
        let told = |matrix| names(matrix).unwrap_err();

        assert_eq!(told("{}"), ["a `matrix` without values"]);
        assert_eq!(told("{ a = [] }"), ["`matrix.a` has no values"]);
        assert_eq!(told("{ a = \"b\" }"), ["`matrix.a` must be a list of values"]);
        assert_eq!(told("{ a = [1.5] }"), ["a value of a `matrix` must be a string"]);
        assert_eq!(told("{ a = [1], exclude = [{ b = 1 }] }"), ["the matrix has no `b`"]);
        assert_eq!(
            told("{ a = [1], exclude = [{ a = 3 }] }"),
            ["an exclusion that excludes nothing"]
        );
        assert_eq!(told("{ a = [\"A\", \"a\"] }"), ["two builds are called `x-a`"]);
    }

    #[test]
    fn a_matrix_of_a_million_is_refused_before_it_is_made() {
        let axis: Vec<_> = (0..100).map(|number| number.to_string()).collect();
        let axis = format!("[{}]", axis.join(", "));

        assert_eq!(
            names(&format!("{{ a = {axis}, b = {axis}, c = {axis} }}")).unwrap_err(),
            ["a `matrix` of more than 20000 builds"]
        );
    }
}
