//! The filters, tests and functions of templates: ours, and minijinja's that are let in.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, Value};
use regex_automata::meta::Regex;
use sha2::{Digest, Sha256};

use crate::ci::slug;

use super::bounds::{LONGEST, LONGEST_RANGE};
use super::error::Problem;
use super::pep440;
use super::semver;
use super::unprintable::{Absent, problem_of};

/// How many characters `short` keeps unless told otherwise, as `ci.commit_short` has.
const SHORT: usize = 8;

/// How long a tag may be. Source: OCI distribution specification, "Pulling manifests".
const LONGEST_TAG: usize = 128;

/// The filters there are. What writes HTML or Rust's or Python's notation is left out.
pub(super) const FILTERS: &[&str] = &[
    "abs",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "match",
    "max",
    "min",
    "pep440",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "semver",
    "sha256",
    "short",
    "slice",
    "slug",
    "sort",
    "split",
    "string",
    "sum",
    "tag_safe",
    "title",
    "trim",
    "unique",
    "upper",
    "zip",
];

/// The tests there are.
pub(super) const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "even",
    "false",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lt",
    "mapping",
    "ne",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
];

/// Adds ours to `env`, and takes out what is not let in.
pub(super) fn install(env: &mut Environment<'_>) {
    for name in ["safe", "escape", "e", "pprint", "attr"] {
        env.remove_filter(name);
    }
    for name in ["debug", "namespace"] {
        env.remove_global(name);
    }
    env.add_filter("default", default);
    env.add_filter("d", default);
    env.add_filter("slug", |value: &Value| Ok::<_, Error>(slug(&text("slug", value)?)));
    env.add_filter("tag_safe", |value: &Value| Ok::<_, Error>(tag_safe(&text("tag_safe", value)?)));
    env.add_filter("sha256", |value: &Value| Ok::<_, Error>(sha256(&text("sha256", value)?)));
    env.add_filter("short", |value: &Value, length: Option<usize>| {
        let text = text("short", value)?;
        Ok::<String, Error>(text.chars().take(length.unwrap_or(SHORT)).collect())
    });
    env.add_filter("string", |value: &Value| printed(value));
    env.add_filter("join", |items: &Value, separator: Option<&str>| {
        if let Some(problem) = problem_of(items) {
            return Err(problem.into());
        }
        joined(items, separator.unwrap_or_default())
    });
    env.add_filter("semver", |value: &Value, format: &str, named: Kwargs| {
        version("semver", semver::formatted, value, format, &named)
    });
    env.add_filter("pep440", |value: &Value, format: &str, named: Kwargs| {
        version("pep440", pep440::formatted, value, format, &named)
    });
    env.add_filter("match", |value: &Value, pattern: &str| matched(value, pattern));
    env.add_test("defined", is_defined);
    env.add_test("undefined", |value: &Value| !is_defined(value));
    env.add_test("startingwith", |value: &Value, start: &str| {
        value.as_str().is_some_and(|text| text.starts_with(start))
    });
    env.add_test("endingwith", |value: &Value, end: &str| {
        value.as_str().is_some_and(|text| text.ends_with(end))
    });
    env.add_function("range", range);
}

fn is_defined(value: &Value) -> bool {
    !value.is_undefined() && !Absent::is(value)
}

/// `other` for what has no value; with `lax` also for what is false in tests.
fn default(value: &Value, other: Option<Value>, lax: Option<bool>) -> Value {
    if is_defined(value) && (value.is_true() || lax != Some(true)) {
        return value.clone();
    }
    other.unwrap_or_else(|| Value::from(""))
}

/// Empty also for what has no value: a tag rule needs no `if`.
fn version(
    filter: &str,
    formatted: fn(&str, &str, &str) -> Result<String, Problem>,
    value: &Value,
    format: &str,
    named: &Kwargs,
) -> Result<String, Error> {
    let prefix: Option<&str> = named.get("prefix")?;
    named.assert_all_used()?;
    let tag = if Absent::is(value) { String::new() } else { text(filter, value)? };
    Ok(formatted(&tag, format, prefix.unwrap_or_default())?)
}

/// What `pattern` finds: its first group, or all of it. Empty where it finds nothing, and for what
/// has no value, as `semver` is.
fn matched(value: &Value, pattern: &str) -> Result<String, Error> {
    let pattern = Regex::new(pattern).map_err(|error| {
        let cause = error.syntax_error().map(ToString::to_string).unwrap_or_default();
        let cause = match error.syntax_error() {
            Some(_) => cause.lines().last().unwrap_or_default().trim_start_matches("error: "),
            None => "this one is too large",
        };
        Problem::new(format!("`match` takes a regular expression: {cause}"))
    })?;
    let text = if Absent::is(value) { String::new() } else { text("match", value)? };
    let mut found = pattern.create_captures();
    pattern.captures(&text, &mut found);
    let part = found.get_group(1).or_else(|| found.get_match().map(|whole| whole.span()));
    Ok(part.and_then(|part| text.get(part.range())).unwrap_or_default().to_owned())
}

