//! A version out of a tag, in the form that is asked for.

use semver::Version;

use super::error::Problem;
use super::nearest::did_you_mean;

const PARTS: &[&str] = &["version", "major", "minor", "patch", "pre"];

/// `tag` without `prefix` and a leading `v` in the form of `format`: `{major}.{minor}`, with
/// `{version}`, `{major}`, `{minor}`, `{patch}` and `{pre}`. Build metadata is left out, since
/// no tag may contain its `+`.
///
/// Empty for what is no semantic version with that prefix, and for a pre-release unless
/// `{version}` or `{pre}` is in the form: `1.2` must not become `1.2.0-rc.1`.
///
/// # Errors
///
/// A part in braces that there is none of.
pub(super) fn formatted(tag: &str, format: &str, prefix: &str) -> Result<String, Problem> {
    let pieces = pieces(format, PARTS)?;
    let Some(version) = parsed(tag, prefix) else { return Ok(String::new()) };
    let tells_pre = pieces.iter().any(|piece| matches!(piece, Piece::Part("version" | "pre")));
    if !version.pre.is_empty() && !tells_pre {
        return Ok(String::new());
    }
    let written = |piece: &Piece<'_>| match *piece {
        Piece::Literal(text) => text.to_owned(),
        Piece::Part("major") => version.major.to_string(),
        Piece::Part("minor") => version.minor.to_string(),
        Piece::Part("patch") => version.patch.to_string(),
        Piece::Part("pre") => version.pre.to_string(),
        Piece::Part(_) => version.to_string(),
    };
    Ok(pieces.iter().map(written).collect())
}

fn parsed(tag: &str, prefix: &str) -> Option<Version> {
    let tag = tag.strip_prefix(prefix)?;
    let mut version = Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()?;
    version.build = semver::BuildMetadata::EMPTY;
    Some(version)
}

/// A piece of a form: `{major}.{minor}` has three.
pub(super) enum Piece<'a> {
    Literal(&'a str),
    Part(&'a str),
}

/// The pieces of a form whose parts are some of `parts`.
pub(super) fn pieces<'a>(format: &'a str, parts: &[&str]) -> Result<Vec<Piece<'a>>, Problem> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((part, after)) = after.split_once('}') else {
            return Err(Problem::new(format!("`{{{after}` has no closing brace")));
        };
        if !parts.contains(&part) {
            let all: Vec<_> = parts.iter().map(|part| format!("`{{{part}}}`")).collect();
            let near = did_you_mean("", part, parts.iter().copied());
            return Err(Problem::new(format!("a version has no `{{{part}}}`"))
                .hint(near.unwrap_or_else(|| format!("it has {}", all.join(", ")))));
        }
        pieces.push(Piece::Literal(literal));
        pieces.push(Piece::Part(part));
        rest = after;
    }
    pieces.push(Piece::Literal(rest));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::formatted;

    fn semver(tag: &str, format: &str) -> String {
        formatted(tag, format, "").unwrap()
    }

    #[test]
    fn a_leading_v_is_dropped() {
        assert_eq!(semver("v1.2.3", "{version}"), "1.2.3");
        assert_eq!(semver("1.2.3", "{major}.{minor}"), "1.2");
        assert_eq!(semver("v1.2.3", "v{major}"), "v1");
    }

    #[test]
    fn what_is_no_version_is_empty() {
        assert_eq!(semver("nightly", "{version}"), "");
        assert_eq!(semver("v1.2", "{major}.{minor}"), "");
        assert_eq!(semver("", "{major}"), "");
    }

    #[test]
    fn a_pre_release_has_no_major_and_minor_alone() {
        assert_eq!(semver("v1.2.3-rc.1", "{version}"), "1.2.3-rc.1");
        assert_eq!(semver("v1.2.3-rc.1", "{major}.{minor}"), "");
        assert_eq!(semver("v1.2.3-rc.1", "{major}"), "");
        assert_eq!(semver("v1.2.3-rc.1", "{major}.{minor}.{patch}-{pre}"), "1.2.3-rc.1");
    }

    #[test]
    fn build_metadata_is_left_out() {
        assert_eq!(semver("v1.2.3+linux.5", "{version}"), "1.2.3");
        assert_eq!(semver("v1.2.3+linux.5", "{major}"), "1");
    }

    #[test]
    fn a_prefix_must_be_there() {
        assert_eq!(formatted("api/v1.2.3", "{major}", "api/").unwrap(), "1");
        assert_eq!(formatted("web/v1.2.3", "{major}", "api/").unwrap(), "");
        assert_eq!(formatted("v1.2.3", "{major}", "api/").unwrap(), "");
    }

    #[test]
    fn a_part_that_does_not_exist_is_an_error_for_every_tag() {
        let problem = formatted("nightly", "{majr}", "").unwrap_err();
        assert_eq!(problem.message, "a version has no `{majr}`");
        assert_eq!(problem.hint.as_deref(), Some("did you mean `major`?"));
    }
}
