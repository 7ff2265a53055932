//! Reading an expression as Go's `regexp/syntax` does.

use std::str::Chars;

use super::{
    Assertion, Step,
    set::{DIGIT, NAMED, NEWLINE, SPACE, Set, WORD},
};

/// An expression half read.
pub(super) struct Parser<'a> {
    pub(super) rest: &'a str,
    pub(super) steps: Vec<Step>,
}

impl Parser<'_> {
    fn eat(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn character(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let first = chars.next();
        self.rest = chars.as_str();
        first
    }

    /// All alternatives, each with its end.
    pub(super) fn expression(&mut self) -> Option<()> {
        if !self.rest.contains('|') {
            self.alternative()?;
            self.steps.push(Step::Done);
            return Some(());
        }
        // Its anchors belong to the first and the last alternative alone: the others are found
        // anywhere in a text.
        self.star(Set::default().negated());
        loop {
            let branch = self.steps.len();
            self.steps.push(Step::Split(branch + 1, branch + 1));
            self.alternative()?;
            self.steps.push(Step::Done);
            if !self.eat("|") {
                return Some(());
            }
            self.steps[branch] = Step::Split(branch + 1, self.steps.len());
        }
    }

    fn alternative(&mut self) -> Option<()> {
        if bounds(self.rest).is_some() {
            return None;
        }
        while !self.rest.is_empty() && !self.rest.starts_with('|') {
            let starred = self.atom()?;
            if let Some((least, most, rest)) = bounds(self.rest) {
                if starred || bounds(rest).is_some() {
                    return None;
                }
                self.rest = rest;
                self.repeat(least, most)?;
            }
        }
        Some(())
    }

    /// One part of the expression; whether it is repeated already.
    fn atom(&mut self) -> Option<bool> {
        let mut starred = false;
        if self.eat("(.*/)?") {
            let split = self.steps.len();
            self.steps.push(Step::Split(0, 0));
            self.star(Set::of(NEWLINE).negated());
            self.steps.push(Step::Take(Set::of(&[('/', '/')])));
            self.steps[split] = Step::Split(split + 1, self.steps.len());
            starred = true;
        } else if self.eat(".*") {
            self.star(Set::of(NEWLINE).negated());
            starred = true;
        } else if self.eat("[") {
            let set = self.class()?;
            if self.eat("*") {
                self.star(set);
                starred = true;
            } else {
                self.steps.push(Step::Take(set));
            }
        } else if self.eat("^") || self.eat(r"\A") {
            self.steps.push(Step::Assert(Assertion::Start));
        } else if self.eat("$") || self.eat(r"\z") {
            self.steps.push(Step::Assert(Assertion::End));
        } else if self.eat(r"\b") {
            self.steps.push(Step::Assert(Assertion::WordBoundary(true)));
        } else if self.eat(r"\B") {
            self.steps.push(Step::Assert(Assertion::WordBoundary(false)));
        } else if self.eat(r"\Q") {
            let (quoted, rest) = self.rest.split_once(r"\E").unwrap_or((self.rest, ""));
            self.rest = rest;
            self.steps.extend(quoted.chars().map(|one| Step::Take(Set::of(&[(one, one)]))));
        } else if let Some(set) = self.perl_class() {
            self.steps.push(Step::Take(set));
        } else {
            let one = self.member()?;
            self.steps.push(Step::Take(Set::of(&[(one, one)])));
        }
        Some(starred)
    }

    /// The last step from `least` to `most` times.
    fn repeat(&mut self, least: usize, most: Option<usize>) -> Option<()> {
        if least > MOST_REPEATS || most.is_some_and(|most| most > MOST_REPEATS || most < least) {
            return None;
        }
        let Some(Step::Take(set)) = self.steps.pop_if(|last| matches!(last, Step::Take(_))) else {
            // What takes no character holds as often as one likes.
            return Some(());
        };
        let step = Step::Take(set.clone());
        self.steps.extend(std::iter::repeat_n(step.clone(), least));
        let Some(most) = most else {
            self.star(set);
            return Some(());
        };
        let first = self.steps.len();
        let end = first + 2 * (most - least);
        for split in (first..end).step_by(2) {
            self.steps.extend([Step::Split(split + 1, end), step.clone()]);
        }
        Some(())
    }

    /// Any number of a set's characters: split, take, back to the split.
    fn star(&mut self, set: Set) {
        let split = self.steps.len();
        self.steps.push(Step::Split(split + 1, split + 3));
        self.steps.push(Step::Take(set));
        self.steps.push(Step::Split(split, split));
    }

    /// A class, from behind its `[`.
    fn class(&mut self) -> Option<Set> {
        let mut set = Set { negated: self.eat("^"), ranges: Vec::new() };
        let mut first = true;
        while first || !self.eat("]") {
            first = false;
            if let Some(named) = self.named_class()? {
                set.ranges.extend(named.members());
            } else if let Some(perl) = self.perl_class() {
                set.ranges.extend(perl.members());
            } else {
                let low = self.member()?;
                let ranges = self.rest.len() >= 2
                    && self.rest.starts_with('-')
                    && !self.rest.starts_with("-]");
                let high = if ranges {
                    self.rest = &self.rest[1..];
                    self.member()?
                } else {
                    low
                };
                if high < low {
                    return None;
                }
                set.ranges.push((low, high));
            }
        }
        Some(set)
    }

    /// `[:alpha:]`, `[:^alpha:]`; `Some(None)` where there is none.
    #[expect(clippy::option_option, reason = "no name, none here, and a set are three answers")]
    fn named_class(&mut self) -> Option<Option<Set>> {
        let Some((name, rest)) =
            self.rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]"))
        else {
            return Some(None);
        };
        let (name, negated) = name.strip_prefix('^').map_or((name, false), |name| (name, true));
        let (_, ranges) = NAMED.iter().find(|(known, _)| *known == name)?;
        self.rest = rest;
        Some(Some(Set { negated, ranges: ranges.to_vec() }))
    }

    /// `\d`, `\s`, `\w` and their opposites.
    fn perl_class(&mut self) -> Option<Set> {
        let letter = self.rest.strip_prefix('\\')?.chars().next()?;
        let set = match letter.to_ascii_lowercase() {
            'd' => Set::of(DIGIT),
            's' => Set::of(SPACE),
            'w' => Set::of(WORD),
            _ => return None,
        };
        self.rest = &self.rest[2..];
        Some(if letter.is_ascii_uppercase() { set.negated() } else { set })
    }

    /// One character, perhaps escaped.
    fn member(&mut self) -> Option<char> {
        let first = self.character()?;
        if first != '\\' {
            return Some(first);
        }
        match self.character()? {
            '1'..='7' if !self.rest.starts_with(|next| ('0'..='7').contains(&next)) => None,
            digit @ '0'..='7' => {
                let mut code = digit.to_digit(8)?;
                for _ in 0..2 {
                    let Some(digit) = self.rest.chars().next().and_then(|one| one.to_digit(8))
                    else {
                        break;
                    };
                    code = code * 8 + digit;
                    self.rest = &self.rest[1..];
                }
                char::from_u32(code)
            }
            'x' if self.eat("{") => {
                let (code, rest) = self.rest.split_once('}')?;
                self.rest = rest;
                hex(code.chars())
            }
            'x' => {
                let code = self.rest.get(..2)?;
                self.rest = &self.rest[2..];
                hex(code.chars())
            }
            'a' => Some('\x07'),
            'f' => Some('\x0c'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\x0b'),
            other => (other.is_ascii() && !other.is_ascii_alphanumeric()).then_some(other),
        }
    }
}

/// How often Go repeats at most.
const MOST_REPEATS: usize = 1000;

/// `{2}`, `{2,}` or `{2,4}`, and what follows; none for a `{` that stands for itself.
fn bounds(rest: &str) -> Option<(usize, Option<usize>, &str)> {
    let (inside, rest) = rest.strip_prefix('{')?.split_once('}')?;
    let (least, most) = inside.split_once(',').map_or((inside, Some(inside)), |(least, most)| {
        (least, Some(most).filter(|most| !most.is_empty()))
    });
    let most = match most {
        Some(most) => Some(number(most)?),
        None => None,
    };
    Some((number(least)?, most, rest))
}

/// A number without leading zeros; one that is far too large for one that is too large.
fn number(digits: &str) -> Option<usize> {
    let digital = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0');
    (digital && !padded).then(|| digits.parse().unwrap_or(usize::MAX))
}

fn hex(mut digits: Chars<'_>) -> Option<char> {
    let first = digits.next()?.to_digit(16)?;
    let code = digits
        .try_fold(first, |code, digit| code.checked_mul(16)?.checked_add(digit.to_digit(16)?))?;
    char::from_u32(code)
}
