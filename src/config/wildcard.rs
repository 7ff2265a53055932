//! Names of builds by wildcards, as a selection and `--set` have them.

/// Whether `pattern` matches all of `name`: `*` is any run of characters, `?` one.
#[must_use]
pub fn wildcard(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    // Greedy with one point to come back to: linear but for the last `*`.
    let (mut at_pattern, mut at_name, mut back) = (0, 0, None);
    while at_name < name.len() {
        match pattern.get(at_pattern) {
            Some(b'*') => {
                back = Some((at_pattern, at_name));
                at_pattern += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[at_name] => {
                at_pattern += 1;
                at_name += 1;
            }
            _ => {
                let Some((star, taken)) = back else { return false };
                back = Some((star, taken + 1));
                at_pattern = star + 1;
                at_name = taken + 1;
            }
        }
    }
    pattern[at_pattern..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_and_a_question_mark_one() {
        let matched = ["*v?", "api-*", "api-v1", "*", "api", "?pi*1"]
            .map(|pattern| wildcard(pattern, "api-v1"));

        assert_eq!(matched, [true, true, true, true, false, true]);
    }
}
