//! The nearest right spelling of a name.

/// The most similar of `names`, if one is similar at all.
pub(crate) fn nearest<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    // Longer than any name: no spelling of one, and long to compare.
    if name.len() > 64 {
        return None;
    }
    let distances = names.iter().map(|known| (strsim::damerau_levenshtein(known, name), *known));
    distances
        .filter(|(distance, known)| *distance <= known.len().max(name.len()).div_ceil(3))
        .min()
        .map(|(_, known)| known)
}

/// The end of a message that names the nearest spelling, such as `--from` with the prefix `--`.
pub(super) fn hint(prefix: &str, near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{prefix}{near}`?")).unwrap_or_default()
}
