//! The last lines that each build's executor has said, for the reports of a failure.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use crate::event::{Event, What};

/// How many lines are kept of a build.
const LINES: usize = 30;

/// How long a line may be, in characters: a progress bar may be one line without an end.
const LENGTH: usize = 500;

/// The last lines of each build; a clone is the same.
#[derive(Debug, Clone, Default)]
pub struct Tails(Arc<Mutex<BTreeMap<Arc<str>, VecDeque<String>>>>);

impl Tails {
    /// Keeps what an event tells.
    pub fn hear(&self, event: &Event) {
        let Some(build) = &event.build else { return };
        let mut tails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &event.what {
            What::Started { .. } => {
                tails.remove(build);
            }
            What::Log { line } => {
                let tail = tails.entry(Arc::clone(build)).or_default();
                if tail.len() == LINES {
                    tail.pop_front();
                }
                tail.push_back(line.chars().take(LENGTH).collect());
            }
            What::Stage(_)
            | What::Sent { .. }
            | What::Warning(_)
            | What::Silent { .. }
            | What::AskingAgain { .. }
            | What::Retrying { .. }
            | What::Ended(_) => {}
        }
    }

    /// The last lines of a build's last attempt, not yet redacted.
    #[must_use]
    pub fn of(&self, build: &str) -> Vec<String> {
        let tails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tails.get(build).map(|tail| tail.iter().cloned().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(build: &str, line: &str) -> Event {
        Event { build: Some(build.into()), what: What::Log { line: line.to_owned() } }
    }

    #[test]
    fn the_last_lines_of_the_last_attempt_are_kept() {
        let tails = Tails::default();
        tails.hear(&log("api", "first attempt"));
        let what = What::Started { attempt: 2, executor: String::new() };
        tails.hear(&Event { build: Some("api".into()), what });
        for number in 1..=40 {
            tails.hear(&log("api", &format!("line {number}")));
        }
        tails.hear(&log("web", "another build's"));

        let lines = tails.of("api");

        assert_eq!(lines.len(), 30);
        assert_eq!((lines[0].as_str(), lines[29].as_str()), ("line 11", "line 40"));
        assert_eq!(tails.of("web"), ["another build's"]);
        assert_eq!(tails.of("none"), [""; 0]);
    }
}
