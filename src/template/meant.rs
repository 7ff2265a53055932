//! What is advised of the facts of a CI: where one has no value now, or goes by another name.

use std::fmt::Write as _;

use crate::ci::{Field, Provider};

/// Names that CIs and other programs have for what is a field here.
///
/// Source: GitLab's "Predefined CI/CD variables" without `CI_`, GitHub's `github` context, and
/// docker's metadata-action.
const ELSEWHERE: [(&str, Field); 27] = [
    ("branch_name", Field::Branch),
    ("build_url", Field::JobUrl),
    ("commit_branch", Field::Branch),
    ("commit_date", Field::CommitTime),
    ("commit_ref_name", Field::Ref),
    ("commit_ref_protected", Field::Protected),
    ("commit_ref_slug", Field::RefSlug),
    ("commit_sha", Field::Commit),
    ("commit_short_sha", Field::CommitShort),
    ("commit_tag", Field::Tag),
    ("commit_timestamp", Field::CommitTime),
    ("hash", Field::Commit),
    ("is_default_branch", Field::OnDefaultBranch),
    ("merge_request", Field::PullRequest),
    ("merge_request_iid", Field::PullRequest),
    ("pipeline_source", Field::Event),
    ("project_path", Field::Repository),
    ("project_url", Field::RepositoryUrl),
    ("ref_name", Field::Ref),
    ("revision", Field::Commit),
    ("run_id", Field::PipelineId),
    ("sha", Field::Commit),
    ("short_sha", Field::CommitShort),
    ("slug", Field::RefSlug),
    ("tag_name", Field::Tag),
    ("user_login", Field::Actor),
    ("version", Field::Tag),
];

/// The field that is probably meant by a name that is none.
pub(super) fn field(name: &str) -> Option<Field> {
    let name = name.to_ascii_lowercase();
    let bare = name.strip_prefix("ci_").unwrap_or(&name);
    let known = ELSEWHERE.iter().find(|(other, _)| *other == bare);
    known.map(|(_, field)| *field).or_else(|| Field::named(bare))
}

/// What to write where `path`, a field of `ci` or a function, has no value in a pipeline of
/// `provider`.
pub(super) fn without(path: &str, provider: Provider) -> String {
    let instead = match path {
        "ci.branch" => "ci.ref",
        "ci.default_branch" => "'main'",
        "ci.registry" => "'registry.example.com'",
        "ci.registry_image" => "'registry.example.com/shop'",
        "ci.tag" | "git_describe()" => "ci.commit_short",
        _ => "'none'",
    };
    let mut hint = format!("say what counts without it, as `{{{{ {path} or {instead} }}}}`");
    let alone = match path {
        "ci.tag" => Some("tags"),
        "ci.branch" => Some("branches"),
        "ci.pull_request" => Some("pull requests"),
        _ => None,
    };
    if let Some(alone) = alone {
        let _ = write!(hint, ", or `when = \"{{{{ {path} }}}}\"` for what is of {alone} alone");
    }
    if provider == Provider::Git && path != "git_describe()" {
        let tag = if path == "ci.tag" { " --tag v1.2.3" } else { "" };
        let _ = write!(hint, "; `plan --ci gitlab{tag}` plans as in a pipeline");
    }
    hint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_known_by_the_names_that_others_have_for_it() {
        assert_eq!(field("commit_tag"), Some(Field::Tag));
        assert_eq!(field("CI_COMMIT_SHA"), Some(Field::Commit));
        assert_eq!(field("CI_REGISTRY_IMAGE"), Some(Field::RegistryImage));
        assert_eq!(field("tga"), None);
    }

    #[test]
    fn no_name_of_another_is_a_field_here() {
        for (name, _) in ELSEWHERE {
            assert_eq!(Field::named(name), None, "{name}");
        }
    }
}
