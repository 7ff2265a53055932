//! Which builds of a file were asked for: by name, or by a glob with `*` and `?`.

use crate::config::nearest;

/// Why a selection chooses nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// No build has this name, and none matches this glob.
    #[error("no build is called `{wanted}`")]
    Unknown {
        /// As it was asked for.
        wanted: String,
        /// A name that is near, or all names there are.
        hint: String,
    },
}

/// Indices into `names` of those that `wanted` chooses, in the order of `names`; all for none.
///
/// # Errors
///
/// The first of `wanted` that chooses nothing.
pub(super) fn select(names: &[&str], wanted: &[String]) -> Result<Vec<usize>, SelectError> {
    let mut chosen = vec![wanted.is_empty(); names.len()];
    for pattern in wanted {
        let mut any = false;
        for (index, name) in names.iter().enumerate() {
            if matches(pattern.as_bytes(), name.as_bytes()) {
                chosen[index] = true;
                any = true;
            }
        }
        if !any {
            let hint = match nearest(pattern, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names.join(", ")),
            };
            return Err(SelectError::Unknown { wanted: pattern.clone(), hint });
        }
    }
    Ok((0..names.len()).filter(|index| chosen[*index]).collect())
}

/// `*` is any run of characters, `?` one.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
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

    fn chosen(wanted: &[&str]) -> Result<Vec<usize>, SelectError> {
        let wanted: Vec<_> = wanted.iter().map(|name| (*name).to_owned()).collect();
        select(&["base", "api-v1", "api-v2", "web"], &wanted)
    }

    #[test]
    fn names_and_globs_choose_in_the_order_of_the_file() {
        assert_eq!(chosen(&[]), Ok(vec![0, 1, 2, 3]));
        assert_eq!(chosen(&["web", "api-*"]), Ok(vec![1, 2, 3]));
        assert_eq!(chosen(&["*v?"]), Ok(vec![1, 2]));
    }

    #[test]
    fn a_name_that_is_not_there_is_told_with_the_nearest() {
        let error = chosen(&["webb"]).unwrap_err();

        assert_eq!(error.to_string(), "no build is called `webb`");
        let SelectError::Unknown { hint, .. } = error;
        assert_eq!(hint, "did you mean `web`?");
    }
}
