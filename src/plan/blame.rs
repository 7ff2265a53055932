//! Which value of a matrix makes a reference that is none: what is wrong stands there.

use crate::config::{Data, Mistake, Node, Section};

/// A word that is right wherever a value of a matrix may stand.
const PLAIN: &str = "xx";

/// The same mistake at the value of `section`'s matrix that makes `text` wrong, if one does, with
/// the place where it is used beside it; `is_right` says whether another text would do.
pub(super) fn matrix(
    mistake: Mistake,
    section: &Section,
    text: &str,
    is_right: impl Fn(&str) -> bool,
) -> Mistake {
    let Some((axis, value, through)) = culprit(section, text, is_right) else { return mistake };
    let mut advice = format!("`matrix.{axis}` is `{value}` here");
    if let Some(name) = through {
        advice = format!(
            "{advice}, which makes the name `{name}`: it has `-` for each letter that is not of \
             a-z, 0-9, `.`, `_` and `-`"
        );
    }
    let hint = match &mistake.hint {
        Some(hint) => format!("{advice}; {hint}"),
        None => advice,
    };
    let place = section.table.get("matrix").and_then(|matrix| place(matrix, axis, value));
    let Some((node, used)) = place.zip(mistake.place.clone()) else { return mistake.hint(hint) };
    let moved = Mistake::at(&node.place, mistake.message, "no image can be called so");
    moved.also(&used, mistake.label).hint(hint)
}

/// The axis and its value, and the build's name where it is that which the text has of it.
fn culprit<'s>(
    section: &'s Section,
    text: &str,
    is_right: impl Fn(&str) -> bool,
) -> Option<(&'s str, &'s str, Option<&'s str>)> {
    let values = || section.matrix.iter().map(|(axis, value)| (axis.as_str(), value.as_str()));
    let would_do = |part: &str| text.contains(part) && is_right(&text.replace(part, PLAIN));
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if let Some((axis, value)) = values().find(|(_, value)| would_do(value)) {
        return Some((axis, value, None));
    }
    if would_do(&section.name) {
        let is_changed = |value: &str| value.to_lowercase().chars().any(|c| !fits(c));
        let (axis, value) = values().find(|(_, value)| is_changed(value))?;
        return Some((axis, value, Some(&section.name)));
    }
    // Something else is wrong with it too.
    let (axis, value) =
        values().find(|(_, value)| text.contains(value) && !value.chars().all(fits))?;
    Some((axis, value, None))
}

/// Where a value of an axis stands; the whole axis where its values are found.
fn place<'s>(matrix: &'s Node, axis: &str, value: &str) -> Option<&'s Node> {
    let Data::Table(table) = &matrix.data else { return None };
    let axis = table.get(axis)?;
    let Data::List(items) = &axis.data else { return Some(axis) };
    let is_it = |item: &&Node| match &item.data {
        Data::Text(text) => text == value,
        Data::Integer(number) => number.to_string() == value,
        Data::Bool(it) => it.to_string() == value,
        Data::List(_) | Data::Table(_) | Data::Other(_) => false,
    };
    items.iter().find(is_it)
}
