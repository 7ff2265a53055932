//! The formats of a run's report, and what all of them tell of.

use std::{fmt, path::PathBuf, time::SystemTime};

use crate::{
    ci::Ci,
    config::{Mistake, Place},
    outcome::{End, Outcome},
    plan::{Build, Plan},
    secret::Redactor,
};

use super::{Tails, dotenv, github, junit, markdown, run};

/// A form that a report can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The audit trail.
    Json,
    /// Variables for later jobs, as GitLab takes them.
    Dotenv,
    /// A test case for each build.
    Junit,
    /// A table to read.
    Markdown,
    /// Outputs of a step of GitHub Actions.
    GithubOutput,
}

impl Format {
    /// Each of them.
    pub const ALL: [Self; 5] =
        [Self::Json, Self::Dotenv, Self::Junit, Self::Markdown, Self::GithubOutput];

    /// As `--report` and `[reports]` spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Dotenv => "dotenv",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::GithubOutput => "github-output",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The whole report, with an end of line, without a secret that is known.
    #[must_use]
    pub fn document(self, run: &Ended<'_>) -> String {
        match self {
            Self::Json => run::json(run),
            Self::Dotenv => dotenv::document(run),
            Self::Junit => junit::document(run),
            Self::Markdown => markdown::document(run),
            Self::GithubOutput => github::document(run),
        }
    }
}

/// A report that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its form.
    pub format: Format,
    /// Where it goes, absolute.
    pub path: PathBuf,
    /// Whether it is added to what is there: a file of GitHub's, which others write to as well.
    pub append: bool,
    /// Who asked for it.
    pub by: By,
}

/// Who asked for a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// `--report`, with this text.
    Option(String),
    /// `[reports]`, with a path that stands there.
    Key(Place),
    /// Nobody: then a run is no worse without it.
    Default,
}

impl Report {
    /// Whether nobody asked for it.
    #[must_use]
    pub fn is_by_default(&self) -> bool {
        self.by == By::Default
    }

    /// What is wrong with it, where it was asked for.
    #[must_use]
    pub fn mistake(&self, message: String, label: &str) -> Mistake {
        match &self.by {
            By::Key(place) => Mistake::at(place, message, label),
            By::Option(_) | By::Default => Mistake::nowhere(message),
        }
    }
}

impl fmt::Display for Report {
    /// As the user named it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            By::Option(text) => write!(formatter, "`--report {text}`"),
            By::Key(_) => write!(formatter, "`reports.{}`", self.format.name()),
            By::Default => write!(formatter, "the {} report of the step", self.format.name()),
        }
    }
}

/// A run that has ended, whatever became of it.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// What was to be done.
    pub plan: &'a Plan,
    /// What became of it.
    pub outcomes: &'a [Outcome],
    /// The pipeline.
    pub ci: &'a Ci,
    /// When the run began.
    pub started: SystemTime,
    /// The signal that interrupted it, where one did.
    pub signal: Option<&'static str>,
    /// The last that each executor said.
    pub tails: &'a Tails,
    /// What knows the secrets.
    pub redactor: &'a Redactor,
}

impl<'a> Ended<'a> {
    /// Each build of the plan that has an outcome, in order.
    pub(super) fn builds(&self) -> impl Iterator<Item = (&'a Build, &'a Outcome)> {
        let outcomes = self.outcomes;
        self.plan.builds.iter().filter_map(move |build| {
            let outcome = outcomes.iter().find(|outcome| outcome.build == build.name)?;
            Some((build, outcome))
        })
    }

    /// Each image that was pushed: its build's name, its first reference with its digest, and the
    /// digest.
    pub(super) fn images(&self) -> impl Iterator<Item = (&'a str, Option<String>, &'a str)> {
        self.builds().filter_map(|(build, outcome)| match &outcome.end {
            End::Built { digest, images } => {
                let image = images.first().map(|image| self.plain(image));
                Some((&*build.name, image, digest.as_str()))
            }
            End::Failed { .. }
            | End::Unreached { .. }
            | End::Unpacked { .. }
            | End::Skipped { .. }
            | End::Interrupted => None,
        })
    }

    /// `text` without secrets, without what colours it, and without control characters: fit to be
    /// escaped, after which a secret could no longer be known.
    pub(super) fn plain(&self, text: &str) -> String {
        plain(&self.redactor.text(text))
    }

    /// The last lines of a build's log, fit to be escaped.
    pub(super) fn tail(&self, build: &str) -> String {
        self.plain(&self.tails.of(build).join("\n"))
    }
}

/// Without ANSI's escape sequences, and without the control characters that XML has no form for.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => {
                if letters.next_if_eq(&'[').is_some() {
                    // Parameters, then one letter that ends the sequence.
                    while letters.next_if(|one| !('@'..='~').contains(one)).is_some() {}
                    letters.next();
                }
            }
            '\n' | '\t' => plain.push(letter),
            '\u{fffe}' | '\u{ffff}' => {}
            other if other.is_control() => {}
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{Format, plain};

    #[test]
    fn colours_and_control_characters_are_left_out() {
        assert_eq!(
            plain("\u{1b}[36mINFO\u{1b}[0m one\ttwo\r\nthree\u{0}\u{7}"),
            "INFO one\ttwo\nthree"
        );
        assert_eq!(plain("cut \u{1b}[3"), "cut ");
    }

    #[test]
    fn a_format_is_found_by_its_name() {
        for format in Format::ALL {
            assert_eq!(Format::named(format.name()), Some(format));
        }
        assert_eq!(Format::named("xml"), None);
    }
}
