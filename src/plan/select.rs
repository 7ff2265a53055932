//! Which builds of a file were asked for: by name, by a glob with `*` and `?`, or by group.

use crate::config::{Config, nearest, wildcard};

/// How many names a hint lists.
const LISTED: usize = 12;

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
    let names: Vec<_> = config.builds.iter().map(|build| build.name.as_str()).collect();
    if let Some(exact) = names.iter().find(|name| **name == wanted) {
        return Ok(exact);
    }
    let known = Known { names: &names, groups: &[], meant: &[] };
    let chosen = select(&known, &[wanted.to_owned()])?;
    let chosen: Vec<_> = chosen.into_iter().map(|index| names[index]).collect();
    match chosen[..] {
        [only] => Ok(only),
        _ => Err(SelectError::Several {
            wanted: wanted.to_owned(),
            count: chosen.len(),
            hint: format!("name one: {}", listed(&chosen)),
        }),
    }
}

/// Names in a line, the first of many.
fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let more = match names.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more: `kaniko-build list` shows all"),
    };
    format!("{}{more}", quoted.join(", "))
}

/// What a selection chooses from.
pub(super) struct Known<'a> {
    /// All builds, in order.
    pub(super) names: &'a [&'a str],
    /// Groups by name, each names and globs of builds.
    pub(super) groups: &'a [(&'a str, Vec<&'a str>)],
    /// Those that are meant where none is named.
    pub(super) meant: &'a [usize],
}

/// Indices into the names of those that `wanted` chooses, in their order.
///
/// # Errors
///
/// The first of `wanted` that chooses nothing.
pub(super) fn select(known: &Known<'_>, wanted: &[String]) -> Result<Vec<usize>, SelectError> {
    if wanted.is_empty() {
        return Ok(known.meant.to_vec());
    }
    let names = known.names;
    let mut chosen = vec![false; names.len()];
    let mut choose = |pattern: &str| {
        let mut any = false;
        for (index, name) in names.iter().enumerate() {
            if wildcard(pattern, name) {
                chosen[index] = true;
                any = true;
            }
        }
        any
    };
    for pattern in wanted {
        let group = known.groups.iter().find(|(name, _)| name == pattern);
        let any = match group {
            Some((_, members)) => members.iter().filter(|member| choose(member)).count() > 0,
            None => choose(pattern),
        };
        if !any {
            let wanted = pattern.clone();
            let all = || match names {
                [only] => format!("there is only `{only}`"),
                _ => format!("there are {}", listed(names)),
            };
            return Err(if pattern.contains(['*', '?']) {
                SelectError::Unmatched { wanted, hint: all() }
            } else {
                let groups = known.groups.iter().map(|(name, _)| *name);
                let near = nearest(pattern, names.iter().copied().chain(groups));
                let near = near.map(|near| format!("did you mean `{near}`?"));
                SelectError::Unknown { wanted, hint: near.unwrap_or_else(all) }
            });
        }
    }
    Ok((0..names.len()).filter(|index| chosen[*index]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(wanted: &[&str]) -> Result<Vec<usize>, SelectError> {
        let wanted: Vec<_> = wanted.iter().map(|name| (*name).to_owned()).collect();
        let known = Known {
            names: &["base", "api-v1", "api-v2", "web"],
            groups: &[("apis", vec!["api-*", "base"])],
            meant: &[0, 3],
        };
        select(&known, &wanted)
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

    #[test]
    fn of_many_names_the_first_are_listed() {
        let names = ["a"; 14];

        assert_eq!(
            listed(&names),
            "`a`, `a`, `a`, `a`, `a`, `a`, `a`, `a`, `a`, `a`, `a`, `a` and 2 more: \
             `kaniko-build list` shows all"
        );
    }
}
