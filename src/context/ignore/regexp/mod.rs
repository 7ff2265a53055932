//! The regular expressions that Docker makes of its patterns.
//!
//! Docker turns a pattern into an expression for Go's `regexp` without a view to all that the
//! pattern may hold: `\d` means a digit, `[^a]` takes a slash, `^` within a pattern never
//! matches. Whoever wants Docker's answer has to read the expression as Go does. This is no
//! general engine: it knows what such an expression can hold, and runs in linear time.

mod parse;
mod set;

use parse::Parser;
use set::Set;

/// An expression, ready to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Program {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// Takes one character.
    Take(Set),
    /// Goes on at both.
    Split(usize, usize),
    /// Goes on only where this holds.
    Assert(Assertion),
    /// The whole has matched.
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Assertion {
    Start,
    End,
    WordBoundary(bool),
}

impl Program {
    /// Reads an expression; none for one that Go refuses, and for Unicode classes (`\pL`),
    /// which are not known here.
    ///
    /// Source: Go's `regexp/syntax`.
    pub(super) fn parse(source: &str) -> Option<Self> {
        let mut parser = Parser { rest: source, steps: Vec::new() };
        parser.expression()?;
        Some(Self { steps: parser.steps })
    }

    /// Whether `text` matches.
    pub(super) fn matches(&self, text: &[char]) -> bool {
        let states = self.run(text, Some(Edge::End));
        states.iter().any(|state| self.steps[*state] == Step::Done)
    }

    /// Whether something that starts with `text`, and is longer, can match.
    pub(super) fn reaches(&self, text: &[char]) -> bool {
        let states = self.run(text, None);
        !states.is_empty()
    }

    /// Where the expression can stand after `text`, or where it has matched before its end.
    fn run(&self, text: &[char], edge: Option<Edge>) -> Vec<usize> {
        let mut states = Vec::new();
        self.enter(0, Around::at(text, 0, edge), &mut states);
        for (index, character) in text.iter().enumerate() {
            // Only an expression without an anchor at its end is done this early.
            if states.iter().any(|state| self.steps[*state] == Step::Done) {
                break;
            }
            let mut following = Vec::with_capacity(states.len());
            for state in states {
                if let Step::Take(set) = &self.steps[state]
                    && set.holds(*character)
                {
                    self.enter(state + 1, Around::at(text, index + 1, edge), &mut following);
                }
            }
            states = following;
        }
        states
    }

    /// Adds `state`, and all that it leads to without a character.
    fn enter(&self, state: usize, around: Around, states: &mut Vec<usize>) {
        let mut open = vec![state];
        let mut seen = vec![false; self.steps.len()];
        while let Some(state) = open.pop() {
            if std::mem::replace(&mut seen[state], true) {
                continue;
            }
            match &self.steps[state] {
                Step::Split(one, other) => open.extend([*one, *other]),
                Step::Assert(assertion) if around.holds(*assertion) => open.push(state + 1),
                Step::Assert(_) => {}
                Step::Take(_) | Step::Done if states.contains(&state) => {}
                Step::Take(_) | Step::Done => states.push(state),
            }
        }
    }
}

/// What stands where a text ends that is known whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    End,
}

/// What is before and behind a place in the text.
#[derive(Debug, Clone, Copy)]
struct Around {
    before: Option<char>,
    behind: Option<char>,
    /// The text goes on and nobody knows how.
    open: bool,
}

impl Around {
    fn at(text: &[char], index: usize, edge: Option<Edge>) -> Self {
        Self {
            before: index.checked_sub(1).map(|before| text[before]),
            behind: text.get(index).copied(),
            open: edge.is_none() && index == text.len(),
        }
    }

