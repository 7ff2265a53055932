//! The labels of an image: those that are written, after the OCI ones that the pipeline tells.
//!
//! `org.opencontainers.image.created` is when the commit was made, never the clock, so a build of
//! the same commit has the same labels wherever and whenever it runs. `revision` and `created` do
//! differ from commit to commit: whoever wants the same image of different commits (`reproducible`)
//! says `oci-labels = false`.
//!
//! `licenses` is no default: it is to hold the SPDX expression of all that is in the image, and a
//! repository's LICENSE file tells that of its own files at most, in prose. It is written in
//! `labels`, where it is known.
//!
//! Source: the OCI image specification, "Annotations" (pre-defined annotation keys).

use crate::{
    ci::{Ci, Fact, FactValue, Field, Provider},
    config::{Data, Node},
    template::Rendered,
};

use super::reader::Reader;

const PREFIX: &str = "org.opencontainers.image.";

/// The labels of the build `name`. Each default is left out where `labels` has its name, be it
/// with `false`, and all of them where `oci-labels` is `false`; and whether all are left out
/// because files have changed.
pub(super) fn labels(
    keys: &mut Reader<'_>,
    name: &str,
    ci: &Ci,
) -> (Vec<(String, Rendered)>, bool) {
    let written = keys.map("labels");
    if !keys.boolean("oci-labels").unwrap_or(true) {
        return (written, false);
    }
    let named: Vec<String> = match keys.table.get("labels") {
        Some(Node { data: Data::Table(table), .. }) => {
            table.0.iter().map(|entry| entry.name.clone()).collect()
        }
        _ => Vec::new(),
    };
    let mut labels: Vec<_> = known(name, ci)
        .into_iter()
        .map(|(key, value)| (format!("{PREFIX}{key}"), Rendered::literal(value)))
        .filter(|(key, _)| !named.contains(key))
        .collect();
    let is_changed = labels.is_empty() && is_changed(ci);
    labels.extend(written);
    (labels, is_changed)
}

/// Whether what is built is no commit, as files that git tracks have changed since.
fn is_changed(ci: &Ci) -> bool {
    ci.provider() == Provider::Git
        && matches!(ci.fact(Field::Commit), Fact::Known(_))
        && ci.fact(Field::Dirty).as_flag() == Some(true)
}

/// What is known of the commit that is built; nothing where that is not one commit.
fn known(name: &str, ci: &Ci) -> Vec<(&'static str, String)> {
    let text = |field| match ci.fact(field) {
        Fact::Known(FactValue::Text(text)) => Some(text),
        _ => None,
    };
    let Some(revision) = text(Field::Commit) else { return Vec::new() };
    // A job's own files lie in its checkout; on a desk a change is one of the sources.
    if ci.provider() == Provider::Git && ci.fact(Field::Dirty).as_flag() != Some(false) {
        return Vec::new();
    }
    let version = text(Field::Tag).map(|tag| version(&tag).to_owned());
    let pairs = [
        ("created", text(Field::CommitTime)),
        ("revision", Some(revision)),
        ("source", text(Field::RepositoryUrl)),
        ("url", text(Field::RepositoryUrl)),
        ("version", version),
        ("title", Some(name.to_owned())),
    ];
    pairs.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
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
