//! A branch's or tag's name made fit for host names and tags.

/// How long a slug may be, in bytes: a label of a host name.
const LONGEST: usize = 63;

/// `name` in lower case, at most 63 bytes, with `-` for all but `0-9` and `a-z`, and none at
/// either end. May be empty.
///
/// Source: GitLab's predefined variables, `CI_COMMIT_REF_SLUG`; order of the steps from
/// GitLab's `Gitlab::Utils.slugify`, which cuts before it trims.
#[must_use]
pub fn slug(name: &str) -> String {
    let mapped: String = name
        .to_lowercase()
        .chars()
        .map(|letter| match letter {
            '0'..='9' | 'a'..='z' => letter,
            _ => '-',
        })
        .take(LONGEST)
        .collect();
    mapped.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_branch_becomes_lower_case_with_dashes_and_none_at_its_ends() {
        assert_eq!(slug("Feature/ABC-12_log.in"), "feature-abc-12-log-in");
        assert_eq!(slug("/tmp/"), "tmp");
        assert_eq!(slug("größe"), "gr--e");
        assert_eq!(slug("---"), "");
    }

    #[test]
    fn a_slug_is_cut_at_63_bytes_before_its_end_is_trimmed() {
        let name = format!("{}-{}", "a".repeat(62), "b");
        assert_eq!(slug(&name), "a".repeat(62));
    }
}
