//! Which builds of a file were asked for: by name, by a glob with `*` and `?`, by group, or
//! by the name of a matrix.

use std::collections::BTreeSet;

use crate::config::Config;

use super::known::{Known, Meaning, is_glob, listed};

/// Why a selection chooses nothing, or too much.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// No build has this name.
    #[error("no build is called `{wanted}`")]
    Unknown {
        /// As it was asked for.
        wanted: String,
        /// A name that is near, or the names there are.
        hint: String,
    },
    /// No build matches this glob.
    #[error("no build has a name like `{wanted}`")]
    Unmatched {
        /// As it was asked for.
        wanted: String,
        /// The names there are.
        hint: String,
    },
    /// One build is wanted, and several match this glob.
    #[error("`{wanted}` means {count} builds, and one is wanted")]
    Several {
        /// As it was asked for.
        wanted: String,
        /// How many match.
        count: usize,
        /// Their names.
        hint: String,
    },
}

impl SelectError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        let (Self::Unknown { hint, .. }
        | Self::Unmatched { hint, .. }
        | Self::Several { hint, .. }) = self;
        hint
    }
}

/// The name of the only build that `wanted`, a name or a glob, means.
///
/// # Errors
///
/// [`SelectError`] where there is none, or more than one.
pub fn only<'a>(config: &'a Config, wanted: &str) -> Result<&'a str, SelectError> {
    // Mistakes in groups are told when the build is planned.
    let known = Known::of(config, &mut Vec::new());
    let chosen = select(&known, &[], &[wanted.to_owned()])?;
    let chosen: Vec<_> = chosen.into_iter().map(|index| known.names[index]).collect();
    match chosen[..] {
        [only] => Ok(only),
        _ => Err(SelectError::Several {
            wanted: wanted.to_owned(),
            count: chosen.len(),
            hint: format!("name one: {}", listed(&chosen)),
        }),
    }
}

/// Indices of those that `wanted` chooses, in their order; `meant` where nothing is named.
///
/// # Errors
///
/// A name or glob that chooses nothing.
pub(super) fn select(
    known: &Known<'_>,
    meant: &[usize],
    wanted: &[String],
) -> Result<Vec<usize>, SelectError> {
    if wanted.is_empty() {
        return Ok(meant.to_vec());
    }
    let mut chosen = BTreeSet::new();
    for word in wanted {
        match known.meaning(word) {
            Meaning::One(index) => {
                chosen.insert(index);
            }
            Meaning::Several(indices) => chosen.extend(indices),
            Meaning::Nothing => {
                let (wanted, hint) = (word.clone(), known.hint(word));
                return Err(if is_glob(word) {
                    SelectError::Unmatched { wanted, hint }
                } else {
                    SelectError::Unknown { wanted, hint }
                });
            }
        }
    }
    Ok(chosen.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::super::known::tests::four;
    use super::*;

    fn chosen(wanted: &[&str]) -> Result<Vec<usize>, SelectError> {
        let wanted: Vec<_> = wanted.iter().map(|name| (*name).to_owned()).collect();
        select(&four(), &[0, 3], &wanted)
    }

    #[test]
    fn names_and_globs_choose_in_the_order_of_the_file() {
        assert_eq!(chosen(&[]), Ok(vec![0, 3]));
        assert_eq!(chosen(&["web", "api-*"]), Ok(vec![1, 2, 3]));
        assert_eq!(chosen(&["*v?"]), Ok(vec![1, 2]));
        assert_eq!(chosen(&["apis", "web"]), Ok(vec![0, 1, 2, 3]));
    }

    #[test]
    fn a_name_that_is_not_there_is_told_with_the_nearest() {
        let error = chosen(&["webb"]).unwrap_err();

        assert_eq!(error.to_string(), "no build is called `webb`");
        assert_eq!(error.hint(), "did you mean `web`?");
    }

    #[test]
    fn a_glob_that_nothing_matches_is_told_with_the_names_there_are() {
        let error = chosen(&["x*"]).unwrap_err();

        assert_eq!(error.to_string(), "no build has a name like `x*`");
        assert_eq!(error.hint(), "there are `base`, `api-v1`, `api-v2`, `web`");
    }
}
