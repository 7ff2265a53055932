//! Mistakes of a configuration as text, each underlined where it stands.

use std::{borrow::Cow, fmt::Write as _, ops::Range};

use annotate_snippets::{Annotation, AnnotationKind, Level, Message, Renderer, Snippet};

use crate::config::{Mistake, Mistakes, Origin, Place, Source, Sources};

use super::printer::in_a_line;

/// All mistakes, one after the other behind what may explain them, with an empty line between them
/// and none at the end.
#[must_use]
pub fn mistakes(mistakes: &Mistakes, colour: bool) -> String {
    let all = &mistakes.mistakes;
    let hidden: Vec<_> = all.iter().filter_map(|one| one.concealed.as_deref()).collect();
    let one = |mistake: &Mistake| with_place("error", mistake, &hidden, &mistakes.sources, colour);
    let doubts = mistakes
        .warnings
        .iter()
        .map(|one| with_place("warning", one, &hidden, &mistakes.sources, colour));
    let mut text = doubts.chain(all.iter().map(one)).collect::<Vec<_>>().join("\n\n");
    if mistakes.more > 0 {
        let _ = write!(text, "\n\n… and {} more", mistakes.more);
    }
    text
}

/// So many warnings are told: who has more reads no further.
const MOST: usize = 100;

/// Warnings about a configuration, each by itself, the first of many.
pub fn warnings(
    warnings: &[Mistake],
    sources: &Sources,
    colour: bool,
) -> impl Iterator<Item = String> {
    let one = move |one| with_place("warning", one, &[], sources, colour);
    let more = warnings.len().saturating_sub(MOST);
    let more = (more > 0).then(|| format!("… and {more} warnings more"));
    warnings.iter().take(MOST).map(one).chain(more)
}

/// A mistake with its place; what is `hidden` is shown by none, whichever it belongs to.
fn with_place(
    level: &str,
    mistake: &Mistake,
    hidden: &[&Place],
    sources: &Sources,
    colour: bool,
) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let level = if level == "error" { Level::ERROR } else { Level::WARNING };
    let mut group = level.primary_title(in_a_line(&mistake.message)).elements(None::<Message<'_>>);
    let marked = |kind: AnnotationKind, place: &Place, label: &'_ str| {
        kind.span(visible(&sources.of(place).text, place)).label(in_a_line(label).into_owned())
    };
    if let Some(place) = &mistake.place {
        let mut snippet = shown(place, hidden, sources).annotation(marked(
            AnnotationKind::Primary,
            place,
            &mistake.label,
        ));
        let mut elsewhere = None;
        if let Some((also, label)) = mistake.also.as_deref() {
            let mark = marked(AnnotationKind::Context, also, label);
            if also.source == place.source {
                snippet = snippet.annotation(mark);
            } else {
                elsewhere = Some(shown(also, hidden, sources).annotation(mark));
            }
        }
        group = group.element(snippet);
        if let Some(elsewhere) = elsewhere {
            group = group.element(elsewhere);
        }
    }
    let mut text = renderer.render(&[group]);
    if let Some(hint) = &mistake.hint {
        text.push_str("\nhint: ");
        text.push_str(&in_a_line(hint));
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The text that `place` is in, without what nobody may see.
fn shown<'s>(
    place: &Place,
    hidden: &[&Place],
    sources: &'s Sources,
) -> Snippet<'s, Annotation<'s>> {
    let source = sources.of(place);
    let mut text: Cow<'_, str> = source.text.as_str().into();
    for hidden in hidden.iter().filter(|hidden| hidden.source == place.source) {
        text = conceal(&text, &hidden.span).into();
    }
    if let Some(value) = value_of_a_wrong_key(source, place) {
        text = conceal(&text, &value).into();
    }
    Snippet::source(text).path(source.label.as_str())
}

/// The span within its text, at least one character wide, and of one line only.
fn visible(text: &str, place: &Place) -> std::ops::Range<usize> {
    let start = place.span.start.min(text.len());
    let end = place.span.end.clamp(start, text.len());
    let line = text[start..end].find('\n').map_or(end, |newline| start + newline);
    start..line
}

/// The value of a variable or of `--set` whose key is wrong: it may be a secret of another key.
fn value_of_a_wrong_key(source: &Source, place: &Place) -> Option<Range<usize>> {
    let text = &source.text;
    match source.origin {
        // The key of a variable stands nowhere in its text.
        Origin::Variable if place.span == (0..0) => Some(0..text.len()),
        Origin::Flag => {
            let value = text.find('=')? + 1;
            (place.span.end < value).then_some(value..text.len())
        }
        _ => None,
    }
}

/// The text with asterisks for the span.
fn conceal(text: &str, span: &Range<usize>) -> String {
    let mut concealed = String::with_capacity(text.len());
    for (index, character) in text.char_indices() {
        if span.contains(&index) && !character.is_whitespace() {
            concealed.extend(std::iter::repeat_n('*', character.len_utf8()));
        } else {
            concealed.push(character);
        }
    }
    concealed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(text: &str) -> Sources {
        let mut sources = Sources::default();
        let origin = Origin::File("/kaniko.toml".into());
        sources.add(Source { label: "kaniko.toml".into(), text: text.into(), origin });
        sources
    }

    #[test]
    fn a_mistake_is_underlined_where_it_stands_and_followed_by_its_hint() {
        let sources = sources("version = 1\n[builds.api]\ndestination = []\n");
        let place = Place { source: 0, span: 25..36 };
        let mistake = Mistake::at(&place, "unknown key `destination` of a build", "unknown key")
            .hint("did you mean `destinations`?");

        let shown = mistakes(&Mistakes::new(vec![mistake], &sources), false);

        assert_eq!(
            shown,
            "error: unknown key `destination` of a build\n --> kaniko.toml:3:1\n  |\n3 | \
             destination = []\n  | ^^^^^^^^^^^ unknown key\nhint: did you mean \
             `destinations`?"
        );
    }

    #[test]
    fn a_secret_in_plain_sight_is_not_shown_again() {
        let sources = sources("password = \"hunter2\"\n");
        let place = Place { source: 0, span: 11..20 };
        let mistake = Mistake::at(&place, "a secret in plain sight", "a plain value").concealed();

        let shown = mistakes(&Mistakes::new(vec![mistake], &sources), false);

        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("password = *********"), "{shown}");
    }

    #[test]
    fn what_stands_nowhere_is_a_sentence_with_its_hint() {
        let mistake = Mistake::nowhere("the file says no `version`").hint("begin it so");

        let shown = mistakes(&Mistakes::new(vec![mistake], &Sources::default()), false);

        assert_eq!(shown, "error: the file says no `version`\nhint: begin it so");
    }
}
