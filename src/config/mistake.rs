//! What is wrong with a configuration, each with its place.

use super::source::{Origin, Place, Source, Sources};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong, in a lowercase sentence fragment.
    pub message: String,
    /// Where, for everything that was written somewhere.
    pub place: Option<Place>,
    /// What stands under the underlined part.
    pub label: Box<str>,
    /// Another place that has to do with it, and what stands under that.
    pub also: Option<Box<(Place, String)>>,
    /// What to do about it.
    pub hint: Option<String>,
    /// What may be a secret, and is shown as asterisks wherever it stands.
    pub concealed: Option<Box<Place>>,
    /// It is about what is not there, which a mistake of form elsewhere may have taken away.
    pub may_follow: bool,
}

impl Mistake {
    /// A mistake at `place`.
    #[must_use]
    pub fn at(place: &Place, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: Some(place.clone()),
            label: label.into().into_boxed_str(),
            also: None,
            hint: None,
            concealed: None,
            may_follow: false,
        }
    }

    /// A mistake that stands nowhere, such as something that is missing altogether.
    #[must_use]
    pub fn nowhere(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
            label: Box::default(),
            also: None,
            hint: None,
            concealed: None,
            may_follow: false,
        }
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with another place that has to do with it.
    #[must_use]
    pub fn also(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.also = Some(Box::new((place.clone(), label.into())));
        self
    }

    /// The same, told only where no mistake of form can be its cause.
    #[must_use]
    pub fn may_follow(mut self) -> Self {
        self.may_follow = true;
        self
    }

    /// Advice where there is no file to write anything in, and no image goes without saying.
    fn advise_without_a_file(&mut self, sources: &Sources) {
        let Some(place) = &self.place else { return };
        let source = sources.of(place);
        let before = source.text.get(..place.span.start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let is_pushed_as = ["image", "tags"].iter().any(|key| line.starts_with(key));
        if source.origin == Origin::BuiltIn && is_pushed_as {
            self.hint = Some("say what it is pushed as: `-d registry.example.com/shop:1.0`".into());
        }
    }

    /// Advice where a template from outside of the file is at fault: none is rendered.
    fn advise_of_braces(&mut self, sources: &Sources) {
        let braces = |source: &Source| source.text.contains("{{");
        let outside = |source: &Source| source.origin.is_outside();
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

    /// The same with what it is about hidden.
    #[must_use]
    pub fn concealed(mut self) -> Self {
        self.concealed = self.place.clone().map(Box::new);
        self
    }

    /// The same with what stands at `place` hidden.
    #[must_use]
    pub fn concealing(mut self, place: &Place) -> Self {
        self.concealed = Some(Box::new(place.clone()));
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
    /// What may explain them and is none.
    pub warnings: Vec<Mistake>,
}

/// So many are told: who has made more mends these first.
const MOST: usize = 100;

impl Mistakes {
    /// As [`Self::new`]; none where nothing is wrong.
    #[must_use]
    pub fn any(mistakes: Vec<Mistake>, sources: &Sources) -> Option<Self> {
        (!mistakes.is_empty()).then(|| Self::new(mistakes, sources))
    }

    /// Sorted by source and place; what stands nowhere comes last, and the hundred first count.
    #[must_use]
    pub fn new(mistakes: Vec<Mistake>, sources: &Sources) -> Self {
        let mut all = Self { mistakes, sources: sources.clone(), more: 0, warnings: Vec::new() };
        for mistake in &mut all.mistakes {
            mistake.advise_without_a_file(sources);
            mistake.advise_of_braces(sources);
        }
        all.sort();
        all
    }

    /// The same with those of `others` that do not follow from these: they are about what is
    /// there, and of another part of the text.
    #[must_use]
    pub(super) fn and(mut self, others: Vec<Mistake>) -> Self {
        let told: Vec<_> =
            self.mistakes.iter().filter_map(|mistake| mistake.place.as_ref()).collect();
        let follows = |mistake: &Mistake| {
            let Some(place) = mistake.place.as_ref() else { return true };
            mistake.may_follow || told.iter().any(|other| place.meets(other))
        };
        let others: Vec<_> = others.into_iter().filter(|mistake| !follows(mistake)).collect();
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
