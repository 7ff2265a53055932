//! Whether what a Dockerfile names is in its context.

use std::{
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use super::{
    ContextError, Spec,
    build_files::{find_ignore_file, is_missing, rules},
};

/// Why a source is not in what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// There is nothing of that name.
    Missing,
    /// It is there, and left out.
    Ignored {
        /// The ignore file that leaves it out.
        by: PathBuf,
    },
}

impl Absent {
    pub(super) fn told(&self, source: &str, root: &Path) -> String {
        match self {
            Self::Missing => format!("there is no `{source}` in the context `{}`", root.display()),
            Self::Ignored { by } => {
                format!("`{source}` is left out of the context by `{}`", by.display())
            }
        }
    }
}

/// Why `source`, a path without wildcards, cannot be copied; none where it can, or where only an
/// executor can tell: a link on its way may lead anywhere.
///
/// # Errors
///
/// As [`pack`](super::pack), for the context itself, its Dockerfile and its ignore file.
pub fn absent(spec: &Spec, source: &str) -> Result<Option<Absent>, ContextError> {
    let rules = rules(spec)?;
    let mut path = spec.root.clone();
    let mut is_directory = true;
    for name in source.split('/').filter(|name| !name.is_empty() && *name != ".") {
        path.push(name);
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => return Ok(None),
            Ok(metadata) => is_directory = metadata.is_dir(),
            Err(error) if is_missing(&error) => return Ok(Some(Absent::Missing)),
            // It is met again when it is packed.
            Err(_) => return Ok(None),
        }
    }
    let relative = path.strip_prefix(&spec.root).unwrap_or(&path).as_os_str().as_bytes();
    let left_out = !relative.is_empty()
        && if is_directory { !rules.enters(relative) } else { rules.ignores(relative) };
    if !left_out {
        return Ok(None);
    }
    Ok(find_ignore_file(spec)?.map(|found| Absent::Ignored { by: found.path }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::context::{Dockerfile, Extent, Modes, Timestamps};

    fn of(ignored: &str, source: &str) -> Option<Absent> {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("dist/kept")).unwrap();
        fs::write(root.path().join("Dockerfile"), "").unwrap();
        fs::write(root.path().join("dist/app"), "").unwrap();
        std::os::unix::fs::symlink("dist", root.path().join("link")).unwrap();
        fs::write(root.path().join(".dockerignore"), ignored).unwrap();
        let spec = Spec {
            root: root.path().to_owned(),
            dockerfile: Dockerfile::Inside("Dockerfile".into()),
            extent: Extent::Whole,
            modes: Modes::default(),
            timestamps: Timestamps::default(),
        };
        absent(&spec, source).unwrap().map(|absent| match absent {
            Absent::Ignored { by } => {
                Absent::Ignored { by: by.strip_prefix(root.path()).unwrap().to_owned() }
            }
            Absent::Missing => Absent::Missing,
        })
    }

    #[test]
    fn what_is_there_is_not_absent() {
        for source in [".", "dist", "dist/app", "dist/kept", "Dockerfile"] {
            assert_eq!(of("", source), None, "{source}");
        }
    }

    #[test]
    fn what_is_not_there_is_missing() {
        for source in ["build", "dist/nope", "dist/app/below"] {
            assert_eq!(of("", source), Some(Absent::Missing), "{source}");
        }
    }

    #[test]
    fn what_the_ignore_file_takes_out_is_told_with_it() {
        let ignored = Some(Absent::Ignored { by: ".dockerignore".into() });
        assert_eq!(of("dist\n", "dist/app"), ignored);
        assert_eq!(of("dist\n", "dist"), ignored);
        assert_eq!(of("dist/app\n", "dist"), None);
        assert_eq!(of("dist\n!dist/app\n", "dist/app"), None);
        assert_eq!(of("dist\n!dist/app\n", "dist"), None);
    }

    #[test]
    fn behind_a_link_nothing_is_said() {
        assert_eq!(of("", "link/nope"), None);
    }
}
