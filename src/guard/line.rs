//! What is said to a guard: one JSON value a line, so that no name can break out of its own.

use serde::{Deserialize, Serialize};

use super::Thing;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Line {
    /// This is there from now on.
    Hold {
        /// For its release.
        id: u64,
        /// What it is.
        thing: Thing,
    },
    /// It is gone.
    Release {
        /// As it was held.
        id: u64,
    },
    /// The run has ended in good order.
    Done,
}

impl Line {
    /// The line with its end.
    pub(super) fn write(&self) -> Result<String, serde_json::Error> {
        Ok(format!("{}\n", serde_json::to_string(self)?))
    }

    /// A line without its end; nothing for what is none, as one that was cut by a kill.
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let line = Line::Hold {
            id: 3,
            thing: Thing::Container { program: "/opt/my docker".into(), name: "a\nb\"c".into() },
        };
        let text = line.write().unwrap();
        assert_eq!(text.matches('\n').count(), 1);
        assert_eq!(Line::read(text.trim_end()), Some(line));
    }

    #[test]
    fn a_line_that_was_cut_is_none() {
        assert_eq!(Line::read("{\"hold\":{\"id\":3,\"thi"), None);
    }
}
