//! One line of an ignore file.

use super::{clean, regexp::Program};

/// A pattern, and whether it takes things out or back in.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// With a leading `!`: what matches is sent after all.
    pub(super) exception: bool,
    /// Cleaned, without the `!`.
    text: Vec<u8>,
    kind: Kind,
}

/// How a pattern is compared. Source: moby patternmatcher, `compile`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// The pattern is the path.
    Exact,
    /// The path starts as the pattern does, up to its final `**`.
    Prefix,
    /// The path ends as the pattern does after its leading `**`.
    Suffix,
    /// All else.
    Expression(Program),
}

impl Pattern {
    /// Reads a pattern as the reader of ignore files hands it on; `Ok(None)` for an empty one.
    ///
    /// # Errors
    ///
    /// `Err(())` for what Docker refuses.
    ///
    /// Source: moby patternmatcher, `New`.
    pub(super) fn parse(line: &[u8]) -> Result<Option<Self>, ()> {
        let line = trim(line);
        if line.is_empty() {
            return Ok(None);
        }
        let cleaned = clean::clean(line);
        let (exception, text) =
            cleaned.strip_prefix(b"!").map_or((false, &cleaned[..]), |text| (true, text));
        if text.is_empty() || !clean::well_formed(text) {
            return Err(());
        }
        let kind = compile(text)?;
        Ok(Some(Self { exception, text: text.to_vec(), kind }))
    }

    /// Whether `path` itself matches, its parents aside.
    pub(super) fn matches(&self, path: &Path<'_>) -> bool {
        match &self.kind {
            Kind::Exact => path.bytes == self.text,
            Kind::Prefix => path.bytes.starts_with(self.before_stars()),
            Kind::Suffix => {
                let suffix = &self.text[2..];
                path.bytes.ends_with(suffix) || suffix.strip_prefix(b"/") == Some(path.bytes)
            }
            Kind::Expression(program) => program.matches(path.characters()),
        }
    }

    /// Whether something below the directory `path` can match.
    pub(super) fn reaches(&self, path: &Path<'_>) -> bool {
        let below =
            |text: &[u8]| text.strip_prefix(path.bytes).is_some_and(|rest| rest.starts_with(b"/"));
        match &self.kind {
            Kind::Exact => below(&self.text),
            Kind::Prefix => {
                let prefix = self.before_stars();
                below(prefix) || [path.bytes, b"/"].concat().starts_with(prefix)
            }
            Kind::Suffix => true,
            Kind::Expression(program) => {
                let directory: Vec<char> = path.characters().iter().copied().chain(['/']).collect();
                program.reaches(&directory)
            }
        }
    }

    fn before_stars(&self) -> &[u8] {
        &self.text[..self.text.len() - 2]
    }
}

/// A path that many patterns look at: `/`-separated, relative to the context.
#[derive(Debug)]
pub(super) struct Path<'a> {
    bytes: &'a [u8],
    characters: std::cell::OnceCell<Vec<char>>,
}

impl<'a> Path<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, characters: std::cell::OnceCell::new() }
    }

    /// Made only once an expression asks.
    fn characters(&self) -> &[char] {
        self.characters.get_or_init(|| characters(self.bytes))
    }
}

/// Characters as Go sees them: a byte that is no UTF-8 is one U+FFFD.
fn characters(bytes: &[u8]) -> Vec<char> {
    bytes
        .utf8_chunks()
        .flat_map(|chunk| {
            let invalid = chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER);
            chunk.valid().chars().chain(invalid)
        })
        .collect()
}

/// Without white space at its ends.
pub(super) fn trim(line: &[u8]) -> &[u8] {
    std::str::from_utf8(line).map_or_else(|_| line.trim_ascii(), |line| line.trim().as_bytes())
}

/// Finds out how a pattern is compared, as Docker does: by reading it once from the left.
fn compile(pattern: &[u8]) -> Result<Kind, ()> {
    let mut expression = String::from("^");
    let mut kind = Kind::Exact;
    let regexp = || Kind::Expression(Program::default());
    let characters = characters(pattern);
    let mut rest = characters.iter().copied().peekable();
    // Go's scanner skips it, as at the start of a file.
    rest.next_if_eq(&'\u{feff}');
    let mut first = true;

    while let Some(character) = rest.next() {
        match character {
            '*' if rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                if rest.peek().is_some() {
                    expression.push_str("(.*/)?");
                    kind = regexp();
                } else if kind == Kind::Exact {
                    kind = Kind::Prefix;
                } else {
                    expression.push_str(".*");
                    kind = regexp();
                }
                if first {
                    kind = Kind::Suffix;
                }
            }
            '*' => {
                expression.push_str("[^/]*");
                kind = regexp();
            }
            '?' => {
                expression.push_str("[^/]");
                kind = regexp();
            }
            // Docker means to escape `{`, `|` and `}` as well; its table has no room for them.
            '.' | '+' | '(' | ')' | '$' => expression.extend(['\\', character]),
            '\\' => {
                expression.push('\\');
                if let Some(escaped) = rest.next() {
                    expression.push(escaped);
                    kind = regexp();
                }
            }
            '[' | ']' => {
                expression.push(character);
                kind = regexp();
            }
            _ => expression.push(character),
        }
        first = false;
    }

    if let Kind::Expression(program) = &mut kind {
        expression.push('$');
        *program = Program::parse(&expression).ok_or(())?;
    }
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::{Kind, compile};
    use crate::context::ignore::{clean::clean, regexp::Program};

    /// moby's table of how a pattern is compared, "slash" side.
    #[test]
    fn patterns_compile_to_what_moby_makes_of_them() {
        for (pattern, expected) in [
            ("*", "^[^/]*$"),
            ("file*", "^file[^/]*$"),
            ("*file", "^[^/]*file$"),
            ("a*/b", "^a[^/]*/b$"),
            ("**", "suffix"),
            ("**/**", "^(.*/)?.*$"),
            ("dir/**", "prefix"),
            ("**/dir", "suffix"),
            ("**/dir2/*", "^(.*/)?dir2/[^/]*$"),
            ("**/dir2/**", "^(.*/)?dir2/.*$"),
            ("**file", "suffix"),
            ("**/file*txt", "^(.*/)?file[^/]*txt$"),
            ("**/**/*.txt", r"^(.*/)?(.*/)?[^/]*\.txt$"),
            ("a[b-d]e", "^a[b-d]e$"),
            (".*", r"^\.[^/]*$"),
            ("abc.def", "exact"),
            ("abc?def", "^abc[^/]def$"),
            ("**/foo/bar", "suffix"),
            ("a(b)c/def", "exact"),
            ("a.|)$(}+{bc", "exact"),
            ("dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl", "exact"),
        ] {
            let expected = match expected {
                "exact" => Kind::Exact,
                "prefix" => Kind::Prefix,
                "suffix" => Kind::Suffix,
                expression => Kind::Expression(Program::parse(expression).unwrap()),
            };
            assert_eq!(compile(&clean(pattern.as_bytes())), Ok(expected), "{pattern}");
        }
    }
}
