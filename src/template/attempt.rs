//! Where in a template its error belongs.

use std::ops::Range;

use super::error::{Problem, TemplateError, in_letters, in_our_words, raised};
use super::references::Words;
use super::scan::scan;
use super::unprintable::Record;

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
        let range = error.range().map_or(0..self.source.len(), |range| {
            in_letters(self.source, &(range.start + self.offset..range.end + self.offset))
        });
        if raised(error).is_none() {
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
        self.placed(range, in_our_words(error))
    }

    pub(super) fn untouched(&self) -> Result<(), TemplateError> {
        match self.record.touched() {
            Some(problem) => Err(self.placed(0..self.source.len(), problem)),
            None => Ok(()),
        }
    }

    /// `problem` at the name it is about, or else at `range`.
    pub(super) fn placed(&self, range: Range<usize>, problem: Problem) -> TemplateError {
        let about = problem.about.as_deref().unwrap_or_default();
        let within = self.paths_in(&range).into_iter().find(|(path, _)| path == about);
        TemplateError::new(within.map_or(range, |(_, range)| range), problem)
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
