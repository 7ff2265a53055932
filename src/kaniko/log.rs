//! The executor's output, line by line: without its usage text, without colours.

use std::borrow::Cow;

/// Takes the usage text out of a stream of lines: some 70 lines that the executor prints after
/// each mistake in its flags and that hide the mistake.
///
/// Only the executor's own: `RUN` may print another program's.
#[derive(Debug, Default)]
pub struct UsageFilter {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Outside,
    /// `Usage:` was seen and is kept back until the next line tells whose it is.
    Perhaps(String),
    Inside,
    /// The last line was seen; an empty one follows.
    After,
}

impl UsageFilter {
    /// Takes the next line, without its end, and gives what is to be shown by now: nothing, this
    /// line, or one that was kept back with it.
    pub fn push(&mut self, line: String) -> Vec<String> {
        match std::mem::take(&mut self.state) {
            State::Outside if line == "Usage:" => {
                self.state = State::Perhaps(line);
                Vec::new()
            }
            State::Outside => vec![line],
            State::Perhaps(_) if line == "  executor [flags]" => {
                self.state = State::Inside;
                Vec::new()
            }
            State::Perhaps(usage) => {
                let mut lines = vec![usage];
                lines.extend(self.push(line));
                lines
            }
            State::Inside => {
                self.state =
                    if line.starts_with("Use \"executor") { State::After } else { State::Inside };
                Vec::new()
            }
            State::After if line.is_empty() => Vec::new(),
            State::After => self.push(line),
        }
    }

    /// Gives what is kept back at the end of the stream.
    #[must_use]
    pub fn finish(self) -> Option<String> {
        match self.state {
            State::Perhaps(usage) => Some(usage),
            State::Outside | State::Inside | State::After => None,
        }
    }
}

/// `line` without terminal sequences: colours, movements, titles.
///
/// Source: ECMA-48, control sequences (`ESC [`) and operating system commands (`ESC ]`).
#[must_use]
pub fn without_colours(line: &str) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            plain.push(character);
        } else if characters.next_if_eq(&'[').is_some() {
            characters.find(|c| ('@'..='~').contains(c));
        } else if characters.next_if_eq(&']').is_some() {
            characters.find(|c| *c == '\u{7}' || *c == '\\');
        } else {
            characters.next();
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(lines: &[&str]) -> Vec<String> {
        let mut filter = UsageFilter::default();
        let mut shown: Vec<_> =
            lines.iter().flat_map(|line| filter.push((*line).to_owned())).collect();
        shown.extend(filter.finish());
        shown
    }

    #[test]
    fn the_executors_usage_is_left_out() {
        assert_eq!(
            filtered(&[
                "Error: unknown flag: --nope",
                "Usage:",
                "  executor [flags]",
                "  executor [command]",
                "",
                "  -v, --verbosity string   Log level (default \"info\")",
                "",
                "Use \"executor [command] --help\" for more information about a command.",
                "",
                "after",
                "",
            ]),
            ["Error: unknown flag: --nope", "after", ""]
        );
    }

    #[test]
    fn the_usage_of_another_program_is_kept() {
        let lines = ["Usage:", "  helm [command]", "Usage:", "Usage:", "end", "Usage:"];

        assert_eq!(filtered(&lines), lines);
    }

    #[test]
    fn usage_that_is_cut_off_is_left_out_too() {
        assert_eq!(filtered(&["a", "Usage:", "  executor [flags]", "Flags:"]), ["a"]);
    }

    #[test]
    fn colours_are_removed_and_text_is_not() {
        assert_eq!(
            without_colours("\u{1b}[36mINFO\u{1b}[0m[0000] a [b] \u{1b}]0;t\u{7}ü"),
            "INFO[0000] a [b] ü"
        );
        assert!(matches!(without_colours("plain"), Cow::Borrowed("plain")));
        assert_eq!(without_colours("a\u{1b}"), "a");
    }
}
