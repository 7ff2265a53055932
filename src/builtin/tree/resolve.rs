//! Where a path leads, as in a chroot.
//!
//! Source: containerd's continuity, fs/path.go, `RootPath`: links are followed, the last one
//! too, `..` stops at the root, and what is not there is taken as it is written.

use super::{Id, Kind, Meta, Name, Tree};

/// How many links a path may lead through, as containerd has it.
const MOST_LINKS: usize = 255;

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::builtin) struct Place {
    /// The last on the way that is there.
    pub(in crate::builtin) at: Id,
    /// What is not there, below it.
    pub(in crate::builtin) missing: Vec<Name>,
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::builtin) enum Unresolved {
    #[error("`/{}` is no directory", String::from_utf8_lossy(.0))]
    NoDirectory(Vec<u8>),
    #[error("it leads through too many links")]
    Links,
}

impl Place {
    /// What is there.
    pub(in crate::builtin) fn found(&self) -> Option<Id> {
        self.missing.is_empty().then_some(self.at)
    }
}

impl Tree {
    /// Where `path` leads below `root`, which nothing leads out of.
    pub(in crate::builtin) fn resolve(&self, root: Id, path: &[u8]) -> Result<Place, Unresolved> {
        let mut place = Place { at: root, missing: Vec::new() };
        let mut ahead: Vec<Name> = parts(path).map(Name::from).collect();
        ahead.reverse();
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            if &*part == b".." {
                if place.missing.pop().is_none() && place.at != root {
                    place.at = self.node(place.at).parent;
                }
                continue;
            }
            if !place.missing.is_empty() {
                place.missing.push(part);
                continue;
            }
            let Kind::Directory(children) = &self.node(place.at).kind else {
                return Err(Unresolved::NoDirectory(self.path(place.at)));
            };
            let Some(child) = children.get(&part) else {
                place.missing.push(part);
                continue;
            };
            if let Kind::Symlink(target) = &self.node(*child).kind {
                links += 1;
                if links > MOST_LINKS {
                    return Err(Unresolved::Links);
                }
                if target.starts_with(b"/") {
                    place.at = root;
                }
                let start = ahead.len();
                ahead.extend(parts(target).map(Name::from));
                ahead[start..].reverse();
            } else {
                place.at = *child;
            }
        }
        Ok(place)
    }

    /// Makes the directories that are missing in a place.
    pub(in crate::builtin) fn make(&mut self, place: Place, meta: &Meta) -> Result<Id, Unresolved> {
        let mut at = place.at;
        if !self.is_directory(at) {
            return Err(Unresolved::NoDirectory(self.path(at)));
        }
        for name in place.missing {
            at = self.insert(at, &name, meta.clone(), Kind::directory());
        }
        Ok(at)
    }
}

/// The components of a path; `.` and what is empty left out, `..` among them.
pub(in crate::builtin) fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}

/// A path from the root without `.`, `..` and needless slashes: `/a/b`.
///
/// Source: Go's `filepath.Join("/", path)`.
pub(in crate::builtin) fn clean(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for part in parts(path) {
        if part == b".." {
            kept.pop();
        } else {
            kept.push(part);
        }
    }
    let mut cleaned = vec![b'/'];
    cleaned.extend(kept.join(&b'/'));
    cleaned
}

#[cfg(test)]
mod tests {
    use super::super::{ROOT, tree};
    use super::*;

    fn resolved(paths: &[&str], path: &str) -> Result<(String, String), Unresolved> {
        let tree = tree(paths);
        let place = tree.resolve(ROOT, path.as_bytes())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((text(&tree.path(place.at)), text(&place.missing.join(&b'/'))))
    }

    #[test]
    fn links_are_followed_within_the_root() {
        let paths = ["usr/bin", "bin->usr/bin", "out->../../usr", "abs->/usr", "dangling->/opt/x"];

        for (path, at, missing) in [
            ("/bin/sh", "usr/bin", "sh"),
            ("bin", "usr/bin", ""),
            ("/out/bin", "usr/bin", ""),
            ("abs/../usr/./bin//", "usr/bin", ""),
            ("../../../usr", "usr", ""),
            ("dangling/y/z", "", "opt/x/y/z"),
            ("dangling/../z", "", "opt/z"),
            ("a/../..", "", ""),
        ] {
            assert_eq!(resolved(&paths, path), Ok((at.into(), missing.into())), "{path}");
        }
    }

    #[test]
    fn what_leads_nowhere_is_told_apart() {
        assert_eq!(resolved(&["f=x"], "f/y"), Err(Unresolved::NoDirectory(b"f".to_vec())));
        assert_eq!(resolved(&["a->b", "b->a"], "a"), Err(Unresolved::Links));
        assert_eq!(resolved(&["a->a/a"], "a"), Err(Unresolved::Links));
    }

    #[test]
    fn a_clean_path_starts_at_the_root() {
        for (path, cleaned) in
            [("", "/"), (".", "/"), ("a/../../b/", "/b"), ("/a//./b/..", "/a"), ("..", "/")]
        {
            assert_eq!(String::from_utf8(clean(path.as_bytes())).unwrap(), cleaned);
        }
    }
}
