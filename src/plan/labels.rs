//! The labels of an image: those that are written, after the OCI ones that the pipeline tells.
//!
//! `org.opencontainers.image.created` is when the commit was made, never the clock, so a build of
//! the same commit has the same labels wherever and whenever it runs. `revision` and `created` do
//! differ from commit to commit: whoever wants the same image of different commits (`reproducible`)
//! says `oci-labels = false`.
//!
//! `licenses` is the repository's licence where the CI tells it, which GitHub does. Elsewhere it is
//! none: a LICENSE file tells it in prose.
//!
//! Source: the OCI image specification, "Annotations" (pre-defined annotation keys).

use crate::{
    ci::{Ci, Fact, FactValue, Field, Provider},
    config::{Data, Node},
    template::Rendered,
};

use super::reader::Reader;

const PREFIX: &str = "org.opencontainers.image.";

/// A label that an image has by default.
pub(super) struct OciLabel {
    /// Its whole name.
    pub(super) name: String,
    pub(super) value: String,
    /// What it comes from, as templates name it.
    pub(super) fact: &'static str,
}

/// Why an image has no labels by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unlabelled {
    /// The build says so.
    Off,
    /// None is known.
    NoCommit,
    /// Files that git tracks have changed since, or it is not known whether they have.
    Changed,
}

impl Unlabelled {
    /// In words.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Off => "`oci-labels` is false",
            Self::NoCommit => "no commit is known",
            Self::Changed => "files of the checkout are changed: it is no commit that is built",
        }
    }
}

/// The labels of the build `name`, the default ones first; and whether those are left out because
/// files have changed.
pub(super) fn labels(
    keys: &mut Reader<'_>,
    name: &str,
    ci: &Ci,
) -> (Vec<(String, Rendered)>, bool) {
    let written = keys.map("labels");
    let (known, withheld) = match oci(keys, name, ci) {
        Ok(known) => (known, false),
        Err(why) => (Vec::new(), why == Unlabelled::Changed),
    };
    let known = known.into_iter().map(|label| (label.name, Rendered::literal(label.value)));
    (known.chain(written).collect(), withheld && ci.fact(Field::Dirty).as_flag() == Some(true))
}

/// The default labels of the build `name`. Each is left out where `labels` has its name, be it
/// with `false`, and all of them where `oci-labels` is `false`.
///
/// # Errors
///
/// Why there are none.
pub(super) fn oci(keys: &mut Reader<'_>, name: &str, ci: &Ci) -> Result<Vec<OciLabel>, Unlabelled> {
    if !keys.boolean("oci-labels").unwrap_or(true) {
        return Err(Unlabelled::Off);
    }
    let named: Vec<String> = match keys.table.get("labels") {
        Some(Node { data: Data::Table(table), .. }) => {
            table.0.iter().map(|entry| entry.name.clone()).collect()
        }
        _ => Vec::new(),
    };
    let known = known(name, ci)?.into_iter().map(|(key, value, fact)| OciLabel {
        name: format!("{PREFIX}{key}"),
        value,
        fact,
    });
    Ok(known.filter(|label| !named.contains(&label.name)).collect())
}

/// What is known of the commit that is built; why nothing, where that is not one commit.
fn known(name: &str, ci: &Ci) -> Result<Vec<(&'static str, String, &'static str)>, Unlabelled> {
    let text = |field| match ci.fact(field) {
        Fact::Known(FactValue::Text(text)) => Some(text),
        _ => None,
    };
    let Some(revision) = text(Field::Commit) else { return Err(Unlabelled::NoCommit) };
    // A job's own files lie in its checkout; on a desk a change is one of the sources.
    if ci.provider() == Provider::Git && ci.fact(Field::Dirty).as_flag() != Some(false) {
        return Err(Unlabelled::Changed);
    }
    let version = text(Field::Tag).map(|tag| version(&tag).to_owned());
    let pairs = [
        ("created", text(Field::CommitTime), "ci.commit_time"),
        ("revision", Some(revision), "ci.commit"),
        ("source", text(Field::RepositoryUrl), "ci.repository_url"),
        ("url", text(Field::RepositoryUrl), "ci.repository_url"),
        ("version", version, "ci.tag"),
        ("licenses", text(Field::License), "ci.license"),
        ("title", Some(name.to_owned()), "build.name"),
    ];
    let known = pairs.into_iter().filter_map(|(key, value, fact)| Some((key, value?, fact)));
    Ok(known.collect())
}

/// A tag without what stands before its version: `v1.2.3` and `api/v1.2.3` are 1.2.3.
fn version(tag: &str) -> &str {
    let last = tag.rsplit('/').next().unwrap_or(tag);
    let bare = last.strip_prefix('v').unwrap_or(last);
    if bare.starts_with(|first: char| first.is_ascii_digit()) { bare } else { tag }
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_is_a_tag_without_what_stands_before_it() {
        assert_eq!(version("v1.2.3"), "1.2.3");
        assert_eq!(version("api/v1.2.3-rc.1"), "1.2.3-rc.1");
        assert_eq!(version("20260228"), "20260228");
        assert_eq!(version("release/vienna"), "release/vienna");
    }
}
