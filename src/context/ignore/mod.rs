//! Which paths of a context are left out: `.dockerignore` by Docker's rules.
//!
//! The last pattern that matches a path or one of its parents decides. [`Rules`] knows no file
//! system: it reads the text of an ignore file and is asked about paths, relative to the
//! context, `/`-separated and without a `./` before them. Going down a tree, the
//! answers of a directory are handed to what is in it ([`Matched`]), so that no path is
//! compared twice.
//!
//! Source: moby patternmatcher, `MatchesOrParentMatches` and `ignorefile.ReadAll`.

mod clean;
#[cfg(test)]
mod moby;
mod pattern;
mod regexp;

use pattern::{Path, Pattern};

/// The patterns of an ignore file.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    patterns: Vec<Pattern>,
    kept: Vec<Vec<u8>>,
}

/// A pattern that Docker refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPattern {
    /// From 1.
    pub line: usize,
    /// The line, with replacement characters for what is no UTF-8.
    pub pattern: String,
}

/// Which patterns match a directory or one of its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched(Vec<bool>);

impl Rules {
    /// Reads the content of an ignore file.
    ///
    /// # Errors
    ///
    /// [`BadPattern`] for the first line that Docker refuses: a lone `!`, a class without its
    /// end, a range from high to low.
    pub fn parse(content: &[u8]) -> Result<Self, BadPattern> {
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        let mut patterns = Vec::new();
        for (index, line) in content.split(|byte| *byte == b'\n').enumerate() {
            let bad = |()| BadPattern {
                line: index + 1,
                pattern: String::from_utf8_lossy(pattern::trim(line)).into_owned(),
            };
            if let Some(line) = relative(line) {
                patterns.extend(Pattern::parse(&line).map_err(bad)?);
            }
        }
        Ok(Self { patterns, kept: Vec::new() })
    }

    /// Sends `path`, whatever the patterns say.
    pub fn keep(&mut self, path: Vec<u8>) {
        self.kept.push(path);
    }

    /// What is sent whatever the patterns say.
    pub(super) fn kept(&self) -> impl Iterator<Item = &[u8]> {
        self.kept.iter().map(Vec::as_slice)
    }

    /// Whether `path` is left out, asked without its parents' answers.
    #[must_use]
    pub fn ignores(&self, path: &[u8]) -> bool {
        self.ignores_in(path, &self.above(path))
    }

    /// Whether anything in the directory `path` can be sent; the context's own path is empty.
    pub(super) fn enters(&self, path: &[u8]) -> bool {
        let matched = self.within(path, &self.above(path));
        path.is_empty() || !self.ignores_in(path, &matched) || self.reaches_into(path, &matched)
    }

    /// The answers of the directory that `path` is in.
    fn above(&self, path: &[u8]) -> Matched {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let parents = slashes.map(|(end, _)| &path[..end]);
        parents.fold(self.top(), |matched, parent| self.within(parent, &matched))
    }

    /// The answers of the context itself: nothing matches it.
    #[must_use]
    pub fn top(&self) -> Matched {
        Matched(vec![false; self.patterns.len()])
    }

    /// The answers of the directory `path` in a directory with the answers `parent`.
    #[must_use]
    pub fn within(&self, path: &[u8], parent: &Matched) -> Matched {
        let path = Path::new(path);
        let both = self.patterns.iter().zip(&parent.0);
        Matched(both.map(|(pattern, matched)| *matched || pattern.matches(&path)).collect())
    }

    /// Whether `path` is left out, in a directory with the answers `parent`.
    #[must_use]
    pub fn ignores_in(&self, path: &[u8], parent: &Matched) -> bool {
        if self.kept.iter().any(|kept| kept == path) {
            return false;
        }
        let path = Path::new(path);
        let mut last_first = self.patterns.iter().zip(&parent.0).rev();
        last_first
            .find(|(pattern, matched)| **matched || pattern.matches(&path))
            .is_some_and(|(pattern, _)| !pattern.exception)
    }

    /// Whether anything in the directory `path` can be sent that is itself left out.
    ///
    /// Only an exception can bring it back, and only one behind the last pattern that takes
    /// the directory out: that one matches everything in it too.
    #[must_use]
    pub fn reaches_into(&self, path: &[u8], matched: &Matched) -> bool {
        let below =
            |kept: &Vec<u8>| kept.strip_prefix(path).is_some_and(|rest| rest.starts_with(b"/"));
        let path = Path::new(path);
        let mut behind =
            self.patterns.iter().zip(&matched.0).rev().take_while(|(_, matched)| !**matched);
        self.kept.iter().any(below)
            || behind.any(|(pattern, _)| pattern.exception && pattern.reaches(&path))
    }
}

