//! A version of a Python package out of a tag, in the form that is asked for.
//!
//! Source: PEP 440, "Appendix B: Parsing version strings with regular expressions" and
//! "Normalization".

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex_automata::meta::Regex;

use super::error::Problem;
use super::semver::{Piece, pieces};

const PARTS: &[&str] = &["version", "major", "minor", "patch"];

/// Release, pre-release and its number, post-release's number in two forms, its word, its number,
/// and the development release with its number. An epoch or a local version can't be in a tag.
const FORM: &str = r"(?i-u)^v?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?$";

/// `tag` without `prefix` and a leading `v`, normalised, in the form of `format`: `{version}`,
/// `{major}`, `{minor}`, `{patch}`. Empty for what is no such version, and for a pre-, post- or
/// development release unless `{version}` is in the form.
///
/// # Errors
///
/// A part in braces that there is none of.
pub(super) fn formatted(tag: &str, format: &str, prefix: &str) -> Result<String, Problem> {
    let pieces = pieces(format, PARTS)?;
    let whole = pieces.iter().any(|piece| matches!(piece, Piece::Part("version")));
    let version = tag.strip_prefix(prefix).and_then(parsed);
    let Some(version) = version.filter(|version| whole || version.after.is_empty()) else {
        return Ok(String::new());
    };
    let number = |index: usize| version.release.get(index).map_or("0", String::as_str);
    let written = |piece: &Piece<'_>| match *piece {
        Piece::Literal(text) => text.to_owned(),
        Piece::Part("major") => number(0).to_owned(),
        Piece::Part("minor") => number(1).to_owned(),
        Piece::Part("patch") => number(2).to_owned(),
        Piece::Part(_) => version.release.join(".") + &version.after,
    };
    Ok(pieces.iter().map(written).collect())
}

struct Version {
    release: Vec<String>,
    /// What follows the release, normalised.
    after: String,
}

static EXPRESSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(FORM).expect("a test builds this expression"));

fn parsed(tag: &str) -> Option<Version> {
    let mut found = EXPRESSION.create_captures();
    EXPRESSION.captures(tag, &mut found);
    let group = |index| found.get_group(index).map(|part| &tag[part.range()]);
    let release = group(1)?.split('.').map(plain).collect();
    let mut after = String::new();
    if let Some(word) = group(2) {
        let word = match &*word.to_ascii_lowercase() {
            "a" | "alpha" => "a",
            "b" | "beta" => "b",
            _ => "rc",
        };
        let _ = write!(after, "{word}{}", plain(group(3).unwrap_or_default()));
    }
    if let Some(number) = group(4).or_else(|| group(5).and(group(6))) {
        let _ = write!(after, ".post{}", plain(number));
    }
    if group(7).is_some() {
        let _ = write!(after, ".dev{}", plain(group(8).unwrap_or_default()));
    }
    Some(Version { release, after })
}

/// Without zeros before it; none at all is 0.
fn plain(number: &str) -> String {
    match number.trim_start_matches('0') {
        "" => "0".to_owned(),
        number => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::formatted;

    fn pep440(tag: &str, format: &str) -> String {
        formatted(tag, format, "").unwrap()
    }

    #[test]
    fn a_version_is_normalised() {
        for (tag, version) in [
            ("1.2.3", "1.2.3"),
            ("v1.2.3", "1.2.3"),
            ("1.2.3rc2", "1.2.3rc2"),
            ("1.2.3post1", "1.2.3.post1"),
            ("1.2.3-1", "1.2.3.post1"),
            ("1.2.3beta2", "1.2.3b2"),
            ("1.0dev4", "1.0.dev4"),
            ("1.0-Alpha_1.post2.dev3", "1.0a1.post2.dev3"),
            ("1.01", "1.1"),
        ] {
            assert_eq!(pep440(tag, "{version}"), version, "{tag}");
        }
    }

    #[test]
    fn only_a_final_release_has_parts_of_its_own() {
        assert_eq!(pep440("1.2.3", "v{major}.{minor}"), "v1.2");
        assert_eq!(pep440("1.2", "{patch}"), "0");
        for tag in ["1.2.3rc2", "1.2.3post1", "1.0dev4"] {
            assert_eq!(pep440(tag, "{major}"), "", "{tag}");
        }
    }

    #[test]
    fn what_is_no_such_version_is_empty() {
        for tag in ["nightly", "", "1.2.x", "1!1.0", "1.0+local"] {
            assert_eq!(pep440(tag, "{version}"), "", "{tag}");
        }
    }

    #[test]
    fn a_prefix_must_be_there() {
        assert_eq!(formatted("p1/v1.2.3", "{version}", "p1/").unwrap(), "1.2.3");
        assert_eq!(formatted("v1.2.3", "{version}", "p1/").unwrap(), "");
    }

    #[test]
    fn a_part_that_does_not_exist_is_an_error() {
        let problem = formatted("1.0", "{pre}", "").unwrap_err();
        assert_eq!(problem.message, "a version has no `{pre}`");
        assert_eq!(
            problem.hint.as_deref(),
            Some("it has `{version}`, `{major}`, `{minor}`, `{patch}`")
        );
    }
}
