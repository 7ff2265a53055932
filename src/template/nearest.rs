//! What a misspelt name was probably meant to be.

/// The candidate that is fewest slips away from `name`: letters left out, added, changed or
/// swapped, of which there may be one in short names and one in three letters of long ones.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let slips_allowed = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(slips, _)| *slips <= slips_allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// [`nearest`] as advice; `prefix` stands before the name, such as `ci.`.
pub(super) fn did_you_mean<'a>(
    prefix: &str,
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(name, candidates).map(|near| format!("did you mean `{prefix}{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn swapped_letters_of_a_short_name_are_found() {
        assert_eq!(nearest("tga", ["commit", "tag", "tags"]), Some("tag"));
    }

    #[test]
    fn what_is_far_off_is_not_guessed() {
        assert_eq!(nearest("zebra", ["commit", "tag"]), None);
    }
}
