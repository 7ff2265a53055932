//! How one build ended.

use std::{sync::Arc, time::Duration};

/// The end of one build, whatever it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The build's name.
    pub build: Arc<str>,
    /// How it ended.
    pub end: End,
    /// From its start to its end, all attempts and pauses included.
    pub duration: Duration,
    /// How often it was tried; 0 for a build that never started.
    pub attempts: u32,
    /// What was sent, where something was.
    pub bundle: Option<crate::context::Packed>,
    /// What `executor version` said, where it was asked.
    pub executor_version: Option<String>,
    /// The images that its Dockerfile takes, with the digest where that is known; none before the
    /// first attempt.
    pub bases: Vec<String>,
    /// Whether each destination has the image, in the plan's order.
    pub pushed: Vec<Pushed>,
}

/// Whether a destination has the image that was to be pushed to it, by any attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pushed {
    /// It was not asked, or has refused.
    No,
    /// It was asked, or may have been, and whether it took it is not known.
    Unknown,
    /// It has said so.
    Yes,
}

impl Pushed {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Unknown => "unknown",
            Self::Yes => "yes",
        }
    }
}

impl Outcome {
    /// Of a build that was never started and has so many destinations.
    #[must_use]
    pub fn unstarted(build: Arc<str>, end: End, destinations: usize) -> Self {
        Self {
            build,
            end,
            duration: Duration::ZERO,
            attempts: 0,
            bundle: None,
            executor_version: None,
            bases: Vec::new(),
            pushed: vec![Pushed::No; destinations],
        }
    }

    /// What an interruption by this signal, where it is known, was to this build.
    #[must_use]
    pub fn interruption(&self, signal: Option<&str>) -> String {
        let by = signal.map_or_else(String::new, |signal| format!(" by {signal}"));
        let when = if self.attempts == 0 { " before it began" } else { "" };
        format!("interrupted{by}{when}")
    }
}

/// The ways to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Built, and pushed where it was to be.
    Built {
        /// `sha256:…`.
        digest: String,
        /// `reference@digest` of each destination that was pushed, in order.
        images: Vec<String>,
    },
    /// The executor ran and failed, or ran out of time.
    Failed {
        /// The executor's exit code.
        exit_code: i32,
        /// Why, in a sentence.
        cause: String,
    },
    /// The executor could not be reached, locked or fed.
    Unreached {
        /// Why, in a sentence.
        cause: String,
        /// What to do about it, where there is something.
        hint: Option<String>,
    },
    /// Its context could not be packed, or lacks what is copied from it: the files are at fault,
    /// and no executor was started.
    Unpacked {
        /// Why, in a sentence.
        cause: String,
        /// What to do about it, where there is something.
        hint: Option<String>,
    },
    /// Not started, because of another build or the end of the run.
    Skipped {
        /// Why.
        cause: String,
    },
    /// The run was interrupted while it ran, or before.
    Interrupted,
}

/// An error and its causes, each after a colon, without the numbers that the system has for them.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    without_numbers(&text)
}

/// Without the ` (os error 2)` that the standard library puts behind the system's own words.
pub(crate) fn without_numbers(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                plain.push_str(rest);
            }
            _ => {
                plain.push_str(" (os error ");
                plain.push_str(part);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_attempt_may_have_pushed_stays_so_after_a_later_one_fails() {
        assert_eq!(Pushed::Unknown.max(Pushed::No), Pushed::Unknown);
        assert_eq!(Pushed::Yes.max(Pushed::Unknown), Pushed::Yes);
    }

    #[test]
    fn causes_are_told_in_words_alone() {
        let error = std::io::Error::from_raw_os_error(2);

        assert_eq!(chain(&error), "No such file or directory");
        assert_eq!(without_numbers("a (os error 2); b (os error 13)."), "a; b.");
        assert_eq!(without_numbers("a (os error x) (os error"), "a (os error x) (os error");
    }
}
