//! Finding the file: the nearest `kaniko.toml` upwards, not above the repository.

use std::path::{Path, PathBuf};

use super::{include::includes, whole};

/// The name that is looked for.
const NAME: &str = "kaniko.toml";

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The file that was named is not there.
    #[error("no config file at `{}`", path.display())]
    Missing {
        /// As it was named.
        path: PathBuf,
    },
    /// There is none in the directory or above it.
    #[error("no `kaniko.toml` in `{}` or above it", start.display())]
    None {
        /// Where the search began.
        start: PathBuf,
    },
    /// It is there and cannot be read as text.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A file that was found.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Its path, absolute.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// The file that the search came to first, where the one above includes it.
    pub member: Option<PathBuf>,
}

/// The file, and its text.
///
/// `named` is relative to `current`. Without it the search goes upwards from `current` and
/// ends at the directory that holds `.git`; a file further up that includes the nearest comes
/// before it.
///
/// # Errors
///
/// [`FindError`] when there is no such file or it is no UTF-8 text.
pub fn find(named: Option<&Path>, current: &Path) -> Result<Found, FindError> {
    let path = match named {
        Some(named) => current.join(named),
        None => nearest(current).ok_or_else(|| FindError::None { start: current.to_owned() })?,
    };
    match whole::text(&path) {
        Ok(text) => Ok(match named {
            None => root(path, text),
            Some(_) => Found { path, text, member: None },
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(FindError::Missing { path: named.map_or(path, Path::to_owned) })
        }
        Err(source) => Err(FindError::Read { path, source }),
    }
}

/// The file above `member` that includes it, or itself.
fn root(member: PathBuf, text: String) -> Found {
    for directory in member.ancestors().skip(1) {
        let above = directory.join(NAME);
        if above != member
            && let Ok(text) = whole::text(&above)
            && includes(&text, &above, &member)
        {
            return Found { path: above, text, member: Some(member) };
        }
        if directory.join(".git").exists() {
            break;
        }
    }
    Found { path: member, text, member: None }
}

fn nearest(current: &Path) -> Option<PathBuf> {
    for directory in current.ancestors() {
        let path = directory.join(NAME);
        if path.is_file() {
            return Some(path);
        }
        if directory.join(".git").exists() {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_upwards_is_found_but_none_above_the_repository() {
        let top = tempfile::tempdir().unwrap();
        let inner = top.path().join("repository/services/api");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::create_dir(top.path().join("repository/.git")).unwrap();
        std::fs::write(top.path().join(NAME), "above").unwrap();

        assert!(matches!(find(None, &inner), Err(FindError::None { .. })));

        std::fs::write(top.path().join("repository/services/kaniko.toml"), "inside").unwrap();
        let services = top.path().join("repository/services/kaniko.toml");
        let found = find(None, &inner).unwrap();
        assert_eq!(found, Found { path: services, text: "inside".into(), member: None });
    }

    #[test]
    fn a_file_above_that_includes_the_nearest_is_the_root() {
        let top = tempfile::tempdir().unwrap();
        let at = |path: &str| top.path().join(path);
        std::fs::create_dir_all(at("services/api")).unwrap();
        std::fs::create_dir(at(".git")).unwrap();
        std::fs::write(at("services/api/kaniko.toml"), "version = 1").unwrap();
        let text = "include = [\"services/*/kaniko.toml\"]";
        std::fs::write(at(NAME), text).unwrap();

        let found = find(None, &at("services/api")).unwrap();
        let member = Some(at("services/api/kaniko.toml"));
        assert_eq!(found, Found { path: at(NAME), text: text.into(), member });

        std::fs::write(at(NAME), "version = 1").unwrap();
        assert_eq!(find(None, &at("services/api")).unwrap().path, at("services/api/kaniko.toml"));
    }

    #[test]
    fn a_named_file_that_is_not_there_is_told_as_it_was_named() {
        let error = find(Some(Path::new("ci/kaniko.toml")), Path::new("/nowhere")).unwrap_err();

        assert_eq!(error.to_string(), "no config file at `ci/kaniko.toml`");
    }
}