/// `value` as it would be printed.
fn printed(value: &Value) -> Result<String, Error> {
    if let Some(problem) = problem_of(value) {
        return Err(problem.into());
    }
    match value.kind() {
        ValueKind::Bool => Ok(if value.is_true() { "true" } else { "false" }.to_owned()),
        ValueKind::String | ValueKind::Number => Ok(value.to_string()),
        _ => Err(Problem::new("only text, numbers, yes and no can be made text").into()),
    }
}

/// The items as text, one after the other: a list of one long text many times is short itself.
fn joined(items: &Value, separator: &str) -> Result<String, Error> {
    let mut text = String::new();
    for (index, item) in items.try_iter()?.enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        text.push_str(&printed(&item)?);
        if text.len() > LONGEST {
            return Err(Problem::too_long().into());
        }
    }
    Ok(text)
}

/// The text that `filter` works on.
fn text(filter: &str, value: &Value) -> Result<String, Error> {
    if let Some(problem) = problem_of(value) {
        return Err(problem.into());
    }
    match value.kind() {
        ValueKind::String | ValueKind::Number => Ok(value.to_string()),
        ValueKind::Undefined => Err(Problem::new("this has no value").into()),
        _ => Err(Problem::new(format!("`{filter}` takes text")).into()),
    }
}

/// `text` with one `-` for all that a tag may not have, as docker's metadata-action writes it.
fn tag_safe(text: &str) -> String {
    let mut tag = String::new();
    let mut replaced = false;
    for letter in text.chars() {
        let fits = matches!(letter, 'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '.' | '-');
        if fits {
            tag.push(letter);
        } else if !replaced {
            tag.push('-');
        }
        replaced = !fits;
    }
    tag.trim_start_matches(['.', '-']).chars().take(LONGEST_TAG).collect()
}

/// The SHA-256 in lower-case hexadecimal digits.
fn sha256(text: &str) -> String {
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        for half in [byte >> 4, byte & 15] {
            digits.extend(char::from_digit(u32::from(half), 16));
        }
    }
    digits
}

/// As Python's, with fewer numbers.
fn range(first: i64, end: Option<i64>, step: Option<i64>) -> Result<Vec<i64>, Error> {
    let (start, end) = end.map_or((0, first), |end| (first, end));
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Problem::new("a range can't have a step of 0").into());
    }
    let mut numbers = Vec::new();
    let mut next = start;
    while (step > 0 && next < end) || (step < 0 && next > end) {
        if numbers.len() == LONGEST_RANGE {
            return Err(Problem::new("a range may have 1000 numbers").into());
        }
        numbers.push(next);
        let Some(sum) = next.checked_add(step) else { break };
        next = sum;
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_and_test_that_is_let_in_exists() {
        let mut env = Environment::new();
        install(&mut env);
        let known = |test: &str, name: &str| {
            let template = format!("{{{{ '{name}' is {test} }}}}");
            env.render_str(&template, ()).unwrap()
        };
        let missing: Vec<_> =
            FILTERS.iter().filter(|name| known("filter", name) != "True").collect();
        assert_eq!(missing, Vec::<&&str>::new());
        let missing: Vec<_> = TESTS.iter().filter(|name| known("test", name) != "True").collect();
        assert_eq!(missing, Vec::<&&str>::new());
    }

    #[test]
    fn a_tag_begins_with_a_letter_digit_or_underscore_and_has_128_at_most() {
        assert_eq!(tag_safe("feature/ä+1_x.y"), "feature-1_x.y");
        assert_eq!(tag_safe(".-x"), "x");
        assert_eq!(tag_safe(&"a".repeat(200)), "a".repeat(128));
    }

    #[test]
    fn a_match_is_its_first_group_or_all_of_it_and_nothing_is_empty() {
        let matched = |text: &str, pattern| matched(&Value::from(text), pattern).unwrap();

        assert_eq!(matched("v1.2.3", r"\d.\d"), "1.2");
        assert_eq!(matched("v1.2.3", r"^v(\d)\.(\d)"), "1");
        assert_eq!(matched("größe-7", r"ö(\S+)-"), "ße");
        assert_eq!(matched("nightly", r"\d+"), "");
    }

    #[test]
    fn a_pattern_that_is_none_is_told() {
        let told = matched(&Value::from("v1"), "v(").unwrap_err().to_string();
        assert!(told.contains("`match` takes a regular expression: unclosed group"), "{told}");
    }

    #[test]
    fn a_sum_is_in_hexadecimal_digits() {
        assert_eq!(
            sha256("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_range_is_bounded() {
        assert_eq!(range(1, Some(7), Some(3)).unwrap(), [1, 4]);
        assert_eq!(range(2, Some(0), Some(-1)).unwrap(), [2, 1]);
        assert!(range(1_000_000, None, None).is_err());
        assert!(range(1, None, Some(0)).is_err());
    }
}
