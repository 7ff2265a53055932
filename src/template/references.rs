//! What a template names, and where.

use std::collections::BTreeSet;
use std::ops::Range;

use super::scan::{Tag, TagKind, Token, TokenKind};

/// What a template names, told without rendering it: what stands in a branch that is not
/// taken is named too, and what the templates in `vars` name that it names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Uses {
    /// The builds whose image or digest it names.
    pub builds: BTreeSet<String>,
    /// What it takes of the pipeline, as in `ci.tag`.
    pub ci: BTreeSet<String>,
    /// The variables of the environment.
    pub env: BTreeSet<String>,
    /// The vars.
    pub vars: BTreeSet<String>,
    /// What it takes of the build itself, as in `build.name` and `matrix.python`, and of
    /// registries, as in `registries.harbor.host`.
    pub own: BTreeSet<String>,
    /// It also computes a build's name, as in `builds["base-" ~ matrix.python]`: which one is
    /// told by the late values of what is rendered.
    pub computes_builds: bool,
    /// It also computes the name of a variable.
    pub computes_env: bool,
}

impl Uses {
    /// Adds a name that is of the build itself, or of a registry.
    pub(super) fn add_own(&mut self, root: &str, name: &str) {
        match root {
            "build" | "matrix" => self.own.insert(format!("{root}.{name}")),
            "registries" => self.own.insert(format!("{root}.{name}.host")),
            _ => false,
        };
    }
}

/// A name with what follows it: `ci.tag`, `builds["a-b"].image`, `file(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference<'s> {
    pub(super) root: &'s str,
    pub(super) keys: Vec<Key<'s>>,
    pub(super) range: Range<usize>,
    /// An argument list follows.
    pub(super) is_called: bool,
    /// The words before and after it within its tag.
    pub(super) before: Option<TokenKind<'s>>,
    pub(super) after: Option<TokenKind<'s>>,
    pub(super) place: TagKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key<'s> {
    Named(&'s str),
    Computed,
}

impl<'s> Reference<'s> {
    /// The key at `index`, where it is not computed.
    pub(super) fn key(&self, index: usize) -> Option<&'s str> {
        match self.keys.get(index)? {
            Key::Named(name) => Some(name),
            Key::Computed => None,
        }
    }

    /// In one spelling, whichever the template has: `builds.a-b.image`.
    pub(super) fn path(&self) -> String {
        let keys = self.keys.iter().map(|key| match key {
            Key::Named(name) => *name,
            Key::Computed => "…",
        });
        std::iter::once(self.root).chain(keys).collect::<Vec<_>>().join(".")
    }
}

/// The names in a template, by what they are.
#[derive(Debug, Default)]
pub(super) struct Words<'s> {
    pub(super) references: Vec<Reference<'s>>,
    pub(super) filters: Vec<(&'s str, Range<usize>)>,
    pub(super) tests: Vec<(&'s str, Range<usize>)>,
    /// The literal `none`.
    pub(super) nones: Vec<Range<usize>>,
    /// Names that the template gives to values of its own.
    pub(super) bound: Vec<(&'s str, Range<usize>)>,
}

const KEYWORDS: [&str; 12] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "True", "False", "recursive"];

impl<'s> Words<'s> {
    pub(super) fn of(tags: &[Tag<'s>]) -> Self {
        let mut words = Self::default();
        for tag in tags {
            words.read(tag);
        }
        words
    }

    fn read(&mut self, tag: &Tag<'s>) {
        let is_statement = tag.kind == TagKind::Statement;
        let binds = bound_by(tag);
        for (index, token) in tag.tokens.iter().enumerate() {
            let TokenKind::Name(name) = token.kind else { continue };
            if is_statement && index == 0 {
                continue;
            }
            let kind_at = |index: usize| tag.tokens.get(index).map(|token| token.kind);
            let before = index.checked_sub(1).and_then(kind_at);
            if binds.contains(&index) {
                self.bound.push((name, token.range.clone()));
                continue;
            }
            match before {
                Some(TokenKind::Sign(".")) => {}
                Some(TokenKind::Sign("|")) => self.filters.push((name, token.range.clone())),
                Some(TokenKind::Name("is")) if name != "not" => {
                    self.tests.push((name, token.range.clone()));
                }
                Some(TokenKind::Name("not"))
                    if index >= 2 && kind_at(index - 2) == Some(TokenKind::Name("is")) =>
                {
                    self.tests.push((name, token.range.clone()));
                }
                _ if name == "none" || name == "None" => self.nones.push(token.range.clone()),
                _ if KEYWORDS.contains(&name) => {}
                _ if kind_at(index + 1) == Some(TokenKind::Sign("=")) => {}
                _ => self.references.push(reference(tag, index, name, before)),
            }
        }
    }
}

/// The indices of the tokens that a statement gives to values of its own.
fn bound_by(tag: &Tag<'_>) -> Vec<usize> {
    let names = |until: fn(&TokenKind<'_>) -> bool| {
        let of_targets = tag.tokens.iter().take_while(|token| !until(&token.kind)).enumerate();
        let is_name = |token: &Token<'_>| matches!(token.kind, TokenKind::Name(_));
        of_targets.skip(1).filter(|(_, token)| is_name(token)).map(|(index, _)| index).collect()
    };
    if tag.is("for") {
        names(|kind| *kind == TokenKind::Name("in"))
    } else if tag.is("set") {
        names(|kind| *kind == TokenKind::Sign("="))
    } else if tag.is("with") {
        let mut depth = 0;
        let mut bound = Vec::new();
        for (index, pair) in tag.tokens.windows(2).enumerate() {
            match (pair[0].kind, pair[1].kind) {
                (TokenKind::Sign("(" | "[" | "{"), _) => depth += 1,
                (TokenKind::Sign(")" | "]" | "}"), _) => depth -= 1,
                (TokenKind::Name(_), TokenKind::Sign("=")) if depth == 0 => bound.push(index),
                _ => {}
            }
        }
        bound
    } else {
        Vec::new()
    }
}

fn reference<'s>(
    tag: &Tag<'s>,
    index: usize,
    root: &'s str,
    before: Option<TokenKind<'s>>,
) -> Reference<'s> {
    let mut keys = Vec::new();
    let mut next = index + 1;
    while let Some((key, after)) = key_at(&tag.tokens, next) {
        keys.push(key);
        next = after;
    }
    let after = tag.tokens.get(next).map(|token| token.kind);
    Reference {
        root,
        keys,
        range: tag.tokens[index].range.start..tag.tokens[next - 1].range.end,
        is_called: after == Some(TokenKind::Sign("(")),
        before,
        after,
        place: tag.kind,
    }
}

