//! Programs that play the part of others and keep what they are called with.
//!
//! A fake is a shell script. Each call is kept in a numbered directory: `argv` (a NUL after
//! each), `names` (the names of its variables), `stdin`.

use std::{fmt::Write as _, path::Path};

/// A program in the making.
#[derive(Debug, Clone)]
pub(crate) struct Fake {
    answers: Vec<(String, String)>,
    default: String,
    /// It takes all of its stdin before it does anything.
    hears: bool,
}

impl Fake {
    /// Says nothing and ends with 0.
    pub(crate) fn new() -> Self {
        Self { answers: Vec::new(), default: String::new(), hears: true }
    }

    /// Writes a line, or several, to stdout.
    pub(crate) fn prints(mut self, text: &str) -> Self {
        self.default.push_str(&say(text, ""));
        self
    }

    /// Writes a line, or several, to stderr.
    pub(crate) fn tells(mut self, text: &str) -> Self {
        self.default.push_str(&say(text, " >&2"));
        self
    }

    /// Ends with this code.
    pub(crate) fn exits(mut self, code: u8) -> Self {
        let _ = writeln!(self.default, "exit {code}");
        self
    }

    /// Runs lines of shell; `$state` is a directory that all fakes share, `$call` this call's.
    pub(crate) fn does(mut self, shell: &str) -> Self {
        self.default.push_str(shell);
        self.default.push('\n');
        self
    }

    /// Answers otherwise where its arguments, joined by spaces, match a pattern of `case`.
    pub(crate) fn when(mut self, pattern: &str, answer: Self) -> Self {
        self.answers.push((pattern.to_owned(), answer.lines()));
        self
    }

    /// As [`Self::when`], before all patterns that are there.
    pub(crate) fn first(mut self, pattern: &str, answer: Self) -> Self {
        self.answers.insert(0, (pattern.to_owned(), answer.lines()));
        self
    }

    /// Leaves its stdin alone, unread and not kept, but for what its own lines read.
    pub(crate) fn hears_nothing(mut self) -> Self {
        self.hears = false;
        self
    }

    /// The whole script.
    pub(crate) fn script(self, calls: &Path, state: &Path) -> String {
        let calls = quoted(&calls.display().to_string());
        let state = quoted(&state.display().to_string());
        // What the shell itself exports is not of the caller: names are read from the kernel.
        let mut script = format!(
            "#!/bin/sh\n\
             PATH=/usr/bin:/bin; export PATH\n\
             state={state}\n\
             number=1\n\
             until mkdir {calls}/$number 2>/dev/null; do number=$((number + 1)); done\n\
             call={calls}/$number\n\
             if [ $# -gt 0 ]; then printf '%s\\0' \"$@\"; fi >\"$call/argv\"\n\
             tr '\\0' '\\n' </proc/$$/environ | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/\\1/p' \
             >\"$call/names\"\n"
        );
        script.push_str("case \"$*\" in\n");
        for (pattern, answer) in &self.answers {
            let _ = writeln!(script, "{pattern})\n{answer};;");
        }
        let _ = write!(script, "*)\n{}:\n;;\nesac\n", self.lines());
        script
    }

    fn lines(self) -> String {
        let hear = if self.hears { "cat >\"$call/stdin\"\n" } else { "" };
        format!("{hear}{}", self.default)
    }
}

fn say(text: &str, to: &str) -> String {
    format!("printf '%s\\n' {}{to}\n", quoted(text))
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
