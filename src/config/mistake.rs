//! What is wrong with a configuration, each with its place.

use std::ops::RangeInclusive;

use super::source::{Origin, Place, Source, Sources};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong, in a lowercase sentence fragment.
    pub message: String,
    /// Where, for everything that was written somewhere.
    pub place: Option<Place>,
    /// What stands under the underlined part.
    pub label: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The underlined value may be a secret and is shown as asterisks.
    pub concealed: bool,
}

impl Mistake {
    /// A mistake at `place`.
    #[must_use]
    pub fn at(place: &Place, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: Some(place.clone()),
            label: label.into(),
            hint: None,
            concealed: false,
        }
    }

    /// A mistake that stands nowhere, such as something that is missing altogether.
    #[must_use]
    pub fn nowhere(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
            label: String::new(),
            hint: None,
            concealed: false,
        }
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Advice where a template from outside of the file is at fault: none is rendered.
    fn advise_of_braces(&mut self, sources: &Sources) {
        let braces = |source: &Source| source.text.contains("{{");
        let outside = |source: &Source| !matches!(source.origin, Origin::File(_));
        let is_here = match &self.place {
            Some(place) if outside(sources.of(place)) => braces(sources.of(place)),
            // The value stands in another key, and shows in the message.
            _ => self.message.contains("{{") && sources.overrides().any(braces),
        };
        if !is_here {
            return;
        }
        let advice = "`{{ … }}` is rendered in the file alone, not in values of `--set` and of \
                      variables";
        self.hint = Some(match self.hint.take() {
            Some(hint) => format!("{hint}; {advice}"),
            None => advice.to_owned(),
        });
    }

    /// The same with its value hidden.
    #[must_use]
    pub fn concealed(mut self) -> Self {
        self.concealed = true;
        self
    }
}

/// All mistakes of a configuration, in the order of their places.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the configuration has {} mistakes", mistakes.len())]
pub struct Mistakes {
    /// At least one.
    pub mistakes: Vec<Mistake>,
    /// The texts that the places are in.
    pub sources: Sources,
    /// How many further ones are left out.
    pub more: usize,
}

/// So many are told: who has made more mends these first.
const MOST: usize = 100;

impl Mistakes {
    /// Sorted by source and place; what stands nowhere comes last, and the hundred first count.
    #[must_use]
    pub fn new(mistakes: Vec<Mistake>, sources: &Sources) -> Self {
        let mut all = Self { mistakes, sources: sources.clone(), more: 0 };
        for mistake in &mut all.mistakes {
            mistake.advise_of_braces(sources);
        }
        all.sort();
        all
    }

    /// The same with those of `others` that stand on no line of these: what is wrong there may
    /// follow from them, or be a secret that is not to be shown.
    #[must_use]
    pub(super) fn and(mut self, others: Vec<Mistake>) -> Self {
        let lines = |place: &Place| {
            let last = place.span.end.saturating_sub(1).max(place.span.start);
            let last = Place { source: place.source, span: last..last };
            (place.source, self.sources.line(place)..=self.sources.line(&last))
        };
        let taken: Vec<_> = self
            .mistakes
            .iter()
            .filter_map(|mistake| Some(lines(mistake.place.as_ref()?)))
            .collect();
        let is_free = |mistake: &Mistake| {
            let Some(place) = &mistake.place else { return false };
            let (source, at) = lines(place);
            let meets = |(other, lines): &(usize, RangeInclusive<usize>)| {
                *other == source && lines.start() <= at.end() && at.start() <= lines.end()
            };
            !taken.iter().any(meets)
        };
        let others: Vec<_> = others.into_iter().filter(is_free).collect();
        self.mistakes.extend(others);
        self.sort();
        self
    }

    fn sort(&mut self) {
        self.mistakes.sort_by_cached_key(|mistake| {
            let place = mistake.place.as_ref();
            let place = place.map(|place| (place.source, place.span.start));
            (place.is_none(), place, mistake.message.clone())
        });
        self.mistakes.dedup();
        self.more += self.mistakes.len().saturating_sub(MOST);
        self.mistakes.truncate(MOST);
    }
}

/// How alike two names are, from 0 to 1; one slip in a short name counts less than it would.
fn likeness(name: &str, candidate: &str) -> f64 {
    let alike = strsim::jaro_winkler(name, candidate);
    let is_short = (3..=6).contains(&name.chars().count());
    if is_short && strsim::osa_distance(name, candidate) == 1 { alike.max(0.85) } else { alike }
}

/// The candidate that is nearest to `name`, if any is near enough to have been meant.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (likeness(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_spelling_is_found_and_a_far_one_is_not_guessed() {
        let keys = ["destinations", "dockerfile", "context"];

        assert_eq!(nearest("destination", keys), Some("destinations"));
        assert_eq!(nearest("docker-file", keys), Some("dockerfile"));
        assert_eq!(nearest("wbe", ["api", "web"]), Some("web"));
        assert_eq!(nearest("zebra", keys), None);
    }
}