/// A line as a pattern relative to the context; none for a comment or an empty line.
///
/// Source: moby patternmatcher, `ignorefile.ReadAll`.
fn relative(line: &[u8]) -> Option<Vec<u8>> {
    if line.starts_with(b"#") {
        return None;
    }
    let line = pattern::trim(line);
    let (sign, path) =
        line.strip_prefix(b"!").map_or((&b""[..], line), |path| (&b"!"[..], pattern::trim(path)));
    if sign.is_empty() && path.is_empty() {
        return None;
    }
    let mut cleaned = if path.is_empty() { Vec::new() } else { clean::clean(path) };
    if cleaned.len() > 1 && cleaned[0] == b'/' {
        cleaned.remove(0);
    }
    Some([sign, &cleaned].concat())
}

#[cfg(test)]
mod tests {
    use super::Rules;

    /// Patterns go in as moby's tests hand them over: one a line.
    pub(super) fn ignores(patterns: &[&str], path: &str) -> bool {
        Rules::parse(patterns.join("\n").as_bytes()).unwrap().ignores(path.as_bytes())
    }

    #[test]
    fn an_ignore_file_is_read_as_moby_reads_it() {
        let content = "\u{feff}test1\r\n/test2\n/a/file/here\n\nlastfile\n# a comment\n  \n! /inverted/abs/path\n";
        let rules = Rules::parse(content.as_bytes()).unwrap();
        for (path, expected) in [
            ("test1", true),
            ("test2", true),
            ("a/file/here", true),
            ("lastfile", true),
            ("# a comment", false),
            ("inverted/abs/path", false),
        ] {
            assert_eq!(rules.ignores(path.as_bytes()), expected, "{path}");
        }
        assert!(ignores(&[" # no comment"], "# no comment"));
        assert!(ignores(&["!a/b", "./a//b/../b/"], "a/b"));
        assert!(!ignores(&["/"], "a"));
        assert!(!ignores(&["."], "a"));
    }

    #[test]
    fn a_refused_pattern_is_named_with_its_line() {
        let bad = Rules::parse(b"# x\n\n  a[  \n").unwrap_err();

        assert_eq!((bad.line, bad.pattern.as_str()), (3, "a["));
        assert_eq!(Rules::parse(b"a\n! \n").unwrap_err().line, 2);
    }

    #[test]
    fn a_byte_that_is_no_utf8_is_one_character() {
        let rules = Rules::parse(b"a?c\n*.\xff\n").unwrap();

        assert!(rules.ignores(b"a\xffc"));
        assert!(!rules.ignores(b"a\xff\xffc"));
        assert!(rules.ignores(b"x.\xff"));
    }

    #[test]
    fn what_matches_only_a_parent_keeps_a_later_word() {
        // A walk that skips patterns by their parents' verdict alone would lose `vendor` here.
        assert!(ignores(&["*", "!**/*.go", "vendor"], "vendor/x.go"));
        assert!(!ignores(&["*", "!**/*.go", "vendor"], "src/x.go"));
    }

    #[test]
    fn a_directory_is_entered_only_where_an_exception_can_match() {
        for (patterns, path, expected) in [
            (&["a"][..], "a", false),
            (&["a", "!b"], "a", false),
            (&["a", "!a/b"], "a", true),
            (&["!a/b", "a"], "a", false),
            (&["*", "!*/keep"], "a", true),
            (&["**", "!*/keep"], "a/b", false),
            (&["*", "!**/keep"], "a/b/c", true),
            (&["*", "!ab**"], "a", false),
            (&["*", "!a/b**"], "a", true),
            (&["*", "!a/**"], "a", true),
            (&["*", "!a*/c"], "b", false),
            (&["*", "!**/*.go", "vendor"], "vendor", false),
            (&["*", "!**/*.go", "vendor", "!vendor/x"], "vendor", true),
        ] {
            let rules = Rules::parse(patterns.join("\n").as_bytes()).unwrap();
            let matched = rules.within(path.as_bytes(), &rules.top());
            assert_eq!(rules.reaches_into(path.as_bytes(), &matched), expected, "{patterns:?}");
        }
    }

    #[test]
    fn a_kept_path_is_sent_and_its_directories_are_entered() {
        let mut rules = Rules::parse(b"**").unwrap();
        rules.keep(b"docker/Dockerfile".to_vec());

        assert!(!rules.ignores(b"docker/Dockerfile"));
        assert!(rules.ignores(b"docker/other"));
        assert!(rules.reaches_into(b"docker", &rules.within(b"docker", &rules.top())));
        assert!(!rules.reaches_into(b"dock", &rules.within(b"dock", &rules.top())));
    }
}
