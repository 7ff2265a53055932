//! Parser directives: comments at the very top of a Dockerfile that say how it is to be read.
//!
//! Source: `BuildKit`'s frontend/dockerfile/parser/directives.go.

const NAMES: [&str; 3] = ["syntax", "escape", "check"];

/// Directives, as far as they were read.
#[derive(Debug)]
pub(super) struct Directives {
    /// What continues lines and escapes characters.
    pub(super) escape: char,
    /// What `syntax` names.
    pub(super) frontend: Option<String>,
    seen: Vec<&'static str>,
    done: bool,
}

impl Default for Directives {
    fn default() -> Self {
        Self { escape: '\\', frontend: None, seen: Vec::new(), done: false }
    }
}

impl Directives {
    /// Reads the next line, without the blanks before it; the first that is no directive is the
    /// end of them.
    pub(super) fn read(&mut self, line: &str) -> Result<(), String> {
        if self.done {
            return Ok(());
        }
        let Some((name, value)) = directive(line) else {
            self.done = true;
            return Ok(());
        };
        if self.seen.contains(&name) {
            return Err(format!("the directive `{name}` stands here twice"));
        }
        self.seen.push(name);
        if name == "syntax" {
            self.frontend = Some(value.to_owned());
        }
        if name == "escape" {
            self.escape = match value {
                "`" => '`',
                "\\" => '\\',
                _ => return Err(format!("the escape character is `\\` or `` ` ``, not `{value}`")),
            };
        }
        Ok(())
    }
}

/// `# name = value`.
fn directive(line: &str) -> Option<(&'static str, &str)> {
    let (name, value) = line.strip_prefix('#')?.trim_start().split_once('=')?;
    let blank = [' ', '\t', '\n', '\x0c', '\r'];
    let (name, value) = (name.trim_end_matches(blank), value.trim_matches(blank));
    let name = NAMES.into_iter().find(|known| name.eq_ignore_ascii_case(known))?;
    (!value.is_empty()).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escape_of(lines: &[&str]) -> char {
        let mut directives = Directives::default();
        for line in lines {
            directives.read(line).unwrap();
        }
        directives.escape
    }

    #[test]
    fn directives_stand_in_any_order_case_and_spacing() {
        assert_eq!(escape_of(&["# syntax=docker/dockerfile:1", "#Escape = `  "]), '`');
        assert_eq!(escape_of(&["#check=skip=all", "# escape=\\"]), '\\');
    }

    #[test]
    fn anything_else_ends_them() {
        for line in ["", "# a comment", "# unknown=1", "# escape=", "FROM a"] {
            assert_eq!(escape_of(&[line, "# escape=`"]), '\\', "{line}");
        }
    }

    #[test]
    fn a_directive_stands_once_and_escape_is_one_of_two() {
        let mut directives = Directives::default();
        directives.read("# escape=`").unwrap();

        assert_eq!(
            directives.read("# escape=`").unwrap_err(),
            "the directive `escape` stands here twice"
        );
        assert_eq!(
            Directives::default().read("# escape=^").unwrap_err(),
            "the escape character is `\\` or `` ` ``, not `^`"
        );
    }
}
