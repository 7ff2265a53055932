//! Sets of characters, as classes of an expression name them.

/// The characters that one step takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) negated: bool,
    /// First and last of each.
    pub(super) ranges: Vec<(char, char)>,
}

impl Set {
    pub(super) fn of(ranges: &[(char, char)]) -> Self {
        Self { negated: false, ranges: ranges.to_vec() }
    }

    pub(super) fn negated(self) -> Self {
        Self { negated: !self.negated, ranges: self.ranges }
    }

    pub(super) fn holds(&self, character: char) -> bool {
        let within = self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&character));
        within != self.negated
    }

    /// Its members as ranges, for use within another set.
    pub(super) fn members(self) -> Vec<(char, char)> {
        if !self.negated {
            return self.ranges;
        }
        let mut members = Vec::new();
        let mut low = Some('\0');
        for (first, last) in self.ranges {
            if let Some(low) = low
                && let Some(before) = previous(first)
                && low <= before
            {
                members.push((low, before));
            }
            low = next(last);
        }
        members.extend(low.map(|low| (low, char::MAX)));
        members
    }
}

fn previous(character: char) -> Option<char> {
    ('\0'..character).next_back()
}

fn next(character: char) -> Option<char> {
    (character..=char::MAX).nth(1)
}

pub(super) const NEWLINE: &[(char, char)] = &[('\n', '\n')];
pub(super) const DIGIT: &[(char, char)] = &[('0', '9')];
pub(super) const SPACE: &[(char, char)] = &[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')];
pub(super) const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

/// `[:name:]` within a class; ranges ascend.
pub(super) const NAMED: &[(&str, &[(char, char)])] = &[
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", &[('\0', '\x7f')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("cntrl", &[('\0', '\x1f'), ('\x7f', '\x7f')]),
    ("digit", DIGIT),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("print", &[(' ', '~')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("word", WORD),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
];
