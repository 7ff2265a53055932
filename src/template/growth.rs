//! That lists of a template stay small: what minijinja's fuel does not see.
//!
//! A list that is added to itself, repeated or put into another one costs nothing when it is made,
//! and is then walked without being counted: `a + a` forty times in a row fills any memory. There
//! is no hook for operators, so what could grow is refused before it runs. Loops keep nothing from
//! one round to the next, so that only what stands in the text can grow.

use std::collections::BTreeSet;

use super::bounds::GROWTH;
use super::error::{Problem, TemplateError};
use super::names::{Names, Value, Var};
use super::references::{Key, Words};
use super::scan::{Tag, TokenKind, scan};

/// The filters whose result may be a list.
const LISTS: [&str; 18] = [
    "batch",
    "chain",
    "dictsort",
    "groupby",
    "items",
    "lines",
    "list",
    "map",
    "reject",
    "rejectattr",
    "reverse",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "unique",
    "zip",
];

/// What of this template could grow without end.
pub(super) fn mistakes(tags: &[Tag<'_>], words: &Words<'_>, names: &Names) -> Vec<TemplateError> {
    let mut mistakes = Vec::new();
    mistakes.extend(repeated(tags, words, names));
    mistakes.extend(bound_to_grow(tags, words));
    mistakes
}

/// A list times a number.
fn repeated(tags: &[Tag<'_>], words: &Words<'_>, names: &Names) -> Option<TemplateError> {
    let times = tags.iter().flat_map(|tag| tag.tokens.windows(3)).find_map(|words| {
        let [before, sign, after] = words else { return None };
        let is_plain = matches!(
            (before.kind, after.kind),
            (TokenKind::Text(_), _) | (TokenKind::Number(_), TokenKind::Number(_))
        );
        (sign.kind == TokenKind::Sign("*") && !is_plain).then_some(sign)
    })?;
    let has_list = may_be_list(tags, words, names);
    has_list.then(|| {
        let problem = Problem::new("`*` is for numbers and text, and there is a list here")
            .hint("write the list out, or make the number or text in a var of its own".to_owned());
        TemplateError::new(times.range.clone(), problem)
    })
}

/// Values of the template's own, each made of the ones before.
fn bound_to_grow(tags: &[Tag<'_>], words: &Words<'_>) -> Option<TemplateError> {
    let own: BTreeSet<_> = words.bound.iter().map(|(name, _)| *name).collect();
    let mut growth = 1_u32;
    for tag in tags.iter().filter(|tag| tag.is("set") || tag.is("with")) {
        let within = |at: usize| tag.range.contains(&at);
        let uses = words.references.iter();
        let uses = uses.filter(|found| within(found.range.start) && own.contains(found.root));
        let uses = u32::try_from(uses.count()).unwrap_or(u32::MAX).max(1);
        // Those of a `with` may be made of one another.
        let times = words.bound.iter().filter(|(_, range)| within(range.start)).count();
        growth = growth.saturating_mul(uses.saturating_pow(u32::try_from(times).unwrap_or(32)));
        if growth > GROWTH {
            let problem = Problem::new("values that are made of one another grow too large")
                .hint("take each of them once, or put them into `vars`".to_owned());
            return Some(TemplateError::new(tag.range.clone(), problem));
        }
    }
    None
}

/// What the `vars` are that it names is looked at one after the other: a row of them can be long.
fn may_be_list(tags: &[Tag<'_>], words: &Words<'_>, names: &Names) -> bool {
    let (mut seen, mut vars) = (BTreeSet::new(), Vec::new());
    if names_list(tags, words, names, &mut vars) {
        return true;
    }
    while let Some(name) = vars.pop() {
        let found = match names.vars.get(&name) {
            Some(_) if !seen.insert(name) => false,
            Some(Var::List(_) | Var::Table(_)) => true,
            Some(Var::Plain(value)) => is_list(value),
            Some(Var::Template(source)) => {
                let tags = scan(source);
                names_list(&tags, &Words::of(&tags), names, &mut vars)
            }
            None => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// Whether it has a list in it, whatever is in the `vars` that it spells out, which it adds.
fn names_list(tags: &[Tag<'_>], words: &Words<'_>, names: &Names, vars: &mut Vec<String>) -> bool {
    words.filters.iter().any(|(name, _)| LISTS.contains(name))
        || tags.iter().any(has_literal)
        || words.references.iter().any(|found| match (found.root, found.keys.first()) {
            ("matrix", Some(Key::Named(name))) => names.matrix.get(*name).is_some_and(is_list),
            ("matrix", _) => names.matrix.values().any(is_list),
            ("vars", Some(Key::Named(name))) => {
                vars.push((*name).to_owned());
                false
            }
            ("range" | "dict" | "vars", _) => true,
            _ => false,
        })
}

const fn is_list(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Table(_))
}

/// Whether a list is written out in it: a `[` that takes nothing out of what is before it.
fn has_literal(tag: &Tag<'_>) -> bool {
    let is_value = |kind: TokenKind<'_>| match kind {
        TokenKind::Name(name) => {
            !matches!(name, "in" | "else" | "if" | "and" | "or" | "not" | "is")
        }
        TokenKind::Sign(sign) => matches!(sign, ")" | "]" | "}"),
        TokenKind::Text(_) => true,
        TokenKind::Number(_) => false,
    };
    let mut before = None;
    tag.tokens.iter().any(|token| {
        let opens = token.kind == TokenKind::Sign("[") && !before.is_some_and(is_value);
        before = Some(token.kind);
        opens
    })
}
