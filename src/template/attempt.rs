//! Where in a template its error belongs.

use std::ops::Range;

use minijinja::ErrorKind;

use super::error::{Problem, TemplateError, in_letters, in_our_words, raised};
use super::filters::FILTERS;
use super::lookup::FUNCTIONS;
use super::references::{Reference, Words};
use super::scan::{TokenKind, scan};
use super::unprintable::{Record, UNSURE};

/// A rendering that may fail, and what is needed to say where.
pub(super) struct Attempt<'a> {
    pub(super) source: &'a str,
    /// Where in the source what minijinja sees begins.
    pub(super) offset: usize,
    pub(super) record: &'a Record,
}

impl Attempt<'_> {
    /// minijinja's error in our words, in its place.
    ///
    /// Where it does not come from us and a name without a value is involved, that is the cause.
    pub(super) fn failed(&self, error: &minijinja::Error) -> TemplateError {
        if let Some(cause) = self.misused() {
            return cause;
        }
        let range = error.range().map_or(0..self.source.len(), |range| {
            in_letters(self.source, &(range.start + self.offset..range.end + self.offset))
        });
        let is_of_arguments =
            matches!(error.kind(), ErrorKind::MissingArgument | ErrorKind::TooManyArguments);
        if raised(error).is_none() && !is_of_arguments {
            let wide = self.with_what_is_filtered(&range);
            let named = self.paths_in(&wide);
            let absent = self.record.absent();
            let cause = absent.into_iter().find(|problem| {
                problem
                    .about
                    .as_ref()
                    .is_some_and(|about| named.iter().any(|(path, _)| path == about))
            });
            if let Some(problem) = cause {
                return self.placed(wide, problem);
            }
        }
        let problem = in_our_words(error, self.called(&range));
        // A filter of ours tells what it is applied to, minijinja where the filter is.
        let wide = self.with_what_is_filtered(&range);
        let mut applied = self.paths_in(&wide).into_iter();
        let about = applied.rfind(|(path, _)| Some(path) == problem.about.as_ref());
        self.placed(about.map_or(range, |(_, range)| range), problem)
    }

    pub(super) fn untouched(&self) -> Result<(), TemplateError> {
        if let Some(problem) = self.record.touched() {
            return Err(self.placed(0..self.source.len(), problem));
        }
        self.misused().map_or(Ok(()), Err)
    }

    /// What is wrong where a name is compared that may have a value which nobody tells.
    fn misused(&self) -> Option<TemplateError> {
        let problem = self.record.why_unsure()?;
        let tags = scan(self.source);
        let words = Words::of(&tags);
        let mut unsure = words.references.iter().filter(|found| found.path() == UNSURE);
        let found = unsure.find(|found| is_used(found))?;
        Some(TemplateError::new(found.range.clone(), problem))
    }

    /// `problem` at the name it is about, or else at `range`.
    pub(super) fn placed(&self, range: Range<usize>, problem: Problem) -> TemplateError {
        let about = problem.about.as_deref().unwrap_or_default();
        let within = self.paths_in(&range).into_iter().find(|(path, _)| path == about);
        TemplateError::new(within.map_or(range, |(_, range)| range), problem)
    }

    /// The filter or function that `range` begins with.
    fn called(&self, range: &Range<usize>) -> Option<&str> {
        let text = self.source.get(range.clone())?;
        let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let name = &text[..end.unwrap_or(text.len())];
        (FILTERS.contains(&name) || FUNCTIONS.contains(&name)).then_some(name)
    }

    /// `range`, and where it is a filter or a cut without what it is applied to, the name before.
    fn with_what_is_filtered(&self, range: &Range<usize>) -> Range<usize> {
        let before = self.source.get(..range.start).unwrap_or_default().trim_end();
        let filtered = before.strip_suffix('|').unwrap_or(before).trim_end();
        let everywhere = self.paths_in(&(0..self.source.len()));
        let name = everywhere.into_iter().find(|(_, found)| found.end == filtered.len());
        name.map_or_else(|| range.clone(), |(_, found)| found.start..range.end)
    }

    /// The names that `range` touches: of a name that is cut, minijinja's range lacks the root.
    fn paths_in(&self, range: &Range<usize>) -> Vec<(String, Range<usize>)> {
        let tags = scan(self.source);
        Words::of(&tags)
            .references
            .iter()
            .filter(|found| found.range.start < range.end && range.start < found.range.end)
            .map(|found| (found.path(), found.range.clone()))
            .collect()
    }
}

/// Whether more is done with a name than to print it, to ask whether it has a value, or to go on
/// without it.
fn is_used(found: &Reference<'_>) -> bool {
    let before = match found.before {
        Some(TokenKind::Sign(sign)) => sign != "(",
        Some(TokenKind::Name(word)) => word == "in",
        _ => false,
    };
    let after = match found.after {
        Some(TokenKind::Sign(sign)) => sign != "|",
        Some(TokenKind::Name(word)) => matches!(word, "in" | "not"),
        _ => false,
    };
    before || after
}
