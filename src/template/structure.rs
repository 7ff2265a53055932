//! What can be wrong with a template whatever the values are.

use std::ops::Range;

use minijinja::Environment;

use super::bounds::{DEEPEST_LOOP, LONGEST, WORDS};
use super::dashes;
use super::error::{Problem, TemplateError, in_letters, in_our_words};
use super::filters::{FILTERS, TESTS};
use super::foreign;
use super::growth;
use super::lookup::{self, FUNCTIONS, ROOTS};
use super::names::Names;
use super::nearest::did_you_mean;
use super::references::{Reference, Words};
use super::rendered::LateValue;
use super::scan::{Tag, TagKind, TokenKind, scan, word};
use super::unprintable::{PRINTED_ONLY, known_too_late};

/// The statements there are, each with those that end or divide it.
const STATEMENTS: [&str; 9] =
    ["if", "elif", "else", "endif", "for", "endfor", "set", "with", "endwith"];

/// Whether `source` has anything of a template in it.
pub(super) fn is_template(source: &str) -> bool {
    source.as_bytes().windows(2).any(|pair| matches!(pair, b"{{" | b"{%" | b"{#"))
}

/// Whether `source` is a text with nothing that can be wrong in it.
pub(crate) fn is_text(source: &str) -> bool {
    source.len() <= LONGEST && !is_template(source)
}

/// All mistakes of `source`, in the order of their places.
pub(super) fn mistakes(source: &str, env: &Environment<'_>, names: &Names) -> Vec<TemplateError> {
    if source.len() > LONGEST {
        let problem = Problem::new("this string is longer than 1 MiB");
        return vec![TemplateError::new(0..0, problem)];
    }
    if !is_template(source) {
        return Vec::new();
    }
    if let Some(at) = source.find('\0') {
        return vec![TemplateError::new(at..at + 1, Problem::new("a template can't have a NUL"))];
    }
    let crowded = (source.len() > WORDS).then(|| word(source, WORDS)).flatten();
    if let Some(range) = crowded {
        let problem = Problem::new(format!("this template has more than {WORDS} words and signs"));
        let hint = "make parts of it `vars` of their own".to_owned();
        return vec![TemplateError::new(range, problem.hint(hint))];
    }
    if let Err(error) = env.get_template(source) {
        let range = error.range().unwrap_or(0..source.len());
        let range = in_letters(source, &range);
        let problem = in_our_words(&error, None);
        let problem = match foreign::hint(source, &range) {
            Some(hint) => problem.hint(hint.to_owned()),
            None => problem,
        };
        return vec![TemplateError::new(range, problem)];
    }
    let tags = scan(source);
    let words = Words::of(&tags);
    let mut mistakes = statements(&tags);
    for (name, range) in &words.filters {
        mistakes.extend(unknown("filter", name, FILTERS, range));
    }
    for (name, range) in &words.tests {
        mistakes.extend(match *name {
            "none" | "None" => Some(none(range)),
            _ => unknown("test", name, TESTS, range),
        });
    }
    mistakes.extend(words.nones.iter().map(none));
    let is_root = |name: &str| ROOTS.contains(&name) || FUNCTIONS.contains(&name);
    for (name, range) in words.bound.iter().filter(|(name, _)| is_root(name)) {
        let problem = Problem::new(format!("`{name}` is taken: name this value otherwise"));
        mistakes.push(TemplateError::new(range.clone(), problem));
    }
    mistakes.extend(of_references(source, &words, names));
    mistakes.extend(growth::mistakes(&tags, &words, names));
    mistakes.sort_by_key(|mistake| mistake.range.start);
    mistakes
}

fn unknown(what: &str, name: &str, all: &[&str], range: &Range<usize>) -> Option<TemplateError> {
    if all.contains(&name) {
        return None;
    }
    let near = did_you_mean("", name, all.iter().copied());
    let ours = (what == "filter").then(|| {
        "for tags there are `slug`, `tag_safe`, `semver`, `pep440`, `match` and `short`".to_owned()
    });
    let problem = Problem::new(format!("there is no {what} `{name}`")).hint(near.or(ours));
    Some(TemplateError::new(range.clone(), problem))
}

fn none(range: &Range<usize>) -> TemplateError {
    let problem = Problem::new("no value is `none`").hint(
        "`X is defined` tests whether there is a value, and `\"\"` is an empty text".to_owned(),
    );
    TemplateError::new(range.clone(), problem)
}

