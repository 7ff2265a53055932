//! Variables, quotes and escapes of a Dockerfile's values, replaced and removed.

use super::lexer::{self, Done, Mode};

/// Why variables in a value could not be replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpandError {
    /// What is wrong, a lowercase fragment; what `${x:?message}` says among it.
    pub message: String,
    /// A variable has no value, and must have one: `${x?}`.
    pub unset: bool,
}

/// Replaces variables in `text` and removes quotes and escapes: one value gives one value.
///
/// Takes `$x`, `${x}`, `${x:-d}`, `${x-d}`, `${x:+a}`, `${x+a}`, `${x:?e}`, `${x?e}`, `${x#p}`,
/// `${x##p}`, `${x%p}`, `${x%%p}`, `${x/p/r}` and `${x//p/r}`; words within braces can hold
/// variables too. Nothing is replaced within single quotes or behind `escape`. A variable without
/// a value is empty.
///
/// # Errors
///
/// [`ExpandError`]: a quote or a brace that is left open, no form of a variable, `${x?}` without a
/// value, braces in each other deeper than 32, a result that outgrows `text` by more than 1 MiB.
///
/// Source: `BuildKit`'s frontend/dockerfile/shell/lex.go, `ProcessWord`; its tests' envVarTest.
pub fn expand<'v>(
    text: &str,
    escape: char,
    value_of: &dyn Fn(&str) -> Option<&'v str>,
) -> Result<String, ExpandError> {
    Ok(expansion(text, escape, value_of)?.text)
}

/// The same for the content of a here-document: quotes stay, and `\` escapes whatever the escape
/// directive says.
///
/// # Errors
///
/// [`ExpandError`].
///
/// Source: `BuildKit`'s frontend/dockerfile/dockerfile2llb/convert.go, `dispatch`.
pub fn expand_document<'v>(
    text: &str,
    value_of: &dyn Fn(&str) -> Option<&'v str>,
) -> Result<String, ExpandError> {
    let mode = Mode { no_quotes: true, ..Mode::default() };
    Ok(lexer::read(text, '\\', mode, value_of)?.text)
}

/// The same where blanks outside of quotes part words, also those that come from variables.
///
/// # Errors
///
/// [`ExpandError`].
///
/// Source: `BuildKit`'s frontend/dockerfile/shell/lex.go, `ProcessWords`.
pub fn expand_words<'v>(
    text: &str,
    escape: char,
    value_of: &dyn Fn(&str) -> Option<&'v str>,
) -> Result<Vec<String>, ExpandError> {
    Ok(expansion(text, escape, value_of)?.words)
}

