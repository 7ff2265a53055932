//! Templates that print names and do nothing else, as most do:
//! `harbor.example.com/{{ build.name }}`.
//!
//! Setting minijinja up to render one takes ten times as long as looking the names up. Where a
//! name has no text now this says nothing, and minijinja says what is to be said.

use std::cell::LazyCell;

use minijinja::Value;

use super::bounds::LONGEST;
use super::scan::{Tag, TagKind, TokenKind, scan};
use super::unprintable::{Absent, LATE};

/// Such a template.
pub(super) struct Plain(Vec<Piece>);

enum Piece {
    Text(String),
    /// `build.name`, in its parts.
    Name(Vec<String>),
}

impl Plain {
    /// `source`, which is without mistakes; none where it does anything else.
    pub(super) fn of(source: &str) -> Option<Self> {
        // What scanning leaves out is no tag, and no text either.
        if source.contains("{#") || source.contains("{%") {
            return None;
        }
        let (mut pieces, mut end) = (Vec::new(), 0);
        for tag in scan(source) {
            pieces.push(Piece::Text(source[end..tag.range.start].to_owned()));
            pieces.push(Piece::Name(name(&tag)?));
            end = tag.range.end;
        }
        pieces.push(Piece::Text(source[end..].to_owned()));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Some(Self(pieces))
    }

    /// What is printed, where all names have a text: that which `known` has of them, else that of
    /// `top`.
    pub(super) fn text<'n>(
        &self,
        known: impl Fn(&[String]) -> Option<&'n str>,
        top: impl FnOnce() -> Value,
    ) -> Option<String> {
        let top = LazyCell::new(top);
        // As long as most of what is printed.
        let mut printed = String::with_capacity(64);
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => printed.push_str(text),
                Piece::Name(name) => {
                    let looked_up;
                    let text = if let Some(text) = known(name) {
                        text
                    } else {
                        looked_up = look_up(&top, name)?;
                        looked_up.as_str()?
                    };
                    printed.push_str(Some(text).filter(|text| !text.contains(LATE))?);
                }
            }
            if printed.len() > LONGEST {
                return None;
            }
        }
        Some(printed)
    }

    /// The value of the only name that it is, where that is a text or has no value now.
    pub(super) fn value(&self, top: &Value) -> Option<Value> {
        let [Piece::Name(name)] = self.0.as_slice() else { return None };
        let value = look_up(top, name)?;
        (value.as_str().is_some() || Absent::is(&value)).then_some(value)
    }
}

/// The name that `tag` prints.
fn name(tag: &Tag<'_>) -> Option<Vec<String>> {
    let whole = tag.inner.start == tag.range.start + 2 && tag.inner.end + 2 == tag.range.end;
    if tag.kind != TagKind::Print || !whole {
        return None;
    }
    let mut parts = Vec::new();
    for (index, token) in tag.tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Name(part) if index % 2 == 0 => parts.push(part.to_owned()),
            TokenKind::Sign(".") if index % 2 == 1 => {}
            _ => return None,
        }
    }
    (tag.tokens.len() % 2 == 1).then_some(parts)
}

fn look_up(top: &Value, name: &[String]) -> Option<Value> {
    let (root, keys) = name.split_first()?;
    keys.iter().try_fold(top.get_attr(root).ok()?, |value, key| value.get_attr(key).ok())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use minijinja::{Value, value::Object};

    use super::{LONGEST, Plain};
    use crate::template::{Engine, Names};

    #[test]
    fn names_within_text_are_plain() {
        for source in ["{{ build.name }}", "a-{{build.name}}+{{ ci.tag }}\n", "{{ vars.a.b }}}"] {
            assert!(Plain::of(source).is_some(), "{source}");
        }
    }

    #[test]
    fn whatever_does_more_is_not() {
        for source in [
            "{{- build.name }}",
            "{{ build.name -}}",
            "{{ build.name | upper }}",
            "{{ builds['a'].image }}",
            "{{ 1 }}",
            "{{ \"a\" }}",
            "{# build #}{{ build.name }}",
            "{% if ci.tag %}{{ ci.tag }}{% endif %}",
            "{% raw %}{{ build.name }}{% endraw %}",
            "{{ file(\"a\") }}",
            "{{ -build.name }}",
        ] {
            assert!(Plain::of(source).is_none(), "{source}");
        }
    }

    /// Has any name, and counts how often it was asked for one.
    #[derive(Debug, Default)]
    struct Asked(AtomicUsize);

    impl Object for Asked {
        fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Some(Value::from("x".repeat(LONGEST / 2)))
        }
    }

    #[test]
    fn no_more_is_looked_up_than_may_be_printed() {
        let asked = Arc::new(Asked::default());

        let text = Plain::of(&"{{ a }}".repeat(900))
            .unwrap()
            .text(|_| None, || Value::from_dyn_object(Arc::clone(&asked)));

        assert_eq!(text, None);
        assert_eq!(asked.0.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn a_plain_template_becomes_what_minijinja_makes_of_it() {
        let env = [("A", "x{{ y }}"), ("TRUE", "1"), ("NUL", "a\0b")];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let engine = Engine::new(Names {
            env: Arc::new(env.into()),
            build: Some("api".to_owned()),
            matrix: [("v", "1{{ z }}"), ("nul", "a\0b"), ("empty", "")]
                .map(|(name, value)| (name.to_owned(), crate::template::Value::Text(value.into())))
                .into(),
            ..Names::default()
        });
        let names = [
            "build.name",
            "matrix.v",
            "matrix.nul",
            "matrix.empty",
            "env.A",
            "env.TRUE",
            "env.NUL",
            "env.NONE",
            "ci.tag",
        ];
        for name in names {
            for (before, after) in [("", ""), ("a\n", "\n\n"), (" } ", "{ ")] {
                let plain = format!("{before}{{{{ {name} }}}}{after}");
                // The same to minijinja, and not plain.
                let other = format!("{before}{{{{ ({name}) }}}}{after}");
                assert!(Plain::of(&plain).is_some() && Plain::of(&other).is_none());
                let told = |source: &str| {
                    engine
                        .text(source)
                        .map_err(|error| error.message)
                        .map(|text| format!("{text:?}"))
                };
                assert_eq!(told(&plain), told(&other), "{plain}");
                let told = |source: &str| {
                    engine.value(source).map_err(|error| error.message).map(|it| format!("{it:?}"))
                };
                assert_eq!(told(&plain), told(&other), "{plain}");
            }
        }
    }
}
