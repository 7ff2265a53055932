//! Names with a `-` that are written with a dot before them, where they read as a subtraction.

use std::ops::Range;

use super::error::{Problem, TemplateError};
use super::lookup;
use super::names::Names;
use super::references::Reference;

/// Bytes that no name of a file has, with what is before and behind it.
const LONGEST: usize = 400;

/// What is wrong with `builds.my-api.image`: it is `builds.my` less `api.image`. The range is all
/// that is written in one.
///
/// None where nothing follows the name, or something that means what it says.
pub(super) fn mistake(
    source: &str,
    reference: &Reference<'_>,
    is_known: impl Fn(&str) -> bool,
    names: &Names,
) -> Option<TemplateError> {
    let (root, range) = (reference.root, written(source, reference)?);
    let rest = source[range.clone()].strip_prefix(root)?.strip_prefix('.')?;
    // `vars.all-vars.used` is a subtraction, if a wrong one.
    let mut subtracted = rest.split('-').skip(1).map(|word| word.split('.').next());
    if subtracted.any(|word| word.is_none_or(|word| word.is_empty() || is_known(word))) {
        return None;
    }
    let fields: &[&str] = match root {
        "builds" => &[".image", ".digest"],
        "registries" => &[".host"],
        _ => &[],
    };
    let field = fields.iter().find(|field| rest.ends_with(**field)).copied().unwrap_or_default();
    let name = rest.strip_suffix(field)?;
    let found = match root {
        "builds" => lookup::build(names, name).map(drop),
        "registries" => lookup::registry(names, name).map(drop),
        "vars" => lookup::var(names, name),
        "matrix" => lookup::matrix(names, name),
        "ci" => match lookup::ci_field(&name.replace('-', "_")) {
            Ok(known) => {
                let hint = format!("did you mean `ci.{}`?", known.name());
                Err(Problem::new(format!("`ci.{name}` does not exist")).hint(hint))
            }
            Err(_) => lookup::ci_field(name).map(drop),
        },
        _ => return None,
    };
    let problem = found.err().unwrap_or_else(|| {
        Problem::new(format!("`{root}.{name}` is a subtraction here: the name holds a `-`"))
            .hint(format!("write `{}{field}`", lookup::spelt(root, name)))
    });
    Some(TemplateError::new(range, problem))
}

/// The letters of a name, dots and dashes from where `reference` begins, where a dash follows it.
fn written(source: &str, reference: &Reference<'_>) -> Option<Range<usize>> {
    let start = reference.range.start;
    let end = source.floor_char_boundary(start.saturating_add(LONGEST).min(source.len()));
    let rest = source.get(start..end)?;
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    // Of `-}}` the dash belongs to the braces.
    let length = rest[..length].trim_end_matches(['-', '.']).len();
    let follows = source[reference.range.end..].starts_with('-');
    (follows && start + length > reference.range.end).then_some(start..start + length)
}