/// The expanded text, its words, and what it missed.
pub(super) fn expansion<'v>(
    text: &str,
    escape: char,
    value_of: &dyn Fn(&str) -> Option<&'v str>,
) -> Result<Done, ExpandError> {
    lexer::read(text, escape, Mode::default(), value_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(name: &str) -> Option<&'static str> {
        match name {
            "x" => Some("X"),
            "empty" => Some(""),
            "path" => Some("/usr/local/bin"),
            "spaced" => Some("a  b"),
            _ => None,
        }
    }

    fn text(word: &str) -> String {
        expand(word, '\\', &value_of).unwrap()
    }

    fn error(word: &str) -> String {
        expand(word, '\\', &value_of).unwrap_err().message
    }

    #[test]
    fn each_form_is_replaced() {
        assert_eq!(text("a:$x"), "a:X");
        assert_eq!(text("${x}y"), "Xy");
        assert_eq!(text("$x.y-$x"), "X.y-X");
        assert_eq!(text("${x:-d}"), "X");
        assert_eq!(text("${nope:-d}"), "d");
        assert_eq!(text("${nope-d}"), "d");
        assert_eq!(text("${empty:-d}"), "d");
        assert_eq!(text("${empty-d}"), "");
        assert_eq!(text("${x:+d}"), "d");
        assert_eq!(text("a${nope:+d}"), "a");
        assert_eq!(text("${empty:+d}${empty+e}"), "e");
        assert_eq!(text("${x?}${x:?}${empty?}"), "XX");
    }

    #[test]
    fn patterns_cut_and_replace() {
        assert_eq!(text("${path#*/}"), "usr/local/bin");
        assert_eq!(text("${path##*/}"), "bin");
        assert_eq!(text("${path%/*}"), "/usr/local");
        assert_eq!(text("${path%%/*}"), "");
        assert_eq!(text("${path/\\//:}"), ":usr/local/bin");
        assert_eq!(text("${path//\\//:}"), ":usr:local:bin");
    }

    #[test]
    fn a_word_in_braces_may_hold_variables_and_braces_in_quotes() {
        assert_eq!(text("${nope:-a${x}b}c"), "aXbc");
        assert_eq!(text("${nope:-'}'}c"), "}c");
        assert_eq!(text("${x:-${nope}}"), "X");
    }

    #[test]
    fn quotes_and_escapes_keep_a_variable_and_vanish() {
        assert_eq!(text("'$x'"), "$x");
        assert_eq!(text("\"$x\""), "X");
        assert_eq!(text("\\$x"), "$x");
        assert_eq!(text("\"a\\tb\\\"\""), "a\\tb\"");
        assert_eq!(text("a\\tb\\"), "atb");
        assert_eq!(expand("`$x\\", '`', &value_of).unwrap(), "$x\\");
        assert_eq!(text("a$ $. $"), "a$ $. $");
    }

    #[test]
    fn names_of_digits_and_special_parameters_are_names() {
        assert_eq!(text("a$12b$*c$?"), "abc");
    }

    #[test]
    fn a_document_keeps_its_quotes() {
        assert_eq!(expand_document("'$x' \"${nope:-d}\" \\$x", &value_of).unwrap(), "'X' \"d\" $x");
    }

    #[test]
    fn words_are_parted_at_blanks_of_variables_too() {
        let words = |text| expand_words(text, '\\', &value_of).unwrap();

        assert_eq!(words("80 $spaced"), ["80", "a", "b"]);
        assert_eq!(words("\"$spaced\"c d\\ e"), ["a  bc", "d e"]);
        assert_eq!(words("$nope"), [""; 0]);
    }

    #[test]
    fn of_a_word_only_what_follows_a_default_is_left() {
        // As in BuildKit: `EXPOSE 80${X:-90}` exposes 90.
        assert_eq!(expand_words("80${nope:-90}", '\\', &value_of).unwrap(), ["90"]);
        assert_eq!(text("80${nope:-90}"), "8090");
    }

    #[test]
    fn what_is_wrong_is_told() {
        assert_eq!(error("${x"), "`}` is missing");
        assert_eq!(error("${x:-a"), "`}` is missing");
        assert_eq!(error("${}"), "a name is missing behind `${`");
        assert_eq!(error("${x:y}"), "`${x:y…}` is no form of a variable");
        assert_eq!(error("${x:#y}"), "`${x:#…}` is no form of a variable");
        assert_eq!(error("'a"), "a single quote is left open");
        assert_eq!(error("\"a"), "a double quote is left open");
        assert_eq!(error("${nope?}"), "`nope` has no value");
        assert_eq!(error("${empty:?set it to $x}"), "`empty` is empty: set it to X");
    }

    #[test]
    fn nesting_and_growth_have_bounds() {
        assert_eq!(error(&"${a:-".repeat(100_000)), "variables are nested too deeply");
        let deep = format!("{}d{}", "${a:-".repeat(32), "}".repeat(32));
        assert_eq!(text(&deep), "d");
        let long = "y".repeat(1 << 19);
        let grown = expand("\"$l$l$l\"", '\\', &|_| Some(&long)).unwrap_err();
        assert_eq!(grown.message, "a value becomes longer than 1 MiB");
    }

    #[test]
    fn what_had_no_value_is_named_where_it_counts() {
        let missed = |word| {
            let missed = expansion(word, '\\', &value_of).unwrap().missed.into_iter();
            missed.map(|missed| (missed.name, missed.foreseen)).collect::<Vec<_>>()
        };

        assert_eq!(missed("a:$nope-${no}"), [("nope".into(), false), ("no".into(), false)]);
        assert_eq!(missed("${a:-$b}"), [("b".into(), false), ("a".into(), true)]);
        assert_eq!(missed("${x:-$b}${x}"), []);
        assert_eq!(missed("${a:+$b}"), [("a".into(), true)]);
        assert_eq!(missed("${x:+$b}"), [("b".into(), false)]);
    }
}
