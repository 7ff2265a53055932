//! The wildcard patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*` and `?`, neither of which
//! matches a line's end.
//!
//! `BuildKit` makes regular expressions of them. Here time is bounded by the value's length times
//! the pattern's, and that by [`LONGEST`].
//!
//! Source: `BuildKit`'s frontend/dockerfile/shell/lex.go, `convertShellPatternToRegex`.

use super::ExpandError;

/// In characters.
const LONGEST: usize = 4096;

/// `${value#pattern}`, or `${value##pattern}` where the pattern still begins with `#`.
pub(super) fn without_prefix(value: &str, pattern: &str) -> Result<String, ExpandError> {
    let (pattern, greedy) = greedy(pattern, '#');
    let value: Vec<char> = value.chars().collect();
    let end = Pattern::read(&pattern, greedy)?.end(&value, 0).unwrap_or_default();
    Ok(value[end..].iter().collect())
}

/// `${value%pattern}`, or `${value%%pattern}` where the pattern still begins with `%`.
pub(super) fn without_suffix(value: &str, pattern: &str) -> Result<String, ExpandError> {
    let (pattern, greedy) = greedy(pattern, '%');
    let value: Vec<char> = value.chars().rev().collect();
    let end = Pattern::read(&reversed(&pattern), greedy)?.end(&value, 0).unwrap_or_default();
    Ok(value[end..].iter().rev().collect())
}

/// `${value/pattern/replacement}`, or every match of it.
pub(super) fn replaced(
    value: &str,
    pattern: &str,
    replacement: &str,
    all: bool,
) -> Result<String, ExpandError> {
    let pattern = Pattern::read(&pattern.chars().collect::<Vec<_>>(), true)?;
    let value: Vec<char> = value.chars().collect();
    let mut text = String::new();
    // What was copied, where the search goes on, and where the last match ended.
    let (mut copied, mut from, mut last) = (0, 0, 0);
    while let Some((start, end)) = pattern.find(&value, from) {
        text.extend(&value[copied..start]);
        copied = end;
        // Nothing is put where an empty match follows another one.
        if end > last || start == 0 {
            if all {
                filled_in(replacement, &value[start..end], &mut text);
            } else {
                text.push_str(replacement);
                break;
            }
        }
        last = end;
        from = if end > from { end } else { from + 1 };
        if from > value.len() {
            break;
        }
    }
    text.extend(&value[copied..]);
    Ok(text)
}

/// The pattern without the second of two operators, and whether it was there.
fn greedy(pattern: &str, operator: char) -> (Vec<char>, bool) {
    let shorter = pattern.strip_prefix(operator);
    (shorter.unwrap_or(pattern).chars().collect(), shorter.is_some())
}

/// The pattern backwards, escapes before what they escape.
fn reversed(pattern: &[char]) -> Vec<char> {
    let mut reversed = Vec::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((first, after)) = rest.split_first() {
        if *first == '\\'
            && let Some((second, after)) = after.split_first()
        {
            reversed.extend([*second, *first]);
            rest = after;
        } else {
            reversed.push(*first);
            rest = after;
        }
    }
    reversed.reverse();
    reversed
}

/// Go's replacement: `$0` is the match, other groups are empty, `$$` is `$`.
fn filled_in(replacement: &str, matched: &[char], text: &mut String) {
    let mut rest = replacement;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        rest = after;
        if let Some(after) = after.strip_prefix('$') {
            text.push('$');
            rest = after;
            continue;
        }
        let inner = after.strip_prefix('{');
        let name = inner.unwrap_or(after);
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
        let (name, after_name) = name.split_at(end);
        let after_name = match inner {
            Some(_) => after_name.strip_prefix('}'),
            None => Some(after_name),
        };
        match after_name.filter(|_| !name.is_empty()) {
            None => text.push('$'),
            Some(after) => {
                if name == "0" {
                    text.extend(matched);
                }
                rest = after;
            }
        }
    }
    text.push_str(rest);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum One {
    Exactly(char),
    /// Any but a line's end.
    Any,
}

/// Runs of single characters with a `*` between each two.
struct Pattern {
    runs: Vec<Vec<One>>,
    /// The last `*` takes as much as it can; else as little.
    greedy: bool,
}

