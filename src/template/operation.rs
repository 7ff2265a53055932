//! What can't be done with values of the wrong kind, in our words.

use super::error::Problem;

/// What is called, each as it is right.
const USAGE: [(&str, &str); 17] = [
    ("batch", "batch(2)"),
    ("default", "default('x')"),
    ("dict", "dict(a='x')"),
    ("file", "file('VERSION')"),
    ("float", "float(0)"),
    ("indent", "indent(2)"),
    ("int", "int(0)"),
    ("join", "join(',')"),
    ("match", "match('v(.*)')"),
    ("pep440", "pep440('{version}')"),
    ("range", "range(3)"),
    ("replace", "replace('a', 'b')"),
    ("round", "round(1)"),
    ("semver", "semver('{major}.{minor}')"),
    ("short", "short(7)"),
    ("slice", "slice(2)"),
    ("split", "split(',')"),
];

/// How a filter or a function is called.
pub(super) fn usage(called: Option<&str>) -> Option<String> {
    let (_, usage) = USAGE.iter().find(|(name, _)| Some(*name) == called)?;
    Some(format!("write it as `{usage}`"))
}

/// minijinja's `detail` of an operation, done by the filter or function that is `called`.
pub(super) fn told(detail: &str, called: Option<&str>) -> Problem {
    if detail.starts_with("unable to calculate -") {
        return Problem::new("only a number can have a `-` before it");
    }
    if detail.starts_with("unable to calculate") {
        return Problem::new("this has no result, or one that is too large");
    }
    if let Some((sign, left, right)) = operator(detail) {
        return Problem::new(format!(
            "`{sign}` can't be done with {} and {}",
            kind(left),
            kind(right)
        ));
    }
    let who = called.map_or_else(|| "this".to_owned(), |name| format!("`{name}`"));
    if let Some((found, wanted)) = conversion(detail) {
        let not = if found == "this" { String::new() } else { format!(", not {found}") };
        return Problem::new(format!("{who} takes {wanted}{not}")).hint(usage(called));
    }
    if detail.starts_with("invalid digit") || detail.starts_with("invalid float") {
        let hint = called.map(|name| format!("say what counts where it is none: `{name}(0)`"));
        return Problem::new("this text is no number").hint(hint);
    }
    if let Some(found) = between(detail, "", " is not iterable") {
        let who = called.map_or_else(|| "a loop".to_owned(), |name| format!("`{name}`"));
        return Problem::new(format!("{who} takes a list, not {}", kind(found)));
    }
    if detail.contains("cannot be sliced") {
        return Problem::new("only of text and lists a part can be cut out");
    }
    if detail.starts_with("cannot perform a containment check") {
        return Problem::new("`in` takes text, a list or a table on its right");
    }
    let Some(name) = called else { return Problem::new("this can't be done with these values") };
    let wanted = match name {
        "abs" | "round" => "a number",
        "sum" => "a list of numbers",
        "items" | "dictsort" => "a table",
        "count" | "length" => "text, a list or a table",
        "batch" | "chain" | "first" | "groupby" | "join" | "last" | "list" | "map" | "max"
        | "min" | "reject" | "rejectattr" | "reverse" | "select" | "selectattr" | "slice"
        | "sort" | "unique" | "zip" => "a list",
        _ => return Problem::new(format!("`{name}` can't be done with these")).hint(usage(called)),
    };
    Problem::new(format!("`{name}` takes {wanted}")).hint(usage(called))
}

/// The sign of an operator, and the kinds of what stands on both sides of it.
fn operator(detail: &str) -> Option<(&str, &str, &str)> {
    let (sign, kinds) =
        detail.strip_prefix("tried to use ")?.split_once(" operator on unsupported types ")?;
    let (left, right) = kinds.split_once(" and ")?;
    Some((sign, left, right))
}

/// What was found, and what was wanted.
fn conversion(detail: &str) -> Option<(&'static str, &'static str)> {
    if detail == "value is not a string" {
        return Some(("this", "text"));
    }
    let (found, wanted) = detail.strip_prefix("cannot convert ")?.split_once(" to ")?;
    let wanted = match wanted {
        "integer" | "usize" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "i8" | "i16"
        | "i32" | "i64" | "i128" => "a whole number",
        "float" | "f32" | "f64" => "a number",
        "string" | "str" => "text",
        "bool" => "`true` or `false`",
        _ => return None,
    };
    let found = match found {
        "number" => "this one",
        "map" => "a table or an argument by name",
        found => kind(found),
    };
    Some((found, wanted))
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    text.strip_prefix(before)?.strip_suffix(after)
}

/// What minijinja calls a kind of value, in our words.
fn kind(name: &str) -> &'static str {
    match name {
        "string" => "text",
        "number" => "a number",
        "bool" => "yes or no",
        "sequence" | "iterator" => "a list",
        "map" => "a table",
        _ => "this",
    }
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn what_is_not_known_is_told_without_jargon() {
        let message = told("tried to use + operator on map", None).message;
        assert_eq!(message, "this can't be done with these values");
        assert_eq!(told("overflow on it", Some("x")).message, "`x` can't be done with these");
    }
}
