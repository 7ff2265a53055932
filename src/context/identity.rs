//! When two contexts are one bundle.

use std::path::PathBuf;

use super::{ContextError, Extent, Modes, Spec, Taken, Timestamps, build_files};

/// What a bundle depends on beside the files themselves: where it is equal for two [`Spec`]s, so
/// are their bundles, as long as nothing changes in the context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    root: PathBuf,
    ignore: Vec<u8>,
    /// What is sent whatever the ignore file says, and would not be otherwise.
    kept: Vec<Vec<u8>>,
    taken: Option<Vec<Taken>>,
    modes: Modes,
    timestamps: Timestamps,
}

/// What the bundle of a context depends on.
///
/// # Errors
///
/// As [`pack`](super::pack), before it writes anything.
pub fn identity(spec: &Spec) -> Result<Identity, ContextError> {
    let Spec { root, dockerfile: _, extent, modes, timestamps } = spec;
    let ignore = build_files::ignore_text(spec)?;
    let written = build_files::rules_as_written(spec)?;
    let rules = build_files::rules(spec)?;
    let taken = match extent {
        Extent::Whole => None,
        Extent::Taken(taken) => Some(taken.clone()),
    };
    let kept = rules.kept().filter(|path| taken.is_some() || written.ignores(path));
    let mut kept: Vec<_> = kept.map(<[u8]>::to_vec).collect();
    kept.sort();
    let (root, modes, timestamps) = (root.clone(), *modes, *timestamps);
    Ok(Identity { root, ignore, kept, taken, modes, timestamps })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::context::Dockerfile;

    fn of(root: &Path, dockerfile: &str, extent: Extent) -> Identity {
        let dockerfile = Dockerfile::Inside(dockerfile.into());
        let (modes, timestamps) = (Modes::Normal, Timestamps::Fixed);
        identity(&Spec { root: root.into(), dockerfile, extent, modes, timestamps }).unwrap()
    }

    #[test]
    fn whole_contexts_are_one_bundle_whatever_dockerfile_in_them_counts() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a", "b", "ignored"] {
            fs::write(root.path().join(name), "FROM scratch\n").unwrap();
        }
        fs::write(root.path().join(".dockerignore"), "ignored\n").unwrap();
        let whole = |dockerfile| of(root.path(), dockerfile, Extent::Whole);

        assert_eq!(whole("a"), whole("b"));
        assert_ne!(whole("a"), whole("ignored"));
        fs::write(root.path().join("b.dockerignore"), "x\n").unwrap();
        assert_ne!(whole("a"), whole("b"));
    }

    #[test]
    fn what_is_taken_is_one_bundle_where_dockerfile_and_sources_are_the_same() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            fs::write(root.path().join(name), "FROM scratch\n").unwrap();
        }
        let taken =
            |source: &str| Extent::Taken(vec![Taken { source: source.into(), wildcards: false }]);

        assert_eq!(of(root.path(), "a", taken("x")), of(root.path(), "a", taken("x")));
        assert_ne!(of(root.path(), "a", taken("x")), of(root.path(), "a", taken("y")));
        assert_ne!(of(root.path(), "a", taken("x")), of(root.path(), "b", taken("x")));
    }
}
