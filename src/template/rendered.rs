//! What a template has become: text, but for what only another build's end can tell.

/// A rendered template: its parts in order, no two literals side by side, no empty literal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// In the order in which they are printed.
    pub parts: Vec<Part>,
}

/// A part of a [`Rendered`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Literal(String),
    /// What the end of that build tells.
    Late(LateValue),
}

/// What only the end of another build can tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LateValue {
    /// `builds.X.image`: its first destination with its digest.
    Image(String),
    /// `builds.X.digest`: the digest, `sha256:…`.
    Digest(String),
}

impl LateValue {
    /// The build that tells.
    #[must_use]
    pub fn build(&self) -> &str {
        match self {
            Self::Image(build) | Self::Digest(build) => build,
        }
    }

    /// `image` or `digest`.
    pub(super) const fn field(&self) -> &'static str {
        match self {
            Self::Image(_) => "image",
            Self::Digest(_) => "digest",
        }
    }
}

impl Rendered {
    /// Text that was no template, or has nothing late in it.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        let parts = if text.is_empty() { Vec::new() } else { vec![Part::Literal(text)] };
        Self { parts }
    }

    /// The text, where nothing of it is late.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match &*self.parts {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The late values, in order.
    pub fn late(&self) -> impl Iterator<Item = &LateValue> {
        self.parts.iter().filter_map(|part| match part {
            Part::Late(late) => Some(late),
            Part::Literal(_) => None,
        })
    }

    /// The text with `tell` telling what is late.
    #[must_use]
    pub fn told(&self, mut tell: impl FnMut(&LateValue) -> String) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.clone(),
                Part::Late(late) => tell(late),
            })
            .collect()
    }

    /// The same, with those late values told that `tell` knows.
    #[must_use]
    pub fn filled(&self, mut tell: impl FnMut(&LateValue) -> Option<String>) -> Self {
        let mut filled = Self::default();
        for part in &self.parts {
            match part {
                Part::Literal(text) => filled.push_text(text),
                Part::Late(late) => match tell(late) {
                    Some(text) => filled.push_text(&text),
                    None => filled.push_late(late.clone()),
                },
            }
        }
        filled
    }

    pub(super) fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.parts.last_mut() {
            Some(Part::Literal(last)) => last.push_str(text),
            _ => self.parts.push(Part::Literal(text.to_owned())),
        }
    }

    pub(super) fn push_late(&mut self, late: LateValue) {
        self.parts.push(Part::Late(late));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_values_are_told_in_their_places() {
        let mut rendered = Rendered::literal("FROM=");
        rendered.push_late(LateValue::Image("base".into()));
        rendered.push_text("!");

        assert_eq!(rendered.as_literal(), None);
        assert_eq!(rendered.told(|late| late.build().to_uppercase()), "FROM=BASE!");
    }

    #[test]
    fn what_is_known_is_filled_in_and_the_rest_stays_late() {
        let mut rendered = Rendered::literal("a=");
        rendered.push_late(LateValue::Image("base".into()));
        rendered.push_text(",b=");
        rendered.push_late(LateValue::Digest("web".into()));

        let filled = rendered.filled(|late| (late.build() == "base").then(|| "r/base@x".into()));

        let [Part::Literal(text), Part::Late(late)] = &*filled.parts else { panic!("{filled:?}") };
        assert_eq!((&**text, late.build()), ("a=r/base@x,b=", "web"));
    }

    #[test]
    fn an_empty_text_is_a_literal() {
        assert_eq!(Rendered::literal("").as_literal(), Some(""));
        assert_eq!(Rendered::literal(""), Rendered::default());
    }
}