/// The key that begins at `index`, and the index after it.
fn key_at<'s>(tokens: &[Token<'s>], index: usize) -> Option<(Key<'s>, usize)> {
    let kind = |index: usize| tokens.get(index).map(|token| token.kind);
    match (kind(index)?, kind(index + 1)?) {
        (TokenKind::Sign("."), TokenKind::Name(name) | TokenKind::Number(name)) => {
            Some((Key::Named(name), index + 2))
        }
        (TokenKind::Sign("["), TokenKind::Text(text))
            if kind(index + 2) == Some(TokenKind::Sign("]")) && !text.contains('\\') =>
        {
            Some((Key::Named(text), index + 3))
        }
        (TokenKind::Sign("["), _) => {
            let end = closing(tokens, index)?;
            (!is_slice(&tokens[index + 1..end])).then_some((Key::Computed, end + 1))
        }
        _ => None,
    }
}

/// Whether what stands in brackets cuts a part out, as in `ci.commit[:12]`.
fn is_slice(inner: &[Token<'_>]) -> bool {
    let mut depth = 0;
    inner.iter().any(|token| {
        match token.kind {
            TokenKind::Sign("(" | "[" | "{") => depth += 1,
            TokenKind::Sign(")" | "]" | "}") => depth -= 1,
            _ => {}
        }
        depth == 0 && token.kind == TokenKind::Sign(":")
    })
}

/// The index of the bracket that closes the one at `index`.
fn closing(tokens: &[Token<'_>], index: usize) -> Option<usize> {
    let mut depth = 0;
    for (offset, token) in tokens[index..].iter().enumerate() {
        match token.kind {
            TokenKind::Sign("(" | "[" | "{") => depth += 1,
            TokenKind::Sign(")" | "]" | "}") => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(index + offset);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;
    use super::*;

    fn paths(source: &str) -> Vec<String> {
        Words::of(&scan(source)).references.iter().map(Reference::path).collect()
    }

    #[test]
    fn names_are_told_from_keys_keywords_filters_tests_and_arguments() {
        assert_eq!(
            paths("{{ ci.tag | semver('{major}', prefix=vars.p) if env.X is defined else 'x' }}"),
            ["ci.tag", "vars.p", "env.X"]
        );
    }

    #[test]
    fn both_spellings_of_a_key_have_one_path_and_a_computed_key_is_marked() {
        assert_eq!(
            paths("{{ builds['a-b'].image }}{{ builds[\"x-\" ~ matrix.py].digest }}"),
            ["builds.a-b.image", "builds.….digest", "matrix.py"]
        );
    }

    #[test]
    fn what_a_template_binds_is_told_apart() {
        let source = "{% for a, b in vars.x %}{% set c = a %}{% with d = f(e=c) %}{% endwith %}\
                      {% endfor %}";
        let tags = scan(source);
        let words = Words::of(&tags);
        let bound: Vec<_> = words.bound.iter().map(|(name, _)| *name).collect();
        assert_eq!(bound, ["a", "b", "c", "d"]);
        assert_eq!(paths(source), ["vars.x", "a", "f", "c"]);
    }

    #[test]
    fn a_reference_knows_its_place_and_its_neighbours() {
        let tags = scan("x{{ builds['a'].image | upper }}");
        let words = Words::of(&tags);
        assert_eq!(words.references[0].range, 4..21);
        assert_eq!(words.references[0].before, None);
        assert_eq!(words.references[0].after, Some(TokenKind::Sign("|")));
    }
}