fn statements(tags: &[Tag<'_>]) -> Vec<TemplateError> {
    let (mut mistakes, mut depth) = (Vec::new(), 0_usize);
    for tag in tags.iter().filter(|tag| tag.kind == TagKind::Statement) {
        let mut wrong = |message: String| {
            mistakes.push(TemplateError::new(tag.range.clone(), Problem::new(message)));
        };
        let Some(TokenKind::Name(name)) = tag.tokens.first().map(|token| token.kind) else {
            continue;
        };
        let has = |kind| tag.tokens.iter().any(|token| token.kind == kind);
        if name == "for" {
            depth += 1;
            if depth > DEEPEST_LOOP {
                wrong("loops may be nested two deep".to_owned());
            }
            if matches!(
                tag.tokens.last().map(|token| token.kind),
                Some(TokenKind::Name("recursive"))
            ) {
                wrong("a loop can't be recursive here".to_owned());
            }
        } else if name == "endfor" {
            depth = depth.saturating_sub(1);
        } else if name == "set" && !has(TokenKind::Sign("=")) {
            wrong("`set` needs a value here: `{% set NAME = … %}`".to_owned());
        } else if !STATEMENTS.contains(&name) && !name.starts_with("end") {
            wrong(format!("the configuration's templates have no `{{% {name} %}}`"));
        }
    }
    mistakes
}

/// What is wrong with names; of one that is taken apart at a `-` once.
fn of_references(source: &str, words: &Words<'_>, names: &Names) -> Vec<TemplateError> {
    let is_bound = |root: &str| root == "loop" || words.bound.iter().any(|(name, _)| *name == root);
    let is_known = |root: &str| is_bound(root) || ROOTS.contains(&root);
    let (mut mistakes, mut whole) = (Vec::<TemplateError>::new(), 0..0);
    for (index, reference) in words.references.iter().enumerate() {
        if is_bound(reference.root) || whole.contains(&reference.range.start) {
            continue;
        }
        let next = words.references.get(index + 1);
        let is_next_wrong =
            || next.is_some_and(|next| !is_bound(next.root) && of_reference(next, names).is_err());
        let wrong = of_reference(reference, names).err();
        let has_dash = reference.after == Some(TokenKind::Sign("-"));
        let apart = (has_dash && (wrong.is_some() || is_next_wrong()))
            .then(|| dashes::mistake(source, reference, is_known, names))
            .flatten();
        if let Some(mistake) = &apart {
            whole = mistake.range.clone();
        }
        let wrong = wrong.map(|problem| TemplateError::new(reference.range.clone(), problem));
        mistakes.extend(apart.or(wrong));
    }
    mistakes
}

/// What is wrong with a name as far as that can be told without its value.
fn of_reference(reference: &Reference<'_>, names: &Names) -> Result<(), Problem> {
    let (root, keys) = (reference.root, reference.keys.len());
    let path = reference.path();
    if FUNCTIONS.contains(&root) {
        return match (keys, reference.is_called) {
            (0, true) => Ok(()),
            _ => Err(Problem::new(format!("`{root}` is a function: `{root}(…)`"))),
        };
    }
    if !ROOTS.contains(&root) {
        return Err(unknown_root(reference, names));
    }
    if reference.is_called {
        return Err(Problem::new(format!("`{path}` can't be called"))
            .hint("values have no methods: use a filter or a test".to_owned()));
    }
    let deepest = match root {
        "builds" | "registries" => 2,
        "matrix" | "vars" => usize::MAX,
        _ => 1,
    };
    let fields = match root {
        "builds" => "its `image` or `digest`: `builds.NAME.image`",
        "registries" => "its host: `registries.NAME.host`",
        _ => "a field of it",
    };
    if keys == 0 || (deepest == 2 && keys == 1) {
        return Err(Problem::new(format!("`{path}` has no value of its own: name {fields}")));
    }
    known_keys(reference, names)?;
    if keys > deepest {
        return Err(Problem::new(format!(
            "`{path}` does not exist: what it is taken from is text"
        )));
    }
    if matches!(root, "ci" | "env") {
        not_ordered(reference, &path)?;
        not_joined(reference, &path)?;
    }
    Ok(())
}

/// `~` would spell yes and no as Python does.
fn not_joined(reference: &Reference<'_>, path: &str) -> Result<(), Problem> {
    let is_flag = matches!(path, "ci.dirty" | "ci.fork" | "ci.on_default_branch" | "ci.protected");
    let joins = |kind| kind == Some(TokenKind::Sign("~"));
    if is_flag && (joins(reference.before) || joins(reference.after)) {
        return Err(Problem::new(format!("`{path}` is yes or no, not text"))
            .hint(format!("print it in braces of its own, or make it text: `({path} | string)`")));
    }
    Ok(())
}

fn known_keys(reference: &Reference<'_>, names: &Names) -> Result<(), Problem> {
    let Some(key) = reference.key(0) else {
        return match reference.root {
            "builds" => printed_only(reference, "…"),
            _ => Ok(()),
        };
    };
    match reference.root {
        "build" => {
            lookup::field("build", &["name"], key)?;
            lookup::build_name(names).map(drop)
        }
        "builds" => {
            let build = lookup::build(names, key)?;
            if let Some(field) = reference.key(1) {
                lookup::field(&lookup::spelt("builds", build), &["image", "digest"], field)?;
            }
            printed_only(reference, build)
        }
        "ci" => lookup::ci_field(key).map(drop),
        "matrix" => lookup::matrix(names, key),
        "registries" => {
            let (registry, _) = lookup::registry(names, key)?;
            match reference.key(1) {
                Some(field) => {
                    lookup::field(&lookup::spelt("registries", registry), &["host"], field)
                        .map(drop)
                }
                None => Ok(()),
            }
        }
        "vars" => lookup::var(names, key),
        _ => Ok(()),
    }
}

/// A late value is the whole of what is printed, or of a branch of it.
fn printed_only(reference: &Reference<'_>, build: &str) -> Result<(), Problem> {
    let starts = matches!(reference.before, None | Some(TokenKind::Name("else")));
    let ends = matches!(reference.after, None | Some(TokenKind::Name("if" | "else")));
    if reference.place == TagKind::Print && starts && ends {
        return Ok(());
    }
    let late = match reference.key(1) {
        Some("digest") => LateValue::Digest(build.to_owned()),
        _ => LateValue::Image(build.to_owned()),
    };
    let hint = match (reference.before, reference.after) {
        (Some(TokenKind::Sign("~")), _) | (_, Some(TokenKind::Sign("~"))) => {
            Some("text beside it stands outside of the braces".to_owned())
        }
        _ => None,
    };
    Err(known_too_late(&late, PRINTED_ONLY).hint(hint))
}

/// What may have no value has no order, and would be silently before or after all else.
fn not_ordered(reference: &Reference<'_>, path: &str) -> Result<(), Problem> {
    let is_order = |kind| matches!(kind, Some(TokenKind::Sign("<" | ">" | "<=" | ">=")));
    if is_order(reference.before) || is_order(reference.after) {
        return Err(Problem::new(format!("`{path}` may have no value, so it has no order"))
            .hint(format!("say what holds without it: `({path} | default(…))`")));
    }
    Ok(())
}

fn unknown_root(reference: &Reference<'_>, names: &Names) -> Problem {
    let root = reference.root;
    if reference.is_called {
        return Problem::new(format!("there is no function `{root}`")).hint(
            did_you_mean("", root, FUNCTIONS).or_else(|| {
                let all: Vec<_> = FUNCTIONS.iter().map(|name| format!("`{name}`")).collect();
                Some(format!("there are {}", all.join(", ")))
            }),
        );
    }
    let hint = if reference.keys.is_empty() && names.vars.contains_key(root) {
        Some(format!("did you mean `vars.{root}`?"))
    } else if reference.keys.is_empty() && names.env.contains_key(root) {
        Some(format!("did you mean `env.{root}`?"))
    } else if reference.keys.is_empty() && names.matrix.contains_key(root) {
        Some(format!("did you mean `matrix.{root}`?"))
    } else if is_variable(root) {
        Some(format!("did you mean `env.{root}`?"))
    } else {
        let known = foreign::root(root).filter(|_| !reference.keys.is_empty());
        let known = known
            .map(|known| format!("did you mean `{known}{}`?", &reference.path()[root.len()..]));
        known.or_else(|| did_you_mean("", root, ROOTS)).or_else(|| {
            let is_ci = ["github", "gitlab", "azure", "circleci", "drone"].contains(&root);
            is_ci.then(|| "what a CI tells is in `ci`, as `ci.branch` and `ci.tag`".to_owned())
        })
    };
    Problem::new(format!("`{root}` does not exist")).hint(hint)
}

/// `CI_COMMIT_TAG`: written as variables are.
fn is_variable(name: &str) -> bool {
    name.len() > 2 && name.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
}