    fn holds(self, assertion: Assertion) -> bool {
        let word = |character: Option<char>| {
            character.is_some_and(|character| Set::of(set::WORD).holds(character))
        };
        match assertion {
            Assertion::Start => self.before.is_none(),
            Assertion::End => self.behind.is_none() && !self.open,
            Assertion::WordBoundary(_) if self.open => true,
            Assertion::WordBoundary(wanted) => (word(self.before) != word(self.behind)) == wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Program;

    fn matches(source: &str, text: &str) -> bool {
        Program::parse(source).unwrap().matches(&text.chars().collect::<Vec<_>>())
    }

    fn reaches(source: &str, text: &str) -> bool {
        Program::parse(source).unwrap().reaches(&text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn expressions_match_as_go_matches_them() {
        for (source, text, expected) in [
            (r"^[^/]*\.go$", "main.go", true),
            (r"^[^/]*\.go$", "mainXgo", false),
            (r"^[^/]*\.go$", "a/main.go", false),
            (r"^(.*/)?b$", "b", true),
            (r"^(.*/)?b$", "a/a/b", true),
            (r"^(.*/)?b$", "ab", false),
            (r"^a.*$", "a/b/c", true),
            (r"^a.*$", "a\n", false),
            (r"^a[^b]c$", "a/c", true),
            (r"^\d$", "7", true),
            (r"^\D$", "7", false),
            (r"^[\D]$", "x", true),
            (r"^[\D]$", "7", false),
            (r"^[[:alpha:]]$", "q", true),
            (r"^[[:^alpha:]]$", "q", false),
            (r"^[[^/]*]$", "[^/]", true),
            (r"^[[^/]*]$", "*", false),
            (r"^a^b[^/]*$", "a^b", false),
            (r"^foo\bar[^/]*$", "foobar", false),
            (r"^a\b\.b$", "a.b", true),
            (r"^\x41\x{42}\103$", "ABC", true),
            (r"^\Qa.b\E[^/]*$", "a.bc", true),
            (r"^\Qa.b\E[^/]*$", "aXbc", false),
            (r"^[]a]$", "]", true),
            (r"^[^]a]$", "b", true),
            (r"^a|b[^/]*$", "ax/y", true),
            (r"^a|b[^/]*$", "x/by", true),
            (r"^a|b[^/]*$", "x/b/y", false),
            (r"^a[|]b$", "a|b", true),
            (r"^a{2}b$", "aab", true),
            (r"^a{2}b$", "ab", false),
            (r"^a{2,}b$", "aaaab", true),
            (r"^a{1,3}b$", "aaab", true),
            (r"^a{1,3}b$", "aaaab", false),
            (r"^a{0}b$", "b", true),
            (r"^{a,b}{01}[^/]*$", "{a,b}{01}c", true),
            (r"^a[^/]*\$", "ab$c", true),
            (r"^a[^/]*\$", "ab", false),
        ] {
            assert_eq!(matches(source, text), expected, "{source} {text:?}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for source in [
            r"^[l-O]$",
            r"^\y$",
            r"^\☺$",
            r"^[[:nope:]]$",
            r"^\8$",
            r"^\pL$",
            r"^\xZZ$",
            r"^[^/]*{2}$",
            r"^a{2}{3}$",
            r"^a{3,2}$",
            r"^a{1001}$",
            r"^a|{2}$",
        ] {
            assert_eq!(Program::parse(source), None, "{source}");
        }
    }

    #[test]
    fn an_expression_knows_what_it_can_still_match() {
        for (source, text, expected) in [
            (r"^a/[^/]*\.go$", "a/", true),
            (r"^a/[^/]*\.go$", "b/", false),
            (r"^a/[^/]*\.go$", "a/b/", false),
            (r"^(.*/)?b[^/]*$", "x/y/", true),
            (r"^[^/]*/keep$", "x/", true),
            (r"^[^/]*/keep$", "x/y/", false),
            (r"^a|b[^/]*$", "x/", true),
            (r"^a[^/]*\$", "a$/", true),
        ] {
            assert_eq!(reaches(source, text), expected, "{source} {text:?}");
        }
    }
}