impl Pattern {
    fn read(pattern: &[char], greedy: bool) -> Result<Self, ExpandError> {
        if pattern.len() > LONGEST {
            let message = format!("a pattern is longer than {LONGEST} characters");
            return Err(ExpandError { message, unset: false });
        }
        let mut runs = vec![Vec::new()];
        let mut characters = pattern.iter().copied().peekable();
        while let Some(character) = characters.next() {
            let one = match character {
                '*' => {
                    runs.push(Vec::new());
                    continue;
                }
                '?' => One::Any,
                // Escaped for the braces' sake; the pattern knows nothing of it.
                '\\' if matches!(characters.peek(), Some('}' | '/')) => continue,
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '?' | '\\')) => One::Exactly(escaped),
                    escaped => {
                        let shown: String = ['\\'].into_iter().chain(escaped).collect();
                        let message = format!("`{shown}` is no escape of a pattern");
                        return Err(ExpandError { message, unset: false });
                    }
                },
                character => One::Exactly(character),
            };
            runs.last_mut().expect("there is one from the beginning").push(one);
        }
        Ok(Self { runs, greedy })
    }

    /// Where the match that begins at `start` ends.
    ///
    /// Taking each run at its first place leaves the others every place they could have: stars do
    /// not cross line ends. So nothing has to be tried twice.
    fn end(&self, value: &[char], start: usize) -> Option<usize> {
        let (first, rest) = self.runs.split_first()?;
        let mut at = matches(first, value, start).then_some(start + first.len())?;
        let Some((last, middle)) = rest.split_last() else { return Some(at) };
        for run in middle {
            at = first_place(run, value, at)? + run.len();
        }
        let place = first_place(last, value, at)?;
        if !self.greedy {
            return Some(place + last.len());
        }
        let line_end = line_end(value, at);
        let place = (place..=line_end).rev().find(|place| matches(last, value, *place));
        place.map(|place| place + last.len())
    }

    /// The first match that begins at `from` or later.
    fn find(&self, value: &[char], from: usize) -> Option<(usize, usize)> {
        let first = self.runs.first()?;
        let mut start = from;
        while start + first.len() <= value.len() {
            if matches(first, value, start) {
                if let Some(end) = self.end(value, start) {
                    return Some((start, end));
                }
                // Nor can any match whose first run ends on the same line.
                let line_end = line_end(value, start + first.len());
                start = (line_end + 1).saturating_sub(first.len()).max(start + 1);
            } else {
                start += 1;
            }
        }
        None
    }
}

fn matches(run: &[One], value: &[char], at: usize) -> bool {
    let Some(part) = value.get(at..at + run.len()) else { return false };
    run.iter().zip(part).all(|(one, character)| match one {
        One::Exactly(exactly) => exactly == character,
        One::Any => *character != '\n',
    })
}

/// The first place of `run` that a `*` at `from` can reach.
fn first_place(run: &[One], value: &[char], from: usize) -> Option<usize> {
    (from..=line_end(value, from)).find(|place| matches(run, value, *place))
}

fn line_end(value: &[char], from: usize) -> usize {
    let length = value[from..].iter().position(|c| *c == '\n');
    length.map_or(value.len(), |length| from + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(value: &str, pattern: &str) -> String {
        without_prefix(value, pattern).unwrap()
    }

    fn suffix(value: &str, pattern: &str) -> String {
        without_suffix(value, pattern).unwrap()
    }

    #[test]
    fn one_operator_takes_the_shortest_and_two_the_longest() {
        assert_eq!(prefix("a/b/c", "*/"), "b/c");
        assert_eq!(prefix("a/b/c", "#*/"), "c");
        assert_eq!(suffix("a.tar.gz", ".*"), "a.tar");
        assert_eq!(suffix("a.tar.gz", "%.*"), "a");
        assert_eq!(prefix("abc", "x"), "abc");
        assert_eq!(prefix("abc", "#*"), "");
        assert_eq!(suffix("v1.2", "?"), "v1.");
    }

    #[test]
    fn wildcards_can_be_escaped_and_nothing_else() {
        assert_eq!(prefix("*a", "\\*"), "a");
        assert_eq!(suffix("a?", "\\?"), "a");
        assert_eq!(
            without_prefix("a", "\\a").unwrap_err().message,
            "`\\a` is no escape of a pattern"
        );
        assert!(without_prefix("a", &"a".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn the_first_or_every_match_is_replaced() {
        assert_eq!(replaced("a-b-c", "-", "+", false).unwrap(), "a+b-c");
        assert_eq!(replaced("a-b-c", "-", "+", true).unwrap(), "a+b+c");
        assert_eq!(replaced("a(b)c", "(*)", "", true).unwrap(), "ac");
        assert_eq!(replaced("abc", "", "-", true).unwrap(), "-a-b-c-");
        assert_eq!(replaced("abc", "*", "x", true).unwrap(), "x");
        assert_eq!(replaced("abc", "b", "[$0$1$$]", true).unwrap(), "a[b$]c");
    }

    #[test]
    fn a_star_ends_with_its_line() {
        assert_eq!(prefix("a\nb", "#*"), "\nb");
        assert_eq!(replaced("ax\nbx", "*x", "-", true).unwrap(), "-\n-");
        assert_eq!(replaced("a\nb", "a*b", "-", true).unwrap(), "a\nb");
    }

    #[test]
    fn what_a_regular_expression_would_read_otherwise_is_a_character() {
        assert_eq!(prefix("a.b", "a."), "b");
        assert_eq!(prefix("axb", "a."), "axb");
        assert_eq!(replaced("[a]", "[a]", "", true).unwrap(), "");
    }
}
